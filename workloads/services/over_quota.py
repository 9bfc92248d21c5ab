"""Which documents of a plan cannot be created because a quota counts objects of their kind."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from workloads.daemonsets.forecast.demand import objects_used, used_by_objects
from workloads.daemonsets.forecast.object_quota import refused_by_quota
from workloads.daemonsets.manifest.places import Place
from workloads.daemonsets.manifest.resources import Amounts, amounts
from workloads.daemonsets.manifest.sentences import Sentence
from workloads.documents.paths import JsonObject
from workloads.services.facts import if_readable
from workloads.services.plan import Plan, PlannedDocument
from workloads.stores.protocol import Query, Ref, Store


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
        used = _used(store, quotas, project)
        for excess in refused_by_quota(quotas, used, [item.document.value for item in created]):
            first = found.get((project, excess.quota))
            if first is None:
                first = OverQuota(created[excess.number].ref, 0, excess.say)
            found[project, excess.quota] = OverQuota(first.ref, first.documents + 1, first.say)
    return list(found.values())


def _used(store: Store, quotas: Iterable[JsonObject], project: str) -> dict[str, Amounts]:
    """By the name of the quota: what a server reports, else what is calculated here."""
    reported = {_name(quota): amounts(Place(quota).at("status", "used")) for quota in quotas}
    if all(reported.values()):
        return reported
    services = if_readable(lambda: store.select("v1", "Service", Query(project)).items) or ()
    claims = if_readable(lambda: store.select("v1", "PersistentVolumeClaim", Query(project)).items) or ()
    counts = if_readable(lambda: store.counts(project)) or {}
    objects = used_by_objects(
        counts, claims=[each.value for each in claims], services=[each.value for each in services]
    )
    return {_name(quota): reported[_name(quota)] or objects_used(quota, objects) for quota in quotas}


def _name(quota: JsonObject) -> str:
    return Place(quota).at("metadata", "name").text
