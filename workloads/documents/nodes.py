"""The node tree of a text: what each place means and where it is.

Positions are character offsets into the whole text. A block collection ends where its last child ends;
a block scalar ends after its last line of content, line break not included (with `|+`, after the blank lines
that belong to it).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from workloads.documents.errors import Problem
from workloads.documents.paths import Json

SCALAR: Final = 0
MAPPING: Final = 1
SEQUENCE: Final = 2
ALIAS: Final = 3

BREAK: Final = re.compile(r"\r\n|\n|\r")


class Node:
    """One node.

    value: its JSON meaning, aliases and merge keys expanded.
    style: of a scalar None (plain), "'", '"', "|" or ">"; of a collection "flow" or "block".
    entries (mapping), items (sequence): the children as written, in order.
    tagged: it carries an explicit tag. target: what an alias stands for.
    """

    __slots__ = ("anchor", "end", "entries", "items", "kind", "start", "style", "tagged", "target", "value")

    def __init__(
        self,
        kind: int,
        start: int,
        end: int,
        value: Json,
        style: str | None,
        anchor: str | None,
        tagged: bool,
    ) -> None:
        self.kind = kind
        self.start = start
        self.end = end
        self.value = value
        self.style = style
        self.anchor = anchor
        self.tagged = tagged
        if kind == MAPPING:
            self.entries: list[Entry] = []
        elif kind == SEQUENCE:
            self.items: list[Node] = []
        elif kind == ALIAS:
            self.target: Node = self

    @property
    def children(self) -> Iterator[Node]:
        if self.kind == MAPPING:
            for entry in self.entries:
                yield entry.key
                yield entry.value
        elif self.kind == SEQUENCE:
            yield from self.items

    def walk(self) -> Iterator[Node]:
        """This node and all below it, in the order of the text."""
        stack = [self]
        while stack:
            node = stack.pop()
            yield node
            if node.kind in (MAPPING, SEQUENCE):
                stack.extend(reversed(list(node.children)))

    def entry(self, name: str) -> Entry | None:
        """The entry of a mapping written under this key; merged keys are not entries."""
        return next((e for e in self.entries if e.name == name), None)


class Entry(NamedTuple):
    """One `key: value`. `name` is the key as Kubernetes sees it, None for a merge key (`<<`)."""

    name: str | None
    key: Node
    value: Node


class Mark(NamedTuple):
    """A place in a text, 1-based."""

    line: int
    column: int


class Lines:
    """Line and column of character offsets."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(m.end() for m in BREAK.finditer(text))]

    def mark(self, offset: int) -> Mark:
        line = bisect_right(self._starts, offset)
        return Mark(line, offset - self._starts[line - 1] + 1)


class Note(NamedTuple):
    """What is to be said of a text that can be read. `at`: the character offset."""

    problem: Problem
    at: int
    params: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Part:
    """One document of a text as written, also an empty one: its span without separators, and its root.

    `empty`: it has no value, or null; kubectl skips it.
    """

    start: int
    end: int
    root: Node
    format: str
    notes: Sequence[Note] = ()

    @property
    def empty(self) -> bool:
        return self.root.value is None
