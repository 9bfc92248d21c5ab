"""What a person sees of an object: without what only the server and tools write. Pure functions over plain
JSON."""

from __future__ import annotations

from typing import Final

from workloads.daemonsets.manifest.metadata import LAST_APPLIED, SERVER_FIELDS
from workloads.documents.paths import ABSENT, JsonObject, Path, get, patch

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


_TEMPLATE_TIME: Final[Path] = ("spec", "template", "metadata", "creationTimestamp")


def editable(value: JsonObject) -> JsonObject:
    """The object without what only the server and tools write, as a person edits it. It shares the rest with
    `value`: neither may be altered in place.

    `serviceAccount` is left out where it says what `serviceAccountName` says: the server adds this old name
    to what it sends, and would read the account from it should the new name be removed (kubernetes
    pkg/apis/core/v1/conversion.go, Convert_v1_PodSpec_To_core_PodSpec).
    """
    out = visible(value)
    for path in _POD_SPECS:
        pod = get(out, path)
        if isinstance(pod, dict) and pod.get("serviceAccount", ...) == pod.get("serviceAccountName"):
            out = patch(out, [((*path, "serviceAccount"), ABSENT)])
    return out


def visible(value: JsonObject) -> JsonObject:
    """The object without what only the server and tools write; it shares the rest with `value`."""
    out = {key: item for key, item in value.items() if key != "status"}
    metadata = out.get("metadata")
    if isinstance(metadata, dict):
        metadata = out["metadata"] = {k: item for k, item in metadata.items() if k not in SERVER_FIELDS}
        annotations = metadata.get("annotations")
        if isinstance(annotations, dict):
            shown = {name: note for name, note in annotations.items() if name not in TOOL_ANNOTATIONS}
            metadata["annotations"] = shown
            if not shown:
                del metadata["annotations"]
    # Servers before 1.34 add an empty time to every pod template.
    if get(out, _TEMPLATE_TIME) is None:
        out = patch(out, [(_TEMPLATE_TIME, ABSENT)])
    return out
