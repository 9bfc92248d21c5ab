"""The notes that the console itself writes into a history. They are stored in English and shown in the
language of the reader; what a person writes stays as it is."""

from __future__ import annotations

import re
from typing import Final

from django.utils.translation import gettext as _

from workloads.daemonsets.manifest import samples
from workloads.daemonsets.manifest.findings import gettext_noop

NOT_LISTED: Final = gettext_noop("Not in the new list of nodes")
LABELS_AND_TAINTS: Final = gettext_noop("Labels and taints")
HYPOTHETICAL: Final = gettext_noop("Hypothetical nodes")
UNDONE: Final = gettext_noop("Deletion undone")
RESTORED_DELETED: Final = gettext_noop("Restored after deletion")
RESTORED: Final = gettext_noop("Restored revision %(number)d")

_FIXED: Final = frozenset(
    {NOT_LISTED, LABELS_AND_TAINTS, HYPOTHETICAL, UNDONE, RESTORED_DELETED, *samples.TEXTS}
)


def localized(note: str) -> str:
    """A note as the reader sees it."""
    if note in _FIXED:
        return _(note)
    if match := re.fullmatch(r"Restored revision ([0-9]{1,9})", note):
        return _(RESTORED) % {"number": int(match[1])}
    return note
