"""What a text may cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Limits:
    """Beyond a limit a text is refused, never cut.

    size: UTF-8 bytes. depth: levels of nesting. documents: how many. values: how many keys, scalars and
    collections in all. Depth and values count what aliases and merge keys repeat.
    """

    size: int = 2 * 1024 * 1024
    depth: int = 64
    documents: int = 2_000
    values: int = 300_000


LIMITS: Final = Limits()
