"""Changing what the offline store knows of nodes: their labels and taints, and hypothetical nodes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from console.errors import Conflict, ConsoleError
from console.web.render import render_page, see_other
from workloads.daemonsets.manifest import names
from workloads.daemonsets.manifest.nodes import labels_of, node_name
from workloads.daemonsets.placement import hypothetical
from workloads.daemonsets.placement.hypothetical import Unreadable
from workloads.daemonsets.placement.verdicts import Taint
from workloads.documents import EditRefused
from workloads.services.offline_nodes import (
    add_hypothetical_nodes,
    delete_hypothetical_nodes,
    set_labels_and_taints,
)
from workloads.services.translation import filled, say
from workloads.stores.protocol import Ref
from workloads.views.nodes.node_list import offline_store

MOST_NODES: Final = 5000
"""Hypothetical nodes that can be added at once."""
_LINES: Final = {"rows": 6, "spellcheck": "false", "autocapitalize": "off", "class": "code"}

T = TypeVar("T")


class NodeForm(forms.Form):
    """`labels` and `taints`: as people type them, cleaned to their meaning."""

    labels = forms.CharField(
        label=gettext_lazy("Labels"),
        required=False,
        strip=False,
        help_text=gettext_lazy("One per line: key=value"),
        widget=forms.Textarea(attrs={**_LINES, "placeholder": "accelerator=nvidia"}),
    )
    taints = forms.CharField(
        label=gettext_lazy("Taints"),
        required=False,
        strip=False,
        help_text=gettext_lazy(
            "One per line: key=value:Effect. The effect is NoSchedule, PreferNoSchedule or NoExecute."
        ),
        widget=forms.Textarea(attrs={**_LINES, "rows": 4, "placeholder": "nvidia.com/gpu=yes:NoSchedule"}),
    )

    def clean_labels(self) -> dict[str, str]:
        return _read(hypothetical.read_labels, self.cleaned_data["labels"])

    def clean_taints(self) -> list[Taint]:
        return _read(hypothetical.read_taints, self.cleaned_data["taints"])


class WhatIfForm(NodeForm):
    like = forms.ChoiceField(
        label=gettext_lazy("Like this node"),
        required=False,
        help_text=gettext_lazy("Copies its labels, taints and size, and adds what you enter below."),
    )
    stem = forms.CharField(label=gettext_lazy("Name"), max_length=200, initial="what-if")
    count = forms.IntegerField(
        label=gettext_lazy("Number of nodes"), min_value=1, max_value=MOST_NODES, initial=20
    )
    field_order = ("like", "stem", "count", "labels", "taints")

    def __init__(self, *args: Any, nodes: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [("", _("none: only what you enter below")), *((name, name) for name in nodes)]
        cast("forms.ChoiceField", self.fields["like"]).choices = offered

    def clean_stem(self) -> str:
        stem: str = self.cleaned_data["stem"]
        if problem := names.dns_subdomain(stem):
            template, params = problem
            raise forms.ValidationError(_(template) % params, code="name")
        return stem


def _read(reader: Callable[[str], T], text: str) -> T:
    try:
        return reader(text)
    except Unreadable as error:
        message = _("Line %(line)d: %(problem)s") % {"line": error.line, "problem": say(error.say)}
        raise forms.ValidationError(message, code=f"line-{error.line}") from error


@require_http_methods(["GET", "HEAD", "POST"])
def node_labels(request: HttpRequest, cluster: str, name: str) -> HttpResponse:
    """POST `labels`, `taints`, `seen`: the version that the form was made from."""
    store = offline_store(request, cluster)
    stored = store.get(Ref("v1", "Node", "", name))
    initial = {
        "labels": hypothetical.write_labels(labels_of(stored.value)),
        "taints": hypothetical.write_taints(stored.value),
    }
    form = NodeForm(request.POST or None, initial=initial)
    status = 422 if form.is_bound else 200
    if form.is_valid():
        try:
            set_labels_and_taints(store, stored, **form.cleaned_data, base=request.POST.get("seen", ""))
        except (EditRefused, ConsoleError) as refused:
            form.add_error(None, say(refused) if isinstance(refused, EditRefused) else refused.message)
            status = 409 if isinstance(refused, Conflict) else 422
        else:
            messages.success(request, _("%(name)s saved.") % {"name": name}, extra_tags="node-saved")
            return see_other("node", cluster, name)
    seen = request.POST.get("seen", "") if form.is_bound else stored.version
    context = {"form": form, "seen": seen, "cluster": cluster, "name": name}
    return render_page(request, "workloads/nodes/node_labels.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def node_what_if(request: HttpRequest, cluster: str) -> HttpResponse:
    """Add hypothetical nodes, to see where DaemonSets would run and what quotas would say."""
    store = offline_store(request, cluster)
    known = [node_name(node) for node in store.nodes()]
    form = WhatIfForm(request.POST or None, nodes=known, initial={"like": request.GET.get("like", "")})
    if form.is_valid():
        try:
            count = add_hypothetical_nodes(store, **form.cleaned_data)
        except ConsoleError as refused:
            form.add_error(None, refused.message)
        else:
            message = ngettext("%(n)d hypothetical node added.", "%(n)d hypothetical nodes added.", count)
            messages.success(request, filled(message, {"n": count}), extra_tags="hypothetical-added")
            return see_other("node-list", cluster=cluster)
    context = {"form": form, "cluster": cluster}
    return render_page(request, "workloads/nodes/what_if.html", context, status=422 if form.is_bound else 200)


@require_POST
def node_delete_hypothetical(request: HttpRequest, cluster: str) -> HttpResponse:
    """All hypothetical nodes together."""
    count = delete_hypothetical_nodes(offline_store(request, cluster))
    message = ngettext("%(n)d hypothetical node deleted.", "%(n)d hypothetical nodes deleted.", count)
    messages.success(request, filled(message, {"n": count}), extra_tags="hypothetical-deleted")
    return see_other("node-list", cluster=cluster)
