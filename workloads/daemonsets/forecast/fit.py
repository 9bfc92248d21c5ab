"""What becomes of a pod that the controller wants: whether it is admitted, and whether it is scheduled.

The second layer: never mixed with the controller's verdict, which looks at none of this. It speaks of what is
there now. Where the scheduler may evict pods of lower priority to make room, it is said and counts as no
hindrance.

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
    enforced,
    in_force,
    pinned,
    sufficient,
    violations,
)
from workloads.daemonsets.running.presence import HASH, finished
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
    """Why pods will not run though the controller wants them.

    resource: of "room" the resource (`cpu`, `pods`, `nvidia.com/gpu`), of "host-port" the port (`TCP 9100`),
    of "claim", "account" and "runtime-class" its name, of "pod-security" the control; "" of "limit-range",
    and of "class", which are the RuntimeClass or PriorityClass that the template names.
    say: in general. on_node: node → what to say of that one; empty where it is not about some nodes:
    admission keeps off every pod, a claim for one node all but one.
    path: the field it is about, from the DaemonSet's root. cite: where the rule is from. certain: false where
    the scheduler may make room by evicting pods of lower priority.
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
    """What must be on a node before kubelet starts the pod there. kind: the type of the hostPath volume."""

    path: str
    kind: str


@dataclass(frozen=True)
class Fit:
    """problems: those of all pods first, then those of the most nodes.

    unknown: nodes that should run a pod and do not say what they have room for. level: what the namespace
    enforces; the problems of Pod Security are about it. pinned: the version of the standards that the
    namespace asks for, "" for the newest that the server knows. sufficient: the strictest level that admits
    the pods, as far as the enforced one was looked at. wanted: on how many nodes the controller wants one.
    must_exist: what kubelet looks for on each of these nodes, which cannot be seen from here.
    """

    problems: tuple[Problem, ...]
    unknown: tuple[str, ...]
    level: Level
    pinned: str = ""
    sufficient: Level = "restricted"
    wanted: int = 0
    unheeded: Level = "privileged"
    """What the namespace asks for of a server that knows no Pod Security, and so enforces none."""
    must_exist: tuple[HostPath, ...] = ()

    @property
    def silent(self) -> bool:
        """Whether there is nothing to say: all starts, as far as can be known, and nothing is enforced."""
        asked = {self.level, self.unheeded} != {"privileged"}
        return not (self.problems or self.unknown or self.must_exist or asked)

    @property
    def refused(self) -> tuple[Problem, ...]:
        """For these the API server admits no pod at all: none is made, on whatever node."""
        return tuple(problem for problem in self.problems if problem.kind in _AT_ADMISSION)

    @property
    def nowhere(self) -> bool:
        """Whether the pod starts on none of the nodes where it is wanted."""
        return bool(self.refused) or 0 < self.wanted == len(self.short)

    @property
    def unplaced(self) -> tuple[Problem, ...]:
        """What keeps pods waiting once they are made: scheduler and kubelet."""
        return tuple(problem for problem in self.problems if problem.kind not in _AT_ADMISSION)

    def on(self, node: str) -> list[Sentence]:
        """What stands against the pod on this one node; what is said in general not included."""
        return [problem.on_node[node] for problem in self._certain if node in problem.on_node]

    @cached_property
    def short(self) -> frozenset[str]:
        """The nodes of which something is to be said: a pod is wanted there and will not run."""
        return frozenset(node for problem in self._certain for node in problem.on_node)

    @cached_property
    def _certain(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.certain)

    @property
    def hindered(self) -> bool:
        """Whether some pods certainly do not start."""
        return bool(self._certain)


@dataclass(frozen=True, slots=True)
class _Occupant:
    """What one pod takes. daemonset: (namespace, name) of the one it is of. label: what to call it.
    bound: it is there; else it is only wanted there by its DaemonSet."""

    daemonset: tuple[str, str] | None
    label: str
    requests: Amounts
    ports: tuple[HostPort, ...]
    claims: frozenset[tuple[str, str]]
    bound: bool = False


_Key: TypeAlias = tuple[int, ...]


