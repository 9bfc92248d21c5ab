"""What a store knows of a project, as far as the person can read it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cache, partial
from typing import Final, Literal, TypeAlias, TypeVar

from console.errors import Forbidden, NotFound, Unreachable
from workloads.daemonsets.project.admission import Classes
from workloads.daemonsets.project.facts import REGISTRY_TYPES, Keys, KeysOnDemand, ProjectFacts
from workloads.documents.paths import JsonObject
from workloads.stores.protocol import DAEMONSET, Store

T = TypeVar("T")

FactKind: TypeAlias = Literal[
    "daemonsets",
    "configmaps",
    "secrets",
    "registries",
    "pvcs",
    "service_accounts",
    "limit_ranges",
    "quotas",
    "nodes",
    "classes",
]
_ONE_BY_ONE: Final = 10
"""The keys of this many objects of a kind are read one by one; where more are named, those of all at
once."""
_NAMED_BY: Final[Mapping[str, Sequence[FactKind]]] = {
    "DaemonSet": ("daemonsets", "limit_ranges", "quotas", "classes"),
    "configMap": ("configmaps",),
    "secret": ("secrets",),
    "imagePullSecrets": ("secrets",),
    "persistentVolumeClaim": ("pvcs",),
    "serviceAccount": ("service_accounts",),
}


def if_readable(read: Callable[[], T]) -> T | None:
    """What `read` returns; None if the person can't read it, or it does not exist."""
    try:
        return read()
    except (Forbidden, NotFound):
        return None


def kinds_named_in(text: str) -> set[FactKind]:
    """What the findings about a manifest will most likely ask for."""
    return {kind for word, kinds in _NAMED_BY.items() if word in text for kind in kinds}


def project_facts(
    store: Store,
    project: str,
    *,
    projects: Sequence[str] | None = None,
    live: Callable[[], JsonObject | None] = lambda: None,
    ahead: Iterable[FactKind] = (),
    also: Sequence[Callable[[], object]] = (),
    unreachable: Callable[[Unreachable], None] | None = None,
) -> ProjectFacts:
    """What the store knows of a project; "" is only what does not belong to a project. Whatever the person
    can't read, and all of a project that does not exist, is None.

    projects: the names of all, where they are known. live: as of ProjectFacts. ahead: what is read now, all
    at the same time, as is `also`; the rest is read when it is first asked for, and Unreachable may be raised
    then. unreachable: is told so instead, and what could not be read is None.
    """

    def attempt(read: Callable[[], T]) -> Callable[[], T | None]:
        def attempted() -> T | None:
            try:
                return if_readable(read)
            except Unreachable as error:
                if unreachable is None:
                    raise
                unreachable(error)
                return None

        return cache(attempted)

    def in_project(read: Callable[[], T]) -> Callable[[], T | None]:
        return attempt(read) if exists else lambda: None

    features, exists = store.capabilities(), bool(project) and (projects is None or project in projects)
    secrets = in_project(lambda: _keys(store, project, "Secret", attempt))
    configmaps = in_project(lambda: _keys(store, project, "ConfigMap", attempt))
    registries = in_project(lambda: _registries(store, project))
    daemonsets = in_project(lambda: store.values(*DAEMONSET, project))
    limit_ranges = in_project(lambda: store.values("v1", "LimitRange", project))
    claims = in_project(lambda: _by_name(store.values("v1", "PersistentVolumeClaim", project)))
    accounts = in_project(lambda: _accounts(store, project))
    quotas = in_project(lambda: store.quotas(project))
    nodes = attempt(store.nodes)
    runtime = attempt(lambda: store.values("node.k8s.io/v1", "RuntimeClass", ""))
    priority = attempt(lambda: store.values("scheduling.k8s.io/v1", "PriorityClass", ""))
    reads: Mapping[FactKind, Sequence[Callable[[], object]]] = {
        "daemonsets": [daemonsets],
        "configmaps": [configmaps],
        "secrets": [secrets],
        "registries": [registries],
        "pvcs": [claims],
        "service_accounts": [accounts],
        "limit_ranges": [limit_ranges],
        "quotas": [quotas],
        "nodes": [nodes],
        "classes": [runtime, priority],
    }

    @cache
    def named() -> Sequence[str] | None:
        found = if_readable(store.projects) if projects is None else None
        return projects if found is None else [each.name for each in found]

    @cache
    def elsewhere(other: str) -> ProjectFacts:
        """A project that does not exist yet has nothing."""
        known = attempt(named)()
        if known is None or other in known:
            return project_facts(store, other, projects=known, unreachable=unreachable)
        return ProjectFacts(
            other,
            daemonsets=[],
            configmaps={},
            secrets={},
            registries=frozenset(),
            pvcs={},
            service_accounts=frozenset(),
            limit_ranges=[],
            quotas=[],
            nodes=nodes,
            projects=known,
            classes=classes,
            features=features,
        )

    def classes() -> Classes:
        return Classes.of(runtime(), priority(), whole=features.admission)

    store.at_once([*also, *(read for kind in sorted(set(ahead)) for read in reads[kind])])
    return ProjectFacts(
        project,
        daemonsets=daemonsets,
        configmaps=configmaps,
        secrets=secrets,
        registries=registries,
        pvcs=claims,
        service_accounts=accounts,
        limit_ranges=limit_ranges,
        quotas=quotas,
        nodes=nodes,
        projects=projects,
        live=live,
        classes=classes,
        features=features,
        elsewhere=elsewhere if project else None,
    )


def _keys(
    store: Store,
    project: str,
    kind: str,
    attempt: Callable[[Callable[[], Mapping[str, AbstractSet[str]]]], Callable[[], Keys | None]],
) -> Keys:
    if not store.capabilities().runs_pods:
        return store.keys(kind, project)
    asked: set[str] = set()
    of_all = attempt(lambda: store.keys(kind, project))

    def read(name: str) -> AbstractSet[str] | None:
        asked.add(name)
        few = len(asked) <= _ONE_BY_ONE
        found = attempt(lambda: store.keys(kind, project, name))() if few else of_all()
        return (found or {}).get(name)

    return KeysOnDemand(store.names("v1", kind, project), read)


def _registries(store: Store, project: str) -> AbstractSet[str]:
    def of_type(name: str) -> Sequence[str]:
        return store.names("v1", "Secret", project, of_type=name)

    return set().union(*store.at_once([partial(of_type, each) for each in REGISTRY_TYPES]))


def _accounts(store: Store, project: str) -> AbstractSet[str]:
    """Every namespace has the account `default`; a controller creates it."""
    return {"default", *store.names("v1", "ServiceAccount", project)}


def _by_name(values: Sequence[JsonObject]) -> Mapping[str, JsonObject]:
    return {str(value["metadata"]["name"]): value for value in values}


def pod_classes(store: Store) -> Classes:
    """The classes that pods can name, as far as the person can read them."""
    return project_facts(store, "").classes
