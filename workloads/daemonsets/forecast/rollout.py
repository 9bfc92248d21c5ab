"""What an edit of a DaemonSet does to its pods: on which nodes, and in how many waves.

Sources: pkg/controller/daemon/update.go (rollingUpdate, updatedDesiredNodeCounts), SurgeCount and
UnavailableCount in pkg/controller/daemon/util/daemonset_util.go. With a surge, misscheduled pods are deleted
since 1.29 (pull request 119317); before, they could stall the rollout.
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
    """Numbers of nodes. With a surge, new pods start next to the old ones; max_unavailable is not used."""

    max_unavailable: int
    max_surge: int

    @property
    def nodes(self) -> int:
        """How many nodes are updated at the same time."""
        return self.max_surge or self.max_unavailable


def budget(daemonset: Json, desired: int) -> Budget:
    """Percentages are of the desired nodes and rounded up; 0 and 0 means maxUnavailable 1."""
    rolling = Place(daemonset).at("spec", "updateStrategy", "rollingUpdate")
    unavailable = _scaled(rolling["maxUnavailable"], desired, default=1)
    surge = _scaled(rolling["maxSurge"], desired, default=0)
    if not unavailable and not surge and desired:
        unavailable = 1
    return Budget(unavailable, surge)


def strategy(daemonset: Json) -> Strategy:
    """RollingUpdate is the default (SetDefaults_DaemonSet in pkg/apis/apps/v1/defaults.go)."""
    kind = Place(daemonset).at("spec", "updateStrategy", "type").text
    return "OnDelete" if kind == "OnDelete" else "RollingUpdate"


@dataclass(frozen=True, slots=True)
class Remark:
    """kind: "refused" (a quota refuses pods), "stops" (new pods that do not start use up the budget),
    "unfinished" (they leave some of it, so the others are replaced), "surge-ports" and "surge-room" (new pods
    cannot start next to the old ones), "stalled" (too many nodes lack an available pod), "outside-budget"
    (unavailable pods are replaced at once), "all-at-once" (all nodes may lack a pod at the same time),
    "stranded" (misscheduled pods stay), "removed" (misscheduled pods are deleted)."""

    kind: RemarkKind
    say: Sentence


@dataclass(frozen=True, slots=True)
class Rollout:
    """new_revision: whether the template changes, so that pods are replaced.

    Nodes: replaced (a new pod replaces the old one), gained (get their first pod), lost (their pod is deleted
    at once), stranded (their pod stays although it is misscheduled), removed (their misscheduled pod is
    deleted in its turn, because it has the old revision, and not created again). desired: how many nodes
    should run a pod. waves: how many times a budget of nodes is replaced; 0 if none is or OnDelete leaves it
    to people, None if the rollout stalls. at_least_seconds: the minReadySeconds of all waves; the time until
    pods are ready comes on top.
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
        """Those of `nodes` whose pod is replaced."""
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
    no_surge_room: Collection[str] = (),
    refused: bool = False,
    features: Features = OLDEST,
) -> Rollout:
    """What replacing `old` by `new` does. old: None for a new DaemonSet.

    pods: node → whether its present pod is available; None if unknown: then every node that should run a pod
    has one. updated: nodes whose pod already has the template of `new`; None: all or none of them.
    reported: the controller's status counters, used if `pods` is None.
    Nodes without an available pod use up the budget; an unavailable pod is replaced outside of it.
    unfit: nodes where a new pod will not start. no_surge_room: nodes without room for it next to the old one.
    refused: whether a quota refuses some of the pods.
    """
    inventory = Inventory.of(nodes)
    wanted = coverage(template_of(new), inventory, features=features)
    before = set(coverage(template_of(old), inventory, features=features).should_run) if old else set()
    has_pod = before if pods is None else pods.keys()
    staying = [name for name in wanted.should_run if name in before or name in has_pod]
    same = old is not None and same_revision(old, new)
    done = set(updated) if updated is not None else set(has_pod) if same else set()
    standing = [name for name in staying if name in has_pod]
    replaced = tuple(name for name in standing if name not in done)
    gained = tuple(name for name in wanted.should_run if name not in has_pod)
    unwanted = [name for name in inventory.names if name in has_pod and not wanted[name].should_run]
    misscheduled = [name for name in unwanted if wanted[name].may_stay]

    how = strategy(new)
    allowed = budget(new, len(wanted.should_run))
    if pods is not None:
        ill = sum(not pods[name] for name in replaced)
        bare = len(staying) - sum(pods[name] for name in standing) - ill
        healthy = len(replaced) - ill
    else:
        counts = reported or {}
        lacking = counts.get("desiredNumberScheduled", 0) - counts.get("currentNumberScheduled", 0)
        down = min(counts.get("numberUnavailable", 0), len(staying))
        ill = max(down - max(lacking, 0), 0)
        bare, healthy = down - ill, len(staying) - down
    # The pods of these nodes never become available, so each uses up some of the budget.
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
        lost=tuple(name for name in unwanted if not wanted[name].may_stay),
        stranded=tuple(name for name in misscheduled if name not in removed),
        removed=tuple(name for name in misscheduled if name in removed),
        desired=len(wanted.should_run),
        budget=allowed,
        waves=waves,
        at_least_seconds=(waves or 0) * max(ready, 0),
        remarks=(),
        say=_say(how, len(replaced), ill, allowed, waves) if replaced else _none(same, bool(standing)),
    )
    tight = set(no_surge_room).difference(unfit) if allowed.max_surge else set()
    obstacles = _Obstacles(len(result.among(unfit)), len(result.among(tight)), bare, ill, refused)
    return replace(result, remarks=tuple(_remarks(result, old, new, obstacles)))


