"""Which kinds Kubernetes has, in which API versions, and which versions are gone.

Sources: the OpenAPI description of Kubernetes 1.36 (api/openapi-spec/swagger.json), with the beta versions
that newer releases than 1.20 served for a while, and
https://kubernetes.io/docs/reference/using-api/deprecation-guide/ for what was removed.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from functools import cache
from typing import Final

OLDEST_SUPPORTED: Final = 20
"""The minor version of the oldest API server that the console supports."""

_SERVED: Final = {
    "v1": "Binding ComponentStatus ConfigMap Endpoints Event LimitRange Namespace Node PersistentVolume "
    "PersistentVolumeClaim Pod PodTemplate ReplicationController ResourceQuota Secret Service ServiceAccount",
    "admissionregistration.k8s.io/v1": "MutatingAdmissionPolicy MutatingAdmissionPolicyBinding "
    "MutatingWebhookConfiguration ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding "
    "ValidatingWebhookConfiguration",
    "admissionregistration.k8s.io/v1beta1": "MutatingAdmissionPolicy MutatingAdmissionPolicyBinding "
    "ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding",
    "apiextensions.k8s.io/v1": "CustomResourceDefinition",
    "apiregistration.k8s.io/v1": "APIService",
    "apps/v1": "ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet",
    "authentication.k8s.io/v1": "SelfSubjectReview TokenRequest TokenReview",
    "authentication.k8s.io/v1beta1": "SelfSubjectReview",
    "authorization.k8s.io/v1": "LocalSubjectAccessReview SelfSubjectAccessReview SelfSubjectRulesReview "
    "SubjectAccessReview",
    "autoscaling/v1": "HorizontalPodAutoscaler Scale",
    "autoscaling/v2": "HorizontalPodAutoscaler",
    "batch/v1": "CronJob Job",
    "certificates.k8s.io/v1": "CertificateSigningRequest",
    "certificates.k8s.io/v1beta1": "ClusterTrustBundle PodCertificateRequest",
    "coordination.k8s.io/v1": "Lease",
    "coordination.k8s.io/v1beta1": "LeaseCandidate",
    "discovery.k8s.io/v1": "EndpointSlice",
    "events.k8s.io/v1": "Event",
    "flowcontrol.apiserver.k8s.io/v1": "FlowSchema PriorityLevelConfiguration",
    "internal.apiserver.k8s.io/v1alpha1": "StorageVersion",
    "networking.k8s.io/v1": "IPAddress Ingress IngressClass NetworkPolicy ServiceCIDR",
    "networking.k8s.io/v1beta1": "IPAddress ServiceCIDR",
    "node.k8s.io/v1": "RuntimeClass",
    "policy/v1": "Eviction PodDisruptionBudget",
    "rbac.authorization.k8s.io/v1": "ClusterRole ClusterRoleBinding Role RoleBinding",
    "resource.k8s.io/v1": "DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice",
    "resource.k8s.io/v1beta1": "DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice",
    "resource.k8s.io/v1beta2": "DeviceClass DeviceTaintRule ResourceClaim ResourceClaimTemplate "
    "ResourceSlice",
    "resource.k8s.io/v1alpha3": "ResourcePoolStatusRequest",
    "scheduling.k8s.io/v1": "PriorityClass",
    "scheduling.k8s.io/v1alpha2": "PodGroup Workload",
    "storage.k8s.io/v1": "CSIDriver CSINode CSIStorageCapacity StorageClass VolumeAttachment "
    "VolumeAttributesClass",
    "storage.k8s.io/v1beta1": "VolumeAttributesClass",
    "storagemigration.k8s.io/v1beta1": "StorageVersionMigration",
}


@dataclass(frozen=True, slots=True)
class Removal:
    """minor: the version of Kubernetes 1 that no longer serves it. successor: the apiVersion to use, "" where
    nothing took its place."""

    minor: int
    successor: str


_REMOVED: Final = (
    (
        *(16, "extensions/v1beta1 apps/v1beta1 apps/v1beta2"),
        *("DaemonSet Deployment ReplicaSet StatefulSet", "apps/v1"),
    ),
    (16, "extensions/v1beta1", "NetworkPolicy", "networking.k8s.io/v1"),
    (16, "extensions/v1beta1", "PodSecurityPolicy", ""),
    (20, "settings.k8s.io/v1alpha1", "PodPreset", ""),
    (21, "batch/v2alpha1", "CronJob", "batch/v1"),
    (
        *(22, "admissionregistration.k8s.io/v1beta1"),
        *("MutatingWebhookConfiguration ValidatingWebhookConfiguration", "admissionregistration.k8s.io/v1"),
    ),
    (22, "apiextensions.k8s.io/v1beta1", "CustomResourceDefinition", "apiextensions.k8s.io/v1"),
    (22, "apiregistration.k8s.io/v1beta1", "APIService", "apiregistration.k8s.io/v1"),
    (22, "authentication.k8s.io/v1beta1", "TokenReview", "authentication.k8s.io/v1"),
    (
        *(22, "authorization.k8s.io/v1beta1"),
        *("LocalSubjectAccessReview SelfSubjectAccessReview SubjectAccessReview", "authorization.k8s.io/v1"),
    ),
    (22, "certificates.k8s.io/v1beta1", "CertificateSigningRequest", "certificates.k8s.io/v1"),
    (22, "coordination.k8s.io/v1beta1", "Lease", "coordination.k8s.io/v1"),
    (22, "extensions/v1beta1 networking.k8s.io/v1beta1", "Ingress", "networking.k8s.io/v1"),
    (22, "networking.k8s.io/v1beta1", "IngressClass", "networking.k8s.io/v1"),
    (
        *(22, "rbac.authorization.k8s.io/v1beta1"),
        *("ClusterRole ClusterRoleBinding Role RoleBinding", "rbac.authorization.k8s.io/v1"),
    ),
    (22, "scheduling.k8s.io/v1beta1", "PriorityClass", "scheduling.k8s.io/v1"),
    (22, "storage.k8s.io/v1beta1", "CSIDriver CSINode StorageClass VolumeAttachment", "storage.k8s.io/v1"),
    (25, "batch/v1beta1", "CronJob", "batch/v1"),
    (25, "discovery.k8s.io/v1beta1", "EndpointSlice", "discovery.k8s.io/v1"),
    (25, "events.k8s.io/v1beta1", "Event", "events.k8s.io/v1"),
    (25, "autoscaling/v2beta1", "HorizontalPodAutoscaler", "autoscaling/v2"),
    (25, "policy/v1beta1", "PodDisruptionBudget", "policy/v1"),
    (25, "policy/v1beta1", "PodSecurityPolicy", ""),
    (25, "node.k8s.io/v1beta1", "RuntimeClass", "node.k8s.io/v1"),
    (26, "autoscaling/v2beta2", "HorizontalPodAutoscaler", "autoscaling/v2"),
    (27, "storage.k8s.io/v1beta1", "CSIStorageCapacity", "storage.k8s.io/v1"),
    *(
        (minor, f"flowcontrol.apiserver.k8s.io/{version}", kinds, "flowcontrol.apiserver.k8s.io/v1")
        for minor, version in ((26, "v1beta1"), (29, "v1beta2"), (32, "v1beta3"))
        for kinds in ("FlowSchema PriorityLevelConfiguration",)
    ),
)


@cache
def _removals() -> dict[tuple[str, str], Removal]:
    return {
        (version, kind): Removal(minor, successor)
        for minor, versions, kinds, successor in _REMOVED
        for version in versions.split()
        for kind in kinds.split()
    }


@cache
def _kinds() -> dict[str, list[str]]:
    """kind → the apiVersions that have it, the stable one first."""
    found: dict[str, list[str]] = {}
    for version, kinds in _SERVED.items():
        for kind in kinds.split():
            found.setdefault(kind, []).append(version)
    return {kind: sorted(versions, key=lambda each: "beta" in each) for kind, versions in found.items()}


@cache
def _groups() -> frozenset[str]:
    versions = {*_SERVED, *(version for version, _kind in _removals())}
    return frozenset(map(group_of, versions))


def group_of(api_version: str) -> str:
    """The API group: "apps" of "apps/v1", "" of "v1"."""
    return api_version.rpartition("/")[0]


def removal(api_version: str, kind: str) -> Removal | None:
    """When Kubernetes removed this kind in this apiVersion, None if it did not."""
    return _removals().get((api_version, kind))


def removed_kind(kind: str) -> Removal | None:
    """When Kubernetes removed this kind in its last apiVersion, None if there still is one."""
    if kind in _kinds():
        return None
    found = [each for (_version, removed), each in _removals().items() if removed == kind]
    return max(found, key=lambda each: each.minor, default=None)


def versions_of(kind: str) -> list[str]:
    """The apiVersions that have this kind, the stable one first."""
    return _kinds().get(kind, [])


def of_kubernetes(api_version: str) -> bool:
    """Whether Kubernetes itself has, or had, this API group; others come with custom resources."""
    return group_of(api_version) in _groups()


def may_be_custom(api_version: str) -> bool:
    """Whether custom resources may have this apiVersion: the group must be a domain name with a dot, the
    version a DNS label (apiextensions/validation ValidateCustomResourceDefinition)."""
    return not of_kubernetes(api_version) and _OF_CUSTOM_RESOURCE.fullmatch(api_version) is not None


_OF_CUSTOM_RESOURCE: Final = re.compile(
    r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)+/[a-z](?:[-a-z0-9]*[a-z0-9])?"
)


def of_configuration(api_version: str) -> bool:
    """Whether it is that of a configuration file of a component, which no API server has:
    https://kubernetes.io/docs/reference/config-api/."""
    group = group_of(api_version)
    return group.endswith(".config.k8s.io") or group in _CONFIGURATION


