"""Restore a former revision of an object, or an object that was deleted."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from console.errors import Conflict, NotFound
from workloads.stores import notes
from workloads.stores.protocol import Applied, Ref, Revision, Store, Write, all_applied


def revision_of(store: Store, ref: Ref, number: int) -> Revision:
    """Raises NotFound, Forbidden."""
    found = next((revision for revision in store.history(ref) if revision.number == number), None)
    if found is None:
        raise NotFound(
            _("%(object)s has no revision %(number)d.") % {"number": number, "object": ref},
            code="no-revision",
        )
    return found


def restore_revision(store: Store, ref: Ref, number: int, *, base: str, why: str = "") -> Applied:
    """Store the manifest of revision `number` again, over version `base` ("": the object is deleted).

    What was there before may come back though a quota is full by now: its history says so. Raises NotFound,
    Conflict, Invalid, Forbidden.
    """
    revision = revision_of(store, ref, number)
    restored = notes.RESTORED % {"number": number}
    why = why or (restored if base else notes.RESTORED_DELETED)
    return _put_back(store, ref, revision.text, base, why)


def undelete(store: Store, refs: Iterable[Ref]) -> None:
    """Store again what these objects were when they were deleted, all or none.

    Raises Conflict where one of them exists again or has no history, and what else the store refuses with.
    """
    with store.transaction():
        for ref in refs:
            last = next(iter(store.history(ref)), None)
            if last is None or not last.deleted:
                raise Conflict(_("%(object)s exists again.") % {"object": ref}, code="exists-again")
            _put_back(store, ref, last.text, "", notes.UNDONE)


def _put_back(store: Store, ref: Ref, text: str, base: str, why: str) -> Applied:
    [applied] = all_applied(store.apply_all([Write(text, ref.project, base, beyond_quota=True)], why=why))
    return applied
