"""Addresses of the domain: families of pages, each with its own list."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("", include("workloads.views.drafts.urls")),
    path("", include("workloads.views.projects.urls")),
    path("", include("workloads.views.nodes.urls")),
    path("", include("workloads.views.objects.urls")),
]
