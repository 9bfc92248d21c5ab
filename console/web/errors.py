"""Errors as pages and as fragments. No other module of the console writes an error page."""

from __future__ import annotations

import contextlib
import logging
import secrets
import sys
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import (
    DisallowedHost,
    RequestDataTooBig,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from console import database
from console.errors import ConsoleError
from console.web.line import RETRY_AFTER
from console.web.render import came_from, swaps

log = logging.getLogger("console")


def title_of(status: int, code: str = "") -> str:
    by_code = {
        "bad-credentials": _("The cluster does not accept the credentials"),
        "no-credentials": _("No credentials for the cluster"),
        "credentials-timeout": _("No credentials for the cluster"),
        "cluster-failed": _("The cluster reported an error"),
        "cluster-busy": _("The cluster is busy"),
        "quota-exceeded": _("Quota exceeded"),
    }
    by_status = {
        400: _("Bad request"),
        401: _("Session expired"),
        403: _("Permission denied"),
        404: _("Not found"),
        405: _("Method not allowed"),
        409: _("Changed by someone else"),
        410: _("No longer available"),
        413: _("Too large"),
        422: _("Invalid"),
        502: _("Invalid response from the cluster"),
        503: _("Not available"),
        504: _("The cluster did not respond in time"),
        507: _("Disk full"),
    }
    return by_code.get(code) or by_status.get(status, _("Something went wrong"))


def error_response(
    request: HttpRequest,
    status: int,
    message: str,
    *,
    code: str,
    way_out: str = "",
    retry_after: int = 0,
    template: str = "web/error.html",
    **more: Any,
) -> HttpResponse:
    """A page; for htmx a message at the top of the current page, which keeps what was typed.

    code: the short name of the error. Without its database the console has no frame to show: the page is then
    the error alone.
    """
    context = {
        "status": status,
        "code": code,
        "title": title_of(status, code),
        "message": message,
        "way_out": way_out,
        **more,
    }
    if swaps(request):
        response = render(request, "web/error.html#toast", context, status=status)
        response["HX-Retarget"] = "#messages"
        response["HX-Reswap"] = "innerHTML show:window:top"
        response["HX-Push-Url"] = "false"
    else:
        context["back"] = back(request)
        try:
            response = render(request, template, context, status=status)
        except database.ERRORS:
            alone = {**context, "user": None, "messages": ()}
            response = render(request, template, alone, status=status)
    response["Cache-Control"] = "no-store"
    if retry_after:
        response["Retry-After"] = str(retry_after)
    return response


def console_error(request: HttpRequest, error: ConsoleError) -> HttpResponse:
    message = error.message
    if template := getattr(error, "template", ""):  # of a pure module, which cannot translate
        values = getattr(error, "params", None)
        message = _(template) % values if values else _(template)
    return error_response(
        request,
        error.status,
        message,
        code=error.code,
        way_out=error.way_out,
        retry_after=error.retry_after,
        error=error,
        **kept(request),
    )


def back(request: HttpRequest) -> str:
    """The other page of this console that led here, "" where none did."""
    page = came_from(request)
    return "" if page.partition("?")[0] == request.path else page


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Django's handler400: what it refuses before it calls a view."""
    if isinstance(exception, RequestDataTooBig):
        return too_large(request)
    if isinstance(exception, (TooManyFieldsSent, TooManyFilesSent)):
        return error_response(
            request,
            400,
            _("This form has too many fields for one request."),
            code="too-many-fields",
            way_out=_("Make the change in YAML mode instead."),
        )
    if isinstance(exception, DisallowedHost):
        return error_response(
            request,
            400,
            _("The console does not accept this host name."),
            code="wrong-host",
            way_out=_("Use the address that the console printed when it started."),
        )
    return error_response(
        request, 400, _("The console could not read the request of the browser."), code="bad-request"
    )


def too_large(request: HttpRequest) -> HttpResponse:
    return error_response(
        request,
        413,
        _("This is too large for one request. Nothing was changed."),
        code="too-large",
        way_out=_(
            "A manifest can have up to 2 MB, a list of nodes up to 32 MB. Split it and send the parts"
            " one by one."
        ),
    )


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_response(request, 403, _("You do not have permission to do this here."), code="forbidden")


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_response(
        request,
        404,
        _("This page does not exist."),
        code="not-found",
        way_out=_("It may have been deleted or renamed."),
    )


def not_allowed(request: HttpRequest, refused: HttpResponse) -> HttpResponse:
    """A page instead of the empty response of a view that allows only GET, or only POST."""
    response = error_response(
        request,
        405,
        _("This is the address of a form, not of a page."),
        code="wrong-method",
        way_out=_("Go back to the page with the form."),
    )
    response["Allow"] = refused["Allow"]
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500. The page shows a reference, under which the log has the details."""
    error = sys.exc_info()[1]
    # Outside a view: who is signed in could not be read.
    if (unavailable := database.failure(error)) and error:
        return database_error(request, error, unavailable)
    reference = secrets.token_hex(4)
    log.error("%s: %s %s failed", reference, request.method, loggable(request.path), exc_info=sys.exc_info())
    return error_response(
        request,
        500,
        _("Internal error of the console. Stored objects are not affected."),
        code="internal",
        way_out=_("Go back and try again."),
        reference=reference,
        **kept_if_readable(request),
    )


def database_error(request: HttpRequest, error: BaseException, shown: ConsoleError) -> HttpResponse:
    """The page for `error` of the database or the disk, which `console.database.failure` says is `shown`."""
    log.warning("%s %s: %s", request.method, loggable(request.path), database.in_a_line(error))
    return error_response(
        request,
        shown.status,
        shown.message,
        code=shown.code,
        way_out=shown.way_out,
        retry_after=shown.retry_after,
        **kept_if_readable(request),
    )


def too_busy(request: HttpRequest) -> HttpResponse:
    """The request found no place in the line of `console.web.line`."""
    response = error_response(
        request,
        503,
        _("The console is busy with the requests of others. Nothing was changed."),
        code="busy",
        way_out=_("Try again in a few seconds."),
        **kept(request),
    )
    response["Retry-After"] = str(RETRY_AFTER)
    return response


def loggable(path: str) -> str:
    """An address without its secrets: one-time tokens and everything after the question mark."""
    path = path.partition("?")[0]
    if path.startswith("/sign-in/") and len(path) > len("/sign-in/"):
        return "/sign-in/…/"
    return path


# Typed input, to send it again -------------------------------------------------------

NEVER_KEPT = ("csrfmiddlewaretoken", "password", "token")
MOST_KEPT = 2 * 1024 * 1024 + 64 * 1024
"""Characters: the longest manifest that a form accepts, and its other fields. A page contains them twice."""


def typed(request: HttpRequest) -> Mapping[str, Any] | None:
    """The input of a refused form: `fields` (name, value), `files` (names of fields), `address`.

    too_much: it was more than `MOST_KEPT`, and none of it is kept.
    texts: the values of several lines, to copy them where sending them again does not help.
    None where there is nothing to keep, or where another site sent the form: one click must not repeat that.
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
    """For `error_response`: the error page keeps what was typed. The browser cannot go back to the page of
    the form, because no cache keeps pages of a signed-in person."""
    found = typed(request)
    if not found or not (found["fields"] or found["too_much"]):
        return {}
    return {"template": "web/again.html", "typed": found}


def kept_if_readable(request: HttpRequest) -> dict[str, Any]:
    """As `kept`, for a fault that may be in reading the form."""
    with contextlib.suppress(Exception):
        return kept(request)
    return {}


def sent_from_here(request: HttpRequest) -> bool:
    """Whether a page of this console sent the request, according to the browser.

    https://www.w3.org/TR/fetch-metadata/, else Origin and Referer.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site:
        return site == "same-origin"
    origin = request.headers.get("Origin") or request.headers.get("Referer", "")
    try:
        split = urlsplit(origin)
    except ValueError:  # it is no address
        return False
    return (split.scheme, split.netloc) == (request.scheme, request.get_host())


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form is older than the sign-in, or is of another site. What was typed can be sent again."""
    return error_response(
        request,
        403,
        _("Nothing was changed."),
        code="csrf",
        way_out=_("The form was opened before you signed in, or cookies are disabled for this console."),
        template="web/again.html",
        title=_("This form has expired"),
        typed=typed(request),
    )


def session_expired(request: HttpRequest, sign_in: str, *, keep: bool = True) -> HttpResponse:
    """A form was sent after the session had expired. The page keeps what was typed until it can be sent,
    except with keep=False or where it is too much."""
    found = typed(request) if keep else None
    if not keep or (found and found["too_much"]):
        return error_response(
            request,
            401,
            _("Your session has expired. What you sent is too large to keep here."),
            code="session-expired",
            way_out=_("Sign in, then send it again from its page."),
            template="web/again.html",
            sign_in=sign_in,
        )
    return error_response(
        request,
        401,
        _("Your session has expired. What you typed is still here."),
        code="session-expired",
        way_out=_("Sign in in another tab, then send it again from this one."),
        template="web/again.html",
        typed=found,
        sign_in=sign_in,
    )
