"""/projects/, /clusters/<cluster>/projects/…: the switcher; creating and deleting projects."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
