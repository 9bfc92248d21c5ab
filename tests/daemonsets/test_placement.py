"""Placement agrees with the DaemonSet controller: with what two real ones did, and with its rules."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workloads.daemonsets.placement.reasons import say
from workloads.daemonsets.placement.verdicts import (
    AffinityMismatch,
    Inventory,
    NamedOtherNode,
    SelectorMismatch,
    SoftTaint,
    Taint,
    ToleratedTaint,
    UntoleratedTaint,
    coverage,
    verdict,
)

# What kube-controller-manager 1.20.2 and 1.36.2 did with the same random templates on the same 40 nodes.
# "taints_after": taints by node in a second phase, begun with the pods of the first. "cases", by version: the
# pod template's "spec"; "should_run" and "runs_on", a digit for each of the nodes: who got a pod, and who has
# one in the second phase; "misscheduled" as the DaemonSet's status reported it in the second phase.
TRUTH = json.loads(gzip.decompress(Path(__file__).with_name("placement_truth.json.gz").read_bytes()))
BEFORE = Inventory(TRUTH["nodes"])
AFTER = Inventory(
    {**node, "spec": {"taints": TRUTH["taints_after"].get(node["metadata"]["name"], node["spec"]["taints"])}}
    for node in TRUTH["nodes"]
)
# Its pod was seen between eviction and return: it tolerates a NoExecute taint for five seconds only.
SEEN_IN_A_LOOP = ("1.36", "ds7-092")


def digits(answers):
    return "".join(str(int(answer)) for answer in answers)


@pytest.mark.parametrize("version", TRUTH["cases"])
def test_it_agrees_with_the_controller_on_where_new_pods_go(version):
    wrong = []
    for case in TRUTH["cases"][version]:
        verdicts = coverage({"spec": case["spec"]}, BEFORE).verdicts.values()
        if digits(v.should_run for v in verdicts) != case["should_run"]:
            wrong.append(case["name"])
    assert wrong == []


@pytest.mark.parametrize("version", TRUTH["cases"])
def test_it_agrees_with_the_controller_on_which_pods_stay_when_taints_change(version):
    wrong = []
    for case in TRUTH["cases"][version]:
        verdicts = coverage({"spec": case["spec"]}, AFTER).verdicts.values()
        runs = [
            v.should_run or (v.may_stay and had == "1")
            for v, had in zip(verdicts, case["should_run"], strict=True)
        ]
        misscheduled = sum(has and not v.should_run for v, has in zip(verdicts, runs, strict=True))
        if digits(runs) != case["runs_on"] and (version, case["name"]) != SEEN_IN_A_LOOP:
            wrong.append(case["name"])
        # 1.36 reports misscheduled pods late, so what it reported is not what was so.
        if version == "1.20" and misscheduled != case["misscheduled"]:
            wrong.append(case["name"])
    assert wrong == []


def test_one_node_gets_the_same_verdict_as_among_all():
    for case in TRUTH["cases"]["1.20"][:60]:
        template = {"spec": case["spec"]}
        all_nodes = coverage(template, BEFORE)
        for node in TRUTH["nodes"]:
            assert verdict(template, node) == all_nodes[node["metadata"]["name"]]


def taint(effect, key="k", value="v"):
    return {"key": key, "value": value, "effect": effect}


def node(*taints, name="n0", **labels):
    return {
        "metadata": {"name": name, "labels": {"os": "linux", "zone": "a", **labels}},
        "spec": {"taints": list(taints)},
    }


def affinity(*terms):
    required = {"nodeSelectorTerms": list(terms)}
    return {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}}


def where(key, operator, *values):
    return {"matchExpressions": [{"key": key, "operator": operator, "values": list(values)}]}


def named(operator, *values, key="metadata.name"):
    return {"matchFields": [{"key": key, "operator": operator, "values": list(values)}]}


def tolerate(**toleration):
    return {"tolerations": [toleration]}


K8S = "node.kubernetes.io/"
NEVER = (False, False)
STAY = (False, True)
RUN = (True, True)
BOTH = (taint("NoSchedule"), taint("NoExecute"))

VECTORS = {
    "no condition": (node(), {}, RUN),
    "NoSchedule": (node(taint("NoSchedule")), {}, STAY),
    "NoExecute": (node(taint("NoExecute")), {}, NEVER),
    "PreferNoSchedule": (node(taint("PreferNoSchedule")), {}, RUN),
    "tolerate everything": (node(*BOTH), tolerate(operator="Exists"), RUN),
    "operator left out is Equal": (node(taint("NoSchedule")), tolerate(key="k", value="v"), RUN),
    "Equal to another value": (node(taint("NoSchedule")), tolerate(key="k", value="w"), STAY),
    "Equal without value": (node(taint("NoSchedule")), tolerate(key="k"), STAY),
    "effect left out is every effect": (node(*BOTH), tolerate(key="k", operator="Exists"), RUN),
    "only NoExecute of two": (node(*BOTH), tolerate(key="k", operator="Exists", effect="NoExecute"), STAY),
    "only NoSchedule of two": (node(*BOTH), tolerate(key="k", operator="Exists", effect="NoSchedule"), NEVER),
    "the last taint does not decide": (
        node(taint("NoSchedule", key="first"), taint("NoSchedule")),
        tolerate(key="k", operator="Exists"),
        STAY,
    ),
    "cordoned": (node(taint("NoSchedule", K8S + "unschedulable", "")), {}, RUN),
    "cordoned, only the field": ({"metadata": {"name": "n0"}, "spec": {"unschedulable": True}}, {}, RUN),
    "not ready, NoExecute": (node(taint("NoExecute", K8S + "not-ready", "")), {}, RUN),
    "not ready, NoSchedule": (node(taint("NoSchedule", K8S + "not-ready", "")), {}, STAY),
    "not ready, no taint": (
        {**node(), "status": {"conditions": [{"type": "Ready", "status": "False"}]}},
        {},
        RUN,
    ),
    "no network": (node(taint("NoSchedule", K8S + "network-unavailable", "")), {}, STAY),
    "no network, host network": (
        node(taint("NoSchedule", K8S + "network-unavailable", "")),
        {"hostNetwork": True},
        RUN,
    ),
    "selector mismatch": (node(), {"nodeSelector": {"zone": "b"}}, NEVER),
    "selector of an empty value, label absent": (node(), {"nodeSelector": {"gpu": ""}}, NEVER),
    "selector of an empty value": (node(gpu=""), {"nodeSelector": {"gpu": ""}}, RUN),
    "a label without a value has the empty one": (node(gpu=None), {"nodeSelector": {"gpu": ""}}, RUN),
    "selector fits, affinity does not": (
        node(),
        {"nodeSelector": {"zone": "a"}, **affinity(where("os", "In", "windows"))},
        NEVER,
    ),
    "terms are alternatives": (node(), affinity(where("os", "In", "windows"), where("zone", "In", "a")), RUN),
    "expressions of a term must all hold": (
        node(),
        affinity(
            {
                "matchExpressions": [
                    *where("os", "In", "windows")["matchExpressions"],
                    *where("zone", "In", "a")["matchExpressions"],
                ]
            }
        ),
        NEVER,
    ),
    "NotIn, label absent": (node(), affinity(where("gpu", "NotIn", "none")), RUN),
    "DoesNotExist": (node(), affinity(where("gpu", "DoesNotExist")), RUN),
    "an empty term": (node(), affinity({}), NEVER),
    "an empty term beside one that fits": (node(), affinity({}, where("zone", "Exists")), RUN),
    "no terms": (node(), affinity(), NEVER),
    "required is null": (
        node(),
        {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": None}}},
        RUN,
    ),
    "preferred affinity": (
        node(),
        {
            "affinity": {
                "nodeAffinity": {
                    "preferredDuringSchedulingIgnoredDuringExecution": [
                        {"weight": 1, "preference": where("os", "In", "windows")}
                    ]
                }
            }
        },
        RUN,
    ),
    "Gt": (node(cpu="8"), affinity(where("cpu", "Gt", "4")), RUN),
    "Gt of the same": (node(cpu="4"), affinity(where("cpu", "Gt", "4")), NEVER),
    "Lt": (node(cpu="8"), affinity(where("cpu", "Lt", "16")), RUN),
    "Gt with leading zeros": (node(cpu="08"), affinity(where("cpu", "Gt", "04")), RUN),
    "Gt of a word": (node(cpu="eight"), affinity(where("cpu", "Gt", "4")), NEVER),
    "Gt with two values": (node(cpu="8"), affinity(where("cpu", "Gt", "4", "5")), NEVER),
    "Gt beyond 64 bits": (node(cpu="9" * 19), affinity(where("cpu", "Gt", "4")), NEVER),
    "an unknown operator": (node(), affinity(where("zone", "Like", "a")), NEVER),
    "an unreadable term beside one that fits": (
        node(),
        affinity(where("zone", "In"), where("zone", "Exists")),
        RUN,
    ),
    "an unreadable expression spoils its term": (
        node(),
        affinity(
            {
                "matchExpressions": [
                    *where("zone", "In", "a")["matchExpressions"],
                    {"key": "no such key", "operator": "DoesNotExist"},
                ]
            }
        ),
        NEVER,
    ),
    "the node's name": (node(name="n1"), affinity(named("In", "n1")), RUN),
    "not the node's name": (node(name="n1"), affinity(named("NotIn", "n1")), NEVER),
    "another name": (node(name="n1"), affinity(named("NotIn", "n2")), RUN),
    "a field that is not the name": (node(), affinity(named("In", "n0", key="metadata.uid")), NEVER),
    "bound to another node": (node(name="n1"), {"nodeName": "n2"}, NEVER),
    "bound to this node": (node(taint("NoSchedule"), name="n1"), {"nodeName": "n1"}, STAY),
    "tolerated for a while": (
        node(taint("NoExecute")),
        tolerate(key="k", operator="Exists", tolerationSeconds=5),
        RUN,
    ),
    "a retired name": (
        node(taint("NoSchedule", "node-role.kubernetes.io/control-plane", "")),
        tolerate(key="node-role.kubernetes.io/master", operator="Exists", effect="NoSchedule"),
        STAY,
    ),
    "Gt in a toleration, unknown to the cluster": (
        node(taint("NoSchedule", "sla", "950")),
        tolerate(key="sla", operator="Gt", value="900"),
        STAY,
    ),
}


@pytest.mark.parametrize("name", VECTORS)
def test_rules(name):
    where_, spec, expected = VECTORS[name]
    answer = verdict({"spec": spec}, where_)
    assert (answer.should_run, answer.may_stay) == expected


@dataclass(frozen=True)
class Newest:
    toleration_lt_gt: bool = True
    pod_security: bool = True


@pytest.mark.parametrize(
    ("operator", "bound", "value", "expected"),
    [
        ("Gt", "900", "950", RUN),
        ("Gt", "950", "950", STAY),
        ("Lt", "1000", "950", RUN),
        ("Lt", "900", "950", STAY),
        ("Gt", "many", "950", STAY),
        ("Gt", "900", "many", STAY),
        ("Gt", "900", "0950", STAY),
        ("Gt", "0900", "950", STAY),
        ("Gt", "+900", "950", STAY),
        ("Gt", "-5", "0", RUN),
        ("Lt", "-5", "0", STAY),
        ("Gt", "-0", "950", STAY),
        ("Lt", "1000", "00", STAY),
    ],
)
def test_tolerations_compare_where_the_cluster_can(operator, bound, value, expected):
    spec = tolerate(key="sla", operator=operator, value=bound)
    answer = verdict({"spec": spec}, node(taint("NoSchedule", "sla", value)), features=Newest())
    assert (answer.should_run, answer.may_stay) == expected


def test_all_that_speaks_against_a_node_is_said_not_only_the_first():
    spec = {"nodeName": "n9", "nodeSelector": {"zone": "b"}, **affinity(where("os", "In", "windows"))}
    answer = verdict({"spec": spec}, node(taint("NoSchedule"), taint("PreferNoSchedule", "soft")))
    assert [type(reason) for reason in answer.reasons] == [
        NamedOtherNode,
        SelectorMismatch,
        AffinityMismatch,
        UntoleratedTaint,
        SoftTaint,
    ]
    assert len(answer.blockers) == 4


def test_the_toleration_that_helps_is_named():
    spec = tolerate(key="k", operator="Exists")
    answer = verdict(
        {"spec": spec}, node(taint("NoSchedule"), taint("NoSchedule", K8S + "unschedulable", ""))
    )
    assert answer.blockers == ()
    own, automatic = answer.reasons
    assert isinstance(own, ToleratedTaint)
    assert not own.by.automatic
    assert automatic.taint == Taint(K8S + "unschedulable", "", "NoSchedule")
    assert automatic.by.automatic


@pytest.mark.parametrize(
    ("on", "spec", "expected"),
    [
        (
            node(zone="b"),
            {"nodeSelector": {"zone": "a"}},
            "The node selector asks for zone=a; the node has zone=b.",
        ),
        (
            node(),
            {"nodeSelector": {"disktype": "ssd"}},
            "The node selector asks for disktype=ssd; the node has no label disktype.",
        ),
        (node(), {"nodeName": "n2"}, "The template is bound to the node n2 (nodeName)."),
        (
            node(),
            affinity(where("zone", "In", "b", "c"), where("gpu", "Exists")),
            "The required node affinity asks for zone In [b, c] | gpu Exists; the node has zone=a.",
        ),
        (
            node(),
            affinity(where("gpu", "Exists")),
            "The required node affinity asks for gpu Exists; the node has no such label.",
        ),
        (
            node(),
            affinity(named("In", "n1")),
            "The required node affinity does not match: metadata.name In [n1]",
        ),
        (node(), affinity(), "The required node affinity has no terms, so it matches no node."),
        (node(), affinity({}), "The terms of the required node affinity are empty, so they match no node."),
        (
            node(),
            affinity(where("zone", "Like", "a")),
            "The required node affinity cannot be understood: zone Like [a]",
        ),
        (node(taint("NoSchedule")), {}, "The taint k=v:NoSchedule is not tolerated."),
        (
            node(taint("NoSchedule")),
            tolerate(key="k", value="w"),
            "The taint k=v:NoSchedule is not tolerated; k=w:* asks for another value.",
        ),
        (
            node(taint("NoExecute")),
            tolerate(operator="Exists", effect="NoSchedule"),
            "The taint k=v:NoExecute is not tolerated; *:NoSchedule tolerates another effect only.",
        ),
        (
            node(taint("NoSchedule", "node-role.kubernetes.io/control-plane", "")),
            tolerate(key="node-role.kubernetes.io/master", effect="NoSchedule"),
            "The taint node-role.kubernetes.io/control-plane:NoSchedule is not tolerated; "
            "node-role.kubernetes.io/master=:NoSchedule names its former name, which nodes no longer carry.",
        ),
        (
            node(taint("NoSchedule", "sla", "950")),
            tolerate(key="sla", operator="Gt", value="900"),
            "The taint sla=950:NoSchedule is not tolerated; the cluster does not know the operator of "
            "sla Gt 900:*.",
        ),
        (
            node(taint("NoSchedule", K8S + "not-ready", "")),
            {},
            "The taint node.kubernetes.io/not-ready:NoSchedule is not tolerated; a DaemonSet tolerates only "
            "node.kubernetes.io/not-ready:NoExecute automatically.",
        ),
        (
            node(taint("NoSchedule", K8S + "network-unavailable", "")),
            {},
            "The taint node.kubernetes.io/network-unavailable:NoSchedule is tolerated only by pods in the "
            "host network (hostNetwork).",
        ),
        (
            node(taint("NoSchedule")),
            tolerate(key="k", operator="Exists"),
            "The taint k=v:NoSchedule is tolerated by k:*.",
        ),
        (
            node(taint("NoSchedule")),
            tolerate(operator="Exists"),
            "The taint k=v:NoSchedule is tolerated, as every taint is.",
        ),
        (
            node(taint("NoSchedule")),
            tolerate(operator="Exists", effect="NoSchedule"),
            "The taint k=v:NoSchedule is tolerated, as every taint with the effect NoSchedule is.",
        ),
        (
            node(taint("NoExecute", K8S + "unreachable", "")),
            {},
            "The taint node.kubernetes.io/unreachable:NoExecute is tolerated automatically, as by every "
            "DaemonSet.",
        ),
        (
            node(taint("NoSchedule", K8S + "network-unavailable", "")),
            {"hostNetwork": True},
            "The taint node.kubernetes.io/network-unavailable:NoSchedule is tolerated automatically, as by "
            "every DaemonSet in the host network (hostNetwork).",
        ),
        (
            node(taint("PreferNoSchedule")),
            {},
            "The taint k=v:PreferNoSchedule does not keep a DaemonSet off.",
        ),
    ],
)
def test_the_reason_in_words(on, spec, expected):
    [reason] = verdict({"spec": spec}, on).reasons
    assert say(reason).text == expected


def test_nodes_are_grouped_by_the_same_reason_whatever_else_they_have():
    nodes = [
        node(name="ok"),
        node(name="b", zone="b"),
        node(name="c", zone="c"),
        node(taint("NoSchedule"), name="tainted"),
        node(taint("NoSchedule"), name="both", zone="b"),
    ]
    covered = coverage({"spec": {"nodeSelector": {"zone": "a"}}}, nodes)

    assert covered.should_run == ("ok",)
    assert [group.nodes for group in covered.groups] == [("ok",), ("b", "c"), ("tainted",), ("both",)]
    [reason] = covered.groups[1].verdict.blockers
    assert (
        say(reason, of_group=True).text == "The node selector asks for zone=a, which none of these nodes has."
    )
    assert say(covered["c"].blockers[0]).text == "The node selector asks for zone=a; the node has zone=c."


def test_of_two_nodes_of_one_name_the_last_counts():
    covered = coverage({"spec": {}}, [node(taint("NoSchedule")), node()])
    assert len(covered) == 1
    assert covered.should_run == ("n0",)


def test_no_nodes_no_groups():
    covered = coverage({"spec": {"nodeSelector": {"zone": "a"}}}, [])
    assert (len(covered), covered.should_run, covered.groups) == (0, (), ())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    *("spec", "metadata", "name", "labels", "taints", "key", "operator", "values", "effect"),
                    *("nodeSelector", "nodeName", "tolerations", "affinity", "nodeAffinity"),
                    *("requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms"),
                    *("matchExpressions", "matchFields"),
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(template=JSON, nodes=st.lists(JSON, max_size=3))
def test_nonsense_is_no_error(template, nodes):
    for group in coverage(template, nodes).groups:
        for reason in group.verdict.reasons:
            assert say(reason).text
