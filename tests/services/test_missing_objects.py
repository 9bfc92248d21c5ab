"""The objects that a DaemonSet names and its project does not have, added to its text."""

from __future__ import annotations

import pytest

from console.errors import BadInput
from workloads.daemonsets.project.facts import ProjectFacts
from workloads.daemonsets.rules.inspection import inspect
from workloads.documents import read
from workloads.services.missing_objects import addable, with_object

TEXT = """\
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: agent
spec:
  selector:
    matchLabels: {app: agent}
  template:
    metadata:
      labels: {app: agent}
    spec:
      serviceAccountName: agent
      imagePullSecrets:
      - name: registry
      containers:
      - name: main
        image: nginx:1
        env:
        - name: LEVEL
          valueFrom:
            configMapKeyRef: {name: settings, key: level}
        - name: TOKEN
          valueFrom:
            secretKeyRef: {name: token, key: "on"}
      volumes:
      - name: settings
        configMap:
          name: settings
          items:
          - {key: agent.conf, path: agent.conf}
          - {key: level, path: level}
      - name: data
        persistentVolumeClaim: {claimName: data}
"""
NOTHING = ProjectFacts(
    project="demo", configmaps={}, secrets={}, pvcs={}, service_accounts={"default"}, daemonsets=[]
)
EVERY = {
    "ServiceAccount:agent",
    "Secret:registry",
    "Secret:token",
    "ConfigMap:settings",
    "PersistentVolumeClaim:data",
}


def missing(text: str) -> set[str]:
    return {addable(finding) for finding in inspect(text, NOTHING).all_findings} - {""}


def test_every_missing_object_can_be_added_and_settles_its_warning_without_a_new_one():
    assert missing(TEXT) == EVERY
    text = TEXT
    for wanted in sorted(EVERY):
        text = with_object(text, wanted)
        assert text.startswith(TEXT)
    assert missing(text) == set()
    assert {finding.code for finding in inspect(text, NOTHING).all_findings} == {"no-resources"}


def test_a_config_map_has_the_keys_that_are_asked_for():
    document = read(with_object(TEXT, "ConfigMap:settings"))[-1]
    assert document.value["data"] == {"level": "", "agent.conf": ""}
    assert all("  # " in line for line in with_object(TEXT, "ConfigMap:settings").splitlines()[-2:])


def test_the_values_of_a_secret_are_empty_with_a_comment():
    text = with_object(TEXT, "Secret:token")
    assert read(text)[-1].value == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "token"},
        "type": "Opaque",
        "stringData": {"on": ""},
    }
    assert "  # " in text.splitlines()[-1]


@pytest.mark.parametrize(("kind", "field"), [("ConfigMap", "data"), ("Secret", "stringData")])
def test_what_is_mounted_whole_has_no_keys_and_says_that_they_are_to_be_added(kind, field):
    volume = {"ConfigMap": "configMap: {name: files}", "Secret": "secret: {secretName: files}"}[kind]
    text = with_object(f"{TEXT}      - name: files\n        {volume}\n", f"{kind}:files")
    assert read(text)[-1].value[field] == {}
    assert "  # " in text.splitlines()[-1]


def test_a_pull_secret_has_the_type_and_key_that_the_api_server_requires():
    value = read(with_object(TEXT, "Secret:registry"))[-1].value
    assert value["type"] == "kubernetes.io/dockerconfigjson"
    assert value["stringData"] == {".dockerconfigjson": '{"auths":{}}'}


def test_it_goes_to_the_namespace_that_the_daemonset_names():
    text = with_object(
        TEXT.replace("  name: agent\n", "  name: agent\n  namespace: demo\n", 1), "ConfigMap:settings"
    )
    assert read(text)[-1].namespace == "demo"


@pytest.mark.parametrize("wanted", ["", "ConfigMap", "ConfigMap:", "Pod:settings", "ConfigMap:other"])
def test_what_nothing_names_is_refused(wanted):
    with pytest.raises(BadInput):
        with_object(TEXT, wanted)
