"""Will the pods of stored DaemonSets start? One answer for the list, the overview, the Nodes tab, a node and
the coverage matrix, in the words of the preview of a manifest.

On a cluster the pods themselves show what became of them; there only the quotas are asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Final, Literal, TypeAlias

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from workloads.daemonsets.forecast.fit import Fit
from workloads.daemonsets.forecast.quota import Forecast
from workloads.daemonsets.manifest.outline import POD
from workloads.daemonsets.manifest.places import Place
from workloads.daemonsets.placement.verdicts import Coverage
from workloads.daemonsets.project.facts import NOTHING_KNOWN, Keys, ProjectFacts, in_project, keys_of
from workloads.daemonsets.project.needs import unread
from workloads.documents.paths import JsonObject
from workloads.services.facts import if_readable, pod_classes
from workloads.services.fits import Start, fit_budget, fit_in_project, start_of, unstartable_nodes
from workloads.services.occupancy import MOST_PLACED, read_occupancy
from workloads.services.quotas import QuotaStops, quota_stops
from workloads.stores.protocol import DAEMONSET, Query, Store, Stored

MOST_BESIDE: Final = 200
"""DaemonSets up to which a list counts what each of them takes on the nodes: some tenths of a second."""

Gap: TypeAlias = Literal["fit-not-checked", "many-daemonsets", "quota-not-checked"]
GAP_TEXTS: Final[Mapping[Gap, str | Promise]] = {
    "fit-not-checked": gettext_lazy(
        "This page only shows where pods should run. With this many DaemonSets and nodes, it does not check "
        "whether they will start."
    ),
    "many-daemonsets": gettext_lazy(
        "With this many DaemonSets, this page does not consider the CPU, memory and ports that other "
        "DaemonSets take on the nodes."
    ),
    "quota-not-checked": gettext_lazy(
        "With this many DaemonSets and nodes, this page does not calculate how many pods the quotas allow."
    ),
}
"""What a page did not calculate."""


@dataclass(frozen=True, slots=True)
class StoredStart:
    """Of one DaemonSet. fit: None on a cluster, and where there is too much to check. quotas: None if they
    stop no pod, and where that was not calculated. partly: something was not calculated, see `gaps`."""

    fit: Fit | None
    quotas: Forecast | None
    partly: bool = False

    @property
    def start(self) -> Start | None:
        """None where all pods will start, where the pods show it, and where it was not checked."""
        return start_of(self.fit, self.quotas, partly=self.partly) if self.fit else None

    def most(self, wanted: Coverage) -> int:
        """How many of the pods that should run will start at most; all, where that was not checked."""
        if self.fit is None:
            return len(wanted.should_run)
        allowed = [self.quotas.most] if self.quotas else []
        return min(len(wanted.should_run), self.fit.most, *allowed)

    def unfit(self, wanted: Coverage) -> dict[str, list[str]]:
        """As `unstartable_nodes`."""
        return unstartable_nodes(self.fit, wanted, self.quotas) if self.fit else {}


@dataclass(frozen=True, slots=True)
class StoredStarts:
    """gaps: what was not calculated for these DaemonSets."""

    gaps: Sequence[Gap] = ()
    quotas: QuotaStops = field(default_factory=QuotaStops)
    fit_of: Callable[[Stored], Fit] | None = None

    @property
    def checked(self) -> bool:
        """Whether it is known which pods will start."""
        return self.fit_of is not None

    @property
    def notes(self) -> list[tuple[Gap, str | Promise]]:
        return [(gap, GAP_TEXTS[gap]) for gap in self.gaps]

    def of(self, stored: Stored) -> StoredStart:
        fit = self.fit_of(stored) if self.fit_of else None
        return StoredStart(fit, self.quotas.stopped.get(stored.ref))

    def alone(self, stored: Stored) -> StoredStart:
        """For a page about this one: its `start` says that something was not calculated."""
        found = self.of(stored)
        return StoredStart(found.fit, found.quotas, partly=bool(self.gaps))


def stored_starts(
    store: Store,
    nodes: Sequence[JsonObject],
    items: Sequence[Stored],
    *,
    of_cluster: bool = False,
    most_beside: int | None = None,
) -> StoredStarts:
    """of_cluster: on a cluster say what the quotas stop; else nothing is asked there. most_beside: how many
    DaemonSets may be stored in all, for what they take on the nodes to be counted; None: as many as
    `read_occupancy` counts."""
    runs_pods = store.capabilities().runs_pods
    if runs_pods and not of_cluster:
        return StoredStarts()
    quotas = quota_stops(store, items)
    gaps: list[Gap] = ["quota-not-checked"] if quotas.unchecked else []
    if runs_pods or not items or not nodes:
        return StoredStarts(gaps, quotas)
    others = if_readable(lambda: store.select(*DAEMONSET, Query(None, limit=1)).total) or len(items)
    most_placed = MOST_PLACED if most_beside is None else most_beside * len(nodes)
    beside = others * len(nodes) <= most_placed
    if len(items) > fit_budget(len(nodes), others if beside else 0):
        return StoredStarts(["fit-not-checked", *gaps], quotas)
    if not beside:
        gaps.insert(0, "many-daemonsets")
    return StoredStarts(gaps, quotas, _fit_of(store, nodes, items, most_placed))


def _fit_of(
    store: Store,
    nodes: Sequence[JsonObject],
    items: Sequence[Stored],
    most_placed: int,
) -> Callable[[Stored], Fit]:
    """How each of these DaemonSets fits, by what the store knows of their projects."""
    features = store.capabilities()
    projects = {each.ref.project for each in items}
    place = projects.pop() if len(projects) == 1 else None

    def read(kind: str) -> dict[str, dict[str, JsonObject]] | None:
        """Project → name → object; None for users who can't read them."""
        items = if_readable(lambda: store.select("v1", kind, Query(place)).items)
        if items is None:
            return None
        found: dict[str, dict[str, JsonObject]] = {}
        for each in items:
            found.setdefault(each.ref.project or each.ref.name, {})[each.ref.name] = each.value
        return found

    asked = {kind for each in items for kind in unread(Place(each.value).at(*POD), NOTHING_KNOWN)}
    known = {kind: read(kind) for kind in ("LimitRange", "Namespace", *asked)}
    others = read_occupancy(store, nodes, features, most_placed=most_placed)
    classes = pod_classes(store)

    def of(kind: str, project: str) -> dict[str, JsonObject] | None:
        found = known.get(kind)
        return None if found is None else found.get(project, {})

    @cache
    def keys(kind: str, project: str) -> Keys | None:
        found = of(kind, project)
        return None if found is None else {name: keys_of(value) for name, value in found.items()}

    def fit_of(stored: Stored) -> Fit:
        project = stored.ref.project
        facts = ProjectFacts(
            project,
            configmaps=keys("ConfigMap", project),
            secrets=keys("Secret", project),
            service_accounts=None if (accounts := of("ServiceAccount", project)) is None else {*accounts},
            limit_ranges=[*(of("LimitRange", project) or {}).values()],
            pvcs=of("PersistentVolumeClaim", project),
            classes=classes,
            features=features,
        )
        [value] = in_project([stored.value], project)
        namespace = (of("Namespace", project) or {}).get(project, {"metadata": {"name": project}})
        return fit_in_project(value, facts, others, namespace)

    return fit_of
