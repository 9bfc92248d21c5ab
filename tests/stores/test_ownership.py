"""Who manages which fields, and what a save changes of them, as a server answers. Real servers answer in
tests/controlplane/test_ownership.py."""

from __future__ import annotations

import pytest

from workloads.documents import item
from workloads.stores.cluster.ownership import at_stake, taken


def entry(manager, version="v1", **fields):
    return {"manager": manager, "apiVersion": version, "fieldsV1": fields}


def config(*entries, **fields):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"managedFields": list(entries)}, **fields}


def data(*keys):
    return {"f:data": {f"f:{key}": {} for key in keys}}


def test_a_field_that_the_object_has_at_neither_time_is_not_asked_about():
    """As the `stringData` of a Secret, whose applier goes on managing it."""
    before = config(entry("flux", **data("a", "gone"), **{"f:stringData": {"f:b": {}}}), data={"a": "1"})
    after = config(entry("daemonset-console", **data("a")), data={"a": "2"})
    assert taken(before, after) == {"flux": [("data", "a")]}


def test_a_field_that_comes_back_is():
    before = config(entry("flux", **data("gone")), data={})
    after = config(entry("daemonset-console", **data("gone")), data={"gone": "2"})
    assert taken(before, after) == {"flux": [("data", "gone")]}


def test_what_is_managed_in_another_version_is_asked_of_the_server_and_told_as_it_says():
    metrics = {"f:spec": {"f:metrics": {}}}
    before = config(entry("argocd", "autoscaling/v2", **metrics), spec={"max": 1})
    wanted = config(spec={"max": 2})
    assert at_stake(before, wanted) == {"argocd": [("spec", "metrics")]}
    assert taken(before, config(entry("argocd", "autoscaling/v2", **metrics), spec={"max": 2})) == {}
    assert taken(before, wanted) == {"argocd": [("spec", "metrics")]}


@pytest.mark.parametrize(("had", "has"), [(1, True), (0, False), (1, 1.0), ("1", 1), ({}, []), (None, False)])
def test_another_type_is_another_value(had, has):
    before = config(entry("flux", **data("a")), data={"a": had})
    assert at_stake(before, config(data={"a": has})) == {"flux": [("data", "a")]}
    assert at_stake(before, config(data={"a": had})) == {}


def test_an_item_is_found_by_its_keys():
    port = 'k:{"containerPort":80,"protocol":"TCP"}'
    before = config(
        entry("flux", **{"f:ports": {port: {"f:name": {}}}}), ports=[{"containerPort": 80, "name": "a"}]
    )
    wanted = config(ports=[{"containerPort": 80, "name": "b"}])
    path = ("ports", item(containerPort=80, protocol="TCP"), "name")
    assert at_stake(before, wanted) == {"flux": [path]}


def test_items_with_the_same_keys_are_managed_as_one():
    """As two variables of one name (structured-merge-diff typed/, duplicates in associative lists)."""
    first, second = {"name": "A", "value": "1"}, {"name": "A", "value": "2"}
    before = config(entry("flux", **{"f:env": {'k:{"name":"A"}': {}}}), env=[first, second])
    for wanted in ([first], [second], [first, {**second, "value": "3"}], [second, first]):
        assert at_stake(before, config(env=wanted)) == {"flux": [("env", item(name="A"))]}
    assert at_stake(before, config(env=[{"name": "B"}, first, second])) == {}
