"""What the scheduler and the kubelet do with pods that the controller wants."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.builders import container, daemonset, limit_range, namespace, node, pod
from tests.daemonsets.coded import code_of, coded
from workloads.daemonsets.forecast.fit import fit, nodes_without_surge_room
from workloads.daemonsets.forecast.room import Room
from workloads.daemonsets.manifest.outline import POD
from workloads.daemonsets.manifest.samples import nodes as sample_nodes
from workloads.daemonsets.project.facts import ProjectFacts
from workloads.daemonsets.rules.validation import check
from workloads.documents.paths import patch
from workloads.stores.protocol import Capabilities

GI = Decimal(2**30)


def problems_of(found):
    """(kind, code, resource) of each problem."""
    return [(problem.kind, code_of(problem.say), problem.resource) for problem in found.problems]


def on_nodes(found):
    """Node → (code, parameters) of each problem there, in the order of the nodes' names."""
    return {name: [coded(sentence) for sentence in found.on(name)] for name in sorted(found.unfit_nodes)}


def lacking(code, needed, free, resource="cpu", **more):
    return code, {"needed": needed, "free": free, "resource": resource, **more}


SMALL = node("small", labels={"node": "small"}, allocatable={"cpu": "1", "memory": "1Gi", "pods": "10"})
LARGE = node("large", labels={"node": "large"}, allocatable={"cpu": "8", "memory": "32Gi", "pods": "10"})


def test_there_is_nothing_to_say_where_all_fits():
    found = fit(daemonset(namespace="demo", requests={"cpu": "1"}), Room([SMALL, LARGE]))
    assert (found.problems, found.unknown, found.unfit_nodes) == ((), (), frozenset())


def test_more_is_asked_for_than_a_node_has():
    found = fit(daemonset(namespace="demo", requests={"cpu": "1500m"}), Room([SMALL, LARGE]))
    assert on_nodes(found) == {"small": [lacking("node-too-small", "1.5", "1", has="1")]}
    [problem] = found.problems
    assert (problem.kind, problem.resource, problem.nodes) == ("room", "cpu", ("small",))


def test_offline_the_other_daemonsets_take_their_part_where_they_run():
    others = [
        daemonset("logs", namespace="kube-system", requests={"cpu": "600m"}),
        daemonset("elsewhere", namespace="demo", requests={"cpu": "8"}, nodeSelector={"node": "large"}),
    ]
    room = Room([SMALL, LARGE]).with_daemonsets(others)
    found = fit(daemonset(namespace="demo", requests={"cpu": "500m"}), room)
    assert on_nodes(found) == {
        "small": [lacking("node-no-room-planned", "500m", "400m")],
        "large": [lacking("node-no-room-planned", "500m", "0")],
    }
    assert [coded(problem.say) for problem in found.problems] == [lacking("no-room", "500m", "400m")]
    assert room.requested("large")["cpu"] == Decimal("8.6")


def test_its_own_present_pods_make_way():
    present = daemonset(namespace="demo", requests={"cpu": "900m"})
    room = Room([SMALL]).with_daemonsets([present])
    assert fit(daemonset(namespace="demo", requests={"cpu": "1"}), room).problems == ()
    assert fit(daemonset("other", namespace="demo", requests={"cpu": "1"}), room).unfit_nodes == {"small"}
    draft = daemonset(requests={"cpu": "1"})
    assert fit(draft, room, namespace=namespace("demo")).problems == ()


def test_limit_ranges_count_for_both():
    ranges = [limit_range(defaultRequest={"cpu": "600m"})]
    room = Room([SMALL]).with_daemonsets([daemonset("other", namespace="demo")], {"demo": ranges})
    assert fit(daemonset(namespace="demo"), room).problems == ()
    assert fit(daemonset(namespace="demo"), room, ProjectFacts(limit_ranges=ranges)).unfit_nodes == {"small"}


