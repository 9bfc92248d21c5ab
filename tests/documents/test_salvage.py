"""The documents that can be read beside one that cannot."""

from __future__ import annotations

import pytest

from workloads.documents import read
from workloads.documents.salvage import blanked, broken_documents, without

GOOD = "a: 1\n", "b:\n  - |\n    --- not a marker\n", "# c\nc: 3\n"
BAD = "x: [\n", "\tx: 1\n", "x: 1\n y: 2\n", "x: &a 1\ny: *b\n", "x: 1\nx: 2\n"


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("at", range(4))
def test_the_others_keep_their_meaning_lines_and_text(bad, at):
    parts = [*GOOD[:at], bad, *GOOD[at:]]
    text = "---\n".join(parts)
    [broken] = broken_documents(text)
    assert bad in text[broken.start : broken.end]
    assert text[: broken.start].count("\n") < broken.line <= text[: broken.end].count("\n") + 1
    values = [document.value for document in read("---\n".join(GOOD))]
    shown = read(blanked(text, [broken]))
    assert [document.value for document in shown] == values
    for document in shown:
        assert document.value == read(text[document.start : document.end])[0].value
    assert [document.value for document in read(without(text, [broken]))] == values


def test_several_can_be_broken():
    text = "---\n".join([BAD[0], GOOD[0], BAD[2], GOOD[1]])
    assert len(broken_documents(text)) == 2


@pytest.mark.parametrize("text", ["x: [\n", "a: 1\n", '{"a": 1}\n{"b": \n', "", "---\nx: [\n---\n"])
def test_where_nothing_else_can_be_read_nothing_is_set_apart(text):
    assert broken_documents(text) == []
