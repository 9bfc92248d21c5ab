"""Many DaemonSets, many nodes, many people: python -m tests.benchmarks.bench_load"""

from __future__ import annotations

import gc
import http.client
import json
import random
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import contextmanager
from statistics import mean, quantiles
from typing import Any

from tests.benchmarks.bench_lists import QUOTA, manifests
from tests.benchmarks.bench_placement import NODES, node
from tests.benchmarks.fresh import with_console
from tests.benchmarks.ratio import Ratio, best, report

STORED = 5_000
PEOPLE = 50
PLAIN = (700, 10, 10)
"""How often Python looks for cycles by default."""
BUSY = 0.5
"""How busy people who read between pages keep the console. All at once they want all of it."""
SERVER = "from console.server import listen, serve; s = listen('127.0.0.1', 18500); " + (
    "print(s.getsockname()[1], flush=True); serve(s, access_log=False)"
)


@contextmanager
def served():
    """The port of the console on the same database, in a process of its own."""
    process = subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        yield int(process.stdout.readline()), process.pid
    finally:
        process.terminate()
        process.wait(30)


class Visits:
    """What people got: by status, and how long each waited, in seconds."""

    def __init__(self, port: int, cookies: str, addresses: Sequence[str]) -> None:
        self.port, self.cookies, self.addresses = port, cookies, addresses
        self.statuses: Counter[int] = Counter()
        self.seconds: list[float] = []

    def get(self, address: str) -> None:
        started = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", address, headers={"Cookie": self.cookies, "Accept-Encoding": "gzip"})
        response = connection.getresponse()
        response.read()
        connection.close()
        self.statuses[response.status] += 1
        self.seconds.append(time.perf_counter() - started)

    def person(self, number: int, within: float = 0) -> None:
        """Opens one page at some moment."""
        time.sleep(random.Random(number).uniform(0, within))
        self.get(self.addresses[number % len(self.addresses)])

    def people(self, *, within: float) -> Visits:
        """Each opens a page, within so many seconds."""
        threads = [threading.Thread(target=self.person, args=(n, within)) for n in range(PEOPLE)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return self


def memory(pid: int) -> int:
    """The most that a process has had, in kB; 0 where the system does not tell."""
    try:
        with open(f"/proc/{pid}/status") as status:
            found = re.search(r"VmHWM:\s+(\d+)", status.read())
    except OSError:
        return 0
    return int(found.group(1)) if found else 0


def measure(person: Any, client: Any) -> int:
    from workloads.drafts import store as drafts
    from workloads.stores import store_for
    from workloads.stores.protocol import Write

    store: Any = store_for("offline", person)
    rng = random.Random(1)
    nodes = [node(i, rng) for i in range(NODES)]
    text = json.dumps(nodes)
    store.replace_nodes(json.dumps({"apiVersion": "v1", "kind": "List", "items": nodes}))
    store.create_project("many")
    texts = [QUOTA, *manifests(STORED)]
    store.apply_all([Write(each, "many", "") for each in texts])
    draft = drafts.create(person, "offline", "many", texts[1].replace("agent-0", "new"))

    def visit(address: str) -> None:
        response = client.get(address)
        assert response.status_code == 200, response.status_code

    def reading() -> None:
        json.loads(text)

    # The baseline is Python as it comes, not as the console sets it.
    rarely = gc.get_threshold()
    gc.set_threshold(*PLAIN)
    loading = best(reading, 3)
    gc.set_threshold(*rarely)
    first = best(lambda: visit(f"/drafts/{draft.pk}/nodes/"), 1)
    again = best(lambda: visit(f"/drafts/{draft.pk}/nodes/"), 2)

    steps = ("basics", "pods", "volumes", "labels", "nodes")
    listed = "/clusters/offline/projects/many/daemonsets/"
    addresses = [listed, *(f"/drafts/{draft.pk}/{step}/" for step in steps)]
    cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    with served() as (port, pid):
        alone = Visits(port, cookies, addresses)
        for number in range(3 * len(addresses)):
            alone.person(number)
        one = alone.seconds[len(addresses) :]  # the first time, what is kept is calculated
        before = memory(pid)
        calm = Visits(port, cookies, addresses).people(within=PEOPLE * mean(one) / BUSY)
        rush = Visits(port, cookies, addresses).people(within=0)
        after = memory(pid)
    unanswered = 2 * PEOPLE - calm.statuses[200] - rush.statuses[200] - rush.statuses[503]
    return report(
        Ratio(f"step nodes, {STORED} x {NODES}, first time / json.loads of nodes", first / loading, 20),
        Ratio(f"step nodes, {STORED} x {NODES}, again / json.loads of nodes", again / loading, 6),
        Ratio(f"p95 of {PEOPLE} people who read between pages / of one", p95(calm.seconds) / p95(one), 10),
        Ratio(f"p95 of {PEOPLE} people at the same moment / of one", p95(rush.seconds) / p95(one), PEOPLE),
        Ratio("requests without an answer", unanswered, 0),
        Ratio(f"memory after {PEOPLE} people / before", after / before if before else 1, 2),
    )


def p95(seconds: list[float]) -> float:
    return quantiles(seconds, n=20)[-1]


if __name__ == "__main__":
    sys.exit(with_console(measure))
