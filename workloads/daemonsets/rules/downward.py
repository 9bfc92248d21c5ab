"""The rules for the downward API: fields of a pod as environment variables or files.

Sources: https://kubernetes.io/docs/concepts/workloads/pods/downward-api/,
kubernetes/pkg/apis/core/validation/validation.go.
"""

from __future__ import annotations

import re
from typing import Final

from workloads.daemonsets.manifest import names, quantity
from workloads.daemonsets.manifest.findings import gettext_noop as _
from workloads.daemonsets.manifest.places import Place, Report, core
from workloads.daemonsets.manifest.resources import amount

ENV_FIELDS: Final = (
    *("metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName"),
    *("status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"),
)
FILE_FIELDS: Final = (
    *("metadata.name", "metadata.namespace", "metadata.uid", "metadata.labels", "metadata.annotations"),
)
_RESOURCE_FIELDS: Final = tuple(
    f"{part}.{resource}"
    for part in ("limits", "requests")
    for resource in ("cpu", "memory", "ephemeral-storage")
)
_BYTE_DIVISORS = (*("1", "1k", "1M", "1G", "1T", "1P", "1E"), *("1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"))
_SUBSCRIPT = re.compile(r"(metadata\.(?:labels|annotations))\['(.*)'\]")


def check_field(report: Report, reference: Place, allowed: tuple[str, ...]) -> None:
    """`fieldRef` of a variable or file (validateObjectFieldSelector). allowed: its field paths."""
    path = reference["fieldPath"]
    cite = core("validateObjectFieldSelector")
    report.choice(reference["apiVersion"], ("v1",), cite)
    subscript = _SUBSCRIPT.fullmatch(path.text)
    if subscript:
        key = Place(subscript[2], path.path)
        if not key.text:
            report.error(
                path,
                "required",
                _("There is no key between the brackets: enter the key of a label or annotation."),
                cite,
            )
        test = names.qualified_name if subscript[1] == "metadata.labels" else names.annotation_key
        report.test(key, "label-key", test, cite)
    elif path.text not in ("spec.host", *allowed):
        report.choice(path, (*allowed, "metadata.labels['…']", "metadata.annotations['…']"), cite)


def check_resource_field(report: Report, reference: Place) -> None:
    """`resourceFieldRef` of a variable or file (validateContainerResourceFieldSelector)."""
    resource = reference["resource"]
    cite = core("validateContainerResourceFieldSelector")
    if not resource.text.startswith(("requests.hugepages-", "limits.hugepages-")):
        report.choice(resource, _RESOURCE_FIELDS, cite)
    divisor = amount(reference["divisor"])
    if not divisor or resource.text not in _RESOURCE_FIELDS:
        return
    allowed = ("1", "1m") if resource.text.endswith(".cpu") else _BYTE_DIVISORS
    if divisor not in [quantity.parse(text) for text in allowed]:
        report.error(
            reference["divisor"],
            "divisor",
            _("This divisor is not supported: use one of %(options)s."),
            core("validateContainerResourceDivisor"),
            options=", ".join(allowed),
        )