def test_only_nodes_where_a_pod_is_wanted_are_looked_at():
    tainted = node("tainted", labels={"node": "tainted"}, taints=["k:NoSchedule"], allocatable={"cpu": "1m"})
    assert fit(daemonset(namespace="demo", requests={"cpu": "1"}), Room([tainted])).problems == ()


def test_on_a_cluster_the_pods_count_that_are_bound_and_not_finished():
    pods = [
        pod("running", node="small", requests={"cpu": "600m"}, namespace="demo"),
        pod("done", node="small", phase="Succeeded", requests={"cpu": "1"}, namespace="demo"),
        pod("failed", node="small", phase="Failed", requests={"cpu": "1"}, namespace="demo"),
        pod("waiting", requests={"cpu": "1"}, namespace="demo"),
        pod("gone", node="no such node", requests={"cpu": "1"}, namespace="demo"),
        pod("agent-x", node="small", owner=daemonset("agent", namespace="demo"), requests={"cpu": "300m"}),
    ]
    room = Room([SMALL]).with_pods(pods)
    assert room.requested("small") == {"cpu": Decimal("0.9"), "pods": 2}
    assert fit(daemonset(namespace="demo", requests={"cpu": "400m"}), room).problems == ()
    assert on_nodes(fit(daemonset(namespace="demo", requests={"cpu": "401m"}), room)) == {
        "small": [lacking("node-no-room", "401m", "400m")]
    }


def test_pods_of_the_same_revision_are_read_once_but_each_counts():
    pods = [
        pod(f"a-{n}", node=n, owner=daemonset("a", namespace="demo"), revision="1", requests={"cpu": "250m"})
        for n in ("small", "large")
    ]
    room = Room([SMALL, LARGE]).with_pods(
        [*pods, pod("b", node="large", owner=daemonset("a", namespace="demo"), revision="2")]
    )
    assert room.requested("small") == {"cpu": Decimal("0.25"), "pods": 1}
    assert room.requested("large") == {"cpu": Decimal("0.25"), "pods": 2}


def test_places_for_pods_run_out():
    room = Room([node("full", labels={"node": "full"}, allocatable={"pods": "2"})]).with_daemonsets(
        [daemonset("a", namespace="demo"), daemonset("b", namespace="demo")]
    )
    found = fit(daemonset(namespace="demo"), room)
    assert problems_of(found) == [("room", "too-many-pods-planned", "pods")]
    params = {"needed": "1", "free": "0", "resource": "pods", "most": "2"}
    assert on_nodes(found) == {"full": [("node-too-many-pods-planned", params)]}
    found = fit(
        daemonset(namespace="demo"),
        Room([node("full", labels={"node": "full"}, allocatable={"pods": "2"})]).with_pods(
            [pod("a", node="full", namespace="demo"), pod("b", node="full", namespace="demo")]
        ),
    )
    assert problems_of(found) == [("room", "too-many-pods", "pods")]
    assert on_nodes(found) == {"full": [("node-too-many-pods", params)]}


def test_a_node_without_a_device_has_none_but_need_not_list_what_every_node_has():
    wanted = daemonset(namespace="demo", requests={"nvidia.com/gpu": "1", "memory": "64Gi"})
    found = fit(wanted, Room([node("typed", labels={"node": "typed"}, allocatable={"pods": "5"})]))
    assert on_nodes(found) == {"typed": [lacking("node-without-resource", "1", "0", "nvidia.com/gpu")]}


def test_of_a_node_that_says_nothing_nothing_is_known():
    found = fit(
        daemonset(namespace="demo", requests={"cpu": "100"}),
        Room([node("silent", labels={"node": "silent"})]),
    )
    assert (found.problems, found.unknown) == ((), ("silent",))


