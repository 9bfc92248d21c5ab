"""Requires a sign-in, prolongs it while it is used, and keeps pages out of caches."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.utils.translation import gettext as _

from console.web.errors import error_response, session_expired
from console.web.render import swaps

REFRESH = 600
"""Seconds after which a request prolongs the session; each time costs a transaction."""


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

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        user = getattr(request, "user", None)
        if user is None or not user.is_authenticated:
            return response
        response.setdefault("Cache-Control", "no-store")
        now = int(time.time())
        if now - request.session.get("seen", 0) > REFRESH:
            request.session["seen"] = now
        return response
