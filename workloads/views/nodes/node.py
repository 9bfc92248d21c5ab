"""The page of one node: its labels, taints and room, and the DaemonSets on it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from console.accounts.access import may
from console.errors import NotFound
from console.web.paging import Paging
from console.web.render import render_page
from workloads.services.node_daemonsets import daemonsets_on_node
from workloads.services.node_map import STATE_LABELS
from workloads.services.node_summary import node_summary
from workloads.stores import store_for
from workloads.stores.protocol import Ref
from workloads.views.objects import pages


@require_safe
def node(request: HttpRequest, cluster: str, name: str) -> HttpResponse:
    """`?q=`, `?state=` narrow the table of its DaemonSets."""
    store = store_for(cluster, request.user)
    try:
        stored = store.get(Ref("v1", "Node", "", name))
    except NotFound:
        # A deleted node can still be looked at, and restored.
        return pages.object_page(request, cluster, "nodes", name)
    daemonsets = daemonsets_on_node(store, stored)
    counts = daemonsets.counts
    state, search = request.GET.get("state", ""), request.GET.get("q", "").strip()
    found = [
        each
        for each in daemonsets.rows
        if (state not in counts or each.state == state) and (not search or each.matches(search))
    ]
    paging = Paging.of(request).within(len(found))
    context = {
        **pages.object_context(request.user, store, stored),
        "cluster": cluster,
        "edits_nodes": store.capabilities().edits_nodes,
        "node": node_summary(stored.value),
        "daemonsets": daemonsets,
        "rows": paging.cut(found),
        "found": len(found),
        "total": len(daemonsets.rows),
        "unread": store.capabilities().runs_pods and any(each.on_node is None for each in daemonsets.rows),
        "unfit": counts["fit"],
        "search": search,
        "state": state if state in counts else "",
        "states": [(each, label, counts[each]) for each, label in STATE_LABELS.items() if counts[each]],
        "may_edit": store.capabilities().edits_nodes and may(request.user, "manage", cluster=cluster),
        "listing": reverse("node-list", args=[cluster]),
        "title": _("Nodes"),
    }
    return render_page(
        request, "workloads/nodes/node.html", context, fragment="workloads/nodes/node.html#table"
    )
