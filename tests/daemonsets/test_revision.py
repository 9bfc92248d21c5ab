"""Which edits of a template are written as another one by the API server, and so replace all pods."""

from __future__ import annotations

import pytest

from tests.builders import daemonset
from workloads.daemonsets.running.revision import matching_revision, same_revision
from workloads.documents.paths import patch

CONTAINER = ("spec", "containers", 0)
SPEC = ("spec",)
TEMPLATE = {
    "metadata": {"labels": {"app": "agent"}},
    "spec": {
        "containers": [
            {
                "name": "c",
                "image": "i:1",
                "resources": {"requests": {"cpu": "1", "memory": "1Gi", "example.com/odd": "1e3"}},
                "env": [
                    {"name": "N", "valueFrom": {"configMapKeyRef": {"name": "m", "key": "k"}}},
                    {"name": "L", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu"}}},
                ],
                "envFrom": [{"secretRef": {"name": "s"}}],
                "ports": [{"containerPort": 80}],
                "volumeMounts": [{"name": "cm", "mountPath": "/m"}],
                "readinessProbe": {"httpGet": {"port": 80}},
                "livenessProbe": {"grpc": {"port": 80}},
                "securityContext": {"seLinuxOptions": {"level": "s0"}},
            }
        ],
        "volumes": [
            {"name": "cm", "configMap": {"name": "c", "items": [{"key": "k", "path": "p"}]}},
            {"name": "s", "secret": {"secretName": "s"}},
            {"name": "p", "projected": {"sources": [{"configMap": {"name": "c"}}]}},
            {"name": "csi", "csi": {"driver": "d", "volumeAttributes": {"a": "b"}}},
            {"name": "host", "hostPath": {"path": "/h"}},
            {"name": "e", "emptyDir": {"sizeLimit": "1Gi"}},
            {"name": "claim", "persistentVolumeClaim": {"claimName": "c"}},
        ],
        "tolerations": [{"key": "k", "operator": "Exists"}],
        "dnsConfig": {"options": [{"name": "ndots"}]},
        "securityContext": {},
    },
}


def volume(index, *path):
    return ("spec", "volumes", index, *path)


def keeps_pods(path, value):
    changed = patch(TEMPLATE, [(path, value)])
    old, new = ({"spec": {"template": template}} for template in (TEMPLATE, changed))
    assert same_revision(old, new) == same_revision(new, old)
    return same_revision(old, new)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (volume(0, "configMap", "optional"), False),
        (volume(1, "secret", "optional"), False),
        (volume(2, "projected", "sources", 0, "configMap", "optional"), False),
        ((*CONTAINER, "env", 0, "valueFrom", "configMapKeyRef", "optional"), False),
        ((*CONTAINER, "envFrom", 0, "secretRef", "optional"), False),
        (volume(3, "csi", "readOnly"), False),
        (volume(3, "csi", "fsType"), ""),
        (volume(3, "csi", "volumeAttributes", "c"), ""),
        (volume(0, "configMap", "items", 0, "mode"), 0),
        (volume(0, "configMap", "defaultMode"), 0),
        ((*CONTAINER, "securityContext", "runAsUser"), 0),
        ((*CONTAINER, "securityContext", "privileged"), False),
        ((*SPEC, "securityContext", "fsGroup"), 0),
        ((*SPEC, "hostUsers"), False),
        ((*SPEC, "automountServiceAccountToken"), False),
        ((*SPEC, "terminationGracePeriodSeconds"), 0),
        ((*SPEC, "priority"), 0),
        ((*SPEC, "tolerations", 0, "tolerationSeconds"), 0),
        ((*SPEC, "dnsConfig", "options", 0, "value"), ""),
        (("metadata", "labels", "empty"), ""),
        (("metadata", "annotations"), {"note": None}),
        ((*SPEC, "affinity"), {}),
    ],
)
def test_pointers_and_entries_of_maps_are_written_whatever_they_hold(path, value):
    assert not keeps_pods(path, value)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ((*CONTAINER, "readinessProbe", "initialDelaySeconds"), 0),
        ((*CONTAINER, "readinessProbe", "timeoutSeconds"), 0),
        ((*CONTAINER, "readinessProbe", "httpGet", "host"), ""),
        ((*CONTAINER, "readinessProbe", "httpGet", "scheme"), ""),
        ((*CONTAINER, "livenessProbe", "grpc", "service"), ""),
        ((*CONTAINER, "imagePullPolicy"), ""),
        ((*CONTAINER, "workingDir"), ""),
        ((*CONTAINER, "stdin"), False),
        ((*CONTAINER, "args"), []),
        ((*CONTAINER, "ports", 0, "hostPort"), 0),
        ((*CONTAINER, "ports", 0, "hostIP"), ""),
        ((*CONTAINER, "ports", 0, "protocol"), ""),
        ((*CONTAINER, "volumeMounts", 0, "readOnly"), False),
        ((*CONTAINER, "volumeMounts", 0, "subPath"), ""),
        ((*CONTAINER, "env", 1, "value"), ""),
        ((*CONTAINER, "env", 1, "valueFrom", "resourceFieldRef", "divisor"), "0"),
        ((*CONTAINER, "securityContext", "seLinuxOptions", "user"), ""),
        ((*CONTAINER, "resources", "limits"), {}),
        ((*SPEC, "priorityClassName"), ""),
        ((*SPEC, "nodeName"), ""),
        ((*SPEC, "hostname"), ""),
        ((*SPEC, "hostNetwork"), False),
        ((*SPEC, "restartPolicy"), ""),
        ((*SPEC, "serviceAccount"), ""),
        ((*SPEC, "serviceAccountName"), ""),
        ((*SPEC, "nodeSelector"), {}),
        ((*SPEC, "tolerations", 0, "value"), ""),
        ((*SPEC, "tolerations", 0, "effect"), ""),
        (volume(4, "hostPath", "type"), ""),
        (volume(5, "emptyDir", "medium"), ""),
        (volume(6, "persistentVolumeClaim", "readOnly"), False),
        (("metadata", "name"), ""),
    ],
)
def test_other_fields_are_not_written_where_they_are_zero(path, value):
    assert keeps_pods(path, value)


