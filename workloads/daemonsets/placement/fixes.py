"""What to change so that a DaemonSet runs where it does not, or just where a person wants it.

Changes are paths from the DaemonSet's root, as `documents.edit` takes them.
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
    Group,
    Inventory,
    NamedOtherNode,
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
"""So many labels, those of the fewest nodes, are tried in pairs."""


@dataclass(frozen=True, slots=True)
class Fix:
    """The fewest changes after which all nodes of a group get a pod.

    says: what they are, one for each field that is in the way, mostly one ("Tolerate gpu:NoSchedule").
    changes: for `documents.edit`. gains: all nodes that get a pod by it, those of the group and maybe others;
    no fix takes a pod away from any node.
    """

    says: tuple[Sentence, ...]
    changes: tuple[Change, ...]
    gains: tuple[str, ...]


def fix(
    group: Group, template: Json, found: Coverage, nodes: Inventory, *, features: Features = OLDEST
) -> Fix | None:
    """The narrowest changes that include all nodes of an excluded group; None where nothing is known to.

    found: `coverage(template, nodes)`; group: one of its groups. Placement itself says whether they suffice,
    which costs a coverage or two.
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


def _candidates(group: Group, daemonset: Json, nodes: Inventory) -> Iterator[list[_Candidate]]:
    """Of each field that keeps the nodes off, what may help, the narrowest first."""
    blockers = group.verdict.blockers
    for blocker in blockers:
        if isinstance(blocker, NamedOtherNode):
            params = {"node": blocker.node_name}
            say = Sentence(_("Remove nodeName, which binds the template to %(node)s"), params)
            yield [(say, [(NODE_NAME, ABSENT)])]
        elif isinstance(blocker, AffinityMismatch):
            yield list(_affinity(blocker, group.nodes, daemonset, nodes))
    if pairs := [blocker for blocker in blockers if isinstance(blocker, SelectorMismatch)]:
        yield list(_selector(pairs, daemonset))
    if taints := [blocker.taint for blocker in blockers if isinstance(blocker, UntoleratedTaint)]:
        yield list(_tolerate(taints, daemonset))


def _tolerate(taints: Sequence[Taint], daemonset: Json) -> Iterator[_Candidate]:
    """A toleration for each key: without an effect it takes any."""
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
    said = (Taint(key, "", min(some) if len(some) == 1 else "*") for key, some in effects.items())
    yield Sentence(_("Tolerate %(taint)s"), {"taint": ", ".join(map(str, said))}), changes


def _selector(pairs: Sequence[SelectorMismatch], daemonset: Json) -> Iterator[_Candidate]:
    selector = get(daemonset, NODE_SELECTOR)
    if not isinstance(selector, dict):
        return
    said = {"pair": ", ".join(f"{pair.key}={pair.value}" for pair in pairs)}
    successor = SUCCESSORS.get(pairs[0].key)
    if len(pairs) == 1 and successor is not None and successor not in selector:
        say = Sentence(_("Select by %(label)s instead of its retired name"), {"label": successor})
        renamed: list[Change] = [
            ((*NODE_SELECTOR, pairs[0].key), ABSENT),
            ((*NODE_SELECTOR, successor), pairs[0].value),
        ]
        yield say, renamed
    if len(pairs) < len(selector):
        say = Sentence(_("Remove %(pair)s from the node selector"), said)
        yield say, [((*NODE_SELECTOR, pair.key), ABSENT) for pair in pairs]
    elif len(pairs) == 1:
        yield Sentence(_("Remove the node selector %(pair)s"), said), [(NODE_SELECTOR, ABSENT)]
    else:
        yield Sentence(_("Remove the whole node selector")), [(NODE_SELECTOR, ABSENT)]


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
            yield (
                Sentence(_("Remove %(expression)s from the node affinity"), {"expression": str(expression)}),
                [(_pruned(daemonset, (*NODE_TERMS, term.index, field), index), ABSENT)],
            )
    yield Sentence(_("Remove the required node affinity")), [_without_affinity(daemonset)]


def _values(term: FailedTerm, names: Sequence[str], nodes: Inventory, value: Json) -> Iterator[_Candidate]:
    """Values added to an In, or taken from a NotIn: those that the nodes of the group have."""
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
    said = {"values": ", ".join(labels), "expression": str(expression)}
    if expression.operator == "In":
        say = Sentence(_("Add %(values)s to %(expression)s"), said)
        yield say, [(at, [*expression.values, *labels])]
    elif expression.operator == "NotIn" and set(expression.values) - found:
        say = Sentence(_("Remove %(values)s from %(expression)s"), said)
        yield say, [(at, [one for one in expression.values if one not in found])]


def _position(term: Json, expression: Expression) -> tuple[str, int | None]:
    """Under which field of a term an expression is, and where."""
    field = "matchFields" if expression.is_field else "matchExpressions"
    items = get(term, (field,))
    for index, item in enumerate(items if isinstance(items, list) else []):
        if isinstance(item, dict):
            found = item.get("values")
            values = [v if isinstance(v, str) else "" for v in found] if isinstance(found, list) else []
            said = (item.get("key"), item.get("operator"), values)
            if said == (expression.key, expression.operator, list(expression.values)):
                return field, index
    return field, None


