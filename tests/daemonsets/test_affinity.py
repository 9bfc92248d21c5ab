"""Pods that must run beside others, or apart from them, and pods that must be spread."""

from __future__ import annotations

import pytest

from tests.builders import REQUIRED, daemonset, expression, node, pod
from tests.daemonsets.coded import coded
from workloads.daemonsets.forecast.fit import fit, nodes_without_surge_room
from workloads.daemonsets.forecast.room import Room
from workloads.daemonsets.manifest.outline import POD
from workloads.daemonsets.project.facts import NOTHING_KNOWN, ProjectFacts
from workloads.stores.protocol import Capabilities

ZONE, HOST = "topology.kubernetes.io/zone", "kubernetes.io/hostname"
ZONES = {"n0": "a", "n1": "a", "n2": "a", "n3": "b", "n4": "b", "n5": "c"}
NODES = [node(name, labels={ZONE: zone, HOST: name}) for name, zone in ZONES.items()]
NO_ZONE = node("n6", labels={HOST: "n6"})


def selecting(labels, topology=ZONE, **fields):
    """A term about pods with these labels."""
    return {"topologyKey": topology, "labelSelector": {"matchLabels": labels}, **fields}


def apart(*terms):
    return {"podAntiAffinity": {REQUIRED: list(terms)}}


def beside(*terms):
    return {"podAffinity": {REQUIRED: list(terms)}}


def agent(affinity=None, name="agent", **spec):
    return daemonset(name, namespace="demo", **({"affinity": affinity} if affinity else {}), **spec)


def outcome(found):
    """The kinds and codes of the problems, and the codes of what was not examined."""
    problems = [(problem.kind, coded(problem.say)[0]) for problem in found.problems]
    return problems, [coded(sentence)[0] for sentence in found.not_examined]


def newest(minor=None):
    return ProjectFacts(features=Capabilities(minor=minor))


# --- apart ---


@pytest.mark.parametrize(
    ("term", "most"),
    [
        pytest.param(selecting({"app": "agent"}), 3, id="one a zone"),
        pytest.param(selecting({"app": "agent"}, HOST), 6, id="one a node"),
        pytest.param(selecting({}), 3, id="all pods"),
        pytest.param({"topologyKey": ZONE}, 6, id="no selector is no pod"),
        pytest.param(selecting({"app": "agent"}, "region"), 6, id="a label that no node has"),
        pytest.param(selecting({"app": "agent"}, namespaces=["demo"]), 3, id="its own namespace"),
        pytest.param(selecting({"app": "agent"}, namespaces=["other"]), 6, id="another namespace"),
        pytest.param(selecting({"app": "agent"}, namespaceSelector={}), 3, id="all namespaces"),
        pytest.param(
            selecting(
                {"app": "agent"}, namespaceSelector={"matchLabels": {"kubernetes.io/metadata.name": "demo"}}
            ),
            3,
            id="namespaces by name",
        ),
        pytest.param(selecting({"app": "agent"}, mismatchLabelKeys=["app"]), 6, id="other labels only"),
        pytest.param(
            selecting({"app": "agent"}, matchLabelKeys=["controller-revision-hash"]), 3, id="of its revision"
        ),
        pytest.param(
            selecting({"app": "agent"}, mismatchLabelKeys=["controller-revision-hash"]), 6, id="of others"
        ),
        pytest.param(
            {"topologyKey": ZONE, "labelSelector": {"matchExpressions": [expression("app", "Exists")]}},
            3,
            id="an expression",
        ),
    ],
)
def test_pods_that_repel_each_other(term, most):
    found = fit(agent(apart(term)), Room(NODES), newest())
    assert (found.most, found.wanted, found.unfit_nodes) == (most, 6, frozenset())
    if most < 6:
        [problem] = found.problems
        params = {"topology": ZONE, "most": most, "count": 6}
        assert coded(problem.say) == ("repel-each-other", params)
        assert problem.path == (*POD, "affinity", "podAntiAffinity", REQUIRED, 0)
        assert problem.step == "nodes"
    else:
        assert not found.problems


def test_old_servers_drop_the_label_keys():
    term = selecting({"app": "agent"}, mismatchLabelKeys=["app"])
    assert fit(agent(apart(term)), Room(NODES), newest(30)).most == 3
    assert fit(agent(apart(term)), Room(NODES), newest(31)).most == 6


