"""What a store knows of a project, as far as the person can read it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, TypeVar

from console.errors import ConsoleError, Forbidden, NotFound
from workloads.daemonsets.project.admission import Classes
from workloads.daemonsets.project.facts import ProjectFacts, keys_of
from workloads.documents.paths import JsonObject
from workloads.stores.protocol import (
    DAEMONSET,
    Query,
    Store,
    Stored,
)

T = TypeVar("T")


def if_readable(read: Callable[[], T]) -> T | None:
    """What `read` returns; None if the person can't read it, or it does not exist."""
    try:
        return read()
    except (Forbidden, NotFound):
        return None


def project_facts(store: Store, project: str) -> ProjectFacts:
    """What the store knows of a project; "" reads only what does not belong to a project. Whatever the person
    can't read, and all of a project that does not exist, is None."""

    def select(api_version: str, kind: str) -> Sequence[Stored] | None:
        return if_readable(lambda: store.select(api_version, kind, Query(project)).items)

    def values(api_version: str, kind: str) -> list[dict[str, Any]] | None:
        items = select(api_version, kind)
        return None if items is None else [stored.value for stored in items]

    def keys(kind: str) -> dict[str, set[str]] | None:
        items = select("v1", kind)
        return None if items is None else {stored.ref.name: keys_of(stored.value) for stored in items}

    if not project:
        return ProjectFacts(
            nodes=if_readable(store.nodes), classes=pod_classes(store), features=store.capabilities()
        )
    accounts, claims = select("v1", "ServiceAccount"), select("v1", "PersistentVolumeClaim")
    return ProjectFacts(
        project=project,
        daemonsets=values(*DAEMONSET),
        configmaps=keys("ConfigMap"),
        secrets=keys("Secret"),
        pvcs=None if claims is None else {stored.ref.name: stored.value for stored in claims},
        # Every namespace has this account; a controller creates it.
        service_accounts=None if accounts is None else {"default", *(s.ref.name for s in accounts)},
        limit_ranges=values("v1", "LimitRange"),
        quotas=if_readable(lambda: store.quotas(project)),
        nodes=if_readable(store.nodes),
        classes=pod_classes(store),
        features=store.capabilities(),
    )


def facts_of_all(store: Store, facts: ProjectFacts) -> ProjectFacts:
    """The facts of a project, which read those of others when a document belongs there.

    A project that does not exist yet has nothing. Nothing is known of one whose store does not answer.
    """

    @cache
    def projects() -> frozenset[str] | None:
        found = if_readable(store.projects)
        return None if found is None else frozenset(each.name for each in found)

    @cache
    def read(project: str) -> ProjectFacts:
        try:
            known = projects()
            if known is None or project in known:
                return project_facts(store, project)
        except ConsoleError:
            return ProjectFacts(project=project)
        return ProjectFacts(
            project,
            daemonsets=[],
            configmaps={},
            secrets={},
            pvcs={},
            service_accounts=set(),
            limit_ranges=[],
            quotas=[],
            nodes=facts.nodes,
            classes=facts.classes,
            features=facts.features,
        )

    return replace(facts, elsewhere=read)


def pod_classes(store: Store) -> Classes:
    """The classes that pods can name, as far as the person can read them."""

    def values(api_version: str, kind: str) -> list[JsonObject] | None:
        found = if_readable(lambda: store.select(api_version, kind, Query(None)).items)
        return None if found is None else [stored.value for stored in found]

    return Classes.of(
        values("node.k8s.io/v1", "RuntimeClass"),
        values("scheduling.k8s.io/v1", "PriorityClass"),
        whole=store.capabilities().admission,
    )
