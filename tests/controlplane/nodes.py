"""Node objects for a control plane that has no kubelets."""

from __future__ import annotations

import datetime as dt
from typing import Any

Json = dict[str, Any]

CAPACITY = {"cpu": "8", "memory": "32Gi", "pods": "110", "ephemeral-storage": "100Gi"}


def fake_nodes(count: int) -> list[Json]:
    """`node-0000` is tainted control-plane; of the rest every 5th has an SSD, every 7th is arm64, every 11th
    has a GPU and its taint.
    """
    return [_fake_node(i) for i in range(count)]


def _fake_node(i: int) -> Json:
    name = f"node-{i:04d}"
    labels = {
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "arm64" if i % 7 == 6 else "amd64",
        f"node-role.kubernetes.io/{'worker' if i else 'control-plane'}": "",
        "topology.kubernetes.io/zone": f"zone-{'abc'[i % 3]}",
    }
    taints = []
    if i == 0:
        taints.append({"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"})
    if i % 5 == 4:
        labels["disktype"] = "ssd"
    if i % 11 == 10:
        labels["accelerator"] = "nvidia"
        taints.append({"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"})
    return {"metadata": {"name": name, "labels": labels}, "spec": {"taints": taints}}


def status_of(node: Json) -> Json:
    """What a healthy kubelet would report for it, unless the node says otherwise."""
    labels = node["metadata"].get("labels") or {}
    now = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "capacity": CAPACITY,
        "allocatable": CAPACITY,
        "conditions": [
            {"type": kind, "status": status, "lastHeartbeatTime": now, "lastTransitionTime": now}
            for kind, status in (
                ("Ready", "True"),
                ("MemoryPressure", "False"),
                ("DiskPressure", "False"),
                ("PIDPressure", "False"),
            )
        ],
        "addresses": [{"type": "Hostname", "address": node["metadata"]["name"]}],
        "nodeInfo": {
            "architecture": labels.get("kubernetes.io/arch", "amd64"),
            "operatingSystem": labels.get("kubernetes.io/os", "linux"),
            "kubeletVersion": "v1.20.2",
            "kubeProxyVersion": "v1.20.2",
            "osImage": "Fake Linux",
            "kernelVersion": "5.10",
            "containerRuntimeVersion": "containerd://1.7.0",
            "machineID": "",
            "systemUUID": "",
            "bootID": "",
        },
        **(node.get("status") or {}),
    }
