"""How quick coverage is: python -m tests.benchmarks.bench_placement"""

from __future__ import annotations

import json
import random
import sys

from tests.benchmarks.ratio import Ratio, best, report
from workloads.daemonsets.placement.verdicts import Inventory, coverage

NODES = 5000
TEMPLATES = 100


def node(i, rng):
    """As a cluster of a cloud provider would show it, with ten images rather than fifty."""
    name = f"ip-10-{i // 250}-{i % 250}.eu-west-1.compute.internal"
    pool = rng.choice(["general", "general", "general", "memory", "gpu"])
    capacity = {"cpu": "16", "memory": "64901232Ki", "pods": "110", "ephemeral-storage": "104845292Ki"}
    taints = []
    if pool == "gpu":
        taints.append({"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"})
    if i < 3:
        taints.append({"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"})
    if rng.random() < 0.02:
        taints.append({"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"})
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "uid": f"{rng.getrandbits(128):032x}",
            "resourceVersion": str(rng.getrandbits(30)),
            "creationTimestamp": "2026-05-04T10:11:12Z",
            "labels": {
                "kubernetes.io/hostname": name,
                "kubernetes.io/os": "linux",
                "kubernetes.io/arch": rng.choice(["amd64", "amd64", "arm64"]),
                "node.kubernetes.io/instance-type": f"{pool[0]}6.4xlarge",
                "topology.kubernetes.io/region": "eu-west-1",
                "topology.kubernetes.io/zone": f"eu-west-1{rng.choice('abc')}",
                "example.com/pool": pool,
                "example.com/rack": f"r{rng.randrange(200)}",
                "disktype": rng.choice(["ssd", "hdd"]),
            },
            "annotations": {
                "node.alpha.kubernetes.io/ttl": "0",
                "volumes.kubernetes.io/controller-managed-attach-detach": "true",
                "csi.volume.kubernetes.io/nodeid": json.dumps({"ebs.csi.example.com": f"i-{i:016x}"}),
            },
        },
        "spec": {
            "podCIDR": f"10.{i // 250}.{i % 250}.0/24",
            "providerID": f"cloud:///eu-west-1/{i:016x}",
            "taints": taints,
        },
        "status": {
            "addresses": [
                {"type": "InternalIP", "address": f"10.{i // 250}.{i % 250}.1"},
                {"type": "Hostname", "address": name},
            ],
            "capacity": capacity,
            "allocatable": capacity,
            "conditions": [
                {
                    "type": kind,
                    "status": "False",
                    "reason": f"KubeletHas{kind}",
                    "message": f"kubelet has {kind}",
                    "lastHeartbeatTime": "2026-05-04T10:11:12Z",
                    "lastTransitionTime": "2026-05-04T10:11:12Z",
                }
                for kind in ("MemoryPressure", "DiskPressure", "PIDPressure", "Ready")
            ],
            "images": [
                {
                    "names": [
                        f"registry.example.com/team/app-{k}@sha256:{rng.getrandbits(256):064x}",
                        f"registry.example.com/team/app-{k}:1.{k}",
                    ],
                    "sizeBytes": rng.getrandbits(28),
                }
                for k in range(10)
            ],
            "nodeInfo": {"kubeletVersion": "v1.33.1", "osImage": "Linux", "kernelVersion": "6.1.0"},
        },
    }


def templates():
    """Agents of many kinds: everywhere, by pool, by zone and disk, with and without tolerations."""
    terms = [
        {"matchExpressions": [{"key": "disktype", "operator": "In", "values": ["ssd"]}]},
        {"matchExpressions": [{"key": "topology.kubernetes.io/zone", "operator": "NotIn", "values": ["x"]}]},
    ]
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
    conditions = [
        {},
        {"tolerations": [{"operator": "Exists"}]},
        {"nodeSelector": {"example.com/pool": "gpu"}, "tolerations": [{"key": "nvidia.com/gpu"}]},
        {"nodeSelector": {"kubernetes.io/arch": "arm64", "example.com/rack": "r7"}},
        {"affinity": {"nodeAffinity": required}},
    ]
    return [
        {"spec": {**conditions[i % len(conditions)], "hostNetwork": i % 2 == 0}} for i in range(TEMPLATES)
    ]


def main() -> int:
    rng = random.Random(1)
    text = json.dumps([node(i, rng) for i in range(NODES)])
    nodes = json.loads(text)
    affine = templates()[4]

    def cover(some):
        inventory = Inventory(nodes)
        return [coverage(template, inventory).groups for template in some]

    loading = best(lambda: json.loads(text))
    one = best(lambda: cover([affine]))
    return report(
        Ratio(f"coverage of {NODES} nodes / json.loads of them", one / loading, 1),
        Ratio(
            f"{TEMPLATES} DaemonSets x {NODES} nodes / 1 x {NODES}",
            best(lambda: cover(templates()), 3) / one,
            60,
        ),
    )


if __name__ == "__main__":
    sys.exit(main())
