"""Edit a stored object: in a draft."""

from __future__ import annotations

from console.accounts.access import Person
from workloads.drafts import store as drafts
from workloads.models import Draft
from workloads.services.refs import origin_of
from workloads.stores.protocol import Stored


def draft_of(person: Person, cluster: str, stored: Stored) -> tuple[Draft, bool]:
    """(the person's draft of what is stored, whether nothing was changed in it yet). An open draft of it is
    used again, but not an unchanged one of an older version."""
    named = drafts.unfinished(person).filter(cluster=cluster, origin_name=stored.ref.name)
    mine = [draft for draft in named.order_by("-touched", "-updated_at") if origin_of(draft) == stored.ref]
    for draft in mine:
        if draft.touched or draft.origin_version == stored.version:
            return draft, not draft.touched
    return drafts.create(person, cluster, stored.ref.project, origin=stored), True
