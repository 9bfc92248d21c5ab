"""Restore a former revision of an object, or an object that was deleted."""

from __future__ import annotations

from django.utils.translation import gettext as _

from console.errors import NotFound
from workloads.stores.protocol import Applied, Ref, Revision, Store


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

    Raises NotFound, Conflict, Invalid, Forbidden.
    """
    revision = revision_of(store, ref, number)
    restored = _("Restored revision %(number)d") % {"number": number}
    why = why or (restored if base else _("Restored after deletion"))
    return store.apply(revision.text, project=ref.project, base=base, why=why)
