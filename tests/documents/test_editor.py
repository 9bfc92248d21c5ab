"""Editing in place: what the text looks like afterwards."""

from __future__ import annotations

import json
from math import inf

import pytest

from workloads.documents import ABSENT, DocumentError, EditRefused, edit, get, item, move_item, patch, read

POD = """\
# about the pod
spec:
  # who may run where
  tolerations:
  # the first
  - key: a   # any
    operator: Exists
  # the second
  - key: b

  containers:
  - image: busybox # pinned
    resources:
    args: ["-c", '-v', x]
    env: []   # none
    # a script
    script: |  # shell
      set -e
        exit

  - name: two
    ports: {http: 80, "udp": 514}
    # the end of two
  volumes: null # none
# the end"""

AGENT = ("spec", "containers", 0)


def lines_changed(before, after):
    """The lines that differ, as (removed, added)."""
    old, new = before.split("\n"), after.split("\n")
    start = next(
        (i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new))
    )
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    return old[start : len(old) - end], new[start : len(new) - end]


EDITS = {
    "a plain value": (
        (*AGENT, "image"), "alpine", ["  - image: busybox # pinned"], ["  - image: alpine # pinned"],
    ),
    "a value that needs quotes": (
        ("spec", "tolerations", 0, "key"), "yes", ["  - key: a   # any"], ["  - key: 'yes'   # any"],
    ),
    "a value in its own quotes": ((*AGENT, "args", 1), "-w", None, ["""    args: ["-c", '-w', x]"""]),
    "an item of a list in brackets": ((*AGENT, "args", 3), "z", None, ["""    args: ["-c", '-v', x, z]"""]),
    "removed from brackets, first": ((*AGENT, "args", 0), ABSENT, None, ["""    args: ['-v', x]"""]),
    "removed from brackets, last": ((*AGENT, "args", 2), ABSENT, None, ["""    args: ["-c", '-v']"""]),
    "a key in braces": (
        ("spec", "containers", 1, "ports", "sctp"), 7, None, ['    ports: {http: 80, "udp": 514, sctp: 7}'],
    ),
    "the name goes first": (
        (*AGENT, "name"), "one",
        ["  - image: busybox # pinned"], ["  - name: one", "    image: busybox # pinned"],
    ),
    "a mapping where nothing stood": (
        (*AGENT, "resources", "limits", "cpu"), "1",
        [], ["      limits:", "        cpu: '1'"],
    ),
    "a list where brackets stood": (
        (*AGENT, "env", 0), {"name": "A", "value": "no"},
        ["    env: []   # none"], ["    env:   # none", "    - name: A", "      value: 'no'"],
    ),
    "a list where null stood": (
        ("spec", "volumes"), [{"name": "v", "emptyDir": {}}],
        ["  volumes: null # none"], ["  volumes: # none", "  - name: v", "    emptyDir: {}"],
    ),
    "an item removed with its comment": (
        ("spec", "tolerations", 0), ABSENT,
        ["  # the first", "  - key: a   # any", "    operator: Exists"], [],
    ),
    "the key behind the dash removed": (
        (*AGENT, "image"), ABSENT,
        ["  - image: busybox # pinned", "    resources:"], ["  - resources:"],
    ),
    "an item appended after the comments of the last": (
        ("spec", "containers", 2), {"name": "three"}, [], ["  - name: three"],
    ),
    "an item found by what it is called": (
        ("spec", "tolerations", item(key="b"), "operator"), "Exists", [], ["    operator: Exists"],
    ),
    "an item that is called so for the first time": (
        ("spec", "tolerations", item(key="c"), "effect"), "NoSchedule",
        [], ["  - key: c", "    effect: NoSchedule"],
    ),
    "lines of a script": (
        (*AGENT, "script"), "one\n\ttwo\n", ["      set -e", "        exit"], ["      one", "      \ttwo"],
    ),
    "a script becomes a line": (
        (*AGENT, "script"), "true",
        ["    script: |  # shell", "      set -e", "        exit"], ["    script: 'true'  # shell"],
    ),
    "a line becomes a script": (
        (*AGENT, "image"), "a\nb\n",
        ["  - image: busybox # pinned"], ["  - image: | # pinned", "      a", "      b"],
    ),
    "a script without a last line break": (
        (*AGENT, "script"), "one\ntwo", None, ["    script: |-  # shell", "      one", "      two"],
    ),
    "a field of the object goes to its place": (("kind",), "Pod", [], ["kind: Pod"]),
    "the last thing in a text": (("status",), {"x": 1}, [], ["status:", "  x: 1"]),
    "a whole mapping differs in one field": (
        ("spec", "containers", 1), {"name": "2nd", "ports": {"http": 80, "udp": 514}},
        ["  - name: two"], ["  - name: 2nd"],
    ),
    "a whole list differs in one item": (
        ("spec", "tolerations"), [{"key": "a", "operator": "Exists"}, {"key": "z"}, {"key": "b"}],
        [], ["  - key: z"],
    ),
    "a list becomes a word": (
        ("spec", "tolerations"), None,
        None, ["  tolerations: null"],
    ),
    "a mapping becomes a list": (("spec", "containers", 1, "ports"), [80], None, ["    ports: [80]"]),
}  # fmt: skip


