"""Carry out a plan."""

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


def apply_plan(store: Store, plan: Plan, *, why: str = "", beyond_quota: bool = False) -> list[Result]:
    """Store every document of the plan, in the install order of `kinds`, each over the version that the plan
    has seen.

    An `atomic` store writes all of them or none. Otherwise the first failure ends it: what was stored stays,
    the rest is not tried, and a new plan of the same text continues from there. why: note for the history.
    beyond_quota: create objects though a quota does not allow them, where the console enforces it.
    Raises Invalid where the plan is blocked, Forbidden.
    """
    if plan.blocked:
        raise Invalid(
            _("Fix the errors before you continue."),
            [finding for item in plan.documents for finding in item.errors],
            code="plan-blocked",
        )
    todo = plan.in_install_order
    halted = None
    try:
        done = store.apply_all(
            [
                Write(item.text, item.ref.project, item.seen, item.force, item.document, beyond_quota)
                for item in todo
            ],
            why=why,
        )
    except Halted as halt:
        done, halted = halt.done, halt
    results = [Result(a.ref, a.outcome, warnings=a.warnings, version=a.version) for a in done]
    results += [Result(item.ref) for item in todo[len(done) :]]
    if halted:
        results[halted.at] = replace(results[halted.at], error=halted.error)
    return results
