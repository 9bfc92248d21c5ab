"""The map of nodes: a cell per node, grouped by a label; drawn by `workloads/preview/_map.html`.

Cells of a group with the same state and the same reasons form a run, so that the reasons are written once.
The number of a run is that of its entry in the list of reasons below the map.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from workloads.daemonsets.manifest.nodes import labels_of, node_name
from workloads.daemonsets.placement import reasons
from workloads.daemonsets.placement.verdicts import Blocker, Coverage, Verdict
from workloads.documents.paths import Json
from workloads.kept import Prepared
from workloads.services.translation import say

NodeState: TypeAlias = Literal[
    "run", "fit", "gain", "lost", "out", "ok", "old", "start", "bad", "miss", "mis"
]

STATE_LABELS: Final[Mapping[NodeState, str | Promise]] = {
    "ok": gettext_lazy("running"),
    "old": gettext_lazy("being updated"),
    "start": gettext_lazy("starting"),
    "bad": gettext_lazy("failing"),
    "miss": gettext_lazy("should run, no pod"),
    "mis": gettext_lazy("has a pod, should not"),
    "run": gettext_lazy("should run"),
    "gain": gettext_lazy("gained"),
    "fit": gettext_lazy("should run, will not start"),
    "lost": gettext_lazy("lost"),
    "out": gettext_lazy("excluded"),
}
"""In the order of the legend. The key is also the CSS class of a cell and the value of `?state=`."""

_GAINED_UNFIT: Final = gettext_lazy("gained, will not start")

STATE_TONES: Final[Mapping[NodeState, str]] = {
    "run": "ok",
    "ok": "ok",
    "old": "busy",
    "start": "busy",
    "bad": "bad",
    "miss": "bad",
    "mis": "warn",
    "fit": "warn",
}
"""The colour of the dot before a state in a table; states without a pod have none."""

RUNNING_STATES: Final = frozenset({"run", "gain", "ok", "old", "fit"})
"""Counted as nodes where the DaemonSet runs, or should run."""

NO_GROUPS: Final = "none"
DENSE: Final = 600
"""With more nodes than this the cells are drawn smaller."""
NAMED: Final = 8
"""At most this many nodes of a reason are named."""

ZONE: Final = "topology.kubernetes.io/zone"
# Where clouds and installers say which pool a node is of, and of what kind it is.
_USUAL: Final[Mapping[str, str | Promise]] = {
    ZONE: gettext_lazy("zone"),
    "failure-domain.beta.kubernetes.io/zone": gettext_lazy("zone (old label)"),
    "topology.kubernetes.io/region": gettext_lazy("region"),
    "karpenter.sh/nodepool": gettext_lazy("node pool"),
    "cloud.google.com/gke-nodepool": gettext_lazy("node pool"),
    "eks.amazonaws.com/nodegroup": gettext_lazy("node pool"),
    "kubernetes.azure.com/agentpool": gettext_lazy("node pool"),
    "node.kubernetes.io/instance-type": gettext_lazy("instance type"),
    "kubernetes.io/arch": gettext_lazy("architecture"),
    "kubernetes.io/os": gettext_lazy("operating system"),
}
_MANY: Final = 40
"""A label with more values than this is no use for grouping."""


@dataclass(frozen=True, slots=True)
class NodeOutcome:
    """What happens to one node, and why.

    reasons: whole sentences, the same for all nodes that share them. exact: the sentences for this node; they
    replace `reasons` where all nodes of a run have the same ones. gained: the node had no pod before.
    """

    state: NodeState
    reasons: tuple[str, ...] = ()
    blockers: tuple[Blocker, ...] = ()
    gained: bool = False
    exact: tuple[str, ...] = field(default=(), compare=False)

    @property
    def label(self) -> str | Promise:
        return STATE_LABELS[self.state]

    @property
    def why(self) -> str:
        """All reasons as one text."""
        return " ".join(self.reasons)

    def matches(self, search: str, *names: str) -> bool:
        """Whether all words of a search are found in these names, the state and the reasons."""
        text = "\n".join((*names, str(self.label), *self.reasons)).lower()
        return all(word in text for word in search.lower().split())


@dataclass(frozen=True, slots=True)
class MapRun:
    """Nodes of one group with the same state and reasons. reason: the number of the `MapReason`."""

    state: NodeState
    reason: int
    nodes: Sequence[str]


@dataclass(frozen=True, slots=True)
class MapGroup:
    """Nodes with one value of the label. title "": all nodes, or those without the label.
    running: how many have a pod, or should have one."""

    number: int
    title: str
    runs: Sequence[MapRun]
    total: int
    running: int

    @property
    def next(self) -> int:
        return self.number + 1


@dataclass(frozen=True, slots=True)
class MapReason:
    """A state and its reasons, with all nodes they apply to. blockers: empty where nothing excludes."""

    number: int
    state: NodeState
    label: str | Promise
    reasons: Sequence[str]
    blockers: Sequence[Blocker]
    nodes: Sequence[str]
    gained: bool = False

    @property
    def named(self) -> Sequence[str]:
        return self.nodes[:NAMED]

    @property
    def more(self) -> int:
        return max(len(self.nodes) - NAMED, 0)


@dataclass(frozen=True, slots=True)
class NodeMap:
    """by: the label that the nodes are grouped by, NO_GROUPS for none. choices: (label, its name for people).
    prefix: of all ids, on a page with several maps."""

    groups: Sequence[MapGroup]
    reasons: Sequence[MapReason]
    legend: Sequence[tuple[NodeState, str | Promise, int]]
    by: str
    choices: Sequence[tuple[str, str]]
    total: int
    prefix: str = ""

    @property
    def dense(self) -> bool:
        return self.total > DENSE

    @property
    def running(self) -> int:
        return sum(group.running for group in self.groups)

    @property
    def gained_unfit(self) -> int:
        return sum(len(reason.nodes) for reason in self.reasons if reason.gained and reason.state == "fit")

    @property
    def excluded(self) -> int:
        """How many groups of nodes are excluded, each for its own reasons."""
        return len({reason.blockers for reason in self.reasons if reason.blockers})

    @property
    def grouped(self) -> bool:
        return self.by != NO_GROUPS


def grouping_labels(nodes: Sequence[Json]) -> list[tuple[str, str]]:
    """The labels that nodes can be grouped by, the usual ones first: (label, its name for people)."""
    values = _LABELS.of(nodes)
    usual = [(key, f"{word} · {key}") for key, word in _USUAL.items() if key in values]
    others = sorted(key for key, found in values.items() if 1 < len(found) <= _MANY and key not in _USUAL)
    return [*usual, *((key, key) for key in others[:20])]


def _labels(nodes: Sequence[Json]) -> Mapping[str, AbstractSet[str]]:
    """Label → its values, _MANY and one at most."""
    values: dict[str, set[str]] = {}
    for node in nodes:
        for key, value in labels_of(node).items():
            found = values.setdefault(key, set())
            if len(found) <= _MANY:
                found.add(value)
    return values


_LABELS: Final = Prepared(_labels, 4)


def grouping_label(asked: str, offered: Sequence[tuple[str, str]]) -> str:
    """The label to group by: the one asked for, else the zone where nodes have one."""
    keys = [key for key, _name in offered]
    if asked in keys or asked == NO_GROUPS:
        return asked
    return ZONE if ZONE in keys else NO_GROUPS


def draw_map(
    nodes: Sequence[Json], outcome_of: Callable[[str], NodeOutcome], asked: str = "", prefix: str = ""
) -> NodeMap:
    """outcome_of: of a node, by its name; it should return the same object for nodes that are alike, which
    makes this fast. asked: the label to group by."""
    offered = grouping_labels(nodes)
    by = grouping_label(asked, offered)
    members: dict[str, dict[int, list[str]]] = {}
    numbers: dict[tuple[Any, ...], int] = {}
    alike: dict[int, tuple[NodeOutcome, list[str]]] = {}
    exact: dict[int, set[tuple[str, ...]]] = {}
    number_of_object: dict[int, int] = {}
    kept: list[NodeOutcome] = []  # so that no id is used twice
    for node in nodes:
        name = node_name(node)
        outcome = outcome_of(name)
        number = number_of_object.get(id(outcome))
        if number is None:
            number = number_of_object[id(outcome)] = numbers.setdefault(
                (outcome.state, outcome.reasons, outcome.blockers, outcome.gained), len(numbers)
            )
            alike.setdefault(number, (outcome, []))
            exact.setdefault(number, set()).add(outcome.exact or outcome.reasons)
            kept.append(outcome)
        alike[number][1].append(name)
        value = labels_of(node).get(by, "") if by != NO_GROUPS else ""
        members.setdefault(value, {}).setdefault(number, []).append(name)
    rank = {state: n for n, state in enumerate(STATE_LABELS)}
    order = sorted(alike, key=lambda number: (rank[alike[number][0].state], -len(alike[number][1])))
    groups = [
        _group(number, title, members[title], order, alike)
        for number, title in enumerate(sorted(members, key=lambda title: (not title, title)), 1)
    ]
    reasons = [
        MapReason(
            number,
            outcome.state,
            _GAINED_UNFIT if outcome.gained and outcome.state == "fit" else STATE_LABELS[outcome.state],
            next(iter(exact[number])) if len(exact[number]) == 1 else outcome.reasons,
            outcome.blockers,
            names,
            outcome.gained,
        )
        for number in order
        for outcome, names in [alike[number]]
    ]
    counts: Counter[NodeState] = Counter()
    for each in reasons:
        counts[each.state] += len(each.nodes)
    legend = [(state, label, counts[state]) for state, label in STATE_LABELS.items() if counts[state]]
    return NodeMap(groups, reasons, legend, by, offered, len(nodes), prefix)


def _group(
    number: int,
    title: str,
    runs: Mapping[int, Sequence[str]],
    order: Iterable[int],
    alike: Mapping[int, tuple[NodeOutcome, list[str]]],
) -> MapGroup:
    listed = [MapRun(alike[reason][0].state, reason, runs[reason]) for reason in order if reason in runs]
    running = sum(len(run.nodes) for run in listed if run.state in RUNNING_STATES)
    return MapGroup(number, title, listed, sum(len(run.nodes) for run in listed), running)


def planned_outcomes(
    found: Coverage,
    *,
    gained: Collection[str] = (),
    lost: Collection[str] = (),
    unstartable: Mapping[str, Sequence[str]] | None = None,
) -> Callable[[str], NodeOutcome]:
    """Node name → what a pod template does to it. gained, lost: as `reach` finds, compared to what is stored.

    unstartable: node → why a pod that should run there will not start, as sentences.
    """
    once: dict[tuple[Any, ...], NodeOutcome] = {}
    gained, lost = frozenset(gained), frozenset(lost)
    unstartable = unstartable or {}

    def outcome_of(name: str) -> NodeOutcome:
        verdict = found[name]
        state: NodeState = "lost" if name in lost else "out"
        if verdict.should_run:
            state = "gain" if name in gained else "run"
        unfit = tuple(unstartable.get(name, ())) if verdict.should_run else ()
        if unfit:
            state = "fit"
        key = (id(verdict), state, name in gained, unfit)
        if key not in once:
            exact = (*unfit, *exclusion_reasons(verdict, of_group=False))
            shared = (*unfit, *exclusion_reasons(verdict))
            once[key] = NodeOutcome(state, shared, verdict.blockers, name in gained, exact)
        return once[key]

    return outcome_of


def exclusion_reasons(verdict: Verdict, *, of_group: bool = True) -> tuple[str, ...]:
    """Why a node is excluded, in the person's language; empty where it is not."""
    return tuple(say(reasons.say(reason, of_group=of_group)) for reason in verdict.blockers)


def placement_remarks(verdict: Verdict) -> list[str]:
    """What is worth knowing of a node although it excludes nothing."""
    others = (reason for reason in verdict.reasons if reason not in verdict.blockers)
    return [say(reasons.say(reason)) for reason in others]
