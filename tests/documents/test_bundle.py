"""Documents of one text: each keeps its own words, whatever happens to the others."""

from __future__ import annotations

import pytest

from tests.conftest import HERE, MANIFESTS
from workloads.documents import EditRefused, add, convert, edit_each, extract, move, read, remove, unlist
from workloads.documents.bundle import join

TEXT = "# top\n---\n# about a\na: 1 # x\n\n---\n# about b\nb: 2\n---\n# nothing\n---\nc: |+\n  x\n\n"


def values(text):
    return [document.value for document in read(text)]


A, B, C = values(TEXT)


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        (lambda: remove(TEXT, 0), TEXT.replace("# about a\na: 1 # x\n\n---\n", "")),
        (lambda: remove(TEXT, 1), TEXT.replace("# about b\nb: 2\n---\n", "")),
        (lambda: remove(TEXT, 2), TEXT.replace("---\nc: |+\n  x\n\n", "")),
        (lambda: remove("a: 1\n", 0), ""),
        (lambda: remove("a: 1\n---\nb: 2\n...\n", 0), "b: 2\n...\n"),
        (lambda: remove('{"a": 1}\n{"b": 2}\n', 0), '{"b": 2}\n'),
        (lambda: remove('{"a": 1}\n{"b": 2}\n', 1), '{"a": 1}\n'),
        (
            lambda: move(TEXT, 1, 0),
            "# top\n---\n# about b\nb: 2\n---\n# about a\na: 1 # x\n\n---\n# nothing\n---\nc: |+\n  x\n\n",
        ),
        (lambda: move(TEXT, 1, 1), TEXT),
        (lambda: move("a: 1\n---\nb: 2", 1, 0), "b: 2\n---\na: 1\n"),
        (lambda: move("--- {a: 1}\n--- # b\nb: 2\n", 0, 1), "--- # b\nb: 2\n--- {a: 1}\n"),
        (lambda: move("--- {a: 1}\n---\nb: 2\n", 0, 1), "---\nb: 2\n---\n {a: 1}\n"),
        (lambda: move('{"a": 1} {"b": 2}', 0, 1), '{"b": 2} {"a": 1}'),
        (lambda: move('{"a": 1}\n---\nb: 2\n', 0, 1), 'b: 2\n\n---\n{"a": 1}'),
        (lambda: move("a: |\n  x\n---\nb: |\n  y", 1, 0), "b: |\n  y\n---\na: |\n  x\n"),
        (lambda: move("a: 1\n---\n\ufeffb: 2\n", 1, 0), "b: 2\n---\n\ufeffa: 1\n"),
        (lambda: remove("a: 1\n---\n\ufeffb: 2\n", 0), "b: 2\n"),
        (lambda: extract("a: 1\n---\n\ufeffb: 2\n", 1), "b: 2\n"),
        (lambda: extract("a: |+\n  x\n\n---\nb: |+\n  y\n\n\n", 1), "b: |+\n  y\n\n\n"),
        (lambda: extract(TEXT, 0), "# about a\na: 1 # x\n"),
        (lambda: extract(TEXT, 2), "c: |+\n  x\n\n"),
        (lambda: extract('{"a":1}{"b":2}', 1), '{"b":2}\n'),
        (lambda: extract("a: 1\r\n---\r\n\r\n  b: 2\r\n", 1), "  b: 2\r\n"),
        (lambda: add("a: 1", "b: 2"), "a: 1\n---\nb: 2"),
        (lambda: add("a: 1\n", "---\nb: 2\n"), "a: 1\n---\nb: 2\n"),
        (lambda: add("a: |\n  x", "b: 2"), "a: |\n  x\n---\nb: 2"),
        (lambda: add("a: 1\r\n", "b: 2\r\n"), "a: 1\r\n---\r\nb: 2\r\n"),
        (lambda: add("a: 1\n", "%YAML 1.1\n---\nb: 2\n"), "a: 1\n...\n%YAML 1.1\n---\nb: 2\n"),
        (lambda: add("", "b: 2 # x"), "b: 2 # x"),
        (lambda: add("# x\n", "b: 2"), "# x\n---\nb: 2"),
        (lambda: add("a: 1", "# nothing"), "a: 1"),
        (lambda: add('{"a":1}', '{"b":2}'), '{"a":1}\n{"b":2}'),
        (lambda: add('{"a":1}', "b: 2 # x\n"), "a: 1\n---\nb: 2 # x\n"),
        (lambda: add("a: 1 # x\n", '{"b":["\\ud83d\\ude00"]}'), "a: 1 # x\n---\nb:\n- 😀\n"),
        (lambda: convert('{"a":1}{"b":[]}', "yaml"), "a: 1\n---\nb: []\n"),
        (
            lambda: convert("a: 1 # x\n---\nb: {c: y}\n", "json"),
            '{\n  "a": 1\n}\n{\n  "b": {\n    "c": true\n  }\n}\n',
        ),
        (lambda: convert('{"a":1}', "json"), '{"a":1}'),
        (lambda: join(["a: 1 # x", "---\nb: 2\n", "c: ["]), "a: 1 # x\n---\nb: 2\n---\nc: ["),
    ],
)  # fmt: skip
def test_text_after_the_operation(operation, expected):
    assert operation() == expected


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        (lambda t: remove(t, 3), "no-such-document"),
        (lambda t: move(t, 0, 3), "no-such-document"),
        (lambda t: move(t, -1, 0), "no-such-document"),
        (lambda t: extract(t, 9), "no-such-document"),
        (lambda t: unlist(t, 0), "not-a-list"),
    ],
)
def test_what_does_not_exist_is_refused(operation, code):
    with pytest.raises(EditRefused) as caught:
        operation(TEXT)
    assert caught.value.code == code


