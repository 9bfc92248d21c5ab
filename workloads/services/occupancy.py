"""What the pods on the nodes take of their room: what the fit of a DaemonSet is calculated with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, Literal, TypeAlias

from workloads.daemonsets.forecast.room import Room
from workloads.daemonsets.manifest.features import Features
from workloads.daemonsets.manifest.legacy import is_daemonset
from workloads.daemonsets.manifest.outline import POD
from workloads.daemonsets.manifest.places import Place
from workloads.daemonsets.project.admission import Classes
from workloads.daemonsets.project.devices import API as DEVICE_API
from workloads.daemonsets.project.devices import API_SINCE, NO_DEVICES, Devices, asks_for_devices
from workloads.daemonsets.project.facts import identity
from workloads.daemonsets.running import presence
from workloads.documents.paths import JsonObject
from workloads.kept import Prepared
from workloads.services.across_projects import MOST_PROJECTS, read_across_projects
from workloads.services.facts import if_readable, pod_classes
from workloads.stores.protocol import DAEMONSET, Query, Store, TooMany, namespace

MOST_PODS: Final = 20_000
"""In clusters with more pods the free room is not calculated: what DaemonSets request says little about
it."""
MOST_PLACED: Final = 2_500_000
"""DaemonSets × nodes up to which it is calculated, offline, what the DaemonSets take: about a second."""
_ROOMS: Final = Prepared(Room, 2)
"""Nodes before anything takes of their room."""
Unread: TypeAlias = Literal["many-pods", "unreadable"]
Incomplete: TypeAlias = Literal["", "many-pods", "many-daemonsets", "unreadable"]


@dataclass(frozen=True, slots=True)
class Occupancy:
    """The room that other pods take on the nodes.

    partly: why not everything is counted; with "many-pods", and offline with "many-daemonsets", nothing is,
    with "unreadable" only what DaemonSets request. own: the pods that a stored DaemonSet has on a cluster;
    None offline, and where they are not known. devices: (project, DaemonSet) → what is known of the devices
    that its pods ask for.
    """

    room: Room
    partly: Incomplete = ""
    own: Callable[[JsonObject], Sequence[JsonObject] | None] = lambda stored: None
    devices: Callable[[str, JsonObject], Devices] = lambda project, daemonset: NO_DEVICES

    def with_own(self, pods: Sequence[JsonObject]) -> Occupancy:
        """With the pods that a DaemonSet has, where they are not counted yet."""
        return replace(self, room=self.room.with_pods(pods)) if self.partly and pods else self


def read_occupancy(
    store: Store,
    nodes: Sequence[JsonObject],
    features: Features,
    bundle: Iterable[JsonObject] = (),
    *,
    most_pods: int = MOST_PODS,
    most_placed: int = MOST_PLACED,
) -> Occupancy:
    """What others take on these nodes, for any number of DaemonSets.

    bundle: the values of a manifest, `in_project`; its DaemonSets count as if they were stored, except those
    whose pods are counted. Raises Unreachable.
    """
    room, bundle = _ROOMS.of(nodes), list(bundle)
    devices = partial(_devices, store, bundle)
    if not store.capabilities().runs_pods:
        # Counted first: to read them all takes as long as a whole page may.
        stored = if_readable(lambda: store.select(*DAEMONSET, Query(None, limit=1)).total) or 0
        if stored * len(nodes) > most_placed:
            return Occupancy(room, "many-daemonsets", devices=devices)
        return Occupancy(_requests(store).with_bundle(bundle).on(room, features), devices=devices)
    pods = read_pods(store, most_pods)
    own = partial(_own, store, pods, most_pods)
    if pods == "many-pods":
        return Occupancy(room, "many-pods", own, devices)
    if isinstance(pods, str):
        return Occupancy(_requests(store).with_bundle(bundle).on(room, features), "unreadable", own, devices)
    room = room.with_pods(pods, whole=True)
    if fresh := _fresh(bundle, pods):
        projects = _projects(fresh.values())
        admission = _admission(store, projects)
        brought = [each for each in bundle if not is_daemonset(each) or identity(each) in fresh]
        room = admission.with_bundle(brought).on(room, features)
    return Occupancy(room, own=own, devices=devices)


def _devices(store: Store, bundle: Iterable[JsonObject], project: str, daemonset: JsonObject) -> Devices:
    """Read only for pods that ask for devices."""
    if not asks_for_devices(Place(daemonset).at(*POD)):
        return NO_DEVICES
    capabilities = store.capabilities()
    if capabilities.minor is not None and capabilities.minor < API_SINCE:
        return NO_DEVICES  # its classes provide no extended resources; its claims are of other versions

    def values(kind: str) -> Sequence[JsonObject] | None:
        return if_readable(lambda: store.values(DEVICE_API, kind, ""))

    def names(kind: str) -> frozenset[str] | None:
        found = if_readable(lambda: store.names(DEVICE_API, kind, project))
        return None if found is None else frozenset(found)

    known = Devices(
        values("DeviceClass"), values("ResourceSlice"), names("ResourceClaim"), names("ResourceClaimTemplate")
    )
    return known.with_bundle(each for each in bundle if identity(each)[0] in ("", project))


def _fresh(bundle: Iterable[JsonObject], pods: Iterable[JsonObject]) -> dict[tuple[str, str], JsonObject]:
    """The DaemonSets of a manifest that have none of these pods; empty if the manifest has only one, which
    would only be compared with itself."""
    daemonsets = {identity(each): each for each in bundle if is_daemonset(each)}
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
    store: Store, pods: Sequence[JsonObject] | Unread, most: int, daemonset: JsonObject
) -> Sequence[JsonObject] | None:
    """pods: those of all projects; where they are not known, those of the DaemonSet are asked for."""
    if isinstance(pods, str):
        project, _name = identity(daemonset)
        pods = read_pods(store, most, project, daemonset["spec"].get("selector"))
    return None if isinstance(pods, str) else presence.owned(pods, daemonset)


def read_pods(
    store: Store, most: int = MOST_PODS, project: str = "", selector: JsonObject | None = None
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

        def merged(stored: Sequence[JsonObject], brought: Iterable[JsonObject]) -> list[JsonObject]:
            mine = {identity(each): each for each in brought}
            return [*(each for each in stored if identity(each) not in mine), *mine.values()]

        return _Requests(
            merged(self.daemonsets, filter(is_daemonset, values)),
            merged(self.limit_ranges, (each for each in values if each.get("kind") == "LimitRange")),
            merged(self.namespaces, (each for each in values if each.get("kind") == "Namespace")),
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
    daemonsets = _values(store, *DAEMONSET)
    return replace(_admission(store, _projects(daemonsets)), daemonsets=daemonsets)


def _projects(daemonsets: Iterable[JsonObject]) -> list[str]:
    return sorted({identity(each)[0] for each in daemonsets})


def _admission(store: Store, projects: Sequence[str]) -> _Requests:
    """What admission makes of pods in these projects, at least."""
    limit_ranges = _values(store, "v1", "LimitRange", projects)
    namespaces = if_readable(lambda: store.values("v1", "Namespace", ""))
    if namespaces is None:
        got = [if_readable(partial(store.get, namespace(each))) for each in projects[:MOST_PROJECTS]]
        namespaces = [each.value for each in got if each is not None]
    return _Requests((), limit_ranges, namespaces, pod_classes(store))


def _values(
    store: Store, api_version: str, kind: str, projects: Sequence[str] | None = None
) -> Sequence[JsonObject]:
    """Of all projects; as far as they are readable of these. Each names its own."""
    return read_across_projects(store, partial(store.values, api_version, kind), projects)[1] or ()
