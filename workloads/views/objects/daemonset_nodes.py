"""The Nodes tab of a DaemonSet: where it runs, node by node, and why not elsewhere."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from console.accounts.access import may, require
from console.web.paging import Paging
from console.web.render import render_page, see_other
from workloads.drafts import store as drafts
from workloads.services.daemonset_nodes import apply_offer, nodes_of_daemonset, pods_of_daemonset
from workloads.services.draft_outcomes import incomplete_form
from workloads.services.listing import status_of
from workloads.services.node_map import STATE_LABELS
from workloads.stores import store_for
from workloads.stores.protocol import Store, Stored, daemonset
from workloads.views.objects import pages


@require_http_methods(["GET", "HEAD", "POST"])
def daemonset_nodes(request: HttpRequest, cluster: str, project: str, name: str) -> HttpResponse:
    """`?state=`, `?q=` narrow the table, `?by=` groups the map. POST `op=fix:<key>`, the button of a reason,
    makes that change in a draft of the DaemonSet."""
    store = store_for(cluster, request.user)
    stored = store.get(daemonset(project, name))
    if request.method == "POST":
        return _make_change(request, store, stored)
    state, search = request.GET.get("state", ""), request.GET.get("q", "").strip()
    state = state if state in STATE_LABELS else ""
    nodes = nodes_of_daemonset(store, stored, group_by=request.GET.get("by", ""))
    if nodes is None:
        return _pods(request, store, stored)
    names = nodes.names(search, state)
    paging = Paging.of(request).within(len(names))
    may_edit = may(request.user, "edit", cluster=cluster, project=project, kind=stored.ref.kind)
    context = {
        **pages.object_context(request.user, store, stored),
        "cluster": cluster,
        "nodes": nodes,
        "map": nodes.map,
        "fixes": nodes.offers if may_edit else None,
        "rows": [nodes.row(each) for each in paging.cut(names)],
        "found": len(names),
        "search": search,
        "state": state,
        "runs_pods": store.capabilities().runs_pods,
        "status": status_of(store, stored),
    }
    page = "workloads/objects/daemonset_nodes.html"
    return render_page(request, page, context, fragment=f"{page}#table")


def _pods(request: HttpRequest, store: Store, stored: Stored) -> HttpResponse:
    """For users who can't list nodes: the pods, with the nodes that these name."""
    rows = pods_of_daemonset(store, stored)
    context = {
        **pages.object_context(request.user, store, stored),
        "readable": rows is not None,
        "rows": Paging.of(request).within(len(rows or ())).cut(rows or ()),
        "found": len(rows or ()),
    }
    page = "workloads/objects/daemonset_pods.html"
    return render_page(request, page, context, fragment=f"{page}#table")


def _make_change(request: HttpRequest, store: Store, stored: Stored) -> HttpResponse:
    """To the step Nodes of a draft in which the offered change is made. Raises BadInput, Forbidden."""
    ref = stored.ref
    require(request.user, "edit", cluster=store.cluster, project=ref.project, kind=ref.kind)
    verb, _colon, key = request.POST.get("op", "").partition(":")
    if verb != "fix":
        raise incomplete_form()
    draft = pages.draft_of(request, store.cluster, stored)
    number, text = apply_offer(store, draft.text, stored, key)
    if text == draft.text:
        messages.info(
            request, _("This change is no longer needed. Nothing was changed."), extra_tags="offer-outdated"
        )
    else:
        drafts.save(draft, text, version=draft.version)
    return see_other(reverse("draft-step", args=[draft.id, "nodes"]) + (f"?doc={number}" if number else ""))
