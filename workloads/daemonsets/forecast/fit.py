"""Whether a pod that the controller creates starts: whether it is admitted, and whether it is scheduled.

This is separate from the controller's verdict, which considers none of it. It is about the present state of
the nodes. Where the scheduler may evict pods of lower priority to make room, the problem is not certain.

Sources: pkg/scheduler/framework/plugins (noderesources, nodeports, nodeaffinity), HostPortInfo in
pkg/scheduler/framework/types.go, checkType in pkg/volume/hostpath/host_path.go,
https://kubernetes.io/docs/concepts/storage/persistent-volumes/#access-modes.
"""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from typing import Final, Literal, TypeAlias

from workloads.daemonsets.forecast import demand
from workloads.daemonsets.manifest import quantity
from workloads.daemonsets.manifest.features import OLDEST, Features
from workloads.daemonsets.manifest.findings import Step, step_of
from workloads.daemonsets.manifest.findings import gettext_noop as _
from workloads.daemonsets.manifest.outline import POD, RUNTIME_CLASS, VOLUMES
from workloads.daemonsets.manifest.places import Place, without_nulls
from workloads.daemonsets.manifest.resources import Amounts, add, amounts, is_native
from workloads.daemonsets.manifest.sentences import Sentence
from workloads.daemonsets.placement.verdicts import Inventory, coverage, template_of
from workloads.daemonsets.project import admission
from workloads.daemonsets.project.admission import NO_CLASSES, Classes
from workloads.daemonsets.project.claims import ACCESS_MODES_PAGE, one_node_modes
from workloads.daemonsets.project.facts import identity
from workloads.daemonsets.project.limit_ranges import CITE as LIMITRANGER
from workloads.daemonsets.project.limit_ranges import breaches
from workloads.daemonsets.project.neighbours import HostPort, clash, host_ports
from workloads.daemonsets.project.pod_security import (
    CITE,
    Level,
    Violation,
    enforced_level,
    pinned_version,
    strictest_level,
    version_in_force,
    violations,
)
from workloads.daemonsets.running.presence import HASH, is_finished
from workloads.documents.paths import Json, Path

Kind: TypeAlias = Literal[
    "pod-security", "limit-range", "class", "account", "claim", "runtime-class", "room", "host-port"
]

_AT_ADMISSION: Final = frozenset({"pod-security", "limit-range", "class", "account"})
_ZERO: Final = Decimal(0)
_NAMED: Final = 3
_REQUESTS: Final = "https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/"


@dataclass(frozen=True, slots=True)
class Problem:
    """Why pods will not start although the controller wants them.

    resource: for "room" the resource (`cpu`, `pods`, `nvidia.com/gpu`), for "host-port" the port (`TCP
    9100`), for "claim", "account" and "runtime-class" its name, for "pod-security" the control; "" for
    "limit-range" and for "class", the RuntimeClass or PriorityClass that the template names. say: the problem
    in general. on_node: node → the problem on that node; empty if it is not about certain nodes: admission
    refuses every pod, a claim for one node all pods but one. path: the field that causes it, from the
    DaemonSet's root. cite: the source of the rule. certain: false if the scheduler may make room by evicting
    pods of lower priority.
    """

    kind: Kind
    resource: str
    say: Sentence
    path: Path
    cite: str
    on_node: Mapping[str, Sentence] = field(default_factory=dict)
    certain: bool = True

    @property
    def nodes(self) -> tuple[str, ...]:
        return tuple(self.on_node)

    @property
    def step(self) -> Step:
        return step_of(self.path)


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

    @property
    def silent(self) -> bool:
        """Whether there is nothing to report: all pods start, as far as is known, and no level is
        enforced."""
        asked = {self.level, self.unenforced_level} != {"privileged"}
        return not (self.problems or self.unknown or self.must_exist or asked)

    @property
    def refused(self) -> tuple[Problem, ...]:
        """The problems because of which the API server admits no pod at all, on any node."""
        return tuple(problem for problem in self.problems if problem.kind in _AT_ADMISSION)

    @property
    def nowhere(self) -> bool:
        """Whether the pods start on none of the nodes that should run one."""
        return bool(self.refused) or 0 < self.wanted == len(self.unfit_nodes)

    @property
    def unplaced(self) -> tuple[Problem, ...]:
        """The problems with scheduler and kubelet that keep created pods waiting."""
        return tuple(problem for problem in self.problems if problem.kind not in _AT_ADMISSION)

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


