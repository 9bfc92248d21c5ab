"""Edit a draft in a step of the wizard: what a posted form does to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Literal, TypeAlias

from django.db import transaction
from django.utils.translation import gettext as _

from console.accounts.access import Person
from console.errors import Conflict, ConsoleError, NotFound
from workloads import documents
from workloads.daemonsets.manifest import legacy
from workloads.daemonsets.manifest.findings import STEPS, Finding
from workloads.daemonsets.rules.inspection import Inspection, inspect, placed
from workloads.documents import Change, DiffLine, Document, DocumentError, EditRefused, bundle
from workloads.drafts import store as drafts
from workloads.drafts.rebase import Misplaced, rebase
from workloads.models import Draft, DraftInput
from workloads.services.draft_context import DraftContext
from workloads.services.draft_outcomes import (
    REVIEW,
    YAML,
    GoTo,
    Notice,
    change_redone,
    draft_saved,
    input_undone,
    nothing_to_change,
    number,
    object_added,
    place_of,
    undone_notice,
    unknown_action,
)
from workloads.services.missing_objects import with_object
from workloads.services.offers import offered_changes
from workloads.services.translation import say
from workloads.stores import secrets
from workloads.wizard.form.step import BoundStep, Step, bind, new_errors


class StepAction(StrEnum):
    """What a button of a step does: its `op`, without the argument after the colon."""

    SAVE = "save"
    NEXT_ANYWAY = "next:anyway"
    NEXT = "next"
    GO = "go"
    """argument: one of PLACES, or `<place>:<document>`"""
    GO_ANYWAY = "anyway"
    """As GO, with new errors in the step"""
    KEEP = "keep"
    """Save what was typed so far, as `autosave` does"""
    FORGET = "forget"
    """Drop what was typed and is not in the draft's text"""
    UNDO = "undo"
    REDO = "redo"
    PREVIEW = "preview"
    SAVE_ON_TOP = "mine"
    """After a conflict. argument: the version of the draft that was shown"""
    APPLY_OFFER = "do:fix"
    """argument: key of an `Offer`"""
    PRESS = "do"
    """argument: key of `Step.buttons`"""
    ADD_OBJECT = "object"
    """Add an object that the DaemonSet names. argument: of `missing_objects.addable`"""
    ADD_ROW = "add"
    """argument: id of a list; of the others, name of a row"""
    COPY_ROW = "copy"
    ROW_UP = "up"
    ROW_DOWN = "down"
    REMOVE_ROW = "remove"
    START = "start"
    """Add a DaemonSet to a draft without one"""
    MODERNISE = "modernise"
    """Convert the DaemonSet to apps/v1"""


ROW_ACTIONS = (
    StepAction.ADD_ROW,
    StepAction.COPY_ROW,
    StepAction.ROW_UP,
    StepAction.ROW_DOWN,
    StepAction.REMOVE_ROW,
)
WITHOUT_FORM = (StepAction.START, StepAction.MODERNISE)


@dataclass(frozen=True, slots=True)
class StepRequest:
    """A request for a step's page.

    document: the index that the address names, "" for none. group_by: label that groups the nodes of the map.
    place: the one of the document to open the form at, as findings write it, "" for its top.
    action: None where the page is only opened. version: of the draft that the form was made from; saved: the
    version that the page saved last while it was typed into, 0 for none; kept: the primary key of its
    DraftInput, 0 for none. warned: the keys of the errors at which the page stopped the person. fields: of
    the form, "op" among them only for ROW_ACTIONS.
    """

    document: str = ""
    group_by: str = ""
    place: str = ""
    action: StepAction | None = None
    argument: str = ""
    version: int = 0
    saved: int = 0
    kept: int = 0
    warned: frozenset[str] = frozenset()
    fields: Mapping[str, str] = field(default_factory=dict)

    @property
    def at(self) -> int:
        """The version of the draft to save over."""
        return self.saved or self.version


Reason: TypeAlias = Literal[
    "opened",
    "input-kept",
    "row-added",
    "preview",
    "input-unreadable",
    "new-errors",
    "edit-refused",
    "store-unavailable",
    "draft-conflict",
]


@dataclass(frozen=True, slots=True)
class DraftConflict:
    """Another tab saved the draft in the meantime.

    version: of the draft now. theirs: what changed since the form was opened; mine: what the form would
    change in that, None where it does not fit.
    """

    version: int
    theirs: Sequence[DiffLine]
    mine: Sequence[DiffLine] | None


