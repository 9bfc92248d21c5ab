"""The side of every page: a link for each kind that the table of kinds puts there, and for the pages that
belong to no kind; the numbers next to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from console.projects.middleware import Location
from console.web.context import Entry, Side
from workloads import kinds
from workloads.drafts import store as drafts
from workloads.kinds import Kind, SideGroup
from workloads.stores import OFFLINE, store_for

GROUPS: Sequence[tuple[SideGroup, str | Promise]] = (
    ("workloads", gettext_lazy("Workloads")),
    ("configuration", gettext_lazy("Configuration")),
    ("cluster", gettext_lazy("Cluster")),
)
# They stand below the kinds of their group.
PAGES: Mapping[SideGroup, Sequence[Entry]] = {
    "workloads": (
        Entry(
            "coverage", gettext_lazy("Coverage"), "coverage", "coverage", "coverage", ("cluster", "project")
        ),
        Entry("drafts", gettext_lazy("Drafts"), "draft", "draft-list", "draft"),
    ),
    "cluster": (Entry("projects", gettext_lazy("Projects"), "project", "project-list", "project"),),
}


def entry_of(row: Kind) -> Entry:
    """The link to the list of a kind. The names of its own pages begin with the kind: "daemonset-nodes"."""
    return Entry(
        row.plural,
        row.title,
        row.icon,
        "object-list",
        row.kind.lower(),
        ("cluster", "project") if row.namespaced else ("cluster",),
        {"resource": row.plural},
    )


def counts(request: HttpRequest, location: Location) -> Mapping[str, int]:
    """Resource → how many there are at the location; only in the offline store, where that is one query each.

    On a cluster every page would request every list. Raises Forbidden.
    """
    numbers = {"drafts": drafts.listed(request.user).count()}
    if location.cluster != OFFLINE:
        return numbers
    store = store_for(location.cluster, request.user)
    for project in {"", location.project}:  # "": what belongs to the cluster, such as its nodes
        for (api_version, kind), number in store.counts(project).items():
            numbers[kinds.resource_of(api_version, kind)] = number
    return numbers


SIDE = Side(
    [(label, [*map(entry_of, kinds.in_side(group)), *PAGES.get(group, ())]) for group, label in GROUPS],
    counts,
)
