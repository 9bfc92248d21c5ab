"""The nodes of a cluster; those of the offline store are pasted, uploaded or copied from a cluster."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from console.accounts.access import may, require
from console.errors import BadInput, ConsoleError
from console.web.paging import Paging
from console.web.render import render_page, see_other
from workloads import documents
from workloads.services.node_summary import node_summary
from workloads.services.offline_nodes import delete_nodes, keep_preview, kept_preview, nodes_lost
from workloads.services.translation import filled
from workloads.stores import OFFLINE, inventory, store_for
from workloads.stores.clusters import clusters
from workloads.stores.incoming import unreadable
from workloads.stores.inventory import read_nodes
from workloads.stores.protocol import Query, Store
from workloads.views.columns import table
from workloads.views.nodes.columns import COLUMNS, sorted_nodes

if TYPE_CHECKING:
    from workloads.stores.offline.store import OfflineStore

PREVIEWED: Final = 100
"""At most this many of the nodes that were found are shown before they replace the stored ones."""


@require_safe
def node_list(request: HttpRequest, cluster: str) -> HttpResponse:
    """`?q=` narrows the list, `?sort=` orders it by a column."""
    store = store_for(cluster, request.user)
    search, sort = request.GET.get("q", "").strip(), request.GET.get("sort", "")
    nodes = [node_summary(node) for node in store.nodes()]
    found = sorted_nodes([node for node in nodes if node.matches(search)], sort)
    context = {
        **table(COLUMNS, sort),
        "search": search,
        "sort": sort,
        "rows": Paging.of(request).within(len(found)).cut(found),
        "found": len(found),
        "total": len(nodes),
        "samples": sum(node.sample for node in nodes),
        "hypothetical": sum(node.hypothetical for node in nodes),
        "brought": _last_change(store) if store.capabilities().edits_nodes else None,
        "edits_nodes": store.capabilities().edits_nodes,
        "may_manage": store.capabilities().edits_nodes and may(request.user, "manage", cluster=cluster),
        "clusters": [each for each in clusters() if not each.offline],
    }
    page = "workloads/nodes/node_list.html"
    return render_page(request, page, context, fragment=f"{page}#table")


def _last_change(store: Store) -> dt.datetime | None:
    """When the offline nodes were last changed: how old the picture of the cluster is."""
    latest = store.select("v1", "Node", Query(None, sort="-updated", limit=1)).items
    return latest[0].updated_at if latest else None


@require_http_methods(["GET", "HEAD", "POST"])
def node_replace(request: HttpRequest, cluster: str) -> HttpResponse:
    """Paste or upload nodes, or copy those of a cluster (`from=<cluster>`), preview them (`do=look`), then
    make them the only ones (`do=replace`, with the `kept` of the preview, or with new ones). Those of a
    cluster are taken at once where no node is lost."""
    store = offline_store(request, cluster)
    context: dict[str, Any] = {**table(COLUMNS), "text": request.POST.get("text", "")}
    context["now"] = len(store.nodes())
    context["clusters"] = [each for each in clusters() if not each.offline]
    status = 200
    if request.method == "POST":
        try:
            text = _posted_nodes(request)
            nodes = [] if request.POST.get("do") == "replace" else read_nodes(text)
            lost = nodes_lost(store, nodes) if nodes else set()
            if not nodes or ("from" in request.POST and not lost):
                count = store.replace_nodes(text)
                message = ngettext(
                    "Nodes replaced: now %(n)d node.", "Nodes replaced: now %(n)d nodes.", count
                )
                messages.success(request, filled(message, {"n": count}), extra_tags="nodes-replaced")
                return see_other("node-list", cluster=cluster)
            shown = [node_summary(node) for node in nodes[:PREVIEWED]]
            context |= {"rows": shown, "count": len(nodes), "lost": len(lost)}
            context |= {"text": "", "kept": keep_preview(request.user, nodes)}
        except ConsoleError as error:
            if error.status not in (400, 413, 422) and not request.POST.get("from"):
                raise
            context["error"], status = error, error.status
            if len(context["text"]) > documents.LIMITS.size:  # a page of that size helps nobody
                context |= {"text": "", "too_long": True}
    return render_page(request, "workloads/nodes/node_replace.html", context, status=status)


@require_POST
def node_delete_all(request: HttpRequest, cluster: str) -> HttpResponse:
    """POST `seen`: how many nodes the page showed; another number means the list has changed since."""
    store = offline_store(request, cluster)
    nodes = store.select("v1", "Node", Query("")).items
    if request.POST.get("seen") == str(len(nodes)):
        delete_nodes(store, nodes)
        messages.success(request, _("All nodes deleted."), extra_tags="nodes-deleted")
    else:
        message = _("The list of nodes has changed, so nothing was deleted. Check the list and try again.")
        messages.error(request, message, extra_tags="nodes-changed")
    return see_other("node-list", cluster=cluster)


def offline_store(request: HttpRequest, cluster: str) -> OfflineStore:
    """The offline store, for users who may change its nodes. Raises BadInput, Forbidden."""
    require(request.user, "manage", cluster=cluster)
    if cluster != OFFLINE:
        raise BadInput(_("You can't change the nodes of a cluster here."), code="cluster-nodes")
    return cast("OfflineStore", store_for(cluster, request.user))


def _posted_nodes(request: HttpRequest) -> str:
    """The nodes of a cluster, the uploaded file, the pasted text, or those of the preview. Raises Invalid,
    BadInput, and what the cluster raises."""
    if source := request.POST.get("from"):
        return inventory.listed(store_for(source, request.user).nodes())
    file = request.FILES.get("file")
    try:
        if file:
            text = documents.decode(file.read(), inventory.LIMITS)
        else:
            text = request.POST.get("text", "").replace("\r\n", "\n")
            if not text.strip() and request.POST.get("kept"):
                text = kept_preview(request.user, request.POST["kept"])
    except documents.DocumentError as error:
        raise unreadable(error) from error
    if not text.strip():
        raise BadInput(
            _("Choose a file or paste the nodes."), way_out="kubectl get nodes -o yaml", code="no-nodes-given"
        )
    return text
