"""Who did what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


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
