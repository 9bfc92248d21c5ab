"""Drafts: manifests that people are working on, kept until they are stored or discarded, and a day longer.

A draft belongs to its owner alone. Each save names the version it was read at, so that two tabs or browsers
never overwrite each other unnoticed. The last `KEPT` earlier versions stay, for undo and to show what
changed. What is saved during one burst of typing is one version for undo.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import astuple
from typing import TYPE_CHECKING, Literal, TypeAlias
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from console.errors import Conflict, NotFound
from workloads import documents
from workloads.models import Draft, DraftInput, DraftText

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from console.accounts.access import Person
    from workloads.stores.protocol import Ref, Stored

KEPT = 50
KEPT_PASSING = 20
"""This many versions stay of those that typing replaced: another tab may have been opened at one."""
BURST = dt.timedelta(minutes=1)
"""Typing that goes on after a longer pause is another change for undo."""
BASE = ("origin_version", "origin_text", "origin_api_version", "origin_kind", "origin_name")
"""The fields that say what stored object a draft is based on, in the order of `DraftText.base`."""
KEPT_FOR = dt.timedelta(days=1)
UNTOUCHED_FOR = dt.timedelta(days=1)


class DraftEnded(NotFound):
    """The draft was stored or discarded, no longer ago than `KEPT_FOR`. `reopen` opens it again."""

    status = 410

    def __init__(self, draft: Draft) -> None:
        if draft.stored_at:
            super().__init__(_("This draft was stored."), code="draft-stored")
        else:
            super().__init__(_("This draft was discarded."), code="draft-discarded")
        self.draft = draft


def blank(project: str) -> str:
    """The text of a new draft before anything is typed."""
    # A null name and not "": then its replacement is written without quotes.
    return documents.to_yaml(
        {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": None, "namespace": project}}
    )


def create(
    owner: Person,
    cluster: str,
    project: str,
    text: str = "",
    *,
    origin: Stored | None = None,
    touched: bool | None = None,
) -> Draft:
    """A new draft of `text`, else of the text of `origin` (the stored object to edit), else blank.

    touched: whether it is worth keeping as it is; only where there is a `text` by default."""
    sweep(owner)
    draft = Draft(owner_id=owner.pk, cluster=cluster, project=project)
    draft.touched = bool(text) if touched is None else touched
    if origin is not None:
        draft.origin_api_version, draft.origin_kind = origin.ref.api_version, origin.ref.kind
        draft.origin_name, draft.origin_version = origin.ref.name, origin.version
    draft.text = draft.origin_text = text or (origin.text if origin else blank(project))
    draft.save(force_insert=True)
    return draft


def fetch(owner: Person, id: UUID | str) -> Draft:
    """Raises DraftEnded; NotFound, the same for a draft that no longer exists and for someone else's."""
    try:
        return _open(Draft.objects.filter(pk=UUID(str(id)), owner_id=owner.pk).first())
    except ValueError:
        raise _not_found() from None


def _open(draft: Draft | None) -> Draft:
    if draft is None:
        raise _not_found()
    if draft.stored_at or draft.discarded_at:
        raise DraftEnded(draft)
    return draft


def save(
    draft: Draft,
    text: str,
    *,
    version: int,
    project: str | None = None,
    base: tuple[str, str] | None = None,
    continues: bool = False,
) -> Draft:
    """Save over the text that was read at `version`.

    project: moves the draft there as well. base: (version, text) of the stored object that the draft is based
    on from now on; undo reverts that too. continues: `version` was saved while the same page was typed into,
    and undo takes both back at once. The same text, project and base is no new version.
    Raises Conflict (with the current text and its version) if someone saved in between, DraftEnded if the
    draft was stored or discarded.
    """
    return _write(draft, text, version=version, project=project, base=base, continues=continues)


