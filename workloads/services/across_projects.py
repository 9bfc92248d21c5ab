"""Objects of all projects, also for users who can't list them across projects."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, TypeVar

from workloads.services.facts import if_readable
from workloads.stores.protocol import Query, Store, Stored

T = TypeVar("T")
MOST_PROJECTS: Final = 50
"""At most this many projects are read one by one, for users who can't list objects across projects."""


def select_across_projects(
    store: Store, api_version: str, kind: str, *, search: str = "", projects: Sequence[str] | None = None
) -> tuple[int, Sequence[Stored] | None]:
    """As `read_across_projects`, with texts and versions; search: as in a `Query`."""
    return read_across_projects(
        store,
        lambda project: store.select(api_version, kind, Query(project or None, search=search)).items,
        projects,
    )


def read_across_projects(
    store: Store, read: Callable[[str], Sequence[T]], projects: Sequence[str] | None = None
) -> tuple[int, Sequence[T] | None]:
    """(0, what `read` finds in "", all projects). For users who can't read those: (the number of projects
    that were read, what it finds in them). None where no project can be read.

    projects: those to read one by one; None for all that the user can see.
    """
    items = if_readable(lambda: read(""))
    if items is not None:
        return 0, items
    if projects is None:
        projects = [each.name for each in if_readable(store.projects) or ()]
    found = [if_readable(partial(read, project)) for project in projects[:MOST_PROJECTS]]
    readable = [part for part in found if part is not None]
    return len(readable), [each for part in readable for each in part] if readable else None
