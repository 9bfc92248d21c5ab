"""The samples of a first start are valid and marked, and their nodes differ."""

from __future__ import annotations

from decimal import Decimal

from workloads.daemonsets.forecast import demand
from workloads.daemonsets.manifest import resources, samples
from workloads.daemonsets.manifest.places import Place
from workloads.daemonsets.placement import verdicts
from workloads.daemonsets.rules import validation
from workloads.documents import read


def values():
    return [document.value for text in samples.manifests() for document in read(text)]


def test_every_manifest_is_one_valid_marked_document():
    assert len(values()) == len(samples.manifests())
    for value in values():
        assert validation.check(value) == []
        assert value["metadata"]["annotations"][samples.SAMPLE] == "true"


def test_twelve_nodes_of_which_a_plain_daemonset_reaches_nine():
    nodes = [value for value in values() if value["kind"] == "Node"]
    assert len({node["metadata"]["name"] for node in nodes}) == 12
    assert len({node["metadata"]["labels"]["topology.kubernetes.io/zone"] for node in nodes}) == 3
    excluded = [
        group for group in verdicts.coverage({"spec": {}}, nodes).groups if not group.verdict.should_run
    ]
    assert [name for group in excluded for name in group.nodes] == [
        "sample-control-plane-1",
        "sample-gpu-1",
        "sample-windows-1",
    ]


def test_the_quota_has_room_for_several_daemonsets_without_resources():
    by_kind = {value["kind"]: value for value in values()}
    one = {"spec": {"template": {"spec": {"containers": [{"name": "c"}]}}}}
    [asked] = demand.quotas_used(
        [by_kind["ResourceQuota"]], [one] * 10, samples.nodes(), [by_kind["LimitRange"]], {}
    )
    hard = resources.amounts(Place(by_kind["ResourceQuota"]).at("spec", "hard"))
    assert list(asked) == list(hard)
    assert asked["requests.cpu"] == Decimal("9")
    assert all(asked[key] < hard[key] for key in ("pods", "requests.cpu", "requests.memory"))
