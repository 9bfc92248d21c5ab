"""Say what was deleted, and take it back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from console.errors import Conflict
from console.web.render import see_other
from workloads.services.restore import undelete
from workloads.stores import store_for
from workloads.stores.protocol import Ref, Store
from workloads.views import addresses, form_values

_SALT: Final = "objects-undelete"


def say_deleted(request: HttpRequest, store: Store, text: str, refs: Sequence[Ref], resource: str) -> None:
    """A toast; where the store keeps what was deleted, with a button that restores it and a link to it."""
    if store.capabilities().keeps_history:
        projects = {ref.project for ref in refs}
        place = {"cluster": store.cluster, "resource": resource}
        text = format_html(
            '{} <form method="post" action="{}"><input type="hidden" name="csrfmiddlewaretoken" value="{}">'
            '<button class="btn small" name="seen" value="{}" data-undo>{}</button></form>',
            text,
            reverse("objects-undelete", kwargs=place),
            get_token(request),
            signing.dumps([(ref.project, ref.name) for ref in refs], salt=_SALT, compress=True),
            _("Undo"),
        )
        if len(projects) == 1 and (project := projects.pop()):
            address = reverse("deleted-list", args=[store.cluster, project])
            text = format_html('{} <a href="{}">{}</a>', text, address, _("Recently deleted"))
    messages.success(request, text, extra_tags="deleted")


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
