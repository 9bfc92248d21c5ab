"""What was meant and what a server made of it: what it dropped, removed and set again."""

from __future__ import annotations

import pytest

from workloads.documents.paths import item
from workloads.stores.differences import dropped, put_back, removed

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


def an_object(**fields):
    return {"apiVersion": "example.com/v1", "kind": "Any", **fields}


X, Y = item(name="x"), item(name="y")
BEFORE = an_object(
    data={"a": "1", "b": "2", "c": "3"},
    list=[{"name": "x", "v": 1}, {"name": "y"}],
    l=[1, 2],
    policy="Default",
)
WANTED = an_object(data={"a": "1", "b": "9"}, list=[{"name": "x", "v": 2}], l=[2])


def test_where_nothing_changed_all_that_was_meant_is_put_back():
    assert put_back(BEFORE, WANTED, BEFORE) == [
        ("data", "b"),
        ("data", "c"),
        ("list", X, "v"),
        ("list", Y),
        ("l",),
        ("policy",),
    ]
    assert put_back(BEFORE, BEFORE, BEFORE) == []


def test_of_an_object_that_was_never_read_only_what_is_said_otherwise_is_put_back():
    before = an_object(spec={"image": "a:1", "cpu": "1", "policy": "Default", "l": [{"v": 1}]})
    wanted = an_object(spec={"image": "a:2", "cpu": "1000m", "l": [{"v": 1, "w": 2}]})
    assert put_back(before, wanted, before, unseen=True) == [("spec", "image")]


def test_where_something_changed_what_may_be_a_default_is_not_put_back():
    after = {**BEFORE, "data": {**BEFORE["data"], "b": "9"}}
    assert put_back(BEFORE, WANTED, after) == [("data", "c"), ("list", X, "v"), ("list", Y), ("l",)]


def test_what_the_server_makes_something_else_of_is_not_put_back():
    after = {**BEFORE, "data": {"a": "1", "b": "10"}, "list": [{"name": "x", "v": 3}], "l": [2, 3]}
    assert put_back(BEFORE, WANTED, after) == []
