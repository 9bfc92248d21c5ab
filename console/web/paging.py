"""The page of a list that an address names: `?page=2&size=50`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from django.http import HttpRequest

T = TypeVar("T")
SIZES = (10, 20, 50, 100)
SIZE = 20


@dataclass(frozen=True, slots=True)
class Paging:
    """`page` counts from 1. `offset` and `size` fit the Query of a store."""

    page: int = 1
    size: int = SIZE

    @classmethod
    def of(cls, request: HttpRequest) -> Paging:
        """Invalid numbers fall back to the default: an old bookmark is not an error."""
        size = number(request.GET.get("size"), SIZE)
        return cls(page=max(number(request.GET.get("page"), 1), 1), size=size if size in SIZES else SIZE)

    @property
    def offset(self) -> int:
        return (self.page - 1) * self.size

    def cut(self, items: Sequence[T]) -> Sequence[T]:
        """The items of this page."""
        return items[self.offset : self.offset + self.size]

    def last(self, total: int) -> int:
        return max(-(-total // self.size), 1)

    def within(self, total: int) -> Paging:
        """The same page, or the last one where the list is shorter."""
        return replace(self, page=min(self.page, self.last(total)))

    def links(self, total: int) -> list[int]:
        """Page numbers to link to: first, last and neighbours; 0 is a gap."""
        last = self.last(total)
        near = sorted({1, last, *range(max(self.page - 1, 1), min(self.page + 1, last) + 1)})
        shown: list[int] = []
        for number in near:
            if shown and number - shown[-1] == 2:
                shown.append(number - 1)
            elif shown and number - shown[-1] > 2:
                shown.append(0)
            shown.append(number)
        return shown


def number(text: str | None, otherwise: int) -> int:
    """A number of an address; `otherwise` where it is not one."""
    # isdecimal alone allows digits of other scripts, and numbers of any length.
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 8 else otherwise