def undo(draft: Draft, version: int) -> Draft:
    """Back to the text before the last change; again: one more step back. Raises Conflict, NotFound."""
    now = _current(draft, version)
    before = now.texts.filter(version=now.undo_to).first() if now.undo_to else None
    if before is None:
        raise NotFound(_("There is nothing to undo in this draft."), code="nothing-to-undo")
    return _return_to(now, before, redo_to=version)


Undone: TypeAlias = Literal["typed", "earlier"]


def undo_typed(draft: Draft, text: str, *, version: int, saved: bool) -> Undone | None:
    """Undo what was typed on a page, else the last change before that.

    text: what the page has now, made from `version`. saved: the page has saved something while it was typed
    into. None, and nothing is undone, where another tab changed the draft and the page has nothing of its
    own. Raises Conflict, NotFound.
    """
    is_typed = text != text_at(draft, version)
    if not is_typed and fetch(draft.owner, draft.pk).version != version:
        return None
    now = save(draft, text, version=version, continues=saved)
    undo(now, now.version)
    return "typed" if is_typed or saved else "earlier"


def redo_on(draft: Draft, page: str, document: int = 0, *, version: int) -> None:
    """Bring back what was undone on a page last: input that could not go into the text, or a change of it.
    Raises Conflict, NotFound."""
    now = _current(draft, version)
    undone = undone_input(now, page, document)
    if undone is None:
        redo(now, version)
        return
    # It goes over the text of now, which is the same as then.
    if undone.saved:
        undone.saved = version
    else:
        undone.version = version
    undone.undone = False
    undone.save()


def redo(draft: Draft, version: int) -> Draft:
    """Back to the text before the last undo, if nothing was changed since. Raises Conflict, NotFound."""
    now = _current(draft, version)
    undone = now.texts.filter(version=now.redo_to).first() if now.redo_to else None
    if undone is None:
        raise NotFound(_("There is nothing to redo in this draft."), code="nothing-to-redo")
    return _return_to(now, undone, redo_to=undone.redo_to)


def _current(draft: Draft, version: int) -> Draft:
    now = fetch(draft.owner, draft.pk)
    if now.version != version:
        raise _stale(now)
    return now


def _return_to(now: Draft, text: DraftText, *, redo_to: int) -> Draft:
    return _write(
        now,
        text.text,
        version=now.version,
        project=text.project,
        base=text.base,
        undo_to=text.undo_to,
        redo_to=redo_to,
    )


def move(draft: Draft, project: str, *, version: int) -> Draft:
    """Move the draft to another project, with every document that names the current one.

    An object that was opened from the old project is a new one in the other. Raises Conflict, NotFound, and
    EditRefused or DocumentError where the text cannot be changed.
    """
    to_project = [(("metadata", "namespace"), project)]
    text = documents.edit_each(draft.text, lambda d: to_project if d.namespace == draft.project else [])
    base = ("", draft.origin_text, "", "", "") if draft.origin_name and project != draft.project else None
    return _write(draft, text, version=version, project=project, base=base)


def rebase(draft: Draft, text: str, base: tuple[str, str]) -> Draft:
    """Save the draft on top of another version of its object, `base`: (version, text). For undo and redo that
    is no change of its own: they go where they would have gone. Raises Conflict, DraftEnded."""
    with transaction.atomic():
        now = _current(draft, draft.version)
        beside = now.texts.filter(version__in=(now.undo_to, now.redo_to), base__isnull=True)
        beside.update(base=[getattr(now, field) for field in BASE])
        return _write(
            now,
            text,
            version=now.version,
            project=None,
            base=base,
            undo_to=now.undo_to,
            redo_to=now.redo_to,
        )


def can_undo(draft: Draft) -> bool:
    return bool(draft.undo_to) and draft.texts.filter(version=draft.undo_to).exists()


def can_redo(draft: Draft) -> bool:
    return bool(draft.redo_to) and draft.texts.filter(version=draft.redo_to).exists()


def text_at(draft: Draft, version: int) -> str:
    """The text of the draft at `version`. Raises NotFound for one that is no longer kept."""
    if version == draft.version:
        return draft.text
    text = draft.texts.filter(version=version).values_list("text", flat=True).first()
    if text is None:
        raise NotFound(
            _("Version %(version)d of this draft is no longer kept.") % {"version": version},
            code="version-not-kept",
        )
    return text