def test_a_priority_class_may_make_room():
    room = Room([SMALL, LARGE]).with_pods(
        [pod("p", node="small", requests={"cpu": "600m"}, namespace="demo")]
    )
    found = fit(
        daemonset(namespace="demo", requests={"cpu": "800m"}, priorityClassName="system-node-critical"), room
    )
    [problem] = found.problems
    assert code_of(problem.say) == "no-room-evicts"
    assert (problem.certain, problem.nodes, found.unfit_nodes, found.hindered) == (
        False,
        ("small",),
        set(),
        False,
    )
    full = Room([node("full", allocatable={"pods": "1"})]).with_pods(
        [pod("a", node="full", namespace="demo")]
    )
    [problem] = fit(daemonset(namespace="demo", priorityClassName="system-node-critical"), full).problems
    assert (code_of(problem.say), problem.certain) == ("too-many-pods-evicts", False)
    # Not more than the node has in all.
    found = fit(
        daemonset(namespace="demo", requests={"cpu": "2"}, priorityClassName="system-node-critical"), room
    )
    assert (found.unfit_nodes, found.nowhere, found.hindered) == ({"small"}, False, True)


@pytest.mark.parametrize(
    ("accounts", "refused"), [(None, False), ({"default", "mine"}, False), ({"default"}, True)]
)
def test_a_missing_service_account_refuses_every_pod(accounts, refused):
    found = fit(
        daemonset(namespace="demo", serviceAccountName="mine"),
        Room([SMALL]),
        ProjectFacts(service_accounts=accounts),
    )
    assert [(problem.path[-1], code_of(problem.say)) for problem in found.refused] == [
        ("serviceAccountName", "service-account-missing")
    ] * refused
    assert (
        fit(daemonset(namespace="demo"), Room([SMALL]), ProjectFacts(service_accounts=accounts)).refused == ()
    )


HTTP = {"containerPort": 80, "hostPort": 8080}


@pytest.mark.parametrize(
    ("mine", "theirs", "clash"),
    [
        pytest.param({"ports": [HTTP]}, {"ports": [HTTP]}, True, id="the same port"),
        pytest.param({"ports": [HTTP]}, {"ports": [{**HTTP, "protocol": "UDP"}]}, False, id="protocols"),
        pytest.param(
            {"ports": [{**HTTP, "hostIP": "10.0.0.1"}]},
            {"ports": [{**HTTP, "hostIP": "10.0.0.2"}]},
            False,
            id="addresses",
        ),
        pytest.param(
            {"ports": [{**HTTP, "hostIP": "10.0.0.1"}]}, {"ports": [HTTP]}, True, id="one takes all addresses"
        ),
        pytest.param(
            {"ports": [{"containerPort": 8080}], "hostNetwork": True},
            {"ports": [HTTP]},
            True,
            id="in the host network a port is a host port",
        ),
        pytest.param({"ports": [{"containerPort": 8080}]}, {"ports": [HTTP]}, False, id="no host port"),
        pytest.param(
            {"initContainers": [{"name": "i", "ports": [HTTP]}]},
            {"ports": [HTTP]},
            False,
            id="init containers are gone by then",
        ),
        pytest.param(
            {"initContainers": [{"name": "i", "ports": [HTTP], "restartPolicy": "Always"}]},
            {"ports": [HTTP]},
            True,
            id="sidecars are not",
        ),
    ],
)
def test_host_ports(mine, theirs, clash):
    room = Room([SMALL]).with_daemonsets([daemonset("other", namespace="kube-system", **theirs)])
    found = fit(daemonset(namespace="demo", **mine), room)
    expected = ("host-port-planned", {"port": "TCP 8080", "other": "kube-system/other", "more": 0})
    assert [coded(problem.say) for problem in found.problems] == [expected] * clash


def test_host_ports_clash_only_on_nodes_that_both_use():
    other = daemonset("other", namespace="demo", ports=[HTTP], nodeSelector={"node": "large"})
    found = fit(daemonset(namespace="demo", ports=[HTTP]), Room([SMALL, LARGE]).with_daemonsets([other]))
    assert found.unfit_nodes == {"large"}
    [problem] = found.problems
    assert (problem.kind, problem.resource) == ("host-port", "TCP 8080")
    assert problem.path == ("spec", "template", "spec", "containers", 0, "ports", 0, "hostPort")


