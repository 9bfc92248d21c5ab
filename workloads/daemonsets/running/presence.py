"""What runs on each node: the pods of one DaemonSet compared with where they should run.

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
from workloads.daemonsets.manifest.sentences import Sentence
from workloads.daemonsets.placement.verdicts import Coverage
from workloads.daemonsets.running.unscheduled import own_node_reasons
from workloads.documents.paths import Json

Presence: TypeAlias = Literal[
    "running", "updating", "starting", "failing", "missing", "misscheduled", "excluded"
]

HASH: Final = "controller-revision-hash"
_GENERATION: Final = "pod-template-generation"
_GENERATION_NOW: Final = "deprecated.daemonset.template.generation"

_YOUNG: Final = dt.timedelta(minutes=10)
"""How long a pod may take to start: the progress deadline of Deployments (SetDefaults_Deployment in
pkg/apis/apps/v1/defaults.go)."""

COUNTERS: Final = (
    "desiredNumberScheduled",
    "currentNumberScheduled",
    "numberReady",
    "numberAvailable",
    "updatedNumberScheduled",
    "numberMisscheduled",
    "numberUnavailable",
)
"""Fields of a DaemonSet's `status`. They count nodes, not pods."""


@dataclass(frozen=True, slots=True)
class MissingCause:
    """Why a pod is missing.

    code: the cause's short name. template: the English text; its parameters are `why`, the words of the
    controller or API server, and `age`, the time since `when`.
    """

    code: str
    template: str
    why: str = ""
    when: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class NodePresence:
    """What one node has of a DaemonSet.

    pod: the name of the node's pod, "" for none; during a surge that of the older one.
    say: what is wrong with the pod, or that it is missing; None if nothing is wrong.
    scheduler_message: the scheduler's whole message where `say` has only a part of it, else "".
    cause: why the pod is missing, if known (`absence.with_causes`).
    """

    presence: Presence
    pod: str = ""
    say: Sentence | None = None
    ready: bool = False
    available: bool = False
    updated: bool = True
    cause: MissingCause | None = None
    scheduler_message: str = ""

    @property
    def say_without_restarts(self) -> Sentence | None:
        """`say` without the number of restarts: equal for all nodes with the same problem."""
        if self.say is None or self.say.code != "container-restarted":
            return self.say
        return _stopped({name: value for name, value in self.say.params.items() if name != "times"})


def by_owner(pods: Iterable[Json]) -> dict[str, list[Json]]:
    """The uid of the controlling owner → its objects; for pods and for ControllerRevisions."""
    found: dict[str, list[Json]] = {}
    for pod in pods:
        for ref in Place(pod).at("metadata", "ownerReferences"):
            if ref["controller"].is_true and ref["uid"].text:
                found.setdefault(ref["uid"].text, []).append(pod)
    return found


def owned(pods: Iterable[Json], daemonset: Json) -> list[Json]:
    """The pods or ControllerRevisions that the DaemonSet controls."""
    return by_owner(pods).get(uid_of(daemonset), [])


def uid_of(daemonset: Json) -> str:
    return Place(daemonset).at("metadata", "uid").text


def all_updated(pods: Iterable[Json], daemonset: Json) -> bool:
    """Whether all pods have the present template, by their generation alone. If not, compare their revision
    hash: after a rollback, pods of an older generation are up to date."""
    now = Place(daemonset).at("metadata", "annotations", _GENERATION_NOW).text
    return bool(now) and all(Place(pod).at("metadata", "labels", _GENERATION).text == now for pod in pods)


def current_hash(revisions: Iterable[Json], daemonset: Json) -> str:
    """The revision hash of up-to-date pods, "" if unknown. revisions: ControllerRevisions."""
    numbered = [
        (revision.get("revision") or 0, Place(revision).at("metadata", "labels", HASH).text)
        for revision in owned(revisions, daemonset)
    ]
    return max(numbered)[1] if numbered else ""


def node_of(pod: Json) -> str:
    """The node that a pod is bound to or, before that, the one it was created for; "" for none."""
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


def presence_by_node(
    daemonset: Json, pods: Sequence[Json], coverage: Coverage | None, revision: str | None, now: dt.datetime
) -> dict[str, NodePresence]:
    """Node name → what the node has of the DaemonSet.

    pods: those that the DaemonSet controls. revision: the hash from `current_hash`; None if the user may not
    read revisions: then the generation is compared, by which all pods look outdated after a rollback.
    coverage: None if the nodes are unknown: then only nodes with a pod are listed, as if it should run there.
    """
    at: dict[str, list[Json]] = {}
    for pod in pods:
        place = Place(pod)
        finished = place.at("metadata", "deletionTimestamp") and is_finished(place)
        if not finished:
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


def counters(found: Mapping[str, NodePresence], should_run: Iterable[str]) -> dict[str, int]:
    """The status counters that the controller would report. should_run: names of nodes."""
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


def reported_counters(daemonset: Json) -> dict[str, int]:
    """The status counters as the controller reported them; an absent one is 0."""
    status = Place(daemonset)["status"]
    return {name: status[name].number or 0 for name in COUNTERS}


def reported_pods(daemonset: Json) -> int:
    """How many pods the controller counts, misscheduled ones included."""
    counts = reported_counters(daemonset)
    return counts["currentNumberScheduled"] + counts["numberMisscheduled"]


