"""Objects of all projects, also for users who can't list them across projects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from workloads.services.facts import if_readable
from workloads.stores.protocol import Query, Store, Stored

MOST_PROJECTS: Final = 50
"""At most this many projects are read one by one, for users who can't list objects across projects."""


def select_across_projects(
    store: Store, api_version: str, kind: str, *, search: str = "", projects: Sequence[str] | None = None
) -> tuple[int, Sequence[Stored] | None]:
    """(0, the objects of this kind in all projects). For users who can't list those: (the number of projects
    that were read, their objects). None where no project can be read.

    projects: those to read one by one; None for all that the user can see.
    """

    def select(project: str | None) -> Sequence[Stored] | None:
        return if_readable(lambda: store.select(api_version, kind, Query(project, search=search)).items)

    items = select(None)
    if items is not None:
        return 0, items
    if projects is None:
        projects = [each.name for each in if_readable(store.projects) or ()]
    readable = [part for part in map(select, projects[:MOST_PROJECTS]) if part is not None]
    return len(readable), [each for part in readable for each in part] if readable else None
