"""A rollout does what its forecast said: from the pods that are there, not from those that should be."""

from __future__ import annotations

import pytest

from tests import builders
from workloads.daemonsets.forecast.rollout import rollout
from workloads.daemonsets.running.presence import reported_counters
from workloads.services.running import pod_availability, updated_nodes
from workloads.stores import store_for
from workloads.stores.protocol import daemonset

pytestmark = pytest.mark.django_db

NODES = [f"rolling-{n}" for n in range(1, 6)]
FAILS = {"fake/fail": "ImagePullBackOff"}


@pytest.fixture
def rolling(control_plane):
    """Five nodes of their own."""
    control_plane.add_nodes({"metadata": {"name": name, "labels": {"pool": "rolling"}}} for name in NODES)
    yield NODES
    for name in NODES:
        control_plane.api("DELETE", f"/api/v1/nodes/{name}")


def agent(image, strategy, annotations=None):
    return builders.daemonset(
        image=image, update={"type": strategy}, pod_annotations=annotations, nodeSelector={"pool": "rolling"}
    )


def test_what_is_not_available_is_replaced_at_once_and_what_is_misscheduled_goes_for_good(
    control_plane, visitor, admin, project, rolling
):
    path = f"/apis/apps/v1/namespaces/{project}/daemonsets"
    pods = f"/api/v1/namespaces/{project}/pods"
    excluded, *broken = NODES[-1], *NODES[:2]

    def images():
        """Node → the image of its pod."""
        found = control_plane.api("GET", pods)["items"]
        return {
            pod["spec"].get("nodeName"): pod["spec"]["containers"][0]["image"]
            for pod in found
            if "deletionTimestamp" not in pod["metadata"]
        }

    def counted(**numbers):
        live = control_plane.api("GET", f"{path}/agent")
        told = reported_counters(live)
        seen = live.get("status", {}).get("observedGeneration") == live["metadata"]["generation"]
        return seen and all(told[name] == number for name, number in numbers.items())

    control_plane.api("POST", path, agent("i:1", "OnDelete"))
    control_plane.wait_for(lambda: counted(numberAvailable=5), "five pods")
    # Two are replaced by hand with a template that does not start; one stays where it should not run.
    control_plane.api("PATCH", f"{path}/agent", agent("i:2", "OnDelete", FAILS))
    control_plane.wait_for(lambda: counted(updatedNumberScheduled=0), "the new revision")
    for pod in control_plane.api("GET", pods)["items"]:
        if pod["spec"]["nodeName"] in broken:
            control_plane.api("DELETE", f"{pods}/{pod['metadata']['name']}")
    taint = {"spec": {"taints": [{"key": "late", "effect": "NoSchedule"}]}}
    control_plane.api("PATCH", f"/api/v1/nodes/{excluded}", taint)
    control_plane.wait_for(
        lambda: counted(updatedNumberScheduled=2, numberUnavailable=2, numberMisscheduled=1), "the trouble"
    )

    def forecast(new):
        store = store_for("local", admin)
        stored = store.get(daemonset(project, "agent")).value
        pods = store.pods(project)
        done = updated_nodes(store, stored, new, pods)
        return rollout(stored, new, store.nodes(), pods=pod_availability(stored, pods), updated=done)

    # Back to what most pods are: only the others are replaced, and their budget is used up by nobody.
    found = forecast(agent("i:1", "RollingUpdate", {}))
    assert (found.replaced, found.waves) == (tuple(broken), 1)
    # The template that is stored, of which two pods are: a rollout goes on whatever else is changed.
    assert forecast(agent("i:2", "RollingUpdate", FAILS)).replaced == tuple(NODES[2:4])

    # One that does not start either: the budget of 1 stays used up, so only the broken ones are replaced.
    new = agent("i:3", "RollingUpdate", FAILS)
    found = forecast(new)
    assert (found.replaced, found.removed, found.waves) == (tuple(NODES[:4]), (excluded,), None)
    assert [remark.kind for remark in found.remarks] == ["stalled", "outside-budget", "removed"]
    control_plane.api("PATCH", f"{path}/agent", new)
    control_plane.wait_for(lambda: counted(updatedNumberScheduled=2, numberUnavailable=2), "the broken ones")
    assert images() == {name: "i:3" if name in broken else "i:1" for name in NODES}
    # One that starts mends them, and then comes to all others.
    new = agent("i:4", "RollingUpdate", {"fake/fail": None})
    assert forecast(new).removed == (excluded,)
    control_plane.api("PATCH", f"{path}/agent", new)
    control_plane.wait_for(
        lambda: counted(updatedNumberScheduled=4, numberAvailable=4, numberMisscheduled=0), "the rollout"
    )
    control_plane.wait_for(lambda: images() == dict.fromkeys(NODES[:4], "i:4"), "the pods of the rollout")