@dataclass(frozen=True, slots=True)
class _Consumer:
    """What one pod uses of a node. daemonset: (namespace, name) of its DaemonSet. label: its name in
    sentences. bound: whether it is bound to the node; else its DaemonSet only plans it."""

    daemonset: tuple[str, str] | None
    label: str
    requests: Amounts
    ports: tuple[HostPort, ...]
    claims: frozenset[tuple[str, str]]
    bound: bool = False


_Key: TypeAlias = tuple[int, ...]


class Room:
    """The resources of the nodes and what uses them, prepared once for any number of DaemonSets.

    nodes: whole Node objects (`status.allocatable`); of nodes with the same name the last one counts.
    """

    def __init__(self, nodes: Iterable[Json]) -> None:
        by_name = {Place(node).at("metadata", "name").text: node for node in nodes}
        self.inventory: Final = Inventory(by_name.values())
        self._number: Final = {name: number for number, name in enumerate(by_name)}
        self._allocatable: Final = _allocatable(by_name.values())
        self._consumers: list[_Consumer] = []
        # For each node the numbers of its consumers; nodes with the same consumers are calculated once.
        self._on: list[_Key] = [()] * len(by_name)
        self._totals: dict[_Key, Amounts] = {}
        self.planned = False
        """Whether all usage is only planned by DaemonSets: no pod is bound."""

    def with_daemonsets(
        self,
        daemonsets: Iterable[Json],
        limit_ranges: Mapping[str, Sequence[Json]] | None = None,
        *,
        classes: Classes = NO_CLASSES,
        namespaces: Mapping[str, Json] | None = None,
        features: Features = OLDEST,
    ) -> Room:
        """This room with the pods that these DaemonSets plan where they should run: all that is known
        offline.

        Pods that admission refuses, or that are larger than the node, use nothing.
        limit_ranges: namespace → its LimitRanges. namespaces: name → Namespace object.
        """
        added: list[tuple[_Consumer, list[int]]] = []
        # Many templates are alike in placement.
        alike: dict[str, list[int]] = {}
        for daemonset in daemonsets:
            namespace, name = identity(daemonset)
            given = (limit_ranges or {}).get(namespace, ())
            project = (namespaces or {}).get(namespace)
            if any(True for _each in _refusals(daemonset, given, classes, project, features)):
                continue
            template = template_of(admission.completed(daemonset, classes))
            label = f"{namespace}/{name}" if namespace else name
            consumer = _consumer((namespace, name), namespace, label, template, given)
            key = _scheduling(template)
            if key not in alike:
                runs = coverage(template, self.inventory, features=features).should_run
                alike[key] = [self._number[node] for node in runs]
            added.append((consumer, self._large_enough(consumer, alike[key])))
        room = self._with(added)
        room.planned = not any(each.bound for each in room._consumers)
        return room

    def _large_enough(self, consumer: _Consumer, nodes: list[int]) -> list[int]:
        """The nodes that are large enough for it if nothing else ran there."""
        # Allocatable amounts that are alike are one object.
        sizes = {id(has): has for number in nodes if (has := self._allocatable[number]) is not None}
        small = {
            size for size, has in sizes.items() if any(True for _each in _lacking(consumer, has, {}, True))
        }
        return [number for number in nodes if id(self._allocatable[number]) not in small] if small else nodes

    def with_pods(self, pods: Iterable[Json]) -> Room:
        """This room with these pods of a cluster: those that are bound to a node and have not ended."""
        added: list[tuple[_Consumer, list[int]]] = []
        known: dict[Hashable, list[int]] = {}
        for pod in pods:
            place = Place(pod)
            number = self._number.get(place.at("spec", "nodeName").text)
            if number is None or is_finished(place):
                continue
            key = _revision(place)
            on = None if key is None else known.get(key)
            if on is None:
                namespace, name = identity(pod)
                if key is not None:  # it represents all pods of its owner
                    name = next(iter(place.at("metadata", "ownerReferences")))["name"].text
                template = {"spec": place["spec"].value}
                consumer = _consumer(_daemonset_of(place), namespace, f"{namespace}/{name}", template)
                added.append((replace(consumer, bound=True), on := []))
                if key is not None:
                    known[key] = on
            on.append(number)
        return self._with(added)

    def _with(self, added: Iterable[tuple[_Consumer, Iterable[int]]]) -> Room:
        """This room with more consumers, each on the nodes with these numbers, which may repeat."""
        room = copy.copy(self)
        room._consumers = list(self._consumers)
        on = [list(key) for key in self._on]
        for consumer, nodes in added:
            number = len(room._consumers)
            room._consumers.append(consumer)
            for node in nodes:
                on[node].append(number)
        room._on = [tuple(numbers) for numbers in on]
        room._totals = {}
        return room

    def requested(self, node: str) -> Amounts:
        """The sum of requests on a node: `cpu`, `memory`, `pods`, …"""
        return self._requested(self._on[self._number[node]])

    def allocatable(self, node: str) -> Amounts | None:
        """The allocatable resources of the node; None if it does not report them."""
        return self._allocatable[self._number[node]]

    def _requested(self, key: _Key) -> Amounts:
        if key not in self._totals:
            total: Amounts = {}
            for number in key:
                for name, value in self._consumers[number].requests.items():
                    total[name] = total.get(name, _ZERO) + value
            self._totals[key] = total
        return self._totals[key]

    def _placed(self, nodes: Iterable[str]) -> Iterator[tuple[str, int, _Key]]:
        for node in nodes:
            number = self._number[node]
            yield node, number, self._on[number]

    def _those(self, key: _Key) -> Iterator[_Consumer]:
        return map(self._consumers.__getitem__, key)


