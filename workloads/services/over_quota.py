"""Which documents of a plan cannot be created because a quota counts objects of their kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from workloads.daemonsets.forecast.object_quota import beyond_quota
from workloads.daemonsets.manifest.sentences import Sentence
from workloads.documents.paths import JsonObject
from workloads.services.facts import if_readable
from workloads.services.plan import Plan, PlannedDocument
from workloads.stores.protocol import Ref, Store


@dataclass(frozen=True, slots=True)
class OverQuota:
    """documents: how many cannot be created because of this quota. ref: the first of them; say: why."""

    ref: Ref
    documents: int
    say: Sentence


def over_quota(store: Store, plan: Plan) -> list[OverQuota]:
    """One entry for each quota of each project; quotas count as the manifest leaves them."""
    found: dict[tuple[str, str], OverQuota] = {}
    by_project: dict[str, list[PlannedDocument]] = {}
    for item in plan.in_install_order:
        if item.ref.project:
            by_project.setdefault(item.ref.project, []).append(item)
    for project, items in by_project.items():
        quotas = plan.facts.about(project).with_bundle(item.document.value for item in items).quotas
        created = [item for item in items if item.intent == "create"]
        if not quotas or not created:
            continue
        refused = beyond_quota(
            quotas,
            [item.document.value for item in created],
            counts=partial(_counts, store, project),
            claims=partial(_values, store, "PersistentVolumeClaim", project),
            services=partial(_values, store, "Service", project),
        )
        for excess in refused:
            first = found.get((project, excess.quota))
            if first is None:
                first = OverQuota(created[excess.number].ref, 0, excess.say)
            found[project, excess.quota] = OverQuota(first.ref, first.documents + 1, first.say)
    return list(found.values())


def _counts(store: Store, project: str) -> Mapping[tuple[str, str], int]:
    return if_readable(lambda: store.counts(project)) or {}


def _values(store: Store, kind: str, project: str) -> Sequence[JsonObject]:
    return if_readable(lambda: store.values("v1", kind, project)) or ()
