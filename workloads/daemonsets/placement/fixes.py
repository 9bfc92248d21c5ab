"""How to change a DaemonSet so that it runs on excluded nodes, or only on the nodes a person chooses.

Changes are paths from the DaemonSet's root, as `documents.edit` expects them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, islice, product
from typing import Final, Literal, TypeAlias

from workloads.daemonsets.manifest.features import OLDEST, Features
from workloads.daemonsets.manifest.findings import gettext_noop as _
from workloads.daemonsets.manifest.outline import (
    NODE_NAME,
    NODE_SELECTOR,
    NODE_TERMS,
    POD,
    REQUIRED_NODES,
    SUCCESSORS,
    TEMPLATE,
    TOLERATIONS,
)
from workloads.daemonsets.manifest.sentences import Sentence
from workloads.daemonsets.placement.verdicts import (
    AffinityMismatch,
    Coverage,
    Expression,
    FailedTerm,
    Inventory,
    NamedOtherNode,
    NodeGroup,
    SelectorMismatch,
    Taint,
    UntoleratedTaint,
    coverage,
)
from workloads.documents.paths import ABSENT, Change, Json, NoSuchPath, Path, get, patch

SelectionKind: TypeAlias = Literal["all", "label", "values", "labels", "names"]

_MOST_TRIED: Final = 8
_MOST_VALUES: Final = 5
_MOST_PAIRED: Final = 30
"""This many labels, those of the fewest nodes, are tried in pairs."""


@dataclass(frozen=True, slots=True)
class Fix:
    """The fewest changes after which all nodes of a group get a pod.

    says: one sentence for each field that changes, usually one ("Tolerate gpu:NoSchedule").
    changes: for `documents.edit`. gains: all nodes that get a pod: those of the group, maybe others too.
    A fix never removes a pod from a node.
    """

    says: tuple[Sentence, ...]
    changes: tuple[Change, ...]
    gains: tuple[str, ...]


def fix(
    group: NodeGroup, template: Json, found: Coverage, nodes: Inventory, *, features: Features = OLDEST
) -> Fix | None:
    """The narrowest changes that include all nodes of an excluded group; None if no change is known to.

    found: `coverage(template, nodes)`; group: one of its groups. Each candidate is checked by computing the
    coverage with it, usually once or twice.
    """
    has_pod = set(found.should_run)
    daemonset = {"spec": {"template": template}}
    for tried in islice(product(*_candidates(group, daemonset, nodes)), _MOST_TRIED):
        changes = [change for _say, some in tried for change in some]
        try:
            changed = get(patch(daemonset, changes), TEMPLATE)
        except NoSuchPath:
            continue
        runs = coverage(changed, nodes, features=features)
        if all(runs[name].should_run for name in group.nodes):
            gains = tuple(name for name in runs.should_run if name not in has_pod)
            return Fix(tuple(say for say, _some in tried), tuple(changes), gains)
    return None


_Candidate: TypeAlias = tuple[Sentence, list[Change]]


def _candidates(group: NodeGroup, daemonset: Json, nodes: Inventory) -> Iterator[list[_Candidate]]:
    """For each field that excludes the nodes, the changes that may help, narrowest first."""
    blockers = group.verdict.blockers
    for blocker in blockers:
        if isinstance(blocker, NamedOtherNode):
            template = _("Remove nodeName, which assigns the pods to %(node)s")
            say = Sentence(template, {"node": blocker.node_name}, "remove-node-name")
            yield [(say, [(NODE_NAME, ABSENT)])]
        elif isinstance(blocker, AffinityMismatch):
            yield list(_affinity(blocker, group.nodes, daemonset, nodes))
    if pairs := [blocker for blocker in blockers if isinstance(blocker, SelectorMismatch)]:
        yield list(_selector(pairs, daemonset))
    if taints := [blocker.taint for blocker in blockers if isinstance(blocker, UntoleratedTaint)]:
        yield list(_tolerate(taints, daemonset))


def _tolerate(taints: Sequence[Taint], daemonset: Json) -> Iterator[_Candidate]:
    """A toleration for each key; without an effect it tolerates all of them."""
    effects: dict[str, set[str]] = {}
    for taint in taints:
        effects.setdefault(taint.key, set()).add(taint.effect)
    if "" in effects:
        return
    own = get(daemonset, TOLERATIONS)
    end = len(own) if isinstance(own, list) else 0
    changes: list[Change] = []
    for number, (key, some) in enumerate(effects.items()):
        toleration = {"key": key, "operator": "Exists", **({"effect": min(some)} if len(some) == 1 else {})}
        changes.append(((*TOLERATIONS, end + number), toleration))
    shown = (Taint(key, "", min(some) if len(some) == 1 else "*") for key, some in effects.items())
    yield Sentence(_("Tolerate %(taint)s"), {"taint": ", ".join(map(str, shown))}, "tolerate"), changes


def _selector(pairs: Sequence[SelectorMismatch], daemonset: Json) -> Iterator[_Candidate]:
    selector = get(daemonset, NODE_SELECTOR)
    if not isinstance(selector, dict):
        return
    params = {"pair": ", ".join(f"{pair.key}={pair.value}" for pair in pairs)}
    successor = SUCCESSORS.get(pairs[0].key)
    if len(pairs) == 1 and successor is not None and successor not in selector:
        template = _("Select by %(label)s instead of its deprecated name")
        say = Sentence(template, {"label": successor}, "replace-deprecated-label")
        renamed: list[Change] = [
            ((*NODE_SELECTOR, pairs[0].key), ABSENT),
            ((*NODE_SELECTOR, successor), pairs[0].value),
        ]
        yield say, renamed
    if len(pairs) < len(selector):
        say = Sentence(_("Remove %(pair)s from the node selector"), params, "remove-selector-labels")
        yield say, [((*NODE_SELECTOR, pair.key), ABSENT) for pair in pairs]
    elif len(pairs) == 1:
        say = Sentence(_("Remove the node selector %(pair)s"), params, "remove-selector")
        yield say, [(NODE_SELECTOR, ABSENT)]
    else:
        say = Sentence(_("Remove the whole node selector"), code="remove-whole-selector")
        yield say, [(NODE_SELECTOR, ABSENT)]


def _affinity(
    mismatch: AffinityMismatch, names: Sequence[str], daemonset: Json, nodes: Inventory
) -> Iterator[_Candidate]:
    terms = get(daemonset, NODE_TERMS)
    nearly = [term for term in mismatch.terms if len(term.failed) + len(term.unreadable) == 1]
    for term in nearly:
        yield from _values(term, names, nodes, get(terms, (term.index,)))
    for term in nearly:
        value = get(terms, (term.index,))
        [expression] = (*term.failed, *term.unreadable)
        field, index = _position(value, expression)
        if index is not None and _length(value) > 1:
            template = _("Remove %(expression)s from the node affinity")
            say = Sentence(template, {"expression": str(expression)}, "remove-expression")
            yield say, [(_pruned(daemonset, (*NODE_TERMS, term.index, field), index), ABSENT)]
    say = Sentence(_("Remove the required node affinity"), code="remove-affinity")
    yield say, [_without_affinity(daemonset)]


def _values(term: FailedTerm, names: Sequence[str], nodes: Inventory, value: Json) -> Iterator[_Candidate]:
    """Values to add to an In, or to remove from a NotIn: those that the nodes of the group have."""
    if not term.failed or term.failed[0].is_field:
        return
    [expression] = term.failed
    wanted = set(names)
    column = zip(nodes.names, nodes.column(expression.key), strict=True)
    found = {label for name, label in column if name in wanted}
    labels = sorted(label for label in found if label is not None)
    field, index = _position(value, expression)
    if index is None or not labels or len(labels) < len(found) or len(labels) > _MOST_VALUES:
        return
    at = (*NODE_TERMS, term.index, field, index, "values")
    params = {"values": ", ".join(labels), "expression": str(expression)}
    if expression.operator == "In":
        say = Sentence(_("Add %(values)s to %(expression)s"), params, "add-values")
        yield say, [(at, [*expression.values, *labels])]
    elif expression.operator == "NotIn" and set(expression.values) - found:
        say = Sentence(_("Remove %(values)s from %(expression)s"), params, "remove-values")
        yield say, [(at, [one for one in expression.values if one not in found])]


def _position(term: Json, expression: Expression) -> tuple[str, int | None]:
    """The field of a term that holds an expression, and its index; None if it has none."""
    field = "matchFields" if expression.is_field else "matchExpressions"
    items = get(term, (field,))
    for index, item in enumerate(items if isinstance(items, list) else []):
        if isinstance(item, dict):
            found = item.get("values")
            values = [v if isinstance(v, str) else "" for v in found] if isinstance(found, list) else []
            written = (item.get("key"), item.get("operator"), values)
            if written == (expression.key, expression.operator, list(expression.values)):
                return field, index
    return field, None


def _length(term: Json) -> int:
    """The number of expressions in a term."""
    fields = (get(term, (field,)) for field in ("matchExpressions", "matchFields"))
    return sum(len(items) for items in fields if isinstance(items, list))


def _pruned(daemonset: Json, field: Path, index: int) -> Path:
    """The path to remove: the item, or its whole list if it is the only one."""
    return (*field, index) if len(get(daemonset, field)) > 1 else field


def _without_affinity(daemonset: Json) -> Change:
    """Removes the mappings that would become empty, too."""
    path: Path = REQUIRED_NODES
    while len(path) > len(POD) + 1 and len(get(daemonset, path[:-1])) == 1:
        path = path[:-1]
    return path, ABSENT


@dataclass(frozen=True, slots=True)
class Selection:
    """A set of nodes, described by what they have in common.

    kind: "all" (every node, no condition), "label" (one label with one value), "values" (one label with any
    of several values), "labels" (two labels), "names".
    terms: as `nodeSelectorTerms`: alternatives, each a list of expressions that all must hold; () for "all".
    node_selector: the same as pairs of `nodeSelector`, {} where pairs cannot express it.
    say: which nodes are selected. new_nodes: which nodes that join later are selected too.
    changes: replace the template's required node affinity by this selection; pairs go to its nodeSelector,
    unless that has another value for the same label.
    """

    kind: SelectionKind
    terms: tuple[tuple[Expression, ...], ...]
    node_selector: dict[str, str]
    say: Sentence
    new_nodes: Sentence
    changes: tuple[Change, ...]


def narrowest_selection(nodes: Inventory, chosen: Collection[str], template: Json = None) -> Selection | None:
    """The shortest selection of exactly the chosen nodes: by their labels, else by their names.

    Taints are ignored: a chosen node may still need a toleration. template: the one that `changes` are for.
    None if no chosen node exists.
    """
    wanted = set(chosen)
    picked = [number for number, name in enumerate(nodes.names) if name in wanted]
    if not picked:
        return None
    if len(picked) == len(nodes.names):
        return _selection("all", (), template)
    labels = _shared(nodes, picked)
    fewest = sorted(labels, key=lambda label: len(label.nodes))[:_MOST_PAIRED]
    paired = [label for label in labels if label in fewest]
    for count in (1, 2):
        exact = [
            some
            for some in combinations(labels if count == 1 else paired, count)
            if len(set.intersection(*(label.nodes for label in some))) == len(picked)
        ]
        if exact:
            best = min(exact, key=lambda some: sum(label.cost for label in some))
            term = tuple(Expression(label.key, "In", label.values) for label in best)
            one = all(len(label.values) == 1 for label in best)
            kind: SelectionKind = "labels" if count == 2 else "label" if one else "values"
            return _selection(kind, (term,), template)
    fields = (Expression("metadata.name", "In", (nodes.names[n],), is_field=True) for n in picked)
    return _selection("names", tuple((field,) for field in fields), template)


@dataclass(frozen=True, slots=True)
class _Label:
    """A label that all chosen nodes have and that excludes some other node. nodes: the numbers of the nodes
    whose value is one of `values`; all chosen nodes are among them."""

    key: str
    values: tuple[str, ...]
    nodes: set[int]

    @property
    def cost(self) -> int:
        """Few values first; among equals roles, then people's own labels, then those that Kubernetes sets."""
        is_role = self.key.startswith("node-role.kubernetes.io/")
        rank = 0 if is_role else 2 if "kubernetes.io/" in self.key else 1
        return 10 * len(self.values) + rank


