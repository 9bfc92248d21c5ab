"""DaemonSets of API versions that are gone, made apps/v1.

Source: https://kubernetes.io/docs/reference/using-api/deprecation-guide/#v1-16.
"""

from __future__ import annotations

from typing import Any, Final

from workloads.daemonsets.manifest.outline import POD_LABELS, SELECTOR
from workloads.documents import edit, read
from workloads.documents.paths import ABSENT, Change, get

LEGACY_VERSIONS: Final = ("extensions/v1beta1", "apps/v1beta1", "apps/v1beta2")


def is_legacy(value: Any) -> bool:
    """Whether this is a DaemonSet of a version that servers gave up in 1.16."""
    return get(value, ("kind",)) == "DaemonSet" and get(value, ("apiVersion",)) in LEGACY_VERSIONS


def modernise(value: Any) -> list[Change] | None:
    """The changes that make a legacy DaemonSet an apps/v1 one that does the same; None for anything else.

    What the old version filled in is written down: the selector (the template's labels) and, for
    extensions/v1beta1, the strategy (OnDelete, where apps/v1 takes RollingUpdate).
    """
    if not is_legacy(value):
        return None
    changes: list[Change] = [(("apiVersion",), "apps/v1")]
    labels = get(value, POD_LABELS)
    if not get(value, SELECTOR) and isinstance(labels, dict) and labels:
        changes.append((SELECTOR, {"matchLabels": dict(labels)}))
    strategy = ("spec", "updateStrategy", "type")
    # Where text or a list stands in the place of its fields there is nowhere to write it.
    holders = [get(value, strategy[:n]) for n in (1, 2)]
    room = all(holder is ABSENT or holder is None or isinstance(holder, dict) for holder in holders)
    if value["apiVersion"] == "extensions/v1beta1" and room and not get(value, strategy):
        changes.append((strategy, "OnDelete"))
    for gone in (("spec", "templateGeneration"), ("spec", "rollbackTo")):
        if get(value, gone) is not ABSENT:
            changes.append((gone, ABSENT))
    return changes


def modernised(text: str, index: int) -> str:
    """`text` with its document `index` as apps/v1 says it; as it is where that is none of a legacy version.

    Raises DocumentError, EditRefused.
    """
    documents = read(text)
    changes = modernise(documents[index].value) if index < len(documents) else None
    return edit(text, index, changes or [])
