"""Store a draft as it was reviewed, and what becomes of the draft after that."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext as _

from console.errors import BadInput, Conflict, ConsoleError, NotFound, Unreachable
from workloads.daemonsets.rules.inspection import inspect
from workloads.drafts import store as drafts
from workloads.models import Draft
from workloads.services.apply import apply_plan
from workloads.services.merge import rebase, with_their_changes
from workloads.services.plan import Plan, PlannedDocument, make_plan
from workloads.services.refs import bases_of, origin_of, ref_of
from workloads.services.results import Result
from workloads.stores import store_for
from workloads.stores.protocol import FieldConflict, Ref, Store

if TYPE_CHECKING:
    from console.accounts.access import Person

FRESH_SECONDS: Final = 300
"""So long after a review the server is not asked again what it would do."""
ATTEMPTS: Final = 5
"""How often to try again to store what controllers change meanwhile."""


@dataclass(frozen=True, slots=True)
class SeenReview:
    """What a review showed: a version of a draft, and the stored version of each object, "" for none.

    steady: the `steady_of` the objects that exist. asked: numbers of the documents of which it asked
    whether the object shall become exactly that. ready: when the server accepted all of it and nothing was
    left to decide, in seconds since 1970; 0: it was not.
    """

    draft_id: str
    version: int
    objects: Mapping[Ref, str]
    steady: Mapping[Ref, str]
    asked: frozenset[int] = frozenset()
    ready: float = 0

    @property
    def is_fresh(self) -> bool:
        """Whether what the server said then may be relied on: if not, it is asked again before anything is
        written."""
        return 0 <= time.time() - self.ready < FRESH_SECONDS

    def is_of(self, draft: Draft) -> bool:
        """Whether the draft is still at the version that was shown."""
        return (self.draft_id, self.version) == (str(draft.pk), draft.version)


@dataclass(frozen=True, slots=True)
class DraftStored:
    """results: in the order of writing; the last ones may have failed or not been tried."""

    results: Sequence[Result]

    @property
    def complete(self) -> bool:
        return not any(result.error for result in self.results)


@dataclass(frozen=True, slots=True)
class NotStored:
    """Nothing was stored. plan: None where the store does not answer. failed: the object that `problem` is
    about. status: of the response. based: the draft, where it was saved on top of what others changed."""

    plan: Plan | None
    problem: ConsoleError | None
    status: int
    failed: Ref | None = None
    based: Draft | None = None


def store_draft(
    store: Store,
    draft: Draft,
    person: Person,
    seen: SeenReview,
    *,
    force: bool,
    why: str,
    exact: frozenset[int] = frozenset(),
    beyond_quota: bool = False,
) -> DraftStored | NotStored:
    """Carry out what was shown: at the draft's version and the stored versions that the review had. An object
    that others have made what the text says, such as another tab that stores the same draft, is as good as
    stored.

    force: change fields that other field managers own. exact: numbers of the documents whose objects shall
    become exactly what the text says. beyond_quota: see `apply_plan`. Raises Unreachable, Forbidden.
    """
    if not seen.is_of(draft):
        changed = Conflict(
            _("Another tab changed the draft after this review. Review it again."), code="draft-changed"
        )
        return NotStored(make_plan(store, draft.text, project=draft.project), changed, changed.status)
    if not seen.asked <= exact:
        undecided = BadInput(
            _("Decide for each existing object: add and change, or make it exactly this."), code="undecided"
        )
        plan = make_plan(store, draft.text, project=draft.project, bases=bases_of(draft))
        return NotStored(plan, undecided, 422)
    bases = seen.objects
    try_to_store = partial(
        _store_plan, store, fresh=seen.is_fresh, force=force, why=why, beyond_quota=beyond_quota
    )
    outcome = try_to_store(draft, bases)
    for _attempt in range(ATTEMPTS):
        now = _on_top_of_churn(store, draft, seen, outcome)
        if now is None:
            break
        draft, bases = now[0], {**bases, **now[1]}
        outcome = try_to_store(draft, bases)
    if isinstance(outcome, NotStored):
        return _reviewed_again(store, draft, outcome)
    if outcome.complete:
        made = [(result.ref, result.version) for result in outcome.results]
        if not drafts.close(draft, made):
            base_on_stored(draft, made, person)
    return outcome


def _store_plan(
    store: Store,
    draft: Draft,
    bases: Mapping[Ref, str],
    *,
    fresh: bool,
    force: bool,
    why: str,
    beyond_quota: bool,
) -> DraftStored | NotStored:
    checked = fresh and store.capabilities().admission
    plan = make_plan(store, draft.text, project=draft.project, bases=bases, checked=checked)
    if checked and plan.blocked:
        plan = make_plan(store, draft.text, project=draft.project, bases=bases)
    conflict = next((planned.conflict for planned in plan.documents if planned.conflict), None)
    if plan.taken and not force:
        conflict = conflict or FieldConflict(plan.taken)
    if conflict or plan.blocked:
        return NotStored(plan, conflict, 409 if conflict else 422)
    carry_out = partial(apply_plan, store, force=force, why=why, beyond_quota=beyond_quota)
    results = carry_out(plan)
    for _attempt in range(ATTEMPTS):
        now = _without_conflict(store, draft, bases, results)
        if now is None or (now.taken and not force):
            break
        results = [again.after(result) for result, again in zip(results, carry_out(now), strict=True)]
    failed = next((result for result in results if result.error), None)
    if failed and failed.error and not any(result.outcome for result in results):
        plan_now = _plan_if_answered(store, draft, bases)
        return NotStored(plan_now, failed.error, failed.error.status, failed.ref)
    return DraftStored(results)


def _without_conflict(
    store: Store, draft: Draft, bases: Mapping[Ref, str], results: Sequence[Result]
) -> Plan | None:
    """The plan to go on with after others came between, who made the objects just what the text says; None
    where none did, or one made something else of them."""
    if not any(isinstance(result.error, Conflict) for result in results):
        return None
    plan = _plan_if_answered(store, draft, bases)
    return None if plan is None or plan.blocked else plan


def _plan_if_answered(store: Store, draft: Draft, bases: Mapping[Ref, str]) -> Plan | None:
    """None where the store does not answer."""
    try:
        return make_plan(store, draft.text, project=draft.project, bases=bases)
    except Unreachable:
        return None


def _on_top_of_churn(
    store: Store, draft: Draft, seen: SeenReview, outcome: DraftStored | NotStored
) -> tuple[Draft, dict[Ref, str]] | None:
    """The draft on top of the objects that moved on, not saved, and their versions; None unless values of
    labels and annotations, and nothing else, kept it from being stored.

    Controllers write those all the time: what had to be reviewed again after each could never be stored.
    """
    if isinstance(outcome, DraftStored) or outcome.plan is None or not store.capabilities().admission:
        return None
    moved = [planned for planned in outcome.plan.documents if planned.conflict]
    now = {each.ref: each.stored for each in moved if each.stored}
    if not moved or any(
        each.ref not in now or steady_of(draft, each) != seen.steady.get(each.ref) for each in moved
    ):
        return None
    if origin_of(draft) in now:
        merged = with_their_changes(draft, outcome.plan)
        if merged is None:
            return None
        draft = copy(draft)
        draft.text, stored = merged
        draft.origin_version, draft.origin_text = stored.version, stored.text
    return draft, {ref: stored.version for ref, stored in now.items()}


def steady_of(draft: Draft, planned: PlannedDocument) -> str:
    """The `Stored.steady` of the object of a document, "" for none. Only the document that the draft was
    opened from is merged with what others write: any other sets back the labels that it names."""
    if planned.stored is None:
        return ""
    return planned.stored.steady(set_by=None if planned.ref == origin_of(draft) else planned.document.value)


def on_top_of_theirs(store: Store, draft: Draft, plan: Plan) -> tuple[Draft, Plan] | None:
    """The draft, saved on top of what others changed since it was opened, and its plan; None where nobody
    did, or both sides changed the same. It is tried again while controllers change more meanwhile."""
    based = None
    for _attempt in range(ATTEMPTS):
        now = rebase(based or draft, plan)
        if now is None:
            break
        based = now
        plan = make_plan(store, based.text, project=based.project, bases=bases_of(based))
    return (based, plan) if based else None


def _reviewed_again(store: Store, draft: Draft, outcome: NotStored) -> NotStored:
    """To be reviewed with what others changed since the review, where it can be below the draft's own."""
    found = on_top_of_theirs(store, draft, outcome.plan) if outcome.plan else None
    if found is None:
        return outcome
    based, plan = found
    problem = Conflict(
        _("%(object)s was changed in the meantime. Your changes are now on top of that.")
        % {"object": origin_of(based)},
        way_out=_("Check them once more, then save."),
        code="rebased",
    )
    return NotStored(plan, problem, problem.status, based=based)


