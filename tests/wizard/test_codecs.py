"""Values ↔ the strings of a form."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from workloads.documents.paths import ABSENT
from workloads.wizard.form.codecs import (
    AMOUNT,
    AS_TYPED,
    FLAG,
    LINES,
    NUMBER,
    NUMBER_OR_TEXT,
    NUMBERS,
    QUANTITY,
    TEXT,
    TRISTATE,
    WORDS,
    ChoiceCodec,
    Undecodable,
    plain,
)

PULL = ChoiceCodec((("Always", "Always"), ("Never", "Never")), "Default")


@pytest.mark.parametrize(
    ("codec", "value", "shown"),
    [
        (TEXT, "a", "a"),
        (TEXT, 8080, "8080"),
        (TEXT, True, "true"),
        (TEXT, None, ""),
        (TEXT, ABSENT, ""),
        (TEXT, {"a": 1}, None),
        (TEXT, ["a"], None),
        (TEXT, "bell \a", None),
        (TEXT, "a\r\nb", None),
        (AS_TYPED, "first\nsecond\n", "first\nsecond\n"),
        (NUMBER, 10, "10"),
        (NUMBER, "10", "10"),
        (NUMBER, 1.5, "1.5"),
        (NUMBER_OR_TEXT, "10%", "10%"),
        (AMOUNT, 1, "1"),
        (AMOUNT, "100m", "100m"),
        (PULL, "Always", "Always"),
        (PULL, "Sometimes", "Sometimes"),
        (PULL, 1, None),
        (TRISTATE, False, "false"),
        (TRISTATE, ABSENT, ""),
        (TRISTATE, "yes", None),
        (FLAG, True, "true"),
        (FLAG, False, ""),
        (FLAG, "true", None),
        (LINES, ["a,b", ' "c" '], 'a,b\n "c" '),
        (LINES, [], ""),
        (LINES, ["a", ""], None),
        (LINES, ["a", 1], None),
        (LINES, "a", None),
        (LINES, ["set -e\n\nrun\n", "x"], "|\n  set -e\n\n  run\nx"),
        (LINES, ["a\nb"], "|-\n  a\n  b"),
        (LINES, ["a\n\n"], None),
        (LINES, ["|"], None),
        (WORDS, ["NET_ADMIN", "SYS_TIME"], "NET_ADMIN, SYS_TIME"),
        (WORDS, ["two words"], None),
        (NUMBERS, [1, 2], "1, 2"),
        (NUMBERS, ["1"], None),
        (NUMBERS, [True], None),
    ],
)
def test_a_value_is_shown_or_said_to_be_only_in_yaml(codec, value, shown):
    assert codec.show(value) == shown


@pytest.mark.parametrize(
    ("codec", "raw", "value"),
    [
        (TEXT, "  a ", "a"),
        (TEXT, " ", ABSENT),
        (AS_TYPED, " a ", " a "),
        (AS_TYPED, "", ABSENT),
        (NUMBER, " 10 ", 10),
        (NUMBER, "-1", -1),
        (NUMBER, "", ABSENT),
        (NUMBER_OR_TEXT, "1", 1),
        (NUMBER_OR_TEXT, "10%", "10%"),
        (NUMBER_OR_TEXT, "http", "http"),
        (AMOUNT, "2", "2"),
        (AMOUNT, "0", ABSENT),
        (QUANTITY, "0", "0"),
        (PULL, "Never", "Never"),
        (PULL, "", ABSENT),
        (TRISTATE, "false", False),
        (TRISTATE, "", ABSENT),
        (FLAG, "true", True),
        (FLAG, "", ABSENT),
        (LINES, "a,b\n\n c\n", ["a,b", " c"]),
        (LINES, "\n", ABSENT),
        (LINES, "sh\n-c\n|\n  a\n    b\n\n  c\nlast", ["sh", "-c", "a\n  b\n\nc\n", "last"]),
        (LINES, "|-\n  a\n  b", ["a\nb"]),
        (WORDS, "NET_ADMIN,SYS_TIME  ALL", ["NET_ADMIN", "SYS_TIME", "ALL"]),
        (NUMBERS, "1000, 2000", [1000, 2000]),
        (NUMBERS, " ", ABSENT),
    ],
)
def test_what_is_typed_is_read(codec, raw, value):
    read = codec.read(raw, ABSENT)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("codec", "raw"),
    [
        (NUMBER, "ten"),
        (NUMBER, "1.5"),
        (NUMBER, "٣"),
        (NUMBER, "9" * 19),
        (PULL, "Sometimes"),
        (TRISTATE, "maybe"),
        (NUMBERS, "1, two"),
        (LINES, "|\nnot behind blanks"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_sentence(codec, raw):
    with pytest.raises(Undecodable) as caught:
        codec.read(raw, ABSENT)
    assert str(caught.value.message).endswith(".")


def test_an_author_who_writes_numbers_keeps_numbers():
    assert QUANTITY.read("3", 2) == 3
    assert QUANTITY.read("3", "2") == "3"
    assert QUANTITY.read("500m", 2) == "500m"


def test_a_select_always_offers_the_present_value():
    assert [raw for raw, _ in PULL.options("Sometimes")] == ["", "Always", "Never", "Sometimes"]
    assert [raw for raw, _ in PULL.options("Never")] == ["", "Always", "Never"]


def test_a_value_with_line_breaks_gets_a_textarea():
    assert AS_TYPED.widget("a\nb") == "textarea"
    assert AS_TYPED.widget("a") == "text"


def test_characters_that_no_manifest_holds_are_refused():
    with pytest.raises(Undecodable):
        plain("a\0b")


@example(["a\n", "  b"])
@given(st.lists(st.text(st.sampled_from("ab |-,\"'\n\\ ")), min_size=1))
def test_lines_read_back_what_they_show(items):
    shown = LINES.show(items)
    if shown is not None:
        assert LINES.read(shown, ABSENT) == items
