"""Where the DaemonSet controller runs a pod, and why not elsewhere.

For one node and one pod template the controller decides two things: *should run* (it creates a pod if there
is none) and *may stay* (it does not delete an existing pod). It reads only the node's name, labels and taints
and the template's `nodeName`, `nodeSelector`, required node affinity, tolerations and `hostNetwork`.
Whether the pod then fits (free CPU, host ports, volumes) is decided by the scheduler and the kubelet.

Nodes and templates are plain dicts as the API sends them. Parts of the wrong shape count as absent: reporting
them is the task of validation.

Sources: NodeShouldRunDaemonPod in pkg/controller/daemon/daemon_controller.go, AddOrUpdateDaemonPodTolerations
in pkg/controller/daemon/util/daemonset_util.go, ToleratesTaint in k8s.io/api/core/v1/toleration.go,
IsDecimalInteger in k8s.io/apimachinery/pkg/api/validate/content/decimal_int.go,
k8s.io/component-helpers/scheduling/corev1/nodeaffinity/nodeaffinity.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import Final, Literal, TypeAlias, TypeVar

from workloads.daemonsets.manifest import names
from workloads.daemonsets.manifest.features import OLDEST, Features
from workloads.daemonsets.manifest.outline import REQUIRED, SUCCESSORS, TEMPLATE
from workloads.daemonsets.manifest.places import Place
from workloads.documents.paths import Json
from workloads.kept import Prepared

K = TypeVar("K")
V = TypeVar("V")

BLOCKING_EFFECTS: Final = ("NoSchedule", "NoExecute")


@dataclass(frozen=True, slots=True)
class Taint:
    """An entry of `spec.taints` of a Node; "" for an absent field."""

    key: str
    value: str
    effect: str

    def to_dict(self) -> dict[str, str]:
        """The entry as a Node holds it, without empty fields."""
        return {name: text for name in ("key", "value", "effect") if (text := getattr(self, name))}

    def __str__(self) -> str:
        return f"{self.key}{'=' + self.value if self.value else ''}:{self.effect}"


@dataclass(frozen=True, slots=True)
class Toleration:
    """operator: "Equal" where the manifest has none. automatic: the controller adds it to every pod."""

    key: str
    operator: str
    value: str
    effect: str
    automatic: bool = False

    def tolerates(self, taint: Taint, features: Features = OLDEST) -> bool:
        return (
            self.effect in ("", taint.effect)
            and self.key in ("", taint.key)
            and self._compares(taint.value, features)
        )

    def _compares(self, value: str, features: Features) -> bool:
        if self.operator == "Exists":
            return True
        if self.operator == "Equal":
            return self.value == value
        if self.operator in ("Lt", "Gt") and features.toleration_lt_gt:
            # Stricter than node affinity: neither 0950 nor -0 is a number here (IsDecimalInteger).
            if any(map(names.decimal_integer, (value, self.value))):
                return False
            return _is_beyond(value, self.operator, self.value)
        return False

    def __str__(self) -> str:
        value = {"Exists": "", "Equal": f"={self.value}"}.get(self.operator, f" {self.operator} {self.value}")
        return f"{self.key or '*'}{value}:{self.effect or '*'}"


@dataclass(frozen=True, slots=True)
class Expression:
    """One entry of `matchExpressions`, or of `matchFields` (`is_field`)."""

    key: str
    operator: str
    values: tuple[str, ...]
    is_field: bool = False

    def matches(self, found: str | None) -> bool:
        """found: the label's value (or the node's name), None if the node has no such label."""
        match self.operator:
            case "In":
                return found in self.values
            case "NotIn":
                return found not in self.values
            case "Exists":
                return found is not None
            case "DoesNotExist":
                return found is None
            case "Gt" | "Lt":
                return found is not None and _is_beyond(found, self.operator, self.values[0])
        return False

    @property
    def readable(self) -> bool:
        """Whether the controller can parse it. If not, its whole term matches no node."""
        if self.is_field:
            return self.key == "metadata.name" and self.operator in ("In", "NotIn") and len(self.values) == 1
        match self.operator:
            case "In" | "NotIn":
                fits = bool(self.values)
            case "Exists" | "DoesNotExist":
                fits = not self.values
            case "Gt" | "Lt":
                fits = len(self.values) == 1 and names.parse_int(self.values[0]) is not None
            case _:
                return False
        # labels.NewRequirement refuses keys and values that no label can have.
        problems = (names.qualified_name(self.key), *map(names.label_value, self.values))
        return fits and not any(problems)

    def __str__(self) -> str:
        values = f" [{', '.join(self.values)}]" if self.values else ""
        return f"{self.key} {self.operator}{values}"


# Reasons. `found` is what the one node has. It is ignored when reasons are compared: nodes that lack the same
# thing are excluded for the same reason.


@dataclass(frozen=True, slots=True)
class NamedOtherNode:
    """The template names another node in `nodeName`."""

    node_name: str


@dataclass(frozen=True, slots=True)
class SelectorMismatch:
    """A label of `nodeSelector` that the node does not have. found: the node's value of it, None for none."""

    key: str
    value: str
    found: str | None = field(compare=False)


