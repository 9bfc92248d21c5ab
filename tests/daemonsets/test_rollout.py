"""What an edit does: new pods on which nodes, in how many waves."""

from __future__ import annotations

import pytest

from workloads.daemonsets.revision import same_revision
from workloads.daemonsets.rollout import Budget, budget, rollout
from workloads.documents.paths import patch


def nodes(count):
    return [{"metadata": {"name": f"n{i}", "labels": {"half": "ab"[i % 2]}}} for i in range(count)]


def daemonset(image="i:1", update=None, ports=(), ready=None, **spec):
    container = {"name": "c", "image": image, "ports": list(ports)}
    return {
        "kind": "DaemonSet",
        "metadata": {"name": "agent"},
        "spec": {
            "updateStrategy": update or {},
            **({"minReadySeconds": ready} if ready else {}),
            "template": {"spec": {"containers": [container], **spec}},
        },
    }


def rolling(**limits):
    return {"type": "RollingUpdate", "rollingUpdate": limits}


@pytest.mark.parametrize(
    ("limits", "desired", "expected"),
    [
        pytest.param({}, 10, Budget(1, 0), id="the default"),
        pytest.param({"maxUnavailable": 3}, 2, Budget(3, 0), id="a number is used as it is"),
        pytest.param({"maxUnavailable": "10%"}, 5, Budget(1, 0), id="10 % of 5"),
        pytest.param({"maxUnavailable": "34%"}, 3, Budget(2, 0), id="34 % of 3 is rounded up"),
        pytest.param({"maxUnavailable": "5%"}, 288, Budget(15, 0), id="5 % of 288"),
        pytest.param({"maxUnavailable": "1%"}, 300, Budget(3, 0), id="1 % of 300"),
        pytest.param({"maxUnavailable": 0, "maxSurge": "34%"}, 3, Budget(0, 2), id="a surge is rounded up"),
        pytest.param({"maxUnavailable": 0, "maxSurge": 0}, 5, Budget(1, 0), id="0 and 0 is 1"),
        pytest.param({"maxUnavailable": "0%", "maxSurge": "0%"}, 5, Budget(1, 0), id="0 % and 0 % is 1"),
        pytest.param({"maxUnavailable": "10%"}, 0, Budget(0, 0), id="no nodes"),
        pytest.param({"maxUnavailable": f"{'9' * 5000}%"}, 5, Budget(5, 0), id="more than all"),
        pytest.param({"maxUnavailable": "many", "maxSurge": "-3%"}, 5, Budget(1, 0), id="nonsense"),
    ],
)
def test_the_budget(limits, desired, expected):
    """updatedDesiredNodeCounts."""
    assert budget(daemonset(update=rolling(**limits)), desired) == expected


@pytest.mark.parametrize(
    ("limits", "count", "down", "waves"),
    [
        ({"maxUnavailable": 1}, 12, 0, 12),
        ({"maxUnavailable": "10%"}, 12, 0, 6),
        ({"maxUnavailable": 5}, 12, 0, 3),
        ({"maxUnavailable": 3}, 12, 1, 6),
        ({"maxUnavailable": 1}, 12, 1, None),
        ({"maxUnavailable": "5%"}, 288, 20, None),
        ({"maxUnavailable": 1}, 2, 2, 1),
        ({"maxUnavailable": 0, "maxSurge": 4}, 12, 0, 3),
        ({"maxUnavailable": 0, "maxSurge": 4}, 12, 4, 2),
        ({"maxUnavailable": 1}, 0, 0, 0),
    ],
)
def test_waves(limits, count, down, waves):
    old, new = daemonset(), daemonset("i:2", rolling(**limits))
    found = rollout(old, new, nodes(count), unavailable={f"n{i}" for i in range(down)})
    assert (found.waves, found.new_revision) == (waves, True)


def test_every_wave_takes_min_ready_seconds_at_least():
    found = rollout(daemonset(), daemonset("i:2", rolling(maxUnavailable=2), ready=30), nodes(5))
    assert (found.waves, found.at_least_seconds) == (3, 90)
    assert found.say.text == (
        "Nodes that get a new pod: 5; at most 2 at a time, without a pod meanwhile. Waves: 3."
    )