def _shared(nodes: Inventory, picked: Sequence[int]) -> list[_Label]:
    """The labels that all chosen nodes have and that exclude some other node, except labels that merely name
    a node."""
    labels: list[_Label] = []
    for key in sorted(set.intersection(*(set(nodes.labels[number]) for number in picked))):
        column = nodes.column(key)
        values = {value for number in picked if (value := column[number]) is not None}
        if key in SUCCESSORS or _is_name(key, column) or len(values) > _MOST_VALUES:
            continue
        having = {number for number, value in enumerate(column) if value in values}
        if len(having) < len(column):
            labels.append(_Label(key, tuple(sorted(values)), having))
    return labels


def _is_name(key: str, column: Sequence[str | None]) -> bool:
    """Whether a label has a different value on each node."""
    if key.startswith("topology.kubernetes.io/"):
        return False
    values = [value for value in column if value is not None]
    return key == "kubernetes.io/hostname" or 1 < len(values) == len(set(values))


def _selection(kind: SelectionKind, terms: Sequence[Sequence[Expression]], template: Json) -> Selection:
    expressions = [expression for term in terms for expression in term]
    pairs: dict[str, str] = {}
    if kind == "all":
        say = Sentence(_("All nodes"), code="select-all")
        new_nodes = Sentence(_("All nodes that join later are selected too."), code="new-nodes-all")
    elif kind == "names":
        named = {"names": ", ".join(expression.values[0] for expression in expressions)}
        say = Sentence(_("By name: %(names)s"), named, "select-names")
        new_nodes = Sentence(_("Nodes that join later are not selected."), code="new-nodes-none")
    else:
        if all(len(expression.values) == 1 for expression in expressions):
            pairs = {expression.key: expression.values[0] for expression in expressions}
        shown = [f"{e.key}={e.values[0]}" if len(e.values) == 1 else str(e) for e in expressions]
        labels = {"labels": ", ".join(shown)}
        say = Sentence(_("Nodes with %(labels)s"), labels, "select-labels")
        joining = _("Nodes that join later are selected if they have %(labels)s.")
        new_nodes = Sentence(joining, labels, "new-nodes-labels")
    stated = tuple(tuple(term) for term in terms)
    return Selection(kind, stated, pairs, say, new_nodes, tuple(_changes(pairs, stated, template)))


def _changes(
    pairs: dict[str, str], terms: tuple[tuple[Expression, ...], ...], template: Json
) -> Iterator[Change]:
    daemonset = {"spec": {"template": template}}
    selector = get(daemonset, NODE_SELECTOR)
    present = selector if isinstance(selector, dict) else {}
    clash = any(present.get(key, value) != value for key, value in pairs.items())
    if terms and (not pairs or clash):
        yield REQUIRED_NODES, {"nodeSelectorTerms": [_written(term) for term in terms]}
        return
    if present:
        yield from (((*NODE_SELECTOR, key), value) for key, value in pairs.items() if key not in present)
    elif pairs:
        yield NODE_SELECTOR, pairs
    if get(daemonset, REQUIRED_NODES) is not ABSENT:
        yield _without_affinity(daemonset)


def _written(term: Iterable[Expression]) -> Json:
    """A node selector term as the API writes it."""
    written: dict[str, list[Json]] = {}
    for expression in term:
        field = "matchFields" if expression.is_field else "matchExpressions"
        item = {"key": expression.key, "operator": expression.operator, "values": list(expression.values)}
        written.setdefault(field, []).append(item)
    return written
