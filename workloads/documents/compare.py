"""Two texts side by side."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import Match, SequenceMatcher
from typing import Final, Literal, TypeAlias

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
    for group in LineMatcher(None, before, after, autojunk=False).get_grouped_opcodes(context):
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


_SMALL: Final = 250_000
_MOST_PAIRS: Final = 4_000_000
"""Pairs of lines that a matcher may look at in all."""


class LineMatcher(SequenceMatcher[str]):
    """A SequenceMatcher for texts of any length.

    Equal heads and tails are no work. What is left is matched as ever where it is short, else between the
    lines that both texts have just once. Where a long part has no such line, or too many pairs were looked at
    already, it counts as differing altogether: then a diff, or a conflict, is longer than need be, and still
    right.
    """

    a: Sequence[str]
    b: Sequence[str]
    matching_blocks: list[Match] | None

    def get_matching_blocks(self) -> list[Match]:
        if self.matching_blocks is None:
            blocks = [*_joined(sorted(_blocks(self.a, self.b))), (len(self.a), len(self.b), 0)]
            self.matching_blocks = [Match(*block) for block in blocks]
        return self.matching_blocks


_Block: TypeAlias = tuple[int, int, int]
"""So many equal lines: where they begin in either text, and how many."""


def _blocks(a: Sequence[str], b: Sequence[str]) -> Iterator[_Block]:
    left = _MOST_PAIRS
    parts = [(0, len(a), 0, len(b))]
    while parts:
        i, i_end, j, j_end = parts.pop()
        start = i
        while i < i_end and j < j_end and a[i] == b[j]:
            i, j = i + 1, j + 1
        if i > start:
            yield start, j - (i - start), i - start
        end = i_end
        while i < i_end and j < j_end and a[i_end - 1] == b[j_end - 1]:
            i_end, j_end = i_end - 1, j_end - 1
        if i_end < end:
            yield i_end, j_end, end - i_end
        pairs = (i_end - i) * (j_end - j)
        if not pairs:
            continue
        if pairs > _SMALL:
            left -= i_end - i + j_end - j
        if pairs > _SMALL and left > 0 and (anchors := _anchors(a, b, i, i_end, j, j_end)):
            for at, to in [*anchors, (i_end, j_end)]:
                parts.append((i, at, j, to))
                i, j = at, to  # the anchor itself is the equal head of the part behind it
        elif pairs <= left:
            left -= pairs
            inner = SequenceMatcher(None, a[i:i_end], b[j:j_end], autojunk=False)
            yield from ((i + at, j + to, size) for at, to, size in inner.get_matching_blocks() if size)


def _anchors(
    a: Sequence[str], b: Sequence[str], i: int, i_end: int, j: int, j_end: int
) -> list[tuple[int, int]]:
    """The longest row, in the order of both, of the lines that appear once in either part."""
    ours, theirs = Counter(a[i:i_end]), Counter(b[j:j_end])
    positions = {b[to]: to for to in range(j, j_end) if theirs[b[to]] == 1}
    once = [(at, positions[a[at]]) for at in range(i, i_end) if ours[a[at]] == 1 and a[at] in positions]
    # Patience sorting: on each pile the last line, by its place in b; each line knows the one before it.
    tops: list[int] = []
    piles: list[int] = []
    before: list[int] = []
    for number, (_at, to) in enumerate(once):
        pile = bisect_left(tops, to)
        before.append(piles[pile - 1] if pile else -1)
        tops[pile : pile + 1], piles[pile : pile + 1] = [to], [number]
    row = []
    number = piles[-1] if piles else -1
    while number >= 0:
        row.append(once[number])
        number = before[number]
    return row[::-1]


def _joined(blocks: list[_Block]) -> Iterator[_Block]:
    """Blocks that lie end to end as one."""
    start = None
    for at, to, size in blocks:
        if start and (start[0] + start[2], start[1] + start[2]) == (at, to):
            start = (start[0], start[1], start[2] + size)
            continue
        if start:
            yield start
        start = (at, to, size)
    if start:
        yield start
