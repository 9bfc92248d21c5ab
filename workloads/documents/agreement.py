"""Whether two changes of a text are about different fields, by what the texts mean."""

from __future__ import annotations

from typing import Any

from workloads.documents.editor import identity, meanings, non_empty
from workloads.documents.errors import DocumentError
from workloads.documents.paths import same

_NOTHING = object()


class _Disagreement(Exception):
    """Both sides changed one field, in different ways."""


def joins(base: str, mine: str, theirs: str, merged: str) -> bool:
    """Whether `merged` means `base` with the changes of both sides, and no field was changed by both."""
    try:
        values = [
            [_by_name(value) for value in meanings(non_empty(text))] for text in (base, mine, theirs, merged)
        ]
        return same(_merged(*values[:3]), values[3])
    except (DocumentError, _Disagreement):
        return False


def _by_name(value: Any) -> Any:
    """Lists of things that have names (containers, variables) as mappings, as their order is no field."""
    if isinstance(value, dict):
        return {key: _by_name(child) for key, child in value.items()}
    if not isinstance(value, list):
        return value
    named = {identity(item): _by_name(item) for item in value if isinstance(item, dict)}
    return named if len(named) == len(value) else [_by_name(item) for item in value]


def _merged(base: Any, mine: Any, theirs: Any) -> Any:
    """`_NOTHING` is the value of what one of them does not have. Raises _Disagreement."""
    if same(mine, theirs) or same(base, theirs):
        return mine
    if same(base, mine):
        return theirs
    if isinstance(mine, dict) and isinstance(theirs, dict):
        before = base if isinstance(base, dict) else {}
        keys = dict.fromkeys((*mine, *theirs, *before))
        found = {
            key: _merged(before.get(key, _NOTHING), mine.get(key, _NOTHING), theirs.get(key, _NOTHING))
            for key in keys
        }
        return {key: value for key, value in found.items() if value is not _NOTHING}
    all_lists = isinstance(base, list) and isinstance(mine, list) and isinstance(theirs, list)
    if all_lists and len(base) == len(mine) == len(theirs):
        return [_merged(*items) for items in zip(base, mine, theirs, strict=True)]
    raise _Disagreement
