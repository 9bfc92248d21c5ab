"""Lists of objects: the DaemonSets of a project or of a whole cluster, and the objects of any other kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.views.decorators.http import require_safe

from console.web.paging import Paging
from console.web.render import render_page, swaps
from workloads import kinds
from workloads.services.cautions import project_caution
from workloads.services.listing import (
    ATTENTION,
    STATUS_LABELS,
    ListQuery,
    ObjectRow,
    daemonset_rows,
    object_rows,
    quota_rows,
    select,
)
from workloads.services.projects import Contents, contents, find_project
from workloads.services.verbs import Verb, grouped, verbs_of
from workloads.stores import facets, store_for
from workloads.stores.protocol import DAEMONSET, Store
from workloads.views import addresses
from workloads.views.columns import table
from workloads.views.objects.columns import columns_of


@dataclass(frozen=True, slots=True)
class ListRow:
    """A row with its addresses. listing: the same list of its project alone. key: what a ticked box posts."""

    row: ObjectRow
    address: str
    listing: str
    verb_groups: Sequence[Sequence[Verb]]

    @property
    def key(self) -> str:
        return f"{self.row.ref.project}/{self.row.ref.name}"


@require_safe
def daemonset_list(request: HttpRequest, cluster: str, project: str = "") -> HttpResponse:
    """A page of its own: with the quotas of the project, and where the DaemonSets run."""
    store = store_for(cluster, request.user)
    asked = list_query(request, ATTENTION if store.capabilities().runs_pods else "name")
    selection = select(store, DAEMONSET, asked, project or None)
    first = bool(project) and not swaps(request)
    rows, starts = daemonset_rows(store, selection.items, project, with_quotas=first)
    context = {
        **_list_context(request, store, DAEMONSET, asked, project),
        "rows": _list_rows(request, cluster, rows),
        "unchecked": starts.notes,
        "total": selection.total,
        "empty": "workloads/objects/daemonset_list.html#empty",
        "pod_filters": True,
        "statuses": {} if not store.capabilities().runs_pods else STATUS_LABELS,  # offline no pods run
    }
    if not swaps(request) or not selection.items:
        context |= _of_project(store, project)
    if first:
        context |= _project_header(store, contents(store, project), project)
        context["stopped"] = [(ref.name, each) for ref, each in starts.quotas.stopped.items()]
    return _render(request, "workloads/objects/daemonset_list.html", context)


@require_safe
def object_list(request: HttpRequest, cluster: str, resource: str, project: str = "") -> HttpResponse:
    """Objects of any other kind, of a project, of all projects, or those of the cluster itself."""
    api_version, kind = addresses.kind_at(resource)
    namespaced = kinds.namespaced(api_version, kind)
    if project and not namespaced:
        raise addresses.not_in_a_project(kind)
    store = store_for(cluster, request.user)
    asked = list_query(request)
    selection = select(store, (api_version, kind), asked, (project or None) if namespaced else "")
    rows = quota_rows(store, selection.items) if kind == "ResourceQuota" else object_rows(selection.items)
    context = {
        **_list_context(request, store, (api_version, kind), asked, project),
        "rows": _list_rows(request, cluster, rows),
        "total": selection.total,
        "empty": "workloads/objects/object_list.html#empty",
        **_of_project(store, project),
    }
    return _render(request, "workloads/objects/object_list.html", context)


def _of_project(store: Store, name: str) -> dict[str, Any]:
    """accepts_new: whether something can be created in it. Raises NotFound."""
    project = find_project(store, name)
    caution = project_caution(project) if project else None
    return {
        "project": project,
        "cautions": [caution] if caution else [],
        "accepts_new": bool(name) and caution is None,
    }


def list_query(request: HttpRequest, order: str = "name") -> ListQuery:
    """The query of a list page; all of it is in the query string of its address. order: without one there."""
    get = request.GET
    return ListQuery(
        search=get.get("q", "").strip(),
        filters={name: get[name].strip() for name in facets.FILTERS if get.get(name, "").strip()},
        status=get.get("status", "") if get.get("status") in STATUS_LABELS else "",
        sort=get.get("sort") or order,
        paging=Paging.of(request),
    )


def _list_context(
    request: HttpRequest, store: Store, kind: tuple[str, str], asked: ListQuery, project: str
) -> dict[str, Any]:
    """What every list shows around its rows."""
    row = kinds.row_of(*kind)
    verbs = verbs_of(request.user, row.kind, cluster=store.cluster, project=project)
    return {
        "asked": asked,
        "kind": row,
        **table(
            columns_of(
                row,
                with_project=row.namespaced and not project,
                with_status=store.capabilities().runs_pods,
            ),
            asked.sort,
        ),
        "bulk_verbs": [verb for verb in verbs if verb.bulk],
        "keeps_history": store.capabilities().keeps_history,
    }


def _list_rows(request: HttpRequest, cluster: str, rows: Sequence[ObjectRow]) -> list[ListRow]:
    @cache
    def verb_groups(kind: str, project: str) -> list[list[Verb]]:
        return grouped(verbs_of(request.user, kind, cluster=cluster, project=project))

    return [
        ListRow(
            row,
            addresses.of("object", cluster, row.ref),
            addresses.listing(cluster, row.ref.project, addresses.resource(row.ref)),
            verb_groups(row.ref.kind, row.ref.project),
        )
        for row in rows
    ]


def _project_header(store: Store, found: Contents, project: str) -> dict[str, Any]:
    """The quotas and counts of a project, with the addresses they lead to."""
    return {
        "quotas": None
        if found.quotas is None
        else [(quota, addresses.of("object", store.cluster, quota.ref)) for quota in found.quotas],
        "counts": [
            (
                kinds.row_of(*kind).title,
                count,
                addresses.listing(store.cluster, project, kinds.resource_of(*kind)),
            )
            for kind, count in found.counts
        ],
        "nodes": found.nodes,
    }


def _render(request: HttpRequest, template: str, context: Mapping[str, Any]) -> HttpResponse:
    response = render_page(request, template, context, fragment="workloads/objects/object_list.html#table")
    if swaps(request):
        # A form sends its empty fields too; the address can do without them.
        query = QueryDict(mutable=True)
        query.update({name: value for name in request.GET if (value := request.GET.get(name))})
        response["HX-Push-Url"] = request.path + (f"?{query.urlencode()}" if query else "")
    return response
