"""Benchmarks as ratios: a measure against a baseline of the same run, so that the machine matters little."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import Any, NamedTuple


class Ratio(NamedTuple):
    """`value`: time of the measure over that of its baseline; `goal`: the largest that is good enough."""

    name: str
    value: float
    goal: float


def best(
    work: Callable[[], Any], rounds: int = 5, *, clock: Callable[[], float] = time.perf_counter
) -> float:
    """Seconds of the quickest of several runs: what disturbs a run only ever makes it slower. With
    `time.process_time` as clock, other processes do not disturb it."""
    times = []
    for _ in range(rounds):
        gc.collect()
        start = clock()
        work()
        times.append(clock() - start)
    return min(times)


def report(*ratios: Ratio) -> int:
    """Prints `name  ratio  goal  ok|MISSED`; the exit code."""
    for name, value, goal in ratios:
        print(f"{name:60} {value:8.2f}  <= {goal:<6g} {'ok' if value <= goal else 'MISSED'}")
    return int(any(value > goal for _, value, goal in ratios))
