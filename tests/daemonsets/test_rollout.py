"""What an edit does: new pods on which nodes, in how many waves."""

from __future__ import annotations

import pytest

from tests.builders import daemonset, node, rolling
from tests.daemonsets.coded import code_of, coded
from workloads.daemonsets.forecast.rollout import Budget, budget, rollout
from workloads.daemonsets.running.revision import same_revision
from workloads.documents.paths import patch


def halves(count):
    """n0, n1 …, alternately in half a and half b."""
    return [node(f"n{i}", labels={"half": "ab"[i % 2]}) for i in range(count)]


def kinds_of(found):
    """The kinds of the remarks, each of which has a sentence."""
    assert all(coded(remark.say) for remark in found.remarks)
    return [remark.kind for remark in found.remarks]


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
    assert budget(daemonset(image="i:1", update=rolling(**limits)), desired) == expected


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
    old, new = daemonset(image="i:1"), daemonset(image="i:2", update=rolling(**limits))
    found = rollout(old, new, halves(count), pods={f"n{i}": i >= down for i in range(count)})
    assert (found.waves, found.new_revision) == (waves, True)


def test_every_wave_takes_min_ready_seconds_at_least():
    found = rollout(
        daemonset(image="i:1"),
        daemonset(image="i:2", update=rolling(maxUnavailable=2), min_ready=30),
        halves(5),
    )
    assert (found.waves, found.at_least_seconds) == (3, 90)
    assert coded(found.say) == ("replaced", {"count": 5, "budget": 2, "waves": 3})


def test_a_change_beside_the_template_replaces_nothing():
    found = rollout(
        daemonset(image="i:1"), daemonset(image="i:1", update=rolling(maxUnavailable=2)), halves(2)
    )
    assert (found.new_revision, found.replaced, found.waves) == (False, (), 0)
    assert coded(found.say) == ("same-template", {})


def test_nodes_gained_and_lost():
    old = daemonset(image="i:1", nodeSelector={"half": "a"})
    new = daemonset(image="i:1", nodeSelector={"half": "b"})
    found = rollout(old, new, halves(4))
    assert (found.gained, found.lost, found.replaced, found.stranded) == (("n1", "n3"), ("n0", "n2"), (), ())
    assert (found.desired, found.waves) == (2, 0)
    assert coded(found.say) == ("no-pods", {})


def test_pods_that_lose_their_toleration_stay_unless_the_taint_evicts():
    tainted = [node(effect, taints=[f"k:{effect}"]) for effect in ("NoSchedule", "NoExecute")]
    old = daemonset(image="i:1", tolerations=[{"operator": "Exists"}])
    on_delete = daemonset(image="i:1", update={"type": "OnDelete"})
    found = rollout(old, on_delete, tainted)
    assert (found.stranded, found.removed, found.lost) == (("NoSchedule",), (), ("NoExecute",))
    assert kinds_of(found) == ["stranded"]
    # A rolling update replaces pods of the old revision wherever they are.
    found = rollout(old, daemonset(image="i:1"), tainted)
    assert (found.stranded, found.removed, found.lost) == ((), ("NoSchedule",), ("NoExecute",))
    assert kinds_of(found) == ["removed"]
    surge = daemonset(image="i:1", update=rolling(maxUnavailable=0, maxSurge=1))
    found = rollout(old, surge, tainted)
    assert (found.stranded, found.removed, found.lost) == ((), ("NoSchedule",), ("NoExecute",))


TAINTED = node("t", taints=["k:NoSchedule"])


def test_a_misscheduled_pod_that_runs_already_is_no_first_one():
    tolerant = daemonset(image="i:1", tolerations=[{"operator": "Exists"}])
    everywhere = [*halves(1), TAINTED]
    found = rollout(daemonset(image="i:1"), tolerant, everywhere, pods={"n0": True, "t": True})
    assert (found.gained, found.replaced) == ((), ("n0", "t"))
    assert rollout(daemonset(image="i:1"), tolerant, everywhere, pods={"n0": True}).gained == ("t",)
    # Without a new revision, or with one that goes on excluding the node:
    found = rollout(daemonset(image="i:1"), daemonset(image="i:1"), everywhere, pods={"n0": True, "t": True})
    assert (found.replaced, found.stranded, found.removed) == ((), ("t",), ())
    found = rollout(daemonset(image="i:1"), daemonset(image="i:2"), everywhere, pods={"n0": True, "t": True})
    assert (found.replaced, found.stranded, found.removed) == (("n0",), (), ("t",))


