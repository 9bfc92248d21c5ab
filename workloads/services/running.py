"""What actually runs: the pods of a cluster compared with where they should run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext as _

from console.web.ages import age_text
from workloads.daemonsets.placement.verdicts import Coverage
from workloads.daemonsets.running import presence
from workloads.daemonsets.running.presence import MissingCause, NodePresence, Presence
from workloads.daemonsets.running.revision import matching_revision, same_revision
from workloads.documents.paths import JsonObject
from workloads.services.facts import if_readable
from workloads.services.node_map import NodeOutcome, NodeState, exclusion_reasons
from workloads.services.translation import say
from workloads.stores.protocol import Query, Store

STATE_OF_PRESENCE: Final[Mapping[Presence, NodeState]] = {
    "running": "ok",
    "updating": "old",
    "starting": "start",
    "failing": "bad",
    "missing": "miss",
    "misscheduled": "mis",
    "excluded": "out",
}
DAEMONSET_PODS: Final[JsonObject] = {"matchExpressions": [{"key": presence.HASH, "operator": "Exists"}]}
"""A label selector for the pods of all DaemonSets; it also selects those of StatefulSets."""


class ClusterPods:
    """Pods of a cluster by the object that controls them. Revisions are read only of projects with a
    rollout."""

    def __init__(self, store: Store, pods: Iterable[JsonObject]) -> None:
        self._store = store
        self._by_owner = presence.by_owner(pods)
        self._now = timezone.now()
        self._revisions: dict[str, list[JsonObject] | None] = {}

    def on_nodes(self, daemonset: JsonObject, found: Coverage | None) -> dict[str, NodePresence]:
        """Node name → the pod that a DaemonSet has there. found: its coverage, None where nodes may not be
        listed."""
        pods = self._by_owner.get(presence.uid_of(daemonset), [])
        newest = "" if presence.all_updated(pods, daemonset) else self._newest(daemonset)
        return presence.presence_by_node(daemonset, pods, found, newest, self._now)

    def _newest(self, daemonset: JsonObject) -> str | None:
        """None for users who can't read revisions."""
        project = daemonset["metadata"]["namespace"]
        if project not in self._revisions:
            self._revisions[project] = _revisions(self._store, project)
        known = self._revisions[project]
        return None if known is None else presence.current_hash(known, daemonset)


def _revisions(store: Store, project: str) -> list[JsonObject] | None:
    """The ControllerRevisions of a project, None for users who can't read them."""
    found = if_readable(lambda: store.select("apps/v1", "ControllerRevision", Query(project)).items)
    return None if found is None else [each.value for each in found]


def pod_availability(daemonset: JsonObject, pods: Sequence[JsonObject]) -> dict[str, bool]:
    """Node → whether the pod that a DaemonSet has there is available. pods: those that it controls."""
    on_node = presence.presence_by_node(daemonset, pods, None, "", timezone.now())
    return {name: each.available for name, each in on_node.items()}


def updated_nodes(
    store: Store, stored: JsonObject, value: JsonObject, pods: Sequence[JsonObject]
) -> list[str] | None:
    """The nodes whose pod already has the template of `value`, by the revisions of the stored DaemonSet; None
    if the user can't read these, or they are not needed."""
    if same_revision(stored, value) and presence.all_updated(pods, stored):
        return None
    known = _revisions(store, stored["metadata"]["namespace"])
    if known is None:
        return None
    wanted = matching_revision(presence.owned(known, stored), value)
    if wanted is None:
        return []
    on_node = presence.presence_by_node(stored, pods, None, wanted, timezone.now())
    return [name for name, each in on_node.items() if each.updated]


def pod_reasons(pod: NodePresence) -> tuple[str, ...]:
    """What is wrong with the pod of a node, or why there is none; empty where nothing is wrong."""
    wrong = (say(pod.say),) if pod.say else ()
    return (*wrong, *cause_text(pod.cause))


def cause_text(cause: MissingCause | None) -> tuple[str, ...]:
    """A cause with its age; empty for none."""
    if cause is None:
        return ()
    age = age_text((timezone.now() - cause.when).total_seconds()) if cause.when else ""
    return (_(cause.template) % {"why": cause.why, "age": age},)


def observed_outcomes(found: Coverage, on_node: Mapping[str, NodePresence]) -> Callable[[str], NodeOutcome]:
    """Node name → what runs there; nodes with the same trouble get the same object."""
    once: dict[tuple[Any, ...], NodeOutcome] = {}
    cause_once = cache(cause_text)  # a minute that ends in the meantime makes no difference between nodes

    def outcome_of(name: str) -> NodeOutcome:
        verdict, pod = found[name], on_node[name]
        problem = pod.say_without_restarts
        wrong: tuple[str, ...] = (say(problem),) if problem else ()
        wrong += cause_once(pod.cause)
        key = (id(verdict), pod.presence, wrong)
        if key not in once:
            reasons = (*wrong, *exclusion_reasons(verdict))
            exact = (*wrong, *exclusion_reasons(verdict, of_group=False))
            once[key] = NodeOutcome(STATE_OF_PRESENCE[pod.presence], reasons, verdict.blockers, exact=exact)
        return once[key]

    return outcome_of
