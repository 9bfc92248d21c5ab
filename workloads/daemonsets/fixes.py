"""What to change so that a DaemonSet runs where it does not, or just where a person wants it.

Changes are paths from the DaemonSet's root, as `documents.edit` takes them.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, TypeAlias

from workloads.daemonsets.placement import OLDEST, Expression, Features, Group, Inventory
from workloads.daemonsets.sentences import Sentence
from workloads.documents.paths import Change, Json

Kind: TypeAlias = Literal[
    "tolerate",  # append a toleration
    "drop-node-name",
    "rename-selector",  # a retired label: the pair with the label's new name
    "drop-selector",  # a pair, or the whole node selector where none of it matches
    "add-value",  # to an In of the one expression of a term that fails
    "drop-value",  # from a NotIn
    "drop-expression",  # the one expression of a term that fails
    "drop-affinity",  # all of the required node affinity
]


@dataclass(frozen=True, slots=True)
class Fix:
    """The one change after which all nodes of a group get a pod.

    say: what to press ("Tolerate gpu=yes:NoSchedule"). changes: for `documents.edit`. gains: all nodes that
    get a pod by it, those of the group and maybe others; no fix takes a pod away from any node.
    """

    kind: Kind
    say: Sentence
    changes: tuple[Change, ...]
    gains: tuple[str, ...]


def fix(group: Group, template: Json, nodes: Inventory, *, features: Features = OLDEST) -> Fix | None:
    """The narrowest single change that includes all nodes of an excluded group; None where it takes several.

    group: of `coverage(template, nodes).groups`. Costs one more coverage: placement itself says whether the
    change suffices.
    """
    raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Selection:
    """Which nodes, by what they have in common.

    kind: "all" (every node, nothing to ask for), "label" (one label with one value), "values" (one label with
    any of some values), "labels" (two labels), "names".
    terms: as `nodeSelectorTerms`: alternatives, each a list of expressions that all must hold; () for "all".
    node_selector: the same as pairs of `nodeSelector`, where pairs can say it; else {}.
    say: what is picked. new_nodes: which nodes that join later would be picked too.
    changes: put this in place of the template's nodeSelector, nodeName and required node affinity.
    """

    kind: Literal["all", "label", "values", "labels", "names"]
    terms: tuple[tuple[Expression, ...], ...]
    node_selector: dict[str, str]
    say: Sentence
    new_nodes: Sentence
    changes: tuple[Change, ...]


def narrowest(nodes: Inventory, chosen: Collection[str], template: Json = None) -> Selection | None:
    """The shortest selection that picks just the chosen nodes by their labels, else by their names.

    Taints are not looked at: a chosen node may still need a toleration. template: the one that `changes`
    are for. None if no chosen node exists.
    """
    raise NotImplementedError
