"""How many requests are worked on at once. The others wait in line, so that each is done soon once it starts.

Requests share one interpreter: with a hundred at work each takes a hundred times as long, and a hundred times
the memory. A request whose browser has gone leaves the line and never starts.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase

BUSY = "console.busy"
RETRY_AFTER = 5
"""Seconds after which a browser or program may ask again."""
_REFUSED_AT_ONCE = 2
_QUICK = ("/healthz", "/readyz")


def was_too_busy(request: HttpRequest) -> bool:
    """Whether the request got no place; `ErrorsMiddleware` answers it."""
    return bool(getattr(request, "scope", {}).get(BUSY))


class LinedHandler(ASGIHandler):
    """Django's, with at most `at_work` requests at once. Up to `in_line` others wait, `seconds` at most."""

    def __init__(self, *, at_work: int, in_line: int, seconds: float) -> None:
        super().__init__()
        self._places = asyncio.Semaphore(at_work)
        self._refusing = asyncio.Semaphore(_REFUSED_AT_ONCE)
        self._in_line, self._seconds = in_line, seconds
        self._waiting = 0

    async def run_get_response(self, request: HttpRequest) -> HttpResponseBase:
        """Called with the whole body of the request, and cancelled where the browser goes."""
        if request.path.startswith((settings.STATIC_URL, *_QUICK)):
            return await self._work(request)
        if await self._has_place():
            try:
                return await self._work(request)
            finally:
                self._places.release()
        vars(request)["scope"][BUSY] = True
        async with self._refusing:
            return await self._work(request)

    async def _has_place(self) -> bool:
        if self._waiting >= self._in_line and self._places.locked():
            return False
        self._waiting += 1
        try:
            async with asyncio.timeout(self._seconds):
                await self._places.acquire()
        except TimeoutError:
            return False
        finally:
            self._waiting -= 1
        return True

    async def _work(self, request: HttpRequest) -> HttpResponseBase:
        """A thread cannot be stopped: its place is free when it has ended, even if the browser has gone."""
        work = asyncio.ensure_future(super().run_get_response(request))
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            with suppress(Exception):
                await work
            raise
