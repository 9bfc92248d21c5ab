"""Where a DaemonSet runs, node by node, and why not elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from console.accounts.access import may, require
from console.web.paging import Paging
from console.web.render import render_page, see_other
from workloads.daemonsets.placement.verdicts import Coverage, Inventory, Verdict, coverage, template_of
from workloads.daemonsets.running import absence, presence, status
from workloads.daemonsets.running.presence import OnNode
from workloads.documents import Document, DocumentError, EditRefused, edit, read
from workloads.documents.paths import JsonObject
from workloads.drafts import store as drafts
from workloads.services import node_map, running
from workloads.services.facts import if_readable
from workloads.services.fits import UNFITTED, misfits, stored_fits
from workloads.services.node_map import STATES, Seen, State
from workloads.services.offers import Offer, including, offers
from workloads.services.quotas import stopped
from workloads.stores import store_for
from workloads.stores.protocol import Ref, Store, Stored, daemonset
from workloads.views import posted
from workloads.views.objects import pages

COUNTERS: Mapping[str, str | Promise] = {
    "desiredNumberScheduled": gettext_lazy("should run"),
    "currentNumberScheduled": gettext_lazy("have a pod"),
    "numberReady": gettext_lazy("ready"),
    "numberAvailable": gettext_lazy("available"),
    "updatedNumberScheduled": gettext_lazy("up to date"),
    "numberMisscheduled": gettext_lazy("have a pod, should not"),
    "numberUnavailable": gettext_lazy("unavailable"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One node of the table. remarks: what is worth knowing of a node that is not excluded. whole: all that
    the scheduler said of its pod."""

    name: str
    state: State
    reasons: Sequence[str]
    remarks: Sequence[str]
    pod: str = ""
    whole: str = ""


@require_http_methods(["GET", "HEAD", "POST"])
def daemonset_nodes(request: HttpRequest, cluster: str, project: str, name: str) -> HttpResponse:
    """`?state=`, `?q=` narrow the table, `?by=` groups the map. POST `op=fix:<key>`, the button of a reason,
    makes that change in a draft of the DaemonSet."""
    store = store_for(cluster, request.user)
    stored = store.get(daemonset(project, name))
    if request.method == "POST":
        return _fix(request, store, stored)
    nodes = if_readable(store.nodes)
    if nodes is None:
        return _unlisted(request, store, stored)
    features = store.capabilities()
    inventory = Inventory(nodes)
    found = coverage(template_of(stored.value), inventory, features=features)
    on_node = None if store.offline else _present(store, stored, found, nodes)
    fit_of = stored_fits(store, request.user, nodes, features, [stored])
    fit = fit_of(stored) if fit_of else None
    stops = stopped(store, project, [stored])
    unfit = misfits(fit, found, stops[0][1] if stops else None) if fit else {}
    see = node_map.of_coverage(found, misfits=unfit) if on_node is None else running.seen(found, on_node)
    drawn = node_map.draw(nodes, see, request.GET.get("by", ""))
    state, words = request.GET.get("state", ""), request.GET.get("q", "").strip()
    names = [
        each
        for each in found.verdicts
        if (state not in STATES or see(each).state == state)
        and all(word in _about(each, see(each)) for word in words.lower().split())
    ]
    paging = Paging.of(request).within(len(names))
    shown = paging.cut(names)
    may_edit = may(request.user, "edit", cluster=cluster, project=project, kind=stored.ref.kind)
    context = {
        **pages.about(store, stored),
        "cluster": cluster,
        "map": drawn,
        "known": nodes,
        "fixes": offers(stored.value, found, inventory, features, drawn) if may_edit else None,
        "rows": [
            _row(each, found[each], see(each).state, (on_node or {}).get(each), unfit.get(each, ()))
            for each in shown
        ],
        "fit": fit,
        "unfitted": UNFITTED,
        "stopped": stops,
        "found": len(names),
        "search": words,
        "state": state if state in STATES else "",
        "live": on_node is not None,
        "should_run": len(found.should_run),
        "status": status.SAVED if store.offline else status.of(stored.value),
    }
    if on_node is not None:
        context |= _counters(stored.value, found, on_node)
    return render_page(
        request,
        "workloads/coverage/daemonset_nodes.html",
        context,
        fragment="workloads/coverage/_node_table.html",
    )


