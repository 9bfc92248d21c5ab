"""What the scheduler and the kubelet do with pods that the controller wants."""

from __future__ import annotations

from decimal import Decimal

import pytest

from workloads.daemonsets.forecast.fit import Room, fit, nodes_without_surge_room
from workloads.daemonsets.manifest.samples import nodes as sample_nodes
from workloads.documents.paths import patch
from workloads.stores.protocol import Capabilities

GI = Decimal(2**30)


def node(name, taints=(), **allocatable):
    status = {key.replace("__", "/").replace("_", "-"): value for key, value in allocatable.items()}
    return {
        "metadata": {"name": name, "labels": {"node": name}},
        "spec": {"taints": list(taints)},
        "status": {"allocatable": status} if status else {},
    }


def daemonset(name="agent", namespace="demo", *, requests=None, ports=(), metadata=None, **spec):
    container = {"name": "c", "resources": {"requests": requests or {}}, "ports": list(ports)}
    return {
        "kind": "DaemonSet",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"template": {"metadata": metadata or {}, "spec": {"containers": [container], **spec}}},
    }


def pod(name, on, *, phase="Running", owner=None, revision=None, **spec):
    owners = [{"kind": "DaemonSet", "name": owner, "uid": owner, "controller": True}] if owner else []
    container = {"name": "c", "resources": {"requests": spec.pop("requests", {})}}
    labels = {"controller-revision-hash": revision} if revision else {}
    return {
        "metadata": {"name": name, "namespace": "demo", "ownerReferences": owners, "labels": labels},
        "spec": {"nodeName": on, "containers": [container | spec]},
        "status": {"phase": phase},
    }


def said(found):
    return [problem.say.text for problem in found.problems]


def on_nodes(found):
    return {name: [sentence.text for sentence in found.on(name)] for name in sorted(found.unfit_nodes)}


SMALL = node("small", cpu="1", memory="1Gi", pods="10")
LARGE = node("large", cpu="8", memory="32Gi", pods="10")


def test_there_is_nothing_to_say_where_all_fits():
    found = fit(daemonset(requests={"cpu": "1"}), Room([SMALL, LARGE]))
    assert (found.problems, found.unknown, found.unfit_nodes) == ((), (), frozenset())


def test_more_is_asked_for_than_a_node_has():
    found = fit(daemonset(requests={"cpu": "1500m"}), Room([SMALL, LARGE]))
    assert on_nodes(found) == {"small": ["A pod asks for 1.5 of cpu, and the node has 1 in all."]}
    [problem] = found.problems
    assert (problem.kind, problem.resource, problem.nodes) == ("room", "cpu", ("small",))


def test_offline_the_other_daemonsets_take_their_part_where_they_run():
    others = [
        daemonset("logs", "kube-system", requests={"cpu": "600m"}),
        daemonset("elsewhere", requests={"cpu": "8"}, nodeSelector={"node": "large"}),
    ]
    room = Room([SMALL, LARGE]).with_daemonsets(others)
    found = fit(daemonset(requests={"cpu": "500m"}), room)
    assert on_nodes(found) == {
        "small": ["A pod asks for 500m of cpu, and other DaemonSets leave 400m."],
        "large": ["A pod asks for 500m of cpu, and other DaemonSets leave 0."],
    }
    assert said(found) == ["Not enough cpu: a pod asks for 500m, and 400m is free at most."]
    assert room.requested("large")["cpu"] == Decimal("8.6")


def test_its_own_present_pods_make_way():
    present = daemonset(requests={"cpu": "900m"})
    room = Room([SMALL]).with_daemonsets([present])
    assert fit(daemonset(requests={"cpu": "1"}), room).problems == ()
    assert fit(daemonset("other", requests={"cpu": "1"}), room).unfit_nodes == {"small"}
    draft = daemonset(namespace="", requests={"cpu": "1"})
    assert fit(draft, room, namespace={"metadata": {"name": "demo"}}).problems == ()


def test_limit_ranges_count_for_both():
    ranges = [{"spec": {"limits": [{"type": "Container", "defaultRequest": {"cpu": "600m"}}]}}]
    room = Room([SMALL]).with_daemonsets([daemonset("other")], {"demo": ranges})
    assert fit(daemonset(), room).problems == ()
    assert fit(daemonset(), room, limit_ranges=ranges).unfit_nodes == {"small"}


