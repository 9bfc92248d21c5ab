"""The context of the frame that every page has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.errors import ConsoleError
from console.projects import OFFLINE
from console.projects.middleware import Location, last_location

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

Counter: TypeAlias = Callable[[HttpRequest, Location], Mapping[str, int]]
THEMES = ("light", "dark")

_counter: list[Counter] = []


def count_with(counter: Counter) -> None:
    """Set what counts objects for the side: it returns {"daemonsets": 8, "drafts": 2, "nodes": 48, …}.

    Called once, when the application starts. The counter runs only for pages that show the frame.
    """
    _counter[:] = [counter]


def shell(request: HttpRequest) -> dict[str, Any]:
    """location: what the address names, None outside a cluster. frame: the side, computed when a page shows
    it."""
    return {
        "location": getattr(request, "location", None),
        "place": getattr(request, "location", None),  # the name that templates of `workloads` still use
        "frame": SimpleLazyObject(lambda: frame(request)),
        "theme": theme_of(request),
        "this_page": _this_page(request),
        "csrf_cookie": settings.CSRF_COOKIE_NAME,
    }


def _this_page(request: HttpRequest) -> str:
    """Where a form of the frame returns to: this address with its query. The answer to a form may have no
    page at its address: then the page that has the form."""
    if request.method in ("GET", "HEAD"):
        return request.get_full_path()
    return request.headers.get("Referer", "/")


def theme_of(request: HttpRequest) -> str:
    """ "light", "dark", or "" for the theme of the system."""
    chosen = request.COOKIES.get("theme", "")
    return chosen if chosen in THEMES else ""


@dataclass(frozen=True, slots=True)
class NavItem:
    label: StrOrPromise
    icon: str
    address: str
    current: bool = False
    count: int | None = None


@dataclass(frozen=True, slots=True)
class NavGroup:
    label: StrOrPromise
    items: list[NavItem]


@dataclass(frozen=True, slots=True)
class Frame:
    """The side: the location that the links lead to (of the page, else the last one visited), and the
    links."""

    location: Location | None
    project_name: str
    cluster_name: str
    projects: str
    groups: list[NavGroup]


def frame(request: HttpRequest) -> Frame:
    current = _current(request)
    location = getattr(request, "location", None)
    last = last_location(request)
    # A page of the whole cluster has no project: the links keep the one visited before.
    if location is None or (not location.project and last and last.cluster == location.cluster):
        location = last
    counts = _counts(request, location)
    groups: list[NavGroup] = []
    for label, entries in _NAV:
        items = []
        for text, icon, key, name, needs in entries:
            address = _address(location, name, needs, resource=key if name == "object-list" else "")
            if address:
                items.append(NavItem(text, icon, address, key == current, counts.get(key)))
        if items:
            groups.append(NavGroup(label, items))
    return Frame(
        location=location,
        project_name=(location and location.project) or _("All projects"),
        cluster_name=cluster_name(location.cluster) if location else "",
        projects=_address(location, "project-list", ()),
        groups=groups,
    )


def cluster_name(cluster: str) -> str:
    return _("Offline store") if cluster == OFFLINE else cluster


_OBJECTS = ("cluster", "project")

# group → (label, icon, key, name of the address, what the address needs of the location)
_NAV: tuple[tuple[StrOrPromise, tuple[tuple[StrOrPromise, str, str, str, tuple[str, ...]], ...]], ...] = (
    (
        gettext_lazy("Workloads"),
        (
            (gettext_lazy("DaemonSets"), "daemonset", "daemonsets", "daemonset-list", _OBJECTS),
            (gettext_lazy("Coverage"), "coverage", "coverage", "coverage", _OBJECTS),
            (gettext_lazy("Drafts"), "draft", "drafts", "draft-list", ()),
        ),
    ),
    (
        gettext_lazy("Configuration"),
        (
            (gettext_lazy("ConfigMaps"), "configmap", "configmaps", "object-list", _OBJECTS),
            (gettext_lazy("Secrets"), "secret", "secrets", "object-list", _OBJECTS),
            (gettext_lazy("Volume claims"), "volume", "persistentvolumeclaims", "object-list", _OBJECTS),
            (gettext_lazy("Service accounts"), "service-account", "serviceaccounts", "object-list", _OBJECTS),
            (gettext_lazy("Quotas"), "quota", "resourcequotas", "object-list", _OBJECTS),
            (gettext_lazy("Limit ranges"), "limits", "limitranges", "object-list", _OBJECTS),
        ),
    ),
    (
        gettext_lazy("Cluster"),
        (
            (gettext_lazy("Nodes"), "node", "nodes", "node-list", ("cluster",)),
            (gettext_lazy("Projects"), "project", "projects", "project-list", ()),
        ),
    ),
)


def _address(location: Location | None, name: str, needs: tuple[str, ...], resource: str = "") -> str:
    """The address, or "" where the location does not have what it needs."""
    if needs and (location is None or ("project" in needs and not location.project)):
        return ""
    kwargs = {need: getattr(location, need) for need in needs}
    if resource:
        kwargs["resource"] = resource
    try:
        return reverse(name, kwargs=kwargs)
    except NoReverseMatch:
        return ""


def _current(request: HttpRequest) -> str:
    """The key of the link to this page."""
    match = request.resolver_match
    if match is None:
        return ""
    if "resource" in match.kwargs:
        return str(match.kwargs["resource"])
    family = (match.url_name or "").split("-")[0]
    return {
        "coverage": "coverage",
        "daemonset": "daemonsets",
        "draft": "drafts",
        "node": "nodes",
        "project": "projects",
    }.get(family, "")


def _counts(request: HttpRequest, location: Location | None) -> Mapping[str, int]:
    if location is None or not _counter:
        return {}
    try:
        return _counter[0](request, location)
    except ConsoleError:
        return {}  # the frame is shown although the cluster does not answer
