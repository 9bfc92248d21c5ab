"""The documents of one text: add, remove, reorder, extract, edit each, split a List, convert.

What separates documents stays where it is; what is written inside a document's span, comments included, goes
where the document goes. Every result is read again before it is handed out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce

from workloads.documents.editor import edit, meanings, means, non_empty, part_at
from workloads.documents.errors import EditRefused, Problem, gettext_noop
from workloads.documents.nodes import MAPPING, SEQUENCE, Node, Part
from workloads.documents.paths import Change, Json, patch
from workloads.documents.reader import Document, parse, read
from workloads.documents.spans.find import item_regions, line_break, terminated
from workloads.documents.writer import to_json, to_yaml

NOT_A_LIST = Problem("not-a-list", gettext_noop("This document is not a List."))
NOT_CONVERTIBLE = Problem(
    "not-convertible",
    gettext_noop("Some of this manifest is not an object, so it cannot be converted as a whole."),
)
NOT_SEPARABLE = Problem(
    "not-separable",
    gettext_noop(
        "The documents of this manifest cannot be rearranged without changing one of them. Do it in"
        " the YAML editor."
    ),
)


def convert(text: str, to: str) -> str:
    """The same documents as "yaml" or "json". Text that is in that format already stays as it is; comments do
    not survive JSON. Raises DocumentError, and EditRefused where the other format cannot hold the same."""
    parts = non_empty(text)
    if all(part.format == to for part in parts):
        return text
    values = meanings(parts)
    result = write(values, to)
    if not means(result, values):  # several documents in JSON must be objects or lists
        raise EditRefused(NOT_CONVERTIBLE)
    return result


def write(values: list[Json], format: str) -> str:
    """Generated text of several documents: YAML between `---` lines, JSON one after another."""
    if format == "json":
        return "".join(map(to_json, values))
    return "---\n".join(map(to_yaml, values))


def add(text: str, other: str) -> str:
    """`text` followed by the documents of `other`. Where one is all JSON and the other is not, the JSON is
    converted. Raises DocumentError, EditRefused."""
    mine, theirs = non_empty(text), non_empty(other)
    if not theirs:
        return text
    if not text.strip("\ufeff \t\r\n"):
        return other
    json_before, json_after = (all(p.format == "json" for p in parts) for parts in (mine, theirs))
    if json_before and json_after:
        result = terminated(text) + other.removeprefix("\ufeff")
    else:
        if json_before:
            text = convert(text, "yaml")
        elif mine[-1].format == "yaml":
            text = terminated(text)
        result = _joined(text, convert(other, "yaml") if json_after else other)
    return _checked(result, meanings(mine) + meanings(theirs))


def join(texts: list[str]) -> str:
    """The texts one after the other, readable or not, as one bundle where they are."""
    return reduce(_joined, texts) if texts else ""


def remove(text: str, index: int) -> str:
    """`text` without the document and its separator. Raises EditRefused, DocumentError."""
    parts = parse(text)
    full = [part for part in parts if not part.empty]
    at = parts.index(part_at(full, index))
    if len(parts) == 1:
        return ""
    if at == 0:
        result = text[: parts[0].start] + text[parts[1].start :]
    else:
        result = text[: parts[at - 1].end] + text[parts[at].end :]
    return _checked(result, meanings(full[:index] + full[index + 1 :]))


def move(text: str, index: int, to: int) -> str:
    """`text` with the document at position `to`. Raises EditRefused, DocumentError."""
    parts = non_empty(text)
    part_at(parts, index)
    part_at(parts, to)
    if index == to:
        return text
    order = list(parts)
    order.insert(to, order.pop(index))
    out: list[str] = []
    at = 0
    for place, part in zip(parts, order, strict=True):
        body = text[part.start : part.end]
        separator = text[at : place.start]
        if part.format == "yaml":
            body = terminated(body)
            if separator.endswith("---") and body[:1] not in (" ", "\t", "\r", "\n"):
                separator += line_break(text)
        elif text.startswith("---", place.end):
            body += line_break(text)
        out += (separator, body)
        at = place.end
    return _checked("".join([*out, text[at:]]), meanings(order))


def extract(text: str, index: int) -> str:
    """The text of one document alone, its comments included. Raises EditRefused, DocumentError."""
    part = part_at(non_empty(text), index)
    for candidate in (own_text(text, part), text[part.start : part.end]):
        if means(candidate, [part.root.value]):
            return candidate
    return write([part.root.value], part.format)


def own_text(text: str, document: Document | Part) -> str:
    """The lines of one document without the blank ones around it. Those that belong to a block scalar at its
    end (`|+`) stay."""
    own = text[document.start : document.root.end].lstrip("\r\n")
    own += text[document.root.end : document.end].rstrip("\r\n")
    return own if own.endswith(("\n", "\r")) else own + line_break(text)


def edit_each(text: str, changes: Callable[[Document], Sequence[Change]]) -> str:
    """`text` with the changes that `changes` returns for each of its documents, all of them or none. Raises
    EditRefused, DocumentError."""
    result = text
    wanted: list[Json] = []
    # From the end, so that the spans before stay right.
    for document in reversed(read(text)):
        own = list(changes(document))
        if own:
            edited = edit(text[document.start : document.end], 0, own)
            result = result[: document.start] + edited + result[document.end :]
        wanted.insert(0, patch(document.value, own))
    return _checked(result, wanted)


def is_list(value: Json) -> bool:
    """Whether a document is a List of objects, as `unlist` splits it."""
    return (
        isinstance(value, dict)
        and isinstance(kind := value.get("kind"), str)
        and kind.endswith("List")
        and isinstance(items := value.get("items"), list)
        and all(isinstance(item, dict) for item in items)
    )


def unlist(text: str, index: int) -> str:
    """`text` with a List (`kind: List`, or `DaemonSetList` and its like) replaced by its items, a document
    each, with their comments. Raises EditRefused where the document is no list of objects, DocumentError."""
    parts = non_empty(text)
    part = part_at(parts, index)
    value, items = part.root.value, _items(part)
    if items is None:
        raise EditRefused(NOT_A_LIST)
    texts: list[str] = []
    regions = item_regions(text, part, "items") if items.style == "block" else [(0, 0)] * len(items.items)
    for item, region in zip(items.items, regions, strict=True):
        alone = to_json(item.value) if part.format == "json" else _alone(text, item, region)
        # The API server lists objects of one kind without repeating what the list has.
        common = {"apiVersion": value.get("apiVersion"), "kind": value["kind"].removesuffix("List")}
        missing = [((k,), v) for k, v in common.items() if k not in item.value and value["kind"] != "List"]
        texts.append(edit(alone, 0, missing) if missing else alone)
    values = [value for alone in texts for value in meanings(non_empty(alone))]
    before, after = meanings(parts[:index]), meanings(parts[index + 1 :])
    if not items.items:
        return remove(text, index)
    head = text[part.start : part.root.start] if part.format == "yaml" else ""
    body = ("" if part.format == "json" else f"---{line_break(text)}").join(texts)
    tail = text[part.end :]
    return _checked(f"{text[: part.start]}{head}{body}{tail}", before + values + after)


def _items(part: Part) -> Node | None:
    """The items of a List, None where the document is none."""
    root = part.root
    if root.kind != MAPPING or not is_list(root.value):
        return None
    entry = root.entry("items")
    return entry.value if entry is not None and entry.value.kind == SEQUENCE else None


def _alone(text: str, item: Node, region: tuple[int, int]) -> str:
    """The text of a list item as a document: moved to the left margin, or generated where that changes it."""
    start, end = region
    if item.style == "block":
        margin = item.start - text.rfind("\n", 0, item.start) - 1
        lines = text[start : item.start].split("\n")[:-1]
        lines += (" " * margin + text[item.start : end]).split("\n")
        moved = "\n".join(line[margin:] if not line[:margin].strip() else line.lstrip() for line in lines)
        if means(moved, [item.value]):
            return moved
    return to_yaml(item.value)


def _joined(text: str, other: str) -> str:
    other = other.removeprefix("\ufeff")
    text = terminated(text)
    if other.startswith("%"):
        return f"{text}...{line_break(text)}{other}"
    return text + other if other.startswith("---") else f"{text}---{line_break(text)}{other}"


def _checked(result: str, values: list[Json]) -> str:
    if not means(result, values):
        raise EditRefused(NOT_SEPARABLE)
    return result