REQUESTS = (*CONTAINER, "resources", "requests")


@pytest.mark.parametrize(
    ("path", "value", "same"),
    [
        ((*REQUESTS, "memory"), "1024Mi", True),
        ((*REQUESTS, "memory"), "1073741824", False),
        ((*REQUESTS, "memory"), 1073741824, False),
        ((*REQUESTS, "memory"), "2Gi", False),
        ((*REQUESTS, "cpu"), "1000m", True),
        ((*REQUESTS, "cpu"), 1, True),
        ((*REQUESTS, "cpu"), "0.001Ki", False),
        ((*REQUESTS, "example.com/odd"), "1k", False),
        ((*REQUESTS, "example.com/odd"), "1000", False),
        ((*REQUESTS, "example.com/odd"), "0.1e4", True),
        ((*REQUESTS, "example.com/none"), "0", False),
        (volume(5, "emptyDir", "sizeLimit"), "1024Mi", True),
        (volume(5, "emptyDir", "sizeLimit"), "1073741824", False),
        ((*CONTAINER, "env", 1, "valueFrom", "resourceFieldRef", "divisor"), "1", False),
    ],
)
def test_amounts_are_written_in_the_form_they_were_given(path, value, same):
    assert keeps_pods(path, value) == same


def test_amounts_below_1024_have_no_binary_form():
    def template(amount):
        return {"spec": {"template": patch(TEMPLATE, [((*REQUESTS, "memory"), amount)])}}

    assert same_revision(template("0.5Ki"), template("512"))
    assert not same_revision(template("1Ki"), template("1024"))


def test_the_revision_that_has_a_template_already():
    """As the API server stores it: complete, and with the directive of a patch."""

    def revision(name, template):
        data = {"spec": {"template": {"$patch": "replace", **template}}}
        return {"metadata": {"labels": {"controller-revision-hash": name}}, "data": data}

    def template(image, **more):
        container = {"name": "c", "image": image, **more}
        return {"metadata": {"creationTimestamp": None}, "spec": {"containers": [container]}}

    found = [
        revision("one", template("i:1", terminationMessagePath="/dev/termination-log")),
        revision("two", {}),
    ]
    assert matching_revision(found, {"spec": {"template": template("i:1")}}) == "one"
    assert matching_revision(found, {"spec": {"template": template("i:2")}}) is None
    assert matching_revision([{}], {"spec": {"template": template("i:2")}}) is None


def test_an_amount_finer_than_1m_is_the_one_that_the_server_keeps():
    assert same_revision(daemonset(requests={"cpu": "0.5m"}), daemonset(requests={"cpu": "1m"}))
    assert not same_revision(daemonset(requests={"cpu": "0.5m"}), daemonset(requests={"cpu": "2m"}))
