"""The context of the frame that every page has."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise, SimpleLazyObject
from django.utils.translation import gettext as _

from console import __version__
from console.errors import ConsoleError
from console.projects import OFFLINE
from console.projects.middleware import Location, last_location
from console.web.render import came_from

THEMES = ("light", "dark")


@dataclass(frozen=True, slots=True)
class Entry:
    """What the domain says of one link of the side.

    key: of its number in the counts; also the `resource` in the addresses of its pages.
    page: the name of the address it leads to, which takes `needs` of the location and `kwargs`.
    family: the first word in the names of its other pages: "node" for "node-list".
    """

    key: str
    label: str | Promise
    icon: str
    page: str
    family: str
    needs: tuple[Literal["cluster", "project"], ...] = ()
    kwargs: Mapping[str, str] = field(default_factory=dict)


Sections: TypeAlias = Sequence[tuple[str | Promise, Sequence[Entry]]]
Counter: TypeAlias = Callable[[HttpRequest, Location], Mapping[str, int]]


def _no_counts(request: HttpRequest, location: Location) -> Mapping[str, int]:
    return {}


@dataclass(frozen=True, slots=True)
class Side:
    """What the domain puts into the side: its entries under their headings, and how many there are of what,
    by the key of an entry. The counts are asked for only when a page shows the frame."""

    sections: Sections = ()
    counts: Counter = _no_counts


_side = Side()


def set_side(side: Side) -> Side:
    """Called once, when the application starts. Returns the former one."""
    global _side
    former, _side = _side, side
    return former


def shell(request: HttpRequest) -> dict[str, Any]:
    """location: what the address names, None outside a cluster. frame: the side, computed when a page shows
    it."""
    return {
        "location": getattr(request, "location", None),
        "frame": SimpleLazyObject(lambda: frame(request)),
        "theme": theme_of(request),
        "this_page": _this_page(request),
        "console_version": __version__,
    }


def _this_page(request: HttpRequest) -> str:
    """Where a form of the frame returns to: this address with its query. The answer to a form may have no
    page at its address: then the page that has the form."""
    if request.method in ("GET", "HEAD"):
        return request.get_full_path()
    return came_from(request) or "/"


def theme_of(request: HttpRequest) -> str:
    """ "light", "dark", or "" for the theme of the system."""
    chosen = request.COOKIES.get("theme", "")
    return chosen if chosen in THEMES else ""


@dataclass(frozen=True, slots=True)
class NavItem:
    label: str | Promise
    icon: str
    address: str
    current: bool = False
    count: int | None = None


@dataclass(frozen=True, slots=True)
class NavGroup:
    label: str | Promise
    items: list[NavItem]


@dataclass(frozen=True, slots=True)
class Frame:
    """The side: its links and the location they lead to, the page's own or else the last one visited."""

    location: Location | None
    project_name: str
    cluster_name: str
    projects: str
    groups: list[NavGroup]


def frame(request: HttpRequest) -> Frame:
    current = _current(request)
    location = getattr(request, "location", None)
    last = last_location(request)
    # A page of the whole cluster belongs to no project; the one before it is still what the links are about.
    if location is None or (not location.project and last and last.cluster == location.cluster):
        location = last
    counts = _counts(request, location)
    groups = []
    for label, entries in _side.sections:
        items = [
            NavItem(entry.label, entry.icon, address, entry.key == current, counts.get(entry.key))
            for entry in entries
            if (address := _address(entry, location))
        ]
        if items:
            groups.append(NavGroup(label, items))
    return Frame(
        location=location,
        project_name=(location and location.project) or _("All projects"),
        cluster_name=cluster_name(location.cluster) if location else "",
        projects=reverse("project-list"),
        groups=groups,
    )


def cluster_name(cluster: str) -> str:
    return _("Offline store") if cluster == OFFLINE else cluster


def _address(entry: Entry, location: Location | None) -> str:
    """The address, or "" where the location does not have what it needs."""
    needed: dict[str, str] = {need: getattr(location, need, "") for need in entry.needs}
    if not all(needed.values()):
        return ""
    try:
        return reverse(entry.page, kwargs={**needed, **entry.kwargs})
    except NoReverseMatch:
        return ""


def _current(request: HttpRequest) -> str:
    """The key of the entry that this page belongs to."""
    match = request.resolver_match
    if match is None:
        return ""
    if "resource" in match.kwargs:
        return str(match.kwargs["resource"])
    family = (match.url_name or "").split("-")[0]
    entries = (entry for _label, entries in _side.sections for entry in entries)
    return next((entry.key for entry in entries if entry.family == family), "")


def _counts(request: HttpRequest, location: Location | None) -> Mapping[str, int]:
    if location is None:
        return {}
    try:
        return _side.counts(request, location)
    except ConsoleError:
        return {}  # the frame is shown although the cluster does not answer
