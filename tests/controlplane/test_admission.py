"""What admission is said to make of pods is what the real API server makes of them."""

from __future__ import annotations

import pytest

from tests.builders import daemonset, quota
from workloads.daemonsets.forecast.demand import quotas_used
from workloads.daemonsets.manifest.outline import OVERHEAD
from workloads.daemonsets.manifest.places import Place
from workloads.daemonsets.manifest.quantity import parse
from workloads.daemonsets.placement.verdicts import template_of
from workloads.daemonsets.project import limit_ranges
from workloads.daemonsets.project.admission import Classes, completed, refusals
from workloads.documents.paths import ABSENT, patch

RUNTIME = "/apis/node.k8s.io/v1/runtimeclasses"
PRIORITY = "/apis/scheduling.k8s.io/v1/priorityclasses"
SANDBOX = {
    "kind": "RuntimeClass",
    "metadata": {"name": "sandbox"},
    "handler": "h",
    "overhead": {"podFixed": {"cpu": "120m", "memory": "64Mi"}},
    "scheduling": {"nodeSelector": {"kubernetes.io/arch": "arm64"}},
}
USUAL = {"kind": "PriorityClass", "metadata": {"name": "usual"}, "value": 7, "globalDefault": True}


@pytest.fixture
def classes(control_plane):
    """Those of the cluster, as it gives them back."""
    for path, value in ((RUNTIME, SANDBOX), (PRIORITY, USUAL)):
        control_plane.api("POST", path, value)
    yield Classes.of(control_plane.api("GET", RUNTIME)["items"], control_plane.api("GET", PRIORITY)["items"])
    control_plane.api("DELETE", f"{RUNTIME}/sandbox")
    control_plane.api("DELETE", f"{PRIORITY}/usual")


ASKS = {"cpu": "10m", "memory": "1Mi"}


def roomy(name, *keys, **spec):
    """A quota that stops nothing."""
    return quota(dict.fromkeys(keys, "1Ti"), name=name, **spec)


def of_class(*names):
    return {"matchExpressions": [{"scopeName": "PriorityClass", "operator": "In", "values": list(names)}]}


def test_pods_are_completed_and_counted_as_is_said(control_plane, classes):
    namespace = control_plane.new_namespace("admission")
    quotas = [
        roomy("all", "pods", "requests.cpu", "requests.memory"),
        roomy("of-the-default", "pods", scopeSelector=of_class("usual")),
        roomy("of-another", "pods", scopeSelector=of_class("system-node-critical")),
    ]
    core, apps = f"/api/v1/namespaces/{namespace}", f"/apis/apps/v1/namespaces/{namespace}"
    for one in quotas:
        control_plane.api("POST", f"{core}/resourcequotas", one)
    mine = [
        daemonset("plain", requests=ASKS),
        daemonset("sandboxed", requests=ASKS, runtimeClassName="sandbox"),
        daemonset("critical", requests=ASKS, priorityClassName="system-node-critical"),
    ]
    for one in mine:
        control_plane.api("POST", f"{apps}/daemonsets", one)
    nodes = control_plane.api("GET", "/api/v1/nodes")["items"]
    done = {one["metadata"]["name"]: completed(one, classes) for one in mine}

    def reported(one):
        status = control_plane.api("GET", f"{core}/resourcequotas/{one['metadata']['name']}")["status"]
        return {key: parse(value) for key, value in status.get("used", {}).items()}

    # 1.20.2 does not count overhead in quotas, as servers since 1.20.5 do (pull request 99600).
    without = [(OVERHEAD, ABSENT)] if control_plane.version == "v1.20.2" else []
    counted = [patch(each, without) for each in done.values()]
    for one in quotas:
        [foreseen] = quotas_used([one], counted, nodes, (), {})
        what = f"{one['metadata']['name']}: {foreseen}"
        control_plane.wait_for(lambda: reported(one) == foreseen, what)  # noqa: B023
    for pod in control_plane.api("GET", f"{core}/pods")["items"]:
        [owner] = pod["metadata"]["ownerReferences"]
        ours = template_of(done[owner["name"]])["spec"]
        for field in ("overhead", "priorityClassName"):
            assert pod["spec"].get(field) == ours.get(field)


