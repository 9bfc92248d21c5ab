"""The table of verbs: everything that can be done to a stored object, a row each.

The head of an object's page, the menu of a row and the bar above a list read it. A new verb is a file in this
folder, a row here, and a view with its path in `views/objects/urls.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from console.accounts import access

ONLY_DAEMONSETS: Final = ("DaemonSet",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """One row.

    name: what the bar above a list posts as `do`; `data-verb` of every button and link.
    permission: what a person must be allowed to do to see it; its view asks again.
    path: where it is done, below the address of the object.
    post: a button posts there; else a link leads to a page, which may ask before it does anything.
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
    path: str
    post: bool = False
    kinds: tuple[str, ...] = ()
    group: str
    button: bool = False
    tab: bool = False
    bulk: bool = False
    dangerous: bool = False

    def is_for(self, kind: str) -> bool:
        return not self.kinds or kind in self.kinds


VERBS: Final[tuple[Verb, ...]] = (
    Verb(
        name="edit",
        label=gettext_lazy("Edit"),
        icon="edit",
        permission="edit",
        path="edit/",
        post=True,
        kinds=ONLY_DAEMONSETS,
        group="change",
        button=True,
    ),
    Verb(
        name="edit-yaml",
        label=gettext_lazy("Edit YAML"),
        icon="braces",
        permission="edit",
        path="edit/?in=yaml",
        post=True,
        group="change",
        button=True,
    ),
    Verb(
        name="copy",
        label=gettext_lazy("Copy…"),
        icon="copy",
        permission="view",  # the copy may go to another project: its view asks for "edit" there
        path="copy/",
        group="change",
    ),
    Verb(
        name="export-yaml",
        label=gettext_lazy("Export YAML"),
        icon="download",
        permission="view",
        path="export/?as=yaml",
        group="export",
        bulk=True,
    ),
    Verb(
        name="export-json",
        label=gettext_lazy("Export JSON"),
        icon="download",
        permission="view",
        path="export/?as=json",
        group="export",
        bulk=True,
    ),
    Verb(
        name="history",
        label=gettext_lazy("History"),
        icon="history",
        permission="view",
        path="revisions/",
        group="export",
        tab=True,
    ),
    Verb(
        name="delete",
        label=gettext_lazy("Delete…"),
        icon="trash",
        permission="delete",
        path="delete/",
        group="delete",
        bulk=True,
        dangerous=True,
    ),
)


def verbs_of(person: access.Person, kind: str, *, cluster: str, project: str) -> list[Verb]:
    """The verbs that this person may use on objects of a kind there, in the order of the table."""
    return [
        replace(verb, label=str(verb.label))  # translated once, not in every row
        for verb in VERBS
        if verb.is_for(kind)
        and access.may(person, verb.permission, cluster=cluster, project=project, kind=kind)
    ]


def grouped(verbs: Iterable[Verb]) -> list[list[Verb]]:
    """As menus show them: a list for each group."""
    return [list(group) for _name, group in groupby(verbs, key=lambda verb: verb.group)]
