"""The documents of a text that can be read, where others of it cannot."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from workloads.documents.errors import DocumentError
from workloads.documents.reader import SEPARATOR, read


@dataclass(frozen=True, slots=True)
class BrokenDocument:
    """start, end: its span in the text, the separator before it included. line: where it is broken, in the
    whole text."""

    start: int
    end: int
    line: int
    error: DocumentError


def broken_documents(text: str) -> list[BrokenDocument]:
    """Those that cannot be read on their own; [] where that is not what is wrong, or nothing else is left."""
    starts = sorted({0, *(match.start() for match in SEPARATOR.finditer(text))})
    broken = []
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        try:
            read(text[start:end])
        except DocumentError as error:
            line = text.count("\n", 0, start) + max(error.line, 1)
            broken.append(BrokenDocument(start, end, line, error))
    try:
        return broken if broken and read(blanked(text, broken)) else []
    except DocumentError:
        return []


def blanked(text: str, broken: Sequence[BrokenDocument]) -> str:
    """The text with blanks in place of the broken documents: the others keep their lines and spans."""

    def blank(part: BrokenDocument) -> str:
        separator = SEPARATOR.match(text, part.start)
        start = separator.end() if separator else part.start
        return text[part.start : start] + re.sub(r"[^\r\n]", " ", text[start : part.end])

    return _with(text, broken, blank)


def without(text: str, broken: Sequence[BrokenDocument]) -> str:
    return _with(text, broken, lambda part: "")


def _with(text: str, broken: Sequence[BrokenDocument], instead: Callable[[BrokenDocument], str]) -> str:
    out, at = [], 0
    for part in broken:
        out += [text[at : part.start], instead(part)]
        at = part.end
    return "".join([*out, text[at:]])
