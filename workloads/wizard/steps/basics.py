"""Step 1: name, alias, description, project."""

from __future__ import annotations

import re
from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from workloads.daemonsets.manifest.metadata import ALIAS, DESCRIPTION
from workloads.daemonsets.manifest.outline import ANNOTATIONS, NAME, POD_LABELS, PROJECT, SELECTOR
from workloads.daemonsets.project.facts import ProjectFacts
from workloads.documents.paths import ABSENT, Change, Json, get
from workloads.wizard.form.codecs import PROSE, TEXT, Choice, Text
from workloads.wizard.form.parts import Field, Part
from workloads.wizard.form.step import Step
from workloads.wizard.form.tree import Node

_ALIAS = Field(
    "alias",
    (*ANNOTATIONS, ALIAS),
    label=_("Alias"),
    help=_("A name for people, in any language; lists show it above the name."),
    attrs={"maxlength": "63"},
)
_DESCRIPTION = Field("description", (*ANNOTATIONS, DESCRIPTION), PROSE, _("Description"), look="wide")


def parts(value: Json, facts: ProjectFacts) -> list[Part]:
    return [
        Field(
            "name",
            NAME,
            label=_("Name"),
            help=_("Lowercase letters, digits and “-”, beginning and ending with a letter or digit."),
            placeholder="node-log",
            attrs={"maxlength": "253", "autofocus": "autofocus"},
            look="mono",
            required=True,
        ),
        _ALIAS,
        Field("project", PROJECT, _projects(facts), _("Project")),
        _DESCRIPTION,
    ]


def stored_parts(value: Json, facts: ProjectFacts) -> list[Part]:
    """Name and project say which object it is; another name is another object."""
    return [
        Field("name", NAME, label=_("Name"), attrs={"readonly": "readonly"}, look="mono"),
        _ALIAS,
        Field("project", PROJECT, label=_("Project"), attrs={"readonly": "readonly"}, look="mono"),
        _DESCRIPTION,
    ]


def _projects(facts: ProjectFacts) -> Choice | Text:
    if facts.projects is None:
        return TEXT
    return Choice(tuple((name, name) for name in facts.projects), _("Not said in the text"))


def first_labels(before: Json, now: Json) -> list[Change]:
    """The selector and the pod label that go with a name that is given for the first time: `app: <name>`.

    Only where the text has neither: labels that somebody set are theirs. Label values have 63 characters at
    most (https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/).
    """
    name = get(now, NAME)
    if get(before, NAME) or not isinstance(name, str) or not name:
        return []
    if get(now, SELECTOR) not in (ABSENT, None, {}) or get(now, POD_LABELS) not in (ABSENT, None, {}):
        return []
    labels = {"app": re.sub(r"[^A-Za-z0-9]+$", "", name[:63])}
    if not labels["app"]:
        return []
    return [(SELECTOR, {"matchLabels": labels}), (POD_LABELS, labels)]


def _finish(nodes: Sequence[Node], before: Json, now: Json) -> list[Change]:
    return first_labels(before, now)


def _summary(value: Json) -> str:
    name = get(value, NAME)
    return name if isinstance(name, str) else ""


STEP = Step(
    "basics",
    _("Basic info"),
    parts,
    summary=_summary,
    template="workloads/wizard/basics.html",
    stored=stored_parts,
    finish=_finish,
)
