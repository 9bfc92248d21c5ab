"""Settle a conflict in a draft: by itself where both sides changed different fields, else merge the three
versions, or choose between the sides that are left."""

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
from workloads.services.plan import Plan, PlannedDocument
from workloads.services.refs import origin_of
from workloads.stores import secrets
from workloads.stores.protocol import Stored


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
        text = _with_document(text, planned, merged)
    base = (stored.version, stored.text) if stored else ("", "")
    return drafts.save(draft, text, version=draft.version, base=base)


def with_their_changes(draft: Draft, plan: Plan) -> tuple[str, Stored] | None:
    """The draft's text with what others have changed in its object since it was opened, and the object as it
    is now. None where nobody has, where both sides changed the same field, or where the object is gone."""
    origin = origin_of(draft)
    for planned in plan.documents:
        stored = planned.stored
        if planned.conflict is None or stored is None or planned.ref != origin:
            continue
        merged = documents.merge_cleanly(draft.origin_text, planned.text, stored.text)
        if merged is not None:
            return _with_document(draft.text, planned, merged), stored
    return None


def rebase(draft: Draft, plan: Plan) -> Draft | None:
    """The draft, saved with `with_their_changes` below its own; None where there are none or both sides
    changed the same. Raises Conflict where the draft was changed in the meantime."""
    merged = with_their_changes(draft, plan)
    if merged is None:
        return None
    text, stored = merged
    return drafts.rebase(draft, text, (stored.version, stored.text))


def _with_document(text: str, planned: PlannedDocument, own: str) -> str:
    """`text` with another text for one of its documents."""
    if planned.text == text:
        return own
    return text[: planned.document.start] + own + text[planned.document.end :]


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
