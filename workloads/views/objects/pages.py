"""One object: what it is and says; editing, copying, exporting and deleting it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from console import audit
from console.accounts.access import require
from console.errors import NotFound
from console.web.render import render_page, see_other
from workloads import documents
from workloads.daemonsets.manifest import summary
from workloads.daemonsets.manifest.metadata import LAST_APPLIED, SERVER_FIELDS
from workloads.daemonsets.manifest.outline import LABELS, NAME, POD_LABELS, PROJECT, SELECTOR
from workloads.daemonsets.placement.verdicts import coverage, template_of
from workloads.daemonsets.project.facts import keys_of
from workloads.daemonsets.running import status
from workloads.documents import ABSENT, Change, EditRefused, bundle, get, read
from workloads.drafts import store as drafts
from workloads.models import Draft
from workloads.services.delete import delete_objects
from workloads.services.facts import if_readable
from workloads.services.refs import origin_of
from workloads.services.translation import say
from workloads.stores import facets, secrets, store_for
from workloads.stores.protocol import Ref, Store, Stored
from workloads.views import addresses, form_values
from workloads.views.drafts.yaml_mode import as_file
from workloads.views.objects.lists import ICONS, TITLES


@require_safe
def show(request: HttpRequest, cluster: str, resource: str, name: str, project: str = "") -> HttpResponse:
    ref = addresses.ref_at(project, resource, name)
    store = store_for(cluster, request.user)
    try:
        stored = store.get(ref)
    except NotFound:
        if not store.history(ref):
            raise
        # What was deleted can still be looked at, and brought back.
        return redirect(addresses.of("object-revisions", cluster, ref))
    context = about(store, stored) | {"history": store.history(ref)[:5]}
    if resource == "daemonsets":
        context["summary"] = summary.of(stored.value)
        context["status"] = status.SAVED if store.offline else status.of(stored.value)
        nodes = store.nodes() if store.offline else ()
        if nodes:
            features = store.capabilities()
            context["reach"] = coverage(template_of(stored.value), nodes, features=features)
        return render_page(request, "workloads/objects/daemonset.html", context)
    return render_page(request, "workloads/objects/object.html", context)


@require_safe
def text(request: HttpRequest, cluster: str, resource: str, name: str, project: str = "") -> HttpResponse:
    """The text alone, with line numbers to point at."""
    store = store_for(cluster, request.user)
    stored = store.get(addresses.ref_at(project, resource, name))
    return render_page(request, "workloads/objects/text.html", about(store, stored))


def head(store: Store, ref: Ref, stored: Stored | None) -> dict[str, Any]:
    """What `workloads/objects/_head.html` needs; `stored` is None where the object is deleted."""
    return {
        "ref": ref,
        "stored": stored,
        "offline": store.offline,
        "keeps_history": store.capabilities().keeps_history,
        "address": addresses.of("object", store.cluster, ref),
        "listing": addresses.listing(store.cluster, ref.project, addresses.resource(ref)),
        "title": TITLES.get(ref.kind, ref.kind),
        "icon": ICONS.get(ref.kind, "braces"),
    }


def about(store: Store, stored: Stored) -> dict[str, Any]:
    """The head, and what the page of an object says besides."""
    return {
        **head(store, stored.ref, stored),
        "text": secrets.mask(stored.text),
        "masked": stored.ref.kind == "Secret",
        "alias": facets.facets(stored.value).alias,
        "keys": sorted(keys_of(stored.value)),
        "labels": get(stored.value, LABELS) or {},
    }


@require_POST
def edit(request: HttpRequest, cluster: str, resource: str, name: str, project: str = "") -> HttpResponse:
    """A draft of the stored object; the one that is open already, where there is one."""
    ref = addresses.ref_at(project, resource, name)
    require(request.user, "edit", cluster=cluster, project=project, kind=ref.kind)
    draft = draft_of(request, cluster, store_for(cluster, request.user).get(ref))
    return _open(draft, resource, as_yaml=request.GET.get("in") == "yaml")


def draft_of(request: HttpRequest, cluster: str, stored: Stored) -> Draft:
    """A draft to edit what is stored; where the person has one open already it is that one, and is said."""
    draft = _open_draft(request.user, cluster, stored.ref)
    if draft is None:
        return drafts.create(request.user, cluster, stored.ref.project, origin=stored)
    name = stored.ref.name
    messages.info(request, _("You had begun to change %(name)s: here is that draft.") % {"name": name})
    return draft


def _open_draft(person: Any, cluster: str, ref: Ref) -> Draft | None:
    return next(
        (
            draft
            for draft in drafts.listed(person).filter(cluster=cluster, origin_name=ref.name)
            if origin_of(draft) == ref
        ),
        None,
    )


class CopyForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name of the copy"), max_length=253)
    project = forms.ChoiceField(label=gettext_lazy("Project"))

    def __init__(self, *args: Any, projects: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["project"].choices = [(name, name) for name in projects]  # type: ignore[attr-defined]


@require_http_methods(["GET", "HEAD", "POST"])
def copy(request: HttpRequest, cluster: str, resource: str, name: str, project: str = "") -> HttpResponse:
    """Ask for the copy's name and project, then make a draft of it: nothing is stored before its review."""
    store = store_for(cluster, request.user)
    stored = store.get(addresses.ref_at(project, resource, name))
    # Who may not list projects may still copy within one.
    there = if_readable(store.projects) or ()
    projects = [known.name for known in there] or [project]
    initial = {"name": f"{name}-copy", "project": project}
    form = CopyForm(request.POST or None, projects=projects, initial=initial)
    if not project:
        del form.fields["project"]
    if form.is_valid():
        to = form.cleaned_data.get("project", "")
        require(request.user, "edit", cluster=cluster, project=to, kind=stored.ref.kind)
        try:
            text = copied(stored, form.cleaned_data["name"], to)
        except EditRefused as refused:
            form.add_error(None, say(refused))
        else:
            return _open(drafts.create(request.user, cluster, to, text), resource)
    context = about(store, stored) | {"form": form}
    status = 422 if form.is_bound else 200
    return render_page(request, "workloads/objects/copy.html", context, status=status)


