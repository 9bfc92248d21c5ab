"""Nodes × DaemonSets: which node lacks a DaemonSet, and which DaemonSet does not reach a node."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from console.web.paging import Paging
from workloads.daemonsets.placement.verdicts import (
    Coverage,
    Inventory,
    UntoleratedTaint,
    coverage,
    template_of,
)
from workloads.daemonsets.running import presence
from workloads.documents.paths import JsonObject
from workloads.services.across_projects import select_across_projects
from workloads.services.facts import if_readable
from workloads.services.fits import Start
from workloads.services.node_map import (
    RUNNING_STATES,
    STATE_LABELS,
    NodeOutcome,
    NodeState,
    planned_outcomes,
)
from workloads.services.node_summary import node_summary
from workloads.services.running import DAEMONSET_PODS, STATE_OF_PRESENCE, ClusterPods, observed_outcomes
from workloads.services.starts import Gap, StoredStarts, stored_starts
from workloads.stores.protocol import DAEMONSET, Query, Store, Stored


@dataclass(frozen=True, slots=True)
class MatrixBudget:
    """How much one page reads and shows.

    columns: DaemonSets side by side; also how many found by a search are asked for their pods one by one.
    pods: of DaemonSets, some 30 MB of JSON. cells: DaemonSets × nodes that are compared with their pods.
    names: of the nodes that share a row.
    """

    columns: int = 20
    pods: int = 5000
    cells: int = 200_000
    names: int = 300

    def allows(self, *, pods: int, cells: int, selectors: int) -> bool:
        """Whether the pods are read. selectors: how many DaemonSets are asked for one by one, 0 for all at
        once."""
        return pods <= self.pods and cells <= self.cells and selectors <= self.columns


@dataclass(frozen=True, slots=True)
class MatrixQuery:
    """The query of the page. nodes, daemonsets: words of a search. gaps: a key of the `gaps` of the
    matrix, "" for everything. each: a row per node. column_page: counts from 1."""

    project: str = ""
    nodes: str = ""
    daemonsets: str = ""
    gaps: str = ""
    each: bool = False
    column_page: int = 1


def _in(*states: NodeState) -> Callable[[NodeOutcome], bool]:
    return lambda outcome: outcome.state in states


def _only_taints(outcome: NodeOutcome) -> bool:
    """Whether only taints exclude the node: the DaemonSet selects it, or selects no nodes."""
    return outcome.state == "out" and all(isinstance(each, UntoleratedTaint) for each in outcome.blockers)


GapFilters: TypeAlias = Mapping[str, tuple[Callable[[NodeOutcome], bool], str | Promise]]
"""Value of `?gaps=` → (which outcomes are gaps, its label)."""

_TAINTS: Final = (_only_taints, gettext_lazy("excluded by taints alone"))
_OUT: Final = (_in("out"), gettext_lazy("excluded nodes"))
OBSERVED_GAPS: Final[GapFilters] = {
    "1": (_in("miss", "bad", "out"), gettext_lazy("missing, failing, excluded")),
    "pods": (_in("miss", "bad"), gettext_lazy("missing and failing pods")),
    "taints": _TAINTS,
    "out": _OUT,
}
"""Where it is known what runs."""
FORECAST_GAPS: Final[GapFilters] = {
    "1": (_in("fit", "out"), gettext_lazy("will not start, excluded")),
    "fit": (_in("fit"), gettext_lazy("will not start")),
    "taints": _TAINTS,
    "out": _OUT,
}
"""Offline, where it is calculated which pods will start."""
PLACEMENT_GAPS: Final[GapFilters] = {"1": _OUT, "taints": _TAINTS}
"""Where it is only known where pods should run."""

PodsUnread: TypeAlias = Literal["", "too-much", "forbidden"]
UNREAD_TEXTS: Final[Mapping[PodsUnread, str | Promise]] = {
    "": "",
    "too-much": gettext_lazy(
        "This page shows where pods should run, not what runs: there are more pods or nodes than one page "
        "reads. To see what runs, search for a few DaemonSets or open one."
    ),
    "forbidden": gettext_lazy(
        "You can't list pods here: this page shows where pods should run, not what runs."
    ),
}
"""Why the matrix shows less than it could."""


@dataclass(frozen=True, slots=True)
class MatrixColumn:
    """One DaemonSet. outcome_of: by the name of a node; counts: how many nodes are in each state. start:
    offline, how many pods will start, None where nothing prevents any."""

    stored: Stored
    outcome_of: Callable[[str], NodeOutcome]
    counts: Mapping[NodeState, int]
    start: Start | None = None

    @property
    def runs(self) -> int:
        return sum(n for state, n in self.counts.items() if state in RUNNING_STATES)


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """Nodes with the same outcome for every DaemonSet of the page. named: those of them that are listed."""

    nodes: Sequence[str]
    cells: Sequence[NodeOutcome]
    named: Sequence[str]

    @property
    def more(self) -> int:
        return len(self.nodes) - len(self.named)

    @property
    def gaps(self) -> list[tuple[int, NodeState, str | Promise]]:
        """(of how many DaemonSets, the state, its label) for each state of the row that needs attention."""
        counts = Counter(cell.state for cell in self.cells)
        states: tuple[NodeState, ...] = ("miss", "bad", "mis", "fit", "out")
        return [(counts[state], state, STATE_LABELS[state]) for state in states if counts[state]]


@dataclass(frozen=True, slots=True)
class Matrix:
    """columns: those of the page `across`, of all_columns. rows: all of them. gap: the key of `gaps` that is
    applied. daemonsets: how many the search found. projects: how many were read one by one, 0 where all
    could be read at once. states: for the legend. unchecked: what was not calculated."""

    nodes: Sequence[JsonObject]
    daemonsets: int
    projects: int
    columns: Sequence[MatrixColumn]
    all_columns: int
    across: Paging
    rows: Sequence[MatrixRow]
    states: Sequence[NodeState]
    gaps: GapFilters
    gap: str
    unread: PodsUnread
    unchecked: Sequence[tuple[Gap, str | Promise]]

    @property
    def unread_text(self) -> str | Promise:
        return UNREAD_TEXTS[self.unread]


def build_matrix(store: Store, query: MatrixQuery, *, budget: MatrixBudget | None = None) -> Matrix | None:
    """None for users who can't list nodes. Raises Forbidden for users who can't list DaemonSets."""
    budget = budget or MatrixBudget()
    nodes = if_readable(store.nodes)
    if nodes is None:
        return None
    projects, found = (0, None)
    if not query.project:
        projects, found = select_across_projects(store, *DAEMONSET, search=query.daemonsets)
    if found is None:  # of one project; or none may be read, and the store says so
        found = store.select(*DAEMONSET, Query(query.project or None, search=query.daemonsets)).items
    pods, unread = _pods(store, found, len(nodes), query, by_project=bool(projects), budget=budget)
    inventory, features = Inventory.of(nodes), store.capabilities()
    starts = stored_starts(store, nodes, found)
    columns = [
        _column(each, coverage(template_of(each.value), inventory, features=features), pods, starts)
        for each in found
    ]
    gaps = OBSERVED_GAPS if pods is not None else FORECAST_GAPS if starts.checked else PLACEMENT_GAPS
    gap = "" if not query.gaps else query.gaps if query.gaps in gaps else "1"
    names = list(inventory.names)
    if gap:
        is_gap = gaps[gap][0]
        columns = [
            column for column in columns if any(is_gap(column.outcome_of(name)) for name in inventory.names)
        ]
    if query.nodes:
        names = [each.name for each in map(node_summary, nodes) if each.matches(query.nodes)]
    across = Paging(max(query.column_page, 1), budget.columns).within(len(columns))
    shown = across.cut(columns)
    rows = _rows(names, shown, each=query.each, named=budget.names)
    if gap:
        rows = [row for row in rows if any(map(is_gap, row.cells))]
    planned: tuple[NodeState, ...] = ("run", "fit", "out") if starts.checked else ("run", "out")
    return Matrix(
        nodes=nodes,
        daemonsets=len(found),
        projects=projects,
        columns=shown,
        all_columns=len(columns),
        across=across,
        rows=rows,
        states=planned if pods is None else ("ok", "old", "start", "bad", "miss", "mis", "out"),
        gaps=gaps,
        gap=gap,
        unread=unread,
        unchecked=starts.notes,
    )


def _pods(
    store: Store,
    items: Sequence[Stored],
    nodes: int,
    query: MatrixQuery,
    *,
    by_project: bool,
    budget: MatrixBudget,
) -> tuple[ClusterPods | None, PodsUnread]:
    """The pods of these DaemonSets; or None, and why ("" offline).

    A search narrows what is read: then each DaemonSet is asked for by its selector, else all of them at once.
    by_project: one project after the other, for users who can't read all of them.
    """
    if not store.capabilities().runs_pods or not items:
        return None, ""
    counted = sum(presence.reported_pods(each.value) for each in items)
    selectors = len(items) if query.daemonsets else 0
    if not budget.allows(pods=counted, cells=nodes * len(items), selectors=selectors):
        return None, "too-much"

    def read() -> list[JsonObject]:
        asked: Sequence[tuple[str, Any]] = [(query.project, DAEMONSET_PODS)]
        if query.daemonsets:
            asked = [(each.ref.project, each.value["spec"].get("selector")) for each in items]
        elif by_project:
            asked = [(each, DAEMONSET_PODS) for each in sorted({each.ref.project for each in items})]
        return [pod for project, selector in asked for pod in store.pods(project, selector=selector)]

    pods = if_readable(read)
    return (None, "forbidden") if pods is None else (ClusterPods(store, pods), "")


def _column(stored: Stored, found: Coverage, pods: ClusterPods | None, starts: StoredStarts) -> MatrixColumn:
    counts: Mapping[NodeState, int]
    if pods is None:
        will = starts.of(stored)
        unfit = will.unfit(found)
        runs = len(found.should_run)
        counts = {"run": runs - len(unfit), "fit": len(unfit), "out": len(found) - runs}
        return MatrixColumn(stored, planned_outcomes(found, unstartable=unfit), counts, will.start)
    on_node = pods.on_nodes(stored.value, found)
    counts = Counter(STATE_OF_PRESENCE[each.presence] for each in on_node.values())
    return MatrixColumn(stored, observed_outcomes(found, on_node), counts)


def _rows(
    names: Iterable[str], columns: Sequence[MatrixColumn], *, each: bool, named: int
) -> list[MatrixRow]:
    # The outcome of a node as a number; nodes with the same numbers are alike.
    numbers: dict[NodeOutcome, int] = {}
    number_of_object: dict[int, int] = {}

    def number_of(outcome: NodeOutcome) -> int:
        found = number_of_object.get(id(outcome))
        if found is None:
            found = number_of_object[id(outcome)] = numbers.setdefault(outcome, len(numbers))
        return found

    alike: dict[Any, list[str]] = {}
    for name in names:
        pattern = tuple([number_of(column.outcome_of(name)) for column in columns])
        alike.setdefault((pattern, name) if each else pattern, []).append(name)
    rows = [
        MatrixRow(members, [column.outcome_of(members[0]) for column in columns], members[:named])
        for members in alike.values()
    ]
    return rows if each else sorted(rows, key=lambda row: -len(row.nodes))
