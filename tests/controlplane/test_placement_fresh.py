"""Fresh random nodes and templates each run: what the real controller does is what placement says.

The seed is printed; PLACEMENT_SEED=<seed> runs the same cases again. Whatever is drawn, every taint for which
the controller adds a toleration is on a node alone, with either effect, beside a template that says nothing
and one in the network of its node.
"""

from __future__ import annotations

import os
import random
import time

import pytest

from tests.builders import daemonset
from workloads.daemonsets.placement.verdicts import Inventory, coverage

NODES = 30
TEMPLATES = 60
SETTLE_SECONDS = 30
"""Without any change for so long the controller has said its word: on a busy machine it takes its time."""

LABELS = {
    "zone": ["a", "b", "c"],
    "disktype": ["ssd", "hdd", ""],
    "cpus": ["4", "8", "16", "08", "9x", "99999999999999999999"],
    "kubernetes.io/os": ["linux", "windows"],
}
TROUBLES = [
    "node.kubernetes.io/not-ready",
    "node.kubernetes.io/unreachable",
    "node.kubernetes.io/unschedulable",
    "node.kubernetes.io/network-unavailable",
    "node.kubernetes.io/disk-pressure",
    "node.kubernetes.io/memory-pressure",
    "node.kubernetes.io/pid-pressure",
]
TAINT_KEYS = ["dedicated", "spot", "node-role.kubernetes.io/control-plane", *TROUBLES]
EFFECTS = ["NoSchedule", "NoExecute", "PreferNoSchedule"]


