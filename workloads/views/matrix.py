"""Nodes × DaemonSets: which node lacks an agent, which agent misses a node; and one node with all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from console.accounts.access import may
from console.errors import NotFound
from console.web.paging import Paging, number
from console.web.render import render_page
from workloads import actions
from workloads.daemonsets.placement import Coverage, Inventory, Verdict, coverage, template_of, verdict
from workloads.stores import store_for
from workloads.stores.protocol import DAEMONSET, Query, Ref, Store, Stored
from workloads.views import addresses, cells, nodes, objects
from workloads.views.cells import STATES, State

COLUMNS: Final = 20
"""DaemonSets side by side; more are on further pages."""
LISTED: Final = 300
"""Of nodes that are alike so many are named."""


@dataclass(frozen=True, slots=True)
class Column:
    """One DaemonSet. runs: on how many nodes."""

    stored: Stored
    coverage: Coverage
    address: str
    runs: int
    misses: int


@dataclass(frozen=True, slots=True)
class Cell:
    state: State
    why: str
    address: str

    @property
    def label(self) -> str | Promise:
        return STATES[self.state]


@dataclass(frozen=True, slots=True)
class Row:
    """Nodes for which all DaemonSets of the page decide alike, for the same reasons."""

    nodes: Sequence[str]
    cells: Sequence[Cell]
    misses: int

    @property
    def named(self) -> Sequence[str]:
        return self.nodes[:LISTED]

    @property
    def more(self) -> int:
        return max(len(self.nodes) - LISTED, 0)


@require_safe
def matrix(request: HttpRequest, cluster: str, project: str = "") -> HttpResponse:
    """`?q=` nodes, `?d=` DaemonSets, `?gaps=1` what is missing, `?each=1` a row per node, `?c=` columns."""
    store = store_for(cluster, request.user)
    asked = {name: request.GET.get(name, "").strip() for name in ("q", "d", "gaps", "each")}
    known = store.nodes()
    inventory = Inventory(known)
    features = store.capabilities()
    items = store.select(*DAEMONSET, Query(project or None, search=asked["d"])).items
    columns = [
        _column(store, each, coverage(template_of(each.value), inventory, features=features))
        for each in items
    ]
    if asked["gaps"]:
        columns = [column for column in columns if column.misses]
    words = asked["q"].lower().split()
    names = (
        [each.name for each in map(nodes.row, known) if each.has(words)] if words else list(inventory.names)
    )
    turn = Paging.of(request)
    across = Paging(max(number(request.GET.get("c"), 1), 1), COLUMNS).within(len(columns))
    shown = across.cut(columns)
    rows = _rows(names, shown, each=bool(asked["each"]))
    if asked["gaps"]:
        rows = [row for row in rows if row.misses]
    paging = turn.within(len(rows))
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
        "total": len(known),
        "daemonsets": len(items),
        "narrowed": any(asked.values()),
        "legend": [(state, STATES[state]) for state in ("run", "out")],
    }
    return render_page(
        request, "workloads/coverage/matrix.html", context, fragment="workloads/coverage/_matrix.html"
    )


def _column(store: Store, stored: Stored, found: Coverage) -> Column:
    address = addresses.of("object", store.cluster, stored.ref) + "nodes/"
    runs = len(found.should_run)
    return Column(stored, found, address, runs, len(found) - runs)


def _rows(names: Iterable[str], columns: Sequence[Column], *, each: bool) -> list[Row]:
    # Per DaemonSet a number for what it decides of a node; nodes with the same numbers are alike.
    numbers = [
        {name: n for n, group in enumerate(column.coverage.groups) for name in group.nodes}
        for column in columns
    ]
    alike: dict[Any, list[str]] = {}
    for name in names:
        pattern = tuple(found[name] for found in numbers)
        alike.setdefault((pattern, name) if each else pattern, []).append(name)
    rows = [_row(members, columns) for members in alike.values()]
    return rows if each else sorted(rows, key=lambda row: -len(row.nodes))


def _row(members: Sequence[str], columns: Sequence[Column]) -> Row:
    first = members[0]
    found = [_cell(column, column.coverage[first], first) for column in columns]
    return Row(members, found, sum(cell.state == "out" for cell in found))


def _cell(column: Column, found: Verdict, name: str) -> Cell:
    return Cell(
        "run" if found.should_run else "out", " ".join(cells.sentences(found)), f"{column.address}?q={name}"
    )


# ---- one node ----


@dataclass(frozen=True, slots=True)
class OfNode:
    """What one DaemonSet does with a node."""

    stored: Stored
    address: str
    verdict: Verdict
    reasons: Sequence[str]
    remarks: Sequence[str]

    @property
    def state(self) -> State:
        return "run" if self.verdict.should_run else "out"

    @property
    def label(self) -> str | Promise:
        return STATES[self.state]


@require_safe
def node(request: HttpRequest, cluster: str, name: str) -> HttpResponse:
    store = store_for(cluster, request.user)
    try:
        stored = store.get(Ref("v1", "Node", "", name))
    except NotFound:
        # What was deleted can still be looked at, and brought back.
        return objects.show(request, cluster, "nodes", name)
    features = store.capabilities()
    everywhere = actions.known(lambda: store.select(*DAEMONSET, Query(None)).items)
    found = []
    for each in everywhere or ():
        decided = verdict(template_of(each.value), stored.value, features=features)
        found.append(
            OfNode(
                each,
                addresses.of("object", cluster, each.ref) + "nodes/",
                decided,
                cells.sentences(decided, of_group=False),
                cells.remarks(decided),
            )
        )
    found.sort(key=lambda each: (not each.verdict.should_run, each.stored.ref))
    context = {
        **objects.about(store, stored),
        "cluster": cluster,
        "node": nodes.row(stored.value),
        "daemonsets": None if everywhere is None else found,
        "runs": sum(each.verdict.should_run for each in found),
        "may_edit": store.offline and may(request.user, "manage", cluster=cluster),
        "listing": reverse("node-list", args=[cluster]),
        "title": _("Nodes"),
    }
    return render_page(request, "workloads/coverage/node.html", context)
