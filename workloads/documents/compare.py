"""Two texts side by side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal, TypeAlias

from workloads.documents.nodes import BREAK

LineKind: TypeAlias = Literal[" ", "+", "-", "@"]


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line of a unified diff, without its line break.

    kind: " " kept, "-" only in the old text, "+" only in the new, "@" lines are left out here.
    old_line, new_line: 1-based line in either text, 0 where it is not in that text; for "@" those of the next
    line that is shown.
    """

    kind: LineKind
    text: str
    old_line: int
    new_line: int


def diff(old: str, new: str, context: int = 3) -> list[DiffLine]:
    """What differs, with `context` lines around it; nothing for equal texts. Line breaks count: a text that
    changes from CRLF to LF differs in every line."""
    if old == new:
        return []
    before, after = lines_of(old), lines_of(new)
    out: list[DiffLine] = []
    for group in SequenceMatcher(None, before, after, autojunk=False).get_grouped_opcodes(context):
        _, old_start, _, new_start, _ = group[0]
        if out or old_start:
            out.append(DiffLine("@", "", old_start + 1, new_start + 1))
        for tag, i, i_end, j, j_end in group:
            if tag == "equal":
                out += [DiffLine(" ", _bare(before[i + n]), i + n + 1, j + n + 1) for n in range(i_end - i)]
                continue
            out += [DiffLine("-", _bare(before[n]), n + 1, 0) for n in range(i, i_end)]
            out += [DiffLine("+", _bare(after[n]), 0, n + 1) for n in range(j, j_end)]
    return out


def lines_of(text: str) -> list[str]:
    """The lines with their breaks; only those of YAML and JSON count, unlike `str.splitlines`."""
    return list(_split(text))


def _split(text: str) -> Iterator[str]:
    at = 0
    for found in BREAK.finditer(text):
        yield text[at : found.end()]
        at = found.end()
    if at < len(text):
        yield text[at:]


def _bare(line: str) -> str:
    return line.rstrip("\r\n")