def _on_node(
    pods: Sequence[Json], wanted: bool, is_updated: Callable[[Place], bool], wait: int, now: dt.datetime
) -> NodePresence:
    if not pods:
        if wanted:
            return NodePresence("missing", say=Sentence(_("No pod on this node."), code="no-pod"))
        return NodePresence("excluded")
    pod = Place(min(pods, key=_rank))
    is_ready = _is_ready(pod)
    ready = is_ready is not None
    available = is_ready is not None and _has_waited(is_ready, wait, now)
    updated = is_updated(pod)
    problem, message = _problem(pod), _unscheduled(pod)
    found: Presence
    say: Sentence | None
    if not wanted and message:
        waiting = _("A pod is waiting for this node, but none should run here: %(why)s")
        params = {"why": problem.params["why"]} if problem else {}
        found, say = "misscheduled", Sentence(waiting, params, "misscheduled-waiting")
    elif not wanted:
        unwanted = Sentence(_("This node has a pod, but none should run here."), code="misscheduled")
        found, say = "misscheduled", problem or unwanted
    elif _is_ending(pod, now) or (ready and pod.at("metadata", "deletionTimestamp")):
        found, say = "updating", Sentence(_("The pod is being deleted."), code="being-deleted")
    elif not ready and _is_starting(pod, now):
        found, say = "starting", Sentence(_("The pod is starting."), code="starting")
    elif not ready:
        found, say = "failing", problem or Sentence(_("The pod is not ready."), code="not-ready")
    elif not updated:
        found, say = "updating", Sentence(_("The pod has an older revision."), code="older-revision")
    else:
        found, say = "running", None
    if say is not None and message == say.params.get("why"):
        message = ""
    return NodePresence(
        found,
        pod.at("metadata", "name").text,
        say,
        ready,
        available,
        updated,
        scheduler_message=message,
    )


def _rank(pod: Json) -> tuple[bool, str, str]:
    """Which pod counts for its node: a bound one first, then the oldest, then by name."""
    place = Place(pod)
    metadata = place["metadata"]
    bound = bool(place.at("spec", "nodeName").text)
    return not bound, metadata["creationTimestamp"].text, metadata["name"].text


_CREATING: Final = "ContainerCreating"


def _stopped(params: Mapping[str, Any]) -> Sentence:
    return Sentence(_("Container %(container)s: %(why)s"), params, "container")


def _problem(pod: Place) -> Sentence | None:
    """Why a pod does not run, in the words of kubelet and scheduler; None if they report nothing."""
    status = pod["status"]
    creating: Sentence | None = None
    for container in _containers(pod):
        for state in ("waiting", "terminated"):
            why = container.at("state", state, "reason").text
            if not why or why in ("Completed", "PodInitializing"):
                continue
            params = {"container": container["name"].text, "why": why}
            if times := container["restartCount"].number:
                template = _("Container %(container)s: %(why)s, restarted %(times)d times")
                return Sentence(template, {**params, "times": times}, "container-restarted")
            if why != _CREATING:
                return _stopped(params)
            creating = _stopped(params)  # another container may report more
    if message := _unscheduled(pod):
        return Sentence(_("Not scheduled: %(why)s"), {"why": own_node_reasons(message)}, "not-scheduled")
    if status["reason"].text:
        return Sentence(_("Pod: %(why)s"), {"why": status["reason"].text}, "pod-reason")
    return creating


def _is_ending(pod: Place, now: dt.datetime) -> bool:
    """Whether a deleted pod is within its grace period, which deletionTimestamp includes."""
    ends = parse_time(pod.at("metadata", "deletionTimestamp"))
    return ends is not None and now <= ends


def _is_starting(pod: Place, now: dt.datetime) -> bool:
    """Whether a pod that is not ready is merely starting: it is young, and no container has stopped or waits
    for anything but its creation."""
    created, problem = parse_time(pod.at("metadata", "creationTimestamp")), _problem(pod)
    return (
        created is not None
        and now - created < _YOUNG
        and not is_finished(pod)
        and not _unscheduled(pod)
        and not any(container["restartCount"].number for container in _containers(pod))
        and (problem is None or problem.params["why"] == _CREATING)
    )


def _containers(pod: Place) -> Iterator[Place]:
    for kind in ("initContainerStatuses", "containerStatuses"):
        yield from pod["status"][kind]


def _unscheduled(pod: Place) -> str:
    """The scheduler's message about a pod that it cannot place; "" if it could, or has not tried yet."""
    for condition in pod.at("status", "conditions"):
        if condition["type"].text == "PodScheduled" and condition["status"].text == "False":
            return condition["message"].text or condition["reason"].text
    return ""


def parse_time(place: Place) -> dt.datetime | None:
    """A time as the API server writes it; None if absent, unreadable or without a time zone."""
    try:
        when = dt.datetime.fromisoformat(place.text)
    except ValueError:
        return None
    return when if when.tzinfo else None


def _is_ready(pod: Place) -> Place | None:
    """The condition Ready of a pod; None if the pod is not ready."""
    for condition in pod.at("status", "conditions"):
        if condition["type"].text == "Ready" and condition["status"].text == "True":
            return condition
    return None


def _has_waited(is_ready: Place, wait: int, now: dt.datetime) -> bool:
    """Whether a ready pod is available, too. wait: minReadySeconds; if 0, clocks, which may differ, are not
    compared (IsPodAvailable)."""
    since = parse_time(is_ready["lastTransitionTime"])
    return not wait or (since is not None and (now - since).total_seconds() >= wait)


def is_finished(pod: Place) -> bool:
    """Whether a pod has finished and no longer uses its node (IsPodTerminal of pkg/api/v1/pod)."""
    return pod.at("status", "phase").text in ("Succeeded", "Failed")
