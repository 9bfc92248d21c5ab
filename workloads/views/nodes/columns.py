"""The columns of the list of nodes."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Final

from django.utils.translation import gettext_lazy

from workloads.services.node_summary import NodeSummary
from workloads.views.columns import Column

_CELLS: Final = "workloads/nodes/_cells.html"
COLUMNS: Final[Sequence[Column]] = (
    Column("name", gettext_lazy("Name"), f"{_CELLS}#name", sort="name"),
    Column("status", gettext_lazy("Status"), f"{_CELLS}#status", sort="state"),
    Column("labels", gettext_lazy("Labels"), f"{_CELLS}#labels"),
    Column("taints", gettext_lazy("Taints"), f"{_CELLS}#taints"),
    Column("allocatable", gettext_lazy("Allocatable"), f"{_CELLS}#allocatable", numeric=True),
    Column("age", gettext_lazy("Age"), f"{_CELLS}#age", sort="created"),
)
"""The first one is the head of its row. `sort` names an attribute of NodeSummary."""


def sorted_nodes(nodes: Sequence[NodeSummary], order: str) -> Sequence[NodeSummary]:
    """order: the `sort` of a column, `-` before it for descending; anything else leaves the order as it
    is."""
    key = order.removeprefix("-")
    if key not in [column.sort for column in COLUMNS if column.sort]:
        return nodes
    return sorted(nodes, key=attrgetter(key), reverse=order.startswith("-"))