def opened(draft: Draft) -> bool:
    """Whether it started from a text: a stored object's, or an imported one."""
    return bool(draft.origin_name) or draft.origin_text not in ("", blank(draft.project))


def discard(draft: Draft) -> None:
    """Discard it; `recover` restores it within `KEPT_FOR`."""
    Draft.objects.filter(pk=draft.pk).update(discarded_at=timezone.now())


def recover(owner: Person, id: UUID | str) -> Draft:
    """Raises NotFound."""
    draft = discarded(owner).filter(pk=id).first()
    if draft is None:
        raise _not_found()
    Draft.objects.filter(pk=draft.pk).update(discarded_at=None)
    return draft


def close(draft: Draft, made: Sequence[tuple[Ref, str]] = ()) -> bool:
    """Its text was stored as the objects `made`, (ref, version) each.

    False, and it stays a draft, if another tab saved in the meantime, as that was not stored; the caller then
    says which of the objects it is about (`adopt`)."""
    stored_as = [[*astuple(ref), version] for ref, version in made]
    now = Draft.objects.filter(pk=draft.pk, version=draft.version)
    return bool(now.update(stored_at=timezone.now(), stored_as=stored_as))


def reopen(owner: Person, id: UUID) -> Draft:
    """Open a stored or discarded draft again, with all its earlier versions, so that another tab can save to
    it. Raises NotFound."""
    draft = Draft.objects.filter(pk=id, owner_id=owner.pk).first()
    if draft is None:
        raise _not_found()
    Draft.objects.filter(pk=draft.pk).update(stored_at=None, discarded_at=None)
    return draft


def adopt(draft: Draft, ref: Ref | None, version: str = "", text: str = "") -> None:
    """From now on it edits the stored object whose text at `version` is `text`; None: a new object."""
    draft.origin_api_version, draft.origin_kind = (ref.api_version, ref.kind) if ref else ("", "")
    draft.origin_name, draft.origin_version = (ref.name, version) if ref else ("", "")
    draft.origin_text = text
    draft.save(update_fields=BASE)


def listed(owner: Person) -> QuerySet[Draft]:
    """The person's drafts, newest first, without those in which nothing was ever typed."""
    return unfinished(owner).filter(touched=True)


def unfinished(owner: Person) -> QuerySet[Draft]:
    """The person's drafts, newest first, touched or not."""
    return Draft.objects.filter(owner_id=owner.pk, discarded_at=None, stored_at=None)


def discarded(owner: Person) -> QuerySet[Draft]:
    """Those that can still be restored, the latest first."""
    since = timezone.now() - KEPT_FOR
    return Draft.objects.filter(owner_id=owner.pk, discarded_at__gte=since).order_by("-discarded_at")


def sweep(owner: Person) -> None:
    """Delete the person's drafts that were stored, discarded or never typed into, but not those that may
    still be open or be restored."""
    mine = Draft.objects.filter(owner_id=owner.pk)
    mine.filter(long_ended()).delete()
    mine.filter(touched=False, updated_at__lt=timezone.now() - UNTOUCHED_FOR).delete()


def long_ended() -> Q:
    """The drafts that can no longer be reopened or restored."""
    before = timezone.now() - KEPT_FOR
    return Q(discarded_at__lt=before) | Q(stored_at__lt=before)


# ---- what cannot go into the text yet ----


def kept_input(draft: Draft, page: str, document: int = 0) -> DraftInput | None:
    """What was typed on a page of the draft and is not in its text."""
    return draft.inputs.filter(page=page, document=document, undone=False).first()


def pages_with_input(draft: Draft) -> set[tuple[str, int]]:
    """(page, document) of everything that was typed and is not in the draft's text."""
    return set(draft.inputs.filter(undone=False).values_list("page", "document"))