class Room:
    """What the nodes have and what takes it; prepared once for any number of DaemonSets.

    nodes: whole Node objects (`status.allocatable`); of nodes of the same name the last counts.
    """

    def __init__(self, nodes: Iterable[Json]) -> None:
        by_name = {Place(node).at("metadata", "name").text: node for node in nodes}
        self.inventory: Final = Inventory(by_name.values())
        self._number: Final = {name: number for number, name in enumerate(by_name)}
        self._allocatable: Final = _allocatable(by_name.values())
        self._occupants: list[_Occupant] = []
        # Of each node the numbers of its occupants; nodes with the same ones are reckoned once.
        self._on: list[_Key] = [()] * len(by_name)
        self._totals: dict[_Key, Amounts] = {}
        self.wished = False
        """Whether others only want what they take."""

    def with_daemonsets(
        self,
        daemonsets: Iterable[Json],
        limit_ranges: Mapping[str, Sequence[Json]] | None = None,
        *,
        classes: Classes = NO_CLASSES,
        namespaces: Mapping[str, Json] | None = None,
        features: Features = OLDEST,
    ) -> Room:
        """Wanted by the pods of these DaemonSets, where they should run: all there is to know offline. What
        admission refuses, and what no node's size allows, takes nothing.

        limit_ranges: namespace → its LimitRanges. namespaces: name → Namespace object.
        """
        added: list[tuple[_Occupant, list[int]]] = []
        # Many have the same to say about nodes, mostly nothing.
        alike: dict[str, list[int]] = {}
        for daemonset in daemonsets:
            namespace, name = identity(daemonset)
            given = (limit_ranges or {}).get(namespace, ())
            there = (namespaces or {}).get(namespace)
            if any(True for _each in _refusals(daemonset, given, classes, there, features)):
                continue
            template = template_of(admission.completed(daemonset, classes))
            label = f"{namespace}/{name}" if namespace else name
            occupant = _occupant((namespace, name), namespace, label, template, given)
            key = _scheduling(template)
            if key not in alike:
                runs = coverage(template, self.inventory, features=features).should_run
                alike[key] = [self._number[node] for node in runs]
            added.append((occupant, self._large_enough(occupant, alike[key])))
        room = self._with(added)
        room.wished = not any(each.bound for each in room._occupants)
        return room

    def _large_enough(self, occupant: _Occupant, nodes: list[int]) -> list[int]:
        """The nodes that have as much as it takes, were it alone there."""
        # Allocatable amounts that are alike are one object.
        sizes = {id(has): has for number in nodes if (has := self._allocatable[number]) is not None}
        small = {
            size for size, has in sizes.items() if any(True for _each in _lacking(occupant, has, {}, True))
        }
        return [number for number in nodes if id(self._allocatable[number]) not in small] if small else nodes

    def with_pods(self, pods: Iterable[Json]) -> Room:
        """Taken by these pods of a cluster, those that are bound to a node and not finished."""
        added: list[tuple[_Occupant, list[int]]] = []
        known: dict[Hashable, list[int]] = {}
        for pod in pods:
            place = Place(pod)
            number = self._number.get(place.at("spec", "nodeName").text)
            if number is None or finished(place):
                continue
            key = _revision(place)
            on = None if key is None else known.get(key)
            if on is None:
                namespace, name = identity(pod)
                if key is not None:  # it stands for all pods of its owner
                    name = next(iter(place.at("metadata", "ownerReferences")))["name"].text
                template = {"spec": place["spec"].value}
                occupant = _occupant(_daemonset_of(place), namespace, f"{namespace}/{name}", template)
                added.append((replace(occupant, bound=True), on := []))
                if key is not None:
                    known[key] = on
            on.append(number)
        return self._with(added)

    def _with(self, added: Iterable[tuple[_Occupant, Iterable[int]]]) -> Room:
        """With more occupants, each on the nodes with these numbers; on one it may be several times."""
        room = copy.copy(self)
        room._occupants = list(self._occupants)
        on = [list(key) for key in self._on]
        for occupant, nodes in added:
            number = len(room._occupants)
            room._occupants.append(occupant)
            for node in nodes:
                on[node].append(number)
        room._on = [tuple(numbers) for numbers in on]
        room._totals = {}
        return room

    def taken(self, node: str) -> Amounts:
        """What is asked for on a node: `cpu`, `memory`, `pods`, …"""
        return self._taken(self._on[self._number[node]])

    def allocatable(self, node: str) -> Amounts | None:
        """What the node has for pods; None if it does not say."""
        return self._allocatable[self._number[node]]

    def _taken(self, key: _Key) -> Amounts:
        if key not in self._totals:
            total: Amounts = {}
            for number in key:
                for name, value in self._occupants[number].requests.items():
                    total[name] = total.get(name, _ZERO) + value
            self._totals[key] = total
        return self._totals[key]

    def _placed(self, nodes: Iterable[str]) -> Iterator[tuple[str, int, _Key]]:
        for node in nodes:
            number = self._number[node]
            yield node, number, self._on[number]

    def _those(self, key: _Key) -> Iterator[_Occupant]:
        return map(self._occupants.__getitem__, key)


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
    """Whether the pods of a DaemonSet will run where they should.

    Of what is in the room, the DaemonSet's own pods (same namespace and name) do not count: they make way.
    Where one of them runs that has as much, and the same port, there is no problem: that node had room.
    claims: name → PersistentVolumeClaim of its project, None: not known. namespace: the Namespace object, for
    its Pod Security level, and for the name if the DaemonSet does not say where it goes. accounts: names of
    the ServiceAccounts of its project, None: not known, or not all.
    """
    template = template_of(daemonset)
    nodes = coverage(template, room.inventory, features=features).should_run
    project, name = identity(Place(daemonset).mapping)
    own = (project or identity(Place(namespace).mapping)[1], name)
    asked, level = enforced(namespace), _level(namespace, features)
    forbidden = _forbidden(template, namespace, features)
    admitted = template_of(admission.completed(daemonset, classes))
    wanted = _occupant(own, own[0], own[1], admitted, limit_ranges)
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
        pinned(namespace),
        sufficient(forbidden),
        len(nodes),
        "privileged" if features.pod_security else asked,
        tuple(_must_exist(Place(daemonset))),
    )


