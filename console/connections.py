"""Limits for connections: those that only wait are closed after a while, and the oldest of them as soon as
there are too many, so that nobody keeps others out by opening connections."""

from __future__ import annotations

import asyncio
import contextlib
from typing import ClassVar, Final

import h11
from django.conf import settings
from uvicorn.protocols.http.h11_impl import H11Protocol

ACCEPTED_AT_ONCE: Final = 64
"""How many connections are accepted before any of them is looked at."""
RESERVED: Final = 2 * ACCEPTED_AT_ONCE + 64
"""Open files that are kept for what else the console opens: the database, static files, clusters."""
_WANTED: Final = 8192


def most_connections() -> int:
    """How many connections the limit of open files allows; raises this limit first, as far as it can."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return _WANTED - RESERVED
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _WANTED if hard == resource.RLIM_INFINITY else min(hard, _WANTED)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            soft = wanted
    files = _WANTED if soft == resource.RLIM_INFINITY else min(soft, _WANTED)
    return max(files - RESERVED, files // 4)


class LimitedProtocol(H11Protocol):
    """HTTP/1.1 with a limit for everything that waits for the other side: `CONNECTION_HEADER_SECONDS` for the
    head of a request, `CONNECTION_IDLE_SECONDS` for the next part of its body, or until the next part of the
    answer is taken."""

    most: ClassVar[int] = _WANTED
    waiting: ClassVar[dict[LimitedProtocol, None]] = {}
    """Those that wait for the other side, in the order in which they began to."""

    _timer: asyncio.TimerHandle | None = None
    _unsent = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._watch()
        if len(self.connections) > self.most:
            next(iter(self.waiting)).transport.abort()

    def data_received(self, data: bytes) -> None:
        before = self.conn.their_state
        super().data_received(data)
        # What comes of a head gives no more time for the rest of it.
        if self.conn.their_state is not h11.IDLE or before is not h11.IDLE or self._timer is None:
            self._watch()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._go_on()
        super().connection_lost(exc)

    def _watch(self) -> None:
        """What does the connection wait for from now on?"""
        self._go_on()
        self._unsent = self.transport.get_write_buffer_size()
        if self._unsent or self.conn.their_state is h11.SEND_BODY:
            self._wait(settings.CONNECTION_IDLE_SECONDS)
        elif self.conn.their_state is h11.IDLE:
            self._wait(settings.CONNECTION_HEADER_SECONDS)

    def _wait(self, seconds: float) -> None:
        self._timer = self.loop.call_later(seconds, self._waited)
        self.waiting[self] = None

    def _waited(self) -> None:
        if self.transport.get_write_buffer_size() < self._unsent:
            self._watch()  # the other side takes the answer, if slowly
        else:
            self.transport.abort()

    def _go_on(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        self.waiting.pop(self, None)
