"""The harness itself: a DaemonSet given to the cluster runs where it should, and people are who they are."""

from __future__ import annotations

import pytest

from tests.controlplane.control_plane import ApiError

LABELS = {"app": "agent"}
DAEMONSET = {
    "apiVersion": "apps/v1",
    "kind": "DaemonSet",
    "metadata": {"name": "agent"},
    "spec": {
        "selector": {"matchLabels": LABELS},
        "template": {
            "metadata": {"labels": LABELS},
            "spec": {
                "containers": [{"name": "agent", "image": "agent:1"}],
                "nodeSelector": {"disktype": "ssd"},
            },
        },
    },
}


def pods(cluster, namespace):
    return cluster.api("GET", f"/api/v1/namespaces/{namespace}/pods")["items"]


def test_pods_of_a_daemonset_run_on_the_nodes_it_selects_and_go_with_it(control_plane):
    namespace = control_plane.new_namespace()
    collection = f"/apis/apps/v1/namespaces/{namespace}/daemonsets"
    control_plane.api("POST", collection, DAEMONSET)

    control_plane.wait_for(
        lambda: control_plane.api("GET", f"{collection}/agent").get("status", {}).get("numberReady") == 2,
        "two ready pods",
    )
    assert sorted((p["spec"]["nodeName"], p["status"]["phase"]) for p in pods(control_plane, namespace)) == [
        ("node-0004", "Running"),
        ("node-0009", "Running"),
    ]

    control_plane.api("DELETE", f"{collection}/agent")
    control_plane.wait_for(lambda: not pods(control_plane, namespace), "the pods to go")


def test_a_pod_told_to_fail_stays_waiting(control_plane):
    namespace = control_plane.new_namespace()
    control_plane.api(
        "POST",
        f"/api/v1/namespaces/{namespace}/pods",
        {
            "metadata": {"name": "broken", "annotations": {"fake/fail": "CrashLoopBackOff"}},
            "spec": {"nodeName": "node-0001", "containers": [{"name": "c", "image": "i"}]},
        },
    )
    [status] = control_plane.wait_for(
        lambda: pods(control_plane, namespace)[0]["status"].get("containerStatuses"), "a container status"
    )
    assert status["state"]["waiting"]["reason"] == "CrashLoopBackOff"


@pytest.mark.parametrize("who", ["console", "alice", "bob"])
def test_nobody_but_the_administrator_has_rights(control_plane, who):
    with pytest.raises(ApiError) as refused:
        control_plane.api("GET", "/api/v1/nodes", who=who)
    assert refused.value.status == 403
    assert f'User "{who}" cannot list' in str(refused.value)


def test_nodes_keep_the_taints_they_were_given(control_plane):
    control_plane.add_nodes(
        [{"metadata": {"name": "tainted"}, "spec": {"taints": [{"key": "a", "effect": "NoExecute"}]}}]
    )
    try:
        node = control_plane.api("GET", "/api/v1/nodes/tainted")
        assert node["spec"]["taints"] == [{"key": "a", "effect": "NoExecute"}]
    finally:
        control_plane.api("DELETE", "/api/v1/nodes/tainted")
