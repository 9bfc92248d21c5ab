"""End a conflict in a draft: three texts merged, and the sides that are left to choose from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from workloads import documents
from workloads.documents import Clash, Side
from workloads.documents.compare import lines_of
from workloads.drafts import store as drafts
from workloads.models import Draft
from workloads.services.plan import Planned
from workloads.stores import secrets


def settle(draft: Draft, item: Planned, how: Literal["merge", "mine"]) -> Draft:
    """End a conflict in a draft: from now on it is made against what is stored.

    merge: three ways; where both changed the same lines, both stay between conflict markers. mine: the text
    stays, and the review shows what it does to theirs. Raises Conflict (the draft was changed meanwhile).
    """
    stored = item.stored
    text = draft.text
    if how == "merge" and stored is not None:
        merged = documents.merge(draft.origin_text, item.text, stored.text).text
        text = text[: item.document.start] + merged + text[item.document.end :]
    base = (stored.version, stored.text) if stored else ("", "")
    return drafts.save(draft, text, version=draft.version, base=base)


@dataclass(frozen=True, slots=True)
class Choice:
    """Where a merge left both sides to choose from. line: its first, 1-based; mine, theirs: lines of each."""

    line: int
    mine: Sequence[str]
    theirs: Sequence[str]


def choices(text: str) -> list[Choice]:
    """What is still to be chosen in a merged text, no value of a Secret in it."""
    found = documents.clashes(text)
    if not found:
        return []
    # A text with markers cannot be read, so each side is masked in the text that it would make.
    masked = secrets.mask_pair(documents.choose(text, "theirs"), documents.choose(text, "mine"))
    theirs, mine = (
        _sides(found, shown, side) for shown, side in zip(masked, ("theirs", "mine"), strict=True)
    )
    return [Choice(clash.line, own, other) for clash, own, other in zip(found, mine, theirs, strict=True)]


def _sides(found: Sequence[Clash], chosen: str, side: Side) -> Iterator[list[str]]:
    """The lines of each clash in the text in which `side` was taken everywhere."""
    lines, gone = lines_of(chosen), 0
    for clash in found:
        start, count = clash.line - 1 - gone, len(clash.chosen(side))
        yield lines[start : start + count]
        gone += clash.last_line - clash.line + 1 - count
