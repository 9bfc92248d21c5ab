"""Requests and limits of containers and pods, and the rules for amounts of resources."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import TypeAlias

from workloads.daemonsets.manifest import names, quantity
from workloads.daemonsets.manifest.findings import Fix
from workloads.daemonsets.manifest.findings import gettext_noop as _
from workloads.daemonsets.manifest.places import Place, Report, core
from workloads.daemonsets.manifest.pod import keeps_running

Amounts: TypeAlias = dict[str, Decimal]

_ZERO = Decimal(0)
_CITE = core("ValidateContainerResourceRequirements")
_STANDARD = ("cpu", "memory", "ephemeral-storage")
# Resources that come in whole pieces.
_COUNTED = frozenset(
    {
        *("pods", "resourcequotas", "services", "replicationcontrollers", "secrets", "configmaps"),
        *("persistentvolumeclaims", "services.nodeports", "services.loadbalancers"),
    }
)
_HUGE_PAGES = re.compile(r"hugepages-(.+)")


def amount(at: Place) -> Decimal | None:
    """The amount at a place, None if it is absent or not a quantity (which the schema reports)."""
    if not isinstance(at.value, (str, int, float)):
        return None
    try:
        return quantity.parse(at.value)
    except ValueError:
        return None


def amounts(at: Place) -> Amounts:
    """The amounts of a list of resources such as `resources.requests`, as the API server keeps them, without
    those that are not quantities."""
    found = ((name, amount(value)) for name, value in at.entries)
    return {name: quantity.in_list(value) for name, value in found if value is not None}


def add(total: Amounts, more: Amounts) -> None:
    """Adds the amounts of `more` to `total`, in place."""
    for name, value in more.items():
        total[name] = total.get(name, _ZERO) + value


def aggregate(containers: Iterable[Amounts], init: Iterable[Amounts], sidecars: Iterable[bool]) -> Amounts:
    """The requests (or limits) of a pod: the sum of its containers, or more where init containers need it.

    init: those of the init containers, which run one after the other before the containers.
    sidecars: which of the init containers keep running while the following ones run.

    Source: AggregateContainerRequests and AggregateContainerLimits in
    k8s.io/component-helpers/resource/helpers.go.
    """
    total: Amounts = {}
    for own in containers:
        add(total, own)
    running: Amounts = {}
    peak: Amounts = {}
    for own, sidecar in zip(init, sidecars, strict=True):
        now = dict(running)
        add(now, own)
        if sidecar:
            add(total, own)
            running = now
        _raise_to(peak, now)
    _raise_to(total, peak)
    return total


def _raise_to(total: Amounts, other: Amounts) -> None:
    for name, value in other.items():
        total[name] = max(total.get(name, value), value)


def apply_pod_level(pod: Place, requests: Amounts, limits: Amounts) -> None:
    """Replaces the sums of the containers, in place, with `resources` of the pod itself (since 1.34).

    Source: https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/#pod-level-resource-specification.
    """
    for name, limit in amounts(pod["resources"]["limits"]).items():
        if _is_pod_level(name):
            limits[name] = limit
            requests.setdefault(name, limit)
    requests |= {n: a for n, a in amounts(pod["resources"]["requests"]).items() if _is_pod_level(n)}


def _is_pod_level(name: str) -> bool:
    return name in ("cpu", "memory") or name.startswith("hugepages-")


def check_pod_level(report: Report, pod: Place) -> None:
    """`resources` of the pod itself, against those of its containers (validatePodResources).

    Containers can use less than the pod asks for; where there is no amount for the pod, nothing is compared.
    """
    cite = core("validatePodResources")
    own = pod["resources"]
    check_requirements(report, own, ("cpu", "memory"))
    for section in (own["limits"], own["requests"]):
        for resource, at in section.entries:
            if not _is_pod_level(resource) and "/" in resource:
                report.error(
                    at,
                    "pod-resource",
                    _("“%(resource)s” can only be requested by a container: move it there."),
                    cite,
                    resource=resource,
                )
    init = list(pod["initContainers"])
    asked = aggregate(
        [amounts(one["resources"]["requests"]) for one in pod["containers"]],
        [amounts(one["resources"]["requests"]) for one in init],
        [keeps_running(one) for one in init],
    )
    for resource, total in asked.items():
        at = own["requests"][resource]
        most = amount(at)
        if most is not None and total > most:
            report.error(
                at,
                "pod-request-below-containers",
                _("The containers of the pod request %(total)s of “%(resource)s” together: raise this."),
                cite,
                resource=resource,
                total=quantity.show_of(resource, total),
            )
    for container in pod["containers"]:
        for resource, limit in amounts(container["resources"]["limits"]).items():
            most = amount(own["limits"][resource])
            if most is not None and limit > most:
                report.error(
                    container["resources"]["limits"][resource],
                    "limit-over-pod-limit",
                    _(
                        "The limit of the pod for “%(resource)s” is %(most)s: lower this limit, or raise "
                        "that one."
                    ),
                    cite,
                    resource=resource,
                    most=quantity.show_of(resource, most),
                )


def is_native(resource: str) -> bool:
    """Whether Kubernetes defines it; it is not extended like `nvidia.com/gpu` (helper.IsNativeResource)."""
    return "/" not in resource or "kubernetes.io/" in resource


def may_overcommit(resource: str) -> bool:
    """Whether the request may be lower than the limit (helper.IsOvercommitAllowed)."""
    return is_native(resource) and not resource.startswith("hugepages-")


def check_amount(report: Report, resource: str, at: Place, cite: str = _CITE) -> Decimal | None:
    """An amount of a resource (ValidateResourceQuantityValue). Returns it, None if there is none."""
    value = amount(at)
    if value is None:
        return None
    if value < 0:
        report.error(
            at, "too-small", _("“%(field)s” must not be negative: use 0 or more."), cite, field=resource
        )
    elif (resource in _COUNTED or not is_native(resource)) and value != value.to_integral_value():
        report.error(
            at,
            "not-whole",
            _("“%(field)s” cannot be divided: use a whole number."),
            cite,
            field=resource,
        )
    return value


def check_requirements(report: Report, resources: Place, allowed: tuple[str, ...] = _STANDARD) -> None:
    """`resources` of a container or of a pod (ValidateContainerResourceRequirements).

    allowed: the standard resources that may be named; huge pages and extended resources always may.
    """
    limits, requests = resources["limits"], resources["requests"]
    for section in (limits, requests):
        for resource, at in section.entries:
            if _check_name(report, resource, at, allowed):
                value = check_amount(report, resource, at)
                if value is not None:
                    _check_plausible(report, resource, at, value)
    request_of, limit_of = amounts(requests), amounts(limits)
    for resource, at in requests.entries:
        request, limit = request_of.get(resource), limit_of.get(resource)
        if request is None:
            continue
        if limit is None:
            if not may_overcommit(resource) and resource not in limits.mapping:
                report.error(
                    at,
                    "limit-missing",
                    _("“%(resource)s” cannot be overcommitted: set a limit equal to the request."),
                    _CITE,
                    resource=resource,
                )
        elif request != limit and not may_overcommit(resource):
            report.error(
                at,
                "request-not-limit",
                _("“%(resource)s” cannot be overcommitted: set the request equal to the limit, %(limit)s."),
                _CITE,
                resource=resource,
                limit=limits[resource].value,
            )
        elif request > limit:
            report.error(
                at,
                "request-over-limit",
                _(
                    "The request for “%(resource)s” (%(request)s) is greater than its limit (%(limit)s): "
                    "lower the request or raise the limit."
                ),
                _CITE,
                resource=resource,
                request=at.value,
                limit=limits[resource].value,
            )
    named = limits.mapping.keys() | requests.mapping.keys()
    if any(name.startswith("hugepages-") for name in named) and not named & {"cpu", "memory"}:
        report.error(
            resources,
            "huge-pages-alone",
            _("Huge pages require a request or limit for CPU or memory as well: add one."),
            _CITE,
        )


def check_overhead(report: Report, overhead: Place) -> None:
    """`overhead` of a pod: amounts like the limits of a container (validateOverhead)."""
    for resource, at in overhead.entries:
        if _check_name(report, resource, at, _STANDARD):
            value = check_amount(report, resource, at, core("validateOverhead"))
            if value is not None:
                _check_plausible(report, resource, at, value)


def _check_name(report: Report, resource: str, at: Place, allowed: tuple[str, ...]) -> bool:
    if not report.test_key(at, "resource-name", names.qualified_name, _CITE):
        return False
    known = resource in allowed or resource.startswith("hugepages-")
    if "/" not in resource and not known:
        report.error(
            at,
            "resource-unknown",
            _(
                "“%(resource)s” is not a standard resource: use one of %(known)s, or the full name of an "
                "extended resource such as nvidia.com/gpu."
            ),
            _CITE,
            resource=resource,
            known=", ".join(allowed),
        )
        return False
    if not is_native(resource) and resource.startswith("requests."):
        report.error(
            at,
            "resource-name",
            _("Remove the prefix “requests.”: only quotas use it."),
            _CITE,
        )
        return False
    return True


def _check_plausible(report: Report, resource: str, at: Place, value: Decimal) -> None:
    size = _HUGE_PAGES.fullmatch(resource)
    if size:
        page = amount(Place(size[1]))
        if page is None or page <= 0 or value % page:
            report.error(
                at,
                "huge-pages-size",
                _("“%(resource)s” must be a multiple of its page size."),
                core("validateResourceQuantityHugePageValue"),
                resource=resource,
            )
    else:
        check_whole_bytes(report, resource, at, value)


def check_whole_bytes(report: Report, resource: str, at: Place, value: Decimal) -> None:
    """Warns of an amount of memory or storage that is a fraction of a byte."""
    if resource not in ("memory", "ephemeral-storage", "storage") or value == value.to_integral_value():
        return
    whole = quantity.whole_bytes(str(at.value))
    thousandths = str(at.value).strip().endswith("m")
    report.warning(
        at,
        "fraction-of-byte",
        _("“%(value)s” is a fraction of a byte, because “m” means one thousandth: write %(whole)s.")
        if thousandths
        else _("“%(value)s” does not come to whole bytes: write %(whole)s."),
        "kubernetes/pkg/api/pod/warnings.go",
        fix=None if thousandths else Fix(_("Write %(whole)s"), [(at.path, whole)], {"whole": whole}),
        value=at.value,
        whole=whole,
    )
