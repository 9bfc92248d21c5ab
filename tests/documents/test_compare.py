from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workloads.documents import DiffLine, choose, clashes, diff, merge
from workloads.documents.compare import LineMatcher
from workloads.documents.merge import Merged

TEN = "".join(f"{i}\n" for i in range(10))


def shown(lines):
    return [f"{line.kind}{line.text}" for line in lines]


def test_a_difference_is_shown_with_its_surroundings():
    lines = diff(TEN, TEN.replace("2\n", "two\n").replace("8\n", ""), context=1)
    assert shown(lines) == ["@", " 1", "-2", "+two", " 3", "@", " 7", "-8", " 9"]
    assert lines[0] == DiffLine("@", "", 2, 2)
    assert lines[2:4] == [DiffLine("-", "2", 3, 0), DiffLine("+", "two", 0, 3)]
    assert lines[-1] == DiffLine(" ", "9", 10, 9)


def test_texts_that_are_equal_new_or_gone():
    assert diff(TEN, TEN) == []
    assert shown(diff("", "a\nb")) == ["+a", "+b"]
    assert shown(diff("a\n", "")) == ["-a"]
    assert shown(diff("a", "a\n")) == ["-a", "+a"], "a line break at the end counts"


def test_only_line_breaks_of_yaml_break_lines():
    assert shown(diff("a\x0cb\u2028c\n", "a\x0cb\u2028d\n")) == ["-a\x0cb\u2028c", "+a\x0cb\u2028d"]
    assert shown(diff("a\r\nb\r\n", "a\r\nc\r\n")) == [" a", "-b", "+c"]


def applied(old, lines):
    """The new text's lines, from the old text and a difference with all its surroundings."""
    return [line.text for line in lines if line.kind in " +"] if lines else old.splitlines()


@settings(max_examples=100, derandomize=True)
@given(st.lists(st.sampled_from("abc")), st.lists(st.sampled_from("abc")))
def test_a_difference_leads_from_one_text_to_the_other(old, new):
    before, after = ("".join(f"{line}\n" for line in lines) for lines in (old, new))
    lines = diff(before, after, context=100)
    assert applied(before, lines) == new
    assert all(old[line.old_line - 1] == line.text for line in lines if line.old_line and line.kind != "@")
    assert all(new[line.new_line - 1] == line.text for line in lines if line.new_line and line.kind != "@")


BASE = "a: 1\nb: 2\nc: 3\nd: 4\ne: 5\n"


def test_changes_in_different_places_are_both_kept():
    mine, theirs = BASE.replace("a: 1", "a: mine"), BASE.replace("e: 5\n", "e: theirs\nf: 6\n")
    assert merge(BASE, mine, theirs).text == "a: mine\nb: 2\nc: 3\nd: 4\ne: theirs\nf: 6\n"
    assert merge(BASE, mine, theirs).conflicts == 0
    assert merge(BASE, mine, mine).text == mine
    assert merge(BASE, BASE, theirs).text == theirs
    assert merge(BASE, mine, BASE).text == mine


def test_changes_in_the_same_place_are_marked_as_git_does():
    merged = merge(BASE, BASE.replace("c: 3", "c: my own"), BASE.replace("c: 3", "c: another's"))
    assert merged.conflicts == 1
    assert merged.text == (
        "a: 1\nb: 2\n<<<<<<< mine\nc: my own\n=======\nc: another's\n>>>>>>> theirs\nd: 4\ne: 5\n"
    )


@pytest.mark.parametrize("line_break", ["\n", "\r\n"])
def test_line_breaks_stay(line_break):
    base, mine, theirs = (
        text.replace("\n", line_break) for text in ("a\nb\nc\nd", "A\nb\nc\nd", "a\nb\nc\nD")
    )
    assert merge(base, mine, theirs).text == "A\nb\nc\nD".replace("\n", line_break)
    conflict = merge(base, mine, base.replace("a", "x"))
    assert conflict.text.count("\n") == conflict.text.count(line_break)


def test_each_clash_is_chosen_on_its_own():
    mine, theirs = BASE.replace("1", "m").replace("5", "m"), BASE.replace("1", "t").replace("e: 5\n", "")
    merged = merge(BASE, mine, theirs).text
    first, second = clashes(merged)
    assert (first.line, first.between, first.last_line) == (1, 3, 5)
    assert (first.mine, first.theirs) == (["a: m\n"], ["a: t\n"])
    assert (second.mine, second.theirs) == (["e: m\n"], [])
    assert choose(merged, "mine") == mine
    assert choose(merged, "theirs") == theirs
    one_left = choose(merged, "both", 0)
    assert one_left.startswith("a: m\na: t\nb: 2\n")
    assert choose(one_left, "theirs", 0) == "a: m\na: t\nb: 2\nc: 3\nd: 4\n"


