"""What was calculated is kept by its key, and calculated once."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest

from workloads.kept import Kept, Prepared, digest


def test_the_same_key_is_calculated_once():
    kept, calls = Kept[str](2), []

    def calculate(name):
        calls.append(name)
        return name.upper()

    assert [kept.get(key, lambda key=key: calculate(key)) for key in "aab"] == ["A", "A", "B"]
    assert calls == ["a", "b"]


def test_what_was_not_asked_for_longest_goes_first():
    kept, calls = Kept[None](2), []
    for key in "abacab":
        kept.get(key, lambda key=key: calls.append(key))
    assert calls == ["a", "b", "c", "b"]


def test_a_tuple_is_prepared_once_and_one_that_is_equal_is_another():
    prepared = Prepared[Sequence[int], list[int]](list, 2)
    items = [1, 2]
    one, other = tuple(items), tuple(items)
    assert prepared.of(one) is prepared.of(one)
    assert prepared.of(other) is not prepared.of(one)
    assert prepared.of(other) == [1, 2]


def test_what_may_change_is_prepared_each_time():
    prepared, items = Prepared[Sequence[int], list[int]](list, 2), [1]
    assert prepared.of(items) == [1]
    items.append(2)
    assert prepared.of(items) == [1, 2]


def test_an_error_is_raised_and_not_kept():
    kept = Kept[int](2)

    def fail():
        raise ValueError("no")

    for _again in range(2):
        with pytest.raises(ValueError, match="no"):
            kept.get("a", fail)
    assert kept.get("a", lambda: 1) == 1


def test_of_many_that_ask_at_once_one_calculates():
    kept, calls, start, finish = Kept[int](2), [], Barrier(5), Event()

    def calculate():
        calls.append(1)
        finish.wait(5)
        return 7

    def ask():
        start.wait(5)
        return kept.get("a", calculate)

    with ThreadPoolExecutor(4) as pool:
        answers = [pool.submit(ask) for _thread in range(4)]
        start.wait(5)
        finish.set()
        assert [each.result(5) for each in answers] == [7] * 4
    assert calls == [1]


def test_a_digest_tells_parts_apart():
    assert digest("a", "b") == digest("a", "b")
    assert len({digest("a", "b"), digest("ab"), digest("b", "a"), digest(["a", "b"])}) == 4