def _length(term: Json) -> int:
    """Of how many expressions a term consists."""
    fields = (get(term, (field,)) for field in ("matchExpressions", "matchFields"))
    return sum(len(items) for items in fields if isinstance(items, list))


def _pruned(daemonset: Json, field: Path, index: int) -> Path:
    """What to remove so that the item goes, and an empty list does not stay."""
    return (*field, index) if len(get(daemonset, field)) > 1 else field


def _without_affinity(daemonset: Json) -> Change:
    """Takes empty mappings along."""
    path: Path = REQUIRED_NODES
    while len(path) > len(POD) + 1 and len(get(daemonset, path[:-1])) == 1:
        path = path[:-1]
    return path, ABSENT


@dataclass(frozen=True, slots=True)
class Selection:
    """Which nodes, by what they have in common.

    kind: "all" (every node, nothing to ask for), "label" (one label with one value), "values" (one label with
    any of some values), "labels" (two labels), "names".
    terms: as `nodeSelectorTerms`: alternatives, each a list of expressions that all must hold; () for "all".
    node_selector: the same as pairs of `nodeSelector`, where pairs can say it; else {}.
    say: what is picked. new_nodes: which nodes that join later would be picked too.
    changes: put this in place of the template's required node affinity; pairs go to its nodeSelector, where
    that says nothing else of their labels.
    """

    kind: SelectionKind
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
    """A label that all chosen nodes have, and not all nodes alike. nodes: those that have one of the chosen
    nodes' values of it, all the chosen ones among them."""

    key: str
    values: tuple[str, ...]
    nodes: set[int]

    @property
    def cost(self) -> int:
        """Few values first; of equals a role, then what people gave themselves, then what Kubernetes sets."""
        is_role = self.key.startswith("node-role.kubernetes.io/")
        rank = 0 if is_role else 2 if "kubernetes.io/" in self.key else 1
        return 10 * len(self.values) + rank


def _shared(nodes: Inventory, picked: Sequence[int]) -> list[_Label]:
    """The labels that all chosen nodes have and that tell them from any other, except those that are but
    another name of a node."""
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
    """Whether a label has another value on each node."""
    if key.startswith("topology.kubernetes.io/"):
        return False
    values = [value for value in column if value is not None]
    return key == "kubernetes.io/hostname" or 1 < len(values) == len(set(values))


def _selection(kind: SelectionKind, terms: Sequence[Sequence[Expression]], template: Json) -> Selection:
    expressions = [expression for term in terms for expression in term]
    pairs: dict[str, str] = {}
    if kind == "all":
        say = Sentence(_("Every node"))
        new_nodes = Sentence(_("Every node that joins later is picked too."))
    elif kind == "names":
        named = {"names": ", ".join(expression.values[0] for expression in expressions)}
        say = Sentence(_("By name: %(names)s"), named)
        new_nodes = Sentence(_("No node that joins later is picked."))
    else:
        if all(len(expression.values) == 1 for expression in expressions):
            pairs = {expression.key: expression.values[0] for expression in expressions}
        shown = [f"{e.key}={e.values[0]}" if len(e.values) == 1 else str(e) for e in expressions]
        labels = {"labels": ", ".join(shown)}
        say = Sentence(_("Nodes with %(labels)s"), labels)
        new_nodes = Sentence(_("A node that joins later is picked too if it has %(labels)s."), labels)
    stated = tuple(tuple(term) for term in terms)
    return Selection(kind, stated, pairs, say, new_nodes, tuple(_changes(pairs, stated, template)))


def _changes(
    pairs: dict[str, str], terms: tuple[tuple[Expression, ...], ...], template: Json
) -> Iterator[Change]:
    daemonset = {"spec": {"template": template}}
    selector = get(daemonset, NODE_SELECTOR)
    said = selector if isinstance(selector, dict) else {}
    clash = any(said.get(key, value) != value for key, value in pairs.items())
    if terms and (not pairs or clash):
        yield REQUIRED_NODES, {"nodeSelectorTerms": [_written(term) for term in terms]}
        return
    if said:
        yield from (((*NODE_SELECTOR, key), value) for key, value in pairs.items() if key not in said)
    elif pairs:
        yield NODE_SELECTOR, pairs
    if get(daemonset, REQUIRED_NODES) is not ABSENT:
        yield _without_affinity(daemonset)


def _written(term: Iterable[Expression]) -> Json:
    """As the API writes it."""
    written: dict[str, list[Json]] = {}
    for expression in term:
        field = "matchFields" if expression.is_field else "matchExpressions"
        item = {"key": expression.key, "operator": expression.operator, "values": list(expression.values)}
        written.setdefault(field, []).append(item)
    return written
