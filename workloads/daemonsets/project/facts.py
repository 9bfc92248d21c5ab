"""What is known about the project that a manifest is for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Generic, TypeAlias, TypeVar, cast

from workloads.daemonsets.manifest.features import OLDEST, Features
from workloads.daemonsets.manifest.legacy import is_daemonset
from workloads.daemonsets.manifest.nodes import labels_of
from workloads.daemonsets.manifest.outline import PROJECT
from workloads.daemonsets.manifest.pod import OS_LABEL
from workloads.daemonsets.project.admission import NO_CLASSES, Classes
from workloads.daemonsets.project.limit_ranges import Limits
from workloads.daemonsets.project.neighbours import Neighbours
from workloads.documents.paths import JsonObject, patch
from workloads.kept import Prepared

Keys: TypeAlias = Mapping[str, AbstractSet[str] | None]
"""Name of a ConfigMap or Secret → its keys, None where these are unknown."""
T = TypeVar("T")


class Fact(Generic[T]):
    """A field of ProjectFacts: given as a value, or as a function that is called when it is first asked
    for."""

    def __init__(self, default: T) -> None:
        self._default = default

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, facts: object, owner: type | None = None) -> T:
        if facts is None:
            return self._default
        given = facts.__dict__[self._name]
        if callable(given):
            given = facts.__dict__[self._name] = given()
        return cast("T", given)

    def __set__(self, facts: object, given: T | Callable[[], T]) -> None:
        facts.__dict__[self._name] = given


@dataclass(frozen=True)
class ProjectFacts:
    """None means "unknown: report nothing about it"; an empty collection means "the project has none".

    Each kind can be given as a function that reads it: what nobody asks for is never read.

    project: the namespace of these facts; "" applies them to every manifest.
    daemonsets, limit_ranges, quotas, nodes: whole objects. configmaps, secrets: name → its keys. registries:
    names of the Secrets with the credentials of a registry. pvcs: name → the object. service_accounts:
    names. projects: names, this one's too. live: the object of a cluster that the manifest changes. classes,
    features: of the cluster. elsewhere: reads the facts of another project by its name; None if they are not
    asked for. brought: those of `daemonsets` that a manifest brings, into the `stored_daemonsets`.
    """

    project: str = ""
    daemonsets: Fact[Sequence[JsonObject] | None] = Fact(None)
    configmaps: Fact[Keys | None] = Fact(None)
    secrets: Fact[Keys | None] = Fact(None)
    registries: Fact[AbstractSet[str] | None] = Fact(None)
    pvcs: Fact[Mapping[str, JsonObject] | None] = Fact(None)
    service_accounts: Fact[AbstractSet[str] | None] = Fact(None)
    limit_ranges: Fact[Sequence[JsonObject] | None] = Fact(None)
    quotas: Fact[Sequence[JsonObject] | None] = Fact(None)
    nodes: Fact[Sequence[JsonObject] | None] = Fact(None)
    projects: Fact[Sequence[str] | None] = Fact(None)
    live: Fact[JsonObject | None] = Fact(None)
    classes: Fact[Classes] = Fact(NO_CLASSES)
    features: Features = OLDEST
    elsewhere: Callable[[str], ProjectFacts] | None = None
    stored_daemonsets: Callable[[], Sequence[JsonObject] | None] | None = None
    brought: Sequence[JsonObject] = ()

    @cached_property
    def neighbours(self) -> Neighbours:
        """`daemonsets`, prepared once for all the manifests that are compared with them."""
        known = self.stored_daemonsets() if self.stored_daemonsets else self.daemonsets
        return Neighbours.of(known or (), self.brought, lambda: self.daemonsets or ())

    @cached_property
    def limits(self) -> Limits:
        """`limit_ranges`, prepared once for all the manifests of the project."""
        return Limits(self.limit_ranges or ())

    @cached_property
    def nodes_by_system(self) -> Mapping[str, tuple[JsonObject, ...]]:
        """The nodes by operating system ("linux", "windows"), as their label says; `Inventory.of` prepares
        each tuple once for all the manifests."""
        return _BY_SYSTEM.of(self.nodes or ())

    def once(self, prepare: Callable[[ProjectFacts], T]) -> T:
        """What `prepare` makes of these facts, made once for all the manifests that ask for it."""
        made: dict[object, object] = self.__dict__.setdefault("_made", {})
        if prepare not in made:
            made[prepare] = prepare(self)
        return cast("T", made[prepare])

    def with_bundle(self, values: Iterable[object]) -> ProjectFacts:
        """The facts as they will be once the other documents of the same text are stored too.

        What is unknown stays unknown, except DaemonSets: those of the bundle are always known.
        """
        objects = [each for each in values if isinstance(each, dict) and isinstance(each.get("kind"), str)]
        mine: dict[str, dict[str, JsonObject]] = {}
        for value in objects:
            namespace, name = identity(value)
            if value["kind"] == "DaemonSet" and not is_daemonset(value):
                continue
            if name and (not namespace or not self.project or namespace == self.project):
                mine.setdefault(value["kind"], {})[name] = value
        if not objects:
            return self

        def merged(known: Sequence[JsonObject] | None, kind: str) -> Sequence[JsonObject] | None:
            new = mine.get(kind, {})
            if known is None and kind != "DaemonSet":
                return None
            kept = [value for value in known or () if identity(value)[1] not in new]
            return [*kept, *new.values()]

        def quotas() -> Sequence[JsonObject] | None:
            """A quota is used as its server reports: the status of a text is not stored."""
            reported = {identity(each)[1]: each.get("status", {}) for each in self.quotas or ()}
            found = merged(self.quotas, "ResourceQuota")
            return found and [{**each, "status": reported.get(identity(each)[1], {})} for each in found]

        def with_keys(known: Keys | None, kind: str) -> Keys | None:
            new = {name: keys_of(value) for name, value in mine.get(kind, {}).items()}
            return None if known is None else Layers(new, known)

        def with_names(known: AbstractSet[str] | None, kind: str) -> AbstractSet[str] | None:
            return None if known is None else known | mine.get(kind, {}).keys()

        read = self.elsewhere

        by_project: dict[str, list[JsonObject]] = {}
        of_all = [value for value in objects if value["kind"] in _CLASSES]
        for value in objects:
            if value["kind"] not in _CLASSES:
                by_project.setdefault(identity(value)[0], []).append(value)

        @cache
        def elsewhere(project: str) -> ProjectFacts:
            return self.about(project).with_bundle([*of_all, *by_project.get(project, ())])

        claims, classes = mine.get("PersistentVolumeClaim", {}), list(_of(mine, *_CLASSES))
        registries = {
            name for name, value in mine.get("Secret", {}).items() if value.get("type") in REGISTRY_TYPES
        }
        return ProjectFacts(
            self.project,
            daemonsets=lambda: merged(self.daemonsets, "DaemonSet"),
            configmaps=lambda: with_keys(self.configmaps, "ConfigMap"),
            secrets=lambda: with_keys(self.secrets, "Secret"),
            registries=lambda: None if self.registries is None else self.registries | registries,
            pvcs=lambda: None if self.pvcs is None else {**self.pvcs, **claims},
            service_accounts=lambda: with_names(self.service_accounts, "ServiceAccount"),
            limit_ranges=lambda: merged(self.limit_ranges, "LimitRange"),
            quotas=quotas,
            nodes=lambda: self.nodes,
            projects=lambda: self.projects,
            live=lambda: self.live,
            classes=lambda: self.classes.with_bundle(classes),
            features=self.features,
            elsewhere=None if read is None else elsewhere,
            stored_daemonsets=lambda: self.daemonsets,
            brought=list(mine.get("DaemonSet", {}).values()),
        )

    def about(self, namespace: str) -> ProjectFacts:
        """The facts that apply in `namespace`; outside the project only those of the cluster, if those of
        other projects are not read."""
        if namespace and self.project and namespace != self.project:
            if self.elsewhere is not None:
                return self.elsewhere(namespace)
            return ProjectFacts(
                project=namespace,
                nodes=lambda: self.nodes,
                projects=lambda: self.projects,
                classes=lambda: self.classes,
                features=self.features,
            )
        return self


def _by_system(nodes: Iterable[JsonObject]) -> Mapping[str, tuple[JsonObject, ...]]:
    found: dict[str, list[JsonObject]] = {}
    for node in nodes:
        found.setdefault(labels_of(node).get(OS_LABEL, ""), []).append(node)
    return {system: tuple(nodes) for system, nodes in found.items()}


_BY_SYSTEM = Prepared(_by_system, 4)
NOTHING_KNOWN = ProjectFacts()
_CLASSES = ("RuntimeClass", "PriorityClass")
REGISTRY_TYPES = ("kubernetes.io/dockerconfigjson", "kubernetes.io/dockercfg")
"""Of Secrets with the credentials of a registry (kubernetes/pkg/credentialprovider/secrets/secrets.go)."""


class KeysOnDemand(Keys):
    """Objects whose names are known; the keys of one are read when they are first asked for."""

    def __init__(self, names: Iterable[str], read: Callable[[str], AbstractSet[str] | None]) -> None:
        self._names = frozenset(names)
        self._read = read
        self.known: dict[str, AbstractSet[str] | None] = {}

    def __getitem__(self, name: str) -> AbstractSet[str] | None:
        if name not in self._names:
            raise KeyError(name)
        if name not in self.known:
            self.known[name] = self._read(name)
        return self.known[name]

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


class Layers(Keys):
    """Objects from several sources; of a name in more than one, the first."""

    def __init__(self, *layers: Keys) -> None:
        self._layers = layers

    def __getitem__(self, name: str) -> AbstractSet[str] | None:
        for layer in self._layers:
            if name in layer:
                return layer[name]
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        return any(name in layer for layer in self._layers)

    def __iter__(self) -> Iterator[str]:
        return iter(set().union(*self._layers))

    def __len__(self) -> int:
        return len(set().union(*self._layers))


def known_keys(objects: Keys | None) -> Iterator[tuple[str, str]]:
    """(name, key), in order, as far as the keys are known already: nothing is read for it."""
    known = objects.known if isinstance(objects, KeysOnDemand) else objects or {}
    return ((name, key) for name, keys in sorted(known.items()) for key in sorted(keys or ()))


def _of(objects: Mapping[str, Mapping[str, JsonObject]], *kinds: str) -> Iterator[JsonObject]:
    return (value for kind in kinds for value in objects.get(kind, {}).values())


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
    if not project:
        return objects
    return [value if identity(value)[0] else patch(value, [(PROJECT, project)]) for value in objects]


def keys_of(value: JsonObject) -> set[str]:
    """The keys of a ConfigMap or Secret."""
    keys: set[str] = set()
    for field in ("data", "binaryData", "stringData"):
        entries = value.get(field)
        if isinstance(entries, dict):
            keys.update(entries)
    return keys
