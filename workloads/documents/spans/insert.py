"""The splices that add an entry to a mapping, or an item to a list."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from workloads.documents.nodes import Node
from workloads.documents.paths import Json
from workloads.documents.spans.find import Chain, Splice
from workloads.documents.spans.replace import SpanReplacer
from workloads.documents.writer import FlowLayout, entry_lines, flow_key, flow_text, item_lines

_ROOT_ORDER: Final = {"apiVersion": 0, "kind": 1, "metadata": 2, "status": 4}


class SpanInserter(SpanReplacer):
    def place_for(self, chain: Chain, mapping: Node, name: str) -> int:
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
        # A merge key overrules what is above it.
        return max([place, *(i + 1 for i, n in enumerate(names) if n is None)])

    def insert_entry(self, chain: Chain, mapping: Node, name: str, value: Json) -> list[Splice]:
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

    def insert_item(self, chain: Chain, sequence: Node, index: int, value: Json) -> list[Splice]:
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

    def may_become_block(self, chain: Chain) -> bool:
        """An empty `{}` or `[]` may give way to lines of its own."""
        return self.part.format != "json" and (not chain or chain[-1][0].style != "flow")

    def insert_lines(self, chain: Chain, collection: Node, index: int, lines: list[str]) -> list[Splice]:
        if index == 0:
            first = self.child_start(collection, 0)
            if not self.starts_line(first):
                text = self.join(lines).lstrip(" ") + self.line_break + " " * self.column(first)
                return [Splice(first, first, text)]
            at = self.region(chain, collection, 0)[0]
        else:
            at = self.region(chain, collection, index - 1)[1]
        if at and self.text[at - 1] not in "\r\n":
            return [Splice(at, at, self.line_break + self.join(lines))]
        return [Splice(at, at, self.join(lines) + self.line_break)]

    def child_indent(self, collection: Node, layout: FlowLayout) -> str:
        if self.count(collection):
            return self.indentation(self.child_start(collection, 0))
        return self.indentation(collection.start) + (layout.unit or "")

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