def test_pods_are_called_by_what_made_them():
    taking = {"ports": [HTTP]}
    pods = [
        pod("logs-7", node="small", owner=daemonset("logs", namespace="demo"), revision="1", **taking),
        pod("alone", node="large", **taking, namespace="demo"),
    ]
    found = fit(daemonset(namespace="demo", ports=[HTTP]), Room([SMALL, LARGE]).with_pods(pods))
    [problem] = found.problems
    assert (code_of(problem.say), problem.say.params["other"]) == ("host-port-used", "demo/alone, demo/logs")
    assert {name: found.on(name)[0].params["other"] for name in problem.nodes} == {
        "large": "demo/alone",
        "small": "demo/logs",
    }


def test_a_node_where_its_own_pod_runs_had_room_for_it():
    """Though others want the same port and the rest of the node, as the administrator of a cluster where
    not all pods may be read is told by their DaemonSets."""
    wanted = daemonset(namespace="demo", ports=[HTTP], requests={"cpu": "300m"})
    other = daemonset("holder", namespace="team-b", ports=[HTTP], requests={"cpu": "900m"})
    mine = pod(
        "agent-x",
        node="small",
        owner=daemonset("agent", namespace="demo"),
        requests={"cpu": "300m"},
        ports=[HTTP],
    )
    room = (
        Room([SMALL, node("next", labels={"node": "next"}, allocatable={"cpu": "1", "pods": "10"})])
        .with_daemonsets([other, wanted])
        .with_pods([mine])
    )
    assert on_nodes(fit(wanted, room)) == {
        "next": [
            lacking("node-no-room-planned", "300m", "100m"),
            ("host-port-planned", {"port": "TCP 8080", "other": "team-b/holder", "more": 0}),
        ]
    }
    # What is asked for beyond what the pod has is another matter.
    more = daemonset(namespace="demo", ports=[HTTP], requests={"cpu": "301m"})
    assert fit(more, room).on("small")[0].params["needed"] == "301m"


def test_every_holder_of_a_port_on_a_node_is_named():
    others = [
        daemonset(name, namespace="demo", ports=[{**HTTP, "hostIP": f"10.0.0.{n}"}])
        for n, name in enumerate("edcba")
    ]
    wanted, room = daemonset(namespace="demo", ports=[HTTP]), Room([SMALL])

    def holders(*there):
        [problem] = fit(wanted, room.with_daemonsets(there)).problems
        assert coded(problem.say) == coded(problem.on_node["small"])
        return problem.say.params["other"], problem.say.params["more"]

    assert holders(*others[:2]) == ("demo/d, demo/e", 0)
    assert holders(*others) == ("demo/a, demo/b, demo/c", 2)
    pods = [
        pod(f"{each['metadata']['name']}-1", node="small", namespace="demo", ports=[HTTP]) for each in others
    ]
    [problem] = fit(wanted, room.with_pods(pods)).problems
    used = {"port": "TCP 8080", "other": "demo/a-1, demo/b-1, demo/c-1", "more": 2}
    assert coded(problem.say) == ("host-port-used", used)


def test_what_no_pod_is_admitted_for_is_told_apart_from_what_keeps_pods_waiting():
    limits = limit_range(max={"cpu": "1"})
    found = fit(
        daemonset(namespace="demo", requests={"cpu": "2"}), Room([SMALL]), ProjectFacts(limit_ranges=[limits])
    )
    assert [(problem.kind, problem.path[-2:]) for problem in found.refused] == [
        ("limit-range", ("requests", "cpu"))
    ]
    assert code_of(found.refused[0].say) == "limit-range-max"
    assert [problem.kind for problem in found.unplaced] == ["room"]


