"""What runs on each node: the pods of one DaemonSet held against where they should be.

Sources: getNodesToDaemonPods, updateDaemonSetStatus and podsShouldBeOnNode in
pkg/controller/daemon/daemon_controller.go, GetTargetNodeName and IsPodUpdated in
pkg/controller/daemon/util/daemonset_util.go,
IsPodAvailable in pkg/api/v1/pod/util.go.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from workloads.daemonsets.manifest.findings import gettext_noop as _
from workloads.daemonsets.manifest.outline import REQUIRED
from workloads.daemonsets.manifest.places import Place
from workloads.daemonsets.placement.verdicts import Coverage
from workloads.daemonsets.running.unscheduled import of_its_node
from workloads.documents.paths import Json

Presence: TypeAlias = Literal[
    "running", "updating", "starting", "failing", "missing", "misscheduled", "excluded"
]

HASH: Final = "controller-revision-hash"
_GENERATION: Final = "pod-template-generation"
_GENERATION_NOW: Final = "deprecated.daemonset.template.generation"

_YOUNG: Final = dt.timedelta(minutes=10)
"""A pod may take so long to start: what the controller of Deployments calls progress (SetDefaults_Deployment
in pkg/apis/apps/v1/defaults.go)."""

COUNTERS: Final = (
    "desiredNumberScheduled",
    "currentNumberScheduled",
    "numberReady",
    "numberAvailable",
    "updatedNumberScheduled",
    "numberMisscheduled",
    "numberUnavailable",
)
"""Of `status` of a DaemonSet. They count nodes, not pods."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why there is no pod: `template` with `why`, in the words of controller and API server, and `age`, how
    long ago they were said (at `when`)."""

    template: str
    why: str = ""
    when: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class OnNode:
    """pod: the name of the pod that stands for the node, "" for none.

    `template % params` says what is wrong with it, or that there is none; template "" says nothing.
    whole: all that the scheduler said, where that is shortened.
    cause: of a missing pod, where it is known (`absence.explained`).
    """

    presence: Presence
    pod: str = ""
    template: str = ""
    params: Mapping[str, Any] | None = None
    ready: bool = False
    available: bool = False
    updated: bool = True
    cause: Cause | None = None
    whole: str = ""

    @property
    def gist(self) -> tuple[str, Mapping[str, Any]]:
        """`template` and `params` without how often a container was restarted: the same for all nodes that
        have the same trouble."""
        return _STOPPED if self.template == _RESTARTED else self.template, {
            name: value for name, value in (self.params or {}).items() if name != "times"
        }


def by_owner(pods: Iterable[Json]) -> dict[str, list[Json]]:
    """The uid of what controls them → pods."""
    found: dict[str, list[Json]] = {}
    for pod in pods:
        for ref in Place(pod).at("metadata", "ownerReferences"):
            if ref["controller"].is_true and ref["uid"].text:
                found.setdefault(ref["uid"].text, []).append(pod)
    return found


def owned(pods: Iterable[Json], daemonset: Json) -> list[Json]:
    """The pods that the DaemonSet controls."""
    return by_owner(pods).get(uid_of(daemonset), [])


def uid_of(daemonset: Json) -> str:
    return Place(daemonset).at("metadata", "uid").text


def all_updated(pods: Iterable[Json], daemonset: Json) -> bool:
    """Whether all pods are of the template as it is now by their generation alone. Where they are not, the
    newest revision has to be asked: after a rollback, pods of an older generation are up to date."""
    now = Place(daemonset).at("metadata", "annotations", _GENERATION_NOW).text
    return bool(now) and all(Place(pod).at("metadata", "labels", _GENERATION).text == now for pod in pods)


def current_hash(revisions: Iterable[Json], daemonset: Json) -> str:
    """The label of pods of the newest revision; "" where there is none. revisions: ControllerRevisions."""
    numbered = [
        (revision.get("revision") or 0, Place(revision).at("metadata", "labels", HASH).text)
        for revision in owned(revisions, daemonset)
    ]
    return max(numbered)[1] if numbered else ""


def node_of(pod: Json) -> str:
    """The node a pod is on, or, while it is not bound, the one that it is made for."""
    spec = Place(pod)["spec"]
    if spec["nodeName"].text:
        return spec["nodeName"].text
    required = spec.at("affinity", "nodeAffinity", REQUIRED)
    for term in required["nodeSelectorTerms"]:
        for field in term["matchFields"]:
            values = [value.text for value in field["values"]]
            if field["key"].text == "metadata.name" and field["operator"].text == "In" and len(values) == 1:
                return values[0]
    return ""


def presence(
    daemonset: Json, pods: Sequence[Json], coverage: Coverage | None, revision: str | None, now: dt.datetime
) -> dict[str, OnNode]:
    """Node name → what is there. pods: those the DaemonSet controls. revision: that of `current_hash`; None
    where revisions may not be read: then the generation tells, by which a rollback makes new pods old ones.

    coverage: None where the nodes are not known; then only those with a pod, as if it should be there.
    """
    at: dict[str, list[Json]] = {}
    for pod in pods:
        place = Place(pod)
        gone = place.at("metadata", "deletionTimestamp") and finished(place)
        if not gone:
            at.setdefault(node_of(pod), []).append(pod)
    wait = Place(daemonset).at("spec", "minReadySeconds").number or 0
    if coverage is None:
        wanted = dict.fromkeys(sorted(at), True)
    else:
        wanted = {name: verdict.should_run for name, verdict in coverage.verdicts.items()}
    at_label, wanted_label = HASH, revision
    if revision is None:
        now_at = Place(daemonset).at("metadata", "annotations", _GENERATION_NOW)
        at_label, wanted_label = _GENERATION, now_at.text

    def is_updated(pod: Place) -> bool:
        return not wanted_label or pod.at("metadata", "labels", at_label).text == wanted_label

    return {
        name: _on_node(at.get(name, ()), should_run, is_updated, wait, now)
        for name, should_run in wanted.items()
    }


def counters(found: Mapping[str, OnNode], should_run: Iterable[str]) -> dict[str, int]:
    """What the controller would report."""
    wanted = [found[name] for name in should_run]
    available = sum(each.available for each in wanted)
    return {
        "desiredNumberScheduled": len(wanted),
        "currentNumberScheduled": sum(bool(each.pod) for each in wanted),
        "numberReady": sum(each.ready for each in wanted),
        "numberAvailable": available,
        "updatedNumberScheduled": sum(bool(each.pod) and each.updated for each in wanted),
        "numberMisscheduled": sum(each.presence == "misscheduled" for each in found.values()),
        "numberUnavailable": len(wanted) - available,
    }


def reported(daemonset: Json) -> dict[str, int]:
    """The counters as the controller wrote them; what it left out is 0."""
    status = Place(daemonset)["status"]
    return {name: status[name].number or 0 for name in COUNTERS}


def pods_reported(daemonset: Json) -> int:
    """How many pods the controller counts, those where none should be included."""
    told = reported(daemonset)
    return told["currentNumberScheduled"] + told["numberMisscheduled"]


def _on_node(
    pods: Sequence[Json], wanted: bool, is_updated: Callable[[Place], bool], wait: int, now: dt.datetime
) -> OnNode:
    if not pods:
        if wanted:
            return OnNode("missing", template=_("There is no pod."))
        return OnNode("excluded")
    pod = Place(min(pods, key=_rank))
    is_ready = _is_ready(pod)
    ready = is_ready is not None
    available = is_ready is not None and _has_waited(is_ready, wait, now)
    updated = is_updated(pod)
    said, params = _trouble(pod)
    whole = _unscheduled(pod)
    found: Presence
    if not wanted and whole:
        found, said = "misscheduled", _("A pod waits for this node, and none should run here: %(why)s")
    elif not wanted:
        found, said = "misscheduled", said or _("A pod is here, and none should be.")
    elif _is_ending(pod, now) or (ready and pod.at("metadata", "deletionTimestamp")):
        found, said, params = "updating", _("The pod is being deleted."), {}
    elif not ready and _is_starting(pod, now):
        found, said, params = "starting", _("The pod is starting."), {}
    elif not ready:
        found, said = "failing", said or _("The pod is not ready.")
    elif not updated:
        found, said, params = "updating", _("The pod is of an older revision."), {}
    else:
        found, said, params = "running", "", {}
    if whole == (params or {}).get("why"):
        whole = ""
    return OnNode(
        found, pod.at("metadata", "name").text, said, params, ready, available, updated, whole=whole
    )


def _rank(pod: Json) -> tuple[bool, str, str]:
    """Which pod stands for its node: bound before unbound, then the oldest, then by name."""
    place = Place(pod)
    metadata = place["metadata"]
    bound = bool(place.at("spec", "nodeName").text)
    return not bound, metadata["creationTimestamp"].text, metadata["name"].text


_CREATING: Final = "ContainerCreating"
_STOPPED: Final = _("Container %(container)s: %(why)s")
_RESTARTED: Final = _("Container %(container)s: %(why)s, restarted %(times)d times")


def _trouble(pod: Place) -> tuple[str, dict[str, Any]]:
    """Why a pod does not run, in the words of kubelet and scheduler where they say so."""
    status = pod["status"]
    created: tuple[str, dict[str, Any]] = "", {}
    for container in _containers(pod):
        for state in ("waiting", "terminated"):
            why = container.at("state", state, "reason").text
            if not why or why in ("Completed", "PodInitializing"):
                continue
            params = {"container": container["name"].text, "why": why}
            if times := container["restartCount"].number:
                return _RESTARTED, {**params, "times": times}
            if why != _CREATING:
                return _STOPPED, params
            created = _STOPPED, params  # unless another one has more to say
    if message := _unscheduled(pod):
        return _("Not scheduled: %(why)s"), {"why": of_its_node(message)}
    if status["reason"].text:
        return _("The pod: %(why)s"), {"why": status["reason"].text}
    return created


def _is_ending(pod: Place, now: dt.datetime) -> bool:
    """Whether a deleted pod has still time to end: its grace period is part of deletionTimestamp."""
    ends = moment(pod.at("metadata", "deletionTimestamp"))
    return ends is not None and now <= ends


def _is_starting(pod: Place, now: dt.datetime) -> bool:
    """Whether nothing is wrong with a pod that is not ready: it is young, and no container stopped or waits
    for anything but its making."""
    made = moment(pod.at("metadata", "creationTimestamp"))
    return (
        made is not None
        and now - made < _YOUNG
        and not finished(pod)
        and not _unscheduled(pod)
        and not any(container["restartCount"].number for container in _containers(pod))
        and _trouble(pod)[1].get("why", _CREATING) == _CREATING
    )


def _containers(pod: Place) -> Iterator[Place]:
    for kind in ("initContainerStatuses", "containerStatuses"):
        yield from pod["status"][kind]


def _unscheduled(pod: Place) -> str:
    """Why the scheduler has no node for a pod, in its words; "" where it has, or has not looked yet."""
    for condition in pod.at("status", "conditions"):
        if condition["type"].text == "PodScheduled" and condition["status"].text == "False":
            return condition["message"].text or condition["reason"].text
    return ""


def moment(place: Place) -> dt.datetime | None:
    """A time as the API server writes it; None for none."""
    try:
        when = dt.datetime.fromisoformat(place.text)
    except ValueError:
        return None
    return when if when.tzinfo else None


def _is_ready(pod: Place) -> Place | None:
    """The condition that says so; None where a pod is not ready."""
    for condition in pod.at("status", "conditions"):
        if condition["type"].text == "Ready" and condition["status"].text == "True":
            return condition
    return None


def _has_waited(is_ready: Place, wait: int, now: dt.datetime) -> bool:
    """Whether a pod that is ready is available too. Who asks for no time asks no clock, which may be behind
    the node's (IsPodAvailable)."""
    since = moment(is_ready["lastTransitionTime"])
    return not wait or (since is not None and (now - since).total_seconds() >= wait)


def finished(pod: Place) -> bool:
    """Whether a pod is done and takes nothing of its node any more (IsPodTerminal of pkg/api/v1/pod)."""
    return pod.at("status", "phase").text in ("Succeeded", "Failed")