def base_on_stored(
    stored: Draft, made: Sequence[tuple[Ref, str]], person: Person, *, saved: bool = True
) -> None:
    """A draft that goes on after it was stored is based on what was stored.

    stored: the draft as it was then, text and all; made: as what objects, (ref, version) each. saved: whether
    anything was written into the draft since.
    """
    made_as = _main_object(stored, made)
    try:
        draft = drafts.fetch(person, stored.pk)
    except NotFound:
        return
    if made_as is None:
        return
    ref, version = made_as
    exists = _may_exist(draft, ref, person)
    if exists and _text_of(draft, draft.text, ref):
        drafts.adopt(draft, ref, version, _text_of(draft, stored.text, ref))
    elif saved and not exists and draft.origin_name:
        drafts.adopt(draft, None)


def _main_object(draft: Draft, made: Sequence[tuple[Ref, str]]) -> tuple[Ref, str] | None:
    """The object that the draft is about, and its version: the one that it was opened from, else the first
    DaemonSet, else the first object."""
    origin = origin_of(draft)
    return min(made, key=lambda one: (one[0] != origin, not one[0].is_daemonset), default=None)


def _may_exist(draft: Draft, ref: Ref, person: Person) -> bool:
    """True where it cannot be known now: the review will show it."""
    try:
        store_for(draft.cluster, person).get(ref)
    except NotFound:
        return False
    except ConsoleError:
        return True
    return True


def _text_of(draft: Draft, text: str, ref: Ref) -> str:
    """The document of a draft's text that describes an object; "" for none."""
    found = (d for d in inspect(text).documents if ref_of(d, draft.project) == ref)
    return next((text[document.start : document.end] for document in found), "")
