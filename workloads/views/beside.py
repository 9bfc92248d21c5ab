"""What is said of a DaemonSet and its nodes while it is written: the map, what would include more nodes, what
the scheduler, the quotas and the rollout will make of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from workloads.daemonsets import presence, rollout
from workloads.daemonsets.facts import ProjectFacts, identity
from workloads.daemonsets.features import Features
from workloads.daemonsets.fit import Fit
from workloads.daemonsets.forecast import Forecast
from workloads.daemonsets.placement import Coverage, Inventory, coverage, template_of
from workloads.daemonsets.rollout import Rollout
from workloads.stores.protocol import Json, Store
from workloads.views import cells, live
from workloads.views.cells import Map
from workloads.views.fits import fit_of, misfits, namespace_of
from workloads.views.offers import Offer, Picked, offers, picked
from workloads.views.quotas import forecast_of
from workloads.views.taken import Partly, Taken


@dataclass(frozen=True, slots=True)
class Beside:
    """offers: number of a reason of the map → the buttons for it. None: too little is known for this part.
    namespace: the stored Namespace that decides and can be changed here; "" on a cluster, and where the text
    brings it."""

    map: Map
    coverage: Coverage
    offers: Mapping[int, Sequence[Offer]] = field(default_factory=dict)
    picked: Picked | None = None
    fit: Fit | None = None
    partly: Partly = ""
    forecast: Forecast | None = None
    rollout: Rollout | None = None
    namespace: str = ""

    @property
    def nowhere(self) -> str:
        """In few words, where not one pod comes to run; else ""."""
        if (self.fit and self.fit.refused) or (self.forecast and self.forecast.unstated):
            return _("no pod will be created")
        return _("no pod will start") if self.fit and self.fit.nowhere else ""


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
    fit, decides = None, ""
    own = others.own(stored) if others and stored else None
    if store and others:
        others = others.with_own(own or ())
        there = namespace_of(store, identity(value)[0] or facts.project, bundle)
        if store.offline and there.get("kind") and not any(each is there for each in bundle):
            decides = identity(there)[1]
        fit = fit_of(value, facts, others, features, there)
    unfit = misfits(fit, now) if fit else {}
    drawn = cells.draw(facts.nodes, cells.of_coverage(now, before=before, misfits=unfit), by, prefix)
    return Beside(
        drawn,
        now,
        offers=offers(value, now, inventory, features, drawn),
        picked=picked(value, inventory),
        fit=fit,
        partly=others.partly if others else "",
        forecast=forecast_of(store, value, facts, inventory, features, stored) if store else None,
        rollout=_rollout(stored, value, inventory, features, store, own, unfit) if stored else None,
        namespace=decides,
    )


def _rollout(
    stored: Json,
    value: Json,
    inventory: Inventory,
    features: Features,
    store: Store | None,
    own: Sequence[Json] | None,
    unfit: Collection[str],
) -> Rollout:
    """Offline nothing runs: as if a pod were available wherever one should run. unfit: where a new pod will
    not start."""
    return rollout.rollout(
        stored,
        value,
        inventory,
        pods=None if own is None else live.available(stored, own),
        reported=presence.reported(stored) if store and not store.offline else None,
        unfit=unfit,
        features=features,
    )


def stored_now(facts: ProjectFacts, name: str) -> Json | None:
    """The DaemonSet of this name that the project has, whatever the draft was opened from."""
    return next((each for each in facts.daemonsets or () if identity(each)[1] == name), None)
