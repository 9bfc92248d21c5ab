"""A project as the store lists it, with its quotas and what is in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from console.errors import Forbidden, NotFound
from workloads.daemonsets.forecast.quota import scopes_of
from workloads.daemonsets.manifest.sentences import Sentence
from workloads.documents.paths import JsonObject
from workloads.services.facts import if_readable
from workloads.services.quotas import QuotaGauge, quota_gauges
from workloads.stores.protocol import DAEMONSET, Project, Ref, Store


def find_project(store: Store, name: str) -> Project | None:
    """None for the whole cluster (name ""), and for users who can't list the projects.

    Raises NotFound.
    """
    if not name:
        return None
    try:
        projects = store.projects()
    except Forbidden:
        return None
    found = next((project for project in projects if project.name == name), None)
    if found is None:
        raise NotFound(
            _("Project %(project)s not found.") % {"project": name},
            way_out=_("It may have been deleted. The list of projects shows those that exist."),
            code="no-project",
        )
    return found


@dataclass(frozen=True, slots=True)
class Quota:
    """One ResourceQuota. scopes: for what it counts, empty for everything. gauges: what is over or full, and
    what DaemonSets use of it; others: the further keys that it limits."""

    ref: Ref
    scopes: Sequence[Sentence]
    gauges: Sequence[QuotaGauge]
    others: Sequence[QuotaGauge]

    @property
    def scarce(self) -> bool:
        return any(each.state for each in self.gauges)

    @classmethod
    def of(cls, value: JsonObject, project: str) -> Quota:
        ref = Ref("v1", "ResourceQuota", project, value["metadata"]["name"])
        return cls(ref, scopes_of(value), *quota_gauges(value))


@dataclass(frozen=True, slots=True)
class Contents:
    """What is in a project. quotas: those that are over or full first; None if the user can't read them.
    counts: ((api_version, kind), how many), DaemonSets first. nodes: those that the used amounts are
    calculated from; None where the cluster reports them."""

    quotas: Sequence[Quota] | None
    counts: Sequence[tuple[tuple[str, str], int]]
    nodes: Sequence[JsonObject] | None


def quota_named(store: Store, ref: Ref) -> Quota | None:
    """A stored ResourceQuota with its use; None if the user can't read those of the project."""
    found = if_readable(lambda: store.quotas(ref.project)) or ()
    return next((Quota.of(each, ref.project) for each in found if each["metadata"]["name"] == ref.name), None)


def contents(store: Store, project: str) -> Contents:
    counts = sorted(store.counts(project).items(), key=lambda pair: (pair[0] != DAEMONSET, pair[0][1]))
    found = if_readable(lambda: store.quotas(project))
    if found is None:
        return Contents(None, counts, None)
    quotas = sorted((Quota.of(value, project) for value in found), key=lambda quota: not quota.scarce)
    nodes = if_readable(store.nodes) if not store.capabilities().runs_pods and quotas else None
    return Contents(quotas, counts, nodes)
