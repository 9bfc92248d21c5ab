"""Why a node that should have a pod of a DaemonSet has none, as reported by the controller.

The controller reports it in events about the DaemonSet. An event about a pod that the API server refuses
names no node: it is about all nodes that lack a pod. The controller tries again after every change of the
DaemonSet and for every node that joins, so older events do not explain the present state.

Sources: syncDaemonSet and podsShouldBeOnNode in pkg/controller/daemon/daemon_controller.go, CreatePod in
pkg/controller/controller_utils.go, EventAggregatorByReasonMessageFunc in client-go
tools/record/events_cache.go, simpleNameGenerator in apiserver pkg/storage/names/generate.go.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from workloads.daemonsets.manifest.findings import gettext_noop as _
from workloads.daemonsets.manifest.places import Place
from workloads.daemonsets.running.presence import MissingCause, NodePresence, parse_time
from workloads.documents.paths import Json

_OF_ALL: Final = frozenset({"FailedCreate", "SelectingAll"})
_OF_ONE: Final = "FailedDaemonPod"
_NAMES_NODE: Final = re.compile(r" on node (\S+), will try to kill it")
_COMBINED: Final = "(combined from similar events): "
_GENERATED: Final = 58
"""The API server keeps this many characters of a name to generate, and adds a random suffix:"""
_SUFFIX: Final = "[bcdfghjklmnpqrstvwxz2456789]{5}"
_CLOCKS: Final = dt.timedelta(seconds=10)
"""How far the clocks of controller and API server may differ; both report whole seconds."""

_REPORTED: Final = _("The controller reported (%(age)s): %(why)s")
_NO_EVENT: Final = MissingCause(
    "no-event",
    _("No event explains this: the controller has not tried yet, is not running, or its event has expired."),
)
_UNOBSERVED: Final = MissingCause(
    "unobserved",
    _(
        "The controller has not processed the latest change of the DaemonSet yet: it is still working on it, "
        "or it is not running."
    ),
)
_DELETING: Final = MissingCause(
    "deleting", _("The DaemonSet is being deleted: no more pods are created for it.")
)


def any_missing(on_node: Mapping[str, NodePresence]) -> bool:
    """Whether any node lacks its pod, so that events are worth reading."""
    return any(each.presence == "missing" for each in on_node.values())


def by_involved_object(events: Iterable[Json]) -> dict[str, list[Json]]:
    """The uid of the involved object → its events."""
    found: dict[str, list[Json]] = {}
    for event in events:
        found.setdefault(Place(event).at("involvedObject", "uid").text, []).append(event)
    return found


def unobserved(daemonset: Json) -> MissingCause | None:
    """The cause if the controller has not observed the latest generation of the DaemonSet, else None.

    The controller of 1.20 does not report the generation while a pod is refused.
    """
    generation = Place(daemonset).at("metadata", "generation").number or 0
    observed = Place(daemonset).at("status", "observedGeneration").number or 0
    return _UNOBSERVED if observed < generation else None


def with_causes(
    on_node: Mapping[str, NodePresence],
    daemonset: Json,
    nodes: Iterable[Json],
    events: Sequence[Json] | None,
    changed: dt.datetime | None,
) -> dict[str, NodePresence]:
    """`on_node` with a cause for each missing pod.

    nodes: Node objects. events: warnings about the DaemonSet; None if the user can't read them.
    changed: the last change of the DaemonSet, except of its status.
    """
    reports = sorted(_reports(daemonset, events or ()), key=lambda each: each.when, reverse=True)
    otherwise = unobserved(daemonset) or (_NO_EVENT if events is not None else None)
    deleting = _DELETING if Place(daemonset).at("metadata", "deletionTimestamp") else None
    joined = {
        metadata["name"].text: parse_time(metadata["creationTimestamp"])
        for metadata in (Place(node)["metadata"] for node in nodes)
    }

    def cause(name: str) -> MissingCause | None:
        since = max((each for each in (changed, joined.get(name)) if each), default=None)
        fitting = (
            each.cause
            for each in reports
            if each.node in ("", name) and (since is None or each.when >= since - _CLOCKS)
        )
        return deleting or next(fitting, otherwise)

    return {
        name: replace(each, cause=cause(name)) if each.presence == "missing" else each
        for name, each in on_node.items()
    }


@dataclass(frozen=True, slots=True)
class _Report:
    """One event of the controller. node: the only node that it is about, "" for all."""

    when: dt.datetime
    node: str
    cause: MissingCause


def _reports(daemonset: Json, events: Iterable[Json]) -> Iterable[_Report]:
    # Every try gives the refused pod another name, so its random suffix is left out.
    stem = f"{Place(daemonset).at('metadata', 'name').text}-"[:_GENERATED]
    generated = re.compile(rf"(?<![\w.-]){re.escape(stem)}{_SUFFIX}(?![\w-])")
    for event in map(Place, events):
        reason, when = event["reason"].text, _last_time(event)
        message = event["message"].text.removeprefix(_COMBINED).strip()
        named = _NAMES_NODE.search(message) if reason == _OF_ONE else None
        if when and message and (reason in _OF_ALL or named):
            cause = MissingCause("reported", _REPORTED, generated.sub(f"{stem}…", message), when)
            yield _Report(when, named[1] if named else "", cause)


def _last_time(event: Place) -> dt.datetime | None:
    """When an event happened last: the recorders of core and of events.k8s.io write different fields."""
    places = (
        event.at("series", "lastObservedTime"),
        event["lastTimestamp"],
        event["eventTime"],
        event.at("metadata", "creationTimestamp"),
    )
    return next((when for when in map(parse_time, places) if when), None)
