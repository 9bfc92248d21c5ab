"""Puts `request.place` on every request whose address names a cluster, if the person may be there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse

from console.accounts.access import require
from console.errors import ConsoleError
from console.projects import OFFLINE
from console.projects.models import Project
from console.web.errors import console_error


@dataclass(frozen=True, slots=True)
class Place:
    """`project` "" is the whole cluster."""

    cluster: str
    project: str = ""


class PlaceMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        place = getattr(request, "place", None)
        # Only a page that was there is worth coming back to.
        if place and place.project and response.status_code == 200:
            here = [place.cluster, place.project]
            if request.session.get("place") != here:
                request.session["place"] = here
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        if "cluster" not in kwargs or not request.user.is_authenticated:
            return None
        try:
            enter(request, kwargs["cluster"], kwargs.get("project", ""))
        except ConsoleError as error:
            # Django asks process_exception for views only.
            return console_error(request, error)
        return None


def enter(request: HttpRequest, cluster: str, project: str) -> None:
    """Set the place; draft pages call it with the draft's own. Raises Forbidden."""
    require(request.user, "view", cluster=cluster, project=project)
    request.place = Place(cluster, project)  # type: ignore[attr-defined]


def last_place(request: HttpRequest) -> Place | None:
    """The project last looked at, unless it is known to be gone; else the only one of the offline store."""
    session = getattr(request, "session", None)
    remembered = session.get("place") if session is not None else None
    if remembered and (remembered[0] != OFFLINE or Project.objects.filter(name=remembered[1]).exists()):
        return Place(*remembered)
    projects = Project.objects.values_list("name", flat=True)[:2]
    return Place(OFFLINE, projects[0]) if len(projects) == 1 else None
