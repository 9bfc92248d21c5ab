"""The history of objects: their revisions, any two compared, restored; what was deleted."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from console.accounts.access import require
from console.errors import Conflict, NotFound
from console.web.paging import number as number_in
from console.web.render import render_page, see_other
from workloads.drafts.ended import open_with
from workloads.services.purge import purge
from workloads.services.restore import restore_revision, revision_of
from workloads.stores import secrets, store_for
from workloads.stores.protocol import Revision
from workloads.views import addresses, form_values
from workloads.views.objects.pages import object_header


@require_safe
def revisions(
    request: HttpRequest, cluster: str, resource: str, name: str, project: str = ""
) -> HttpResponse:
    """Who saved what when, and the difference between any two: `?from=`, `?to=`."""
    ref = addresses.ref_at(project, resource, name)
    store = store_for(cluster, request.user)
    history = store.history(ref)
    [stored] = store.get_all([ref])
    if stored is None and not history:
        raise NotFound(_("%(object)s not found. It never existed here.") % {"object": ref})
    numbers = [revision.number for revision in history]
    new = _number_of(request, "to", numbers, numbers[0] if numbers else 0)
    old = _number_of(request, "from", numbers, next((n for n in numbers if n < new), new))
    by_number = {revision.number: revision for revision in history}
    context = {
        **object_header(request.user, store, ref, stored),
        "history": history,
        "old": old,
        "new": new,
        "lines": secrets.diff_of(_left(by_number[old]), _left(by_number[new])) if history else [],
    }
    return render_page(request, "workloads/objects/revisions.html", context)


@require_safe
def revision(
    request: HttpRequest, cluster: str, resource: str, name: str, number: int, project: str = ""
) -> HttpResponse:
    """The manifest of one revision, and what has changed since."""
    ref = addresses.ref_at(project, resource, name)
    store = store_for(cluster, request.user)
    [stored] = store.get_all([ref])
    found = revision_of(store, ref, number)
    context = {
        **object_header(request.user, store, ref, stored),
        "revision": found,
        "text": secrets.mask(found.text),
        "lines": secrets.diff_of(stored.text if stored else "", found.text),
    }
    return render_page(request, "workloads/objects/revision.html", context)


@require_POST
def restore(
    request: HttpRequest, cluster: str, resource: str, name: str, number: int, project: str = ""
) -> HttpResponse:
    """Store the manifest of revision `number` over the version that was shown; `seen` "": over nothing."""
    ref = addresses.ref_at(project, resource, name)
    store = store_for(cluster, request.user)
    seen = request.POST.get("seen", "")
    try:
        restore_revision(store, ref, number, base=seen, why=form_values.reason(request))
    except Conflict as conflict:
        text = f"{conflict.message} {_('Nothing was restored. Check the current version.')}"
        messages.error(request, text, extra_tags="not-restored")
        return see_other(addresses.of("object-revision", cluster, ref, number=number))
    text = _("%(object)s restored to revision %(number)d.") if seen else _("%(object)s restored.")
    messages.success(request, text % {"object": ref, "number": number}, extra_tags="restored")
    return see_other(addresses.of("object", cluster, ref))


def _number_of(request: HttpRequest, name: str, numbers: Sequence[int], otherwise: int) -> int:
    asked = number_in(request.GET.get(name), otherwise)
    return asked if asked in numbers else otherwise


def _left(revision: Revision) -> str:
    """What it left stored: a deletion left nothing."""
    return "" if revision.deleted else revision.text


@require_safe
def deleted_list(request: HttpRequest, cluster: str, project: str) -> HttpResponse:
    """What was deleted from a project and can be restored."""
    store = store_for(cluster, request.user)
    if not store.capabilities().keeps_history:
        raise NotFound(_("A cluster does not keep deleted objects."), code="no-history")
    rows = [
        {"ref": ref, "revision": last, "address": addresses.of("object-revisions", cluster, ref)}
        for ref, last in store.deleted(project)
    ]
    context = {"rows": rows, "days": settings.KEEP_DELETED_DAYS}
    return render_page(request, "workloads/objects/deleted.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def purge_object(
    request: HttpRequest, cluster: str, resource: str, name: str, project: str = ""
) -> HttpResponse:
    """Ask, then remove a deleted object with its history for good."""
    ref = addresses.ref_at(project, resource, name)
    require(request.user, "delete", cluster=cluster, project=project, kind=ref.kind)
    store = store_for(cluster, request.user)
    [stored] = store.get_all([ref])
    history = store.history(ref)
    if stored or not history:
        raise NotFound(_("%(object)s is not a deleted object.") % {"object": ref}, code="not-deleted")
    back = (
        reverse("deleted-list", args=[cluster, project]) if project else reverse("node-list", args=[cluster])
    )
    if request.method == "POST":
        purge(store, [ref])
        messages.success(request, _("%(object)s removed for good.") % {"object": ref}, extra_tags="purged")
        return see_other(back)
    context = {
        "ref": ref,
        "deletion": history[0],
        "revisions": len(history),
        "open_drafts": open_with(ref),
        "address": back,
    }
    return render_page(request, "workloads/objects/purge.html", context)
