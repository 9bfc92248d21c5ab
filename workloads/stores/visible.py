"""What a person sees of an object: without what only the server and tools write. Pure functions over plain
JSON."""

from __future__ import annotations

import copy
from typing import Final

from workloads.daemonsets.manifest.metadata import LAST_APPLIED, SERVER_FIELDS
from workloads.documents.paths import JsonObject, Path, get

# Tools and controllers keep these for themselves.
TOOL_ANNOTATIONS: Final = (
    LAST_APPLIED,
    "deprecated.daemonset.template.generation",
    "deployment.kubernetes.io/revision",
)


# Where a pod is described, in whatever kind.
_POD_SPECS: Final[tuple[Path, ...]] = (
    ("spec", "template", "spec"),
    ("spec", "jobTemplate", "spec", "template", "spec"),
    ("spec",),
)


def editable(value: JsonObject) -> JsonObject:
    """The object without what only the server and tools write, as a person edits it.

    `serviceAccount` is left out where it says what `serviceAccountName` says: the server adds this old name
    to what it sends, and would read the account from it should the new name be removed (kubernetes
    pkg/apis/core/v1/conversion.go, Convert_v1_PodSpec_To_core_PodSpec).
    """
    out = visible(value)
    for path in _POD_SPECS:
        pod = get(out, path)
        if isinstance(pod, dict) and pod.get("serviceAccount", ...) == pod.get("serviceAccountName"):
            pod.pop("serviceAccount", None)
    return out


def visible(value: JsonObject) -> JsonObject:
    """The object without what only the server and tools write."""
    out = {key: copy.deepcopy(item) for key, item in value.items() if key != "status"}
    metadata = out.get("metadata")
    if isinstance(metadata, dict):
        for field in SERVER_FIELDS:
            metadata.pop(field, None)
        annotations = metadata.get("annotations")
        if isinstance(annotations, dict):
            for name in TOOL_ANNOTATIONS:
                annotations.pop(name, None)
            if not annotations:
                del metadata["annotations"]
    # Servers before 1.34 add an empty time to every pod template.
    template = out.get("spec", {}).get("template") if isinstance(out.get("spec"), dict) else None
    inner = template.get("metadata") if isinstance(template, dict) else None
    if isinstance(inner, dict) and inner.get("creationTimestamp", ...) is None:
        del inner["creationTimestamp"]
    return out
