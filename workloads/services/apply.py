"""Store what was planned."""

from __future__ import annotations

from dataclasses import replace

from django.utils.translation import gettext as _

from console.errors import Invalid
from workloads.services.plan import Plan
from workloads.services.results import Result
from workloads.stores.protocol import (
    Halted,
    Store,
    Write,
)


def apply_plan(store: Store, plan: Plan, *, why: str = "") -> list[Result]:
    """Store every document of the plan, in kubectl's order of need, each over the version the plan has seen.

    Offline all of them or none. On a cluster the first that fails ends it, and the rest is not tried: what is
    stored stays, and carrying out a new plan of the same text goes on from there. Raises Invalid where the
    plan is blocked, Forbidden.
    """
    if plan.blocked:
        raise Invalid(
            _("There is something to mend first."), [f for item in plan.documents for f in item.errors]
        )
    todo = plan.in_order_of_need
    halted = None
    try:
        done = store.apply_all(
            [Write(item.text, item.ref.project, item.seen, item.force, item.document) for item in todo],
            why=why,
        )
    except Halted as halt:
        done, halted = halt.done, halt
    results = [Result(a.ref, a.outcome, warnings=a.warnings, version=a.version) for a in done]
    results += [Result(item.ref) for item in todo[len(done) :]]
    if halted:
        results[halted.at] = replace(results[halted.at], error=halted.error)
    return results
