"""Who last changed a live object: the person, where the server only knows that it was this console."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from console import audit
from workloads.documents.paths import JsonObject
from workloads.stores.cluster import objects
from workloads.stores.cluster.ownership import MANAGER


def last_manager(value: JsonObject) -> str:
    """The field manager that last changed a live object, "" if the server does not show."""
    return next(reversed(objects.last_change(value)[1]), "")


def person_of(cluster: str, kind: str, values: Sequence[JsonObject]) -> Callable[[JsonObject], str]:
    """For each of `values` the person, else the field manager.

    The person is the one whose save is the last that this console has recorded, if the object is still as it
    was then: another console writes under the same field manager.
    """
    ours = [value for value in values if _is_ours(value)]
    names = {value["metadata"]["name"] for value in ours}
    saves = audit.last_saves(cluster, kind, names) if names else {}

    def who(value: JsonObject) -> str:
        metadata = value["metadata"]
        save = saves.get((metadata.get("namespace", ""), metadata["name"])) if _is_ours(value) else None
        return save.who if save and save.version == objects.version_of(value) else last_manager(value)

    return who


def _is_ours(value: JsonObject) -> bool:
    """Whether this console may have been the last, perhaps within the same second as others."""
    return MANAGER in objects.last_change(value)[1]