@dataclass(frozen=True, slots=True)
class ShowForm:
    """Show the form with what was typed; nothing was saved.

    inspection, text: of the draft as the form makes it, where that is known. at_error: the cursor is in the
    first field with an error. Of the others, the one that `reason` is about is set.
    """

    reason: Reason
    bound: BoundStep
    inspection: Inspection
    text: str
    refusal: Finding | None = None
    new_errors: Sequence[Finding] = ()
    problem: ConsoleError | None = None
    conflict: DraftConflict | None = None
    at_error: bool = False


@dataclass(frozen=True, slots=True)
class StepEditor:
    """One step of one draft, open at one of its DaemonSets.

    text: of the version that the form was made from, which `inspection` is about. index: of the document.
    """

    draft: Draft
    person: Person
    step: Step
    context: DraftContext
    text: str
    inspection: Inspection
    index: int

    @property
    def document(self) -> Document:
        return self.inspection.documents[self.index]

    @property
    def findings(self) -> Sequence[Finding]:
        return self.inspection.findings[self.index]

    @property
    def is_stored(self) -> bool:
        """Whether the form is about the stored object that the draft was opened from."""
        origin = self.draft.origin_kind, self.draft.origin_name
        return bool(self.draft.origin_name) and origin == (self.document.kind, self.document.name)

    @property
    def is_begun(self) -> bool:
        """Whether something is set in the step."""
        return bool(self.step.summary(self.document.value))

    @property
    def shown_at_first(self) -> Sequence[Finding]:
        """Of a step in which nothing is set yet, only what can be fixed by a button: the rest is to come."""
        return self.findings if self.is_begun else [finding for finding in self.findings if finding.fix]

    @property
    def neighbours(self) -> tuple[str, str]:
        """The places before ("" for the first step) and after this one."""
        slugs: list[str] = list(STEPS)
        at = slugs.index(self.step.slug)
        return slugs[at - 1] if at else "", slugs[at + 1] if at + 1 < len(slugs) else REVIEW

    def bind(self, fields: Mapping[str, str] | None = None) -> BoundStep:
        """Raises BadInput for a forged row action."""
        return bind(
            self.step,
            self.document.value,
            fields,
            facts=self.context.facts,
            locate=self.document.locate,
            stored=self.is_stored,
        )

    def form(
        self, reason: Reason, bound: BoundStep, *, findings: Iterable[Finding] | None = None
    ) -> ShowForm:
        """The form as it was opened or sent. findings: to show at its fields, all of the document by default;
        those about the whole document belong to no field."""
        bound.attach([each for each in (self.findings if findings is None else findings) if each.path])
        return ShowForm(reason, bound, self.inspection, self.text)

    def typed_form(self, reason: Reason, bound: BoundStep) -> ShowForm:
        """The form with the findings of the manifest that its input makes, where it makes one."""
        with suppress(EditRefused):
            text = bound.typed(self.text, self.index)
            if text != self.text:
                return self.changed_form(reason, bound, inspect(text, self.context.facts), text)
        return self.form(reason, bound, findings=self.shown_at_first)

    def changed_form(self, reason: Reason, bound: BoundStep, after: Inspection, text: str) -> ShowForm:
        """The form with the findings of the manifest that it makes."""
        bound.attach([each for each in after.findings[self.index] if each.path], after=True)
        return ShowForm(reason, bound, after, text)


def text_of_form(draft: Draft, version: int) -> str:
    """The text that a form was made from. Raises Conflict where it is no longer kept."""
    try:
        return drafts.text_at(draft, version)
    except NotFound:
        raise Conflict(
            _(
                "The draft was changed too often since you opened this page, so the changes cannot be "
                "compared."
            ),
            way_out=_("Open the step again in another tab and copy your input there."),
            code="version-not-kept",
        ) from None


def chosen_daemonset(inspection: Inspection, asked: str) -> int | None:
    """The index of the DaemonSet that `asked` names, of the first for "". None where there is no DaemonSet.
    Raises NotFound."""
    if not asked or not inspection.daemonsets:
        return next(iter(inspection.daemonsets), None)
    if asked.isdecimal() and len(asked) < 9 and int(asked) in inspection.daemonsets:
        return int(asked)
    raise NotFound(
        _("The manifest no longer has a DaemonSet at this position."),
        way_out=_("Open the draft from the list of drafts."),
        code="no-such-document",
    )


