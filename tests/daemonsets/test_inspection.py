"""The findings about a whole text: each at its line, and in the words of the text."""

from __future__ import annotations

from tests.daemonsets.rule_cases import BASE, POD, C
from workloads.daemonsets.rules.inspection import inspect
from workloads.documents import to_yaml
from workloads.documents.paths import patch

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"


def found(text):
    return [(f.code, f.severity, f.line, f.column) for f in inspect(text).all_findings]


def test_a_key_that_is_misread_is_named_as_it_is_written():
    text = CONFIG.replace("{name: a}", "{name: a, labels: {no: [x]}}") + "data:\n  on: 'x'\n  'yes': x\n"
    assert found(text) == [
        ("misread-key", "warning", 3, 30),
        ("type", "error", 3, 30),
        ("misread-key", "warning", 5, 3),
    ]
    assert [f.params for f in inspect(text).all_findings] == [
        {"key": "no", "read": "false"},
        {"field": "no"},
        {"key": "on", "read": "true"},
    ]


def test_a_field_is_named_with_what_it_is_in():
    text = to_yaml(
        patch(
            BASE,
            [
                ((*C, "env"), [{"value": "x"}, {"name": "A", "value": 1}]),
                ((*POD, "containers", 1), {"name": "other", "image": ""}),
                ((*POD, "containers", 2), {"image": "a:1"}),
            ],
        )
    )
    fields = [f.params.get("field") for f in inspect(text).all_findings if f.severity == "error"]
    assert fields == ["env[0].name", "env[A].value", "containers[other].image", "containers[2].name"]


def test_only_daemonsets_of_kubernetes_are_daemonsets():
    def indexes(*versions):
        return inspect("---\n".join(f"{version}kind: DaemonSet\n" for version in versions)).daemonsets

    assert indexes("apiVersion: apps/v1\n", "apiVersion: extensions/v1beta1\n", "") == [0, 1, 2]
    assert indexes("apiVersion: app/v1\n", "apiVersion: apps.kruise.io/v1alpha1\n", "apiVersion: v1\n") == []


def test_what_kubectl_refuses_is_a_warning_at_its_line():
    secret = "{apiVersion: v1, kind: Secret, metadata: {name: b}}"
    text = f"%YAML 1.1\n---\n{CONFIG}data: {{a: what?}}\n--- {secret}"
    assert found(text) == [
        ("kubectl-directive", "warning", 1, 1),
        ("kubectl-question-mark", "warning", 6, 11),
        ("kubectl-separator", "warning", 7, 5),
    ]
