"""What went wrong, as a page or as a fragment. Nothing else in the console writes an error page."""

from __future__ import annotations

import contextlib
import logging
import secrets
import sys
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.contrib.sessions.exceptions import SessionInterrupted
from django.core.exceptions import (
    DisallowedHost,
    RequestDataTooBig,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from console.errors import ConsoleError
from console.web.render import swaps

log = logging.getLogger("console")


def title_of(status: int) -> str:
    return {
        400: _("This request cannot be understood"),
        401: _("Your sign-in has ended"),
        403: _("Not allowed"),
        404: _("Not found"),
        405: _("This address does not take that"),
        409: _("Somebody else was here first"),
        410: _("Not there any more"),
        413: _("Too large"),
        422: _("This cannot be stored as it is"),
        502: _("The cluster answered nonsense"),
        503: _("Not reachable"),
        504: _("The cluster did not answer in time"),
    }.get(status, _("Something went wrong"))


def error_response(
    request: HttpRequest,
    status: int,
    message: str,
    *,
    code: str,
    way_out: str = "",
    template: str = "web/error.html",
    **more: Any,
) -> HttpResponse:
    """A page; for htmx a message at the top of the page, which itself stays as it is, typed input and all.

    code: what went wrong, by its short name.
    """
    context = {
        "status": status,
        "code": code,
        "title": title_of(status),
        "message": message,
        "way_out": way_out,
        **more,
    }
    if swaps(request):
        response = render(request, "web/_error.html", context, status=status)
        response["HX-Retarget"] = "#messages"
        response["HX-Reswap"] = "innerHTML show:window:top"
        response["HX-Push-Url"] = "false"
    else:
        response = render(request, template, {**context, "back": back(request)}, status=status)
    response["Cache-Control"] = "no-store"
    return response


def console_error(request: HttpRequest, error: ConsoleError) -> HttpResponse:
    message = error.message
    if template := getattr(error, "template", ""):  # of a room that cannot translate
        values = getattr(error, "params", None)
        message = _(template) % values if values else _(template)
    return error_response(
        request,
        error.status,
        message,
        code=error.code,
        way_out=error.way_out,
        error=error,
        **kept(request),
    )


def back(request: HttpRequest) -> str:
    """The page of this console the person came from, "" if there is none."""
    came = urlsplit(request.headers.get("Referer", ""))
    try:
        here = request.get_host()
    except DisallowedHost:
        return ""
    if came.netloc != here or came.path == request.path:
        return ""
    return came.path + (f"?{came.query}" if came.query else "")


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Django's handler400: what it found wrong before a view was asked."""
    if isinstance(exception, RequestDataTooBig):
        return too_large(request)
    if isinstance(exception, (TooManyFieldsSent, TooManyFilesSent)):
        return error_response(
            request,
            400,
            _("This form has more fields than the console takes at once."),
            code="too-many-fields",
            way_out=_("Make the change in YAML mode instead."),
        )
    if isinstance(exception, DisallowedHost):
        return error_response(
            request,
            400,
            _("The console does not answer to this host name."),
            code="wrong-host",
            way_out=_("Open it by the address it printed when it started."),
        )
    if isinstance(exception, SessionInterrupted):
        return error_response(
            request, 401, _("You signed out while this page was on its way."), code="signed-out"
        )
    return error_response(
        request, 400, _("The console could not read what the browser sent."), code="unreadable"
    )


def too_large(request: HttpRequest) -> HttpResponse:
    return error_response(
        request,
        413,
        _("This is more than the console takes at once. Nothing was changed."),
        code="too-large",
        way_out=_(
            "A text may have up to 2 MB, a list of nodes up to 32 MB. Split it, and bring it part by part."
        ),
    )


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_response(request, 403, _("You may not do this here."), code="forbidden")


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_response(
        request,
        404,
        _("There is nothing at this address."),
        code="not-found",
        way_out=_("It may have been deleted or renamed."),
    )


def not_allowed(request: HttpRequest, refused: HttpResponse) -> HttpResponse:
    """A page in place of the bare answer of a view that takes only GET, or only POST."""
    response = error_response(
        request,
        405,
        _("This address is where a form is sent to, not a page."),
        code="wrong-method",
        way_out=_("Open the page again that led here."),
    )
    response["Allow"] = refused["Allow"]
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500. The page gives a reference; the log has the same one with what happened."""
    error = sys.exc_info()[1]
    if isinstance(error, OperationalError):  # outside a view: when the session is saved
        return database_busy(request, error)
    reference = secrets.token_hex(4)
    log.error("%s: %s %s failed", reference, request.method, loggable(request.path), exc_info=sys.exc_info())
    again: Mapping[str, Any] = {}
    with contextlib.suppress(Exception):  # where the mistake is in reading the form
        again = kept(request)
    return error_response(
        request,
        500,
        _("The console made a mistake. What is stored is unharmed."),
        code="failed",
        way_out=_("Go back and try again."),
        reference=reference,
        **again,
    )


def database_busy(request: HttpRequest, error: Exception) -> HttpResponse:
    log.warning("database: %s", error)
    return error_response(
        request,
        503,
        _("The console's database does not answer. Nothing was changed."),
        code="database",
        way_out=_("Try again in a moment. If it stays so, see whether the disk is full."),
        **kept(request),
    )


def loggable(path: str) -> str:
    """An address without what is secret in it: one-time links and everything behind the question mark."""
    path = path.partition("?")[0]
    if path.startswith("/sign-in/") and len(path) > len("/sign-in/"):
        return "/sign-in/…/"
    return path


# What a person typed, to be sent again -------------------------------------------------------

NEVER_KEPT = ("csrfmiddlewaretoken", "password", "token")
MOST_KEPT = 2 * 1024 * 1024 + 64 * 1024
"""Characters: the longest text that any form takes, and its other fields. A page has them twice."""


def typed(request: HttpRequest) -> Mapping[str, Any] | None:
    """What a refused form held: `fields` (name, value), `files` (names of fields), `address`.

    too_much: there was more than `MOST_KEPT`, and none of it is kept.
    `texts` are those of several lines, to be read and copied where sending them again leads nowhere.
    None where there is nothing to keep, or another site sent it: repeating that must not be one click away.
    """
    if request.method != "POST" or not sent_from_here(request):
        return None
    fields = [
        (name, value)
        for name, values in request.POST.lists()
        if name.lower() not in NEVER_KEPT
        for value in values
    ]
    too_much = sum(len(name) + len(value) for name, value in fields) > MOST_KEPT
    if too_much:
        fields = []
    return {
        "fields": fields,
        "too_much": too_much,
        "files": list(request.FILES),
        "address": request.get_full_path(),
        "texts": [value for _name, value in fields if "\n" in value],
    }


def kept(request: HttpRequest) -> dict[str, Any]:
    """For `error_response`: what was typed goes on the error page. The page that it was typed into cannot be
    gone back to, as nothing of a signed-in person stays in a cache."""
    found = typed(request)
    if not found or not (found["fields"] or found["too_much"]):
        return {}
    return {"template": "web/again.html", "typed": found}


def sent_from_here(request: HttpRequest) -> bool:
    """Whether a page of this console sent the request, by what the browser says of it.

    https://www.w3.org/TR/fetch-metadata/; Origin and Referer where the browser does not know that.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site:
        return site == "same-origin"
    origin = request.headers.get("Origin") or request.headers.get("Referer", "")
    split = urlsplit(origin)
    return (split.scheme, split.netloc) == (request.scheme, request.get_host())


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form is older than the sign-in, or comes from elsewhere. What was typed can be sent again."""
    return error_response(
        request,
        403,
        _("Nothing was changed."),
        code="csrf",
        way_out=_("It was opened before you signed in, or cookies are switched off for this console."),
        template="web/again.html",
        title=_("This form has expired"),
        typed=typed(request),
    )


def sign_in_ended(request: HttpRequest, sign_in: str, *, keep: bool = True) -> HttpResponse:
    """A form was sent after the sign-in had ended. What was typed waits in the page until it can be sent,
    but with keep=False, or where it is too much."""
    found = typed(request) if keep else None
    if not keep or (found and found["too_much"]):
        return error_response(
            request,
            401,
            _("Your sign-in has ended. What you sent is too much to be kept here."),
            code="sign-in-ended",
            way_out=_("Sign in again, and send it once more from its page."),
            template="web/again.html",
            sign_in=sign_in,
        )
    return error_response(
        request,
        401,
        _("Your sign-in has ended. What you typed is still here."),
        code="sign-in-ended",
        way_out=_("Sign in in another tab, then come back to this one and send it again."),
        template="web/again.html",
        typed=found,
        sign_in=sign_in,
    )
