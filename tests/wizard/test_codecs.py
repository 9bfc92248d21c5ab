"""Values ↔ the strings of a form."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from workloads.documents.paths import ABSENT
from workloads.wizard.form.codecs import (
    AS_TYPED,
    BYTES,
    CPU,
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
    with_unit,
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
        (CPU, 1, "1"),
        (CPU, "100m", "100m"),
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
    ("codec", "shown", "parts", "offered"),
    [
        (CPU, "", ("", "m"), ["m", ""]),
        (CPU, "250m", ("250", "m"), ["m", ""]),
        (CPU, "0.5", ("0.5", ""), ["m", ""]),
        (CPU, "250u", ("250", "u"), ["m", "", "u"]),
        (CPU, "1e3", ("1e3", ""), ["m", ""]),
        (CPU, "much", ("much", "m"), ["m", ""]),
        (BYTES, "", ("", "Mi"), ["Mi", "Gi", "M", "G", ""]),
        (BYTES, "1.5Gi", ("1.5", "Gi"), ["Mi", "Gi", "M", "G", ""]),
        (BYTES, "134217728", ("134217728", ""), ["Mi", "Gi", "M", "G", ""]),
        (BYTES, "1Ti", ("1", "Ti"), ["Mi", "Gi", "M", "G", "", "Ti"]),
    ],
)
def test_an_amount_is_a_number_and_a_unit(codec, shown, parts, offered):
    assert codec.split(shown) == parts
    assert [unit for unit, _label in codec.options(shown)] == offered


@given(st.sampled_from([CPU, BYTES]), st.text())
@example(CPU, " 100m ")
@example(CPU, "100 ")
@example(BYTES, "1E")
def test_an_untouched_amount_is_what_the_document_has(codec, shown):
    assert with_unit(*codec.split(shown)) == shown


@pytest.mark.parametrize(
    ("number", "unit", "raw"),
    [
        ("512", "Mi", "512Mi"),
        (" 512 ", "Mi", "512Mi"),
        ("1Gi", "Mi", "1Gi"),
        ("0.5", "", "0.5"),
        ("", "Mi", ""),
        ("much", "Mi", "much"),
    ],
)
def test_a_typed_unit_wins_over_the_chosen_one(number, unit, raw):
    assert with_unit(number, unit) == raw


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
        (CPU, "2", "2"),
        (CPU, "0", ABSENT),
        (CPU, "0m", ABSENT),
        (BYTES, "0.0Gi", ABSENT),
        (BYTES, "10Mi", "10Mi"),
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
