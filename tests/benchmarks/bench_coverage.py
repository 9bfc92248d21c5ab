"""How quick maps and matrices are drawn: python -m tests.benchmarks.bench_coverage"""

from __future__ import annotations

import json
import random
import sys
from typing import Any

from tests.benchmarks.bench_placement import NODES, TEMPLATES, node, templates
from tests.benchmarks.fresh import with_console
from tests.benchmarks.ratio import Ratio, best, report
from tests.builders import daemonset


def measure(person: Any, client: Any) -> int:
    from django.template.loader import render_to_string

    from workloads.daemonsets.placement.verdicts import Inventory, coverage
    from workloads.services import node_map
    from workloads.stores import store_for

    store = store_for("offline", person)

    rng = random.Random(1)
    nodes = [node(i, rng) for i in range(NODES)]
    text = json.dumps(nodes)
    store.replace_nodes(json.dumps({"apiVersion": "v1", "kind": "List", "items": nodes}))
    everything = templates()
    for project, some in (("one", everything[4:5]), ("hundred", everything)):
        store.create_project(project)
        with store.transaction():
            for number, template in enumerate(some):
                value = json.dumps(daemonset(f"agent-{number:03}", **template["spec"]))
                store.apply(value, project=project, base="")

    def draw() -> None:
        """The coverage, and the map and reasons that step 5 sends for it when a toleration is typed."""
        found = coverage(everything[0], Inventory(nodes))
        drawn = node_map.draw_map(nodes, node_map.planned_outcomes(found))
        context = {"map": drawn, "fixes": {}, "cluster": "offline"}
        for part in ("_map", "_reasons"):
            render_to_string(f"workloads/preview/{part}.html", context)

    def visit(address: str) -> Any:
        def page() -> None:
            response = client.get(address)
            assert response.status_code == 200, response.status_code

        return page

    loading, drawing = best(lambda: json.loads(text)), best(draw)
    one = best(visit("/clusters/offline/projects/one/matrix/"))
    hundred = best(visit("/clusters/offline/projects/hundred/matrix/"), 3)
    return report(
        Ratio(f"map of {NODES} nodes drawn / json.loads of them", drawing / loading, 0.5),
        Ratio(f"matrix page {TEMPLATES} DaemonSets x {NODES} nodes / 1 x {NODES}", hundred / one, 10),
    )


if __name__ == "__main__":
    sys.exit(with_console(measure))
