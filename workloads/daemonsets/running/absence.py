"""Why a node that should have a pod of a DaemonSet has none, as far as its controller says.

The controller says it in events about the DaemonSet. One about a pod that the API server refuses names no
node: it is about all that lack a pod. With every change of the DaemonSet and every node that joins it tries
again, so what it said before is not the present trouble.

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
from workloads.daemonsets.running.presence import Cause, OnNode, moment
from workloads.documents.paths import Json

_OF_ALL: Final = frozenset({"FailedCreate", "SelectingAll"})
_OF_ONE: Final = "FailedDaemonPod"
_NAMES_NODE: Final = re.compile(r" on node (\S+), will try to kill it")
_COMBINED: Final = "(combined from similar events): "
_GENERATED: Final = 58
"""Of a generated name so many characters may be given; five more are made up, of these:"""
_MADE_UP: Final = "[bcdfghjklmnpqrstvwxz2456789]{5}"
_CLOCKS: Final = dt.timedelta(seconds=10)
"""The clocks of controller and API server differ; the times of both are whole seconds."""

_SAID: Final = _("The controller said (%(age)s): %(why)s")
_SILENT: Final = Cause(
    _("No event says why: the controller has not got to it yet, does not run, or its event was not kept.")
)
_BEHIND: Final = Cause(
    _(
        "The controller has not dealt with the latest change of the DaemonSet yet: "
        "it is still at it, or does not run."
    )
)
_DELETED: Final = Cause(_("The DaemonSet is being deleted: no pod is made for it any more."))


def is_missing(on_node: Mapping[str, OnNode]) -> bool:
    """Whether a node lacks its pod, so that events are worth reading."""
    return any(there.presence == "missing" for there in on_node.values())


def by_object(events: Iterable[Json]) -> dict[str, list[Json]]:
    """The uid of what they are about → events."""
    found: dict[str, list[Json]] = {}
    for event in events:
        found.setdefault(Place(event).at("involvedObject", "uid").text, []).append(event)
    return found


def behind(daemonset: Json) -> Cause | None:
    """What there is to say where the controller has not finished with the DaemonSet as it is now. That of
    1.20 does not finish for as long as a pod is refused."""
    generation = Place(daemonset).at("metadata", "generation").number or 0
    observed = Place(daemonset).at("status", "observedGeneration").number or 0
    return _BEHIND if observed < generation else None


def explained(
    on_node: Mapping[str, OnNode],
    daemonset: Json,
    nodes: Iterable[Json],
    events: Sequence[Json] | None,
    changed: dt.datetime | None,
) -> dict[str, OnNode]:
    """`on_node` with the cause where a pod is missing.

    nodes: the objects. events: warnings about the DaemonSet; None where they may not be read.
    changed: when it was written last, but for its status.
    """
    said = sorted(_said(daemonset, events or ()), key=lambda each: each.when, reverse=True)
    silent = behind(daemonset) or (_SILENT if events is not None else None)
    deleted = _DELETED if Place(daemonset).at("metadata", "deletionTimestamp") else None
    joined = {
        metadata["name"].text: moment(metadata["creationTimestamp"])
        for metadata in (Place(node)["metadata"] for node in nodes)
    }

    def cause(name: str) -> Cause | None:
        since = max((each for each in (changed, joined.get(name)) if each), default=None)
        fitting = (
            each.cause
            for each in said
            if each.node in ("", name) and (since is None or each.when >= since - _CLOCKS)
        )
        return deleted or next(fitting, silent)

    return {
        name: replace(there, cause=cause(name)) if there.presence == "missing" else there
        for name, there in on_node.items()
    }


@dataclass(frozen=True, slots=True)
class _Said:
    """node: the only one it is about, "" for all."""

    when: dt.datetime
    node: str
    cause: Cause


def _said(daemonset: Json, events: Iterable[Json]) -> Iterable[_Said]:
    # The API server names a refused pod; another one with every try, so the part that is made up is left out.
    stem = f"{Place(daemonset).at('metadata', 'name').text}-"[:_GENERATED]
    generated = re.compile(rf"(?<![\w.-]){re.escape(stem)}{_MADE_UP}(?![\w-])")
    for event in map(Place, events):
        reason, when = event["reason"].text, _last_time(event)
        message = event["message"].text.removeprefix(_COMBINED).strip()
        named = _NAMES_NODE.search(message) if reason == _OF_ONE else None
        if when and message and (reason in _OF_ALL or named):
            cause = Cause(_SAID, generated.sub(f"{stem}…", message), when)
            yield _Said(when, named[1] if named else "", cause)


def _last_time(event: Place) -> dt.datetime | None:
    """When an event happened last: recorders of both APIs, core and events.k8s.io, write other fields."""
    places = (
        event.at("series", "lastObservedTime"),
        event["lastTimestamp"],
        event["eventTime"],
        event.at("metadata", "creationTimestamp"),
    )
    return next((when for when in map(moment, places) if when), None)
