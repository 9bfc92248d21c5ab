"""What quotas_used forecasts is what the real quota controller reports."""

from __future__ import annotations

import time

from tests.builders import container, daemonset, quota
from workloads.daemonsets.forecast.demand import quotas_used
from workloads.daemonsets.manifest.quantity import parse

SETTLE_SECONDS = 40

LIMIT_RANGE = {
    "kind": "LimitRange",
    "metadata": {"name": "defaults"},
    "spec": {
        "limits": [
            {
                "type": "Container",
                "default": {"cpu": "500m", "memory": "256Mi"},
                "defaultRequest": {"cpu": "50m"},
            }
        ]
    },
}


def roomy(name, *keys, **spec):
    """A quota that stops nothing."""
    return quota(dict.fromkeys(keys, "1Ti"), name=name, **spec)


EVERYTHING = roomy(
    "everything",
    *("pods", "count/pods", "count/daemonsets.apps", "count/controllerrevisions.apps"),
    *("cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"),
    *("requests.ephemeral-storage", "limits.ephemeral-storage", "requests.example.com/dongle"),
    *("configmaps", "count/services", "persistentvolumeclaims", "requests.storage"),
)
LONG_LIVED = roomy("long-lived", "pods", "requests.cpu", scopes=["NotTerminating", "NotBestEffort"])
NEVER_ENDING = roomy("terminating", "pods", scopes=["Terminating"])
BEST_EFFORT = roomy("best-effort", "pods", scopes=["BestEffort"])


PLAIN = daemonset("plain", containers=[container("a")])
PICKY = daemonset(
    "picky",
    nodeSelector={"topology.kubernetes.io/zone": "zone-a"},
    tolerations=[{"operator": "Exists"}],
    containers=[
        container("a", requests={"cpu": "250m", "memory": "0.1Gi"}, limits={"memory": "1Gi"}),
        container("b", requests={"ephemeral-storage": "1Gi"}, limits={"cpu": "1", "example.com/dongle": "2"}),
    ],
    initContainers=[container("first", requests={"cpu": "1"}, limits={"cpu": "3"}), container("second")],
)


def test_used_is_what_was_forecast(control_plane):
    namespace = control_plane.new_namespace("quota")
    core, apps = f"/api/v1/namespaces/{namespace}", f"/apis/apps/v1/namespaces/{namespace}"
    quotas = [EVERYTHING, LONG_LIVED, NEVER_ENDING, BEST_EFFORT]
    control_plane.api("POST", f"{core}/limitranges", LIMIT_RANGE)
    for one in quotas:
        control_plane.api("POST", f"{core}/resourcequotas", one)
    for one in (PLAIN, PICKY):
        control_plane.api("POST", f"{apps}/daemonsets", one)

    nodes = control_plane.api("GET", "/api/v1/nodes")["items"]
    counts = {("v1", "ConfigMap"): len(control_plane.api("GET", f"{core}/configmaps")["items"])}

    def forecast(one):
        return quotas_used([one], [PLAIN, PICKY], nodes, [LIMIT_RANGE], counts)[0]

    def reported(one):
        status = control_plane.api("GET", f"{core}/resourcequotas/{one['metadata']['name']}")["status"]
        return {key: parse(value) for key, value in status.get("used", {}).items()}

    assert forecast(BEST_EFFORT) == {"pods": 0}
    assert forecast(EVERYTHING)["pods"] > len(nodes)
    for one in quotas:
        end = time.monotonic() + SETTLE_SECONDS
        while reported(one) != forecast(one) and time.monotonic() < end:
            time.sleep(0.2)
        assert reported(one) == forecast(one)
