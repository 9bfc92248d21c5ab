"""What is said of a DaemonSet and its nodes while it is written: the map, what would include more nodes, what
the scheduler, the quotas and the rollout will make of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from workloads import actions
from workloads.daemonsets import rollout
from workloads.daemonsets.facts import ProjectFacts, identity
from workloads.daemonsets.fit import Fit, fit
from workloads.daemonsets.forecast import Forecast
from workloads.daemonsets.placement import Coverage, Features, Inventory, coverage, template_of
from workloads.daemonsets.rollout import Rollout
from workloads.stores.protocol import Json, Store, namespace
from workloads.views import cells
from workloads.views.cells import Map
from workloads.views.offers import Offer, Picked, offers, picked
from workloads.views.quotas import forecast_of
from workloads.views.taken import Partly, Taken
from workloads.views.words import say


@dataclass(frozen=True, slots=True)
class Beside:
    """offers: number of a reason of the map → the buttons for it. None: too little is known for this part."""

    map: Map
    coverage: Coverage
    offers: Mapping[int, Sequence[Offer]] = field(default_factory=dict)
    picked: Picked | None = None
    fit: Fit | None = None
    partly: Partly = ""
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
    others: Taken | None = None,
    bundle: Iterable[Json] = (),
) -> Beside | None:
    """None where there are no nodes. stored: what is in place of `value` now, if anything is.
    others: of `taken`; bundle: all values of the text, each of them `in_project`.
    prefix: of the ids on a page with several maps; inventory: of the nodes of `facts`, where there is one.
    """
    if not facts.nodes:
        return None
    inventory = inventory or Inventory(facts.nodes)
    now = coverage(template_of(value), inventory, features=features)
    before = coverage(template_of(stored), inventory, features=features) if stored else None
    fits = _fit(store, value, facts, features, others, bundle) if store and others else None
    misfits = {name: [say(each) for each in fits.on(name)] for name in fits.short} if fits else {}
    drawn = cells.draw(facts.nodes, cells.of_coverage(now, before=before, misfits=misfits), by, prefix)
    return Beside(
        drawn,
        now,
        offers=offers(value, now, inventory, features, drawn),
        picked=picked(value, inventory),
        fit=fits,
        partly=others.partly if others else "",
        forecast=forecast_of(store, value, facts, inventory, features, stored) if store else None,
        rollout=rollout.rollout(stored, value, inventory, features=features) if stored else None,
    )


def stored_now(facts: ProjectFacts, name: str) -> Json | None:
    """The DaemonSet of this name that the project has, whatever the draft was opened from."""
    return next((each for each in facts.daemonsets or () if identity(each)[1] == name), None)


def _fit(
    store: Store, value: Json, facts: ProjectFacts, features: Features, others: Taken, bundle: Iterable[Json]
) -> Fit:
    project = identity(value)[0] or facts.project
    known = facts.about(project)
    return fit(
        value,
        others.room,
        limit_ranges=known.limit_ranges or (),
        claims=known.pvcs,
        namespace=_namespace(store, project, bundle),
        features=features,
    )


def _namespace(store: Store, project: str, bundle: Iterable[Json]) -> Json:
    """The Namespace that the text brings, else the stored one; of one that may not be read only the name."""
    for each in bundle:
        if each.get("kind") == "Namespace" and identity(each)[1] == project:
            return each
    found = actions.known(lambda: store.get(namespace(project))) if project else None
    return found.value if found else {"metadata": {"name": project}}
