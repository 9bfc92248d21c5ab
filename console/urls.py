"""Root addresses. All need a signed-in person unless marked `login_not_required`."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("", include("console.web.urls")),
    path("", include("console.accounts.urls")),
    path("", include("workloads.urls")),
]

handler400 = "console.web.errors.bad_request"
handler403 = "console.web.errors.permission_denied"
handler404 = "console.web.errors.page_not_found"
handler500 = "console.web.errors.server_error"
