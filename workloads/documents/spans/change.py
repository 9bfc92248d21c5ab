"""One change of a document as splices: which spans of its text to replace, and by what.

Nothing here proves that the result means what was wanted: `workloads.documents.editor` does.
"""

from __future__ import annotations

from typing import NamedTuple

from workloads.documents.errors import EditRefused
from workloads.documents.nodes import ALIAS, MAPPING, SCALAR, SEQUENCE, Node
from workloads.documents.paths import ABSENT, Json, Path, patch, position, same
from workloads.documents.spans.find import MERGED, NOT_IN_PLACE, Chain, Splice
from workloads.documents.spans.insert import SpanInserter


class Task(NamedTuple):
    """One thing to do: set, remove (ABSENT) or, with `insert`, put before the list item at `path`."""

    path: Path
    new: Json
    insert: bool = False


class SpanEditor(SpanInserter):
    """Changes one document of a text."""

    def perform(self, task: Task) -> list[Splice]:
        """Raises EditRefused, or ValueError where the value cannot be written."""
        chain: Chain = []
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

    def new_entry(self, chain: Chain, mapping: Node, here: Path, new: Json) -> list[Splice]:
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

    def remove(self, chain: Chain) -> list[Splice]:
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

    def reorder(self, path: Path, order: list[int]) -> list[Splice]:
        """Put the items of the list at `path` into another order, each with its comments."""
        chain: Chain = []
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
        if not self.starts_line(spans[0][0]):  # the first item follows the dash of another list
            raise EditRefused(NOT_IN_PLACE, self.path)
        texts = [self.text[start:end] for start, end in spans]
        open_end = not texts[-1].endswith(("\n", "\r"))
        if open_end:
            texts[-1] += self.line_break
        texts = [texts[source] for source in order]
        if open_end:
            texts[-1] = texts[-1].removesuffix(self.line_break)
        return [Splice(start, end, own) for (start, end), own in zip(spans, texts, strict=True)]
