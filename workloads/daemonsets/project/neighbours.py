"""The DaemonSets of a project, indexed so that one more can be compared with all of them quickly."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import TypeAlias

from workloads.daemonsets.manifest.outline import POD, POD_LABELS, SELECTOR
from workloads.daemonsets.manifest.places import Place
from workloads.daemonsets.manifest.pod import all_containers, keeps_running
from workloads.documents.paths import JsonObject

HostPort: TypeAlias = tuple[str, str, int]
"""Protocol, address, number."""
_Pair: TypeAlias = tuple[str, str]
_EVERYWHERE = "0.0.0.0"  # noqa: S104


class Neighbours:
    """An index by label and by host port. It finds candidates; the caller checks whether they clash."""

    def __init__(self, daemonsets: Sequence[JsonObject]) -> None:
        self._all = daemonsets
        self._labelled: dict[_Pair, list[int]] = defaultdict(list)
        self._selecting: dict[_Pair, list[int]] = defaultdict(list)
        self._by_expressions: list[int] = []
        self._taking: dict[tuple[str, int], list[int]] = defaultdict(list)
        places = [Place(value) for value in daemonsets]
        common = Counter(pair for place in places for pair in _selected(place))
        for number, place in enumerate(places):
            for pair in _pairs(place.at(*POD_LABELS)):
                self._labelled[pair].append(number)
            if pairs := _selected(place):
                # Pods must have all its labels, so it is enough to index it under the rarest one.
                self._selecting[min(pairs, key=common.__getitem__)].append(number)
            elif place.at(*SELECTOR).length:
                self._by_expressions.append(number)
            for _at, (protocol, _address, port) in host_ports(place):
                self._taking[protocol, port].append(number)

    def _having(self, pair: _Pair) -> int:
        return len(self._labelled.get(pair, ()))

    def candidates(self, daemonset: Place) -> Iterator[JsonObject]:
        """The DaemonSets that may select its pods, whose pods it may select, or that use one of its host
        ports: maybe too many, never too few. In the given order."""
        found = {*self._by_expressions}
        if pairs := _selected(daemonset):
            found.update(self._labelled.get(min(pairs, key=self._having), ()))
        elif daemonset.at(*SELECTOR).length:
            found.update(range(len(self._all)))
        for pair in _pairs(daemonset.at(*POD_LABELS)):
            found.update(self._selecting.get(pair, ()))
        for _at, (protocol, _address, port) in host_ports(daemonset):
            found.update(self._taking.get((protocol, port), ()))
        for number in sorted(found):
            yield self._all[number]


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


def _selected(daemonset: Place) -> list[_Pair]:
    return list(_pairs(daemonset.at(*SELECTOR, "matchLabels")))


def _pairs(labels: Place) -> Iterator[_Pair]:
    """A null counts as the empty string, as for the API server."""
    for key, value in labels.entries:
        yield key, "" if value.value is None else str(value.value)
