"""Root addresses. Everything needs a signed-in person unless marked `login_not_required`."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("", include("console.web.urls")),
    path("", include("console.accounts.urls")),
    path("", include("workloads.urls")),
]
