"""The documents of one text: add, remove, reorder, take out, convert.

What separates documents stays where it is; what is written inside a document's span, comments included, goes
where the document goes. Every operation is checked by reading its result.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

from workloads.documents.editor import meanings, present, same
from workloads.documents.errors import DocumentError, EditRefused, gettext_noop
from workloads.documents.nodes import BREAK, Part
from workloads.documents.paths import Json
from workloads.documents.reader import LIMITS, Limits, parse
from workloads.documents.writer import to_json, to_yaml

NO_SUCH_DOCUMENT = gettext_noop("The text has no such document any more.")
NOT_A_LIST = gettext_noop("This document is not a List.")


def convert(text: str, to: str, limits: Limits = LIMITS) -> str:
    """The same documents as "yaml" or "json". Text that is in that format already stays as it is; comments do
    not survive JSON. Raises DocumentError."""
    parts = present(text, limits)
    if all(part.format == to for part in parts):
        return text
    return write(meanings(parts), to)


def write(values: list[Json], format: str) -> str:
    """Generated text of several documents."""
    if format == "json":
        return "".join(map(to_json, values))
    return "---\n".join(map(to_yaml, values))


def add(text: str, other: str, limits: Limits = LIMITS) -> str:
    """`text` followed by the documents of `other`. Where one is JSON and the other YAML, the JSON is
    converted. Raises DocumentError."""
    mine, theirs = present(text, limits), present(other, limits)
    if not theirs:
        return text
    if not mine:
        return other if not text.strip() else _joined(text, other)
    wanted = meanings(mine) + meanings(theirs)
    formats = {part.format for part in mine + theirs}
    if formats == {"json"}:
        return _checked(lambda: _closed(text) + other.lstrip("\ufeff"), wanted, limits)
    if formats == {"json", "yaml"}:
        text, other = convert(text, "yaml", limits), convert(other, "yaml", limits)
    return _checked(lambda: _joined(text, other), wanted, limits)


def join(texts: list[str]) -> str:
    """The texts one after the other, readable or not, as one bundle where they are."""
    return reduce(_joined, texts) if texts else ""


def remove(text: str, index: int, limits: Limits = LIMITS) -> str:
    """`text` without the document and its separator. Raises EditRefused, DocumentError."""
    parts = parse(text, limits)
    at = _raw_index(parts, index)
    wanted = meanings([part for part in parts if not part.empty])
    del wanted[index]
    if len(parts) == 1:
        return ""

    def cut() -> str:
        if at == 0:
            return text[: parts[0].start] + text[parts[1].start :]
        return text[: parts[at - 1].end] + text[parts[at].end :]

    return _checked(cut, wanted, limits)


def move(text: str, index: int, to: int, limits: Limits = LIMITS) -> str:
    """`text` with the document at position `to`. Raises EditRefused, DocumentError."""
    parts = present(text, limits)
    if not (0 <= index < len(parts) > to >= 0):
        raise EditRefused(NO_SUCH_DOCUMENT)
    if index == to:
        return text
    order = list(range(len(parts)))
    order.insert(to, order.pop(index))

    def permute() -> str:
        out: list[str] = []
        at = 0
        for part, source in zip(parts, order, strict=True):
            out.append(text[at : part.start])
            body = text[parts[source].start : parts[source].end]
            if part.format == "yaml":
                if out[-1].endswith("---") and body[:1] not in (" ", "\t", "\r", "\n"):
                    out.append(_break(text))
                body = _closed(body)
            out.append(body)
            at = part.end
        return "".join([*out, text[at:]])

    meaning = meanings(parts)
    return _checked(permute, [meaning[source] for source in order], limits)


def extract(text: str, index: int, limits: Limits = LIMITS) -> str:
    """The text of one document alone. Raises EditRefused, DocumentError."""
    parts = present(text, limits)
    if not 0 <= index < len(parts):
        raise EditRefused(NO_SUCH_DOCUMENT)
    part = parts[index]
    return _checked(lambda: _closed(text[part.start : part.end].strip("\r\n")), [part.root.value], limits)


def _raw_index(parts: list[Part], index: int) -> int:
    """Where the document is among all, empty ones counted."""
    places = [i for i, part in enumerate(parts) if not part.empty]
    if not 0 <= index < len(places):
        raise EditRefused(NO_SUCH_DOCUMENT)
    return places[index]


def _break(text: str) -> str:
    found = BREAK.search(text)
    return found[0] if found else "\n"


def _closed(text: str) -> str:
    """`text` with its last line ended."""
    return text if not text or text.endswith(("\n", "\r")) else text + _break(text)


def _joined(text: str, other: str) -> str:
    other = other.lstrip("\ufeff")
    text = _closed(text)
    if other.startswith("%"):
        return f"{text}...{_break(text)}{other}"
    if other.startswith("---"):
        return text + other
    return f"{text}---{_break(text)}{other}"


def _checked(make: Callable[[], str], wanted: list[Json], limits: Limits) -> str:
    """The text `make` produces if it means what is wanted, else generated text that does."""
    result = make()
    try:
        if same(meanings(present(result, limits)), wanted):
            return result
    except DocumentError:
        pass
    return write(wanted, "yaml")