def test_nodes_without_a_pod_use_the_budget_up_and_have_nothing_to_replace():
    found = rollout(
        daemonset(image="i:1"), daemonset(image="i:2"), halves(4), pods={"n0": True, "n1": True, "n2": True}
    )
    assert (found.replaced, found.gained, found.waves) == (("n0", "n1", "n2"), ("n3",), None)
    assert coded(found.say) == ("cannot-start", {"count": 3, "budget": 1, "waves": None})
    assert kinds_of(found) == ["stalled"]


@pytest.mark.parametrize(
    ("told", "code", "count", "kinds"),
    [
        (
            {"desiredNumberScheduled": 4, "currentNumberScheduled": 3, "numberUnavailable": 2},
            "stalls-after-unavailable",
            4,
            ["stalled", "outside-budget"],
        ),
        (
            {"desiredNumberScheduled": 4, "currentNumberScheduled": 4, "numberUnavailable": 4},
            "replaced-at-once",
            4,
            [],
        ),
    ],
)
def test_where_pods_may_not_be_read_the_counters_of_the_controller_count(told, code, count, kinds):
    found = rollout(daemonset(image="i:1"), daemonset(image="i:2"), halves(4), reported=told)
    said, params = coded(found.say)
    assert (said, params["count"], kinds_of(found)) == (code, count, kinds)


def test_a_new_daemonset_replaces_nothing():
    found = rollout(None, daemonset(image="i:1"), halves(2))
    assert (found.gained, found.new_revision, found.waves, found.remarks) == (("n0", "n1"), False, 0, ())


def test_on_delete_waits_for_people():
    found = rollout(daemonset(image="i:1"), daemonset(image="i:2", update={"type": "OnDelete"}), halves(3))
    assert (found.strategy, found.waves, found.replaced) == ("OnDelete", 0, ("n0", "n1", "n2"))
    assert coded(found.say) == ("on-delete", {"count": 3})


@pytest.mark.parametrize(
    ("new", "down", "kinds"),
    [
        (daemonset(image="i:2"), 0, []),
        (daemonset(image="i:2", update=rolling(maxUnavailable="100%")), 0, ["all-at-once"]),
        (daemonset(image="i:2"), 2, ["stalled", "outside-budget"]),
        (daemonset(image="i:2", update=rolling(maxUnavailable=0, maxSurge=1)), 0, []),
    ],
)
def test_what_to_mind(new, down, kinds):
    found = rollout(daemonset(image="i:1"), new, halves(4), pods={f"n{i}": i >= down for i in range(4)})
    assert kinds_of(found) == kinds


def on_ports(image, *ports, surge=1, **spec):
    strategy = rolling(maxUnavailable=0, maxSurge=surge) if surge else rolling(maxUnavailable=1)
    return daemonset(image=image, update=strategy, ports=list(ports), **spec)


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
def test_a_surge_stalls_where_the_old_pods_hold_a_port_of_the_new_ones(old, new, kinds):
    assert kinds_of(rollout(old, new, halves(4))) == kinds


@pytest.mark.parametrize(
    ("update", "unfit", "say"),
    [
        (rolling(maxUnavailable=2), 0, None),
        (rolling(maxUnavailable=2), 6, ("stalls-no-pod-starts", 2, "maxUnavailable")),
        (rolling(maxUnavailable=2), 3, ("stalls-some-pods-do-not-start", 2, "maxUnavailable")),
        (rolling(maxUnavailable=2), 1, ("unfinished", 2, "maxUnavailable")),
        (rolling(maxUnavailable=0, maxSurge=1), 6, ("stalls-no-pod-starts", 1, "maxSurge")),
        ({"type": "OnDelete"}, 6, None),
    ],
)
def test_new_pods_that_do_not_start_stall_the_rollout(update, unfit, say):
    six = halves(6)
    names = [each["metadata"]["name"] for each in six][:unfit]
    found = rollout(daemonset(image="i:1"), daemonset(image="i:2", update=update), six, unfit=names)
    remarks = [one for one in found.remarks if one.kind in ("stops", "unfinished")]
    expected = [] if say is None else [(say[0], {"unfit": unfit, "budget": say[1], "field": say[2]})]
    assert [coded(one.say) for one in remarks] == expected


def test_the_stall_says_how_many_nodes_use_up_which_budget():
    pods = {"n0": True, "n1": False, "n2": False, "n3": True}
    found = rollout(daemonset(image="i:1"), daemonset(image="i:2"), halves(4), pods=pods)
    assert coded(found.remarks[0].say) == ("stalled", {"down": 2, "budget": 1})


