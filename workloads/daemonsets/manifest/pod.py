"""What pod templates are made of: their containers, and the words that their fields take."""

from __future__ import annotations

from collections.abc import Iterator

from workloads.daemonsets.manifest.places import Place

PROTOCOLS = ("TCP", "UDP", "SCTP")


PULL_POLICIES = ("Always", "IfNotPresent", "Never")


RESTART_POLICIES = ("Always", "OnFailure", "Never")


SCHEMES = ("HTTP", "HTTPS")


PROBES = ("livenessProbe", "readinessProbe", "startupProbe")


PROBE_HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc")


HOOK_HANDLERS = ("exec", "httpGet", "tcpSocket", "sleep")


DEFAULT_GRACE_PERIOD = 30


def all_containers(pod: Place) -> Iterator[Place]:
    """Of a pod's spec: those that keep running, then those that run first."""
    yield from pod["containers"]
    yield from pod["initContainers"]


def keeps_running(container: Place) -> bool:
    """Whether it runs as long as its pod: any but an init container that is no sidecar.

    Source: https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/.
    """
    return "initContainers" not in container.path or container["restartPolicy"].text == "Always"


DNS_POLICIES = ("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None")


EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")


TOLERATION_OPERATORS = ("Equal", "Exists", "Lt", "Gt")


NODE_OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt")
