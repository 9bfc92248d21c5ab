"""What is said of a DaemonSet and its nodes while it is written: the map, what would include more nodes, what
the scheduler, the quotas and the rollout will make of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from workloads.daemonsets.forecast import rollout
from workloads.daemonsets.forecast.fit import Fit
from workloads.daemonsets.forecast.quota import Forecast
from workloads.daemonsets.forecast.rollout import Rollout
from workloads.daemonsets.placement.reach import Reach, reach
from workloads.daemonsets.placement.verdicts import Inventory
from workloads.daemonsets.project.facts import ProjectFacts, identity, in_project
from workloads.daemonsets.running import presence
from workloads.documents import Document
from workloads.documents.paths import JsonObject
from workloads.services import node_map, running
from workloads.services.facts import project_facts
from workloads.services.fits import crowded_of, fit_of, looked_at, misfits, namespace_of
from workloads.services.node_map import Map
from workloads.services.occupancy import Partly, Taken, taken
from workloads.services.offers import Offer, Picked, offers, picked
from workloads.services.quotas import forecast_of
from workloads.stores.protocol import Ref, Store


@dataclass(frozen=True, slots=True)
class Beside:
    """offers: number of a reason of the map → the buttons for it. None: too little is known for this part.
    namespace: the stored Namespace that decides and can be changed here; "" on a cluster, and where the text
    brings it."""

    map: Map
    reach: Reach
    fit: Fit
    offers: Mapping[int, Sequence[Offer]]
    picked: Picked | None
    partly: Partly
    forecast: Forecast | None
    rollout: Rollout | None
    namespace: str

    @property
    def nowhere(self) -> str:
        """In few words, where not one pod comes to run; else ""."""
        if self.fit.refused or (self.forecast and self.forecast.none_made):
            return _("no pod will be created")
        return _("no pod will start") if self.fit.nowhere else ""


class Ground:
    """What the DaemonSets of one text stand on: read, and prepared, once for all of them.

    Raises Unreachable where the store does not answer.
    """

    def __init__(
        self, store: Store, facts: ProjectFacts, there: Sequence[tuple[Ref, Document]], person: Any
    ) -> None:
        """facts: of the project that the text is for; there: its documents."""
        self.store = store
        self.nodes, self._person = facts.nodes or (), person
        self._features = store.capabilities()
        self._inventory = Inventory(self.nodes)
        self._known = {facts.project: facts}
        self._values: dict[str, list[Any]] = {}
        self._namespaces: dict[str, JsonObject] = {}
        for ref, document in there:
            self._values.setdefault(ref.project, []).append(document.value)

    def facts(self, project: str) -> ProjectFacts:
        """Of one project, with all that the text will store there, and in no project, besides."""
        of_cluster, own = self._values.get("", ()), self._values.get(project, ())
        return self._read(project).with_bundle([*of_cluster, *own])

    def stored(self, ref: Ref) -> JsonObject | None:
        """The DaemonSet of this name that its project has, whatever the draft was opened from."""
        there = self._read(ref.project).daemonsets or ()
        return next((each for each in there if identity(each)[1] == ref.name), None)

    def reach(self, value: JsonObject, stored: JsonObject | None) -> Reach:
        return reach(stored, value, self._inventory, features=self._features)

    def fit(self, ref: Ref, value: JsonObject, own: Sequence[JsonObject] = ()) -> Fit:
        """Whether its pods will start. own: those that it has on a cluster."""
        others, there = self._taken.with_own(own), self._namespace(ref.project)
        return fit_of(value, self.facts(ref.project), others, self._features, there)

    @property
    def looked_at(self) -> int:
        """Of so many DaemonSets whose nodes are not drawn it is said whether their pods will start."""
        daemonsets = sum(each.get("kind") == "DaemonSet" for each in self._bundle)
        return looked_at(len(self.nodes), daemonsets)

    def beside(
        self,
        ref: Ref,
        value: JsonObject,
        stored: JsonObject | None,
        *,
        by: str = "",
        prefix: str = "",
        rolls: bool = True,
    ) -> Beside | None:
        """None where the nodes are not known. stored: what is in place of `value` now, if anything is.
        by: the label by which the map is grouped; prefix: of the ids on a page with several maps.
        rolls: whether the rollout is foreseen, for which a cluster is asked for the revisions.
        """
        if not self.nodes:
            return None
        inventory, features = self._inventory, self._features
        found = self.reach(value, stored)
        now = found.coverage
        own = self._taken.own(stored) if stored else None
        fit = self.fit(ref, value, own or ())
        facts, pods = self.facts(ref.project), None if own is None else len(own)
        forecast = forecast_of(self.store, value, facts, inventory, features, stored, pods)
        unfit = misfits(fit, now, forecast)
        see = node_map.of_coverage(now, gained=found.gained, lost=found.lost, misfits=unfit)
        drawn = node_map.draw(self.nodes, see, by, prefix)
        return Beside(
            drawn,
            found,
            fit,
            offers=offers(value, now, inventory, features, drawn),
            picked=picked(value, inventory),
            partly=self._taken.partly,
            forecast=forecast,
            rollout=self._rollout(ref, stored, value, own, unfit, forecast) if stored and rolls else None,
            namespace=self._decides(ref.project),
        )

    def _rollout(
        self,
        ref: Ref,
        stored: JsonObject,
        value: JsonObject,
        own: Sequence[JsonObject] | None,
        unfit: Collection[str],
        forecast: Forecast | None,
    ) -> Rollout:
        """Offline nothing runs: as if a pod were available wherever one should run. own: the pods that are
        there; unfit: where a new pod will not start."""
        return rollout.rollout(
            stored,
            value,
            self._inventory,
            pods=None if own is None else running.available(stored, own),
            updated=None if own is None else running.updated(self.store, stored, value, own),
            reported=None if self.store.offline else presence.reported(stored),
            unfit=unfit,
            crowded=crowded_of(
                stored, value, self.facts(ref.project), self._taken.with_own(own or ()), self._features
            ),
            refused=bool(forecast and forecast.sure),
            features=self._features,
        )

    def _read(self, project: str) -> ProjectFacts:
        if project not in self._known:
            self._known[project] = project_facts(self.store, project)
        return self._known[project]

    def _namespace(self, project: str) -> JsonObject:
        if project not in self._namespaces:
            self._namespaces[project] = namespace_of(self.store, project, self._bundle)
        return self._namespaces[project]

    def _decides(self, project: str) -> str:
        """As `Beside.namespace`."""
        there = self._namespace(project)
        brought = any(each is there for each in self._bundle)
        return identity(there)[1] if self.store.offline and there.get("kind") and not brought else ""

    @cached_property
    def _taken(self) -> Taken:
        return taken(self.store, self._person, self.nodes, self._features, self._bundle)

    @cached_property
    def _bundle(self) -> list[JsonObject]:
        return [value for project, values in self._values.items() for value in in_project(values, project)]
