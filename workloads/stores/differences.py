"""What was meant and what a server makes of it, compared. Pure functions over plain JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from workloads.daemonsets.manifest import quantity
from workloads.documents.paths import ABSENT, Item, JsonObject, Path, get, merge_keys, same
from workloads.stores.visible import editable


def removed(before: JsonObject, after: JsonObject) -> list[Path]:
    """Fields and items that `before` has and `after` has not, the outermost of each.

    Items are found again by what identifies them; a list whose items have nothing of that kind is one value,
    and changes as a whole.
    """
    return list(_removed(editable(before), editable(after), ()))


def put_back(
    before: JsonObject, wanted: JsonObject, after: JsonObject, *, unseen: bool = False
) -> list[Path]:
    """What `wanted` changes of `before` and a server set as it was: fields, items of lists, labels. It shows
    in no comparison of before and after.

    A field that `wanted` leaves out counts only where nothing changed at all: else it may be a default that
    the person never saw. unseen: `wanted` was not made from `before`, so that only values count which it says
    itself.
    """
    stored, wish = editable(after), editable(wanted)
    again = list(_removed(stored, wish, (), changed=True))
    had = editable(before)
    if unseen:
        again = [path for path in again if _differ(get(wish, path), get(stored, path))]
    if same(had, stored):
        return again
    return [
        path
        for path in again
        if same(get(had, path), get(stored, path)) and (get(wish, path) is not ABSENT or _is_own(path))
    ]


def _differ(said: Any, stored: Any) -> bool:
    """Whether these are two values, and not two ways to write one amount."""
    if not all(isinstance(value, str | int | float) for value in (said, stored)):
        return False
    try:
        return quantity.parse(said) != quantity.parse(stored)
    except ValueError:
        return not same(said, stored)


def _is_own(path: Path) -> bool:
    """Whether no server has a default for it."""
    return isinstance(path[-1], Item) or (len(path) > 1 and path[-2] in _FREE)


_FREE: Final = ("labels", "annotations", "matchLabels", "nodeSelector", "data")
"""The keys of these are a person's own."""


def _removed(before: Any, after: Any, path: Path, *, changed: bool = False) -> Iterator[Path]:
    """changed: also those that have another value."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name, value in before.items():
            if name in after:
                yield from _removed(value, after[name], (*path, name), changed=changed)
            elif _has_content(value):
                yield (*path, name)
    elif isinstance(before, list) and isinstance(after, list):
        found = list(_identified(before, after))
        if changed and before and not found and not same(before, after):
            yield path
        for value, segment in found:
            found_again = get(after, (segment,))
            if found_again is ABSENT:
                yield (*path, segment)
            else:
                yield from _removed(value, found_again, (*path, segment), changed=changed)
    elif changed and not same(before, after):
        yield path


def _identified(before: list[Any], after: list[Any]) -> Iterator[tuple[JsonObject, Item]]:
    """The items of `before`, each with as many of its keys as tell it from others: a person need not have
    written the others (the protocol of a port). None where the items have no keys."""
    keys = merge_keys(*before)
    for value in before if keys else ():
        wheres = [tuple((key, value[key]) for key in keys[:n] if key in value) for n in (1, len(keys))]
        short, full = map(Item, wheres)
        is_clear = all(sum(map(short.matches, items)) <= 1 for items in (before, after))
        yield value, short if is_clear else full


def dropped(wanted: JsonObject, stored: JsonObject) -> list[Path]:
    """Fields that were sent and that the server did not store: it does not know them, or they are switched
    off. Empty ones (null, false, 0, "", [], {}) do not count: servers usually leave them out."""
    sent = editable(wanted)
    if wanted.get("kind") == "Secret":
        sent.pop("stringData", None)  # it becomes a part of `data`
    return list(_dropped(sent, stored, ()))


def _dropped(wanted: Any, stored: Any, path: Path) -> Iterator[Path]:
    if isinstance(wanted, dict) and isinstance(stored, dict):
        for name, value in wanted.items():
            if name in stored:
                yield from _dropped(value, stored[name], (*path, name))
            elif _has_content(value):
                yield (*path, name)
    elif isinstance(wanted, list) and isinstance(stored, list):
        for index, value in enumerate(wanted):
            yield from _dropped(value, _same_item(value, index, stored), (*path, index))


def _same_item(wanted: Any, index: int, items: list[Any]) -> Any:
    """The same item: others may have put items of their own between ours."""
    at_index = items[index] if index < len(items) else None
    keys = merge_keys(wanted)
    if not keys:
        return at_index
    identity = Item(tuple((key, wanted[key]) for key in keys if key in wanted))
    return at_index if identity.matches(at_index) else next(filter(identity.matches, items), None)


def _has_content(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_has_content, value.values()))
    return any(map(_has_content, value)) if isinstance(value, list) else bool(value)


def kept_by_omission(before: JsonObject, wanted: JsonObject) -> list[str]:
    """The fields of `metadata` that stay though `wanted` leaves them out."""
    had, has = (each.get("metadata") or {} for each in (before, wanted))
    return [name for name in ("finalizers", "ownerReferences") if had.get(name) and has.get(name) is None]
