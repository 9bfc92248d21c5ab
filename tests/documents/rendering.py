"""Values written the ways people write them: odd indents, comments everywhere, flow style, quotes, CRLF."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from random import Random

from workloads.documents.scalars import literal_is_exact, plain_is_safe, write_number


@dataclass
class Renderer:
    """`render` gives a text of one document. Every comment it writes is unique."""

    rng: Random
    comments: bool = True
    flow: bool = True
    anchors: bool = False
    count: int = 0
    anchored: dict[str, str] = field(default_factory=dict)

    def render(self, value: dict) -> str:
        self.literals = any(mark in json.dumps(value) for mark in ("\\n", " "))
        self.step = self.rng.choice([1, 2, 2, 2, 4])
        self.dash = self.rng.choice([0, 0, 2, 1])
        self.gap = self.rng.choice([2, 2, 2, 4])
        column = self.rng.choice([0, 0, 0, 0, 2])
        text = "\n".join([*self.above(column), *self.mapping(value, column), *self.above(column, value)])
        if self.rng.random() < 0.2 and not ends_in_lines(value):
            return text
        return text + "\n" * self.rng.choice([1, 1, 1, 2])

    def comment(self) -> str:
        self.count += 1
        return f"# c{self.count}: x"

    def above(self, column: int, after=None) -> list[str]:
        """Comments and blank lines between two lines, the first of them ending the value `after`."""
        lines: list[str] = []
        if ends_in_lines(after):
            return lines
        while self.comments and self.rng.random() < 0.2:
            kind = self.rng.random()
            if kind < 0.5:
                lines.append(" " * column + self.comment())
            elif kind < 0.7:
                lines.append(" " * self.rng.choice([0, column + 1, column + 3]) + self.comment())
            else:
                lines.append("" if self.literals else self.rng.choice(["", "  "]))
        return lines

    def behind(self) -> str:
        if self.comments and self.rng.random() < 0.2:
            return self.rng.choice([" ", "   "]) + self.comment()
        return self.rng.choice(["", "", "", " "])

    def mapping(self, value: dict, column: int) -> list[str]:
        lines: list[str] = []
        previous = None
        for key, child in value.items():
            if lines:
                lines += self.above(column, previous)
            previous = child
            lines += self.entry(" " * column + self.key(key) + ":", child, column)
        return lines

    def entry(self, head: str, child, column: int) -> list[str]:
        if alias := self.alias(child):
            return [f"{head} {alias}{self.behind()}"]
        anchor = self.anchor()
        head += anchor
        if isinstance(child, (dict, list)) and child and not (self.flow and self.rng.random() < 0.25):
            below = column + (self.step if isinstance(child, dict) else self.dash)
            inner = self.mapping(child, below) if isinstance(child, dict) else self.sequence(child, below)
            lines = [head + self.behind(), *self.above(below), *inner]
        else:
            lines = self.beside(head, child, column)
        self.remember(anchor, child)
        return lines

    def alias(self, child) -> str:
        name = self.anchored.get(json.dumps(child))
        return f"*{name}" if name and self.rng.random() < 0.6 else ""

    def anchor(self) -> str:
        if not self.anchors or self.rng.random() < 0.8:
            return ""
        self.count += 1
        return f" &a{self.count}"

    def remember(self, anchor: str, child) -> None:
        if anchor:
            self.anchored[json.dumps(child)] = anchor[2:]

    def sequence(self, value: list, column: int) -> list[str]:
        lines: list[str] = []
        previous = None
        for child in value:
            if lines:
                lines += self.above(column, previous)
            previous = child
            head = " " * column + "-"
            if alias := self.alias(child):
                lines.append(f"{head} {alias}{self.behind()}")
                continue
            anchor = self.anchor()
            head += anchor
            if isinstance(child, (dict, list)) and child and not (self.flow and self.rng.random() < 0.25):
                below = column + self.gap
                inner = self.mapping(child, below) if isinstance(child, dict) else self.sequence(child, below)
                if anchor or self.rng.random() < 0.15:
                    lines += [head + self.behind(), *inner]
                else:
                    lines += [head + " " * (self.gap - 1) + inner[0].lstrip(" "), *inner[1:]]
            else:
                lines += self.beside(head, child, column)
            self.remember(anchor, child)
        return lines

    def beside(self, head: str, child, column: int) -> list[str]:
        if child is None and self.rng.random() < 0.5:
            return [head + self.behind()]
        if isinstance(child, str) and literal_is_exact(child) and self.rng.random() < 0.7:
            header = "|" if child.endswith("\n") else "|-"
            indent = " " * (column + self.rng.choice([1, 2, 4]))
            body = child.removesuffix("\n").split("\n")
            return [f"{head} {header}{self.behind()}", *(indent + line if line else "" for line in body)]
        if isinstance(child, str) and " " in child and self.rng.random() < 0.5 and plain_is_safe(child):
            return self.folded(head, child.split(" "), column)
        lines = self.inline(child, column).split("\n")
        lines[0] = head + self.rng.choice([" ", " ", "  "]) + lines[0]
        lines[-1] += self.behind()
        return lines

    def folded(self, head: str, words: list[str], column: int) -> list[str]:
        """Words over several lines, which every reader joins again with blanks."""
        indent = " " * (column + self.rng.choice([1, 2, 4]))
        style = self.rng.choice([">-", "'", '"', ""])
        if style == ">-" and all(words):
            return [f"{head} >-{self.behind()}", *(indent + word for word in words)]
        if not all(words):
            return [f"{head} {json.dumps(' '.join(words))}"]
        quote = style if style != ">-" and style not in " ".join(words) else ""
        text = f"\n{indent}".join(words)
        lines = f"{head} {quote}{text}{quote}".split("\n")
        return [*lines[:-1], lines[-1] + self.behind()]

    def key(self, key: str, flow: bool = False) -> str:
        style = self.rng.random()
        if style < 0.85 and plain_is_safe(key, flow=flow):
            return key
        return self.quoted(key)

    def quoted(self, text: str) -> str:
        if self.rng.random() < 0.5 and text.isprintable():
            return "'" + text.replace("'", "''") + "'"
        return json.dumps(text)

    def inline(self, value, column: int, flow: bool = False) -> str:
        if flow and (alias := self.alias(value)):
            return alias + " "
        if isinstance(value, str):
            if plain_is_safe(value, flow=flow) and self.rng.random() < 0.6:
                return value
            return self.quoted(value)
        if value is None:
            return self.rng.choice(["null", "~"])
        if isinstance(value, bool):
            return self.rng.choice(["true", "True", "yes"] if value else ["false", "no", "off"])
        if isinstance(value, (int, float)):
            return write_number(value)
        if isinstance(value, dict):
            parts = [
                f"{self.key(k, flow=True)}: {self.inline(v, column, flow=True)}" for k, v in value.items()
            ]
            opening, closing = "{}"
        else:
            parts = [self.inline(v, column, flow=True) for v in value]
            opening, closing = "[]"
        if parts and self.rng.random() < 0.3:
            inner = "\n" + " " * (column + 3)
            last = self.rng.choice(["", ","])
            if self.comments and self.rng.random() < 0.3:
                parts[:-1] = [f"{part}, {self.comment()}" for part in parts[:-1]]
                text = inner.join(parts)
            else:
                text = ("," + inner).join(parts)
            return f"{opening}{inner}{text}{last}\n{' ' * (column + 1)}{closing}"
        blank = self.rng.choice(["", "", " "])
        return opening + blank + ", ".join(parts) + blank + closing


def ends_in_lines(value) -> bool:
    """Its last line may belong to a block scalar, where a comment would be text."""
    while isinstance(value, (dict, list)) and value:
        value = list(value.values())[-1] if isinstance(value, dict) else value[-1]
    return isinstance(value, str) and ("\n" in value or " " in value)
