"""One object: its page and manifest; editing, copying, exporting and deleting it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from console.accounts.access import Person, require
from console.errors import NotFound
from console.web.render import render_page, see_other
from workloads import kinds
from workloads.daemonsets.manifest import summary
from workloads.daemonsets.manifest.outline import LABELS
from workloads.daemonsets.placement.verdicts import coverage, template_of
from workloads.daemonsets.project.facts import keys_of
from workloads.documents import EditRefused, get
from workloads.drafts import store as drafts
from workloads.models import Draft
from workloads.services import edit
from workloads.services.cautions import cautions
from workloads.services.copy import copy_of
from workloads.services.delete import delete_objects
from workloads.services.export import export
from workloads.services.facts import if_readable
from workloads.services.findings import findings_of
from workloads.services.listing import status_of
from workloads.services.projects import quota_named
from workloads.services.starts import stored_starts
from workloads.services.translation import say
from workloads.services.verbs import ONLY_DAEMONSETS, grouped, verbs_of
from workloads.stores import facets, secrets, store_for
from workloads.stores.protocol import Ref, Store, Stored
from workloads.views import addresses, form_values
from workloads.views.drafts.yaml_mode import as_file
from workloads.views.objects.undo import say_deleted


@dataclass(frozen=True, slots=True)
class Tab:
    """One of the pages of an object. path: below the object's address; daemonsets: only for these."""

    name: str
    label: str | Promise
    path: str
    daemonsets: bool = False


HISTORY = Tab("revisions", gettext_lazy("History"), "revisions/")
TABS = (
    Tab("show", gettext_lazy("Overview"), ""),
    Tab("nodes", gettext_lazy("Nodes"), "nodes/", daemonsets=True),
    Tab("yaml", "YAML", "yaml/"),
    HISTORY,
)


def object_header(person: Person, store: Store, ref: Ref, stored: Stored | None) -> dict[str, Any]:
    """What `workloads/objects/_head.html` needs. stored: None for a deleted object: it has only a history."""
    verbs = verbs_of(person, ref.kind, cluster=store.cluster, project=ref.project) if stored else []
    return {
        "ref": ref,
        "stored": stored,
        "kind": kinds.row_of(ref.api_version, ref.kind),
        "address": addresses.of("object", store.cluster, ref),
        "listing": addresses.listing(store.cluster, ref.project, addresses.resource(ref)),
        "buttons": [verb for verb in verbs if verb.button],
        "verb_groups": grouped(verb for verb in verbs if not verb.button and not verb.tab),
        "tabs": [tab for tab in TABS if not tab.daemonsets or ref.is_daemonset] if stored else [HISTORY],
        "keeps_history": store.capabilities().keeps_history,
    }


def object_context(person: Person, store: Store, stored: Stored) -> dict[str, Any]:
    """The header, and what the pages of an object show below it."""
    return {
        **object_header(person, store, stored.ref, stored),
        "text": secrets.mask(stored.text),
        "masked": stored.ref.kind == "Secret",
        "alias": facets.facets(stored.value).alias,
        "keys": sorted(keys_of(stored.value)),
        "labels": get(stored.value, LABELS) or {},
        "cautions": cautions(store, stored),
    }


@require_safe
def object_page(
    request: HttpRequest, cluster: str, resource: str, name: str, project: str = ""
) -> HttpResponse:
    """An object of a kind without a page of its own. A deleted one leads to its history."""
    store = store_for(cluster, request.user)
    ref = addresses.ref_at(project, resource, name)
    stored = _stored_or_deleted(store, ref)
    if stored is None:
        return redirect(addresses.of("object-revisions", cluster, ref))
    context = object_context(request.user, store, stored) | {"history": store.history(ref)[:5]}
    if ref.kind == "ResourceQuota":
        context["quota"] = quota_named(store, ref)
    return render_page(request, "workloads/objects/object.html", context)


@require_safe
def daemonset_page(request: HttpRequest, cluster: str, project: str, name: str) -> HttpResponse:
    """Its status, findings, containers and volumes, and where it runs. A deleted one leads to its history."""
    store = store_for(cluster, request.user)
    ref = addresses.ref_at(project, "daemonsets", name)
    stored = _stored_or_deleted(store, ref)
    if stored is None:
        return redirect(addresses.of("object-revisions", cluster, ref))
    features = store.capabilities()
    nodes = store.nodes() if not features.runs_pods else ()
    reach = coverage(template_of(stored.value), nodes, features=features) if nodes else None
    starts = stored_starts(store, nodes, [stored])
    will = starts.alone(stored)
    context = {
        **object_context(request.user, store, stored),
        "history": store.history(ref)[:5],
        "summary": summary.of(stored.value),
        "status": status_of(store, stored),
        "runs": features.runs_pods,
        "reach": reach,
        "start": will.start,
        "most": will.most(reach) if reach else 0,
        "unchecked": starts.notes,
        "findings": findings_of(store, stored),
    }
    return render_page(request, "workloads/objects/daemonset.html", context)


def _stored_or_deleted(store: Store, ref: Ref) -> Stored | None:
    """None for an object that is deleted and still has its history. Raises NotFound."""
    try:
        return store.get(ref)
    except NotFound:
        if store.history(ref):
            return None
        raise


