"""Where the values of a document are in its text, and what belongs to each: comments, layout, aliases."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

from workloads.documents.errors import EditRefused, Problem, gettext_noop, short
from workloads.documents.nodes import ALIAS, BREAK, MAPPING, SCALAR, SEQUENCE, Node, Part
from workloads.documents.paths import Path
from workloads.documents.writer import FlowLayout, Layout

NOT_IN_PLACE = Problem(
    "not-in-place",
    gettext_noop(
        "%(path)s cannot be changed without changing the text around it. Change it in the YAML editor."
    ),
)
SHARED = Problem(
    "shared-anchor",
    gettext_noop(
        "%(path)s is shared: the anchor &%(anchor)s repeats it elsewhere in the manifest. Change it"
        " in the YAML editor."
    ),
)
MERGED = Problem(
    "merge-key",
    gettext_noop(
        "%(path)s comes from a merge key (<<) and cannot be removed in one place only. Remove it in"
        " the YAML editor."
    ),
)


class Splice(NamedTuple):
    """Replace the span by the text."""

    start: int
    end: int
    text: str


def line_break(text: str) -> str:
    """How the lines of a text end."""
    found = BREAK.search(text)
    return found[0] if found else "\n"


def splice(text: str, splices: Sequence[Splice]) -> str:
    """Apply splices that do not overlap."""
    out: list[str] = []
    at = 0
    for start, end, new in sorted(splices, key=lambda s: (s.start, s.end)):
        if start < at:
            raise ValueError("splices overlap")
        out += (text[at:start], new)
        at = end
    return "".join([*out, text[at:]])


PROPERTIES = re.compile(r"(?:[&!][^\s,\[\]{}]*[ \t]*)*")
ANCHOR = re.compile(r"&[^\s,\[\]{}]*[ \t]*")
BLOCK_HEADER = re.compile(r"[|>][-+0-9]*")
Chain = list[tuple[Node, int]]
"""Where a node is: from the root down, each collection and the position of the child taken."""


class SpanFinder:
    """Finds spans in one document of a text.

    path: what is changed, for the message of a refusal. literals: text of several lines may be written
    as a block scalar.
    """

    def __init__(self, text: str, part: Part, path: Path, literals: bool = True) -> None:
        self.text = text
        self.part = part
        self.root = part.root
        self.path = path
        self.literals = literals

    # -- places in the text

    @cached_property
    def line_break(self) -> str:
        return line_break(self.text)

    def line_start(self, at: int) -> int:
        if self.text.startswith("\r\n", at - 1):
            at -= 1
        start = self.text.rfind("\n", 0, at) + 1
        return max(start, self.text.rfind("\r", start, at) + 1)

    def line_end(self, at: int) -> int:
        found = BREAK.search(self.text, at)
        return found.start() if found else len(self.text)

    def following(self, at: int) -> int:
        """The line after the one that `at` is on."""
        found = BREAK.search(self.text, at)
        return found.end() if found else len(self.text)

    def next_line(self, at: int) -> int:
        """The line after the one on which something ends at `at`."""
        return at if at and self.text[at - 1] in "\r\n" else self.following(at)

    def column(self, at: int) -> int:
        return at - self.line_start(at)

    def indentation(self, at: int) -> str:
        """The blanks the line of `at` starts with."""
        start = self.line_start(at)
        line = self.text[start : self.line_end(start)]
        return line[: len(line) - len(line.lstrip(" \t"))]

    def join(self, lines: Sequence[str]) -> str:
        return self.line_break.join(lines)

    def starts_line(self, at: int) -> bool:
        return not self.text[self.line_start(at) : at].strip()

    # -- nodes

    def child(self, collection: Node, index: int) -> Node:
        return collection.entries[index].value if collection.kind == MAPPING else collection.items[index]

    def count(self, collection: Node) -> int:
        return len(collection.entries) if collection.kind == MAPPING else len(collection.items)

    def child_start(self, collection: Node, index: int) -> int:
        """Where a child starts: its key, its dash, or in brackets the item itself."""
        if collection.kind == MAPPING:
            return collection.entries[index].key.start
        return collection.items[index].start if collection.style == "flow" else self.dash(collection, index)

    def dash(self, sequence: Node, index: int) -> int:
        start = sequence.start
        if self.text[start] in "&!":
            start = self.text.index("-", self.next_line(start))
        if index == 0:
            return start
        column = self.column(start)
        line = self.next_line(sequence.items[index - 1].end)
        while line < sequence.items[index].start:
            if self.text[line + column] == "-" and not self.text[line : line + column].strip():
                return line + column
            line = self.following(line)
        raise EditRefused(NOT_IN_PLACE, self.path)

    def header(self, chain: Chain) -> int:
        """The end of what announces the node at `chain`: its key's colon or its dash."""
        parent, index = chain[-1]
        if parent.kind == MAPPING:
            return self.text.index(":", parent.entries[index].key.end) + 1
        return self.dash(parent, index) + 1

    def require_simple_keys(self, mapping: Node) -> None:
        """Block mappings written with `? key` are left to the user."""
        first = mapping.entries[0].key.start
        if self.text[mapping.start] == "?" or any(
            self.column(e.key.start) != self.column(first) for e in mapping.entries
        ):
            raise EditRefused(NOT_IN_PLACE, self.path)

    def region(self, chain: Chain, collection: Node, index: int) -> tuple[int, int]:
        """The span of a child of a block collection with what belongs to it: the comments right above it at
        its column, and those below it that are indented deeper. Whole lines, except where the child starts
        behind a dash."""
        start = self.child_start(collection, index)
        column = self.column(start)
        if index:
            floor = self.next_line(self.child(collection, index - 1).end)
        elif chain:
            floor = self.next_line(self.header(chain))
        else:
            floor = start  # what is above a document's first key is about the document
        if self.starts_line(start):
            start = self.line_start(start)
            while start > floor:
                above = self.line_start(start - 1)
                if (
                    self.text[above + column : above + column + 1] != "#"
                    or self.text[above : above + column].strip()
                ):
                    break
                start = above
        end = self.next_line(self.child(collection, index).end)
        at = end
        while at < len(self.text):
            line = self.text[at : self.line_end(at)]
            after = self.following(at)
            bare = line.lstrip(" \t")
            if bare.startswith("#") and len(line) - len(bare) > column:
                end = after
            elif bare:
                break
            at = after
        return start, end

    # -- what shares a value

    @cached_property
    def aliases(self) -> list[Node]:
        span = self.text[self.part.start : self.part.end]
        if "&" not in span or "*" not in span:
            return []
        return [node for node in self.root.walk() if node.kind == ALIAS]

    def require_unshared(self, chain: Chain, node: Node, *, replaced: bool = True) -> None:
        """Refuse to touch what an alias repeats elsewhere; if the node itself goes, also what is in it."""
        if not self.aliases:
            return
        for owner in (*(c for c, _ in chain), node):
            if any(alias.target is owner for alias in self.aliases):
                raise EditRefused(SHARED, self.path, params={"anchor": short(owner.anchor or "")})
        for inner in node.walk() if replaced else ():
            if inner.anchor and any(
                a.target is inner and not node.start <= a.start < node.end for a in self.aliases
            ):
                raise EditRefused(SHARED, self.path, params={"anchor": short(inner.anchor)})

    # -- layout

    @cached_property
    def layout(self) -> Layout:
        """How this document is laid out: what it does most often."""
        steps: Counter[int] = Counter()
        dashes: Counter[int] = Counter()
        for node in self.root.walk():
            if node.kind != MAPPING or node.style != "block":
                continue
            column = self.column(node.entries[0].key.start)
            for entry in node.entries:
                value = entry.value
                if value.style == "block" and value.anchor is None and not value.tagged:
                    offset = self.column(value.start) - column
                    (steps if value.kind == MAPPING else dashes)[offset] += 1
        step = max(steps, key=lambda n: steps[n], default=2)
        dash = max(dashes, key=lambda n: dashes[n], default=0)
        return Layout(max(step, 1), max(dash, 0), literals=self.literals)

    def flow_layout(self, chain: Chain, innermost: Node | None = None) -> FlowLayout:
        """How brackets are written at this place, judged by the nearest ones that show it."""
        around = [c for c, _ in reversed(chain) if c.style == "flow"]
        if innermost is not None:
            around.insert(0, innermost)
        as_in_json = self.part.format == "json"
        tight = False
        for node in around:
            if node.kind == MAPPING and node.entries:
                entry = node.entries[0]
                as_in_json = as_in_json or entry.key.style == '"'
                tight = as_in_json and self.text[entry.key.end : entry.value.start] == ":"
                break
        else:
            texts = [i for node in around if node.kind == SEQUENCE for i in node.items if i.kind == SCALAR]
            texts = [item for item in texts if isinstance(item.value, str)]
            as_in_json = as_in_json or (bool(texts) and all(item.style == '"' for item in texts))
        unit: str | None = None
        for node in around:
            if self.count(node):
                first = self.child_start(node, 0)
                if self.starts_line(first) and self.line_start(first) > node.start:
                    inner, outer = self.indentation(first), self.indentation(node.start)
                    unit = inner.removeprefix(outer) if inner.startswith(outer) and inner != outer else "  "
                break
        return FlowLayout(as_in_json, tight, unit)

    def require_brackets(self, collection: Node) -> None:
        """In brackets `[a: 1]` and `{? a: 1}` are left to the user."""
        opening = self.text[self.opening(collection)]
        before = [
            self.text[(self.child(collection, i - 1).end if i else self.opening(collection) + 1) : start]
            for i, start in enumerate(self.child_start(collection, n) for n in range(self.count(collection)))
        ]
        if opening not in "{[" or any("?" in gap.partition("#")[0] for gap in before):
            raise EditRefused(NOT_IN_PLACE, self.path)

    def opening(self, collection: Node) -> int:
        found = PROPERTIES.match(self.text, collection.start)
        at = found.end() if found else collection.start
        return at + len(self.text[at:]) - len(self.text[at:].lstrip())


def terminated(text: str) -> str:
    """`text` with a line break at its end, which changes no meaning."""
    return text if not text or text.endswith(("\n", "\r")) else text + line_break(text)


def item_regions(text: str, part: Part, key: str) -> list[tuple[int, int]]:
    """The spans of the items of a block list under a key of the document's root, each with the
    comments that belong to it."""
    finder = SpanFinder(text, part, (key,))
    index = next(i for i, entry in enumerate(part.root.entries) if entry.name == key)
    items = part.root.entries[index].value
    return [finder.region([(part.root, index)], items, i) for i in range(len(items.items))]
