"""Where a value is in a document, and what changing it means.

A path is a tuple of segments: a `str` (mapping key), an `int` (position in a list) or an `Item`
(the list item whose fields have these values: Kubernetes' merge keys). JSON values only: dict, list,
str, int, float, bool, None.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

Json: TypeAlias = Any
"""Any JSON value: dict[str, Json] | list[Json] | str | int | float | bool | None"""
JsonObject: TypeAlias = dict[str, Any]
"""A JSON object, such as a Kubernetes object or a part of one."""


@dataclass(frozen=True, slots=True)
class Item:
    """The first list item whose fields equal `where`, a tuple of (field, value) pairs."""

    where: tuple[tuple[str, Json], ...]

    def matches(self, value: Json) -> bool:
        return isinstance(value, dict) and all(k in value and value[k] == v for k, v in self.where)


def item(**where: Json) -> Item:
    """`item(name="agent")`, `item(containerPort=80, protocol="TCP")`."""
    return Item(tuple(where.items()))


MERGE_KEYS: Final[tuple[tuple[str, ...], ...]] = (
    ("mountPath",),
    ("devicePath",),
    ("containerPort", "protocol"),
    ("name",),
    ("topologyKey", "whenUnsatisfiable"),
    ("ip",),
    ("uid",),
)
"""What makes an item of a list of Kubernetes the same item although its other fields differ
(x-kubernetes-list-map-keys). The first of these counts of which the item has the first field: mounts of one
volume have the same name."""


def merge_keys(*items: Json) -> tuple[str, ...]:
    """By which fields these items of a list are told apart; () for none."""
    return next(
        (keys for keys in MERGE_KEYS if all(isinstance(value, dict) and keys[0] in value for value in items)),
        (),
    )


Segment: TypeAlias = str | int | Item
Path: TypeAlias = tuple[Segment, ...]


class _Absent:
    """Absent, unlike `None`, which is an explicit null."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "ABSENT"

    def __bool__(self) -> bool:
        return False

    def __copy__(self) -> _Absent:
        return self

    def __deepcopy__(self, memo: object) -> _Absent:
        return self


ABSENT: Final = _Absent()

Change: TypeAlias = tuple[Path, Json]
"""(path, new value or ABSENT). A path whose last segment is an int equal to the list's length, or an
`Item` that matches nothing, appends; missing mappings (and nulls) on the way are made mappings, or lists
where the next segment is an int or an `Item`. A mapping made for an `Item` starts with the item's fields."""


class NoSuchPath(LookupError):
    """A change goes through a scalar, or past the end of a list."""


def position(items: list[Json], segment: Segment) -> int:
    """Index of the list item a segment means; `len(items)` where it means a new one."""
    if isinstance(segment, int):
        return segment if segment >= 0 else len(items) + segment
    if isinstance(segment, Item):
        return next((i for i, value in enumerate(items) if segment.matches(value)), len(items))
    raise NoSuchPath(f"{segment!r} does not name an item of a list")


def same(one: Json, other: Json) -> bool:
    """Equal as JSON: `True` is not 1."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return len(one) == len(other) and all(k in other and same(v, other[k]) for k, v in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def get(value: Json, path: Path) -> Json:
    """The value at `path`, or ABSENT."""
    for segment in path:
        if isinstance(value, dict):
            if not isinstance(segment, str) or segment not in value:
                return ABSENT
            value = value[segment]
        elif isinstance(value, list) and not isinstance(segment, str):
            index = position(value, segment)
            if not 0 <= index < len(value):
                return ABSENT
            value = value[index]
        else:
            return ABSENT
    return value


def resolve(value: Json, path: Path) -> tuple[str | int, ...]:
    """`path` with every `Item` replaced by its position in `value`."""
    out: list[str | int] = []
    for segment in path:
        if isinstance(segment, Item):
            items = value if isinstance(value, list) else []
            segment = position(items, segment)
        out.append(segment)
        value = get(value, (segment,))
    return tuple(out)


def patch(value: Json, changes: Iterable[Change]) -> Json:
    """A new value with the changes made in order; `value` stays as it is, and both share what is unchanged,
    so neither may be altered in place. Raises NoSuchPath."""
    for path, new in changes:
        value = _set(value, path, new)
    return value


def _set(value: Json, path: Path, new: Json) -> Json:
    if not path:
        return new
    head, rest = path[0], path[1:]
    if value is None or value is ABSENT:
        if new is ABSENT:
            return value
        value = {} if isinstance(head, str) else []
    if isinstance(value, dict) and isinstance(head, str):
        child = _set(value.get(head, ABSENT), rest, new)
        if child is not ABSENT:
            return {**value, head: child}
        return {k: v for k, v in value.items() if k != head}
    if isinstance(value, list) and not isinstance(head, str):
        index = position(value, head)
        if not 0 <= index <= len(value):
            raise NoSuchPath(f"no item {head!r}")
        old = value[index] if index < len(value) else ABSENT
        if old is ABSENT and isinstance(head, Item) and rest and new is not ABSENT:
            old = dict(head.where)
        child = _set(old, rest, new)
        return [*value[:index], *([] if child is ABSENT else [child]), *value[index + 1 :]]
    raise NoSuchPath(f"{head!r} cannot be reached: there is a {type(value).__name__} on the way")


def in_line(value: Json) -> str:
    """A value in one line, as JSON, so that "1" and 1 differ; at most 120 characters of it. "" for ABSENT."""
    text = "" if value is ABSENT else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 120 else text[:119] + "…"


def show(path: Path) -> str:
    """`spec.template.spec.containers[agent].image`, for people."""
    out = ""
    for segment in path:
        if isinstance(segment, int):
            out += f"[{segment}]"
        elif isinstance(segment, Item):
            out += "[" + ",".join(str(v) for _, v in segment.where) + "]"
        elif "." in segment or "/" in segment:
            out += f"['{segment}']"
        else:
            out += ("." if out else "") + segment
    return out
