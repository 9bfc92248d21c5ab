"""What a text means, and what is said of a text that means nothing."""

from __future__ import annotations

import json
import time
from itertools import pairwise

import pytest

from tests.conftest import HERE, MANIFESTS
from tests.documents.kubectl import kubectl_reads
from workloads.documents import ABSENT, DocumentError, Limits, Mark, decode, item, read

DATA = HERE / "documents"
OWN_JSON = sorted((HERE / "manifests").glob("*.json"))
BROKEN = {
    "at-sign.yaml": (4, 9, "wrong-start", {"character": "@"}),
    "billion-laughs.yaml": (4, 0, "too-many-aliases", {}),
    "colon-in-value.yaml": (6, 10, "unexpected-colon", {}),
    "control-character.yaml": (4, 11, "control-character", {"code": "U+0007"}),
    "custom-tag.yaml": (6, 13, "custom-tag", {"tag": "!vault"}),
    "cycle.yaml": (5, 11, "alias-cycle", {"anchor": "m"}),
    "duplicate-key.yaml": (6, 3, "duplicate-key", {"key": "name"}),
    "indent-slip.yaml": (11, 8, "misplaced-line", {"opened": 8}),
    "infinite.yaml": (6, 6, "no-json-number", {}),
    "tab-indent.yaml": (4, 1, "tab", {}),
    "template.yaml": (4, 10, "collection-key", {}),
    "trailing-comma.json": (3, 7, "json-comma", {}),
    "truncated.json": (6, 1, "json-ends-early", {}),
    "unclosed-quote.yaml": (6, 6, "unclosed-quote", {}),
    "unknown-anchor.yaml": (5, 11, "unknown-anchor", {"anchor": "nowhere"}),
}
"""Line, column, code and parameters of what is refused. Without parameters here, any will do."""


def values(text, **limits):
    return [document.value for document in read(text, Limits(**limits) if limits else Limits())]


def refused(text, **limits):
    with pytest.raises(DocumentError) as caught:
        values(text, **limits)
    return caught.value


def exact(value):
    """Distinguishes 1 from true and 1.0."""
    return json.dumps(value, sort_keys=True)


# -- meaning


def test_scalars_mean_what_kubectl_says():
    mine = values((DATA / "scalars.yaml").read_text())[0]
    kubectls = json.loads((DATA / "scalars.kubectl.json").read_text())
    assert mine["data"].pop("ac") == 12345678901234567890, "kubectl rounds what it prints, not what it reads"
    del kubectls["data"]["ac"]
    assert exact(mine) == exact(kubectls)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("+0b11", 3), ("0b2", "0b2"), ("0xg", "0xg"), ("0x_1", 1), ("00", 0), ("-017", -15), ("0777_7", 4095),
        ("1_000.5", 1000.5), ("1E+3", 1000), ("1.5e3", 1500), ("12e", "12e"), ("1.2.3", "1.2.3"),
        ("-1e400", "-1e400"),
        ("0b-1", -1), ("0o-7", "0o-7"), ("0b0b1", "0b0b1"), ("++1", "++1"), ("0-1", "0-1"), 
        ("1_2:3", "1_2:3"),
        ("yES", "yES"), ("oN", "oN"), ("nULL", "nULL"), ("inf", "inf"), ("-0.0", 0), ("1e21", 1e21),
        ("123456789012345678901234567890", 123456789012345678901234567890),
        ("0xFFFFFFFFFFFFFFFFFF", "0xFFFFFFFFFFFFFFFFFF"),
        ("1" * 400, "1" * 400), ("!!str 123", "123"), ("!!int '3'", 3), ("!!float 3", 3), 
        ("!!bool yes", True),
        ("!!null ''", None), ("! 12", "12"), ("!!binary aGVsbG8=", "hello"),
        ("!!timestamp 2001-01-01", "2001-01-01"),
    ],
)  # fmt: skip
def test_plain_scalars_follow_go_yaml(written, meant):
    assert exact(values(f"a: {written}")[0]["a"]) == exact(meant)


def test_keys_become_strings_as_kubectl_makes_them():
    assert values("{on: a, 1: b, 1.50: c, 1e3: d, 0x10: e}") == [
        {"true": "a", "1": "b", "1.5": "c", "1000": "d", "16": "e"}
    ]


