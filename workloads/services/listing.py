"""The rows of a list of objects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from console.web.paging import Paging
from workloads.daemonsets.forecast import demand
from workloads.daemonsets.manifest import quantity, summary
from workloads.daemonsets.placement.verdicts import Coverage, Inventory, coverage, template_of
from workloads.daemonsets.project.admission import completed
from workloads.daemonsets.project.facts import keys_of
from workloads.daemonsets.running import status
from workloads.documents.paths import JsonObject
from workloads.services.facts import if_readable, pod_classes
from workloads.stores import facets
from workloads.stores.protocol import Query, Ref, Selection, Store, Stored

STATUS_LABELS: Final[Mapping[str, str | Promise]] = {
    "running": gettext_lazy("Running"),
    "updating": gettext_lazy("Updating"),
    "outdated": gettext_lazy("Older revision"),
    "degraded": gettext_lazy("Degraded"),
    "idle": gettext_lazy("No node matches"),
    "unobserved": gettext_lazy("Waiting for the controller"),
    "deleting": gettext_lazy("Being deleted"),
}
MAX_VERDICTS: Final = 100_000
"""Nodes × DaemonSets of a page up to which the list shows where they should run: some tenths of a second."""


@dataclass(frozen=True, slots=True)
class ListQuery:
    """The query of a list. status: one of STATUS_LABELS, "" for all."""

    search: str = ""
    filters: Mapping[str, str] = field(default_factory=dict)
    status: str = ""
    sort: str = "name"
    paging: Paging = field(default_factory=Paging)

    @property
    def narrowed(self) -> bool:
        return bool(self.search or self.filters or self.status)

    def in_project(self, project: str | None) -> Query:
        return Query(project, search=self.search, filters=self.filters, sort=self.sort)


@dataclass(frozen=True, slots=True)
class ObjectRow:
    """One object of a list. keys: those of a ConfigMap or Secret."""

    stored: Stored
    alias: str
    keys: Sequence[str] = ()

    @property
    def ref(self) -> Ref:
        return self.stored.ref


@dataclass(frozen=True, slots=True, kw_only=True)
class DaemonSetRow(ObjectRow):
    """cpu, memory: what a pod requests from its node, "" for nothing. reach: offline, where it should run;
    None where that is not calculated."""

    summary: summary.Summary
    status: status.Status
    cpu: str
    memory: str
    reach: Coverage | None = None


def select(store: Store, kind: tuple[str, str], asked: ListQuery, project: str | None) -> Selection:
    """The page that is asked for, or the last one if the list has become shorter. project None: of all
    projects; "": of the cluster.

    Raises NotFound, BadInput.
    """
    query = asked.in_project(project)
    if asked.status and store.capabilities().runs_pods:
        # The status is computed here, so the server cannot select by it.
        items = [s for s in store.select(*kind, query).items if status.of(s.value).state == asked.status]
        paging = asked.paging.within(len(items))
        return Selection(paging.cut(items), len(items))
    size = asked.paging.size
    selection = store.select(*kind, replace(query, offset=asked.paging.offset, limit=size))
    last = asked.paging.within(selection.total)
    if last != asked.paging:
        selection = store.select(*kind, replace(query, offset=last.offset, limit=size))
    return selection


def object_rows(items: Sequence[Stored]) -> list[ObjectRow]:
    return [
        ObjectRow(stored, facets.facets(stored.value).alias, sorted(keys_of(stored.value)))
        for stored in items
    ]


def status_of(store: Store, stored: Stored) -> status.Status:
    """The status of a DaemonSet: what its controller reports, or that it is saved, where no pods run."""
    return status.of(stored.value) if store.capabilities().runs_pods else status.SAVED


def daemonset_rows(
    store: Store, items: Sequence[Stored], project: str, *, most: int = MAX_VERDICTS
) -> list[DaemonSetRow]:
    """project "": of all projects. most: nodes × DaemonSets up to which `reach` is calculated."""
    if not items:
        return []
    limits: dict[str, list[JsonObject]] = {}
    found = if_readable(lambda: store.select("v1", "LimitRange", Query(project or None)))
    for limit in found.items if found else ():
        limits.setdefault(limit.ref.project, []).append(limit.value)
    classes = pod_classes(store)
    features = store.capabilities()
    nodes = store.nodes() if not features.runs_pods else ()
    inventory = Inventory.of(nodes) if 0 < len(nodes) * len(items) <= most else None
    rows = []
    for stored in items:
        admitted = completed(stored.value, classes)
        requests = demand.per_pod(template_of(admitted), limits.get(stored.ref.project, []))
        cpu, memory = requests.get("requests.cpu"), requests.get("requests.memory")
        what = summary.of(stored.value)
        rows.append(
            DaemonSetRow(
                stored,
                what.alias,
                summary=what,
                status=status_of(store, stored),
                cpu=quantity.show(cpu, "cpu") if cpu else "",
                memory=quantity.show(memory, "bytes") if memory else "",
                reach=coverage(template_of(stored.value), inventory, features=features)
                if inventory
                else None,
            )
        )
    return rows
