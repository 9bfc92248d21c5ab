"""What an edit of a DaemonSet will do to its pods, node by node and in which waves.

Sources: pkg/controller/daemon/update.go (rollingUpdate, updatedDesiredNodeCounts), SurgeCount and
UnavailableCount in pkg/controller/daemon/util/daemonset_util.go. With a surge, pods where none should run are
deleted since 1.29 (pull request 119317); before, they could hold the rollout up.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal, TypeAlias

from workloads.daemonsets.manifest import names
from workloads.daemonsets.manifest.features import OLDEST, Features
from workloads.daemonsets.manifest.findings import gettext_noop as _
from workloads.daemonsets.manifest.places import Place
from workloads.daemonsets.manifest.sentences import Sentence
from workloads.daemonsets.placement.verdicts import Inventory, coverage, template_of
from workloads.daemonsets.project.neighbours import clash, host_ports
from workloads.daemonsets.running.revision import same_revision
from workloads.documents.paths import Json

Strategy: TypeAlias = Literal["RollingUpdate", "OnDelete"]
RemarkKind: TypeAlias = Literal[
    "refused",
    "stops",
    "unfinished",
    "surge-ports",
    "surge-room",
    "stalled",
    "outside-budget",
    "all-at-once",
    "stranded",
    "removed",
]


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
    """kind: "refused" (a quota refuses pods), "stops" (new pods that do not start use the budget up),
    "unfinished" (they leave some of it, so the others are replaced), "surge-ports" and "surge-room" (new pods
    cannot start beside the old ones), "stalled" (too many nodes are without an available pod),
    "outside-budget" (what is unavailable is replaced at once), "all-at-once" (no node keeps its pod
    meanwhile), "stranded" (pods stay where they should not run), "removed" (they go for good)."""

    kind: RemarkKind
    say: Sentence


@dataclass(frozen=True, slots=True)
class Rollout:
    """new_revision: the template changes, so pods are replaced; without, nothing is.

    Nodes: replaced (get a new pod for the old one), gained (get their first pod), lost (their pod is deleted
    at once), stranded (their pod stays though it should not run: misscheduled), removed (such a pod is
    deleted in its turn, as it is of the old revision, and not made again).
    desired: nodes that should run. waves: how many times a budget of nodes is replaced, 0 if none is or
    nobody does it (OnDelete), None if it cannot get on. at_least_seconds: minReadySeconds of all waves, to
    which starting and getting ready come.
    """

    strategy: Strategy
    new_revision: bool
    replaced: tuple[str, ...]
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    stranded: tuple[str, ...]
    removed: tuple[str, ...]
    desired: int
    budget: Budget
    waves: int | None
    at_least_seconds: int
    remarks: tuple[Remark, ...]
    say: Sentence

    def among(self, nodes: Collection[str]) -> set[str]:
        """Those of the nodes that get a new pod for the old one."""
        return set(nodes).intersection(self.replaced)


def rollout(
    old: Json,
    new: Json,
    nodes: Inventory | Iterable[Json],
    *,
    pods: Mapping[str, bool] | None = None,
    updated: Collection[str] | None = None,
    reported: Mapping[str, int] | None = None,
    unfit: Collection[str] = (),
    crowded: Collection[str] = (),
    refused: bool = False,
    features: Features = OLDEST,
) -> Rollout:
    """What replacing `old` by `new` does. old: None for a new DaemonSet.

    pods: node → whether the pod that is there now is available; None where that is not known: then there is
    one wherever one should run. updated: nodes whose pod is of the template of `new` already; None: all or
    none of them. reported: the counters of the controller, which count where `pods` is None.
    Nodes without an available pod use the budget up; a pod that is not available is replaced outside of it.
    unfit: nodes where a new pod will not start. crowded: those where it has no room beside the old one.
    refused: whether a quota refuses some of the pods.
    """
    inventory = Inventory.of(nodes)
    wanted = coverage(template_of(new), inventory, features=features)
    before = set(coverage(template_of(old), inventory, features=features).should_run) if old else set()
    there = before if pods is None else pods.keys()
    staying = [name for name in wanted.should_run if name in before or name in there]
    same = old is not None and same_revision(old, new)
    done = set(updated) if updated is not None else set(there) if same else set()
    standing = [name for name in staying if name in there]
    replaced = tuple(name for name in standing if name not in done)
    gained = tuple(name for name in wanted.should_run if name not in there)
    gone = [name for name in inventory.names if name in there and not wanted[name].should_run]
    misscheduled = [name for name in gone if wanted[name].may_stay]

    how = strategy(new)
    allowed = budget(new, len(wanted.should_run))
    if pods is not None:
        ill = sum(not pods[name] for name in replaced)
        bare = len(staying) - sum(pods[name] for name in standing) - ill
        healthy = len(replaced) - ill
    else:
        told = reported or {}
        lacking = told.get("desiredNumberScheduled", 0) - told.get("currentNumberScheduled", 0)
        down = min(told.get("numberUnavailable", 0), len(staying))
        ill = max(down - max(lacking, 0), 0)
        bare, healthy = down - ill, len(staying) - down
    # The pods of these nodes never become available, and each counts.
    bare += sum(name in unfit for name in gained if name not in before)
    waves: int | None = 0
    if how == "RollingUpdate" and replaced:
        waves = _waves(allowed, healthy, bare + ill)
    removed = {name for name in misscheduled if how == "RollingUpdate" and name not in done}
    ready = Place(new).at("spec", "minReadySeconds").number or 0
    result = Rollout(
        strategy=how,
        new_revision=old is not None and (not same or bool(replaced)),
        replaced=replaced,
        gained=gained,
        lost=tuple(name for name in gone if not wanted[name].may_stay),
        stranded=tuple(name for name in misscheduled if name not in removed),
        removed=tuple(name for name in misscheduled if name in removed),
        desired=len(wanted.should_run),
        budget=allowed,
        waves=waves,
        at_least_seconds=(waves or 0) * max(ready, 0),
        remarks=(),
        say=_say(how, len(replaced), ill, allowed, waves) if replaced else _none(same, bool(standing)),
    )
    tight = set(crowded).difference(unfit) if allowed.max_surge else set()
    stuck = _Stuck(len(result.among(unfit)), len(result.among(tight)), bare, ill, refused)
    return replace(result, remarks=tuple(_remarks(result, old, new, stuck)))


@dataclass(frozen=True, slots=True)
class _Stuck:
    """Numbers of nodes. Of those that get a new pod: unfit (it will not start there), tight (not beside the
    old one), ill (the old one is not available). bare: those without a pod that is, or becomes, available.
    refused: whether a quota refuses pods."""

    unfit: int
    tight: int
    bare: int
    ill: int
    refused: bool


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


def _none(same: bool, standing: bool) -> Sentence:
    """Why no pod is replaced."""
    if same:
        return Sentence(_("The template stays the same: no pod is replaced."))
    if standing:
        return Sentence(_("The pods are of this template already: none is replaced."))
    return Sentence(_("No node keeps a pod of this DaemonSet, so none is replaced."))


def _say(how: Strategy, count: int, ill: int, allowed: Budget, waves: int | None) -> Sentence:
    """count: of nodes that get a new pod for the old one."""
    if how == "OnDelete":
        said = _("Nodes that keep their old pod until it is deleted (OnDelete): %(count)d.")
        return Sentence(said, {"count": count})
    params = {"count": count, "budget": allowed.nodes, "waves": waves}
    if ill == count:
        return Sentence(_("No pod is available, so all are replaced at once: %(count)d."), params)
    if waves is None and ill:
        return Sentence(
            _(
                "Nodes that need a new pod: %(count)d. Where the pod is not available it is replaced at "
                "once; for the others the rollout waits."
            ),
            params,
        )
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


def _remarks(found: Rollout, old: Json, new: Json, stuck: _Stuck) -> Iterator[Remark]:
    ill = stuck.ill
    if found.strategy == "RollingUpdate" and found.replaced:
        if stuck.refused:
            said = _(
                "A quota refuses some of the pods. The controller makes what is missing first, and replaces "
                "no pod while one is refused."
            )
            yield Remark("refused", Sentence(said))
        if stuck.tight:
            said = _(
                "Nodes without room for a new pod beside the old one, which stays until then: %(count)d."
            )
            yield Remark("surge-room", Sentence(said, {"count": stuck.tight}))
        if found.waves is not None:
            yield from _unfit(found, stuck)
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
                    {"down": stuck.bare + ill, "budget": found.budget.max_unavailable},
                ),
            )
        if ill and ill < len(found.replaced):
            said = _("Pods that are not available are replaced at once: %(down)d.")
            yield Remark("outside-budget", Sentence(said, {"down": ill}))
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
    if found.removed:
        said = _(
            "Nodes where the rollout deletes the old pod for good, as none should run there (misscheduled): "
            "%(count)d."
        )
        yield Remark("removed", Sentence(said, {"count": len(found.removed)}))


def _unfit(found: Rollout, stuck: _Stuck) -> Iterator[Remark]:
    """Pods are deleted, or made beside the old ones, only while fewer than the budget wait to be ready; those
    that are not available are replaced in any case."""
    unfit = stuck.unfit + stuck.tight
    budget = found.budget.nodes - (0 if found.budget.max_surge else stuck.bare)
    if stuck.ill == len(found.replaced):
        budget = len(found.replaced) + 1
    field = "maxSurge" if found.budget.max_surge else "maxUnavailable"
    params = {"unfit": unfit, "budget": budget, "field": field}
    if budget < len(found.replaced) == unfit:
        said = _(
            "On none of these nodes will the new pod start: the rollout stops after %(budget)d of them "
            "(%(field)s)."
        )
        yield Remark("stops", Sentence(said, params))
    elif budget <= unfit < len(found.replaced):
        said = _(
            "On %(unfit)d of these nodes the new pod will not start: the rollout stops when it has come to "
            "%(budget)d of them (%(field)s)."
        )
        yield Remark("stops", Sentence(said, params))
    elif unfit:
        said = _(
            "On %(unfit)d of these nodes the new pod will not start: the rollout comes to all nodes, but "
            "does not end."
        )
        yield Remark("unfinished", Sentence(said, params))


def _held_port(old: Json, new: Json) -> int | None:
    """A host port that new pods need while the old ones hold it (the filter NodePorts of the scheduler)."""
    held = [port for _at, port in host_ports(Place(old))]
    wanted = (port for _at, port in host_ports(Place(new)))
    return next((port[-1] for port in wanted if any(clash(port, each) for each in held)), None)
