"""The goals for editing, measured over every manifest at hand, and tried on what nobody would write."""

from __future__ import annotations

import json
import re
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import MANIFESTS, OWN_MANIFESTS
from tests.documents.rendering import Renderer
from workloads.documents import ABSENT, EditRefused, diff, edit, get, patch, read

OWN = {path.name for path in OWN_MANIFESTS}
JSON_MANIFESTS = sorted(OWN_MANIFESTS[0].parent.glob("*.json"))
TEXTS = {path.name: path.read_bytes().decode() for path in [*MANIFESTS, *JSON_MANIFESTS]}


def places(value, path=()):
    """Every path of a value, its own first."""
    yield path
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, child in children:
        yield from places(child, (*path, key))


def scalars(value):
    return [path for path in places(value) if not isinstance(get(value, path), (dict, list))]


def another(value):
    """A value of the same kind, but not the same."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        return value + 1
    return f"{value.splitlines()[0] if value else 'x'}-changed" if isinstance(value, str) else "changed"


def span(document, path):
    """First and last offset of what stands at a path: its alias, nothing if it is merged."""
    node = document.root
    for segment in path:
        if node.kind == 1:
            entry = node.entry(segment)
            if entry is None:
                return None
            node = entry.value
        elif node.kind == 2:
            node = node.items[segment]
    return node.start, node.end


def stays_around(text, edited, place):
    """All lines stay but those of the place; where it has none of its own, all lines stay."""
    if place is None:
        return not [line for line in diff(text, edited) if line.kind == "-"]
    before = text.rfind("\n", 0, place[0]) + 1
    after = text.find("\n", place[1] - (text[place[1] - 1] == "\n"))
    return edited.startswith(text[:before]) and edited.endswith(text[after:] if after >= 0 else "")


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_saying_again_what_a_text_says_changes_no_byte(text):
    for document in read(text):
        changes = [(path, get(document.value, path)) for path in places(document.value)]
        changes += [
            ((*path, "absent"), ABSENT)
            for path in places(document.value)
            if isinstance(get(document.value, path), dict)
        ]
        assert edit(text, document.index, changes) is text


def test_one_scalar_changed_changes_the_lines_of_that_scalar_only():
    """At least 99 of 100 within their own lines; the meaning is right every time. What an anchor repeats
    elsewhere cannot change alone: it is refused, and not counted."""
    tried, within = 0, 0
    for name, text in TEXTS.items():
        documents = read(text)
        for document in documents:
            # Those beside the project are many and alike: every tenth scalar.
            for path in scalars(document.value)[:: 1 if name in OWN else 10]:
                change = (path, another(get(document.value, path)))
                try:
                    edited = edit(text, document.index, [change])
                except EditRefused as refusal:
                    tried += refusal.code != "shared-anchor"
                    continue
                tried += 1
                meant = [d.value for d in documents]
                meant[document.index] = patch(document.value, [change])
                assert [d.value for d in read(edited)] == meant
                within += stays_around(text, edited, span(document, path))
    assert tried > 700
    assert within / tried >= 0.99


WORDS = [
    "a", "b c", "one two three", "it's a b", "7 8", "yes", "0755", "x: y", "line1\nline2\n", "line1\n  l2",
    "中文", "", "http://h:80/p?q=1", "- a", "#no", 'say "x"', "a\n\nb\n", "tab\tx",
    "*star", "{{ x }}", "$(N)", "--v=2", "1.5", " lead",
]  # fmt: skip
KEYS = ["name", "image", "env", "on", "a b", "app.kubernetes.io/name", "1", "中文", "x: y", "ports"]
LEAVES = st.none() | st.booleans() | st.sampled_from([0, 7, -3, 1.5, 10**20]) | st.sampled_from(WORDS)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.sampled_from(KEYS), VALUES, min_size=1, max_size=5)


@st.composite
def edits(draw):
    """An object, and changes one after the other: set, put in, append, remove."""
    value = draw(OBJECTS)
    changes, now = [], value
    for _ in range(draw(st.sampled_from([1, 1, 2, 3]))):
        path = draw(st.sampled_from(list(places(now))))
        here = get(now, path)
        if isinstance(here, dict) and draw(st.booleans()):
            path = (*path, draw(st.sampled_from([*KEYS, "new"])))
        elif isinstance(here, list) and draw(st.booleans()):
            path = (*path, len(here))
        if not path:
            path = ("new",)
        changes.append((path, draw(VALUES | st.just(ABSENT))))
        now = patch(now, changes[-1:])
    return value, changes, now


def comments(text):
    return set(re.findall("# c[0-9]+: x", text))


@settings(max_examples=300, derandomize=True)
@given(edits(), st.integers(0, 10**9), st.booleans())
def test_any_edit_of_any_text_means_what_was_asked_for(case, seed, crlf):
    value, changes, wanted = case
    text = Renderer(Random(seed)).render(value)
    text = text.replace("\n", "\r\n") if crlf and "\n" not in str(value) else text
    assert [d.value for d in read(text)] == [value], "the renderer is wrong"
    edited = edit(text, 0, changes)
    assert [d.value for d in read(edited)] == [wanted]
    if not any(new is ABSENT or isinstance(get(value, path), (dict, list)) for path, new in changes):
        assert comments(edited) == comments(text)


@settings(max_examples=150, derandomize=True)
@given(edits(), st.integers(0, 10**9))
def test_shared_values_are_never_changed_elsewhere(case, seed):
    value, changes, wanted = case
    text = Renderer(Random(seed), anchors=True).render(value)
    assert [d.value for d in read(text)] == [value], "the renderer is wrong"
    refusal, edited = None, text
    try:
        edited = edit(text, 0, changes)
    except EditRefused as error:
        refusal = error.code
    assert refusal == "shared-anchor" if refusal else [d.value for d in read(edited)] == [wanted]


@settings(max_examples=150, derandomize=True)
@given(edits(), st.sampled_from([None, 1, 2, 4, "\t"]), st.booleans(), st.booleans())
def test_json_stays_json(case, indent, ascii_only, tight):
    value, changes, wanted = case
    separators = (",", ":") if tight and indent is None else None
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only, separators=separators)
    edited = edit(text, 0, changes)
    assert json.loads(edited) == wanted
    assert read(edited)[0].format == "json"
    assert ("\n" in edited) <= (indent is not None)
