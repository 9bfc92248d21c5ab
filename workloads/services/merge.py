"""Settle a conflict in a draft: merge the three versions, or choose between the sides that are left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from workloads import documents
from workloads.documents import Clash, Side
from workloads.documents.compare import lines_of
from workloads.drafts import store as drafts
from workloads.models import Draft
from workloads.services.draft_outcomes import incomplete_form, number
from workloads.services.plan import PlannedDocument
from workloads.stores import secrets


def settle_conflict(draft: Draft, planned: PlannedDocument, how: Literal["merge", "mine"]) -> Draft:
    """From now on the draft is based on what is stored.

    merge: a three-way merge; where both sides changed the same lines, both are kept between conflict markers.
    mine: the draft's text stays, and the review shows what it changes in theirs. Raises Conflict where the
    draft was changed in the meantime.
    """
    stored = planned.stored
    text = draft.text
    if how == "merge" and stored is not None:
        merged = documents.merge(draft.origin_text, planned.text, stored.text).text
        text = text[: planned.document.start] + merged + text[planned.document.end :]
    base = (stored.version, stored.text) if stored else ("", "")
    return drafts.save(draft, text, version=draft.version, base=base)


@dataclass(frozen=True, slots=True)
class Choice:
    """A conflict that a merge left. line: of its first marker, 1-based; mine, theirs: the lines of each
    side."""

    line: int
    mine: Sequence[str]
    theirs: Sequence[str]


def choices(text: str) -> list[Choice]:
    """The conflicts that are left in a merged text, Secret values masked."""
    found = documents.clashes(text)
    if not found:
        return []
    # A text with markers cannot be parsed, so each side is masked in the text that it would make.
    masked = secrets.mask_pair(documents.choose(text, "theirs"), documents.choose(text, "mine"))
    theirs, mine = (_sides(found, shown, side) for shown, side in zip(masked, _MASKED_SIDES, strict=True))
    return [Choice(clash.line, own, other) for clash, own, other in zip(found, mine, theirs, strict=True)]


_MASKED_SIDES: tuple[Side, Side] = ("theirs", "mine")


def _sides(found: Sequence[Clash], chosen: str, side: Side) -> Iterator[list[str]]:
    """The lines of each conflict in the text in which `side` was chosen everywhere."""
    lines, removed = lines_of(chosen), 0
    for clash in found:
        start, count = clash.line - 1 - removed, len(clash.chosen(side))
        yield lines[start : start + count]
        removed += clash.last_line - clash.line + 1 - count


def choose_side(text: str, argument: str) -> str:
    """The text with one conflict settled: `<number of the conflict>:<side>`. Raises BadInput."""
    at, _colon, wanted = argument.partition(":")
    side = next((side for side in documents.SIDES if side == wanted), None)
    if side is None or number(at) >= len(documents.clashes(text)):
        raise incomplete_form()
    return documents.choose(text, side, number(at))