def open_form(editor: StepEditor, at: str = "") -> ShowForm:
    """at: as `StepRequest.place`."""
    form = editor.form("opened", editor.bind(), findings=None if at else editor.shown_at_first)
    if at:
        form.bound.go_to(at)
    elif not editor.is_begun:
        form.bound.go_to_first_required()
    return form


def open_kept(editor: StepEditor, kept: DraftInput) -> ShowForm:
    """The form with what was typed there before, and why it is not in the draft's text. editor: at the
    version that the form was made from."""
    bound = editor.bind(kept.fields)
    if not bound.is_valid():
        return _unreadable(editor, bound)
    at = kept.saved or kept.version
    if editor.draft.version != at:
        return _conflict(editor, bound, at)
    try:
        bound.apply(editor.text, editor.index)
    except EditRefused as refused:
        return _refused(editor, bound, refused)
    return editor.typed_form("input-kept", bound)


def submit(editor: StepEditor, sent: StepRequest) -> GoTo | ShowForm:
    """Carry out the action of the pressed button.

    Raises BadInput for a forged button, and Conflict where SAVE_ON_TOP does not fit the draft.
    """
    if sent.action is StepAction.FORGET:
        drafts.drop_input(editor.draft, editor.step.slug, editor.index)
        return GoTo(editor.step.slug, editor.index)
    bound = editor.bind(sent.fields)
    if (at_once := _without_saving(editor, bound, sent)) is not None:
        return at_once
    try:
        typed = bound.apply(editor.text, editor.index)
        more, notices = _changes_of_button(editor, typed, sent)
        text = documents.edit(typed, editor.index, more) if more else typed
        if sent.action is StepAction.ADD_OBJECT:
            text, notices = with_object(text, sent.argument), (object_added(sent.argument),)
    except EditRefused as refused:
        return _refused(editor, bound, refused)
    after = inspect(text, editor.context.facts)
    done = _destination(editor, sent, notices)
    errors = _unseen_errors(editor, sent, after)
    if errors and _leaves_the_errors(editor, sent, done):
        shown = replace(editor.changed_form("new-errors", bound, after, text), new_errors=errors)
        return replace(shown, at_error=bound.go_to_first_error())
    # The input is a version of its own, so that undo takes back the effect of the button alone.
    texts, version, continues = [typed, text] if text != typed else [text], sent.at, bool(sent.saved)
    if sent.action is StepAction.SAVE_ON_TOP:
        version, continues = number(sent.argument), False
        texts = [_on_top(editor, bound, sent, version)]
    if text != editor.text or sent.saved:
        try:
            _save(editor.draft, texts, version, _new_project(editor, after), continues=continues)
        except Conflict:
            return _conflict(editor, bound, sent.at)
    _drop_input(editor, sent)
    return done


def _without_saving(editor: StepEditor, bound: BoundStep, sent: StepRequest) -> GoTo | ShowForm | None:
    """What the buttons do that do not save the form; why it cannot be saved; None: it can."""
    if bound.asks_for_more:
        return editor.typed_form("row-added", bound)
    if sent.action is StepAction.PREVIEW:
        return _preview(editor, bound)
    if sent.action is StepAction.UNDO:
        return _undo(editor, bound, sent)
    if not bound.is_valid():
        return _unreadable(editor, bound)
    if sent.action is StepAction.REDO and not bound.changes():
        return _redo(editor, bound, sent)
    problem = editor.context.problem
    if problem and sent.action is StepAction.APPLY_OFFER:
        # What the button changes depends on the nodes, which are unknown now.
        return replace(editor.form("store-unavailable", bound), problem=problem)
    return None


def _unseen_errors(editor: StepEditor, sent: StepRequest, after: Inspection) -> Sequence[Finding]:
    """The errors of the step that the page did not show when it was opened, nor stopped at before. On the way
    to the next step, also what was never filled in."""
    shown = editor.shown_at_first if sent.action is StepAction.NEXT else editor.findings
    errors = new_errors(shown, after.findings[editor.index], editor.step.slug)
    return errors if any(error.key not in sent.warned for error in errors) else ()


