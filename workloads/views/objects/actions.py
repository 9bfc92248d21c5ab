"""The verbs with the address of one object, as its page and its row show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workloads.services.verbs import Verb, verbs_of
from workloads.stores.protocol import Ref
from workloads.views import addresses

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User


@dataclass(frozen=True, slots=True)
class Action:
    verb: Verb
    address: str


def actions_of(person: User | AnonymousUser, cluster: str, ref: Ref) -> list[Action]:
    """What this person may do to the object, in the order of the table of verbs."""
    return [
        Action(verb, addresses.of(verb.address, cluster, ref) + (f"?{verb.query}" if verb.query else ""))
        for verb in verbs_of(person, ref.kind, cluster=cluster, project=ref.project)
    ]
