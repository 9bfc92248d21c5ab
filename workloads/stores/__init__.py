"""Stores: where objects live. `store_for` is the only place that chooses one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from console.projects import OFFLINE

if TYPE_CHECKING:
    from workloads.stores.protocol import Store

__all__ = ["OFFLINE", "store_for"]


def store_for(cluster: str, person: Any) -> Store:
    """The store behind a cluster key of an address, acting as `person`. Raises NotFound."""
    if cluster == OFFLINE:
        from workloads.stores.offline.store import OfflineStore

        return OfflineStore(person)
    from workloads.stores.cluster import cluster_store

    return cluster_store(cluster, person)
