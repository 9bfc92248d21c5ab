"""Why the API server refuses every pod of a DaemonSet, which itself is stored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from workloads.daemonsets.forecast.problem import Problem
from workloads.daemonsets.manifest.features import Features
from workloads.daemonsets.manifest.outline import POD
from workloads.daemonsets.manifest.places import Place, without_nulls
from workloads.daemonsets.placement.verdicts import template_of
from workloads.daemonsets.project import admission, pod_creation
from workloads.daemonsets.project.admission import Classes
from workloads.daemonsets.project.facts import ProjectFacts
from workloads.daemonsets.project.limit_ranges import CITE as LIMITRANGER
from workloads.daemonsets.project.limit_ranges import LimitRanges, breaches
from workloads.daemonsets.project.needs import missing
from workloads.daemonsets.project.pod_security import (
    CITE,
    Level,
    Violation,
    enforced_level,
    version_in_force,
    violations,
)
from workloads.documents.paths import Json


def level_in_force(namespace: Json, features: Features) -> Level:
    """The Pod Security level that the server enforces in a namespace."""
    return enforced_level(namespace) if features.pod_security else "privileged"


def forbidden(template: Json, namespace: Json, features: Features) -> Sequence[Violation]:
    """What this level forbids of a pod template."""
    return violations(
        template, level_in_force(namespace, features), version_in_force(namespace, features.minor)
    )


def refusals(
    daemonset: Json, limit_ranges: LimitRanges, classes: Classes, namespace: Json, features: Features
) -> Iterator[Problem]:
    """Why the API server refuses every pod."""
    for violation in forbidden(template_of(daemonset), namespace, features):
        yield Problem("pod-security", violation.control, violation.say, violation.path, CITE)
    pod = Place(without_nulls(Place(daemonset).at(*POD).value), POD)
    for breach in breaches(pod, limit_ranges, features=features):
        yield Problem("limit-range", "", breach.say, breach.path, LIMITRANGER)
    for refusal in admission.refusals(daemonset, classes):
        yield Problem("class", "", refusal.say, refusal.path, refusal.cite)
    for refusal in pod_creation.refusals(Place(daemonset)):
        yield Problem("invalid", "", refusal.say, refusal.path, refusal.cite)


def no_account(daemonset: Json, facts: ProjectFacts) -> Iterator[Problem]:
    """A ServiceAccount that the project does not have."""
    for each in missing(Place(daemonset).at(*POD), facts):
        if each.stage == "account":
            cite = "plugin/pkg/admission/serviceaccount/admission.go"
            yield Problem("account", each.name, each.say, each.at.path, cite)
