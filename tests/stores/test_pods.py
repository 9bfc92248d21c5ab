"""The pods and events a store asks a cluster for, and what it keeps of them."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.stores import faulty_server as faults
from workloads.daemonsets.forecast.fit import Room
from workloads.daemonsets.running.presence import node_of
from workloads.stores import store_for
from workloads.stores.cluster import transport
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


class Asked(list):
    """remaining: what the first page says of the others, 0: nothing."""

    remaining = 0


@pytest.fixture
def asked(tmp_path, settings):
    """The requests, as (path, what they ask for), of a cluster that answers in two pages."""
    found = Asked()

    def answer(handler):
        address = urlsplit(handler.path)
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        found.append((address.path, query))
        more = {} if "continue" in query else {"continue": "more"}
        if more and found.remaining:
            more["remainingItemCount"] = found.remaining
        value = {"kind": "PodList", "apiVersion": "v1", "metadata": more, "items": [POD]}
        faults.body(200, json.dumps(value), "application/json")(handler)

    with faults.FaultyServer(tmp_path) as server:
        server.fault = answer
        settings.KUBECONFIG = str(server.kubeconfig)
        yield found


def test_only_the_pods_that_are_asked_for_are_requested_page_by_page(asked, admin):
    selector = {"matchLabels": {"app": "agent"}, "matchExpressions": [{"key": "tier", "operator": "Exists"}]}
    found = store_for("faulty", admin).pods("p", node="one", selector=selector)
    assert len(found) == 2
    same = {
        "fieldSelector": "spec.nodeName=one",
        "labelSelector": "app=agent,tier",
        "limit": str(transport._PAGE),
    }
    path = "/api/v1/namespaces/p/pods"
    assert asked == [(path, same), (path, {**same, "continue": "more"})]


def test_all_pods_are_requested_without_a_selector_and_the_unbound_with_an_empty_node(asked, admin):
    store_for("faulty", admin).pods("")
    store_for("faulty", admin).pods("", node="", selector={})
    first, _more, unbound, _rest = [query for _path, query in asked]
    assert first.keys() == {"limit"}
    assert unbound["fieldSelector"] == "spec.nodeName="


def test_pods_are_read_up_to_a_number_which_the_first_page_tells_of(asked, admin):
    """Of a list with a selector no page says how many remain (ListMeta of apimachinery)."""
    store = store_for("faulty", admin)
    assert len(store.pods("", most=2)) == 2
    with pytest.raises(TooMany):
        store.pods("p", selector={"matchLabels": {"app": "agent"}}, most=1)
    asked.clear()
    asked.remaining = 20_000
    with pytest.raises(TooMany):
        store.pods("", most=20_000)
    assert [query for _path, query in asked] == [{"limit": str(transport._PAGE)}]


def test_only_the_warnings_about_an_object_are_requested_and_little_of_them_is_kept(asked, admin):
    store = store_for("faulty", admin)
    store.events("p", "DaemonSet", uid="u1")
    store.events("", "DaemonSet")
    one, _more, every, _rest = [(path, query["fieldSelector"]) for path, query in asked]
    kind = "involvedObject.kind=DaemonSet,type=Warning"
    assert one == ("/api/v1/namespaces/p/events", f"{kind},involvedObject.uid=u1")
    assert every == ("/api/v1/events", kind)
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
    said = label_selector({"matchLabels": {"x": "y"}, "matchExpressions": expressions})
    assert said == "x=y,a in (1,2),b notin (3),c,!d"
    assert label_selector({}) == ""


def test_what_is_kept_of_a_pod_serves_as_well_as_the_whole_pod():
    slim = slim_pod(POD)
    assert len(json.dumps(slim)) < len(json.dumps(POD)) * 0.6
    assert "secret" not in json.dumps(slim)
    room = Room([{"metadata": {"name": "one"}, "status": {"allocatable": {"cpu": "1"}}}])
    assert room.with_pods([slim]).requested("one") == room.with_pods([POD]).requested("one")
    unbound = {**POD, "spec": {**POD["spec"], "nodeName": ""}}
    terms = [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["two"]}]}]
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
    unbound["spec"]["affinity"] = {"nodeAffinity": required}
    assert node_of(slim_pod(unbound)) == "two"
