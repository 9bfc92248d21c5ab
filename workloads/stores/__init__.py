"""Stores: where objects live. `store_for` is the only place that chooses one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.projects import OFFLINE

if TYPE_CHECKING:
    from console.accounts.access import Person
    from workloads.stores.protocol import Store

__all__ = ["OFFLINE", "store_for"]


def store_for(cluster: str, person: Person) -> Store:
    """The store behind a cluster key of an address, acting as `person`. Raises NotFound."""
    if cluster == OFFLINE:
        from workloads.stores.offline.store import OfflineStore

        return OfflineStore(person)
    from workloads.stores.cluster import cluster_store

    return cluster_store(cluster, person)
