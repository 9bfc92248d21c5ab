"""Warnings about a DaemonSet and the other objects of its project. The API server checks none of this."""

from __future__ import annotations

from typing import Any

from workloads.daemonsets.forecast import demand
from workloads.daemonsets.manifest.findings import Fix
from workloads.daemonsets.manifest.findings import gettext_noop as _
from workloads.daemonsets.manifest.outline import NODE_SELECTOR, POD, SELECTOR
from workloads.daemonsets.manifest.places import Place, Report
from workloads.daemonsets.manifest.pod import OS_LABEL, all_containers, operating_system
from workloads.daemonsets.placement.verdicts import Inventory, coverage, template_of
from workloads.daemonsets.project import admission, limit_ranges, pod_creation
from workloads.daemonsets.project.claims import ACCESS_MODES_PAGE, one_node_modes
from workloads.daemonsets.project.facts import ProjectFacts
from workloads.daemonsets.project.needs import missing
from workloads.daemonsets.project.neighbours import MOST_COMPARED, HostPort, Others, host_ports
from workloads.documents.paths import Json

_SELECTOR_PAGE = "https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/#pod-selector"
_WINDOWS_PAGE = "https://kubernetes.io/docs/concepts/windows/user-guide/"
_NAMED = 3
"""So many nodes are named."""
_QUOTA_CITE = "kubernetes/pkg/quota/v1/evaluator/core/pods.go Constraints"


def check_references(report: Report, daemonset: Place, facts: ProjectFacts) -> None:
    """Warnings about a whole apps/v1 DaemonSet. facts: those of its namespace."""
    pod = daemonset.at(*POD)
    for each in missing(pod, facts):
        report.warning(each.at, each.say.code, each.say.template, "", "reference", **each.say.params)
    for secret in pod["imagePullSecrets"]:
        name = secret["name"].text
        if name and facts.secrets is not None and name not in facts.secrets:
            report.warning(
                secret["name"],
                "pull-secret-missing",
                _(
                    "The project has no Secret “%(name)s”, so private images cannot be pulled: create "
                    "it, or choose another."
                ),
                source="reference",
                name=name,
            )
    _check_claims(report, pod, facts)
    _check_neighbours(report, daemonset, facts)
    _check_systems(report, daemonset, facts)
    admission.check(report, daemonset.value, facts.classes)
    pod_creation.check(report, daemonset, facts.features)
    if facts.limit_ranges is not None:
        limit_ranges.check(report, pod, facts.limits, facts.features)
    if facts.quotas is not None and facts.limit_ranges is not None:
        _check_quotas(report, template_of(admission.completed(daemonset.value, facts.classes)), facts)


# --- claims ---


def _check_claims(report: Report, pod: Place, facts: ProjectFacts) -> None:
    for volume in pod["volumes"]:
        claim = volume.at("persistentVolumeClaim", "claimName")
        if not claim.text or facts.pvcs is None:
            continue
        if modes := one_node_modes(facts.pvcs.get(claim.text)):
            report.warning(
                claim,
                "claim-on-one-node",
                _(
                    "PersistentVolumeClaim “%(name)s” can be used on one node only (%(modes)s), but a "
                    "DaemonSet runs on many: use a claim with the access mode ReadWriteMany or ReadOnlyMany."
                ),
                ACCESS_MODES_PAGE,
                "reference",
                name=claim.text,
                modes=", ".join(modes),
            )


# --- other DaemonSets ---


def _check_neighbours(report: Report, daemonset: Place, facts: ProjectFacts) -> None:
    """One finding of each kind, however many others there are: their number, and the names of some."""
    _check_overlap(report, daemonset, facts.neighbours.overlapping(daemonset))
    for at, port in host_ports(daemonset):
        _check_host_port(report, at, port, facts.neighbours.taking(daemonset, port))