def test_only_nodes_where_a_pod_is_wanted_are_looked_at():
    tainted = node("tainted", [{"key": "k", "effect": "NoSchedule"}], cpu="1m")
    assert fit(daemonset(requests={"cpu": "1"}), Room([tainted])).problems == ()


def test_on_a_cluster_the_pods_count_that_are_bound_and_not_finished():
    pods = [
        pod("running", "small", requests={"cpu": "600m"}),
        pod("done", "small", phase="Succeeded", requests={"cpu": "1"}),
        pod("failed", "small", phase="Failed", requests={"cpu": "1"}),
        pod("waiting", "", requests={"cpu": "1"}),
        pod("gone", "no such node", requests={"cpu": "1"}),
        pod("agent-x", "small", owner="agent", requests={"cpu": "300m"}),
    ]
    room = Room([SMALL]).with_pods(pods)
    assert room.requested("small") == {"cpu": Decimal("0.9"), "pods": 2}
    assert fit(daemonset(requests={"cpu": "400m"}), room).problems == ()
    assert on_nodes(fit(daemonset(requests={"cpu": "401m"}), room)) == {
        "small": ["A pod asks for 401m of cpu, and 400m is free."]
    }


def test_pods_of_the_same_revision_are_read_once_but_each_counts():
    pods = [pod(f"a-{n}", n, owner="a", revision="1", requests={"cpu": "250m"}) for n in ("small", "large")]
    room = Room([SMALL, LARGE]).with_pods([*pods, pod("b", "large", owner="a", revision="2")])
    assert room.requested("small") == {"cpu": Decimal("0.25"), "pods": 1}
    assert room.requested("large") == {"cpu": Decimal("0.25"), "pods": 2}


def test_places_for_pods_run_out():
    room = Room([node("full", pods="2")]).with_daemonsets([daemonset("a"), daemonset("b")])
    found = fit(daemonset(), room)
    assert said(found) == ["Other DaemonSets want all places for pods."]
    assert on_nodes(found) == {"full": ["Other DaemonSets want all places for pods on the node: it has 2."]}
    found = fit(daemonset(), Room([node("full", pods="2")]).with_pods([pod("a", "full"), pod("b", "full")]))
    assert said(found) == ["All places for pods are taken."]
    assert on_nodes(found) == {"full": ["All places for pods on the node are taken: it has 2."]}


def test_a_node_without_a_device_has_none_but_need_not_list_what_every_node_has():
    wanted = daemonset(requests={"nvidia.com/gpu": "1", "memory": "64Gi"})
    found = fit(wanted, Room([node("typed", pods="5")]))
    assert on_nodes(found) == {"typed": ["The node has no nvidia.com/gpu."]}


def test_of_a_node_that_says_nothing_nothing_is_known():
    found = fit(daemonset(requests={"cpu": "100"}), Room([node("silent")]))
    assert (found.problems, found.unknown) == ((), ("silent",))


def test_a_priority_class_may_make_room():
    room = Room([SMALL, LARGE]).with_pods([pod("p", "small", requests={"cpu": "600m"})])
    found = fit(daemonset(requests={"cpu": "800m"}, priorityClassName="system-node-critical"), room)
    [problem] = found.problems
    assert problem.say.text.endswith("Pods of lower priority may have to make way.")
    assert (problem.certain, problem.nodes, found.unfit_nodes, found.hindered) == (
        False,
        ("small",),
        set(),
        False,
    )
    # Not more than the node has in all.
    found = fit(daemonset(requests={"cpu": "2"}, priorityClassName="system-node-critical"), room)
    assert (found.unfit_nodes, found.nowhere, found.hindered) == ({"small"}, False, True)


@pytest.mark.parametrize(
    ("accounts", "refused"), [(None, False), ({"default", "mine"}, False), ({"default"}, True)]
)
def test_a_missing_service_account_refuses_every_pod(accounts, refused):
    found = fit(daemonset(serviceAccountName="mine"), Room([SMALL]), accounts=accounts)
    assert [problem.path[-1] for problem in found.refused] == ["serviceAccountName"] * refused
    assert fit(daemonset(), Room([SMALL]), accounts=accounts).refused == ()


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
    room = Room([SMALL]).with_daemonsets([daemonset("other", "kube-system", **theirs)])
    found = fit(daemonset(**mine), room)
    assert said(found) == (["Host port TCP 8080 is also wanted by kube-system/other."] if clash else [])


