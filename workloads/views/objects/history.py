"""What objects said before: their revisions, any two compared, restored; what was deleted."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from console.errors import Conflict, NotFound
from console.web.paging import number
from console.web.render import render_page, see_other
from workloads.services.restore import restore_revision
from workloads.stores import secrets, store_for
from workloads.stores.protocol import Revision
from workloads.views import addresses, form_values
from workloads.views.objects.pages import head


@require_safe
def revisions(
    request: HttpRequest, cluster: str, resource: str, name: str, project: str = ""
) -> HttpResponse:
    """Who saved what when, and the difference of any two."""
    ref = addresses.ref_at(project, resource, name)
    store = store_for(cluster, request.user)
    history = store.history(ref)
    [stored] = store.get_all([ref])
    if stored is None and not history:
        raise NotFound(_("There is no %(object)s, and there never was.") % {"object": ref})
    numbers = [revision.number for revision in history]
    new = _chosen(request, "to", numbers, numbers[0] if numbers else 0)
    old = _chosen(request, "from", numbers, next((n for n in numbers if n < new), new))
    by_number = {revision.number: revision for revision in history}
    context = {
        **head(store, ref, stored),
        "history": history,
        "old": old,
        "new": new,
        "lines": secrets.diff_of(_said(by_number[old]), _said(by_number[new])) if history else [],
    }
    return render_page(request, "workloads/objects/revisions.html", context)


@require_safe
def revision(
    request: HttpRequest, cluster: str, resource: str, name: str, number: int, project: str = ""
) -> HttpResponse:
    """What one revision said, and what has changed since."""
    ref = addresses.ref_at(project, resource, name)
    store = store_for(cluster, request.user)
    [stored] = store.get_all([ref])
    found = next((r for r in store.history(ref) if r.number == number), None)
    if found is None:
        gone = {"number": number, "object": ref}
        raise NotFound(_("There is no revision %(number)d of %(object)s.") % gone)
    context = {
        **head(store, ref, stored),
        "revision": found,
        "text": secrets.mask(found.text),
        "lines": secrets.diff_of(stored.text if stored else "", found.text),
    }
    return render_page(request, "workloads/objects/revision.html", context)


@require_POST
def restore(
    request: HttpRequest, cluster: str, resource: str, name: str, number: int, project: str = ""
) -> HttpResponse:
    """Store what revision `number` said over the version that was shown."""
    ref = addresses.ref_at(project, resource, name)
    store = store_for(cluster, request.user)
    try:
        restore_revision(
            store, ref, number, base=request.POST.get("seen", ""), why=form_values.reason(request)
        )
    except Conflict as conflict:
        messages.error(request, f"{conflict.message} {_('Nothing was restored: look at what it says now.')}")
        return see_other(addresses.of("object-revision", cluster, ref, number=number))
    back = not request.POST.get("seen")
    said = _("%(object)s is back.") if back else _("%(object)s is as it was in revision %(number)d.")
    messages.success(request, said % {"object": ref, "number": number})
    return see_other(addresses.of("object", cluster, ref))


def _chosen(request: HttpRequest, name: str, numbers: Sequence[int], otherwise: int) -> int:
    asked = number(request.GET.get(name), otherwise)
    return asked if asked in numbers else otherwise


def _said(revision: Revision) -> str:
    """What it left stored: a deletion left nothing."""
    return "" if revision.deleted else revision.text


@require_safe
def deleted_list(request: HttpRequest, cluster: str, project: str) -> HttpResponse:
    """What was deleted from an offline project and can be brought back."""
    store = store_for(cluster, request.user)
    if not store.capabilities().keeps_history:
        raise NotFound(_("A cluster keeps nothing of what was deleted."))
    rows = [
        {"ref": ref, "revision": last, "address": addresses.of("object-revisions", cluster, ref)}
        for ref, last in store.deleted(project)
    ]
    return render_page(request, "workloads/objects/deleted.html", {"rows": rows})
