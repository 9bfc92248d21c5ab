"""Nodes × DaemonSets: which node lacks an agent, which agent misses a node; and one node with all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from console.accounts.access import may
from console.errors import NotFound
from console.web.paging import Paging, number
from console.web.render import render_page
from workloads.daemonsets.forecast.fit import Fit
from workloads.daemonsets.manifest.places import Place
from workloads.daemonsets.placement.verdicts import (
    Coverage,
    Features,
    Inventory,
    UntoleratedTaint,
    Verdict,
    coverage,
    template_of,
)
from workloads.daemonsets.running import absence, presence
from workloads.daemonsets.running.presence import OnNode
from workloads.documents.paths import JsonObject
from workloads.services import node_map, running
from workloads.services.across_projects import APART, everywhere
from workloads.services.facts import if_readable
from workloads.services.fits import UNFITTED, misfits, stored_fits
from workloads.services.node_map import RUNNING, STATES, Seen, State
from workloads.stores import store_for
from workloads.stores.protocol import DAEMONSET, Query, Ref, Store, Stored
from workloads.views import addresses
from workloads.views.nodes import node_list
from workloads.views.objects import pages

COLUMNS: Final = 20
"""DaemonSets side by side; more are on further pages."""
LISTED: Final = 300
"""Of nodes that are alike so many are named."""
PODS: Final = 5000
"""So many pods of DaemonSets are read for one matrix, some 30 MB of JSON; of more only verdicts are shown."""
CELLS: Final = 200_000
"""DaemonSets × nodes up to which each is held against its pods."""


def _in(*states: State) -> Callable[[Seen], bool]:
    return lambda seen: seen.state in states


def _only_taints(seen: Seen) -> bool:
    """Whether the DaemonSet picks the node, or leaves it open, and taints keep it off all the same."""
    return seen.state == "out" and all(isinstance(each, UntoleratedTaint) for each in seen.blockers)


_Gaps: TypeAlias = Mapping[str, tuple[Callable[[Seen], bool], str | Promise]]
_TAINTS: Final = (_only_taints, gettext_lazy("excluded by taints alone"))
_OUT: Final = (_in("out"), gettext_lazy("excluded nodes"))
GAPS: Final[_Gaps] = {
    "1": (_in("miss", "bad", "out"), gettext_lazy("missing, failing, excluded")),
    "pods": (_in("miss", "bad"), gettext_lazy("missing and failing pods")),
    "taints": _TAINTS,
    "out": _OUT,
}
"""What `?gaps=` narrows the matrix to, where it is known what runs."""
FORESEEN: Final[_Gaps] = {
    "1": (_in("fit", "out"), gettext_lazy("will not start, excluded")),
    "fit": (_in("fit"), gettext_lazy("will not start")),
    "taints": _TAINTS,
    "out": _OUT,
}
"""The same offline, where it is foreseen what will start."""
WANTED: Final[_Gaps] = {"1": _OUT, "taints": _TAINTS}
"""The same where only the verdicts are known."""


@dataclass(frozen=True, slots=True)
class Column:
    """One DaemonSet. see: what there is to say of each node; counts: how many nodes are in each state."""

    stored: Stored
    see: Callable[[str], Seen]
    address: str
    counts: Mapping[State, int]

    @property
    def runs(self) -> int:
        return sum(n for state, n in self.counts.items() if state in RUNNING)


@dataclass(frozen=True, slots=True)
class Cell:
    seen: Seen
    address: str

    @property
    def state(self) -> State:
        return self.seen.state

    @property
    def why(self) -> str:
        return " ".join(self.seen.reasons)

    @property
    def label(self) -> str | Promise:
        return STATES[self.state]


@dataclass(frozen=True, slots=True)
class Row:
    """Nodes of which the same is said of every DaemonSet of the page."""

    nodes: Sequence[str]
    cells: Sequence[Cell]

    @property
    def named(self) -> Sequence[str]:
        return self.nodes[:LISTED]

    @property
    def more(self) -> int:
        return max(len(self.nodes) - LISTED, 0)

    @property
    def gaps(self) -> list[tuple[int, str | Promise]]:
        """(of how many DaemonSets, what is wrong) with a node of the row."""
        counts = Counter(cell.state for cell in self.cells)
        return [
            (counts[state], STATES[state]) for state in ("miss", "bad", "mis", "fit", "out") if counts[state]
        ]

    def has(self, gap: Callable[[Seen], bool]) -> bool:
        return any(gap(cell.seen) for cell in self.cells)


@require_safe
def matrix(request: HttpRequest, cluster: str, project: str = "") -> HttpResponse:
    """`?q=` nodes, `?d=` DaemonSets, `?gaps=` one of GAPS, `?each=1` a row per node, `?c=` columns."""
    store = store_for(cluster, request.user)
    asked = {name: request.GET.get(name, "").strip() for name in ("q", "d", "gaps", "each")}
    known = if_readable(store.nodes)
    if known is None:
        unlisted = {"cluster": cluster, "project": project, "unlisted": True}
        return render_page(request, "workloads/coverage/matrix.html", unlisted)
    apart, items = (0, None) if project else everywhere(store, *DAEMONSET, search=asked["d"])
    if items is None:  # of one project; or none may be read, and the cluster says so
        items = store.select(*DAEMONSET, Query(project or None, search=asked["d"])).items
    pods, unread = _pods(
        store, items, len(known), project=project, apart=bool(apart), narrowed=bool(asked["d"])
    )
    inventory, features = Inventory(known), store.capabilities()
    fit_of = stored_fits(store, request.user, known, features, items)
    if store.offline and known and fit_of is None:
        unread = UNFITTED
    columns = [
        _column(store, each, coverage(template_of(each.value), inventory, features=features), pods, fit_of)
        for each in items
    ]
    gaps = GAPS if pods is not None else FORESEEN if fit_of else WANTED
    if asked["gaps"] and asked["gaps"] not in gaps:
        asked["gaps"] = "1"
    gap = gaps[asked["gaps"]][0] if asked["gaps"] else None
    if gap:
        columns = [column for column in columns if any(gap(column.see(name)) for name in inventory.names)]
    words = asked["q"].lower().split()
    names = (
        [each.name for each in map(node_list.row, known) if each.has(words)]
        if words
        else list(inventory.names)
    )
    turn = Paging.of(request)
    across = Paging(max(number(request.GET.get("c"), 1), 1), COLUMNS).within(len(columns))
    shown = across.cut(columns)
    rows = _rows(names, shown, each=bool(asked["each"]))
    if gap:
        rows = [row for row in rows if row.has(gap)]
    paging = turn.within(len(rows))
    foreseen: tuple[State, ...] = ("run", "fit", "out") if fit_of else ("run", "out")
    states = foreseen if pods is None else ("ok", "old", "start", "bad", "miss", "mis", "out")
    context = {
        **asked,
        "cluster": cluster,
        "project": project,
        "rows": paging.cut(rows),
        "found": len(rows),
        "columns": shown,
        "all_columns": len(columns),
        "across": across,
        "pages": range(1, across.last(len(columns)) + 1),
        "known": known,
        "total": len(known),
        "daemonsets": len(items),
        "narrowed": any(asked.values()),
        "legend": [(state, STATES[state]) for state in states],
        "gap_choices": [(key, said) for key, (_gap, said) in gaps.items()],
        "unread": unread,
        "apart": apart,
    }
    return render_page(
        request, "workloads/coverage/matrix.html", context, fragment="workloads/coverage/_matrix.html"
    )


def _pods(
    store: Store, items: Sequence[Stored], nodes: int, *, project: str, apart: bool, narrowed: bool
) -> tuple[running.Pods | None, str]:
    """The pods of these DaemonSets; or None and why only the verdicts are shown ("" offline).

    A search narrows what is read: then each DaemonSet is asked for by its selector, else all of them at once.
    apart: project by project, as the person may not read all of them.
    """
    if store.offline or not items:
        return None, ""
    counted = sum(presence.pods_reported(each.value) for each in items)
    if counted > PODS or nodes * len(items) > CELLS or (narrowed and len(items) > COLUMNS):
        return None, _(
            "What the controller wants, not what runs: more pods or nodes than are read for one page. "
            "Search for a few DaemonSets, or open one, to see what runs."
        )

    def read() -> list[JsonObject]:
        if narrowed:
            asked = [(each.ref.project, each.value["spec"].get("selector")) for each in items]
        elif apart:
            asked = [(each, running.OF_DAEMONSETS) for each in sorted({each.ref.project for each in items})]
        else:
            asked = [(project, running.OF_DAEMONSETS)]
        return [pod for at, selector in asked for pod in store.pods(at, selector=selector)]

    pods = if_readable(read)
    if pods is None:
        return None, _("You may not read the pods here: this is what the controller wants, not what runs.")
    return running.Pods(store, pods), ""


def _column(
    store: Store,
    stored: Stored,
    found: Coverage,
    pods: running.Pods | None,
    fit_of: Callable[[Stored], Fit] | None,
) -> Column:
    address = addresses.of("object", store.cluster, stored.ref) + "nodes/"
    if pods is None:
        unfit = misfits(fit_of(stored), found) if fit_of else {}
        runs = len(found.should_run)
        counts = {"run": runs - len(unfit), "fit": len(unfit), "out": len(found) - runs}
        return Column(stored, node_map.of_coverage(found, misfits=unfit), address, counts)
    on_node = pods.on(stored.value, found)
    counts = Counter(running.STATE_OF[there.presence] for there in on_node.values())
    return Column(stored, running.seen(found, on_node), address, counts)


def _rows(names: Iterable[str], columns: Sequence[Column], *, each: bool) -> list[Row]:
    # What is said of a node as a number; nodes with the same numbers are alike.
    numbers: dict[Seen, int] = {}
    of_object: dict[int, int] = {}

    def number_of(seen: Seen) -> int:
        found = of_object.get(id(seen))
        if found is None:
            found = of_object[id(seen)] = numbers.setdefault(seen, len(numbers))
        return found

    alike: dict[Any, list[str]] = {}
    for name in names:
        pattern = tuple([number_of(column.see(name)) for column in columns])
        alike.setdefault((pattern, name) if each else pattern, []).append(name)
    rows = [Row(members, [_cell(column, members[0]) for column in columns]) for members in alike.values()]
    return rows if each else sorted(rows, key=lambda row: -len(row.nodes))


def _cell(column: Column, name: str) -> Cell:
    seen = column.see(name)
    return Cell(seen, f"{column.address}?q={name}#table")


# ---- one node ----

_ORDER: Final[Mapping[State, int]] = {
    state: n for n, state in enumerate(("bad", "miss", "mis", "start", "old", "ok", "fit", "run", "out"))
}
"""Of the table: what asks for somebody first."""


@dataclass(frozen=True, slots=True)
class OfNode:
    """What one DaemonSet does with a node. there: None where its pods are not known. unfit: why the pod that
    should run here will not start."""

    stored: Stored
    address: str
    verdict: Verdict
    there: OnNode | None
    unfit: Sequence[str] = ()

    @property
    def state(self) -> State:
        if self.there is not None:
            return running.STATE_OF[self.there.presence]
        if self.unfit:
            return "fit"
        return "run" if self.verdict.should_run else "out"

    @property
    def pod(self) -> str:
        return self.there.pod if self.there else ""

    @property
    def whole(self) -> str:
        return self.there.whole if self.there else ""

    @property
    def reasons(self) -> Sequence[str]:
        wrong = running.said(self.there) if self.there else ()
        return [*wrong, *self.unfit, *node_map.sentences(self.verdict, of_group=False)]

    @property
    def remarks(self) -> Sequence[str]:
        return node_map.remarks(self.verdict)

    def has(self, words: Sequence[str]) -> bool:
        ref, state = self.stored.ref, str(STATES[self.state])
        said = (ref.name, ref.project, state, self.pod, *self.reasons)
        return all(word in "\n".join(said).lower() for word in words)


@require_safe
def node(request: HttpRequest, cluster: str, name: str) -> HttpResponse:
    """`?q=`, `?state=` narrow the table of its DaemonSets."""
    store = store_for(cluster, request.user)
    try:
        stored = store.get(Ref("v1", "Node", "", name))
    except NotFound:
        # What was deleted can still be looked at, and brought back.
        return pages.show(request, cluster, "nodes", name)
    apart, items = everywhere(store, *DAEMONSET)
    features = store.capabilities()
    fit_of = stored_fits(store, request.user, [stored.value], features, items or ())
    there = [] if items is None else _of_node(store, stored.value, items, features, fit_of)
    counts = Counter(each.state for each in there)
    state, words = request.GET.get("state", ""), request.GET.get("q", "").strip()
    found = [
        each
        for each in there
        if (state not in counts or each.state == state) and (not words or each.has(words.lower().split()))
    ]
    paging = Paging.of(request).within(len(found))
    context = {
        **pages.about(store, stored),
        "cluster": cluster,
        "node": node_list.row(stored.value),
        "known": items is not None,
        "apart": apart,
        "rows": paging.cut(found),
        "found": len(found),
        "total": len(there),
        "runs": sum(n for each, n in counts.items() if each in RUNNING),
        "live": any(each.there for each in there),
        "unread": not store.offline and any(each.there is None for each in there),
        "unfit": counts["fit"],
        "unfitted": UNFITTED if store.offline and there and fit_of is None else "",
        "search": words,
        "state": state if state in counts else "",
        "states": [(each, said, counts[each]) for each, said in STATES.items() if counts[each]],
        "may_edit": store.offline and may(request.user, "manage", cluster=cluster),
        "listing": reverse("node-list", args=[cluster]),
        "title": _("Nodes"),
    }
    return render_page(
        request, "workloads/coverage/node.html", context, fragment="workloads/coverage/_node_daemonsets.html"
    )


def _of_node(
    store: Store,
    value: JsonObject,
    items: Sequence[Stored],
    features: Features,
    fit_of: Callable[[Stored], Fit] | None,
) -> list[OfNode]:
    inventory = Inventory([value])
    [name] = inventory.names
    judged = [(each, coverage(template_of(each.value), inventory, features=features)) for each in items]
    pods = _pods_at(store, name, {each.ref.project for each in items})
    held = {project: running.Pods(store, found) for project, found in pods.items()}

    def there(each: Stored, found: Coverage) -> OnNode | None:
        at = held.get(each.ref.project)
        return at.on(each.value, found)[name] if at else None

    rows = [(each, found, there(each, found)) for each, found in judged]
    lacking = {each.ref.project for each, _found, on in rows if on and _may_wait(each.value, on)}
    if lacking:
        # A pod that no node has taken yet is made for one all the same; the scheduler says what it waits for.
        waiting = _pods_at(store, "", lacking)
        held = {
            project: running.Pods(store, [*pods[project], *waiting.get(project, ())]) for project in lacking
        }
        rows = [
            (each, found, there(each, found) if on and each.ref.project in lacking else on)
            for each, found, on in rows
        ]
    said = _events(store, [each for each, _found, on in rows if on and on.presence == "missing"])

    def explained(each: Stored, on: OnNode | None) -> OnNode | None:
        if on is None or on.presence != "missing":
            return on
        of_project = said.get(each.ref.project)
        events = None if of_project is None else of_project.get(presence.uid_of(each.value), [])
        return absence.explained({name: on}, each.value, [value], events, each.updated_at)[name]

    made = [
        OfNode(
            each,
            addresses.of("object", store.cluster, each.ref) + "nodes/",
            found[name],
            explained(each, on),
            misfits(fit_of(each), found).get(name, ()) if fit_of else (),
        )
        for each, found, on in rows
    ]
    return sorted(made, key=lambda each: (_ORDER[each.state], each.stored.ref))


def _may_wait(value: JsonObject, on: OnNode) -> bool:
    """Whether a pod that no node has taken yet may be made for this one."""
    if on.presence == "excluded":  # the controller counts such a pod as one that should not be there
        return presence.reported(value)["numberMisscheduled"] > 0
    return on.presence == "missing"


def _pods_at(store: Store, node: str, projects: Iterable[str]) -> dict[str, list[JsonObject]]:
    """Project → its pods on a node (`node` "": on none), of those whose pods may be read."""
    return {} if store.offline else _by_project(projects, lambda project: store.pods(project, node=node))


def _events(store: Store, lacking: Sequence[Stored]) -> dict[str, dict[str, list[JsonObject]]]:
    """Project → uid → what the controller says of these DaemonSets, where events may be read. It writes few
    of each (EventCorrelator of client-go: ten in ten minutes become one), so those of many can be read."""
    uid = presence.uid_of(lacking[0].value) if len(lacking) == 1 else ""
    kind = DAEMONSET[1]
    found = _by_project(
        {each.ref.project for each in lacking}, lambda project: store.events(project, kind, uid=uid)
    )
    return {project: absence.by_object(events) for project, events in found.items()}


def _by_project(
    projects: Iterable[str], read: Callable[[str], Sequence[JsonObject]]
) -> dict[str, list[JsonObject]]:
    """Project → what `read` finds there, of those where it may; in one request by whom the cluster lets read
    all projects ("")."""
    projects = sorted(projects)
    everywhere = if_readable(lambda: read("")) if len(projects) > 1 else None
    if everywhere is None:
        parts = {each: if_readable(lambda at=each: read(at)) for each in projects[:APART]}
        return {project: list(found) for project, found in parts.items() if found is not None}
    found: dict[str, list[JsonObject]] = {project: [] for project in projects}
    for each in everywhere:
        found.setdefault(Place(each).at("metadata", "namespace").text, []).append(each)
    return found
