"""The samples that a new console starts with: the project `demo` with a quota and a limit range, and nodes.

Each object has the annotation `metadata.SAMPLE`, so that people can tell samples from their own objects.
"""

from __future__ import annotations

from typing import Any, Final

from workloads.daemonsets.manifest.findings import gettext_noop as _
from workloads.daemonsets.manifest.metadata import ALIAS, DESCRIPTION, SAMPLE
from workloads.documents import to_yaml

PROJECT: Final = "demo"

WHY: Final = _("Sample created on first start")
"""The note in the history of every sample."""
_PROJECT_ALIAS: Final = _("Demo")
_PROJECT_ABOUT: Final = _("A place to try things out")
TEXTS: Final = frozenset({WHY, _PROJECT_ALIAS, _PROJECT_ABOUT})
"""Texts that are stored before anybody chose a language, and translated when they are shown."""

_MARK: Final = {SAMPLE: "true"}

_NAMESPACE: Final = f"""\
# A sample project. Everything in it is yours to change, and you can create projects of your own.
apiVersion: v1
kind: Namespace
metadata:
  name: {PROJECT}
  annotations:
    {ALIAS}: {_PROJECT_ALIAS}
    {DESCRIPTION}: {_PROJECT_ABOUT}
    {SAMPLE}: "true"
"""

_QUOTA: Final = f"""\
# How much all pods of the project may use together. The bars above the list of DaemonSets show how much of it
# is used: what each pod requests, times the number of nodes it runs on.
apiVersion: v1
kind: ResourceQuota
metadata:
  name: {PROJECT}-quota
  namespace: {PROJECT}
  annotations:
    {SAMPLE}: "true"
spec:
  hard:
    count/daemonsets.apps: "20"
    pods: "200"
    requests.cpu: "20"
    requests.memory: 40Gi
    limits.cpu: "40"
    limits.memory: 80Gi
"""

_LIMIT_RANGE: Final = f"""\
# Default requests and limits for containers without their own. Without them, the quota above would reject
# every pod that does not set its CPU and memory.
apiVersion: v1
kind: LimitRange
metadata:
  name: {PROJECT}-defaults
  namespace: {PROJECT}
  annotations:
    {SAMPLE}: "true"
spec:
  limits:
  - type: Container
    defaultRequest:
      cpu: 100m
      memory: 128Mi
    default:
      cpu: 500m
      memory: 512Mi
"""

_NODE_COMMENT: Final = """\
# A sample node. Replace it with your own: paste the output of `kubectl get nodes -o yaml`.
"""


def manifests() -> list[str]:
    """One document each, the project first."""
    return [_NAMESPACE, _QUOTA, _LIMIT_RANGE, *(_NODE_COMMENT + to_yaml(node) for node in nodes())]


def nodes() -> list[dict[str, Any]]:
    """Twelve nodes in three zones, with taints, labels and systems that matter for placing pods."""
    workers = [_node(f"worker-{i}", zone, role="worker") for i, zone in enumerate("abcab", 1)]
    disks = [_node(f"ssd-{i}", zone, role="worker", disktype="ssd") for i, zone in enumerate("bc", 1)]
    arms = [_node(f"arm-{i}", zone, arch="arm64", role="worker") for i, zone in enumerate("ac", 1)]
    control_plane = _node(
        "control-plane-1",
        "a",
        role="control-plane",
        taints=[{"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}],
        cpu=4,
        memory=8,
    )
    gpu = _node(
        "gpu-1",
        "b",
        role="worker",
        taints=[{"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}],
        cpu=32,
        memory=128,
        extra={"nvidia.com/gpu": "4"},
        accelerator="nvidia",
    )
    windows = _node(
        "windows-1",
        "c",
        system="windows",
        role="worker",
        taints=[{"key": "os", "value": "windows", "effect": "NoSchedule"}],
    )
    return [control_plane, *workers, *disks, *arms, gpu, windows]


def _node(
    name: str,
    zone: str,
    *,
    role: str,
    arch: str = "amd64",
    system: str = "linux",
    taints: list[dict[str, str]] | None = None,
    cpu: int = 8,
    memory: int = 32,
    extra: dict[str, str] | None = None,
    **labels: str,
) -> dict[str, Any]:
    """cpu in cores, memory in GiB. As on real nodes, a part of the capacity is not allocatable."""
    name = f"sample-{name}"
    disk = {"ephemeral-storage": "100Gi", "pods": "110"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "annotations": _MARK,
            "labels": {
                "kubernetes.io/arch": arch,
                "kubernetes.io/hostname": name,
                "kubernetes.io/os": system,
                f"node-role.kubernetes.io/{role}": "",
                "topology.kubernetes.io/region": "sample",
                "topology.kubernetes.io/zone": f"zone-{zone}",
                **labels,
            },
        },
        "spec": {"taints": taints} if taints else {},
        "status": {
            "allocatable": {
                "cpu": f"{cpu * 1000 - 200}m",
                "memory": f"{memory - 2}Gi",
                **disk,
                **(extra or {}),
            },
            "capacity": {"cpu": str(cpu), "memory": f"{memory}Gi", **disk, **(extra or {})},
        },
    }
