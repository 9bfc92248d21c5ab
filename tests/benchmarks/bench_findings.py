"""How findings grow with the text: python -m tests.benchmarks.bench_findings [words of a name]

Every pairing of `tests.benchmarks.pairings`, and every document that has many of something.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from time import process_time

from tests.benchmarks.pairings import CROWDED, PAIRINGS, Maker
from tests.benchmarks.ratio import Ratio, best, report
from tests.builders import nodes
from workloads.daemonsets.project.admission import Classes
from workloads.daemonsets.project.facts import ProjectFacts
from workloads.daemonsets.rules.inspection import inspect

TIMES = 4
FEW_DOCUMENTS, FEW_ENTRIES = 100, 1_250
NODES = tuple(nodes(3))


def empty(project: str) -> ProjectFacts:
    """A project of which all is known, so that all is compared with it."""
    return ProjectFacts(
        project,
        daemonsets=[],
        configmaps={},
        secrets={},
        registries=frozenset(),
        pvcs={},
        service_accounts=frozenset(),
        limit_ranges=[],
        quotas=[],
        nodes=NODES,
        projects=[project],
        classes=Classes.of([], [], whole=True),
        elsewhere=empty,
    )


def growth(name: str, make: Maker, few: int) -> Iterator[Ratio]:
    small, large = make(few), make(few * TIMES)

    def findings(text: str) -> int:
        return len(inspect(text, empty("demo")).all_findings)

    time = best(lambda: findings(large), 3, clock=process_time) / best(
        lambda: findings(small), 3, clock=process_time
    )
    # What a large text takes beyond that is the memory it needs.
    yield Ratio(f"{TIMES * few} / {few}: {name}", time, 1.75 * TIMES)
    yield Ratio("  number of its findings", findings(large) / max(findings(small), 1), 1.1 * TIMES)


def main() -> int:
    words = " ".join(sys.argv[1:])
    todo = [
        *((name, make, FEW_DOCUMENTS) for name, make in PAIRINGS.items()),
        *((name, make, FEW_ENTRIES) for name, make in CROWDED.items()),
    ]
    return report(*(ratio for one in todo if words in one[0] for ratio in growth(*one)))


if __name__ == "__main__":
    sys.exit(main())