@dataclass(frozen=True, slots=True)
class FailedTerm:
    """A term of the required node affinity that does not match. `index`: its position in `nodeSelectorTerms`.

    failed: the expressions that do not hold; unreadable: those that the controller cannot parse; a single one
    makes the term match no node. Both are empty for an empty term, which matches no node either.
    """

    index: int
    failed: tuple[Expression, ...] = ()
    unreadable: tuple[Expression, ...] = ()


@dataclass(frozen=True, slots=True)
class AffinityMismatch:
    """No term of the required node affinity matches. An affinity without terms matches no node.

    found: the node's labels among those that the failed expressions name.
    """

    terms: tuple[FailedTerm, ...]
    found: tuple[tuple[str, str], ...] = field(compare=False, default=())


NearMiss: TypeAlias = Literal["effect", "value", "operator", "retired", "host network"]


@dataclass(frozen=True, slots=True)
class UntoleratedTaint:
    """A taint that excludes new pods; `NoExecute` also evicts running ones.

    near: the toleration that comes closest. missed: why it does not match: "effect" or "value" (it tolerates
    another one), "operator" (the cluster does not support it), "retired" (it has the deprecated name),
    "host network" (tolerated automatically with `hostNetwork: true`; then `near` is None).
    """

    taint: Taint
    near: Toleration | None = None
    missed: NearMiss | None = None


@dataclass(frozen=True, slots=True)
class ToleratedTaint:
    """A taint that would exclude the pod, and the toleration that matches it. Excludes nothing."""

    taint: Taint
    by: Toleration


@dataclass(frozen=True, slots=True)
class SoftTaint:
    """A PreferNoSchedule taint that is not tolerated. Excludes nothing: the controller ignores it."""

    taint: Taint


Blocker: TypeAlias = NamedOtherNode | SelectorMismatch | AffinityMismatch | UntoleratedTaint
Remark: TypeAlias = ToleratedTaint | SoftTaint
Reason: TypeAlias = Blocker | Remark


@dataclass(frozen=True, slots=True)
class Verdict:
    """should_run: the controller creates a pod on the node. may_stay: it keeps an existing one.

    A pod that may stay but should not run counts as misscheduled. reasons: all blockers (the controller stops
    at the first), then the remarks.
    """

    should_run: bool
    may_stay: bool
    reasons: tuple[Reason, ...] = ()

    @property
    def blockers(self) -> tuple[Blocker, ...]:
        """Why the pod should not run on the node; empty if it should."""
        return tuple(r for r in self.reasons if not isinstance(r, ToleratedTaint | SoftTaint))


@dataclass(frozen=True, slots=True)
class NodeGroup:
    """Nodes with the same decision and the same blockers. verdict: that of the first node."""

    verdict: Verdict
    nodes: tuple[str, ...]


