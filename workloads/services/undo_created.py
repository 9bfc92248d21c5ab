"""Delete what a draft created before the rest of it could not be stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from workloads import kinds
from workloads.services.delete import delete_objects
from workloads.services.results import Result
from workloads.stores.protocol import Ref, Store

_HOLDERS: Final = ("Namespace", "CustomResourceDefinition")
"""Deleting one deletes what others have put into it since."""


@dataclass(frozen=True, slots=True)
class Created:
    """An object that was created: at which version, and its uid, "" where the store gives none."""

    ref: Ref
    version: str
    uid: str


def undoable(created: Sequence[Created]) -> list[Created]:
    """Those that can be deleted again without deleting anything of others."""
    return [each for each in created if each.ref.kind not in _HOLDERS]


def undo_created(store: Store, created: Sequence[Created], *, why: str = "") -> list[Result]:
    """Delete each that is still the object that was created, as it was then: what needs others goes first. An
    error with one does not stop the others."""
    ordered = kinds.in_install_order((each.ref.kind, each) for each in created)
    return [
        result
        for each in reversed(ordered)
        for result in delete_objects(store, {each.ref: each.version}, uid=each.uid, why=why)
    ]
