"""What the pages of a draft need besides its text: the store, and what it has in the draft's project."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone

from console.errors import ConsoleError
from workloads.daemonsets.project.facts import ProjectFacts
from workloads.documents.paths import JsonObject
from workloads.models import Draft
from workloads.services.cautions import Caution, cautions, project_caution
from workloads.services.facts import FactKind, if_readable, kinds_named_in, project_facts
from workloads.services.fits import namespace_of
from workloads.services.occupancy import read_pods
from workloads.services.refs import origin_of
from workloads.stores import store_for
from workloads.stores.protocol import Capabilities, Project, Store, Stored

if TYPE_CHECKING:
    from console.accounts.access import Person

_OF_STEP: dict[str, Sequence[FactKind]] = {
    "basics": ("nodes",),
    "pods": ("nodes", "daemonsets", "configmaps", "secrets", "registries", "service_accounts"),
    "volumes": ("nodes", "configmaps", "secrets", "pvcs"),
    "labels": ("nodes",),
    "nodes": ("nodes", "daemonsets", "quotas", "limit_ranges", "classes"),
}
"""What a page asks for whatever the manifest says."""


@dataclass(frozen=True, slots=True)
class DraftContext:
    """problems: why the store did not answer (the draft can be edited all the same). project_missing: the
    draft's project no longer exists; projects: the names of those that exist. cautions: of the stored object
    that is edited, and of the project."""

    facts: ProjectFacts
    store: Store | None = None
    capabilities: Capabilities = field(default_factory=Capabilities)
    projects: Sequence[str] = ()
    project_missing: bool = False
    cautions: Sequence[Caution] = ()
    problems: list[ConsoleError] = field(default_factory=list)

    @property
    def read_at(self) -> dt.datetime | None:
        """When the cluster was read, where that is longer ago than for a page that is opened."""
        age = self.store.age() if self.store else 0
        return timezone.now() - dt.timedelta(seconds=age) if age > settings.CLUSTER_RECENT_SECONDS else None

    @property
    def problem(self) -> ConsoleError | None:
        return next(iter(self.problems), None)


def read_draft_context(
    draft: Draft, person: Person, *, text: str = "", place: str = "", age: float | None = None
) -> DraftContext:
    """Never raises a ConsoleError: it is the `problem`.

    text, place: the manifest and the step that are shown, for which most is read at the same time. age: how
    many seconds ago what is known of a cluster may have been read; None: as for a page that is opened.
    """
    problems: list[ConsoleError] = []
    try:
        store = store_for(draft.cluster, person).recent(
            settings.CLUSTER_RECENT_SECONDS if age is None else age
        )
        listed = if_readable(store.projects)  # those who can't list projects may still work in one
        known = listed if listed is not None else [Project(draft.project)]
        exists = draft.project in [project.name for project in known]
        projects = [p.name for p in known if p.deletion is None or p.name == draft.project]
        capabilities, origin = store.capabilities(), origin_of(draft)

        @cache
        def stored() -> Stored | None:
            return if_readable(partial(store.get, origin)) if origin and exists else None

        also: list[Callable[[], object]] = [stored]
        if place == "nodes" and capabilities.runs_pods:
            also += [partial(read_pods, store), partial(namespace_of, store, draft.project)]

        def live() -> JsonObject | None:
            found = stored() if capabilities.runs_pods else None
            return found.value if found else None

        facts = project_facts(
            store,
            draft.project,
            projects=projects,
            live=live,
            ahead={*_OF_STEP.get(place, ()), *kinds_named_in(text)},
            also=also,
            unreachable=problems.append,
        )
        found = [project_caution(project) for project in known if project.name == draft.project]
        opened = stored()
        found += cautions(store, opened) if opened else []
        said = [each for each in found if each is not None]
        return DraftContext(facts, store, capabilities, projects, not exists, said, problems)
    except ConsoleError as problem:
        return DraftContext(ProjectFacts(project=draft.project), problems=[problem])
