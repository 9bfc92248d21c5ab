"""Fields of an object as the API server's errors name them: `spec.containers[0].image`,
`metadata.labels[a/b]`, `.spec.containers[name="x"].image`. Pure functions.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

from workloads.documents.paths import Item, Path, Segment, get

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
