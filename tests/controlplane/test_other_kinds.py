"""The edits of other kinds of objects end as the person meant, too. Some of these kinds old servers have only
in an older version."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.controlplane.test_ownership import (
    Edit,
    both,
    created_by_kubectl,
    cut,
    of_two_appliers,
    place,
    problem,
    put,
    turn,
    with_managed_fields_cleared,
)
from workloads.documents import item

pytestmark = pytest.mark.controlplane
__all__ = ["place"]


def an_object(api_version: str, kind: str, **fields: Any) -> dict[str, Any]:
    metadata = {"labels": {"app": "x", "team": "a"}, "annotations": {"example.org/note": "one"}}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **fields}


ANY_KIND: dict[str, Edit] = {
    "label removed": cut("metadata", "labels", "team"),
    "label emptied": put("metadata", "labels", "team", to=""),
    "label null": put("metadata", "labels", "team", to=None),
    "labels emptied": put("metadata", "labels", to={}),
    "annotations null": put("metadata", "annotations", to=None),
    "finalizer added": put("metadata", "finalizers", to=["example.org/hold"]),
}
PORT = {"name": "m", "port": 99, "protocol": "TCP"}
POD = {"restartPolicy": "Never", "serviceAccountName": "s", "containers": [{"name": "a", "image": "i:1"}]}
JOB_POD = ("spec", "jobTemplate", "spec", "template", "spec")

KINDS: dict[str, tuple[dict[str, Any], dict[str, Edit]]] = {
    "ConfigMap": (
        an_object("v1", "ConfigMap", data={"a": "1", "b": "2"}, binaryData={"z": "AAEC"}),
        {
            "key removed": cut("data", "a"),
            "value emptied": put("data", "a", to=""),
            "data emptied": put("data", to={}),
            "data null": put("data", to=None),
            "key of the other kind": both(cut("binaryData", "z"), put("data", "z", to="x")),
            "the same key twice": put("data", "z", to="x"),
            "number": put("data", "a", to=1),
            "immutable": put("immutable", to=True),
        },
    ),
    "Secret": (
        an_object("v1", "Secret", type="Opaque", data={"a": "MQ==", "b": "Mg=="}),
        {
            "key removed": cut("data", "a"),
            "plain value over it": put("stringData", to={"a": "x"}),
            "plain values only": both(cut("data"), put("stringData", to={"c": "1"})),
            "type changed": put("type", to="kubernetes.io/basic-auth"),
        },
    ),
    "Service": (
        an_object(
            "v1",
            "Service",
            spec={
                "selector": {"app": "x", "tier": "y"},
                "ports": [
                    {"name": "udp", "port": 53, "protocol": "UDP"},
                    {"name": "tcp", "port": 53, "protocol": "TCP", "targetPort": "dns"},
                ],
            },
        ),
        {
            "port removed": cut("spec", "ports", 0),
            "other port of the number removed": cut("spec", "ports", 1),
            "port added": put("spec", "ports", 2, to=PORT),
            "protocols swapped": both(
                put("spec", "ports", 0, "protocol", to="TCP"), put("spec", "ports", 1, "protocol", to="UDP")
            ),
            "ports reordered": turn("spec", "ports"),
            "name becomes a number": put("spec", "ports", 1, "targetPort", to=53),
            "key of the selector removed": cut("spec", "selector", "tier"),
            "selector removed": cut("spec", "selector"),
        },
    ),
    "Role": (
        an_object(
            "rbac.authorization.k8s.io/v1",
            "Role",
            rules=[
                {"apiGroups": [""], "resources": ["pods", "services"], "verbs": ["get", "list"]},
                {"apiGroups": ["apps"], "resources": ["daemonsets"], "verbs": ["*"]},
            ],
        ),
        {
            "rule removed": cut("rules", 0),
            "rules removed": cut("rules"),
            "verb removed": cut("rules", 0, "verbs", 0),
            "verbs reordered": turn("rules", 0, "verbs"),
        },
    ),
    "NetworkPolicy": (
        an_object(
            "networking.k8s.io/v1",
            "NetworkPolicy",
            spec={
                "podSelector": {"matchLabels": {"a": "b", "c": "d"}},
                "policyTypes": ["Ingress", "Egress"],
                "ingress": [{"from": [{"podSelector": {}}], "ports": [{"port": 80, "protocol": "TCP"}]}],
                "egress": [{}],
            },
        ),
        {
            "selector emptied": put("spec", "podSelector", to={}),
            "all egress denied": put("spec", "egress", to=[]),
            "sources removed": cut("spec", "ingress", 0, "from"),
            "number becomes a name": put("spec", "ingress", 0, "ports", 0, "port", to="http"),
        },
    ),
    "CronJob": (
        an_object(
            "batch/v1",
            "CronJob",
            spec={
                "schedule": "0 0 1 1 *",
                "suspend": True,
                "startingDeadlineSeconds": 60,
                "jobTemplate": {"spec": {"backoffLimit": 2, "template": {"spec": POD}}},
            },
        ),
        {
            "deadline removed": cut("spec", "startingDeadlineSeconds"),
            "service account removed": cut(*JOB_POD, "serviceAccountName"),
            "image changed": put(*JOB_POD, "containers", item(name="a"), "image", to="i:2"),
        },
    ),
    "PodDisruptionBudget": (
        an_object(
            "policy/v1",
            "PodDisruptionBudget",
            spec={"maxUnavailable": 1, "selector": {"matchLabels": {"a": "b", "c": "d"}}},
        ),
        {
            "the other way to say it": both(
                cut("spec", "maxUnavailable"), put("spec", "minAvailable", to="50%")
            ),
            "number becomes a share": put("spec", "maxUnavailable", to="10%"),
            "key of the selector removed": cut("spec", "selector", "matchLabels", "c"),
        },
    ),
}
BEFORE_1_21 = {"CronJob": "batch/v1beta1", "PodDisruptionBudget": "policy/v1beta1"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_edit_of_another_kind_ends_as_the_person_meant(place, kind):
    manifest, edits = KINDS[kind]
    if place.control_plane.minor < 21 and kind in BEFORE_1_21:
        manifest = {**manifest, "apiVersion": BEFORE_1_21[kind]}
    makers = (created_by_kubectl, of_two_appliers, with_managed_fields_cleared)
    wrong = {}
    for number, (name, change) in enumerate({**ANY_KIND, **edits}.items()):
        make = makers[number % len(makers)]
        each = replace(place, name=f"one-{number}", manifest=manifest)
        make(each)
        if said := problem(each, change):
            wrong[name, make.__name__] = said
    assert wrong == {}