@pytest.mark.parametrize(("path", "value", "removed", "added"), EDITS.values(), ids=EDITS)
@pytest.mark.parametrize("line_break", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_only_the_lines_of_the_change_differ(path, value, removed, added, line_break):
    text = POD.replace("\n", line_break)
    edited = edit(text, 0, [(path, value)])
    assert edited.count("\n") * len(line_break) == sum(edited.count(c) for c in line_break), (
        "mixed line breaks"
    )
    before, after = lines_changed(POD, edited.replace("\r\n", "\n"))
    assert after == added
    assert removed is None or before == removed
    assert read(edited)[0].value == patch(read(text)[0].value, [(path, value)])
    assert edited.endswith("# the end"), "a text keeps its way to end"


WHOLE = {
    "the last key leaves braces": ("a:\n  # x\n  b: 1 # y\nc: 2\n", ("a", "b"), ABSENT, "a: {}\nc: 2\n"),
    "the last item leaves brackets": ("a: # x\n- 1\n# y\nb: 2\n", ("a", 0), ABSENT, "a: [] # x\n# y\nb: 2\n"),
    "the last key of all": ("# x\na: 1 # y\n", ("a",), ABSENT, "# x\n{} # y\n"),
    "the first key of all": ("{} # y\n", ("a",), 1, "# y\na: 1\n"),
    "a header stays": (
        "# licence\n\n# about a\na: 1\nb: 2\n", ("a",), ABSENT, "# licence\n\n# about a\nb: 2\n",
    ),
    "in braces over lines": (
        "a: {\n  b: 1, # one\n  c: 2 # two\n}\n", ("a", "d"), 3,
        "a: {\n  b: 1, # one\n  c: 2, # two\n  d: 3\n}\n",
    ),
    "removed in braces over lines": (
        "a: {\n  b: 1, # one\n  c: 2 # two\n}\n", ("a", "b"), ABSENT, "a: {\n  c: 2 # two\n}\n",
    ),
    "a bare key in braces": ("{a, b: 1}", ("a",), "x", "{a: x, b: 1}"),
    "an empty list within brackets": ("a: [[], {}]", ("a", 1, "b"), 1, "a: [[], {b: 1}]"),
    "dashes further in": (
        "a:\n  - b: 1\nc:\n", ("c",), [{"d": [1]}], "a:\n  - b: 1\nc:\n  - d:\n      - 1\n",
    ),
    "wide indentation": (
        "a:\n    b:\n        c: 1\n", ("a", "d", "e"), 1, "a:\n    b:\n        c: 1\n    d:\n        e: 1\n",
    ),
    "wide gaps behind dashes": (
        "a:\n-   b: 1\n    c: 2\n", ("a", 1), {"d": 1, "e": 2},
        "a:\n-   b: 1\n    c: 2\n-   d: 1\n    e: 2\n",
    ),
    "lists in lists": ("a:\n- - 1\n  - 2\n", ("a", 0, 2), 3, "a:\n- - 1\n  - 2\n  - 3\n"),
    "lists in lists, emptied": ("a:\n- - 1\n- 2\n", ("a", 0, 0), ABSENT, "a:\n- []\n- 2\n"),
    "a comment behind the dash": ("a:\n- # x\n  b: 1\n- c\n", ("a", 0, "b"), 2, "a:\n- # x\n  b: 2\n- c\n"),
    "a null behind a dash": ("a:\n- # x\n- 1\n", ("a", 0), {"b": 1}, "a:\n- # x\n  b: 1\n- 1\n"),
    "no line break at the end": ("a: 1\nb: 2", ("b",), ABSENT, "a: 1"),
    "a script at the end of a text": ("a: 1", ("b",), "x\ny\n", "a: 1\nb: |\n  x\n  y"),
    "behind a script that ends with blanks": (
        "a: |+\n  x\n  ", ("b",), 1, "a: |+\n  x\n  \nb: 1",
    ),
    "behind a script that ends a text": ("a: |\n  x", ("b",), 1, "a: |\n  x\nb: 1"),
    "blank lines that belong to a script": ("a: |+\n  x\n\nb: 1\n", ("c",), 2, "a: |+\n  x\n\nb: 1\nc: 2\n"),
    "blank lines of a script, kept": ("a: |+\n  x\n\n\nb: 1\n", ("a",), "y", "a: 'y'\nb: 1\n"),
    "comments that would join a script": (
        "a: 1\n      # deep\nb: 2\n", ("a",), "x\ny\n", 'a: "x\\ny\\n"\n      # deep\nb: 2\n',
    ),
    "an anchor nobody uses stays": ("a: &x 1 # y\n", ("a",), 2, "a: &x 2 # y\n"),
    "an alias gives way": ("a: &x 1\nb: *x # y\n", ("b",), 2, "a: &x 1\nb: 2 # y\n"),
    "an alias is written out where one field differs": (
        "a: &x {b: 1, c: 2}\nd: *x\n", ("d", "b"), 3, "a: &x {b: 1, c: 2}\nd:\n  b: 3\n  c: 2\n",
    ),
    "a merged key is overruled": (
        "a: &x {b: 1, c: {d: 2}}\ne:\n  <<: *x\n  f: 1\n", ("e", "c", "g"), 3,
        "a: &x {b: 1, c: {d: 2}}\ne:\n  <<: *x\n  f: 1\n  c:\n    d: 2\n    g: 3\n",
    ),
    "beside a shared value": (
        "a:\n  b: &x {c: 1}\nd: *x\n", ("a", "e"), 2,
        "a:\n  b: &x {c: 1}\n  e: 2\nd: *x\n",
    ),
    "a tag goes with its value": ("a: !!str 1\n", ("a",), 2, "a: 2\n"),
    "a value of several lines": (
        "a: one\n  two # x\nb: 'three\n\n  four'\n", ("a",), "five", "a: five # x\nb: 'three\n\n  four'\n",
    ),
    "an explicit key": ("? a\n: 1\n", ("a",), 2, "? a\n: 2\n"),
    "a byte order mark": ("\ufeffa: 1\n", ("a",), 2, "\ufeffa: 2\n"),
    "a number of any size": ("a: 1\n", ("a",), 2**70, f"a: {2**70}\n"),
    "a large floating point number": ("a: 1\n", ("a",), 1e22, "a: 1.0e+22\n"),
    "a key that needs quotes": ("a: {}\n", ("a", "on"), "x", "a:\n  'on': x\n"),
    "tabs between key and value": ("a:\t1\t# x\n", ("a",), 2, "a:\t2\t# x\n"),
    "JSON on one line": (
        '{"a": 1, "b": [1, 2]}', ("b", 2), {"c": "é\x07"}, '{"a": 1, "b": [1, 2, {"c": "é\\u0007"}]}',
    ),
    "JSON without blanks": ('{"a":{"b":1}}', ("a", "c"), {"d": ["x"]}, '{"a":{"b":1,"c":{"d":["x"]}}}'),
    "JSON over lines": (
        '{\n    "a": {\n        "b": 1\n    }\n}\n', ("a", "c", "d"), 2,
        '{\n    "a": {\n        "b": 1,\n        "c": {\n            "d": 2\n        }\n    }\n}\n',
    ),
    "JSON over lines, where braces stood": (
        '{\n\t"a": {}\n}\n', ("a", "b"), 1, '{\n\t"a": {\n\t\t"b": 1\n\t}\n}\n',
    ),
    "JSON, the last key": ('{\n  "a": 1,\n  "b": 2\n}', ("b",), ABSENT, '{\n  "a": 1\n}'),
    "JSON, the only key": ('{\n  "a": 1\n}', ("a",), ABSENT, "{}"),
    "JSON in a YAML text": ("---\n{\"a\": 1}\n", ("b",), "yes", '---\n{"a": 1, "b": "yes"}\n'),
}  # fmt: skip


@pytest.mark.parametrize(("text", "path", "value", "edited"), WHOLE.values(), ids=WHOLE)
def test_text_after_the_change(text, path, value, edited):
    assert edit(text, 0, [(path, value)]) == edited
    if text.startswith("{") and '"' in text:
        assert json.loads(edited) == patch(json.loads(text), [(path, value)])


def test_changes_apply_in_order():
    text = "a:\n- u\n- v\n- w\n"
    changes = [(("a", 0), ABSENT), (("a", 0), "V"), (("a", 2), "new"), (("b", "c"), 1), (("b",), ABSENT)]
    assert edit(text, 0, changes) == "a:\n- V\n- w\n- new\n"


def test_nothing_changes_nothing():
    text = "a:   'x'   # as it was\r\nb: [ 1,2 ]\r\n..."
    assert edit(text, 0, []) is text
    assert edit(text, 0, [(("a",), "x"), (("b",), [1, 2]), (("c",), ABSENT), (("b", 5 - 3), ABSENT)]) is text


def test_only_the_document_meant_is_touched():
    text = "# top\n---\na: 1 # one\n---\na: 1 # two\n...\n# tail\n"
    assert edit(text, 1, [(("a",), 2)]) == "# top\n---\na: 1 # one\n---\na: 2 # two\n...\n# tail\n"
    assert edit('{"a": 1} {"a": 1}', 0, [(("a",), 2)]) == '{"a": 2} {"a": 1}'
    assert edit('{"a": 1}\n---\nb: 1 # x\n', 1, [(("c",), 2)]) == '{"a": 1}\n---\nb: 1 # x\nc: 2\n'


def test_django_strings_and_tuples_are_plain_values():
    class Safe(str):
        pass

    assert edit("a: 1\n", 0, [(("a",), Safe("x")), (("b",), (1, Safe("z")))]) == "a: x\nb:\n- 1\n- z\n"


ANCHORED = "base: &b\n  x: &i 1\n  y: 2\nother: *b\nmerged:\n  <<: *b\n  z: 3\nlast: *i\n"


@pytest.mark.parametrize(
    ("text", "changes", "code", "anchor"),
    [
        (ANCHORED, [(("base", "x"), 2)], "shared-anchor", "b"),
        (ANCHORED, [(("base",), ABSENT)], "shared-anchor", "b"),
        (ANCHORED, [(("other",), ABSENT), (("merged",), ABSENT), (("base", "x"), 2)], "shared-anchor", "i"),
        (ANCHORED, [(("merged", "x"), ABSENT)], "merge-key", None),
        ("a: 1\n", [(("a", "b"), 2)], "no-such-path", None),
        ("a: [1]\n", [(("a", 5), 2)], "no-such-path", None),
        ("a: [1]\n", [(("a", "b"), 2)], "no-such-path", None),
        ("a: 1\n", [((), ABSENT)], "not-in-place", None),
        ("a: 1\n", [(("b",), inf)], "not-writable", None),
        ("a: 1\n", [(("b",), "\ud800")], "not-writable", None),
        ("? a\n: 1\n", [(("b",), 2)], "not-in-place", None),
        ("x: [a: 1]\n", [(("x", 0, "b"), 2)], "not-in-place", None),
        ("a: 9\n<<: {a: 1}\n", [(("a",), 2)], "not-in-place", None),
        ("a: 1\n", [(("k" * 2000,), 2)], "not-in-place", None),
    ],
)
def test_what_cannot_be_done_in_place_is_refused(text, changes, code, anchor):
    with pytest.raises(EditRefused) as caught:
        edit(text, 0, changes)
    assert (caught.value.code, caught.value.params.get("anchor")) == (code, anchor)
    assert caught.value.template % caught.value.params == caught.value.message
    assert caught.value.path == changes[-1][0]
    assert len(caught.value.message) < 300


def test_refusals_hold_no_value():
    with pytest.raises(EditRefused) as caught:
        edit("a: &x hunter2\nb: *x\n", 0, [(("a",), "hunter3")])
    assert "hunter" not in caught.value.message


def test_no_such_document_and_broken_text():
    for index in (1, -1):
        with pytest.raises(EditRefused) as caught:
            edit("a: 1", index, [(("a",), 2)])
        assert caught.value.code == "no-such-document"
    with pytest.raises(DocumentError) as unclosed:
        edit("a: [", 0, [(("a",), 2)])
    assert unclosed.value.code == "missing-value"


def test_many_differences_are_written_anew():
    text = "a:\n" + "".join(f"  k{i}: {i}\n" for i in range(300)) + "b: 1 # x\n"
    new = {f"n{i}": i for i in range(300)}
    edited = edit(text, 0, [(("a",), new)])
    assert read(edited)[0].value == {"a": new, "b": 1}
    assert edited.endswith("b: 1 # x\n")


# -- order


LIST = "x:\n# one\n- a: 1 # i\n  # inside\n# two\n- b: 2\n\n# apart\n\n- |\n  c\ny: 1"


@pytest.mark.parametrize(
    ("text", "path", "to", "moved"),
    [
        (LIST, ("x", 0), 1, "x:\n# two\n- b: 2\n# one\n- a: 1 # i\n  # inside\n\n# apart\n\n- |\n  c\ny: 1"),
        (
            LIST,
            ("x", item(b=2)),
            0,
            "x:\n# two\n- b: 2\n# one\n- a: 1 # i\n  # inside\n\n# apart\n\n- |\n  c\ny: 1",
        ),
        (LIST, ("x", 1), 1, LIST),
        ("- 1\n- 2", (0,), 1, "- 2\n- 1"),
        ("a: [x, {y: 1}, 'z'] # c", ("a", 2), 0, "a: ['z', x, {y: 1}] # c"),
        ("[1,\n 2,\n 3]", (0,), 2, "[2,\n 3,\n 1]"),
        ("a:\n- - 1\n  - 2\n", ("a", 0, 0), 1, "a:\n- - 2\n  - 1\n"),
    ],
)
def test_items_move_with_their_comments(text, path, to, moved):
    assert move_item(text, 0, path, to) == moved


@pytest.mark.parametrize(
    ("path", "to"), [(("x", 0), 3), (("x", 5), 0), (("x", 0), -1), (("y",), 0), (("x", item(q=1)), 0)]
)
def test_items_move_within_their_list(path, to):
    with pytest.raises(EditRefused) as caught:
        move_item(LIST, 0, path, to)
    assert (caught.value.code, caught.value.path) == ("no-such-path", path)


def test_items_shared_by_anchors_stay():
    with pytest.raises(EditRefused) as caught:
        move_item("a: &x [1, 2]\nb: *x\n", 0, ("a", 0), 1)
    assert caught.value.code == "shared-anchor"
    assert get(read(move_item("a:\n- &x {b: 1}\n- *x\n", 0, ("a", 1), 0))[0].value, ("a",)) == [
        {"b": 1},
        {"b": 1},
    ]
