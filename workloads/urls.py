"""Addresses of the domain: families, each with its own list."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("", include("workloads.views.draft_urls")),
    path("", include("workloads.views.project_urls")),
    path("", include("workloads.views.object_urls")),
]
