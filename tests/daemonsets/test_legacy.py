"""DaemonSets of removed API versions are explained and converted."""

import pytest

from tests.daemonsets.rule_cases import BASE, C
from workloads.daemonsets.manifest.legacy import changes_to_apps_v1
from workloads.daemonsets.rules.validation import check
from workloads.documents.paths import ABSENT, patch


def found(value):
    return [(finding.code, finding.path) for finding in check(value)]


@pytest.mark.parametrize(
    "spec", ["text", [1], 5, {"updateStrategy": "OnDelete"}, {"updateStrategy": [1]}, {"template": "x"}]
)
def test_a_legacy_daemonset_of_any_shape_is_explained(spec):
    value = {"apiVersion": "extensions/v1beta1", "kind": "DaemonSet", "metadata": {"name": "a"}, "spec": spec}
    assert ("legacy-version", ("apiVersion",)) in found(value)
    assert patch(value, changes_to_apps_v1(value))["apiVersion"] == "apps/v1"


def test_the_other_findings_are_about_the_converted_daemonset():
    old = patch(
        BASE,
        [(("apiVersion",), "extensions/v1beta1"), (("spec", "selector"), ABSENT), ((*C, "image"), "nginx")],
    )
    assert found(old) == [("legacy-version", ("apiVersion",)), ("image-latest", (*C, "image"))]
    assert check(old)[0].params == {"version": "extensions/v1beta1"}


@pytest.mark.parametrize("version", ["extensions/v1beta1", "apps/v1beta1", "apps/v1beta2"])
def test_conversion_sets_the_defaults_of_the_old_version(version):
    old = patch(
        BASE,
        [
            (("apiVersion",), version),
            (("spec", "selector"), ABSENT),
            (("spec", "templateGeneration"), 3),
        ],
    )
    new = patch(old, changes_to_apps_v1(old))
    assert new["apiVersion"] == "apps/v1"
    assert new["spec"]["selector"] == {"matchLabels": {"app": "agent"}}
    assert "templateGeneration" not in new["spec"]
    # Only extensions/v1beta1 has OnDelete by default.
    strategy = {"updateStrategy": {"type": "OnDelete"}} if version == "extensions/v1beta1" else {}
    assert new["spec"] == {**BASE["spec"], **strategy}
    assert check(new) == []


def test_conversion_keeps_the_strategy():
    spec = {**BASE["spec"], "updateStrategy": {"type": "RollingUpdate"}}
    old = {**BASE, "apiVersion": "extensions/v1beta1", "spec": spec}
    assert patch(old, changes_to_apps_v1(old)) == {**old, "apiVersion": "apps/v1"}


@pytest.mark.parametrize(
    "value", [BASE, {}, [], None, {"apiVersion": "extensions/v1beta1", "kind": "Ingress"}]
)
def test_only_legacy_daemonsets_are_converted(value):
    assert changes_to_apps_v1(value) is None
