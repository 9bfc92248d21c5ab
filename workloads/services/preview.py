"""The preview of a DaemonSet before it is stored: the map of nodes, changes that include more nodes, whether
the pods will start, the quotas and the rollout."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from workloads.daemonsets.forecast import rollout
from workloads.daemonsets.forecast.fit import Fit
from workloads.daemonsets.forecast.quota import Forecast
from workloads.daemonsets.forecast.rollout import Rollout
from workloads.daemonsets.manifest.legacy import is_daemonset
from workloads.daemonsets.placement.reach import Reach, reach
from workloads.daemonsets.placement.verdicts import Inventory
from workloads.daemonsets.project.facts import ProjectFacts, identity, in_project
from workloads.daemonsets.running import presence
from workloads.documents import Document
from workloads.documents.paths import JsonObject
from workloads.services.fits import (
    Start,
    crowded_nodes,
    fit_budget,
    fit_in_project,
    namespace_of,
    start_of,
    unstartable_nodes,
)
from workloads.services.node_map import NodeMap, draw_map, planned_outcomes
from workloads.services.occupancy import Incomplete, Occupancy, read_occupancy
from workloads.services.offers import NamedNodes, Offer, named_nodes_offer, offers_by_reason
from workloads.services.quotas import quota_forecast
from workloads.services.running import pod_availability, updated_nodes
from workloads.stores.protocol import Ref, Store


@dataclass(frozen=True, slots=True)
class Preview:
    """offers: number of a reason of the map → the buttons for it. picked: nodes are chosen by name. partly:
    why not everything on the nodes is counted. namespace: the stored Namespace that decides and can be
    changed here; "" on a cluster, and where the manifest contains it. None: too little is known for this
    part."""

    map: NodeMap
    reach: Reach
    fit: Fit
    offers: Mapping[int, Sequence[Offer]]
    picked: NamedNodes | None
    partly: Incomplete
    forecast: Forecast | None
    rollout: Rollout | None
    namespace: str

    @property
    def start(self) -> Start | None:
        return start_of(self.fit, self.forecast, partly=bool(self.partly))

    @property
    def start_target(self) -> str:
        """The id of the section that explains `start`; "" if only the quotas do."""
        explained = self.fit.problems or self.fit.not_examined or self.partly
        return f"{self.map.prefix}fit" if explained else ""

    @property
    def rollout_nodes(self) -> list[tuple[str, str | Promise, Sequence[str]]]:
        """(a key of ROLLOUT_LABELS, what becomes of the nodes, their names), without those of no nodes."""
        found: list[tuple[str, str | Promise, Sequence[str]]] = []
        for key, label in ROLLOUT_LABELS.items():
            names: Sequence[str] = getattr(self.rollout, key, ())
            kept = key == "replaced" and self.rollout and self.rollout.strategy == "OnDelete"
            if names:
                found.append((key, _KEPT if kept else label, names))
        return found


ROLLOUT_LABELS: Final[Mapping[str, str | Promise]] = {
    "replaced": gettext_lazy("get a new pod"),
    "gained": gettext_lazy("get their first pod"),
    "lost": gettext_lazy("lose their pod"),
    "removed": gettext_lazy("lose their pod when the rollout reaches them"),
    "stranded": gettext_lazy("keep a pod they should not have"),
}
"""What becomes of nodes in a rollout, by the fields of Rollout."""
_KEPT: Final = gettext_lazy("keep their old pod until it is deleted")


class PreviewContext:
    """What the previews of all DaemonSets of one manifest share: read and prepared once.

    Raises Unreachable where the store does not answer.
    """

    def __init__(self, store: Store, facts: ProjectFacts, documents: Sequence[tuple[Ref, Document]]) -> None:
        """facts: of the project that the manifest is for; documents: those of the manifest."""
        self.store = store
        self.nodes = facts.nodes or ()
        self._features = store.capabilities()
        self._inventory = Inventory.of(self.nodes)
        self._facts = facts
        self._known: dict[str, ProjectFacts] = {}
        self._values: dict[str, list[JsonObject]] = {}
        self._namespaces: dict[str, JsonObject] = {}
        self._stored: dict[str, dict[str, JsonObject]] = {}
        for ref, document in documents:
            self._values.setdefault(ref.project, []).append(document.value)

    def facts(self, project: str) -> ProjectFacts:
        """Of one project, with all that the manifest will store there and in no project."""
        if project not in self._known:
            of_cluster, own = self._values.get("", ()), self._values.get(project, ())
            self._known[project] = self._facts.about(project).with_bundle([*of_cluster, *own])
        return self._known[project]

    def stored(self, ref: Ref) -> JsonObject | None:
        """The DaemonSet of this name that its project has, whatever the draft was opened from."""
        if ref.project not in self._stored:
            daemonsets = self._facts.about(ref.project).daemonsets or ()
            self._stored[ref.project] = {identity(each)[1]: each for each in daemonsets}
        return self._stored[ref.project].get(ref.name)

    def reach(self, value: JsonObject, stored: JsonObject | None) -> Reach:
        return reach(stored, value, self._inventory, features=self._features)

    def fit(self, ref: Ref, value: JsonObject, own: Sequence[JsonObject] = ()) -> Fit:
        """Will its pods start? own: the pods that it has on a cluster."""
        others, namespace = self._occupancy.with_own(own), self._namespace(ref.project)
        return fit_in_project(value, self.facts(ref.project), others, namespace)

    @property
    def fit_budget(self) -> int:
        """For this many DaemonSets whose map is not drawn it is checked whether their pods will start."""
        daemonsets = sum(map(is_daemonset, self._bundle))
        return fit_budget(len(self.nodes), daemonsets)

    def preview(
        self,
        ref: Ref,
        value: JsonObject,
        stored: JsonObject | None,
        *,
        by: str = "",
        prefix: str = "",
        rolls: bool = True,
    ) -> Preview | None:
        """None where the nodes are not known.

        stored: what `value` replaces, if anything. by: the label by which the map is grouped; prefix: of the
        ids on a page with several maps. rolls: forecast the rollout too, which reads the revisions of a
        cluster.
        """
        if not self.nodes:
            return None
        inventory, features = self._inventory, self._features
        found = self.reach(value, stored)
        now = found.coverage
        own = self._occupancy.own(stored) if stored else None
        fit = self.fit(ref, value, own or ())
        facts, pods = self.facts(ref.project), None if own is None else len(own)
        forecast = quota_forecast(self.store, value, facts, inventory, features, stored, pods)
        unfit = unstartable_nodes(fit, now, forecast)
        outcome_of = planned_outcomes(now, gained=found.gained, lost=found.lost, unstartable=unfit)
        drawn = draw_map(self.nodes, outcome_of, by, prefix)
        return Preview(
            drawn,
            found,
            fit,
            offers=offers_by_reason(value, now, inventory, features, drawn),
            picked=named_nodes_offer(value, inventory),
            partly=self._occupancy.partly,
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
        """Offline, where nothing runs, a pod counts as available wherever one should run. own: the pods that
        it has; unfit: where a new pod will not start."""
        return rollout.rollout(
            stored,
            value,
            self._inventory,
            pods=None if own is None else pod_availability(stored, own),
            updated=None if own is None else updated_nodes(self.store, stored, value, own),
            reported=presence.reported_counters(stored) if self.store.capabilities().runs_pods else None,
            unfit=unfit,
            no_surge_room=crowded_nodes(
                stored, value, self.facts(ref.project), self._occupancy.with_own(own or ()), self._features
            ),
            refused=bool(forecast and forecast.sure),
            features=self._features,
        )

    def _namespace(self, project: str) -> JsonObject:
        if project not in self._namespaces:
            self._namespaces[project] = namespace_of(self.store, project, self._bundle)
        return self._namespaces[project]

    def _decides(self, project: str) -> str:
        """`Preview.namespace`."""
        namespace = self._namespace(project)
        brought = any(each is namespace for each in self._bundle)
        return (
            identity(namespace)[1]
            if not self.store.capabilities().runs_pods and namespace.get("kind") and not brought
            else ""
        )

    @cached_property
    def _occupancy(self) -> Occupancy:
        return read_occupancy(self.store, self.nodes, self._features, self._bundle)

    @cached_property
    def _bundle(self) -> list[JsonObject]:
        return [value for project, values in self._values.items() for value in in_project(values, project)]
