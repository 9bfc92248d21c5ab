"""Quotas of a project: what they will stop, and how much of them is used, in figures and in words.

One DaemonSet of a manifest: `quota_forecast`. Stored DaemonSets of a list: `quota_stops`. A whole plan:
`quota_uses`. The quota itself: `quota_gauges`. The rest puts forecasts into words and figures for the pages.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial
from typing import Final, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from workloads.daemonsets.forecast import demand
from workloads.daemonsets.forecast import quota as forecasts
from workloads.daemonsets.forecast.quota import Forecast, PlannedUse, QuotaLine
from workloads.daemonsets.manifest import quantity
from workloads.daemonsets.manifest.features import Features
from workloads.daemonsets.manifest.places import Place
from workloads.daemonsets.manifest.resources import Amounts, amounts
from workloads.daemonsets.manifest.sentences import Sentence
from workloads.daemonsets.placement.verdicts import Inventory, template_of
from workloads.daemonsets.project.admission import completed
from workloads.daemonsets.project.facts import ProjectFacts, identity
from workloads.daemonsets.running import absence, presence
from workloads.documents import ABSENT, get
from workloads.documents.paths import JsonObject
from workloads.kept import Kept, key_of
from workloads.services.facts import if_readable, project_facts
from workloads.services.plan import Plan
from workloads.services.translation import say
from workloads.stores.protocol import DAEMONSET, Query, Ref, Store, Stored

MOST_VERDICTS: Final = 20_000
"""DaemonSets × nodes up to which a list says what a quota stops."""
_OF_OBJECTS: Final = ("count/daemonsets.apps", "count/controllerrevisions.apps")
_SURGE: Final = ("spec", "updateStrategy", "rollingUpdate", "maxSurge")

# What a DaemonSet uses up, by the key of a ResourceQuota; `cpu` and `memory` are short for requests
# (kubernetes.io/docs/concepts/policy/resource-quotas).
QUOTA_LABELS: Final[Mapping[str, str | Promise]] = {
    "pods": gettext_lazy("Pods"),
    "count/daemonsets.apps": gettext_lazy("DaemonSets"),
    "requests.cpu": gettext_lazy("CPU requests"),
    "cpu": gettext_lazy("CPU requests"),
    "requests.memory": gettext_lazy("Memory requests"),
    "memory": gettext_lazy("Memory requests"),
    "limits.cpu": gettext_lazy("CPU limits"),
    "limits.memory": gettext_lazy("Memory limits"),
}


# ---- forecasts ----


def quota_forecast(
    store: Store,
    value: JsonObject,
    facts: ProjectFacts,
    inventory: Inventory,
    features: Features,
    stored: JsonObject | None,
    pods: int | None = None,
) -> Forecast | None:
    """Which pods of a DaemonSet the quotas allow; None without quotas, or if the user can't read them.

    pods: how many the stored one has on a cluster; None: as many as its controller reports.
    """
    if not facts.quotas or facts.daemonsets is None:
        return None
    limits, classes = facts.limit_ranges or (), facts.classes
    value, stored = completed(value, classes), completed(stored, classes)
    used: Mapping[str, Amounts]
    if planned := not store.capabilities().runs_pods:
        counts = store.counts(facts.project)
        used = dict(_planned_use(facts, inventory, features, counts).without(value))
        # Of DaemonSets that are stored together the last ones exceed a quota of objects: see `over_quota`.
        others = counts.get(DAEMONSET, 0) - (stored is not None)
        for quota in facts.quotas:
            objects = demand.of_objects(quota, others)
            own = {key: count for key, count in objects.items() if key in _OF_OBJECTS}
            used[identity(quota)[1]] = {**used[identity(quota)[1]], **own}
        present_pods = None
    else:
        present_pods = presence.reported_pods(stored) if pods is None else pods
        used = forecasts.used_without(facts.quotas, stored, present_pods, limits)
    return forecasts.forecast(
        value,
        inventory,
        facts.quotas,
        used,
        limit_ranges=limits,
        present=stored,
        present_pods=present_pods,
        planned=planned,
        features=features,
    )


_PLANNED_USE: Final = Kept[PlannedUse](8)


def _planned_use(
    facts: ProjectFacts, inventory: Inventory, features: Features, counts: Mapping[tuple[str, str], int]
) -> PlannedUse:
    """Of what the facts are; calculated once for all of a list, and for the pages that ask for it next."""
    classes, claims, limits = facts.classes, list((facts.pvcs or {}).values()), facts.limit_ranges or ()

    def calculate() -> PlannedUse:
        daemonsets = [completed(each, classes) for each in facts.daemonsets or ()]
        return PlannedUse(
            facts.quotas or (), daemonsets, inventory, limits, counts, claims=claims, features=features
        )

    # What is kept has the inventory, so that no other one gets its id.
    parts = facts.quotas, facts.daemonsets, limits, classes, counts, claims, features
    key = (*map(key_of, parts), id(inventory))
    return _PLANNED_USE.get(key, calculate)


@dataclass(frozen=True, slots=True)
class QuotaStops:
    """stopped: the DaemonSets whose pods do not all fit the quotas of their project. unchecked: the projects
    of which that was not calculated."""

    stopped: Mapping[Ref, Forecast] = field(default_factory=dict)
    unchecked: frozenset[str] = frozenset()


def quota_stops(store: Store, items: Sequence[Stored], *, most: int = MOST_VERDICTS) -> QuotaStops:
    """Which of these stored DaemonSets the quotas stop. most: DaemonSets × nodes of their projects, in all,
    up to which that is calculated."""
    by_project: dict[str, list[Stored]] = {}
    for each in items:
        by_project.setdefault(each.ref.project, []).append(each)
    if len(by_project) > 1:  # one query tells which of many projects have quotas
        found = if_readable(lambda: store.select("v1", "ResourceQuota", Query(None)).items)
        limited = None if found is None else {each.ref.project for each in found}
        by_project = {name: own for name, own in by_project.items() if limited is None or name in limited}
    stopped: dict[Ref, Forecast] = {}
    unchecked = set()
    for project, own in by_project.items():
        quotas = if_readable(partial(store.quotas, project)) or ()
        used_up = not store.capabilities().runs_pods and any(map(_used_up, quotas))
        asked = own if used_up else _doubtful(store, quotas, own)
        if not asked:
            continue
        nodes = if_readable(store.nodes)
        # Counted first: to read everything of a large project would cost more than the list itself.
        most -= store.counts(project).get(DAEMONSET, 0) * len(nodes or ())
        if nodes is None or most < 0:
            unchecked.add(project)
        elif nodes:
            stopped |= _stopped(store, project, asked)
    return QuotaStops(stopped, frozenset(unchecked))


def _stopped(store: Store, project: str, items: Sequence[Stored]) -> dict[Ref, Forecast]:
    facts, features = project_facts(store, project), store.capabilities()
    inventory = Inventory.of(facts.nodes or ())
    found = {
        each.ref: quota_forecast(
            store, each.value, facts, inventory, features, each.value, _pods(store, each)
        )
        for each in items
    }
    return {
        ref: forecast
        for ref, forecast in found.items()
        if forecast is not None and (forecast.blocks or forecast.first)
    }


def _doubtful(store: Store, quotas: Sequence[JsonObject], items: Sequence[Stored]) -> list[Stored]:
    """DaemonSets that a quota may stop: those that lack pods by their own status, that surge, or that do not
    state what the quota counts."""
    if not quotas or not items:
        return []
    limits = if_readable(lambda: store.select("v1", "LimitRange", Query(items[0].ref.project)).items) or ()
    given = [each.value for each in limits]

    def doubtful(value: JsonObject) -> bool:
        reported = presence.reported_counters(value)
        return (
            reported["desiredNumberScheduled"] > reported["currentNumberScheduled"]
            or absence.unobserved(value) is not None
            or get(value, _SURGE) not in (ABSENT, 0, "0%")
            or any(True for q in quotas for _each in demand.unstated(q, template_of(value), given))
        )

    return [each for each in items if doubtful(each.value)]


def _pods(store: Store, stored: Stored) -> int | None:
    """How many pods it has, where its controller has not reported it yet: that of 1.20 does not, for as long
    as a pod is refused."""
    value = stored.value
    if not store.capabilities().runs_pods or absence.unobserved(value) is None:
        return None
    found = if_readable(lambda: store.pods(stored.ref.project, selector=value["spec"].get("selector")))
    return None if found is None else len(presence.owned(found, value))


def _used_up(quota: JsonObject) -> bool:
    """Offline, where what DaemonSets request counts as used."""
    status = Place(quota)["status"]
    used = amounts(status["used"])
    return any(used.get(key, 0) > hard for key, hard in amounts(status["hard"]).items())


# ---- use ----


@dataclass(frozen=True, slots=True)
class QuotaUse:
    """One key of one ResourceQuota: how much is used before and after a plan is carried out."""

    quota: str
    key: str
    before: Decimal
    after: Decimal
    hard: Decimal

    @property
    def too_much(self) -> bool:
        return self.after > self.hard and self.after > self.before


def quota_uses(store: Store, plan: Plan) -> list[QuotaUse]:
    """The project's quotas, as the manifest leaves them, before and after a plan; empty where there are none
    or too little is known. Of a quota that is not stored yet, only what is calculated here is used before.

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
    inventory, features = Inventory.of(known.nodes), store.capabilities()
    # Of the quotas as they will be, also before.
    before = _planned_use(replace(known, quotas=later.quotas), inventory, features, counts).used
    after = _planned_use(later, inventory, features, counts_later).used
    used = {identity(quota)[1]: amounts(Place(quota).at("status", "used")) for quota in known.quotas or ()}
    found = []
    for quota in later.quotas:
        name, hard = identity(quota)[1], amounts(Place(quota).at("spec", "hard"))
        now, then = before[name], after[name]
        for key, limit in hard.items():
            # What others use, which only a server knows, stays.
            has = used.get(name, now).get(key, now[key])
            found.append(QuotaUse(name, key, has, has + then[key] - now[key], limit))
    return found


