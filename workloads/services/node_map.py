"""The map of nodes: one cell a node, grouped by a label; what `workloads/coverage/_map.html` draws.

Cells of a group with the same state and the same reasons stand together in a run, so that the reasons are
written once. A run is tied by its number to the entry of the list below the map that tells them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from workloads.daemonsets.manifest.nodes import labels_of, node_name
from workloads.daemonsets.placement import reasons
from workloads.daemonsets.placement.verdicts import Blocker, Coverage, Verdict
from workloads.documents.paths import Json
from workloads.services.translation import say

State: TypeAlias = Literal["run", "fit", "gain", "lost", "out", "ok", "old", "start", "bad", "miss", "mis"]

STATES: Final[Mapping[State, str | Promise]] = {
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
"""In the order of the legend; the key is the class of the cell."""

_GAINED_UNFIT: Final = gettext_lazy("gained, will not start")

TONES: Final[Mapping[State, str]] = {
    "run": "ok",
    "ok": "ok",
    "old": "busy",
    "start": "busy",
    "bad": "bad",
    "miss": "bad",
    "mis": "warn",
    "fit": "warn",
}
"""The dot before a state in a table; none for what is not there."""

NO_GROUPS: Final = "none"
DENSE: Final = 600
"""Of more nodes than this the cells are drawn smaller."""
NAMED: Final = 8
"""So many nodes of a reason are named beside it."""

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
"""A label with more values than this makes no groups worth looking at."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What there is to say of one node. reasons: whole sentences, the same for all nodes they are said of;
    exact: in their place where all these nodes have the same; nodes may differ in it and be alike.
    gained: it had no pod before, whatever its state."""

    state: State
    reasons: tuple[str, ...] = ()
    blockers: tuple[Blocker, ...] = ()
    gained: bool = False
    exact: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Run:
    """Nodes of a group that are alike. why: the number of the reason."""

    state: State
    why: int
    nodes: Sequence[str]


@dataclass(frozen=True, slots=True)
class Group:
    """`title` "": all nodes. running: how many have a pod, or should."""

    number: int
    title: str
    runs: Sequence[Run]
    total: int
    running: int

    @property
    def next(self) -> int:
        return self.number + 1


@dataclass(frozen=True, slots=True)
class Why:
    """A state and its reasons, with all nodes they are said of. blockers: empty where nothing excludes."""

    number: int
    state: State
    label: str | Promise
    reasons: Sequence[str]
    blockers: Sequence[Blocker]
    nodes: Sequence[str]
    gained: bool = False

    @property
    def some(self) -> Sequence[str]:
        return self.nodes[:NAMED]

    @property
    def more(self) -> int:
        return max(len(self.nodes) - NAMED, 0)


@dataclass(frozen=True, slots=True)
class Map:
    """by: the label the groups are made of, NO_GROUPS for none. choices: label → its name for people.
    prefix: of all ids, on a page with several maps."""

    groups: Sequence[Group]
    whys: Sequence[Why]
    legend: Sequence[tuple[State, str | Promise, int]]
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
        return sum(len(why.nodes) for why in self.whys if why.gained and why.state == "fit")

    @property
    def excluded(self) -> int:
        """How many groups of nodes are left out, each for reasons of its own."""
        return len({why.blockers for why in self.whys if why.blockers})

    @property
    def grouped(self) -> bool:
        return self.by != NO_GROUPS


RUNNING: Final = frozenset({"run", "gain", "ok", "old", "fit"})


def choices(nodes: Sequence[Json]) -> list[tuple[str, str]]:
    """The labels that nodes can be grouped by, the usual ones first."""
    values: dict[str, set[str]] = {}
    for node in nodes:
        for key, value in labels_of(node).items():
            found = values.setdefault(key, set())
            if len(found) <= _MANY:
                found.add(value)
    usual = [(key, f"{word} · {key}") for key, word in _USUAL.items() if key in values]
    others = sorted(key for key, found in values.items() if 1 < len(found) <= _MANY and key not in _USUAL)
    return [*usual, *((key, key) for key in others[:20])]


def chosen(asked: str, offered: Sequence[tuple[str, str]]) -> str:
    """The label to group by: the one asked for, else the zone where nodes have one."""
    keys = [key for key, _name in offered]
    if asked in keys or asked == NO_GROUPS:
        return asked
    return ZONE if ZONE in keys else NO_GROUPS


def draw(nodes: Sequence[Json], see: Callable[[str], Seen], asked: str = "", prefix: str = "") -> Map:
    """`see`: what there is to say of a node, by its name; like answers had better be one object."""
    offered = choices(nodes)
    by = chosen(asked, offered)
    members: dict[str, dict[int, list[str]]] = {}
    numbers: dict[tuple[Any, ...], int] = {}
    told: dict[int, tuple[Seen, list[str]]] = {}
    exact: dict[int, set[tuple[str, ...]]] = {}
    of_object: dict[int, int] = {}
    kept: list[Seen] = []  # so that no id is used twice
    for node in nodes:
        name = node_name(node)
        seen = see(name)
        why = of_object.get(id(seen))
        if why is None:
            why = of_object[id(seen)] = numbers.setdefault(
                (seen.state, seen.reasons, seen.blockers, seen.gained), len(numbers)
            )
            told.setdefault(why, (seen, []))
            exact.setdefault(why, set()).add(seen.exact or seen.reasons)
            kept.append(seen)
        told[why][1].append(name)
        place = labels_of(node).get(by, "") if by != NO_GROUPS else ""
        members.setdefault(place, {}).setdefault(why, []).append(name)
    rank = {state: n for n, state in enumerate(STATES)}
    order = sorted(told, key=lambda why: (rank[told[why][0].state], -len(told[why][1])))
    groups = [
        _group(number, title, members[title], order, told)
        for number, title in enumerate(sorted(members, key=lambda title: (not title, title)), 1)
    ]
    whys = [
        Why(
            why,
            seen.state,
            _GAINED_UNFIT if seen.gained and seen.state == "fit" else STATES[seen.state],
            next(iter(exact[why])) if len(exact[why]) == 1 else seen.reasons,
            seen.blockers,
            names,
            seen.gained,
        )
        for why in order
        for seen, names in [told[why]]
    ]
    counts: Counter[State] = Counter()
    for each in whys:
        counts[each.state] += len(each.nodes)
    legend = [(state, word, counts[state]) for state, word in STATES.items() if counts[state]]
    return Map(groups, whys, legend, by, offered, len(nodes), prefix)


def _group(
    number: int,
    title: str,
    runs: Mapping[int, Sequence[str]],
    order: Iterable[int],
    told: Mapping[int, tuple[Seen, list[str]]],
) -> Group:
    listed = [Run(told[why][0].state, why, runs[why]) for why in order if why in runs]
    running = sum(len(run.nodes) for run in listed if run.state in RUNNING)
    return Group(number, title, listed, sum(len(run.nodes) for run in listed), running)


def of_coverage(
    found: Coverage,
    *,
    gained: Collection[str] = (),
    lost: Collection[str] = (),
    misfits: Mapping[str, Sequence[str]] | None = None,
) -> Callable[[str], Seen]:
    """What a template does to each node. gained, lost: as `reach` says, against what is stored.

    misfits: node → why a pod that should run there would not start, as sentences.
    """
    once: dict[tuple[Any, ...], Seen] = {}
    gained, lost = frozenset(gained), frozenset(lost)
    misfits = misfits or {}

    def see(name: str) -> Seen:
        verdict = found[name]
        state: State = "lost" if name in lost else "out"
        if verdict.should_run:
            state = "gain" if name in gained else "run"
        short = tuple(misfits.get(name, ())) if verdict.should_run else ()
        if short:
            state = "fit"
        key = (id(verdict), state, name in gained, short)
        if key not in once:
            exact = (*short, *sentences(verdict, of_group=False))
            once[key] = Seen(state, (*short, *sentences(verdict)), verdict.blockers, name in gained, exact)
        return once[key]

    return see


def sentences(verdict: Verdict, *, of_group: bool = True) -> tuple[str, ...]:
    """Why a node is left out, in the person's language; empty where it is not."""
    return tuple(say(reasons.say(reason, of_group=of_group)) for reason in verdict.blockers)


def remarks(verdict: Verdict) -> list[str]:
    """What is worth knowing of a node although it excludes nothing."""
    others = (reason for reason in verdict.reasons if reason not in verdict.blockers)
    return [say(reasons.say(reason)) for reason in others]
