"""The resources of nodes, and what the pods there use of them.

Sources: NodeInfo and HostPortInfo in pkg/scheduler/framework/types.go, fitsRequest in
pkg/scheduler/framework/plugins/noderesources/fit.go.
"""

from __future__ import annotations

import copy
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from typing import Final, TypeAlias

from workloads.daemonsets.forecast import demand
from workloads.daemonsets.forecast.pod_terms import Labels, PodTerm, pod_terms
from workloads.daemonsets.forecast.refused import refusals
from workloads.daemonsets.manifest import quantity
from workloads.daemonsets.manifest.features import OLDEST, Features
from workloads.daemonsets.manifest.findings import gettext_noop as _
from workloads.daemonsets.manifest.outline import POD, TEMPLATE
from workloads.daemonsets.manifest.places import Place, without_nulls
from workloads.daemonsets.manifest.resources import Amounts, amounts, is_native
from workloads.daemonsets.manifest.sentences import Sentence
from workloads.daemonsets.placement.verdicts import Inventory, coverage, template_of
from workloads.daemonsets.project import admission
from workloads.daemonsets.project.admission import NO_CLASSES, Classes
from workloads.daemonsets.project.facts import identity
from workloads.daemonsets.project.limit_ranges import LimitRanges, Limits
from workloads.daemonsets.project.neighbours import HostPort, host_ports
from workloads.daemonsets.running.presence import HASH, is_finished
from workloads.documents.paths import Json

_ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class Consumer:
    """What one pod uses of a node. daemonset: (namespace, name) of its DaemonSet. label: its name in
    sentences. labels: of the pod. needs, repels: its required pod affinity and anti-affinity. bound: whether
    it is bound to the node; else its DaemonSet only plans it."""

    daemonset: tuple[str, str] | None
    namespace: str
    label: str
    requests: Amounts
    ports: tuple[HostPort, ...]
    claims: frozenset[tuple[str, str]]
    labels: Labels
    needs: tuple[PodTerm, ...] = ()
    repels: tuple[PodTerm, ...] = ()
    bound: bool = False


Key: TypeAlias = tuple[int, ...]
"""The numbers of the consumers on a node, in `Room.consumers`."""


