"""The pods and events a store asks a cluster for, and what it keeps of them."""

from __future__ import annotations

import json

import pytest

from tests import kube_api
from tests.builders import REQUIRED
from workloads.daemonsets.forecast.room import Room
from workloads.daemonsets.running.presence import node_of
from workloads.stores import store_for
from workloads.stores.cluster.pods import label_selector, slim_event, slim_pod
from workloads.stores.protocol import TooMany

POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {
        "name": "agent-x",
        "namespace": "p",
        "labels": {"app": "agent"},
        "managedFields": [{"manager": "kubelet"}],
        "annotations": {"note": "long"},
    },
    "spec": {
        "nodeName": "one",
        "hostNetwork": True,
        "containers": [
            {
                "name": "main",
                "image": "nginx:1",
                "env": [{"name": "A", "value": "secret"}],
                "ports": [{"containerPort": 80, "hostPort": 80}],
                "resources": {"requests": {"cpu": "100m"}},
            }
        ],
        "volumes": [
            {"name": "token", "secret": {"secretName": "t"}},
            {"name": "data", "persistentVolumeClaim": {"claimName": "d"}},
        ],
        "affinity": {"nodeAffinity": {}},
        "tolerations": [{"operator": "Exists"}],
    },
    "status": {"phase": "Running", "podIP": "10.0.0.1"},
}


@pytest.fixture
def api(tmp_path, settings):
    """A cluster with two pods in the project p, read one a page."""
    settings.CLUSTER_PAGE_SIZE = 1
    with kube_api.FakeServer(tmp_path) as server:
        for name in ("agent-x", "agent-y"):
            server.api.add({**POD, "metadata": {**POD["metadata"], "name": name}})
        settings.KUBECONFIG = str(server.kubeconfig)
        yield server.api


@pytest.fixture
def store(admin, api):
    return store_for(kube_api.CONTEXT, admin)


def test_only_the_pods_that_are_asked_for_are_requested_page_by_page(store, api):
    selector = {
        "matchLabels": {"app": "agent"},
        "matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}],
    }
    found = store.pods("p", node="one", selector=selector)
    assert [pod["metadata"]["name"] for pod in found] == ["agent-x", "agent-y"]
    same = {"fieldSelector": "spec.nodeName=one", "labelSelector": "app=agent,!tier", "limit": "1"}
    path = "/api/v1/namespaces/p/pods"
    assert [(asked.path, asked.query) for asked in api.requests] == [
        (path, same),
        (path, {**same, "continue": "1"}),
    ]


def test_all_pods_are_requested_without_a_selector_and_the_unbound_with_an_empty_node(store, api):
    store.pods("")
    store.pods("", node="", selector={})
    first, _more, unbound = [asked.query for asked in api.requests]
    assert first.keys() == {"limit"}
    assert unbound["fieldSelector"] == "spec.nodeName="


def test_pods_are_read_up_to_a_number_which_the_first_page_tells_of(store, api):
    """Of a list with a selector no page says how many remain (ListMeta of apimachinery)."""
    assert len(store.pods("", most=2)) == 2
    api.requests.clear()
    with pytest.raises(TooMany):
        store.pods("p", selector={"matchLabels": {"app": "agent"}}, most=1)
    assert [asked.query.get("continue") for asked in api.requests] == [None, "1"]
    api.requests.clear()
    with pytest.raises(TooMany):
        store.pods("", most=1)
    assert [asked.query for asked in api.requests] == [{"limit": "1"}]


def test_only_the_warnings_about_an_object_are_requested(store, api):
    store.events("p", "DaemonSet", uid="u1")
    store.events("", "DaemonSet")
    kind = "involvedObject.kind=DaemonSet,type=Warning"
    assert [(asked.path, asked.query["fieldSelector"]) for asked in api.requests] == [
        ("/api/v1/namespaces/p/events", f"{kind},involvedObject.uid=u1"),
        ("/api/v1/events", kind),
    ]


def test_little_of_an_event_is_kept():
    event = {
        "metadata": {"namespace": "p", "name": "agent.17", "managedFields": []},
        "involvedObject": {"kind": "DaemonSet", "uid": "u1"},
        "reason": "FailedCreate",
        "message": "Error creating: …",
        "lastTimestamp": "2026-01-01T12:00:00Z",
        "source": {"component": "daemonset-controller"},
    }
    assert slim_event(event) == {
        "metadata": {"namespace": "p"},
        "involvedObject": {"uid": "u1"},
        "reason": "FailedCreate",
        "message": "Error creating: …",
        "lastTimestamp": "2026-01-01T12:00:00Z",
    }


def test_every_operator_of_a_selector_is_written_as_the_server_reads_it():
    expressions = [
        {"key": "a", "operator": "In", "values": ["1", "2"]},
        {"key": "b", "operator": "NotIn", "values": ["3"]},
        {"key": "c", "operator": "Exists"},
        {"key": "d", "operator": "DoesNotExist"},
    ]
    written = label_selector({"matchLabels": {"x": "y"}, "matchExpressions": expressions})
    assert written == "x=y,a in (1,2),b notin (3),c,!d"
    assert label_selector({}) == ""


def test_what_is_kept_of_a_pod_serves_as_well_as_the_whole_pod():
    slim = slim_pod(POD)
    assert len(json.dumps(slim)) < len(json.dumps(POD)) * 0.6
    assert "secret" not in json.dumps(slim)
    room = Room([{"metadata": {"name": "one"}, "status": {"allocatable": {"cpu": "1"}}}])
    assert room.with_pods([slim]).requested("one") == room.with_pods([POD]).requested("one")
    repels = {"podAntiAffinity": {REQUIRED: [{"topologyKey": "zone", "labelSelector": {}}]}}
    repelling = {**POD, "spec": {**POD["spec"], "affinity": {**repels, "podAffinity": {"long": []}}}}
    assert slim_pod(repelling)["spec"]["affinity"] == repels
    unbound = {**POD, "spec": {**POD["spec"], "nodeName": ""}}
    terms = [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["two"]}]}]
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
    unbound["spec"]["affinity"] = {"nodeAffinity": required}
    assert node_of(slim_pod(unbound)) == "two"
