"""Secret values stay out of sight, and everything else stays where it is."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workloads.documents import read, to_json, to_yaml
from workloads.stores.secrets import HIDDEN, mask, mask_pair, mask_value

BUNDLE = """# A Secret and more
apiVersion: v1
kind: ConfigMap
metadata: {name: open}
data: {password: shown}
---
apiVersion: v1
kind: Secret
metadata:
  name: hidden
  annotations:
    note: kept
    kubectl.kubernetes.io/last-applied-configuration: |
      {"data":{"a":"c2VjcmV0"}}
type: Opaque   # hidden c2VjcmV0
data:
  a: c2VjcmV0   # hidden too
  "b": "c2VjcmV0"
  c: &x 'c2VjcmV0'
  d: *x
  e: |-
    c2VjcmV0

    c2VjcmV0
  f: >
    c2VjcmV0
  g: c2VjcmV0
    c2VjcmV0
stringData: {h: c2VjcmV0, i: [c2VjcmV0]}
"""


def test_values_are_hidden_and_everything_else_stays():
    masked = mask(BUNDLE)
    assert "c2VjcmV0" not in masked
    assert "hidden too" not in masked
    assert len(masked.splitlines()) == len(BUNDLE.splitlines())
    for old, new in zip(BUNDLE.splitlines(), masked.splitlines(), strict=True):
        assert new == old or HIDDEN in new
    for kept in (
        "password: shown",
        "note: kept",
        "# A Secret and more",
        "name: hidden",
        '"b":',
        "type: Opaque",
    ):
        assert kept in masked


def test_the_masked_text_can_still_be_read():
    _open, secret = read(mask(BUNDLE.replace("&x ", "").replace("*x", "y")))
    assert secret.value["data"]["a"] == HIDDEN
    assert set(secret.value["data"]) == set("abcdefg")


def test_texts_without_secrets_stay_as_they_are():
    for text in (
        "",
        "kind: ConfigMap\ndata: {a: b}\n",
        "no: [",
        "\r\n",
        "# kind: Secret\nkind: Pod\ndata: {a: b}\n",
    ):
        assert mask(text) == text


def test_line_ends_stay():
    masked = mask(BUNDLE.replace("\n", "\r\n"))
    assert masked.count("\r\n") == BUNDLE.count("\n") == masked.count("\n")


def test_secrets_in_lists_and_json():
    value = {
        "kind": "List",
        "items": [{"kind": "Secret", "data": {"a": "c2VjcmV0"}}, {"kind": "Pod", "data": {"a": 1}}],
    }
    for text in (to_json(value), to_yaml(value), json.dumps(value)):
        assert "c2VjcmV0" not in mask(text)
    assert read(mask(json.dumps(value)))[0].value == mask_value(value)


def test_merged_and_misplaced_values_are_hidden():
    for text in (
        "kind: Secret\ndata: c2VjcmV0\n",
        "kind: Secret\ndata: [c2VjcmV0]\n",
        "kind: Secret\nmetadata: {annotations: c2VjcmV0}\n",
        "x: &x {a: c2VjcmV0}\nkind: Secret\ndata: {<<: *x}\n",
        "x: &x {a: c2VjcmV0}\nkind: Secret\ndata: *x\n",
        "x: &x {a: c2VjcmV0}\nkind: Secret\ndata: {<<: [*x], b: c2VjcmV0}\n",
        '"kind": "\\x53ecret"\ndata: {a: c2VjcmV0}\n',
    ):
        assert "c2VjcmV0" not in mask(text), text


@pytest.mark.parametrize(
    "text",
    [
        "kind: Secret\ndta: {a: c2VjcmV0}\n",
        "kind: Secret\nstringdata:\n  a: c2VjcmV0\n",
        "kind: Secret\ndata: [c2VjcmV0]\n",
        "kind: secret\ndata: {a: c2VjcmV0}\n",
        "kind: SECRET\ndata: {a: c2VjcmV0}\n",
        "kind: SECRETLIST\nitems: [{data: {a: c2VjcmV0}}]\n",
        "kind: SecretList\nitems:\n- metadata: {name: a}\n  data: {a: c2VjcmV0}\n",
        "kind: SecretList\nx: &x [{data: {a: c2VjcmV0}}]\nitems: *x\n",
    ],
)
def test_what_is_written_not_quite_as_a_secret_is_hidden_as_one(text):
    assert "c2VjcmV0" not in mask(text)
    value = read(text)[0].value
    assert "c2VjcmV0" not in json.dumps(mask_value({k: v for k, v in value.items() if k != "x"}))


@pytest.mark.parametrize("line", ["# c2VjcmV0", "name: c2VjcmV0", "type: c2VjcmV0", "metadata: c2VjcmV0"])
def test_in_a_text_that_cannot_be_read_nothing_is_taken_for_harmless(line):
    assert "c2VjcmV0" not in mask(f"kind: Secret\nstringData:\n  a: |\n    {line}\nx: [\n")


@pytest.mark.parametrize("kind", ["secret", "SECRET", "'secret'", "secretlist", "sEcReT # small"])
def test_in_a_text_that_cannot_be_read_the_letters_of_the_kind_do_not_count(kind):
    assert "c2VjcmV0" not in mask(f"kind: {kind}\ndata: {{a: c2VjcmV0}}\nx: [\n")


def test_a_text_that_cannot_be_read_and_only_mounts_a_secret_is_shown():
    text = "volumes:\n- secret: {secretName: my-secret}\n  name: secret-files\nx: [\n"
    assert mask(text) == text


def test_a_text_that_cannot_be_read_loses_its_values():
    for broken in (BUNDLE + "broken: [\n", BUNDLE.replace("data:", "data: ["), BUNDLE + "\tx\n"):
        masked = mask(broken)
        assert "c2VjcmV0" not in masked
        assert len(masked.splitlines()) == len(broken.splitlines())
        assert "kind: Secret" in masked


def test_a_diff_shows_that_a_value_changed_and_not_which():
    new = BUNDLE.replace("  a: c2VjcmV0", "  a: bmV3")
    old_masked, new_masked = mask_pair(BUNDLE, new)
    assert old_masked == mask(BUNDLE)
    differing = [
        (a, b) for a, b in zip(old_masked.splitlines(), new_masked.splitlines(), strict=True) if a != b
    ]
    assert [b.split(":")[0].strip() for _a, b in differing] == ["a"]
    assert "bmV3" not in new_masked
    assert mask_pair(BUNDLE, BUNDLE) == (mask(BUNDLE), mask(BUNDLE))


@pytest.mark.parametrize(
    "text",
    [
        "stringData: {a: &x c2VjcmV0}\nmetadata: {labels: {*x : 1}}\n",
        "metadata: {labels: {&x c2VjcmV0: 1, &y c2VjcmV0Mg: 2}}\nstringData: {a: *x, b: *y}\n",
        "stringData:\n  a: &x !!str |\n    c2VjcmV0\n\n    c2VjcmV0\nmetadata:\n  ? *x\n  : 1\n",
        "stringData:\n  a: &x 'c2VjcmV0'\n  b: &y !!binary c2VjcmV0\nmetadata: {labels: {*x : 1, *y : 2}}\n",
        "data: {a: {c2VjcmV0: c2VjcmV0, c2VjcmV0Mg: 2}}\n",
        "data: {a: &x {c2VjcmV0: 1}}\nmetadata: {labels: {<<: *x}, annotations: *x}\n",
        "data: {a: &x }\nmetadata: {name: *x}\nstringData: {b: c2VjcmV0}\n",
        "data: &x c2VjcmV0\nmetadata: {name: *x}\n",
    ],
)
def test_a_masked_text_can_be_read_whatever_stands_for_its_values(text):
    text = f"kind: Secret\n{text}"
    assert read(text)
    for masked in (mask(text), mask_pair(text.replace("c2VjcmV0", "b2xk"), text)[1]):
        assert "c2VjcmV0" not in masked
        assert "c2VjcmV0" not in json.dumps([document.value for document in read(masked)])


@pytest.mark.parametrize(
    "text",
    [
        "# c2VjcmV0\n---\nkind: Secret\n",
        "--- # c2VjcmV0\nkind: Secret\n",
        "kind: Secret # c2VjcmV0\ndata:\n  # c2VjcmV0\n  a: b\n    # c2VjcmV0\n# c2VjcmV0",
        "kind: Secret\nmetadata:\n  annotations:\n    a: | # c2VjcmV0\n      x # y\n  # c2VjcmV0\n",
        "kind: Secret\ndata:\n  a: |- # c2VjcmV0\n    x\n  b: !!str 'x # y' # c2VjcmV0\n",
        "kind: Secret\nmetadata: {name: 'a#b', # c2VjcmV0\n  labels: {a: b#c}}#c2VjcmV0\n",
        "kind: List\nitems:\n# c2VjcmV0\n- kind: Secret # c2VjcmV0\n  data: {}\n",
        "kind: Secret\n---\n# c2VjcmV0\n---\n# c2VjcmV0\n...\n---\nkind: Pod\n",
        "kind: Secret # c2VjcmV0\ndata: {\n",
        "a: b\n---\r\nkind: Secret\r\n# c2VjcmV0\r\n",
    ],
)
def test_comments_of_secrets_are_hidden(text):
    masked = mask(text)
    assert "c2VjcmV0" not in masked
    assert len(masked.splitlines()) == len(text.splitlines())
    if text.endswith("{\n"):
        return  # which cannot be read
    kept = [[(d.value.get("kind"), d.value.get("metadata")) for d in read(each)] for each in (text, masked)]
    assert kept[0] == kept[1]


def test_a_diff_shows_that_a_comment_of_a_secret_changed():
    old = "kind: Secret\n# one\n# two\n"
    old_masked, new_masked = mask_pair(old, old.replace("two", "three"))
    differing = [a != b for a, b in zip(old_masked.split("\n"), new_masked.split("\n"), strict=True)]
    assert differing == [False, False, True, False]
    assert "three" not in new_masked


def test_comments_of_other_documents_stay():
    text = "# one\nkind: Pod # two\n---\nkind: Secret\n---\n# three\nkind: Pod\n"
    assert mask(text) == text


def test_objects_are_masked_without_changing_them():
    value = read(BUNDLE)[1].value
    masked = mask_value(value)
    assert "c2VjcmV0" not in json.dumps(masked)
    assert masked["metadata"]["annotations"]["note"] == "kept"
    assert value["data"]["a"] == "c2VjcmV0"
    assert mask_value({"kind": "Pod", "data": {"a": "b"}}) == {"kind": "Pod", "data": {"a": "b"}}


@given(entries=st.dictionaries(st.text(min_size=1, max_size=8), st.text(max_size=40), min_size=1, max_size=4))
@pytest.mark.parametrize("write", [to_yaml, to_json])
def test_no_value_whatever_shows(write, entries):
    value = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": entries}
    [masked] = read(mask(write(value)))
    assert masked.value["stringData"].keys() == entries.keys()
    assert set("".join(masked.value["stringData"].values())) <= {"•", " ", "\n"}