@pytest.mark.parametrize(
    ("limits", "count", "code"),
    [
        ({"maxUnavailable": 1}, 1, "replaced"),
        ({"maxUnavailable": 3}, 3, "replaced"),
        ({"maxUnavailable": 1}, 3, "replaced"),
        ({"maxUnavailable": 0, "maxSurge": 1}, 1, "replaced-with-surge"),
        ({"maxUnavailable": 0, "maxSurge": 3}, 3, "replaced-with-surge"),
        ({"maxUnavailable": 0, "maxSurge": 1}, 3, "replaced-with-surge"),
    ],
)
def test_one_pod_one_wave_and_several_waves_have_sentences_of_their_own(limits, count, code):
    found = rollout(daemonset(image="i:1"), daemonset(image="i:2", update=rolling(**limits)), halves(count))
    budget_of, waves = found.budget.nodes, found.waves
    assert coded(found.say) == (code, {"count": count, "budget": budget_of, "waves": waves})
    assert ("%(waves)d" in found.say.template, "%(count)d" in found.say.template) == (waves > 1, count > 1)


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


HALF = daemonset(image="i:1", nodeSelector={"half": "a"})


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
    found = rollout(HALF, daemonset(image="i:2", update=rolling(**limits)), halves(4), unfit=unfit)
    assert (found.gained, found.replaced) == (("n1", "n3"), ("n0", "n2"))
    assert (found.waves, kinds_of(found)) == (waves, kinds)


def test_bare_nodes_leave_less_of_the_budget_for_those_where_the_new_pod_does_not_start():
    new = daemonset(image="i:2", update=rolling(maxUnavailable=2))
    there = {"n0": True, "n1": True, "n2": True}
    found = rollout(daemonset(image="i:1"), new, halves(4), pods=there, unfit=["n0"])
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
def test_a_surge_stalls_where_there_is_no_room_beside_the_old_pod(crowded, kinds):
    new = daemonset(image="i:2", update=rolling(maxUnavailable=0, maxSurge=1))
    found = rollout(daemonset(image="i:1"), new, halves(4), no_surge_room=crowded)
    assert kinds_of(found) == kinds
    # Without a surge the old pod makes way.
    assert (
        rollout(daemonset(image="i:1"), daemonset(image="i:2"), halves(4), no_surge_room=crowded).remarks
        == ()
    )


@pytest.mark.parametrize(
    ("old", "new", "updated", "replaced", "code"),
    [
        # A rollout that is not finished goes on, whatever the edit is about.
        ("i:2", "i:2", ["n0"], ("n1", "n2", "n3"), "replaced"),
        # Back to what the pods still have.
        ("i:2", "i:1", ["n0", "n1", "n2", "n3"], (), "up-to-date"),
        ("i:2", "i:1", ["n0", "n1"], ("n2", "n3"), "replaced"),
        ("i:1", "i:1", None, (), "same-template"),
        ("i:1", "i:2", None, ("n0", "n1", "n2", "n3"), "replaced"),
    ],
)
def test_pods_are_replaced_by_what_they_are_not_by_what_is_stored(old, new, updated, replaced, code):
    pods = {f"n{i}": True for i in range(4)}
    found = rollout(daemonset(image=old), daemonset(image=new), halves(4), pods=pods, updated=updated)
    assert (found.replaced, found.waves) == (replaced, len(replaced))
    assert code_of(found.say) == code
    if replaced:
        assert found.say.params == {"count": len(replaced), "budget": 1, "waves": len(replaced)}


def test_new_pods_that_are_not_available_use_the_budget_up_and_are_not_replaced():
    there = {"n0": False, "n1": True, "n2": True}
    found = rollout(daemonset(image="i:2"), daemonset(image="i:2"), halves(3), pods=there, updated=["n0"])
    assert (found.replaced, found.waves) == (("n1", "n2"), None)
    assert kinds_of(found) == ["stalled"]


def test_where_a_quota_refuses_pods_none_is_replaced():
    found = rollout(daemonset(image="i:1"), daemonset(image="i:2"), halves(3), refused=True)
    assert kinds_of(found) == ["refused"]
    assert rollout(daemonset(image="i:1"), daemonset(image="i:1"), halves(3), refused=True).remarks == ()


def test_where_no_pod_is_available_all_are_replaced_whether_the_new_ones_start_or_not():
    down = {f"n{i}": False for i in range(3)}
    found = rollout(daemonset(image="i:1"), daemonset(image="i:2"), halves(3), pods=down, unfit=list(down))
    code, params = coded(found.say)
    assert (code, params["count"]) == ("replaced-at-once", 3)
    assert kinds_of(found) == ["unfinished"]
