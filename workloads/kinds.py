"""The table of kinds: one row says everything the console knows about a kind.

Lists, the side, counts, starting manifests, addresses and the install order all read it. An object belongs to
a (group, kind): the version of an `apiVersion` is a way to read it, not a part of its identity.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, TypeVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

T = TypeVar("T")
SideGroup: TypeAlias = Literal["workloads", "configuration", "cluster"]

ORDINARY: Final = 500
"""Install order of kinds that no other kind needs and that need none themselves."""
LAST: Final = 900
"""Install order of webhooks: they would judge everything that is installed after them."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One row of the table.

    api_version: the version that the console asks for when an address names the kind.
    plural: the kind's name in addresses, as in the Kubernetes API.
    heading, about: of its list; about is one sentence on what the kind is for.
    side: (group, order in the group) of its link in the side; None: no link.
    counted: the header of a project says how many it has.
    starter: `drafts/starters/` has a starting manifest.
    reported: written by controllers; users do not create them.
    since: the minor version of Kubernetes that first served it in `api_version`; 0: every supported one. An
        older server is asked in which version it serves the kind.
    order: when a bundle is installed, lower numbers come first. Helm's order (helm.sh/helm
        pkg/releaseutil/kind_sorter.go): what others need comes before them.
    """

    api_version: str
    kind: str
    plural: str
    namespaced: bool = True
    order: int = ORDINARY
    heading: str | Promise | None = None
    about: str | Promise = ""
    icon: str = "braces"
    side: tuple[SideGroup, int] | None = None
    counted: bool = False
    starter: bool = False
    reported: bool = False
    since: int = 0

    @property
    def title(self) -> str | Promise:
        """The heading of its list; the kind itself where the row has none."""
        return self.kind if self.heading is None else self.heading


CLUSTER: Final = False
PROJECT: Final = True

KINDS: Final[tuple[Kind, ...]] = (
    Kind(
        "apps/v1",
        "DaemonSet",
        "daemonsets",
        PROJECT,
        200,
        heading=_("DaemonSets"),
        about=_(
            "One pod on every node that matches: collectors, exporters, network, storage and security agents."
        ),
        icon="daemonset",
        side=("workloads", 10),
        counted=True,
        starter=True,
    ),
    Kind(
        "v1",
        "ConfigMap",
        "configmaps",
        PROJECT,
        100,
        heading=_("ConfigMaps"),
        about=_("Configuration that containers read as files or environment variables."),
        icon="configmap",
        side=("configuration", 10),
        counted=True,
        starter=True,
    ),
    Kind(
        "v1",
        "Secret",
        "secrets",
        PROJECT,
        90,
        heading=_("Secrets"),
        about=_("Like ConfigMaps, for confidential data. The console never shows the values."),
        icon="secret",
        side=("configuration", 20),
        counted=True,
        starter=True,
    ),
    Kind(
        "v1",
        "PersistentVolumeClaim",
        "persistentvolumeclaims",
        PROJECT,
        130,
        heading=_("Volume claims"),
        about=_("Storage that pods can mount."),
        icon="volume",
        side=("configuration", 30),
        counted=True,
        starter=True,
    ),
    Kind(
        "v1",
        "ServiceAccount",
        "serviceaccounts",
        PROJECT,
        80,
        heading=_("Service accounts"),
        about=_("The identity of a pod when it talks to the API server."),
        icon="service-account",
        side=("configuration", 40),
        counted=True,
        starter=True,
    ),
    Kind(
        "v1",
        "ResourceQuota",
        "resourcequotas",
        PROJECT,
        40,
        heading=_("Quotas"),
        about=_("How much all pods of the project may request together."),
        icon="quota",
        side=("configuration", 50),
        counted=True,
        starter=True,
    ),
    Kind(
        "v1",
        "LimitRange",
        "limitranges",
        PROJECT,
        50,
        heading=_("Limit ranges"),
        about=_("The default requests and limits of a container, and how much a container may request."),
        icon="limits",
        side=("configuration", 60),
        counted=True,
        starter=True,
    ),
    Kind("v1", "Node", "nodes", CLUSTER, heading=_("Nodes"), icon="node", side=("cluster", 10)),
    Kind("v1", "Namespace", "namespaces", CLUSTER, 20, icon="project"),
    Kind(
        "v1",
        "Event",
        "events",
        PROJECT,
        heading=_("Events"),
        about=_(
            "What controllers, the scheduler and kubelets report about an object. Kept for a limited time."
        ),
        reported=True,
    ),
    Kind("scheduling.k8s.io/v1", "PriorityClass", "priorityclasses", CLUSTER, 10),
    Kind("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies", PROJECT, 30),
    Kind("policy/v1beta1", "PodSecurityPolicy", "podsecuritypolicies", CLUSTER, 60),
    Kind("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets", PROJECT, 70, since=21),
    Kind("storage.k8s.io/v1", "StorageClass", "storageclasses", CLUSTER, 110),
    Kind("v1", "PersistentVolume", "persistentvolumes", CLUSTER, 120),
    Kind("apiextensions.k8s.io/v1", "CustomResourceDefinition", "customresourcedefinitions", CLUSTER, 140),
    Kind("rbac.authorization.k8s.io/v1", "ClusterRole", "clusterroles", CLUSTER, 150),
    Kind("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "clusterrolebindings", CLUSTER, 160),
    Kind("rbac.authorization.k8s.io/v1", "Role", "roles", PROJECT, 170),
    Kind("rbac.authorization.k8s.io/v1", "RoleBinding", "rolebindings", PROJECT, 180),
    Kind("v1", "Service", "services", PROJECT, 190),
    Kind("v1", "Pod", "pods", PROJECT, 210),
    Kind("v1", "ReplicationController", "replicationcontrollers", PROJECT, 220),
    Kind("apps/v1", "ReplicaSet", "replicasets", PROJECT, 230),
    Kind("apps/v1", "Deployment", "deployments", PROJECT, 240),
    Kind("autoscaling/v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", PROJECT, 250, since=23),
    Kind("apps/v1", "StatefulSet", "statefulsets", PROJECT, 260),
    Kind("batch/v1", "Job", "jobs", PROJECT, 270),
    Kind("batch/v1", "CronJob", "cronjobs", PROJECT, 280, since=21),
    Kind("networking.k8s.io/v1", "IngressClass", "ingressclasses", CLUSTER, 290),
    Kind("networking.k8s.io/v1", "Ingress", "ingresses", PROJECT, 300),
    Kind("apiregistration.k8s.io/v1", "APIService", "apiservices", CLUSTER, 310),
    Kind("v1", "ComponentStatus", "componentstatuses", CLUSTER),
    Kind("v1", "Endpoints", "endpoints"),
    Kind("v1", "PodTemplate", "podtemplates"),
    Kind("apps/v1", "ControllerRevision", "controllerrevisions"),
    Kind("storage.k8s.io/v1", "VolumeAttachment", "volumeattachments", CLUSTER),
    Kind("storage.k8s.io/v1", "CSIDriver", "csidrivers", CLUSTER),
    Kind("storage.k8s.io/v1", "CSINode", "csinodes", CLUSTER),
    Kind("node.k8s.io/v1", "RuntimeClass", "runtimeclasses", CLUSTER),
    Kind("coordination.k8s.io/v1", "Lease", "leases"),
    Kind("discovery.k8s.io/v1", "EndpointSlice", "endpointslices", since=21),
    Kind("certificates.k8s.io/v1", "CertificateSigningRequest", "certificatesigningrequests", CLUSTER),
    Kind(
        "admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy", "validatingadmissionpolicies", CLUSTER
    ),
    Kind(
        "admissionregistration.k8s.io/v1",
        "ValidatingAdmissionPolicyBinding",
        "validatingadmissionpolicybindings",
        CLUSTER,
    ),
    Kind("flowcontrol.apiserver.k8s.io/v1", "FlowSchema", "flowschemas", CLUSTER, since=29),
    Kind(
        "flowcontrol.apiserver.k8s.io/v1",
        "PriorityLevelConfiguration",
        "prioritylevelconfigurations",
        CLUSTER,
        since=29,
    ),
    Kind(
        "admissionregistration.k8s.io/v1",
        "MutatingWebhookConfiguration",
        "mutatingwebhookconfigurations",
        CLUSTER,
        LAST,
    ),
    Kind(
        "admissionregistration.k8s.io/v1",
        "ValidatingWebhookConfiguration",
        "validatingwebhookconfigurations",
        CLUSTER,
        LAST,
    ),
)


def group_of(api_version: str) -> str:
    """ "apps/v1" → "apps"; "v1" → ""."""
    return api_version.rpartition("/")[0]


_BY_KIND: Final[Mapping[tuple[str, str], Kind]] = {(group_of(k.api_version), k.kind): k for k in KINDS}
_BY_PLURAL: Final[Mapping[str, Kind]] = {k.plural: k for k in KINDS}
# Helm, too, sorts by the kind alone, whatever its group.
_ORDERS: Final[Mapping[str, int]] = {k.kind: k.order for k in KINDS}

# What a kind without a row is called in addresses: Kind.version.group, as in kubectl's TYPE.VERSION.GROUP.
# Unlike a plural it can be read back without asking a cluster.
_LONG: Final = re.compile(r"([A-Za-z][A-Za-z0-9]*)\.([a-z0-9]+)(?:\.([a-z0-9.-]+))?")


def known(api_version: str, kind: str) -> Kind | None:
    """The kind's row, whatever version of its group is asked for; None for a kind without one."""
    return _BY_KIND.get((group_of(api_version), kind))


