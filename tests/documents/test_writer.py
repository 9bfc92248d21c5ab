"""Whatever is written, every reader reads the same."""

from __future__ import annotations

import json
import shutil
from math import inf, nan

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from tests.conftest import HERE, MANIFESTS
from tests.documents.kubectl import kubectl_reads
from workloads.documents import convert, edit, read, to_json, to_yaml

STRINGS = json.loads((HERE / "documents" / "strings.json").read_text())
NUMBERS = [0, -1, 2**63, 2**64, 10**30, 0.1, -2.5, 1e22, 1e-7, 1.5e300]


def everything():
    """Every string as a value, as a key, in a list, in a list of a list; numbers and the rest beside them."""
    return {
        "apiVersion": "example.com/v1",
        "kind": "Strings",
        "metadata": {"name": "x", "annotations": {"a": "b"}},
        "values": {f"k{i}": text for i, text in enumerate(STRINGS)},
        "keys": {text: i for i, text in enumerate(STRINGS)},
        "list": STRINGS,
        "nested": [[text] for text in STRINGS],
        "others": [*NUMBERS, True, False, None, {}, [], {"a": {}}, [[]], [{}]],
    }


def by_ruamel(text):
    return YAML(typ="safe", pure=True).load(text)


def by_pyyaml(text):
    return yaml.load(text, Loader=yaml.CSafeLoader)


def by_the_console(text):
    return read(text)[0].value


def by_kubectl(text):
    return kubectl_reads(text)[0]


KUBECTL = [by_kubectl] if shutil.which("kubectl") else []


def rounded(value):
    """kubectl prints integers beyond 64 bits as floating point numbers."""
    return value | {"others": [float(x) if type(x) is int else x for x in value["others"]]}


@pytest.mark.parametrize("reader", [by_the_console, by_pyyaml, by_ruamel, *KUBECTL])
def test_generated_yaml_is_read_alike(reader):
    value = everything()
    got = reader(to_yaml(value))
    assert rounded(got) == rounded(value)
    assert got == value or reader is by_kubectl


@pytest.mark.parametrize("reader", [by_the_console, json.loads, *KUBECTL])
def test_generated_json_is_read_alike(reader):
    value = everything()
    got = reader(to_json(value))
    assert rounded(got) == rounded(value)
    assert got == value or reader is by_kubectl


FLOW = "apiVersion: example.com/v1\nkind: Strings\nmetadata: {name: x}\nvalues: {a: b}\nlist: [a]\n"
BLOCK = "apiVersion: example.com/v1\nkind: Strings\nmetadata:\n  name: x\nvalues:\n  a: b\nlist:\n- a\n"
JSON = (
    '{"apiVersion": "v1", "kind": "Strings", "metadata": {"name": "x"}, "values": {"a": "b"}, "list": ["a"]}'
)


@pytest.mark.parametrize(
    "text", [FLOW, BLOCK, BLOCK.replace("\n", "\r\n"), JSON], ids=["flow", "block", "crlf", "json"]
)
def test_strings_survive_being_edited_in(text):
    changes = [(("values", f"k{i}"), s) for i, s in enumerate(STRINGS)]
    changes += [(("values", s), s) for s in STRINGS]
    changes += [(("list", i + 1), s) for i, s in enumerate(STRINGS)]
    edited = text
    for start in range(0, len(changes), 50):
        edited = edit(edited, 0, changes[start : start + 50])
    others = [json.loads] if text is JSON else [by_pyyaml, by_ruamel]
    for reader in [by_the_console, *others, *KUBECTL]:
        got = reader(edited)
        assert got["list"] == ["a", *STRINGS]
        assert [got["values"][f"k{i}"] for i in range(len(STRINGS))] == STRINGS
        assert all(got["values"][s] == s for s in STRINGS)


@settings(max_examples=150, derandomize=True)
@given(st.text() | st.text("-:# \n\t'\"\\|>[]{}&*!%@`,?=~.0123456789eEoxyYnN_"))
def test_any_text_is_read_alike(text):
    for written in (to_yaml({"a": text, "b": [text], "c": {text: 1}}), convert(to_json({"a": text}), "yaml")):
        readings = [reader(written) for reader in (by_the_console, by_pyyaml, by_ruamel)]
        assert all(reading["a"] == text for reading in readings)
        assert all(text in reading.get("c", {text: 1}) for reading in readings)


def test_fields_of_every_object_come_first():
    value = {
        "status": {},
        "spec": {"b": 1, "a": 2},
        "metadata": {"labels": {}, "name": "x"},
        "kind": "K",
        "apiVersion": "v1",
    }
    assert to_yaml(value) == (
        "apiVersion: v1\nkind: K\nmetadata:\n  name: x\n  labels: {}\nspec:\n  b: 1\n  a: 2\nstatus: {}\n"
    )
    assert list(json.loads(to_json(value))) == ["apiVersion", "kind", "metadata", "spec", "status"]


def test_text_of_several_lines_stays_legible():
    assert to_yaml({"a": "one\n  two\n", "b": "three\n\nfour", "c": ["x\ny\n"]}) == (
        "a: |\n  one\n    two\nb: |-\n  three\n\n  four\nc:\n- |\n  x\n  y\n"
    )


@pytest.mark.parametrize("value", [inf, -inf, nan, "\ud800", {"\udfff": 1}])
@pytest.mark.parametrize("write", [to_yaml, to_json])
def test_what_no_file_can_hold_is_not_written(write, value):
    with pytest.raises(ValueError):  # noqa: PT011 - the sentence is the caller's
        write({"a": [value]})


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda p: p.name)
def test_manifests_keep_their_meaning_when_converted(path):
    text = path.read_bytes().decode()
    meant = [document.value for document in read(text)]
    there = convert(text, "json")
    assert [document.format for document in read(there)] == ["json"] * len(meant)
    back = convert(there, "yaml")
    assert [d.value for d in read(there)] == [d.value for d in read(back)] == meant
    assert convert(text, "yaml") == text, "what is YAML already keeps its comments"
