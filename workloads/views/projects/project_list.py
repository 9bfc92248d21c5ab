"""Clusters and their projects: choose one, create one, delete one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from console.accounts.access import require
from console.errors import AlreadyExists, ConsoleError, Invalid, NotFound
from console.projects.middleware import last_location
from console.web.render import render_page, see_other
from workloads.drafts import store as drafts
from workloads.services.projects import find_project
from workloads.services.translation import say
from workloads.stores import store_for
from workloads.stores.clusters import Cluster, clusters
from workloads.stores.protocol import DAEMONSET


@require_safe
def project_list(request: HttpRequest) -> HttpResponse:
    """Every cluster with its projects. A cluster with a server is asked only on request (`?cluster=`), or by
    htmx once the page is shown, so a cluster that does not answer delays nobody."""
    asked = request.GET.get("cluster", "")
    search = request.GET.get("q", "").strip()
    groups = [
        {"cluster": cluster, "lazy": True}
        if not cluster.offline and cluster.key != asked
        else _group(request, cluster, search)
        for cluster in clusters()
    ]
    context = {
        "groups": groups,
        "search": search,
        "asked": asked,
        "drafts": drafts.listed(request.user).count(),
    }
    return render_page(request, "workloads/projects/project_list.html", context)


@require_safe
def cluster_projects(request: HttpRequest, cluster: str) -> HttpResponse:
    """The projects of one cluster: what the list of projects fetches for each once it is shown."""
    group = _group(request, find_cluster(cluster), request.GET.get("q", "").strip())
    template = "workloads/projects/cluster.html"
    return render_page(request, template, {"group": group}, fragment=f"{template}#card")


def find_cluster(key: str) -> Cluster:
    """Raises NotFound."""
    found = next((cluster for cluster in clusters() if cluster.key == key), None)
    if found is None:
        raise NotFound(_("Cluster “%(key)s” not found.") % {"key": key[:100]}, code="no-cluster")
    return found


def _group(request: HttpRequest, cluster: Cluster, search: str) -> dict[str, Any]:
    """A cluster and its projects that match, or the error with which it answers."""
    location = last_location(request)
    try:
        store = store_for(cluster.key, request.user)
        projects = store.projects()
        rows = [
            {
                "project": project,
                "current": location is not None
                and (location.cluster, location.project) == (cluster.key, project.name),
                # A cluster would need another request for every project.
                "daemonsets": store.counts(project.name).get(DAEMONSET, 0) if cluster.offline else None,
            }
            for project in projects
            if search.lower() in f"{project.name}\n{project.alias}".lower()
        ]
        history = store.capabilities().keeps_history
    except ConsoleError as error:
        return {"cluster": cluster, "error": error}
    return {"cluster": cluster, "rows": rows, "total": len(projects), "keeps_history": history}


class ProjectForm(forms.Form):
    """Rules beyond the lengths are the store's: `stores.incoming.check_project_name`."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=63,
        help_text=gettext_lazy(
            "Lowercase letters, digits and “-”. Starts and ends with a letter or digit. "
            "Cannot be changed later."
        ),
        widget=forms.TextInput(attrs={"autofocus": True}),
    )
    alias = forms.CharField(
        label=gettext_lazy("Alias"),
        max_length=63,
        required=False,
        help_text=gettext_lazy("Any text, in any language."),
    )
    description = forms.CharField(
        label=gettext_lazy("Description"),
        max_length=256,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def project_new(request: HttpRequest, cluster: str) -> HttpResponse:
    require(request.user, "manage", cluster=cluster)
    label = find_cluster(cluster).label
    form = ProjectForm(request.POST or None)
    status = 422 if form.is_bound else 200
    if form.is_valid():
        error = _create(request, cluster, form.cleaned_data)
        if error is None:
            return see_other("daemonset-list", cluster=cluster, project=form.cleaned_data["name"])
        status = error.status
        form.add_error(*_at_field(error))
    context = {"form": form, "label": label, "guard": True}
    return render_page(request, "workloads/projects/project_new.html", context, status=status)


def _create(request: HttpRequest, cluster: str, fields: dict[str, str]) -> ConsoleError | None:
    try:
        store_for(cluster, request.user).create_project(**fields)
    except ConsoleError as error:
        return error
    text = _("Project %(name)s created.") % {"name": fields["name"]}
    messages.success(request, text, extra_tags="project-created")
    return None


def _at_field(error: ConsoleError) -> tuple[str | None, list[str]]:
    """(the field that an error is about, None for the whole form; its sentences)."""
    if isinstance(error, Invalid):
        return "name", [say(finding) for finding in error.findings] or [error.message]
    if isinstance(error, AlreadyExists):
        return "name", [error.message]
    return None, [error.message, *([error.way_out] if error.way_out else [])]


@require_http_methods(["GET", "HEAD", "POST"])
def project_delete(request: HttpRequest, cluster: str, project: str) -> HttpResponse:
    """Deletes a project with everything in it, once its name is typed."""
    require(request.user, "manage", cluster=cluster, project=project)
    store = store_for(cluster, request.user)
    find_project(store, project)
    typed = request.POST.get("name", "")
    if request.method == "POST" and typed.strip() == project:
        store.delete_project(project)
        messages.success(request, _("Project %(name)s deleted.") % {"name": project}, extra_tags="deleted")
        return see_other("project-list")
    wrong = request.method == "POST"
    context = {
        "counts": sorted((kind, n) for (_version, kind), n in store.counts(project).items()),
        "typed": typed,
        "wrong": wrong,
        "keeps_history": store.capabilities().keeps_history,
    }
    status = 422 if wrong else 200
    return render_page(request, "workloads/projects/project_delete.html", context, status=status)


@require_safe
def project_home(request: HttpRequest, cluster: str, project: str) -> HttpResponse:
    return redirect("daemonset-list", cluster=cluster, project=project)
