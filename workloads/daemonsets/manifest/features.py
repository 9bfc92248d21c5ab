"""Features that decide what a cluster does with a DaemonSet: versions of Kubernetes differ in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol


class Features(Protocol):
    """What a cluster can do. `stores.protocol.Capabilities` is one."""

    @property
    def toleration_lt_gt(self) -> bool:
        """Whether tolerations may use Lt and Gt (feature gate TaintTolerationComparisonOperators)."""

    @property
    def pod_sums(self) -> bool:
        """What a LimitRange of type Pod adds up: all that containers set (since 1.28), or only the resources
        that every container sets."""

    @property
    def pod_security(self) -> bool:
        """Whether the Pod Security admission controller is on (KEP-2579)."""

    @property
    def minor(self) -> int | None:
        """34 of version 1.34, None for the newest. The Pod Security Standards depend on it."""


@dataclass(frozen=True, slots=True)
class _Oldest:
    toleration_lt_gt: bool = False
    pod_sums: bool = False
    pod_security: bool = True
    minor: int | None = None


OLDEST: Final[Features] = _Oldest()
"""None of the newer features: what holds on every supported cluster."""