def test_a_clash_within_a_side_is_chosen_after_its_side():
    inner = merge("a\n", "b\n", "c\n").text
    outer = merge("a\n", inner, "d\n").text
    assert len(clashes(outer)) == 1
    assert choose(outer, "mine", 0) == inner
    assert choose(outer, "theirs", 0) == "d\n"


NEIGHBOURS = {
    "two fields": ("a: 1\nb: 2\n", "a: 9\nb: 2\n", "a: 1\nb: 8\n", "a: 9\nb: 8\n"),
    "no line break": ("a: 1\nb: 2", "a: 9\nb: 2", "a: 1\nb: 8", "a: 9\nb: 8"),
    "Windows": ("a: 1\r\nb: 2\r\n", "a: 9\r\nb: 2\r\n", "a: 1\r\nb: 8\r\n", "a: 9\r\nb: 8\r\n"),
    "comments": ("a: 1 # x\nb: 2\n", "a: 1 # y\nb: 2\n", "a: 1 # x\n# z\nb: 8\n", "a: 1 # y\n# z\nb: 8\n"),
    "one removed": ("a: 1\nb: 2\nc: 3\n", "b: 2\nc: 3\n", "a: 1\nb: 8\nc: 3\n", "b: 8\nc: 3\n"),
    "one added": ("a: 1\n", "a: 1\nb: 2\n", "a: 9\n", "a: 9\nb: 2\n"),
    "both added": ("a: 1\n", "a: 1\nb: 2\n", "a: 1\nc: 3\n", "a: 1\nb: 2\nc: 3\n"),
    "the same, too": ("a: 1\nb: 2\nc: 3\n", "a: 9\nb: 9\nc: 3\n", "a: 9\nb: 2\nc: 9\n", None),
    "items with names": (
        "- name: a\n  x: 1\n- name: b\n  x: 1\n", "- name: a\n  x: 2\n- name: b\n  x: 1\n",
        "- name: a\n  x: 1\n- name: c\n  x: 1\n- name: b\n  x: 1\n",
        "- name: a\n  x: 2\n- name: c\n  x: 1\n- name: b\n  x: 1\n",
    ),
    "two items": ("- 1\n- 2\n", "- 9\n- 2\n", "- 1\n- 8\n", "- 9\n- 8\n"),
}  # fmt: skip


@pytest.mark.parametrize(("base", "mine", "theirs", "merged"), NEIGHBOURS.values(), ids=NEIGHBOURS)
def test_neighbouring_lines_of_different_fields_are_no_conflict(base, mine, theirs, merged):
    if merged is not None:
        assert merge(base, mine, theirs) == Merged(merged, 0)
        around = [f"k: 1\nz:\n  y: 1\n---\n{text}" for text in (base, mine, theirs, merged)]
        assert merge(*around[:3]) == Merged(around[3], 0)
    else:
        assert merge(base, mine, theirs).conflicts == 1


@pytest.mark.parametrize(
    ("base", "mine", "theirs"),
    [
        ("a: 1\n", "a: 2\n", "a: 3\n"),
        ("a: 1\n", "a: 1\nb: 2\n", "a: 1\nb: 3\n"),
        ("a: {b: 1}\nc: 1\n", "a: {b: 2}\nc: 1\n", "c: 1\n"),
        ("a:\n- 1\n", "a:\n- 1\n- 2\n", "a:\n- 1\n- 3\n"),
        ("a: |\n  x\n  y\n", "a: |\n  X\n  y\n", "a: |\n  x\n  Y\n"),
        ("a: 1\nb: [\n", "a: 2\nb: [\n", "a: 1\nb: {\n"),
        ("a: &x 1\nb: *x\n", "a: &x 2\nb: *x\n", "a: &x 1\nb: 1\n"),
    ],
)
def test_one_field_changed_by_both_is_a_conflict(base, mine, theirs):
    merged = merge(base, mine, theirs)
    assert merged.conflicts == 1
    assert choose(merged.text, "mine") == mine
    assert choose(merged.text, "theirs") == theirs


def test_beside_a_conflict_different_fields_are_still_joined():
    base, mine, theirs = "a: 1\nk: 0\nb: 1\nc: 1\n", "a: 2\nk: 0\nb: 2\nc: 1\n", "a: 3\nk: 0\nb: 1\nc: 3\n"
    merged = merge(base, mine, theirs)
    assert merged.conflicts == 1
    assert choose(merged.text, "mine") == "a: 2\nk: 0\nb: 2\nc: 3\n"


@pytest.mark.parametrize("text", ["", "a: 1\n", "<<<<<<< a\nb\n=======\n", "=======\n>>>>>>> b\n"])
def test_markers_without_their_like_are_no_clash(text):
    assert clashes(text) == []
    assert choose(text, "mine") == text
    with pytest.raises(IndexError):
        choose(text, "mine", 0)