@pytest.mark.parametrize(
    ("spec", "enforced", "sufficient"),
    [({"hostNetwork": True}, "restricted", "privileged"), ({}, "restricted", "baseline")],
)
def test_the_level_that_would_admit_the_pods(spec, enforced, sufficient):
    project = namespace(enforce=enforced)
    found = fit(daemonset(namespace="demo", **spec), Room([SMALL]), namespace=project)
    assert found.refused
    assert found.sufficient == sufficient


def claim(*modes):
    return {"data": {"spec": {"accessModes": list(modes)}}}


VOLUME = {"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]}


@pytest.mark.parametrize(
    ("modes", "nodes", "say"),
    [
        (["ReadWriteMany"], [SMALL, LARGE], None),
        (["ReadWriteOnce", "ReadOnlyMany"], [SMALL, LARGE], None),
        (["ReadWriteOnce"], [SMALL], None),
        (["ReadWriteOnce"], [SMALL, LARGE], ("claim-one-node", "ReadWriteOnce")),
        (["ReadWriteOncePod"], [SMALL], None),
        (["ReadWriteOncePod"], [SMALL, LARGE], ("claim-one-pod", "ReadWriteOncePod")),
    ],
)
def test_claims_for_one_node(modes, nodes, say):
    found = fit(daemonset(namespace="demo", **VOLUME), Room(nodes), ProjectFacts(pvcs=claim(*modes)))
    expected = [(say[0], {"name": "data", "modes": say[1], "count": 2})] if say else []
    assert [coded(problem.say) for problem in found.problems] == expected
    assert found.unfit_nodes == frozenset()


def test_another_daemonset_may_use_the_claim_on_another_node():
    other = daemonset("other", namespace="demo", nodeSelector={"node": "large"}, **VOLUME)
    room = Room([SMALL, LARGE]).with_daemonsets([other])
    found = fit(
        daemonset(namespace="demo", nodeSelector={"node": "small"}, **VOLUME),
        room,
        ProjectFacts(pvcs=claim("ReadWriteOnce")),
    )
    assert [problem.kind for problem in found.problems] == ["claim"]
    elsewhere = Room([SMALL, LARGE]).with_daemonsets(
        [daemonset("o", namespace="x", nodeSelector={"node": "large"}, **VOLUME)]
    )
    wanted = daemonset(namespace="demo", nodeSelector={"node": "small"}, **VOLUME)
    assert fit(wanted, elsewhere, ProjectFacts(pvcs=claim("ReadWriteOnce"))).problems == ()


def test_pod_security_stands_before_what_is_about_single_nodes():
    project = namespace(enforce="baseline")
    wanted = daemonset(namespace="demo", requests={"cpu": "2"}, hostNetwork=True)
    found = fit(wanted, Room([SMALL]), namespace=project)
    assert [(p.kind, p.resource) for p in found.problems] == [
        ("pod-security", "Host Namespaces"),
        ("room", "cpu"),
    ]
    assert (found.level, found.problems[0].path[-1], found.problems[0].nodes) == (
        "baseline",
        "hostNetwork",
        (),
    )


@pytest.mark.parametrize(
    ("version", "minor", "refused"),
    [("latest", None, 1), ("v1.30", None, 0), ("latest", 33, 0), ("latest", 34, 1), ("v1.34", 33, 0)],
)
def test_pod_security_goes_by_the_version_of_namespace_and_server(version, minor, refused):
    project = namespace(enforce="baseline", enforce_version=version)
    probe = ("spec", "template", "spec", "containers", 0, "livenessProbe", "tcpSocket")
    wanted = patch(daemonset(namespace="demo"), [(probe, {"port": 80, "host": "127.0.0.1"})])
    found = fit(wanted, Room([SMALL]), ProjectFacts(features=Capabilities(minor=minor)), namespace=project)
    assert len(found.refused) == refused


def test_what_is_odd_in_a_manifest_is_passed_over():
    for value in (None, {}, daemonset(namespace="demo", ports="none", volumes="none", initContainers=["x"])):
        assert fit(value, Room([SMALL, {}, None])).problems == ()


def test_a_room_stays_as_it_is_when_more_moves_in():
    empty = Room(sample_nodes())
    empty.with_daemonsets([daemonset(namespace="demo", requests={"cpu": "1"})])
    assert empty.requested("sample-worker-1") == {}
    assert empty.allocatable("sample-worker-1")["memory"] == 30 * GI


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("400m", "600m", set()),
        ("600m", "600m", {"small"}),
        ("600m", None, set()),
        ("1", "8", {"small", "large"}),
    ],
)
def test_where_there_is_no_room_for_a_new_pod_beside_the_old_one(old, new, found):
    def asking(amount):
        return daemonset(namespace="demo", requests={"cpu": amount} if amount else {})

    both = asking(old), asking(new)
    assert (
        nodes_without_surge_room(*both, Room([SMALL, LARGE, node("silent", labels={"node": "silent"})]))
        == found
    )
    running = [
        pod("p1", node="small", owner=daemonset("agent", namespace="demo"), requests={"cpu": old}),
        pod("p2", node="large", owner=daemonset("agent", namespace="demo")),
    ]
    assert nodes_without_surge_room(*both, Room([SMALL, LARGE]).with_pods(running)) == found