def fit(
    daemonset: Json,
    room: Room,
    *,
    limit_ranges: Sequence[Json] = (),
    claims: Mapping[str, Json] | None = None,
    classes: Classes = NO_CLASSES,
    accounts: AbstractSet[str] | None = None,
    namespace: Json = None,
    features: Features = OLDEST,
) -> Fit:
    """Whether the pods of a DaemonSet will start where they should run.

    The DaemonSet's own pods (same namespace and name) do not count as usage: they are replaced. A node where
    one of them runs with the same requests and ports has room.
    claims: name → PersistentVolumeClaim of its project, None if unknown. namespace: the Namespace object, for
    its Pod Security level, and for the name if the DaemonSet has none. accounts: names of the ServiceAccounts
    of its project, None if not all are known.
    """
    template = template_of(daemonset)
    nodes = coverage(template, room.inventory, features=features).should_run
    project, name = identity(Place(daemonset).mapping)
    own = (project or identity(Place(namespace).mapping)[1], name)
    asked, level = enforced_level(namespace), _level(namespace, features)
    forbidden = _forbidden(template, namespace, features)
    admitted = template_of(admission.completed(daemonset, classes))
    wanted = _consumer(own, own[0], own[1], admitted, limit_ranges)
    on_nodes = [
        *_runtime(daemonset, classes, nodes, room),
        *_room(wanted, admitted, nodes, room),
        *_ports(wanted, daemonset, nodes, room),
    ]
    return Fit(
        (
            *_refusals(daemonset, limit_ranges, classes, namespace, features),
            *_account(daemonset, accounts),
            *_claims(wanted, daemonset, claims or {}, nodes, room),
            *sorted(on_nodes, key=lambda problem: -len(problem.on_node)),
        ),
        tuple(node for node in nodes if room.allocatable(node) is None),
        level,
        pinned_version(namespace),
        strictest_level(forbidden),
        len(nodes),
        "privileged" if features.pod_security else asked,
        tuple(_must_exist(Place(daemonset))),
    )


