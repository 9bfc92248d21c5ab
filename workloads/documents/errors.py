"""Errors of reading and changing a manifest.

`template % params` is the English message, and `template` the key of its translation. Neither contains a
value of the manifest, which might be a secret: at most a key, an anchor or a tag, shortened.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from console.errors import ConsoleError
from workloads.documents.paths import Path, show


def gettext_noop(text: str) -> str:
    """Marks a message for translation: pure modules must not import Django."""
    return text


def short(text: str, limit: int = 60) -> str:
    """`text` on one line, cut after `limit` characters, for use in a message."""
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


class Problem(NamedTuple):
    """What is wrong. `code`: its short name, which stays when the wording of `template` changes."""

    code: str
    template: str


def _message(problem: Problem, params: Mapping[str, Any]) -> str:
    return problem.template % params if params else problem.template


class DocumentError(ConsoleError):
    """The text cannot be read. `line` and `column` are 1-based, 0 where no place can be named.

    `status` is 413 where the text is too large, else 422.
    """

    status = 422
    code = "unreadable"

    def __init__(
        self,
        problem: Problem,
        line: int = 0,
        column: int = 0,
        *,
        params: Mapping[str, Any] | None = None,
        too_large: bool = False,
    ) -> None:
        self.template = problem.template
        self.params: Mapping[str, Any] = params or {}
        self.line = line
        self.column = column
        if too_large:
            self.status = 413
        super().__init__(_message(problem, self.params), code=problem.code)


class EditRefused(ConsoleError):
    """The change cannot be made without touching other text. Nothing was changed.

    `path`: what should have changed. The way out is to edit the text by hand.
    """

    status = 422
    code = "edit-refused"

    def __init__(self, problem: Problem, path: Path = (), *, params: Mapping[str, Any] | None = None) -> None:
        self.template = problem.template
        self.params: Mapping[str, Any] = {"path": short(show(path), 120), **(params or {})}
        self.path = path
        super().__init__(_message(problem, self.params), code=problem.code)
