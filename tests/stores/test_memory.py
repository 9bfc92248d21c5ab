"""What was read of clusters a moment ago."""

from __future__ import annotations

import threading
import time

import pytest

from console.errors import Forbidden, Unreachable
from workloads.stores.cluster.memory import Memory

LARGE = 10**9


class Reader:
    """Answers with the numbers from 1; raises the errors first."""

    def __init__(self, *errors):
        self.errors, self.count = list(errors), 0

    def __call__(self):
        self.count += 1
        if self.errors:
            raise self.errors.pop(0)
        return self.count


@pytest.fixture
def memory():
    return Memory(LARGE, 300)


def answer(memory, *asked):
    found, _when = memory.read(*asked)
    return found


def now():
    return time.monotonic()


def test_what_is_new_enough_is_not_read_again(memory):
    reader = Reader()
    assert answer(memory, "a", now(), 60, reader) == 1
    assert answer(memory, "a", now(), 60, reader) == 1
    assert answer(memory, "b", now(), 60, reader) == 2


def test_what_is_older_is_read_again(memory):
    reader = Reader()
    answer(memory, "a", now(), 60, reader)
    assert answer(memory, "a", now() + 50, 60, reader) == 1
    assert answer(memory, "a", now() + 70, 60, reader) == 2
    later = now() + 1  # whoever wants nothing older still reads nothing twice
    assert answer(memory, "a", now(), 0, reader) == 3
    assert answer(memory, "a", later - 2, 0, reader) == 3


@pytest.mark.parametrize(("error", "again"), [(Forbidden("no"), False), (Unreachable("away"), True)])
def test_a_server_that_did_not_answer_is_soon_asked_again(memory, error, again):
    reader = Reader(error, error)
    for at in (now(), now() + 1):
        with pytest.raises(type(error)):
            answer(memory, "a", at, 60, reader)
    assert reader.count == 1
    try:
        answer(memory, "a", now() + 10, 60, reader)
    except type(error):
        pass
    assert (reader.count == 2) is again


def test_several_at_the_same_time_read_once(memory):
    started, go = threading.Event(), threading.Event()
    reader = Reader()

    def slow():
        started.set()
        go.wait(10)
        return reader()

    found = []
    threads = [
        threading.Thread(target=lambda: found.append(answer(memory, "a", now(), 60, slow))) for _ in "123"
    ]
    threads[0].start()
    started.wait(10)
    for thread in threads[1:]:
        thread.start()
    go.set()
    for thread in threads:
        thread.join(10)
    assert found == [1, 1, 1]


def test_the_oldest_go_where_it_is_full():
    memory, reader = Memory(10_000, 300), Reader()
    for key in "abcd":
        answer(memory, key, now(), 60, lambda: ["x" * 100] * 30)
    answer(memory, "d", now(), 60, reader)
    assert reader.count == 0
    answer(memory, "a", now(), 60, reader)
    assert reader.count == 1


def test_one_that_is_larger_than_everything_is_kept_alone():
    memory, reader = Memory(1_000, 300), Reader()
    answer(memory, "a", now(), 60, reader)
    answer(memory, "b", now(), 60, lambda: ["x" * 100] * 30)
    answer(memory, "b", now(), 60, reader)
    answer(memory, "a", now(), 60, reader)
    assert reader.count == 2


def test_errors_make_room_too():
    memory = Memory(2_000, 300)
    for number in range(50):
        with pytest.raises(Forbidden):
            memory.read(number, now(), 60, Reader(Forbidden("no")))
    refused = Reader(Forbidden("no"))
    assert answer(memory, 0, now(), 60, lambda: "read again") == "read again"
    with pytest.raises(Forbidden):
        memory.read(49, now(), 60, refused)
    assert refused.count == 0
