"""Remove deleted objects for good: their revisions, and the ended drafts that still have their text."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.conf import settings
from django.utils import timezone

from workloads.drafts import ended
from workloads.stores.offline.store import OfflineStore
from workloads.stores.protocol import Ref, Store


def purge(store: Store, refs: Sequence[Ref]) -> Sequence[Ref]:
    """Those that were deleted and had a history; it is gone now. Raises Forbidden, errors of the store."""
    purged = store.purge(refs)
    for ref in purged:
        ended.forget(ref)
    return purged


def keep_no_longer_than_set(store: OfflineStore) -> Sequence[Ref]:
    """Purge what was deleted longer ago than `KEEP_DELETED_DAYS`; nothing with 0."""
    ended.sweep_all()
    if not (days := settings.KEEP_DELETED_DAYS):
        return []
    return purge(store, store.deleted_before(timezone.now() - dt.timedelta(days=days)))
