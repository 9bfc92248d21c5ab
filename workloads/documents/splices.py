"""Where a change goes in a text: the spans to replace, and by what.

Found in the node tree of one document. Nothing here proves that the result means what was wanted: `editor`
does.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Final, NamedTuple

from workloads.documents.errors import EditRefused, gettext_noop, short
from workloads.documents.nodes import ALIAS, BREAK, MAPPING, SCALAR, SEQUENCE, Node, Part
from workloads.documents.paths import ABSENT, Json, Path, patch, position
from workloads.documents.scalars import literal_is_exact
from workloads.documents.writer import (
    FlowLayout,
    Layout,
    block_lines,
    entry_lines,
    flow_key,
    flow_text,
    inline,
    is_container,
    item_lines,
    literal,
)

NOT_IN_PLACE = gettext_noop(
    "%(path)s cannot be changed without disturbing the text around it. Change it in the YAML editor."
)
SHARED = gettext_noop(
    "%(path)s is shared: the anchor &%(anchor)s repeats it in other places of the text."
    " Change it in the YAML editor."
)
MERGED = gettext_noop(
    "%(path)s comes from a merge key (<<), which cannot be undone for one place."
    " Remove it in the YAML editor."
)


class Splice(NamedTuple):
    """Replace the span by the text."""

    start: int
    end: int
    text: str


class Task(NamedTuple):
    """One thing to do: set, remove (ABSENT) or, with `insert`, put before the list item at `path`."""

    path: Path
    new: Json
    insert: bool = False


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


def same(one: Json, other: Json) -> bool:
    """Equal as JSON: `True` is not 1."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return len(one) == len(other) and all(k in other and same(v, other[k]) for k, v in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


_PROPERTIES = re.compile(r"(?:[&!][^\s,\[\]{}]*[ \t]*)*")
_ANCHOR = re.compile(r"&[^\s,\[\]{}]*[ \t]*")
_BLOCK_HEADER = re.compile(r"[|>][-+0-9]*")
_ROOT_ORDER: Final = {"apiVersion": 0, "kind": 1, "metadata": 2, "status": 4}

_Chain = list[tuple[Node, int]]
"""Where a node is: from the root down, each collection and the position of the child taken."""


