"""What an edit does: new pods on which nodes, in how many waves."""

from __future__ import annotations

import pytest

from workloads.daemonsets.forecast.rollout import Budget, budget, rollout
from workloads.daemonsets.running.revision import same_revision
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
    found = rollout(old, new, nodes(count), pods={f"n{i}": i >= down for i in range(count)})
    assert (found.waves, found.new_revision) == (waves, True)


def test_every_wave_takes_min_ready_seconds_at_least():
    found = rollout(daemonset(), daemonset("i:2", rolling(maxUnavailable=2), ready=30), nodes(5))
    assert (found.waves, found.at_least_seconds) == (3, 90)
    assert found.say.text == (
        "Nodes that get a new pod: 5; at most 2 at a time, without a pod meanwhile. Waves: 3."
    )


def test_a_change_beside_the_template_replaces_nothing():
    found = rollout(daemonset(), daemonset(update=rolling(maxUnavailable=2)), nodes(2))
    assert (found.new_revision, found.replaced, found.waves) == (False, (), 0)
    assert found.say.text == "The template stays the same: no pod is replaced."


def test_nodes_gained_and_lost():
    old = daemonset(nodeSelector={"half": "a"})
    new = daemonset(nodeSelector={"half": "b"})
    found = rollout(old, new, nodes(4))
    assert (found.gained, found.lost, found.replaced, found.stranded) == (("n1", "n3"), ("n0", "n2"), (), ())
    assert (found.desired, found.waves) == (2, 0)
    assert found.say.text == "No node keeps a pod of this DaemonSet, so none is replaced."


def test_pods_that_lose_their_toleration_stay_unless_the_taint_evicts():
    tainted = [
        {"metadata": {"name": effect}, "spec": {"taints": [{"key": "k", "effect": effect}]}}
        for effect in ("NoSchedule", "NoExecute")
    ]
    old = daemonset(tolerations=[{"operator": "Exists"}])
    on_delete = daemonset(update={"type": "OnDelete"})
    found = rollout(old, on_delete, tainted)
    assert (found.stranded, found.removed, found.lost) == (("NoSchedule",), (), ("NoExecute",))
    assert [remark.kind for remark in found.remarks] == ["stranded"]
    # A rolling update replaces pods of the old revision wherever they are.
    found = rollout(old, daemonset(), tainted)
    assert (found.stranded, found.removed, found.lost) == ((), ("NoSchedule",), ("NoExecute",))
    assert [remark.kind for remark in found.remarks] == ["removed"]
    surge = daemonset(update=rolling(maxUnavailable=0, maxSurge=1))
    found = rollout(old, surge, tainted)
    assert (found.stranded, found.removed, found.lost) == ((), ("NoSchedule",), ("NoExecute",))


TAINTED = {"metadata": {"name": "t"}, "spec": {"taints": [{"key": "k", "effect": "NoSchedule"}]}}


def test_a_misscheduled_pod_that_runs_already_is_no_first_one():
    tolerant = daemonset(tolerations=[{"operator": "Exists"}])
    everywhere = [*nodes(1), TAINTED]
    found = rollout(daemonset(), tolerant, everywhere, pods={"n0": True, "t": True})
    assert (found.gained, found.replaced) == ((), ("n0", "t"))
    assert rollout(daemonset(), tolerant, everywhere, pods={"n0": True}).gained == ("t",)
    # Without a new revision, or with one that goes on excluding the node:
    found = rollout(daemonset(), daemonset(), everywhere, pods={"n0": True, "t": True})
    assert (found.replaced, found.stranded, found.removed) == ((), ("t",), ())
    found = rollout(daemonset(), daemonset("i:2"), everywhere, pods={"n0": True, "t": True})
    assert (found.replaced, found.stranded, found.removed) == (("n0",), (), ("t",))


def test_nodes_without_a_pod_use_the_budget_up_and_have_nothing_to_replace():
    found = rollout(daemonset(), daemonset("i:2"), nodes(4), pods={"n0": True, "n1": True, "n2": True})
    assert (found.replaced, found.gained, found.waves) == (("n0", "n1", "n2"), ("n3",), None)
    assert found.say.text == "The rollout cannot begin. Nodes that need a new pod: 3."
    assert [remark.kind for remark in found.remarks] == ["stalled"]


@pytest.mark.parametrize(
    ("told", "said", "kinds"),
    [
        (
            {"desiredNumberScheduled": 4, "currentNumberScheduled": 3, "numberUnavailable": 2},
            "Nodes that need a new pod: 4. Where the pod is not available it is replaced at once; for the "
            "others the rollout waits.",
            ["stalled", "outside-budget"],
        ),
        (
            {"desiredNumberScheduled": 4, "currentNumberScheduled": 4, "numberUnavailable": 4},
            "No pod is available, so all are replaced at once: 4.",
            [],
        ),
    ],
)
def test_where_pods_may_not_be_read_the_counters_of_the_controller_count(told, said, kinds):
    found = rollout(daemonset(), daemonset("i:2"), nodes(4), reported=told)
    assert (found.say.text, [remark.kind for remark in found.remarks]) == (said, kinds)


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
    found = rollout(daemonset(), new, nodes(4), pods={f"n{i}": i >= down for i in range(4)})
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


