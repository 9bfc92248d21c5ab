"""What is done to several objects of a list at once: export, delete."""

from __future__ import annotations

from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from console.errors import BadInput, TooLarge
from console.web.render import render_page, see_other
from workloads.services.delete import delete_objects
from workloads.services.draft_outcomes import incomplete_form
from workloads.stores import store_for
from workloads.stores.protocol import Ref, Store, Stored
from workloads.views import addresses, form_values
from workloads.views.objects.pages import download

MOST = 1000
_SALT = "objects-bulk"


@require_POST
def objects_bulk(request: HttpRequest, cluster: str, resource: str, project: str = "") -> HttpResponse:
    """POST `ref` ("project/name", several) and `do`: yaml, json, delete (asks), deleted (does)."""
    store = store_for(cluster, request.user)
    back = addresses.listing(cluster, project, resource)
    do = request.POST.get("do", "")
    if do == "deleted":
        return _delete(request, store, resource, back)
    items, gone = _chosen(request, store, resource)
    if not items:
        none = _("What you chose is not there any more.") if gone else _("Tick at least one row first.")
        messages.error(request, none)
        return see_other(back)
    secret = any(stored.ref.kind == "Secret" for stored in items)
    if do in ("yaml", "json") and secret and "values" not in request.POST:
        context = {"items": items, "do": do, "resource": resource, "back": back}
        return render_page(request, "workloads/objects/bulk_export.html", context)
    if do in ("yaml", "json"):
        return download(request, items, do, cluster)
    if do == "delete" and any(stored.ref.kind == "Namespace" for stored in items):
        messages.error(request, _("A project is deleted alone, once its name is typed: choose one."))
        return see_other(back)
    if do == "delete":
        return _ask(request, store, items, resource, back)
    raise BadInput(_("Say what to do with what you chose."))


def _chosen(request: HttpRequest, store: Store, resource: str) -> tuple[list[Stored], list[str]]:
    """The objects behind the ticked boxes, and the names of those that are gone. Raises TooLarge."""
    refs = []
    keys = request.POST.getlist("ref")
    if len(keys) > MOST:
        asked = {"n": len(keys), "most": MOST}
        raise TooLarge(
            _("%(n)d objects are chosen; at most %(most)d can be exported or deleted at once.") % asked,
            way_out=_("Nothing was done. Choose fewer."),
        )
    for key in keys:
        project, slash, name = key.partition("/")
        if not slash or not name:
            raise incomplete_form()
        refs.append(addresses.ref_at(project, resource, name))
    found = store.get_all(refs)
    gone = [ref.name for ref, stored in zip(refs, found, strict=True) if stored is None]
    return [stored for stored in found if stored is not None], gone


def _ask(request: HttpRequest, store: Store, items: list[Stored], resource: str, back: str) -> HttpResponse:
    """The page that spells out what would go, with the versions it shows."""
    seen = [(stored.ref.project, stored.ref.name, stored.version) for stored in items]
    context = {
        "items": items,
        "resource": resource,
        "offline": store.offline,
        "back": back,
        "seen": signing.dumps(seen, salt=_SALT, compress=True),
        "count": len(items),
    }
    return render_page(request, "workloads/objects/bulk_delete.html", context)


def _delete(request: HttpRequest, store: Store, resource: str, back: str) -> HttpResponse:
    bases: dict[Ref, str] = {
        addresses.ref_at(project, resource, name): version
        for project, name, version in form_values.seen(request, _SALT)
    }
    results = delete_objects(store, bases, why=form_values.reason(request))
    deleted = [result for result in results if result.outcome]
    if deleted:
        said = ngettext(
            "%(n)d object is deleted: %(names)s.", "%(n)d objects are deleted: %(names)s.", len(deleted)
        )
        names = ", ".join(result.ref.name for result in deleted)
        messages.success(request, said % {"n": len(deleted), "names": names})
    for result in results:
        if result.error:
            said = _("%(name)s is still there: %(reason)s")
            messages.error(request, said % {"name": result.ref.name, "reason": result.error.message})
    return see_other(back)
