"""Label selectors: what is wrong with one, and whether it matches a set of labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workloads.daemonsets.manifest import names
from workloads.daemonsets.manifest.findings import gettext_noop as _
from workloads.daemonsets.manifest.places import Place, Report

_CITE = "apimachinery/pkg/apis/meta/v1/validation/validation.go ValidateLabelSelector"
_OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")


def check_labels(report: Report, labels: Place) -> None:
    """A mapping of labels (ValidateLabels); a node selector is one too."""
    cite = "apimachinery/pkg/apis/meta/v1/validation/validation.go ValidateLabels"
    for key, value in labels.entries:
        problem = names.qualified_name(key)
        if problem is not None:
            report.error(value, "label-key", problem[0], cite, **problem[1])
        report.test(value, "label-value", names.label_value, cite)


def check_selector(report: Report, selector: Place) -> None:
    """A label selector: `matchLabels` and `matchExpressions` (ValidateLabelSelector)."""
    check_labels(report, selector["matchLabels"])
    for requirement in selector["matchExpressions"]:
        operator, values = requirement["operator"], requirement["values"]
        report.test(requirement["key"], "label-key", names.qualified_name, _CITE)
        report.choice(operator, _OPERATORS, _CITE)
        check_values(report, "selector-values", operator, values, _CITE)
        for value in values:
            report.test(value, "label-value", names.label_value, _CITE)


def check_values(report: Report, code: str, operator: Place, values: Place, cite: str) -> None:
    """How many values the operators take that label selectors and node selectors share."""
    match operator.text:
        case "In" | "NotIn" if not values.length:
            template = _("Operator %(operator)s requires at least one value: add one.")
        case "Exists" | "DoesNotExist" if values.length:
            template = _("Operator %(operator)s takes no values: remove them.")
        case _other:
            return
    report.error(values, code, template, cite, operator=operator.text)


def matches(selector: Place, labels: Mapping[str, Any]) -> bool:
    """Whether a label selector selects something that has these labels.

    An empty selector selects everything, an expression that makes no sense nothing
    (apimachinery/pkg/labels/selector.go).
    """
    if any(labels.get(key) != value.value for key, value in selector["matchLabels"].entries):
        return False
    return all(_meets(requirement, labels) for requirement in selector["matchExpressions"])


def _meets(requirement: Place, labels: Mapping[str, Any]) -> bool:
    key = requirement["key"].text
    values = [value.value for value in requirement["values"]]
    match requirement["operator"].text:
        case "In":
            return key in labels and labels[key] in values
        case "NotIn":
            return key not in labels or labels[key] not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
    return False
