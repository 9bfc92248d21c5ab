"""Edit a stored object: in a draft."""

from __future__ import annotations

from console.accounts.access import Person
from workloads.drafts import store as drafts
from workloads.models import Draft
from workloads.services.refs import origin_of
from workloads.stores.protocol import Stored


def draft_of(person: Person, cluster: str, stored: Stored) -> tuple[Draft, bool]:
    """(the person's draft of what is stored, whether it is new). An open draft of it is used again."""
    named = drafts.listed(person).filter(cluster=cluster, origin_name=stored.ref.name)
    opened = next((draft for draft in named if origin_of(draft) == stored.ref), None)
    if opened is not None:
        return opened, False
    return drafts.create(person, cluster, stored.ref.project, origin=stored), True
