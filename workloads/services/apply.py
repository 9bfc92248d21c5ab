"""Carry out a plan."""

from __future__ import annotations

from dataclasses import replace

from django.utils.translation import gettext as _

from console.errors import ConsoleError, Invalid
from workloads.documents import get
from workloads.services.plan import Plan
from workloads.services.results import Result
from workloads.stores.protocol import Applied, Ref, Store


def apply_plan(
    store: Store, plan: Plan, *, force: bool = False, why: str = "", beyond_quota: bool = False
) -> list[Result]:
    """Store every document of the plan, in the install order of `kinds`, each over the version that the plan
    has seen.

    An `atomic` store writes all of them or none. Otherwise what was stored stays, nothing that is installed
    after a failure is tried, and a new plan of the same text continues from there. force: change fields that
    other field managers manage. why: note for the history. beyond_quota: create objects though a quota does
    not allow them, where the console enforces it. Raises Invalid where the plan is blocked.
    """
    if plan.blocked:
        raise Invalid(
            _("Fix the errors before you continue."),
            [finding for item in plan.documents for finding in item.errors],
            code="plan-blocked",
        )
    todo = plan.in_install_order
    writes = [replace(item.write, force=force, beyond_quota=beyond_quota) for item in todo]
    answers = store.apply_all(writes, why=why)
    return [_result(item.ref, answer) for item, answer in zip(todo, answers, strict=True)]


def _result(ref: Ref, answer: Applied | ConsoleError | None) -> Result:
    match answer:
        case Applied():
            uid = str(get(answer.value, ("metadata", "uid")) or "")
            return Result(answer.ref, answer.outcome, None, answer.warnings, answer.version, uid)
        case ConsoleError():
            return Result(ref, error=answer)
    return Result(ref)
