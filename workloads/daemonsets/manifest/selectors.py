"""Label selectors: their rules, and whether one matches a set of labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workloads.daemonsets.manifest import names
from workloads.daemonsets.manifest.findings import gettext_noop as _
from workloads.daemonsets.manifest.places import Place, Report
from workloads.daemonsets.manifest.pod import LABEL_OPERATORS

_CITE = "apimachinery/pkg/apis/meta/v1/validation/validation.go ValidateLabelSelector"


def check_labels(report: Report, labels: Place) -> None:
    """A mapping of labels, or a node selector (ValidateLabels)."""
    cite = "apimachinery/pkg/apis/meta/v1/validation/validation.go ValidateLabels"
    for _key, value in labels.entries:
        report.test_key(value, "label-key", names.qualified_name, cite)
        report.test(value, "label-value", names.label_value, cite)


def check_selector(report: Report, selector: Place) -> None:
    """A label selector: `matchLabels` and `matchExpressions` (ValidateLabelSelector)."""
    check_labels(report, selector["matchLabels"])
    for requirement in selector["matchExpressions"]:
        operator, values = requirement["operator"], requirement["values"]
        report.test(requirement["key"], "label-key", names.qualified_name, _CITE)
        report.choice(operator, LABEL_OPERATORS, _CITE)
        check_values(report, "selector-values", operator, values, _CITE)
        for value in values:
            report.test(value, "label-value", names.label_value, _CITE)


def check_values(report: Report, code: str, operator: Place, values: Place, cite: str) -> None:
    """The number of values for the operators that label selectors and node affinity share."""
    match operator.text:
        case "In" | "NotIn" if not values.length:
            template = _("Operator %(operator)s requires at least one value: add one.")
        case "Exists" | "DoesNotExist" if values.length:
            template = _("Operator %(operator)s takes no values: remove them.")
        case _other:
            return
    report.error(values, code, template, cite, operator=operator.text)


def matches(selector: Place, labels: Mapping[str, Any]) -> bool:
    """Whether a label selector matches these labels.

    An empty selector matches everything, an invalid expression nothing.
    Source: apimachinery/pkg/labels/selector.go.
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
