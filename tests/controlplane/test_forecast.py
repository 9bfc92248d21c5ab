"""Where the forecast says that pods stop, they stop on the real control plane."""

from __future__ import annotations

import pytest

from tests.builders import daemonset, quota
from workloads.daemonsets.forecast.quota import forecast, used_without


@pytest.mark.parametrize(
    ("hard", "asked"),
    [
        pytest.param({"pods": "5"}, {}, id="pods"),
        pytest.param(
            {"requests.cpu": "800m", "memory": "10Gi"},
            {"requests": {"cpu": "110m", "memory": "1Gi"}},
            id="requests",
        ),
        pytest.param({"limits.memory": "3Gi"}, {"limits": {"memory": "700Mi"}}, id="limits"),
        pytest.param({"limits.cpu": "10"}, {"requests": {"cpu": "1m"}}, id="a limit that is not stated"),
        pytest.param({"pods": "500"}, {"requests": {"cpu": "1m"}}, id="all fit"),
    ],
)
def test_pods_stop_at_the_node_that_was_forecast(control_plane, hard, asked):
    namespace = control_plane.new_namespace("forecast")
    core, apps = f"/api/v1/namespaces/{namespace}", f"/apis/apps/v1/namespaces/{namespace}"
    control_plane.api("POST", f"{core}/resourcequotas", quota(hard))

    def live():
        return control_plane.api("GET", f"{core}/resourcequotas/quota")

    control_plane.wait_for(lambda: live()["status"].get("used"), "the quota to be reckoned")
    nodes = control_plane.api("GET", "/api/v1/nodes")["items"]
    agent = daemonset(**asked)
    found = forecast(agent, nodes, [live()], used_without([live()], None, 0))
    assert found.desired > 5

    control_plane.api("POST", f"{apps}/daemonsets", agent)

    def made():
        # Its status says nothing: where making pods fails, old controllers leave all numbers at 0.
        pods = len(control_plane.api("GET", f"{core}/pods")["items"])
        refused = [
            event
            for event in control_plane.api("GET", f"{core}/events")["items"]
            if event["reason"] == "FailedCreate"
        ]
        return (pods,) if pods >= found.allowed and (refused or not found.blocks) else None

    assert control_plane.wait_for(made, f"{found.allowed} pods") == (found.allowed,)
