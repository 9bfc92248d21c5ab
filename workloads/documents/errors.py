"""What can go wrong with a text, in plain words.

`template % params` is the English message; `template` is the key to translate. Neither ever holds a value
from the text (it might be a secret): at most a key, an anchor or a tag, shortened.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from console.errors import ConsoleError
from workloads.documents.paths import Path, show


def gettext_noop(text: str) -> str:
    """Marks a message for translation; pure modules may not import Django."""
    return text


def short(text: str, limit: int = 60) -> str:
    """`text` on one line and at most `limit` characters long, for use in a message."""
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _fill(template: str, params: Mapping[str, Any]) -> str:
    return template % params if params else template


class DocumentError(ConsoleError):
    """The text cannot be read. `line` and `column` are 1-based, 0 where no place can be named.

    `status` is 413 where the text is too large, else 422.
    """

    status = 422
    code = "unreadable"

    def __init__(
        self,
        template: str,
        line: int = 0,
        column: int = 0,
        *,
        params: Mapping[str, Any] | None = None,
        too_large: bool = False,
        code: str = "",
    ) -> None:
        self.template = template
        self.params: Mapping[str, Any] = params or {}
        self.line = line
        self.column = column
        if too_large:
            self.status = 413
        super().__init__(_fill(template, self.params), code=code)


class EditRefused(ConsoleError):
    """The change cannot be made in the text without touching something else. Nothing was changed.

    `path` is the place the change was for; the way out is to edit the text by hand.
    """

    status = 422
    code = "edit-refused"

    def __init__(
        self, template: str, path: Path = (), *, params: Mapping[str, Any] | None = None, code: str = ""
    ) -> None:
        self.template = template
        self.params: Mapping[str, Any] = {"path": short(show(path), 120), **(params or {})}
        self.path = path
        super().__init__(_fill(template, self.params), code=code)