@pytest.mark.parametrize(
    ("update", "unfit", "say"),
    [
        (rolling(maxUnavailable=2), 0, None),
        (rolling(maxUnavailable=2), 6, "On none of these nodes {} stops after 2 of them (maxUnavailable)."),
        (rolling(maxUnavailable=2), 3, "On 3 of these nodes {} it has come to 2 of them (maxUnavailable)."),
        (rolling(maxUnavailable=2), 1, "On 1 of these nodes {} comes to all nodes, but does not end."),
        (
            rolling(maxUnavailable=0, maxSurge=1),
            6,
            "On none of these nodes {} stops after 1 of them (maxSurge).",
        ),
        ({"type": "OnDelete"}, 6, None),
    ],
)
def test_new_pods_that_do_not_start_stop_the_rollout(update, unfit, say):
    there = nodes(6)
    names = [each["metadata"]["name"] for each in there][:unfit]
    found = rollout(daemonset(), daemonset("i:2", update=update), there, unfit=names)
    said = [one.say.text for one in found.remarks if one.kind in ("stops", "unfinished")]
    assert len(said) == bool(say)
    for part in say.split("{}") if say else ():
        assert part.strip() in said[0]


def test_the_stall_says_what_to_do():
    pods = {"n0": True, "n1": False, "n2": False, "n3": True}
    found = rollout(daemonset(), daemonset("i:2"), nodes(4), pods=pods)
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


HALF = daemonset(nodeSelector={"half": "a"})


@pytest.mark.parametrize(
    ("limits", "unfit", "waves", "kinds"),
    [
        ({"maxUnavailable": 1}, (), 2, []),
        # The pod of a gained node that never becomes available counts as long as it is there.
        ({"maxUnavailable": 1}, ("n1",), None, ["stalled"]),
        ({"maxUnavailable": 2}, ("n1",), 2, ["all-at-once"]),
        ({"maxUnavailable": 2}, ("n1", "n0"), 2, ["stops", "all-at-once"]),
        ({"maxUnavailable": 3}, ("n1", "n0"), 1, ["unfinished", "all-at-once"]),
        ({"maxUnavailable": 0, "maxSurge": 1}, ("n1",), 2, []),
    ],
)
def test_gained_nodes_where_the_pod_does_not_start_use_the_budget_up(limits, unfit, waves, kinds):
    found = rollout(HALF, daemonset("i:2", rolling(**limits)), nodes(4), unfit=unfit)
    assert (found.gained, found.replaced) == (("n1", "n3"), ("n0", "n2"))
    assert (found.waves, [remark.kind for remark in found.remarks]) == (waves, kinds)


def test_bare_nodes_leave_less_of_the_budget_for_those_where_the_new_pod_does_not_start():
    new = daemonset("i:2", rolling(maxUnavailable=2))
    there = {"n0": True, "n1": True, "n2": True}
    found = rollout(daemonset(), new, nodes(4), pods=there, unfit=["n0"])
    [remark] = found.remarks
    assert (remark.kind, remark.say.params["budget"]) == ("stops", 1)


@pytest.mark.parametrize(
    ("crowded", "kinds"),
    [
        ((), []),
        (("n0", "n1", "n2", "n3"), ["surge-room", "stops"]),
        (("n0",), ["surge-room", "stops"]),
        (("other",), []),
    ],
)
def test_a_surge_sticks_where_there_is_no_room_beside_the_old_pod(crowded, kinds):
    new = daemonset("i:2", rolling(maxUnavailable=0, maxSurge=1))
    found = rollout(daemonset(), new, nodes(4), no_surge_room=crowded)
    assert [remark.kind for remark in found.remarks] == kinds
    # Without a surge the old pod makes way.
    assert rollout(daemonset(), daemonset("i:2"), nodes(4), no_surge_room=crowded).remarks == ()


@pytest.mark.parametrize(
    ("old", "new", "updated", "replaced", "said"),
    [
        # A rollout that was not finished goes on whatever the edit is about.
        ("i:2", "i:2", ["n0"], ("n1", "n2", "n3"), "Nodes that get a new pod: 3; at most 1 at a time"),
        # Back to what the pods still are.
        (
            "i:2",
            "i:1",
            ["n0", "n1", "n2", "n3"],
            (),
            "The pods are of this template already: none is replaced.",
        ),
        ("i:2", "i:1", ["n0", "n1"], ("n2", "n3"), "Nodes that get a new pod: 2; at most 1 at a time"),
        ("i:1", "i:1", None, (), "The template stays the same: no pod is replaced."),
        ("i:1", "i:2", None, ("n0", "n1", "n2", "n3"), "Nodes that get a new pod: 4; at most 1 at a time"),
    ],
)
def test_pods_are_replaced_by_what_they_are_not_by_what_is_stored(old, new, updated, replaced, said):
    there = {f"n{i}": True for i in range(4)}
    found = rollout(daemonset(old), daemonset(new), nodes(4), pods=there, updated=updated)
    assert (found.replaced, found.waves) == (replaced, len(replaced))
    assert found.say.text.startswith(said)


def test_new_pods_that_are_not_available_use_the_budget_up_and_are_not_replaced():
    there = {"n0": False, "n1": True, "n2": True}
    found = rollout(daemonset("i:2"), daemonset("i:2"), nodes(3), pods=there, updated=["n0"])
    assert (found.replaced, found.waves) == (("n1", "n2"), None)
    assert [remark.kind for remark in found.remarks] == ["stalled"]


def test_where_a_quota_refuses_pods_none_is_replaced():
    found = rollout(daemonset(), daemonset("i:2"), nodes(3), refused=True)
    assert [remark.kind for remark in found.remarks] == ["refused"]
    assert rollout(daemonset(), daemonset(), nodes(3), refused=True).remarks == ()


def test_where_no_pod_is_available_all_are_replaced_whether_the_new_ones_start_or_not():
    down = {f"n{i}": False for i in range(3)}
    found = rollout(daemonset(), daemonset("i:2"), nodes(3), pods=down, unfit=list(down))
    assert found.say.text == "No pod is available, so all are replaced at once: 3."
    assert [remark.kind for remark in found.remarks] == ["unfinished"]
