"""What clusters of different versions do differently with the same DaemonSet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol


class Features(Protocol):
    """What a cluster can do; `stores.protocol.Capabilities` is one."""

    @property
    def toleration_lt_gt(self) -> bool:
        """The operators Lt and Gt of tolerations (feature gate TaintTolerationComparisonOperators)."""

    @property
    def pod_sums(self) -> bool:
        """Whether a LimitRange of type Pod adds up whatever containers say (1.28); else only what all say."""

    @property
    def pod_security(self) -> bool:
        """The admission of Pod Security (KEP-2579)."""

    @property
    def minor(self) -> int | None:
        """34 of 1.34, None for the newest: the standards of Pod Security go by it."""


@dataclass(frozen=True, slots=True)
class _Oldest:
    toleration_lt_gt: bool = False
    pod_sums: bool = False
    pod_security: bool = True
    minor: int | None = None


OLDEST: Final[Features] = _Oldest()
"""No newer feature: where every cluster in scope places pods."""
