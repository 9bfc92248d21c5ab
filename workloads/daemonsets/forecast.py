"""What the quotas of a project will say to a DaemonSet: before, after, and while it is rolled out.

A quota is asked when a pod is made: a DaemonSet that is too much is stored, then its pods stop at some node.

Sources: pkg/quota/v1/evaluator/core/pods.go, plugin/pkg/admission/resourcequota/controller.go (CheckRequest),
https://kubernetes.io/docs/concepts/policy/resource-quotas/.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, TypeAlias

from workloads.daemonsets.placement import OLDEST, Features, Inventory
from workloads.daemonsets.resources import Amounts
from workloads.daemonsets.sentences import Sentence
from workloads.documents.paths import Json, Path

Outcome: TypeAlias = Literal["fits", "rollout", "stops", "refused"]


@dataclass(frozen=True, slots=True)
class Line:
    """One key of one quota that the DaemonSet counts towards. Amounts in cores, bytes and pieces.

    before: used without this DaemonSet. present: with its present version (equals before for a new one).
    after: with all its new pods. peak: the most while it is rolled out. each: what one pod counts for.
    outcome: "stops" (allowed < desired pods can be made), "rollout" (all fit, but the surge does not),
    "refused" (the DaemonSet itself cannot be created).
    allowed: how many pods fit by this key; None where pods do not count towards it.
    lower_to: what one pod may ask for at most so that all fit; None where pods are counted, or if nothing
    is left.
    raise_to: the least hard limit that suffices, rollout included.
    """

    quota: str
    key: str
    hard: Decimal
    before: Decimal
    present: Decimal
    after: Decimal
    peak: Decimal
    each: Decimal
    outcome: Outcome
    allowed: int | None
    lower_to: Decimal | None
    raise_to: Decimal
    say: Sentence


@dataclass(frozen=True, slots=True)
class Unstated:
    """A container that does not state what a quota asks every container to state: each pod is refused.

    path: where to state it. keys: those of the quota (`limits.memory`).
    """

    quota: str
    container: str
    path: Path
    keys: tuple[str, ...]
    say: Sentence


@dataclass(frozen=True, slots=True)
class Forecast:
    """desired: nodes that should run a pod. allowed: how many of them get one (0 with anything unstated).
    lines: all keys, in the order of the quotas. first: the line that blocks first, None if none does.
    say: the outcome in one sentence."""

    desired: int
    allowed: int
    lines: tuple[Line, ...]
    unstated: tuple[Unstated, ...]
    first: Line | None
    say: Sentence

    @property
    def blocks(self) -> bool:
        """Whether some pods, or the DaemonSet itself, cannot be made."""
        return (
            self.allowed < self.desired
            or bool(self.unstated)
            or (self.first is not None and self.first.outcome == "refused")
        )


def used_by_others(
    quotas: Iterable[Json],
    daemonset: Json,
    daemonsets: Iterable[Json],
    nodes: Inventory | Iterable[Json],
    limit_ranges: Sequence[Json] = (),
    counts: Mapping[tuple[str, str], int] | None = None,
    *,
    claims: Iterable[Json] = (),
    services: Iterable[Json] = (),
    features: Features = OLDEST,
) -> dict[str, Amounts]:
    """Offline: quota name → what all but this DaemonSet use of it. daemonsets: all of the project, this one
    may be among them. The others as in `demand.quota_used`."""
    raise NotImplementedError


def used_beside(
    quotas: Iterable[Json], present: Json, limit_ranges: Sequence[Json] = (), *, pods: int | None = None
) -> dict[str, Amounts]:
    """On a cluster: quota name → `status.used` without what the stored DaemonSet counts for.

    present: None for a new one. pods: how many it has; None: its `status.currentNumberScheduled`.
    """
    raise NotImplementedError


def forecast(
    daemonset: Json,
    nodes: Inventory | Iterable[Json],
    quotas: Sequence[Json],
    used: Mapping[str, Amounts],
    *,
    limit_ranges: Sequence[Json] = (),
    present: Json = None,
    features: Features = OLDEST,
) -> Forecast:
    """What the quotas of its project will say.

    used: of `used_by_others` or `used_beside`. present: the stored version that this one replaces, None if it
    is new.
    """
    raise NotImplementedError
