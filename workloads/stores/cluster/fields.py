"""Fields of an object in the API server's notations, and who manages them. Pure functions.

Three notations: errors (`spec.containers[0].image`, `metadata.labels[a/b]`), server-side apply
(`.spec.containers[name="x"].image`, sigs.k8s.io/structured-merge-diff fieldpath/element.go), and the sets
in `metadata.managedFields` ({"f:spec": {"k:{\"name\":\"x\"}": …}}, "FieldsV1").
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from workloads.documents.paths import ABSENT, Item, JsonObject, Path, Segment, get, show
from workloads.stores.cluster.objects import editable, managed_fields

MANAGER: Final = "daemonset-console"
_WORD: Final = re.compile(r"[^.\[]+")
_PAIR: Final = re.compile(r'([A-Za-z0-9_]+)=("(?:[^"\\]|\\.)*"|[^,\]]+)')


def parse_path(text: str, value: Any) -> Path:
    """The path that an error's `field` means in `value`, the object that was sent; as far as it can be read.

    `value` decides where keys with dots in them end.
    """
    path: list[Segment] = []
    rest = text
    while rest:
        segment, rest = _next(rest.removeprefix("."), value)
        if segment is None:
            break
        path.append(segment)
        value = get(value, (segment,))
    return tuple(path)


def _next(rest: str, value: Any) -> tuple[Segment | None, str]:
    if rest.startswith("["):
        inside, closed, rest = _bracket(rest)
        if not closed:
            return None, ""
        if isinstance(value, list):
            return _item(inside, value), rest
        return inside.strip('"'), rest
    keys = (
        [key for key in value if rest == key or rest.startswith((key + ".", key + "["))]
        if isinstance(value, dict)
        else []
    )
    if keys:
        key = max(keys, key=len)
        return key, rest[len(key) :]
    match = _WORD.match(rest)
    return (match.group(), rest[match.end() :]) if match else (None, "")


def _bracket(rest: str) -> tuple[str, bool, str]:
    """(what is inside, whether it was closed, what follows); a quoted "]" does not close it."""
    match = re.match(r'\[((?:"(?:[^"\\]|\\.)*"|[^\]"])*)\]', rest)
    return (match.group(1), True, rest[match.end() :]) if match else ("", False, "")


def _item(inside: str, items: list[Any]) -> Segment | None:
    if inside.isdigit():
        return int(inside)
    pairs = tuple((name, _scalar(text)) for name, text in _PAIR.findall(inside))
    if pairs:
        return Item(pairs)
    scalar = _scalar(inside)
    return items.index(scalar) if scalar in items else None


def _scalar(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def removed_but_kept(before: JsonObject, after: JsonObject) -> dict[str, list[Path]]:
    """Fields that `after` leaves out and that stay nevertheless: server-side apply removes a field only when
    no other manager owns it. Manager → the outermost of its fields that `after` leaves out.

    before: the live object, with managedFields; after: what is to be applied.
    """
    shown_before = editable(before)
    if before.get("kind") == "Secret":
        after = {**after, "data": {**(after.get("data") or {}), **(after.get("stringData") or {})}}
    kept: dict[str, list[Path]] = {}
    for entry in managed_fields(before):
        manager = str(entry.get("manager") or "")
        if (manager, entry.get("operation")) == (MANAGER, "Apply") or entry.get("subresource"):
            continue
        fields = entry.get("fieldsV1")
        for path in _left_out(fields if isinstance(fields, dict) else {}, shown_before, after, ()):
            if path not in kept.setdefault(manager, []):
                kept[manager].append(path)
    return {manager: paths for manager, paths in kept.items() if paths}


def not_as_meant(
    kept: Mapping[str, list[Path]], before: JsonObject, meant: JsonObject
) -> dict[str, list[Path]]:
    """Of the fields that stay, those that differ in `meant`, the object as its author means it."""
    differing = {
        manager: [path for path in paths if get(before, path) != get(meant, path)]
        for manager, paths in kept.items()
    }
    return {manager: paths for manager, paths in differing.items() if paths}


def _left_out(fields: Mapping[str, Any], before: Any, after: Any, path: Path) -> Iterator[Path]:
    for name, below in fields.items():
        sort, _, key = name.partition(":")
        if sort == "f":
            segment: Segment = key
            new = get(after, (key,))
        elif sort == "k":
            wanted = _scalar(key)
            if not isinstance(wanted, dict):
                continue
            segment = Item(tuple(wanted.items()))
            new = _like(after, wanted)
        elif sort == "v" and isinstance(before, list) and _scalar(key) in before:
            segment = before.index(_scalar(key))
            new = key if isinstance(after, list) and _scalar(key) in after else ABSENT
        else:
            continue
        old = get(before, (segment,))
        if old is ABSENT:
            continue
        if new is ABSENT or new is None:
            yield (*path, segment)
        elif isinstance(below, dict):
            yield from _left_out(below, old, new, (*path, segment))


def _like(items: Any, wanted: Mapping[str, Any]) -> Any:
    """The item with these keys; one that it leaves out (a port's protocol) has its default."""
    for item in items if isinstance(items, list) else ():
        given = {key for key in wanted if isinstance(item, dict) and key in item}
        if given and all(item[key] == wanted[key] for key in given):
            return item
    return ABSENT


def owned_by_console(before: JsonObject) -> list[JsonObject]:
    """The managedFields of `before` with every field but the status owned by this console's Apply alone, as
    kubectl does when it moves from client-side to server-side apply (client-go util/csaupgrade)."""
    api_version = before.get("apiVersion")
    ours: JsonObject = {}
    when: Any = None
    out: list[JsonObject] = []
    for entry in managed_fields(before):
        fields = entry.get("fieldsV1")
        if entry.get("subresource") or entry.get("apiVersion") != api_version or not isinstance(fields, dict):
            out.append(entry)
            continue
        status = {name: below for name, below in fields.items() if name == "f:status"}
        if status:
            out.append({**entry, "fieldsV1": status})
        _merge(ours, {name: below for name, below in fields.items() if name != "f:status"})
        when = max(filter(None, (when, entry.get("time"))), default=None)
    mine = {
        "manager": MANAGER,
        "operation": "Apply",
        "apiVersion": api_version,
        "fieldsType": "FieldsV1",
        "fieldsV1": ours,
    }
    return [{**mine, "time": when} if when else mine, *out]


def _merge(into: JsonObject, fields: Mapping[str, Any]) -> None:
    for name, below in fields.items():
        _merge(into.setdefault(name, {}), below if isinstance(below, dict) else {})


def shown(paths: Sequence[Path], most: int = 5) -> str:
    """Some paths, for a sentence."""
    return ", ".join(show(path) for path in paths[:most]) + (", …" if len(paths) > most else "")
