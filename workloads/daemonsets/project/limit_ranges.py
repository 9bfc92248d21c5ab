"""What the LimitRanges of a project do to containers.

Sources: kubernetes/plugin/pkg/admission/limitranger/admission.go and, for what a LimitRange leaves out,
kubernetes/pkg/apis/core/v1/defaults.go (SetDefaults_LimitRangeItem, SetDefaults_Pod). The result is checked
like any pod: ValidateContainerResourceRequirements in pkg/apis/core/validation/validation.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from typing import Final, Literal, TypeAlias

from workloads.daemonsets.manifest import quantity
from workloads.daemonsets.manifest.features import OLDEST, Features
from workloads.daemonsets.manifest.findings import gettext_noop as _
from workloads.daemonsets.manifest.places import Place, Report, without_nulls
from workloads.daemonsets.manifest.pod import all_containers, keeps_running
from workloads.daemonsets.manifest.resources import Amounts, aggregate, amounts, apply_pod_level
from workloads.daemonsets.manifest.sentences import Sentence
from workloads.documents.paths import JsonObject, Path

CITE: Final = "kubernetes/plugin/pkg/admission/limitranger/admission.go"


@dataclass(frozen=True, slots=True)
class Resources:
    """The amounts of a container or pod: name of the resource → amount."""

    requests: Amounts = field(default_factory=dict)
    limits: Amounts = field(default_factory=dict)


Bound: TypeAlias = Literal["min", "max", "ratio"]
_FIELDS: Final[Mapping[Bound, str]] = {"min": "min", "max": "max", "ratio": "maxLimitRequestRatio"}


@dataclass(frozen=True, slots=True)
class _Strictest:
    """The value that leaves least room, and the LimitRange that sets it."""

    limit_range: str
    value: Decimal


class Limits:
    """The LimitRanges of a project, prepared for many pods.

    defaults: what all together give a container without resources; the first with a default wins. Of several
    bounds on one amount the strictest counts: whatever violates another one violates that, too.
    """

    def __init__(self, limit_ranges: Iterable[JsonObject]) -> None:
        self.defaults: Final = Resources()
        self._bounds: dict[str, dict[Bound, dict[str, _Strictest]]] = {}
        for limit_range in limit_ranges:
            name = Place(limit_range).at("metadata", "name").text
            for item in Place(without_nulls(limit_range)).at("spec", "limits"):
                kind = item["type"].text
                if kind == "Container":
                    self._add_defaults(_item_defaults(item))
                if kind in ("Container", "Pod"):
                    self._add_bounds(kind, name, item)

    @classmethod
    def of(cls, limit_ranges: Limits | Iterable[JsonObject]) -> Limits:
        return limit_ranges if isinstance(limit_ranges, Limits) else cls(limit_ranges)

    def __bool__(self) -> bool:
        """Whether they say anything of containers or pods."""
        return bool(self._bounds)

    def bounds(self, kind: str) -> Iterator[tuple[Bound, str, _Strictest]]:
        """(bound, resource, its value) of "Container" or "Pod"."""
        for bound, by_resource in self._bounds.get(kind, {}).items():
            for resource, strictest in by_resource.items():
                yield bound, resource, strictest

    def _add_defaults(self, more: Resources) -> None:
        for mine, theirs in (
            (self.defaults.requests, more.requests),
            (self.defaults.limits, more.limits),
        ):
            for resource, amount in theirs.items():
                mine.setdefault(resource, amount)

    def _add_bounds(self, kind: str, name: str, item: Place) -> None:
        by_bound = self._bounds.setdefault(kind, {bound: {} for bound in _FIELDS})
        for bound, field_name in _FIELDS.items():
            for resource, value in amounts(item[field_name]).items():
                known = by_bound[bound].get(resource)
                if known is None or (value > known.value if bound == "min" else value < known.value):
                    by_bound[bound][resource] = _Strictest(name, value)


LimitRanges: TypeAlias = Limits | Iterable[JsonObject]
"""As they are, or prepared."""


def defaults(limit_ranges: LimitRanges) -> Resources:
    """What all LimitRanges together give a container without resources.

    The first LimitRange with a default for a resource wins.
    """
    return Limits.of(limit_ranges).defaults


def effective(container: JsonObject, limit_ranges: LimitRanges) -> Resources:
    """The requests and limits of a container once its pod is admitted."""
    return with_defaults(container, defaults(limit_ranges))


def with_defaults(container: JsonObject, given: Resources) -> Resources:
    """The requests and limits of a container, completed with the defaults of its project.

    A missing request is the container's own limit if it has one, else the LimitRange's default.
    """
    resources = Place(without_nulls(container.get("resources")))
    limits = amounts(resources["limits"])
    requests = {**limits, **amounts(resources["requests"])}
    return Resources({**given.requests, **requests}, {**given.limits, **limits})


def pod_totals(pod: Place, given: Resources) -> Resources:
    """The requests and limits of all containers of a pod together, without its overhead."""
    running = [with_defaults(container.mapping, given) for container in pod["containers"]]
    init = [with_defaults(container.mapping, given) for container in pod["initContainers"]]
    stays = [keeps_running(container) for container in pod["initContainers"]]
    requests = aggregate([one.requests for one in running], [one.requests for one in init], stays)
    limits = aggregate([one.limits for one in running], [one.limits for one in init], stays)
    apply_pod_level(pod, requests, limits)
    return Resources(requests, limits)


@dataclass(frozen=True, slots=True)
class Breach:
    """A bound that a container, or the pod as a whole, violates: the API server refuses every pod.

    path: where the amount is, or belongs. say.code is the finding's.
    """

    path: Path
    say: Sentence


MOST_BREACHES: Final = 20
"""So many bounds that one container, or the pod as a whole, violates are named."""


def breaches(pod: Place, limit_ranges: LimitRanges, *, features: Features = OLDEST) -> Iterator[Breach]:
    """The bounds that a pod spec violates once the defaults of the LimitRanges are filled in; of each
    container, and of the pod, the first MOST_BREACHES, and one that says so."""
    limits = Limits.of(limit_ranges)
    if not limits:
        return
    given = limits.defaults
    asked = {container.path: with_defaults(container.mapping, given) for container in all_containers(pod)}
    for container in all_containers(pod):
        kind, index = container.path[-2:]
        own, label = asked[container.path], container["name"].text or f"{kind}[{index}]"
        at = container["resources"].path
        outside = list(_first(_breaches(at, own, limits.bounds("Container"), label), at))
        yield from outside
        # A request above the maximum, which is also the default limit, is reported only once.
        reported = {breach.path[-1] for breach in outside}
        yield from (
            breach for breach in _too_low(container, own, given, label) if breach.path[-1] not in reported
        )
    whole = pod_totals(pod, given) if features.pod_sums else _of_pod_before(pod, asked)
    at = pod["containers"].path
    yield from _first(_breaches(at, whole, limits.bounds("Pod"), ""), at)


def _first(found: Iterator[Breach], at: Path) -> Iterator[Breach]:
    yield from islice(found, MOST_BREACHES)
    if next(found, None) is not None:
        yield Breach(at, Sentence(_MORE, {"shown": MOST_BREACHES}, "limit-range-more"))


_MORE: Final = _(
    "The limit ranges of the project reject every pod for more reasons than the first %(shown)d, which are "
    "listed: fix these first."
)


def check(report: Report, pod: Place, limit_ranges: LimitRanges, features: Features = OLDEST) -> None:
    """Adds a warning for each breach: the DaemonSet is stored, but no pod is created."""
    for breach in breaches(pod, limit_ranges, features=features):
        at = Place(None, breach.path)
        report.warning(at, breach.say.code, breach.say.template, CITE, **breach.say.params)


def _item_defaults(item: Place) -> Resources:
    """An item as the API server completes it: limit from max, request from limit, else from min."""
    limits = {**amounts(item["max"]), **amounts(item["default"])}
    requests = {**amounts(item["min"]), **limits, **amounts(item["defaultRequest"])}
    return Resources(requests, limits)


def _too_low(container: Place, asked: Resources, given: Resources, label: str) -> Iterator[Breach]:
    """Limits from a LimitRange that are lower than the container's own request."""
    resources = without_nulls(container["resources"].value)
    own = amounts(Place(resources)["limits"])
    for name, request in asked.requests.items():
        limit = asked.limits.get(name)
        if name in own or limit is None or name not in given.limits or request <= limit:
            continue
        style = quantity.style_of(name)
        params = {
            "container": label,
            "resource": name,
            "request": quantity.show(request, style),
            "limit": quantity.show(limit, style),
        }
        path = (*container["resources"].path, "limits", name)
        yield Breach(path, Sentence(_TOO_LOW, params, "limit-range-default"))