def _check_overlap(report: Report, daemonset: Place, others: Others) -> None:
    if not others.complete:
        template = _(
            "There are too many DaemonSets to compare the selectors of all: this one was compared with "
            "%(compared)d, and overlaps with %(count)d of these. Give each DaemonSet its own label."
        )
        params: dict[str, Any] = {"count": others.count, "compared": MOST_COMPARED}
    elif others.count == 1:
        template = _(
            "The selectors of this DaemonSet and of DaemonSet “%(name)s” in the same project overlap: "
            "give each of them its own label."
        )
        params = {"name": others.names[0]}
    elif others.count:
        template = _(
            "The selectors of this DaemonSet and of %(count)d others in the same project overlap, among them "
            "%(names)s: give each of them its own label."
        )
        params = {"count": others.count, "names": ", ".join(others.names)}
    else:
        return
    code = "selector-overlap" if others.complete else "selector-compared-with-some"
    at = daemonset.at(*SELECTOR)
    report.warning(at, code, template, _SELECTOR_PAGE, "reference", **params)


def _check_host_port(report: Report, at: Place, port: HostPort, others: Others) -> None:
    if not others.count:
        return
    protocol, _address, number = port
    params: dict[str, Any] = {"port": number, "protocol": protocol}
    if others.count == 1:
        template = _(
            "DaemonSet “%(name)s” in this project also uses host port %(port)d/%(protocol)s: on "
            "nodes that run both, one of the pods cannot start. Change one of the ports."
        )
        params["name"] = others.names[0]
    else:
        template = _(
            "%(count)d other DaemonSets in this project also use host port %(port)d/%(protocol)s, among them "
            "%(names)s: on each node only one of their pods can start. Change the port."
        )
        params |= {"count": others.count, "names": ", ".join(others.names)}
    cite = "kubernetes/pkg/scheduler/framework/plugins/nodeports/node_ports.go"
    report.warning(at, "host-port-clash", template, cite, "reference", **params)


# --- quotas ---


def _check_quotas(report: Report, template: Json, facts: ProjectFacts) -> None:
    """A quota on a resource rejects pods with containers that do not set it."""
    if not facts.quotas:
        return
    required = facts.once(_required)
    for container, needed in required.unstated(template, facts.limits):
        report.warning(
            container["resources"],
            "quota-needs",
            _("A quota of the project counts %(keys)s: set them here, or the pods will be rejected."),
            _QUOTA_CITE,
            "reference",
            keys=", ".join(sorted(needed)),
        )


def _required(facts: ProjectFacts) -> demand.Required:
    return demand.Required(facts.quotas or ())


# --- operating systems ---


def _check_systems(report: Report, daemonset: Place, facts: ProjectFacts) -> None:
    """Warns where pods of one system would run on nodes of the other.

    `os.name` does not keep them off: the scheduler does not look at it
    (https://kubernetes.io/docs/concepts/workloads/pods/#pod-os).
    """
    pod = daemonset.at(*POD)
    options = any(place["securityContext"]["windowsOptions"] for place in (pod, *all_containers(pod)))
    own = "windows" if options or operating_system(pod) == "windows" else "linux"
    other = facts.nodes_by_system.get("linux" if own == "windows" else "windows")
    if not other or pod["nodeSelector"][OS_LABEL].text == own or not pod["containers"].length:
        return
    runs = coverage(template_of(daemonset.value), Inventory.of(other), features=facts.features).should_run
    if not runs:
        return
    report.warning(
        pod["nodeSelector"],
        "os-nodes",
        _("Pods would run on Windows nodes too (%(nodes)s), where Linux images cannot start.")
        if own == "linux"
        else _("Pods would run on Linux nodes too (%(nodes)s), where Windows images cannot start."),
        _WINDOWS_PAGE,
        source="reference",
        fix=Fix(
            _("Select Linux nodes") if own == "linux" else _("Select Windows nodes"),
            (((*NODE_SELECTOR, OS_LABEL), own),),
        ),
        nodes=", ".join(runs[:_NAMED]) + (", …" if len(runs) > _NAMED else ""),
    )