def test_a_node_that_is_gained_has_no_old_pod_to_be_beside():
    old = daemonset(namespace="demo", requests={"cpu": "600m"}, nodeSelector={"node": "large"})
    assert (
        nodes_without_surge_room(
            old, daemonset(namespace="demo", requests={"cpu": "600m"}), Room([SMALL, LARGE])
        )
        == frozenset()
    )


def test_offline_what_never_comes_to_be_takes_nothing():
    namespaces = {"strict": namespace("strict", enforce="baseline")}
    most = {"strict": [limit_range(max={"cpu": "1m"})]}
    wanted = daemonset(namespace="demo", requests={"cpu": "500m"})

    def left(other, limit_ranges=None):
        room = Room([SMALL]).with_daemonsets([other], limit_ranges, namespaces=namespaces)
        return fit(wanted, room).unfit_nodes

    assert left(daemonset("other", namespace="strict", requests={"cpu": "600m"})) == {"small"}
    # Pod Security and limit ranges refuse every pod of these.
    assert left(daemonset("other", namespace="strict", requests={"cpu": "600m"}, hostNetwork=True)) == set()
    assert left(daemonset("other", namespace="strict", requests={"cpu": "600m"}), most) == set()
    # No pod of this one is as small as the node, but it takes its part where there is one that is large.
    large = daemonset("other", namespace="demo", requests={"cpu": "2"})
    assert left(large) == set()
    room = Room([SMALL, LARGE]).with_daemonsets([large])
    assert fit(daemonset(namespace="demo", requests={"cpu": "7"}), room).unfit_nodes == {"small", "large"}


def test_a_port_in_use_by_pods_of_lower_priority_is_not_certain_to_be_missing():
    port = [{"containerPort": 80, "hostPort": 80}]
    room = Room([SMALL]).with_pods([pod("p", node="small", namespace="demo", ports=port)])
    critical = daemonset(namespace="demo", ports=port, priorityClassName="system-node-critical")
    assert [(problem.kind, problem.certain) for problem in fit(critical, room).problems] == [
        ("host-port", False)
    ]
    assert fit(daemonset(namespace="demo", ports=port), room).nowhere
    planned = Room([SMALL]).with_daemonsets([daemonset("other", namespace="demo", ports=port)])
    assert fit(critical, planned).nowhere


# --- pods that are not valid although their template is ---


def on_host(*containers, init=(), **spec):
    """Containers, each given by its ports, with the host network."""

    def named(prefix, all_ports):
        return [container(f"{prefix}{number}", ports=ports) for number, ports in enumerate(all_ports)]

    found = daemonset(namespace="demo", hostNetwork=True, containers=named("c", containers), **spec)
    return patch(found, [((*POD, "initContainers"), named("i", init))]) if init else found


