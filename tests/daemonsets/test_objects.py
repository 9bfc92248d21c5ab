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
