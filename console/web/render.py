"""Decides whether a response is a page, a fragment or a redirect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme


def swaps(request: HttpRequest) -> bool:
    """Whether htmx requests a part of a page, not a page."""
    htmx = getattr(request, "htmx", None)
    return bool(htmx and not htmx.boosted and not htmx.history_restore_request)


def render_page(
    request: HttpRequest, template: str, context: Mapping[str, Any], *, fragment: str = "", status: int = 200
) -> HttpResponse:
    """`template`, or only `fragment` (a template of its own, included by the page) for an htmx request.

    A boosted or history-restore request gets the whole page.
    """
    shown = fragment if fragment and swaps(request) else template
    response = render(request, shown, dict(context), status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def is_here(request: HttpRequest, address: str) -> bool:
    """Whether an address that came with a request is a path of this console, which `see_other` can go to."""
    return address.startswith("/") and url_has_allowed_host_and_scheme(address, {request.get_host()})


def came_from(request: HttpRequest) -> str:
    """The page of this console, with its query, that the browser says it was on; "" where it was on none."""
    try:
        here, page = request.get_host(), urlsplit(request.headers.get("Referer", ""))
    except (DisallowedHost, ValueError):  # ValueError: it is no address
        return ""
    if page.netloc != here:
        return ""
    return page.path + (f"?{page.query}" if page.query else "")


def see_other(to: Any, *args: Any, **kwargs: Any) -> HttpResponse:
    """Redirect to the page that shows what a form has done; `to` is an address or the name of one."""
    return HttpResponseRedirect(resolve_url(to, *args, **kwargs), status=303)
