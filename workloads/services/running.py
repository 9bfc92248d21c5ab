"""What really runs, for the pages of coverage: the pods of a cluster held against the verdicts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext as _

from console.web.templatetags.console import age_text
from workloads.daemonsets.placement.verdicts import Coverage
from workloads.daemonsets.running import presence
from workloads.daemonsets.running.presence import Cause, OnNode, Presence
from workloads.daemonsets.running.revision import matching, same_revision
from workloads.documents.paths import JsonObject
from workloads.services import node_map
from workloads.services.facts import if_readable
from workloads.services.node_map import Seen, State
from workloads.stores.protocol import Query, Store

STATE_OF: Final[Mapping[Presence, State]] = {
    "running": "ok",
    "updating": "old",
    "starting": "start",
    "failing": "bad",
    "missing": "miss",
    "misscheduled": "mis",
    "excluded": "out",
}
OF_DAEMONSETS: Final[JsonObject] = {"matchExpressions": [{"key": presence.HASH, "operator": "Exists"}]}
"""Selects the pods of all DaemonSets at once, and those of StatefulSets."""


class Pods:
    """Pods of a cluster by what controls them. Revisions are read only of projects with a rollout."""

    def __init__(self, store: Store, pods: Iterable[JsonObject]) -> None:
        self._store = store
        self._of = presence.by_owner(pods)
        self._now = timezone.now()
        self._revisions: dict[str, list[JsonObject] | None] = {}

    def on(self, daemonset: JsonObject, found: Coverage | None) -> dict[str, OnNode]:
        """Node name → what it has of a DaemonSet. found: its verdicts, None where nodes may not be listed."""
        pods = self._of.get(presence.uid_of(daemonset), [])
        newest = "" if presence.all_updated(pods, daemonset) else self._newest(daemonset)
        return presence.presence(daemonset, pods, found, newest, self._now)

    def _newest(self, daemonset: JsonObject) -> str | None:
        """None where revisions may not be read."""
        project = daemonset["metadata"]["namespace"]
        if project not in self._revisions:
            query = Query(project)
            found = if_readable(lambda: self._store.select("apps/v1", "ControllerRevision", query).items)
            self._revisions[project] = None if found is None else [each.value for each in found]
        known = self._revisions[project]
        return None if known is None else presence.current_hash(known, daemonset)


def available(daemonset: JsonObject, pods: Sequence[JsonObject]) -> dict[str, bool]:
    """Node → whether the pod that a DaemonSet has there is available. pods: those that it controls."""
    there = presence.presence(daemonset, pods, None, "", timezone.now())
    return {name: each.available for name, each in there.items()}


def updated(
    store: Store, stored: JsonObject, value: JsonObject, pods: Sequence[JsonObject]
) -> list[str] | None:
    """The nodes whose pod is of the template of `value` already, by the revisions of the DaemonSet that is
    stored; None where these may not be read, or are not needed to tell."""
    if same_revision(stored, value) and presence.all_updated(pods, stored):
        return None
    query = Query(stored["metadata"]["namespace"])
    found = if_readable(lambda: store.select("apps/v1", "ControllerRevision", query).items)
    if found is None:
        return None
    wanted = matching(presence.owned([each.value for each in found], stored), value)
    if wanted is None:
        return []
    there = presence.presence(stored, pods, None, wanted, timezone.now())
    return [name for name, each in there.items() if each.updated]


def said(there: OnNode) -> tuple[str, ...]:
    """What is wrong with the pod of a node, or why there is none; empty where nothing is."""
    wrong = (_(there.template) % (there.params or {}),) if there.template else ()
    return (*wrong, *told(there.cause))


def told(cause: Cause | None) -> tuple[str, ...]:
    """A cause with its age; empty for none."""
    if cause is None:
        return ()
    age = age_text((timezone.now() - cause.when).total_seconds()) if cause.when else ""
    return (_(cause.template) % {"why": cause.why, "age": age},)


def seen(found: Coverage, on_node: Mapping[str, OnNode]) -> Callable[[str], Seen]:
    """What a cell tells of each node; nodes with the same trouble are alike."""
    once: dict[tuple[Any, ...], Seen] = {}
    told_once = cache(told)  # a minute that ends meanwhile makes no difference between nodes

    def see(name: str) -> Seen:
        verdict, there = found[name], on_node[name]
        template, params = there.gist
        wrong = (_(template) % params,) if template else ()
        wrong += told_once(there.cause)
        key = (id(verdict), there.presence, wrong)
        if key not in once:
            reasons = (*wrong, *node_map.sentences(verdict))
            exact = (*wrong, *node_map.sentences(verdict, of_group=False))
            once[key] = Seen(STATE_OF[there.presence], reasons, verdict.blockers, exact=exact)
        return once[key]

    return see
