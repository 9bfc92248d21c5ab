"""The part of a long text, diff or list of findings that one page shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Generic, TypeVar

from workloads.daemonsets.manifest.findings import Finding
from workloads.documents import DiffLine

MOST_LINES: Final = 2_000
MOST_CHARACTERS: Final = 200_000
MOST_IN_LINE: Final = 10_000
"""Of a text or diff."""
MOST_FINDINGS: Final = 100

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Excerpt(Generic[T]):
    """shown: the first parts; more: how many others there are; cut: lines that are not shown to their end."""

    shown: Sequence[T]
    more: int = 0
    cut: int = 0

    @property
    def total(self) -> int:
        return len(self.shown) + self.more


def text_excerpt(text: str) -> Excerpt[str]:
    return _lines(text.splitlines(), lambda line: line, lambda line, text: text)


def diff_excerpt(lines: Sequence[DiffLine]) -> Excerpt[DiffLine]:
    return _lines(lines, lambda line: line.text, lambda line, text: replace(line, text=text))


def findings_excerpt(findings: Sequence[Finding]) -> Excerpt[Finding]:
    """In the order of the text; of too many, errors before warnings."""
    if len(findings) <= MOST_FINDINGS:
        return Excerpt(findings)
    order = sorted(range(len(findings)), key=lambda number: findings[number].severity != "error")
    shown = sorted(order[:MOST_FINDINGS])
    return Excerpt([findings[number] for number in shown], len(findings) - len(shown))


def _lines(lines: Sequence[T], text_of: Callable[[T], str], with_text: Callable[[T, str], T]) -> Excerpt[T]:
    shown: list[T] = []
    left, cut = MOST_CHARACTERS, 0
    for line in lines[:MOST_LINES]:
        if left <= 0:
            break
        text = text_of(line)
        most = min(MOST_IN_LINE, left)
        if len(text) > most:
            line, cut = with_text(line, f"{text[:most]}…"), cut + 1
        shown.append(line)
        left -= min(len(text), most)
    return Excerpt(shown, len(lines) - len(shown), cut)