_TOO_LOW: Final = _(
    "%(container)s does not set limits.%(resource)s and gets %(limit)s from a limit range of the project, "
    "less than its request of %(request)s, so every pod is rejected."
)


def _of_pod_before(pod: Place, asked: Mapping[Path, Resources]) -> Resources:
    """The sums of servers before 1.28, which lack podRequests and podLimits: a resource counts only if every
    container has it; a single init container may be larger."""
    containers = [asked[container.path] for container in pod["containers"]]
    init = [asked[container.path] for container in pod["initContainers"]]
    return Resources(
        _combined([one.requests for one in containers], [one.requests for one in init]),
        _combined([one.limits for one in containers], [one.limits for one in init]),
    )


def _combined(containers: list[Amounts], init: list[Amounts]) -> Amounts:
    shared = set.intersection(*(set(one) for one in containers)) if containers else set()
    total = {name: sum((one[name] for one in containers), Decimal(0)) for name in shared}
    for one in init:
        for name, value in one.items():
            total[name] = max(total.get(name, value), value)
    return total


# Bound → (template for an amount that violates it, template for a missing amount).
_Templates: TypeAlias = tuple[str, str]
_OF_CONTAINER: Final[Mapping[Bound, _Templates]] = {
    "min": (
        _(
            "The limit range %(range)s requires at least %(bound)s of %(resource)s in a container: "
            "%(key)s of %(container)s is %(value)s, so every pod is rejected."
        ),
        _(
            "The limit range %(range)s requires at least %(bound)s of %(resource)s in a container: "
            "%(container)s does not set %(key)s, so every pod is rejected."
        ),
    ),
    "max": (
        _(
            "The limit range %(range)s allows at most %(bound)s of %(resource)s in a container: "
            "%(key)s of %(container)s is %(value)s, so every pod is rejected."
        ),
        _(
            "The limit range %(range)s allows at most %(bound)s of %(resource)s in a container: "
            "%(container)s does not set %(key)s, so every pod is rejected."
        ),
    ),
    "ratio": (
        _(
            "The limit range %(range)s allows a limit of at most %(bound)s times the request of %(resource)s "
            "in a container: %(key)s of %(container)s is %(value)s times the request, so every pod is "
            "refused."
        ),
        _(
            "The limit range %(range)s allows a limit of at most %(bound)s times the request of %(resource)s "
            "in a container: %(container)s does not set %(key)s, so every pod is rejected."
        ),
    ),
}
_OF_POD: Final[Mapping[Bound, _Templates]] = {
    "min": (
        _(
            "The limit range %(range)s requires at least %(bound)s of %(resource)s in a pod: %(key)s of all "
            "containers together is %(value)s, so every pod is rejected."
        ),
        _(
            "The limit range %(range)s requires at least %(bound)s of %(resource)s in a pod: not every "
            "container sets %(key)s, so every pod is rejected."
        ),
    ),
    "max": (
        _(
            "The limit range %(range)s allows at most %(bound)s of %(resource)s in a pod: %(key)s of all "
            "containers together is %(value)s, so every pod is rejected."
        ),
        _(
            "The limit range %(range)s allows at most %(bound)s of %(resource)s in a pod: not every "
            "container sets %(key)s, so every pod is rejected."
        ),
    ),
    "ratio": (
        _(
            "The limit range %(range)s allows a limit of at most %(bound)s times the request of %(resource)s "
            "in a pod: %(key)s of all containers together is %(value)s times the request, so every pod is "
            "refused."
        ),
        _(
            "The limit range %(range)s allows a limit of at most %(bound)s times the request of %(resource)s "
            "in a pod: not every container sets %(key)s, so every pod is rejected."
        ),
    ),
}


