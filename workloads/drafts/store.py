"""Drafts: texts that people are working on, kept until they are stored or discarded, and a day longer.

A draft belongs to its owner alone. Each save names the version it was read at, so that two tabs, or two
browsers, never overwrite each other unseen; the last `KEPT` former texts stay, for undo and for saying what
changed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import astuple
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from console.errors import Conflict, NotFound
from workloads import documents
from workloads.models import Draft, DraftText

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from workloads.stores.protocol import Ref, Stored

KEPT = 50
BASE = ("origin_version", "origin_text", "origin_api_version", "origin_kind", "origin_name")
"""What a draft is made against, in the order of `DraftText.base`."""
KEPT_FOR = dt.timedelta(days=1)
UNTOUCHED_FOR = dt.timedelta(days=1)


class Ended(NotFound):
    """The draft was stored or discarded, no longer ago than `KEPT_FOR`. `reopen` makes it one to write in."""

    status = 410

    def __init__(self, draft: Draft) -> None:
        super().__init__(_("This draft was stored.") if draft.stored_at else _("This draft was discarded."))
        self.draft = draft


def blank(project: str) -> str:
    """What a new draft says before anything is typed."""
    # A null name and not "": what replaces it then is written without quotes.
    return documents.to_yaml(
        {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": None, "namespace": project}}
    )


def create(owner: Any, cluster: str, project: str, text: str = "", *, origin: Stored | None = None) -> Draft:
    """A new draft: of `text`, else of the text of `origin` (the stored object to be edited), else blank."""
    sweep(owner)
    draft = Draft(owner=owner, cluster=cluster, project=project)
    if origin is not None:
        draft.origin_api_version, draft.origin_kind = origin.ref.api_version, origin.ref.kind
        draft.origin_name, draft.origin_version = origin.ref.name, origin.version
    draft.text = draft.origin_text = text or (origin.text if origin else blank(project))
    draft.save(force_insert=True)
    return draft


def fetch(owner: Any, id: UUID | str) -> Draft:
    """Raises Ended; NotFound, in the same words for a draft that is gone and for one that is another's."""
    try:
        return _open(Draft.objects.filter(pk=UUID(str(id)), owner=owner).first())
    except ValueError:
        raise _gone() from None


def _open(draft: Draft | None) -> Draft:
    if draft is None:
        raise _gone()
    if draft.stored_at or draft.discarded_at:
        raise Ended(draft)
    return draft


def save(
    draft: Draft, text: str, *, version: int, project: str | None = None, base: tuple[str, str] | None = None
) -> Draft:
    """Save over the text that was read at `version`; `project` moves the draft as well. base: the version and
    the text of the stored object that the draft is made against from now on; undo goes back on that too.

    The same text and project again is no new version. Raises Conflict (carrying the text that is there now
    and its version) where somebody saved in between, Ended where the draft was stored or discarded.
    Another base with the same text is a new version, to be undone like any.
    """
    return _write(draft, text, version=version, project=project, base=base)


def undo(draft: Draft, version: int) -> Draft:
    """Back to the text before the last change; again: one more back. Raises Conflict, NotFound."""
    now = fetch(draft.owner, draft.pk)
    if now.version != version:
        raise _stale(now)
    before = now.texts.filter(version=now.undo_to).first() if now.undo_to else None
    if before is None:
        raise NotFound(_("There is nothing to undo in this draft."))
    return _write(
        now,
        before.text,
        version=version,
        project=before.project,
        undo_to=before.undo_to,
        base=before.base,
    )


def move(draft: Draft, project: str, *, version: int) -> Draft:
    """Take the draft to another project, with every document that names the present one.

    What was opened from the old project is a new object in the other one. Raises Conflict, NotFound, and
    EditRefused or DocumentError where the text cannot be changed.
    """
    there = [(("metadata", "namespace"), project)]
    text = documents.edit_each(draft.text, lambda d: there if d.namespace == draft.project else [])
    base = ("", draft.origin_text, "", "", "") if draft.origin_name and project != draft.project else None
    return _write(draft, text, version=version, project=project, base=base)


def can_undo(draft: Draft) -> bool:
    return bool(draft.undo_to) and draft.texts.filter(version=draft.undo_to).exists()


def text_at(draft: Draft, version: int) -> str:
    """What the draft said at `version`. Raises NotFound for one that is not kept any more."""
    if version == draft.version:
        return draft.text
    text = draft.texts.filter(version=version).values_list("text", flat=True).first()
    if text is None:
        raise NotFound(
            _("What this draft said at version %(version)d is not kept any more.") % {"version": version}
        )
    return text


