"""Puts `request.place` on every request whose address names a cluster, after asking whether the person may be there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse

from console.accounts.access import require


@dataclass(frozen=True, slots=True)
class Place:
    """`project` "" is the whole cluster."""

    cluster: str
    project: str = ""


class PlaceMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        if "cluster" in kwargs and request.user.is_authenticated:
            enter(request, kwargs["cluster"], kwargs.get("project", ""))


def enter(request: HttpRequest, cluster: str, project: str) -> None:
    """Set the place; draft pages call it with the draft's own. Raises Forbidden."""
    require(request.user, "view", cluster=cluster, project=project)
    request.place = Place(cluster, project)  # type: ignore[attr-defined]
    if project and request.session.get("place") != [cluster, project]:
        request.session["place"] = [cluster, project]
