"""What the quotas of a project say to a DaemonSet that is written, and to those of a list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from workloads import actions
from workloads.daemonsets import forecast
from workloads.daemonsets.admission import completed
from workloads.daemonsets.facts import ProjectFacts
from workloads.daemonsets.features import Features
from workloads.daemonsets.forecast import Forecast
from workloads.daemonsets.placement import Inventory
from workloads.daemonsets.places import Place
from workloads.daemonsets.resources import amounts
from workloads.documents import ABSENT, get
from workloads.stores.protocol import DAEMONSET, Json, Store, Stored

LOOKED_AT: Final = 20_000
"""DaemonSets × nodes up to which the list says what a quota stops."""
_SURGE: Final = ("spec", "updateStrategy", "rollingUpdate", "maxSurge")


def forecast_of(
    store: Store,
    value: Json,
    facts: ProjectFacts,
    inventory: Inventory,
    features: Features,
    stored: Json | None,
) -> Forecast | None:
    """None without quotas, or where they may not be read."""
    if not facts.quotas or facts.daemonsets is None:
        return None
    limits, classes = facts.limit_ranges or (), facts.classes
    value, stored = completed(value, classes), completed(stored, classes)
    if store.offline:
        used = forecast.used_by_others(
            facts.quotas,
            value,
            [completed(each, classes) for each in facts.daemonsets],
            inventory,
            limits,
            store.counts(facts.project),
            claims=list((facts.pvcs or {}).values()),
            features=features,
        )
    else:
        used = forecast.used_beside(facts.quotas, stored, limits)
    return forecast.forecast(
        value, inventory, facts.quotas, used, limit_ranges=limits, present=stored, features=features
    )


def stopped(store: Store, project: str, items: Sequence[Stored]) -> list[tuple[str, Forecast]]:
    """(name, what the quotas say) of the DaemonSets, of a page of their list, whose pods do not all fit.

    Asked only where a quota is used up, or where an update starts pods beside the old ones.
    """
    quotas = actions.known(lambda: store.quotas(project))
    over = any(_used_up(quota) for quota in quotas or ())
    asked = [each for each in items if over or get(each.value, _SURGE) not in (ABSENT, 0, "0%")]
    if not quotas or not asked:
        return []
    # What is too much to look at is counted first: to read it all would cost more than the list itself.
    there = store.counts(project).get(DAEMONSET, 0) * len(actions.known(store.nodes) or ())
    if not 0 < there <= LOOKED_AT:
        return []
    facts = actions.facts(store, project)
    if not facts.nodes:
        return []
    inventory, features = Inventory(facts.nodes), store.capabilities()
    found = [
        (each.ref.name, forecast_of(store, each.value, facts, inventory, features, each.value))
        for each in asked
    ]
    return [(name, said) for name, said in found if said is not None and (said.blocks or said.first)]


def _used_up(quota: Json) -> bool:
    status = Place(quota)["status"]
    used = amounts(status["used"])
    return any(used.get(key, 0) > hard for key, hard in amounts(status["hard"]).items())
