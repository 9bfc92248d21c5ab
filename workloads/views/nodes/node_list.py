"""The nodes of a cluster; those of the offline one are what a person pasted or uploaded."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

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
from workloads.daemonsets.manifest import quantity, resources, summary
from workloads.daemonsets.manifest.metadata import SAMPLE
from workloads.daemonsets.manifest.places import Place
from workloads.daemonsets.placement import verdicts
from workloads.daemonsets.placement.hypothetical import is_made_up
from workloads.documents.paths import JsonObject
from workloads.services.delete import delete_objects
from workloads.stores import OFFLINE, inventory, store_for
from workloads.stores.clusters import clusters
from workloads.stores.incoming import unreadable
from workloads.stores.inventory import read_nodes
from workloads.stores.protocol import Query, Store

LOOKED_AT = 100
"""So many of the nodes that were found are shown before they are taken."""
_ROLE = "node-role.kubernetes.io/"


@dataclass(frozen=True, slots=True)
class Row:
    """ready: None where nothing is reported, as of most nodes that are pasted."""

    name: str
    sample: bool
    made_up: bool
    ready: bool | None
    cordoned: bool
    roles: list[str]
    labels: dict[str, str]
    taints: list[str]
    allocatable: dict[str, str]
    extended: list[tuple[str, str]]
    version: str
    created: str

    def has(self, words: list[str]) -> bool:
        said = [self.name, *self.roles, *(f"{k}={v}" for k, v in self.labels.items()), *self.taints]
        found = "\n".join(said).lower()
        return all(word in found for word in words)


def row(node: JsonObject) -> Row:
    top = Place(node)
    labels = summary.texts(top.at("metadata", "labels"))
    conditions = {c["type"].text: c["status"].text for c in top.at("status", "conditions")}
    amounts = resources.amounts(top.at("status", "allocatable"))
    allocatable = {name: quantity.show_of(name, each) for name, each in amounts.items()}
    return Row(
        name=top.at("metadata", "name").text,
        sample=bool(top.at("metadata", "annotations")[SAMPLE]),
        made_up=is_made_up(node),
        ready=None if "Ready" not in conditions else conditions["Ready"] == "True",
        cordoned=top.at("spec", "unschedulable").is_true,
        roles=sorted(key.removeprefix(_ROLE) for key in labels if key.startswith(_ROLE)),
        labels=labels,
        taints=[str(taint) for taint in verdicts.taints(node)],
        allocatable=allocatable,
        extended=[(name, shown) for name, shown in allocatable.items() if not resources.is_native(name)],
        version=top.at("status", "nodeInfo", "kubeletVersion").text,
        created=top.at("metadata", "creationTimestamp").text,
    )


@require_safe
def node_list(request: HttpRequest, cluster: str) -> HttpResponse:
    store = store_for(cluster, request.user)
    search = request.GET.get("q", "").strip()
    nodes = [row(node) for node in store.nodes()]
    found = [node for node in nodes if node.has(search.lower().split())]
    paging = Paging.of(request).within(len(found))
    context = {
        "search": search,
        "rows": paging.cut(found),
        "found": len(found),
        "total": len(nodes),
        "samples": sum(node.sample for node in nodes),
        "made_up": sum(node.made_up for node in nodes),
        "brought": _brought(store) if store.offline else None,
        "offline": store.offline,
        "may_manage": store.offline and may(request.user, "manage", cluster=cluster),
        "clusters": [each for each in clusters() if not each.offline],
    }
    return render_page(
        request, "workloads/nodes/node_list.html", context, fragment="workloads/nodes/_node_list.html"
    )


def _brought(store: Store) -> dt.datetime | None:
    """When the offline nodes were last changed: how old the picture of the cluster is."""
    latest = store.select("v1", "Node", Query(None, sort="-updated", limit=1)).items
    return latest[0].updated_at if latest else None


@require_http_methods(["GET", "HEAD", "POST"])
def node_replace(request: HttpRequest, cluster: str) -> HttpResponse:
    """Paste or upload nodes, or bring them (`from=<cluster>`), see what was found (`do=look`), then make them
    the only ones (`do=replace`). Those of a cluster are taken at once where no node is lost by it."""
    store = offline(request, cluster)
    context: dict[str, Any] = {"text": request.POST.get("text", "")}
    now = [row(node) for node in store.nodes()]
    status = 200
    if request.method == "POST":
        try:
            context["text"] = _posted(request)
            taken = request.POST.get("do") == "replace"
            if not taken:
                nodes = read_nodes(context["text"])
                ours = {each.name for each in now if not each.sample}
                lost = ours - {each["metadata"]["name"] for each in nodes}
                taken = "from" in request.POST and not lost
            if taken:
                count = store.replace_nodes(context["text"])
                said = ngettext("There is %(n)d node now.", "There are %(n)d nodes now.", count)
                messages.success(request, said % {"n": count})
                return see_other("node-list", cluster=cluster)
            shown = [row(node) for node in nodes[:LOOKED_AT]]
            context |= {"rows": shown, "count": len(nodes), "lost": len(lost)}
            if len(context["text"]) > documents.LIMITS.size:  # not to be sent to and fro as it is
                context["text"] = inventory.listed(nodes)
        except ConsoleError as error:
            if error.status not in (400, 413, 422) and not request.POST.get("from"):
                raise
            context["error"], status = error, error.status
            if len(context["text"]) > documents.LIMITS.size:  # a page of that size helps nobody
                context |= {"text": "", "too_long": True}
    context["now"] = len(now)
    context["clusters"] = [each for each in clusters() if not each.offline]
    return render_page(request, "workloads/nodes/node_replace.html", context, status=status)


@require_POST
def node_delete_all(request: HttpRequest, cluster: str) -> HttpResponse:
    """POST `seen`: how many nodes the page showed; another number means the list has changed since."""
    store = offline(request, cluster)
    nodes = store.select("v1", "Node", Query("")).items
    if request.POST.get("seen") != str(len(nodes)):
        said = _("The list of nodes has changed meanwhile. Nothing was deleted: look again.")
        messages.error(request, said)
        return see_other("node-list", cluster=cluster)
    with store.transaction():
        for result in delete_objects(store, {node.ref: node.version for node in nodes}):
            if result.error:
                raise result.error
    messages.success(request, _("There are no nodes any more."))
    return see_other("node-list", cluster=cluster)


def offline(request: HttpRequest, cluster: str) -> Any:
    """The offline store, to someone who may change its nodes. Raises BadInput, Forbidden."""
    require(request.user, "manage", cluster=cluster)
    if cluster != OFFLINE:
        raise BadInput(_("The nodes of a cluster are changed in the cluster."))
    return store_for(cluster, request.user)


def _posted(request: HttpRequest) -> str:
    """The nodes of a cluster, the uploaded file, or the pasted text. Raises Invalid, BadInput, and what the
    cluster raises."""
    if source := request.POST.get("from"):
        return inventory.listed(store_for(source, request.user).nodes())
    file = request.FILES.get("file")
    try:
        if file:
            text = documents.decode(file.read(), inventory.LIMITS)
        else:
            text = request.POST.get("text", "").replace("\r\n", "\n")
    except documents.DocumentError as error:
        raise unreadable(error) from error
    if not text.strip():
        raise BadInput(_("Choose a file or paste the nodes."), way_out="kubectl get nodes -o yaml")
    return text