def nodes_without_surge_room(
    old: Json,
    new: Json,
    room: Room,
    *,
    limit_ranges: Sequence[Json] = (),
    classes: Classes = NO_CLASSES,
    features: Features = OLDEST,
) -> frozenset[str]:
    """The nodes without room for a new pod next to the old one, which keeps running during a surge.

    old, new: versions of one DaemonSet. Nodes that do not report allocatable resources are not included.
    """
    own = identity(Place(old).mapping)

    def consumer(daemonset: Json) -> _Consumer:
        template = template_of(admission.completed(daemonset, classes))
        return _consumer(own, own[0], own[1], template, limit_ranges)

    held, wanted = consumer(old), consumer(new)
    runs = set(coverage(template_of(old), room.inventory, features=features).should_run)
    stays = coverage(template_of(new), room.inventory, features=features).should_run
    known: dict[tuple[_Key, int], bool] = {}
    found = set()
    for node, number, key in room._placed(node for node in stays if node in runs):
        has = room._allocatable[number]
        if has is None:
            continue
        signature = (key, id(has))
        if signature not in known:
            in_use = _used_by_others(wanted, key, room)
            add(in_use, held.requests)
            known[signature] = any(True for _each in _lacking(wanted, has, in_use, room.planned))
        if known[signature]:
            found.add(node)
    return frozenset(found)


# --- what a pod uses ---


def _consumer(
    daemonset: tuple[str, str] | None,
    namespace: str,
    label: str,
    template: Json,
    limit_ranges: Sequence[Json] = (),
) -> _Consumer:
    asked = demand.per_pod(template, limit_ranges)
    requests = {
        key.removeprefix("requests."): value for key, value in asked.items() if key.startswith("requests.")
    }
    pod = Place(without_nulls(template))["spec"]
    claims = (volume.at("persistentVolumeClaim", "claimName").text for volume in pod["volumes"])
    return _Consumer(
        daemonset,
        label,
        {**requests, "pods": Decimal(1)},
        tuple(port for _at, port in host_ports(Place({"spec": {"template": template}}))),
        frozenset((namespace, claim) for claim in claims if claim),
    )


def _daemonset_of(pod: Place) -> tuple[str, str] | None:
    for owner in pod.at("metadata", "ownerReferences"):
        if owner["kind"].text == "DaemonSet" and owner["controller"].is_true:
            return pod.at("metadata", "namespace").text, owner["name"].text
    return None


def _scheduling(template: Json) -> str:
    """The parts of a template that placement reads."""
    spec = Place(template)["spec"]
    return repr(
        [
            spec[field].value
            for field in ("nodeName", "nodeSelector", "affinity", "tolerations", "hostNetwork")
        ]
    )


def _revision(pod: Place) -> Hashable:
    """A key that pods of the same template share; None if they have none."""
    labels = pod.at("metadata", "labels").mapping
    revision = labels.get(HASH) or labels.get("pod-template-hash")
    owner = next((one["uid"].text for one in pod.at("metadata", "ownerReferences")), "")
    return (owner, revision) if owner and isinstance(revision, str) else None


def _allocatable(nodes: Iterable[Json]) -> list[Amounts | None]:
    known: dict[Hashable, Amounts] = {}
    found: list[Amounts | None] = []
    for node in nodes:
        at = Place(node).at("status", "allocatable")
        if not at.mapping:
            found.append(None)
            continue
        key = tuple((name, str(value)) for name, value in at.mapping.items())
        if key not in known:
            known[key] = amounts(at)
        found.append(known[key])
    return found


# --- the problems ---