def crowded(
    old: Json,
    new: Json,
    room: Room,
    *,
    limit_ranges: Sequence[Json] = (),
    classes: Classes = NO_CLASSES,
    features: Features = OLDEST,
) -> frozenset[str]:
    """The nodes without room for a new pod beside the old one, which stays there during a surge.

    Both are of one DaemonSet. Nodes that do not say what they have room for are none of them.
    """
    own = identity(Place(old).mapping)

    def occupant(daemonset: Json) -> _Occupant:
        template = template_of(admission.completed(daemonset, classes))
        return _occupant(own, own[0], own[1], template, limit_ranges)

    held, wanted = occupant(old), occupant(new)
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
            taken = _beside(wanted, key, room)
            add(taken, held.requests)
            known[signature] = any(True for _each in _lacking(wanted, has, taken, room.wished))
        if known[signature]:
            found.add(node)
    return frozenset(found)


# --- what a pod takes ---


def _occupant(
    daemonset: tuple[str, str] | None,
    namespace: str,
    label: str,
    template: Json,
    limit_ranges: Sequence[Json] = (),
) -> _Occupant:
    asked = demand.per_pod(template, limit_ranges)
    requests = {
        key.removeprefix("requests."): value for key, value in asked.items() if key.startswith("requests.")
    }
    pod = Place(without_nulls(template))["spec"]
    claims = (volume.at("persistentVolumeClaim", "claimName").text for volume in pod["volumes"])
    return _Occupant(
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
    """What of a template placement looks at."""
    spec = Place(template)["spec"]
    return repr(
        [
            spec[field].value
            for field in ("nodeName", "nodeSelector", "affinity", "tolerations", "hostNetwork")
        ]
    )


def _revision(pod: Place) -> Hashable:
    """What pods made of the same template have in common; None if that cannot be told."""
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


def _room(wanted: _Occupant, template: Json, nodes: Sequence[str], room: Room) -> Iterator[Problem]:
    """NodeResourcesFit: what is asked for must be free, whatever is really used."""
    most: dict[tuple[str, bool], Decimal] = {}
    short: defaultdict[tuple[str, bool], dict[str, Sentence]] = defaultdict(dict)
    reckoned: dict[tuple[_Key, int], dict[str, tuple[Decimal, Sentence]]] = {}
    may_evict = bool(Place(template).at("spec", "priorityClassName").text)
    for node, number, key in room._placed(nodes):
        has = room._allocatable[number]
        if has is None:
            continue
        # Allocatable amounts that are alike are one object.
        signature = (key, id(has))
        if signature not in reckoned:
            lacking = _lacking(wanted, has, _beside(wanted, key, room), room.wished)
            held = [own.requests for own in _own(wanted, key, room)]
            reckoned[signature] = {
                name: found
                for name, found in lacking
                if not any(each.get(name, _ZERO) >= wanted.requests[name] for each in held)
            }
        for name, (free, say) in reckoned[signature].items():
            # The scheduler makes room for a pod of higher priority, but not more than the node has.
            which = name, may_evict and has.get(name, _ZERO) >= wanted.requests[name]
            short[which][node] = say
            most[which] = max(most.get(which, free), free)
    for (name, doubtful), on_node in short.items():
        params = {**_shown(name, wanted.requests[name], most[name, doubtful]), "resource": name}
        say = _too_little(name, params, doubtful=doubtful, wished=room.wished)
        yield Problem("room", name, say, (*POD, "containers"), _REQUESTS, on_node, certain=not doubtful)


def _too_little(name: str, params: Mapping[str, str], *, doubtful: bool, wished: bool) -> Sentence:
    if name == "pods":
        if doubtful:
            return Sentence(_("All places for pods are taken: pods of lower priority may have to make way."))
        return Sentence(
            _("Other DaemonSets want all places for pods.") if wished else _("All places for pods are taken.")
        )
    if doubtful:
        return Sentence(
            _(
                "Not enough %(resource)s: a pod asks for %(needed)s, and %(free)s is free at most. Pods "
                "of lower priority may have to make way."
            ),
            params,
        )
    return Sentence(
        _("Not enough %(resource)s: a pod asks for %(needed)s, and %(free)s is free at most."), params
    )


def _beside(wanted: _Occupant, key: _Key, room: Room) -> Amounts:
    """What others take on a node: all but the DaemonSet's own pods."""
    taken = dict(room._taken(key))
    for occupant in room._those(key):
        if occupant.daemonset == wanted.daemonset:
            for name, value in occupant.requests.items():
                taken[name] -= value
    return taken


def _own(wanted: _Occupant, key: _Key, room: Room) -> Iterator[_Occupant]:
    """The DaemonSet's own pods that are on a node."""
    return (each for each in room._those(key) if each.bound and each.daemonset == wanted.daemonset)


def _lacking(
    wanted: _Occupant, has: Amounts, taken: Amounts, wished: bool
) -> Iterator[tuple[str, tuple[Decimal, Sentence]]]:
    """wished: `taken` is only wanted by other DaemonSets."""
    for name, needed in wanted.requests.items():
        if not needed:
            continue
        if name not in has and is_native(name) and not name.startswith("hugepages-"):
            continue  # a node that was typed in need not say all
        allocatable = has.get(name, _ZERO)
        free = max(allocatable - taken.get(name, _ZERO), _ZERO)
        if needed <= free:
            continue
        params = {**_shown(name, needed, free), "resource": name}
        if name not in has:
            say = Sentence(_("The node has no %(resource)s."), params)
        elif name == "pods":
            params["most"] = quantity.show(allocatable, "count")
            say = Sentence(
                _("Other DaemonSets want all places for pods on the node: it has %(most)s.")
                if wished
                else _("All places for pods on the node are taken: it has %(most)s."),
                params,
            )
        elif needed > allocatable:
            params["has"] = quantity.show(allocatable, quantity.style_of(name))
            say = Sentence(
                _("A pod asks for %(needed)s of %(resource)s, and the node has %(has)s in all."), params
            )
        else:
            say = Sentence(
                _("A pod asks for %(needed)s of %(resource)s, and other DaemonSets leave %(free)s.")
                if wished
                else _("A pod asks for %(needed)s of %(resource)s, and %(free)s is free."),
                params,
            )
        yield name, (free, say)


def _shown(name: str, needed: Decimal, free: Decimal) -> dict[str, str]:
    style = quantity.style_of(name)
    return {"needed": quantity.show(needed, style), "free": quantity.show(free, style)}


def _runtime(daemonset: Json, classes: Classes, nodes: Sequence[str], room: Room) -> Iterator[Problem]:
    """The scheduler asks for the nodes of the RuntimeClass too; the controller does not know of them."""
    pod = Place(daemonset).at(*POD)
    selector = [(k, v.text) for k, v in classes.runtime_of(pod).at("scheduling", "nodeSelector").entries]
    if not selector:
        return
    name = pod["runtimeClassName"].text
    pairs = ", ".join(f"{key}={value}" for key, value in selector)
    say = Sentence(
        _("The RuntimeClass %(name)s runs only on nodes with %(pairs)s."), {"name": name, "pairs": pairs}
    )
    columns = zip(*(room.inventory.column(key) for key, _value in selector), strict=True)
    having = dict(zip(room.inventory.names, columns, strict=True))
    wanted = tuple(value for _key, value in selector)
    off = {node: say for node in nodes if having[node] != wanted}
    if off:
        yield Problem("runtime-class", name, say, RUNTIME_CLASS, admission.RUNTIME_CITE, off)


def _ports(wanted: _Occupant, daemonset: Json, nodes: Sequence[str], room: Room) -> Iterator[Problem]:
    for at, port in host_ports(Place(daemonset)):
        clashing = {
            number
            for number, other in enumerate(room._occupants)
            if other.daemonset != wanted.daemonset and any(clash(port, theirs) for theirs in other.ports)
        }
        shown = f"{port[0]} {port[2]}"
        on_node: dict[str, Sentence] = {}
        holders: set[int] = set()
        said: dict[frozenset[int], Sentence] = {}
        for node, _number, key in room._placed(nodes) if clashing else ():
            here = clashing.intersection(key)
            if not here or any(port in own.ports for own in _own(wanted, key, room)):
                continue
            holders |= here
            on_node[node] = said.setdefault(
                frozenset(here), _held(shown, map(room._occupants.__getitem__, here))
            )
        if on_node:
            say = _held(shown, map(room._occupants.__getitem__, holders))
            yield Problem("host-port", shown, say, at.path, "pkg/scheduler/framework/types.go", on_node)


def _held(port: str, holders: Iterable[_Occupant]) -> Sentence:
    """Taken by pods that are there, or wanted by other DaemonSets."""
    held = list(holders)
    labels = sorted({each.label for each in held})
    more = len(labels) - _NAMED
    params = {"port": port, "other": ", ".join(labels[:_NAMED]), "more": more}
    if any(each.bound for each in held):
        if more > 0:
            return Sentence(_("Host port %(port)s is taken by %(other)s and %(more)d more."), params)
        return Sentence(_("Host port %(port)s is taken by %(other)s."), params)
    if more > 0:
        return Sentence(_("Host port %(port)s is also wanted by %(other)s and %(more)d more."), params)
    return Sentence(_("Host port %(port)s is also wanted by %(other)s."), params)


def _claims(
    wanted: _Occupant, daemonset: Json, claims: Mapping[str, Json], nodes: Sequence[str], room: Room
) -> Iterator[Problem]:
    for volume in Place(daemonset).at(*POD)["volumes"]:
        at = volume.at("persistentVolumeClaim", "claimName")
        modes = one_node_modes(claims.get(at.text))
        if not modes:
            continue
        claim = (_namespace(wanted), at.text)
        users = {
            number
            for number, other in enumerate(room._occupants)
            if other.daemonset != wanted.daemonset and claim in other.claims
        }
        used_on = {
            node for node, _number, key in room._placed(room.inventory.names) if users.intersection(key)
        }
        everywhere = used_on | set(nodes)
        params = {"name": at.text, "modes": ", ".join(modes), "count": len(everywhere)}
        if modes == ["ReadWriteOncePod"] and nodes and (len(nodes) > 1 or users):
            say = Sentence(
                _("The claim %(name)s can be used by one pod only (%(modes)s): the others will wait for it."),
                params,
            )
        elif nodes and len(everywhere) > 1:
            say = Sentence(
                _(
                    "The claim %(name)s can be used on one node only (%(modes)s), but is wanted on "
                    "%(count)d: the others will wait for it."
                ),
                params,
            )
        else:
            continue
        yield Problem("claim", at.text, say, at.path, ACCESS_MODES_PAGE)


def _namespace(wanted: _Occupant) -> str:
    return wanted.daemonset[0] if wanted.daemonset else ""


def _level(namespace: Json, features: Features) -> Level:
    return enforced(namespace) if features.pod_security else "privileged"


def _forbidden(template: Json, namespace: Json, features: Features) -> Sequence[Violation]:
    return violations(template, _level(namespace, features), in_force(namespace, features.minor))


def _refusals(
    daemonset: Json, limit_ranges: Sequence[Json], classes: Classes, namespace: Json, features: Features
) -> Iterator[Problem]:
    """Why the API server admits no pod."""
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
        said = _("The project has no ServiceAccount “%(name)s”: no pod could be created.")
        cite = "plugin/pkg/admission/serviceaccount/admission.go"
        yield Problem("account", named.text, Sentence(said, {"name": named.text}), named.path, cite)


_MADE: Final = ("", "DirectoryOrCreate", "FileOrCreate")
"""Types of hostPath that kubelet does not ask for: it looks for nothing, or makes what is missing."""


def _must_exist(daemonset: Place) -> Iterator[HostPath]:
    for volume in daemonset.at(*VOLUMES):
        host = volume["hostPath"]
        if host["path"].text and host["type"].text not in _MADE:
            yield HostPath(host["path"].text, host["type"].text)
