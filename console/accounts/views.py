from __future__ import annotations

from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.encoding import iri_to_uri
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from console import audit
from console.accounts import links
from console.accounts.middleware import prolong
from console.projects.middleware import forget_location
from console.web.render import is_here, see_other

NEXT = "next"
"""Cookie with the address requested before the sign-in; the link from the terminal does not have it."""
MAX_AGE = 900


@login_not_required
@never_cache
@require_safe
def sign_in(request: HttpRequest) -> HttpResponse:
    """Tells how to get a link."""
    if request.user.is_authenticated:
        return redirect("home")
    response = render(request, "accounts/sign_in.html", {"command": settings.LINK_COMMAND})
    wanted = request.GET.get("next", "")
    if wanted and is_here(request, wanted):
        # A header takes ASCII only.
        response.set_signed_cookie(
            NEXT,
            iri_to_uri(wanted),
            max_age=MAX_AGE,
            httponly=True,
            samesite="Lax",
            secure=request.is_secure(),
        )
    return response


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_link(request: HttpRequest, token: str) -> HttpResponse:
    """The button signs in, not the link itself: programs that preview links must not use it up."""
    if request.method != "POST":
        if not links.usable(token):
            raise links.refusal()
        return render(request, "accounts/sign_in_link.html")
    # The link is used up only with the session that it opens.
    with transaction.atomic():
        person = links.use(token)
        login(request, person)
        prolong(request.session)
        request.session.save()
        audit.record(person.get_username(), "sign-in")
    wanted = request.get_signed_cookie(NEXT, default="", max_age=MAX_AGE)
    response = see_other(wanted if wanted and is_here(request, wanted) else "home")
    response.delete_cookie(NEXT, samesite="Lax")
    return response


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    audit.record(request.user.get_username(), "sign-out")
    logout(request)
    messages.success(request, _("You have signed out."), extra_tags="signed-out")
    page = request.POST.get("next", "")
    sign_in_page = reverse("sign-in")
    response = see_other(
        f"{sign_in_page}?{urlencode({NEXT: page})}" if is_here(request, page) else sign_in_page
    )
    forget_location(response)
    return response
