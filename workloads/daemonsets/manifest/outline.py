"""Paths of a DaemonSet's fields, from its root, and names that several modules use.

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

AFFINITY: Final = (*POD, "affinity")
REQUIRED: Final = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED: Final = "preferredDuringSchedulingIgnoredDuringExecution"
"""The two parts of each affinity: nodeAffinity, podAffinity and podAntiAffinity."""

REQUIRED_NODES: Final = (*AFFINITY, "nodeAffinity", REQUIRED)
PREFERRED_NODES: Final = (*AFFINITY, "nodeAffinity", PREFERRED)
NODE_TERMS: Final = (*REQUIRED_NODES, "nodeSelectorTerms")
"""The terms of the required node affinity: a node must match one of them."""

CONTAINERS: Final = ("containers", "initContainers")
"""The fields of a pod's spec that hold containers."""

# Deprecated taints and node labels, each with its successor:
# https://kubernetes.io/docs/reference/labels-annotations-taints/.
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