def _open(draft: Draft, resource: str, *, as_yaml: bool = False) -> HttpResponse:
    """The wizard for a DaemonSet, the YAML mode for everything else."""
    if as_yaml or resource != "daemonsets":
        return see_other("draft-yaml", draft.id)
    return see_other("draft-step", draft.id, "basics")


_SELECTOR = (*SELECTOR, "matchLabels")
# What a server gives to an object, not its author.
_GIVEN = (
    *(("metadata", field) for field in SERVER_FIELDS),
    ("metadata", "ownerReferences"),
    ("metadata", "annotations", LAST_APPLIED),
    ("status",),
)


def copied(stored: Stored, name: str, project: str) -> str:
    """The text of a copy. A selector that holds the old name gets the new one, and so do the labels it
    selects: two DaemonSets that select the same pods would fight over them.

    Raises EditRefused.
    """
    value, old = read(stored.text)[0].value, stored.ref.name
    changes: list[Change] = [(NAME, name)]
    if get(value, PROJECT) is not ABSENT:
        changes.append((PROJECT, project))
    changes += [(path, ABSENT) for path in _GIVEN if get(value, path) is not ABSENT]
    selector = get(value, _SELECTOR)
    changes += [
        ((*holder, key), name)
        for key in (selector if isinstance(selector, dict) else ())
        for holder in (_SELECTOR, POD_LABELS, LABELS)
        if selector[key] == old and get(value, (*holder, key)) == old
    ]
    return documents.edit(stored.text, 0, changes)


@require_http_methods(["GET", "HEAD", "POST"])
def export(request: HttpRequest, cluster: str, resource: str, name: str, project: str = "") -> HttpResponse:
    """The object as a file. A Secret is asked about first; taking its values along is recorded."""
    store = store_for(cluster, request.user)
    stored = store.get(addresses.ref_at(project, resource, name))
    if stored.ref.kind == "Secret" and request.method != "POST":
        return render_page(request, "workloads/objects/export_secret.html", about(store, stored))
    as_json = (request.POST.get("as") or request.GET.get("as")) == "json"
    return download(request, [stored], "json" if as_json else "yaml", cluster)


def download(request: HttpRequest, items: Sequence[Stored], format: str, cluster: str) -> HttpResponse:
    """One file of all of them. The values of Secrets are masked unless a person said otherwise (POST
    `values=plain`), which is recorded."""
    plain = request.method == "POST" and request.POST.get("values") == "plain"
    text = bundle.join([stored.text if plain else secrets.mask(stored.text) for stored in items])
    if format == "json":
        text = bundle.convert(text, "json")
    for ref in [stored.ref for stored in items if plain and stored.ref.kind == "Secret"]:
        who, verb = request.user.get_username(), "export values"
        audit.record(who, verb, cluster=cluster, project=ref.project, kind=ref.kind, name=ref.name)
    stem = items[0].ref.name if len(items) == 1 else items[0].ref.project or cluster
    return as_file(text, stem, format)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, cluster: str, resource: str, name: str, project: str = "") -> HttpResponse:
    """Ask, then delete the version that was shown."""
    ref = addresses.ref_at(project, resource, name)
    if ref.kind == "Namespace":  # a project, with all that is in it
        return redirect("project-delete", cluster=cluster, project=name)
    require(request.user, "delete", cluster=cluster, project=project, kind=ref.kind)
    store = store_for(cluster, request.user)
    error = None
    if request.method == "POST":
        [result] = delete_objects(store, {ref: request.POST.get("seen", "")}, why=form_values.reason(request))
        if result.error is None:
            messages.success(request, _("%(object)s is deleted.") % {"object": ref})
            return see_other(addresses.listing(cluster, project, resource))
        if isinstance(result.error, NotFound):
            raise result.error
        error = result.error
    context = about(store, store.get(ref)) | {"error": error, "why": form_values.reason(request)}
    status = error.status if error else 200
    return render_page(request, "workloads/objects/delete.html", context, status=status)
