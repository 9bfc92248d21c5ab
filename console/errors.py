"""What can go wrong, in our own words.

Every adapter (database, Kubernetes client, YAML reader) turns its library's errors into one of
these; `console.web.middleware` turns these into a page or a fragment. Pure Python: any room may
import it.

    ConsoleError
    ├── BadInput        400  the request itself makes no sense
    ├── Forbidden       403
    ├── NotFound        404
    ├── Conflict        409  somebody else wrote first; carries both sides
    │   └── AlreadyExists
    ├── TooLarge        413
    ├── Invalid         422  carries findings
    └── Unreachable     502/503/504  the cluster did not answer
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class ConsoleError(Exception):
    """Base of all errors a person may be shown. `message` is a full sentence without secrets.

    code: the error's short name, such as "not-found"; it stays when the wording changes. `data-error` of the
    page that shows it.
    """

    status = 500
    code = "failed"

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
    """A stale write. `theirs` is what is stored now (text), `version` its version."""

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
    """Refused for what it says. `findings`: a Finding each, may be empty."""

    status = 422
    code = "invalid"

    def __init__(
        self, message: str, findings: Sequence[Any] = (), *, way_out: str = "", code: str = ""
    ) -> None:
        super().__init__(message, way_out=way_out, code=code)
        self.findings = list(findings)


class Unreachable(ConsoleError):
    """`status` is 502 (answered nonsense), 503 (refused, down) or 504 (timed out)."""

    status = 503
    code = "unreachable"

    def __init__(self, message: str, *, status: int = 503, way_out: str = "", code: str = "") -> None:
        super().__init__(message, way_out=way_out, code=code)
        self.status = status
