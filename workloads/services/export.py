"""Export objects as one file."""

from __future__ import annotations

from collections.abc import Sequence

from console import audit
from workloads.documents import bundle
from workloads.stores import secrets
from workloads.stores.protocol import Stored


def export(
    items: Sequence[Stored], format: str, *, values: bool = False, cluster: str = "", who: str = ""
) -> str:
    """All of them in one text; format: "yaml" or "json".

    values: with the values of Secrets, which are masked otherwise. The activity log then names each Secret
    and the person, `who`.
    """
    text = bundle.join([stored.text if values else secrets.mask(stored.text) for stored in items])
    for ref in [stored.ref for stored in items if values and stored.ref.kind == "Secret"]:
        audit.record(who, "export values", cluster=cluster, project=ref.project, kind=ref.kind, name=ref.name)
    return bundle.convert(text, "json") if format == "json" else text
