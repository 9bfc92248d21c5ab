"""Sentences with their values in them."""

from __future__ import annotations

import pytest

from workloads.services.translation import filled


@pytest.mark.parametrize(
    ("text", "value", "found"),
    [
        ("%(n)d pods", 5000, "5,000 pods"),
        ("%(n)d pods", 999, "999 pods"),
        ("%(port)d", 29653, "29653"),
        ("%(line)d", 2754, "2754"),
        ("%(name)s", "5000", "5000"),
    ],
)
def test_amounts_are_grouped_and_other_numbers_are_not(text, value, found):
    name = text[text.index("(") + 1 : text.index(")")]
    assert filled(text, {name: value}) == found
