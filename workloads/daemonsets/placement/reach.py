"""On which nodes a DaemonSet would run, and which of them it gains and loses by an edit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from workloads.daemonsets.manifest.features import OLDEST, Features
from workloads.daemonsets.placement.verdicts import Coverage, Inventory, coverage, template_of
from workloads.documents.paths import Json


@dataclass(frozen=True, slots=True)
class Reach:
    """gained, lost: the nodes that should run a pod of the new or of the old one only, in the order of the
    nodes."""

    coverage: Coverage
    gained: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()

    @property
    def runs(self) -> int:
        return len(self.coverage.should_run)


def reach(old: Json, new: Json, nodes: Inventory | Iterable[Json], *, features: Features = OLDEST) -> Reach:
    """old: None for a new DaemonSet: there is nothing to which it gains or loses."""
    inventory = Inventory.of(nodes)
    now = coverage(template_of(new), inventory, features=features)
    if old is None:
        return Reach(now)
    before = coverage(template_of(old), inventory, features=features).should_run
    has, had = set(now.should_run), set(before)
    return Reach(
        now,
        gained=tuple(name for name in now.should_run if name not in had),
        lost=tuple(name for name in before if name not in has),
    )
