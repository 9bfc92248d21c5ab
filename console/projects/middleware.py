"""Sets `request.location` on every request whose address names a cluster, if the person may see it; a cookie
keeps the project visited last."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, cast
from urllib.parse import quote, unquote

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from console.accounts.access import require
from console.errors import ConsoleError
from console.projects import OFFLINE
from console.projects.models import Project
from console.web.errors import console_error

COOKIE: Final = f"{settings.SESSION_COOKIE_NAME}-location"


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
        if location and location.project and response.status_code == 200 and location != _visited(request):
            # In a cookie: reading a page writes nothing into the database.
            response.set_signed_cookie(
                COOKIE,
                f"{location.cluster}/{quote(location.project, safe='')}",
                salt=_salt(request),
                httponly=True,
                samesite="Lax",
                secure=settings.SESSION_COOKIE_SECURE,
            )
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
    visited = _visited(request)
    if visited and (visited.cluster != OFFLINE or Project.objects.filter(name=visited.project).exists()):
        return visited
    projects = Project.objects.values_list("name", flat=True)[:2]
    return Location(OFFLINE, projects[0]) if len(projects) == 1 else None


def forget_location(response: HttpResponse) -> None:
    response.delete_cookie(COOKIE, samesite="Lax")


def _visited(request: HttpRequest) -> Location | None:
    kept = request.get_signed_cookie(COOKIE, default="", salt=_salt(request)) or ""
    cluster, _slash, project = kept.partition("/")
    return Location(cluster, unquote(project)) if project else None


def _salt(request: HttpRequest) -> str:
    """Of a person: the cookie of whoever used this browser before counts for nothing."""
    return f"location of {request.user.pk}"
