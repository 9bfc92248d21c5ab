"""Three-way merge of texts, and the choice of a side where both changed the same fields."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

from workloads.documents.agreement import joins
from workloads.documents.compare import LineMatcher, lines_of

Lines: TypeAlias = list[str]
_Region: TypeAlias = tuple[Lines, Lines, Lines]
"""The lines of base, mine and theirs."""
Side: TypeAlias = Literal["mine", "theirs", "both"]
SIDES: Final[tuple[Side, ...]] = get_args(Side)
_MINE, _BETWEEN, _THEIRS = "<<<<<<< ", "=======", ">>>>>>> "


@dataclass(frozen=True, slots=True)
class Merged:
    """`conflicts`: how many places could not be merged. There `text` has both sides between markers, as in
    Git."""

    text: str
    conflicts: int


def merge(base: str, mine: str, theirs: str) -> Merged:
    """`base` with the changes of both `mine` and `theirs`. Neighbouring lines are no conflict if they are
    about different fields.

    A very long part without any line that occurs only once is merged as a single place: see `LineMatcher`.
    """
    if mine == theirs or theirs == base:
        return Merged(mine, 0)
    if mine == base:
        return Merged(theirs, 0)
    line_break = "\r\n" if "\r\n" in mine else "\n"
    regions = list(_regions(*(_closed(lines_of(text)) for text in (base, mine, theirs))))
    joined = _joined(regions)
    out: list[str] = []
    conflicts = 0
    for number, (origin, ours, others) in enumerate(regions):
        if ours == others or others == origin:
            out += ours
        elif ours == origin:
            out += others
        elif number in joined:
            out += joined[number]
        else:
            conflicts += 1
            out += [f"{_MINE}mine{line_break}", *ours, f"{_BETWEEN}{line_break}", *others]
            out.append(f"{_THEIRS}theirs{line_break}")
    merged = "".join(out)
    if not mine.endswith(("\n", "\r")) and not theirs.endswith(("\n", "\r")) and not conflicts:
        merged = merged.removesuffix("\n").removesuffix("\r")
    return Merged(merged, conflicts)


def merge_cleanly(base: str, mine: str, theirs: str) -> str | None:
    """`base` with the changes of both sides; None unless they are about different fields."""
    merged = merge(base, mine, theirs)
    clean = not merged.conflicts and joins(base, mine, theirs, merged.text)
    return merged.text if clean else None


def _joined(regions: Sequence[_Region]) -> dict[int, Lines]:
    """The regions that both sides changed, by number, with the lines of both where those are about different
    fields; empty unless the texts can be read and that holds for all of these regions."""
    joined: dict[int, Lines] = {}
    texts: tuple[Lines, Lines, Lines, Lines] = ([], [], [], [])  # base, mine, theirs, merged
    for number, (origin, ours, others) in enumerate(regions):
        both = _both(origin, ours, others)
        if both is None:  # a conflict: as if nobody had changed it
            both = origin = others = ours
        elif ours != origin != others != ours:
            joined[number] = both
        for text, lines in zip(texts, (origin, ours, others, both), strict=True):
            text += lines
    return joined if joined and joins(*map("".join, texts)) else {}


def _both(origin: Lines, ours: Lines, others: Lines) -> Lines | None:
    """`origin` with the changes of both sides; None where they changed the same lines in different ways."""
    changes = dict.fromkeys((*_changes(origin, ours), *_changes(origin, others)))  # what both did, once
    out: Lines = []
    at = 0
    for start, end, lines in sorted(changes, key=lambda change: change[:2]):
        if start < at:
            return None
        out += (*origin[at:start], *lines)
        at = end
    return out + origin[at:]


def _changes(old: Lines, new: Lines) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """Which lines of `old` give way to which of `new`."""
    for tag, start, end, to, to_end in LineMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            yield start, end, tuple(new[to:to_end])


def _regions(base: Lines, mine: Lines, theirs: Lines) -> Iterator[_Region]:
    """The three texts cut at the same places, in turn what differs and what all three share. Joined, each
    column is its whole text. (diff3, as in Khanna, Kunal and Pierce, "A Formal Investigation of Diff3".)"""
    i = j = k = 0
    for at, to, other, size in _shared(base, mine, theirs):
        yield base[i:at], mine[j:to], theirs[k:other]
        i, j, k = at + size, to + size, other + size
        yield base[at:i], mine[to:j], theirs[other:k]


def _shared(base: Lines, mine: Lines, theirs: Lines) -> Iterator[tuple[int, int, int, int]]:
    """The runs of lines that both sides kept: where they begin in each text, and their length in lines. The
    last one is empty, at the end of all three."""
    ours = LineMatcher(None, base, mine, autojunk=False).get_matching_blocks()
    others = LineMatcher(None, base, theirs, autojunk=False).get_matching_blocks()
    i = j = 0
    while i < len(ours) and j < len(others):
        one, other = ours[i], others[j]
        start = max(one.a, other.a)
        end = min(one.a + one.size, other.a + other.size)
        if start < end:
            yield start, one.b + start - one.a, other.b + start - other.a, end - start
        if one.a + one.size == end:
            i += 1
        else:
            j += 1
    yield len(base), len(mine), len(theirs), 0


@dataclass(frozen=True, slots=True)
class Clash:
    """A place of a merged text where both sides are kept between markers.

    line, between, last_line: 1-based lines of the three markers. mine, theirs: the lines of either side, with
    their breaks.
    """

    line: int
    between: int
    last_line: int
    mine: Sequence[str]
    theirs: Sequence[str]

    def chosen(self, side: Side) -> list[str]:
        """The lines that stay where `side` is taken; of both, mine come first."""
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