def _unlisted(request: HttpRequest, store: Store, stored: Stored) -> HttpResponse:
    """Who may not list the nodes sees the pods that may be read, with the nodes that these name."""
    on_node = _present(store, stored, None, ())
    lines = [
        Row(each, running.STATE_OF[there.presence], running.said(there), (), there.pod, there.whole)
        for each, there in (on_node or {}).items()
    ]
    context = {
        **pages.about(store, stored),
        "readable": on_node is not None,
        "rows": Paging.of(request).within(len(lines)).cut(lines),
        "found": len(lines),
    }
    return render_page(
        request,
        "workloads/coverage/daemonset_pods.html",
        context,
        fragment="workloads/coverage/_pod_table.html",
    )


def _fix(request: HttpRequest, store: Store, stored: Stored) -> HttpResponse:
    """To step 5 of a draft in which the change that was offered is made. Raises BadInput, Forbidden."""
    ref = stored.ref
    require(request.user, "edit", cluster=store.cluster, project=ref.project, kind=ref.kind)
    verb, _colon, key = request.POST.get("op", "").partition(":")
    if verb != "fix":
        raise posted.incomplete()
    draft = pages.draft_of(request, store.cluster, stored)
    number, text = _fixed(store, draft.text, stored, key)
    if text == draft.text:
        messages.info(request, _("This change is of no use any more: nothing more is changed."))
    else:
        drafts.save(draft, text, version=draft.version)
    return see_other(reverse("draft-step", args=[draft.id, "nodes"]) + (f"?doc={number}" if number else ""))


def _fixed(store: Store, text: str, stored: Stored, key: str) -> tuple[int, str]:
    """(which document is the DaemonSet, the text with the change made). The text stays as it is where the
    draft, which may have been open for long, has the change already or cannot take it."""
    try:
        documents = read(text)
        number = next(n for n, each in enumerate(documents) if _is(each, stored.ref))
    except (StopIteration, DocumentError):
        return 0, text
    inventory, features = Inventory(store.nodes()), store.capabilities()

    def made(value: JsonObject) -> list[Offer]:
        found = coverage(template_of(value), inventory, features=features)
        return including(value, found, inventory, features)

    wanted = [each.label for each in made(stored.value) if each.key == key]
    # The same change is made at another place of a draft in which others were made before it.
    same = [each for each in made(documents[number].value) if each.label in wanted]
    try:
        return number, edit(text, number, list(same[0].changes)) if same else text
    except EditRefused:
        return number, text


def _is(document: Document, ref: Ref) -> bool:
    return (document.kind, document.name) == (ref.kind, ref.name) and document.namespace in ("", ref.project)


def _present(
    store: Store, stored: Stored, found: Coverage | None, nodes: Sequence[JsonObject]
) -> dict[str, OnNode] | None:
    """None where the person may not read the pods."""
    value, project = stored.value, stored.ref.project
    pods = if_readable(lambda: store.pods(project, selector=value["spec"].get("selector")))
    if pods is None:
        return None
    on_node = running.Pods(store, pods).on(value, found)
    if found is None or not absence.is_missing(on_node):
        return on_node
    events = if_readable(lambda: store.events(project, stored.ref.kind, uid=presence.uid_of(value)))
    return absence.explained(on_node, value, nodes, events, stored.updated_at)


def _about(name: str, seen: Seen) -> str:
    return "\n".join((name, str(STATES[seen.state]), *seen.reasons)).lower()


def _row(name: str, verdict: Verdict, state: State, there: OnNode | None, unfit: Sequence[str]) -> Row:
    """unfit: why a pod that should run there will not start."""
    reasons = [*(running.said(there) if there else ()), *unfit, *node_map.sentences(verdict, of_group=False)]
    remarks = node_map.remarks(verdict)
    return (
        Row(name, state, reasons, remarks, there.pod, there.whole)
        if there
        else Row(name, state, reasons, remarks)
    )


def _counters(value: JsonObject, found: Coverage, on_node: Mapping[str, OnNode]) -> dict[str, Any]:
    """What the controller reports beside what is counted here, and why it reports nothing newer."""
    reported, counted = presence.reported(value), presence.counters(on_node, found.should_run)
    lines = [(name, word, reported[name], counted[name]) for name, word in COUNTERS.items()]
    differs = any(told != own for _name, _word, told, own in lines)
    lag = absence.behind(value) if differs else None
    why = next((there.cause for there in on_node.values() if there.cause), lag) if lag else None
    return {"counters": lines, "differs": differs, "lag": running.told(why)}
