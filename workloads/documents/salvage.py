"""The documents of a text that can be read, where others of it cannot."""

from __future__ import annotations

import re
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


def blanked(text: str, broken: list[BrokenDocument]) -> str:
    """The text with blanks in place of the broken documents: the others keep their lines and spans."""
    for part in broken:
        separator = SEPARATOR.match(text, part.start)
        start = separator.end() if separator else part.start
        text = text[:start] + re.sub(r"[^\r\n]", " ", text[start : part.end]) + text[part.end :]
    return text


def without(text: str, broken: list[BrokenDocument]) -> str:
    for part in reversed(broken):
        text = text[: part.start] + text[part.end :]
    return text
