"""The bar above a list: what is done to several of its objects at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

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
from workloads.services.verbs import VERBS
from workloads.stores import store_for
from workloads.stores.protocol import Ref, Store, Stored
from workloads.views import addresses, form_values
from workloads.views.objects.pages import download
from workloads.views.objects.undo import NAMED, say_deleted, say_not_deleted

MAX_OBJECTS: Final = 1000
_SALT: Final = "objects-bulk"


@dataclass(frozen=True, slots=True)
class Selected:
    """The objects behind the ticked boxes. back: the list they were ticked in."""

    store: Store
    resource: str
    back: str
    items: Sequence[Stored]


@require_POST
def objects_bulk(request: HttpRequest, cluster: str, resource: str, project: str = "") -> HttpResponse:
    """POST `ref` ("project/name", several) and `do`: the name of a verb, or "deleted", which the page that
    asks before it deletes posts with what it showed."""
    store = store_for(cluster, request.user)
    back = addresses.listing(cluster, project, resource)
    do = request.POST.get("do", "")
    if do == "deleted":
        return _deleted(request, store, resource, back)
    _api_version, kind = addresses.kind_at(resource)
    if not any(verb.name == do and verb.bulk and verb.is_for(kind) for verb in VERBS):
        raise BadInput(_("Choose what to do with the selected objects."), code="no-verb")
    refs = _ticked(request, resource)
    items = [stored for stored in store.get_all(refs) if stored is not None]
    if not items:
        text = _("The selected objects no longer exist.") if refs else _("Select at least one row first.")
        messages.error(request, text, extra_tags="no-longer-there" if refs else "none-selected")
        return see_other(back)
    return BULK[do](request, Selected(store, resource, back, items))


def _ticked(request: HttpRequest, resource: str) -> list[Ref]:
    """Raises TooLarge, BadInput."""
    keys = request.POST.getlist("ref")
    if len(keys) > MAX_OBJECTS:
        numbers = {"n": len(keys), "most": MAX_OBJECTS}
        raise TooLarge(
            _("%(n)d objects are selected. At most %(most)d can be exported or deleted at once.") % numbers,
            way_out=_("Nothing was done. Select fewer objects."),
            code="too-many-objects",
        )
    refs = []
    for key in keys:
        project, slash, name = key.partition("/")
        if not slash or not name:
            raise incomplete_form()
        refs.append(addresses.ref_at(project, resource, name))
    return refs


def _export(request: HttpRequest, selected: Selected) -> HttpResponse:
    """A file of them; a page asks first where there are Secrets."""
    do, items = request.POST["do"], selected.items
    if any(stored.ref.kind == "Secret" for stored in items) and "values" not in request.POST:
        context = {"items": items, "do": do, "back": selected.back}
        return render_page(request, "workloads/objects/bulk_export.html", context)
    return download(request, items, do.removeprefix("export-"), selected.store.cluster)


def _delete(request: HttpRequest, selected: Selected) -> HttpResponse:
    """The page that lists what will be deleted, in the versions it shows."""
    items = selected.items
    if any(stored.ref.kind == "Namespace" for stored in items):
        text = _("A project is deleted on its own, once you have typed its name. Open its menu.")
        messages.error(request, text, extra_tags="one-project-at-a-time")
        return see_other(selected.back)
    seen = [(stored.ref.project, stored.ref.name, stored.version) for stored in items]
    context = {
        "items": items,
        "keeps_history": selected.store.capabilities().keeps_history,
        "back": selected.back,
        "seen": signing.dumps(seen, salt=_SALT, compress=True),
        "count": len(items),
    }
    return render_page(request, "workloads/objects/bulk_delete.html", context)


BULK: Final[Mapping[str, Callable[[HttpRequest, Selected], HttpResponse]]] = {
    "export-yaml": _export,
    "export-json": _export,
    "delete": _delete,
}


def _deleted(request: HttpRequest, store: Store, resource: str, back: str) -> HttpResponse:
    bases: dict[Ref, str] = {
        addresses.ref_at(project, resource, name): version
        for project, name, version in form_values.seen(request, _SALT)
    }
    results = delete_objects(store, bases, why=form_values.reason(request))
    refs = [result.ref for result in results if result.outcome]
    if refs:
        names = ", ".join(ref.name for ref in refs[:NAMED]) + (", …" if len(refs) > NAMED else "")
        text = ngettext(
            "%(n)d object deleted: %(names)s.", "%(n)d objects deleted: %(names)s.", len(refs)
        ) % {"n": len(refs), "names": names}
        say_deleted(request, store, text, refs, resource)
    if failed := [result for result in results if result.error]:
        say_not_deleted(request, failed)
    return see_other(back)
