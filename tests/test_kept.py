"""What was calculated is kept by its key, and calculated once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest

from workloads.kept import Kept, digest


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