class Cases:
    """Random objects that the API server takes."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.names = [f"fresh-{i:02d}" for i in range(NODES)]

    def chance(self, probability):
        return self.random.random() < probability

    def taints(self):
        chosen = {
            (self.random.choice(TAINT_KEYS), self.random.choice(EFFECTS)): self.random.choice(["", "x", "y"])
            for _ in range(self.random.choice([0, 0, 1, 1, 2]))
        }
        return [{"key": k, "value": value, "effect": effect} for (k, effect), value in chosen.items()]

    def nodes(self):
        """The first have one trouble each, the others what chance gives."""
        alone = iter([{"key": key, "effect": effect} for key in TROUBLES for effect in EFFECTS[:2]])
        for name in self.names:
            labels = {key: self.random.choice(values) for key, values in LABELS.items() if self.chance(0.7)}
            trouble = next(alone, None)
            taints = [trouble] if trouble else self.taints()
            yield {"metadata": {"name": name, "labels": labels}, "spec": {"taints": taints}}

    def expression(self):
        key = self.random.choice([*LABELS, "absent"])
        operator = self.random.choice(["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"])
        if operator in ("Exists", "DoesNotExist"):
            return {"key": key, "operator": operator}
        if operator in ("Gt", "Lt"):
            return {"key": key, "operator": operator, "values": [self.random.choice(["0", "4", "8", "15"])]}
        choices = LABELS.get(key, ["x"])
        values = self.random.sample(choices, self.random.randint(1, min(3, len(choices))))
        return {"key": key, "operator": operator, "values": values}

    def term(self):
        term = {}
        if self.chance(0.85):
            term["matchExpressions"] = [self.expression() for _ in range(self.random.randint(1, 2))]
        if self.chance(0.2):
            operator = self.random.choice(["In", "NotIn", "NotIn"])
            values = [self.random.choice(self.names)]
            term["matchFields"] = [{"key": "metadata.name", "operator": operator, "values": values}]
        return term

    def toleration(self):
        toleration = {"key": self.random.choice(TAINT_KEYS)} if self.chance(0.85) else {}
        if self.chance(0.7):
            toleration["effect"] = self.random.choice(EFFECTS)
        if not toleration.get("key") or self.chance(0.5):
            toleration["operator"] = "Exists"
        elif self.chance(0.8):
            toleration["value"] = self.random.choice(["x", "y"])
        if toleration.get("effect") == "NoExecute" and self.chance(0.3):
            toleration["tolerationSeconds"] = self.random.choice([5, 3600])
        return toleration

    def spec(self):
        spec = {}
        if self.chance(0.35):
            key = self.random.choice(list(LABELS))
            spec["nodeSelector"] = {key: self.random.choice(LABELS[key])}
        if self.chance(0.5):
            terms = [self.term() for _ in range(self.random.randint(1, 3))]
            required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
            spec["affinity"] = {"nodeAffinity": required}
        if self.chance(0.7):
            spec["tolerations"] = [self.toleration() for _ in range(self.random.randint(1, 3))]
        if self.chance(0.2):
            spec["hostNetwork"] = True
        if self.chance(0.05):
            spec["nodeName"] = self.random.choice(self.names)
        return spec


def node_of(pod):
    if bound := pod["spec"].get("nodeName"):
        return bound
    affinity = pod["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    return affinity["nodeSelectorTerms"][0]["matchFields"][0]["values"][0]


@pytest.mark.timeout(400)
def test_the_controller_does_what_placement_says(control_plane):
    seed = int(os.environ.get("PLACEMENT_SEED") or random.SystemRandom().randrange(10**9))
    print(f"PLACEMENT_SEED={seed}")
    cases = Cases(seed)
    drawn = {f"case-{i:02d}": cases.spec() for i in range(TEMPLATES)}
    specs = {"says-nothing": {}, "network-of-its-node": {"hostNetwork": True}, **drawn}
    namespace = control_plane.new_namespace("placement")
    collection = f"/apis/apps/v1/namespaces/{namespace}/daemonsets"

    def inventory():
        return Inventory(control_plane.api("GET", "/api/v1/nodes")["items"])

    def shown():
        """(DaemonSet, node) of every pod that is not on its way out, and (DaemonSet, desired pods)."""
        pods = control_plane.api("GET", f"/api/v1/namespaces/{namespace}/pods")["items"]
        placed = {
            (pod["metadata"]["ownerReferences"][0]["name"], node_of(pod))
            for pod in pods
            if not pod["metadata"].get("deletionTimestamp")
        }
        statuses = control_plane.api("GET", collection)["items"]
        return placed, {(d["metadata"]["name"], d["status"]["desiredNumberScheduled"]) for d in statuses}

    def check(placed, covered, uncounted=()):
        """uncounted: DaemonSets whose number of desired pods may be out of date."""

        def seen_now():
            pods, counts = shown()
            return pods, {(name, number) for name, number in counts if name not in uncounted}

        counted = {name: cover for name, cover in covered.items() if name not in uncounted}
        expected = placed, {(name, len(cover.should_run)) for name, cover in counted.items()}
        seen, since = seen_now(), time.monotonic()
        while seen != expected and time.monotonic() < since + SETTLE_SECONDS:
            time.sleep(0.2)
            if (now := seen_now()) != seen:
                seen, since = now, time.monotonic()
        for ours, theirs in zip(expected, seen, strict=True):
            assert (ours - theirs, theirs - ours) == (set(), set()), f"seed {seed}"

    try:
        control_plane.add_nodes(cases.nodes())
        for name, spec in specs.items():
            control_plane.api("POST", collection, daemonset(name, **spec))
        nodes = inventory()
        covered = {name: coverage({"spec": spec}, nodes) for name, spec in specs.items()}
        first = {(name, node) for name, cover in covered.items() for node in cover.should_run}
        check(first, covered)

        for name in cases.random.sample(cases.names, NODES // 3):
            control_plane.api("PATCH", f"/api/v1/nodes/{name}", {"spec": {"taints": cases.taints()}})
        nodes = inventory()
        covered = {name: coverage({"spec": spec}, nodes) for name, spec in specs.items()}
        second = {
            (name, node)
            for name, cover in covered.items()
            for node, verdict in cover.verdicts.items()
            if verdict.should_run or (verdict.may_stay and (name, node) in first)
        }
        stays = {name for name, node in second if node not in covered[name].should_run}
        # Since 1.34 the controller does not count again for a taint that lets a pod stay.
        check(second, covered, stays if control_plane.minor >= 34 else ())
    finally:
        control_plane.api("DELETE", f"/api/v1/namespaces/{namespace}")
        for name in cases.names:
            control_plane.api("DELETE", f"/api/v1/nodes/{name}")