def test_a_node_without_the_label_is_in_no_domain():
    assert fit(agent(apart(selecting({"app": "agent"}))), Room([*NODES, NO_ZONE])).most == 4


def test_nodes_without_room_are_in_no_domain_that_counts():
    sizes = [node(name, labels={ZONE: zone}, allocatable={"cpu": "4"}) for name, zone in ZONES.items()]
    sizes[5]["status"]["allocatable"]["cpu"] = "1m"
    found = fit(agent(apart(selecting({"app": "agent"})), requests={"cpu": "1"}), Room(sizes))
    assert (found.most, found.unfit_nodes) == (2, {"n5"})


def test_it_is_said_too_where_nothing_starts_for_another_reason():
    found = fit(agent(apart(selecting({"app": "agent"})), schedulingGates=[{"name": "a.b/c"}]), Room(NODES))
    assert outcome(found)[0] == [("gates", "scheduling-gates"), ("pod-anti-affinity", "repel-each-other")]
    assert (found.most, found.nowhere) == (0, True)


def test_nodes_without_the_pods_do_not_count():
    found = fit(agent(apart(selecting({"app": "agent"})), nodeSelector={ZONE: "a"}), Room(NODES))
    assert (found.most, found.wanted) == (1, 3)


def test_preferred_terms_and_pods_with_a_node_keep_nothing_waiting():
    preferred = {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1}]}
    assert fit(agent({"podAntiAffinity": preferred}), Room(NODES)).problems == ()
    named = agent(apart(selecting({"app": "agent"})), nodeName="n0")
    assert fit(named, Room(NODES)).problems == ()


@pytest.mark.parametrize("mine", [True, False], ids=["this one repels", "the other repels"])
@pytest.mark.parametrize(("topology", "unfit"), [(HOST, {"n3"}), (ZONE, {"n3", "n4"}), ("region", set())])
def test_two_that_repel_each_other(mine, topology, unfit):
    rule = apart(selecting({"app": "other" if mine else "agent"}, topology))
    other = agent(None if mine else rule, "other", nodeSelector={HOST: "n3"})
    wanted = agent(rule if mine else None)
    found = fit(wanted, Room(NODES).with_daemonsets([other]))
    assert found.unfit_nodes == unfit
    for problem in found.problems:
        params = {"topology": topology, "other": "demo/other", "more": 0}
        assert (problem.kind, coded(problem.say)) == ("pod-anti-affinity", ("repelled-planned", params))
    template = other["spec"]["template"]
    running = pod(node="n3", owner=other, labels=template["metadata"]["labels"], **template["spec"])
    found = fit(wanted, Room(NODES).with_pods([running], whole=True))
    assert found.unfit_nodes == unfit
    assert {coded(problem.say)[0] for problem in found.problems} == ({"repelled"} if unfit else set())


def test_pods_of_lower_priority_may_make_way():
    running = pod("p", node="n3", namespace="demo", labels={"app": "other"})
    wanted = agent(apart(selecting({"app": "other"})), priorityClassName="system-node-critical")
    found = fit(wanted, Room(NODES).with_pods([running], whole=True))
    assert [(problem.certain, problem.nodes) for problem in found.problems] == [(False, ("n3", "n4"))]
    assert found.most == 6


def test_another_daemonset_that_does_not_start_everywhere_itself():
    """It is not known on which nodes it will be."""
    other = agent(apart(selecting({"app": "other"})), "other")
    found = fit(agent(apart(selecting({"app": "other"}, HOST))), Room(NODES).with_daemonsets([other]))
    assert [(problem.certain, len(problem.nodes)) for problem in found.problems] == [(False, 6)]


def test_what_is_not_known_of_other_pods_is_said():
    rule = apart(selecting({"app": "web"}))
    assert outcome(fit(agent(rule), Room(NODES))) == ([], ["repelled-unknown"])
    assert outcome(fit(agent(rule), Room(NODES).with_pods([], whole=True))) == ([], [])
    unclear = apart(selecting({"app": "web"}, namespaceSelector={"matchLabels": {"team": "x"}}))
    found = fit(agent(unclear), Room(NODES).with_pods([], whole=True))
    assert outcome(found) == ([], ["repelled-unknown"])


def test_a_surge_next_to_an_old_pod_that_is_repelled():
    rule = apart(selecting({"app": "agent"}, HOST))
    old, new = agent(), agent(rule)
    assert nodes_without_surge_room(old, new, Room(NODES)) == set(ZONES)
    assert nodes_without_surge_room(new, old, Room(NODES)) == set(ZONES)
    assert nodes_without_surge_room(old, old, Room(NODES)) == set()


