"""The table of verbs: everything that can be done to a stored object, a row each.

The head of an object's page, the menu of a row and the bar above a list read it. A new verb is a file in this
folder, a row here, and a view with its address.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from console.accounts import access

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

DAEMONSET: Final = ("DaemonSet",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """One row.

    name: what the bar above a list posts as `do`; `data-verb` of every button and link.
    permission: what a person must be allowed to do to see it; its view asks again.
    address: the name of the address, one of those that take a Ref; query: what follows the "?".
    post: the button posts to the address; else a link leads to a page, which may ask before it does anything.
    kinds: only for these; (): for every kind.
    group: a line separates the groups of a menu.
    button: in the head of a page it is a button of its own, not in the menu.
    tab: one of the tabs of a page, so the head does not repeat it.
    bulk: the bar above a list has it, too.
    """

    name: str
    label: str | Promise
    icon: str
    permission: access.Verb
    address: str
    query: str = ""
    post: bool = False
    kinds: tuple[str, ...] = ()
    group: str
    button: bool = False
    tab: bool = False
    bulk: bool = False
    dangerous: bool = False


VERBS: Final[tuple[Verb, ...]] = (
    Verb(
        name="edit",
        label=gettext_lazy("Edit"),
        icon="edit",
        permission="edit",
        address="object-edit",
        post=True,
        kinds=DAEMONSET,
        group="change",
        button=True,
    ),
    Verb(
        name="edit-yaml",
        label=gettext_lazy("Edit YAML"),
        icon="braces",
        permission="edit",
        address="object-edit",
        query="in=yaml",
        post=True,
        group="change",
        button=True,
    ),
    Verb(
        name="copy",
        label=gettext_lazy("Copy…"),
        icon="copy",
        permission="view",  # the copy may go to another project: its view asks for "edit" there
        address="object-copy",
        group="change",
    ),
    Verb(
        name="export-yaml",
        label=gettext_lazy("Export YAML"),
        icon="download",
        permission="view",
        address="object-export",
        query="as=yaml",
        group="export",
        bulk=True,
    ),
    Verb(
        name="export-json",
        label=gettext_lazy("Export JSON"),
        icon="download",
        permission="view",
        address="object-export",
        query="as=json",
        group="export",
        bulk=True,
    ),
    Verb(
        name="history",
        label=gettext_lazy("History"),
        icon="history",
        permission="view",
        address="object-revisions",
        group="export",
        tab=True,
    ),
    Verb(
        name="delete",
        label=gettext_lazy("Delete…"),
        icon="trash",
        permission="delete",
        address="object-delete",
        group="delete",
        bulk=True,
        dangerous=True,
    ),
)


def verbs_of(person: User | AnonymousUser, kind: str, *, cluster: str, project: str) -> list[Verb]:
    """The verbs that this person may use on objects of a kind there, in the order of the table."""
    return [
        verb
        for verb in VERBS
        if (not verb.kinds or kind in verb.kinds)
        and access.may(person, verb.permission, cluster=cluster, project=project, kind=kind)
    ]
