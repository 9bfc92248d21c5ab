"""The counts next to the links at the left of every page."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import HttpRequest

from console.projects.middleware import Location
from workloads import kinds
from workloads.drafts import store as drafts
from workloads.stores import OFFLINE, store_for


def counts(request: HttpRequest, location: Location) -> Mapping[str, int]:
    """Resource → number of objects at the location; only in the offline store, where that is one query.

    On a cluster every page would request every list. Raises Forbidden.
    """
    numbers = {"drafts": drafts.listed(request.user).count()}
    if location.cluster != OFFLINE:
        return numbers
    store = store_for(location.cluster, request.user)
    for project in {"", location.project}:  # "" has what belongs to the cluster: its nodes
        for (api_version, kind), number in store.counts(project).items():
            numbers[kinds.resource_of(api_version, kind)] = number
    return numbers
