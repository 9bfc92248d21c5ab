"""Which database the console uses, and failures of the database itself, told apart from mistakes in what was
asked of it."""

from __future__ import annotations

import errno
import importlib.util
import sqlite3
from pathlib import Path
from typing import Any, Final

import dj_database_url
from django.db import DatabaseError, DataError, IntegrityError, InterfaceError, NotSupportedError
from django.utils.translation import gettext as _

from console.errors import BadInput, ConsoleError, OutOfSpace, Unavailable

WAIT_SECONDS: Final = 20
"""How long a write waits for another one, in SQLite."""
CONNECT_SECONDS: Final = 5
"""How long a PostgreSQL server has to accept a connection."""
ERRORS = (DatabaseError, InterfaceError)
"""Everything that Django raises for a database."""
_MISTAKES = (IntegrityError, DataError, NotSupportedError)
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_POSTGRESQL_FULL = "53100"  # disk_full, https://www.postgresql.org/docs/current/errcodes-appendix.html


def configuration(url: str, file: Path) -> dict[str, Any]:
    """Django's settings of the database: `file` without a `url`. Raises BadInput, without the URL in its
    message: it may have a password."""
    try:
        found: dict[str, Any] = dict(dj_database_url.parse(url or f"sqlite:///{file}"))
    except ValueError:
        found = {}
    options: dict[str, Any] = {}
    if found.get("ENGINE") == "django.db.backends.sqlite3":
        # IMMEDIATE: a transaction that will write takes the lock first, so no writer starves on an upgrade.
        # FULL: an acknowledged save survives a crash of the machine, not only of the process.
        # secure_delete: what is purged is overwritten in the file.
        options = {
            "transaction_mode": "IMMEDIATE",
            "timeout": WAIT_SECONDS,
            "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA foreign_keys=ON;"
            "PRAGMA secure_delete=ON;",
        }
    elif found.get("ENGINE") == "django.db.backends.postgresql":
        if not any(map(importlib.util.find_spec, ("psycopg", "psycopg2"))):
            raise BadInput(
                "PostgreSQL needs a driver that is not installed.",
                way_out="Run: pip install 'psycopg[binary]'",
                code="no-database-driver",
            )
        options = {"connect_timeout": CONNECT_SECONDS}
    else:
        raise BadInput(
            "DATABASE_URL names no database that the console can use.",
            way_out="Use postgres://USER:PASSWORD@HOST:PORT/NAME, or unset it for SQLite in the data folder.",
            code="bad-database-url",
        )
    return {**found, "OPTIONS": {**options, **found.get("OPTIONS", {})}}


def failure(error: BaseException | None) -> ConsoleError | None:
    """What people are told where the database is gone, damaged, locked or full, or a disk of the console is
    full; None for any other error, such as a broken constraint, which is a fault of the console."""
    if isinstance(error, OSError):
        return _out_of_space() if error.errno in _FULL else None
    if not isinstance(error, ERRORS) or isinstance(error, _MISTAKES):
        return None
    if _is_full(error.__cause__):
        return _out_of_space()
    return Unavailable(
        _("The database of the console does not respond. Nothing was changed."),
        way_out=_("Try again in a moment. If that does not help, check whether the disk is full."),
        code="database",
    )


def in_a_line(error: BaseException) -> str:
    """What the database says, for the log and the command line: its first line. The rest of what PostgreSQL
    says is advice, and the statement with its values."""
    return next(iter(str(error).splitlines()), "") or type(error).__name__


def _is_full(cause: BaseException | None) -> bool:
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    return getattr(cause, "sqlstate", None) == _POSTGRESQL_FULL


def _out_of_space() -> OutOfSpace:
    return OutOfSpace(
        _("The disk of the console is full. Nothing was changed."),
        way_out=_("Free some space on the machine that runs the console, then try again."),
    )
