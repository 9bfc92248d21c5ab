"""One node with all DaemonSets: which of them run there, which should, and why the others do not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from django.utils.functional import Promise

from workloads.daemonsets.manifest.features import Features
from workloads.daemonsets.manifest.places import Place
from workloads.daemonsets.placement.verdicts import Coverage, Inventory, Verdict, coverage, template_of
from workloads.daemonsets.running import absence, presence
from workloads.daemonsets.running.presence import NodePresence
from workloads.documents.paths import JsonObject
from workloads.services.across_projects import MOST_PROJECTS, select_across_projects
from workloads.services.facts import if_readable
from workloads.services.node_map import (
    RUNNING_STATES,
    STATE_LABELS,
    NodeState,
    exclusion_reasons,
    placement_remarks,
)
from workloads.services.running import STATE_OF_PRESENCE, ClusterPods, pod_reasons
from workloads.services.starts import Gap, StoredStarts, stored_starts
from workloads.stores.protocol import DAEMONSET, Store, Stored

_ORDER: Final[Sequence[NodeState]] = ("bad", "miss", "mis", "start", "old", "ok", "fit", "run", "out")
"""Of the table: what needs attention comes first."""


@dataclass(frozen=True, slots=True)
class NodeDaemonSet:
    """One DaemonSet on the node. on_node: None where its pods are not known. unfit: why the pod that should
    run here will not start."""

    stored: Stored
    verdict: Verdict
    on_node: NodePresence | None
    unfit: Sequence[str] = ()

    @property
    def state(self) -> NodeState:
        if self.on_node is not None:
            return STATE_OF_PRESENCE[self.on_node.presence]
        if self.unfit:
            return "fit"
        return "run" if self.verdict.should_run else "out"

    @property
    def pod(self) -> str:
        return self.on_node.pod if self.on_node else ""

    @property
    def whole(self) -> str:
        return self.on_node.scheduler_message if self.on_node else ""

    @property
    def reasons(self) -> Sequence[str]:
        wrong = pod_reasons(self.on_node) if self.on_node else ()
        return [*wrong, *self.unfit, *exclusion_reasons(self.verdict, of_group=False)]

    @property
    def remarks(self) -> Sequence[str]:
        return placement_remarks(self.verdict)

    def matches(self, search: str) -> bool:
        ref, state = self.stored.ref, str(STATE_LABELS[self.state])
        text = "\n".join((ref.name, ref.project, state, self.pod, *self.reasons)).lower()
        return all(word in text for word in search.lower().split())


@dataclass(frozen=True, slots=True)
class NodeDaemonSets:
    """All DaemonSets, those that need attention first. listed: False where none may be read. projects: how
    many projects were read one by one, 0 where all could be read at once. unchecked: what was not
    calculated."""

    rows: Sequence[NodeDaemonSet]
    listed: bool
    projects: int
    unchecked: Sequence[tuple[Gap, str | Promise]] = ()

    @property
    def counts(self) -> Mapping[NodeState, int]:
        return Counter(each.state for each in self.rows)

    @property
    def runs(self) -> int:
        return sum(n for state, n in self.counts.items() if state in RUNNING_STATES)

    @property
    def live(self) -> bool:
        return any(each.on_node for each in self.rows)


def daemonsets_on_node(store: Store, node: Stored) -> NodeDaemonSets:
    projects, items = select_across_projects(store, *DAEMONSET)
    if items is None:
        return NodeDaemonSets((), listed=False, projects=projects)
    features = store.capabilities()
    starts = stored_starts(store, [node.value], items)
    rows = _rows(store, node.value, items, features, starts)
    return NodeDaemonSets(rows, listed=True, projects=projects, unchecked=starts.notes)


def _rows(
    store: Store,
    node: JsonObject,
    items: Sequence[Stored],
    features: Features,
    starts: StoredStarts,
) -> list[NodeDaemonSet]:
    inventory = Inventory([node])
    [name] = inventory.names
    judged = [(each, coverage(template_of(each.value), inventory, features=features)) for each in items]
    pods = _pods_at(store, name, {each.ref.project for each in items})
    held = {project: ClusterPods(store, found) for project, found in pods.items()}

    def pod_of(each: Stored, found: Coverage) -> NodePresence | None:
        project_pods = held.get(each.ref.project)
        return project_pods.on_nodes(each.value, found)[name] if project_pods else None

    rows = [(each, found, pod_of(each, found)) for each, found in judged]
    lacking = {each.ref.project for each, _found, on in rows if on and _may_wait(each.value, on)}
    if lacking:
        # A pod that is not bound yet is made for one node all the same; the scheduler says what it waits for.
        waiting = _pods_at(store, "", lacking)
        held = {
            project: ClusterPods(store, [*pods[project], *waiting.get(project, ())]) for project in lacking
        }
        rows = [
            (each, found, pod_of(each, found) if on and each.ref.project in lacking else on)
            for each, found, on in rows
        ]
    events = _events(store, [each for each, _found, on in rows if on and on.presence == "missing"])

    def explained(each: Stored, on: NodePresence | None) -> NodePresence | None:
        if on is None or on.presence != "missing":
            return on
        project_events = events.get(each.ref.project)
        own_events = None if project_events is None else project_events.get(presence.uid_of(each.value), [])
        return absence.with_causes({name: on}, each.value, [node], own_events, each.updated_at)[name]

    made = [
        NodeDaemonSet(
            each,
            found[name],
            explained(each, on),
            starts.of(each).unfit(found).get(name, ()),
        )
        for each, found, on in rows
    ]
    return sorted(made, key=lambda each: (_ORDER.index(each.state), each.stored.ref))


def _may_wait(value: JsonObject, on: NodePresence) -> bool:
    """Whether a pod that is not bound to a node yet may be made for this one."""
    if on.presence == "excluded":  # the controller counts such a pod as one that should not be there
        return presence.reported_counters(value)["numberMisscheduled"] > 0
    return on.presence == "missing"


def _pods_at(store: Store, node: str, projects: Iterable[str]) -> dict[str, list[JsonObject]]:
    """Project → its pods on a node (`node` "": on none), of those whose pods may be read."""
    return (
        {}
        if not store.capabilities().runs_pods
        else _by_project(projects, lambda project: store.pods(project, node=node))
    )


def _events(store: Store, lacking: Sequence[Stored]) -> dict[str, dict[str, list[JsonObject]]]:
    """Project → uid → what the controller reports about these DaemonSets, if the user can read events. It
    writes few of each (EventCorrelator of client-go: ten in ten minutes become one), so those of many can be
    read."""
    uid = presence.uid_of(lacking[0].value) if len(lacking) == 1 else ""
    kind = DAEMONSET[1]
    found = _by_project(
        {each.ref.project for each in lacking}, lambda project: store.events(project, kind, uid=uid)
    )
    return {project: absence.by_involved_object(events) for project, events in found.items()}


def _by_project(
    projects: Iterable[str], read: Callable[[str], Sequence[JsonObject]]
) -> dict[str, list[JsonObject]]:
    """Project → what `read` finds there, of those where it may; in one request for users who can read all
    projects ("")."""
    projects = sorted(projects)
    everywhere = if_readable(lambda: read("")) if len(projects) > 1 else None
    if everywhere is None:
        parts = {each: if_readable(partial(read, each)) for each in projects[:MOST_PROJECTS]}
        return {project: list(found) for project, found in parts.items() if found is not None}
    by_project: dict[str, list[JsonObject]] = {project: [] for project in projects}
    for each in everywhere:
        by_project.setdefault(Place(each).at("metadata", "namespace").text, []).append(each)
    return by_project
