"""Values to text that every reader takes for the same values."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from workloads.documents.paths import Json
from workloads.documents.scalars import double_quoted, escape, literal_is_exact, quoted, write_number


@dataclass(frozen=True, slots=True)
class Layout:
    """How a text is laid out in blocks, in columns.

    step: a mapping below its key. dash: a list's dash to the right of its key. gap: from a dash to what
    follows it.
    literals: text of several lines may be written as a block scalar.
    """

    step: int = 2
    dash: int = 0
    gap: int = 2
    literals: bool = True


LAYOUT: Final = Layout()

_FIRST: Final = ("apiVersion", "kind", "metadata")
_METADATA_FIRST: Final = ("name", "generateName", "namespace", "labels", "annotations")


def to_yaml(value: Json) -> str:
    """One document in block style, with the fields every object has first, as kubectl's users write them.

    Raises ValueError where the value holds what no file can: infinity, NaN, half a surrogate pair."""
    value = conventional(value)
    if is_container(value):
        return "\n".join(block_lines(value, 0, LAYOUT)) + "\n"
    return inline(value) + "\n"


def to_json(value: Json) -> str:
    """One document as indented JSON, in the order of `to_yaml`. Raises ValueError as that does."""
    return escape(json.dumps(conventional(value), ensure_ascii=False, indent=2, allow_nan=False)) + "\n"


def conventional(value: Json) -> Json:
    """An object with apiVersion, kind and metadata first, status last, the name first in its metadata."""
    if not isinstance(value, dict):
        return value
    first = {k: value[k] for k in _FIRST if k in value}
    last = {k: value[k] for k in ("status",) if k in value}
    metadata = first.get("metadata")
    if isinstance(metadata, dict):
        first["metadata"] = {k: metadata[k] for k in _METADATA_FIRST if k in metadata} | metadata
    return first | {k: v for k, v in value.items() if k not in last and k not in first} | last


def is_container(value: Json) -> bool:
    """It takes lines of its own in block style: a mapping or list with something in it."""
    return isinstance(value, (dict, list)) and bool(value)


def inline(value: Json, style: str | None = None, *, flow: bool = False) -> str:
    """A scalar or an empty collection on one line; strings in quoting style `style` if that allows them."""
    if isinstance(value, str):
        return quoted(value, style, flow=flow)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return write_number(value)
    if isinstance(value, dict) and not value:
        return "{}"
    if isinstance(value, list) and not value:
        return "[]"
    raise TypeError(f"not a scalar: {type(value).__name__}")


def literal(text: str, column: int) -> list[str]:
    """A literal block scalar: its header, then its lines indented by `column`."""
    header = "|" if text.endswith("\n") else "|-"
    indent = " " * column
    return [header, *(indent + line if line else "" for line in text.removesuffix("\n").split("\n"))]


def block_lines(value: Json, column: int, layout: Layout) -> list[str]:
    """The lines of a mapping or list that is not empty, at `column`."""
    if isinstance(value, dict):
        return [line for key, child in value.items() for line in entry_lines(key, child, column, layout)]
    return [line for child in value for line in item_lines(child, column, layout)]


def entry_lines(key: str, value: Json, column: int, layout: Layout) -> list[str]:
    """The lines of `key: value` in a mapping at `column`."""
    head = f"{' ' * column}{quoted(key)}:"
    if is_container(value):
        below = column + (layout.step if isinstance(value, dict) else layout.dash)
        return [head, *block_lines(value, below, layout)]
    if layout.literals and isinstance(value, str) and literal_is_exact(value):
        header, *lines = literal(value, column + layout.step)
        return [f"{head} {header}", *lines]
    return [f"{head} {inline(value)}"]


def item_lines(value: Json, column: int, layout: Layout) -> list[str]:
    """The lines of one list item, its dash at `column`."""
    head = f"{' ' * column}-{' ' * (layout.gap - 1)}"
    if is_container(value):
        first, *lines = block_lines(value, column + layout.gap, layout)
        return [head + first.lstrip(" "), *lines]
    if layout.literals and isinstance(value, str) and literal_is_exact(value):
        header, *lines = literal(value, column + layout.gap)
        return [head + header, *lines]
    return [head + inline(value)]


@dataclass(frozen=True, slots=True)
class FlowLayout:
    """How a text writes collections in brackets.

    json: keys and strings in double quotes. tight: no blanks after commas and colons. unit: what one level is
    indented by where every child has a line of its own, else None.
    """

    json: bool = False
    tight: bool = False
    unit: str | None = None


def flow_text(value: Json, layout: FlowLayout, indent: str, line_break: str, style: str | None = None) -> str:
    """A value in brackets; `indent` is the indentation of the line it starts on."""
    if not is_container(value):
        if layout.json and isinstance(value, str):
            return double_quoted(value)
        return inline(value, style, flow=True)
    colon = ":" if layout.tight else ": "
    inner = indent + (layout.unit or "")
    if isinstance(value, dict):
        parts = [
            flow_key(k, layout) + colon + flow_text(v, layout, inner, line_break) for k, v in value.items()
        ]
    else:
        parts = [flow_text(v, layout, inner, line_break) for v in value]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    if layout.unit is None:
        return opening + ("," if layout.tight else ", ").join(parts) + closing
    between = "," + line_break + inner
    return opening + line_break + inner + between.join(parts) + line_break + indent + closing


def flow_key(key: str, layout: FlowLayout) -> str:
    return double_quoted(key) if layout.json else quoted(key, flow=True)