class Room:
    """The resources of the nodes and what uses them, prepared once for any number of DaemonSets.

    nodes: whole Node objects (`status.allocatable`); of nodes with the same name the last one counts.
    """

    def __init__(self, nodes: Sequence[Json]) -> None:
        by_name = {Place(node).at("metadata", "name").text: node for node in nodes}
        self.inventory: Final = Inventory.of(nodes)
        self._number: Final = {name: number for number, name in enumerate(by_name)}
        self.allocatable_of: Final = _allocatable(by_name.values())
        """By number of the node; amounts that are alike are one object, None if not reported."""
        self.consumers: list[Consumer] = []
        # For each node the numbers of its consumers; nodes with the same consumers are calculated once.
        self._on: list[Key] = [()] * len(by_name)
        self._totals: dict[Key, Amounts] = {}
        self.planned = False
        """Whether all usage is only planned by DaemonSets: no pod is bound."""
        self.whole = False
        """Whether these are all pods of a cluster; else there may be others, which nothing is known of."""

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

        Pods that admission refuses, that wait for a gate, or that are larger than the node, use nothing.
        limit_ranges: namespace → its LimitRanges. namespaces: name → Namespace object.
        """
        added: list[tuple[Consumer, list[int]]] = []
        # Many templates are alike in placement.
        alike: dict[str, list[int]] = {}
        limits = {namespace: Limits(each) for namespace, each in (limit_ranges or {}).items()}
        for daemonset in daemonsets:
            namespace, name = identity(daemonset)
            given = limits.get(namespace, ())
            project = (namespaces or {}).get(namespace)
            if any(True for _each in refusals(daemonset, given, classes, project, features)):
                continue
            if gates_of(daemonset, features):
                continue
            template = template_of(admission.completed(daemonset, classes))
            label = f"{namespace}/{name}" if namespace else name
            consumer = consumer_of((namespace, name), namespace, label, template, given, features)
            key = _scheduling(template)
            if key not in alike:
                runs = coverage(template, self.inventory, features=features).should_run
                alike[key] = [self._number[node] for node in runs]
            added.append((consumer, self._large_enough(consumer, alike[key])))
        room = self._with(added)
        room.planned = not any(each.bound for each in room.consumers)
        return room

    def _large_enough(self, consumer: Consumer, nodes: list[int]) -> list[int]:
        """The nodes that are large enough for it if nothing else ran there."""
        # Allocatable amounts that are alike are one object.
        sizes = {id(has): has for number in nodes if (has := self.allocatable_of[number]) is not None}
        small = {
            size for size, has in sizes.items() if any(True for _each in lacking(consumer, has, {}, True))
        }
        return (
            [number for number in nodes if id(self.allocatable_of[number]) not in small] if small else nodes
        )

    def with_pods(self, pods: Iterable[Json], *, whole: bool = False) -> Room:
        """This room with these pods of a cluster: those that are bound to a node and have not ended.

        whole: whether the cluster has no others."""
        added: list[tuple[Consumer, list[int]]] = []
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
                template = {"metadata": place["metadata"].value, "spec": place["spec"].value}
                consumer = consumer_of(_daemonset_of(place), namespace, f"{namespace}/{name}", template)
                added.append((replace(consumer, bound=True), on := []))
                if key is not None:
                    known[key] = on
            on.append(number)
        room = self._with(added)
        room.whole = whole
        return room

    def _with(self, added: Iterable[tuple[Consumer, Iterable[int]]]) -> Room:
        """This room with more consumers, each on the nodes with these numbers, which may repeat."""
        room = copy.copy(self)
        room.consumers = list(self.consumers)
        on = [list(key) for key in self._on]
        for consumer, nodes in added:
            number = len(room.consumers)
            room.consumers.append(consumer)
            for node in nodes:
                on[node].append(number)
        room._on = [tuple(numbers) for numbers in on]
        room._totals = {}
        return room

    def requested(self, node: str) -> Amounts:
        """The sum of requests on a node: `cpu`, `memory`, `pods`, …"""
        return self.requested_by(self._on[self._number[node]])

    def allocatable(self, node: str) -> Amounts | None:
        """The allocatable resources of the node; None if it does not report them."""
        return self.allocatable_of[self._number[node]]

    def requested_by(self, key: Key) -> Amounts:
        if key not in self._totals:
            total: Amounts = {}
            for number in key:
                for name, value in self.consumers[number].requests.items():
                    total[name] = total.get(name, _ZERO) + value
            self._totals[key] = total
        return self._totals[key]

    def placed(self, nodes: Iterable[str]) -> Iterator[tuple[str, int, Key]]:
        for node in nodes:
            number = self._number[node]
            yield node, number, self._on[number]

    def nodes_with(self, consumers: AbstractSet[int]) -> Iterator[str]:
        """The nodes on which one of these numbers is."""
        for node, _number, key in self.placed(self.inventory.names) if consumers else ():
            if not consumers.isdisjoint(key):
                yield node

    def those(self, key: Key) -> Iterator[Consumer]:
        return map(self.consumers.__getitem__, key)


_GATES_SINCE: Final = 27
"""Scheduling gates (PodSchedulingReadiness): on by default since this minor version."""


def gates_of(daemonset: Json, features: Features) -> list[str]:
    """The gates for which the pods wait: nothing schedules them (plugins/schedulinggates)."""
    if features.minor is not None and features.minor < _GATES_SINCE:
        return []
    return [gate["name"].text for gate in Place(daemonset).at(*POD)["schedulingGates"]]


def consumer_of(
    daemonset: tuple[str, str] | None,
    namespace: str,
    label: str,
    template: Json,
    limit_ranges: LimitRanges = (),
    features: Features = OLDEST,
) -> Consumer:
    """daemonset: (namespace, name), None for a pod of something else. template: a pod, or a pod template."""
    asked = demand.per_pod(template, limit_ranges)
    requests = {
        key.removeprefix("requests."): value for key, value in asked.items() if key.startswith("requests.")
    }
    pod = Place(without_nulls(template), TEMPLATE)["spec"]
    labels = Place(template).at("metadata", "labels").mapping
    claims = (volume.at("persistentVolumeClaim", "claimName").text for volume in pod["volumes"])
    terms = partial(pod_terms, pod, namespace=namespace, labels=labels, features=features)
    return Consumer(
        daemonset,
        namespace,
        label,
        {**requests, "pods": Decimal(1)},
        tuple(port for _at, port in host_ports(Place({"spec": {"template": template}}))),
        frozenset((namespace, claim) for claim in claims if claim),
        labels,
        needs=tuple(terms("podAffinity")),
        repels=tuple(terms("podAntiAffinity")),
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
    # Pods of a StatefulSet differ in this label, and affinity may ask for it.
    pod_name = labels.get("statefulset.kubernetes.io/pod-name")
    return (owner, revision, pod_name) if owner and isinstance(revision, str) else None


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


def used_by_others(wanted: Consumer, key: Key, room: Room) -> Amounts:
    """What others use on a node: everything but the DaemonSet's own pods."""
    in_use = dict(room.requested_by(key))
    for consumer in room.those(key):
        if consumer.daemonset == wanted.daemonset:
            for name, value in consumer.requests.items():
                in_use[name] -= value
    return in_use


def own_pods(wanted: Consumer, key: Key, room: Room) -> Iterator[Consumer]:
    """The DaemonSet's own pods on a node."""
    return (each for each in room.those(key) if each.bound and each.daemonset == wanted.daemonset)


def lacking(
    wanted: Consumer, has: Amounts, in_use: Amounts, planned: bool
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
        params = {**shown_amounts(name, needed, free), "resource": name}
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


def shown_amounts(name: str, needed: Decimal, free: Decimal) -> dict[str, str]:
    style = quantity.style_of(name)
    return {"needed": quantity.show(needed, style), "free": quantity.show(free, style)}


_NAMED: Final = 3


def named(users: Iterable[Consumer]) -> tuple[str, int, bool]:
    """(their first names, how many more there are, whether one of them is a pod that runs)."""
    found = list(users)
    labels = sorted({each.label for each in found})
    bound = any(each.bound for each in found)
    return ", ".join(labels[:_NAMED]), max(len(labels) - _NAMED, 0), bound
