"""The result of writing objects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from console.errors import ConsoleError
from workloads.stores.protocol import Outcome, Ref


@dataclass(frozen=True, slots=True)
class Result:
    """The result for one object. Neither outcome nor error: not tried, or rolled back with the others.
    version: the one that was stored; uid: of the object, "" where the store gives none."""

    ref: Ref
    outcome: Outcome | Literal["deleted"] | None = None
    error: ConsoleError | None = None
    warnings: Sequence[str] = ()
    version: str = ""
    uid: str = ""

    def after(self, earlier: Result) -> Result:
        """The result of two attempts to store the same: what the `earlier` one did stays done."""
        return earlier if earlier.outcome else self
