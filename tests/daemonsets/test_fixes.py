"""The fewest changes that include excluded nodes, and the shortest way to say which nodes one means."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from workloads.daemonsets.manifest.samples import nodes as sample_nodes
from workloads.daemonsets.placement.fixes import fix, narrowest_selection
from workloads.daemonsets.placement.verdicts import Inventory, coverage
from workloads.documents import edit, read, to_yaml
from workloads.documents.paths import patch

TRUTH = json.loads(gzip.decompress(Path(__file__).with_name("placement_truth.json.gz").read_bytes()))


def node(name, *taints, **labels):
    listed = [dict(zip(("key", "value", "effect"), taint, strict=True)) for taint in taints]
    return {"metadata": {"name": name, "labels": labels}, "spec": {"taints": listed}}


def affinity(*terms):
    required = {"nodeSelectorTerms": list(terms)}
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}


def expression(key, operator, *values):
    return {"key": key, "operator": operator, "values": list(values)}


def term(*expressions):
    return {"matchExpressions": list(expressions)}


def offered(spec, *nodes):
    """What is offered for the nodes that are excluded, all of them for the same reason."""
    inventory, template = Inventory(nodes), {"spec": spec}
    found = coverage(template, inventory)
    [group] = (g for g in found.groups if not g.verdict.should_run)
    return fix(group, template, found, inventory)


@pytest.mark.parametrize(
    ("spec", "excluded", "say", "after"),
    [
        pytest.param(
            {},
            node("n", ("gpu", "yes", "NoSchedule")),
            "Tolerate gpu:NoSchedule",
            {"tolerations": [{"key": "gpu", "operator": "Exists", "effect": "NoSchedule"}]},
            id="a taint",
        ),
        pytest.param(
            {"tolerations": [{"key": "other", "operator": "Exists"}]},
            node("n", ("k", "v", "NoSchedule"), ("k", "v", "NoExecute")),
            "Tolerate k:*",
            {"tolerations": [{"key": "other", "operator": "Exists"}, {"key": "k", "operator": "Exists"}]},
            id="two taints of one key: a toleration of any effect",
        ),
        pytest.param(
            {"nodeName": "other"},
            node("n"),
            "Remove nodeName, which binds the template to other",
            {},
            id="bound to another node",
        ),
        pytest.param(
            {"nodeSelector": {"zone": "a", "disk": "ssd"}},
            node("n", zone="a"),
            "Remove disk=ssd from the node selector",
            {"nodeSelector": {"zone": "a"}},
            id="one pair of several",
        ),
        pytest.param(
            {"nodeSelector": {"disk": "ssd"}},
            node("n"),
            "Remove the node selector disk=ssd",
            {},
            id="the only pair: no empty mapping stays",
        ),
        pytest.param(
            {"nodeSelector": {"disk": "ssd", "zone": "b"}},
            node("n", zone="a"),
            "Remove the whole node selector",
            {},
            id="no pair matches",
        ),
        pytest.param(
            {"nodeSelector": {"beta.kubernetes.io/os": "linux"}},
            node("n", **{"kubernetes.io/os": "linux"}),
            "Select by kubernetes.io/os instead of its retired name",
            {"nodeSelector": {"kubernetes.io/os": "linux"}},
            id="a retired label",
        ),
        pytest.param(
            {"nodeSelector": {"beta.kubernetes.io/os": "linux"}},
            node("n", **{"kubernetes.io/os": "windows"}),
            "Remove the node selector beta.kubernetes.io/os=linux",
            {},
            id="a retired label, but its successor does not match either",
        ),
        pytest.param(
            {"affinity": affinity(term(expression("zone", "In", "a", "b")))},
            node("n", zone="c"),
            "Add c to zone In [a, b]",
            {"affinity": affinity(term(expression("zone", "In", "a", "b", "c")))},
            id="a value is missing",
        ),
        pytest.param(
            {"affinity": affinity(term(expression("zone", "NotIn", "a", "b")))},
            node("n", zone="b"),
            "Remove b from zone NotIn [a, b]",
            {"affinity": affinity(term(expression("zone", "NotIn", "a")))},
            id="a value is too many",
        ),
        pytest.param(
            {"affinity": affinity(term(expression("zone", "In", "a"), expression("gpu", "Exists")))},
            node("n", zone="a"),
            "Remove gpu Exists from the node affinity",
            {"affinity": affinity(term(expression("zone", "In", "a")))},
            id="one expression of several",
        ),
        pytest.param(
            {"affinity": affinity(term(expression("zone", "In", "a"), expression("cpu", "Gt", "many")))},
            node("n", zone="a"),
            "Remove cpu Gt [many] from the node affinity",
            {"affinity": affinity(term(expression("zone", "In", "a")))},
            id="an expression that the controller cannot understand",
        ),
        pytest.param(
            {"affinity": affinity(term(expression("a", "Exists"), expression("b", "Exists")))},
            node("n"),
            "Remove the required node affinity",
            {},
            id="two expressions fail: only all of it in one change",
        ),
        pytest.param(
            {"affinity": {**affinity({}), "podAffinity": {}}},
            node("n"),
            "Remove the required node affinity",
            {"affinity": {"podAffinity": {}}},
            id="an empty term matches nothing; what else there is of affinity stays",
        ),
        pytest.param(
            {"tolerations": [{"key": "other", "operator": "Exists"}]},
            node(
                "n",
                ("node-role.kubernetes.io/master", "", "NoSchedule"),
                ("node-role.kubernetes.io/control-plane", "", "NoSchedule"),
            ),
            "Tolerate node-role.kubernetes.io/master:NoSchedule, "
            "node-role.kubernetes.io/control-plane:NoSchedule",
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
            node("n", ("k", "", "NoSchedule"), os="linux"),
            "Remove zone=a from the node selector + Tolerate k:NoSchedule",
            {
                "nodeSelector": {"os": "linux"},
                "tolerations": [{"key": "k", "operator": "Exists", "effect": "NoSchedule"}],
            },
            id="a taint and the selector",
        ),
        pytest.param(
            {"nodeSelector": {"a": "1", "b": "2", "c": "3"}},
            node("n", a="1"),
            "Remove b=2, c=3 from the node selector",
            {"nodeSelector": {"a": "1"}},
            id="two pairs of three",
        ),
        pytest.param(
            {"nodeName": "other", "affinity": affinity(term(expression("zone", "In", "a")))},
            node("n", zone="b"),
            "Remove nodeName, which binds the template to other + Add b to zone In [a]",
            {"affinity": affinity(term(expression("zone", "In", "a", "b")))},
            id="bound to another node, and the affinity",
        ),
    ],
)
def test_the_fewest_changes(spec, excluded, say, after):
    found = offered(spec, excluded)
    assert (" + ".join(each.text for each in found.says), found.gains) == (say, ("n",))
    assert patch({"spec": {"template": {"spec": spec}}}, found.changes) == {
        "spec": {"template": {"spec": after}}
    }


@pytest.mark.parametrize(
    ("spec", "excluded"),
    [
        pytest.param({"tolerations": "none"}, node("n", ("k", "", "NoSchedule")), id="no list to append to"),
        pytest.param({}, node("n", ("", "", "NoSchedule")), id="a taint without a key"),
    ],
)
def test_nothing_is_offered_where_nothing_is_known_to_help(spec, excluded):
    assert offered(spec, excluded) is None


def test_a_fix_says_which_other_nodes_it_brings():
    spec = {"nodeSelector": {"disk": "ssd"}, "tolerations": [{"key": "k", "operator": "Exists"}]}
    tainted = node("tainted", ("x", "", "NoSchedule"))
    inventory = Inventory([node("plain"), tainted, node("tolerated", ("k", "", "NoSchedule"))])
    template = {"spec": spec}
    found = coverage(template, inventory)
    group = next(g for g in found.groups if "plain" in g.nodes)
    assert fix(group, template, found, inventory).gains == ("plain", "tolerated")


def test_values_of_all_nodes_of_the_group_are_added():
    spec = {"affinity": affinity(term(expression("zone", "In", "a")))}
    found = offered(spec, node("n1", zone="c"), node("n2", zone="b"), node("n3", zone="a"))
    assert ([each.text for each in found.says], found.gains) == (["Add b, c to zone In [a]"], ("n1", "n2"))


def test_a_node_without_the_label_gets_no_value_but_no_expression():
    spec = {"affinity": affinity(term(expression("zone", "In", "a"), expression("os", "In", "linux")))}
    [said] = offered(spec, node("n", os="linux")).says
    assert said.text == "Remove zone In [a] from the node affinity"


def test_the_offered_toleration_can_be_written_into_the_text():
    found = offered({}, node("n", ("gpu", "", "NoSchedule")))
    text = to_yaml({"kind": "DaemonSet", "spec": {"template": {"spec": {"containers": []}}}})
    [document] = read(edit(text, 0, list(found.changes)))
    assert document.value["spec"]["template"]["spec"]["tolerations"][0]["key"] == "gpu"


def test_whatever_has_one_reason_can_be_mended_and_no_fix_takes_a_pod_away():
    """On the random templates and nodes of which the controller's decisions are known."""
    inventory = Inventory(TRUTH["nodes"])
    mended = 0
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
                mended += 1
    assert mended > 100


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
        (having(), "all", "Every node"),
        (having(disktype="ssd"), "label", "Nodes with disktype=ssd"),
        (having(topology_kubernetes_io__zone="zone-b"), "label", f"Nodes with {ZONE}=zone-b"),
        (
            having(topology_kubernetes_io__zone="zone-b") + having(topology_kubernetes_io__zone="zone-c"),
            "values",
            f"Nodes with {ZONE} In [zone-b, zone-c]",
        ),
        (
            having(disktype="ssd", topology_kubernetes_io__zone="zone-b"),
            "labels",
            f"Nodes with disktype=ssd, {ZONE}=zone-b",
        ),
        (
            ["sample-worker-1", "sample-ssd-1"],
            "names",
            "By name: sample-worker-1, sample-ssd-1",
        ),
    ],
)
def test_the_shortest_selection_picks_just_the_chosen_nodes(chosen, kind, say):
    tolerates_all = {"tolerations": [{"operator": "Exists"}]}
    template = {"spec": {**tolerates_all, "affinity": affinity(term(expression("old", "Exists")))}}
    selection = narrowest_selection(SAMPLES, chosen, template)
    assert (selection.kind, selection.say.text) == (kind, say)
    changed = patch({"spec": {"template": template}}, selection.changes)["spec"]["template"]
    assert sorted(coverage(changed, SAMPLES).should_run) == sorted(chosen)


