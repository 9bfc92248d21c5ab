"""What is said of a DaemonSet and its nodes while it is written: the map, what would include more nodes, what
the scheduler, the quotas and the rollout will make of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.utils.translation import ngettext

from workloads import actions
from workloads.daemonsets import fixes, forecast, rollout
from workloads.daemonsets.facts import ProjectFacts, identity
from workloads.daemonsets.fit import Fit, Room, fit
from workloads.daemonsets.forecast import Forecast
from workloads.daemonsets.placement import Coverage, Features, Inventory, coverage, template_of
from workloads.daemonsets.places import Place
from workloads.daemonsets.resources import amounts
from workloads.daemonsets.rollout import Rollout
from workloads.documents import ABSENT, Change, get
from workloads.stores.protocol import DAEMONSET, Json, Query, Store, Stored
from workloads.views import cells
from workloads.views.cells import Map
from workloads.views.words import say

LOOKED_AT: Final = 20_000
"""DaemonSets × nodes up to which the list says what a quota stops."""
OFFERED: Final = 12
"""For so many groups of excluded nodes it is found out what would include them."""
ASKED_FOR_PODS: Final = 500
"""Of clusters with more nodes not all pods are read to know what is free; their DaemonSets still are."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A change that includes a group of nodes, as a button. key: what it posts."""

    key: str
    label: str
    does: str
    changes: Sequence[Change]


@dataclass(frozen=True, slots=True)
class Beside:
    """offers: number of a reason of the map → the buttons for it. None: too little is known for this part."""

    map: Map
    coverage: Coverage
    offers: Mapping[int, Sequence[Offer]] = field(default_factory=dict)
    fit: Fit | None = None
    forecast: Forecast | None = None
    rollout: Rollout | None = None


def beside(
    store: Store | None,
    value: Json,
    facts: ProjectFacts,
    features: Features,
    *,
    stored: Json | None = None,
    by: str = "",
    prefix: str = "",
    inventory: Inventory | None = None,
) -> Beside | None:
    """None where there are no nodes. stored: what is in place of `value` now, if anything is.
    prefix: of the ids on a page with several maps; inventory: of the nodes of `facts`, where there is one.
    """
    if not facts.nodes:
        return None
    inventory = inventory or Inventory(facts.nodes)
    now = coverage(template_of(value), inventory, features=features)
    before = coverage(template_of(stored), inventory, features=features) if stored else None
    fits = _fit(store, value, facts, features) if store else None
    misfits = {name: [say(each) for each in fits.on(name)] for name in fits.short} if fits else {}
    drawn = cells.draw(facts.nodes, cells.of_coverage(now, before=before, misfits=misfits), by, prefix)
    return Beside(
        drawn,
        now,
        offers=offers(value, now, inventory, features, drawn),
        fit=fits,
        forecast=forecast_of(store, value, facts, inventory, features, stored) if store else None,
        rollout=rollout.rollout(stored, value, inventory, features=features) if stored else None,
    )


def stored_now(facts: ProjectFacts, name: str) -> Json | None:
    """The DaemonSet of this name that the project has, whatever the draft was opened from."""
    return next((each for each in facts.daemonsets or () if identity(each)[1] == name), None)


# ---- what would include more nodes ----


def offered(value: Json, facts: ProjectFacts, features: Features, key: str) -> Sequence[Change]:
    """What the button of this key changes; nothing where the change is made already, or is of no use now."""
    if not facts.nodes:
        return ()
    inventory = Inventory(facts.nodes)
    found = coverage(template_of(value), inventory, features=features)
    made = _offers(value, found, inventory, features)
    return next((offer.changes for _blockers, offer in made if offer.key == key), ())


def offers(
    value: Json, found: Coverage, inventory: Inventory, features: Features, drawn: Map
) -> Mapping[int, Sequence[Offer]]:
    """Number of a reason of the map → the buttons for it."""
    return _by_reason(drawn, _offers(value, found, inventory, features))


def _offers(
    value: Json, found: Coverage, inventory: Inventory, features: Features
) -> list[tuple[Any, Offer]]:
    """(what keeps the nodes off, the button that takes it away), for the largest groups."""
    excluded = [group for group in found.groups if not group.verdict.should_run][:OFFERED]
    made = []
    for group in excluded:
        fix = fixes.fix(group, template_of(value), inventory, features=features)
        if fix is None:
            continue
        key = hashlib.sha256(repr(fix.changes).encode()).hexdigest()[:12]
        gains = len(fix.gains)
        does = ngettext("%(n)d node more", "%(n)d nodes more", gains) % {"n": gains}
        made.append((group.verdict.blockers, Offer(key, say(fix.say), does, fix.changes)))
    return made


def _by_reason(drawn: Map, made: Sequence[tuple[Any, Offer]]) -> dict[int, list[Offer]]:
    found: dict[int, list[Offer]] = {}
    for blockers, offer in made:
        number = next((why.number for why in drawn.whys if why.blockers == blockers), None)
        if number is not None:
            found.setdefault(number, []).append(offer)
    return found


# ---- what the scheduler and the quotas will say ----


def _fit(store: Store, value: Json, facts: ProjectFacts, features: Features) -> Fit | None:
    room = Room(facts.nodes or ())
    pods = None
    if not store.offline and len(facts.nodes or ()) <= ASKED_FOR_PODS:
        pods = actions.known(lambda: store.pods(""))
    if pods is None:
        everywhere = actions.known(lambda: store.select(*DAEMONSET, Query(None)).items)
        limits = {facts.project: facts.limit_ranges or ()}
        room = room.with_daemonsets([each.value for each in everywhere or ()], limits, features=features)
    else:
        room = room.with_pods(pods)
    return fit(value, room, limit_ranges=facts.limit_ranges or (), claims=facts.pvcs, features=features)


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
    limits = facts.limit_ranges or ()
    if store.offline:
        used = forecast.used_by_others(
            facts.quotas,
            value,
            facts.daemonsets,
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


_SURGE = ("spec", "updateStrategy", "rollingUpdate", "maxSurge")


def _used_up(quota: Json) -> bool:
    status = Place(quota)["status"]
    used = amounts(status["used"])
    return any(used.get(key, 0) > hard for key, hard in amounts(status["hard"]).items())
