"""Full page or fragment: decided here and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers


def swaps(request: HttpRequest) -> bool:
    """Whether htmx asks for a part of a page, not for a page."""
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
