"""Prepare a file for a project: what the buttons of the review and of YAML mode do, for the command line."""

from __future__ import annotations

from workloads.daemonsets.manifest.legacy import changes_to_apps_v1
from workloads.daemonsets.rules.inspection import NO_PROJECT
from workloads.documents import read
from workloads.documents.bundle import edit_each, is_list, unlist
from workloads.services.move import move_to_project
from workloads.services.plan import Plan
from workloads.stores.protocol import Store


def prepared(text: str, *, to_project: str = "", modern: bool = False) -> str:
    """The text with the items of a List as documents of their own, as kubectl reads it.

    to_project: every namespaced document goes there; modern: DaemonSets of removed API versions become
    apps/v1. Raises DocumentError, EditRefused.
    """
    index = 0
    while index < len(found := read(text)):
        if is_list(found[index].value):
            text = unlist(text, index)  # its items may be Lists, too
        else:
            index += 1
    if modern:
        text = edit_each(text, lambda document: changes_to_apps_v1(document.value) or [])
    return move_to_project(text, to_project) if to_project else text


def create_missing_projects(store: Store, plan: Plan) -> list[str]:
    """Create the projects that the plan misses, if nothing else prevents it. Returns their names; raises the
    errors of the store."""
    others = any(found.code != NO_PROJECT for item in plan.documents for found in item.errors)
    if plan.error or others:
        return []
    for name in plan.missing_projects:
        store.create_project(name)
    return list(plan.missing_projects)
