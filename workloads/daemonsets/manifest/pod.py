"""Pod templates: their containers, and the values that their fields take.

Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/ (PodSpec, Container,
Toleration) and https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/node-selector-requirement/.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from workloads.daemonsets.manifest.outline import CONTAINERS, REQUIRED, SUCCESSORS
from workloads.daemonsets.manifest.places import Place

# --- containers ---

PULL_POLICIES = ("Always", "IfNotPresent", "Never")
RESTART_POLICIES = ("Always", "OnFailure", "Never")
PROTOCOLS = ("TCP", "UDP", "SCTP")

PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
HOOKS = ("postStart", "preStop")
PROBE_HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc")
HOOK_HANDLERS = ("exec", "httpGet", "tcpSocket", "sleep")
SCHEMES = ("HTTP", "HTTPS")
"""Of `httpGet`."""

# --- the pod ---

DNS_POLICIES = ("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None")
DEFAULT_GRACE_PERIOD = 30
"""Seconds that a pod gets to stop (`terminationGracePeriodSeconds`)."""

# --- nodes and taints ---

EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
"""Of taints; a toleration without an effect is for all of them."""
TOLERATION_OPERATORS = ("Equal", "Exists", "Lt", "Gt")
LABEL_OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")
"""Of label selectors."""
NODE_OPERATORS = (*LABEL_OPERATORS, "Gt", "Lt")
"""Of node affinity terms."""


OS_LABEL = "kubernetes.io/os"
"""Of nodes: https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetes-io-os."""
_OS_LABELS = (OS_LABEL, next(old for old, new in SUCCESSORS.items() if new == OS_LABEL))


def operating_system(pod: Place) -> str:
    """The system that a pod's spec is for, as its field `os`, its node selector or its required node affinity
    says: "windows", "linux", or "" where none does."""
    if pod.at("os", "name").text:
        return pod.at("os", "name").text
    for label in _OS_LABELS:
        if pod["nodeSelector"][label].text:
            return pod["nodeSelector"][label].text
    terms = list(pod.at("affinity", "nodeAffinity", REQUIRED, "nodeSelectorTerms"))
    systems = {_system_of_term(term) for term in terms}
    return systems.pop() if len(systems) == 1 else ""


def _system_of_term(term: Place) -> str:
    for requirement in term["matchExpressions"]:
        values = {value.text for value in requirement["values"]}
        if (
            requirement["key"].text in _OS_LABELS
            and requirement["operator"].text == "In"
            and len(values) == 1
        ):
            return values.pop()
    return ""


def security_setting(pod: Place, container: Place, field: str) -> Place:
    """A field of the security context: the container's own, else the pod's."""
    own = container["securityContext"][field]
    return own if own else pod["securityContext"][field]


_OF_NETWORK = re.compile(r"net\..*")
_OF_IPC = re.compile(r"fs\.mqueue\..*|kernel\.(?:sem|shm(?:all|max|mni|_rmid_forced)?|msg(?:max|mnb|mni)?)")


def of_namespace(sysctl: str) -> str:
    """The field of a pod by which it would share the namespace of a sysctl with its node: "hostNetwork" or
    "hostIPC"; "" for one of the whole node.

    Source: GetNamespace in k8s.io/component-helpers/node/util/sysctl/namespace.go.
    """
    dotted = sysctl.replace("/", ".")
    if _OF_NETWORK.fullmatch(dotted):
        return "hostNetwork"
    return "hostIPC" if _OF_IPC.fullmatch(dotted) else ""


_WINDOWS_PATH = re.compile(r"[A-Za-z]:(?:[\\/].*)?|[\\/].*", re.DOTALL)


def is_windows_path(path: str) -> bool:
    """Whether a path is absolute on Windows: on a drive, from its root, or the name of a pipe or a share.

    Source: isWindowsUNCPath and isWindowsAbsolutePath, kubernetes/pkg/volume/util/util.go.
    """
    return _WINDOWS_PATH.fullmatch(path) is not None


def all_containers(pod: Place) -> Iterator[Place]:
    """The containers of a pod's spec, then its init containers."""
    for field in CONTAINERS:
        yield from pod[field]


def keeps_running(container: Place) -> bool:
    """Whether it runs as long as its pod: a container, or an init container that is a sidecar.

    Source: https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/.
    """
    return "initContainers" not in container.path or container["restartPolicy"].text == "Always"


def image_tag(image: str) -> str:
    """The tag of an image reference, "" for none. A digest counts as none.

    Source: https://kubernetes.io/docs/concepts/containers/images/#image-names.
    """
    return image.partition("@")[0].rpartition("/")[2].partition(":")[2]


def is_latest(image: str) -> bool:
    """Whether an image reference means the newest image: neither digest nor tag, or the tag `latest`.

    Source: SetDefaults_Container in kubernetes/pkg/apis/core/v1/defaults.go.
    """
    return "@" not in image and image_tag(image) in ("", "latest")