def row_of(api_version: str, kind: str) -> Kind:
    """The kind's row, or one with the defaults: in a project, without heading and starting manifest."""
    return known(api_version, kind) or Kind(api_version, kind, resource_of(api_version, kind))


def namespaced(api_version: str, kind: str) -> bool:
    """Whether objects of this kind live in a project; those of a kind without a row do."""
    row = known(api_version, kind)
    return row is None or row.namespaced


def resource_of(api_version: str, kind: str) -> str:
    """The kind's name in addresses: "daemonsets", "Certificate.v1.cert-manager.io"."""
    row = known(api_version, kind)
    if row is not None:
        return row.plural
    group, _, version = api_version.rpartition("/")
    return f"{kind}.{version}" + (f".{group}" if group else "")


def kind_of(resource: str) -> tuple[str, str] | None:
    """(api_version, kind) of a name in addresses; None for anything else."""
    row = _BY_PLURAL.get(resource)
    if row is not None:
        return row.api_version, row.kind
    match = _LONG.fullmatch(resource)
    if match is None:
        return None
    kind, version, group = match.groups()
    return (f"{group}/{version}" if group else version), kind


def in_side(group: SideGroup) -> list[Kind]:
    """The kinds with a link in this group of the side, in its order."""
    placed = [(row.side[1], row) for row in KINDS if row.side and row.side[0] == group]
    return [row for _order, row in sorted(placed, key=lambda pair: pair[0])]


def order_of(kind: str) -> int:
    """When objects of this kind are installed (`Kind.order`)."""
    return _ORDERS.get(kind, ORDINARY)


def in_install_order(items: Iterable[tuple[str, T]]) -> list[T]:
    """`items`: (kind, anything), by the order of the kinds; items of one kind keep their order."""
    return [item for _, item in sorted(items, key=lambda pair: order_of(pair[0]))]
