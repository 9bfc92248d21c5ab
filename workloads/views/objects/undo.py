"""Say what was deleted and what was not, and take it back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from console.errors import Conflict
from console.web.render import see_other
from workloads.services.restore import undelete
from workloads.services.results import Result
from workloads.stores import store_for
from workloads.stores.protocol import Ref, Store
from workloads.views import addresses, form_values

NAMED: Final = 10
"""So many objects a toast names."""
_SALT: Final = "objects-undelete"


def say_deleted(request: HttpRequest, store: Store, text: str, refs: Sequence[Ref], resource: str) -> None:
    """A toast; where the store keeps what was deleted, with a button that restores it and a link to it."""
    projects = {ref.project for ref in refs}
    context = {
        "text": text,
        "cluster": store.cluster,
        "resource": resource,
        "project": projects.pop() if len(projects) == 1 else "",
        "undo": signing.dumps([(ref.project, ref.name) for ref in refs], salt=_SALT, compress=True)
        if store.capabilities().keeps_history
        else "",
    }
    toast = render_to_string("workloads/objects/toasts.html#deleted", context, request)
    messages.success(request, toast, extra_tags="deleted")


def say_not_deleted(request: HttpRequest, results: Sequence[Result]) -> None:
    """One toast that names each object with the reason; of very many the first."""
    context = {
        "results": results,
        "most": f":{NAMED}",
        "more": max(len(results) - NAMED, 0),
        "several_projects": len({result.ref.project for result in results}) > 1,
    }
    toast = render_to_string("workloads/objects/toasts.html#not_deleted", context, request)
    messages.error(request, toast, extra_tags="not-deleted")


@require_POST
def objects_undelete(request: HttpRequest, cluster: str, resource: str, project: str = "") -> HttpResponse:
    """POST `seen`: the signed names of what a toast said was deleted. All of them, or none."""
    store = store_for(cluster, request.user)
    refs = [addresses.ref_at(project, resource, name) for project, name in form_values.seen(request, _SALT)]
    try:
        undelete(store, refs)
    except Conflict as conflict:
        text = f"{conflict.message} {_('Nothing was restored.')}"
        messages.error(request, text, extra_tags="not-restored")
    else:
        text = ngettext("%(n)d object restored.", "%(n)d objects restored.", len(refs)) % {"n": len(refs)}
        messages.success(request, text, extra_tags="restored")
    projects = {ref.project for ref in refs}
    return see_other(addresses.listing(cluster, projects.pop() if len(projects) == 1 else "", resource))
