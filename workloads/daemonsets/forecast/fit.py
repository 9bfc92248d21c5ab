"""Whether a pod that the controller creates starts: whether it is admitted, and whether it is scheduled.

This is separate from the controller's verdict, which considers none of it. It is about the present state of
the nodes. Where the scheduler may evict pods of lower priority to make room, the problem is not certain.

Source: checkType in pkg/volume/hostpath/host_path.go; the others are in `refused`, `waiting`, `scheduled`,
`affinity` and `kubelet`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from workloads.daemonsets.forecast.affinity import (
    apart_by_label,
    apart_from_each_other,
    apart_from_others,
    beside_others,
    spread,
    unknown_pods,
)
from workloads.daemonsets.forecast.kubelet import depends_on_nodes, refused_by_nodes
from workloads.daemonsets.forecast.problem import AT_ADMISSION, Problem
from workloads.daemonsets.forecast.refused import forbidden, level_in_force, no_account, refusals
from workloads.daemonsets.forecast.room import Consumer, Key, Room, consumer_of, lacking, used_by_others
from workloads.daemonsets.forecast.scheduled import (
    claims_of_one_node,
    lack_of_room,
    runtime_class,
    taken_ports,
)
from workloads.daemonsets.forecast.waiting import keeps_all_waiting, not_examined
from workloads.daemonsets.manifest.features import OLDEST, Features
from workloads.daemonsets.manifest.outline import VOLUMES
from workloads.daemonsets.manifest.places import Place
from workloads.daemonsets.manifest.resources import add
from workloads.daemonsets.manifest.sentences import Sentence
from workloads.daemonsets.placement.verdicts import coverage, template_of
from workloads.daemonsets.project import admission
from workloads.daemonsets.project.admission import NO_CLASSES, Classes
from workloads.daemonsets.project.devices import NO_DEVICES, Devices
from workloads.daemonsets.project.facts import NOTHING_KNOWN, ProjectFacts, identity
from workloads.daemonsets.project.limit_ranges import LimitRanges
from workloads.daemonsets.project.pod_security import Level, enforced_level, pinned_version, strictest_level
from workloads.documents.paths import Json


@dataclass(frozen=True, slots=True)
class HostPath:
    """A path that must exist on a node before kubelet starts the pod. kind: the type of the hostPath
    volume."""

    path: str
    kind: str


@dataclass(frozen=True)
class Fit:
    """problems: first those of all pods, then those of single nodes, most nodes first.

    unknown: nodes that should run a pod but do not report their allocatable resources. level: the Pod
    Security level that the namespace enforces and that the problems are about. pinned: the version of the
    standards that the namespace requires, "" for the newest that the server knows. sufficient: the strictest
    level that admits the pods, as far as the enforced one was checked. wanted: on how many nodes the
    controller wants a pod. must_exist: what kubelet requires on each of these nodes; the console cannot check
    it.
    """

    problems: tuple[Problem, ...]
    unknown: tuple[str, ...]
    level: Level
    pinned: str = ""
    sufficient: Level = "restricted"
    wanted: int = 0
    unenforced_level: Level = "privileged"
    """The level that the namespace requires if the server does not support Pod Security and enforces none."""
    must_exist: tuple[HostPath, ...] = ()
    not_examined: tuple[Sentence, ...] = ()
    """What may keep pods from starting and is not known here."""

    @property
    def silent(self) -> bool:
        """Whether there is nothing to report: all pods start, as far as is known, and no level is
        enforced."""
        asked = {self.level, self.unenforced_level} != {"privileged"}
        return not (self.problems or self.unknown or self.must_exist or self.not_examined or asked)

    @property
    def refused(self) -> tuple[Problem, ...]:
        """The problems because of which the API server admits no pod at all, on any node."""
        return tuple(problem for problem in self.problems if problem.kind in AT_ADMISSION)

    @property
    def nowhere(self) -> bool:
        """Whether the pods start on none of the nodes that should run one."""
        return bool(self.refused) or (self.wanted > 0 and not self.most)

    @property
    def most(self) -> int:
        """How many pods start at most; `wanted` where nothing is known to prevent it."""
        if self.refused:
            return 0
        limits = [problem.most for problem in self._certain if problem.most is not None]
        return min([self.wanted - len(self.unfit_nodes), *limits])

    @property
    def unplaced(self) -> tuple[Problem, ...]:
        """The problems with scheduler and kubelet that keep created pods waiting."""
        return tuple(problem for problem in self.problems if problem.kind not in AT_ADMISSION)

    def on(self, node: str) -> list[Sentence]:
        """The problems on this one node, without those of all pods."""
        return [problem.on_node[node] for problem in self._certain if node in problem.on_node]

    @cached_property
    def unfit_nodes(self) -> frozenset[str]:
        """The nodes that should run a pod which will not start."""
        return frozenset(node for problem in self._certain for node in problem.on_node)

    @cached_property
    def _certain(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.certain)

    @property
    def hindered(self) -> bool:
        """Whether some pods certainly do not start."""
        return bool(self._certain)


def fit(
    daemonset: Json,
    room: Room,
    facts: ProjectFacts = NOTHING_KNOWN,
    *,
    namespace: Json = None,
    devices: Devices = NO_DEVICES,
) -> Fit:
    """Whether the pods of a DaemonSet will start where they should run.

    The DaemonSet's own pods (same namespace and name) do not count as usage: they are replaced. A node where
    one of them runs with the same requests and ports has room.
    facts: of its project. namespace: the Namespace object, for its Pod Security level, and for the name if
    the DaemonSet has none.
    """
    features, classes, limits = facts.features, facts.classes, facts.limits
    template = template_of(daemonset)
    nodes = coverage(template, room.inventory, features=features).should_run
    project, name = identity(Place(daemonset).mapping)
    own = (project or identity(Place(namespace).mapping)[1], name)
    asked, level = enforced_level(namespace), level_in_force(namespace, features)
    admitted = template_of(admission.completed(daemonset, classes))
    wanted = consumer_of(own, own[0], own[1], admitted, limits, features)
    may_evict = bool(Place(admitted).at("spec", "priorityClassName").text)
    found: list[Problem | Sentence] = [
        *runtime_class(daemonset, classes, nodes, room),
        *lack_of_room(wanted, nodes, room, devices, may_evict=may_evict),
        *taken_ports(wanted, daemonset, nodes, room, may_evict=may_evict),
        *refused_by_nodes(daemonset, nodes, room, facts),
    ]
    if not Place(template).at("spec", "nodeName").text:  # else no scheduler sees the pods
        found += apart_from_others(wanted, nodes, room, may_evict=may_evict)
        found += beside_others(wanted, nodes, room)
        found += spread(daemonset, nodes, room)
        found += unknown_pods(wanted, room)
    on_nodes = [each for each in found if isinstance(each, Problem)]
    everywhere = list(keeps_all_waiting(daemonset, nodes, facts, devices))
    unfit = {node for each in (*everywhere, *on_nodes) if each.certain for node in each.on_node}
    startable = [node for node in nodes if node not in unfit]
    return Fit(
        (
            *refusals(daemonset, limits, classes, namespace, features),
            *no_account(daemonset, facts),
            *everywhere,
            *claims_of_one_node(wanted, daemonset, facts, nodes, room),
            *apart_from_each_other(wanted, startable or nodes, room),
            *sorted(on_nodes, key=lambda problem: -len(problem.on_node)),
        ),
        tuple(node for node in nodes if room.allocatable(node) is None),
        level,
        pinned_version(namespace),
        strictest_level(forbidden(template, namespace, features)),
        len(nodes),
        "privileged" if features.pod_security else asked,
        tuple(_must_exist(Place(daemonset))),
        (
            *(each for each in found if isinstance(each, Sentence)),
            *not_examined(daemonset, facts, devices),
            *depends_on_nodes(daemonset),
        ),
    )


def nodes_without_surge_room(
    old: Json,
    new: Json,
    room: Room,
    *,
    limit_ranges: LimitRanges = (),
    classes: Classes = NO_CLASSES,
    features: Features = OLDEST,
) -> frozenset[str]:
    """The nodes without room for a new pod next to the old one, which keeps running during a surge.

    old, new: versions of one DaemonSet. Nodes that do not report allocatable resources are not included,
    unless the pods repel each other.
    """
    own = identity(Place(old).mapping)

    def consumer(daemonset: Json) -> Consumer:
        template = template_of(admission.completed(daemonset, classes))
        return consumer_of(own, own[0], own[1], template, limit_ranges, features)

    held, wanted = consumer(old), consumer(new)
    runs = set(coverage(template_of(old), room.inventory, features=features).should_run)
    stays = coverage(template_of(new), room.inventory, features=features).should_run
    known: dict[tuple[Key, int], bool] = {}
    found = set(apart_by_label(held, wanted, [node for node in stays if node in runs], room))
    for node, number, key in room.placed(node for node in stays if node in runs):
        has = room.allocatable_of[number]
        if has is None:
            continue
        signature = (key, id(has))
        if signature not in known:
            in_use = used_by_others(wanted, key, room)
            add(in_use, held.requests)
            known[signature] = any(True for _each in lacking(wanted, has, in_use, room.planned))
        if known[signature]:
            found.add(node)
    return frozenset(found)


_NOT_REQUIRED: Final = ("", "DirectoryOrCreate", "FileOrCreate")
"""Types of hostPath that need not exist: kubelet checks nothing, or creates what is missing."""


def _must_exist(daemonset: Place) -> Iterator[HostPath]:
    for volume in daemonset.at(*VOLUMES):
        host = volume["hostPath"]
        if host["path"].text and host["type"].text not in _NOT_REQUIRED:
            yield HostPath(host["path"].text, host["type"].text)
