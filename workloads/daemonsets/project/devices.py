"""Devices that a cluster hands out through dynamic resource allocation (DRA), as far as pods ask for them.

Sources: https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/, PreEnqueue in
pkg/scheduler/framework/plugins/dynamicresources/dynamicresources.go, and for extended resources
DRAExtendedResource in pkg/features/kube_features.go.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from typing import Final

from workloads.daemonsets.manifest.places import Place
from workloads.daemonsets.manifest.pod import all_containers
from workloads.daemonsets.manifest.resources import is_native
from workloads.documents.paths import Json

API: Final = "resource.k8s.io/v1"
API_SINCE: Final = 34
"""Since this minor version servers have `API`."""
_PARTS: Final = ("requests", "limits")
_EVERYWHERE: Final = ""
"""The devices that every node can use."""
_IMPLICIT: Final = "deviceclass.resource.kubernetes.io/"
"""Before the name of a DeviceClass: an extended resource that every class provides."""


@dataclass(frozen=True)
class Devices:
    """classes: the DeviceClasses; slices: the ResourceSlices of drivers; claims, templates: names of the
    ResourceClaims and ResourceClaimTemplates of the project. None if unknown."""

    classes: Sequence[Json] | None = ()
    slices: Sequence[Json] | None = ()
    claims: AbstractSet[str] | None = None
    templates: AbstractSet[str] | None = None

    def with_bundle(self, values: Iterable[Json]) -> Devices:
        """With the objects of a manifest that is to be stored: those of its project and of no project."""
        new: dict[str, list[Json]] = {}
        for value in values:
            new.setdefault(Place(value)["kind"].text, []).append(value)

        def named(known: AbstractSet[str] | None, kind: str) -> AbstractSet[str] | None:
            names = {Place(each).at("metadata", "name").text for each in new.get(kind, ())}
            return None if known is None else known | names

        classes = None if self.classes is None else [*self.classes, *new.get("DeviceClass", ())]
        claims, templates = "ResourceClaim", "ResourceClaimTemplate"
        return replace(
            self,
            classes=classes,
            claims=named(self.claims, claims),
            templates=named(self.templates, templates),
        )

    def provides(self, resource: str) -> bool | None:
        """Whether a DeviceClass provides an extended resource; None if unknown."""
        if self.classes is None:
            return None
        places = [Place(each) for each in self.classes]
        return any(
            resource
            in (each.at("spec", "extendedResourceName").text, _IMPLICIT + each.at("metadata", "name").text)
            for each in places
        )

    def may_have(self, resource: str, node: str, needed: Decimal) -> bool:
        """Whether a node may have so much of an extended resource by its drivers, as far as is known.

        Which devices a class selects is decided by expressions, which are not evaluated here: all count.
        """
        if self.provides(resource) is False or is_native(resource):
            return False
        offered = self._offered
        return offered is None or offered.get(node, 0) + offered.get(_EVERYWHERE, 0) >= needed

    @cached_property
    def _offered(self) -> Mapping[str, int] | None:
        """Node → how many devices its drivers offer; None if that is not known."""
        if self.slices is None:
            return None
        found: Counter[str] = Counter()
        for spec in (Place(each)["spec"] for each in _newest(self.slices)):
            if spec["nodeSelector"] or spec["perDeviceNodeSelection"].is_true:
                return None
            found[_EVERYWHERE if spec["allNodes"].is_true else spec["nodeName"].text] += spec[
                "devices"
            ].length
        return found


def asks_for_devices(spec: Place) -> bool:
    """Whether the pods of a spec name resource claims or request extended resources."""
    requests = (container["resources"][part] for container in all_containers(spec) for part in _PARTS)
    return bool(spec["resourceClaims"].length) or any(
        not is_native(name) for part in requests for name in part.mapping
    )


def requested_classes(spec: Place) -> list[str]:
    """The resources by which containers request devices of a DeviceClass by its name."""
    requests = (container["resources"][part] for container in all_containers(spec) for part in _PARTS)
    found = (name for part in requests for name in part.mapping if name.startswith(_IMPLICIT))
    return list(dict.fromkeys(found))


def _newest(slices: Iterable[Json]) -> list[Json]:
    """Of each pool only the slices of its latest generation count (ResourcePool in resource/v1/types.go)."""
    latest: dict[tuple[str, str], int] = {}
    for pool, generation, _slice in map(_pool, slices):
        latest[pool] = max(latest.get(pool, 0), generation)
    return [each for pool, generation, each in map(_pool, slices) if generation == latest[pool]]


def _pool(each: Json) -> tuple[tuple[str, str], int, Json]:
    spec = Place(each)["spec"]
    pool = spec["pool"]
    return (spec["driver"].text, pool["name"].text), pool["generation"].number or 0, each


NO_DEVICES: Final = Devices()
