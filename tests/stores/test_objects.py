"""Objects as they are written to an API server."""

from __future__ import annotations

import copy
import json

import pytest

from workloads.documents.paths import get
from workloads.stores.cluster.objects import json_patch, replacement

HEAD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "one"}}


def service(**spec):
    metadata = {"name": "s", "uid": "u", "resourceVersion": "1", "creationTimestamp": None}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}


ADDRESS = {"clusterIP": "10.0.0.1", "clusterIPs": ["10.0.0.1"]}
LOCAL = {"type": "LoadBalancer", "externalTrafficPolicy": "Local"}


@pytest.mark.parametrize(
    ("before", "wanted", "kept"),
    [
        (ADDRESS, {}, ADDRESS),
        (ADDRESS, {"type": "NodePort"}, {"type": "NodePort", **ADDRESS}),
        (ADDRESS, {"clusterIP": "10.0.0.2"}, {"clusterIP": "10.0.0.2"}),
        (ADDRESS, {"type": "ExternalName"}, {"type": "ExternalName"}),
        (
            {"type": "NodePort", "ports": [{"port": 80, "protocol": "TCP", "nodePort": 30000}]},
            {"type": "NodePort", "ports": [{"port": 80}, {"port": 80, "protocol": "UDP"}]},
            {"type": "NodePort", "ports": [{"port": 80, "nodePort": 30000}, {"port": 80, "protocol": "UDP"}]},
        ),
        (
            {"type": "NodePort", "ports": [{"port": 80, "nodePort": 30000}]},
            {"ports": [{"port": 80}]},
            {"ports": [{"port": 80}]},
        ),
        (
            {"type": "NodePort", "ports": [{"port": 80, "nodePort": 30000}]},
            {"type": "NodePort", "ports": [{"port": 80}, {"port": 81, "nodePort": 30000}]},
            {"type": "NodePort", "ports": [{"port": 80}, {"port": 81, "nodePort": 30000}]},
        ),
        ({**LOCAL, "healthCheckNodePort": 30001}, LOCAL, {**LOCAL, "healthCheckNodePort": 30001}),
    ],
)
def test_what_the_cluster_gave_to_a_service_stays(before, wanted, kept):
    found = replacement(service(**before), service(**wanted))["spec"]
    assert {name: value for name, value in found.items() if value != []} == kept


def patched(value, operations):
    """RFC 6902, as far as it concerns members of objects."""
    out = copy.deepcopy(value)
    for operation in operations:
        *way, last = [name.replace("~1", "/").replace("~0", "~") for name in operation["path"].split("/")[1:]]
        holder = get(out, tuple(way))
        if operation["op"] == "remove":
            del holder[last]
        else:
            holder[last] = operation["value"]
    return out


@pytest.mark.parametrize(
    ("before", "wanted"),
    [
        ({"a": 1}, {"a": True}),
        ({"a": 0}, {"a": False}),
        ({"a": {"b": 1}}, {"a": {"b": None}}),
        ({}, {"a": {"b": None, "c": {}, "d": []}}),
        ({"a": {"b": 1, "c": 2}}, {"a": {}}),
        ({"a": {"b": 1}}, {"a": [{"b": 1}]}),
        ({"a": [1, 2]}, {"a": [2, 1]}),
        ({"example.org/a~b": "1", "x": ""}, {"example.org/a~b": "2", "": "y"}),
    ],
)
def test_a_patch_comes_to_the_same_as_the_replacement(before, wanted):
    seen = {"uid": "u", "resourceVersion": "7", "creationTimestamp": None}
    stored = {
        **HEAD,
        "metadata": {"name": "one", **seen, "managedFields": [{}], "generation": 3},
        "spec": before,
    }
    whole = replacement(stored, {**HEAD, "spec": wanted})
    operations = json_patch(stored, whole)
    after = patched(stored, operations)
    assert after["spec"] == wanted
    assert json.dumps(after["spec"], sort_keys=True) == json.dumps(wanted, sort_keys=True)
    assert ("/metadata/resourceVersion", "7") in [(each["path"], each.get("value")) for each in operations]