def _unreadable(editor: StepEditor, bound: BoundStep) -> ShowForm:
    shown = editor.form("input-unreadable", bound)
    return replace(shown, at_error=bound.go_to_first_error())


def _leaves_the_errors(editor: StepEditor, sent: StepRequest, to: GoTo) -> bool:
    """Whether the button leads away from the errors. YAML mode shows them, too."""
    leaves = to.place != YAML and (to.place, to.document) != (editor.step.slug, editor.index)
    return leaves and sent.action in (StepAction.NEXT, StepAction.GO)


def _preview(editor: StepEditor, bound: BoundStep) -> ShowForm:
    if bound.is_valid():
        try:
            text = bound.apply(editor.text, editor.index)
        except EditRefused as refused:
            shown = editor.form("preview", bound)
            return replace(shown, refusal=_finding_of(editor, refused))
        if text != editor.text:
            return editor.changed_form("preview", bound, inspect(text, editor.context.facts), text)
    return editor.form("preview", bound)


def _undo(editor: StepEditor, bound: BoundStep, sent: StepRequest) -> GoTo | ShowForm:
    """First what was typed on this page, then one save after the other. Redo brings back either."""
    here = editor.step.slug, editor.index
    try:
        if not bound.is_valid():
            drafts.keep_input(
                editor.draft,
                *here,
                fields=sent.fields,
                version=sent.version,
                saved=sent.saved,
                known=sent.kept,
                undone=True,
            )
            return GoTo(*here, notices=(input_undone(),))
        # What was typed after the last automatic save goes with it, and comes back with it.
        text = bound.apply(editor.text, editor.index)
        if undone := drafts.undo_typed(editor.draft, text, version=sent.at, saved=bool(sent.saved)):
            _drop_input(editor, sent)
        return GoTo(*here, notices=(undone_notice(undone),))
    except Conflict:
        return _conflict(editor, bound, sent.at)
    except EditRefused as refused:
        return _refused(editor, bound, refused)


def _drop_input(editor: StepEditor, sent: StepRequest) -> None:
    """What this page kept; another tab may have kept something else."""
    if sent.kept:
        drafts.drop_input(editor.draft, editor.step.slug, editor.index)


def _redo(editor: StepEditor, bound: BoundStep, sent: StepRequest) -> GoTo | ShowForm:
    here = editor.step.slug, editor.index
    try:
        drafts.redo_on(editor.draft, *here, version=sent.at)
    except Conflict:
        return _conflict(editor, bound, sent.at)
    return GoTo(*here, notices=(change_redone(),))


def _changes_of_button(
    editor: StepEditor, typed: str, sent: StepRequest
) -> tuple[Sequence[Change], tuple[Notice, ...]]:
    """What a button adds to the changes of the form. typed: the text with those. Raises BadInput."""
    if sent.action not in (StepAction.APPLY_OFFER, StepAction.PRESS):
        return (), ()
    value = documents.read(typed)[editor.index].value
    if sent.action is StepAction.APPLY_OFFER:
        context = editor.context
        changes = list(offered_changes(value, context.facts, context.capabilities, sent.argument))
        return changes, () if changes else (nothing_to_change(),)
    if sent.argument not in editor.step.buttons:
        raise unknown_action()
    return editor.step.buttons[sent.argument](value), ()


def _refused(editor: StepEditor, bound: BoundStep, refused: EditRefused) -> ShowForm:
    """The text cannot take the change in place: reported at the field, with its line."""
    finding = _finding_of(editor, refused)
    shown = editor.form("edit-refused", bound)
    bound.attach([finding], about_input=True)
    return replace(shown, refusal=finding)


def _finding_of(editor: StepEditor, refused: EditRefused) -> Finding:
    finding = Finding(refused.path, refused.template, source="text", params=refused.params, code=refused.code)
    return placed(editor.document, [finding])[0]


def _destination(editor: StepEditor, sent: StepRequest, notices: tuple[Notice, ...]) -> GoTo:
    slug = editor.step.slug
    match sent.action:
        case StepAction.NEXT | StepAction.NEXT_ANYWAY:
            return GoTo(editor.neighbours[1], editor.index)
        case StepAction.GO | StepAction.GO_ANYWAY:
            place, _colon, document = sent.argument.partition(":")
            return GoTo(place_of(place), number(document) if document else editor.index)
        case StepAction.SAVE:
            return GoTo(slug, editor.index, notices=(draft_saved(),))
        case StepAction.COPY_ROW | StepAction.ROW_UP | StepAction.ROW_DOWN | StepAction.REMOVE_ROW:
            # The page opens at the list that the row is in.
            return GoTo(slug, editor.index, anchor=f"r-{sent.argument.rpartition('-')[0]}")
    return GoTo(slug, editor.index, notices=notices)


