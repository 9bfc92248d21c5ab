"""On which nodes a DaemonSet would run, and which of them an edit gains and loses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from workloads.daemonsets.manifest.features import OLDEST, Features
from workloads.daemonsets.placement.verdicts import Coverage, Inventory, coverage, template_of
from workloads.documents.paths import Json


@dataclass(frozen=True, slots=True)
class Reach:
    """gained, lost: the nodes that should run a pod only after or only before the edit, in the order of the
    nodes."""

    coverage: Coverage
    gained: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()

    @property
    def runs(self) -> int:
        """How many nodes should run a pod."""
        return self.coverage.runs


def reach(old: Json, new: Json, nodes: Inventory | Iterable[Json], *, features: Features = OLDEST) -> Reach:
    """old: None for a new DaemonSet, which gains and loses nothing."""
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