@settings(max_examples=100, derandomize=True)
@given(*[st.lists(st.sampled_from("abc"), max_size=8)] * 3)
def test_as_many_clashes_are_found_as_a_merge_marked(base, mine, theirs):
    texts = ["".join(f"{line}\n" for line in lines) for lines in (base, mine, theirs)]
    merged = merge(*texts)
    assert len(clashes(merged.text)) == merged.conflicts
    assert all(not clashes(choose(merged.text, side)) for side in ("mine", "theirs", "both"))


TEXTS = st.lists(st.sampled_from("abcdef"), max_size=8).map(lambda lines: "".join(f"{x}\n" for x in lines))


@settings(max_examples=200, derandomize=True)
@given(TEXTS, TEXTS)
def test_a_change_of_one_side_or_the_same_change_of_both_merges_clean(base, changed):
    assert merge(base, changed, base) == merge(base, base, changed) == Merged(changed, 0)
    assert merge(base, changed, changed) == Merged(changed, 0)


@settings(max_examples=200, derandomize=True)
@given(TEXTS, TEXTS, TEXTS, TEXTS)
def test_changes_apart_from_each_other_are_both_kept(head, new_head, tail, new_tail):
    middle = "kept\n"
    merged = merge(head + middle + tail, new_head + middle + tail, head + middle + new_tail)
    assert merged == Merged(new_head + middle + new_tail, 0)


@settings(max_examples=200, derandomize=True)
@given(TEXTS, TEXTS, TEXTS)
def test_sides_are_told_apart_whichever_comes_first(base, mine, theirs):
    """No line of either side is lost, and which side is called mine decides the order only."""
    one, other = merge(base, mine, theirs), merge(base, theirs, mine)
    assert one.conflicts == other.conflicts
    for here, there in zip(clashes(one.text), clashes(other.text), strict=True):
        assert (here.mine, here.theirs) == (there.theirs, there.mine)
    assert choose(one.text, "mine") == choose(other.text, "theirs")


class Line(str):
    """Counts how often it was compared or looked up."""

    work = 0
    __slots__ = ()

    def __eq__(self, other):
        Line.work += 1
        return str.__eq__(self, other)

    def __hash__(self):
        Line.work += 1
        return str.__hash__(self)


LONG = 6_000


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ([f"a{n}" for n in range(LONG)], [f"a{n}" if n % 2 else f"b{n}" for n in range(LONG)]),
        ([f"a{n}" for n in range(LONG)], [f"b{n}" for n in range(LONG)]),
        ([f"a{n % 7}" for n in range(LONG)], [f"a{n % 11}" for n in range(LONG)]),
        (["x", "y"] * (LONG // 2), ["y", "z", "x"] * (LONG // 3)),
    ],
    ids=["every second line", "all", "repeated", "two lines"],
)
def test_the_work_for_long_texts_grows_with_their_lines(old, new):
    Line.work = 0
    blocks = LineMatcher(None, [Line(x) for x in old], [Line(x) for x in new]).get_matching_blocks()
    assert Line.work < 40 * LONG
    at = to = 0
    for i, j, size in blocks:
        assert (i, j) >= (at, to)
        assert old[i : i + size] == new[j : j + size]
        at, to = i + size, j + size


def test_very_many_changes_are_merged_one_by_one():
    lines = [[f"name-{n}: 1\n", f"kept-{n}: 1\n", f"value-{n}: 1\n", f"end-{n}:\n"] for n in range(5_000)]
    base = "".join(line for four in lines for line in four)
    mine = base.replace("name-", "mine-")
    merged = merge(base, mine, base.replace("value-", "theirs-"))
    assert merged == Merged(mine.replace("value-", "theirs-"), 0)
    clashing = merge(base, mine, base.replace("name-", "theirs-"))
    assert clashing.conflicts == 5_000
    assert choose(clashing.text, "mine") == mine


def test_a_long_part_without_a_line_of_its_own_is_one_clash():
    base, mine, theirs = ("".join(f"x: {n % k}\n" for n in range(20_000)) for k in (7, 11, 13))
    merged = merge(f"a: 1\n{base}b: 2\n", f"a: 1\n{mine}b: 2\n", f"a: 1\n{theirs}b: 2\n")
    assert merged.conflicts == 1
    assert choose(merged.text, "theirs") == f"a: 1\n{theirs}b: 2\n"


def test_a_change_in_a_long_text_of_equal_parts_is_found_where_it_is():
    part = "".join(f"line-{n}: x\n" for n in range(800))
    old = part * 2
    found = [line for line in diff(old, old.replace("line-5:", "five:")) if line.kind in "+-"]
    assert [line.kind for line in found] == ["-", "+"] * 2
