"""Changing what the offline store knows of nodes: their labels and taints; nodes that are made up."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from console.errors import Conflict, ConsoleError
from console.web.render import render_page, see_other
from workloads import documents
from workloads.daemonsets.manifest import names
from workloads.daemonsets.manifest.nodes import labels_of, node_name
from workloads.daemonsets.manifest.places import Place
from workloads.daemonsets.placement import hypothetical, verdicts
from workloads.daemonsets.placement.hypothetical import Unreadable, is_hypothetical
from workloads.documents import ABSENT, Change, EditRefused, to_yaml
from workloads.services.delete import delete_objects
from workloads.services.translation import say
from workloads.stores.protocol import Halted, Query, Ref, Write
from workloads.views.nodes.node_list import offline

MOST: Final = 5000
"""Nodes made up at once."""
_LINES = {"rows": 6, "spellcheck": "false", "autocapitalize": "off", "class": "code"}


class NodeForm(forms.Form):
    """`labels` and `taints`: what people type, cleaned to what it means."""

    labels = forms.CharField(
        label=gettext_lazy("Labels"),
        required=False,
        strip=False,
        help_text=gettext_lazy("One a line: key=value"),
        widget=forms.Textarea(attrs={**_LINES, "placeholder": "accelerator=nvidia"}),
    )
    taints = forms.CharField(
        label=gettext_lazy("Taints"),
        required=False,
        strip=False,
        help_text=gettext_lazy(
            "One a line: key=value:Effect, with the effect NoSchedule, PreferNoSchedule or NoExecute"
        ),
        widget=forms.Textarea(attrs={**_LINES, "rows": 4, "placeholder": "nvidia.com/gpu=yes:NoSchedule"}),
    )

    def clean_labels(self) -> dict[str, str]:
        return _read(hypothetical.read_labels, self.cleaned_data["labels"])

    def clean_taints(self) -> list[verdicts.Taint]:
        return _read(hypothetical.read_taints, self.cleaned_data["taints"])


class WhatIfForm(NodeForm):
    like = forms.ChoiceField(
        label=gettext_lazy("Like this node"),
        required=False,
        help_text=gettext_lazy("Its labels, taints and size; what is typed below comes on top."),
    )
    stem = forms.CharField(label=gettext_lazy("Name"), max_length=200, initial="what-if")
    count = forms.IntegerField(label=gettext_lazy("How many"), min_value=1, max_value=MOST, initial=20)
    field_order = ("like", "stem", "count", "labels", "taints")

    def __init__(self, *args: Any, nodes: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [("", _("none: only what is typed below")), *((name, name) for name in nodes)]
        self.fields["like"].choices = offered  # type: ignore[attr-defined]

    def clean_stem(self) -> str:
        stem: str = self.cleaned_data["stem"]
        if problem := names.dns_subdomain(stem):
            template, params = problem
            raise forms.ValidationError(_(template) % params)
        return stem


def _read(reader: Any, text: str) -> Any:
    try:
        return reader(text)
    except Unreadable as error:
        said = _("Line %(line)d: %(problem)s") % {"line": error.line, "problem": say(error.say)}
        raise forms.ValidationError(said) from error


@require_http_methods(["GET", "HEAD", "POST"])
def node_labels(request: HttpRequest, cluster: str, name: str) -> HttpResponse:
    """POST `labels`, `taints`, `seen`: the version that the form was made from."""
    store = offline(request, cluster)
    stored = store.get(Ref("v1", "Node", "", name))
    initial = {
        "labels": hypothetical.write_labels(labels_of(stored.value)),
        "taints": hypothetical.write_taints(stored.value),
    }
    form = NodeForm(request.POST or None, initial=initial)
    status = 422 if form.is_bound else 200
    if form.is_valid():
        try:
            text = documents.edit(stored.text, 0, _changes(stored.value, form.cleaned_data))
            store.apply(text, project="", base=request.POST.get("seen", ""), why=_("Labels and taints"))
        except (EditRefused, ConsoleError) as refused:
            form.add_error(None, say(refused) if isinstance(refused, EditRefused) else refused.message)
            status = 409 if isinstance(refused, Conflict) else 422
        else:
            messages.success(request, _("%(name)s is saved.") % {"name": name})
            return see_other("node", cluster, name)
    context = {"form": form, "stored": stored, "cluster": cluster, "name": name}
    return render_page(request, "workloads/coverage/node_labels.html", context, status=status)


def _changes(value: Any, wanted: dict[str, Any]) -> list[Change]:
    """Only what is another one now, so that the rest of the text stays as it is: of labels and taints that
    stay, too, what the form does not show (a taint's `timeAdded`, a label that is null)."""
    changes: list[Change] = []
    labels, shown = Place(value).at("metadata", "labels").mapping, labels_of(value)
    if wanted["labels"] != shown:
        unseen = {key: label for key, label in labels.items() if key not in shown}
        changes.append((("metadata", "labels"), unseen | wanted["labels"] or ABSENT))
    had = [taint.value for taint in Place(value).at("spec", "taints")]
    kept = dict(zip(verdicts.taints(value), had, strict=True))
    taints = [kept.get(taint, taint.to_dict()) for taint in wanted["taints"]]
    if taints != had:
        changes.append((("spec", "taints"), taints or ABSENT))
    return changes


@require_http_methods(["GET", "HEAD", "POST"])
def node_what_if(request: HttpRequest, cluster: str) -> HttpResponse:
    """Nodes that nobody has, marked as such, to see where DaemonSets would run and what quotas would say."""
    store = offline(request, cluster)
    known = {node_name(node): node for node in store.nodes()}
    form = WhatIfForm(request.POST or None, nodes=list(known), initial={"like": request.GET.get("like", "")})
    if form.is_valid():
        asked = form.cleaned_data
        made = hypothetical.make_nodes(
            asked["stem"],
            asked["count"],
            like=known.get(asked["like"]),
            labels=asked["labels"],
            taints=asked["taints"],
            existing=known.keys(),
        )
        try:
            store.apply_all([Write(to_yaml(node), "", "") for node in made], why=_("What if they join"))
        except Halted as halted:
            form.add_error(None, halted.error.message)
        else:
            said = ngettext(
                "%(n)d hypothetical node is there.", "%(n)d hypothetical nodes are there.", len(made)
            )
            messages.success(request, said % {"n": len(made)})
            return see_other("node-list", cluster=cluster)
    context = {"form": form, "cluster": cluster, "hypothetical": sum(map(is_hypothetical, known.values()))}
    return render_page(
        request, "workloads/coverage/what_if.html", context, status=422 if form.is_bound else 200
    )


@require_POST
def node_delete_hypothetical(request: HttpRequest, cluster: str) -> HttpResponse:
    """All hypothetical nodes together."""
    store = offline(request, cluster)
    found = [each for each in store.select("v1", "Node", Query(None)).items if is_hypothetical(each.value)]
    with store.transaction():
        for result in delete_objects(store, {each.ref: each.version for each in found}):
            if result.error:
                raise result.error
    said = ngettext("%(n)d hypothetical node is gone.", "%(n)d hypothetical nodes are gone.", len(found))
    messages.success(request, said % {"n": len(found)})
    return see_other("node-list", cluster=cluster)
