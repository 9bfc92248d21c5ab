"""Step 4: labels and annotations of the DaemonSet and of its pods, and the selector."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from workloads.daemonsets.manifest.metadata import ALIAS, DESCRIPTION, LAST_APPLIED
from workloads.daemonsets.manifest.outline import ANNOTATIONS, LABELS, POD_ANNOTATIONS, POD_LABELS, SELECTOR
from workloads.daemonsets.project.facts import ProjectFacts
from workloads.documents.paths import ABSENT, Change, Json, Path, get
from workloads.wizard.form.codecs import AS_TYPED, TEXT, Option, StrOrPromise, TextCodec, Undecodable, Widget
from workloads.wizard.form.parts import TEMPLATES, Field, FieldGroup, PairColumn, Pairs, Part
from workloads.wizard.form.step import Step
from workloads.wizard.steps.expressions import SET_OPERATORS, expressions

MATCH_LABELS: Final = (*SELECTOR, "matchLabels")

_TOOLS: Final = (
    LAST_APPLIED,
    "kubectl.kubernetes.io/restartedAt",
    "deprecated.daemonset.template.generation",
    "meta.helm.sh/",
    "argocd.argoproj.io/",
    "objectset.rio.cattle.io/",
)
"""Prefixes of annotations that tools write and people do not edit."""


def _by_tools(key: str) -> bool:
    return key.startswith(_TOOLS)


def _elsewhere(key: str) -> bool:
    return key in (ALIAS, DESCRIPTION) or _by_tools(key)


@dataclass(frozen=True, slots=True)
class ReadOnlyCodec:
    """A value that is shown and never edited here."""

    def show(self, value: Json) -> str | None:
        return None

    def read(self, raw: str, old: Json) -> Json:
        raise Undecodable(gettext("Edit this in YAML mode."))

    def widget(self, shown: str) -> Widget:
        return "text"

    def options(self, shown: str) -> Sequence[Option]:
        return ()


def _mapping(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def _tools(value: Json) -> list[Part]:
    found = [
        Field(f"tool{i}", path, ReadOnlyCodec(), path[-1])
        for i, path in enumerate(
            (*at, key)
            for at in (ANNOTATIONS, POD_ANNOTATIONS)
            for key in _mapping(get(value, at))
            if _by_tools(key)
        )
    ]
    if not found:
        return []
    return [FieldGroup("tools", _("Managed by tools"), found, template=f"{TEMPLATES}/_tools.html")]


class SelectorCodec(ReadOnlyCodec):
    """A whole selector as kubectl writes it, read-only."""

    def show(self, value: Json) -> str | None:
        if value is ABSENT or value is None:
            return ""
        pairs = get(value, ("matchLabels",)) or {}
        terms = get(value, ("matchExpressions",)) or []
        if not isinstance(pairs, dict) or not isinstance(terms, list):
            return None
        return ",".join([*(f"{key}={text}" for key, text in pairs.items()), *map(_term, terms)])

    def read(self, raw: str, old: Json) -> Json:
        raise Undecodable(gettext("The selector of a stored DaemonSet cannot be changed."))


def _term(term: Json) -> str:
    key, operator, values = (get(term, (name,)) for name in ("key", "operator", "values"))
    if operator in ("Exists", "DoesNotExist"):
        return f"{key}" if operator == "Exists" else f"!{key}"
    text = ", ".join(map(str, values)) if isinstance(values, list) else ""
    return f"{key} {'in' if operator == 'In' else 'notin'} ({text})"


def _pairs(
    name: str, path: Path, label: StrOrPromise, add: StrOrPromise, *, annotations: bool = False
) -> Pairs:
    codec: TextCodec = AS_TYPED if annotations else TEXT
    return Pairs(
        name,
        [PairColumn("v", path, _("Value"), codec, style="mono")],
        _("Key"),
        label=label,
        add=add,
        hidden=_elsewhere if annotations else None,
        key_placeholder="example.com/team" if annotations else "app",
    )


def _all_parts(value: Json, selector: Sequence[Part]) -> list[Part]:
    """The parts of the step. selector: the parts for the selector."""
    return [
        FieldGroup(
            "own",
            _("DaemonSet"),
            [
                _pairs("labels", LABELS, _("Labels"), _("Add a label")),
                _pairs(
                    "notes",
                    ANNOTATIONS,
                    _("Annotations"),
                    _("Add an annotation"),
                    annotations=True,
                ),
            ],
            open=True,
            help=_("Labels and annotations of the DaemonSet itself."),
        ),
        FieldGroup(
            "select",
            _("Selector"),
            selector,
            open=True,
            help=_("The DaemonSet manages the pods with these labels. Its pod labels must include them."),
        ),
        FieldGroup(
            "pod",
            _("Pods"),
            [
                _pairs("podlabels", POD_LABELS, _("Pod labels"), _("Add a pod label")),
                _pairs(
                    "podnotes",
                    POD_ANNOTATIONS,
                    _("Pod annotations"),
                    _("Add a pod annotation"),
                    annotations=True,
                ),
            ],
            open=True,
            help=_("Every pod gets these. A change replaces the pods on all nodes."),
        ),
        *_tools(value),
    ]


def parts(value: Json, facts: ProjectFacts) -> list[Part]:
    pairs = Pairs(
        "selector",
        [PairColumn("v", MATCH_LABELS, _("Value"), style="mono")],
        _("Key"),
        add=_("Add a selector label"),
        key_placeholder="app",
    )
    more = FieldGroup(
        "expr",
        _("Label expressions"),
        [expressions("expr", (*SELECTOR, "matchExpressions"), SET_OPERATORS)],
        help=_("Rarely needed. Pods must match all expressions and all labels above."),
    )
    return _all_parts(value, [pairs, more])


def stored_parts(value: Json, facts: ProjectFacts) -> list[Part]:
    """A stored selector is read-only: apps/v1 does not allow to change it, as pods could be orphaned
    (https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/)."""
    fixed = Field(
        "selector",
        SELECTOR,
        SelectorCodec(),
        _("Selector"),
        help=_(
            "The selector of a stored DaemonSet cannot be changed. To use another one, copy the DaemonSet"
            " under a new name and delete this one."
        ),
        style="mono wide",
        attrs={"readonly": "readonly"},
    )
    return _all_parts(value, [fixed])


def unmatched(value: Json) -> dict[str, str]:
    """The labels of the selector that the pod labels lack."""
    wanted, have = _mapping(get(value, MATCH_LABELS)), _mapping(get(value, POD_LABELS))
    return {key: text for key, text in wanted.items() if isinstance(text, str) and have.get(key) != text}


def match(value: Json) -> list[Change]:
    """Add the labels of the selector to the pod labels."""
    return [((*POD_LABELS, key), text) for key, text in unmatched(value).items()]


def _summary(value: Json) -> str:
    count = sum(len(_mapping(get(value, path))) for path in (LABELS, POD_LABELS))
    return ngettext("%d label", "%d labels", count) % count if count else ""


STEP = Step(
    "labels",
    _("Labels"),
    parts,
    summary=_summary,
    template=f"{TEMPLATES}/labels.html",
    stored=stored_parts,
    buttons={"match": match},
)
