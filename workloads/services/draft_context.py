"""What the pages of a draft need besides its text: the store, and what it has in the draft's project."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from console.errors import ConsoleError
from workloads.daemonsets.project.facts import ProjectFacts
from workloads.models import Draft
from workloads.services.facts import facts_of_all, if_readable, project_facts
from workloads.stores import store_for
from workloads.stores.protocol import Capabilities, Store

if TYPE_CHECKING:
    from console.accounts.access import Person


@dataclass(frozen=True, slots=True)
class DraftContext:
    """problem: why the store does not answer (the draft can be edited all the same). project_missing: the
    draft's project no longer exists; projects: the names of those that exist."""

    facts: ProjectFacts
    store: Store | None = None
    capabilities: Capabilities = field(default_factory=Capabilities)
    projects: Sequence[str] = ()
    project_missing: bool = False
    problem: ConsoleError | None = None


def read_draft_context(draft: Draft, person: Person) -> DraftContext:
    """Never raises a ConsoleError: it is the `problem`."""
    try:
        store = store_for(draft.cluster, person)
        listed = if_readable(store.projects)  # those who can't list projects may still work in one
        projects = [project.name for project in listed] if listed is not None else [draft.project]
        missing = draft.project not in projects
        facts = project_facts(store, "" if missing else draft.project)
        capabilities = store.capabilities()
    except ConsoleError as problem:
        return DraftContext(ProjectFacts(project=draft.project), problem=problem)
    facts = facts_of_all(store, replace(facts, project=draft.project, projects=projects))
    return DraftContext(facts, store, capabilities, projects, missing)
