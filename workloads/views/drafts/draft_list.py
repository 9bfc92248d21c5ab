"""Drafts: start, list, undo, move, discard, restore."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from console.accounts.access import require
from console.errors import BadInput, NotFound
from console.web.paging import Paging
from console.web.render import is_here, render_page, see_other
from workloads.daemonsets.rules.inspection import Inspection, inspect
from workloads.documents import DocumentError, EditRefused
from workloads.drafts import store as drafts
from workloads.drafts.starters import starter
from workloads.models import Draft
from workloads.services.draft_outcomes import YAML, Notice, change_undone
from workloads.services.facts import if_readable
from workloads.services.translation import say
from workloads.stores import store_for
from workloads.views import form_values
from workloads.views.drafts.frame import address_of, notify

NAMED: Final = 3
"""This many objects of a draft are named."""
DISCARDED: Final = 20
"""This many discarded drafts, the latest, are listed: each must be read to describe it."""


@dataclass(frozen=True, slots=True)
class DraftLine:
    """One draft in the list. names: of its first objects, with their kinds; more: how many others it has."""

    draft: Draft
    names: Sequence[str]
    more: int
    inspection: Inspection


def _line(draft: Draft) -> DraftLine:
    inspection = inspect(draft.text)
    daemonsets = set(inspection.daemonsets)
    named = sorted((d for d in inspection.documents if d.name), key=lambda d: d.index not in daemonsets)
    names = [f"{document.kind} {document.name}" for document in named]
    return DraftLine(draft, names[:NAMED], max(len(names) - NAMED, 0), inspection)


@require_safe
def draft_list(request: HttpRequest) -> HttpResponse:
    """The person's own drafts, of all projects, and those that they recently discarded."""
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
    """Start the wizard for a DaemonSet; for another `kind` of `starters.KINDS`, YAML mode."""
    kind = request.GET.get("kind", "")
    require(request.user, "edit", cluster=cluster, project=project, kind=kind or "DaemonSet")
    text = starter(kind) if kind else ""
    if not _may_exist(request, cluster, project):
        raise NotFound(_no_project(project), code="no-project")
    draft = drafts.create(request.user, cluster, project, text, touched=False)
    return see_other(address_of(draft, YAML if kind else "basics"))


@require_POST
def draft_undo(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    draft = drafts.undo(drafts.fetch(request.user, draft_id), form_values.version(request))
    notify(request, change_undone())
    back = request.POST.get("next", "")
    if not is_here(request, back):
        back = reverse("draft-step", args=[draft.id, "basics"])
    return see_other(back)


@require_POST
def draft_move(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """Move a draft to another project of its cluster, because its own was deleted or is the wrong one."""
    draft = drafts.fetch(request.user, draft_id)
    project = request.POST.get("project", "")
    require(request.user, "edit", cluster=draft.cluster, project=project, kind="DaemonSet")
    if not _may_exist(request, draft.cluster, project):
        raise BadInput(_no_project(project), code="no-project")
    try:
        drafts.move(draft, project, version=form_values.version(request))
    except (DocumentError, EditRefused) as refused:
        way_out = _("Change the namespace in YAML mode.")
        raise BadInput(say(refused), way_out=way_out, code=refused.code) from refused
    text = _("The draft is now in project %(name)s.") % {"name": project}
    notify(request, Notice("draft-moved", text))
    return see_other(address_of(draft, "basics"))


def _may_exist(request: HttpRequest, cluster: str, name: str) -> bool:
    """Whether the project exists; true for people who can't list projects."""
    projects = if_readable(store_for(cluster, request.user).projects)
    return projects is None or name in {project.name for project in projects}


def _no_project(name: str) -> str:
    return _("Project “%(name)s” not found.") % {"name": name}


@require_POST
def draft_discard(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    drafts.discard(drafts.fetch(request.user, draft_id))
    text = _("Draft discarded. You can restore it below for one day.")
    notify(request, Notice("draft-discarded", text))
    return see_other("draft-list")


@require_POST
def draft_recover(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    drafts.recover(request.user, draft_id)
    return see_other("draft-list")
