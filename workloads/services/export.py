"""Export objects as one file."""

from __future__ import annotations

from collections.abc import Sequence

from console import audit
from workloads.documents import bundle, read
from workloads.documents.writer import to_json
from workloads.stores import secrets
from workloads.stores.protocol import Stored


def export(
    items: Sequence[Stored], format: str, *, values: bool = False, cluster: str = "", who: str = ""
) -> str:
    """All of them in one text; format: "yaml", or "json": several are the items of a List, as of kubectl.

    values: with the values of Secrets, which are masked otherwise. The activity log then names each Secret
    and the person, `who`.
    """
    text = bundle.join([stored.text if values else secrets.mask(stored.text) for stored in items])
    for ref in [stored.ref for stored in items if values and stored.ref.kind == "Secret"]:
        audit.record(who, "export values", cluster=cluster, project=ref.project, kind=ref.kind, name=ref.name)
    if format != "json":
        return text
    if len(items) == 1:
        return bundle.convert(text, "json")
    objects = [document.value for document in read(text)]
    return to_json({"apiVersion": "v1", "kind": "List", "items": objects})
