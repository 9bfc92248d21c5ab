"""/projects/, /clusters/<cluster>/projects/…: the switcher; creating and deleting projects."""

from __future__ import annotations

from django.urls import URLPattern, path

from workloads.views import projects

urlpatterns: list[URLPattern] = [
    path("projects/", projects.project_list, name="project-list"),
    path("clusters/<cluster>/projects/", projects.cluster_projects, name="cluster-projects"),
    path("clusters/<cluster>/new-project/", projects.project_new, name="project-new"),
    path("clusters/<cluster>/projects/<project>/", projects.project_home, name="project-home"),
    path("clusters/<cluster>/projects/<project>/delete/", projects.project_delete, name="project-delete"),
]
