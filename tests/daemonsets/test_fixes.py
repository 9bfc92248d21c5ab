"""The fewest changes that include excluded nodes, and the shortest way to say which nodes one means."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from tests.builders import expression, node, required_affinity, term
from tests.daemonsets.coded import code_of, coded
from workloads.daemonsets.manifest.samples import nodes as sample_nodes
from workloads.daemonsets.placement.fixes import fix, narrowest_selection
from workloads.daemonsets.placement.verdicts import Inventory, coverage
from workloads.documents import edit, read, to_yaml
from workloads.documents.paths import patch

ROLE = "node-role.kubernetes.io/"
TRUTH = json.loads(gzip.decompress(Path(__file__).with_name("placement_truth.json.gz").read_bytes()))


def offered(spec, *nodes):
    """What is offered for the nodes that are excluded, all of them for the same reason."""
    inventory, template = Inventory(nodes), {"spec": spec}
    found = coverage(template, inventory)
    [group] = (g for g in found.groups if not g.verdict.should_run)
    return fix(group, template, found, inventory)


@pytest.mark.parametrize(
    ("spec", "excluded", "says", "after"),
    [
        pytest.param(
            {},
            node("n", taints=["gpu=yes:NoSchedule"]),
            [("tolerate", {"taint": "gpu:NoSchedule"})],
            {"tolerations": [{"key": "gpu", "operator": "Exists", "effect": "NoSchedule"}]},
            id="a taint",
        ),
        pytest.param(
            {"tolerations": [{"key": "other", "operator": "Exists"}]},
            node("n", taints=["k=v:NoSchedule", "k=v:NoExecute"]),
            [("tolerate", {"taint": "k:*"})],
            {"tolerations": [{"key": "other", "operator": "Exists"}, {"key": "k", "operator": "Exists"}]},
            id="two taints of one key: a toleration of any effect",
        ),
        pytest.param(
            {"nodeName": "other"},
            node("n"),
            [("remove-node-name", {"node": "other"})],
            {},
            id="bound to another node",
        ),
        pytest.param(
            {"nodeSelector": {"zone": "a", "disk": "ssd"}},
            node("n", labels={"zone": "a"}),
            [("remove-selector-labels", {"pair": "disk=ssd"})],
            {"nodeSelector": {"zone": "a"}},
            id="one pair of several",
        ),
        pytest.param(
            {"nodeSelector": {"disk": "ssd"}},
            node("n"),
            [("remove-selector", {"pair": "disk=ssd"})],
            {},
            id="the only pair: no empty mapping stays",
        ),
        pytest.param(
            {"nodeSelector": {"disk": "ssd", "zone": "b"}},
            node("n", labels={"zone": "a"}),
            [("remove-whole-selector", {})],
            {},
            id="no pair matches",
        ),
        pytest.param(
            {"nodeSelector": {"beta.kubernetes.io/os": "linux"}},
            node("n", labels={"kubernetes.io/os": "linux"}),
            [("replace-deprecated-label", {"label": "kubernetes.io/os"})],
            {"nodeSelector": {"kubernetes.io/os": "linux"}},
            id="a retired label",
        ),
        pytest.param(
            {"nodeSelector": {"beta.kubernetes.io/os": "linux"}},
            node("n", labels={"kubernetes.io/os": "windows"}),
            [("remove-selector", {"pair": "beta.kubernetes.io/os=linux"})],
            {},
            id="a retired label, but its successor does not match either",
        ),
        pytest.param(
            {"affinity": required_affinity(term(expression("zone", "In", "a", "b")))},
            node("n", labels={"zone": "c"}),
            [("add-values", {"values": "c", "expression": "zone In [a, b]"})],
            {"affinity": required_affinity(term(expression("zone", "In", "a", "b", "c")))},
            id="a value is missing",
        ),
        pytest.param(
            {"affinity": required_affinity(term(expression("zone", "NotIn", "a", "b")))},
            node("n", labels={"zone": "b"}),
            [("remove-values", {"values": "b", "expression": "zone NotIn [a, b]"})],
            {"affinity": required_affinity(term(expression("zone", "NotIn", "a")))},
            id="a value is too many",
        ),
        pytest.param(
            {"affinity": required_affinity(term(expression("zone", "In", "a"), expression("gpu", "Exists")))},
            node("n", labels={"zone": "a"}),
            [("remove-expression", {"expression": "gpu Exists"})],
            {"affinity": required_affinity(term(expression("zone", "In", "a")))},
            id="one expression of several",
        ),
        pytest.param(
            {
                "affinity": required_affinity(
                    term(expression("zone", "In", "a"), expression("cpu", "Gt", "many"))
                )
            },
            node("n", labels={"zone": "a"}),
            [("remove-expression", {"expression": "cpu Gt [many]"})],
            {"affinity": required_affinity(term(expression("zone", "In", "a")))},
            id="an expression that the controller cannot understand",
        ),
        pytest.param(
            {"affinity": required_affinity(term(expression("a", "Exists"), expression("b", "Exists")))},
            node("n"),
            [("remove-affinity", {})],
            {},
            id="two expressions fail: only all of it in one change",
        ),
        pytest.param(
            {"affinity": {**required_affinity({}), "podAffinity": {}}},
            node("n"),
            [("remove-affinity", {})],
            {"affinity": {"podAffinity": {}}},
            id="an empty term matches nothing; what else there is of affinity stays",
        ),
        pytest.param(
            {"tolerations": [{"key": "other", "operator": "Exists"}]},
            node(
                "n",
                taints=[
                    "node-role.kubernetes.io/master:NoSchedule",
                    "node-role.kubernetes.io/control-plane:NoSchedule",
                ],
            ),
            [
                (
                    "tolerate",
                    {"taint": f"{ROLE}master:NoSchedule, {ROLE}control-plane:NoSchedule"},
                )
            ],
            {
                "tolerations": [
                    {"key": "other", "operator": "Exists"},
                    {"key": "node-role.kubernetes.io/master", "operator": "Exists", "effect": "NoSchedule"},
                    {
                        "key": "node-role.kubernetes.io/control-plane",
                        "operator": "Exists",
                        "effect": "NoSchedule",
                    },
                ]
            },
            id="two keys, as kubeadm 1.24 set them",
        ),
        pytest.param(
            {"nodeSelector": {"zone": "a", "os": "linux"}},
            node("n", taints=["k:NoSchedule"], labels={"os": "linux"}),
            [("remove-selector-labels", {"pair": "zone=a"}), ("tolerate", {"taint": "k:NoSchedule"})],
            {
                "nodeSelector": {"os": "linux"},
                "tolerations": [{"key": "k", "operator": "Exists", "effect": "NoSchedule"}],
            },
            id="a taint and the selector",
        ),
        pytest.param(
            {"nodeSelector": {"a": "1", "b": "2", "c": "3"}},
            node("n", labels={"a": "1"}),
            [("remove-selector-labels", {"pair": "b=2, c=3"})],
            {"nodeSelector": {"a": "1"}},
            id="two pairs of three",
        ),
        pytest.param(
            {"nodeName": "other", "affinity": required_affinity(term(expression("zone", "In", "a")))},
            node("n", labels={"zone": "b"}),
            [
                ("remove-node-name", {"node": "other"}),
                ("add-values", {"values": "b", "expression": "zone In [a]"}),
            ],
            {"affinity": required_affinity(term(expression("zone", "In", "a", "b")))},
            id="bound to another node, and the affinity",
        ),
    ],
)
def test_the_fewest_changes(spec, excluded, says, after):
    found = offered(spec, excluded)
    assert ([coded(each) for each in found.says], found.gains) == (says, ("n",))
    assert patch({"spec": {"template": {"spec": spec}}}, found.changes) == {
        "spec": {"template": {"spec": after}}
    }


@pytest.mark.parametrize(
    ("spec", "excluded"),
    [
        pytest.param({"tolerations": "none"}, node("n", taints=["k:NoSchedule"]), id="no list to append to"),
        pytest.param({}, node("n", taints=[":NoSchedule"]), id="a taint without a key"),
    ],
)
def test_nothing_is_offered_where_nothing_is_known_to_help(spec, excluded):
    assert offered(spec, excluded) is None


def test_a_fix_says_which_other_nodes_it_brings():
    spec = {"nodeSelector": {"disk": "ssd"}, "tolerations": [{"key": "k", "operator": "Exists"}]}
    tainted = node("tainted", taints=["x:NoSchedule"])
    inventory = Inventory([node("plain"), tainted, node("tolerated", taints=["k:NoSchedule"])])
    template = {"spec": spec}
    found = coverage(template, inventory)
    group = next(g for g in found.groups if "plain" in g.nodes)
    assert fix(group, template, found, inventory).gains == ("plain", "tolerated")


def test_values_of_all_nodes_of_the_group_are_added():
    spec = {"affinity": required_affinity(term(expression("zone", "In", "a")))}
    found = offered(
        spec,
        node("n1", labels={"zone": "c"}),
        node("n2", labels={"zone": "b"}),
        node("n3", labels={"zone": "a"}),
    )
    [say] = found.says
    assert coded(say) == ("add-values", {"values": "b, c", "expression": "zone In [a]"})
    assert found.gains == ("n1", "n2")


def test_a_node_without_the_label_gets_no_value_but_no_expression():
    spec = {
        "affinity": required_affinity(term(expression("zone", "In", "a"), expression("os", "In", "linux")))
    }
    [say] = offered(spec, node("n", labels={"os": "linux"})).says
    assert coded(say) == ("remove-expression", {"expression": "zone In [a]"})


def test_the_offered_toleration_can_be_written_into_the_text():
    found = offered({}, node("n", taints=["gpu:NoSchedule"]))
    text = to_yaml({"kind": "DaemonSet", "spec": {"template": {"spec": {"containers": []}}}})
    [document] = read(edit(text, 0, list(found.changes)))
    assert document.value["spec"]["template"]["spec"]["tolerations"][0]["key"] == "gpu"


def test_whatever_has_one_reason_can_be_fixed_and_no_fix_takes_a_pod_away():
    """On the random templates and nodes of which the controller's decisions are known."""
    inventory = Inventory(TRUTH["nodes"])
    fixed = 0
    for case in TRUTH["cases"]["1.36"][:150]:
        template = {"spec": case["spec"]}
        before = coverage(template, inventory)
        for group in before.groups:
            if group.verdict.should_run:
                continue
            found = fix(group, template, before, inventory)
            if len(group.verdict.blockers) == 1:
                assert found is not None, (case["name"], group)
            if found is not None:
                assert len(found.says) <= len(group.verdict.blockers)
                changed = patch({"spec": {"template": template}}, found.changes)["spec"]["template"]
                runs = set(coverage(changed, inventory).should_run)
                assert runs == {*before.should_run, *found.gains}
                assert runs >= set(group.nodes)
                fixed += 1
    assert fixed > 100