def test_merge_keys_apply_where_they_stand():
    base = "base: &b {a: 1, b: 2}\nother: &o {a: 3, d: 4}\n"
    assert values(base + "x:\n  <<: *b\n  a: 9")[0]["x"] == {"a": 9, "b": 2}
    assert values(base + "x:\n  a: 9\n  <<: *b")[0]["x"] == {"a": 1, "b": 2}, "go-yaml lets the later one win"
    assert values(base + "x:\n  <<: [*b, *o]")[0]["x"] == {"a": 1, "b": 2, "d": 4}
    assert values(base + "x:\n  '<<': *b")[0]["x"] == {"<<": {"a": 1, "b": 2}}, "a quoted key merges nothing"


def test_aliases_give_every_place_a_value_of_its_own():
    value = values("a: &x {b: [1]}\nc: *x")[0]
    value["c"]["b"].append(2)
    assert value["a"] == {"b": [1]}


def test_manifests_mean_what_kubectl_reads():
    """Where kubectl is installed."""
    for path in [*MANIFESTS, *OWN_JSON]:
        if path.parent.name == "seeds":
            continue
        text = path.read_bytes().decode()
        mine = [v for d in read(text) for v in (d.value["items"] if d.kind == "List" else [d.value])]
        theirs = kubectl_reads(text)
        if theirs is None:
            return
        for value in (*mine, *theirs):  # kubectl drops annotations that are empty
            if not value["metadata"].get("annotations"):
                value["metadata"].pop("annotations", None)
        assert exact(mine) == exact(theirs), path.name


# -- documents


def test_documents_know_their_place():
    text = (
        "# top\n---\n# about a\nkind: A\nmetadata: {name: x, namespace: ns}\n\n"
        "--- # b\nb: 1\n...\n# between\n---\nc: 1"
    )
    first, second, third = read(text)
    assert [text[d.start : d.end] for d in (first, second, third)] == [
        "# about a\nkind: A\nmetadata: {name: x, namespace: ns}\n\n",
        " # b\nb: 1\n",
        "c: 1",
    ]
    assert [d.line for d in (first, second, third)] == [4, 8, 12]
    assert (first.kind, first.name, first.namespace, first.api_version) == ("A", "x", "ns", "")
    assert (second.index, second.kind, second.name, second.format) == (1, "", "", "yaml")


@pytest.mark.parametrize(
    "text", ["", "\n", "# only a comment\n", "---\n", "---\n---\n# x\n...\n", "null\n---\n~\n", " \r\n"]
)
def test_nothing_is_no_document(text):
    assert read(text) == []


def test_a_byte_order_mark_is_no_character():
    text = "\ufeffa: 1\n"
    (document,) = read(text)
    assert (document.value, text[document.start : document.end]) == ({"a": 1}, "a: 1\n")
    assert values('\ufeff{"a": 1}') == [{"a": 1}]


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\nb: 2\n---\n\ufeffa: 3\nb: 4\n",
        "\ufeffa: 1\nb: 2\n--- # from another file\r\n\ufeffa: 3\nb: 4\n",
        "---\n\ufeff---\na: 1\nb: 2\n---\n\ufeff---\na: 3\nb: 4\n",
        '{"a": 1, "b": 2}\n---\n\ufeff{"a": 3, "b": 4}',
        '{"a": 1, "b": 2}\n---\n\ufeffa: 3\nb: 4',
        '{"a": 1, "b": 2}\n\ufeff{"a": 3, "b": 4}',
    ],
)
def test_files_that_were_joined_each_have_their_byte_order_mark(text):
    documents = read(text)
    assert [d.value for d in documents] == [{"a": 1, "b": 2}, {"a": 3, "b": 4}]
    assert all("\ufeff" not in text[d.start : d.end] for d in documents)
    assert [text.split("\n")[d.locate(("b",)).line - 1] for d in documents if d.format == "yaml"] == [
        text[d.root.entry("b").key.start :].split("\n")[0] for d in documents if d.format == "yaml"
    ]