@transaction.atomic
def _save(draft: Draft, texts: Iterable[str], version: int, project: str | None, *, continues: bool) -> None:
    """One after the other, all of them or none. Raises Conflict."""
    for text in texts:
        saved = drafts.save(draft, text, version=version, project=project, continues=continues)
        version, continues = saved.version, False


def _new_project(editor: StepEditor, after: Inspection) -> str | None:
    """The project to which the first step moves the draft."""
    namespace = after.documents[editor.index].namespace
    changed = editor.step.slug == STEPS[0] and namespace != editor.document.namespace
    return namespace if changed and namespace in editor.context.projects else None


# ---- two tabs ----


def _conflict(editor: StepEditor, bound: BoundStep, at: int) -> ShowForm:
    """at: the version that the form would have been saved over."""
    newest = drafts.fetch(editor.person, editor.draft.pk)
    mine = None
    with suppress(Misplaced, EditRefused, Conflict):
        mine = _diff(newest.text, _merged(editor, bound, at, newest))
    theirs = _diff(drafts.text_at(newest, at), newest.text)
    conflict = DraftConflict(newest.version, theirs, mine)
    return replace(editor.typed_form("draft-conflict", bound), conflict=conflict)


def _on_top(editor: StepEditor, bound: BoundStep, sent: StepRequest, version: int) -> str:
    """The text of the newer version with the changes of the form. Raises Conflict where they do not fit."""
    newest = drafts.fetch(editor.person, editor.draft.pk)
    if newest.version != version:
        return editor.text  # to save it is the next conflict
    try:
        return _merged(editor, bound, sent.at, newest)
    except (Misplaced, EditRefused):
        raise Conflict(
            _("Your changes do not fit the current version of the draft."), code="changes-do-not-fit"
        ) from None


def _merged(editor: StepEditor, bound: BoundStep, at: int, newest: Draft) -> str:
    """The text of `newest` with what the form changes in the version `at`. Raises Misplaced, EditRefused,
    Conflict."""
    before = drafts.text_at(editor.draft, at)
    if before == editor.text:
        return _rebased(editor, bound, newest)
    # Part of the input was saved while it was typed, and is in both.
    merged = documents.merge(before, bound.apply(editor.text, editor.index), newest.text)
    text = documents.choose(merged.text, "mine") if merged.conflicts else merged.text
    try:
        documents.read(text)
    except DocumentError:
        raise Misplaced(()) from None
    return text


def _rebased(editor: StepEditor, bound: BoundStep, newest: Draft) -> str:
    """Raises Misplaced, EditRefused, and Conflict where the newer version has no such DaemonSet."""
    inspection = inspect(newest.text)
    same = [d for d in inspection.daemonsets if inspection.documents[d].name == editor.document.name]
    index = next(iter(same), editor.index if editor.index in inspection.daemonsets else None)
    if index is None:
        raise Conflict(_("The draft no longer contains this DaemonSet."), code="daemonset-missing")
    changes = rebase(bound.changes(), editor.document.value, inspection.documents[index].value)
    return documents.edit(newest.text, index, changes) if changes else newest.text


def _diff(old: str, new: str) -> Sequence[DiffLine]:
    return secrets.diff_of(old, new, context=2)


# ---- a draft that a step has no form for ----


def add_or_modernise(draft: Draft, slug: str, sent: StepRequest) -> GoTo:
    """START or MODERNISE. Raises Conflict, NotFound."""
    index = chosen_daemonset(inspect(draft.text), sent.document)
    text = draft.text
    try:
        if sent.action is StepAction.START:
            text = bundle.add(text, drafts.blank(draft.project))
        elif index is not None:
            text = legacy.converted(text, index)
    except (DocumentError, EditRefused) as refused:
        return GoTo(YAML, notices=(Notice(refused.code, say(refused), "error"),))
    drafts.save(draft, text, version=sent.version)
    return GoTo(slug, index)
