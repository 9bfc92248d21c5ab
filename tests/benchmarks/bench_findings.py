"""How findings grow with the text: python -m tests.benchmarks.bench_findings"""

from __future__ import annotations

import sys
from time import process_time

from tests.benchmarks.ratio import Ratio, best, report
from tests.builders import as_text, daemonset
from workloads.daemonsets.rules.inspection import inspect

FEW, MANY = 100, 400


def alike(count):
    """DaemonSets with one selector and one host port: each gets in the way of all others."""
    return "---\n".join(
        as_text(daemonset(f"agent-{number}", labels={"app": "agent"}, ports=[{"hostPort": 80}]))
        for number in range(count)
    )


def main() -> int:
    few, many = alike(FEW), alike(MANY)

    def findings(text):
        return len(inspect(text).all_findings)

    return report(
        Ratio(
            f"findings of {MANY} DaemonSets that clash / of {FEW}",
            best(lambda: findings(many), clock=process_time)
            / best(lambda: findings(few), clock=process_time),
            1.5 * MANY / FEW,
        ),
        Ratio(f"number of findings of {MANY} / of {FEW}", findings(many) / findings(few), MANY / FEW),
    )


if __name__ == "__main__":
    sys.exit(main())
