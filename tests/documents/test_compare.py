from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workloads.documents import DiffLine, diff, merge

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


@settings(max_examples=100, deadline=None, derandomize=True)
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
    merged = merge(
        BASE, BASE.replace("c: 3", "c: mine"), BASE.replace("c: 3", "c: theirs"), "yours", "stored"
    )
    assert merged.conflicts == 1
    assert merged.text == (
        "a: 1\nb: 2\n<<<<<<< yours\nc: mine\n=======\nc: theirs\n>>>>>>> stored\nd: 4\ne: 5\n"
    )


@pytest.mark.parametrize("line_break", ["\n", "\r\n"])
def test_line_breaks_stay(line_break):
    base, mine, theirs = (
        text.replace("\n", line_break) for text in ("a\nb\nc\nd", "A\nb\nc\nd", "a\nb\nc\nD")
    )
    assert merge(base, mine, theirs).text == "A\nb\nc\nD".replace("\n", line_break)
    conflict = merge(base, mine, base.replace("a", "x"))
    assert conflict.text.count("\n") == conflict.text.count(line_break)
