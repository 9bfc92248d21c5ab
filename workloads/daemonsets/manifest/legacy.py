"""DaemonSets of removed API versions, and their conversion to apps/v1.

Source: https://kubernetes.io/docs/reference/using-api/deprecation-guide/#v1-16.
"""

from __future__ import annotations

from typing import Any, Final

from workloads.daemonsets.manifest.outline import POD_LABELS, SELECTOR
from workloads.documents import edit, read
from workloads.documents.paths import ABSENT, Change, get

LEGACY_VERSIONS: Final = ("extensions/v1beta1", "apps/v1beta1", "apps/v1beta2")
DAEMONSET_VERSIONS: Final = ("apps/v1", *LEGACY_VERSIONS)


def is_daemonset(value: Any) -> bool:
    """Whether this is a DaemonSet of Kubernetes, of any apiVersion that it ever had, or of none yet. Custom
    resources have DaemonSets of their own (apps.kruise.io), and `app/v1` is a slip."""
    version = get(value, ("apiVersion",))
    return get(value, ("kind",)) == "DaemonSet" and version in (ABSENT, None, "", *DAEMONSET_VERSIONS)


def is_legacy(value: Any) -> bool:
    """Whether this is a DaemonSet of an API version that Kubernetes 1.16 removed."""
    return get(value, ("kind",)) == "DaemonSet" and get(value, ("apiVersion",)) in LEGACY_VERSIONS


def changes_to_apps_v1(value: Any) -> list[Change] | None:
    """The changes that turn a legacy DaemonSet into the same DaemonSet of apps/v1; None for other objects.

    They include what the old version set by default: the selector (the template's labels) and, for
    extensions/v1beta1, the update strategy (OnDelete; apps/v1 has RollingUpdate).
    """
    if not is_legacy(value):
        return None
    changes: list[Change] = [(("apiVersion",), "apps/v1")]
    labels = get(value, POD_LABELS)
    if not get(value, SELECTOR) and isinstance(labels, dict) and labels:
        changes.append((SELECTOR, {"matchLabels": dict(labels)}))
    strategy = ("spec", "updateStrategy", "type")
    # Nothing can be written into a string or a list.
    parents = [get(value, strategy[:n]) for n in (1, 2)]
    writable = all(parent is ABSENT or parent is None or isinstance(parent, dict) for parent in parents)
    if value["apiVersion"] == "extensions/v1beta1" and writable and not get(value, strategy):
        changes.append((strategy, "OnDelete"))
    for removed in (("spec", "templateGeneration"), ("spec", "rollbackTo")):
        if get(value, removed) is not ABSENT:
            changes.append((removed, ABSENT))
    return changes


def converted(text: str, index: int) -> str:
    """`text` with its document `index` converted to apps/v1; unchanged if that is not a legacy DaemonSet.

    Raises DocumentError, EditRefused.
    """
    documents = read(text)
    changes = changes_to_apps_v1(documents[index].value) if index < len(documents) else None
    return edit(text, index, changes or [])