def test_a_change_beside_the_template_replaces_nothing():
    found = rollout(daemonset(), daemonset(update=rolling(maxUnavailable=2)), nodes(2))
    assert (found.new_revision, found.replaced, found.kept, found.waves) == (False, (), ("n0", "n1"), 0)
    assert found.say.text == "The template stays the same: no pod is replaced."


def test_nodes_gained_and_lost():
    old = daemonset(nodeSelector={"half": "a"})
    new = daemonset(nodeSelector={"half": "b"})
    found = rollout(old, new, nodes(4))
    assert (found.gained, found.lost, found.replaced, found.stranded) == (("n1", "n3"), ("n0", "n2"), (), ())
    assert (found.desired, found.waves) == (2, 0)


def test_pods_that_lose_their_toleration_stay_unless_the_taint_evicts():
    tainted = [
        {"metadata": {"name": effect}, "spec": {"taints": [{"key": "k", "effect": effect}]}}
        for effect in ("NoSchedule", "NoExecute")
    ]
    found = rollout(daemonset(tolerations=[{"operator": "Exists"}]), daemonset(), tainted)
    assert (found.stranded, found.lost) == (("NoSchedule",), ("NoExecute",))
    assert [remark.kind for remark in found.remarks] == ["stranded"]


def test_a_new_daemonset_replaces_nothing():
    found = rollout(None, daemonset(), nodes(2))
    assert (found.gained, found.new_revision, found.waves, found.remarks) == (("n0", "n1"), False, 0, ())


def test_on_delete_waits_for_people():
    found = rollout(daemonset(), daemonset("i:2", {"type": "OnDelete"}), nodes(3))
    assert (found.strategy, found.waves, found.replaced) == ("OnDelete", 0, ("n0", "n1", "n2"))
    assert found.say.text == "Nodes that keep their old pod until it is deleted (OnDelete): 3."


@pytest.mark.parametrize(
    ("new", "down", "kinds"),
    [
        (daemonset("i:2"), 0, []),
        (daemonset("i:2", rolling(maxUnavailable="100%")), 0, ["all-at-once"]),
        (daemonset("i:2"), 2, ["stalled", "outside-budget"]),
        (daemonset("i:2", rolling(maxUnavailable=0, maxSurge=1)), 0, []),
    ],
)
def test_what_to_mind(new, down, kinds):
    found = rollout(daemonset(), new, nodes(4), unavailable=[f"n{i}" for i in range(down)])
    assert [remark.kind for remark in found.remarks] == kinds


def on_ports(image, *ports, surge=1, **spec):
    strategy = rolling(maxUnavailable=0, maxSurge=surge) if surge else rolling(maxUnavailable=1)
    return daemonset(image, strategy, list(ports), **spec)


@pytest.mark.parametrize(
    ("old", "new", "kinds"),
    [
        pytest.param(
            on_ports("i:1", {"hostPort": 80, "containerPort": 8080}),
            on_ports("i:2", {"hostPort": 80, "containerPort": 8080}),
            ["surge-ports"],
            id="the same port",
        ),
        pytest.param(
            on_ports("i:1", {"containerPort": 8080}, hostNetwork=True),
            on_ports("i:2", {"containerPort": 8080}, hostNetwork=True),
            ["surge-ports"],
            id="the network of the node",
        ),
        pytest.param(
            on_ports("i:1", {"hostPort": 80, "containerPort": 80}),
            on_ports("i:2", {"hostPort": 80, "containerPort": 80}, surge=0),
            [],
            id="no surge",
        ),
        pytest.param(
            on_ports("i:1", {"hostPort": 80, "containerPort": 80}),
            on_ports("i:2", {"hostPort": 81, "containerPort": 80}),
            [],
            id="another port from now on",
        ),
        pytest.param(
            on_ports("i:1", {"hostPort": 80, "containerPort": 80, "hostIP": "10.0.0.1"}),
            on_ports("i:2", {"hostPort": 80, "containerPort": 80, "hostIP": "10.0.0.2"}),
            [],
            id="another address",
        ),
        pytest.param(
            on_ports("i:1", {"hostPort": 80, "containerPort": 80}),
            on_ports("i:2", {"hostPort": 80, "containerPort": 80, "hostIP": "10.0.0.2"}),
            ["surge-ports"],
            id="one address of all",
        ),
        pytest.param(
            on_ports("i:1", {"containerPort": 80}),
            on_ports("i:2", {"containerPort": 80}),
            [],
            id="no host port",
        ),
    ],
)
def test_a_surge_sticks_where_the_old_pods_hold_a_port_of_the_new_ones(old, new, kinds):
    assert [remark.kind for remark in rollout(old, new, nodes(4)).remarks] == kinds


