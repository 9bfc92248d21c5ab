"""Who did what."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

_AT_ONCE = 500  # names in one query


def record(
    who: str,
    verb: str,
    *,
    cluster: str = "",
    project: str = "",
    kind: str = "",
    name: str = "",
    **details: Any,
) -> None:
    """Append one entry. `details` are small JSON values (versions, counts), never manifests or secrets."""
    subject = {"cluster": cluster, "project": project, "kind": kind, "name": name}
    record_all(who, [{"verb": verb, **subject, "details": details}])


def record_all(who: str, entries: Iterable[Mapping[str, Any]]) -> None:
    """Append many entries at once, each with the keys verb, cluster, project, kind, name, details."""
    from console.audit.models import Entry  # models load after Django's apps

    Entry.objects.bulk_create((Entry(who=who, **entry) for entry in entries), batch_size=500)


class Save(NamedTuple):
    """`version`: of the object after it, "" where that was not recorded."""

    who: str
    version: str


def last_saves(cluster: str, kind: str, names: Collection[str]) -> dict[tuple[str, str], Save]:
    """(project, name) → the last recorded creation or save of an object of that kind."""
    from console.audit.models import Entry

    found: dict[tuple[str, str], Save] = {}
    listed = sorted(names)
    for start in range(0, len(listed), _AT_ONCE):
        entries = Entry.objects.filter(
            cluster=cluster, kind=kind, name__in=listed[start : start + _AT_ONCE], verb__in=("create", "save")
        )
        for project, name, who, details in entries.order_by("id").values_list(
            "project", "name", "who", "details"
        ):
            found[project, name] = Save(who, str(details.get("version", "")))
    return found