def test_pairs_go_into_the_node_selector_and_take_the_place_of_what_was_required():
    preferred = {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1}]}
    required = affinity(term(expression("old", "Exists")))["nodeAffinity"]
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
        "affinity": affinity(term(expression("disktype", "In", "ssd"))),
    }


def test_many_values_are_no_shorter_than_names():
    nodes = Inventory(node(f"n{i}", shelf=str(i // 2)) for i in range(14))
    assert narrowest_selection(nodes, [f"n{i}" for i in range(10)]).kind == "values"
    assert narrowest_selection(nodes, [f"n{i}" for i in range(12)]).kind == "names"


def test_it_says_what_new_nodes_would_be_picked():
    chosen = having(disktype="ssd")
    assert narrowest_selection(SAMPLES, chosen).new_nodes.text == (
        "A node that joins later is picked too if it has disktype=ssd."
    )
    assert narrowest_selection(SAMPLES, chosen[:1] + having(accelerator="nvidia")).new_nodes.text == (
        "No node that joins later is picked."
    )
    assert narrowest_selection(SAMPLES, ["gone"]) is None


def test_labels_that_only_name_the_node_or_are_retired_are_no_selection():
    nodes = Inventory(
        node(f"n{i}", **{"serial": f"s{i}", "beta.kubernetes.io/arch": "arm" if i else "amd"})
        for i in range(3)
    )
    assert narrowest_selection(nodes, ["n1", "n2"]).kind == "names"
    assert narrowest_selection(nodes, ["n0"]).kind == "names"


def test_a_role_is_preferred_to_a_label_that_picks_the_same():
    role = {"node-role.kubernetes.io/worker": "", "kubernetes.io/arch": "arm64", "pool": "x"}
    nodes = Inventory([node("n1", **role), node("n2", **role), node("n3")])
    assert narrowest_selection(nodes, ["n1", "n2"]).node_selector == {"node-role.kubernetes.io/worker": ""}


def test_two_labels_are_found_among_very_many_that_tell_little():
    def labels(number):
        broad = {f"broad-{k}": "no" if number == k else "yes" for k in range(300)}
        same = {f"same-{k}": "x" for k in range(300)}
        return {**broad, **same, "row": str(number % 20), "side": "left" if number < 500 else "right"}

    nodes = Inventory(node(f"n{i}", **labels(i)) for i in range(1_000))
    found = narrowest_selection(nodes, [f"n{i}" for i in range(310, 500) if i % 20 == 3])
    assert found.kind == "names"
    found = narrowest_selection(nodes, [f"n{i}" for i in range(500, 1_000) if i % 20 == 3])
    assert found.node_selector == {"row": "3", "side": "right"}