@pytest.mark.parametrize(
    ("spec", "code", "words"),
    [
        ({"priorityClassName": "nope"}, "priority-class-missing", "no PriorityClass with name nope"),
        ({"priority": 0}, "priority", "the integer value of priority (0) must not be provided in pod spec"),
        (
            {"priority": 7, "priorityClassName": "system-node-critical"},
            "priority",
            "controller computed 2000001000 from the given PriorityClass name",
        ),
        (
            {"preemptionPolicy": "Never"},
            "preemption-policy",
            "the string value of PreemptionPolicy (Never) must not be provided in pod spec",
        ),
        ({"runtimeClassName": "nope"}, "runtime-class-missing", 'RuntimeClass "nope" not found'),
        ({"overhead": {"cpu": "1"}}, "overhead", "Overhead set without corresponding RuntimeClass"),
        (
            {"runtimeClassName": "sandbox", "overhead": {"cpu": "1"}},
            "overhead",
            "Overhead doesn't match RuntimeClass",
        ),
        (
            {"runtimeClassName": "sandbox", "nodeSelector": {"kubernetes.io/arch": "amd64"}},
            "runtime-class-nodes",
            "conflict: runtimeClass.scheduling.nodeSelector",
        ),
    ],
)
def test_pods_are_refused_for_what_is_said(control_plane, classes, spec, code, words):
    namespace = control_plane.new_namespace("refused")
    value = daemonset(requests=ASKS, **spec)
    assert [each.say.code for each in refusals(value, classes)] == [code]
    control_plane.api("POST", f"/apis/apps/v1/namespaces/{namespace}/daemonsets", value)

    def said():
        events = control_plane.api("GET", f"/api/v1/namespaces/{namespace}/events")["items"]
        return any(each["reason"] == "FailedCreate" and words in each["message"] for each in events)

    control_plane.wait_for(said, f"the API server to refuse a pod: {words}")


LIMITS = {"default": {"memory": "256Mi"}, "type": "Container"}
OF_PODS = {"max": {"cpu": "1"}, "type": "Pod"}


@pytest.mark.parametrize(
    ("item", "resources", "words"),
    [
        (LIMITS, {"requests": {"memory": "1Gi"}}, "must be less than or equal to memory limit"),
        (LIMITS, {"requests": {"memory": "128Mi"}}, ""),
        (OF_PODS, {"requests": {"cpu": "10m"}}, "maximum cpu usage per Pod is 1.  No limit is specified"),
        (OF_PODS, {"limits": {"cpu": "1"}}, ""),
        (OF_PODS, {"limits": {"cpu": "1001m"}}, "maximum cpu usage per Pod is 1, but limit is 1001m"),
    ],
)
def test_limit_ranges_refuse_pods_for_what_is_said(control_plane, item, resources, words):
    namespace = control_plane.new_namespace("limits")
    core = f"/api/v1/namespaces/{namespace}"
    limit_range = {"kind": "LimitRange", "metadata": {"name": "l"}, "spec": {"limits": [item]}}
    control_plane.api("POST", f"{core}/limitranges", limit_range)
    value = daemonset(requests=ASKS)
    pod = value["spec"]["template"]["spec"]
    pod["containers"][0]["resources"] = resources
    assert bool(list(limit_ranges.breaches(Place(pod), [limit_range]))) == bool(words)
    control_plane.api("POST", f"/apis/apps/v1/namespaces/{namespace}/daemonsets", value)

    def said():
        if not words:
            return bool(control_plane.api("GET", f"{core}/pods")["items"])
        events = control_plane.api("GET", f"{core}/events")["items"]
        return any(each["reason"] == "FailedCreate" and words in each["message"] for each in events)

    control_plane.wait_for(said, words or "a pod")
