"""The rows of a list of objects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain
from typing import Final

from django.utils import timezone
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
from workloads.services.fits import Start
from workloads.services.quotas import QuotaGauge, quota_gauges
from workloads.services.starts import MOST_BESIDE, StoredStarts, stored_starts
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
ATTENTION: Final = "attention"
"""The order that a list of DaemonSets starts in where pods run: what fails, what changes, then by name."""
_URGENCY: Final[Mapping[str, int]] = {
    "degraded": 0,
    "updating": 1,
    "outdated": 1,
    "unobserved": 1,
    "deleting": 1,
}
MAX_VERDICTS: Final = 100_000
"""Nodes × DaemonSets of a page up to which the list shows where they should run: some tenths of a second."""


@dataclass(frozen=True, slots=True)
class ListQuery:
    """The query of a list. status: one of STATUS_LABELS, "" for all. sort: as of a Query, or ATTENTION."""

    search: str = ""
    filters: Mapping[str, str] = field(default_factory=dict)
    status: str = ""
    sort: str = "name"
    paging: Paging = field(default_factory=Paging)

    @property
    def narrowed(self) -> bool:
        return bool(self.search or self.filters or self.status)

    @property
    def attention_first(self) -> bool:
        return self.sort.removeprefix("-") == ATTENTION

    def in_project(self, project: str | None) -> Query:
        sort = "name" if self.attention_first else self.sort
        return Query(project, search=self.search, filters=self.filters, sort=sort)


@dataclass(frozen=True, slots=True)
class ObjectRow:
    """One object of a list. keys: those of a ConfigMap or Secret; gauges: of what a ResourceQuota limits."""

    stored: Stored
    alias: str
    keys: Sequence[str] = ()
    gauges: Sequence[QuotaGauge] = ()

    @property
    def ref(self) -> Ref:
        return self.stored.ref


@dataclass(frozen=True, slots=True, kw_only=True)
class DaemonSetRow(ObjectRow):
    """cpu, memory: what a pod requests from its node, "" for nothing. reach: offline, where it should run;
    None where that is not calculated. start: offline, how many pods will start, None where nothing prevents
    any; most: so many at most."""

    summary: summary.Summary
    status: status.Status
    cpu: str
    memory: str
    reach: Coverage | None = None
    start: Start | None = None
    most: int = 0


def select(store: Store, kind: tuple[str, str], asked: ListQuery, project: str | None) -> Selection:
    """The page that is asked for, or the last one if the list has become shorter. project None: of all
    projects; "": of the cluster.

    Raises NotFound, BadInput.
    """
    query = asked.in_project(project)
    if (asked.status or asked.attention_first) and store.capabilities().runs_pods:
        # The status is computed here, so the server can neither select nor sort by it.
        now = timezone.now()
        found = [(status.of(each.value, now).state, each) for each in store.select(*kind, query).items]
        if asked.attention_first:
            descending = asked.sort.startswith("-")
            found.sort(key=lambda pair: _URGENCY.get(pair[0], len(_URGENCY)), reverse=descending)
        items = [each for state, each in found if asked.status in ("", state)]
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


def quota_rows(store: Store, items: Sequence[Stored]) -> list[ObjectRow]:
    """ResourceQuotas with what is used of them: reported by the cluster, calculated offline."""
    values = {stored.ref: stored.value for stored in items}
    if not store.capabilities().runs_pods:
        for project in {stored.ref.project for stored in items}:
            for value in if_readable(partial(store.quotas, project)) or ():
                values[Ref("v1", "ResourceQuota", project, value["metadata"]["name"])] = value
    return [replace(row, gauges=[*chain(*quota_gauges(values[row.ref]))]) for row in object_rows(items)]


def status_of(store: Store, stored: Stored) -> status.Status:
    """The status of a DaemonSet: what its controller reports, or that it is saved, where no pods run."""
    return status.of(stored.value, timezone.now()) if store.capabilities().runs_pods else status.SAVED


def daemonset_rows(
    store: Store,
    items: Sequence[Stored],
    project: str,
    *,
    most: int = MAX_VERDICTS,
    with_quotas: bool = True,
) -> tuple[list[DaemonSetRow], StoredStarts]:
    """(the rows, whether the pods of these DaemonSets will start). project "": of all projects. most: nodes ×
    DaemonSets up to which `reach` is calculated. with_quotas: on a cluster, ask what the quotas stop."""
    if not items:
        return [], StoredStarts()
    limits: dict[str, list[JsonObject]] = {}
    found = if_readable(lambda: store.select("v1", "LimitRange", Query(project or None)))
    for limit in found.items if found else ():
        limits.setdefault(limit.ref.project, []).append(limit.value)
    classes = pod_classes(store)
    features = store.capabilities()
    nodes = store.nodes() if not features.runs_pods else ()
    inventory = Inventory.of(nodes) if 0 < len(nodes) * len(items) <= most else None
    starts = stored_starts(store, nodes, items, of_cluster=with_quotas, most_beside=MOST_BESIDE)
    rows = []
    for stored in items:
        admitted = completed(stored.value, classes)
        requests = demand.per_pod(template_of(admitted), limits.get(stored.ref.project, []))
        cpu, memory = requests.get("requests.cpu"), requests.get("requests.memory")
        what = summary.of(stored.value)
        reach = coverage(template_of(stored.value), inventory, features=features) if inventory else None
        will = starts.of(stored)
        rows.append(
            DaemonSetRow(
                stored,
                what.alias,
                summary=what,
                status=status_of(store, stored),
                cpu=quantity.show(cpu, "cpu") if cpu else "",
                memory=quantity.show(memory, "bytes") if memory else "",
                reach=reach,
                start=will.start,
                most=will.most(reach) if reach else 0,
            )
        )
    return rows, starts
