"""Which stored object a document or a draft is about."""

from __future__ import annotations

from typing import Final

from workloads import kinds
from workloads.documents import Document
from workloads.models import Draft
from workloads.stores.protocol import Ref


def ref_of(document: Document, project: str) -> Ref:
    """The object that a document describes; without a namespace it belongs to `project`."""
    return ref_to(document.api_version, document.kind, document.namespace or project, document.name)


def ref_to(api_version: str, kind: str, project: str, name: str) -> Ref:
    """With the API version in which the console reads the kind; project "" for a cluster-scoped kind."""
    entry = kinds.known(api_version, kind)
    if entry is None:
        return Ref(api_version, kind, project, name)
    return Ref(entry.api_version, kind, project if entry.namespaced else "", name)


_SHOWN_BY: Final = {
    **dict.fromkeys([("extensions", kind) for kind in ("DaemonSet", "Deployment", "ReplicaSet")], "apps"),
    **dict.fromkeys([("extensions", kind) for kind in ("Ingress", "NetworkPolicy")], "networking.k8s.io"),
    ("extensions", "PodSecurityPolicy"): "policy",
    ("events.k8s.io", "Event"): "",
}
"""(group, kind) → the other group through which a server shows the same objects: kubernetes
pkg/kubeapiserver/default_storage_factory_builder.go, AddCohabitatingResources."""


def in_any_version(ref: Ref) -> tuple[str, str, str, str]:
    """(group, kind, project, name), the same for every version and group of one object."""
    group = kinds.group_of(ref.api_version)
    return _SHOWN_BY.get((group, ref.kind), group), ref.kind, ref.project, ref.name


def origin_of(draft: Draft) -> Ref | None:
    """The stored object that the draft was opened from; None for a new draft."""
    if not draft.origin_name:
        return None
    return ref_to(draft.origin_api_version, draft.origin_kind, draft.project, draft.origin_name)


def bases_of(draft: Draft) -> dict[Ref, str]:
    """The stored object that the draft was opened from, at the version that it had then."""
    ref = origin_of(draft)
    return {ref: draft.origin_version} if ref and draft.origin_version else {}
