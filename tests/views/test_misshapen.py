"""Fields of another shape than Kubernetes gives them are named as wrong; no page fails of them."""

from __future__ import annotations

import pytest

from tests.stores.texts import node
from workloads.daemonsets.manifest.findings import STEPS
from workloads.drafts import store as drafts
from workloads.stores import store_for
from workloads.stores.protocol import Ref

AGENT = """\
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, namespace: demo}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      containers: [{name: agent, image: "example.com/agent:1.0"%s}]
"""
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PAGES = (*STEPS, "review", "yaml")


@pytest.fixture
def store(admin, demo):
    return store_for("offline", admin)


def affinity(expression):
    terms = f"nodeSelectorTerms: [{{matchExpressions: [{expression}]}}]"
    return (
        f"      affinity: {{nodeAffinity: {{requiredDuringSchedulingIgnoredDuringExecution: {{{terms}}}}}}}\n"
    )


@pytest.mark.parametrize(
    "text",
    [
        AGENT % "" + affinity("{key: zone, operator: In, values: 5}"),
        AGENT % "" + affinity("{key: zoneX, operator: Exists, values: true}"),
        AGENT % "" + affinity("{key: [zone], operator: {a: b}, values: [[a], {b: c}]}"),
        AGENT % ", volumeMounts: [{name: [x], mountPath: /a}]",
        AGENT % ", volumeMounts: [{name: {a: b}, mountPath: [/a]}, 5]" + "      volumes: [{name: [x]}, 5]\n",
    ],
)
def test_a_misshapen_field_of_a_daemonset_breaks_no_page(signed_in, admin, store, text):
    store.replace_nodes(node("a", {"zone": "b"}))
    draft = drafts.create(admin, "offline", "demo", text)
    for slug in PAGES:
        assert signed_in.get(f"/drafts/{draft.pk}/{slug}/").status_code == 200, slug
    review = f"/drafts/{draft.pk}/review/"
    assert signed_in.get(f"{review}?map=0", headers={"HX-Request": "true"}).status_code == 200


@pytest.mark.parametrize(
    "part",
    [
        "spec: {taints: [{key: [a], effect: NoSchedule}]}",
        "spec: {taints: [{key: {a: b}, effect: [NoSchedule]}]}",
        "spec: {taints: 5}",
        "status: {allocatable: 5}",
        "status: {allocatable: [5]}",
        "status: {allocatable: {cpu: [1]}, conditions: [5, {type: [], status: {}}]}",
    ],
)
def test_a_misshapen_node_that_was_stored_breaks_no_page(signed_in, admin, store, part):
    store.apply(node("a", {"zone": "b"}) + part + "\n", project="", base="")
    draft = drafts.create(admin, "offline", "demo", AGENT % "")
    for slug in PAGES:
        assert signed_in.get(f"/drafts/{draft.pk}/{slug}/").status_code == 200, slug
    for address in ("nodes/", "nodes/a/", "matrix/", "what-if/", "nodes/a/labels/", "replace-nodes/"):
        assert signed_in.get(f"/clusters/offline/{address}").status_code == 200, address


@pytest.mark.parametrize("field", ["labels", "annotations"])
@pytest.mark.parametrize("shape", ["5", "[{a: b}, {c: d}]", "{a: 1, b: null}"])
def test_a_stored_object_with_misshapen_metadata_breaks_no_review(signed_in, admin, store, field, shape):
    text = f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: one\n  {field}: {shape}\n"
    store.apply(text, project="demo", base="")
    draft = drafts.create(admin, "offline", "demo", origin=store.get(Ref("v1", "ConfigMap", "demo", "one")))
    draft = drafts.save(draft, text + "data: {}\n", version=draft.version)
    assert signed_in.get(f"/drafts/{draft.pk}/review/").status_code == 200
    assert signed_in.get("/clusters/offline/projects/demo/configmaps/").status_code == 200
