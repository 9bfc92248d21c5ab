"""What keeps pods waiting for the scheduler on certain nodes.

Sources: pkg/scheduler/framework/plugins (noderesources, nodeports, nodeaffinity), HostPortInfo in
pkg/scheduler/framework/types.go, https://kubernetes.io/docs/concepts/storage/persistent-volumes/#access-modes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final

from workloads.daemonsets.forecast.problem import Problem
from workloads.daemonsets.forecast.room import (
    Consumer,
    Key,
    Room,
    lacking,
    named,
    own_pods,
    shown_amounts,
    used_by_others,
)
from workloads.daemonsets.manifest.findings import gettext_noop as _
from workloads.daemonsets.manifest.outline import POD, RUNTIME_CLASS
from workloads.daemonsets.manifest.places import Place
from workloads.daemonsets.manifest.sentences import Sentence
from workloads.daemonsets.project import admission
from workloads.daemonsets.project.admission import Classes
from workloads.daemonsets.project.claims import ACCESS_MODES_PAGE, one_node_modes
from workloads.daemonsets.project.devices import Devices
from workloads.daemonsets.project.facts import ProjectFacts
from workloads.daemonsets.project.neighbours import clash, host_ports
from workloads.documents.paths import Json

_ZERO: Final = Decimal(0)
_REQUESTS: Final = "https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/"


def lack_of_room(
    wanted: Consumer, nodes: Sequence[str], room: Room, devices: Devices, *, may_evict: bool
) -> Iterator[Problem | Sentence]:
    """NodeResourcesFit: requests must be free, whatever is really used. A sentence where it is not known.

    may_evict: whether the scheduler may evict pods of lower priority. An extended resource that a node does
    not have may come from the drivers of devices (DRA).
    """
    most: dict[tuple[str, bool], Decimal] = {}
    short: defaultdict[tuple[str, bool], dict[str, Sentence]] = defaultdict(dict)
    calculated: dict[tuple[Key, int], dict[str, tuple[Decimal, Sentence]]] = {}
    open_for: Counter[str] = Counter()
    for node, number, key in room.placed(nodes):
        has = room.allocatable_of[number]
        if has is None:
            continue
        # Allocatable amounts that are alike are one object.
        signature = (key, id(has))
        if signature not in calculated:
            short_of = lacking(wanted, has, used_by_others(wanted, key, room), room.planned)
            held = [own.requests for own in own_pods(wanted, key, room)]
            calculated[signature] = {
                name: found
                for name, found in short_of
                if not any(each.get(name, _ZERO) >= wanted.requests[name] for each in held)
            }
        for name, (free, say) in calculated[signature].items():
            if not has.get(name) and devices.may_have(name, node, wanted.requests[name]):
                open_for[name] += 1
                continue
            # The scheduler makes room for a pod of higher priority, but not beyond the size of the node.
            which = name, may_evict and has.get(name, _ZERO) >= wanted.requests[name]
            short[which][node] = say
            most[which] = max(most.get(which, free), free)
    for (name, doubtful), on_node in short.items():
        params = {**shown_amounts(name, wanted.requests[name], most[name, doubtful]), "resource": name}
        say = _no_room(name, params, may_evict=doubtful, planned=room.planned)
        yield Problem("room", name, say, (*POD, "containers"), _REQUESTS, on_node, certain=not doubtful)
    for name, count in open_for.items():
        yield _from_drivers(name, count, len(nodes), known=devices.provides(name) is not None)


def _from_drivers(name: str, count: int, wanted: int, *, known: bool) -> Sentence:
    params = {"resource": name, "most": count, "count": wanted}
    if not known:
        template = _(
            "On %(most)d of %(count)d nodes %(resource)s is not among the resources of the node. Whether a "
            "DeviceClass provides it is not known."
        )
        return Sentence(template, params, "device-class-unknown")
    template = _(
        "A DeviceClass provides %(resource)s. On %(most)d of %(count)d nodes drivers may have enough "
        "devices; which of them are suitable and free was not checked."
    )
    return Sentence(template, params, "devices-of-class-unknown")


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
    if params["free"] == "0":
        template = _("Not enough %(resource)s: a pod requests %(needed)s, and nothing is free.")
    else:
        template = _("Not enough %(resource)s: a pod requests %(needed)s, and at most %(free)s is free.")
    return Sentence(template, params, "no-room")


def runtime_class(daemonset: Json, classes: Classes, nodes: Sequence[str], room: Room) -> Iterator[Problem]:
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


def taken_ports(
    wanted: Consumer, daemonset: Json, nodes: Sequence[str], room: Room, *, may_evict: bool
) -> Iterator[Problem]:
    """may_evict: whether the scheduler may evict the pods that use a port."""
    for at, port in host_ports(Place(daemonset)):
        clashing = {
            number
            for number, other in enumerate(room.consumers)
            if other.daemonset != wanted.daemonset and any(clash(port, theirs) for theirs in other.ports)
        }
        shown = f"{port[0]} {port[2]}"
        on_node: dict[str, Sentence] = {}
        holders: set[int] = set()
        known: dict[frozenset[int], Sentence] = {}
        for node, _number, key in room.placed(nodes) if clashing else ():
            users = clashing.intersection(key)
            if not users or any(port in own.ports for own in own_pods(wanted, key, room)):
                continue
            holders |= users
            on_node[node] = known.setdefault(
                frozenset(users), _port_used(shown, map(room.consumers.__getitem__, users))
            )
        if on_node:
            say = _port_used(shown, map(room.consumers.__getitem__, holders))
            evicts = may_evict and all(room.consumers[number].bound for number in holders)
            cite = "pkg/scheduler/framework/types.go"
            yield Problem("host-port", shown, say, at.path, cite, on_node, certain=not evicts)


def _port_used(port: str, users: Iterable[Consumer]) -> Sentence:
    """users: pods that use the port now, or else DaemonSets that plan to."""
    other, more, bound = named(users)
    params = {"port": port, "other": other, "more": more}
    if bound:
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


def claims_of_one_node(
    wanted: Consumer, daemonset: Json, facts: ProjectFacts, nodes: Sequence[str], room: Room
) -> Iterator[Problem]:
    for volume in Place(daemonset).at(*POD)["volumes"]:
        at = volume.at("persistentVolumeClaim", "claimName")
        modes = one_node_modes((facts.pvcs or {}).get(at.text)) if at.text else []
        if not modes:
            continue
        claim = (_namespace(wanted), at.text)
        users = {
            number
            for number, other in enumerate(room.consumers)
            if other.daemonset != wanted.daemonset and claim in other.claims
        }
        used_on = {
            node for node, _number, key in room.placed(room.inventory.names) if users.intersection(key)
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
        yield Problem("claim", at.text, say, at.path, ACCESS_MODES_PAGE, most=1)


def _namespace(wanted: Consumer) -> str:
    return wanted.daemonset[0] if wanted.daemonset else ""
