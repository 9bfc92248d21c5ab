"""Copy an object under another name."""

from __future__ import annotations

from typing import Final

from workloads import documents
from workloads.daemonsets.manifest.metadata import LAST_APPLIED, SERVER_FIELDS
from workloads.daemonsets.manifest.outline import LABELS, NAME, POD_LABELS, PROJECT, SELECTOR
from workloads.documents import ABSENT, Change, get, read
from workloads.stores.protocol import Stored

_MATCH_LABELS: Final = (*SELECTOR, "matchLabels")
# What the server sets, not the author.
_SET_BY_SERVER: Final = (
    *(("metadata", field) for field in SERVER_FIELDS),
    ("metadata", "ownerReferences"),
    ("metadata", "annotations", LAST_APPLIED),
    ("status",),
)


def copy_of(stored: Stored, name: str, project: str) -> str:
    """The manifest of a copy. A selector that holds the old name gets the new one, and so do the labels that
    it selects: two DaemonSets that select the same pods would fight over them.

    Raises EditRefused.
    """
    value, old = read(stored.text)[0].value, stored.ref.name
    changes: list[Change] = [(NAME, name)]
    if get(value, PROJECT) is not ABSENT:
        changes.append((PROJECT, project))
    changes += [(path, ABSENT) for path in _SET_BY_SERVER if get(value, path) is not ABSENT]
    selector = get(value, _MATCH_LABELS)
    changes += [
        ((*holder, key), name)
        for key in (selector if isinstance(selector, dict) else ())
        for holder in (_MATCH_LABELS, POD_LABELS, LABELS)
        if selector[key] == old and get(value, (*holder, key)) == old
    ]
    return documents.edit(stored.text, 0, changes)
