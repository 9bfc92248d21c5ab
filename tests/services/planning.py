"""Plans of texts for the project demo."""

from __future__ import annotations

from workloads.services.apply import apply_plan
from workloads.services.plan import make_plan
from workloads.stores.protocol import daemonset

AGENT = daemonset("demo", "agent")
SECRET = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: token\nstringData:\n  password: hunter2\n"


def plan(store, *texts, **more):
    return make_plan(store, "---\n".join(texts), project="demo", **more)


def put(store, *texts):
    results = apply_plan(store, plan(store, *texts), why="first")
    assert all(result.outcome for result in results)
    return results