def _breaches(
    path: Path, asked: Resources, bounds: Iterable[tuple[Bound, str, _Strictest]], container: str
) -> Iterator[Breach]:
    """container: its name, "" for the whole pod, whose amounts belong to no single field."""
    for bound, name, strictest in bounds:
        violated = _violated(bound, strictest.value, asked.requests.get(name), asked.limits.get(name))
        if violated is None:
            continue
        key, value = violated
        style = "count" if bound == "ratio" else quantity.style_of(name)
        params = {
            "range": strictest.limit_range,
            "bound": quantity.show(strictest.value, style),
            "resource": name,
            "key": f"{key}.{name}",
            "container": container,
            "value": "" if value is None else quantity.show(value, style),
        }
        with_value, without = (_OF_CONTAINER if container else _OF_POD)[bound]
        template = without if value is None else with_value
        say = Sentence(template, params, f"limit-range-{bound}")
        yield Breach((*path, key, name) if container else path, say)


def _violated(
    bound: Bound, wanted: Decimal, request: Decimal | None, limit: Decimal | None
) -> tuple[str, Decimal | None] | None:
    """("requests" or "limits", the amount or ratio that is outside; None: there is none); None if nothing
    violates the bound (minConstraint, maxConstraint, limitRequestRatioConstraint)."""
    match bound:
        case "min":
            if request is None or request < wanted:
                return "requests", request
            if limit is not None and limit < wanted:
                return "limits", limit
        case "max":
            if limit is None or limit > wanted:
                return "limits", limit
            if request is not None and request > wanted:
                return "requests", request
        case "ratio":
            if not request or not limit:
                return "limits" if request else "requests", None
            if limit > wanted * request:
                return "limits", limit / request
    return None
