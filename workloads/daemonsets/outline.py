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
