"""Changes that were made to one version of a document, made to a newer one instead."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from workloads.documents.paths import ABSENT, Change, Json, Path, get

# What tells items of Kubernetes' lists apart, the first that an item has.
_IDENTITIES: Final[tuple[tuple[str, ...], ...]] = (
    ("name",),
    ("mountPath",),
    ("containerPort", "protocol"),
    ("key", "effect", "operator"),
    ("topologyKey",),
    ("ip",),
)


class Misplaced(Exception):
    """What a change was made to is not in the newer version, or cannot be told from others there."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.path = path


def rebase(changes: Sequence[Change], base: Json, theirs: Json) -> list[Change]:
    """`changes` of `base` as changes of `theirs` that touch nothing but what they were made to.

    List items are found again by what they are or by their name; a mapping or list that both sides made is
    joined, and one that was removed as a whole loses what it had then. Raises Misplaced.
    """
    out: list[Change] = []
    added: dict[Path, int] = {}
    cuts: list[Path] = []
    for path, value in changes:
        place = _place(path, base, theirs, added)
        if value is ABSENT:
            cuts += _cut(place, get(base, path), get(theirs, place))
        elif get(base, path) is ABSENT:
            out += _join(place, value, get(theirs, place))
        else:
            out.append((place, value))
    # Items that go must not move those that are still to go.
    return out + [(path, ABSENT) for path in sorted(dict.fromkeys(cuts), key=_from_the_end)]


def _from_the_end(path: Path) -> tuple[tuple[int, str], ...]:
    return tuple((-segment, "") if isinstance(segment, int) else (0, str(segment)) for segment in path)


def _place(path: Path, base: Json, theirs: Json, added: dict[Path, int]) -> Path:
    """Where `path` of `base` is in `theirs`."""
    place: Path = ()
    for i, segment in enumerate(path):
        mine, other = get(base, path[:i]), get(theirs, place)
        if isinstance(segment, int) and isinstance(mine, list):
            items = other if isinstance(other, list) else []
            if segment >= len(mine):
                # A new item: behind all of theirs. What more is said of it stands at the same place.
                segment = added.setdefault(path[: i + 1], len(items) + segment - len(mine))
            else:
                segment = _again(mine, segment, items, path[: i + 1])
        place = (*place, segment)
    return place


def _again(mine: Sequence[Json], position: int, items: Sequence[Json], path: Path) -> int:
    item = mine[position]
    if position < len(items) and items[position] == item:
        return position
    if items.count(item) == 1:
        return items.index(item)
    for keys in _IDENTITIES:
        if get(item, keys[:1]) is ABSENT:
            continue
        found = [i for i, other in enumerate(items) if all(get(other, (k,)) == get(item, (k,)) for k in keys)]
        if len(found) == 1:
            return found[0]
        break
    raise Misplaced(path)


def _join(place: Path, value: Json, there: Json) -> Iterator[Change]:
    """What was new in the older version, put beside what is there by now."""
    if isinstance(value, dict) and isinstance(there, dict) and there:
        for key, child in value.items():
            yield from _join((*place, key), child, there.get(key, ABSENT))
    elif isinstance(value, list) and isinstance(there, list) and there:
        new = [item for item in value if item not in there]
        yield from (((*place, len(there) + n), item) for n, item in enumerate(new))
    else:
        yield place, value


def _cut(place: Path, old: Json, there: Json) -> Iterator[Path]:
    """Only what was there when it was removed goes."""
    if there is ABSENT:
        return
    if isinstance(place[-1], int):
        yield place
    elif isinstance(old, dict) and isinstance(there, dict) and not there.keys() <= old.keys():
        for key, child in old.items():
            yield from _cut((*place, key), child, there.get(key, ABSENT))
    elif isinstance(old, list) and isinstance(there, list) and any(item not in old for item in there):
        yield from ((*place, i) for i, item in enumerate(there) if item in old)
    else:
        yield place