class Coverage:
    """All verdicts of one template. names: of all nodes, in their order. alike: a verdict, and the numbers of
    the nodes that have it, in their order."""

    def __init__(self, names: Sequence[str], alike: Sequence[tuple[Verdict, Sequence[int]]]) -> None:
        self._names: Final = names
        self._alike: Final = alike

    def __getitem__(self, node: str) -> Verdict:
        return self.verdicts[node]

    def __len__(self) -> int:
        return len(self._names)

    @cached_property
    def verdicts(self) -> Mapping[str, Verdict]:
        """Node name → Verdict, in the order of the nodes."""
        found = [verdict for verdict, _numbers in self._alike[:1] for _name in self._names]
        for verdict, numbers in self._alike[1:]:
            for number in numbers:
                found[number] = verdict
        return dict(zip(self._names, found, strict=True))

    @cached_property
    def should_run(self) -> tuple[str, ...]:
        """The nodes that get a pod."""
        runs = [numbers for verdict, numbers in self._alike if verdict.should_run]
        return tuple(map(self._names.__getitem__, _merged(runs)))

    @property
    def runs(self) -> int:
        """How many nodes get a pod."""
        return sum(len(numbers) for verdict, numbers in self._alike if verdict.should_run)

    @cached_property
    def groups(self) -> tuple[NodeGroup, ...]:
        """The nodes that should run first, then the excluded ones, largest group first."""
        members: dict[tuple[object, ...], list[Sequence[int]]] = {}
        for verdict, numbers in self._alike:
            key = (verdict.should_run, verdict.may_stay, verdict.blockers)
            members.setdefault(key, []).append(numbers)
        nodes = sorted((_merged(numbers) for numbers in members.values()), key=lambda each: each[0])
        groups = [
            NodeGroup(self.verdicts[self._names[each[0]]], tuple(map(self._names.__getitem__, each)))
            for each in nodes
        ]
        return tuple(sorted(groups, key=lambda g: (not g.verdict.should_run, -len(g.nodes))))


def _merged(numbers: Sequence[Sequence[int]]) -> Sequence[int]:
    return numbers[0] if len(numbers) == 1 else sorted(chain.from_iterable(numbers))


_Alike: TypeAlias = Mapping[tuple[tuple[str | None, ...], int], Sequence[int]]
"""The values of some labels and a set of taints → the numbers of the nodes that have them."""
_REMEMBERED: Final = 100
"""So many answers an inventory remembers of each kind: which labels manifests name is up to people."""


