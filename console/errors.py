"""The errors of the console.

Every adapter (database, Kubernetes client, YAML reader) turns its library's errors into one of
these; `console.web.middleware` turns these into a page or a fragment. Pure Python: every package can
import it.

    ConsoleError
    ├── BadInput        400  the request itself is wrong
    ├── Forbidden       403
    ├── NotFound        404
    ├── Conflict        409  someone else changed it first; has both sides
    │   └── AlreadyExists
    ├── TooLarge        413
    ├── Invalid         422  has findings
    ├── Unavailable     503  the console's own database did not answer
    ├── OutOfSpace      507  a disk of the console is full
    └── Unreachable     502/503/504  the cluster did not answer, or refused the credentials
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class ConsoleError(Exception):
    """Base of all errors that users see. `message` is a full sentence without secrets.

    way_out: what to do about it, "" where nothing is known. code: the short name of the error, such as
    "not-found"; it stays when the wording changes. Pages that show the error have it as `data-error`.
    """

    status = 500
    code = "failed"

    retry_after = 0
    """After how many seconds it is worth trying again, 0 where nobody said so."""

    def __init__(self, message: str, *, way_out: str = "", code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.way_out = way_out
        self.code = code or type(self).code


class BadInput(ConsoleError):
    status = 400
    code = "bad-input"


class Forbidden(ConsoleError):
    status = 403
    code = "forbidden"


class NotFound(ConsoleError):
    status = 404
    code = "not-found"


class Conflict(ConsoleError):
    """The object was changed since it was read. `theirs`: its manifest now, `version`: its version."""

    status = 409
    code = "conflict"

    def __init__(
        self, message: str, *, theirs: str = "", version: str = "", way_out: str = "", code: str = ""
    ) -> None:
        super().__init__(message, way_out=way_out, code=code)
        self.theirs = theirs
        self.version = version


class AlreadyExists(Conflict):
    code = "already-exists"


class TooLarge(ConsoleError):
    status = 413
    code = "too-large"


class Invalid(ConsoleError):
    """The content is refused. `findings`: of type Finding, possibly none."""

    status = 422
    code = "invalid"

    def __init__(
        self, message: str, findings: Sequence[Any] = (), *, way_out: str = "", code: str = ""
    ) -> None:
        super().__init__(message, way_out=way_out, code=code)
        self.findings = list(findings)


class Unavailable(ConsoleError):
    status = 503
    code = "unavailable"
    retry_after = 5


class OutOfSpace(ConsoleError):
    status = 507
    code = "disk-full"


class Unreachable(ConsoleError):
    """`status` is 502 (invalid response, credentials rejected), 503 (connection refused, down, busy) or 504
    (timeout)."""

    status = 503
    code = "unreachable"

    def __init__(
        self, message: str, *, status: int = 503, way_out: str = "", code: str = "", retry_after: int = 0
    ) -> None:
        super().__init__(message, way_out=way_out, code=code)
        self.status = status
        self.retry_after = retry_after
