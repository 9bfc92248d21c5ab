"""Who can do what. Every permission of the console is checked here."""

from __future__ import annotations

from typing import Any, Literal, Protocol, TypeAlias

from django.utils.translation import gettext as _

from console.errors import Forbidden

Verb: TypeAlias = Literal["view", "edit", "delete", "manage"]
"""view: read objects; edit: create and change them; delete; manage: projects, nodes, users."""


class Person(Protocol):
    """The user of a request, `request.user`, signed in or not (Django's User and AnonymousUser)."""

    @property
    def pk(self) -> Any: ...

    @property
    def is_active(self) -> bool: ...

    @property
    def is_authenticated(self) -> bool: ...

    @property
    def is_superuser(self) -> bool: ...

    def get_username(self) -> str: ...


def may(person: Person, verb: Verb, *, cluster: str = "", project: str = "", kind: str = "") -> bool:
    """Whether a signed-in person may do `verb` there. Today there is one administrator."""
    return person.is_authenticated and person.is_active and person.is_superuser


def require(person: Person, verb: Verb, *, cluster: str = "", project: str = "", kind: str = "") -> None:
    """Raises Forbidden."""
    if not may(person, verb, cluster=cluster, project=project, kind=kind):
        raise Forbidden(_("You do not have permission to do this here."))