def test_host_ports_clash_only_on_nodes_that_both_use():
    other = daemonset("other", ports=[HTTP], nodeSelector={"node": "large"})
    found = fit(daemonset(ports=[HTTP]), Room([SMALL, LARGE]).with_daemonsets([other]))
    assert found.unfit_nodes == {"large"}
    [problem] = found.problems
    assert (problem.kind, problem.resource) == ("host-port", "TCP 8080")
    assert problem.path == ("spec", "template", "spec", "containers", 0, "ports", 0, "hostPort")


def test_pods_are_called_by_what_made_them():
    taking = {"ports": [HTTP]}
    pods = [pod("logs-7", "small", owner="logs", revision="1", **taking), pod("alone", "large", **taking)]
    found = fit(daemonset(ports=[HTTP]), Room([SMALL, LARGE]).with_pods(pods))
    assert said(found) == ["Host port TCP 8080 is taken by demo/alone, demo/logs."]
    assert on_nodes(found) == {
        "large": ["Host port TCP 8080 is taken by demo/alone."],
        "small": ["Host port TCP 8080 is taken by demo/logs."],
    }


def test_a_node_where_its_own_pod_runs_had_room_for_it():
    """Though others want the same port and the rest of the node, as the administrator of a cluster where
    not all pods may be read is told by their DaemonSets."""
    wanted = daemonset(ports=[HTTP], requests={"cpu": "300m"})
    other = daemonset("holder", "team-b", ports=[HTTP], requests={"cpu": "900m"})
    mine = pod("agent-x", "small", owner="agent", requests={"cpu": "300m"}, ports=[HTTP])
    room = Room([SMALL, node("next", cpu="1", pods="10")]).with_daemonsets([other, wanted]).with_pods([mine])
    assert on_nodes(fit(wanted, room)) == {
        "next": [
            "A pod asks for 300m of cpu, and other DaemonSets leave 100m.",
            "Host port TCP 8080 is also wanted by team-b/holder.",
        ]
    }
    # What is asked for beyond what the pod has is another matter.
    more = daemonset(ports=[HTTP], requests={"cpu": "301m"})
    assert fit(more, room).on("small")[0].text.startswith("A pod asks for 301m of cpu")


def test_every_holder_of_a_port_on_a_node_is_named():
    others = [daemonset(name, ports=[{**HTTP, "hostIP": f"10.0.0.{n}"}]) for n, name in enumerate("edcba")]
    room = Room([SMALL])
    assert on_nodes(fit(daemonset(ports=[HTTP]), room.with_daemonsets(others[:2]))) == {
        "small": ["Host port TCP 8080 is also wanted by demo/d, demo/e."]
    }
    assert said(fit(daemonset(ports=[HTTP]), room.with_daemonsets(others))) == [
        "Host port TCP 8080 is also wanted by demo/a, demo/b, demo/c and 2 more."
    ]


def test_what_no_pod_is_admitted_for_is_told_apart_from_what_keeps_pods_waiting():
    limits = {"metadata": {"name": "l"}, "spec": {"limits": [{"type": "Container", "max": {"cpu": "1"}}]}}
    found = fit(daemonset(requests={"cpu": "2"}), Room([SMALL]), limit_ranges=[limits])
    assert [(problem.kind, problem.path[-2:]) for problem in found.refused] == [
        ("limit-range", ("requests", "cpu"))
    ]
    assert found.refused[0].say.text == (
        "The limit range l allows at most 1 of cpu in a container: requests.cpu of c is 2, "
        "so every pod is refused."
    )
    assert [problem.kind for problem in found.unplaced] == ["room"]