def test_a_byte_order_mark_elsewhere_is_named_where_it_is():
    for text in (
        "a: x\n\ufeff---\nb: 1\nc: 2\n",
        "a:\n\ufeff  b: 1\n",
        "a:\n\ufeff- b\n",
        "a: x\n\ufeff",
        "\ufeff\n\ufeffa: x\n",
    ):
        error = refused(text)
        assert (error.code, error.line, error.column) == ("byte-order-mark", 2, 1)
    assert values("a: !!int 0x1e\nb: x\ufeffy\n") == [{"a": 30, "b": "x\ufeffy"}]


# -- texts without a line break at their end


def test_block_scalars_end_as_kubectl_reads_them():
    """The answers of kubectl 1.36, which reads line by line: each header, body and way to end."""
    answers = json.loads((DATA / "endings.kubectl.json").read_text())
    assert len(answers) > 200
    assert {text: values(text)[0]["f"] for text, _ in answers} == dict(answers)
    assert {text: values(f"a: 1\n---\n{text}")[1]["f"] for text, _ in answers} == dict(answers)


# -- what kubectl makes of a text that its author may not expect


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: [x?]", [("kubectl-question-mark", 1, 5)]),
        ("a: {b: x?y, c: '?', d: \"?\"}", [("kubectl-question-mark", 1, 8)]),
        ("a: [?x, ? z]", []),
        ("a: x?\nb: {c: {}}\n? d\n: e", []),
        ('a: "x\\/y"', [("kubectl-slash", 1, 4)]),
        ('a: "x\\\\/y"\nb: x\\/y\nc: \'\\/\'', []),
        ('{"a": "\\/"}', []),
        ('b: 1\n---\n{"a": "\\/"}', [("kubectl-slash", 3, 7)]),
        ("%YAML 1.1\n---\na: 1", [("kubectl-directive", 1, 1)]),
        ("a: 1\n...\n%TAG !e! tag:e,1:\n---\nb: 1", [("kubectl-directive", 3, 1)]),
        ("--- {a: 1}", [("kubectl-separator", 1, 5)]),
        ("a: 1\n--- # fine\nb: 1\n--- !!map\nc: 1", [("kubectl-separator", 4, 5)]),
        ('a: "x\n---y"', [("kubectl-separator", 2, 4)]),
        ('{"a": 1}\n--- {"b": 1}', [("kubectl-separator", 2, 5)]),
        ("a: 1\n...\n---\nb: 2", []),
        ("on: 1\n'yes': 2\nz: {n: 1, 1: 2}", [("misread-key", 1, 1), ("misread-key", 3, 5)]),
        ("0x10: a\n1.50: b\n017: c\n18: d", [("misread-key", n, 1) for n in (1, 2, 3)]),
        ("true: a\n!!str on: b", []),
    ],
)  # fmt: skip
def test_what_kubectl_refuses_or_misreads_is_noted_at_its_place(text, expected):
    documents = read(text)
    notes = [(note.problem.code, *d.lines.mark(note.at)) for d in documents for note in d.notes]
    assert notes == expected


def test_keys_that_are_misread_keep_their_name_as_written():
    (document,) = read("labels: {on: a, 'on': b, 1.50: c}")
    assert [document.misread_key(("labels", key)) for key in ("true", "on", "1.5")] == ["on", "", "1.50"]
    assert refused("on: 1\nyes: 2").params == {"key": "yes"}


def test_uploads_are_utf8_or_marked_utf16():
    assert decode("a: 中文".encode()) == "a: 中文"
    assert values("a: 中文".encode("utf-16")) == [{"a": "中文"}]


def test_places_are_found():
    text = (HERE / "manifests" / "comments-everywhere.yaml").read_text()
    (document,) = read(text)
    lines = text.split("\n")

    def line(path):
        return lines[document.locate(path).line - 1].strip()

    pod = ("spec", "template", "spec")
    assert line(("metadata", "name")).startswith("name: log-shipper")
    assert line((*pod, "containers", item(name="rotate"))) == "- name: rotate"
    assert line((*pod, "containers", 0, "args", 1)).startswith("- --output")
    assert line((*pod, "containers", 0, "livenessProbe", "httpGet")) == "- name: shipper # first container"
    assert line((*pod, "containers", 7)) == "containers:"
    assert line(("metadata", "name", "deeper")).startswith("name: log-shipper")
    assert document.locate(()) == Mark(5, 1)
    merged = read("a: &x {b: 1}\nc:\n  d: 1\n  <<: *x\n")[0]
    assert merged.locate(("c", "b")) == Mark(4, 3)


