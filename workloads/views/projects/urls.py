"""/projects/, /clusters/<cluster>/projects/…: the switcher; creating and deleting projects."""

from __future__ import annotations

from django.urls import URLPattern, path

from workloads.views.projects import project_list

urlpatterns: list[URLPattern] = [
    path("projects/", project_list.project_list, name="project-list"),
    path("clusters/<cluster>/projects/", project_list.cluster_projects, name="cluster-projects"),
    path("clusters/<cluster>/new-project/", project_list.project_new, name="project-new"),
    path("clusters/<cluster>/projects/<project>/", project_list.project_home, name="project-home"),
    path("clusters/<cluster>/projects/<project>/delete/", project_list.project_delete, name="project-delete"),
]
