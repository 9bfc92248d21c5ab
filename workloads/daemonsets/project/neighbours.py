"""The DaemonSets of a project, indexed so that one more can be compared with all of them quickly.

DaemonSets that look alike from outside are compared once, so n copies of one cost n lookups, not n².
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import Any, Final, TypeAlias

from workloads.daemonsets.manifest.outline import POD, POD_LABELS, SELECTOR
from workloads.daemonsets.manifest.places import Place, without_nulls
from workloads.daemonsets.manifest.pod import all_containers, keeps_running
from workloads.daemonsets.manifest.selectors import matches
from workloads.documents.paths import JsonObject
from workloads.kept import Kept, key_of

HostPort: TypeAlias = tuple[str, str, int]
"""Protocol, address, number."""
_Pair: TypeAlias = tuple[str, str]
_EVERYWHERE = "0.0.0.0"  # noqa: S104
MOST_COMPARED: Final = 200
"""With this many different selectors and labels one DaemonSet is compared."""
NAMED: Final = 3
"""This many of the others are named."""


@dataclass(frozen=True, slots=True)
class Others:
    """DaemonSets that get in the way of one. names: of the first of them. complete: whether all that could
    have been were compared with it."""

    count: int
    names: tuple[str, ...]
    complete: bool = True


@dataclass(slots=True)
class _Members:
    """DaemonSets in their order. by_namespace: namespace → name → None; "" for those without one."""

    by_namespace: dict[str, dict[str, None]] = field(default_factory=lambda: defaultdict(dict))

    def add(self, namespace: str, name: str) -> None:
        self.by_namespace[namespace][name] = None

    def besides(self, namespace: str, name: str) -> tuple[int, Iterator[str]]:
        """How many may be in this namespace, and their names, without the one called `name`. One without a
        namespace may be in any."""
        groups = (
            list(self.by_namespace.values())
            if not namespace
            else [self.by_namespace[each] for each in ("", namespace) if each in self.by_namespace]
        )
        count = sum(len(group) - (name in group) for group in groups)
        return count, (each for group in groups for each in group if each != name)


@dataclass(frozen=True, slots=True)
class _Look:
    """What decides whether the selectors of two DaemonSets overlap, nulls as the API server reads them.

    wanted: what the selector asks for: of the labels in each entry a pod must have one.
    """

    selector: Place
    labels: Mapping[str, Any]
    wanted: Sequence[Sequence[_Pair]]
    key: str

    @classmethod
    def of(cls, daemonset: Place) -> _Look:
        selector, labels = daemonset.at(*SELECTOR).value, daemonset.at(*POD_LABELS).mapping
        read = Place(without_nulls({"selector": selector, "labels": labels}))
        wanted = list(_wanted(read["selector"]))
        return cls(read["selector"], read["labels"].mapping, wanted, repr(read.value))

    @property
    def pairs(self) -> list[_Pair]:
        return [(key, str(value)) for key, value in self.labels.items()]

    def selects(self, other: _Look) -> bool:
        return bool(self.selector.length) and matches(self.selector, other.labels)


def _wanted(selector: Place) -> Iterator[list[_Pair]]:
    for key, value in selector["matchLabels"].entries:
        yield [(key, str(value.value))]
    for requirement in selector["matchExpressions"]:
        if requirement["operator"].text == "In":
            yield [(requirement["key"].text, str(value.value)) for value in requirement["values"]]


@dataclass(frozen=True, slots=True)
class _Read:
    """What the index reads of one DaemonSet."""

    daemonset: JsonObject
    namespace: str
    name: str
    look: _Look
    ports: Sequence[HostPort]


_REMEMBERED: Final = 20_000
_remembered: dict[int, _Read] = {}
"""By the id of the object, which is kept with it so that no other one gets its id. Nobody changes it."""


def _read(daemonset: JsonObject) -> _Read:
    known = _remembered.get(id(daemonset))
    if known is None:
        place = Place(daemonset)
        metadata = place["metadata"]
        ports = [port for _at, port in host_ports(place)]
        look = _Look.of(place)
        known = _Read(daemonset, metadata["namespace"].text, metadata["name"].text, look, ports)
        if len(_remembered) >= _REMEMBERED:
            _remembered.clear()
        _remembered[id(daemonset)] = known
    return known


class Neighbours:
    """An index by label and by host port."""

    def __init__(self, daemonsets: Sequence[JsonObject]) -> None:
        self._looks: list[_Look] = []
        self._members: list[_Members] = []
        self._overlapping: dict[str, tuple[list[_Members], bool]] = {}
        self._ports: dict[tuple[str, int], dict[str, _Members]] = defaultdict(lambda: defaultdict(_Members))
        self._taking: dict[HostPort, _Members] = {}
        numbers: dict[str, int] = {}
        for each in map(_read, daemonsets):
            number = numbers.setdefault(each.look.key, len(numbers))
            if number == len(self._looks):
                self._looks.append(each.look)
                self._members.append(_Members())
            self._members[number].add(each.namespace, each.name)
            for protocol, address, port in each.ports:
                self._ports[protocol, port][address].add(each.namespace, each.name)

    @classmethod
    def of(
        cls,
        stored: Sequence[JsonObject],
        brought: Sequence[JsonObject],
        both: Callable[[], Sequence[JsonObject]],
    ) -> Neighbours:
        """The index of `both`: the stored ones, with those that a manifest brings in their place.

        Made once for a stored tuple, which nobody changes, and for all manifests that look alike in it."""
        if not isinstance(stored, tuple):
            return cls(both())
        looks = [(each.namespace, each.name, each.look.key, each.ports) for each in map(_read, brought)]
        return _KEPT.get((key_of(stored), key_of(looks)), lambda: cls(both()))

    def overlapping(self, daemonset: Place) -> Others:
        """Those that select its pods, or whose pods it selects."""
        look = _Look.of(daemonset)
        if look.key not in self._overlapping:
            numbers = self._candidates(look)
            found = [
                self._members[number]
                for number in numbers[:MOST_COMPARED]
                if look.selects(self._looks[number]) or self._looks[number].selects(look)
            ]
            self._overlapping[look.key] = found, len(numbers) <= MOST_COMPARED
        found, complete = self._overlapping[look.key]
        return _others(daemonset, found, complete=complete)

    def taking(self, daemonset: Place, port: HostPort) -> Others:
        """Those that use a host port that clashes with `port`."""
        if port not in self._taking:
            protocol, _address, number = port
            together = _Members()
            for theirs, members in self._ports.get((protocol, number), {}).items():
                if clash(port, (protocol, theirs, number)):
                    for namespace, names in members.by_namespace.items():
                        together.by_namespace[namespace].update(names)
            self._taking[port] = together
        return _others(daemonset, [self._taking[port]])

    def _candidates(self, look: _Look) -> list[int]:
        """The looks that may overlap: maybe too many, never too few. In their order."""
        index = self._index
        found = {*index.by_expressions}
        if look.wanted:
            rarest = min(look.wanted, key=lambda pairs: sum(len(index.labelled.get(p, ())) for p in pairs))
            found.update(number for pair in rarest for number in index.labelled.get(pair, ()))
        elif look.selector.length:
            found.update(range(len(self._looks)))
        for pair in look.pairs:
            found.update(index.selecting.get(pair, ()))
        return sorted(found)

    @cached_property
    def _index(self) -> _Index:
        return _Index(self._looks)


_KEPT: Final = Kept[Neighbours](8)


class _Index:
    """Looks by what they may match. labelled, selecting: a label → the looks with it among their labels, or
    that select by it. by_expressions: those that select by other expressions alone."""

    def __init__(self, looks: Sequence[_Look]) -> None:
        self.labelled: dict[_Pair, list[int]] = defaultdict(list)
        self.selecting: dict[_Pair, list[int]] = defaultdict(list)
        self.by_expressions: list[int] = []
        common = Counter(pair for look in looks for pairs in look.wanted for pair in pairs)
        for number, look in enumerate(looks):
            for pair in look.pairs:
                self.labelled[pair].append(number)
            if look.wanted:
                # Pods must have all of it, so it is enough to index it under what is asked for least.
                for pair in min(look.wanted, key=lambda pairs: sum(common[pair] for pair in pairs)):
                    self.selecting[pair].append(number)
            elif look.selector.length:
                self.by_expressions.append(number)


def _others(daemonset: Place, groups: Sequence[_Members], *, complete: bool = True) -> Others:
    namespace, name = daemonset.at("metadata", "namespace").text, daemonset.at("metadata", "name").text
    found = [group.besides(namespace, name) for group in groups]
    names = islice((each for _count, names in found for each in names), NAMED)
    return Others(sum(count for count, _names in found), tuple(names), complete)


def host_ports(daemonset: Place) -> Iterator[tuple[Place, HostPort]]:
    """The host ports that a pod uses while it runs, each with its place in the manifest.

    Source: GetHostPorts in pkg/scheduler/util/utils.go.
    """
    pod = daemonset.at(*POD)
    for container in filter(keeps_running, all_containers(pod)):
        for port in container["ports"]:
            at = port["containerPort"] if pod["hostNetwork"].is_true else port["hostPort"]
            if at.number:
                yield at, (port["protocol"].text or "TCP", port["hostIP"].text or _EVERYWHERE, at.number)


def clash(one: HostPort, other: HostPort) -> bool:
    """Whether one node cannot provide both: an address clashes with itself and with 0.0.0.0.

    Source: HostPortInfo.CheckConflict in pkg/scheduler/framework/types.go.
    """
    (protocol, address, number), (its_protocol, its_address, its_number) = one, other
    return (protocol, number) == (its_protocol, its_number) and (
        address == its_address or _EVERYWHERE in (address, its_address)
    )
