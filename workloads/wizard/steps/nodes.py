"""Step 5: on which nodes the pods run."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from workloads.daemonsets.manifest.nodes import chosen_nodes, labels_of, named_node, node_name, node_term
from workloads.daemonsets.manifest.outline import NODE_SELECTOR, NODE_TERMS, POD, PREFERRED_NODES, TOLERATIONS
from workloads.daemonsets.project.facts import ProjectFacts
from workloads.documents.paths import ABSENT, Change, Json, get
from workloads.wizard.form.bindings import tidy
from workloads.wizard.form.codecs import FLAG, NUMBER, TEXT, Choice
from workloads.wizard.form.parts import Column, Field, Group, Pairs, Part, Rows, Virtual
from workloads.wizard.form.step import Step, Suggestions
from workloads.wizard.form.tree import Node, Slot
from workloads.wizard.steps.expressions import NODE_OPERATORS, expressions

LISTED: Final = 500
"""So many nodes have a box each; others are added by name."""

_EFFECTS = Choice(
    (
        ("NoSchedule", _("NoSchedule")),
        ("PreferNoSchedule", _("PreferNoSchedule")),
        ("NoExecute", _("NoExecute")),
    ),
    _("Every effect"),
)
_OPERATORS = Choice(
    (
        ("Exists", _("Exists")),
        ("Equal", _("Equal")),
        ("Gt", _("Gt (new clusters)")),
        ("Lt", _("Lt (new clusters)")),
    ),
    _("Default: Equal"),
)


def _by_node(value: Json, facts: ProjectFacts) -> Group:
    known = sorted(filter(None, map(node_name, facts.nodes or ())))
    chosen = chosen_nodes(value)
    # What is chosen comes first and always has a box, whether the cluster has such a node or not.
    names = list(dict.fromkeys([*chosen, *known[:LISTED]]))
    boxes: list[Part] = [_box(name, gone=facts.nodes is not None and name not in known) for name in names]
    typed = Virtual(
        "byname",
        show=lambda root, path: "",
        write=lambda root, path, raw: [],
        codec=TEXT,
        label=_("A node by name"),
        help=_("Several at once with commas or spaces between them."),
        suggest="node-names",
        look="mono",
    )
    return Group(
        "bynode",
        _("By node"),
        [*boxes, typed],
        help=_("Only the nodes that are ticked; none ticked means no choice by name."),
        template="workloads/wizard/_by_node.html",
    )


def _box(name: str, *, gone: bool) -> Virtual:
    return Virtual(
        f"on.{name}",
        show=lambda root, path: "true" if name in chosen_nodes(root) else "",
        write=lambda root, path, raw: [],
        codec=FLAG,
        label=gettext("%(name)s (no such node now)") % {"name": name} if gone else name,
    )


def _finish(nodes: Sequence[Node], before: Json, now: Json) -> list[Change]:
    """The boxes of the nodes, all at once: one term each, added and removed among the other terms."""
    slots = [slot for top in nodes for slot in top.walk() if isinstance(slot, Slot) and slot.raw is not None]
    ticked = {s.name[3:]: bool(s.raw) for s in slots if s.name.startswith("on.") and s.raw != s.shown}
    typed = next((s.raw for s in slots if s.name == "byname" and s.raw), "")
    ticked.update(dict.fromkeys(filter(None, re.split(r"[\s,]+", typed)), True))
    terms = get(now, NODE_TERMS)
    if terms is not ABSENT and not isinstance(terms, list):
        return []
    have = [named_node(term) for term in terms or ()]
    gone = [i for i, name in enumerate(have) if name and ticked.get(name) is False]
    new = [node_term(name) for name, on in ticked.items() if on and name not in have]
    if gone and len(gone) == len(have) and not new:
        return [(tidy(now, NODE_TERMS, POD), ABSENT)]
    if new and not have:
        return [(NODE_TERMS, new)]
    added: list[Change] = [((*NODE_TERMS, len(have) + n), term) for n, term in enumerate(new)]
    return added + [((*NODE_TERMS, i), ABSENT) for i in reversed(gone)]


def parts(value: Json, facts: ProjectFacts) -> list[Part]:
    return [
        Group(
            "bylabel",
            _("By label"),
            [
                Pairs(
                    "sel",
                    [Column("v", NODE_SELECTOR, _("Value"), suggest="node-values", look="mono")],
                    _("Label"),
                    add=_("Add a label"),
                    key_suggest="node-keys",
                    key_placeholder="kubernetes.io/os",
                    template="workloads/wizard/_node_selector.html",
                )
            ],
            open=True,
            help=_("A node must carry all of these. None of them: every node."),
        ),
        _by_node(value, facts),
        Group(
            "affinity",
            _("Conditions on nodes"),
            [
                Rows(
                    "term",
                    NODE_TERMS,
                    (),
                    _term,
                    add=_("Add an alternative"),
                    only=lambda term: not named_node(term),
                    blank=0,
                    row_template="workloads/wizard/_term.html",
                )
            ],
            help=_("Required node affinity: one of the alternatives must hold, with all of its conditions."),
        ),
        Group(
            "prefer",
            _("Preferred nodes"),
            [
                Rows(
                    "prefer",
                    PREFERRED_NODES,
                    (),
                    [
                        Field("weight", ("weight",), NUMBER, _("Weight (1–100)"), look="narrow"),
                        expressions(
                            "e", ("preference", "matchExpressions"), NODE_OPERATORS, blank=1, suggest="node"
                        ),
                    ],
                    add=_("Add a preference"),
                    blank=0,
                    row_template="workloads/wizard/_term.html",
                )
            ],
            help=_("A DaemonSet runs on every node that fits, so preferences change nothing here."),
        ),
        Group(
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
                            placeholder=_("every taint"),
                            suggest="taint-keys",
                            look="mono whole",
                        ),
                        Field("op", ("operator",), _OPERATORS, _("Operator"), look="narrow"),
                        Field("v", ("value",), label=_("Value"), look="mono"),
                        Field("effect", ("effect",), _EFFECTS, _("Effect"), look="short"),
                        Field(
                            "sec",
                            ("tolerationSeconds",),
                            NUMBER,
                            _("For how long"),
                            placeholder=_("always"),
                            unit=_("s"),
                            look="narrow",
                        ),
                    ],
                    add=_("Add a toleration"),
                    blank=0,
                )
            ],
            open=True,
            help=_("Nodes with a taint take only pods that tolerate it."),
            template="workloads/wizard/_tolerations.html",
        ),
    ]


def _term(term: Json, position: int) -> list[Part]:
    """Fields of nodes are shown where a term has some; to choose a node by its name there are the boxes."""
    conditions = expressions("e", ("matchExpressions",), NODE_OPERATORS, blank=1, suggest="node")
    return [conditions, _fields()] if get(term, ("matchFields",)) else [conditions]


def _fields() -> Rows:
    return Rows(
        "f",
        ("matchFields",),
        ("key",),
        [
            Field("k", ("key",), label=_("Field"), placeholder="metadata.name", look="mono"),
            Field("op", ("operator",), Choice(NODE_OPERATORS[:2], _("Choose…")), _("Operator")),
            Field("v", ("values", 0), label=_("Value"), suggest="node-names", look="mono"),
        ],
        label=_("By field"),
        add=_("Add a field"),
        blank=0,
    )


# ---- what the nodes carry ----


def suggestions(facts: ProjectFacts) -> Suggestions:
    """Labels and taints that the nodes have, the most frequent first."""
    nodes = facts.nodes or ()
    keys: Counter[str] = Counter()
    values: Counter[tuple[str, str]] = Counter()
    taints: Counter[str] = Counter()
    for node in nodes:
        labels = labels_of(node)
        keys.update(labels.keys())
        values.update((value, key) for key, value in labels.items() if not _one_each(key))
        listed = get(node, ("spec", "taints"))
        found = [get(taint, ("key",)) for taint in listed] if isinstance(listed, list) else []
        taints.update({key for key in found if isinstance(key, str)})
    # A label that many values share is one that people choose by.
    shown: dict[str, list[str]] = {}
    for (value, key), count in values.most_common(300):
        shown.setdefault(value, []).append(f"{key} · {_on(count)}")
    return {
        "node-keys": [(key, _on(count)) for key, count in keys.most_common(200)],
        "node-values": [(value, ", ".join(about)) for value, about in shown.items()],
        "node-names": [(name, "") for name in sorted(filter(None, map(node_name, nodes)))][:1000],
        "taint-keys": [(key, _on(count)) for key, count in taints.most_common(50)],
    }


def _one_each(key: str) -> bool:
    return key == "kubernetes.io/hostname"


def _on(count: int) -> str:
    return ngettext("%d node", "%d nodes", count) % count


# ---- presets ----

_PRESETS: Final[dict[str, dict[str, str]]] = {
    "control-plane": {
        "key": "node-role.kubernetes.io/control-plane",
        "operator": "Exists",
        "effect": "NoSchedule",
    },
    "everything": {"operator": "Exists"},
    "gpu": {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"},
}


def tolerate(value: Json, preset: str) -> list[Change]:
    """Add a preset toleration, unless it is there already."""
    have = get(value, TOLERATIONS)
    if have in (ABSENT, None):
        return [(TOLERATIONS, [_PRESETS[preset]])]
    if not isinstance(have, list) or _PRESETS[preset] in have:
        return []
    return [((*TOLERATIONS, len(have)), _PRESETS[preset])]


def _summary(value: Json) -> str:
    pairs, terms = get(value, NODE_SELECTOR), get(value, NODE_TERMS)
    chosen = chosen_nodes(value)
    said = []
    if isinstance(pairs, dict):
        said += [f"{key.rpartition('/')[2]}={text}" for key, text in pairs.items()]
    if chosen:
        said.append(_on(len(chosen)))
    if isinstance(terms, list) and len(terms) > len(chosen):
        said.append(gettext("conditions"))
    tolerations = get(value, TOLERATIONS)
    if isinstance(tolerations, list) and tolerations:
        said.append(ngettext("%d toleration", "%d tolerations", len(tolerations)) % len(tolerations))
    return " · ".join(said)


STEP = Step(
    "nodes",
    _("Node selector"),
    parts,
    summary=_summary,
    suggestions=suggestions,
    template="workloads/wizard/nodes.html",
    finish=_finish,
    buttons={
        **{
            preset: (lambda value, preset=preset: tolerate(value, preset))  # type: ignore[misc]
            for preset in _PRESETS
        },
        # Only the map is drawn in other groups.
        "regroup": lambda value: [],
    },
)
