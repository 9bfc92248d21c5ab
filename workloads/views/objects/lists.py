"""Lists of objects: the DaemonSets of a project or of a whole cluster, and the objects of any other kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from console.errors import Forbidden, NotFound
from console.web.paging import Paging
from console.web.render import render_page, swaps
from workloads import kinds
from workloads.daemonsets.forecast import demand
from workloads.daemonsets.manifest import quantity, summary
from workloads.daemonsets.manifest.places import Place
from workloads.daemonsets.placement.verdicts import Coverage, Inventory, coverage, template_of
from workloads.daemonsets.project.admission import NO_CLASSES, completed
from workloads.daemonsets.project.facts import keys_of
from workloads.daemonsets.running import status
from workloads.documents.paths import JsonObject
from workloads.drafts import starters
from workloads.services.facts import if_readable, pod_classes
from workloads.services.quotas import gauges, stopped
from workloads.stores import facets, store_for
from workloads.stores.protocol import DAEMONSET, Project, Query, Ref, Selection, Store, Stored
from workloads.views import addresses

STATES = {
    "running": gettext_lazy("Running"),
    "updating": gettext_lazy("Updating"),
    "outdated": gettext_lazy("Older revision"),
    "degraded": gettext_lazy("Degraded"),
    "idle": gettext_lazy("No node matches"),
    "unobserved": gettext_lazy("Waiting for the controller"),
    "deleting": gettext_lazy("Being deleted"),
}


TITLES = {
    "DaemonSet": gettext_lazy("DaemonSets"),
    "ConfigMap": gettext_lazy("ConfigMaps"),
    "Secret": gettext_lazy("Secrets"),
    "PersistentVolumeClaim": gettext_lazy("Volume claims"),
    "ServiceAccount": gettext_lazy("Service accounts"),
    "ResourceQuota": gettext_lazy("Quotas"),
    "LimitRange": gettext_lazy("Limit ranges"),
    "Event": gettext_lazy("Events"),
}
ABOUT = {
    "ConfigMap": gettext_lazy("Configuration that containers read as files or environment variables."),
    "Secret": gettext_lazy("Like ConfigMaps, for what must not be seen: values are never shown here."),
    "PersistentVolumeClaim": gettext_lazy("Storage that pods can mount."),
    "ServiceAccount": gettext_lazy("Who a pod is to the API server."),
    "ResourceQuota": gettext_lazy("How much all pods of the project may ask for together."),
    "LimitRange": gettext_lazy("What a container gets that asks for nothing, and how much it may ask for."),
    "Event": gettext_lazy(
        "What controllers, the scheduler and kubelets said of an object, kept for a while."
    ),
}
ICONS = {
    "DaemonSet": "daemonset",
    "ConfigMap": "configmap",
    "Secret": "secret",
    "PersistentVolumeClaim": "volume",
    "ServiceAccount": "service-account",
    "ResourceQuota": "quota",
    "LimitRange": "limits",
    "Node": "node",
    "Namespace": "project",
}
PLACED = 100_000
"""Nodes × DaemonSets of a page up to which the list says where they should run, some tenths of a second."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address of a list asks for; all of it is in the query string."""

    search: str
    filters: Mapping[str, str]
    status: str
    sort: str
    paging: Paging

    @classmethod
    def of(cls, request: HttpRequest) -> Asked:
        get = request.GET
        return cls(
            search=get.get("q", "").strip(),
            filters={name: get[name].strip() for name in facets.FILTERS if get.get(name, "").strip()},
            status=get.get("status", "") if get.get("status") in STATES else "",
            sort=get.get("sort") or "name",
            paging=Paging.of(request),
        )

    @property
    def narrowed(self) -> bool:
        return bool(self.search or self.filters or self.status)

    def query(self, project: str | None) -> Query:
        return Query(project, search=self.search, filters=self.filters, sort=self.sort)


@dataclass(frozen=True, slots=True)
class Row:
    """One object of a list. keys: those of a ConfigMap or Secret."""

    stored: Stored
    cluster: str
    alias: str
    keys: Sequence[str] = ()

    @property
    def ref(self) -> Ref:
        return self.stored.ref

    @property
    def key(self) -> str:
        """What a ticked box posts."""
        return f"{self.ref.project}/{self.ref.name}"

    @property
    def address(self) -> str:
        return addresses.of("object", self.cluster, self.ref)

    @property
    def listing(self) -> str:
        """The same list, of its project alone."""
        return addresses.listing(self.cluster, self.ref.project, addresses.resource(self.ref))


@dataclass(frozen=True, slots=True, kw_only=True)
class DaemonSetRow(Row):
    """cpu, memory: what a pod asks of its node, "" where it asks for nothing. reach: offline, where it should
    run; None where that is not reckoned."""

    summary: summary.Summary
    status: status.Status
    cpu: str
    memory: str
    reach: Coverage | None = None


@require_safe
def daemonset_list(request: HttpRequest, cluster: str, project: str = "") -> HttpResponse:
    store = store_for(cluster, request.user)
    asked = Asked.of(request)
    selection = _select(store, DAEMONSET, asked, project or None)
    context = {
        "asked": asked,
        "total": selection.total,
        "rows": _rows(store, selection.items, project),
        "title": TITLES["DaemonSet"],
        "inside": True,
        "offline": store.offline,
        "states": STATES,
    }
    if not swaps(request):
        context |= {"project": find_project(store, project), "header": _header(store, project)}
        context["stopped"] = stopped(store, project, selection.items) if project else []
    return _page(request, "daemonset_list", context)


