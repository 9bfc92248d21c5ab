"""What an edit of a DaemonSet will do to its pods, node by node and in which waves.

Sources: pkg/controller/daemon/update.go (rollingUpdate, updatedDesiredNodeCounts), pkg/controller/daemon/util
(SurgeCount, UnavailableCount), pkg/controller/history.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from workloads.daemonsets.placement import OLDEST, Features, Inventory
from workloads.daemonsets.sentences import Sentence
from workloads.documents.paths import Json

Strategy: TypeAlias = Literal["RollingUpdate", "OnDelete"]


@dataclass(frozen=True, slots=True)
class Budget:
    """In nodes; one of the two is 0, except where validation refuses the DaemonSet."""

    max_unavailable: int
    max_surge: int


def budget(daemonset: Json, desired: int) -> Budget:
    """Percentages are of the desired nodes, both rounded up; 0 and 0 counts as maxUnavailable 1."""
    raise NotImplementedError


def strategy(daemonset: Json) -> Strategy:
    raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Remark:
    """kind: "on-delete", "surge-ports", "stalled", "outside-budget", "no-pods", "all-at-once"."""

    kind: str
    say: Sentence


@dataclass(frozen=True, slots=True)
class Rollout:
    """new_revision: the template changes, so pods are replaced; without, nothing is.

    Nodes: replaced (get a new pod for the old one), kept (their pod stays as it is), gained (get their first
    pod), lost (their pod is deleted at once), stranded (their pod stays though it should not run:
    misscheduled).
    desired: nodes that should run. waves: how many times a budget of nodes is replaced, 0 if none is or
    nobody does it (OnDelete), None if it cannot get on. at_least_seconds: minReadySeconds of all waves, to
    which starting and getting ready come.
    """

    strategy: Strategy
    new_revision: bool
    replaced: tuple[str, ...]
    kept: tuple[str, ...]
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    stranded: tuple[str, ...]
    desired: int
    budget: Budget
    waves: int | None
    at_least_seconds: int
    remarks: tuple[Remark, ...]
    say: Sentence


def same_revision(old: Json, new: Json) -> bool:
    """Whether two DaemonSets have the same template to the API server: defaults, nulls and the way quantities
    are written make no difference."""
    raise NotImplementedError


def rollout(
    old: Json,
    new: Json,
    nodes: Inventory | Iterable[Json],
    *,
    unavailable: Collection[str] = (),
    features: Features = OLDEST,
) -> Rollout:
    """What replacing `old` by `new` does. old: None for a new DaemonSet.

    unavailable: nodes whose pod is not available now; they use the budget up, and are replaced outside of it.
    """
    raise NotImplementedError