@dataclass(frozen=True, slots=True)
class QuotaGauge:
    """How much of one key of a ResourceQuota is used."""

    key: str
    used: Decimal
    hard: Decimal

    @property
    def label(self) -> str | Promise:
        return QUOTA_LABELS.get(self.key, self.key)

    @property
    def used_text(self) -> str:
        return quantity.show_of(self.key, self.used)

    @property
    def hard_text(self) -> str:
        return quantity.show_of(self.key, self.hard)

    @property
    def state(self) -> Literal["over", "full", ""]:
        """Whether nothing more can be created."""
        if self.used < self.hard:
            return ""
        return "over" if self.used > self.hard else "full"


def quota_gauges(quota: JsonObject) -> tuple[list[QuotaGauge], list[QuotaGauge]]:
    """(what is over or full, then what a DaemonSet can use up in a fixed order; all other keys)."""
    place = Place(quota)
    # A new quota has no status yet.
    hard = amounts(place.at("status", "hard")) or amounts(place.at("spec", "hard"))
    used = amounts(place.at("status", "used"))
    ordered = [*(key for key in QUOTA_LABELS if key in hard), *sorted(hard.keys() - QUOTA_LABELS.keys())]
    gauges = [QuotaGauge(key, used.get(key, Decimal(0)), hard[key]) for key in ordered]
    scarce = [
        *(each for each in gauges if each.state == "over"),
        *(each for each in gauges if each.state == "full"),
    ]
    rest = [each for each in gauges if not each.state]
    own = [each for each in rest if each.key in QUOTA_LABELS]
    return [*scarce, *own], [each for each in rest if each.key not in QUOTA_LABELS]


