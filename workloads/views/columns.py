"""Columns of lists. A list is a table of columns: its head, sort links, cells and the labels of the cells on
narrow screens all read them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    cell: the name of the template that draws the cell of `row` ("list.html#status"), or a function from the
        row to its text.
    sort: the order that its head asks for, "-" in front for the highest first; "": it has no link.
    numeric: aligned to the right.
    """

    key: str
    label: str | Promise
    cell: str | Callable[[Any], str]
    sort: str = ""
    numeric: bool = False

    @property
    def template(self) -> str:
        return self.cell if isinstance(self.cell, str) else ""

    def text(self, row: Any) -> str:
        """Of a column whose cell is a function."""
        return "" if isinstance(self.cell, str) else self.cell(row)

    def head(self, sorted_by: str) -> Head:
        """sorted_by: the order that the list is in."""
        order = self.sort.removeprefix("-")
        if not order:
            return Head(self)
        if sorted_by == order:
            return Head(self, "ascending", f"-{order}")
        if sorted_by == f"-{order}":
            return Head(self, "descending", order)
        return Head(self, "", self.sort)


@dataclass(frozen=True, slots=True)
class Head:
    """A column in the head of a list. direction: "ascending" or "descending" where the list is sorted by it;
    next: the order that its link asks for."""

    column: Column
    direction: str = ""
    next: str = ""

    @property
    def id(self) -> str:
        """Of its link, so that the focus stays on it when the table is replaced."""
        return f"sort-{self.next.removeprefix('-')}"
