"""What an edit of a DaemonSet will do to its pods, node by node and in which waves.

Sources: pkg/controller/daemon/update.go (rollingUpdate, updatedDesiredNodeCounts), SurgeCount and
UnavailableCount in pkg/controller/daemon/util/daemonset_util.go.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal, TypeAlias

from workloads.daemonsets import names
from workloads.daemonsets.findings import gettext_noop as _
from workloads.daemonsets.neighbours import clash, host_ports
from workloads.daemonsets.placement import OLDEST, Features, Inventory, coverage, template_of
from workloads.daemonsets.places import Place
from workloads.daemonsets.revision import same_revision
from workloads.daemonsets.sentences import Sentence
from workloads.documents.paths import Json

Strategy: TypeAlias = Literal["RollingUpdate", "OnDelete"]
RemarkKind: TypeAlias = Literal["surge-ports", "stalled", "outside-budget", "all-at-once", "stranded"]


@dataclass(frozen=True, slots=True)
class Budget:
    """In nodes. With a surge, new pods start beside the old ones, and max_unavailable plays no part."""

    max_unavailable: int
    max_surge: int

    @property
    def nodes(self) -> int:
        """How many nodes are worked at together."""
        return self.max_surge or self.max_unavailable


def budget(daemonset: Json, desired: int) -> Budget:
    """Percentages are of the desired nodes, both rounded up; 0 and 0 counts as maxUnavailable 1."""
    rolling = Place(daemonset).at("spec", "updateStrategy", "rollingUpdate")
    unavailable = _scaled(rolling["maxUnavailable"], desired, default=1)
    surge = _scaled(rolling["maxSurge"], desired, default=0)
    if not unavailable and not surge and desired:
        unavailable = 1
    return Budget(unavailable, surge)


def strategy(daemonset: Json) -> Strategy:
    """RollingUpdate where nothing is said (SetDefaults_DaemonSet in pkg/apis/apps/v1/defaults.go)."""
    kind = Place(daemonset).at("spec", "updateStrategy", "type").text
    return "OnDelete" if kind == "OnDelete" else "RollingUpdate"


@dataclass(frozen=True, slots=True)
class Remark:
    """kind: "surge-ports" (the new pods cannot start beside the old ones), "stalled" (too many nodes are
    unavailable already), "outside-budget" (what is unavailable is replaced at once), "all-at-once" (no node
    keeps its pod meanwhile), "stranded" (pods stay where they should not run)."""

    kind: RemarkKind
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
    inventory = Inventory.of(nodes)
    wanted = coverage(template_of(new), inventory, features=features)
    before = set(coverage(template_of(old), inventory, features=features).should_run) if old else set()
    staying = [name for name in wanted.should_run if name in before]
    gone = [name for name in inventory.names if name in before and not wanted[name].should_run]
    new_revision = old is not None and not same_revision(old, new)

    how = strategy(new)
    allowed = budget(new, len(wanted.should_run))
    down = set(unavailable)
    healthy = [name for name in staying if name not in down]
    waves: int | None = 0
    if new_revision and how == "RollingUpdate" and staying:
        waves = _waves(allowed, len(healthy), len(staying) - len(healthy))
    stranded = tuple(name for name in gone if wanted[name].may_stay)
    ready = Place(new).at("spec", "minReadySeconds").number or 0
    result = Rollout(
        strategy=how,
        new_revision=new_revision,
        replaced=tuple(staying) if new_revision else (),
        kept=() if new_revision else tuple(staying),
        gained=tuple(name for name in wanted.should_run if name not in before),
        lost=tuple(name for name in gone if not wanted[name].may_stay),
        stranded=stranded,
        desired=len(wanted.should_run),
        budget=allowed,
        waves=waves,
        at_least_seconds=(waves or 0) * max(ready, 0),
        remarks=(),
        say=_say(how, new_revision, len(staying), allowed, waves),
    )
    return replace(result, remarks=tuple(_remarks(result, old, new, len(staying) - len(healthy))))


def _scaled(at: Place, desired: int, default: int) -> int:
    """GetScaledValueFromIntOrPercent, rounding up."""
    if isinstance(at.value, str) and names.PERCENT.fullmatch(at.value):
        # More than 100 percent is refused, however many digits it has.
        return math.ceil(min(Decimal(at.value[:-1]), Decimal(100)) * desired / 100)
    return default if at.number is None else max(at.number, 0)


def _waves(allowed: Budget, healthy: int, down: int) -> int | None:
    """With a surge, what is down is replaced beside the budget; without, it uses the budget up."""
    free = allowed.max_surge or allowed.max_unavailable - down
    if not healthy:
        return 1
    return -(-healthy // free) if free > 0 else None


def _say(how: Strategy, new_revision: bool, count: int, allowed: Budget, waves: int | None) -> Sentence:
    if not new_revision:
        return Sentence(_("The template stays the same: no pod is replaced."))
    if how == "OnDelete":
        said = _("Nodes that keep their old pod until it is deleted (OnDelete): %(count)d.")
        return Sentence(said, {"count": count})
    params = {"count": count, "budget": allowed.nodes, "waves": waves}
    if waves is None:
        return Sentence(_("The rollout cannot begin. Nodes that need a new pod: %(count)d."), params)
    if allowed.max_surge:
        return Sentence(
            _(
                "Nodes that get a new pod: %(count)d; at most %(budget)d at a time, beside the old pod. "
                "Waves: %(waves)d."
            ),
            params,
        )
    return Sentence(
        _(
            "Nodes that get a new pod: %(count)d; at most %(budget)d at a time, without a pod meanwhile. "
            "Waves: %(waves)d."
        ),
        params,
    )


def _remarks(found: Rollout, old: Json, new: Json, down: int) -> Iterator[Remark]:
    if found.new_revision and found.strategy == "RollingUpdate" and found.replaced:
        port = _held_port(old, new)
        if found.budget.max_surge and port is not None:
            yield Remark(
                "surge-ports",
                Sentence(
                    _(
                        "New pods cannot start beside the old ones, which hold host port %(port)d: with "
                        "maxSurge the rollout will not get on."
                    ),
                    {"port": port},
                ),
            )
        if found.waves is None:
            yield Remark(
                "stalled",
                Sentence(
                    _(
                        "Nodes without an available pod: %(down)d, which uses up maxUnavailable %(budget)d. "
                        "No healthy pod is replaced until they recover or maxUnavailable is raised."
                    ),
                    {"down": down, "budget": found.budget.max_unavailable},
                ),
            )
        if down:
            said = _("Pods that are not available are replaced at once: %(down)d.")
            yield Remark("outside-budget", Sentence(said, {"down": down}))
        if not found.budget.max_surge and found.budget.max_unavailable >= len(found.replaced) > 1:
            yield Remark(
                "all-at-once",
                Sentence(
                    _("maxUnavailable %(budget)d lets all nodes be without a pod at the same time."),
                    {"budget": found.budget.max_unavailable},
                ),
            )
    if found.stranded:
        said = _("Nodes where the old pod stays though it should not run there (misscheduled): %(count)d.")
        yield Remark("stranded", Sentence(said, {"count": len(found.stranded)}))


def _held_port(old: Json, new: Json) -> int | None:
    """A host port that new pods need while the old ones hold it (the filter NodePorts of the scheduler)."""
    held = [port for _at, port in host_ports(Place(old))]
    wanted = (port for _at, port in host_ports(Place(new)))
    return next((port[-1] for port in wanted if any(clash(port, each) for each in held)), None)
