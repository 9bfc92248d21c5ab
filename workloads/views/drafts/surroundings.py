"""What a draft's pages know besides its text: the store behind it and what that knows of the project."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from django.http import HttpRequest

from console.errors import ConsoleError
from console.projects.middleware import enter
from workloads.daemonsets.project.facts import ProjectFacts
from workloads.models import Draft
from workloads.services.facts import if_readable, project_facts
from workloads.stores import store_for
from workloads.stores.protocol import Capabilities, Store


@dataclass(frozen=True, slots=True)
class Surroundings:
    """problem: why the store does not answer; a draft is for working on all the same. gone: the draft's
    project is not there any more; projects: those that are."""

    facts: ProjectFacts
    store: Store | None = None
    features: Capabilities = field(default_factory=Capabilities)
    projects: Sequence[str] = ()
    gone: bool = False
    problem: ConsoleError | None = None


def surroundings(request: HttpRequest, draft: Draft) -> Surroundings:
    """Also puts the request in the draft's place. Raises Forbidden."""
    try:
        store = store_for(draft.cluster, request.user)
        listed = if_readable(store.projects)  # who may not list them may still work in one
        projects = [project.name for project in listed] if listed is not None else [draft.project]
        gone = draft.project not in projects
        facts = project_facts(store, "" if gone else draft.project)
        features = store.capabilities()
    except ConsoleError as problem:
        enter(request, draft.cluster, draft.project)
        return Surroundings(ProjectFacts(project=draft.project), problem=problem)
    enter(request, draft.cluster, "" if gone else draft.project)
    facts = replace(facts, project=draft.project, projects=projects)
    return Surroundings(facts, store, features, projects, gone)
