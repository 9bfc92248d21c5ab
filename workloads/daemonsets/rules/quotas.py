"""The rules for a ResourceQuota: what it limits, and of which pods.

Sources: ValidateResourceQuotaSpec in kubernetes/pkg/apis/core/validation/validation.go,
kubernetes/pkg/apis/core/helper/helpers.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from workloads.daemonsets.manifest import names
from workloads.daemonsets.manifest.findings import gettext_noop as _
from workloads.daemonsets.manifest.places import Place, Report, core
from workloads.daemonsets.manifest.resources import check_amount, is_native
from workloads.daemonsets.manifest.selectors import check_values

_CITE: Final = core("ValidateResourceQuotaSpec")
_COMPUTE: Final = frozenset(
    {"cpu", "memory", *(f"{part}.{name}" for part in ("requests", "limits") for name in ("cpu", "memory"))}
)
_STANDARD: Final = _COMPUTE | {
    *("ephemeral-storage", "requests.ephemeral-storage", "limits.ephemeral-storage", "requests.storage"),
    *("pods", "resourcequotas", "services", "replicationcontrollers", "secrets", "configmaps"),
    *("persistentvolumeclaims", "services.nodeports", "services.loadbalancers"),
}
_LIMITED_BY: Final = {
    **dict.fromkeys(
        ("Terminating", "NotTerminating", "NotBestEffort", "PriorityClass", "CrossNamespacePodAffinity"),
        _COMPUTE | {"pods"},
    ),
    "BestEffort": frozenset({"pods"}),
    "VolumeAttributesClass": frozenset({"persistentvolumeclaims", "requests.storage"}),
}
"""Scope → the standard resources that a quota with it can limit."""
_WITH_VALUES: Final = ("PriorityClass", "VolumeAttributesClass")
_OPPOSITES: Final = (("BestEffort", "NotBestEffort"), ("Terminating", "NotTerminating"))


def check_quota(report: Report, value: Place) -> None:
    """A whole ResourceQuota (ValidateResourceQuotaSpec)."""
    spec = value["spec"]
    for key, at in spec["hard"].entries:
        if not report.test_key(
            at, "resource-name", names.qualified_name, core("ValidateResourceQuotaResourceName")
        ):
            continue
        if "/" not in key and not _is_standard(key):
            report.error(
                at,
                "quota-resource",
                _("A quota cannot limit “%(resource)s”: use a resource such as requests.cpu or pods."),
                core("ValidateResourceQuotaResourceName"),
                resource=key,
            )
            continue
        # Servers ask for whole numbers of what is counted, but not of `requests.nvidia.com/gpu`.
        extended = key.startswith("requests.") and not is_native(key)
        check_amount(
            report,
            "pods" if key.startswith("count/") else "cpu" if extended else key,
            at,
            core("ValidateResourceQuantityValue"),
        )
    _check_scopes(report, spec)


def _is_standard(key: str) -> bool:
    return key in _STANDARD or key.removeprefix("requests.").startswith("hugepages-")


def _check_scopes(report: Report, spec: Place) -> None:
    given: dict[str, Place] = {}
    for at in _scopes(spec):
        report.choice(at, tuple(_LIMITED_BY), _CITE)
        given.setdefault(at.text, at)
    for first, other in _OPPOSITES:
        if first in given and other in given:
            report.error(
                given[other],
                "quota-scopes",
                _("The scopes %(first)s and %(other)s exclude each other: remove one of the two."),
                _CITE,
                first=first,
                other=other,
            )
    for scope, at in given.items():
        for key, _amount in spec["hard"].entries:
            if scope in _LIMITED_BY and _is_standard(key) and key not in _LIMITED_BY[scope]:
                report.error(
                    at,
                    "quota-scopes",
                    _("A quota with the scope %(scope)s cannot limit “%(resource)s”: remove one of the two."),
                    _CITE,
                    scope=scope,
                    resource=key,
                )
    for expression in spec["scopeSelector"]["matchExpressions"]:
        _check_expression(report, expression)


def _scopes(spec: Place) -> Iterator[Place]:
    yield from spec["scopes"]
    for expression in spec["scopeSelector"]["matchExpressions"]:
        yield expression["scopeName"]


def _check_expression(report: Report, expression: Place) -> None:
    """validateScopedResourceSelectorRequirement."""
    operator, scope = expression["operator"], expression["scopeName"].text
    if scope in _LIMITED_BY and scope not in _WITH_VALUES:
        report.choice(operator, ("Exists",), _CITE)
    else:
        report.choice(operator, ("In", "NotIn", "Exists", "DoesNotExist"), _CITE)
    check_values(report, "quota-values", operator, expression["values"], _CITE)