def tcp(number, **fields):
    return {"containerPort": number, **fields}


@pytest.mark.parametrize(
    ("value", "repeated"),
    [
        pytest.param(on_host([tcp(9100)], [tcp(9100)]), [(1, 0, "containerPort")], id="two containers"),
        pytest.param(on_host([tcp(9100), tcp(9100)]), [(0, 1, "containerPort")], id="one container twice"),
        pytest.param(
            on_host([tcp(9100, hostPort=9100)], [tcp(9100)]), [(1, 0, "containerPort")], id="one is written"
        ),
        pytest.param(
            on_host([tcp(9100)], [tcp(9100, hostPort=9100)]), [(1, 0, "hostPort")], id="the other is written"
        ),
        pytest.param(
            on_host([tcp(9100)], [tcp(9100, protocol="TCP", hostPort=0)]),
            [(1, 0, "containerPort")],
            id="the default protocol, and 0 for none",
        ),
        pytest.param(
            on_host([tcp(1)], [tcp(1)], [tcp(1)]),
            [(1, 0, "containerPort"), (2, 0, "containerPort")],
            id="three times",
        ),
        pytest.param(on_host([tcp(9100)], [tcp(9100, protocol="UDP")]), [], id="other protocol"),
        pytest.param(
            on_host([tcp(9100, hostIP="10.0.0.1")], [tcp(9100, hostIP="10.0.0.2")]), [], id="other address"
        ),
        pytest.param(on_host([tcp(9100, hostIP="0.0.0.0")], [tcp(9100)]), [], id="addresses as written"),
        pytest.param(on_host([tcp(9100)], init=[[tcp(9100)]]), [], id="beside an init container"),
        pytest.param(on_host([tcp(1)], init=[[tcp(9100)], [tcp(9100)]]), [], id="two init containers"),
        pytest.param(
            patch(
                on_host([tcp(9100)], init=[[tcp(9100)]]),
                [((*POD, "initContainers", 0, "restartPolicy"), "Always")],
            ),
            [],
            id="beside a sidecar",
        ),
        pytest.param(
            patch(on_host([tcp(9100)], [tcp(9100)]), [((*POD, "hostNetwork"), False)]),
            [],
            id="without the host network",
        ),
    ],
)
def test_host_ports_that_one_pod_asks_for_twice(value, repeated):
    paths = [(*POD, "containers", at, "ports", port, field) for at, port, field in repeated]
    found = fit(value, Room([SMALL, LARGE]))
    assert [(p.kind, code_of(p.say), p.path) for p in found.refused] == [
        ("invalid", "host-port-repeated", path) for path in paths
    ]
    assert found.nowhere is bool(repeated)

    def reported(minor):
        facts = ProjectFacts("demo", features=Capabilities(minor=minor))
        return [(f.severity, f.path) for f in check(value, facts) if f.code == "host-port-repeated"]

    assert reported(36) == reported(28) == reported(None) == [("warning", path) for path in paths]
    assert reported(27) == [("error", path) for path in paths]


def test_an_init_container_is_compared_with_itself():
    found = fit(on_host([tcp(1)], init=[[tcp(9100), tcp(9100)]]), Room([SMALL]))
    assert [p.path for p in found.refused] == [(*POD, "initContainers", 0, "ports", 1, "containerPort")]


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        ({"containers": [container(image=" nginx:1")]}, "image-space"),
        ({"initContainers": [container("init", image="nginx:1\n")]}, "image-space"),
        ({"volumes": [{"name": "v", "image": {}}]}, "image-missing"),
        ({"schedulingGates": [{"name": "a.b/c"}], "nodeName": "small"}, "gates-and-node-name"),
    ],
)
def test_pods_that_the_server_refuses_although_it_takes_the_template(spec, code):
    found = fit(daemonset(namespace="demo", **spec), Room([SMALL]))
    assert [code_of(problem.say) for problem in found.refused] == [code]
    assert found.nowhere