def test_the_stall_says_what_to_do():
    found = rollout(daemonset(), daemonset("i:2"), nodes(4), unavailable=["n1", "n2"])
    assert found.remarks[0].say.text == (
        "Nodes without an available pod: 2, which uses up maxUnavailable 1. No healthy pod is replaced until "
        "they recover or maxUnavailable is raised."
    )


BASE = {
    "spec": {
        "containers": [
            {
                "name": "c",
                "image": "i:1",
                "ports": [{"containerPort": 80}],
                "resources": {"requests": {"cpu": "1"}},
                "livenessProbe": {"httpGet": {"port": 80}},
                "env": [{"name": "N", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}],
            }
        ],
        "volumes": [{"name": "c", "configMap": {"name": "c"}}, {"name": "e"}],
    }
}
CONTAINER = ("spec", "containers", 0)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("metadata",), {"creationTimestamp": None, "labels": {}}),
        (("spec", "restartPolicy"), "Always"),
        (("spec", "dnsPolicy"), "ClusterFirst"),
        (("spec", "terminationGracePeriodSeconds"), 30),
        (("spec", "securityContext"), {}),
        (("spec", "hostNetwork"), False),
        (("spec", "nodeSelector"), {}),
        (("spec", "tolerations"), []),
        (("spec", "affinity"), None),
        ((*CONTAINER, "imagePullPolicy"), "IfNotPresent"),
        ((*CONTAINER, "terminationMessagePolicy"), "File"),
        ((*CONTAINER, "resources", "requests", "cpu"), "1000m"),
        ((*CONTAINER, "resources", "limits"), {}),
        ((*CONTAINER, "ports", 0, "protocol"), "TCP"),
        ((*CONTAINER, "livenessProbe", "periodSeconds"), 10),
        ((*CONTAINER, "livenessProbe", "httpGet", "path"), "/"),
        ((*CONTAINER, "env", 0, "valueFrom", "fieldRef", "apiVersion"), "v1"),
        (("spec", "volumes", 0, "configMap", "defaultMode"), 420),
        (("spec", "volumes", 1, "emptyDir"), {}),
    ],
)
def test_what_the_api_server_completes_makes_no_new_revision(path, value):
    changed = patch(BASE, [(path, value)])
    assert same_revision({"spec": {"template": BASE}}, {"spec": {"template": changed}})


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("metadata", "annotations"), {"kubectl.kubernetes.io/restartedAt": "now"}),
        (("spec", "dnsPolicy"), "Default"),
        (("spec", "hostNetwork"), True),
        ((*CONTAINER, "image"), "i:2"),
        ((*CONTAINER, "imagePullPolicy"), "Always"),
        ((*CONTAINER, "resources", "requests", "cpu"), "1m"),
        ((*CONTAINER, "env", 0, "name"), "M"),
        ((*CONTAINER, "securityContext"), {"privileged": False}),
        (("spec", "volumes", 1, "emptyDir"), {"sizeLimit": "1Gi"}),
        (("spec", "tolerations"), [{"operator": "Exists"}]),
    ],
)
def test_any_other_change_of_the_template_does(path, value):
    changed = patch(BASE, [(path, value)])
    assert not same_revision({"spec": {"template": BASE}}, {"spec": {"template": changed}})


def test_the_service_account_may_have_its_old_name():
    old, new = ({"spec": {"template": {"spec": {field: "x"}}}} for field in _ACCOUNT)
    assert same_revision(old, new)


_ACCOUNT = ("serviceAccount", "serviceAccountName")


def test_nonsense_is_compared_as_it_is():
    odd = {"spec": {"template": {"spec": {"containers": ["x", {"resources": {"limits": {"cpu": []}}}]}}}}
    assert same_revision(odd, odd)
    assert not same_revision(odd, {"spec": {"template": 5}})
    assert same_revision(None, {})
