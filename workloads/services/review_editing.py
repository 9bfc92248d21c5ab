"""Change a draft from its review: remove what prevents storing it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from django.utils.translation import gettext as _

from console.errors import BadInput
from workloads import documents
from workloads.documents import Change, Path, get
from workloads.documents.paths import Json
from workloads.drafts import store as drafts
from workloads.models import Draft
from workloads.services.draft_outcomes import (
    Notice,
    change_redone,
    earlier_change_undone,
    incomplete_form,
    nothing_to_change,
    number,
    object_added,
    unknown_action,
)
from workloads.services.merge import choose_side, settle_conflict
from workloads.services.missing_objects import with_object
from workloads.services.move import move_to_project
from workloads.services.offers import offered_changes
from workloads.services.plan import Plan, PlannedDocument
from workloads.services.refs import bases_of
from workloads.services.store_draft import SeenReview
from workloads.stores.protocol import Store


class ReviewAction(StrEnum):
    """What a button of the review does: its `op`, without the argument after the colon."""

    STORE_FORCE = "store:force"
    """Store, also fields that other field managers own"""
    STORE = "store"
    MERGE = "merge"
    """argument of this and the next one: number of the document"""
    KEEP_MINE = "mine"
    CHOOSE_SIDE = "conflict"
    """argument: `<number of the conflict>:<side>`"""
    APPLY_OFFER = "fix"
    """argument: `<number of the document>:<key of an Offer>`"""
    TAKE_OUT = "take-out"
    """argument: index of the document"""
    ADD_OBJECT = "object"
    """Add an object that a DaemonSet names. argument: of `missing_objects.addable`"""
    CREATE_PROJECT = "create-project"
    """argument: its name"""
    MOVE = "move"
    THEIRS = "theirs"
    """argument: `<number of the document>:<number of the field in PlannedDocument.taken>`"""
    ADD_AND_CHANGE = "add"
    """argument: number of the document, "" for all that ask"""
    UNDO = "undo"
    REDO = "redo"


STORE_ACTIONS = (ReviewAction.STORE, ReviewAction.STORE_FORCE)
OF_A_VERSION = (
    ReviewAction.CHOOSE_SIDE,
    ReviewAction.TAKE_OUT,
    ReviewAction.ADD_OBJECT,
    ReviewAction.UNDO,
    ReviewAction.REDO,
)
"""Their forms name the version of the draft."""


@dataclass(frozen=True, slots=True)
class ReviewRequest:
    """A request for the review.

    opened_map: number of the document whose map is open; group_by: the label that groups its nodes.
    action: None where the page is only opened. version: of the draft, for OF_A_VERSION. seen: for
    STORE_ACTIONS. exact: numbers of the documents whose objects shall become exactly what the text says.
    why: note for the history. beyond_quota: create what a quota does not allow.
    """

    opened_map: int | None = None
    group_by: str = ""
    action: ReviewAction | None = None
    argument: str = ""
    version: int = 0
    seen: SeenReview | None = None
    exact: frozenset[int] = frozenset()
    why: str = ""
    beyond_quota: bool = False


def change_draft(store: Store, draft: Draft, plan: Plan, sent: ReviewRequest) -> tuple[Notice, ...]:
    """Raises BadInput for a forged button, Conflict, DocumentError, EditRefused, and errors of the store."""
    match sent.action:
        case ReviewAction.MERGE | ReviewAction.KEEP_MINE:
            planned = _document(plan, sent.argument)
            if planned is None or planned.ref not in bases_of(draft):
                raise incomplete_form()
            settle_conflict(draft, planned, "merge" if sent.action is ReviewAction.MERGE else "mine")
        case ReviewAction.APPLY_OFFER:
            _apply_offer(store, draft, plan, sent.argument)
        case ReviewAction.THEIRS:
            _leave_theirs(draft, plan, sent.argument)
        case ReviewAction.ADD_AND_CHANGE:
            _add_and_change(draft, plan, sent.argument)
        case ReviewAction.CHOOSE_SIDE:
            drafts.save(draft, choose_side(draft.text, sent.argument), version=sent.version)
        case ReviewAction.TAKE_OUT:
            drafts.save(draft, documents.remove(draft.text, number(sent.argument)), version=sent.version)
        case ReviewAction.ADD_OBJECT:
            drafts.save(draft, with_object(draft.text, sent.argument), version=sent.version)
            return (object_added(sent.argument),)
        case ReviewAction.MOVE:
            drafts.save(draft, move_to_project(draft.text, draft.project), version=draft.version)
        case ReviewAction.UNDO:
            drafts.undo(draft, sent.version)
            return (earlier_change_undone(),)
        case ReviewAction.REDO:
            drafts.redo(draft, sent.version)
            return (change_redone(),)
        case ReviewAction.CREATE_PROJECT:
            store.create_project(sent.argument)
            text = _("Project %(name)s created.") % {"name": sent.argument}
            return (Notice("project-created", text),)
        case _:
            raise unknown_action()
    return ()


def _document(plan: Plan, at: str) -> PlannedDocument | None:
    return next((planned for n, planned in enumerate(plan.documents) if str(n) == at), None)


def _apply_offer(store: Store, draft: Draft, plan: Plan, argument: str) -> None:
    """The change that includes more nodes, as the map offers it."""
    at, _colon, key = argument.partition(":")
    planned = _document(plan, at)
    if planned is None:
        raise incomplete_form()
    document = planned.document
    changes = list(offered_changes(document.value, plan.facts, store.capabilities(), key))
    if not changes:
        notice = nothing_to_change()
        raise BadInput(notice.text, code=notice.code)
    drafts.save(draft, documents.edit(draft.text, document.index, changes), version=draft.version)


def _leave_theirs(draft: Draft, plan: Plan, argument: str) -> None:
    """A field that another field manager owns becomes again what is stored."""
    at, _colon, field = argument.partition(":")
    planned = _document(plan, at)
    paths = [path for paths in planned.taken.values() for path in paths] if planned else []
    if planned is None or planned.stored is None or number(field) >= len(paths):
        raise incomplete_form()
    path = paths[number(field)]
    change = (path, get(planned.stored.value, path))
    drafts.save(draft, documents.edit(draft.text, planned.document.index, [change]), version=draft.version)


def _add_and_change(draft: Draft, plan: Plan, argument: str) -> None:
    """What is stored and the text does not mention stays: the text mentions it from now on."""
    chosen = [item for n, item in enumerate(plan.documents) if item.asks_how and argument in ("", str(n))]
    if not chosen:
        raise incomplete_form()
    text = draft.text
    for item in chosen:
        text = documents.edit(text, item.document.index, additions(item))
    drafts.save(draft, text, version=draft.version)


# Of these fields an object has one: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1
_ALTERNATIVES: Final = (
    frozenset({"exec", "httpGet", "tcpSocket", "grpc", "sleep"}),
    frozenset({"value", "valueFrom"}),
    frozenset({"rollingUpdate", "type"}),
    frozenset({"localhostProfile", "type"}),
)


def additions(item: PlannedDocument) -> list[Change]:
    """The changes of the text after which nothing of the stored object goes, except what gives way to
    something else: a probe that becomes another one, a volume of another type."""
    stored = item.stored.value if item.stored else {}
    return [
        (path, get(stored, path))
        for path in item.removed
        if not _gives_way(path, get(item.document.value, path[:-1]))
    ]


def _gives_way(path: Path, holder: Json) -> bool:
    if not isinstance(holder, dict):
        return False
    if len(path) > 2 and path[-3] == "volumes":
        return len(holder) > 1  # its name and another type
    return any(path[-1] in names and names & holder.keys() for names in _ALTERNATIVES)
