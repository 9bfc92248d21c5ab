"""Bring back what an object said before."""

from __future__ import annotations

from django.utils.translation import gettext as _

from console.errors import NotFound
from workloads.stores.protocol import (
    Applied,
    Ref,
    Store,
)


def restore_revision(store: Store, ref: Ref, number: int, *, base: str, why: str = "") -> Applied:
    """Store again what revision `number` said, over version `base` ("": the object is deleted).

    Raises NotFound, Conflict, Invalid, Forbidden.
    """
    revision = next((r for r in store.history(ref) if r.number == number), None)
    if revision is None:
        raise NotFound(
            _("There is no revision %(number)d of %(object)s.") % {"number": number, "object": ref}
        )
    restored = _("Restored revision %(number)d") % {"number": number}
    why = why or (restored if base else _("Brought back after it was deleted"))
    return store.apply(revision.text, project=ref.project, base=base, why=why)
