"""What a list of columns draws."""

from __future__ import annotations

from typing import Any, Protocol

from django import template

register = template.Library()


class Column(Protocol):
    def text(self, row: Any) -> str: ...


@register.filter
def cell(row: Any, column: Column) -> str:
    """The text of a row in a column that has no template."""
    return column.text(row)
