"""Columns of lists. A list is a table of columns: its head, sort links, cells and the labels of the cells on
narrow screens all read them. `workloads/_columns.html` draws them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    cell: the name of the template that draws the cell of `row` ("list.html#status"), or a function from the
        row to its text. Where either says nothing, the cell shows a dash.
    sort: the order that its head asks for, "-" in front for the highest first; "": it has no link.
    numeric: aligned to the right.
    """

    key: str
    label: str | Promise
    cell: str | Callable[[Any], str]
    sort: str = ""
    numeric: bool = False

    def head(self, sorted_by: str | None) -> Head:
        """sorted_by: the order that the list is in; None: it cannot be sorted."""
        order = self.sort.removeprefix("-")
        if not order or sorted_by is None:
            return Head(self)
        if sorted_by == order:
            return Head(self, "ascending", f"-{order}")
        if sorted_by == f"-{order}":
            return Head(self, "descending", order)
        return Head(self, "", self.sort)


@dataclass(frozen=True, slots=True)
class Head:
    """A column in the head of a list. direction: "ascending" or "descending" where the list is sorted by it;
    next: the order that its link asks for, "" for no link."""

    column: Column
    direction: str = ""
    next: str = ""

    @property
    def id(self) -> str:
        """Of its link, so that the focus stays on it when the table is replaced."""
        return f"sort-{self.next.removeprefix('-')}"


def table(columns: Iterable[Column], sorted_by: str | None = None) -> dict[str, Any]:
    """What `_columns.html` reads besides `row`. sorted_by: as for `Column.head`."""
    columns = list(columns)
    return {"columns": columns, "heads": [column.head(sorted_by) for column in columns]}
