"""What the quotas of a project will say to a DaemonSet: before, after, and while it is rolled out.

A quota is asked when a pod is made: a DaemonSet that is too much is stored, then so many pods are made and no
more. On which nodes cannot be said: the controller makes them in no fixed order.

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
from workloads.daemonsets.running.revision import same_revision
from workloads.documents.paths import Json, Path

Outcome: TypeAlias = Literal["fits", "rollout", "stops", "unrecorded", "refused"]

_ZERO: Final = Decimal(0)
_MEBIBYTE: Final = Decimal(2**20)


@dataclass(frozen=True, slots=True)
class Line:
    """One key of one quota that the DaemonSet counts towards. Amounts in cores, bytes and pieces.

    before: used without this DaemonSet. present: with its present version (equals before for a new one).
    after: with all its new pods. peak: the most while it is rolled out. each: what one pod counts for.
    outcome: "stops" (allowed < desired pods can be made), "rollout" (all fit, but not while old and new ones
    are there together), "unrecorded" (its controller cannot write down its revision, and makes no pod),
    "refused" (the DaemonSet itself cannot be created).
    allowed: how many pods fit by this key; None where pods do not count towards it. most: how many at most,
    where the other DaemonSets only want what they are reckoned with; else the same.
    lower_to: what one pod may ask for at most so that all fit; None where pods are counted, or if nothing
    is left. raise_to: the least hard limit that suffices, rollout included.
    ways: what would make it fit; None where it does. shared: where it would fit if the other DaemonSets,
    that only want what they are reckoned with, came last: what is to be said of all together; else None.
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
    """A container that does not state what a quota asks every container to state: each pod is refused.

    path: where to state the first of it. keys: those of the quota (`limits.memory`).
    """

    quota: str
    container: str
    path: Path
    keys: tuple[str, ...]
    say: Sentence


@dataclass(frozen=True, slots=True)
class Forecast:
    """desired: nodes that should run a pod. allowed: how many of them get one (0 with anything unstated).
    lines: all keys, in the order of the quotas. over: those that do not fit, what blocks first at the front.
    say: the outcome in one sentence."""

    desired: int
    allowed: int
    lines: tuple[Line, ...]
    unstated: tuple[Unstated, ...]
    over: tuple[Line, ...]
    say: Sentence

    @property
    def first(self) -> Line | None:
        """The line that blocks first, None if none does."""
        return self.over[0] if self.over else None

    @property
    def sure(self) -> bool:
        """Whether pods will be refused, whoever comes first."""
        short = (line.most is not None and line.most < self.desired for line in self.over)
        return bool(self.none_made) or any(short)

    @property
    def none_made(self) -> tuple[Sentence, ...]:
        """Why not one pod will be made; empty where some are, or may be."""
        if self.unstated:
            return tuple(each.say for each in self.unstated)
        if not self.desired:
            return ()
        return tuple(line.say for line in self.over if line.most == 0 or _none_made(line))[:1]

    @property
    def blocks(self) -> bool:
        """Whether some pods, or the DaemonSet itself, cannot be made."""
        return self.allowed < self.desired or bool(self.unstated) or _none_made(self.first)


def used_by_others(
    quotas: Iterable[Json],
    daemonset: Json,
    daemonsets: Iterable[Json],
    nodes: Inventory | Iterable[Json],
    limit_ranges: Sequence[Json] = (),
    counts: Mapping[tuple[str, str], int] | None = None,
    *,
    claims: Iterable[Json] = (),
    features: Features = OLDEST,
) -> dict[str, Amounts]:
    """Offline: quota name → what all but this DaemonSet use of it. daemonsets: all of the project, this one
    may be among them. The others as in `demand.quota_used`."""
    inventory = Inventory.of(nodes)
    own = identity(Place(daemonset).mapping)[1]
    others = [one for one in daemonsets if identity(Place(one).mapping)[1] != own]
    claims = list(claims)
    return {
        _name(quota): demand.quota_used(
            quota,
            others,
            inventory,
            limit_ranges,
            counts or {},
            claims=claims,
            features=features,
        )
        for quota in quotas
    }


