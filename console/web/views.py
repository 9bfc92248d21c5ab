from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from console import database
from console.errors import NotFound
from console.projects.middleware import last_location
from console.web import guide
from console.web.context import THEMES
from console.web.render import is_here, see_other

YEAR = 365 * 24 * 3600


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Redirects to the project visited last, or the only one; else to the list of projects."""
    location = last_location(request)
    if location:
        return redirect("daemonset-list", cluster=location.cluster, project=location.project)
    return redirect("project-list")


@login_not_required
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Sets the theme: light, dark or the system's. A cookie keeps it, so that a page is drawn right at
    once."""
    address = request.POST.get("next", "")
    if not is_here(request, address):
        address = "/"
    response = see_other(address)
    chosen = request.POST.get("theme", "")
    if chosen in THEMES:
        response.set_cookie("theme", chosen, max_age=YEAR, samesite="Lax", secure=request.is_secure())
    else:
        response.delete_cookie("theme", samesite="Lax")
    return response


@require_safe
def help_page(request: HttpRequest, page: str) -> HttpResponse:
    """A guide, in the person's language where it is there. Raises NotFound."""
    if page not in guide.PAGES:
        raise NotFound(_("This page does not exist."))
    language = guide.language_of(page, get_language() or "en")
    return render(request, "web/guide.html", {"html": guide.guide(page, language), "language": language})


@require_safe
def help_picture(request: HttpRequest, name: str) -> HttpResponse:
    """Raises NotFound."""
    response = HttpResponse(guide.picture(name), content_type="image/webp")
    response["Cache-Control"] = "private, max-age=3600"
    return response


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Whether the process answers; touches no session and no database."""
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Whether the database responds. Says so in plain text: a program reads it."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except database.ERRORS:
        return HttpResponse("database\n", content_type="text/plain", status=503)
    return HttpResponse("ok\n", content_type="text/plain")
