"""Which page of a list an address asks for: `?page=2&size=50`."""

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
    """`page` counts from 1. `offset` and `size` are what a store's Query takes."""

    page: int = 1
    size: int = SIZE

    @classmethod
    def of(cls, request: HttpRequest) -> Paging:
        """What is no number, or out of range, falls back: an old bookmark is not an error."""
        size = number(request.GET.get("size"), SIZE)
        return cls(page=max(number(request.GET.get("page"), 1), 1), size=size if size in SIZES else SIZE)

    @property
    def offset(self) -> int:
        return (self.page - 1) * self.size

    def cut(self, items: Sequence[T]) -> Sequence[T]:
        """Those of the page."""
        return items[self.offset : self.offset + self.size]

    def last(self, total: int) -> int:
        return max(-(-total // self.size), 1)

    def within(self, total: int) -> Paging:
        """The same, on the last page where the list has become shorter."""
        return replace(self, page=min(self.page, self.last(total)))

    def links(self, total: int) -> list[int]:
        """Page numbers worth a link: the ends and the neighbours; 0 stands for a gap."""
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
    """What an address says; `otherwise` where it is no number."""
    # isdecimal alone lets other scripts' digits and endless numbers through.
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 8 else otherwise
