"""What was read of clusters a moment ago, in this process.

It belongs to the one who read it: who asks, in which language, of which server and since which write of
theirs is in each key. Its size is bounded, and so is the age of what is returned.
"""

from __future__ import annotations

import json
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sized
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final, TypeVar, cast

from console.errors import Forbidden, NotFound
from workloads.stores.protocol import TooMany

T = TypeVar("T")

_SAMPLE: Final = 20
_SMALL: Final = 200
"""Bytes that an entry takes besides what was read."""
_ANSWERS: Final = (Forbidden, NotFound, TooMany)
"""Errors that a server which works would repeat."""
_ERROR_AGE: Final = 0.1
"""Of the age that an answer may have, the age that another error may have."""


@dataclass(slots=True)
class _Entry:
    """asked: when, monotonic. size: about how many bytes."""

    asked: float
    found: Future[Any] = field(default_factory=Future)
    size: int = _SMALL

    def serves(self, now: float, age: float) -> bool:
        """Whether it may answer somebody who takes what is `age` seconds old."""
        if self.found.done() and (error := self.found.exception()) and not isinstance(error, _ANSWERS):
            age *= _ERROR_AGE
        return self.asked >= now - age


class Memory:
    """Threads may share it. What is read by several at the same time is read once."""

    def __init__(self, most_bytes: int, longest: float) -> None:
        """longest: seconds after which nobody takes an entry."""
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()
        self._lock = threading.Lock()
        self._most, self._longest = most_bytes, longest

    def read(self, key: Hashable, now: float, age: float, read: Callable[[], T]) -> tuple[T, float]:
        """(what `read` returns, when it was asked, monotonic); or what it did at most `age` seconds before
        `now`, or later. The caller must not change it. Raises what `read` does, or did."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None and entry.serves(now, age):
                self._entries.move_to_end(key)
                mine = None
            else:
                entry = mine = self._entries[key] = _Entry(time.monotonic())
                self._entries.move_to_end(key)
        if mine is None:
            return cast("T", entry.found.result()), entry.asked
        try:
            found = read()
            mine.size += _size(found)
            mine.found.set_result(found)
        except BaseException as error:
            mine.found.set_exception(error)
            raise
        finally:
            self._make_room()
        return found, mine.asked

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()

    def _make_room(self) -> None:
        """The oldest go first; what was asked last stays, however large it is."""
        with self._lock:
            oldest = time.monotonic() - self._longest
            for key in [key for key, entry in self._entries.items() if entry.asked < oldest]:
                del self._entries[key]
            total = sum(entry.size for entry in self._entries.values())
            while total > self._most and len(self._entries) > 1:
                total -= self._entries.popitem(last=False)[1].size


def _size(found: object) -> int:
    """About how many bytes something is as JSON, by a sample of what it holds."""
    if not isinstance(found, Sized) or isinstance(found, str | bytes | dict) or not len(found):
        return len(json.dumps(found, default=str))
    sample = [len(json.dumps(each, default=str)) for each in islice(iter(cast("Any", found)), _SAMPLE)]
    return sum(sample) * len(found) // len(sample)
