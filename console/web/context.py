"""What every page's frame needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise, SimpleLazyObject
from django.utils.translation import gettext as _

from console.errors import ConsoleError
from console.projects import OFFLINE
from console.projects.middleware import Place, last_place

THEMES = ("light", "dark")


@dataclass(frozen=True, slots=True)
class Entry:
    """What the domain says of one link of the side.

    key: of its number in the counts; also the `resource` in the addresses of its pages.
    page: the name of the address it leads to, which takes `needs` of the place and `kwargs`.
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
Counter: TypeAlias = Callable[[HttpRequest, Place], Mapping[str, int]]


def _no_counts(request: HttpRequest, place: Place) -> Mapping[str, int]:
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
    label: str | Promise
    icon: str
    address: str
    current: bool = False
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Group:
    label: str | Promise
    items: list[Item]


@dataclass(frozen=True, slots=True)
class Frame:
    """The side: its links and the place they lead to, the page's own or else the last one visited."""

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
    for label, entries in _side.sections:
        items = [
            Item(entry.label, entry.icon, address, entry.key == current, counts.get(entry.key))
            for entry in entries
            if (address := _address(entry, place))
        ]
        if items:
            groups.append(Group(label, items))
    return Frame(
        place=place,
        place_name=(place and place.project) or _("All projects"),
        cluster_name=cluster_name(place.cluster) if place else "",
        projects=reverse("project-list"),
        groups=groups,
    )


def cluster_name(cluster: str) -> str:
    return _("Offline store") if cluster == OFFLINE else cluster


def _address(entry: Entry, place: Place | None) -> str:
    """The address, or "" where the place does not have what it needs."""
    needed: dict[str, str] = {need: getattr(place, need, "") for need in entry.needs}
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


def _counts(request: HttpRequest, place: Place | None) -> Mapping[str, int]:
    if place is None:
        return {}
    try:
        return _side.counts(request, place)
    except ConsoleError:
        return {}  # a cluster that does not answer must not take the frame with it