SAMPLES = Inventory(sample_nodes())
ZONE = "topology.kubernetes.io/zone"


def having(**labels):
    wanted = {key.replace("__", "/").replace("_", "."): value for key, value in labels.items()}
    return [
        n["metadata"]["name"] for n in sample_nodes() if wanted.items() <= n["metadata"]["labels"].items()
    ]


@pytest.mark.parametrize(
    ("chosen", "kind", "say"),
    [
        (having(), "all", ("select-all", {})),
        (having(disktype="ssd"), "label", ("select-labels", {"labels": "disktype=ssd"})),
        (
            having(topology_kubernetes_io__zone="zone-b"),
            "label",
            ("select-labels", {"labels": f"{ZONE}=zone-b"}),
        ),
        (
            having(topology_kubernetes_io__zone="zone-b") + having(topology_kubernetes_io__zone="zone-c"),
            "values",
            ("select-labels", {"labels": f"{ZONE} In [zone-b, zone-c]"}),
        ),
        (
            having(disktype="ssd", topology_kubernetes_io__zone="zone-b"),
            "labels",
            ("select-labels", {"labels": f"disktype=ssd, {ZONE}=zone-b"}),
        ),
        (
            ["sample-worker-1", "sample-ssd-1"],
            "names",
            ("select-names", {"names": "sample-worker-1, sample-ssd-1"}),
        ),
    ],
)
def test_the_shortest_selection_picks_just_the_chosen_nodes(chosen, kind, say):
    tolerates_all = {"tolerations": [{"operator": "Exists"}]}
    template = {"spec": {**tolerates_all, "affinity": required_affinity(term(expression("old", "Exists")))}}
    selection = narrowest_selection(SAMPLES, chosen, template)
    assert (selection.kind, coded(selection.say)) == (kind, say)
    changed = patch({"spec": {"template": template}}, selection.changes)["spec"]["template"]
    assert coverage(changed, SAMPLES).should_run == tuple(n for n in SAMPLES.names if n in chosen)


