"""Delete objects."""

from __future__ import annotations

from collections.abc import Mapping

from console.errors import ConsoleError
from workloads.services.results import Result
from workloads.stores.protocol import Ref, Store


def delete_objects(store: Store, seen: Mapping[Ref, str], *, uid: str = "", why: str = "") -> list[Result]:
    """Delete each object that is still at the version that the person has seen. An error with one does not
    stop the others. uid: of the one object; see `Store.delete`."""
    results = []
    for ref, version in seen.items():
        try:
            store.delete(ref, base=version, uid=uid, why=why)
        except ConsoleError as error:
            results.append(Result(ref, error=error))
        else:
            results.append(Result(ref, "deleted"))
    return results