# --- beside ---


def test_pods_start_beside_the_pods_they_need():
    web = [pod("web", node="n1", namespace="demo", labels={"app": "web"})]
    found = fit(agent(beside(selecting({"app": "web"}))), Room(NODES).with_pods(web, whole=True))
    assert outcome(found) == ([("pod-affinity", "not-beside")], [])
    assert (found.unfit_nodes, found.most) == ({"n3", "n4", "n5"}, 3)
    [problem] = found.problems
    assert problem.say.params == {"topology": ZONE, "pods": "app=web", "most": 3, "count": 6}
    assert fit(agent(beside(selecting({"app": "web"}))), Room(NODES).with_pods([], whole=True)).nowhere


def test_all_terms_must_match_one_pod():
    pods = [
        pod("a", node="n0", namespace="demo", labels={"app": "web"}),
        pod("b", node="n0", namespace="demo", labels={"tier": "x"}),
    ]
    rule = beside(selecting({"app": "web"}), selecting({"tier": "x"}))
    assert fit(agent(rule), Room(NODES).with_pods(pods, whole=True)).nowhere
    both = pod("c", node="n0", namespace="demo", labels={"app": "web", "tier": "x"})
    assert fit(agent(rule), Room(NODES).with_pods([*pods, both], whole=True)).most == 3


def test_offline_other_pods_are_not_known():
    """Deployments, say, are not planned for."""
    rule = beside(selecting({"app": "web"}))
    found = fit(agent(rule), Room(NODES))
    assert outcome(found) == ([], ["beside-unknown"])
    assert found.not_examined[0].params["most"] == 0
    web = agent(None, "web", nodeSelector={ZONE: "b"})
    [sentence] = fit(agent(rule), Room(NODES).with_daemonsets([web])).not_examined
    assert sentence.params == {"topology": ZONE, "pods": "app=web", "most": 2, "count": 6}
    everywhere = agent(None, "web")
    assert outcome(fit(agent(rule), Room(NODES).with_daemonsets([everywhere]))) == ([], [])


def test_a_node_without_the_label_has_no_pods_beside_it():
    found = fit(agent(beside(selecting({"app": "web"}))), Room([*NODES, NO_ZONE]))
    assert outcome(found) == ([("pod-affinity", "affinity-without-topology")], ["beside-unknown"])
    assert found.unfit_nodes == {"n6"}


def test_pods_that_need_themselves_start_in_the_domain_of_the_first():
    rule = beside(selecting({"app": "agent"}))
    assert outcome(fit(agent(rule), Room(NODES))) == ([], ["beside-each-other-unknown"])
    found = fit(agent(rule), Room(NODES).with_pods([], whole=True))
    assert outcome(found) == ([("pod-affinity", "beside-each-other")], [])
    assert (found.most, found.unfit_nodes) == (3, frozenset())
    running = [pod(node="n5", owner=agent(), namespace="demo", labels={"app": "agent"})]
    found = fit(agent(rule), Room(NODES).with_pods(running, whole=True))
    assert (found.most, found.unfit_nodes) == (1, {"n0", "n1", "n2", "n3", "n4"})
    one = [node(f"n{i}", labels={ZONE: "a"}) for i in range(3)]
    assert outcome(fit(agent(rule), Room(one))) == ([], [])


# --- spread ---


def constraint(**fields):
    return {"maxSkew": 1, "topologyKey": ZONE, "whenUnsatisfiable": "DoNotSchedule", **fields}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, ([("spread", "spread-without-topology")], [])),
        ({"whenUnsatisfiable": "ScheduleAnyway"}, ([], [])),
        ({"topologyKey": HOST}, ([], [])),
        ({"topologyKey": HOST, "nodeAffinityPolicy": "Ignore"}, ([], ["spread-unknown"])),
        ({"topologyKey": HOST, "minDomains": 2}, ([], ["spread-unknown"])),
    ],
)
def test_pods_are_each_in_a_domain_of_their_own(fields, expected):
    wanted = agent(topologySpreadConstraints=[constraint(**fields)])
    found = fit(wanted, Room([*NODES, NO_ZONE]), NOTHING_KNOWN)
    assert outcome(found) == expected
    assert found.unfit_nodes == ({"n6"} if expected[0] else set())
