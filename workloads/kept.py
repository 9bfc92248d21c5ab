"""What was calculated lately, kept by what it was calculated from."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from threading import Lock
from typing import Generic, TypeVar

S = TypeVar("S")
T = TypeVar("T")


class Kept(Generic[T]):
    """The results of the last calculations, at most `most`. They are shared: nobody changes them.

    Of several threads that ask for the same at once, one calculates and the others wait for it. A key must
    contain all that the result depends on. A result that not everybody may see has the person in its key.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._results: OrderedDict[Hashable, Future[T]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, calculate: Callable[[], T]) -> T:
        """Raises what `calculate` raises; that is not kept."""
        with self._lock:
            result = self._results.get(key)
            is_new = result is None
            if result is None:
                result = self._results[key] = Future()
            self._results.move_to_end(key)
            while len(self._results) > self._most:
                self._results.popitem(last=False)
        if is_new:
            try:
                result.set_result(calculate())
            except BaseException as error:  # noqa: BLE001  # those who wait get it too
                with self._lock:
                    self._results.pop(key, None)
                result.set_exception(error)
        return result.result()


class Prepared(Generic[S, T]):
    """What `prepare` makes of a tuple, which nobody changes, is made once for as long as it is among the last
    `most`; of other collections, each time. It is shared: nobody changes it."""

    def __init__(self, prepare: Callable[[S], T], most: int) -> None:
        self._prepare = prepare
        self._kept = Kept[T](most)

    def of(self, items: S) -> T:
        if not isinstance(items, tuple):
            return self._prepare(items)
        return self._kept.get(key_of(items), lambda: self._prepare(items))


class _Same:
    """The key of one object, which is kept with it so that no other one gets its id."""

    def __init__(self, value: object) -> None:
        self._value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self._value is other._value

    def __hash__(self) -> int:
        return id(self._value)


def key_of(part: object) -> Hashable:
    """The key of plain data: of a tuple, which nobody changes, that it is this one; of other data what it
    says."""
    return _Same(part) if isinstance(part, tuple) else digest(part)


def digest(*parts: object) -> str:
    """Of plain data: differs where one of the parts does."""
    seen = hashlib.sha256()
    for part in parts:
        seen.update(repr(part).encode())
        seen.update(b"\0")
    return seen.hexdigest()
