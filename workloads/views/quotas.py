"""What the quotas of a project say to a DaemonSet that is written, and to those of a list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from workloads import actions
from workloads.daemonsets import absence, demand, forecast, presence
from workloads.daemonsets.admission import completed
from workloads.daemonsets.facts import ProjectFacts
from workloads.daemonsets.features import Features
from workloads.daemonsets.forecast import Forecast
from workloads.daemonsets.placement import Inventory, template_of
from workloads.daemonsets.places import Place
from workloads.daemonsets.resources import amounts
from workloads.documents import ABSENT, get
from workloads.stores.protocol import DAEMONSET, Json, Query, Store, Stored

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
    pods: int | None = None,
) -> Forecast | None:
    """None without quotas, or where they may not be read. pods: on a cluster, how many the stored one has;
    None: as many as its controller reports."""
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
        there = None
    else:
        there = presence.pods_reported(stored) if pods is None else pods
        used = forecast.used_beside(facts.quotas, stored, there, limits)
    return forecast.forecast(
        value,
        inventory,
        facts.quotas,
        used,
        limit_ranges=limits,
        present=stored,
        there=there,
        wished=store.offline,
        features=features,
    )


def stopped(store: Store, project: str, items: Sequence[Stored]) -> list[tuple[str, Forecast]]:
    """(name, what the quotas say) of the DaemonSets, of a page of their list, whose pods do not all fit."""
    quotas = actions.known(lambda: store.quotas(project)) or ()
    asked = list(items) if store.offline and any(map(_used_up, quotas)) else _doubtful(store, quotas, items)
    if not asked:
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
        (
            each.ref.name,
            forecast_of(store, each.value, facts, inventory, features, each.value, _pods(store, each)),
        )
        for each in asked
    ]
    return [(name, said) for name, said in found if said is not None and (said.blocks or said.first)]


def _doubtful(store: Store, quotas: Sequence[Json], items: Sequence[Stored]) -> list[Stored]:
    """What a quota may stop: that lacks pods by its own status, starts some beside the old ones, or does not
    say what the quota counts."""
    if not quotas or not items:
        return []
    limits = actions.known(lambda: store.select("v1", "LimitRange", Query(items[0].ref.project)).items) or ()
    given = [each.value for each in limits]

    def doubtful(value: Json) -> bool:
        told = presence.reported(value)
        return (
            told["desiredNumberScheduled"] > told["currentNumberScheduled"]
            or absence.behind(value) is not None
            or get(value, _SURGE) not in (ABSENT, 0, "0%")
            or any(True for q in quotas for _each in demand.unstated(q, template_of(value), given))
        )

    return [each for each in items if doubtful(each.value)]


def _pods(store: Store, stored: Stored) -> int | None:
    """How many pods it has, where its controller has not got to reporting it: that of 1.20 does not, for as
    long as a pod is refused."""
    value = stored.value
    if store.offline or absence.behind(value) is None:
        return None
    found = actions.known(lambda: store.pods(stored.ref.project, selector=value["spec"].get("selector")))
    return None if found is None else len(presence.owned(found, value))


def _used_up(quota: Json) -> bool:
    """Offline, where what is wanted counts as used."""
    status = Place(quota)["status"]
    used = amounts(status["used"])
    return any(used.get(key, 0) > hard for key, hard in amounts(status["hard"]).items())
