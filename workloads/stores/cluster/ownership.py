"""Who manages which fields of an object, read from its `metadata.managedFields`. Pure functions.

A save replaces the object, at the resourceVersion that was read. For such a write the API server itself
works out who manages what: a field that changes gets the writer as its only manager, a field that goes has
none, and every other field keeps its managers (sigs.k8s.io/structured-merge-diff merge/update.go,
`Updater.Update`; kubernetes.io/docs/reference/using-api/server-side-apply/#field-management). So a save owns
exactly what it changes, and nothing has to be taken over beforehand.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, TypeAlias

from workloads.documents.paths import ABSENT, Item, Json, JsonObject, Path, Segment, same
from workloads.stores.cluster.objects import managed_fields

MANAGER: Final = "daemonset-console"

_NOBODY: Final = ("before-first-apply", "ancient-changes")
"""Names under which the API server collects fields whose manager it does not know, or no longer keeps
(apimachinery/pkg/util/managedfields/internal: lastappliedmanager.go, capmanagers.go)."""

Field: TypeAlias = tuple[str, ...]
"""A field in the notation of "FieldsV1", such as ("f:spec", "f:containers", 'k:{"name":"x"}', "f:image"):
"f:" a key, "k:" the item with these keys, "v:" the item with this value, "i:" the item at this position; a
last "." is the item or mapping as such, whatever is in it."""


def is_rival(manager: str) -> bool:
    """Whether a field manager may set back what a person changes. kubectl's managers are people, and the API
    server treats them as one (client-go util/csaupgrade)."""
    return not (
        manager == MANAGER or manager in _NOBODY or manager == "kubectl" or manager.startswith("kubectl-")
    )


def fields_by_manager(value: JsonObject) -> dict[str, set[Field]]:
    """Field manager → the fields it manages, those of the status left out."""
    found: dict[str, set[Field]] = {}
    for entry in managed_fields(value):
        fields = entry.get("fieldsV1")
        if entry.get("subresource") or not isinstance(fields, dict):
            continue
        owned = {each for each in _leaves(fields, ()) if each[:1] != ("f:status",)}
        found.setdefault(str(entry.get("manager") or ""), set()).update(owned)
    return found


def _of_other_versions(value: JsonObject) -> set[Field]:
    """The fields that are managed in another version of the API than the one in which the object was read:
    only the server can tell which of its fields they are."""
    return {
        field
        for entry in managed_fields(value)
        if entry.get("apiVersion", value.get("apiVersion")) != value.get("apiVersion")
        for field in _leaves(entry.get("fieldsV1") or {}, ())
    }


def _leaves(fields: Mapping[str, Any], above: Field) -> Iterator[Field]:
    for name, below in fields.items():
        if isinstance(below, dict) and below:
            yield from _leaves(below, (*above, name))
        else:
            yield (*above, name)


def at_stake(before: JsonObject, wanted: JsonObject) -> dict[str, list[Path]]:
    """Rival → the fields it manages that `wanted` changes or leaves out, also a default that the server puts
    back; and those that cannot be seen here."""
    unseen = _of_other_versions(before)
    changed = {
        manager: {
            field
            for field in fields
            if field in unseen or not same(value_at(before, field), value_at(wanted, field))
        }
        for manager, fields in fields_by_manager(before).items()
        if is_rival(manager)
    }
    return {manager: _paths(fields, before) for manager, fields in changed.items() if fields}


def taken(before: JsonObject, after: JsonObject) -> dict[str, list[Path]]:
    """Rival → the fields it managed `before` the write and that it does not manage `after` it. Without those
    that the object has at neither time: nothing of it changes."""
    unseen = _of_other_versions(before)
    had, has = fields_by_manager(before), fields_by_manager(after)
    merged = set().union(*(has.get(name, set()) for name in _NOBODY))
    lost = {
        manager: fields - has.get(manager, set()) - merged
        for manager, fields in had.items()
        if is_rival(manager)
    }
    gone = {
        manager: {
            field
            for field in _without_holders(fields, after)
            if field in unseen or not value_at(before, field) is value_at(after, field) is ABSENT
        }
        for manager, fields in lost.items()
    }
    return {manager: _paths(fields, before) for manager, fields in gone.items() if fields}


def gained(before: JsonObject | None, after: JsonObject) -> list[Path]:
    """The fields that this console manages `after` the write and did not before."""
    had = fields_by_manager(before).get(MANAGER, set()) if before else set()
    new = fields_by_manager(after).get(MANAGER, set()) - had
    return _paths(_without_holders(new, before or {}), after)


def _without_holders(fields: Iterable[Field], other: JsonObject) -> set[Field]:
    """Without items and mappings as such that the object has before and after the write: only something in
    them changes hands."""
    return {field for field in fields if field[-1] != "." or not value_at(other, field)}


def _paths(fields: Iterable[Field], value: JsonObject) -> list[Path]:
    """The outermost of the fields, as paths in `value`."""
    found = set(fields)
    outermost = [
        field
        for field in found
        if not any((*field[:n], ".") in found for n in range(1, len(field) - (field[-1] == ".")))
    ]
    return list(dict.fromkeys(_path(field, value) for field in sorted(outermost)))


def _path(field: Field, value: Json) -> Path:
    path: list[Segment] = []
    for name in field:
        if name == ".":
            break
        sort, _colon, key = name.partition(":")
        segment: Segment = key
        if sort == "k":
            keys = _decoded(key)
            segment = Item(tuple(keys.items())) if isinstance(keys, dict) else key
        elif sort == "v":
            item = _decoded(key)
            segment = value.index(item) if isinstance(value, list) and item in value else str(item)
        elif sort == "i":
            segment = int(key)
        path.append(segment)
        value = _child(value, name)
    return tuple(path)


def value_at(value: Json, field: Field) -> Json:
    for name in field:
        if name == ".":
            return value is not ABSENT
        value = _child(value, name)
    return value


def _child(value: Json, name: str) -> Json:
    sort, _colon, key = name.partition(":")
    if sort == "f":
        return value.get(key, ABSENT) if isinstance(value, dict) else ABSENT
    if not isinstance(value, list):
        return ABSENT
    wanted = _decoded(key)
    if sort == "k" and isinstance(wanted, dict):
        found = [item for item in value if _is_keyed(item, wanted)]
        # Items with the same keys are managed together, as one.
        return found[0] if len(found) == 1 else found or ABSENT
    if sort == "i" and isinstance(wanted, int):
        return value[wanted] if 0 <= wanted < len(value) else ABSENT
    return wanted if wanted in value else ABSENT


def _is_keyed(item: Json, wanted: Mapping[str, Json]) -> bool:
    """A key that an item leaves out (the protocol of a port) has its default."""
    given = [key for key in wanted if isinstance(item, dict) and key in item]
    return bool(given) and all(item[key] == wanted[key] for key in given)


def _decoded(text: str) -> Json:
    try:
        return json.loads(text)
    except ValueError:
        return text
