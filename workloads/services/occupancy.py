"""What the pods on the nodes take of their room: what the fit of a DaemonSet is calculated with."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, Literal, TypeAlias, TypeVar

from django.core.cache import cache

from console.accounts.access import Person
from workloads.daemonsets.forecast.fit import Room
from workloads.daemonsets.manifest.features import Features
from workloads.daemonsets.manifest.places import Place
from workloads.daemonsets.project.admission import Classes
from workloads.daemonsets.project.facts import identity, in_project
from workloads.daemonsets.running import presence
from workloads.documents.paths import JsonObject
from workloads.services.across_projects import MOST_PROJECTS, select_across_projects
from workloads.services.facts import if_readable, pod_classes
from workloads.stores.protocol import DAEMONSET, Query, Store, Stored, TooMany, namespace
from workloads.stores.writes import last_write

MOST_PODS: Final = 20_000
"""In clusters with more pods the free room is not calculated: what DaemonSets request says little about
it."""
MOST_PLACED: Final = 2_500_000
"""DaemonSets × nodes up to which it is calculated, offline, what the DaemonSets take: about a second."""
_SECONDS: Final = 20
"""For this many seconds what was read of a cluster is kept, so that redrawing a map reads nothing again."""

T = TypeVar("T")
Unread: TypeAlias = Literal["many-pods", "unreadable"]
Incomplete: TypeAlias = Literal["", "many-pods", "many-daemonsets", "unreadable"]


@dataclass(frozen=True, slots=True)
class Occupancy:
    """The room that other pods take on the nodes.

    partly: why not everything is counted; with "many-pods", and offline with "many-daemonsets", nothing is,
    with "unreadable" only what DaemonSets request. own: the pods that a stored DaemonSet has on a cluster;
    None offline, and where they are not known.
    """

    room: Room
    partly: Incomplete = ""
    own: Callable[[JsonObject], Sequence[JsonObject] | None] = lambda stored: None

    def with_own(self, pods: Sequence[JsonObject]) -> Occupancy:
        """With the pods that a DaemonSet has, where they are not counted yet."""
        return replace(self, room=self.room.with_pods(pods)) if self.partly and pods else self


def read_occupancy(
    store: Store,
    person: Person,
    nodes: Sequence[JsonObject],
    features: Features,
    bundle: Iterable[JsonObject] = (),
    *,
    most_pods: int = MOST_PODS,
    most_placed: int = MOST_PLACED,
) -> Occupancy:
    """What others take on these nodes, for any number of DaemonSets.

    person: the one the store works for. bundle: the values of a manifest, `in_project`; its DaemonSets count
    as if they were stored, except those whose pods are counted. Raises Unreachable.
    """
    room, bundle = Room(nodes), list(bundle)
    if not store.capabilities().runs_pods:
        # Counted first: to read them all takes as long as a whole page may.
        stored = if_readable(lambda: store.select(*DAEMONSET, Query(None, limit=1)).total) or 0
        if stored * len(nodes) > most_placed:
            return Occupancy(room, "many-daemonsets")
        return Occupancy(_requests(store).with_bundle(bundle).on(room, features))
    pods = _kept(store, person, "pods", lambda: _pods(store, most_pods))
    own = partial(_own, store, person, pods, most_pods)
    if pods == "many-pods":
        return Occupancy(room, "many-pods", own)
    if isinstance(pods, str):
        requests = _kept(store, person, "daemonsets", lambda: _requests(store))
        return Occupancy(requests.with_bundle(bundle).on(room, features), "unreadable", own)
    room = room.with_pods(pods)
    if fresh := _fresh(bundle, pods):
        projects = _projects(fresh.values())
        admission = _kept(store, person, f"admission in {projects}", lambda: _admission(store, projects))
        brought = [each for each in bundle if each.get("kind") != "DaemonSet" or identity(each) in fresh]
        room = admission.with_bundle(brought).on(room, features)
    return Occupancy(room, own=own)


def _fresh(bundle: Iterable[JsonObject], pods: Iterable[JsonObject]) -> dict[tuple[str, str], JsonObject]:
    """The DaemonSets of a manifest that have none of these pods; empty if the manifest has only one, which
    would only be compared with itself."""
    daemonsets = {identity(each): each for each in bundle if each.get("kind") == "DaemonSet"}
    if len(daemonsets) < 2:
        return {}
    running = {
        (pod.at("metadata", "namespace").text, owner["name"].text)
        for pod in map(Place, pods)
        for owner in pod.at("metadata", "ownerReferences")
        if owner["kind"].text == "DaemonSet" and owner["controller"].is_true
    }
    return {name: each for name, each in daemonsets.items() if name not in running}


def _own(
    store: Store, person: Person, pods: Sequence[JsonObject] | Unread, most: int, daemonset: JsonObject
) -> Sequence[JsonObject] | None:
    """pods: those of all projects; where they are not known, those of the DaemonSet are asked for."""
    if isinstance(pods, str):
        project, _name = identity(daemonset)
        selector = daemonset["spec"].get("selector")
        what = f"pods of {presence.uid_of(daemonset)}"
        pods = _kept(store, person, what, lambda: _pods(store, most, project, selector))
    return None if isinstance(pods, str) else presence.owned(pods, daemonset)


def _pods(
    store: Store, most: int, project: str = "", selector: JsonObject | None = None
) -> Sequence[JsonObject] | Unread:
    """The pods of a project, or of all, or why they are not known."""
    try:
        found = if_readable(lambda: store.pods(project, selector=selector, most=most))
    except TooMany:
        return "many-pods"
    return "unreadable" if found is None else found


@dataclass(frozen=True, slots=True)
class _Requests:
    """What DaemonSets of all projects request, as far as it may be read: they themselves, and what admission
    makes of their pods. Each with its namespace."""

    daemonsets: Sequence[JsonObject]
    limit_ranges: Sequence[JsonObject]
    namespaces: Sequence[JsonObject]
    classes: Classes

    def with_bundle(self, values: Sequence[JsonObject]) -> _Requests:
        """With the objects of a manifest in place of the stored ones."""

        def merged(stored: Sequence[JsonObject], kind: str) -> list[JsonObject]:
            mine = {identity(each): each for each in values if each.get("kind") == kind}
            return [*(each for each in stored if identity(each) not in mine), *mine.values()]

        return _Requests(
            merged(self.daemonsets, "DaemonSet"),
            merged(self.limit_ranges, "LimitRange"),
            merged(self.namespaces, "Namespace"),
            self.classes.with_bundle(values),
        )

    def on(self, room: Room, features: Features) -> Room:
        limits: dict[str, list[JsonObject]] = {}
        for each in self.limit_ranges:
            limits.setdefault(identity(each)[0], []).append(each)
        named = {identity(each)[1]: each for each in self.namespaces}
        return room.with_daemonsets(
            self.daemonsets, limits, classes=self.classes, namespaces=named, features=features
        )


def _requests(store: Store) -> _Requests:
    daemonsets = _values(select_across_projects(store, *DAEMONSET)[1])
    return replace(_admission(store, _projects(daemonsets)), daemonsets=daemonsets)


def _projects(daemonsets: Iterable[JsonObject]) -> list[str]:
    return sorted({identity(each)[0] for each in daemonsets})


def _admission(store: Store, projects: Sequence[str]) -> _Requests:
    """What admission makes of pods in these projects, at least."""
    limit_ranges = select_across_projects(store, "v1", "LimitRange", projects=projects)[1]
    namespaces = if_readable(lambda: store.select("v1", "Namespace", Query(None)).items)
    if namespaces is None:
        got = [if_readable(partial(store.get, namespace(each))) for each in projects[:MOST_PROJECTS]]
        namespaces = [each for each in got if each is not None]
    return _Requests((), _values(limit_ranges), _values(namespaces), pod_classes(store))


def _values(found: Iterable[Stored] | None) -> list[JsonObject]:
    return [value for each in found or () for value in in_project([each.value], each.ref.project)]


def _kept(store: Store, person: Person, what: str, read: Callable[[], T]) -> T:
    """What `read` finds on a cluster; kept for a while, until the person writes there, and for this person
    only: others may see other things."""
    since = last_write(store.cluster, person)
    key = hashlib.sha256(repr((what, person.pk, store.cluster, since)).encode()).hexdigest()
    found: list[T] | None = cache.get(key)
    if found is None:
        found = [read()]
        cache.set(key, found, _SECONDS)
    return found[0]
