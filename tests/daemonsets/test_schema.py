import json

import pytest

from tests.daemonsets import extract_schema
from tests.daemonsets.rule_cases import POD, C
from workloads.daemonsets.manifest import schema


def test_the_stored_schemas_are_what_the_extraction_makes():
    pytest.importorskip("kubernetes_validate")
    folder = extract_schema.source()
    if not folder.is_dir():
        pytest.skip(f"kubernetes-validate has no schemas of {extract_schema.VERSION}")
    assert extract_schema.TARGET.read_text() == extract_schema.render(extract_schema.extract(folder))


def test_every_kind_of_the_schemas_can_be_validated():
    kinds = json.loads(extract_schema.TARGET.read_text())["kinds"]
    assert "apps/v1 DaemonSet" in kinds
    for version, kind in map(str.split, kinds):
        unknown = [
            f for f in schema.validate({"apiVersion": version, "zzz": 1}, version, kind) if f.path == ("zzz",)
        ]
        assert [finding.code for finding in unknown] == ["unknown-field"], kind


@pytest.mark.parametrize(
    ("path", "field", "kind"),
    [
        ((), "spec", "object"),
        (("spec",), "minReadySeconds", "integer"),
        (("spec", "updateStrategy", "rollingUpdate"), "maxSurge", "integer or string"),
        (POD, "containers", "array"),
        (POD, "hostNetwork", "boolean"),
        ((*POD, "containers"), "image", "string"),
        (C, "image", "string"),
        ((*C, "livenessProbe", "httpGet"), "port", "integer or string"),
        ((*POD, "volumes", 3, "emptyDir"), "sizeLimit", "quantity"),
    ],
)
def test_fields_for_completion(path, field, kind):
    assert (field, kind) in schema.fields_at(path)


@pytest.mark.parametrize("path", [("nonsense",), ("metadata", "labels"), ("spec", 0), ("apiVersion",)])
def test_no_fields_where_none_are_expected(path):
    assert schema.fields_at(path) == []


def test_fields_of_other_kinds():
    assert ("data", "object") in schema.fields_at((), "v1", "ConfigMap")
    assert schema.fields_at((), "example.com/v1", "Thing") == []


def test_of_many_unknown_fields_each_is_named_and_the_first_are_explained():
    value = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}
    found = [*schema.validate({**value, **{f"dat{number}": 1 for number in range(300)}}, "v1", "ConfigMap")]
    assert [each.code for each in found] == ["unknown-field"] * 300
    explained = ["known" in each.params for each in found]
    assert explained[0]
    assert not explained[-1]
