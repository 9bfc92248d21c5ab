"""The rules for annotations: of objects of any kind, and those that Kubernetes reads of pods."""

from __future__ import annotations

import json
import re

from workloads.daemonsets.manifest import names
from workloads.daemonsets.manifest.findings import gettext_noop as _
from workloads.daemonsets.manifest.places import Place, Report, core
from workloads.daemonsets.manifest.pod import all_containers

_CITE = core("ValidatePodSpecificAnnotations")
_SECCOMP = ("seccomp.security.alpha.kubernetes.io/pod", "container.seccomp.security.alpha.kubernetes.io/")
_SECCOMP_PROFILES = ("runtime/default", "docker/default", "unconfined")
_APP_ARMOR = "container.apparmor.security.beta.kubernetes.io/"
_APP_ARMOR_PROFILES = ("", "runtime/default", "unconfined")
_LOCAL = "localhost/"
_DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"
_TOLERATIONS = "scheduler.alpha.kubernetes.io/tolerations"
_MIRROR = "kubernetes.io/config.mirror"
_INT32 = re.compile(r"0|-?[1-9][0-9]{0,9}")


def check_annotations(report: Report, annotations: Place) -> None:
    """A mapping of annotations (ValidateAnnotations)."""
    cite = "apimachinery/pkg/api/validation/objectmeta.go ValidateAnnotations"
    size = 0
    for key, value in annotations.entries:
        report.test_key(value, "annotation-key", names.annotation_key, cite)
        size += len(key.encode()) + len(value.text.encode())
    if size > names.ANNOTATIONS_LIMIT:
        report.error(
            annotations,
            "annotations-size",
            _("The annotations are %(size)d bytes in total, but only %(limit)d are allowed: remove some."),
            cite,
            size=size,
            limit=names.ANNOTATIONS_LIMIT,
        )


def check_pod_annotations(report: Report, template: Place) -> None:
    """The annotations of a pod template that servers still look at, retired ones too
    (ValidatePodSpecificAnnotations)."""
    pod = template["spec"]
    containers = {container["name"].text for container in all_containers(pod)}
    for key, value in template.at("metadata", "annotations").entries:
        if key.startswith(_SECCOMP):
            _check_seccomp(report, value)
        elif key.startswith(_APP_ARMOR):
            if key.removeprefix(_APP_ARMOR) not in containers:
                report.error(
                    value,
                    "annotation-container",
                    _("The pod has no container “%(name)s”, which this annotation is for: remove it."),
                    core("ValidateAppArmorPodAnnotations"),
                    name=key.removeprefix(_APP_ARMOR),
                )
            elif value.text not in _APP_ARMOR_PROFILES and not value.text.startswith(_LOCAL):
                _wrong(report, value, f"runtime/default, unconfined, {_LOCAL}…")
        elif key == _DELETION_COST and not _is_int32(value.text):
            _wrong(report, value, "0, 100, -1")
        elif key == _TOLERATIONS and value.text and not _is_list(value.text):
            _wrong(report, value, '[{"operator": "Exists"}]')
        elif key == _MIRROR and not pod["nodeName"].text:
            report.error(
                value,
                "annotation-mirror",
                _("Only pods that a kubelet made of a file have this annotation: remove it."),
                _CITE,
            )


def _check_seccomp(report: Report, value: Place) -> None:
    if value.text.startswith(_LOCAL):
        problem = names.relative_path(value.text.removeprefix(_LOCAL))
        if problem is not None:
            report.error(value, "annotation-value", problem[0], core("ValidateSeccompProfile"), **problem[1])
    elif value.text not in _SECCOMP_PROFILES:
        _wrong(report, value, f"{', '.join(_SECCOMP_PROFILES)}, {_LOCAL}…")


def _wrong(report: Report, value: Place, examples: str) -> None:
    report.error(
        value,
        "annotation-value",
        _("Servers refuse this value of the annotation: write a value such as %(examples)s, or remove it."),
        _CITE,
        examples=examples,
    )


def _is_int32(text: str) -> bool:
    return _INT32.fullmatch(text) is not None and -(2**31) <= int(text) < 2**31


def _is_list(text: str) -> bool:
    try:
        return isinstance(json.loads(text), list)
    except (ValueError, RecursionError):
        return False