# ---- in words and figures ----


def forecast_causes(forecast: Forecast) -> list[str]:
    """What does not fit, and what would make it fit; what blocks first comes first."""
    return _causes(forecast, forecast.over)


def own_causes(forecast: Forecast) -> list[str]:
    """`forecast_causes` without what `shared_causes` reports for all DaemonSets of the project."""
    return _causes(forecast, (line for line in forecast.over if line.shared is None))


def shared_causes(stopped: Iterable[tuple[str, Forecast]]) -> list[tuple[str, list[str]]]:
    """(what does not fit of all DaemonSets of a project together, names of the DaemonSets), once
    for each key of a quota."""
    found: dict[str, list[str]] = {}
    for name, forecast in stopped:
        for line in forecast.over:
            if line.shared is not None:
                found.setdefault(_with_label(line.shared, line), []).append(name)
    return list(found.items())


def _causes(forecast: Forecast, lines: Iterable[QuotaLine]) -> list[str]:
    causes = [say(each.say) for each in forecast.unstated]
    for line in lines:
        causes.append(" ".join(_with_label(each, line) for each in (line.say, line.ways) if each is not None))
    return causes


def _with_label(sentence: Sentence, line: QuotaLine) -> str:
    return say(replace(sentence, params={**sentence.params, "key": QUOTA_LABELS.get(line.key, line.key)}))


@dataclass(frozen=True, slots=True)
class QuotaFigures:
    """One key of a quota as a page shows it. peak_text: "" unless a rollout takes more than its end."""

    quota: str
    key: str
    label: str
    before: Decimal
    after: Decimal
    hard: Decimal
    before_text: str
    after_text: str
    hard_text: str
    peak_text: str
    too_much: bool
    gauge_label: str


def forecast_figures(forecast: Forecast) -> list[QuotaFigures]:
    """The keys that a DaemonSet changes anything of, or that stop it; those of a quota together."""
    return _scarce_first(
        _figures(line, line.present, line.peak, too_much=line.outcome != "fits")
        for line in forecast.lines
        if line.after != line.present or line.outcome != "fits"
    )


def use_figures(uses: Iterable[QuotaUse]) -> list[QuotaFigures]:
    """The same for what a whole plan uses."""
    return _scarce_first(_figures(use, use.before, use.after, too_much=use.too_much) for use in uses)


def _scarce_first(figures: Iterable[QuotaFigures]) -> list[QuotaFigures]:
    """By quota: those that something is too much for first, and that first in each."""
    found = list(figures)
    scarce = {each.quota for each in found if each.too_much}
    order = [*dict.fromkeys(each.quota for each in found)]
    return sorted(
        found, key=lambda each: (each.quota not in scarce, order.index(each.quota), not each.too_much)
    )


def _figures(each: QuotaLine | QuotaUse, before: Decimal, peak: Decimal, *, too_much: bool) -> QuotaFigures:
    label = str(QUOTA_LABELS.get(each.key, each.key))
    after, hard = quantity.show_of(each.key, each.after), quantity.show_of(each.key, each.hard)
    return QuotaFigures(
        quota=each.quota,
        key=each.key,
        label=label,
        before=before,
        after=each.after,
        hard=each.hard,
        before_text=quantity.show_of(each.key, before),
        after_text=after,
        hard_text=hard,
        peak_text=quantity.show_of(each.key, peak) if peak > each.after else "",
        too_much=too_much,
        gauge_label=_("%(label)s: %(after)s of %(hard)s used")
        % {"label": label, "after": after, "hard": hard},
    )