_CONFIGURATION: Final = ("kubeadm.k8s.io", "audit.k8s.io", "client.authentication.k8s.io")


def close_kind(kind: str) -> str:
    """The kind of Kubernetes that was probably meant, "" if none is close."""
    by_lower_case = {known.lower(): known for known in _kinds()}
    close = difflib.get_close_matches(kind.lower(), by_lower_case, n=1, cutoff=0.8)
    return by_lower_case[close[0]] if close else ""


def misspelled(api_version: str, kind: str) -> list[str]:
    """The apiVersions that have this kind and differ from this one, which Kubernetes does not know, only by
    a slip: `networking.k8.io/v1` for an Ingress. Empty for what is a group of its own."""
    group = group_of(api_version)
    if group.endswith(_COMMUNITY):
        return []
    if group.endswith(_PROTECTED):
        return versions_of(kind)
    return [
        version
        for version in versions_of(kind)
        if difflib.SequenceMatcher(None, group, group_of(version)).ratio() >= _ALIKE
    ]


_ALIKE: Final = 0.9
_PROTECTED: Final = ".k8s.io"
"""Groups of Kubernetes and its own projects: none of these has a kind of the same name as Kubernetes."""
_COMMUNITY: Final = ".x-k8s.io"
"""Custom resources of Kubernetes' own projects."""