class Inventory:
    """Nodes prepared for many templates. Of nodes with the same name the last one counts.

    names, labels, taint_set_of (an index into taint_sets): one entry per node, in their order.
    """

    def __init__(self, nodes: Iterable[Json]) -> None:
        self.names: list[str] = []
        self.taint_sets: list[tuple[Taint, ...]] = []
        self.taint_set_of: list[int] = []
        self.labels: list[Mapping[str, Json]] = []
        self._columns: dict[str, list[str | None]] = {}
        self._groupings: dict[tuple[str, ...], _Alike] = {}
        self._having: dict[str, Mapping[str | None, Sequence[int]]] = {}
        numbers: dict[tuple[Taint, ...], int] = {}
        places = map(Place, nodes)
        for name, place in {place.at("metadata", "name").text: place for place in places}.items():
            self.names.append(name)
            self.taint_set_of.append(numbers.setdefault(taints(place.value), len(numbers)))
            self.labels.append(place.at("metadata", "labels").mapping)
        self.taint_sets.extend(numbers)

    @classmethod
    def of(cls, nodes: Inventory | Iterable[Json]) -> Inventory:
        """A tuple, which nobody changes, is prepared once for as long as it is among the last that were."""
        return nodes if isinstance(nodes, Inventory) else _INVENTORIES.of(nodes)

    def column(self, key: str) -> list[str | None]:
        """The value of one label on every node, None where absent; null is "", as the API server reads it."""
        found = self._columns.get(key)
        if found is None:
            found = [
                "" if value is None else value if isinstance(value, str) else None
                for value in (labels.get(key, False) for labels in self.labels)
            ]
            _remember(self._columns, key, found)
        return found

    @cached_property
    def number_of(self) -> Mapping[str, int]:
        """Name → number of the node, its place in `names`."""
        return {name: number for number, name in enumerate(self.names)}

    def having(self, key: str) -> Mapping[str | None, Sequence[int]]:
        """Value of one label → the nodes that have it, by number; None: those without the label."""
        known = self._having.get(key)
        if known is not None:
            return known
        found: dict[str | None, list[int]] = {}
        for number, value in enumerate(self.column(key)):
            found.setdefault(value, []).append(number)
        _remember(self._having, key, found)
        return found

    def alike(self, keys: tuple[str, ...]) -> _Alike:
        """The nodes that are alike in these labels and in their taints."""
        known = self._groupings.get(keys)
        if known is not None:
            return known
        columns = [self.column(key) for key in keys]
        values = zip(*columns, strict=True) if columns else [()] * len(self.names)
        found: dict[tuple[tuple[str | None, ...], int], list[int]] = {}
        for number, each in enumerate(zip(values, self.taint_set_of, strict=True)):
            found.setdefault(each, []).append(number)
        _remember(self._groupings, keys, found)
        return found


def _remember(answers: dict[K, V], key: K, answer: V) -> None:
    """Threads share an inventory: one may forget what another has just found out, which does no harm."""
    if len(answers) >= _REMEMBERED:
        answers.clear()
    answers[key] = answer


_INVENTORIES: Final = Prepared(Inventory, 4)


def template_of(daemonset: Json) -> Json:
    """The pod template of a DaemonSet, None if it has none."""
    return Place(daemonset).at(*TEMPLATE).value


def verdict(template: Json, node: Json, *, features: Features = OLDEST) -> Verdict:
    """What the controller decides for one node. template: a pod template, `spec.template`."""
    [(answer, _numbers)] = _judge_all(_Rule(template, features), Inventory([node]))
    return answer


def coverage(template: Json, nodes: Inventory | Iterable[Json], *, features: Features = OLDEST) -> Coverage:
    """The verdicts of one template on all nodes. Pass an Inventory to judge several templates."""
    inventory = Inventory.of(nodes)
    return Coverage(inventory.names, _judge_all(_Rule(template, features), inventory))


def count_running(template: Json, inventory: Inventory, *, features: Features = OLDEST) -> int:
    """On how many nodes pods of the template should run: `coverage(…).runs`, quicker for templates that
    select few nodes by labels of which each node has its own value."""
    rule = _Rule(template, features)
    few = rule.candidates(inventory)
    if few is None:
        return sum(len(numbers) for verdict, numbers in _judge_all(rule, inventory) if verdict.should_run)
    columns = [inventory.column(key) for key in rule.label_keys]
    return sum(
        rule.judge(
            inventory.names[number],
            dict(zip(rule.label_keys, (column[number] for column in columns), strict=True)),
            inventory.taint_sets[inventory.taint_set_of[number]],
        ).should_run
        for number in few
    )


def _judge_all(rule: _Rule, inventory: Inventory) -> list[tuple[Verdict, Sequence[int]]]:
    """Judges like nodes once: alike in taints, in the labels the rule reads, and in being named by it."""
    named = {inventory.number_of[name] for name in rule.named_nodes if name in inventory.number_of}
    found: list[tuple[Verdict, Sequence[int]]] = []
    for (values, taints), numbers in inventory.alike(rule.label_keys).items():
        labels = dict(zip(rule.label_keys, values, strict=True))
        own = [number for number in numbers if number in named] if named else []
        for number in own:
            verdict = rule.judge(inventory.names[number], labels, inventory.taint_sets[taints])
            found.append((verdict, (number,)))
        if own:
            numbers = [number for number in numbers if number not in named]
        if numbers:
            found.append((rule.judge(None, labels, inventory.taint_sets[taints]), numbers))
    return found


