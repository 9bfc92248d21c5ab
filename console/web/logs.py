"""Filters for the loggers of the server."""

from __future__ import annotations

import asyncio
import logging

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
