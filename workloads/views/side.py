"""The numbers beside the links at the left of every page."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import HttpRequest

from console.projects.middleware import Place
from workloads import kinds
from workloads.drafts import store as drafts
from workloads.stores import OFFLINE, store_for


def counts(request: HttpRequest, place: Place) -> Mapping[str, int]:
    """Resource → how many there are at the place; only of the offline store, where that is one query each.

    A cluster would have to be asked for every list, for every page. Raises Forbidden.
    """
    numbers = {"drafts": drafts.listed(request.user).count()}
    if place.cluster != OFFLINE:
        return numbers
    store = store_for(place.cluster, request.user)
    for project in {"", place.project}:  # "" has what belongs to the cluster: its nodes
        for (api_version, kind), number in store.counts(project).items():
            numbers[kinds.resource_of(api_version, kind)] = number
    return numbers