def test_pairs_go_into_the_node_selector_and_take_the_place_of_what_was_required():
    preferred = {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1}]}
    required = required_affinity(term(expression("old", "Exists")))["nodeAffinity"]
    spec = {"affinity": {"nodeAffinity": {**required, **preferred}}}
    selection = narrowest_selection(SAMPLES, having(disktype="ssd"), {"spec": spec})
    assert selection.node_selector == {"disktype": "ssd"}
    assert patch({"spec": {"template": {"spec": spec}}}, selection.changes) == {
        "spec": {
            "template": {
                "spec": {"affinity": {"nodeAffinity": preferred}, "nodeSelector": {"disktype": "ssd"}}
            }
        }
    }


def test_a_selection_leaves_the_node_selector_and_node_name_as_they_are():
    said = {"kubernetes.io/os": "linux"}
    chosen = having(disktype="ssd")
    daemonset = {"spec": {"template": {"spec": {"nodeName": "x", "nodeSelector": said}}}}
    changed = patch(daemonset, narrowest_selection(SAMPLES, chosen, daemonset["spec"]["template"]).changes)
    assert changed["spec"]["template"]["spec"] == {
        "nodeName": "x",
        "nodeSelector": {**said, "disktype": "ssd"},
    }
    spec = {"nodeSelector": {"disktype": "other"}}
    changed = patch(
        {"spec": {"template": {"spec": spec}}}, narrowest_selection(SAMPLES, chosen, {"spec": spec}).changes
    )
    assert changed["spec"]["template"]["spec"] == {
        **spec,
        "affinity": required_affinity(term(expression("disktype", "In", "ssd"))),
    }


