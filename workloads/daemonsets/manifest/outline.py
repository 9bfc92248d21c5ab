"""Where things are in a DaemonSet: the paths from its root that several modules speak of.

Source: the reference of apps/v1 DaemonSet, https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/daemon-set-v1/.
"""

from __future__ import annotations

from typing import Final

NAME: Final = ("metadata", "name")
PROJECT: Final = ("metadata", "namespace")
LABELS: Final = ("metadata", "labels")
ANNOTATIONS: Final = ("metadata", "annotations")
SELECTOR: Final = ("spec", "selector")

TEMPLATE: Final = ("spec", "template")
POD_LABELS: Final = (*TEMPLATE, "metadata", "labels")
POD_ANNOTATIONS: Final = (*TEMPLATE, "metadata", "annotations")

POD: Final = (*TEMPLATE, "spec")
VOLUMES: Final = (*POD, "volumes")
NODE_NAME: Final = (*POD, "nodeName")
NODE_SELECTOR: Final = (*POD, "nodeSelector")
TOLERATIONS: Final = (*POD, "tolerations")
OVERHEAD: Final = (*POD, "overhead")
PRIORITY_CLASS: Final = (*POD, "priorityClassName")
RUNTIME_CLASS: Final = (*POD, "runtimeClassName")

REQUIRED: Final = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED: Final = "preferredDuringSchedulingIgnoredDuringExecution"
"""The two halves of every affinity: of nodes, of pods, and against pods."""

REQUIRED_NODES: Final = (*POD, "affinity", "nodeAffinity", REQUIRED)
PREFERRED_NODES: Final = (*POD, "affinity", "nodeAffinity", PREFERRED)
NODE_TERMS: Final = (*REQUIRED_NODES, "nodeSelectorTerms")
"""The alternatives of the required node affinity."""

CONTAINERS: Final = ("containers", "initContainers")
"""The lists of a pod: those that keep running, then those that run first."""


# Names of taints and node labels that Kubernetes gave up, with what took their place.
SUCCESSORS = {
    "node-role.kubernetes.io/master": "node-role.kubernetes.io/control-plane",
    "beta.kubernetes.io/os": "kubernetes.io/os",
    "beta.kubernetes.io/arch": "kubernetes.io/arch",
    "beta.kubernetes.io/instance-type": "node.kubernetes.io/instance-type",
    "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
    "failure-domain.kubernetes.io/zone": "topology.kubernetes.io/zone",
    "failure-domain.kubernetes.io/region": "topology.kubernetes.io/region",
    "node.alpha.kubernetes.io/notReady": "node.kubernetes.io/not-ready",
    "node.alpha.kubernetes.io/unreachable": "node.kubernetes.io/unreachable",
}
