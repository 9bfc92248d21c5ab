"""Rebase changes of one version of a document onto a newer version."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from workloads.documents.paths import ABSENT, MERGE_KEYS, Change, Json, Path, get

_TOLERATION: Final = ("key", "effect", "operator")


class Misplaced(Exception):
    """What was changed is not in the newer version, or cannot be told from other items there."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.path = path


def rebase(changes: Sequence[Change], base: Json, theirs: Json) -> list[Change]:
    """`changes` of `base` as changes of `theirs`, which touch nothing else in `theirs`.

    List items are found by their value or by their identifying keys. A mapping or list that both sides added
    is merged; one that was removed as a whole loses only what it had in `base`. Raises Misplaced.
    """
    out: list[Change] = []
    added: dict[Path, int] = {}
    cuts: list[Path] = []
    for path, value in changes:
        place = _place_in(theirs, path, base, added)
        if value is ABSENT:
            cuts += _cut(place, get(base, path), get(theirs, place))
        elif get(base, path) is ABSENT:
            out += _join(place, value, get(theirs, place))
        else:
            out.append((place, value))
    # Remove from the end, so that no removal moves items that are still to be removed.
    return out + [(path, ABSENT) for path in sorted(dict.fromkeys(cuts), key=_from_the_end)]


def _from_the_end(path: Path) -> tuple[tuple[int, str], ...]:
    return tuple((-segment, "") if isinstance(segment, int) else (0, str(segment)) for segment in path)


def _place_in(theirs: Json, path: Path, base: Json, added: dict[Path, int]) -> Path:
    """Where `path` of `base` is in `theirs`."""
    place: Path = ()
    for i, segment in enumerate(path):
        mine, other = get(base, path[:i]), get(theirs, place)
        if isinstance(segment, int) and isinstance(mine, list):
            items = other if isinstance(other, list) else []
            if segment >= len(mine):
                # A new item goes after all of theirs; further changes of it go to the same place.
                segment = added.setdefault(path[: i + 1], len(items) + segment - len(mine))
            else:
                segment = _find_item(mine, segment, items, path[: i + 1])
        place = (*place, segment)
    return place


def _find_item(mine: Sequence[Json], position: int, items: Sequence[Json], path: Path) -> int:
    item = mine[position]
    if position < len(items) and items[position] == item:
        return position
    if items.count(item) == 1:
        return items.index(item)
    for keys in (*MERGE_KEYS, _TOLERATION):
        if get(item, keys[:1]) is ABSENT:
            continue
        found = [i for i, other in enumerate(items) if all(get(other, (k,)) == get(item, (k,)) for k in keys)]
        if len(found) == 1:
            return found[0]
    raise Misplaced(path)


def _join(place: Path, value: Json, current: Json) -> Iterator[Change]:
    """An addition to the older version, merged with what the newer one has at the same place."""
    if isinstance(value, dict) and isinstance(current, dict) and current:
        for key, child in value.items():
            yield from _join((*place, key), child, current.get(key, ABSENT))
    elif isinstance(value, list) and isinstance(current, list) and current:
        new = [item for item in value if item not in current]
        yield from (((*place, len(current) + n), item) for n, item in enumerate(new))
    else:
        yield place, value


def _cut(place: Path, old: Json, current: Json) -> Iterator[Path]:
    """What to remove from the newer version: only what the older one had."""
    if current is ABSENT:
        return
    if isinstance(place[-1], int):
        yield place
    elif isinstance(old, dict) and isinstance(current, dict) and not current.keys() <= old.keys():
        for key, child in old.items():
            yield from _cut((*place, key), child, current.get(key, ABSENT))
    elif isinstance(old, list) and isinstance(current, list) and any(item not in old for item in current):
        yield from ((*place, i) for i, item in enumerate(current) if item in old)
    else:
        yield place
