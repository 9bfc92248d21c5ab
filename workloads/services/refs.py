"""Which stored object a document or a draft means."""

from __future__ import annotations

from workloads import kinds
from workloads.documents import Document
from workloads.models import Draft
from workloads.stores.protocol import (
    Ref,
)


def ref_of(document: Document, project: str) -> Ref:
    """Which object a document means: one that names no project goes to `project`."""
    return ref_to(document.api_version, document.kind, document.namespace or project, document.name)


def ref_to(api_version: str, kind: str, project: str, name: str) -> Ref:
    """In the version in which the console asks for the kind; in no project where the kind lives in none."""
    entry = kinds.known(api_version, kind)
    if entry is None:
        return Ref(api_version, kind, project, name)
    return Ref(entry.api_version, kind, project if entry.namespaced else "", name)


def origin_of(draft: Draft) -> Ref | None:
    """The stored object that was opened for editing; None for a text that is new here."""
    if not draft.origin_name:
        return None
    return ref_to(draft.origin_api_version, draft.origin_kind, draft.project, draft.origin_name)