@require_safe
def object_text(
    request: HttpRequest, cluster: str, resource: str, name: str, project: str = ""
) -> HttpResponse:
    """The manifest, with line numbers to link to."""
    store = store_for(cluster, request.user)
    stored = store.get(addresses.ref_at(project, resource, name))
    context = object_context(request.user, store, stored)
    return render_page(request, "workloads/objects/text.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def object_edit(
    request: HttpRequest, cluster: str, resource: str, name: str, project: str = ""
) -> HttpResponse:
    """To a draft of the stored object. `?in=yaml`: in YAML mode. An address that was copied or reloaded leads
    to the object's page, where the button is: opening an address never makes a draft."""
    ref = addresses.ref_at(project, resource, name)
    if request.method != "POST":
        return redirect(addresses.of("object", cluster, ref))
    require(request.user, "edit", cluster=cluster, project=project, kind=ref.kind)
    draft = draft_of(request, cluster, store_for(cluster, request.user).get(ref))
    return _to_draft(draft, ref.kind, as_yaml=request.GET.get("in") == "yaml")


def draft_of(request: HttpRequest, cluster: str, stored: Stored) -> Draft:
    """The person's draft of what is stored. A toast says so if it was open already."""
    draft, new = edit.draft_of(request.user, cluster, stored)
    if not new:
        text = _("You already have a draft of %(name)s. It is open below.") % {"name": stored.ref.name}
        messages.info(request, text, extra_tags="draft-open")
    return draft


def _to_draft(draft: Draft, kind: str, *, as_yaml: bool = False) -> HttpResponse:
    """The wizard is for DaemonSets; every other kind is edited in YAML mode."""
    if as_yaml or kind not in ONLY_DAEMONSETS:
        return see_other("draft-yaml", draft.id)
    return see_other("draft-step", draft.id, "basics")


class CopyForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name of the copy"), max_length=253)

    def __init__(self, *args: Any, projects: Sequence[str], **kwargs: Any) -> None:
        """projects: to choose from; (): the copy is for the whole cluster."""
        super().__init__(*args, **kwargs)
        if projects:
            self.fields["project"] = forms.ChoiceField(
                label=gettext_lazy("Project"), choices=[(name, name) for name in projects]
            )


@require_http_methods(["GET", "HEAD", "POST"])
def object_copy(
    request: HttpRequest, cluster: str, resource: str, name: str, project: str = ""
) -> HttpResponse:
    """Ask for the copy's name and project, then make a draft of it; nothing is stored before its review."""
    store = store_for(cluster, request.user)
    stored = store.get(addresses.ref_at(project, resource, name))
    projects: list[str] = []
    if project:
        # Without the right to list projects, a copy can still be made within this one.
        found = if_readable(store.projects) or ()
        projects = [each.name for each in found if each.deletion is None] or [project]
    initial = {"name": f"{name}-copy", "project": project}
    form = CopyForm(request.POST or None, projects=projects, initial=initial)
    if form.is_valid():
        to = form.cleaned_data.get("project", "")
        require(request.user, "edit", cluster=cluster, project=to, kind=stored.ref.kind)
        try:
            text = copy_of(stored, form.cleaned_data["name"], to)
        except EditRefused as refused:
            form.add_error(None, say(refused))
        else:
            return _to_draft(drafts.create(request.user, cluster, to, text), stored.ref.kind)
    context = object_context(request.user, store, stored) | {"form": form}
    status = 422 if form.is_bound else 200
    return render_page(request, "workloads/objects/copy.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def object_export(
    request: HttpRequest, cluster: str, resource: str, name: str, project: str = ""
) -> HttpResponse:
    """The object as a file, `as` yaml or json. For a Secret, a page asks first whether to export values."""
    store = store_for(cluster, request.user)
    stored = store.get(addresses.ref_at(project, resource, name))
    if stored.ref.kind == "Secret" and request.method != "POST":
        context = object_context(request.user, store, stored)
        return render_page(request, "workloads/objects/export_secret.html", context)
    as_json = (request.POST.get("as") or request.GET.get("as")) == "json"
    return download(request, [stored], "json" if as_json else "yaml", cluster)


def download(request: HttpRequest, items: Sequence[Stored], format: str, cluster: str) -> HttpResponse:
    """One file of all of them. The values of Secrets are masked unless the person asked for them: POST
    `values=plain`."""
    values = request.method == "POST" and request.POST.get("values") == "plain"
    text = export(items, format, values=values, cluster=cluster, who=request.user.get_username())
    stem = items[0].ref.name if len(items) == 1 else items[0].ref.project or cluster
    return as_file(text, stem, format)


@require_http_methods(["GET", "HEAD", "POST"])
def object_delete(
    request: HttpRequest, cluster: str, resource: str, name: str, project: str = ""
) -> HttpResponse:
    """Ask, then delete the version that was shown."""
    ref = addresses.ref_at(project, resource, name)
    if ref.kind == "Namespace":  # a project, with everything in it
        return redirect("project-delete", cluster=cluster, project=name)
    require(request.user, "delete", cluster=cluster, project=project, kind=ref.kind)
    store = store_for(cluster, request.user)
    error = None
    if request.method == "POST":
        [result] = delete_objects(store, {ref: request.POST.get("seen", "")}, why=form_values.reason(request))
        if result.error is None:
            say_deleted(request, store, _("%(object)s deleted.") % {"object": ref}, [ref], resource)
            return see_other(addresses.listing(cluster, project, resource))
        if isinstance(result.error, NotFound):
            raise result.error
        error = result.error
    context = object_context(request.user, store, store.get(ref))
    context |= {"error": error, "why": form_values.reason(request)}
    status = error.status if error else 200
    return render_page(request, "workloads/objects/delete.html", context, status=status)