def undone_input(draft: Draft, page: str, document: int = 0) -> DraftInput | None:
    """What was typed on a page, could not go into the text, and was undone, if the text is as it was then."""
    undone = draft.inputs.filter(page=page, document=document, undone=True).first()
    if undone is None:
        return None
    try:
        return undone if text_at(draft, undone.saved or undone.version) == draft.text else None
    except NotFound:
        return None


def keep_input(
    draft: Draft,
    page: str,
    document: int = 0,
    *,
    fields: Mapping[str, str],
    version: int,
    saved: int = 0,
    known: int = 0,
    undone: bool = False,
) -> DraftInput:
    """Keep what was typed on a page. known: the primary key of what the page kept before, 0 for nothing.
    undone: it was taken back, and is kept for `redo_on`. Raises Conflict where another tab has kept
    something for the same page, DraftEnded."""
    with transaction.atomic():
        now = _open(Draft.objects.select_for_update().filter(pk=draft.pk).first())
        kept = now.inputs.filter(page=page, document=document).first()
        if kept and kept.pk != known and not kept.undone:
            raise Conflict(
                _("Another tab or browser has unsaved input for this page of the draft."), code="other-input"
            )
        kept = kept or DraftInput(draft=now, page=page, document=document)
        kept.fields, kept.version, kept.saved, kept.undone = dict(fields), version, saved, undone
        kept.save()
        now.touched = True
        now.save(update_fields=["touched", "updated_at"])
    return kept


def drop_input(draft: Draft, page: str, document: int = 0) -> None:
    draft.inputs.filter(page=page, document=document).delete()


# ---- writing ----


def _write(
    draft: Draft,
    text: str,
    *,
    version: int,
    project: str | None,
    base: Sequence[str] | None = None,
    undo_to: int | None = None,
    redo_to: int = 0,
    continues: bool = False,
) -> Draft:
    with transaction.atomic():  # SQLite locks here (IMMEDIATE), others at the row
        now = _open(Draft.objects.select_for_update().filter(pk=draft.pk).first())
        if now.version != version:
            raise _stale(now)
        project = now.project if project is None else project
        former = [getattr(now, field) for field in BASE]
        rebased = base is not None and list(base) != former[: len(base)]
        if text == now.text and project == now.project and not rebased:
            return now
        passing = continues and not rebased and timezone.now() - now.updated_at < BURST
        DraftText.objects.create(
            draft=now,
            version=now.version,
            undo_to=now.undo_to,
            redo_to=now.redo_to,
            project=now.project,
            text=now.text,
            base=former if rebased else None,
            passing=passing,
        )
        for field, value in zip(BASE, base or (), strict=False):  # usually the object stays the same
            setattr(now, field, value)
        if undo_to is None:
            undo_to = now.undo_to if passing else version
        now.text, now.project, now.version, now.touched = text, project, version + 1, True
        now.undo_to, now.redo_to = undo_to, redo_to
        changed = ["text", "project", "version", "undo_to", "redo_to", "touched", *BASE, "updated_at"]
        now.save(update_fields=changed)
        _forget_old(now)
    return now


def _forget_old(draft: Draft) -> None:
    """But not what a form that is kept was made from."""
    needed = {version for pair in draft.inputs.values_list("version", "saved") for version in pair}
    for passing, most in ((False, KEPT), (True, KEPT_PASSING)):
        rows = draft.texts.filter(passing=passing).order_by("-version")
        old = [version for version in rows.values_list("version", flat=True)[most:] if version not in needed]
        if old:
            draft.texts.filter(version__in=old).delete()


def _not_found() -> NotFound:
    return NotFound(
        _("Draft not found: it was stored or discarded, or it belongs to someone else."),
        way_out=_("The list of drafts shows your drafts, and those you discarded today."),
        code="no-draft",
    )


def _stale(now: Draft) -> Conflict:
    return Conflict(
        _("This draft was changed in another tab or browser in the meantime."),
        theirs=now.text,
        version=str(now.version),
        code="stale-draft",
    )
