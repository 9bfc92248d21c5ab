"""Step 5: which nodes the pods run on."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from workloads.daemonsets.manifest import pod_affinity
from workloads.daemonsets.manifest.nodes import chosen_nodes, labels_of, named_node, node_name, node_term
from workloads.daemonsets.manifest.outline import (
    AFFINITY,
    NODE_SELECTOR,
    NODE_TERMS,
    POD,
    PREFERRED_NODES,
    TOLERATIONS,
)
from workloads.daemonsets.manifest.places import Place
from workloads.daemonsets.manifest.pod import EFFECTS
from workloads.daemonsets.project.facts import ProjectFacts
from workloads.documents.paths import ABSENT, Change, Json, JsonObject, get
from workloads.kept import Prepared
from workloads.wizard.form.bindings import prune_path
from workloads.wizard.form.codecs import FLAG, NUMBER, TEXT, ChoiceCodec, StrOrPromise, plain_options
from workloads.wizard.form.parts import (
    TEMPLATES,
    ComputedField,
    Described,
    Field,
    FieldGroup,
    PairColumn,
    Pairs,
    Part,
    Rows,
)
from workloads.wizard.form.step import MOST_SUGGESTED, Step, Suggestions
from workloads.wizard.form.tree import FieldNode, FormNode
from workloads.wizard.steps.expressions import NODE_OPERATORS, expressions

MOST_BOXES: Final = 500
"""At most so many nodes have a checkbox; others are added by name."""

_EFFECTS = ChoiceCodec(plain_options(*EFFECTS), _("All effects"))
_OPERATORS = ChoiceCodec(
    (
        *plain_options("Exists", "Equal"),
        ("Gt", _("Gt (Kubernetes 1.35+, feature gate)")),
        ("Lt", _("Lt (Kubernetes 1.35+, feature gate)")),
    ),
    _("Equal (default)"),
)


def _by_node(value: Json, facts: ProjectFacts) -> FieldGroup:
    known = sorted(filter(None, map(node_name, facts.nodes or ())))
    chosen = chosen_nodes(value)
    # Selected nodes come first and always have a checkbox, also those that the cluster does not have.
    names = list(dict.fromkeys([*chosen, *[name for name in known if name not in chosen][:MOST_BOXES]]))
    boxes: list[Part] = [_box(name, missing=facts.nodes is not None and name not in known) for name in names]
    typed = ComputedField(
        "byname",
        show=lambda root, path: "",
        write=lambda root, path, raw: [],
        codec=TEXT,
        label=_("Add nodes by name"),
        help=_("Separate names with commas or spaces."),
        suggest="node-names",
        style="mono",
    )
    return FieldGroup(
        "bynode",
        _("Nodes by name"),
        [*boxes, typed],
        help=_("Only the selected nodes. If none is selected, nodes are not restricted by name."),
        template=f"{TEMPLATES}/_by_node.html",
    )


def posted_nodes(fields: Mapping[str, str]) -> list[JsonObject]:
    """The nodes whose checkboxes a posted form has ticked."""
    ticked = [name.removeprefix("on.") for name in fields if name.startswith("on.")]
    return [{"metadata": {"name": name}} for name in ticked]


def _box(name: str, *, missing: bool) -> ComputedField:
    return ComputedField(
        f"on.{name}",
        show=lambda root, path: "true" if name in chosen_nodes(root) else "",
        write=lambda root, path, raw: [],
        codec=FLAG,
        label=gettext("%(name)s (not found)") % {"name": name} if missing else name,
        attrs={"data-missing": "true"} if missing else {},
    )


def _finish(nodes: Sequence[FormNode], before: Json, now: Json) -> list[Change]:
    """The checkboxes of the nodes, all together: one term each, added and removed among the other terms."""
    fields = [node for top in nodes for node in top.walk() if isinstance(node, FieldNode)]
    posted = {field.name: field for field in fields if field.raw is not None}
    changed = {
        name.removeprefix("on."): bool(field.raw)
        for name, field in posted.items()
        if name.startswith("on.") and field.raw != field.shown
    }
    typed = posted["byname"].raw or "" if "byname" in posted else ""
    changed.update(dict.fromkeys(filter(None, re.split(r"[\s,]+", typed)), True))
    terms = get(now, NODE_TERMS)
    if terms is ABSENT:
        terms = []
    if not isinstance(terms, list):
        return []
    have = [named_node(term) for term in terms]
    removed = [i for i, name in enumerate(have) if name and changed.get(name) is False]
    new = [node_term(name) for name, on in changed.items() if on and name not in have]
    if removed and len(removed) == len(have) and not new:
        return [(prune_path(now, NODE_TERMS, POD), ABSENT)]
    if new and not have:
        return [(NODE_TERMS, new)]
    added: list[Change] = [((*NODE_TERMS, len(have) + n), term) for n, term in enumerate(new)]
    return added + [((*NODE_TERMS, i), ABSENT) for i in reversed(removed)]


def parts(value: Json, facts: ProjectFacts) -> list[Part]:
    return [
        FieldGroup(
            "bylabel",
            _("Node labels"),
            [
                Pairs(
                    "sel",
                    [PairColumn("v", NODE_SELECTOR, _("Value"), suggest="node-values", style="mono")],
                    _("Label"),
                    add=_("Add a label"),
                    key_suggest="node-keys",
                    key_placeholder="kubernetes.io/os",
                    template=f"{TEMPLATES}/_node_selector.html",
                )
            ],
            open=True,
            help=_("Only nodes that have all these labels. Without labels: every node."),
        ),
        _by_node(value, facts),
        FieldGroup(
            "affinity",
            _("Node affinity"),
            [
                Rows(
                    "term",
                    NODE_TERMS,
                    (),
                    _term,
                    add=_("Add a term"),
                    only=lambda term: not named_node(term),
                    blank=0,
                    row_template=f"{TEMPLATES}/_term.html",
                )
            ],
            help=_("Required: a node must match at least one term, with all conditions of the term."),
        ),
        FieldGroup(
            "prefer",
            _("Preferred node affinity"),
            [
                Rows(
                    "prefer",
                    PREFERRED_NODES,
                    (),
                    [
                        Field("weight", ("weight",), NUMBER, _("Weight (1–100)"), style="narrow"),
                        expressions(
                            "e", ("preference", "matchExpressions"), NODE_OPERATORS, blank=1, suggest="node"
                        ),
                    ],
                    add=_("Add a preference"),
                    blank=0,
                    row_template=f"{TEMPLATES}/_term.html",
                )
            ],
            help=_("No effect on a DaemonSet: it runs on every matching node."),
        ),
        *_pod_affinity(value),
        FieldGroup(
            "tolerate",
            _("Tolerations"),
            [
                Rows(
                    "tol",
                    TOLERATIONS,
                    ("key", "effect"),
                    [
                        Field(
                            "k",
                            ("key",),
                            label=_("Taint"),
                            placeholder=_("all taints"),
                            suggest="taint-keys",
                            style="mono whole",
                        ),
                        Field("op", ("operator",), _OPERATORS, _("Operator"), style="narrow"),
                        Field("v", ("value",), label=_("Value"), suggest="taint-values", style="mono"),
                        Field("effect", ("effect",), _EFFECTS, _("Effect"), style="short"),
                        Field(
                            "sec",
                            ("tolerationSeconds",),
                            NUMBER,
                            _("Toleration seconds"),
                            placeholder=_("unlimited"),
                            unit=_("s"),
                            style="narrow",
                        ),
                    ],
                    add=_("Add a toleration"),
                    blank=0,
                )
            ],
            open=True,
            help=_("A node with taints accepts only pods that tolerate them."),
            template=f"{TEMPLATES}/_tolerations.html",
        ),
    ]


def _pod_affinity(value: Json) -> list[Part]:
    """Shown where a manifest has it; few DaemonSets do, as each runs at most one pod on a node."""
    kinds: list[tuple[pod_affinity.Kind, StrOrPromise]] = [
        ("podAffinity", _("Pod affinity")),
        ("podAntiAffinity", _("Pod anti-affinity")),
    ]
    found: list[Part] = [
        Described(kind, (*AFFINITY, kind), label, partial(pod_affinity.effects, kind))
        for kind, label in kinds
        if get(value, (*AFFINITY, kind)) not in (ABSENT, None)
    ]
    return [FieldGroup("podaffinity", _("Affinity to other pods"), found)] if found else []


def _term(term: Json, position: int) -> list[Part]:
    """matchFields are only shown where a term has some: the checkboxes select nodes by name."""
    conditions = expressions("e", ("matchExpressions",), NODE_OPERATORS, blank=1, suggest="node")
    return [conditions, _fields()] if get(term, ("matchFields",)) else [conditions]


def _fields() -> Rows:
    return Rows(
        "f",
        ("matchFields",),
        ("key",),
        [
            Field("k", ("key",), label=_("Field"), placeholder="metadata.name", style="mono"),
            Field("op", ("operator",), ChoiceCodec(NODE_OPERATORS[:2], _("Choose…")), _("Operator")),
            Field("v", ("values", 0), label=_("Value"), suggest="node-names", style="mono"),
        ],
        label=_("Node fields"),
        add=_("Add a field"),
        blank=0,
    )


# ---- suggestions ----


def suggestions(facts: ProjectFacts) -> Suggestions:
    """Labels and taints of the nodes, the most frequent first."""
    counted = _COUNTED.of(facts.nodes or ())
    return {
        "node-keys": [(key, _on(count)) for key, count in counted.keys.most_common()],
        "node-values": _with_keys(counted.values),
        "node-names": [(name, "") for name in counted.names],
        "taint-keys": [(key, _on(count)) for key, count in counted.taints.most_common()],
        "taint-values": _with_keys(counted.tainted),
    }


@dataclass(frozen=True, slots=True)
class _Counted:
    """On how many nodes each is: keys of labels, (value, key) of labels; keys of taints, (value, key) of
    taints. names: of the nodes, in order."""

    names: Sequence[str]
    keys: Counter[str] = field(default_factory=Counter)
    values: Counter[tuple[str, str]] = field(default_factory=Counter)
    taints: Counter[str] = field(default_factory=Counter)
    tainted: Counter[tuple[str, str]] = field(default_factory=Counter)


def _counted(nodes: Sequence[JsonObject]) -> _Counted:
    counted = _Counted(sorted(filter(None, map(node_name, nodes))))
    for node in nodes:
        labels = labels_of(node)
        counted.keys.update(labels.keys())
        counted.values.update(
            (value, key) for key, value in labels.items() if key != "kubernetes.io/hostname"
        )
        found = {(taint["key"].text, taint["value"].text) for taint in Place(node)["spec"]["taints"]}
        counted.taints.update({key for key, _value in found if key})
        counted.tainted.update({(value, key) for key, value in found if value})
    return counted


_COUNTED: Final = Prepared(_counted, 4)


def _with_keys(values: Counter[tuple[str, str]]) -> list[tuple[str, str]]:
    """(value, the keys that have it, each with its number of nodes) of a count of (value, key)."""
    shown: dict[str, list[str]] = {}
    for (value, key), count in values.most_common(MOST_SUGGESTED):
        shown.setdefault(value, []).append(f"{key} · {_on(count)}")
    return [(value, ", ".join(about)) for value, about in shown.items()]


def _on(count: int) -> str:
    return ngettext("%d node", "%d nodes", count) % count


# ---- presets ----


@dataclass(frozen=True, slots=True)
class Preset:
    """A button that adds one toleration. key: of the button, `op=do:<key>`."""

    key: str
    label: StrOrPromise
    toleration: dict[str, str]

    def add(self, value: Json) -> list[Change]:
        """Nothing if the manifest has the toleration."""
        tolerations = get(value, TOLERATIONS)
        if tolerations in (ABSENT, None):
            return [(TOLERATIONS, [self.toleration])]
        if not isinstance(tolerations, list) or self.toleration in tolerations:
            return []
        return [((*TOLERATIONS, len(tolerations)), self.toleration)]


PRESETS: Final = (
    Preset(
        "control-plane",
        _("control plane nodes"),
        {"key": "node-role.kubernetes.io/control-plane", "operator": "Exists", "effect": "NoSchedule"},
    ),
    Preset("gpu", _("GPU nodes"), {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}),
    Preset("everything", _("all taints"), {"operator": "Exists"}),
)


def _summary(value: Json) -> str:
    pairs, terms = get(value, NODE_SELECTOR), get(value, NODE_TERMS)
    chosen = chosen_nodes(value)
    found = []
    if isinstance(pairs, dict):
        found += [f"{key.rpartition('/')[2]}={text}" for key, text in pairs.items()]
    if chosen:
        found.append(_on(len(chosen)))
    if isinstance(terms, list) and len(terms) > len(chosen):
        found.append(gettext("node affinity"))
    tolerations = get(value, TOLERATIONS)
    if isinstance(tolerations, list) and tolerations:
        found.append(ngettext("%d toleration", "%d tolerations", len(tolerations)) % len(tolerations))
    return " · ".join(found)


STEP = Step(
    "nodes",
    _("Node selector"),
    parts,
    summary=_summary,
    suggestions=suggestions,
    template=f"{TEMPLATES}/nodes.html",
    finish=_finish,
    buttons={
        **{preset.key: preset.add for preset in PRESETS},
        # Changes nothing: only the map is drawn in other groups.
        "regroup": lambda value: [],
    },
)