class Surgeon:
    """Finds the splices for one task in one document of a text."""

    def __init__(self, text: str, part: Part, path: Path, literals: bool = True) -> None:
        self.text = text
        self.part = part
        self.root = part.root
        self.path = path
        self.literals = literals

    # -- finding the place

    def perform(self, task: Task) -> list[Splice]:
        """Raises EditRefused, or ValueError where the value cannot be written."""
        chain: _Chain = []
        node, new = self.root, task.new
        for depth, segment in enumerate(task.path):
            here = task.path[depth:]
            if node.kind in (SCALAR, ALIAS):
                value = patch(node.value, [(here, new)])
                return [] if same(value, node.value) else self.replace(chain, value)
            if node.kind == MAPPING:
                index = next((i for i, e in enumerate(node.entries) if e.name == segment), -1)
                if index < 0:
                    return self.new_entry(chain, node, here, new)
                child = node.entries[index].value
            else:
                index = position(node.value, segment)
                if index == len(node.items) or (task.insert and len(here) == 1):
                    if new is ABSENT:
                        return []
                    value = new if task.insert else patch(node.value, [(here, new)])[-1]
                    return self.insert_item(chain, node, index, value)
                child = node.items[index]
            chain.append((node, index))
            node = child
        if new is ABSENT:
            return self.remove(chain)
        return [] if same(new, node.value) else self.replace(chain, new)

    def new_entry(self, chain: _Chain, mapping: Node, here: Path, new: Json) -> list[Splice]:
        """Set what has no entry of its own: it is absent, or a merge key brings it."""
        name = str(here[0])
        merged = mapping.value.get(name, ABSENT)
        value = patch({name: merged} if merged is not ABSENT else {}, [(here, new)]).get(name, ABSENT)
        if value is ABSENT:
            if merged is not ABSENT:
                raise EditRefused(MERGED, self.path)
            return []
        if merged is not ABSENT and same(value, merged):
            return []
        return self.insert_entry(chain, mapping, name, value)

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

    def header(self, chain: _Chain) -> int:
        """The end of what announces the node at `chain`: its key's colon or its dash."""
        parent, index = chain[-1]
        if parent.kind == MAPPING:
            return self.text.index(":", parent.entries[index].key.end) + 1
        return self.dash(parent, index) + 1

    def require_simple_keys(self, mapping: Node) -> None:
        """Block mappings written with `? key` are left to people."""
        first = mapping.entries[0].key.start
        if self.text[mapping.start] == "?" or any(
            self.column(e.key.start) != self.column(first) for e in mapping.entries
        ):
            raise EditRefused(NOT_IN_PLACE, self.path)

    def region(self, chain: _Chain, collection: Node, index: int) -> tuple[int, int]:
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
            floor = start  # what stands above a document's first key is about the document
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

    def require_unshared(self, chain: _Chain, node: Node, *, replaced: bool = True) -> None:
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

    def flow_layout(self, chain: _Chain, innermost: Node | None = None) -> FlowLayout:
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

    # -- replacing

    def replace(self, chain: _Chain, value: Json) -> list[Splice]:
        """Put `value` where the node at `chain` stands."""
        parent, index = chain[-1] if chain else (None, 0)
        node = self.child(parent, index) if parent is not None else self.root
        self.require_unshared(chain, node)
        if parent is None:
            return self.replace_root(value)
        if parent.style == "flow":
            layout = self.flow_layout(chain)
            text = flow_text(value, layout, self.indentation(node.start), self.line_break, _quotes(node))
            return [self.replace_inline(chain, node, text)]
        if node.style == "flow" and is_container(value) and self.count(node):
            layout = self.flow_layout(chain, node)
            text = flow_text(value, layout, self.indentation(node.start), self.line_break)
            return [self.replace_inline(chain, node, text)]
        if node.style == "block":
            return self.replace_block(chain, node, value)
        if node.style in ("|", ">"):
            return [self.replace_block_scalar(chain, node, value)]
        lines = self.lines_below(chain, value)
        if not lines:
            return [self.replace_inline(chain, node, inline(value, _quotes(node)))]
        end = self.line_end(node.end)
        below = Splice(end, end, self.line_break + self.join(lines))
        if isinstance(value, str):
            return [self.replace_inline(chain, node, literal(value, 0)[0]), below]
        start = self.value_start(node)
        if parent.kind == SEQUENCE and not self.text[node.end : end].strip() and node.start == start:
            text = self.join(lines)[self.column(start) :]
            return [Splice(start, end, text)]
        while start > self.header(chain) and self.text[start - 1] in " \t":
            start -= 1
        return [Splice(start, node.end, ""), below]

    def replace_root(self, value: Json) -> list[Splice]:
        root = self.root
        if root.style == "flow":
            layout = self.flow_layout([], root)
            if not is_container(value) or self.part.format == "json" or self.count(root):
                text = flow_text(value, layout, self.indentation(root.start), self.line_break)
                return [Splice(root.start, root.end, text)]
        if not is_container(value):
            return [Splice(root.start, root.end, inline(value))]
        alone = self.starts_line(root.start)
        column = self.column(root.start) if alone else 0
        text = self.join(block_lines(value, column, self.layout))
        end = self.line_end(root.end)
        if comment := self.text[root.end : end].strip():
            text = f"{comment}{self.line_break}{text}"
            return [Splice(root.start, end, text)]
        return [Splice(root.start, end, text[column:] if alone else self.line_break + text)]

    def value_start(self, node: Node) -> int:
        """Where the value itself starts: an anchor stays, a tag goes with the value it was for."""
        if node.anchor is None or node.tagged:
            return node.start
        found = _ANCHOR.match(self.text, node.start)
        return min(found.end(), node.end) if found else node.start

    def replace_inline(self, chain: _Chain, node: Node, text: str) -> Splice:
        """Put text of one line, or in brackets, in place of a value that is no block."""
        parent, index = chain[-1]
        start = self.value_start(node)
        before = self.text[start - 1 : start]
        if start == node.end:
            if parent.kind == MAPPING and ":" not in self.text[parent.entries[index].key.end : start]:
                text = ": " + text  # a bare key in braces
            elif before not in " \t":
                text = " " + text
        return Splice(start, node.end, text)

    def lines_below(self, chain: _Chain, value: Json) -> list[str]:
        """The lines a value takes below its key or dash in block style, none if it fits beside it. For text
        of several lines: the lines without the header."""
        parent, index = chain[-1]
        if is_container(value):
            column = self.column(self.child_start(parent, index))
            if parent.kind == SEQUENCE:
                column += self.gap(parent, index)
            else:
                column += self.layout.step if isinstance(value, dict) else self.layout.dash
            return block_lines(value, column, self.layout)
        if self.literals and isinstance(value, str) and literal_is_exact(value):
            column = self.column(self.child_start(parent, index)) + max(self.layout.step, 1)
            return literal(value, column)[1:]
        return []

    def gap(self, sequence: Node, index: int = 0) -> int:
        """Columns from a dash to what follows it: at this item, else at the first that shows it."""
        for i in (index, *range(len(sequence.items))):
            item, dash = sequence.items[i], self.dash(sequence, i)
            if item.end > item.start and item.start < self.line_end(dash):
                return int(item.start - dash)
        return 2

    def replace_block_scalar(self, chain: _Chain, node: Node, value: Json) -> Splice:
        text = self.text
        start = self.value_start(node)
        header_end = self.line_end(start)
        header = _BLOCK_HEADER.match(text, start)
        if header is None:  # an anchor and a tag before it
            raise EditRefused(NOT_IN_PLACE, self.path)
        comment = text[header.end() : header_end].rstrip()
        closing = self.line_break if node.end > header_end and text[node.end - 1] in "\r\n" else ""
        lines = self.lines_below(chain, value)
        if not lines:
            return Splice(start, node.end, inline(value) + comment + closing)
        if isinstance(value, str):
            first = next((line for line in text[header_end : node.end].splitlines() if line.strip()), "")
            indent = len(first) - len(first.lstrip(" "))
            parent, index = chain[-1]
            if indent > self.column(self.child_start(parent, index)) and not re.search("[0-9]", header[0]):
                lines = literal(value, indent)[1:]
            return Splice(start, node.end, self.join([literal(value, 0)[0] + comment, *lines]) + closing)
        while text[start - 1] in " \t":
            start -= 1
        return Splice(start, node.end, self.join([comment, *lines]) + closing)

    def replace_block(self, chain: _Chain, node: Node, value: Json) -> list[Splice]:
        """Put `value` in place of a mapping or list that takes lines of its own."""
        parent, index = chain[-1]
        _, end = self.region(chain[:-1], parent, index)
        if end and self.text[end - 1] in "\r\n" and end > node.end:
            end = self.line_end(self.line_start(end - 1))
        header = self.header(chain)
        header_end = self.line_end(header)
        lines = self.lines_below(chain, value)
        first = self.child_start(node, 0)
        if first < header_end:  # behind a dash
            if isinstance(value, str) and lines:
                return [Splice(first, end, self.join([literal(value, 0)[0], *lines]))]
            return [Splice(first, end, self.join(lines).lstrip(" ") or inline(value))]
        below = Splice(header_end, end, "".join(self.line_break + line for line in lines))
        if lines and not isinstance(value, str):
            return [below]
        beside = header
        if node.start < first and node.start < header_end:
            found = _PROPERTIES.match(self.text, node.start)
            beside = len(self.text[: found.end() if found else header].rstrip(" \t"))
        text = literal(value, 0)[0] if lines else inline(value)
        return [Splice(beside, beside, " " + text), below]

    # -- inserting

    def place_for(self, chain: _Chain, mapping: Node, name: str) -> int:
        """The position of a new key among the entries: Kubernetes' order at the top, a name first, others
        last."""
        names = [entry.name for entry in mapping.entries]
        if not chain:
            rank = _ROOT_ORDER.get(name, 3)
            place = max(
                (i + 1 for i, n in enumerate(names) if _ROOT_ORDER.get(n or "", 3) <= rank), default=0
            )
        else:
            place = 0 if name == "name" else len(names)
        # A merge key overrules what stands above it.
        return max([place, *(i + 1 for i, n in enumerate(names) if n is None)])

    def insert_entry(self, chain: _Chain, mapping: Node, name: str, value: Json) -> list[Splice]:
        self.require_unshared(chain, mapping, replaced=False)
        if mapping.style == "flow":
            if not mapping.entries and self.may_become_block(chain):
                return self.replace(chain, {name: value})
            layout = self.flow_layout(chain, mapping)
            place = self.place_for(chain, mapping, name)
            indent = self.child_indent(mapping, layout)
            text = flow_key(name, layout) + (":" if layout.tight else ": ")
            text += flow_text(value, layout, indent, self.line_break)
            return self.insert_flow(mapping, place, text, layout)
        self.require_simple_keys(mapping)
        place = self.place_for(chain, mapping, name)
        column = self.column(mapping.entries[0].key.start)
        return self.insert_lines(chain, mapping, place, entry_lines(name, value, column, self.layout))

    def insert_item(self, chain: _Chain, sequence: Node, index: int, value: Json) -> list[Splice]:
        self.require_unshared(chain, sequence, replaced=False)
        if sequence.style == "flow":
            if not sequence.items and self.may_become_block(chain):
                return self.replace(chain, [value])
            layout = self.flow_layout(chain, sequence)
            text = flow_text(value, layout, self.child_indent(sequence, layout), self.line_break)
            return self.insert_flow(sequence, index, text, layout)
        here = replace(self.layout, gap=self.gap(sequence))
        lines = item_lines(value, self.column(self.dash(sequence, 0)), here)
        return self.insert_lines(chain, sequence, index, lines)

    def may_become_block(self, chain: _Chain) -> bool:
        """An empty `{}` or `[]` may give way to lines of its own."""
        return self.part.format != "json" and (not chain or chain[-1][0].style != "flow")

    def insert_lines(self, chain: _Chain, collection: Node, index: int, lines: list[str]) -> list[Splice]:
        if index == 0:
            first = self.child_start(collection, 0)
            if not self.starts_line(first):
                text = self.join(lines).lstrip(" ") + self.line_break + " " * self.column(first)
                return [Splice(first, first, text)]
            at = self.region(chain, collection, 0)[0]
        else:
            at = self.region(chain, collection, index - 1)[1]
        if at and self.text[at - 1] not in "\r\n":
            return [*stripped(self.text, self.root), Splice(at, at, self.line_break + self.join(lines))]
        return [Splice(at, at, self.join(lines) + self.line_break)]

    def child_indent(self, collection: Node, layout: FlowLayout) -> str:
        if self.count(collection):
            return self.indentation(self.child_start(collection, 0))
        return self.indentation(collection.start) + (layout.unit or "")

    def require_brackets(self, collection: Node) -> None:
        """In brackets `[a: 1]` and `{? a: 1}` are left to people."""
        opening = self.text[self.opening(collection)]
        before = [
            self.text[(self.child(collection, i - 1).end if i else self.opening(collection) + 1) : start]
            for i, start in enumerate(self.child_start(collection, n) for n in range(self.count(collection)))
        ]
        if opening not in "{[" or any("?" in gap.partition("#")[0] for gap in before):
            raise EditRefused(NOT_IN_PLACE, self.path)

    def opening(self, collection: Node) -> int:
        found = _PROPERTIES.match(self.text, collection.start)
        at = found.end() if found else collection.start
        return at + len(self.text[at:]) - len(self.text[at:].lstrip())

    def insert_flow(self, collection: Node, index: int, text: str, layout: FlowLayout) -> list[Splice]:
        self.require_brackets(collection)
        inside = self.opening(collection) + 1
        if not self.count(collection):
            if layout.unit is None:
                return [Splice(inside, collection.end - 1, text)]
            inner = self.line_break + self.child_indent(collection, layout)
            outer = self.line_break + self.indentation(collection.start)
            return [Splice(inside, collection.end - 1, inner + text + outer)]
        first = self.child_start(collection, 0)
        if layout.unit is not None and self.starts_line(first):
            between = self.line_break + self.indentation(first)
        else:
            between = "" if layout.tight else " "
        if index == 0:
            return [Splice(first, first, f"{text},{between}")]
        at = self.child(collection, index - 1).end
        rest = self.text[at : self.line_end(at)]
        if "#" in rest and rest.strip(" \t,").startswith("#"):
            # The comment behind the last child is about that child.
            end = self.line_end(at)
            comma = "" if rest.lstrip().startswith(",") else ","
            trailing = "," if index < self.count(collection) else ""
            return [Splice(at, at, comma), Splice(end, end, between + text + trailing)]
        return [Splice(at, at, f",{between}{text}")]

    # -- removing

    def remove(self, chain: _Chain) -> list[Splice]:
        if not chain:
            raise EditRefused(NOT_IN_PLACE, self.path)
        collection, index = chain[-1]
        node = self.child(collection, index)
        self.require_unshared(chain, node)
        if self.count(collection) == 1 and collection.style == "block":
            return self.replace(chain[:-1], {} if collection.kind == MAPPING else [])
        if collection.style == "flow":
            return self.remove_flow(collection, index)
        if collection.kind == MAPPING:
            self.require_simple_keys(collection)
        start, end = self.region(chain[:-1], collection, index)
        if index == 0 and not self.starts_line(start):
            # The first one behind a dash: what follows moves up to the dash.
            while self.text[end] in " \t\r\n":
                end += 1
            return [Splice(start, end, "")]
        if end == len(self.text) and self.text[end - 1] not in "\r\n":
            # The text keeps its way to end, without a line break.
            start = self.line_end(self.line_start(start - 1)) if start else 0
        return [Splice(start, end, "")]

    def remove_flow(self, collection: Node, index: int) -> list[Splice]:
        self.require_brackets(collection)
        text = self.text
        start, end = self.child_start(collection, index), self.child(collection, index).end
        if self.count(collection) == 1:
            return [Splice(self.opening(collection) + 1, collection.end - 1, "")]
        if index + 1 < self.count(collection):
            following = self.child_start(collection, index + 1)
            if "#" in text[end:following]:
                following = min(self.next_line(text.index(",", end)), following)
                while text[following] in " \t":
                    following += 1
            return [Splice(start, following, "")]
        previous = self.child(collection, index - 1).end
        if "#" in text[previous:start]:
            previous = len(text[:start].rstrip())
        return [Splice(previous, end, "")]

    # -- reordering

    def reorder(self, path: Path, order: list[int]) -> list[Splice]:
        """Put the items of the list at `path` into another order, each with its comments."""
        chain: _Chain = []
        node = self.root
        for segment in path:
            if node.kind == MAPPING:
                index = next((i for i, e in enumerate(node.entries) if e.name == segment), -1)
            elif node.kind == SEQUENCE and isinstance(segment, int):
                index = segment
            else:
                index = -1
            if index < 0:
                raise EditRefused(NOT_IN_PLACE, self.path)
            chain.append((node, index))
            node = self.child(node, index)
        if node.kind != SEQUENCE:
            raise EditRefused(NOT_IN_PLACE, self.path)
        self.require_unshared(chain, node, replaced=False)
        if node.style == "flow":
            spans = [(item.start, item.end) for item in node.items]
            return [
                Splice(*spans[slot], self.text[slice(*spans[source])]) for slot, source in enumerate(order)
            ]
        spans = [self.region(chain, node, i) for i in range(len(node.items))]
        if not self.starts_line(spans[0][0]):  # the first item stands behind the dash of another list
            raise EditRefused(NOT_IN_PLACE, self.path)
        texts = [self.text[start:end] for start, end in spans]
        open_end = not texts[-1].endswith(("\n", "\r"))
        if open_end:
            texts[-1] += self.line_break
        texts = [texts[source] for source in order]
        if open_end:
            texts[-1] = texts[-1].removesuffix(self.line_break)
        return [Splice(start, end, own) for (start, end), own in zip(spans, texts, strict=True)]