# -- JSON


def test_json_is_read_by_its_own_rules():
    text = '{"a": "\\ud83d\\ude00\\/", "b": 1.0,\t"c": [1e2, -0, 123456789012345678901]}\n\n{"d": "\\ud800"}'
    first, second = read(text)
    assert exact(first.value) == exact({"a": "😀/", "b": 1, "c": [100, 0, 123456789012345678901]})
    assert second.value == {"d": "\ufffd"}, "half a surrogate pair, which no file can hold"
    assert (first.format, text[second.start : second.end]) == ("json", '{"d": "\\ud800"}')
    assert second.locate(("d",)) == Mark(3, 2)


def test_json_between_separators_is_json():
    documents = read('{"a": "\\ud83d\\ude00"}\n---\nb: 1 # yaml\n---\n{"c": 1}\n')
    assert [d.format for d in documents] == ["json", "yaml", "json"]
    assert documents[0].value == {"a": "😀"}


def test_yaml_in_braces_is_yaml():
    (document,) = read("{a: 1, b: [x, 'y'],}")
    assert (document.value, document.format) == ({"a": 1, "b": ["x", "y"]}, "yaml")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('{"a": 1 // one\n}', "json-comma"), ('{"a": 1,}', "json-key"), ("{\"a\": 'x'}", "json-value"),
        ('{"a": tru}', "json-value"), ('{"a": 01}', "json-value"), ('{"a" 1}', "json-colon"),
        ('["a" "b"]', "json-comma"), ('["a", [x]]', "json-item"), ('[{"a": {b: 1}}]', "json-first-key"),
    ],
)  # fmt: skip
def test_text_meant_as_json_is_held_to_it(text, code):
    """To YAML some of these would mean something nobody meant."""
    assert refused(text).code == code


# -- refusals


@pytest.mark.parametrize("name", sorted(p.name for p in (HERE / "manifests" / "broken").iterdir()))
def test_broken_text_is_named_at_its_place(name):
    line, column, code, params = BROKEN[name]
    error = refused((HERE / "manifests" / "broken" / name).read_text())
    assert (error.code, error.line, error.column if column else 0) == (code, line, column)
    assert error.params.items() >= params.items()
    assert error.status in (413, 422)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("? [a]\n: 1", "collection-key"), ("~: 1", "null-key"), ("a: &x {<<: 1}", "wrong-merge"),
        ("a: !!int 1.0", "wrong-tag"), ("a: !!int 1e3", "wrong-tag"),
        ("a: !!int x", "wrong-tag"), ("a: !!bool 1", "wrong-tag"), ("a: !!binary /w==", "not-utf-8"),
        ('a: "\\q"', "wrong-escape"), ("a: .nan", "no-json-number"), ("a: [1, 2", "unclosed-bracket"),
        ("- a\nb: 1", "misplaced-item"), ("a: - b", "misplaced-list"), ("{a: 1}}", "text-after-end"),
        ("a: {b", "unclosed-brace"), ('{"a": 1e400}', "no-json-number"),
        ('{"a": 1, "a": 2}', "duplicate-key"),
        ("{1: a, '1': b}", "duplicate-key"), ("%FOO\na: 1", "not-yaml"), ("a: !e!x 1", "custom-tag"),
        ("a: 1\nb\nc: 2", "missing-colon"), ("a: [", "missing-value"),
    ],
)  # fmt: skip
def test_what_kubernetes_cannot_store_is_refused(text, code):
    error = refused(text)
    assert error.line >= 1
    assert error.code == code


@pytest.mark.parametrize(
    "data", [b"\x7fELF\x02\x01\x01\0\0\0", b"\x89PNG\r\n\x1a\n\0\0\0\r", b"\x1f\x8b\x08\0\xff", "a\0b"]
)
def test_binary_is_told_from_text(data):
    assert refused(data).code == "binary"