_FEW: Final = 20
"""Nodes that are judged one by one."""


class _Term:
    def __init__(self, expressions: Iterable[Expression]) -> None:
        self.readable: list[Expression] = []
        unreadable: list[Expression] = []
        for expression in expressions:
            (self.readable if expression.readable else unreadable).append(expression)
        self.unreadable = tuple(unreadable)


def _selected_by(term: _Term, inventory: Inventory) -> Sequence[int] | None:
    """The numbers of the nodes that have a value that an expression of the term asks for; None without such
    an expression."""
    found = []
    for expression in term.readable:
        if expression.operator != "In":
            continue
        if expression.is_field:
            numbers = [inventory.number_of[v] for v in expression.values if v in inventory.number_of]
        else:
            having = inventory.having(expression.key)
            numbers = [number for value in expression.values for number in having.get(value, ())]
        found.append(numbers)
    return min(found, key=len, default=None)


class _Rule:
    """The parts of a template that decide placement, read once.

    label_keys: the labels that it reads. named_nodes: the nodes that it names; no other name matters.
    """

    def __init__(self, template: Json, features: Features) -> None:
        spec = Place(template)["spec"]
        self._features = features
        self._node_name = spec["nodeName"].text
        self._selector = [(key, value.text) for key, value in spec["nodeSelector"].entries]
        required = spec.at("affinity", "nodeAffinity", REQUIRED)
        # None: no required affinity. An affinity without terms matches no node.
        self._terms: list[_Term] | None = None
        if isinstance(required.value, dict):
            self._terms = [_Term(_expressions(term)) for term in required["nodeSelectorTerms"]]
        self._tolerations = _tolerations(spec)

        expressions = [e for term in self._terms or () for e in term.readable]
        asked = [e.key for e in expressions if not e.is_field]
        self.label_keys = tuple(sorted({key for key, _ in self._selector} | set(asked)))
        self.named_nodes = {v for e in expressions if e.is_field for v in e.values} | {self._node_name}

    def candidates(self, inventory: Inventory) -> Sequence[int] | None:
        """The numbers of the nodes that it may select, at most `_FEW`; None where there may be more."""
        found: list[Sequence[int]] = [inventory.having(key).get(value, ()) for key, value in self._selector]
        if self._terms is not None:
            terms = [_selected_by(term, inventory) for term in self._terms]
            readable = [numbers for numbers in terms if numbers is not None]
            if len(readable) == len(terms):
                found.append(sorted(set(chain.from_iterable(readable))))
        fewest = min(found, key=len, default=None)
        return fewest if fewest is not None and len(fewest) <= _FEW else None

    def judge(self, name: str | None, labels: Mapping[str, str | None], taints: Iterable[Taint]) -> Verdict:
        """name: the node's, None if it is not in `named_nodes`. labels: one for each of `label_keys`."""
        unfit: list[Blocker] = []
        if self._node_name and self._node_name != name:
            unfit.append(NamedOtherNode(self._node_name))
        unfit.extend(
            SelectorMismatch(key, value, labels[key]) for key, value in self._selector if labels[key] != value
        )
        if mismatch := self._affinity_mismatch(name, labels):
            unfit.append(mismatch)

        untolerated: list[Blocker] = []
        remarks: list[Remark] = []
        may_stay = not unfit
        for taint in taints:
            by = next((t for t in self._tolerations if t.tolerates(taint, self._features)), None)
            if taint.effect not in BLOCKING_EFFECTS:
                if taint.effect == "PreferNoSchedule" and by is None:
                    remarks.append(SoftTaint(taint))
            elif by is not None:
                remarks.append(ToleratedTaint(taint, by))
            else:
                untolerated.append(self._untolerated(taint))
                may_stay = may_stay and taint.effect != "NoExecute"
        blockers = (*unfit, *untolerated)
        return Verdict(not blockers, may_stay, (*blockers, *remarks))

    def _affinity_mismatch(
        self, name: str | None, labels: Mapping[str, str | None]
    ) -> AffinityMismatch | None:
        if self._terms is None:
            return None
        terms: list[FailedTerm] = []
        for index, term in enumerate(self._terms):
            failed = tuple(e for e in term.readable if not e.matches(name if e.is_field else labels[e.key]))
            if term.readable and not failed and not term.unreadable:
                return None
            terms.append(FailedTerm(index, failed, term.unreadable))
        asked = sorted({e.key for term in terms for e in term.failed if not e.is_field})
        return AffinityMismatch(
            tuple(terms), tuple((key, value) for key in asked if (value := labels[key]) is not None)
        )

    def _untolerated(self, taint: Taint) -> UntoleratedTaint:
        for toleration in self._tolerations:
            if SUCCESSORS.get(toleration.key) == taint.key:
                former = Taint(toleration.key, taint.value, taint.effect)
                if toleration.tolerates(former, self._features):
                    return UntoleratedTaint(taint, toleration, "retired")
            if toleration.key in ("", taint.key):
                return UntoleratedTaint(taint, toleration, self._missed(toleration, taint))
        if (taint.key, taint.effect) == HOST_NETWORK_TAINT:
            return UntoleratedTaint(taint, missed="host network")
        return UntoleratedTaint(taint)

    def _missed(self, toleration: Toleration, taint: Taint) -> NearMiss:
        if toleration.effect not in ("", taint.effect):
            return "effect"
        known = toleration.operator == "Equal" or self._features.toleration_lt_gt
        return "value" if known else "operator"


