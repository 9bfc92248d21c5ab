"""Filters for the loggers of the server."""

from __future__ import annotations

import asyncio
import logging
import time

from console.web.errors import loggable


class WithoutSecrets(logging.Filter):
    """Access lines without queries and one-time tokens. Their arguments: client, method, path, version,
    status."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple) and len(record.args) == 5:
            client, method, path, version, status = record.args
            record.args = (client, method, loggable(str(path)), version, status)
        return True


class Quiet(logging.Filter):
    """Drops errors of requests that are interrupted when the server stops."""

    def filter(self, record: logging.LogRecord) -> bool:
        cut_off = record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError)
        return not cut_off and not record.getMessage().startswith("Cancel ")


class Rarely(logging.Filter):
    """What others can make the server say as often as they like (no file left to accept a connection, not
    HTTP) is logged at most once in ten seconds, without a traceback."""

    OFTEN = (
        "socket.accept() out of system resource",
        "Invalid HTTP request received.",
        "Unsupported upgrade",
    )
    SECONDS = 10.0

    def __init__(self) -> None:
        super().__init__()
        self._last: dict[str, float] = {}
        self._dropped: dict[str, int] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        often = next((each for each in self.OFTEN if record.getMessage().startswith(each)), None)
        if often is None:
            return True
        now = time.monotonic()
        if now - self._last.get(often, -self.SECONDS) < self.SECONDS:
            self._dropped[often] = self._dropped.get(often, 0) + 1
            return False
        self._last[often] = now
        dropped = self._dropped.pop(often, 0)
        record.msg, record.args = f"{often} ({dropped} more times before)" if dropped else often, ()
        record.exc_info = record.exc_text = None
        return True