def _room(wanted: _Consumer, template: Json, nodes: Sequence[str], room: Room) -> Iterator[Problem]:
    """NodeResourcesFit: requests must be free, whatever is really used."""
    most: dict[tuple[str, bool], Decimal] = {}
    short: defaultdict[tuple[str, bool], dict[str, Sentence]] = defaultdict(dict)
    calculated: dict[tuple[_Key, int], dict[str, tuple[Decimal, Sentence]]] = {}
    may_evict = bool(Place(template).at("spec", "priorityClassName").text)
    for node, number, key in room._placed(nodes):
        has = room._allocatable[number]
        if has is None:
            continue
        # Allocatable amounts that are alike are one object.
        signature = (key, id(has))
        if signature not in calculated:
            lacking = _lacking(wanted, has, _used_by_others(wanted, key, room), room.planned)
            held = [own.requests for own in _own_pods(wanted, key, room)]
            calculated[signature] = {
                name: found
                for name, found in lacking
                if not any(each.get(name, _ZERO) >= wanted.requests[name] for each in held)
            }
        for name, (free, say) in calculated[signature].items():
            # The scheduler makes room for a pod of higher priority, but not beyond the size of the node.
            which = name, may_evict and has.get(name, _ZERO) >= wanted.requests[name]
            short[which][node] = say
            most[which] = max(most.get(which, free), free)
    for (name, doubtful), on_node in short.items():
        params = {**_shown(name, wanted.requests[name], most[name, doubtful]), "resource": name}
        say = _no_room(name, params, may_evict=doubtful, planned=room.planned)
        yield Problem("room", name, say, (*POD, "containers"), _REQUESTS, on_node, certain=not doubtful)


def _no_room(name: str, params: Mapping[str, str], *, may_evict: bool, planned: bool) -> Sentence:
    """One sentence for all nodes that lack the resource."""
    if name == "pods":
        if may_evict:
            template = _("Too many pods: the nodes are full. Pods of lower priority may be evicted.")
            return Sentence(template, code="too-many-pods-evicts")
        if planned:
            template = _("Too many pods: other DaemonSets need all pods that the nodes can run.")
            return Sentence(template, code="too-many-pods-planned")
        return Sentence(_("Too many pods: the nodes are full."), code="too-many-pods")
    if may_evict:
        template = _(
            "Not enough %(resource)s: a pod requests %(needed)s, and at most %(free)s is free. Pods of lower "
            "priority may be evicted."
        )
        return Sentence(template, params, "no-room-evicts")
    template = _("Not enough %(resource)s: a pod requests %(needed)s, and at most %(free)s is free.")
    return Sentence(template, params, "no-room")


def _used_by_others(wanted: _Consumer, key: _Key, room: Room) -> Amounts:
    """What others use on a node: everything but the DaemonSet's own pods."""
    in_use = dict(room._requested(key))
    for consumer in room._those(key):
        if consumer.daemonset == wanted.daemonset:
            for name, value in consumer.requests.items():
                in_use[name] -= value
    return in_use


def _own_pods(wanted: _Consumer, key: _Key, room: Room) -> Iterator[_Consumer]:
    """The DaemonSet's own pods on a node."""
    return (each for each in room._those(key) if each.bound and each.daemonset == wanted.daemonset)


