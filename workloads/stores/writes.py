"""When a person last wrote to a cluster through the console: what was read for them before is outdated."""

from __future__ import annotations

import uuid
from typing import Any, Final

from django.core.cache import cache

_SECONDS: Final = 300
"""Longer than anything that is read from a cluster is kept."""


def written(cluster: str, person: Any) -> None:
    """To be called after every write, also one of which it is not known whether it was carried out."""
    cache.set(_key(cluster, person), uuid.uuid4().hex, _SECONDS)


def last_write(cluster: str, person: Any) -> str:
    """Another after every write of theirs; "" where there was none for a while."""
    found: str = cache.get(_key(cluster, person), "")
    return found


def _key(cluster: str, person: Any) -> str:
    return f"written:{cluster}:{person.pk}"
