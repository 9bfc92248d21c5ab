"""How long the writes of one bundle may wait for a server that does not answer."""

from __future__ import annotations

import time
from typing import Final

from console.errors import ConsoleError, Unreachable
from workloads.stores.cluster.failures import says_late

TIMEOUTS: Final = 3
"""After so many no more is sent: a webhook that hangs lets each write wait for its own time-out."""


class Patience:
    """Of one bundle; threads share it. seconds: after these nothing more is sent; None: however long it
    takes, for as long as there are answers."""

    def __init__(self, seconds: float | None) -> None:
        self._until = None if seconds is None else time.monotonic() + seconds
        self._late: list[ConsoleError] = []

    @property
    def is_over(self) -> bool:
        late = self._until is not None and time.monotonic() >= self._until
        return late or len(self._late) >= TIMEOUTS

    def note(self, error: ConsoleError) -> None:
        """What one of the writes ended with."""
        if isinstance(error, Unreachable) and (error.code == "cluster-timeout" or says_late(error)):
            self._late.append(error)
