"""What others take on the nodes: what the fit of a DaemonSet is reckoned against."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias, TypeVar

from django.core.cache import cache

from workloads import actions
from workloads.daemonsets.facts import identity, in_project
from workloads.daemonsets.fit import Room
from workloads.daemonsets.placement import Features
from workloads.stores.protocol import DAEMONSET, Json, Query, Store

ASKED_FOR_PODS: Final = 500
"""Of clusters with more nodes not all pods are read to know what is free; their DaemonSets still are."""
_SECONDS: Final = 20
"""Seconds for which it is kept what others take on a cluster: to redraw a map asks for nothing anew."""

T = TypeVar("T")
Partly: TypeAlias = Literal["", "many-nodes", "unreadable"]


@dataclass(frozen=True, slots=True)
class Taken:
    """What others take on the nodes. partly: why only DaemonSets are counted though a cluster has more."""

    room: Room
    partly: Partly = ""


def taken(
    store: Store, person: Any, nodes: Sequence[Json], features: Features, bundle: Iterable[Json] = ()
) -> Taken:
    """What others take on these nodes; for any number of DaemonSets. person: whom the store is made for;
    bundle: the values of a text, `in_project`, whose DaemonSets count offline as if they were stored.

    Raises Unreachable.
    """
    room = Room(nodes)
    if store.offline:
        daemonsets, limits = _everywhere(store)
        mine = {identity(each): each for each in bundle if each.get("kind") == "DaemonSet"}
        kept = [each for each in daemonsets if identity(each) not in mine]
        return Taken(room.with_daemonsets([*kept, *mine.values()], limits, features=features))
    if len(nodes) <= ASKED_FOR_PODS:
        pods = _kept(store, person, "pods", lambda: actions.known(lambda: store.pods("")))
        if pods is not None:
            return Taken(room.with_pods(pods))
    daemonsets, limits = _kept(store, person, "daemonsets", lambda: _everywhere(store))
    partly: Partly = "many-nodes" if len(nodes) > ASKED_FOR_PODS else "unreadable"
    return Taken(room.with_daemonsets(daemonsets, limits, features=features), partly)


def _everywhere(store: Store) -> tuple[list[Json], dict[str, list[Json]]]:
    """The DaemonSets of all projects that may be read, and the LimitRanges of each."""

    def values(api_version: str, kind: str) -> list[Json]:
        found = actions.known(lambda: store.select(api_version, kind, Query(None)).items)
        return [value for each in found or () for value in in_project([each.value], each.ref.project)]

    limits: dict[str, list[Json]] = {}
    for each in values("v1", "LimitRange"):
        limits.setdefault(identity(each)[0], []).append(each)
    return values(*DAEMONSET), limits


def _kept(store: Store, person: Any, what: str, look: Callable[[], T]) -> T:
    """What `look` finds on a cluster, for a while the same: for this person only, who may see other things
    there than the next one."""
    key = hashlib.sha256(repr((what, person.pk, store.cluster)).encode()).hexdigest()
    found: list[T] | None = cache.get(key)
    if found is None:
        found = [look()]
        cache.set(key, found, _SECONDS)
    return found[0]
