"""What a page shows of something long, and what it says of the rest."""

from __future__ import annotations

import pytest

from workloads.daemonsets.manifest.findings import Finding
from workloads.documents import diff
from workloads.services.excerpt import (
    MOST_CHARACTERS,
    MOST_FINDINGS,
    MOST_IN_LINE,
    MOST_LINES,
    diff_excerpt,
    findings_excerpt,
    text_excerpt,
)


@pytest.mark.parametrize("text", ["", "a", "a\nb\n", "x" * MOST_IN_LINE, "x\n" * MOST_LINES])
def test_what_is_not_long_is_shown_whole(text):
    found = text_excerpt(text)
    assert (found.shown, found.more, found.cut) == (text.splitlines(), 0, 0)


def test_of_too_many_lines_the_first_are_shown():
    found = text_excerpt("\n".join(map(str, range(MOST_LINES + 5))))
    assert (len(found.shown), found.shown[-1], found.more, found.cut) == (
        MOST_LINES,
        str(MOST_LINES - 1),
        5,
        0,
    )
    assert found.total == MOST_LINES + 5


def test_a_line_that_is_too_long_ends_early():
    found = text_excerpt("short\n" + "x" * (MOST_IN_LINE + 1) + "\nlast")
    assert found.shown == ["short", "x" * MOST_IN_LINE + "…", "last"]
    assert (found.more, found.cut) == (0, 1)


def test_many_long_lines_together_are_too_much():
    found = text_excerpt("\n".join(["y" * MOST_IN_LINE] * 100))
    assert sum(map(len, found.shown)) <= MOST_CHARACTERS + 1
    assert len(found.shown) + found.more == 100
    assert found.more > 0


def test_a_diff_keeps_the_kinds_and_numbers_of_its_lines():
    old, new = "\n".join(map(str, range(3 * MOST_LINES))), "z" * (MOST_IN_LINE + 9)
    lines = diff(old, new)
    found = diff_excerpt(lines)
    assert found.shown == lines[:MOST_LINES]
    assert found.more == len(lines) - MOST_LINES
    [last] = diff_excerpt(lines[-1:]).shown
    assert (last.kind, last.new_line, len(last.text)) == ("+", 1, MOST_IN_LINE + 1)


def test_of_too_many_findings_the_errors_come_first_in_the_order_of_the_text():
    def finding(number, severity):
        return Finding((), "%(n)d", severity, params={"n": number}, line=number)

    findings = [finding(n, "error" if n % 3 == 0 else "warning") for n in range(3 * MOST_FINDINGS - 30)]
    found = findings_excerpt(findings)
    assert len(found.shown) == MOST_FINDINGS
    assert found.more == len(findings) - MOST_FINDINGS
    assert [each.line for each in found.shown] == sorted(each.line for each in found.shown)
    assert sum(each.severity == "error" for each in found.shown) == MOST_FINDINGS - 10
    assert findings_excerpt(findings[:MOST_FINDINGS]).shown == findings[:MOST_FINDINGS]
