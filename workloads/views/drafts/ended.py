"""A draft that was stored or discarded while another tab still had it open.

What was typed there is not lost. The page offers to send it again to the reopened draft with all its earlier
versions, so that the form meets the draft that it was made from, and conflicts are handled as usual.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from console.projects.middleware import enter
from console.web.errors import error_response, typed
from console.web.render import swaps
from workloads.drafts import store as drafts
from workloads.services.draft_outcomes import Notice
from workloads.services.store_draft import base_on_stored
from workloads.stores.protocol import Ref
from workloads.views import addresses
from workloads.views.drafts.frame import notify

View = Callable[..., HttpResponse]
LINKS: Final = 5
"""The page links to this many of the objects that the draft was stored as."""


def may_have_ended(view: View) -> View:
    """A view of one draft. If the draft was stored or discarded, it answers 410, with ways to continue."""

    @wraps(view)
    def answer(request: HttpRequest, draft_id: UUID, **more: Any) -> HttpResponse:
        try:
            if request.method == "POST" and "reopen" in request.POST:
                return _reopened(request, draft_id, view, more)
            return view(request, draft_id, **more)
        except drafts.DraftEnded as ended:
            return _page(request, ended)

    return answer


def _reopened(request: HttpRequest, draft_id: UUID, view: View, more: dict[str, Any]) -> HttpResponse:
    """Send the form to the reopened draft, which from then on is based on what was stored.

    The draft of a new object becomes one of a stored object only after the view has read the form: that form
    has fields which the form of a stored object does not have. This holds whether the form was saved, met a
    conflict or was refused.
    """
    ended = drafts.reopen(request.user, draft_id)
    made = [(Ref(*ref), version) for *ref, version in ended.stored_as] if ended.stored_at else []
    saved = False
    try:
        response = view(request, draft_id, **more)
        saved = response.status_code == 303
    finally:
        base_on_stored(ended, made, request.user, saved=saved)
    if saved and made:
        text = _("This is a new draft. Review it to store what you typed as well.")
        notify(request, Notice("draft-reopened", text, "info"))
    return response


def _page(request: HttpRequest, ended: drafts.DraftEnded) -> HttpResponse:
    draft = ended.draft
    enter(request, draft.cluster, draft.project)
    has_input = request.resolver_match and request.resolver_match.url_name in ("draft-step", "draft-yaml")
    sent = typed(request) if has_input else None
    if sent and sent["too_much"]:
        sent = None
    if sent:  # an undo would undo the input
        sent = {**sent, "fields": [(k, v) for k, v in sent["fields"] if (k, v) != ("op", "undo")]}
    objects = [Ref(*ref) for *ref, _version in draft.stored_as]
    way_out = ended.way_out
    if swaps(request):
        way_out = _("Your input is not lost: select “Save draft” to see your options.")
    return error_response(
        request,
        ended.status,
        ended.message,
        code=ended.code,
        way_out=way_out,
        title=_("Stored in the meantime") if draft.stored_at else _("Discarded in the meantime"),
        template="workloads/drafts/ended.html",
        draft=draft,
        typed=sent,
        objects=[(ref, addresses.of("object", draft.cluster, ref)) for ref in objects[:LINKS]],
    )
