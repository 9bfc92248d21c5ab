"""Edit a draft in YAML mode: what its posted text and the pressed button do to it; files to import."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, TypeAlias

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.errors import BadInput, Conflict, ConsoleError, NotFound, TooLarge
from workloads.daemonsets.manifest.legacy import converted
from workloads.daemonsets.project.facts import ProjectFacts
from workloads.daemonsets.rules.inspection import Inspection, inspect
from workloads.documents import (
    LIMITS,
    BrokenDocument,
    DiffLine,
    DocumentError,
    EditRefused,
    blanked,
    broken_documents,
    bundle,
    decode,
    merge,
    read,
    without,
)
from workloads.drafts import starters
from workloads.drafts import store as drafts
from workloads.models import Draft
from workloads.services.draft_outcomes import (
    YAML,
    GoTo,
    Notice,
    change_redone,
    draft_saved,
    nothing_to_change,
    number,
    place_of,
    undone_notice,
)
from workloads.services.merge import choose_side
from workloads.services.missing_objects import with_object
from workloads.services.translation import say
from workloads.stores import secrets


class TextAction(StrEnum):
    """What a button of YAML mode does: its `op`, without the argument after the colon."""

    SAVE = "save"
    GO = "go"
    """argument: one of PLACES, or `<place>:<document>`"""
    CHECK = "check"
    COMPLETE = "complete"
    APPEND = "append"
    MERGE = "merge"
    KEEP = "keep"
    """Save what was typed so far, as `autosave` does"""
    FORGET = "forget"
    """Drop what was typed and is not in the draft's text"""
    UNDO = "undo"
    REDO = "redo"
    REMOVE = "remove"
    """argument of this and the next ones: index of a document"""
    UP = "up"
    DOWN = "down"
    SPLIT = "split"
    MODERNISE = "modernise"
    ADD = "add"
    """argument: a kind of `starters`"""
    ADD_OBJECT = "object"
    """Add an object that a DaemonSet names. argument: of `missing_objects.addable`"""
    CONFLICT = "conflict"
    """argument: `<number of the conflict>:<side>`"""
    CONVERT = "convert"
    """argument: json or yaml"""
    SET_ASIDE = "aside"
    """Move the documents that cannot be read to drafts of their own"""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file. size: in bytes; content: None where it is larger than the limit, and was not read."""

    name: str
    size: int
    content: bytes | None


@dataclass(frozen=True, slots=True)
class TextRequest:
    """A posted text.

    version: of the draft that the editor was opened with. saved: the version that the page saved last while
    it was typed into, 0 for none; kept: the primary key of its DraftInput, 0 for none. base: the version that
    the text was made from, for MERGE. document: the index that the page was opened for, "" for none; cursor:
    the line that the cursor is in, 0 without JavaScript.
    """

    action: TextAction
    argument: str
    text: str
    version: int
    saved: int = 0
    kept: int = 0
    base: int = 0
    document: str = ""
    cursor: int = 0
    files: Sequence[Upload] = ()

    @property
    def at(self) -> int:
        """The version of the draft to save over."""
        return self.saved or self.version


Reason: TypeAlias = Literal["opened", "draft-conflict", "refused", "unreadable"]


@dataclass(frozen=True, slots=True)
class ShowEditor:
    """Show the editor with `text`.

    version: the one to save over. base: after a conflict, the version that the text was made from. kept: the
    primary key of the DraftInput that the text is from, 0 for none. status: of the response. notices: why the
    action was refused.
    """

    reason: Reason
    draft: Draft
    text: str
    version: int
    base: int = 0
    kept: int = 0
    status: int = 200
    notices: tuple[Notice, ...] = ()


_NONE: tuple[Notice, ...] = ()


def open_editor(draft: Draft) -> ShowEditor:
    """With the text of the draft, or the one that was typed while another tab changed the draft."""
    kept = drafts.kept_input(draft, YAML)
    if kept is None:
        return ShowEditor("opened", draft, draft.text, draft.version)
    text, base = kept.fields.get("text", ""), kept.saved or kept.version
    return ShowEditor("draft-conflict", draft, text, draft.version, base=base, kept=kept.pk)


def submit(draft: Draft, sent: TextRequest) -> GoTo | ShowEditor:
    """Save the text, then do what the button asks for. Raises BadInput for a forged button."""
    text, notices = sent.text, _NONE
    try:
        check_size(text)
        if sent.action is TextAction.FORGET:
            drafts.drop_input(draft, YAML)
            return GoTo(YAML)
        if sent.action is TextAction.UNDO:
            return _undo(draft, sent)
        if sent.action is TextAction.REDO and text == draft.text:
            drafts.redo_on(draft, YAML, version=sent.at)
            return GoTo(YAML, notices=(change_redone(),))
        if sent.action is TextAction.MERGE:
            text = merge(drafts.text_at(draft, sent.base), text, drafts.text_at(draft, sent.at)).text
        elif sent.action is TextAction.APPEND:
            text, notices = with_files(text, sent.files)
        draft = drafts.save(draft, text, version=sent.at, continues=bool(sent.saved))
    except Conflict:
        newest = drafts.fetch(draft.owner, draft.pk)
        return ShowEditor(
            "draft-conflict",
            newest,
            text,
            newest.version,
            base=sent.at,
            kept=sent.kept,
            status=409,
            notices=notices,
        )
    except (BadInput, TooLarge) as refused:
        return _refused(draft, sent, refused)
    if sent.kept:
        drafts.drop_input(draft, YAML)
    if sent.action is TextAction.GO:
        return _go(draft, sent)
    if sent.action is TextAction.SET_ASIDE:
        return _set_aside(draft)
    if sent.action in (TextAction.SAVE, TextAction.APPEND, TextAction.MERGE, TextAction.REDO):
        return _saved(draft, sent, notices)
    return _rewrite(draft, sent)


def _undo(draft: Draft, sent: TextRequest) -> GoTo:
    """First what was typed, then one save after the other. Raises Conflict."""
    # What was typed after the last automatic save goes with it, and comes back with it.
    undone = drafts.undo_typed(draft, sent.text, version=sent.at, saved=bool(sent.saved))
    return GoTo(YAML, notices=(undone_notice(undone),))


def _refused(draft: Draft, sent: TextRequest, refused: ConsoleError) -> ShowEditor:
    notice = Notice(refused.code, refused.message, "error")
    return ShowEditor(
        "refused", draft, sent.text, sent.at, kept=sent.kept, status=refused.status, notices=(notice,)
    )


def _saved(draft: Draft, sent: TextRequest, notices: tuple[Notice, ...]) -> GoTo | ShowEditor:
    inspection = inspect(draft.text)
    if _is_broken(draft, inspection):
        return _unreadable(draft, notices)
    document = None
    if len(inspection.documents) > 1 and not sent.cursor:  # with a cursor the editor returns to it by itself
        document = asked_daemonset(inspection, sent.document)
    return GoTo(YAML, document, notices=(*notices, draft_saved()))


def _go(draft: Draft, sent: TextRequest) -> GoTo | ShowEditor:
    inspection = inspect(draft.text)
    if _is_broken(draft, inspection):
        return _unreadable(draft)
    place, _colon, document = sent.argument.partition(":")
    if place == YAML:
        return _saved(draft, sent, ())
    index = number(document) if document else _document_at(inspection, draft.text, sent.cursor)
    several = len(inspection.daemonsets) > 1
    if not (several and index in inspection.daemonsets):
        index = asked_daemonset(inspection, sent.document)
    return GoTo(place_of(place), index)


def _is_broken(draft: Draft, inspection: Inspection) -> bool:
    return bool(inspection.error and draft.text.strip())


def _unreadable(draft: Draft, notices: tuple[Notice, ...] = ()) -> ShowEditor:
    return ShowEditor("unreadable", draft, draft.text, draft.version, status=422, notices=notices)


def asked_daemonset(inspection: Inspection, asked: str) -> int | None:
    """The one of several DaemonSets that the page was opened for."""
    found = next((d for d in inspection.daemonsets if str(d) == asked), None)
    return found if len(inspection.daemonsets) > 1 else None


def _document_at(inspection: Inspection, text: str, line: int) -> int | None:
    """The index of the document that a line is in."""
    documents = reversed(inspection.documents)
    return next((each.index for each in documents if text.count("\n", 0, each.start) < line), None)


def _rewrite(draft: Draft, sent: TextRequest) -> GoTo | ShowEditor:
    """A button that rewrites the saved text. Where it is refused, nothing changes."""
    try:
        text = rewritten(draft.text, sent.action, sent.argument)
    except (DocumentError, EditRefused) as refused:
        notice = Notice(refused.code, say(refused), "error")
        return ShowEditor("refused", draft, draft.text, draft.version, status=422, notices=(notice,))
    drafts.save(draft, text, version=draft.version)
    added = sent.action in (TextAction.ADD, TextAction.ADD_OBJECT)
    return GoTo(YAML, line=read(text)[-1].line if added else 0)


@transaction.atomic
def _set_aside(draft: Draft) -> GoTo:
    """The readable documents stay; each of the others is a draft of its own, to be fixed later."""
    broken = broken_documents(draft.text)
    if not broken:
        return GoTo(YAML, notices=(nothing_to_change(),))
    for part in broken:
        text = draft.text[part.start : part.end].removeprefix("---").lstrip("\r\n")
        drafts.create(draft.owner, draft.cluster, draft.project, text)
    drafts.save(draft, without(draft.text, broken), version=draft.version)
    n = len(broken)
    text = ngettext(
        "%(n)d document that cannot be read is now a draft of its own.",
        "%(n)d documents that cannot be read are now drafts of their own.",
        n,
    )
    return GoTo(YAML, notices=(Notice("set-aside", text % {"n": n}),))


@dataclass(frozen=True, slots=True)
class Readable:
    """What can be read of a text with broken documents, and those."""

    inspection: Inspection
    broken: Sequence[BrokenDocument]


def readable(text: str, facts: ProjectFacts) -> Readable | None:
    """None where no other document can be read."""
    broken = broken_documents(text)
    return Readable(inspect(blanked(text, broken), facts), broken) if broken else None


def rewritten(text: str, action: TextAction, argument: str) -> str:
    """Raises BadInput, DocumentError, EditRefused."""
    match action:
        case TextAction.ADD:
            return bundle.add(text, starters.starter(argument))
        case TextAction.ADD_OBJECT:
            return with_object(text, argument)
        case TextAction.CONFLICT:
            return choose_side(text, argument)
        case TextAction.CONVERT:
            return bundle.convert(text, "json" if argument == "json" else "yaml")
    index = number(argument)
    match action:
        case TextAction.REMOVE:
            return bundle.remove(text, index)
        case TextAction.UP:
            return bundle.move(text, index, index - 1)
        case TextAction.DOWN:
            return bundle.move(text, index, index + 1)
        case TextAction.SPLIT:
            return bundle.unlist(text, index)
        case TextAction.MODERNISE:
            return converted(text, index)
    raise AssertionError(action)


def changes_since(draft: Draft, base: int, text: str) -> tuple[bool, Sequence[DiffLine]]:
    """Whether version `base` is still kept, and what was saved since; else what `text` would change."""
    try:
        return True, secrets.diff_of(drafts.text_at(draft, base), draft.text)
    except NotFound:
        return False, secrets.diff_of(draft.text, text)


# ---- files ----


NAMED = 5
"""Unreadable files beyond this many are only counted."""


def with_files(text: str, files: Iterable[Upload]) -> tuple[str, tuple[Notice, ...]]:
    """The text with the files after it, as one bundle, and which of these parts cannot be read: the page
    knows only lines of the bundle. Raises BadInput, TooLarge."""
    parts = [(_("The pasted text"), text)]
    for file in files:
        if file.content is None:
            raise TooLarge(_("“%(name)s” is larger than 2 MB.") % {"name": file.name})
        try:
            parts.append((file.name, decode(file.content).removeprefix("\ufeff")))
        except DocumentError as error:
            raise BadInput(f"{file.name}: {say(error)}", code=error.code) from error
    parts = [(name, part) for name, part in parts if part.strip()]
    joined = bundle.join([part for _name, part in parts])
    check_size(joined)
    return joined, _unreadable_parts(parts) if len(parts) > 1 else ()


def import_text(text: str, files: Iterable[Upload]) -> tuple[str, tuple[Notice, ...]]:
    """As `with_files`, for a new draft. Raises BadInput, TooLarge."""
    joined, notices = with_files(text, files)
    if not joined.strip():
        raise BadInput(_("The manifest is empty. There is nothing to import."), code="nothing-to-import")
    return joined, notices


def check_size(text: str) -> None:
    """Raises TooLarge."""
    if len(text.encode()) > LIMITS.size:
        raise TooLarge(_("The manifest is larger than 2 MB. Import it in parts."))


def _unreadable_parts(parts: Sequence[tuple[str, str]]) -> tuple[Notice, ...]:
    notices = []
    for name, part in parts:
        try:
            read(part)
        except DocumentError as error:
            at = _("%(name)s, line %(line)d") % {"name": name, "line": error.line} if error.line else name
            notices.append(Notice(error.code, f"{at}: {say(error)}", "error"))
    if len(notices) > NAMED:
        more = len(notices) - NAMED
        counted = ngettext("%(n)d more file cannot be read.", "%(n)d more files cannot be read.", more)
        notices[NAMED:] = [Notice("more-unreadable-files", counted % {"n": more}, "error")]
    return tuple(notices)
