"""What is known about the project that a manifest is for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

from workloads.daemonsets.manifest.features import OLDEST, Features
from workloads.daemonsets.manifest.legacy import is_daemonset
from workloads.daemonsets.manifest.nodes import labels_of
from workloads.daemonsets.manifest.outline import PROJECT
from workloads.daemonsets.manifest.pod import OS_LABEL
from workloads.daemonsets.project.admission import NO_CLASSES, Classes
from workloads.daemonsets.project.neighbours import Neighbours
from workloads.documents.paths import JsonObject, patch

Keys: TypeAlias = Mapping[str, AbstractSet[str]]


@dataclass(frozen=True)
class ProjectFacts:
    """None means "unknown: report nothing about it"; an empty collection means "the project has none".

    project: the namespace of these facts; "" applies them to every manifest.
    daemonsets, limit_ranges, quotas, nodes: whole objects. configmaps, secrets: name → its keys.
    pvcs: name → the object. service_accounts: names. projects: names, this one's too. classes, features:
    of the cluster.
    """

    project: str = ""
    daemonsets: Sequence[JsonObject] | None = None
    configmaps: Keys | None = None
    secrets: Keys | None = None
    pvcs: Mapping[str, JsonObject] | None = None
    service_accounts: AbstractSet[str] | None = None
    limit_ranges: Sequence[JsonObject] | None = None
    quotas: Sequence[JsonObject] | None = None
    nodes: Sequence[JsonObject] | None = None
    projects: Sequence[str] | None = None
    classes: Classes = NO_CLASSES
    features: Features = OLDEST

    @cached_property
    def neighbours(self) -> Neighbours:
        """`daemonsets`, prepared once for all the manifests that are compared with them."""
        return Neighbours(self.daemonsets or ())

    @cached_property
    def nodes_by_system(self) -> Mapping[str, Sequence[JsonObject]]:
        """The nodes by operating system ("linux", "windows"), as their label says."""
        found: dict[str, list[JsonObject]] = {}
        for node in self.nodes or ():
            found.setdefault(labels_of(node).get(OS_LABEL, ""), []).append(node)
        return found

    def with_bundle(self, values: Iterable[object]) -> ProjectFacts:
        """The facts as they will be once the other documents of the same text are stored too.

        What is unknown stays unknown, except DaemonSets: those of the bundle are always known.
        """
        mine: dict[str, dict[str, JsonObject]] = {}
        for value in values:
            if not isinstance(value, dict) or not isinstance(value.get("kind"), str):
                continue
            namespace, name = identity(value)
            if value["kind"] == "DaemonSet" and not is_daemonset(value):
                continue
            if name and (not namespace or not self.project or namespace == self.project):
                mine.setdefault(value["kind"], {})[name] = value
        if not mine:
            return self

        def merged(known: Sequence[JsonObject] | None, kind: str) -> Sequence[JsonObject] | None:
            new = mine.get(kind, {})
            if known is None and kind != "DaemonSet":
                return None
            kept = [value for value in known or () if identity(value)[1] not in new]
            return [*kept, *new.values()]

        def with_keys(known: Keys | None, kind: str) -> Keys | None:
            if known is None:
                return None
            return {**known, **{name: keys_of(value) for name, value in mine.get(kind, {}).items()}}

        accounts = self.service_accounts
        return replace(
            self,
            daemonsets=merged(self.daemonsets, "DaemonSet"),
            configmaps=with_keys(self.configmaps, "ConfigMap"),
            secrets=with_keys(self.secrets, "Secret"),
            pvcs=None if self.pvcs is None else {**self.pvcs, **mine.get("PersistentVolumeClaim", {})},
            service_accounts=None if accounts is None else accounts | mine.get("ServiceAccount", {}).keys(),
            limit_ranges=merged(self.limit_ranges, "LimitRange"),
            quotas=merged(self.quotas, "ResourceQuota"),
            classes=self.classes.with_bundle(new for kind in _CLASSES for new in mine.get(kind, {}).values()),
        )

    def about(self, namespace: str) -> ProjectFacts:
        """The facts that apply in `namespace`; outside the project only those of the cluster."""
        if namespace and self.project and namespace != self.project:
            return ProjectFacts(
                project=namespace,
                nodes=self.nodes,
                projects=self.projects,
                classes=self.classes,
                features=self.features,
            )
        return self


NOTHING_KNOWN = ProjectFacts()
_CLASSES = ("RuntimeClass", "PriorityClass")


def identity(value: JsonObject) -> tuple[str, str]:
    """(namespace, name); "" for one that is absent or not a string."""
    metadata = value.get("metadata")
    if not isinstance(metadata, dict):
        return "", ""
    namespace, name = metadata.get("namespace"), metadata.get("name")
    return namespace if isinstance(namespace, str) else "", name if isinstance(name, str) else ""


def in_project(values: Iterable[object], project: str) -> list[JsonObject]:
    """The objects among the documents of a text; those without a namespace get the project's."""
    objects = [
        value for value in values if isinstance(value, dict) and isinstance(value.get("metadata"), dict)
    ]
    return [value if identity(value)[0] else patch(value, [(PROJECT, project)]) for value in objects]


def keys_of(value: JsonObject) -> set[str]:
    """The keys of a ConfigMap or Secret."""
    keys: set[str] = set()
    for field in ("data", "binaryData", "stringData"):
        entries = value.get(field)
        if isinstance(entries, dict):
            keys.update(entries)
    return keys