# The controller replaces a toleration that differs from one of these only in its seconds. That changes
# nothing here: seconds play no part in the decision.
AUTOMATIC: Final = (
    ("node.kubernetes.io/not-ready", "NoExecute"),
    ("node.kubernetes.io/unreachable", "NoExecute"),
    ("node.kubernetes.io/disk-pressure", "NoSchedule"),
    ("node.kubernetes.io/memory-pressure", "NoSchedule"),
    ("node.kubernetes.io/pid-pressure", "NoSchedule"),
    ("node.kubernetes.io/unschedulable", "NoSchedule"),
)
"""Key and effect of the tolerations that the controller adds to every pod, without storing them."""
HOST_NETWORK_TAINT: Final = ("node.kubernetes.io/network-unavailable", "NoSchedule")
"""Key and effect of the toleration that it adds only with `hostNetwork: true`."""


def _tolerations(spec: Place) -> tuple[Toleration, ...]:
    """The template's own tolerations, then those that the controller adds."""
    own = (
        Toleration(
            item["key"].text, item["operator"].text or "Equal", item["value"].text, item["effect"].text
        )
        for item in spec["tolerations"]
    )
    added = (*AUTOMATIC, HOST_NETWORK_TAINT) if spec["hostNetwork"].is_true else AUTOMATIC
    return (*own, *(Toleration(key, "Exists", "", effect, automatic=True) for key, effect in added))


def _expressions(term: Place) -> tuple[Expression, ...]:
    return tuple(
        Expression(
            item["key"].text,
            item["operator"].text,
            tuple(value.text for value in item["values"]),
            is_field=name == "matchFields",
        )
        for name in ("matchExpressions", "matchFields")
        for item in term[name]
    )


def taints(node: Json) -> tuple[Taint, ...]:
    """The taints of a Node, in its order."""
    items = Place(node).at("spec", "taints")
    return tuple(Taint(item["key"].text, item["value"].text, item["effect"].text) for item in items)


def _is_beyond(found: str, operator: str, bound: str) -> bool:
    left, right = names.parse_int(found), names.parse_int(bound)
    if left is None or right is None:
        return False
    return left > right if operator == "Gt" else left < right
