"""Step 1: name, alias, description, project."""

from __future__ import annotations

import re
from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from workloads.daemonsets.manifest.metadata import ALIAS, DESCRIPTION
from workloads.daemonsets.manifest.outline import ANNOTATIONS, LABELS, NAME, POD_LABELS, PROJECT, SELECTOR
from workloads.daemonsets.project.facts import ProjectFacts
from workloads.documents.paths import ABSENT, Change, Json, get
from workloads.wizard.form.codecs import PROSE, TEXT, ChoiceCodec, TextCodec
from workloads.wizard.form.parts import TEMPLATES, Field, Part
from workloads.wizard.form.step import Step
from workloads.wizard.form.tree import FormNode

_ALIAS = Field(
    "alias",
    (*ANNOTATIONS, ALIAS),
    label=_("Alias"),
    help=_("Any language. Lists show the alias below the name."),
    attrs={"maxlength": "63"},
)
_DESCRIPTION = Field("description", (*ANNOTATIONS, DESCRIPTION), PROSE, _("Description"), style="wide")


def parts(value: Json, facts: ProjectFacts) -> list[Part]:
    return [
        Field(
            "name",
            NAME,
            label=_("Name"),
            help=_("Lowercase letters, digits and “-”. Starts and ends with a letter or digit."),
            placeholder="node-log",
            attrs={"maxlength": "253", "autofocus": "autofocus"},
            style="mono",
            required=True,
        ),
        _ALIAS,
        Field("project", PROJECT, _projects(facts), _("Project")),
        _DESCRIPTION,
    ]


def stored_parts(value: Json, facts: ProjectFacts) -> list[Part]:
    """Name and project identify the stored object, so they are fixed."""
    return [
        Field("name", NAME, label=_("Name"), attrs={"readonly": "readonly"}, style="mono"),
        _ALIAS,
        Field("project", PROJECT, label=_("Project"), attrs={"readonly": "readonly"}, style="mono"),
        _DESCRIPTION,
    ]


def _projects(facts: ProjectFacts) -> ChoiceCodec | TextCodec:
    if facts.projects is None:
        return TEXT
    return ChoiceCodec(tuple((name, name) for name in facts.projects), _("Not set in the manifest"))


def first_labels(before: Json, now: Json) -> list[Change]:
    """The selector and the label `app: <name>` of the pods and, if it has none, of the DaemonSet itself:
    added when it gets its first name.

    Only if the document has neither selector nor pod labels. Label values have at most 63 characters
    (https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/).
    """
    name = get(now, NAME)
    if get(before, NAME) or not isinstance(name, str) or not name:
        return []
    if get(now, SELECTOR) not in (ABSENT, None, {}) or get(now, POD_LABELS) not in (ABSENT, None, {}):
        return []
    labels = {"app": re.sub(r"[^A-Za-z0-9]+$", "", name[:63])}
    if not labels["app"]:
        return []
    own = [(LABELS, labels)] if get(now, LABELS) in (ABSENT, None, {}) else []
    return [*own, (SELECTOR, {"matchLabels": labels}), (POD_LABELS, labels)]


def _finish(nodes: Sequence[FormNode], before: Json, now: Json) -> list[Change]:
    return first_labels(before, now)


def _summary(value: Json) -> str:
    name = get(value, NAME)
    return name if isinstance(name, str) else ""


STEP = Step(
    "basics",
    _("Basic info"),
    parts,
    summary=_summary,
    template=f"{TEMPLATES}/basics.html",
    stored=stored_parts,
    finish=_finish,
)
