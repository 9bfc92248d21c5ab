"""When a person last wrote to a cluster through the console: what was read for them before is out of date."""

from __future__ import annotations

import uuid
from typing import Final

from django.core.cache import cache

from console.accounts.access import Person

_SECONDS: Final = 600
"""Longer than anything that is read from a cluster is kept."""


def written(cluster: str, person: Person) -> None:
    """Call it after every write, also after one whose result is unknown."""
    cache.set(_key(cluster, person), uuid.uuid4().hex, _SECONDS)


def last_write(cluster: str, person: Person) -> str:
    """Changes with every write of theirs; "" if there was none for a while."""
    found: str = cache.get(_key(cluster, person), "")
    return found


def _key(cluster: str, person: Person) -> str:
    return f"written:{cluster}:{person.pk}"
