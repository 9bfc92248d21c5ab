"""A draft that was stored or discarded while another tab still had it open.

What was typed there is not lost: the page that says so offers to send it again, to the draft opened anew
(`reopen`) with all its texts, so that the form meets the draft it was made from, and conflicts are the usual
ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from console.errors import ConsoleError, NotFound
from console.projects.middleware import enter
from console.web.errors import error_response, typed
from console.web.render import swaps
from workloads.daemonsets.rules.inspection import inspect
from workloads.drafts import store as drafts
from workloads.models import Draft
from workloads.services.refs import origin_of, ref_of
from workloads.stores import store_for
from workloads.stores.protocol import Ref
from workloads.views import addresses

View = Callable[..., HttpResponse]
LINKS = 5
"""To so many of the objects that a draft was stored as the page leads."""


def may_have_ended(view: View) -> View:
    """A view of one draft that answers 410, with the ways on, where the draft has ended."""

    @wraps(view)
    def answer(request: HttpRequest, draft_id: UUID, **more: Any) -> HttpResponse:
        try:
            if request.method == "POST" and "reopen" in request.POST:
                return _reopened(request, draft_id, view, more)
            return view(request, draft_id, **more)
        except drafts.Ended as ended:
            return _page(request, ended)

    return answer


def _reopened(request: HttpRequest, draft_id: UUID, view: View, more: dict[str, Any]) -> HttpResponse:
    """What was typed, sent to the draft opened anew; which then is about what it was stored as.

    A draft of something new becomes one of a stored object only after its form was looked at: that form holds
    fields which the form of a stored object does not. Whether the form was taken or met a conflict: what is
    stored from now on is held against what was stored.
    """
    ended = drafts.reopen(request.user, draft_id)
    made = [(Ref(*ref), version) for *ref, version in ended.stored_as] if ended.stored_at else []
    saved = False
    try:
        response = view(request, draft_id, **more)
        saved = response.status_code == 303
    finally:
        about_what_was_stored(request, ended, made, saved=saved)
    if saved and made:
        messages.info(request, _("This is a new draft: review it to store what you typed as well."))
    return response


def about_what_was_stored(
    request: HttpRequest, stored: Draft, made: Sequence[tuple[Ref, str]], *, saved: bool = True
) -> None:
    """A draft that goes on after it was stored: from now on it is made against that.

    stored: as it was then, text and all. saved: whether anything was written into it since.
    """
    found = _made(stored, made)
    try:
        draft = drafts.fetch(request.user, stored.pk)
    except NotFound:
        return
    if found is None:
        return
    ref, version = found
    there = _is_there(request, draft, ref)
    if there and _text_of(draft, draft.text, ref):
        drafts.adopt(draft, ref, version, _text_of(draft, stored.text, ref))
    elif saved and not there and draft.origin_name:
        drafts.adopt(draft, None)


def _made(draft: Draft, made: Sequence[tuple[Ref, str]]) -> tuple[Ref, str] | None:
    """What the draft is about and its version: of all it was stored as the one it was opened from, else the
    first DaemonSet, else the first."""
    origin = origin_of(draft)
    return min(made, key=lambda one: (one[0] != origin, one[0].kind != "DaemonSet"), default=None)


def _is_there(request: HttpRequest, draft: Draft, ref: Ref) -> bool:
    """Also where that cannot be known now: the review will say it."""
    try:
        store_for(draft.cluster, request.user).get(ref)
    except NotFound:
        return False
    except ConsoleError:
        return True
    return True


def _text_of(draft: Draft, text: str, ref: Ref) -> str:
    """The document of a draft's text that is about an object; "" where none is."""
    found = (d for d in inspect(text).documents if ref_of(d, draft.project) == ref)
    return next((text[document.start : document.end] for document in found), "")


def _page(request: HttpRequest, ended: drafts.Ended) -> HttpResponse:
    draft = ended.draft
    enter(request, draft.cluster, draft.project)
    written_in = request.resolver_match and request.resolver_match.url_name in ("draft-step", "draft-yaml")
    sent = typed(request) if written_in else None
    if sent and sent["too_much"]:
        sent = None
    if sent:  # an undo would undo what was typed
        sent = {**sent, "fields": [(k, v) for k, v in sent["fields"] if (k, v) != ("op", "undo")]}
    objects = [Ref(*ref) for *ref, _version in draft.stored_as]
    return error_response(
        request,
        ended.status,
        ended.message,
        code=ended.code,
        way_out=_("What you typed is not lost: keep the draft, then choose.")
        if swaps(request)
        else ended.way_out,
        title=_("Stored meanwhile") if draft.stored_at else _("Discarded meanwhile"),
        template="workloads/drafts/ended.html",
        draft=draft,
        typed=sent,
        objects=[(ref, addresses.of("object", draft.cluster, ref)) for ref in objects[:LINKS]],
    )