@pytest.mark.parametrize(
    ("spec", "enforced", "sufficient"),
    [({"hostNetwork": True}, "restricted", "privileged"), ({}, "restricted", "baseline")],
)
def test_the_level_that_would_admit_the_pods(spec, enforced, sufficient):
    namespace = {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": enforced}}}
    found = fit(daemonset(**spec), Room([SMALL]), namespace=namespace)
    assert found.refused
    assert found.sufficient == sufficient


def claim(*modes):
    return {"data": {"spec": {"accessModes": list(modes)}}}


VOLUME = {"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]}


@pytest.mark.parametrize(
    ("modes", "nodes", "say"),
    [
        (["ReadWriteMany"], [SMALL, LARGE], []),
        (["ReadWriteOnce", "ReadOnlyMany"], [SMALL, LARGE], []),
        (["ReadWriteOnce"], [SMALL], []),
        (
            ["ReadWriteOnce"],
            [SMALL, LARGE],
            [
                "The claim data can be used on one node only (ReadWriteOnce), but is wanted on 2: the others "
                "will wait for it."
            ],
        ),
        (["ReadWriteOncePod"], [SMALL], []),
        (
            ["ReadWriteOncePod"],
            [SMALL, LARGE],
            ["The claim data can be used by one pod only (ReadWriteOncePod): the others will wait for it."],
        ),
    ],
)
def test_claims_for_one_node(modes, nodes, say):
    found = fit(daemonset(**VOLUME), Room(nodes), claims=claim(*modes))
    assert said(found) == say
    assert found.unfit_nodes == frozenset()


def test_another_daemonset_may_use_the_claim_on_another_node():
    other = daemonset("other", nodeSelector={"node": "large"}, **VOLUME)
    room = Room([SMALL, LARGE]).with_daemonsets([other])
    found = fit(daemonset(nodeSelector={"node": "small"}, **VOLUME), room, claims=claim("ReadWriteOnce"))
    assert [problem.kind for problem in found.problems] == ["claim"]
    elsewhere = Room([SMALL, LARGE]).with_daemonsets([{**other, "metadata": {"name": "o", "namespace": "x"}}])
    wanted = daemonset(nodeSelector={"node": "small"}, **VOLUME)
    assert fit(wanted, elsewhere, claims=claim("ReadWriteOnce")).problems == ()


def test_pod_security_stands_before_what_is_about_single_nodes():
    namespace = {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "baseline"}}}
    wanted = daemonset(requests={"cpu": "2"}, hostNetwork=True)
    found = fit(wanted, Room([SMALL]), namespace=namespace)
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
    label = "pod-security.kubernetes.io/enforce"
    namespace = {"metadata": {"labels": {label: "baseline", f"{label}-version": version}}}
    probe = ("spec", "template", "spec", "containers", 0, "livenessProbe", "tcpSocket")
    wanted = patch(daemonset(), [(probe, {"port": 80, "host": "127.0.0.1"})])
    found = fit(wanted, Room([SMALL]), namespace=namespace, features=Capabilities(minor=minor))
    assert len(found.refused) == refused


def test_what_is_odd_in_a_manifest_is_passed_over():
    for value in (None, {}, daemonset(ports="none", volumes="none", initContainers=["x"])):
        assert fit(value, Room([SMALL, {}, None])).problems == ()


def test_a_room_stays_as_it_is_when_more_moves_in():
    empty = Room(sample_nodes())
    empty.with_daemonsets([daemonset(requests={"cpu": "1"})])
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
        return daemonset(requests={"cpu": amount} if amount else {})

    both = asking(old), asking(new)
    assert nodes_without_surge_room(*both, Room([SMALL, LARGE, node("silent")])) == found
    running = [pod("p1", "small", owner="agent", requests={"cpu": old}), pod("p2", "large", owner="agent")]
    assert nodes_without_surge_room(*both, Room([SMALL, LARGE]).with_pods(running)) == found


def test_a_node_that_is_gained_has_no_old_pod_to_be_beside():
    old = daemonset(requests={"cpu": "600m"}, nodeSelector={"node": "large"})
    assert (
        nodes_without_surge_room(old, daemonset(requests={"cpu": "600m"}), Room([SMALL, LARGE]))
        == frozenset()
    )


def test_offline_what_never_comes_to_be_takes_nothing():
    namespaces = {"strict": {"metadata": {"name": "strict", "labels": {
        "pod-security.kubernetes.io/enforce": "baseline"}}}}  # fmt: skip
    most = {"strict": [{"spec": {"limits": [{"type": "Container", "max": {"cpu": "1m"}}]}}]}
    wanted = daemonset(requests={"cpu": "500m"})

    def left(other, limit_ranges=None):
        room = Room([SMALL]).with_daemonsets([other], limit_ranges, namespaces=namespaces)
        return fit(wanted, room).unfit_nodes

    assert left(daemonset("other", "strict", requests={"cpu": "600m"})) == {"small"}
    # Pod Security and limit ranges refuse every pod of these.
    assert left(daemonset("other", "strict", requests={"cpu": "600m"}, hostNetwork=True)) == set()
    assert left(daemonset("other", "strict", requests={"cpu": "600m"}), most) == set()
    # No pod of this one is as small as the node, but it takes its part where there is one that is large.
    large = daemonset("other", requests={"cpu": "2"})
    assert left(large) == set()
    room = Room([SMALL, LARGE]).with_daemonsets([large])
    assert fit(daemonset(requests={"cpu": "7"}), room).unfit_nodes == {"small", "large"}
