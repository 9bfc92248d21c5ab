"""What fields suggest: what people type again and again, and what the project and its cluster have."""

from __future__ import annotations

import pytest

from tests import builders
from tests.wizard.forms import opened, page_of
from workloads.daemonsets.manifest.findings import STEPS
from workloads.daemonsets.project.admission import Classes
from workloads.daemonsets.project.facts import ProjectFacts

TEXT = """\
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: a}
spec:
  template:
    spec:
      dnsConfig: {options: [{name: ndots}]}
      hostAliases: [{ip: 10.0.0.1}]
      imagePullSecrets: [{name: x}]
      tolerations: [{key: gpu}]
      containers:
      - name: a
        resources: {limits: {nvidia.com/gpu: 1}}
        env: [{name: A, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}]
      volumes: [{name: v, hostPath: {path: /sys}}]
"""


def named(kind, name):
    return {"kind": kind, "metadata": {"name": name}}


@pytest.mark.parametrize("slug", STEPS)
def test_each_field_that_suggests_has_its_list_on_the_page(slug):
    page = page_of(opened(slug, TEXT))
    lists = {each["id"] for each in page.select("datalist")}
    assert {field["list"] for field in page.select("[list]")} <= lists


def test_usual_paths_of_a_node_are_suggested_the_most_frequent_first():
    paths = [path for path, _about in opened("volumes", TEXT).suggestions["host-paths"]]
    assert paths[0] == "/var/log"
    assert {"/proc", "/sys", "/dev", "/etc/machine-id", "/var/lib/docker/containers"} <= set(paths)
    assert len(set(paths)) == len(paths)


def test_images_of_containers_and_of_volumes_are_suggested_in_both_steps():
    daemonset = builders.daemonset("b")
    daemonset["spec"]["template"]["spec"] |= {
        "containers": [{"name": "b", "image": "b:1"}, {"name": "c", "image": ["odd"]}],
        "initContainers": [{"name": "i", "image": "a:1"}],
        "volumes": [{"name": "v", "image": {"reference": "models:1"}}],
    }
    facts = ProjectFacts(daemonsets=[daemonset, daemonset, named("DaemonSet", "odd")])
    for slug in ("pods", "volumes"):
        found = opened(slug, TEXT, facts=facts).suggestions["images"]
        assert found == [("a:1", ""), ("b:1", ""), ("models:1", "")]


def test_the_classes_of_the_cluster_are_suggested():
    classes = Classes.of([named("RuntimeClass", "gvisor")], [named("PriorityClass", "agents")])
    suggested = opened("pods", TEXT, facts=ProjectFacts(classes=classes)).suggestions
    assert suggested["runtimes"] == [("gvisor", "")]
    assert ("agents", "") in suggested["priorities"]
    assert ("system-node-critical", "") in opened("pods", TEXT).suggestions["priorities"]


def test_the_values_of_taints_are_suggested_with_their_keys():
    nodes = [builders.node(f"n{n}", taints=["gpu=yes:NoSchedule"]) for n in range(2)]
    nodes.append(builders.node("odd", taints=[{"key": ["x"], "value": {}}]))
    suggested = opened("nodes", TEXT, facts=ProjectFacts(nodes=nodes)).suggestions
    assert suggested["taint-values"] == [("yes", "gpu · 2 nodes")]
    assert suggested["taint-keys"] == [("gpu", "2 nodes")]
