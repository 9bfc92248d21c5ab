"""Hiding the values of Secrets on pages, in diffs and logs. Pure functions over texts and objects."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from workloads.daemonsets.manifest.metadata import LAST_APPLIED
from workloads.documents import DiffLine, Document, DocumentError, decode, diff, read
from workloads.documents.nodes import ALIAS, BREAK, MAPPING, SCALAR, SEQUENCE, Node
from workloads.documents.paths import JsonObject

HIDDEN: Final = "••••••"
# Instead of a value that differs, in the newer of two texts: so a diff shows its line.
CHANGED: Final = "••••••••••"
_FIELDS: Final = ("data", "stringData")
# All other fields of a Secret are hidden: a misspelled one holds what "data" was to hold.
_SHOWN: Final = ("apiVersion", "kind", "metadata", "type", "immutable")
_HARMLESS: Final = ("apiVersion", "kind")
# Words may be escaped in quotes.
_MAY_HOLD: Final = re.compile(r"\\|secret", re.IGNORECASE)
# In whatever letters, but not as the field of a volume, or within a name.
_MENTIONS: Final = re.compile(r"""\\|Secret|(?i:(?<![-\w.])secret(?:list)?(?![-\w.]|["']?\s*:))""")
_COMMENT: Final = re.compile(r"(?:(?<=[\s'\"\[\]{},|>])|^)#[^\r\n]*", re.MULTILINE)
_ENTRY: Final = re.compile(r"""(\s*(?:-\s+)?["']?([A-Za-z0-9._/-]+)["']?\s*:)(?:\s+(.*))?""")


def mask(text: str) -> str:
    """`text` with every value of its Secrets hidden, and every comment in or around their documents, where
    people keep old values. Lines and keys stay where they are.

    Of a text that cannot be read and mentions a Secret, all values but the kinds are hidden.
    """
    return mask_pair("", text)[1]


def mask_pair(old: str, new: str) -> tuple[str, str]:
    """Both texts masked, so that their diff shows which values differ without showing the values."""
    old_values: dict[tuple[str, ...], Any] = {}
    masked_old = _mask(old, None, old_values)
    return masked_old, _mask(new, old_values if old else None, {})


def diff_of(old: str, new: str, context: int = 3) -> list[DiffLine]:
    """The difference between two texts, as of `documents.diff`, without the values of Secrets."""
    return diff(*mask_pair(old, new), context)


def mask_value(value: JsonObject) -> JsonObject:
    """The same for an object: every value of a Secret hidden, alone or in a List."""
    if not _is(value, "Secret"):
        items = value.get("items")
        if not isinstance(items, list):
            return value
        hide = _mask_secret if _is(value, "SecretList") else mask_value
        return {**value, "items": [hide(item) if isinstance(item, dict) else item for item in items]}
    return _mask_secret(value)


def _mask_secret(value: JsonObject) -> JsonObject:
    out = dict(value)
    for field in out.keys() - set(_SHOWN):
        held = out[field]
        out[field] = dict.fromkeys(held, HIDDEN) if isinstance(held, dict) else HIDDEN
    metadata = out.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    if isinstance(annotations, dict) and LAST_APPLIED in annotations:
        out["metadata"] = {**out["metadata"], "annotations": {**annotations, LAST_APPLIED: HIDDEN}}
    return out


def hide_values(answer: Any, secret: JsonObject) -> Any:
    """A server's answer (JSON) about a Secret, without the values that it quotes."""
    if isinstance(answer, dict):
        return {key: hide_values(item, secret) for key, item in answer.items()}
    if isinstance(answer, list):
        return [hide_values(item, secret) for item in answer]
    if not isinstance(answer, str):
        return answer
    values = {str(value) for field in _FIELDS for value in _leaves(secret.get(field))}
    for value in sorted(values - {""}, key=len, reverse=True):
        answer = answer.replace(value, HIDDEN)
    return answer


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _leaves(item)
    elif value is not None:
        yield value


def _mask(text: str, old: Mapping[tuple[str, ...], Any] | None, values: dict[tuple[str, ...], Any]) -> str:
    """`values` receives what was hidden, by place; `old`: the values of the older text, by place."""
    if not _MAY_HOLD.search(text):
        return text
    try:
        text = decode(text)
        documents = read(text)
    except DocumentError:
        return _mask_lines(text) if _MENTIONS.search(text) else text
    spans: dict[int, tuple[int, str]] = {}
    numbers: dict[int, int] = {}
    for document in documents:
        keys: set[int] | None = None
        for place, node in _secret_nodes(document):
            keys = _keys(document) if keys is None else keys
            values[place] = node.value
            changed = old is not None and old.get(place) != node.value
            for scalar in _scalars(node):
                dots = CHANGED if changed else HIDDEN
                if scalar.start in keys:  # of equal keys a mapping could not be read
                    dots += str(numbers.setdefault(scalar.start, len(numbers) + 1))
                hidden = _hide(scalar, text[scalar.start : scalar.end], dots, document.format)
                spans[scalar.start] = (scalar.end, hidden)
    for start, end in _comments(text, documents):
        place = ("#", text[start:end])
        values[place] = None
        dots = CHANGED if old is not None and place not in old else HIDDEN
        spans[start] = (end, f"# {dots}")
    out, at = [], 0
    for start, (end, hidden) in sorted(spans.items()):
        if start >= at:  # a comment in the header of a scalar is hidden with it
            out += [text[at:start], hidden]
            at = end
    return "".join([*out, text[at:]])


def _comments(text: str, documents: Sequence[Document]) -> Iterator[tuple[int, int]]:
    """The spans of the comments in documents that hold a Secret, and of those that are in no document."""
    secret = [document for document in documents if next(_secrets(document), None) is not None]
    if not secret:
        return
    for document in secret:
        yield from _comments_of(text, document)
    at = 0
    for document in documents:
        yield from _comments_between(text, at, document.start)
        at = document.end
    yield from _comments_between(text, at, len(text))


def _comments_of(text: str, document: Document) -> Iterator[tuple[int, int]]:
    """What follows a # outside the scalars of a document, and in the header of a block scalar."""
    at = document.start
    for node in document.root.walk():
        if node.kind in (SCALAR, ALIAS) and node.start < node.end:
            yield from _comments_between(text, at, node.start)
            at = node.end
            if node.style in ("|", ">"):
                header = BREAK.search(text, node.start, node.end)
                yield from _comments_between(text, node.start, header.start() if header else node.end)
    yield from _comments_between(text, at, document.end)


def _comments_between(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    return (found.span() for found in _COMMENT.finditer(text, start, end))


def _is(value: Any, kind: str) -> bool:
    """Also where the case of the kind is wrong: what it holds is no less secret."""
    return isinstance(value, dict) and str(value.get("kind")).lower() == kind.lower()


def _secrets(document: Document) -> Iterator[Node]:
    """The Secrets of a document, wherever they are in it."""
    for node in document.root.walk():
        if node.kind != MAPPING:
            continue
        if _is(node.value, "Secret"):
            yield node
        elif _is(node.value, "SecretList"):
            for name, part in _entries_of(node):
                items = part.target if part.kind == ALIAS else part
                if name == "items" and items.kind == SEQUENCE:
                    yield from items.items


def _secret_nodes(document: Document) -> Iterator[tuple[tuple[str, ...], Node]]:
    """(place, node) of every value to be hidden."""
    for node in _secrets(document):
        metadata = node.value.get("metadata") if isinstance(node.value, dict) else None
        names = (metadata.get("namespace"), metadata.get("name")) if isinstance(metadata, dict) else ()
        which = tuple(str(name) for name in names)
        for field, held in _entries_of(node):
            if field not in _SHOWN:
                for key, value in _entries_of(held):
                    yield (*which, field, key), value
        for name, part in _entries(node, "metadata"):
            if name == "annotations":
                for key, value in _entries_of(part):
                    if key in ("", LAST_APPLIED):
                        yield (*which, key), value


def _entries(node: Node, field: str) -> Iterator[tuple[str, Node]]:
    """The entries of a field of a mapping, those of merged mappings too."""
    for name, value in _entries_of(node):
        if name == field:
            yield from _entries_of(value)


def _entries_of(node: Node) -> Iterator[tuple[str, Node]]:
    node = node.target if node.kind == ALIAS else node
    if node.kind != MAPPING:
        yield "", node  # not a mapping where there should be one: hidden whatever it is
        return
    for entry in node.entries:
        if entry.name is not None:
            yield entry.name, entry.value
        else:
            merged = entry.value.target if entry.value.kind == ALIAS else entry.value
            for source in merged.items if hasattr(merged, "items") else [merged]:
                yield from _entries_of(source)


def _scalars(node: Node) -> Iterator[Node]:
    for inner in node.walk():
        if inner.kind == ALIAS:
            yield inner
            yield from _scalars(inner.target)
        elif inner.kind == SCALAR and inner.start < inner.end:
            yield inner


def _keys(document: Document) -> set[int]:
    """The positions of nodes that are keys, in place or through an alias."""
    keys = [e.key for node in document.root.walk() if node.kind == MAPPING for e in node.entries]
    return {key.start for key in keys} | {key.target.start for key in keys if key.kind == ALIAS}


def _hide(node: Node, written: str, dots: str, format: str) -> str:
    """Dots instead of a scalar, on as many lines, in quotes if it is quoted.

    Its anchor stays: an alias elsewhere may refer to it."""
    if node.anchor is not None and node.kind == SCALAR:
        dots = f"&{node.anchor} {dots}"
    lines = BREAK.split(written)
    breaks = BREAK.findall(written)
    quote = written[0] if written[0] in "\"'" else '"' if format == "json" else ""
    if written[0] in "|>":
        hidden = [lines[0].partition("#")[0].rstrip()]
        hidden += [_indent(line) + dots if line.strip() else line for line in lines[1:]]
    else:
        hidden = [quote + dots] + [_indent(line) + dots if line.strip() else line for line in lines[1:]]
        hidden[-1] += quote
    return "".join(line + end for line, end in zip(hidden, [*breaks, ""], strict=True))


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _mask_lines(text: str) -> str:
    """For a text that cannot be read: hide whatever follows a key, and lines without a key.

    Also what looks like a comment or a name: it may be a line of a value."""
    out = []
    for line in text.splitlines(keepends=True):
        body = line.rstrip("\r\n")
        end = line[len(body) :]
        match = _ENTRY.fullmatch(body)
        if not body.strip() or body.strip() in ("---", "..."):
            out.append(line)
        elif match is None:
            out.append(_indent(body) + HIDDEN + end)
        elif match.group(3) and match.group(2) not in _HARMLESS:
            out.append(f"{match.group(1)} {HIDDEN}{end}")
        else:
            out.append(_COMMENT.sub(f"# {HIDDEN}", body) + end)
    return "".join(out)
