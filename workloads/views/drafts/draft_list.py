"""Drafts: start one, list them, undo, move, discard, take back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from console.accounts.access import require
from console.errors import BadInput, NotFound
from console.web.paging import Paging
from console.web.render import render_page, see_other
from workloads.daemonsets.rules.inspection import Inspection, inspect
from workloads.documents import DocumentError, EditRefused
from workloads.drafts import store as drafts
from workloads.drafts.starters import starter
from workloads.models import Draft
from workloads.services.facts import if_readable
from workloads.services.translation import say
from workloads.stores import store_for
from workloads.views import posted


@dataclass(frozen=True, slots=True)
class Line:
    """One draft in the list. `more`: how many objects there are besides the ones that are named."""

    draft: Draft
    names: Sequence[str]
    more: int
    inspection: Inspection


NAMED = 3
DISCARDED = 20
"""The newest so many can be taken back from the list: each is read to say what it is."""


def _line(draft: Draft) -> Line:
    inspection = inspect(draft.text)
    named = sorted((d for d in inspection.documents if d.name), key=lambda d: d.kind != "DaemonSet")
    names = [f"{document.kind} {document.name}" for document in named]
    return Line(draft, names[:NAMED], max(len(names) - NAMED, 0), inspection)


@require_safe
def draft_list(request: HttpRequest) -> HttpResponse:
    """The person's own drafts, of all projects, and those discarded a short while ago."""
    listed = drafts.listed(request.user)
    total = listed.count()
    paging = Paging.of(request).within(total)
    context = {
        "total": total,
        "lines": [_line(draft) for draft in listed[paging.offset : paging.offset + paging.size]],
        "discarded": [_line(draft) for draft in drafts.discarded(request.user)[:DISCARDED]],
    }
    return render_page(request, "workloads/drafts/draft_list.html", context)


@require_POST
def draft_new(request: HttpRequest, cluster: str, project: str) -> HttpResponse:
    """The wizard for a DaemonSet; with `kind` in the query YAML mode, for another kind of starters.KINDS."""
    kind = request.GET.get("kind", "")
    require(request.user, "edit", cluster=cluster, project=project, kind=kind or "DaemonSet")
    text = starter(kind) if kind else ""
    if not _there(request, cluster, project):
        raise NotFound(_("There is no project “%(name)s”.") % {"name": project})
    draft = drafts.create(request.user, cluster, project, text)
    return see_other("draft-yaml", draft.id) if kind else see_other("draft-step", draft.id, "basics")


@require_POST
def draft_undo(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    draft = drafts.undo(drafts.fetch(request.user, draft_id), posted.version(request))
    messages.success(request, _("Undone: the draft is as it was before the last change."))
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}):
        back = reverse("draft-step", args=[draft.id, "basics"])
    return see_other(back)


@require_POST
def draft_move(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """To another project of the same cluster, where the one it was made for is gone or was the wrong one."""
    draft = drafts.fetch(request.user, draft_id)
    project = request.POST.get("project", "")
    require(request.user, "edit", cluster=draft.cluster, project=project, kind="DaemonSet")
    if not _there(request, draft.cluster, project):
        raise BadInput(_("There is no project “%(name)s”.") % {"name": project})
    try:
        drafts.move(draft, project, version=posted.version(request))
    except (DocumentError, EditRefused) as refused:
        raise BadInput(say(refused), way_out=_("Change the namespace in YAML mode.")) from refused
    messages.success(request, _("The draft is now in project %(name)s.") % {"name": project})
    return see_other("draft-step", draft.id, "basics")


def _there(request: HttpRequest, cluster: str, name: str) -> bool:
    """Whether there is such a project, as far as the person may know."""
    projects = if_readable(store_for(cluster, request.user).projects)
    return projects is None or name in {project.name for project in projects}


@require_POST
def draft_discard(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    drafts.discard(drafts.fetch(request.user, draft_id))
    return see_other("draft-list")


@require_POST
def draft_recover(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    drafts.recover(request.user, draft_id)
    return see_other("draft-list")