def stripped(text: str, root: Node) -> list[Splice]:
    """What keeps the meaning of a text that ends without a line break when one is added: a block scalar at
    its very end says that it has none."""
    node = root
    while node.kind in (MAPPING, SEQUENCE) and node.style == "block":
        node = node.entries[-1].value if node.kind == MAPPING else node.items[-1]
    if node.style in ("|", ">") and not node.value.endswith("\n"):
        header = _BLOCK_HEADER.search(text, node.start)
        if header and not {"-", "+"} & set(header[0]):
            return [Splice(header.end(), header.end(), "-")]
    return []


def ended(text: str, part: Part) -> str:
    """The text of one document with its last line ended."""
    own = text[part.start : part.end]
    if not own or own.endswith(("\n", "\r")):
        return own
    splices = [Splice(s.start - part.start, s.end - part.start, s.text) for s in stripped(text, part.root)]
    return splice(own, splices) + line_break(text)


def item_regions(text: str, part: Part, key: str) -> list[tuple[int, int]]:
    """The spans of the items of a block list that stands under a key of the document's root, each with the
    comments that belong to it."""
    surgeon = Surgeon(text, part, (key,))
    index = next(i for i, entry in enumerate(part.root.entries) if entry.name == key)
    items = part.root.entries[index].value
    return [surgeon.region([(part.root, index)], items, i) for i in range(len(items.items))]


def _quotes(node: Node) -> str | None:
    return node.style if node.style in ("'", '"') else None
