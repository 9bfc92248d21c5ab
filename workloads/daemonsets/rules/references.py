"""Warnings about a DaemonSet and the other objects of its project. The API server checks none of this."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Literal

from workloads.daemonsets.forecast import demand
from workloads.daemonsets.manifest.findings import gettext_noop as _
from workloads.daemonsets.manifest.outline import POD, SELECTOR
from workloads.daemonsets.manifest.places import Place, Report
from workloads.daemonsets.manifest.pod import all_containers
from workloads.daemonsets.placement.verdicts import template_of
from workloads.daemonsets.project import admission, limit_ranges
from workloads.daemonsets.project.claims import ACCESS_MODES_PAGE, one_node_modes
from workloads.daemonsets.project.facts import Keys, ProjectFacts
from workloads.daemonsets.project.neighbours import MOST_COMPARED, HostPort, Others, host_ports
from workloads.documents.paths import Json, Path

# Kubernetes creates these in every namespace.
_BUILT_IN_CONFIGMAPS = {"kube-root-ca.crt": {"ca.crt"}}
_BUILT_IN_ACCOUNTS = frozenset({"default"})
_SELECTOR_PAGE = "https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/#pod-selector"
_QUOTA_CITE = "kubernetes/pkg/quota/v1/evaluator/core/pods.go Constraints"


def check_references(report: Report, daemonset: Place, facts: ProjectFacts) -> None:
    """Warnings about a whole apps/v1 DaemonSet. facts: those of its namespace."""
    pod = daemonset.at(*POD)
    configmaps = None if facts.configmaps is None else {**_BUILT_IN_CONFIGMAPS, **facts.configmaps}
    known: dict[str, Keys | None] = {"ConfigMap": configmaps, "Secret": facts.secrets}
    for reference in _references(pod):
        objects = known[reference.kind]
        if objects is not None and reference.name.text and not reference.optional.is_true:
            _check_reference(report, reference, objects)
    if facts.secrets is not None:
        for secret in pod["imagePullSecrets"]:
            if secret["name"].text and secret["name"].text not in facts.secrets:
                report.warning(
                    secret["name"],
                    "pull-secret-missing",
                    _(
                        "The project has no Secret “%(name)s”, so private images cannot be pulled: create "
                        "it, or choose another."
                    ),
                    source="reference",
                    name=secret["name"].text,
                )
    _check_account(report, pod, facts.service_accounts)
    _check_claims(report, pod, facts)
    _check_neighbours(report, daemonset, facts)
    admission.check(report, daemonset.value, facts.classes)
    if facts.limit_ranges is not None:
        limit_ranges.check(report, pod, facts.limit_ranges, facts.features)
    if facts.quotas is not None and facts.limit_ranges is not None:
        _check_quotas(report, template_of(admission.completed(daemonset.value, facts.classes)), facts)


# --- ConfigMaps and Secrets ---


@dataclass(frozen=True, slots=True)
class _Reference:
    """A pod's reference to a ConfigMap or Secret, and to the keys that must exist in it."""

    kind: Literal["ConfigMap", "Secret"]
    name: Place
    optional: Place
    keys: tuple[Place, ...] = ()


def _references(pod: Place) -> Iterator[_Reference]:
    for container in all_containers(pod):
        for variable in container["env"]:
            source = variable["valueFrom"]
            for field, kind in _KEY_REFERENCES:
                reference = source[field]
                yield _Reference(kind, reference["name"], reference["optional"], (reference["key"],))
        for bundle in container["envFrom"]:
            for field, kind in _WHOLE_REFERENCES:
                yield _Reference(kind, bundle[field]["name"], bundle[field]["optional"])
    for volume in pod["volumes"]:
        yield _volume_reference("ConfigMap", volume["configMap"], "name")
        yield _volume_reference("Secret", volume["secret"], "secretName")
        for source in volume.at("projected", "sources"):
            yield _volume_reference("ConfigMap", source["configMap"], "name")
            yield _volume_reference("Secret", source["secret"], "name")


_Kind = Literal["ConfigMap", "Secret"]
_KEY_REFERENCES: tuple[tuple[str, _Kind], ...] = (
    ("configMapKeyRef", "ConfigMap"),
    ("secretKeyRef", "Secret"),
)
_WHOLE_REFERENCES: tuple[tuple[str, _Kind], ...] = (("configMapRef", "ConfigMap"), ("secretRef", "Secret"))


def _volume_reference(kind: _Kind, source: Place, field: str) -> _Reference:
    return _Reference(kind, source[field], source["optional"], tuple(item["key"] for item in source["items"]))


def _check_reference(report: Report, reference: _Reference, objects: Keys) -> None:
    if reference.name.text not in objects:
        report.warning(
            reference.name,
            "configmap-missing" if reference.kind == "ConfigMap" else "secret-missing",
            _("The project has no ConfigMap “%(name)s”: the pods will not start until it exists.")
            if reference.kind == "ConfigMap"
            else _("The project has no Secret “%(name)s”: the pods will not start until it exists."),
            source="reference",
            name=reference.name.text,
        )
        return
    for key in reference.keys:
        if key.text and key.text not in objects[reference.name.text]:
            report.warning(
                key,
                "configmap-key-missing" if reference.kind == "ConfigMap" else "secret-key-missing",
                _("ConfigMap “%(name)s” has no key “%(key)s”: the pods will not start until it exists.")
                if reference.kind == "ConfigMap"
                else _("Secret “%(name)s” has no key “%(key)s”: the pods will not start until it exists."),
                source="reference",
                name=reference.name.text,
                key=key.text,
            )


# --- accounts and claims ---


def _check_account(report: Report, pod: Place, accounts: AbstractSet[str] | None) -> None:
    account = pod["serviceAccountName"] if pod["serviceAccountName"].text else pod["serviceAccount"]
    if accounts is not None and account.text and account.text not in accounts | _BUILT_IN_ACCOUNTS:
        report.warning(
            account,
            "service-account-missing",
            _("The project has no ServiceAccount “%(name)s”: no pods can be created until it exists."),
            source="reference",
            name=account.text,
        )


def _check_claims(report: Report, pod: Place, facts: ProjectFacts) -> None:
    for volume in pod["volumes"]:
        claim = volume.at("persistentVolumeClaim", "claimName")
        if facts.pvcs is None or not claim.text:
            continue
        if claim.text not in facts.pvcs:
            report.warning(
                claim,
                "pvc-missing",
                _(
                    "The project has no PersistentVolumeClaim “%(name)s”: the pods will not start until it "
                    "exists."
                ),
                source="reference",
                name=claim.text,
            )
            continue
        if modes := one_node_modes(facts.pvcs[claim.text]):
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
    missing: dict[Path, tuple[Place, set[str]]] = {}
    for quota in demand.differing(facts.quotas or ()):
        for container, keys in demand.unstated(quota, template, facts.limit_ranges or ()):
            missing.setdefault(container.path, (container, set()))[1].update(keys)
    for container, needed in missing.values():
        report.warning(
            container["resources"],
            "quota-needs",
            _("A quota of the project counts %(keys)s: set them here, or the pods will be rejected."),
            _QUOTA_CITE,
            "reference",
            keys=", ".join(sorted(needed)),
        )
