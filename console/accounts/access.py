"""Who can do what. Every permission of the console is checked here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from django.utils.translation import gettext as _

from console.errors import Forbidden

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

Verb: TypeAlias = Literal["view", "edit", "delete", "manage"]
"""view: read objects; edit: create and change them; delete; manage: projects, nodes, people."""


def may(
    person: User | AnonymousUser, verb: Verb, *, cluster: str = "", project: str = "", kind: str = ""
) -> bool:
    """Whether a person can do `verb` to what the other arguments name. Everyone who can sign in is an
    administrator today."""
    return person.is_authenticated and person.is_active and person.is_superuser


def require(
    person: User | AnonymousUser, verb: Verb, *, cluster: str = "", project: str = "", kind: str = ""
) -> None:
    """Raises Forbidden."""
    if not may(person, verb, cluster=cluster, project=project, kind=kind):
        raise Forbidden(_("You do not have permission to do this here."))
