"""The contents of the kinds that DaemonSets use: ConfigMaps, Secrets, quotas, limit ranges, claims."""

import json

import pytest

from workloads.daemonsets.rules.validation import check


def found(value):
    return [(finding.code, finding.path) for finding in check(value)]


def core(kind, **fields):
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": "a"}, **fields}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (core("ConfigMap", data={"a": "b", "app.conf": ""}), []),
        (core("ConfigMap", data={"a/b": "c"}), [("config-key", ("data", "a/b"))]),
        (core("ConfigMap", data={"..a": "c"}), [("config-key", ("data", "..a"))]),
        (core("ConfigMap", data={"a": 1}), [("unquoted-number", ("data", "a"))]),
        (core("ConfigMap", data={"a": "b"}, binaryData={"a": "YQ=="}), [("key-taken", ("binaryData", "a"))]),
        (core("ConfigMap", data={"a": "b" * 2**20 + "c"}), [("too-much-data", ("data",))]),
        (core("Secret", data={"a": "YQ==", "b": "YQ\n==\n"}, stringData={"c": "d"}), []),
        (core("Service"), [("required", ("spec", "ports"))]),
        (core("Service", spec={"clusterIP": "None"}), []),
        (core("Service", spec={"type": "ExternalName", "externalName": "a.b"}), []),
        (core("Service", spec={"ports": [{"port": 80}]}), []),
        (core("Secret", data={"a": "plain text"}), [("base64", ("data", "a"))]),
        (
            core("Secret", type="kubernetes.io/tls", data={"tls.crt": ""}),
            [("secret-type-key", ("data", "tls.key"))],
        ),
        (core("Secret", type="kubernetes.io/basic-auth"), [("secret-type-key", ("data",))]),
        (
            core("Secret", type="kubernetes.io/dockerconfigjson", stringData={".dockerconfigjson": "[]"}),
            [("secret-json", ("stringData", ".dockerconfigjson"))],
        ),
        (
            core("Secret", type="kubernetes.io/dockerconfigjson", data={".dockerconfigjson": "e30="}),
            [],
        ),
        (
            core(
                "ResourceQuota",
                spec={"hard": {"pods": "10", "requests.cpu": "4", "count/daemonsets.apps": 5}},
            ),
            [],
        ),
        (core("ResourceQuota", spec={"hard": {"pods": "1.5"}}), [("not-whole", ("spec", "hard", "pods"))]),
        (
            core("ResourceQuota", spec={"hard": {"limits.cpu": "-1"}}),
            [("too-small", ("spec", "hard", "limits.cpu"))],
        ),
        (
            core("ResourceQuota", spec={"hard": {"limits.cpu": "lots"}}),
            [("quantity", ("spec", "hard", "limits.cpu"))],
        ),
        (
            core(
                "LimitRange", spec={"limits": [{"type": "Container", "min": {"cpu": 2}, "max": {"cpu": 1}}]}
            ),
            [("limit-range-order", ("spec", "limits", 0, "min", "cpu"))],
        ),
        (
            core("LimitRange", spec={"limits": [{"type": "Pod", "default": {"cpu": 1}}]}),
            [("limit-range-field", ("spec", "limits", 0, "default"))],
        ),
        (
            core("LimitRange", spec={"limits": [{"type": "Container"}, {"type": "Container"}]}),
            [("type-taken", ("spec", "limits", 1, "type"))],
        ),
        (
            core("LimitRange", spec={"limits": [{"type": "Pod", "maxLimitRequestRatio": {"cpu": "0.5"}}]}),
            [("limit-ratio", ("spec", "limits", 0, "maxLimitRequestRatio", "cpu"))],
        ),
        *(
            (core("LimitRange", spec={"limits": [item]}), [(code, ("spec", "limits", 0, *path))])
            for item, code, path in (
                ({"type": "container"}, "choice", ("type",)),
                ({"type": "PersistentVolumeClaim"}, "limit-range-storage", ()),
                ({"type": "PersistentVolumeClaim", "max": {"cpu": "1"}}, "limit-range-storage", ()),
            )
        ),
        *(
            (core("ResourceQuota", spec=spec), [(code, ("spec", *path))])
            for spec, code, path in (
                ({"hard": {"gpu": "1"}}, "quota-resource", ("hard", "gpu")),
                ({"hard": {"storage": "1Gi"}}, "quota-resource", ("hard", "storage")),
                ({"hard": {"nvidia.com/gpu": "1.5"}}, "not-whole", ("hard", "nvidia.com/gpu")),
                ({"hard": {"pods": "1"}, "scopes": ["Best"]}, "choice", ("scopes", 0)),
                ({"hard": {"cpu": "1"}, "scopes": ["BestEffort"]}, "quota-scopes", ("scopes", 0)),
                (
                    {"hard": {"requests.storage": "1"}, "scopes": ["Terminating"]},
                    "quota-scopes",
                    ("scopes", 0),
                ),
                (
                    {"hard": {"pods": "1"}, "scopes": ["NotTerminating", "Terminating"]},
                    "quota-scopes",
                    ("scopes", 0),
                ),
                *(
                    (
                        {"hard": {"pods": "1"}, "scopeSelector": {"matchExpressions": [expression]}},
                        code,
                        ("scopeSelector", "matchExpressions", 0, field),
                    )
                    for expression, code, field in (
                        ({"scopeName": "x", "operator": "Exists"}, "choice", "scopeName"),
                        ({"scopeName": "PriorityClass", "operator": "Has"}, "choice", "operator"),
                        ({"scopeName": "PriorityClass", "operator": "In"}, "quota-values", "values"),
                        (
                            {"scopeName": "PriorityClass", "operator": "Exists", "values": ["a"]},
                            "quota-values",
                            "values",
                        ),
                        (
                            {"scopeName": "BestEffort", "operator": "In", "values": ["a"]},
                            "choice",
                            "operator",
                        ),
                    )
                ),
            )
        ),
        *(
            (core("Service", spec=spec), [(code, ("spec", *path))])
            for spec, code, path in (
                ({"type": "ExternalName"}, "required", ("externalName",)),
                ({"type": "Node", "ports": [{"port": 1}]}, "choice", ("type",)),
                ({"ports": [{"port": 1}], "selector": {"a b": "c"}}, "label-key", ("selector", "a b")),
                ({"ports": [{"port": 0}]}, "out-of-range", ("ports", 0, "port")),
                ({"ports": [{"port": 1, "protocol": "tcp"}]}, "choice", ("ports", 0, "protocol")),
                ({"ports": [{"port": 1, "targetPort": "a_b"}]}, "port-name", ("ports", 0, "targetPort")),
                ({"ports": [{"port": 1, "nodePort": 30000}]}, "node-port", ("ports", 0, "nodePort")),
                ({"ports": [{"port": 1, "name": "a"}, {"port": 2}]}, "required", ("ports", 1, "name")),
                (
                    {"ports": [{"port": 1, "name": "a"}, {"port": 2, "name": "a"}]},
                    "name-taken",
                    ("ports", 1, "name"),
                ),
                (
                    {"ports": [{"port": 1, "name": "a"}, {"port": 1, "name": "b"}]},
                    "port-taken",
                    ("ports", 1, "port"),
                ),
            )
        ),
        (
            core("Secret", type="kubernetes.io/ssh-auth", data={"ssh-privatekey": ""}),
            [("required", ("data", "ssh-privatekey"))],
        ),
        (
            core("Secret", type="kubernetes.io/service-account-token"),
            [("required", ("metadata", "annotations", "kubernetes.io/service-account.name"))],
        ),
        # What servers take.
        (core("Secret", type="kubernetes.io/dockerconfigjson", data={".dockerconfigjson": "bnVsbA=="}), []),
        (core("ResourceQuota", spec={"hard": {"requests.nvidia.com/gpu": "1.5", "count/a.b": "1"}}), []),
        (core("ResourceQuota", spec={"hard": {"hugepages-2Mi": "2Mi", "requests.hugepages-1Gi": "0"}}), []),
        (
            core(
                "Service",
                spec={
                    "type": "NodePort",
                    "ports": [
                        {"port": 1, "name": "a", "targetPort": 0, "nodePort": 30000},
                        {"port": 1, "name": "b", "protocol": "UDP", "targetPort": "http"},
                    ],
                },
            ),
            [],
        ),
        (
            core("PersistentVolumeClaim", spec={"resources": {"requests": {"storage": "0"}}}),
            [
                ("required", ("spec", "accessModes")),
                ("too-small", ("spec", "resources", "requests", "storage")),
            ],
        ),
    ],
)
def test_contents_of_other_kinds(value, expected):
    assert found(value) == expected


def test_data_of_a_secret_is_never_shown():
    hidden = "hunter2"
    for secret in (
        core("Secret", data={"a": hidden, "b": [hidden], "c": {hidden: hidden}}),
        core("Secret", stringData={"a": [hidden], "b": {"c": hidden}}),
        core("Secret", type="kubernetes.io/dockerconfigjson", stringData={".dockerconfigjson": hidden}),
        core("Secret", type="kubernetes.io/tls", data=hidden),
    ):
        findings = check(secret)
        assert findings
        assert hidden not in json.dumps([[f.message, dict(f.params)] for f in findings])
