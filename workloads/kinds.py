"""The kinds of Kubernetes: where they live, what addresses call them, in which order they are needed.

An object belongs to a (group, kind): the version of an `apiVersion` is a way to read it, not a part of its
identity. Pure Python.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Kind:
    """`api_version`: the one the console asks for when an address names the kind."""

    api_version: str
    kind: str
    plural: str
    namespaced: bool = True


def _kinds(api_version: str, namespaced: bool, names: str) -> list[Kind]:
    """`names`: kinds, each followed by "=plural" where that is not the kind in lower case and an "s"."""
    out = []
    for word in names.split():
        kind, _, plural = word.partition("=")
        out.append(Kind(api_version, kind, plural or kind.lower() + "s", namespaced))
    return out


KINDS: Final[tuple[Kind, ...]] = tuple(
    _kinds("v1", False, "Namespace Node PersistentVolume ComponentStatus=componentstatuses")
    + _kinds(
        "v1",
        True,
        "ConfigMap Endpoints=endpoints Event LimitRange PersistentVolumeClaim Pod PodTemplate"
        " ReplicationController ResourceQuota Secret Service ServiceAccount",
    )
    + _kinds("apps/v1", True, "ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet")
    + _kinds("batch/v1", True, "CronJob Job")
    + _kinds("autoscaling/v1", True, "HorizontalPodAutoscaler")
    + _kinds("policy/v1", True, "PodDisruptionBudget")
    + _kinds("policy/v1beta1", False, "PodSecurityPolicy=podsecuritypolicies")
    + _kinds("networking.k8s.io/v1", True, "Ingress=ingresses NetworkPolicy=networkpolicies")
    + _kinds("networking.k8s.io/v1", False, "IngressClass=ingressclasses")
    + _kinds("rbac.authorization.k8s.io/v1", True, "Role RoleBinding")
    + _kinds("rbac.authorization.k8s.io/v1", False, "ClusterRole ClusterRoleBinding")
    + _kinds("storage.k8s.io/v1", False, "StorageClass=storageclasses VolumeAttachment CSIDriver CSINode")
    + _kinds("scheduling.k8s.io/v1", False, "PriorityClass=priorityclasses")
    + _kinds("node.k8s.io/v1", False, "RuntimeClass=runtimeclasses")
    + _kinds("coordination.k8s.io/v1", True, "Lease")
    + _kinds("discovery.k8s.io/v1", True, "EndpointSlice")
    + _kinds("apiextensions.k8s.io/v1", False, "CustomResourceDefinition")
    + _kinds("apiregistration.k8s.io/v1", False, "APIService")
    + _kinds("certificates.k8s.io/v1", False, "CertificateSigningRequest")
    + _kinds(
        "admissionregistration.k8s.io/v1",
        False,
        "MutatingWebhookConfiguration ValidatingWebhookConfiguration"
        " ValidatingAdmissionPolicy=validatingadmissionpolicies ValidatingAdmissionPolicyBinding",
    )
    + _kinds("flowcontrol.apiserver.k8s.io/v1", False, "FlowSchema PriorityLevelConfiguration")
)


def group_of(api_version: str) -> str:
    """ "apps/v1" → "apps"; "v1" → ""."""
    return api_version.rpartition("/")[0]


_BY_KIND: Final[Mapping[tuple[str, str], Kind]] = {(group_of(k.api_version), k.kind): k for k in KINDS}
_BY_PLURAL: Final[Mapping[str, Kind]] = {k.plural: k for k in KINDS}

# What a kind without an entry in the table is called in addresses: Kind.version.group, as in kubectl's
# TYPE.VERSION.GROUP. Unlike a plural it can be read back without asking a cluster.
_LONG: Final = re.compile(r"([A-Za-z][A-Za-z0-9]*)\.([a-z0-9]+)(?:\.([a-z0-9.-]+))?")


def known(api_version: str, kind: str) -> Kind | None:
    """The table's entry, whatever version of its group is asked for."""
    return _BY_KIND.get((group_of(api_version), kind))


def namespaced(api_version: str, kind: str) -> bool:
    """Whether objects of this kind live in a project; kinds without an entry in the table do."""
    entry = known(api_version, kind)
    return entry is None or entry.namespaced


def resource_of(api_version: str, kind: str) -> str:
    """The kind's name in addresses: "daemonsets", "Certificate.v1.cert-manager.io"."""
    entry = known(api_version, kind)
    if entry is not None:
        return entry.plural
    group, _, version = api_version.rpartition("/")
    return f"{kind}.{version}" + (f".{group}" if group else "")


def kind_of(resource: str) -> tuple[str, str] | None:
    """(api_version, kind) of a name in addresses; None where it is no such name."""
    entry = _BY_PLURAL.get(resource)
    if entry is not None:
        return entry.api_version, entry.kind
    match = _LONG.fullmatch(resource)
    if match is None:
        return None
    kind, version, group = match.groups()
    return (f"{group}/{version}" if group else version), kind


# Helm's order (helm.sh/helm pkg/releaseutil/kind_sorter.go): first what others need.
_ORDER: Final = (
    "PriorityClass Namespace NetworkPolicy ResourceQuota LimitRange PodSecurityPolicy "
    "PodDisruptionBudget ServiceAccount Secret ConfigMap StorageClass PersistentVolume "
    "PersistentVolumeClaim CustomResourceDefinition ClusterRole ClusterRoleBinding Role RoleBinding "
    "Service DaemonSet Pod ReplicationController ReplicaSet Deployment HorizontalPodAutoscaler "
    "StatefulSet Job CronJob IngressClass Ingress APIService "
)
_LAST: Final = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
_RANK: Final[Mapping[str, int]] = {kind: rank for rank, kind in enumerate(_ORDER.split())}


def rank(kind: str) -> int:
    """Where a kind comes when a bundle is installed: kinds that nothing is known of come after those that
    others need, webhooks last, as they would judge everything that comes after them."""
    if kind in _LAST:
        return len(_RANK) + 1
    return _RANK.get(kind, len(_RANK))


def in_install_order(items: Iterable[tuple[str, T]]) -> list[T]:
    """`items`: (kind, anything), in the order of the text; that order is kept within a kind."""
    return [item for _, item in sorted(items, key=lambda pair: rank(pair[0]))]
