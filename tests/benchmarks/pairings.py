"""Texts of n documents of a kind and n of another that a rule compares with each other, and DaemonSets with n
of something: whoever looks at each of one for each of the other takes n² for them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeAlias

from tests.builders import Object, as_text, container, daemonset

Maker: TypeAlias = Callable[[int], str]


def _object(api_version: str, kind: str, name: str, **fields: Any) -> Object:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name}, **fields}


def _text(objects: Iterable[Object]) -> str:
    return "---\n".join(map(as_text, objects))


def _pairs(one: Callable[[int], Object], other: Callable[[int], Object]) -> Maker:
    """n of each, the first kind before the second."""
    return lambda n: _text([*map(one, range(n)), *map(other, range(n))])


def _agent(number: int, **fields: Any) -> Object:
    return daemonset(f"agent-{number}", **fields)


def _limit_range(number: int) -> Object:
    item = {"type": "Container", "default": {"memory": "1Gi"}, "max": {"cpu": "1m"}, "min": {"cpu": "2"}}
    return _object("v1", "LimitRange", f"range-{number}", spec={"limits": [item, {**item, "type": "Pod"}]})


def _quota(number: int) -> Object:
    hard = {"pods": str(number), f"requests.example.com/gpu-{number}": "1", "requests.cpu": "1"}
    return _object("v1", "ResourceQuota", f"quota-{number}", spec={"hard": hard})


def _scoped_quota(number: int) -> Object:
    scope = {"operator": "In", "scopeName": "PriorityClass", "values": [f"class-{number}"]}
    spec = {"hard": {"pods": "1", "limits.cpu": "1"}, "scopeSelector": {"matchExpressions": [scope]}}
    return _object("v1", "ResourceQuota", f"quota-{number}", spec=spec)


def _config_map(number: int) -> Object:
    return _object("v1", "ConfigMap", f"settings-{number}", data={"key": "value"})


def _secret(number: int) -> Object:
    return _object("v1", "Secret", f"secret-{number}", stringData={"key": "value"})


def _claim(number: int) -> Object:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    return _object("v1", "PersistentVolumeClaim", f"claim-{number}", spec=spec)


def _account(number: int) -> Object:
    return _object("v1", "ServiceAccount", f"account-{number}")


def _service(number: int) -> Object:
    return _object(
        "v1", "Service", f"service-{number}", spec={"selector": {"app": "x"}, "ports": [{"port": 1}]}
    )


def _priority_class(number: int) -> Object:
    return _object("scheduling.k8s.io/v1", "PriorityClass", f"class-{number}", value=number)


def _runtime_class(number: int) -> Object:
    return _object("node.k8s.io/v1", "RuntimeClass", f"class-{number}", handler="x")


def _budget(number: int) -> Object:
    spec = {"maxUnavailable": 1, "selector": {"matchLabels": {"tier": "agent"}}}
    return _object("policy/v1", "PodDisruptionBudget", f"budget-{number}", spec=spec)


def _network_policy(number: int) -> Object:
    return _object("networking.k8s.io/v1", "NetworkPolicy", f"policy-{number}", spec={"podSelector": {}})


def _webhook(number: int) -> Object:
    hook = {
        "name": f"hook-{number}.example.com",
        "clientConfig": {"url": "https://example.com"},
        "rules": [{"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["*"], "resources": ["*"]}],
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
    }
    kind = "ValidatingWebhookConfiguration"
    return _object("admissionregistration.k8s.io/v1", kind, f"hooks-{number}", webhooks=[hook])


def _binding(number: int) -> Object:
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "x"}
    subjects = [{"kind": "ServiceAccount", "name": f"account-{number}"}]
    return _object(
        "rbac.authorization.k8s.io/v1", "RoleBinding", f"binding-{number}", roleRef=role, subjects=subjects
    )


def _definition(number: int) -> Object:
    names = {"plural": f"things{number}", "kind": f"Thing{number}", "singular": f"thing{number}"}
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": {"type": "object"}},
    }
    spec = {"group": "example.com", "names": names, "scope": "Namespaced", "versions": [version]}
    kind = "CustomResourceDefinition"
    return _object("apiextensions.k8s.io/v1", kind, f"things{number}.example.com", spec=spec)


def _namespace(number: int) -> Object:
    found = _object("v1", "Namespace", f"team-{number}")
    found["metadata"]["labels"] = {"pod-security.kubernetes.io/enforce": "restricted"}
    return found


def _volume(number: int, **source: Any) -> Object:
    mounts = [{"name": "data", "mountPath": "/data"}]
    volumes = [{"name": "data", **source}]
    return _agent(number, containers=[container(volumeMounts=mounts)], volumes=volumes)


def _apart(number: int) -> Object:
    """Keeps away from the pods of all others."""
    term = {"labelSelector": {"matchLabels": {"tier": "agent"}}, "topologyKey": "kubernetes.io/hostname"}
    rule = {"requiredDuringSchedulingIgnoredDuringExecution": [term]}
    return _agent(
        number, labels={"app": f"agent-{number}", "tier": "agent"}, affinity={"podAntiAffinity": rule}
    )


def _apart_from_each(number: int) -> Object:
    term = {
        "labelSelector": {
            "matchExpressions": [{"key": "app", "operator": "NotIn", "values": [f"agent-{number}"]}]
        },
        "topologyKey": "kubernetes.io/hostname",
    }
    rule = {"requiredDuringSchedulingIgnoredDuringExecution": [term]}
    return _agent(number, affinity={"podAntiAffinity": rule})


def _variable(number: int) -> Object:
    key = {"name": f"settings-{number}", "key": "key"}
    return _agent(number, containers=[container(env=[{"name": "A", "valueFrom": {"configMapKeyRef": key}}])])


PAIRINGS: Final[Mapping[str, Maker]] = {
    "DaemonSets with one selector and one host port": lambda n: _text(
        _agent(each, labels={"app": "agent"}, ports=[{"containerPort": 80, "hostPort": 80}])
        for each in range(n)
    ),
    "DaemonSets with a label of all": lambda n: _text(
        _agent(each, labels={"tier": "agent", "app": f"agent-{each}"}) for each in range(n)
    ),
    "DaemonSets of one name": lambda n: _text(daemonset("agent") for each in range(n)),
    "DaemonSets that keep apart": lambda n: _text(map(_apart, range(n))),
    "DaemonSets that keep apart, each by its own rule": lambda n: _text(map(_apart_from_each, range(n))),
    "LimitRanges and DaemonSets": _pairs(_limit_range, _agent),
    "quotas and DaemonSets": _pairs(_quota, lambda n: _agent(n, requests={"cpu": "1"})),
    "quotas of a class and DaemonSets": _pairs(
        _scoped_quota, lambda n: _agent(n, priorityClassName=f"class-{n}")
    ),
    "ConfigMaps and DaemonSets": _pairs(_config_map, _variable),
    "Secrets and DaemonSets": _pairs(_secret, lambda n: _volume(n, secret={"secretName": f"secret-{n}"})),
    "claims and DaemonSets": _pairs(
        _claim, lambda n: _volume(n, persistentVolumeClaim={"claimName": f"claim-{n}"})
    ),
    "service accounts and DaemonSets": _pairs(
        _account, lambda n: _agent(n, serviceAccountName=f"account-{n}")
    ),
    "Services and DaemonSets": _pairs(_service, _agent),
    "PriorityClasses and DaemonSets": _pairs(
        _priority_class, lambda n: _agent(n, priorityClassName=f"class-{n}")
    ),
    "RuntimeClasses and DaemonSets": _pairs(
        _runtime_class, lambda n: _agent(n, runtimeClassName=f"class-{n}")
    ),
    "budgets and DaemonSets": _pairs(_budget, _apart),
    "NetworkPolicies and DaemonSets": _pairs(_network_policy, _agent),
    "webhooks and DaemonSets": _pairs(_webhook, _agent),
    "RoleBindings and service accounts": _pairs(_binding, _account),
    "definitions and their objects": _pairs(
        _definition, lambda n: _object("example.com/v1", f"Thing{n}", f"thing-{n}")
    ),
    "projects and a DaemonSet in each": _pairs(_namespace, lambda n: _agent(n, namespace=f"team-{n}")),
    "DaemonSets in projects that do not exist": lambda n: _text(
        _agent(each, namespace=f"other-{each}") for each in range(n)
    ),
}
"""What a text pairs → the text with n of each."""


def _numbered(count: int, **fields: Any) -> list[Object]:
    return [{"name": f"x-{number}", **fields} for number in range(count)]


def _of_container(**fields: Any) -> str:
    return as_text(daemonset(containers=[container(**fields)]))


def _ports(n: int, **fields: Any) -> list[Object]:
    return [{"containerPort": 1 + each, "hostPort": 1 + each, **fields} for each in range(n)]


CROWDED: Final[Mapping[str, Maker]] = {
    "variables": lambda n: _of_container(env=_numbered(n, value="$(x-0)")),
    "variables that name each other": lambda n: _of_container(
        env=[{"name": f"X_{each}", "value": f"$(X_{each - 1})$(X_{each + 1})"} for each in range(n)]
    ),
    "variables of one name": lambda n: _of_container(env=[{"name": "X", "value": "1"}] * n),
    "ports": lambda n: _of_container(ports=_ports(n)),
    "ports of one number": lambda n: _of_container(ports=[{"containerPort": 80, "hostPort": 80}] * n),
    "volumes": lambda n: as_text(daemonset(volumes=_numbered(n, emptyDir={}))),
    "host paths": lambda n: as_text(
        daemonset(volumes=_numbered(n, hostPath={"path": "/var/run/docker.sock"}))
    ),
    "mounts and volumes": lambda n: as_text(
        daemonset(
            containers=[
                container(volumeMounts=[{"name": f"x-{each}", "mountPath": f"/{each}"} for each in range(n)])
            ],
            volumes=_numbered(n, emptyDir={}),
        )
    ),
    "mounts within each other": lambda n: as_text(
        daemonset(
            containers=[
                container(volumeMounts=[{"name": "a", "mountPath": f"/a/{each}"} for each in range(n)])
            ],
            volumes=[{"name": "a", "emptyDir": {}}],
        )
    ),
    "tolerations": lambda n: as_text(
        daemonset(tolerations=[{"key": f"k{each}", "operator": "Exists"} for each in range(n)])
    ),
    "containers": lambda n: as_text(
        daemonset(containers=[container(f"c-{each}", ports=[{"containerPort": 80}]) for each in range(n)])
    ),
    "init containers": lambda n: as_text(
        daemonset(initContainers=[container(f"c-{each}", restartPolicy="Always") for each in range(n)])
    ),
    "terms of node affinity": lambda n: as_text(
        daemonset(
            affinity={
                "nodeAffinity": {
                    "requiredDuringSchedulingIgnoredDuringExecution": {
                        "nodeSelectorTerms": [
                            {"matchExpressions": [{"key": f"k{each}", "operator": "Exists"}]}
                            for each in range(n)
                        ]
                    }
                }
            }
        )
    ),
    "labels": lambda n: as_text(daemonset(labels={f"k{each}": "v" for each in range(n)})),
    "annotations": lambda n: as_text(daemonset(annotations={f"k{each}": "v" for each in range(n)})),
    "pull secrets": lambda n: as_text(daemonset(imagePullSecrets=_numbered(n))),
    "sources of variables": lambda n: _of_container(
        envFrom=[{"configMapRef": {"name": f"x-{each}"}} for each in range(n)]
    ),
    "projected sources": lambda n: as_text(
        daemonset(
            volumes=[
                {
                    "name": "a",
                    "projected": {
                        "sources": [
                            {"configMap": {"name": f"x{each}", "items": [{"key": "k", "path": f"p/{each}"}]}}
                            for each in range(n)
                        ]
                    },
                }
            ]
        )
    ),
    "arguments": lambda n: _of_container(args=["--x=$(A)"] * n),
    "resources": lambda n: _of_container(requests={f"example.com/x{each}": "1" for each in range(n)}),
    "unknown fields": lambda n: as_text(daemonset(**{f"unknown{each}": each for each in range(n)})),
    "expressions of the selector": lambda n: as_text(
        {
            **(found := daemonset()),
            "spec": {
                **found["spec"],
                "selector": {
                    "matchExpressions": [{"key": f"k{each}", "operator": "DoesNotExist"} for each in range(n)]
                },
            },
        }
    ),
    "host aliases": lambda n: as_text(
        daemonset(hostAliases=[{"ip": "10.0.0.1", "hostnames": [f"h{each}"]} for each in range(n)])
    ),
    "spread constraints": lambda n: as_text(
        daemonset(
            topologySpreadConstraints=[
                {"maxSkew": 1, "topologyKey": f"k{each}", "whenUnsatisfiable": "DoNotSchedule"}
                for each in range(n)
            ]
        )
    ),
    "sysctls": lambda n: as_text(
        daemonset(securityContext={"sysctls": [{"name": f"net.x{each}", "value": "1"} for each in range(n)]})
    ),
    "keys of a ConfigMap": lambda n: as_text(
        _object("v1", "ConfigMap", "x", data={f"k{each}": "v" for each in range(n)})
    ),
    "keys of a Secret": lambda n: as_text(
        _object("v1", "Secret", "x", stringData={f"k{each}": "v" for each in range(n)})
    ),
    "lines of a ConfigMap": lambda n: as_text(_object("v1", "ConfigMap", "x", data={"a": "line\n" * n})),
    "long words of a ConfigMap": lambda n: as_text(_object("v1", "ConfigMap", "x", data={"a": "word" * n})),
    "anchors and aliases": lambda n: (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata:\n"
        + "".join(f"  a{each}: &a{each} v\n  b{each}: *a{each}\n" for each in range(n))
    ),
    "comments": lambda n: "# comment\n" * n + as_text(daemonset()),
    "items of a limit range": lambda n: as_text(
        _object("v1", "LimitRange", "x", spec={"limits": [{"type": "Container", "max": {"cpu": "1"}}] * n})
    ),
    "keys of a quota": lambda n: as_text(
        _object(
            "v1",
            "ResourceQuota",
            "x",
            spec={"hard": {f"count/x{each}.example.com": "1" for each in range(n)}},
        )
    ),
    "rules of a role": lambda n: as_text(
        _object(
            "rbac.authorization.k8s.io/v1",
            "Role",
            "x",
            rules=[{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}] * n,
        )
    ),
}
"""What a document has many of → the text with n of it."""