def test_many_values_are_no_shorter_than_names():
    nodes = Inventory(node(f"n{i}", labels={"shelf": str(i // 2)}) for i in range(14))
    assert narrowest_selection(nodes, [f"n{i}" for i in range(10)]).kind == "values"
    assert narrowest_selection(nodes, [f"n{i}" for i in range(12)]).kind == "names"


def test_it_says_which_new_nodes_would_be_selected():
    chosen = having(disktype="ssd")
    assert coded(narrowest_selection(SAMPLES, chosen).new_nodes) == (
        "new-nodes-labels",
        {"labels": "disktype=ssd"},
    )
    by_name = narrowest_selection(SAMPLES, chosen[:1] + having(accelerator="nvidia"))
    assert code_of(by_name.new_nodes) == "new-nodes-none"
    assert code_of(narrowest_selection(SAMPLES, having()).new_nodes) == "new-nodes-all"
    assert narrowest_selection(SAMPLES, ["gone"]) is None


def test_labels_that_only_name_the_node_or_are_retired_are_no_selection():
    nodes = Inventory(
        node(f"n{i}", labels={"serial": f"s{i}", "beta.kubernetes.io/arch": "arm" if i else "amd"})
        for i in range(3)
    )
    assert narrowest_selection(nodes, ["n1", "n2"]).kind == "names"
    assert narrowest_selection(nodes, ["n0"]).kind == "names"


def test_a_role_is_preferred_to_a_label_that_picks_the_same():
    role = {"node-role.kubernetes.io/worker": "", "kubernetes.io/arch": "arm64", "pool": "x"}
    nodes = Inventory([node("n1", labels=role), node("n2", labels=role), node("n3")])
    assert narrowest_selection(nodes, ["n1", "n2"]).node_selector == {"node-role.kubernetes.io/worker": ""}


def test_two_labels_are_found_among_very_many_that_tell_little():
    def labels(number):
        broad = {f"broad-{k}": "no" if number == k else "yes" for k in range(300)}
        same = {f"same-{k}": "x" for k in range(300)}
        return {**broad, **same, "row": str(number % 20), "side": "left" if number < 500 else "right"}

    nodes = Inventory(node(f"n{i}", labels=labels(i)) for i in range(1_000))
    found = narrowest_selection(nodes, [f"n{i}" for i in range(310, 500) if i % 20 == 3])
    assert found.kind == "names"
    found = narrowest_selection(nodes, [f"n{i}" for i in range(500, 1_000) if i % 20 == 3])
    assert found.node_selector == {"row": "3", "side": "right"}
