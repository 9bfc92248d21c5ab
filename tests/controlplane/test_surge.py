"""A surge sticks on host ports: the half of it that a scheduler decides.

Proved here: a pod pinned to one node, as the controller pins its pods, stays Pending beside another one that
takes the same host port there, for the reason "free ports", and starts there where the ports differ; the
console's forecast of a rollout remarks on the same pairs of templates and on no other.

Not proved: that the controller, with maxSurge, makes that second pod and waits for it. `DaemonSetUpdateSurge`
came in Kubernetes 1.21, and the control plane of these tests is 1.20, which does not know the field. So the
second pod is made by hand, from the new template, pinned as the controller's own is.
"""

from __future__ import annotations

import pytest

from tests.builders import affinity_to, daemonset, rolling
from workloads.daemonsets.forecast.rollout import rollout
from workloads.daemonsets.running.unscheduled import own_node_reasons

NODE = "node-0004"
STICKS = "didn't have free ports for the requested pod ports"


def surging(image, port, **spec):
    """A DaemonSet for one node, which replaces its pod by surge."""
    return daemonset(
        image=image,
        ports=[port] if port else [],
        update=rolling(maxUnavailable=0, maxSurge=1),
        nodeSelector={"kubernetes.io/hostname": NODE},
        **spec,
    )


def pinned(template):
    """A pod of the template as the controller makes it: for one node by its affinity, not by nodeName."""
    # Not the DaemonSet's label: its controller would adopt the pod, and delete it as one too many.
    return {"metadata": {"name": "second"}, "spec": {**template["spec"], "affinity": affinity_to(NODE)}}


@pytest.fixture
def namespace(control_plane):
    name = control_plane.new_namespace("surge")
    yield name
    # No DaemonSet takes this one along, and it holds its port.
    control_plane.api("DELETE", f"/api/v1/namespaces/{name}/pods/second")


@pytest.mark.parametrize(
    ("port", "next_port", "spec"),
    [
        pytest.param({"hostPort": 9100, "containerPort": 80}, None, {}, id="the same port"),
        pytest.param({"containerPort": 9100}, None, {"hostNetwork": True}, id="the network of the node"),
        pytest.param(
            {"hostPort": 9100, "containerPort": 80},
            {"hostPort": 9101, "containerPort": 80},
            {},
            id="another port from now on",
        ),
        pytest.param(
            {"hostPort": 9100, "containerPort": 80, "hostIP": "10.0.0.1"},
            {"hostPort": 9100, "containerPort": 80, "hostIP": "10.0.0.2"},
            {},
            id="another address",
        ),
        pytest.param({"containerPort": 80}, None, {}, id="no host port"),
    ],
)
def test_a_second_pod_waits_for_the_port_just_where_the_forecast_says_so(
    control_plane, namespace, port, next_port, spec
):
    pods = f"/api/v1/namespaces/{namespace}/pods"
    old, new = surging("i:1", port, **spec), surging("i:2", next_port or port, **spec)
    stored = {**old, "spec": {**old["spec"], "updateStrategy": {"type": "RollingUpdate"}}}
    control_plane.api("POST", f"/apis/apps/v1/namespaces/{namespace}/daemonsets", stored)

    def running():
        found = control_plane.api("GET", pods)["items"]
        return [each for each in found if each["status"]["phase"] == "Running"]

    control_plane.wait_for(running, "the first pod")
    control_plane.api("POST", pods, pinned(new["spec"]["template"]))

    def decided():
        """(its node, what the scheduler says) once it has said anything of the second pod."""
        found = control_plane.api("GET", f"{pods}/second")
        said = {each["type"]: each for each in found["status"].get("conditions", ())}.get("PodScheduled")
        return said and (found["spec"].get("nodeName", ""), said.get("message", ""))

    node, why = control_plane.wait_for(decided, "the scheduler")
    node_object = control_plane.api("GET", f"/api/v1/nodes/{NODE}")
    remarks = [remark.kind for remark in rollout(old, new, [node_object]).remarks]
    if node:
        assert (node, remarks) == (NODE, [])
    else:
        assert own_node_reasons(why) == STICKS
        assert remarks == ["surge-ports"]