def opened(draft: Draft) -> bool:
    """Whether there was a text before the first change: a stored object's, or an imported one."""
    return bool(draft.origin_name) or draft.origin_text not in ("", blank(draft.project))


def discard(draft: Draft) -> None:
    """Take it out of the way; `recover` brings it back for as long as `KEPT_FOR`."""
    Draft.objects.filter(pk=draft.pk).update(discarded_at=timezone.now())


def recover(owner: Any, id: UUID | str) -> Draft:
    """Raises NotFound."""
    draft = discarded(owner).filter(pk=id).first()
    if draft is None:
        raise _gone()
    Draft.objects.filter(pk=draft.pk).update(discarded_at=None)
    return draft


def close(draft: Draft, made: Sequence[tuple[Ref, str]] = ()) -> bool:
    """What it says has been stored: as the objects `made`, each with its version there.

    What another tab saved meanwhile has not been stored, and stays a draft: then False, and the caller says
    which of the objects it is about (`adopt`)."""
    stored_as = [[*astuple(ref), version] for ref, version in made]
    now = Draft.objects.filter(pk=draft.pk, version=draft.version)
    return bool(now.update(stored_at=timezone.now(), stored_as=stored_as))


def reopen(owner: Any, id: UUID) -> Draft:
    """A draft that was stored or discarded becomes one to write in again, with all its former texts, so that
    what another tab holds of it can be saved on top. Raises NotFound."""
    draft = Draft.objects.filter(pk=id, owner=owner).first()
    if draft is None:
        raise _gone()
    Draft.objects.filter(pk=draft.pk).update(stored_at=None, discarded_at=None)
    return draft


def adopt(draft: Draft, ref: Ref | None, version: str = "", text: str = "") -> None:
    """From now on it is about the stored object that said `text` at `version`; None: about a new one."""
    draft.origin_api_version, draft.origin_kind = (ref.api_version, ref.kind) if ref else ("", "")
    draft.origin_name, draft.origin_version = (ref.name, version) if ref else ("", "")
    draft.origin_text = text
    draft.save(update_fields=BASE)


def listed(owner: Any) -> QuerySet[Draft]:
    """The person's drafts, newest first; those in which nothing was ever typed are not worth a line."""
    return Draft.objects.filter(owner=owner, discarded_at=None, stored_at=None).exclude(_untouched(owner))


def discarded(owner: Any) -> QuerySet[Draft]:
    """Those that can still be brought back, the last first."""
    since = timezone.now() - KEPT_FOR
    return Draft.objects.filter(owner=owner, discarded_at__gte=since).order_by("-discarded_at")


def sweep(owner: Any) -> None:
    """Delete what a person stored, discarded or never typed into, but not what may still be open or wanted
    back."""
    mine, before = Draft.objects.filter(owner=owner), timezone.now() - KEPT_FOR
    mine.filter(Q(discarded_at__lt=before) | Q(stored_at__lt=before)).delete()
    mine.filter(_untouched(owner), updated_at__lt=timezone.now() - UNTOUCHED_FOR).delete()


def _untouched(owner: Any) -> Q:
    # Asked by every page, for the number in its side: no text may have to be fetched for it.
    new = Q(version=1, origin_name="")
    projects = Draft.objects.filter(new, owner=owner).order_by().values_list("project", flat=True).distinct()
    return new & Q(text__in=[blank(project) for project in projects])


def _write(
    draft: Draft,
    text: str,
    *,
    version: int,
    project: str | None,
    undo_to: int | None = None,
    base: Sequence[str] | None = None,
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
        DraftText.objects.create(
            draft=now,
            version=now.version,
            undo_to=now.undo_to,
            project=now.project,
            text=now.text,
            base=former if rebased else None,
        )
        for field, value in zip(BASE, base or (), strict=False):  # mostly the object stays the same one
            setattr(now, field, value)
        now.text, now.project, now.version = text, project, version + 1
        now.undo_to = version if undo_to is None else undo_to
        now.save(update_fields=["text", "project", "version", "undo_to", *BASE, "updated_at"])
        now.texts.filter(version__lte=version - KEPT).delete()
    return now


def _gone() -> NotFound:
    return NotFound(
        _("There is no such draft: it was stored or discarded, or it is somebody else's."),
        way_out=_("The list of drafts shows the ones you have, and what you discarded today."),
    )


def _stale(now: Draft) -> Conflict:
    return Conflict(
        _("This draft was changed in another tab or browser in the meantime."),
        theirs=now.text,
        version=str(now.version),
    )
