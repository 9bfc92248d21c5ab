"""Lets in who is signed in, keeps them signed in while at work, and keeps their pages out of caches."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.utils.translation import gettext as _

from console.web.errors import error_response, sign_in_ended
from console.web.render import swaps

REFRESH = 600
"""Seconds after which a request prolongs the session; at every request it would cost a transaction each."""


class SignInMiddleware(LoginRequiredMiddleware):
    def handle_no_permission(self, request: HttpRequest, view_func: Callable[..., Any]) -> HttpResponse:
        sign_in = resolve_url(settings.LOGIN_URL)
        if swaps(request):
            return error_response(
                request,
                401,
                _("Your sign-in has ended. What you typed is still here."),
                code="sign-in-ended",
                way_out=_("Sign in in another tab, then come back to this one and try again."),
                sign_in=sign_in,
            )
        if request.method not in ("GET", "HEAD"):
            return sign_in_ended(request, sign_in)
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
