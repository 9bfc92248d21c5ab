"""What the LimitRanges of a project do to containers.

Sources: kubernetes/plugin/pkg/admission/limitranger/admission.go and, for what a LimitRange leaves out,
kubernetes/pkg/apis/core/v1/defaults.go (SetDefaults_LimitRangeItem, SetDefaults_Pod).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from workloads.daemonsets import quantity
from workloads.daemonsets.containers import all_containers, keeps_running
from workloads.daemonsets.findings import gettext_noop as _
from workloads.daemonsets.places import Place, Report, without_nulls
from workloads.daemonsets.resources import Amounts, amounts

_CITE = "kubernetes/plugin/pkg/admission/limitranger/admission.go"


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a container gets for a resource it says nothing about."""

    requests: Amounts = field(default_factory=dict)
    limits: Amounts = field(default_factory=dict)


def defaults(limit_ranges: Iterable[dict[str, Any]]) -> Defaults:
    """What all LimitRanges together give a container that says nothing about its resources.

    The first one that has a default for a resource wins.
    """
    out = Defaults()
    for item in _items(limit_ranges, "Container"):
        more = _item_defaults(item)
        out = Defaults({**more.requests, **out.requests}, {**more.limits, **out.limits})
    return out


def effective(container: dict[str, Any], limit_ranges: Iterable[dict[str, Any]]) -> Defaults:
    """What a container will request and be limited to once its pod is admitted."""
    return completed(container, defaults(limit_ranges))


def completed(container: dict[str, Any], given: Defaults) -> Defaults:
    """What a container will request and be limited to, with the defaults of its project at hand.

    A request that is not given is the container's own limit if it has one, else the LimitRange's default.
    """
    resources = Place(without_nulls(container.get("resources")))
    limits = amounts(resources["limits"])
    requests = {**limits, **amounts(resources["requests"])}
    return Defaults({**given.requests, **requests}, {**given.limits, **limits})


def check(report: Report, pod: Place, limit_ranges: Sequence[dict[str, Any]]) -> None:
    """Warnings where a LimitRange would refuse the pods: the DaemonSet is stored, but nothing runs."""
    containers = list(all_containers(pod))
    given = defaults(limit_ranges)
    asked = {container.path: completed(container.mapping, given) for container in containers}
    for item in _items(limit_ranges, "Container"):
        for container in containers:
            _check_item(report, container["resources"], asked[container.path], item)
    whole = _whole_pod(
        [asked[container.path] for container in containers if keeps_running(container)],
        [asked[container.path] for container in containers if not keeps_running(container)],
    )
    for item in _items(limit_ranges, "Pod"):
        _check_item(report, pod["containers"], whole, item)


def _items(limit_ranges: Iterable[dict[str, Any]], kind: str) -> Iterator[Place]:
    for limit_range in limit_ranges:
        for item in Place(without_nulls(limit_range)).at("spec", "limits"):
            if item["type"].text == kind:
                yield item


def _item_defaults(item: Place) -> Defaults:
    """As the API server completes an item: limit from max, request from limit, else from min."""
    limits = {**amounts(item["max"]), **amounts(item["default"])}
    requests = {**amounts(item["min"]), **limits, **amounts(item["defaultRequest"])}
    return Defaults(requests, limits)


def _whole_pod(containers: list[Defaults], init: list[Defaults]) -> Defaults:
    """A sum counts only where every container has the resource; one init container may be larger."""
    return Defaults(
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


def _check_item(report: Report, at: Place, asked: Defaults, item: Place) -> None:
    for name, least in amounts(item["min"]).items():
        request, limit = asked.requests.get(name), asked.limits.get(name)
        if request is None or request < least or (limit is not None and limit < least):
            report.warning(
                at,
                "limit-range-min",
                _("A limit range asks for at least %(amount)s of %(resource)s: the pods would be refused."),
                _CITE,
                amount=quantity.show_of(name, least),
                resource=name,
            )
    for name, most in amounts(item["max"]).items():
        request, limit = asked.requests.get(name), asked.limits.get(name)
        if limit is None or limit > most or (request is not None and request > most):
            report.warning(
                at,
                "limit-range-max",
                _("A limit range allows at most %(amount)s of %(resource)s: the pods would be refused."),
                _CITE,
                amount=quantity.show_of(name, most),
                resource=name,
            )
    for name, ratio in amounts(item["maxLimitRequestRatio"]).items():
        request, limit = asked.requests.get(name), asked.limits.get(name)
        if not request or not limit or limit > ratio * request:
            report.warning(
                at,
                "limit-range-ratio",
                _(
                    "A limit range allows a limit of at most %(ratio)s times the request of %(resource)s: "
                    "the pods would be refused."
                ),
                _CITE,
                ratio=quantity.show(ratio, "count"),
                resource=name,
            )