def _lacking(
    wanted: _Consumer, has: Amounts, in_use: Amounts, planned: bool
) -> Iterator[tuple[str, tuple[Decimal, Sentence]]]:
    """The resources that a node lacks: (name, (free amount, sentence)). planned: whether `in_use` is only
    planned by other DaemonSets."""
    for name, needed in wanted.requests.items():
        if not needed:
            continue
        if name not in has and is_native(name) and not name.startswith("hugepages-"):
            continue  # a node that was typed in need not list everything
        allocatable = has.get(name, _ZERO)
        free = max(allocatable - in_use.get(name, _ZERO), _ZERO)
        if needed <= free:
            continue
        params = {**_shown(name, needed, free), "resource": name}
        if name not in has:
            say = Sentence(_("The node has no %(resource)s."), params, "node-without-resource")
        elif name == "pods":
            params["most"] = quantity.show(allocatable, "count")
            if planned:
                template = _(
                    "Too many pods: the node can run %(most)s, and other DaemonSets need all of them."
                )
                say = Sentence(template, params, "node-too-many-pods-planned")
            else:
                template = _("Too many pods: the node can run %(most)s.")
                say = Sentence(template, params, "node-too-many-pods")
        elif needed > allocatable:
            params["has"] = quantity.show(allocatable, quantity.style_of(name))
            template = _("A pod requests %(needed)s of %(resource)s, and the node has %(has)s in total.")
            say = Sentence(template, params, "node-too-small")
        elif planned:
            template = _("A pod requests %(needed)s of %(resource)s, and other DaemonSets leave %(free)s.")
            say = Sentence(template, params, "node-no-room-planned")
        else:
            template = _("A pod requests %(needed)s of %(resource)s, and %(free)s is free.")
            say = Sentence(template, params, "node-no-room")
        yield name, (free, say)


def _shown(name: str, needed: Decimal, free: Decimal) -> dict[str, str]:
    style = quantity.style_of(name)
    return {"needed": quantity.show(needed, style), "free": quantity.show(free, style)}


def _runtime(daemonset: Json, classes: Classes, nodes: Sequence[str], room: Room) -> Iterator[Problem]:
    """The scheduler applies the node selector of the RuntimeClass, too; the controller ignores it."""
    pod = Place(daemonset).at(*POD)
    selector = [(k, v.text) for k, v in classes.runtime_of(pod).at("scheduling", "nodeSelector").entries]
    if not selector:
        return
    name = pod["runtimeClassName"].text
    pairs = ", ".join(f"{key}={value}" for key, value in selector)
    template = _("The RuntimeClass %(name)s runs only on nodes with %(pairs)s.")
    say = Sentence(template, {"name": name, "pairs": pairs}, "runtime-class-other-nodes")
    columns = zip(*(room.inventory.column(key) for key, _value in selector), strict=True)
    having = dict(zip(room.inventory.names, columns, strict=True))
    wanted = tuple(value for _key, value in selector)
    off = {node: say for node in nodes if having[node] != wanted}
    if off:
        yield Problem("runtime-class", name, say, RUNTIME_CLASS, admission.RUNTIME_CITE, off)


def _ports(wanted: _Consumer, daemonset: Json, nodes: Sequence[str], room: Room) -> Iterator[Problem]:
    for at, port in host_ports(Place(daemonset)):
        clashing = {
            number
            for number, other in enumerate(room._consumers)
            if other.daemonset != wanted.daemonset and any(clash(port, theirs) for theirs in other.ports)
        }
        shown = f"{port[0]} {port[2]}"
        on_node: dict[str, Sentence] = {}
        holders: set[int] = set()
        known: dict[frozenset[int], Sentence] = {}
        for node, _number, key in room._placed(nodes) if clashing else ():
            users = clashing.intersection(key)
            if not users or any(port in own.ports for own in _own_pods(wanted, key, room)):
                continue
            holders |= users
            on_node[node] = known.setdefault(
                frozenset(users), _port_used(shown, map(room._consumers.__getitem__, users))
            )
        if on_node:
            say = _port_used(shown, map(room._consumers.__getitem__, holders))
            yield Problem("host-port", shown, say, at.path, "pkg/scheduler/framework/types.go", on_node)


def _port_used(port: str, users: Iterable[_Consumer]) -> Sentence:
    """users: pods that use the port now, or else DaemonSets that plan to."""
    found = list(users)
    labels = sorted({each.label for each in found})
    more = max(len(labels) - _NAMED, 0)
    params = {"port": port, "other": ", ".join(labels[:_NAMED]), "more": more}
    if any(each.bound for each in found):
        if more:
            template = _("Host port %(port)s is in use by %(other)s and %(more)d more.")
        else:
            template = _("Host port %(port)s is in use by %(other)s.")
        return Sentence(template, params, "host-port-used")
    if more:
        template = _("Host port %(port)s is also needed by %(other)s and %(more)d more.")
    else:
        template = _("Host port %(port)s is also needed by %(other)s.")
    return Sentence(template, params, "host-port-planned")


