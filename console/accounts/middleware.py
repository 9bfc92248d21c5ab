"""Requires a sign-in, prolongs it while it is used, and keeps pages out of caches."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.exceptions import SessionInterrupted
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url
from django.utils.translation import gettext as _

from console import database
from console.web.errors import error_response, session_expired
from console.web.render import swaps

log = logging.getLogger("console")

REFRESH = 600
"""Seconds after which a request prolongs the session; each time costs a transaction."""
SEEN = "seen"


def prolong(session: SessionBase) -> None:
    now = int(time.time())
    if now - session.get(SEEN, 0) > REFRESH:
        session[SEEN] = now


class SavingMiddleware(SessionMiddleware):
    """Django's, but a session that cannot be saved (a full disk, a locked database, a sign-out meanwhile)
    costs nobody the answer: what it would have kept is how to go on, never what was done. A sign-in saves its
    session itself."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        try:
            return super().process_response(request, response)
        except (SessionInterrupted, *database.ERRORS) as error:
            log.warning("The session was not saved: %s", database.in_a_line(error))
            return response


class _LetIn(HttpRequest):
    let_in: bool


class SignInMiddleware(LoginRequiredMiddleware):
    # Django allows any response here; its types only a redirect.
    def handle_no_permission(  # type: ignore[override]
        self, request: HttpRequest, view_func: Callable[..., Any]
    ) -> HttpResponse:
        sign_in = resolve_url(settings.LOGIN_URL)
        if swaps(request):
            return error_response(
                request,
                401,
                _("Your session has expired. What you typed is still here."),
                code="session-expired",
                way_out=_("Sign in in another tab, then try again in this one."),
                sign_in=sign_in,
            )
        if request.method not in ("GET", "HEAD"):
            return session_expired(request, sign_in)
        return super().handle_no_permission(request, view_func)

    def process_view(
        self, request: HttpRequest, view_func: Callable[..., Any], view_args: Any, view_kwargs: Any
    ) -> HttpResponseBase | None:
        # What needs no sign-in reads no session either: it works without the database.
        if not getattr(view_func, "login_required", True):
            return None
        refused = super().process_view(request, view_func, view_args, view_kwargs)
        if refused is None:
            cast(_LetIn, request).let_in = True
        return refused

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if not getattr(request, "let_in", False):
            return response
        response.setdefault("Cache-Control", "no-store")
        if response.status_code < 500:
            prolong(request.session)
        return response
