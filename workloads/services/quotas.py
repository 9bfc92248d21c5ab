"""What the quotas of a project say to a DaemonSet that is written, and to those of a list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext_lazy

from workloads.daemonsets.forecast import demand
from workloads.daemonsets.forecast import quota as forecast
from workloads.daemonsets.forecast.quota import Forecast
from workloads.daemonsets.manifest import quantity, resources
from workloads.daemonsets.manifest.features import Features
from workloads.daemonsets.manifest.places import Place
from workloads.daemonsets.manifest.resources import amounts
from workloads.daemonsets.placement.verdicts import Inventory, template_of
from workloads.daemonsets.project import admission
from workloads.daemonsets.project.admission import completed
from workloads.daemonsets.project.facts import ProjectFacts, identity
from workloads.daemonsets.running import absence, presence
from workloads.documents import ABSENT, get
from workloads.documents.paths import JsonObject
from workloads.services.facts import if_readable, project_facts
from workloads.services.plan import Plan
from workloads.stores.protocol import DAEMONSET, Query, Store, Stored

LOOKED_AT: Final = 20_000
"""DaemonSets × nodes up to which the list says what a quota stops."""
_SURGE: Final = ("spec", "updateStrategy", "rollingUpdate", "maxSurge")


def forecast_of(
    store: Store,
    value: JsonObject,
    facts: ProjectFacts,
    inventory: Inventory,
    features: Features,
    stored: JsonObject | None,
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
    quotas = if_readable(lambda: store.quotas(project)) or ()
    asked = list(items) if store.offline and any(map(_used_up, quotas)) else _doubtful(store, quotas, items)
    if not asked:
        return []
    # What is too much to look at is counted first: to read it all would cost more than the list itself.
    there = store.counts(project).get(DAEMONSET, 0) * len(if_readable(store.nodes) or ())
    if not 0 < there <= LOOKED_AT:
        return []
    facts = project_facts(store, project)
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


def _doubtful(store: Store, quotas: Sequence[JsonObject], items: Sequence[Stored]) -> list[Stored]:
    """What a quota may stop: that lacks pods by its own status, starts some beside the old ones, or does not
    say what the quota counts."""
    if not quotas or not items:
        return []
    limits = if_readable(lambda: store.select("v1", "LimitRange", Query(items[0].ref.project)).items) or ()
    given = [each.value for each in limits]

    def doubtful(value: JsonObject) -> bool:
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
    found = if_readable(lambda: store.pods(stored.ref.project, selector=value["spec"].get("selector")))
    return None if found is None else len(presence.owned(found, value))


def _used_up(quota: JsonObject) -> bool:
    """Offline, where what is wanted counts as used."""
    status = Place(quota)["status"]
    used = amounts(status["used"])
    return any(used.get(key, 0) > hard for key, hard in amounts(status["hard"]).items())


@dataclass(frozen=True, slots=True)
class Use:
    """Of one key of one ResourceQuota: how much is used now, and how much once a plan is carried out."""

    quota: str
    key: str
    before: Decimal
    after: Decimal
    hard: Decimal

    @property
    def too_much(self) -> bool:
        return self.after > self.hard and self.after > self.before


def uses(store: Store, plan: Plan) -> list[Use]:
    """The project's quotas, as the text leaves them, before and after a plan; empty where there are none or
    too little is known. Of a quota that is not stored yet, only what is reckoned here is used before.

    What the ports of Services count for stays: Services are not among the facts.
    """
    known = plan.facts
    later = known.with_bundle([item.document.value for item in plan.documents])
    if not later.quotas or known.nodes is None or known.daemonsets is None:
        return []
    counts = Counter(store.counts(plan.project))
    counts_later = counts + Counter(
        (item.ref.api_version, item.ref.kind)
        for item in plan.documents
        if item.intent == "create" and item.ref.project == plan.project
    )
    inventory, features = Inventory(known.nodes), store.capabilities()

    def reckoned(
        quota: JsonObject, facts: ProjectFacts, counts: Mapping[tuple[str, str], int]
    ) -> Mapping[str, Decimal]:
        limits = facts.limit_ranges or ()
        daemonsets = [admission.completed(each, facts.classes) for each in facts.daemonsets or ()]
        claims = (facts.pvcs or {}).values()
        return demand.quota_used(
            quota, daemonsets, inventory, limits, counts, claims=claims, features=features
        )

    used = {identity(quota)[1]: amounts(Place(quota).at("status", "used")) for quota in known.quotas or ()}
    found = []
    for quota in later.quotas:
        name, hard = identity(quota)[1], amounts(Place(quota).at("spec", "hard"))
        now, then = reckoned(quota, known, counts), reckoned(quota, later, counts_later)
        for key, limit in hard.items():
            # What others use, which only a server knows, stays.
            before = used.get(name, now).get(key, now[key])
            found.append(Use(name, key, before, before + then[key] - now[key], limit))
    return found


# What a DaemonSet uses up, by the key of a ResourceQuota; `cpu` and `memory` are short for requests
# (kubernetes.io/docs/concepts/policy/resource-quotas).
LABELS = {
    "pods": gettext_lazy("Pods"),
    "count/daemonsets.apps": gettext_lazy("DaemonSets"),
    "requests.cpu": gettext_lazy("CPU requests"),
    "cpu": gettext_lazy("CPU requests"),
    "requests.memory": gettext_lazy("Memory requests"),
    "memory": gettext_lazy("Memory requests"),
    "limits.cpu": gettext_lazy("CPU limits"),
    "limits.memory": gettext_lazy("Memory limits"),
}


def gauges(quota: JsonObject) -> list[dict[str, Any]]:
    """What a DaemonSet can use up of one ResourceQuota, in a fixed order; figures to show and to draw."""
    status = Place(quota)["status"]
    hard, used = resources.amounts(status["hard"]), resources.amounts(status["used"])
    return [
        {
            "label": LABELS[key],
            "key": key,
            "used": used.get(key, Decimal(0)),
            "hard": hard[key],
            "used_text": quantity.show_of(key, used.get(key, Decimal(0))),
            "hard_text": quantity.show_of(key, hard[key]),
        }
        for key in LABELS
        if key in hard
    ]
