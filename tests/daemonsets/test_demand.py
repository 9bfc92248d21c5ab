"""Demand, as the quota evaluator of pods counts it (pkg/quota/v1/evaluator/core/pods.go)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.builders import container, daemonset, limit_range, node, nodes, quota
from workloads.daemonsets.forecast.demand import Required, per_pod, quotas_used, unstated
from workloads.daemonsets.manifest.quantity import parse
from workloads.daemonsets.placement.verdicts import Inventory, template_of

GI = Decimal(2**30)


def used_of(quota, *known, **more):
    [used] = quotas_used([quota], *known, **more)
    return used


def asking(requests=None, limits=None, **fields):
    return container(requests=requests, limits=limits, **fields)


def sidecar(requests=None, limits=None):
    return asking(requests, limits, restartPolicy="Always")


def template(*containers, init=(), **spec):
    return template_of(agent(*containers, initContainers=list(init), **spec))


def agent(*containers, **spec):
    return daemonset(containers=list(containers), **spec)


def hard(*keys, **spec):
    return quota(dict.fromkeys(keys, "100"), **spec)


def with_tainted(count, *names):
    return [*nodes(count), *(node(name, taints=["t:NoSchedule"]) for name in names)]


@pytest.mark.parametrize(
    ("pod", "expected"),
    [
        pytest.param(template(asking()), {}, id="nothing asked for"),
        pytest.param(
            template(asking({"cpu": "100m", "memory": "1Gi"}), asking({"cpu": "0.2"}, {"cpu": "1"})),
            {"requests.cpu": "0.3", "requests.memory": "1Gi", "limits.cpu": "1"},
            id="containers add up",
        ),
        pytest.param(
            template(asking(limits={"cpu": "500m"})),
            {"requests.cpu": "0.5", "limits.cpu": "0.5"},
            id="a limit alone is the request too (SetDefaults_Pod)",
        ),
        pytest.param(
            template(asking({"cpu": "1"}), init=[asking({"cpu": "3"}), asking({"cpu": "2"})]),
            {"requests.cpu": "3"},
            id="init containers: the largest, where it is more",
        ),
        pytest.param(
            template(asking({"cpu": "2", "memory": "1Gi"}), init=[asking({"cpu": "1", "memory": "4Gi"})]),
            {"requests.cpu": "2", "requests.memory": "4Gi"},
            id="each resource by itself",
        ),
        pytest.param(
            template(asking({"cpu": "1"}), init=[sidecar({"cpu": "500m"})]),
            {"requests.cpu": "1.5"},
            id="a sidecar runs beside the containers (KEP-753)",
        ),
        pytest.param(
            template(
                asking({"cpu": "1"}),
                init=[sidecar({"cpu": "1"}), asking({"cpu": "3"}), sidecar({"cpu": "1"})],
            ),
            {"requests.cpu": "4"},
            id="an init container runs beside the sidecars before it",
        ),
        pytest.param(
            template(asking({"cpu": "1"}), init=[asking({"cpu": "3"}), sidecar({"cpu": "1"})]),
            {"requests.cpu": "3"},
            id="not beside those after it",
        ),
        pytest.param(
            template(asking({"cpu": "1"}, {"memory": "1Gi"}), overhead={"cpu": "250m", "memory": "120Mi"}),
            {"requests.cpu": "1.25", "requests.memory": "1144Mi", "limits.memory": "1144Mi"},
            id="overhead raises requests, and the limits that are there",
        ),
        pytest.param(
            template(asking({"nvidia.com/gpu": "2"}, {"nvidia.com/gpu": "2"})),
            {"requests.nvidia.com/gpu": "2"},
            id="of extended resources only requests count",
        ),
        pytest.param(
            template(asking({"hugepages-2Mi": "4Mi"}, {"hugepages-2Mi": "4Mi"})),
            {"requests.hugepages-2Mi": "4Mi"},
            id="huge pages",
        ),
        pytest.param(
            template(asking({"ephemeral-storage": "1Gi"}, {"ephemeral-storage": "2Gi"})),
            {"requests.ephemeral-storage": "1Gi", "limits.ephemeral-storage": "2Gi"},
            id="ephemeral storage",
        ),
        pytest.param(
            template(
                asking({"cpu": "1", "memory": "1Gi"}),
                resources={"requests": {"cpu": "3"}, "limits": {"cpu": "4", "memory": "2Gi"}},
            ),
            {"requests.cpu": "3", "limits.cpu": "4", "requests.memory": "1Gi", "limits.memory": "2Gi"},
            id="resources of the whole pod win (KEP-2837)",
        ),
        pytest.param(
            template(asking({"cpu": 2, "memory": "lots"}, None), "nonsense", resources="none"),
            {"requests.cpu": "2"},
            id="what cannot be read counts for nothing",
        ),
    ],
)
def test_one_pod(pod, expected):
    assert per_pod(pod) == {"pods": 1, "count/pods": 1, **{k: parse(v) for k, v in expected.items()}}


def test_limit_range_defaults_fill_what_a_container_leaves_out():
    ranges = [limit_range(default={"cpu": "500m", "memory": "1Gi"}, defaultRequest={"cpu": "100m"})]
    asked = per_pod(template(asking(), asking({"cpu": "1"}), init=[asking()]), ranges)
    assert asked["requests.cpu"] == Decimal("1.1")
    assert asked["limits.cpu"] == 1
    assert asked["requests.memory"] == asked["limits.memory"] == 2 * GI


def test_a_daemonset_counts_its_pods_on_the_nodes_where_it_runs_and_itself():
    expected = {
        "pods": 3,
        "count/pods": 3,
        "requests.cpu": Decimal("0.75"),
        "count/daemonsets.apps": 1,
        "count/controllerrevisions.apps": 1,
    }
    one = agent(asking({"cpu": "250m"}))
    assert used_of(hard(*expected), [one], with_tainted(3, "tainted"), [], {}) == expected
    nowhere = expected | {"pods": 0, "count/pods": 0, "requests.cpu": 0}
    assert used_of(hard(*expected), [one], [], [], {}) == nowhere


def test_short_keys_are_the_requests():
    asked = hard("cpu", "memory", "requests.cpu", "limits.cpu", "hugepages-2Mi", "ephemeral-storage")
    one = agent(asking({"cpu": "1", "memory": "1Gi", "hugepages-2Mi": "4Mi"}, {"cpu": "2"}))
    assert used_of(asked, [one], nodes(2), [], {}) == {
        "cpu": 2,
        "requests.cpu": 2,
        "limits.cpu": 4,
        "memory": 2 * GI,
        "hugepages-2Mi": 8 * 2**20,
        "ephemeral-storage": 0,
    }


def test_objects_are_counted_by_resource_and_group():
    asked = hard(
        "secrets",
        "count/secrets",
        "configmaps",
        "count/deployments.apps",
        "count/ingresses.networking.k8s.io",
        "count/networkpolicies.networking.k8s.io",
        "count/daemonsets.apps",
        "count/widgets.example.com",
        "pods",
    )
    counts = {
        ("v1", "Secret"): 3,
        ("v1", "Pod"): 7,
        ("apps/v1", "Deployment"): 2,
        ("networking.k8s.io/v1", "Ingress"): 1,
        ("networking.k8s.io/v1beta1", "Ingress"): 1,
        ("networking.k8s.io/v1", "NetworkPolicy"): 4,
        ("apps/v1", "DaemonSet"): 1,
        ("example.com/v1alpha1", "Widget"): 5,
    }
    assert used_of(asked, [agent(asking())], nodes(2), [], counts) == {
        "secrets": 3,
        "count/secrets": 3,
        "configmaps": 0,
        "count/deployments.apps": 2,
        "count/ingresses.networking.k8s.io": 2,
        "count/networkpolicies.networking.k8s.io": 4,
        "count/daemonsets.apps": 1,
        "count/widgets.example.com": 5,
        "pods": 2,
    }


def test_storage_is_summed_over_claims_and_by_class():
    def claim(size, **spec):
        return {"spec": {"resources": {"requests": {"storage": size}}, **spec}}

    asked = hard(
        "requests.storage",
        "fast.storageclass.storage.k8s.io/requests.storage",
        "fast.storageclass.storage.k8s.io/persistentvolumeclaims",
        "persistentvolumeclaims",
    )
    claims = [claim("1Gi"), claim("2Gi", storageClassName="fast"), claim("4Gi", storageClassName="slow")]
    counts = {("v1", "PersistentVolumeClaim"): 3}
    assert used_of(asked, [], [], [], counts, claims=claims) == {
        "requests.storage": 7 * GI,
        "fast.storageclass.storage.k8s.io/requests.storage": 2 * GI,
        "fast.storageclass.storage.k8s.io/persistentvolumeclaims": 1,
        "persistentvolumeclaims": 3,
    }


def test_services_count_their_node_ports_and_load_balancers():
    ports = [{"port": 80}, {"port": 443}]
    services = [
        {"spec": {"ports": ports}},
        {"spec": {"type": "NodePort", "ports": ports}},
        {"spec": {"type": "LoadBalancer", "ports": ports}},
        {"spec": {"type": "LoadBalancer", "ports": ports, "allocateLoadBalancerNodePorts": False}},
    ]
    asked = hard("services.nodeports", "services.loadbalancers")
    used = used_of(asked, [], [], [], {}, services=services)
    assert used == {"services.nodeports": 4, "services.loadbalancers": 2}


BEST_EFFORT = agent(asking({"nvidia.com/gpu": "1"}))
BURSTABLE = agent(asking({"cpu": "1"}), priorityClassName="high")
ZEROES = agent(asking({"cpu": "0", "memory": "0"}))
WANDERER = agent(
    asking(),
    priorityClassName="low",
    affinity={
        "podAntiAffinity": {
            "preferredDuringSchedulingIgnoredDuringExecution": [
                {"weight": 1, "podAffinityTerm": {"topologyKey": "zone", "namespaces": ["other"]}}
            ]
        }
    },
)


def selecting(operator, *values):
    expression = {"scopeName": "PriorityClass", "operator": operator, "values": list(values)}
    return {"scopeSelector": {"matchExpressions": [expression]}}


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({}, 4),
        ({"scopes": ["BestEffort"]}, 3),
        ({"scopes": ["NotBestEffort"]}, 1),
        ({"scopes": ["Terminating"]}, 0),
        ({"scopes": ["NotTerminating"]}, 4),
        ({"scopes": ["BestEffort", "NotTerminating"]}, 3),
        ({"scopes": ["BestEffort", "NotBestEffort"]}, 0),
        ({"scopes": ["CrossNamespacePodAffinity"]}, 1),
        ({"scopes": ["PriorityClass"]}, 2),
        (selecting("Exists"), 2),
        (selecting("DoesNotExist"), 2),
        (selecting("In", "high", "higher"), 1),
        (selecting("NotIn", "high"), 3),
        ({**selecting("In", "low"), "scopes": ["NotBestEffort"]}, 0),
        ({"scopes": ["VolumeAttributesClass"]}, 0),
    ],
)
def test_scopes_choose_the_pods_that_count(spec, expected):
    every = [BEST_EFFORT, BURSTABLE, ZEROES, WANDERER]
    assert used_of(hard("pods", **spec), every, Inventory(nodes(1)), [], {}) == {"pods": expected}


def test_limit_range_defaults_end_best_effort():
    ranges = [limit_range(default={"memory": "1Gi"})]
    used = used_of(hard("pods", scopes=["BestEffort"]), [BEST_EFFORT], nodes(1), ranges, {})
    assert used == {"pods": 0}


def test_overhead_alone_is_still_best_effort():
    one = agent(asking(), overhead={"cpu": "1"})
    used = used_of(hard("pods", "cpu", scopes=["BestEffort"]), [one], nodes(2), [], {})
    assert used == {"pods": 2, "cpu": 2}


def test_a_scoped_quota_counts_no_objects():
    counts = {("v1", "Secret"): 3}
    assert used_of(hard("secrets", scopes=["BestEffort"]), [], [], [], counts) == {"secrets": 0}


@pytest.mark.parametrize("nonsense", [{}, {"spec": None}, {"spec": {"hard": [], "scopes": 3}}])
def test_a_quota_without_hard_uses_nothing(nonsense):
    assert used_of(nonsense, [agent(asking())], nodes(1), [], {}) == {}


def test_requests_finer_than_1m_count_as_the_server_keeps_them():
    asked = per_pod(template_of(daemonset(requests={"cpu": "0.5m"}, limits={"cpu": "1.5m"})))
    assert (asked["requests.cpu"], asked["limits.cpu"]) == (Decimal("0.001"), Decimal("0.002"))


SCOPED = [
    {"operator": "In", "scopeName": "PriorityClass", "values": ["low", "high"]},
    {"operator": "NotIn", "scopeName": "PriorityClass", "values": ["high"]},
    {"operator": "Exists", "scopeName": "PriorityClass"},
    {"operator": "DoesNotExist", "scopeName": "PriorityClass"},
    {"operator": "Exists", "scopeName": "BestEffort"},
]


@pytest.mark.parametrize("name", ["", "low", "high", "other"])
def test_what_all_quotas_require_is_what_each_requires(name):
    template = {"spec": {"containers": [{"name": "c"}], **({"priorityClassName": name} if name else {})}}
    keys = ("limits.cpu", "limits.memory", "requests.cpu", "memory", "cpu")
    quotas = [
        {"spec": {"hard": {key: "1"}, "scopeSelector": {"matchExpressions": [scope]}}}
        for key, scope in zip(keys, SCOPED, strict=True)
    ]
    each = {key for quota in quotas for _at, keys in unstated(quota, template) for key in keys}
    assert {key for _at, keys in Required(quotas).unstated(template, ()) for key in keys} == each
    assert each
