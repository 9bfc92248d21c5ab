"""What the quotas of a project mean for a DaemonSet: before, after, and during its rollout.

A quota is checked when a pod is created: a DaemonSet that exceeds it is stored, but only some of its pods are
created. On which nodes cannot be predicted: the controller creates pods in no fixed order.

Sources: CheckRequest in plugin/pkg/admission/resourcequota/controller.go, syncDaemonSet in
pkg/controller/daemon/daemon_controller.go, https://kubernetes.io/docs/concepts/policy/resource-quotas/.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final, Literal, TypeAlias

from workloads.daemonsets.forecast import demand
from workloads.daemonsets.forecast.rollout import budget, strategy
from workloads.daemonsets.manifest import quantity
from workloads.daemonsets.manifest.features import OLDEST, Features
from workloads.daemonsets.manifest.findings import gettext_noop as _
from workloads.daemonsets.manifest.places import Place, without_nulls
from workloads.daemonsets.manifest.resources import Amounts, amounts
from workloads.daemonsets.manifest.sentences import Sentence
from workloads.daemonsets.placement.verdicts import Inventory, coverage, template_of
from workloads.daemonsets.project.facts import identity
from workloads.daemonsets.project.limit_ranges import LimitRanges, Limits
from workloads.daemonsets.running.revision import same_revision
from workloads.documents.paths import Json, Path

Outcome: TypeAlias = Literal["fits", "rollout", "stops", "unrecorded", "refused"]

_ZERO: Final = Decimal(0)
_MEBIBYTE: Final = Decimal(2**20)


@dataclass(frozen=True, slots=True)
class QuotaLine:
    """One key of one quota that the DaemonSet counts towards. Amounts in cores, bytes and pieces.

    before: used without this DaemonSet. present: with its present version (equals before for a new one).
    after: with all its new pods. peak: the most during the rollout. each: the usage of one pod. outcome:
    "fits", "stops" (only allowed < desired pods can be created), "rollout" (all pods fit, but not old and new
    ones together), "unrecorded" (the controller cannot record its revision and creates no pods), "refused"
    (the DaemonSet itself cannot be created). allowed: how many pods fit by this key; None if pods do not
    count towards it. most: how many fit at most if the usage of the other DaemonSets is only planned; else
    the same as allowed. lower_to: the most that one pod may use so that all fit; None if pods are counted, or
    if nothing is left. raise_to: the lowest hard limit that suffices, rollout included. ways: how to make it
    fit; None if it fits. shared: a sentence about all DaemonSets together, if this one fits unless the
    others, whose usage is only planned, come first; else None.
    """

    quota: str
    key: str
    hard: Decimal
    before: Decimal
    present: Decimal
    after: Decimal
    peak: Decimal
    each: Decimal
    outcome: Outcome
    allowed: int | None
    most: int | None
    lower_to: Decimal | None
    raise_to: Decimal
    say: Sentence
    ways: Sentence | None = None
    shared: Sentence | None = None


@dataclass(frozen=True, slots=True)
class Unstated:
    """A container that does not set a resource that a quota requires of every container: each pod is refused.

    path: where to set the first one. keys: those of the quota (`limits.memory`).
    """

    quota: str
    container: str
    path: Path
    keys: tuple[str, ...]
    say: Sentence


@dataclass(frozen=True, slots=True)
class Forecast:
    """desired: how many nodes should run a pod. allowed: how many of them get one (0 with anything unstated).
    lines: all keys, in the order of the quotas. over: those that do not fit, the most severe first.
    say: the outcome in one sentence."""

    desired: int
    allowed: int
    lines: tuple[QuotaLine, ...]
    unstated: tuple[Unstated, ...]
    over: tuple[QuotaLine, ...]
    say: Sentence

    @property
    def first(self) -> QuotaLine | None:
        """The most severe line that does not fit, None if all fit."""
        return self.over[0] if self.over else None

    @property
    def sure(self) -> bool:
        """Whether pods will be rejected, whichever DaemonSet creates its pods first."""
        short = (line.most is not None and line.most < self.desired for line in self.over)
        return bool(self.none_made) or any(short)

    @property
    def most(self) -> int:
        """How many pods are created at most, whichever DaemonSet creates its pods first."""
        if self.none_made:
            return 0
        return min([self.desired, *(line.most for line in self.lines if line.most is not None)])

    @property
    def none_made(self) -> tuple[Sentence, ...]:
        """Why no pod at all will be created; empty if some are or may be."""
        if self.unstated:
            return tuple(each.say for each in self.unstated)
        if not self.desired:
            return ()
        return tuple(line.say for line in self.over if line.most == 0 or _none_made(line))[:1]

    @property
    def blocks(self) -> bool:
        """Whether some pods, or the DaemonSet itself, cannot be created."""
        return self.allowed < self.desired or bool(self.unstated) or _none_made(self.first)


def scopes_of(quota: Json) -> tuple[Sentence, ...]:
    """For which pods a quota counts, a sentence for each of its scopes; empty for all and for other objects.

    Source: podMatchesScopeFunc in pkg/quota/v1/evaluator/core/pods.go.
    """
    return tuple(map(_scope, demand.scopes(quota)))


_OF_SCOPE: Final = {
    "Terminating": _("Counts only pods with “activeDeadlineSeconds” (Terminating)."),
    "NotTerminating": _("Counts only pods without “activeDeadlineSeconds” (NotTerminating)."),
    "BestEffort": _("Counts only pods without any CPU or memory requests and limits (BestEffort)."),
    "NotBestEffort": _("Counts only pods with a CPU or memory request or limit (NotBestEffort)."),
    "CrossNamespacePodAffinity": _(
        "Counts only pods whose affinity is about other namespaces (CrossNamespacePodAffinity)."
    ),
}
_OF_CLASSES: Final = {
    "In": _("Counts only what has one of these classes (%(scope)s): %(values)s."),
    "NotIn": _("Counts only what has none of these classes (%(scope)s): %(values)s."),
    "Exists": _("Counts only what has a class (%(scope)s)."),
    "DoesNotExist": _("Counts only what has no class (%(scope)s)."),
}


def _scope(scope: Place) -> Sentence:
    name, operator = scope["scopeName"].text, scope["operator"].text
    if name in _OF_SCOPE:
        return Sentence(_OF_SCOPE[name], code=name)
    params = {"scope": name, "values": ", ".join(value.text for value in scope["values"])}
    return Sentence(_OF_CLASSES.get(operator, _OF_CLASSES["Exists"]), params, name)


class PlannedUse:
    """Offline: what all DaemonSets of a project, completed by admission, would use of its quotas together."""

    def __init__(
        self,
        quotas: Sequence[Json],
        daemonsets: Iterable[Json],
        nodes: Inventory | Iterable[Json],
        limit_ranges: LimitRanges = (),
        counts: Mapping[tuple[str, str], int] | None = None,
        *,
        claims: Iterable[Json] = (),
        features: Features = OLDEST,
    ) -> None:
        """For the arguments see `demand.quotas_used`."""
        self.inventory: Final = Inventory.of(nodes)
        self._quotas, self._limit_ranges, self._features = quotas, Limits.of(limit_ranges), features
        self._daemonsets = {identity(Place(each).mapping)[1]: each for each in daemonsets}
        used = demand.quotas_used(
            quotas,
            self._daemonsets.values(),
            self.inventory,
            self._limit_ranges,
            counts or {},
            claims=claims,
            features=features,
        )
        self.used: Final = dict(zip(map(_name, quotas), used, strict=True))
        """Name of a quota → what is used of it."""

    def without(self, daemonset: Json) -> Mapping[str, Amounts]:
        """`used` by all others: without the one of this name, if there is one."""
        own = self._daemonsets.get(identity(Place(daemonset).mapping)[1])
        if own is None:
            return self.used
        found: dict[str, Amounts] = {}
        for quota in self._quotas:
            used = self.used[_name(quota)]
            mine = demand.used_by(quota, own, self.inventory, self._limit_ranges, features=self._features)
            found[_name(quota)] = {key: amount - mine.get(key, _ZERO) for key, amount in used.items()}
        return found


def used_without(
    quotas: Iterable[Json], present: Json, pods: int, limit_ranges: LimitRanges = ()
) -> dict[str, Amounts]:
    """On a cluster: quota name → `status.used` without the usage of the stored DaemonSet.

    present: the stored version, None for a new DaemonSet. pods: how many it has.
    """
    template = template_of(present)
    found: dict[str, Amounts] = {}
    for quota in quotas:
        used = demand.by_key(quota, {})
        used |= amounts(Place(without_nulls(quota)).at("status", "used"))
        if present is not None:
            asked = demand.in_quota(quota, template, limit_ranges) or {}
            objects = demand.of_objects(quota, 1)
            for key in used:
                own = asked.get(key, _ZERO) * pods + objects.get(key, _ZERO)
                used[key] = max(used[key] - own, _ZERO)
        found[_name(quota)] = used
    return found


def forecast(
    daemonset: Json,
    nodes: Inventory | Iterable[Json],
    quotas: Sequence[Json],
    used: Mapping[str, Amounts],
    *,
    limit_ranges: LimitRanges = (),
    present: Json = None,
    present_pods: int | None = None,
    planned: bool = False,
    features: Features = OLDEST,
) -> Forecast:
    """Whether the quotas of its project allow all pods of a DaemonSet.

    used: of `PlannedUse` or from `used_without`. present: the stored version that this one replaces, None if
    it is new. present_pods: how many pods that has, None: as many as it should have. planned: whether `used`
    is only planned by the other DaemonSets (offline nothing runs), so that their order is unknown.
    """
    inventory = Inventory.of(nodes)
    pods = _Pods.of(daemonset, present, inventory, features)
    if present_pods is not None:
        pods = replace(pods, present=present_pods)
    template = template_of(daemonset)
    lines: list[QuotaLine] = []
    unstated: list[Unstated] = []
    for quota in quotas:
        asked = demand.in_quota(quota, template, limit_ranges)
        before = used.get(_name(quota), {})
        lines.extend(_lines(quota, asked or {}, before, pods, present, limit_ranges, planned))
        unstated.extend(_unstated(quota, daemonset, limit_ranges))
    over = tuple(sorted((line for line in lines if line.outcome != "fits"), key=_urgency))
    first = over[0] if over else None
    allowed = min([pods.desired, *(line.allowed for line in lines if line.allowed is not None)])
    if unstated or _none_made(first):
        allowed = 0
    return Forecast(
        pods.desired, allowed, tuple(lines), tuple(unstated), over, _say(pods, lines, unstated, first)
    )


@dataclass(frozen=True, slots=True)
class _Pods:
    """Numbers of pods. desired: in the end. present: before. kept: on the same nodes before and after; they
    are replaced if `replaced`. surge: how many new ones run next to old ones at a time."""

    desired: int
    present: int
    kept: int
    replaced: bool
    surge: int

    @classmethod
    def of(cls, daemonset: Json, present: Json, nodes: Inventory, features: Features) -> _Pods:
        def where(value: Json) -> set[str]:
            template = template_of(value)
            return set(coverage(template, nodes, features=features).should_run)

        wanted = where(daemonset)
        if present is None:
            return cls(len(wanted), 0, 0, replaced=False, surge=0)
        before = where(present)
        rolls = strategy(daemonset) == "RollingUpdate"
        return cls(
            len(wanted),
            len(before),
            len(wanted & before),
            replaced=not same_revision(present, daemonset),
            surge=budget(daemonset, len(wanted)).max_surge if rolls else 0,
        )

    def peak(self, old: Decimal, new: Decimal) -> Decimal:
        """The highest usage of old and new pods together; old, new: that of one pod.

        Nodes are gained and lost at once, the rest one after the other: the peak is at the beginning or at
        the end.
        """
        if not self.replaced:
            return self.desired * new
        surge = min(self.surge, self.kept)
        begin, end = self.kept * old + surge * new, self.kept * new + surge * old
        return (self.desired - self.kept) * new + max(begin, end)


def _lines(
    quota: Json,
    asked: Amounts,
    used: Amounts,
    pods: _Pods,
    present: Json,
    given: LimitRanges,
    planned: bool,
) -> Iterator[QuotaLine]:
    before_it = demand.in_quota(quota, template_of(present), given) or {}
    objects = demand.of_objects(quota, 1)
    for key, hard in amounts(Place(without_nulls(quota)).at("spec", "hard")).items():
        each, old, own = asked.get(key, _ZERO), before_it.get(key, _ZERO), objects.get(key, _ZERO)
        if not (each or own or (old and present is not None)):
            continue
        before = used.get(key, _ZERO)
        now = before + (pods.present * old + own if present is not None else _ZERO)
        after = before + own + pods.desired * each
        peak = before + own + pods.peak(old, each)
        allowed = max(int((hard - before - own) // each), 0) if each else None
        most = max(int((hard - own) // each), 0) if each and planned else allowed
        outcome: Outcome = "fits"
        if own and present is None and after > hard:
            outcome = "unrecorded" if key == _REVISIONS else "refused"
        elif allowed is not None and allowed < pods.desired:
            outcome = "stops"
        elif each and pods.desired and peak > hard:
            outcome = "rollout"
        name, raise_to = _name(quota), max(after, peak)
        figures = {"hard": hard, "before": before, "after": after, "needed": raise_to}
        style = quantity.style_of(key)
        shown = {figure: quantity.show(amount, style) for figure, amount in figures.items()}
        lower_to = _lower_to(key, hard - before, pods.desired) if outcome == "stops" else None
        params = {
            "quota": name,
            "key": key,
            **shown,
            "allowed": allowed,
            "most": most,
            "desired": pods.desired,
        }
        if lower_to is not None:
            params["lower"] = quantity.show(lower_to, style)
        code, template = _OUTCOMES[outcome]
        # Offline no DaemonSet has pods yet: the first one gets what is left.
        shared = outcome == "stops" and most != allowed and (most or 0) >= pods.desired
        if outcome == "stops" and most != allowed:
            code, template = _IF_LAST if shared else _AT_MOST
        if outcome == "stops" and not allowed:
            template = _NONE[code]
        ways_code, ways = _RAISE if lower_to is None else _LOWER
        yield QuotaLine(
            quota=name,
            key=key,
            hard=hard,
            before=before,
            present=now,
            after=after,
            peak=peak,
            each=each,
            outcome=outcome,
            allowed=allowed,
            most=most,
            lower_to=lower_to,
            raise_to=raise_to,
            say=Sentence(template, params, code),
            ways=None if outcome == "fits" else Sentence(ways, params, ways_code),
            shared=Sentence(_TOGETHER, params, "quota-exceeded-together") if shared else None,
        )


def _none_made(first: QuotaLine | None) -> bool:
    return first is not None and first.outcome in ("refused", "unrecorded")


def _lower_to(key: str, free: Decimal, desired: int) -> Decimal | None:
    """The most that each pod may use, rounded down to millicores, mebibytes or whole pieces."""
    if key == "pods" or key.startswith("count/") or key.endswith("persistentvolumeclaims"):
        return None
    style = quantity.style_of(key)
    each = free / desired
    step = Decimal("0.001") if style == "cpu" else _MEBIBYTE if style == "bytes" else Decimal(1)
    lower = each // step * step
    return lower if lower > 0 else None


_Template: TypeAlias = tuple[str, str]
"""(code, template)"""
_OUTCOMES: Final[Mapping[Outcome, _Template]] = {
    "refused": (
        "quota-refuses-daemonset",
        _(
            "The quota %(quota)s allows %(hard)s of %(key)s, and %(before)s are used: the DaemonSet cannot "
            "be created."
        ),
    ),
    "unrecorded": (
        "quota-refuses-revision",
        _(
            "The quota %(quota)s allows %(hard)s of %(key)s, and %(before)s are used: the controller cannot "
            "record the revision of the DaemonSet and creates no pods."
        ),
    ),
    "stops": (
        "quota-exceeded",
        _(
            "Only %(allowed)d of %(desired)d pods can be created: all of them would bring %(key)s to "
            "%(after)s, and the quota %(quota)s allows %(hard)s."
        ),
    ),
    "rollout": (
        "quota-stalls-rollout",
        _(
            "The rollout will stall: old and new pods together would bring %(key)s to %(needed)s, and the "
            "quota %(quota)s allows %(hard)s."
        ),
    ),
    "fits": ("quota-fits", _("%(after)s of %(hard)s %(key)s will be used (quota %(quota)s).")),
}
_IF_LAST: Final[_Template] = (
    "quota-exceeded-if-last",
    _(
        "Only %(allowed)d of %(desired)d pods can be created once the other DaemonSets have theirs: together "
        "they would bring %(key)s to %(after)s, and the quota %(quota)s allows %(hard)s."
    ),
)
_AT_MOST: Final[_Template] = (
    "quota-exceeded-at-most",
    _(
        "At most %(most)d of %(desired)d pods can be created, and %(allowed)d once the other DaemonSets have "
        "theirs: together they would bring %(key)s to %(after)s, and the quota %(quota)s allows %(hard)s."
    ),
)
_NONE: Final[Mapping[str, str]] = {
    "quota-exceeded": _(
        "No pods can be created: all of them would bring %(key)s to %(after)s, and the quota %(quota)s "
        "allows %(hard)s."
    ),
    "quota-exceeded-if-last": _(
        "No pods can be created once the other DaemonSets have theirs: together they would bring %(key)s "
        "to %(after)s, and the quota %(quota)s allows %(hard)s."
    ),
    "quota-exceeded-at-most": _(
        "At most %(most)d of %(desired)d pods can be created, and none once the other DaemonSets have "
        "theirs: together they would bring %(key)s to %(after)s, and the quota %(quota)s allows %(hard)s."
    ),
}
"""Code → what is said instead where not even one pod is allowed."""
_TOGETHER: Final = _(
    "Together with the other DaemonSets of the project they would bring %(key)s to %(after)s, and the quota "
    "%(quota)s allows %(hard)s: not all of their pods can be created."
)
_LOWER: Final[_Template] = (
    "quota-lower-or-raise",
    _("All pods fit if each needs at most %(lower)s, or if the quota allows %(needed)s."),
)
_RAISE: Final[_Template] = ("quota-raise", _("Everything fits if the quota allows %(needed)s."))
_REVISIONS: Final = "count/controllerrevisions.apps"


def _urgency(line: QuotaLine) -> tuple[int, int, int]:
    order = {"refused": 0, "unrecorded": 1, "stops": 2, "rollout": 3}
    return order.get(line.outcome, 4), line.allowed or 0, line.most or 0


def _say(
    pods: _Pods, lines: Sequence[QuotaLine], unstated: Sequence[Unstated], first: QuotaLine | None
) -> Sentence:
    if unstated:
        return unstated[0].say
    if first is not None:
        return first.say
    if not lines:
        return Sentence(_("No quota of the project applies to these pods."), code="no-quota")
    template = _("The quotas of the project leave room for all pods: %(desired)d.")
    return Sentence(template, {"desired": pods.desired}, "quotas-fit")


def _unstated(quota: Json, daemonset: Json, given: LimitRanges) -> Iterator[Unstated]:
    for container, keys in demand.unstated(quota, template_of(daemonset), given):
        name = container["name"].text
        params = {"quota": _name(quota), "container": name, "keys": ", ".join(keys)}
        template = _(
            "No pods can be created: the quota %(quota)s requires the container %(container)s to set "
            "%(keys)s."
        )
        path = (*container.path, "resources", *demand.MUST_STATE[keys[0]])
        yield Unstated(_name(quota), name, path, keys, Sentence(template, params, "quota-requires-resources"))


def _name(quota: Json) -> str:
    return Place(quota).at("metadata", "name").text
