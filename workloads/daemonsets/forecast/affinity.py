"""Required affinity and anti-affinity between pods, and how they must spread: where they keep pods waiting.

Sources: pkg/scheduler/framework/plugins/interpodaffinity/filtering.go and podtopologyspread/filtering.go.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from workloads.daemonsets.forecast.pod_terms import PodTerm
from workloads.daemonsets.forecast.problem import Problem
from workloads.daemonsets.forecast.room import Consumer, Room, named
from workloads.daemonsets.manifest.findings import gettext_noop as _
from workloads.daemonsets.manifest.outline import POD, POD_LABELS
from workloads.daemonsets.manifest.places import Place
from workloads.daemonsets.manifest.sentences import Sentence
from workloads.documents.paths import Json, Path

_AFFINITY: Final = "pkg/scheduler/framework/plugins/interpodaffinity/filtering.go"
_SPREAD: Final = "pkg/scheduler/framework/plugins/podtopologyspread/filtering.go"


def apart_from_each_other(wanted: Consumer, nodes: Sequence[str], room: Room) -> Iterator[Problem]:
    """Pods that repel each other: one starts in each domain of the topology, on which node is not known.

    nodes: those where a pod can start for all else. A node without the label is in no domain.
    """
    for term in _about_themselves(wanted):
        values = _values(room, term.topology, nodes)
        labelled = [value for value in values if value is not None]
        most = len(set(labelled)) + len(values) - len(labelled)
        if most < len(nodes):
            template = _(
                "The pods repel each other within one %(topology)s: at most %(most)d of %(count)d start."
            )
            params = {"topology": term.topology, "most": most, "count": len(nodes)}
            say = Sentence(template, params, "repel-each-other")
            yield Problem("pod-anti-affinity", term.topology, say, term.path, _AFFINITY, most=most)


def apart_from_others(
    wanted: Consumer, nodes: Sequence[str], room: Room, *, may_evict: bool
) -> Iterator[Problem]:
    """Pods that repel others, or are repelled by them: one rule is enough.

    may_evict: whether the scheduler may evict others in favour of these pods.
    """
    found: dict[tuple[str, bool], set[int]] = {}
    paths: dict[str, Path] = {}
    for number, other in enumerate(room.consumers):
        if other.daemonset == wanted.daemonset or not (wanted.repels or other.repels):
            continue
        mine = [term for term in wanted.repels if term.about(other.namespace, other.labels)]
        theirs = [term for term in other.repels if term.about(wanted.namespace, wanted.labels)]
        if not (mine or theirs):
            continue
        # Which of those that repel each other, too, get a pod is not known.
        doubtful = (other.bound and may_evict) or (
            not other.bound and any(_is_wide(term, room) for term in _about_themselves(other))
        )
        for term in (*mine, *theirs):
            found.setdefault((term.topology, doubtful), set()).add(number)
        for term in mine:
            paths.setdefault(term.topology, term.path)
    for (topology, doubtful), numbers in found.items():
        values = dict(zip(nodes, _values(room, topology, nodes), strict=True))
        having: dict[str, set[int]] = {}
        column = dict(zip(room.inventory.names, room.inventory.column(topology), strict=True))
        for node, _number, key in room.placed(room.inventory.names):
            value = column[node]
            if value is not None and (there := numbers.intersection(key)):
                having.setdefault(value, set()).update(there)
        holders: set[int] = set()
        on_node: dict[str, Sentence] = {}
        for node, value in values.items():
            if value is not None and (there := having.get(value, set())):
                holders |= there
                on_node[node] = _repelled(topology, (room.consumers[each] for each in there))
        if on_node:
            say = _repelled(topology, (room.consumers[each] for each in holders))
            path = paths.get(topology, POD_LABELS)
            yield Problem("pod-anti-affinity", topology, say, path, _AFFINITY, on_node, certain=not doubtful)


def beside_others(wanted: Consumer, nodes: Sequence[str], room: Room) -> Iterator[Problem | Sentence]:
    """Pods that must run beside others: where these do not run they wait. A sentence where it is not known.

    If no pod matches all terms, but the pods do so themselves, the first one starts anywhere, and the others
    only in its domains.
    """
    terms = wanted.needs
    if not terms or not nodes:
        return
    topology = ", ".join(dict.fromkeys(term.topology for term in terms))
    params = {"topology": topology, "pods": " + ".join(term.wanted for term in terms), "count": len(nodes)}
    columns = [_values(room, term.topology, nodes) for term in terms]
    places = dict(zip(nodes, zip(*columns, strict=True), strict=True))
    off = [node for node, place in places.items() if None in place]
    if off:
        template = _("The pods need nodes with the label %(topology)s, because their affinity names it.")
        yield _affinity(wanted, Sentence(template, params, "affinity-without-topology"), off)
    left = [node for node in nodes if None not in places[node]]
    matching = {
        number
        for number, other in enumerate(room.consumers)
        if (other.bound or other.daemonset != wanted.daemonset)
        and all(term.about(other.namespace, other.labels) for term in terms)
    }
    beside = list(room.nodes_with(matching))
    there = [set(_values(room, term.topology, beside)) for term in terms]
    good = [
        node for node in left if all(value in found for value, found in zip(places[node], there, strict=True))
    ]
    unclear = any(term.unclear for term in terms)
    params["most"] = len(good)
    if beside and len(good) == len(left):
        return
    if not beside and _match_themselves(wanted) and left:
        yield from _beside_each_other(wanted, [places[node] for node in left], params, room)
        return
    if room.whole and not unclear:
        template = _(
            "The pods start only beside pods with %(pods)s in the same %(topology)s: %(most)d of %(count)d "
            "nodes have them."
        )
        say = Sentence(template, params, "not-beside")
        waiting = [node for node in left if node not in {*good}]
        if waiting:
            yield _affinity(wanted, say, waiting)
    elif left:
        template = _(
            "The pods start only beside pods with %(pods)s in the same %(topology)s. On %(most)d of "
            "%(count)d nodes the console knows of such pods; whether others run is not known."
        )
        yield Sentence(template, params, "beside-unknown")


def _beside_each_other(
    wanted: Consumer, places: Sequence[tuple[str | None, ...]], params: dict[str, Any], room: Room
) -> Iterator[Problem | Sentence]:
    """places: the domains of each node."""
    most = max(Counter(places).values())
    if most == len(places):
        return
    params = {**params, "most": most}
    if room.whole:
        template = _(
            "The pods must run beside each other in one %(topology)s: at most %(most)d of %(count)d start."
        )
        say = Sentence(template, params, "beside-each-other")
        yield Problem("pod-affinity", params["topology"], say, wanted.needs[0].path, _AFFINITY, most=most)
        return
    template = _(
        "The pods must run beside pods with %(pods)s in one %(topology)s. They have these labels themselves: "
        "if no others run, at most %(most)d of %(count)d start."
    )
    yield Sentence(template, params, "beside-each-other-unknown")


def spread(daemonset: Json, nodes: Sequence[str], room: Room) -> Iterator[Problem | Sentence]:
    """Topology spread constraints that must hold.

    Each pod of a DaemonSet is for one node, so that its domain is the only one: it never exceeds the skew,
    unless nodes are counted whatever the pod's affinity is. But the node must have the label.
    """
    for constraint in Place(daemonset).at(*POD)["topologySpreadConstraints"]:
        if constraint["whenUnsatisfiable"].text not in ("", "DoNotSchedule"):
            continue
        topology = constraint["topologyKey"].text
        off = [
            node for node, value in zip(nodes, _values(room, topology, nodes), strict=True) if value is None
        ]
        if off:
            template = _("The pods need nodes with the label %(topology)s, because they are spread by it.")
            say = Sentence(template, {"topology": topology}, "spread-without-topology")
            yield Problem("spread", topology, say, constraint.path, _SPREAD, dict.fromkeys(off, say))
        if constraint["nodeAffinityPolicy"].text == "Ignore" or (constraint["minDomains"].number or 1) > 1:
            template = _("How the pods are spread by %(topology)s was not checked.")
            yield Sentence(template, {"topology": topology}, "spread-unknown")


def unknown_pods(wanted: Consumer, room: Room) -> Iterator[Sentence]:
    """What of the anti-affinity was not checked."""
    others = [term for term in wanted.repels if not term.about(wanted.namespace, wanted.labels, own=True)]
    unclear = [term for term in wanted.repels if term.unclear]
    if (others and not room.whole) or unclear:
        template = _(
            "The pods do not start beside pods with %(pods)s. The console knows only some of the pods that "
            "may run."
        )
        pods = " | ".join(term.wanted for term in unclear or others)
        yield Sentence(template, {"pods": pods}, "repelled-unknown")


def apart_by_label(old: Consumer, new: Consumer, nodes: Sequence[str], room: Room) -> Iterator[str]:
    """The nodes on which no new pod of a DaemonSet starts while an old one runs there."""
    mine = [term.topology for term in new.repels if term.about(old.namespace, old.labels)]
    theirs = [term.topology for term in old.repels if term.about(new.namespace, new.labels)]
    for topology in {*mine, *theirs}:
        for node, value in zip(nodes, _values(room, topology, nodes), strict=True):
            if value is not None:
                yield node


def _about_themselves(pods: Consumer) -> list[PodTerm]:
    return [term for term in pods.repels if term.about(pods.namespace, pods.labels, own=True)]


def _match_themselves(pods: Consumer) -> bool:
    return all(term.about(pods.namespace, pods.labels, own=True) for term in pods.needs)


def _is_wide(term: PodTerm, room: Room) -> bool:
    """Whether one domain of the topology has several nodes."""
    values = [value for value in room.inventory.column(term.topology) if value is not None]
    return len(set(values)) < len(values)


def _values(room: Room, key: str, nodes: Iterable[str]) -> list[str | None]:
    """The value of a label on each of these nodes, None where absent."""
    column = dict(zip(room.inventory.names, room.inventory.column(key), strict=True))
    return [column[node] for node in nodes]


def _affinity(wanted: Consumer, say: Sentence, nodes: Iterable[str]) -> Problem:
    term = wanted.needs[0]
    return Problem("pod-affinity", term.topology, say, term.path, _AFFINITY, dict.fromkeys(nodes, say))


def _repelled(topology: str, users: Iterable[Consumer]) -> Sentence:
    other, more, bound = named(users)
    params = {"topology": topology, "other": other, "more": more}
    if bound:
        if more:
            template = _("Pods of %(other)s and %(more)d more run in the same %(topology)s and repel these.")
        else:
            template = _("Pods of %(other)s run in the same %(topology)s and repel these.")
        return Sentence(template, params, "repelled")
    if more:
        template = _(
            "These pods and those of %(other)s and %(more)d more repel each other within one %(topology)s."
        )
    else:
        template = _("These pods and those of %(other)s repel each other within one %(topology)s.")
    return Sentence(template, params, "repelled-planned")
