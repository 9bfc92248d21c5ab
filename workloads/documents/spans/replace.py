"""The splices that put another value in place of one."""

from __future__ import annotations

import re

from workloads.documents.errors import EditRefused
from workloads.documents.nodes import MAPPING, SEQUENCE, Node
from workloads.documents.paths import Json
from workloads.documents.scalars import literal_is_exact
from workloads.documents.spans.find import (
    ANCHOR,
    BLOCK_HEADER,
    NOT_IN_PLACE,
    PROPERTIES,
    Chain,
    SpanFinder,
    Splice,
)
from workloads.documents.writer import block_lines, flow_text, inline, is_container, literal


class SpanReplacer(SpanFinder):
    def replace(self, chain: Chain, value: Json) -> list[Splice]:
        """Put `value` in place of the node at `chain`."""
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
        found = ANCHOR.match(self.text, node.start)
        return min(found.end(), node.end) if found else node.start

    def replace_inline(self, chain: Chain, node: Node, text: str) -> Splice:
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

    def lines_below(self, chain: Chain, value: Json) -> list[str]:
        """The lines a value takes below its key or dash in block style; none where it fits on the same line.
        For text of several lines: without the header."""
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

    def replace_block_scalar(self, chain: Chain, node: Node, value: Json) -> Splice:
        text = self.text
        start = self.value_start(node)
        header_end = self.line_end(start)
        header = BLOCK_HEADER.match(text, start)
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

    def replace_block(self, chain: Chain, node: Node, value: Json) -> list[Splice]:
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
        insert_at = header
        if node.start < first and node.start < header_end:
            found = PROPERTIES.match(self.text, node.start)
            insert_at = len(self.text[: found.end() if found else header].rstrip(" \t"))
        text = literal(value, 0)[0] if lines else inline(value)
        return [Splice(insert_at, insert_at, " " + text), below]


def _quotes(node: Node) -> str | None:
    return node.style if node.style in ("'", '"') else None
