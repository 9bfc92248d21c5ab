"""ResourceQuotas with the use that the offline cluster would report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workloads.daemonsets.forecast.demand import quotas_used
from workloads.daemonsets.manifest.features import Features
from workloads.daemonsets.manifest.quantity import canonical, style_of
from workloads.daemonsets.placement.verdicts import Inventory
from workloads.daemonsets.project.admission import Classes, completed
from workloads.documents.paths import JsonObject


def with_brought(stored: Sequence[JsonObject], brought: Sequence[JsonObject]) -> list[JsonObject]:
    """The quotas of a project with those that are stored with other objects, as they are stored first."""
    named = {each["metadata"]["name"]: each for each in (*stored, *brought)}
    return [named[name] for name in sorted(named)]


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