@dataclass(frozen=True, slots=True)
class _Obstacles:
    """What may stall a rollout, as numbers of nodes. Of those that get a new pod: unfit (it will not start),
    tight (it will not start next to the old one), ill (the old one is unavailable). bare: nodes without a pod
    that is or becomes available. refused: whether a quota refuses pods."""

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
    """With a surge, unavailable pods are replaced outside of the budget; without, they use it up."""
    free = allowed.max_surge or allowed.max_unavailable - down
    if not healthy:
        return 1
    return -(-healthy // free) if free > 0 else None


def _none(same: bool, standing: bool) -> Sentence:
    """Why no pod is replaced."""
    if same:
        template = _("The pod template does not change: no pods are replaced.")
        return Sentence(template, code="same-template")
    if standing:
        return Sentence(_("The pods already have this template: none are replaced."), code="up-to-date")
    return Sentence(_("No node keeps a pod of this DaemonSet: none are replaced."), code="no-pods")


def _say(how: Strategy, count: int, ill: int, allowed: Budget, waves: int | None) -> Sentence:
    """count: how many pods are replaced."""
    params = {"count": count, "budget": allowed.nodes, "waves": waves}
    if how == "OnDelete":
        template = _("Nodes that keep their old pod until you delete it (OnDelete): %(count)d.")
        return Sentence(template, {"count": count}, "on-delete")
    if ill == count:
        template = _("No pod is available, so all are replaced at once: %(count)d.")
        return Sentence(template, params, "replaced-at-once")
    if waves is None and ill:
        template = _(
            "Nodes that need a new pod: %(count)d. Unavailable pods are replaced at once; for the others "
            "the rollout stalls."
        )
        return Sentence(template, params, "stalls-after-unavailable")
    if waves is None:
        template = _("The rollout cannot start. Nodes that need a new pod: %(count)d.")
        return Sentence(template, params, "cannot-start")
    if allowed.max_surge:
        return Sentence(_surge(count, waves), params, "replaced-with-surge")
    return Sentence(_rolling(count, waves), params, "replaced")


def _rolling(count: int, waves: int) -> str:
    if count == 1:
        return _("1 pod will be replaced.")
    if waves == 1:
        return _("%(count)d pods will be replaced, all at the same time.")
    return _("%(count)d pods will be replaced, %(budget)d at a time (%(waves)d waves).")


def _surge(count: int, waves: int) -> str:
    if count == 1:
        return _("1 pod will be replaced. The new pod starts next to the old one.")
    if waves == 1:
        return _(
            "%(count)d pods will be replaced, all at the same time. New pods start next to the old ones."
        )
    return _(
        "%(count)d pods will be replaced, %(budget)d at a time (%(waves)d waves). New pods start next to "
        "the old ones."
    )


def _remarks(found: Rollout, old: Json, new: Json, obstacles: _Obstacles) -> Iterator[Remark]:
    ill = obstacles.ill
    if found.strategy == "RollingUpdate" and found.replaced:
        if obstacles.refused:
            template = _(
                "A quota rejects some of the pods. The controller creates missing pods first, and replaces "
                "no pod while one is rejected."
            )
            yield _remark("refused", template)
        if obstacles.tight:
            template = _(
                "Nodes without room for a new pod next to the old one, which runs until the new one is "
                "ready: %(count)d."
            )
            yield _remark("surge-room", template, count=obstacles.tight)
        if found.waves is not None:
            yield from _unfit(found, obstacles)
        port = _held_port(old, new)
        if found.budget.max_surge and port is not None:
            template = _(
                "New pods cannot start next to the old ones, which use host port %(port)d: with maxSurge the "
                "rollout will stall."
            )
            yield _remark("surge-ports", template, port=port)
        if found.waves is None:
            template = _(
                "Nodes without an available pod: %(down)d, which uses up maxUnavailable %(budget)d. No "
                "available pod is replaced until they recover or you raise maxUnavailable."
            )
            yield _remark("stalled", template, down=obstacles.bare + ill, budget=found.budget.max_unavailable)
        if ill and ill < len(found.replaced):
            yield _remark("outside-budget", _("Unavailable pods are replaced at once: %(down)d."), down=ill)
        if not found.budget.max_surge and found.budget.max_unavailable >= len(found.replaced) > 1:
            template = _("With maxUnavailable %(budget)d all nodes can be without a pod at the same time.")
            yield _remark("all-at-once", template, budget=found.budget.max_unavailable)
    if found.stranded:
        template = _(
            "Nodes where the old pod stays although it should not run there (misscheduled): %(count)d."
        )
        yield _remark("stranded", template, count=len(found.stranded))
    if found.removed:
        template = _(
            "Nodes where the rollout deletes the old pod without a replacement, because none should run "
            "there (misscheduled): %(count)d."
        )
        yield _remark("removed", template, count=len(found.removed))


def _remark(kind: RemarkKind, template: str, **params: int) -> Remark:
    return Remark(kind, Sentence(template, params, kind))


def _unfit(found: Rollout, obstacles: _Obstacles) -> Iterator[Remark]:
    """The controller deletes pods, or starts surge pods, only while fewer than the budget are not ready;
    unavailable pods are replaced in any case."""
    unfit = obstacles.unfit + obstacles.tight
    budget = found.budget.nodes - (0 if found.budget.max_surge else obstacles.bare)
    if obstacles.ill == len(found.replaced):
        budget = len(found.replaced) + 1
    field = "maxSurge" if found.budget.max_surge else "maxUnavailable"
    params = {"unfit": unfit, "budget": budget, "field": field}
    if budget < len(found.replaced) == unfit:
        template = _(
            "The new pod will not start on any of these nodes: the rollout stalls after %(budget)d of them "
            "(%(field)s)."
        )
        yield Remark("stops", Sentence(template, params, "stalls-no-pod-starts"))
    elif budget <= unfit < len(found.replaced):
        template = _(
            "The new pod will not start on %(unfit)d of these nodes: the rollout stalls when it has reached "
            "%(budget)d of them (%(field)s)."
        )
        yield Remark("stops", Sentence(template, params, "stalls-some-pods-do-not-start"))
    elif unfit:
        template = _(
            "The new pod will not start on %(unfit)d of these nodes: the rollout reaches all nodes, but "
            "does not finish."
        )
        yield Remark("unfinished", Sentence(template, params, "unfinished"))


def _held_port(old: Json, new: Json) -> int | None:
    """A host port that new pods need while the old ones use it (the scheduler's filter NodePorts)."""
    held = [port for _at, port in host_ports(Place(old))]
    wanted = (port for _at, port in host_ports(Place(new)))
    return next((port[-1] for port in wanted if any(clash(port, each) for each in held)), None)
