"""Where a DaemonSet runs, node by node, and why not elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from console.web.paging import Paging
from console.web.render import render_page
from workloads import actions
from workloads.daemonsets import presence as live
from workloads.daemonsets import status
from workloads.daemonsets.placement import Coverage, coverage, template_of
from workloads.daemonsets.presence import OnNode
from workloads.stores import store_for
from workloads.stores.protocol import Json, Query, Store, daemonset
from workloads.views import cells, objects
from workloads.views.cells import STATES, Seen, State

_STATE_OF: Mapping[live.Presence, State] = {
    "running": "ok",
    "updating": "old",
    "failing": "bad",
    "missing": "miss",
    "misscheduled": "mis",
    "excluded": "out",
}
COUNTERS: Mapping[str, str | Promise] = {
    "desiredNumberScheduled": gettext_lazy("should run"),
    "currentNumberScheduled": gettext_lazy("have a pod"),
    "numberReady": gettext_lazy("ready"),
    "numberAvailable": gettext_lazy("available"),
    "updatedNumberScheduled": gettext_lazy("up to date"),
    "numberMisscheduled": gettext_lazy("run, should not"),
    "numberUnavailable": gettext_lazy("unavailable"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One node of the table. remarks: what is worth knowing of a node that is not excluded."""

    name: str
    state: State
    reasons: Sequence[str]
    remarks: Sequence[str]
    pod: str = ""

    @property
    def label(self) -> str | Promise:
        return STATES[self.state]

    @property
    def tone(self) -> str:
        return {"run": "ok", "ok": "ok", "old": "busy", "bad": "bad", "miss": "bad", "mis": "warn"}.get(
            self.state, ""
        )


@require_safe
def daemonset_nodes(request: HttpRequest, cluster: str, project: str, name: str) -> HttpResponse:
    """`?state=`, `?q=` narrow the table, `?by=` groups the map."""
    store = store_for(cluster, request.user)
    stored = store.get(daemonset(project, name))
    nodes = store.nodes()
    found = coverage(template_of(stored.value), nodes, features=store.capabilities())
    on_node = None if store.offline else _present(store, stored.value, found)
    see = cells.of_coverage(found) if on_node is None else _seen(found, on_node)
    drawn = cells.draw(nodes, see, request.GET.get("by", ""))
    state, words = request.GET.get("state", ""), request.GET.get("q", "").strip()
    names = [
        each
        for each in found.verdicts
        if (state not in STATES or see(each).state == state)
        and all(word in _about(each, see(each)) for word in words.lower().split())
    ]
    paging = Paging.of(request).within(len(names))
    shown = paging.cut(names)
    context = {
        **objects.about(store, stored),
        "cluster": cluster,
        "map": drawn,
        "fixes": {},
        "rows": [_row(each, found, see, (on_node or {}).get(each)) for each in shown],
        "found": len(names),
        "search": words,
        "state": state if state in STATES else "",
        "live": on_node is not None,
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


def _present(store: Store, value: Json, found: Coverage) -> dict[str, OnNode] | None:
    """None where the person may not read the pods."""
    project = value["metadata"]["namespace"]
    pods = actions.known(lambda: store.pods(project, selector=value["spec"]["selector"]))
    if pods is None:
        return None
    revisions = actions.known(lambda: store.select("apps/v1", "ControllerRevision", Query(project)).items)
    newest = live.current_hash([each.value for each in revisions or ()], value)
    return live.presence(value, live.owned(pods, value), found, newest, timezone.now())


def _seen(found: Coverage, on_node: Mapping[str, OnNode]) -> Callable[[str], Seen]:
    once: dict[tuple[Any, ...], Seen] = {}

    def see(name: str) -> Seen:
        verdict, there = found[name], on_node[name]
        said = (_(there.template) % (there.params or {}),) if there.template else ()
        key = (id(verdict), there.presence, said)
        if key not in once:
            once[key] = Seen(_STATE_OF[there.presence], (*said, *cells.sentences(verdict)), verdict.blockers)
        return once[key]

    return see


def _about(name: str, seen: Seen) -> str:
    return "\n".join((name, str(STATES[seen.state]), *seen.reasons)).lower()


def _row(name: str, found: Coverage, see: Callable[[str], Seen], there: OnNode | None) -> Row:
    verdict, seen = found[name], see(name)
    own = cells.sentences(verdict, of_group=False)
    others = [said for said in seen.reasons if said not in cells.sentences(verdict)]
    return Row(name, seen.state, [*others, *own], cells.remarks(verdict), there.pod if there else "")


def _counters(value: Json, found: Coverage, on_node: Mapping[str, OnNode]) -> dict[str, Any]:
    """What the controller reports beside what is counted here."""
    reported, counted = live.reported(value), live.counters(on_node, found.should_run)
    lines = [(name, word, reported[name], counted[name]) for name, word in COUNTERS.items()]
    return {"counters": lines, "differs": any(told != own for _name, _word, told, own in lines)}
