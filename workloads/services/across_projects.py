"""The objects of all projects, also for a person whom the cluster lets read no list of all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from workloads.services.facts import if_readable
from workloads.stores.protocol import Query, Store, Stored

APART: Final = 50
"""Of so many projects is read, one after the other, by whom the cluster lets read no list of all of them."""


def everywhere(
    store: Store, api_version: str, kind: str, *, search: str = "", projects: Sequence[str] | None = None
) -> tuple[int, Sequence[Stored] | None]:
    """(0, the objects of a kind of all projects); or, for whom the cluster does not let read them all, (of
    how many projects, their objects). None where there is no project to read. projects: those to read then;
    None for all that the person may see."""

    def look(project: str | None) -> Sequence[Stored] | None:
        return if_readable(lambda: store.select(api_version, kind, Query(project, search=search)).items)

    items = look(None)
    if items is not None:
        return 0, items
    if projects is None:
        projects = [each.name for each in if_readable(store.projects) or ()]
    readable = [part for part in map(look, projects[:APART]) if part is not None]
    return len(readable), [each for part in readable for each in part] if readable else None
