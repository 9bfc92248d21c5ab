"""Sets `request.location` on every request whose address names a cluster, if the person may see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from django.http import HttpRequest, HttpResponse

from console.accounts.access import require
from console.errors import ConsoleError
from console.projects import OFFLINE
from console.projects.models import Project
from console.web.errors import console_error


@dataclass(frozen=True, slots=True)
class Location:
    """A project of a cluster; with `project` "" the whole cluster."""

    cluster: str
    project: str = ""


class LocatedRequest(HttpRequest):
    location: Location


class LocationMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        location = getattr(request, "location", None)
        # Remember only a page that exists.
        if location and location.project and response.status_code == 200:
            visited = [location.cluster, location.project]
            if request.session.get("location") != visited:
                request.session["location"] = visited
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

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """The side of the error page is not about a project that does not exist. Asked before the middleware
        that makes the page."""
        location: Location | None = getattr(request, "location", None)
        if location and isinstance(exception, ConsoleError) and exception.code == "no-project":
            cast(LocatedRequest, request).location = Location(location.cluster)


def enter(request: HttpRequest, cluster: str, project: str) -> None:
    """Set `request.location`. Pages of a draft call it with the location of the draft. Raises Forbidden."""
    require(request.user, "view", cluster=cluster, project=project)
    cast(LocatedRequest, request).location = Location(cluster, project)


def last_location(request: HttpRequest) -> Location | None:
    """The project visited last, unless it is known to be deleted; else the only project of the offline
    store."""
    session = getattr(request, "session", None)
    remembered = session.get("location") if session is not None else None
    if remembered and (remembered[0] != OFFLINE or Project.objects.filter(name=remembered[1]).exists()):
        return Location(*remembered)
    projects = Project.objects.values_list("name", flat=True)[:2]
    return Location(OFFLINE, projects[0]) if len(projects) == 1 else None
