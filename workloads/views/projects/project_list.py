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
from workloads.services.translation import say
from workloads.stores import store_for
from workloads.stores.clusters import Cluster, clusters
from workloads.stores.protocol import DAEMONSET
from workloads.views.objects.lists import find_project


@require_safe
def project_list(request: HttpRequest) -> HttpResponse:
    """Every cluster with its projects. One whose server must be asked is looked at only on request
    (`?cluster=`), or by htmx after the page is there: a cluster that does not answer delays nobody."""
    asked = request.GET.get("cluster", "")
    search = request.GET.get("q", "").strip().lower()
    groups = [
        {"cluster": cluster, "lazy": True}
        if not cluster.offline and cluster.key != asked
        else {"cluster": cluster} | _projects(request, cluster, search)
        for cluster in clusters()
    ]
    context = {
        "groups": groups,
        "search": request.GET.get("q", "").strip(),
        "asked": asked,
        "drafts": drafts.listed(request.user).count(),
    }
    return render_page(request, "workloads/projects/project_list.html", context)


@require_safe
def cluster_projects(request: HttpRequest, cluster: str) -> HttpResponse:
    """The projects of one cluster: what the list of projects fetches for each after it is shown."""
    found = find_cluster(cluster)
    group = {"cluster": found} | _projects(request, found, request.GET.get("q", "").strip().lower())
    fragment = "workloads/projects/_cluster.html"
    return render_page(request, "workloads/projects/cluster.html", {"group": group}, fragment=fragment)


def find_cluster(key: str) -> Cluster:
    """Raises NotFound."""
    found = next((cluster for cluster in clusters() if cluster.key == key), None)
    if found is None:
        raise NotFound(_("There is no cluster “%(key)s”.") % {"key": key[:100]})
    return found


def _projects(request: HttpRequest, cluster: Cluster, search: str) -> dict[str, Any]:
    """What one cluster answers, or why it does not."""
    location = last_location(request)
    try:
        store = store_for(cluster.key, request.user)
        known = store.projects()
        rows = [
            {
                "project": project,
                "here": location is not None
                and (location.cluster, location.project) == (cluster.key, project.name),
                "daemonsets": store.counts(project.name).get(DAEMONSET, 0) if store.offline else None,
            }
            for project in known
            if search in f"{project.name}\n{project.alias}".lower()
        ]
    except ConsoleError as error:
        return {"error": error}
    return {"rows": rows, "total": len(known), "offline": store.offline}


class ProjectForm(forms.Form):
    """Rules beyond the lengths are the store's: `stores.incoming.check_project_name`."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=63,
        help_text=gettext_lazy(
            "Lower case letters, digits and “-”; begins and ends with a letter or digit. It stays for good."
        ),
    )
    alias = forms.CharField(
        label=gettext_lazy("Alias"),
        max_length=63,
        required=False,
        help_text=gettext_lazy("Any words, also Chinese."),
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
        name = form.cleaned_data["name"]
        try:
            store_for(cluster, request.user).create_project(
                name, alias=form.cleaned_data["alias"], description=form.cleaned_data["description"]
            )
        except AlreadyExists as error:
            form.add_error("name", error.message)
            status = error.status
        except Invalid as error:
            for said in [say(finding) for finding in error.findings] or [error.message]:
                form.add_error("name", said)
        except ConsoleError as error:
            form.add_error(None, [error.message, *([error.way_out] if error.way_out else [])])
            status = error.status
        else:
            messages.success(request, _("Project %(name)s is there.") % {"name": name})
            return see_other("daemonset-list", cluster=cluster, project=name)
    context = {"form": form, "label": label}
    return render_page(request, "workloads/projects/project_new.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def project_delete(request: HttpRequest, cluster: str, project: str) -> HttpResponse:
    """Deletes a project with all that is in it, once its name is typed."""
    require(request.user, "manage", cluster=cluster, project=project)
    store = store_for(cluster, request.user)
    found = find_project(store, project)
    wrong = ""
    if request.method == "POST":
        if request.POST.get("name", "").strip() == project:
            store.delete_project(project)
            messages.success(request, _("Project %(name)s is deleted.") % {"name": project})
            return see_other("project-list")
        wrong = _("This is not the name of the project.")
    context = {
        "found": found,
        "counts": sorted((kind, n) for (_version, kind), n in store.counts(project).items()),
        "typed": request.POST.get("name", ""),
        "wrong": wrong,
        "offline": store.offline,
    }
    status = 422 if wrong else 200
    return render_page(request, "workloads/projects/project_delete.html", context, status=status)


@require_safe
def project_home(request: HttpRequest, cluster: str, project: str) -> HttpResponse:
    return redirect("daemonset-list", cluster=cluster, project=project)
