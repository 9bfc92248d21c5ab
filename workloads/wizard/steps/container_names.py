"""The name that a container gets where nobody gave it one: the last part of its image.

As `kubectl create deployment` names it (staging/src/k8s.io/kubectl/pkg/cmd/create/create_deployment.go).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from workloads.daemonsets.manifest.names import LABEL_LIMIT
from workloads.daemonsets.manifest.outline import POD
from workloads.daemonsets.manifest.places import Place
from workloads.daemonsets.manifest.pod import all_containers
from workloads.documents.paths import ABSENT, Change, Json, get
from workloads.wizard.form.step import copy_name
from workloads.wizard.form.tree import FieldNode, FormNode, RowNode


def proposed(container: Json) -> str:
    """`node-exporter` for `quay.io/prometheus/node-exporter:v1`; "" where the image gives no name."""
    image = get(container, ("image",))
    if not isinstance(image, str):
        return ""
    last = re.split("[:@]", image.strip().rpartition("/")[2])[0].lower()
    return re.sub(r"[^a-z0-9]+", "-", last)[:LABEL_LIMIT].strip("-")


def finish(nodes: Sequence[FormNode], before: Json, now: Json) -> list[Change]:
    """Names for the containers that the form changed and that have an image and no name."""
    taken = set(_names(now))
    changes: list[Change] = []
    for row in (row for top in nodes for row in top.children() if isinstance(row, RowNode)):
        container = ABSENT if row.path is None or row.removed or not row.touched else get(now, row.path)
        if row.path is None or not isinstance(container, dict) or get(container, ("name",)):
            continue
        if not (name := proposed(container)):
            continue
        name = copy_name(name, taken) if name in taken else name
        taken.add(name)
        changes.append(((*row.path, "name"), name))
    return changes


def placeholders(nodes: Sequence[FormNode], now: Json) -> dict[str, str]:
    """Name of a blank field for a container's name → the name that the container gets."""
    found: dict[str, str] = {}
    for row in (row for top in nodes for row in top.children() if isinstance(row, RowNode)):
        blank = (
            each
            for each in row.walk()
            if isinstance(each, FieldNode) and each.path == (*(row.path or ()), "name") and not each.typed
        )
        for field in blank:
            name = get(now, field.path or ())
            found[field.name] = name if isinstance(name, str) and name else str(field.decl.placeholder)
    return found


def _names(value: Json) -> Iterator[str]:
    for container in all_containers(Place(get(value, POD))):
        yield container["name"].text
