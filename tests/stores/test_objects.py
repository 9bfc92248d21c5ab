"""Objects as the API server sends them: what it dropped of what was sent, and what a save removes."""

from __future__ import annotations

import copy
import json

import pytest

from workloads.documents.paths import get, item
from workloads.stores.cluster.objects import dropped, json_patch, removed, replacement, set_again

HEAD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "one"}}


def spec(*containers, **more):
    return {**HEAD, "spec": {"containers": list(containers), **more}}


MAIN = {"name": "main", "image": "a"}
DATA, SUB = {"name": "data"}, {"subPath": "b"}
TCP, UDP = {"containerPort": 53, "protocol": "TCP"}, {"containerPort": 53, "protocol": "UDP"}


@pytest.mark.parametrize(
    ("wanted", "stored", "expected"),
    [
        (spec(MAIN), spec({**MAIN, "resources": {}}, dnsPolicy="ClusterFirst"), []),
        (spec({**MAIN, "odd": {"deep": 1}}), spec(MAIN), [("spec", "containers", 0, "odd")]),
        (spec(MAIN, hostPID=True), spec(MAIN), [("spec", "hostPID")]),
        # Servers leave out empty fields.
        (spec(MAIN, hostPID=False, tolerations=[], affinity={"a": {"b": None}}), spec(MAIN), []),
        # Somebody else's container stands before ours.
        (spec({**MAIN, "tty": True}), spec({"name": "sidecar"}, {**MAIN, "tty": True}), []),
        (
            spec({**MAIN, "tty": True}),
            spec({"name": "sidecar", "tty": True}, MAIN),
            [("spec", "containers", 0, "tty")],
        ),
        # Mounts of one volume have the same name, and ports of one number differ in the protocol.
        (
            spec({**MAIN, "volumeMounts": [{**DATA, "mountPath": "/a"}, {**DATA, "mountPath": "/b", **SUB}]}),
            spec({**MAIN, "volumeMounts": [{**DATA, "mountPath": "/a"}, {**DATA, "mountPath": "/b", **SUB}]}),
            [],
        ),
        (
            spec({**MAIN, "ports": [TCP, {**UDP, "hostPort": 53}]}),
            spec({**MAIN, "ports": [{**UDP, "hostPort": 53}, TCP]}),
            [],
        ),
        # Whatever a person copied from the server is not theirs to keep.
        ({**spec(MAIN), "status": {"phase": "Running"}}, spec(MAIN), []),
        ({**HEAD, "metadata": {"name": "one", "uid": "u", "managedFields": [{}]}}, HEAD, []),
    ],
)
def test_fields_that_a_server_did_not_store_are_found(wanted, stored, expected):
    assert dropped(wanted, stored) == expected


def test_plain_values_of_a_secret_are_stored_under_data():
    wanted = {**HEAD, "kind": "Secret", "stringData": {"password": "x"}}
    assert dropped(wanted, {**HEAD, "kind": "Secret", "data": {"password": "eA=="}}) == []


@pytest.mark.parametrize(
    ("field", "before", "after", "expected"),
    [
        ("ports", [TCP, UDP], [TCP], [(item(containerPort=53, protocol="UDP"),)]),
        ("ports", [TCP, UDP], [UDP, TCP], []),
        ("ports", [{**TCP, "hostPort": 53}, UDP], [UDP, TCP], [(item(**TCP), "hostPort")]),
        # Where one key tells them apart, the text need not have the others.
        ("ports", [{**TCP, "hostPort": 53}], [TCP], [(item(containerPort=53), "hostPort")]),
        ("ports", [{**TCP, "name": "dns"}], [{**TCP, "name": "query"}], []),
        (
            "volumeMounts",
            [{**DATA, "mountPath": "/a"}, {**DATA, "mountPath": "/b"}],
            [{**DATA, "mountPath": "/b"}],
            [(item(mountPath="/a"),)],
        ),
    ],
)
def test_items_that_a_save_removes_are_found_by_their_merge_keys(field, before, after, expected):
    found = removed(spec({**MAIN, field: before}), spec({**MAIN, field: after}))
    assert found == [("spec", "containers", item(name="main"), field, *path) for path in expected]


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


def test_what_is_set_again_is_what_was_removed_or_changed():
    stored = {
        "data": {"a": "1", "b": "2", "c": "3"},
        "list": [{"name": "x", "v": 1}, {"name": "y"}],
        "l": [1, 2],
    }
    wanted = {"data": {"a": "1", "b": "9"}, "list": [{"name": "x", "v": 2}], "l": [2]}
    x, y = item(name="x"), item(name="y")
    assert set_again(wanted, stored) == [("data", "b"), ("data", "c"), ("list", x, "v"), ("list", y), ("l",)]
    assert set_again(stored, stored) == []


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