def _claims(
    wanted: _Consumer, daemonset: Json, claims: Mapping[str, Json], nodes: Sequence[str], room: Room
) -> Iterator[Problem]:
    for volume in Place(daemonset).at(*POD)["volumes"]:
        at = volume.at("persistentVolumeClaim", "claimName")
        modes = one_node_modes(claims.get(at.text))
        if not modes:
            continue
        claim = (_namespace(wanted), at.text)
        users = {
            number
            for number, other in enumerate(room._consumers)
            if other.daemonset != wanted.daemonset and claim in other.claims
        }
        used_on = {
            node for node, _number, key in room._placed(room.inventory.names) if users.intersection(key)
        }
        everywhere = used_on | set(nodes)
        params = {"name": at.text, "modes": ", ".join(modes), "count": len(everywhere)}
        if modes == ["ReadWriteOncePod"] and nodes and (len(nodes) > 1 or users):
            template = _("Only one pod can use the claim %(name)s (%(modes)s): the others will wait for it.")
            say = Sentence(template, params, "claim-one-pod")
        elif nodes and len(everywhere) > 1:
            template = _(
                "Only one node can use the claim %(name)s (%(modes)s), but %(count)d nodes need it: pods on "
                "the others will wait for it."
            )
            say = Sentence(template, params, "claim-one-node")
        else:
            continue
        yield Problem("claim", at.text, say, at.path, ACCESS_MODES_PAGE)


def _namespace(wanted: _Consumer) -> str:
    return wanted.daemonset[0] if wanted.daemonset else ""


def _level(namespace: Json, features: Features) -> Level:
    return enforced_level(namespace) if features.pod_security else "privileged"


def _forbidden(template: Json, namespace: Json, features: Features) -> Sequence[Violation]:
    return violations(template, _level(namespace, features), version_in_force(namespace, features.minor))


def _refusals(
    daemonset: Json, limit_ranges: Sequence[Json], classes: Classes, namespace: Json, features: Features
) -> Iterator[Problem]:
    """Why the API server refuses every pod."""
    for violation in _forbidden(template_of(daemonset), namespace, features):
        yield Problem("pod-security", violation.control, violation.say, violation.path, CITE)
    if limit_ranges:
        pod = Place(without_nulls(Place(daemonset).at(*POD).value), POD)
        for breach in breaches(pod, limit_ranges, features=features):
            yield Problem("limit-range", "", breach.say, breach.path, LIMITRANGER)
    for refusal in admission.refusals(daemonset, classes):
        yield Problem("class", "", refusal.say, refusal.path, refusal.cite)


def _account(daemonset: Json, accounts: AbstractSet[str] | None) -> Iterator[Problem]:
    pod = Place(daemonset).at(*POD)
    named = pod["serviceAccountName"] if pod["serviceAccountName"].text else pod["serviceAccount"]
    if accounts is not None and named.text and named.text not in accounts:
        template = _("The project has no ServiceAccount “%(name)s”: no pods can be created.")
        say = Sentence(template, {"name": named.text}, "service-account-missing")
        cite = "plugin/pkg/admission/serviceaccount/admission.go"
        yield Problem("account", named.text, say, named.path, cite)


_NOT_REQUIRED: Final = ("", "DirectoryOrCreate", "FileOrCreate")
"""Types of hostPath that need not exist: kubelet checks nothing, or creates what is missing."""


def _must_exist(daemonset: Place) -> Iterator[HostPath]:
    for volume in daemonset.at(*VOLUMES):
        host = volume["hostPath"]
        if host["path"].text and host["type"].text not in _NOT_REQUIRED:
            yield HostPath(host["path"].text, host["type"].text)
