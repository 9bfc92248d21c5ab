"""Who did what."""

from __future__ import annotations

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
    """Append one entry. `details` are small JSON values (versions, counts); never texts or secrets."""
    from console.audit.models import Entry  # models load after Django's apps

    Entry.objects.create(
        who=who, verb=verb, cluster=cluster, project=project, kind=kind, name=name, details=details
    )
