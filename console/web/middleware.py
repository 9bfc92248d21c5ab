"""Turns errors of views into a page or a fragment with the right status."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from whitenoise.middleware import WhiteNoiseMiddleware

from console import database
from console.errors import ConsoleError
from console.web.bodies import is_long, was_cut
from console.web.errors import (
    console_error,
    database_error,
    not_allowed,
    session_expired,
    too_busy,
    too_large,
)
from console.web.line import was_too_busy

log = logging.getLogger("console")


class ErrorsMiddleware:
    """Errors other than ours and the database's go to Django, which calls `server_error`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if was_too_busy(request):
            return too_busy(request)
        if was_cut(request):
            return too_large(request)
        if is_long(request) and not request.user.is_authenticated:  # before the form is read
            return session_expired(request, resolve_url(settings.LOGIN_URL), keep=False)
        response = self.get_response(request)
        if response.status_code == 405 and not response.content:
            return not_allowed(request, response)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, ConsoleError):
            return console_error(request, exception)
        if shown := database.failure(exception):
            return database_error(request, exception, shown)
        return None


class StaticMiddleware(WhiteNoiseMiddleware):  # type: ignore[misc]  # WhiteNoise has no types
    """WhiteNoise that sends whole files: an asynchronous server cannot stream its open files."""

    @staticmethod
    def serve(static_file: Any, request: HttpRequest) -> HttpResponse:
        found = static_file.get_response(request.method, request.META)
        content = b""
        if found.file is not None:
            with found.file as file:
                content = file.read()
        response = HttpResponse(content, status=int(found.status))
        del response["Content-Type"]
        for name, value in found.headers:
            response[name] = value
        return response


DEVICES = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
"""What no page of the console may use."""


class HeadersMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self._told = settings.HTTPS

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not self._told and request.headers.get("X-Forwarded-Proto") == "https":
            self._told = True
            log.warning(
                "A proxy says that people reach the console over https, but it was not started for that:"
                " cookies are not marked Secure, and there is no HSTS. Start it with CONSOLE_HTTPS=1."
            )
        response = self.get_response(request)
        if not request.path.startswith(settings.STATIC_URL):  # it is about pages
            response.setdefault("Permissions-Policy", DEVICES)
        return response