def used_beside(
    quotas: Iterable[Json], present: Json, pods: int, limit_ranges: Sequence[Json] = ()
) -> dict[str, Amounts]:
    """On a cluster: quota name → `status.used` without what the stored DaemonSet counts for.

    present: None for a new one. pods: how many it has.
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
    limit_ranges: Sequence[Json] = (),
    present: Json = None,
    there: int | None = None,
    wished: bool = False,
    features: Features = OLDEST,
) -> Forecast:
    """What the quotas of its project will say.

    used: of `used_by_others` or `used_beside`. present: the stored version that this one replaces, None if it
    is new. there: how many pods that one has, None: as many as it should. wished: whether the other
    DaemonSets only want what `used` says, so that nobody knows who comes first.
    """
    inventory = Inventory.of(nodes)
    pods = _Pods.of(daemonset, present, inventory, features)
    if there is not None:
        pods = replace(pods, present=there)
    template = template_of(daemonset)
    lines: list[Line] = []
    unstated: list[Unstated] = []
    for quota in quotas:
        asked = demand.in_quota(quota, template, limit_ranges)
        before = used.get(_name(quota), {})
        lines.extend(_lines(quota, asked or {}, before, pods, present, limit_ranges, wished))
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
    """How many: desired in the end; present before; of those kept on the same nodes, which get a new pod if
    `replaced`; surge: new ones beside them at a time."""

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
        """The most that old and new pods count for together.

        Nodes are gained and lost at once, the rest one after the other: so the most is at the beginning or at
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
    given: Sequence[Json],
    wished: bool,
) -> Iterator[Line]:
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
        most = max(int((hard - own) // each), 0) if each and wished else allowed
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
        said = _SAID[outcome]
        # Offline nobody has a pod: who comes first gets what there is.
        shared = outcome == "stops" and most != allowed and (most or 0) >= pods.desired
        if outcome == "stops" and most != allowed:
            said = _IF_LAST if shared else _AT_MOST
        yield Line(
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
            say=Sentence(said, params),
            ways=None if outcome == "fits" else Sentence(_RAISE if lower_to is None else _LOWER, params),
            shared=Sentence(_TOGETHER, params) if shared else None,
        )


def _none_made(first: Line | None) -> bool:
    return first is not None and first.outcome in ("refused", "unrecorded")


def _lower_to(key: str, free: Decimal, desired: int) -> Decimal | None:
    """Rounded down to what people write: thousandths of a core, mebibytes, whole pieces."""
    if key == "pods" or key.startswith("count/") or key.endswith("persistentvolumeclaims"):
        return None
    style = quantity.style_of(key)
    each = free / desired
    step = Decimal("0.001") if style == "cpu" else _MEBIBYTE if style == "bytes" else Decimal(1)
    lower = each // step * step
    return lower if lower > 0 else None


_SAID: Final[Mapping[Outcome, str]] = {
    "refused": _(
        "The quota %(quota)s allows %(hard)s of %(key)s and %(before)s are used: the DaemonSet cannot be "
        "created."
    ),
    "unrecorded": _(
        "The quota %(quota)s allows %(hard)s of %(key)s and %(before)s are used: the controller cannot write "
        "down the revision of the DaemonSet, and makes no pod."
    ),
    "stops": _(
        "Pods stop at %(allowed)d of %(desired)d: all of them would bring %(key)s to %(after)s, and the "
        "quota %(quota)s allows %(hard)s."
    ),
    "rollout": _(
        "The rollout will stick: old and new pods together need %(needed)s of %(key)s, and the quota "
        "%(quota)s allows %(hard)s."
    ),
    "fits": _("%(after)s of %(hard)s %(key)s will be used (quota %(quota)s)."),
}
_IF_LAST: Final = _(
    "Pods stop at %(allowed)d of %(desired)d if the other DaemonSets of the project get theirs first: "
    "together they want %(after)s of %(key)s, and the quota %(quota)s allows %(hard)s."
)
_AT_MOST: Final = _(
    "Pods stop at %(most)d of %(desired)d, and at %(allowed)d if the other DaemonSets of the project get "
    "theirs first: together they want %(after)s of %(key)s, and the quota %(quota)s allows %(hard)s."
)
_TOGETHER: Final = _(
    "Together with the other DaemonSets of the project they want %(after)s of %(key)s, and the quota "
    "%(quota)s allows %(hard)s: not all of their pods are made."
)
_LOWER: Final = _("All fit if a pod asks for at most %(lower)s, or if the quota allows %(needed)s.")
_RAISE: Final = _("All fit if the quota allows %(needed)s.")
_REVISIONS: Final = "count/controllerrevisions.apps"


def _urgency(line: Line) -> tuple[int, int]:
    order = {"refused": 0, "unrecorded": 1, "stops": 2, "rollout": 3}
    return order.get(line.outcome, 4), line.allowed or 0


def _say(pods: _Pods, lines: Sequence[Line], unstated: Sequence[Unstated], first: Line | None) -> Sentence:
    if unstated:
        return unstated[0].say
    if first is not None:
        return first.say
    if not lines:
        return Sentence(_("No quota of the project counts these pods."))
    said = _("The quotas of the project leave room for all pods: %(desired)d.")
    return Sentence(said, {"desired": pods.desired})


def _unstated(quota: Json, daemonset: Json, given: Sequence[Json]) -> Iterator[Unstated]:
    for container, keys in demand.unstated(quota, template_of(daemonset), given):
        name = container["name"].text
        params = {"quota": _name(quota), "container": name, "keys": ", ".join(keys)}
        said = _(
            "No pod can be made: because of the quota %(quota)s the container %(container)s must state "
            "%(keys)s."
        )
        path = (*container.path, "resources", *demand.MUST_STATE[keys[0]])
        yield Unstated(_name(quota), name, path, keys, Sentence(said, params))


def _name(quota: Json) -> str:
    return Place(quota).at("metadata", "name").text
