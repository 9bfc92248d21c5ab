"""What others take on the nodes: what the fit of a DaemonSet is reckoned against."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final, Literal, TypeAlias, TypeVar

from django.core.cache import cache

from workloads.daemonsets.forecast.fit import Room
from workloads.daemonsets.manifest.features import Features
from workloads.daemonsets.manifest.places import Place
from workloads.daemonsets.project.admission import Classes
from workloads.daemonsets.project.facts import identity, in_project
from workloads.daemonsets.running import presence
from workloads.documents.paths import JsonObject
from workloads.services.across_projects import APART, everywhere
from workloads.services.facts import if_readable, pod_classes
from workloads.stores.protocol import DAEMONSET, Query, Store, Stored, TooMany, namespace
from workloads.stores.writes import last_write

MOST_PODS: Final = 20_000
"""Of clusters with more pods it is not said what is free: what DaemonSets want tells little of it."""
_SECONDS: Final = 20
"""Seconds for which it is kept what others take on a cluster: to redraw a map asks for nothing anew."""

T = TypeVar("T")
Partly: TypeAlias = Literal["", "many-pods", "unreadable"]


@dataclass(frozen=True, slots=True)
class Taken:
    """What others take on the nodes. partly: why not all that a cluster has is counted: with "many-pods"
    nothing is, with "unreadable" what DaemonSets want.
    own: the pods that a stored DaemonSet has on a cluster; None offline and where they are not known."""

    room: Room
    partly: Partly = ""
    own: Callable[[JsonObject], Sequence[JsonObject] | None] = lambda stored: None

    def with_own(self, pods: Sequence[JsonObject]) -> Taken:
        """With the pods that a DaemonSet has, where they are not counted yet."""
        return replace(self, room=self.room.with_pods(pods)) if self.partly and pods else self


def taken(
    store: Store,
    person: Any,
    nodes: Sequence[JsonObject],
    features: Features,
    bundle: Iterable[JsonObject] = (),
) -> Taken:
    """What others take on these nodes; for any number of DaemonSets. person: whom the store is made for;
    bundle: the values of a text, `in_project`, whose DaemonSets count as if they were stored, but for those
    of which the pods are counted.

    Raises Unreachable.
    """
    room, bundle = Room(nodes), list(bundle)
    if store.offline:
        return Taken(_everywhere(store).beside(bundle).on(room, features))
    pods = _pods(store, person)
    own = partial(_own, store, person, pods)
    if pods == "many-pods":
        return Taken(room, pods, own)
    if pods != "unreadable":
        room = room.with_pods(pods)
        if fresh := _fresh(bundle, pods):
            projects = _projects(fresh.values())
            there = _kept(store, person, f"admission in {projects}", lambda: _admission(store, projects))
            brought = [each for each in bundle if each.get("kind") != "DaemonSet" or identity(each) in fresh]
            room = there.beside(brought).on(room, features)
        return Taken(room, own=own)
    there = _kept(store, person, "daemonsets", lambda: _everywhere(store))
    return Taken(there.beside(bundle).on(room, features), pods, own)


def _fresh(bundle: Iterable[JsonObject], pods: Iterable[JsonObject]) -> dict[tuple[str, str], JsonObject]:
    """The DaemonSets of a text that have none of these pods; none where there is but one in the text, which
    would only be held against itself."""
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
    store: Store, person: Any, pods: Sequence[JsonObject] | Partly, daemonset: JsonObject
) -> Sequence[JsonObject] | None:
    """pods: those of all projects; where they are not known, those of the DaemonSet are asked for."""
    if isinstance(pods, str):
        project, _name = identity(daemonset)
        selector = daemonset["spec"].get("selector")
        what = f"pods of {presence.uid_of(daemonset)}"
        pods = _kept(
            store,
            person,
            what,
            lambda: _readable(lambda most: store.pods(project, selector=selector, most=most)),
        )
    return None if isinstance(pods, str) else presence.owned(pods, daemonset)


def _pods(store: Store, person: Any) -> Sequence[JsonObject] | Partly:
    """The pods of all projects, or why they are not known."""
    return _kept(store, person, "pods", lambda: _readable(lambda most: store.pods("", most=most)))


def _readable(look: Callable[[int], Sequence[JsonObject]]) -> Sequence[JsonObject] | Partly:
    try:
        found = if_readable(lambda: look(MOST_PODS))
    except TooMany:
        return "many-pods"
    return "unreadable" if found is None else found


@dataclass(frozen=True, slots=True)
class _Everywhere:
    """What of all projects may be read and says what DaemonSets take: they themselves, and what admission
    makes of their pods. Each with its namespace."""

    daemonsets: Sequence[JsonObject]
    limit_ranges: Sequence[JsonObject]
    namespaces: Sequence[JsonObject]
    classes: Classes

    def beside(self, values: Sequence[JsonObject]) -> _Everywhere:
        """With those of a text in place of what is stored."""

        def merged(stored: Sequence[JsonObject], kind: str) -> list[JsonObject]:
            mine = {identity(each): each for each in values if each.get("kind") == kind}
            return [*(each for each in stored if identity(each) not in mine), *mine.values()]

        return _Everywhere(
            merged(self.daemonsets, "DaemonSet"),
            merged(self.limit_ranges, "LimitRange"),
            merged(self.namespaces, "Namespace"),
            self.classes.beside(values),
        )

    def on(self, room: Room, features: Features) -> Room:
        limits: dict[str, list[JsonObject]] = {}
        for each in self.limit_ranges:
            limits.setdefault(identity(each)[0], []).append(each)
        named = {identity(each)[1]: each for each in self.namespaces}
        return room.with_daemonsets(
            self.daemonsets, limits, classes=self.classes, namespaces=named, features=features
        )


def _everywhere(store: Store) -> _Everywhere:
    daemonsets = _values(everywhere(store, *DAEMONSET)[1])
    return replace(_admission(store, _projects(daemonsets)), daemonsets=daemonsets)


def _projects(daemonsets: Iterable[JsonObject]) -> list[str]:
    return sorted({identity(each)[0] for each in daemonsets})


def _admission(store: Store, projects: Sequence[str]) -> _Everywhere:
    """What admission makes of pods in these projects, at least."""
    limit_ranges = everywhere(store, "v1", "LimitRange", projects=projects)[1]
    namespaces = if_readable(lambda: store.select("v1", "Namespace", Query(None)).items)
    if namespaces is None:
        got = [if_readable(lambda name=each: store.get(namespace(name))) for each in projects[:APART]]
        namespaces = [each for each in got if each is not None]
    return _Everywhere((), _values(limit_ranges), _values(namespaces), pod_classes(store))


def _values(found: Iterable[Stored] | None) -> list[JsonObject]:
    return [value for each in found or () for value in in_project([each.value], each.ref.project)]


def _kept(store: Store, person: Any, what: str, look: Callable[[], T]) -> T:
    """What `look` finds on a cluster, for a while the same, until the person writes there: for this person
    only, who may see other things there than the next one."""
    since = last_write(store.cluster, person)
    key = hashlib.sha256(repr((what, person.pk, store.cluster, since)).encode()).hexdigest()
    found: list[T] | None = cache.get(key)
    if found is None:
        found = [look()]
        cache.set(key, found, _SECONDS)
    return found[0]