@pytest.mark.parametrize(
    "path", [p for p in MANIFESTS if len(read(p.read_bytes())) > 1], ids=lambda p: p.name
)
def test_bundles_are_rearranged_without_a_change_of_meaning(path):
    text = path.read_bytes().decode()
    meant = values(text)
    last = len(meant) - 1
    for index in range(len(meant)):
        assert values(remove(text, index)) == meant[:index] + meant[index + 1 :]
        assert values(move(text, index, last)) == meant[:index] + meant[index + 1 :] + [meant[index]]
        alone = extract(text, index)
        assert values(alone) == [meant[index]]
        assert alone.strip() in text
    assert move(move(text, 0, last), last, 0).split() == text.split()


LIST = (HERE / "manifests" / "list.yaml").read_text()


def test_a_list_becomes_its_documents():
    apart = unlist(LIST + "---\nz: 1\n", 0)
    (whole,) = values(LIST)
    assert values(apart) == [*whole["items"], {"z": 1}]
    assert apart.startswith("# the configuration\napiVersion: v1\nkind: ConfigMap\n")
    assert "  name: listed   # first item\n" in apart
    assert "---\n# the agent\napiVersion: apps/v1\n" in apart
    assert "      # the only one\n      - name: main\n" in apart


def test_lists_of_the_api_server_lend_their_kind_to_their_items():
    items = '{"metadata":{"name":"x"}},{"metadata":{"name":"y"}}'
    text = f'{{"kind":"DaemonSetList","apiVersion":"apps/v1","items":[{items}]}}'
    assert values(unlist(text, 0)) == [
        {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": name}} for name in "xy"
    ]
    yaml = unlist("kind: PodList\napiVersion: v1\nitems:\n- metadata: {name: x} # c\n- spec: {}\n", 0)
    assert (
        yaml
        == "apiVersion: v1\nkind: Pod\nmetadata: {name: x} # c\n---\napiVersion: v1\nkind: Pod\nspec: {}\n"
    )


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("kind: List\nitems: []\n", []),
        ("kind: List\nitems: [{a: 1}, {b: 2}]\n", [{"a": 1}, {"b": 2}]),
        ("kind: List\nitems:\n- &x {a: 1}\n- *x\n", [{"a": 1}, {"a": 1}]),
        ("kind: List\nitems:\n- a: &x {c: 1}\n- b: *x\n", [{"a": {"c": 1}}, {"b": {"c": 1}}]),
        (
            "kind: List\nitems:\n  -\n    a: |\n      x\n       y\n  - b: 'x\n\n      y'",
            [{"a": "x\n y\n"}, {"b": "x\ny"}],
        ),
        ("a: 1\n---\nkind: List\r\nitems:\r\n- b: 1\r\n  c: 2\r\n---\nd: 1", None),
    ],
)
def test_lists_of_every_style_are_taken_apart(text, left):
    index = len(read(text)) // 2
    documents = values(text)
    expected = (
        documents[:index] + documents[index]["items"] + documents[index + 1 :] if left is None else left
    )
    assert values(unlist(text, index)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "kind: List",
        "kind: List\nitems: x",
        "kind: List\nitems: [1]",
        "kind: Pod\nitems: []",
        "[1]",
        "kind: 1",
    ],
)
def test_other_things_are_no_lists(text):
    with pytest.raises(EditRefused) as caught:
        unlist(text, 0)
    assert caught.value.code == "not-a-list"


def test_each_document_gets_its_own_changes_or_none_does():
    text = "# one\nkind: A\nmetadata: {name: a}\n---\nkind: B # two\nmetadata:\n  name: b\n"

    def named(document):
        return [(("metadata", "name"), f"{document.name}2")] if document.kind == "B" else []

    assert edit_each(text, named) == text.replace("name: b", "name: b2")
    assert edit_each(text, lambda document: []) == text
    with pytest.raises(EditRefused) as caught:
        edit_each(text, lambda document: [(("kind", "x"), 1)] if document.kind == "A" else named(document))
    assert (caught.value.code, caught.value.path) == ("no-such-path", ("kind", "x"))


def test_what_json_cannot_say_one_after_the_other_is_not_converted():
    with pytest.raises(EditRefused) as caught:
        convert("a note\n---\na: 1\n", "json")
    assert caught.value.code == "not-convertible"
