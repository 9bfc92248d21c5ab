"""What every page's frame needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.errors import ConsoleError
from console.projects import OFFLINE
from console.projects.middleware import Place, last_place

Counter: TypeAlias = Callable[[HttpRequest, Place], Mapping[str, int]]
THEMES = ("light", "dark")

_counter: list[Counter] = []


def count_with(counter: Counter) -> None:
    """Let the domain say how many there are of what: {"daemonsets": 8, "drafts": 2, "nodes": 48, …}.

    Called once, when the application is put together. The counter runs only for pages that show the frame.
    """
    _counter[:] = [counter]


def shell(request: HttpRequest) -> dict[str, Any]:
    """place: where the address is, None outside a cluster; frame: the side, computed when a page shows it."""
    return {
        "place": getattr(request, "place", None),
        "frame": SimpleLazyObject(lambda: frame(request)),
        "theme": theme_of(request),
        "this_page": _this_page(request),
        "csrf_cookie": settings.CSRF_COOKIE_NAME,
    }


def _this_page(request: HttpRequest) -> str:
    """Where a form of the frame comes back to: the address, with its query. What a form was answered with may
    have no page at its own address: then it is the page that the form stood on."""
    if request.method in ("GET", "HEAD"):
        return request.get_full_path()
    return request.headers.get("Referer", "/")


def theme_of(request: HttpRequest) -> str:
    """ "light", "dark", or "" for what the system says."""
    chosen = request.COOKIES.get("theme", "")
    return chosen if chosen in THEMES else ""


@dataclass(frozen=True, slots=True)
class Item:
    label: Any
    icon: str
    address: str
    current: bool = False
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Group:
    label: Any
    items: list[Item]


@dataclass(frozen=True, slots=True)
class Frame:
    """The side: the place the links lead to (the page's own, else the last one visited) and the links."""

    place: Place | None
    place_name: str
    cluster_name: str
    projects: str
    groups: list[Group]


def frame(request: HttpRequest) -> Frame:
    current = _current(request)
    place = getattr(request, "place", None)
    last = last_place(request)
    # A page of the whole cluster belongs to no project; the one before it is still what the links are about.
    if place is None or (not place.project and last and last.cluster == place.cluster):
        place = last
    counts = _counts(request, place)
    groups = []
    for label, entries in _NAV:
        items = []
        for text, icon, key, name, needs in entries:
            address = _address(place, name, needs, resource=key if name == "object-list" else "")
            if address:
                items.append(Item(text, icon, address, key == current, counts.get(key)))
        if items:
            groups.append(Group(label, items))
    return Frame(
        place=place,
        place_name=(place and place.project) or _("All projects"),
        cluster_name=cluster_name(place.cluster) if place else "",
        projects=_address(place, "project-list", ()),
        groups=groups,
    )


def cluster_name(cluster: str) -> str:
    return _("Offline store") if cluster == OFFLINE else cluster


_OBJECTS = ("cluster", "project")

# group → (label, icon, key, name of the address, what of the place the address needs)
_NAV: tuple[tuple[Any, tuple[tuple[Any, str, str, str, tuple[str, ...]], ...]], ...] = (
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


def _address(place: Place | None, name: str, needs: tuple[str, ...], resource: str = "") -> str:
    """The address, or "" where the place does not have what it needs."""
    if needs and (place is None or ("project" in needs and not place.project)):
        return ""
    kwargs = {need: getattr(place, need) for need in needs}
    if resource:
        kwargs["resource"] = resource
    try:
        return reverse(name, kwargs=kwargs)
    except NoReverseMatch:
        return ""


def _current(request: HttpRequest) -> str:
    """The key of the link that stands for this page."""
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


def _counts(request: HttpRequest, place: Place | None) -> Mapping[str, int]:
    if place is None or not _counter:
        return {}
    try:
        return _counter[0](request, place)
    except ConsoleError:
        return {}  # a cluster that does not answer must not take the frame with it
