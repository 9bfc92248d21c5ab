"""Three texts merged into one, and the choice between both sides where that did not go by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

from merge3 import Merge3

from workloads.documents.compare import LineMatcher, lines_of

Side: TypeAlias = Literal["mine", "theirs", "both"]
SIDES: Final[tuple[Side, ...]] = get_args(Side)
_MINE, _BETWEEN, _THEIRS = "<<<<<<< ", "=======", ">>>>>>> "


@dataclass(frozen=True, slots=True)
class Merged:
    """`conflicts` places could not be merged; in `text` both sides stand there between markers, as in Git."""

    text: str
    conflicts: int


def merge(base: str, mine: str, theirs: str) -> Merged:
    """What `mine` and `theirs` made of `base`, both changes kept.

    Very long parts in which no line stands only once are one place: see `LineMatcher`.
    """
    if mine == theirs or theirs == base:
        return Merged(mine, 0)
    if mine == base:
        return Merged(theirs, 0)
    texts = [_closed(lines_of(text)) for text in (base, mine, theirs)]
    line_break = "\r\n" if "\r\n" in mine else "\n"
    out: list[str] = []
    conflicts = 0
    for kind, *groups in Merge3(*texts, sequence_matcher=LineMatcher).merge_groups():
        if kind != "conflict":
            out += groups[0]
            continue
        conflicts += 1
        _, ours, others = groups
        out += [f"{_MINE}mine{line_break}", *ours, f"{_BETWEEN}{line_break}", *others]
        out.append(f"{_THEIRS}theirs{line_break}")
    merged = "".join(out)
    if not mine.endswith(("\n", "\r")) and not theirs.endswith(("\n", "\r")) and not conflicts:
        merged = merged.removesuffix("\n").removesuffix("\r")
    return Merged(merged, conflicts)


@dataclass(frozen=True, slots=True)
class Clash:
    """A place of a merged text where both sides stand between markers.

    line, between, last_line: 1-based lines of the three markers. mine, theirs: the lines of either side, with
    their breaks.
    """

    line: int
    between: int
    last_line: int
    mine: Sequence[str]
    theirs: Sequence[str]

    def chosen(self, side: Side) -> list[str]:
        """The lines that stay where `side` is taken; of both, mine stand first."""
        return [*(self.mine if side != "theirs" else ()), *(self.theirs if side != "mine" else ())]


def clashes(text: str) -> list[Clash]:
    """What is still to be chosen, in the order of the text. Markers without their like are none."""
    return list(_clashes(lines_of(text)))


def _clashes(lines: list[str]) -> Iterator[Clash]:
    start = between = depth = 0
    for number, line in enumerate(lines, 1):
        if line.startswith(_MINE):  # merged again before a choice was made: a clash within a side
            depth += 1
            if depth == 1:
                start, between = number, 0
        elif depth == 1 and not between and line.rstrip("\r\n") == _BETWEEN:
            between = number
        elif depth and line.startswith(_THEIRS):
            depth -= 1
            if not depth and between:
                yield Clash(start, between, number, lines[start : between - 1], lines[between : number - 1])


def choose(text: str, side: Side, number: int | None = None) -> str:
    """`text` with one side, or both, in place of clash `number` (0-based); None: of every one.

    Raises IndexError where there is no such clash.
    """
    lines = lines_of(text)
    found = list(_clashes(lines))
    out: list[str] = []
    at = 0
    for clash in found if number is None else [found[number]]:
        out += [*lines[at : clash.line - 1], *clash.chosen(side)]
        at = clash.last_line
    return "".join([*out, *lines[at:]])


def _closed(lines: list[str]) -> list[str]:
    """A last line without a break gets one, or it would differ from the same line elsewhere."""
    if lines and not lines[-1].endswith(("\n", "\r")):
        lines[-1] += "\r\n" if lines[0].endswith("\r\n") else "\n"
    return lines