@require_safe
def object_list(request: HttpRequest, cluster: str, resource: str, project: str = "") -> HttpResponse:
    """Objects of any other kind, of a project, of all projects, or the cluster-scoped ones."""
    api_version, kind = addresses.kind_at(resource)
    inside = kinds.namespaced(api_version, kind)
    if project and not inside:
        raise NotFound(_("%(kind)s objects belong to no project.") % {"kind": kind})
    store = store_for(cluster, request.user)
    asked = Asked.of(request)
    selection = _select(store, (api_version, kind), asked, (project or None) if inside else "")
    rows = [
        Row(stored, cluster, facets.facets(stored.value).alias, sorted(keys_of(stored.value)))
        for stored in selection.items
    ]
    context = {
        "asked": asked,
        "total": selection.total,
        "rows": rows,
        "kind": kind,
        "title": TITLES.get(kind, kind),
        "about": ABOUT.get(kind, ""),
        "icon": ICONS.get(kind, "braces"),
        "resource": resource,
        "inside": inside,
        "offline": store.offline,
        "has_starter": kind in starters.KINDS,
        "has_keys": kind in ("ConfigMap", "Secret"),
        "reported": kind == "Event",
        "project": find_project(store, project),
    }
    return _page(request, "object_list", context)


def _page(request: HttpRequest, name: str, context: Mapping[str, Any]) -> HttpResponse:
    response = render_page(
        request, f"workloads/objects/{name}.html", context, fragment=f"workloads/objects/_{name}.html"
    )
    if swaps(request):
        # A form sends its empty fields too; they need not stand in the address.
        said = QueryDict(mutable=True)
        said.update({name: value for name, value in request.GET.items() if value})
        response["HX-Push-Url"] = request.path + (f"?{said.urlencode()}" if said else "")
    return response


def find_project(store: Store, name: str) -> Project | None:
    """The project as the store lists it; None for the whole cluster, and where the person may not list them.

    Raises NotFound.
    """
    if not name:
        return None
    try:
        known = store.projects()
    except Forbidden:
        return None
    found = next((project for project in known if project.name == name), None)
    if found is None:
        raise NotFound(
            _("There is no project %(project)s.") % {"project": name},
            way_out=_("It may have been deleted. The list of projects shows what there is."),
        )
    return found


def _select(store: Store, kind: tuple[str, str], asked: Asked, project: str | None) -> Selection:
    """The page that is asked for, or the last one where the list has become shorter."""
    query = asked.query(project)
    if asked.status and not store.offline:
        # What a status says is computed here, so the server cannot choose by it.
        items = [s for s in store.select(*kind, query).items if status.of(s.value).state == asked.status]
        paging = asked.paging.within(len(items))
        return Selection(paging.cut(items), len(items))
    size = asked.paging.size
    selection = store.select(*kind, replace(query, offset=asked.paging.offset, limit=size))
    last = asked.paging.within(selection.total)
    if last != asked.paging:
        selection = store.select(*kind, replace(query, offset=last.offset, limit=size))
    return selection


def _rows(store: Store, items: Sequence[Stored], project: str) -> list[DaemonSetRow]:
    limits: dict[str, list[JsonObject]] = {}
    found = if_readable(lambda: store.select("v1", "LimitRange", Query(project or None))) if items else None
    for limit in found.items if found else ():
        limits.setdefault(limit.ref.project, []).append(limit.value)
    classes = pod_classes(store) if items else NO_CLASSES
    nodes, features = _inventory(store, len(items)), store.capabilities()
    rows = []
    for stored in items:
        admitted = completed(stored.value, classes)
        asks = demand.per_pod(template_of(admitted), limits.get(stored.ref.project, []))
        cpu, memory = asks.get("requests.cpu"), asks.get("requests.memory")
        said = summary.of(stored.value)
        rows.append(
            DaemonSetRow(
                stored,
                store.cluster,
                said.alias,
                summary=said,
                status=status.SAVED if store.offline else status.of(stored.value),
                cpu=quantity.show(cpu, "cpu") if cpu else "",
                memory=quantity.show(memory, "bytes") if memory else "",
                reach=coverage(template_of(stored.value), nodes, features=features) if nodes else None,
            )
        )
    return rows


def _inventory(store: Store, rows: int) -> Inventory | None:
    """The nodes of the offline store, as long as that many DaemonSets are soon held against them."""
    nodes = store.nodes() if store.offline and rows else ()
    return Inventory(nodes) if 0 < len(nodes) * rows <= PLACED else None


def _header(store: Store, project: str) -> dict[str, Any]:
    """The quotas of the project, a gauge each (None: not for this person), how many objects it has, and the
    nodes that what is used is reckoned on, where it is."""
    if not project:
        return {}
    counts = _counts(store, project)
    known = if_readable(lambda: store.quotas(project))
    if known is None:
        return {"quotas": None, "counts": counts}
    quotas = []
    for quota in known:
        name, shown = quota["metadata"]["name"], gauges(quota)
        ref = addresses.ref_at(project, "resourcequotas", name)
        quotas.append(
            {
                "name": name,
                "address": addresses.of("object", store.cluster, ref),
                "gauges": shown,
                "others": Place(quota).at("status", "hard").length - len(shown),
            }
        )
    reckoned = if_readable(store.nodes) if store.offline and quotas else None
    return {"quotas": quotas, "counts": counts, "nodes": reckoned}


def _counts(store: Store, project: str) -> list[dict[str, Any]]:
    """How many there are of each kind, DaemonSets first."""
    found = sorted(store.counts(project).items(), key=lambda pair: (pair[0] != DAEMONSET, pair[0][1]))
    return [
        {
            "title": TITLES.get(kind, kind),
            "count": count,
            "address": addresses.listing(store.cluster, project, kinds.resource_of(api_version, kind)),
        }
        for (api_version, kind), count in found
    ]
