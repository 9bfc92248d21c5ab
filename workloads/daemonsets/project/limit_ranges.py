"""What the LimitRanges of a project do to containers.

Sources: kubernetes/plugin/pkg/admission/limitranger/admission.go and, for what a LimitRange leaves out,
kubernetes/pkg/apis/core/v1/defaults.go (SetDefaults_LimitRangeItem, SetDefaults_Pod). The result is checked
like any pod: ValidateContainerResourceRequirements in pkg/apis/core/validation/validation.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, TypeAlias

from workloads.daemonsets.manifest import quantity
from workloads.daemonsets.manifest.features import OLDEST, Features
from workloads.daemonsets.manifest.findings import gettext_noop as _
from workloads.daemonsets.manifest.places import Place, Report, without_nulls
from workloads.daemonsets.manifest.pod import all_containers, keeps_running
from workloads.daemonsets.manifest.resources import Amounts, aggregate, amounts, apply_pod_level
from workloads.daemonsets.manifest.sentences import Sentence
from workloads.documents.paths import Path

CITE: Final = "kubernetes/plugin/pkg/admission/limitranger/admission.go"


@dataclass(frozen=True, slots=True)
class Resources:
    """The amounts of a container or pod: name of the resource → amount."""

    requests: Amounts = field(default_factory=dict)
    limits: Amounts = field(default_factory=dict)


def defaults(limit_ranges: Iterable[dict[str, Any]]) -> Resources:
    """What all LimitRanges together give a container without resources.

    The first LimitRange with a default for a resource wins.
    """
    out = Resources()
    for item in _items(limit_ranges, "Container"):
        more = _item_defaults(item)
        out = Resources({**more.requests, **out.requests}, {**more.limits, **out.limits})
    return out


def effective(container: dict[str, Any], limit_ranges: Iterable[dict[str, Any]]) -> Resources:
    """The requests and limits of a container once its pod is admitted."""
    return with_defaults(container, defaults(limit_ranges))


def with_defaults(container: dict[str, Any], given: Resources) -> Resources:
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


def breaches(
    pod: Place, limit_ranges: Sequence[dict[str, Any]], *, features: Features = OLDEST
) -> Iterator[Breach]:
    """The bounds that a pod spec violates once the defaults of the LimitRanges are filled in."""
    given = defaults(limit_ranges)
    asked = {container.path: with_defaults(container.mapping, given) for container in all_containers(pod)}
    for container in all_containers(pod):
        kind, index = container.path[-2:]
        own, label = asked[container.path], container["name"].text or f"{kind}[{index}]"
        outside = [
            breach
            for name, item in _bounds(limit_ranges, "Container")
            for breach in _breaches(container["resources"].path, own, item, name, label)
        ]
        yield from outside
        # A request above the maximum, which is also the default limit, is reported only once.
        reported = {breach.path[-1] for breach in outside}
        yield from (
            breach for breach in _too_low(container, own, given, label) if breach.path[-1] not in reported
        )
    whole = pod_totals(pod, given) if features.pod_sums else _of_pod_before(pod, asked)
    for name, item in _bounds(limit_ranges, "Pod"):
        yield from _breaches(pod["containers"].path, whole, item, name, "")


def check(
    report: Report, pod: Place, limit_ranges: Sequence[dict[str, Any]], features: Features = OLDEST
) -> None:
    """Adds a warning for each breach: the DaemonSet is stored, but no pod is created."""
    for breach in breaches(pod, limit_ranges, features=features):
        at = Place(None, breach.path)
        report.warning(at, breach.say.code, breach.say.template, CITE, **breach.say.params)


def _bounds(limit_ranges: Sequence[dict[str, Any]], kind: str) -> Iterator[tuple[str, Place]]:
    """(name of the LimitRange, item of the type `kind`)"""
    for limit_range in limit_ranges:
        name = Place(limit_range).at("metadata", "name").text
        yield from ((name, item) for item in _items([limit_range], kind))


def _items(limit_ranges: Iterable[dict[str, Any]], kind: str) -> Iterator[Place]:
    for limit_range in limit_ranges:
        for item in Place(without_nulls(limit_range)).at("spec", "limits"):
            if item["type"].text == kind:
                yield item


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
_OF_CONTAINER: Final[Mapping[str, _Templates]] = {
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
_OF_POD: Final[Mapping[str, _Templates]] = {
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
    path: Path, asked: Resources, item: Place, limit_range: str, container: str
) -> Iterator[Breach]:
    """container: its name, "" for the whole pod, whose amounts belong to no single field."""

    def breach(bound: str, name: str, key: str, wanted: Decimal, value: Decimal | None) -> Breach:
        style = "count" if bound == "ratio" else quantity.style_of(name)
        params = {
            "range": limit_range,
            "bound": quantity.show(wanted, style),
            "resource": name,
            "key": f"{key}.{name}",
            "container": container,
            "value": "" if value is None else quantity.show(value, style),
        }
        with_value, without = (_OF_CONTAINER if container else _OF_POD)[bound]
        template = without if value is None else with_value
        say = Sentence(template, params, f"limit-range-{bound}")
        return Breach((*path, key, name) if container else path, say)

    for name, least in amounts(item["min"]).items():
        request, limit = asked.requests.get(name), asked.limits.get(name)
        if request is None or request < least:
            yield breach("min", name, "requests", least, request)
        elif limit is not None and limit < least:
            yield breach("min", name, "limits", least, limit)
    for name, most in amounts(item["max"]).items():
        request, limit = asked.requests.get(name), asked.limits.get(name)
        if limit is None or limit > most:
            yield breach("max", name, "limits", most, limit)
        elif request is not None and request > most:
            yield breach("max", name, "requests", most, request)
    for name, ratio in amounts(item["maxLimitRequestRatio"]).items():
        request, limit = asked.requests.get(name), asked.limits.get(name)
        if not request or not limit:
            yield breach("ratio", name, "limits" if request else "requests", ratio, None)
        elif limit > ratio * request:
            yield breach("ratio", name, "limits", ratio, limit / request)