def test_bad_utf8_is_named_at_its_line():
    error = refused(b"a: 1\nb: \xff\n")
    assert (error.line, error.code) == (2, "not-utf-8")


def test_messages_can_be_translated_and_hold_no_value():
    error = refused("kind: Secret\nstringData:\n  password: hunter2 hunter2: x\n")
    assert "hunter2" not in error.message
    assert error.template % error.params == error.message if error.params else error.template == error.message
    long_key = refused(f"{'k' * 500}: 1\n{'k' * 500}: 2\n")
    assert len(long_key.message) < 200


# -- limits


def limit_of(error):
    return error.code, error.params["limit"]


def test_size_depth_documents_and_values_are_limited():
    assert (refused("a: " + "x" * 100, size=50).code, refused("a: " + "x" * 100, size=50).status) == (
        "too-large",
        413,
    )
    assert refused("é" * 40, size=50).status == 413, "bytes count, not characters"
    assert values("a: {b: {c: 1}}", depth=3) == [{"a": {"b": {"c": 1}}}]
    assert limit_of(refused("a: {b: {c: {d: 1}}}", depth=3)) == ("too-deep", 3)
    assert limit_of(refused('{"a": {"b": {"c": {"d": 1}}}}', depth=3)) == ("too-deep", 3)
    assert limit_of(refused("a: &a {b: {}}\nc: {d: *a}", depth=3)) == ("too-deep", 3)
    assert limit_of(refused("---\na: 1\n" * 6, documents=5)) == ("too-many-documents", 5)
    assert limit_of(refused('{"a": 1}' * 6, documents=5)) == ("too-many-documents", 5)
    assert limit_of(refused("[" + "1," * 12 + "]", values=10)) == ("too-many-values", 10)
    assert limit_of(refused("[" + "1," * 12 + "1]", values=10)) == ("too-many-values", 10)
    assert limit_of(refused("a: &a [1, 2, 3]\nb: [*a, *a, *a, *a]", values=20)) == ("too-many-values", 20)


def test_a_thousand_documents_and_ten_thousand_lines_are_read():
    assert len(read("---\nkind: ConfigMap\nmetadata:\n  name: x\n" * 1000)) == 1000
    assert (
        len(read("data:\n" + "".join(f"  key-{i}: value\n" for i in range(10_000)))[0].value["data"])
        == 10_000
    )


@pytest.mark.parametrize(
    "text",
    [
        "[" * 5000,
        "- " * 5000,
        '{"a":' * 5000,
        "{a: " * 5000,
        "? " * 5000,
        "\n".join(" " * i + "a:" for i in range(5000)),
    ],
)
def test_deep_nesting_is_refused_without_reading_on(text):
    error = refused(text, size=100_000_000)
    assert error.line >= 1


@pytest.mark.parametrize("values_limit", [10_000, 300_000, 2_000_000])
def test_what_explodes_is_refused_before_it_does(values_limit):
    """A text whose aliases mean 9^40 values costs what its own length allows, whatever the limit."""
    names = [f"n{i}" for i in range(40)]
    lines = ["n0: &n0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]" for a, b in pairwise(names)]
    start = time.process_time()
    assert refused("\n".join(lines), values=values_limit).code == "too-many-aliases"
    assert time.process_time() - start < 60


def test_aliases_may_repeat_much_but_not_nearly_all():
    """As go-yaml counts it: at most 99 of 100 values, above a thousand."""
    shared = "a: &a [1, 2, 3, 4, 5, 6, 7, 8, 9]\n"
    assert len(values(shared + f"b: [{', '.join(['*a'] * 500)}]")[0]["b"]) == 500
    many = "a: &a [" + "1, " * 900 + "]\n"
    assert len(values(many + f"b: [{', '.join(['*a'] * 90)}]")[0]["b"]) == 90
    assert refused(many + f"b: [{', '.join(['*a'] * 200)}]").code == "too-many-aliases"
    assert limit_of(refused(many + f"b: [{', '.join(['*a'] * 90)}]", values=10_000)) == (
        "too-many-values",
        10_000,
    )


def test_absent_is_not_null():
    assert not ABSENT
    assert ABSENT is not None
