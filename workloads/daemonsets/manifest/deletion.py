"""Whether an object is being deleted, and what holds it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from workloads.daemonsets.manifest.places import Place
from workloads.documents.paths import JsonObject


@dataclass(frozen=True, slots=True)
class Deletion:
    """An object that the API server deletes as soon as nobody holds it (kubernetes.io/docs/concepts/overview/
    working-with-objects/finalizers).

    since: when its deletion was asked for. finalizers: who holds it. why: what the controller of namespaces
    says that is still there.
    """

    since: dt.datetime | None
    finalizers: tuple[str, ...]
    why: tuple[str, ...]


def deletion_of(value: JsonObject) -> Deletion | None:
    """None for an object that is not being deleted."""
    place = Place(value)
    metadata = place["metadata"]
    if not metadata["deletionTimestamp"].text:
        return None
    # The time includes the grace period (BeforeDelete in k8s.io/apiserver pkg/registry/rest/delete.go).
    grace = dt.timedelta(seconds=metadata["deletionGracePeriodSeconds"].number or 0)
    try:
        since = dt.datetime.fromisoformat(metadata["deletionTimestamp"].text) - grace
    except ValueError:
        since = None
    held = [each.text for part in ("metadata", "spec") for each in place[part]["finalizers"]]
    why = [
        each["message"].text
        for each in place["status"]["conditions"]
        if each["type"].text in _REMAINING and each["status"].text == "True"
    ]
    return Deletion(since, tuple(filter(None, held)), tuple(filter(None, why)))


_REMAINING: Final = (
    "NamespaceContentRemaining",
    "NamespaceFinalizersRemaining",
    "NamespaceDeletionDiscoveryFailure",
    "NamespaceDeletionGroupVersionParsingFailure",
    "NamespaceDeletionContentFailure",
)
"""Conditions of a Namespace that is being deleted (k8s.io/api/core/v1/types.go)."""
