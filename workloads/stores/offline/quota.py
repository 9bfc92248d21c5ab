"""ResourceQuotas with the use that the offline cluster would report, and what they do not allow."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from workloads.daemonsets.forecast.demand import objects_used, quotas_used, used_by_objects
from workloads.daemonsets.forecast.object_quota import Excess, refused_by_quota
from workloads.daemonsets.manifest.features import Features
from workloads.daemonsets.manifest.quantity import canonical, style_of
from workloads.daemonsets.placement.verdicts import Inventory
from workloads.daemonsets.project.admission import Classes, completed
from workloads.documents.paths import JsonObject


def with_brought(stored: Sequence[JsonObject], brought: Sequence[JsonObject]) -> list[JsonObject]:
    """The quotas of a project with those that are stored with other objects, as they are stored first."""
    named = {each["metadata"]["name"]: each for each in (*stored, *brought)}
    return [named[name] for name in sorted(named)]


def beyond_quota(
    quotas: Sequence[JsonObject],
    created: Sequence[JsonObject],
    *,
    counts: Callable[[], Mapping[tuple[str, str], int]],
    claims: Callable[[], Sequence[JsonObject]],
    services: Callable[[], Sequence[JsonObject]],
) -> list[Excess]:
    """The new objects that the quotas of their project refuse. counts: what the project has; claims,
    services: those of it. Read only where they matter."""
    if not quotas or not created:
        return []
    kinds = {each["kind"] for each in created}
    has_claims = claims() if "PersistentVolumeClaim" in kinds else ()
    has_services = services() if "Service" in kinds else ()
    objects = used_by_objects(counts(), claims=has_claims, services=has_services)
    used = {each["metadata"]["name"]: objects_used(each, objects) for each in quotas}
    return list(refused_by_quota(quotas, used, created))


def with_use(
    quotas: Sequence[JsonObject],
    *,
    daemonsets: Sequence[JsonObject],
    nodes: Sequence[JsonObject],
    limit_ranges: Sequence[JsonObject],
    classes: Classes,
    counts: Mapping[tuple[str, str], int],
    claims: Sequence[JsonObject],
    services: Sequence[JsonObject],
    features: Features,
) -> list[JsonObject]:
    """The quotas, each with the status of the quota controller: `hard` from the spec, `used` of its keys."""
    out: list[JsonObject] = []
    inventory = Inventory.of(nodes)
    daemonsets = [completed(daemonset, classes) for daemonset in daemonsets]
    used_of_each = quotas_used(
        quotas,
        daemonsets,
        inventory,
        limit_ranges,
        counts,
        claims=claims,
        services=services,
        features=features,
    )
    for quota, used in zip(quotas, used_of_each, strict=True):
        spec: Any = quota.get("spec")
        hard: Any = spec.get("hard") if isinstance(spec, dict) else None
        status = {
            "hard": hard if isinstance(hard, dict) else {},
            "used": {
                key: canonical(amount, "binary" if style_of(key) == "bytes" else "decimal")
                for key, amount in used.items()
            },
        }
        out.append({**quota, "status": status})
    return out
