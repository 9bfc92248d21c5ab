"""What a DaemonSet needs or disturbs in its project. Warnings all: the API server checks none of it."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Literal

from workloads.daemonsets.forecast import demand
from workloads.daemonsets.manifest.findings import gettext_noop as _
from workloads.daemonsets.manifest.outline import POD, POD_LABELS, SELECTOR
from workloads.daemonsets.manifest.places import Place, Report, without_nulls
from workloads.daemonsets.manifest.pod import all_containers
from workloads.daemonsets.manifest.selectors import matches
from workloads.daemonsets.placement.verdicts import template_of
from workloads.daemonsets.project import admission, limit_ranges
from workloads.daemonsets.project.claims import ACCESS_MODES_PAGE, one_node_modes
from workloads.daemonsets.project.facts import Keys, ProjectFacts, identity
from workloads.daemonsets.project.neighbours import clash, host_ports
from workloads.documents.paths import Json, Path

# The cluster itself puts these into every namespace.
_GIVEN_CONFIGMAPS = {"kube-root-ca.crt": {"ca.crt"}}
_GIVEN_ACCOUNTS = frozenset({"default"})
_SELECTOR_PAGE = "https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/#pod-selector"
_QUOTA_CITE = "kubernetes/pkg/quota/v1/evaluator/core/pods.go Constraints"


def check_references(report: Report, daemonset: Place, facts: ProjectFacts) -> None:
    """Warnings about a whole apps/v1 DaemonSet. facts: those of its namespace."""
    pod = daemonset.at(*POD)
    configmaps = None if facts.configmaps is None else {**_GIVEN_CONFIGMAPS, **facts.configmaps}
    known: dict[str, Keys | None] = {"ConfigMap": configmaps, "Secret": facts.secrets}
    for use in _uses(pod):
        objects = known[use.kind]
        if objects is not None and use.name.text and not use.optional.is_true:
            _check_use(report, use, objects)
    if facts.secrets is not None:
        for secret in pod["imagePullSecrets"]:
            if secret["name"].text and secret["name"].text not in facts.secrets:
                report.warning(
                    secret["name"],
                    "pull-secret-missing",
                    _("The project has no Secret “%(name)s”: private images could not be pulled."),
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
class _Use:
    """A pod's use of a ConfigMap or Secret; `keys` it needs."""

    kind: Literal["ConfigMap", "Secret"]
    name: Place
    optional: Place
    keys: tuple[Place, ...] = ()


def _uses(pod: Place) -> Iterator[_Use]:
    for container in all_containers(pod):
        for variable in container["env"]:
            source = variable["valueFrom"]
            for field, kind in _KEY_REFERENCES:
                reference = source[field]
                yield _Use(kind, reference["name"], reference["optional"], (reference["key"],))
        for bundle in container["envFrom"]:
            for field, kind in _WHOLE_REFERENCES:
                yield _Use(kind, bundle[field]["name"], bundle[field]["optional"])
    for volume in pod["volumes"]:
        yield _use_of_volume("ConfigMap", volume["configMap"], "name")
        yield _use_of_volume("Secret", volume["secret"], "secretName")
        for source in volume.at("projected", "sources"):
            yield _use_of_volume("ConfigMap", source["configMap"], "name")
            yield _use_of_volume("Secret", source["secret"], "name")


_Kind = Literal["ConfigMap", "Secret"]
_KEY_REFERENCES: tuple[tuple[str, _Kind], ...] = (
    ("configMapKeyRef", "ConfigMap"),
    ("secretKeyRef", "Secret"),
)
_WHOLE_REFERENCES: tuple[tuple[str, _Kind], ...] = (("configMapRef", "ConfigMap"), ("secretRef", "Secret"))


def _use_of_volume(kind: _Kind, source: Place, field: str) -> _Use:
    return _Use(kind, source[field], source["optional"], tuple(item["key"] for item in source["items"]))


def _check_use(report: Report, use: _Use, objects: Keys) -> None:
    if use.name.text not in objects:
        report.warning(
            use.name,
            "configmap-missing" if use.kind == "ConfigMap" else "secret-missing",
            _("The project has no ConfigMap “%(name)s”: the pods would wait for it.")
            if use.kind == "ConfigMap"
            else _("The project has no Secret “%(name)s”: the pods would wait for it."),
            source="reference",
            name=use.name.text,
        )
        return
    for key in use.keys:
        if key.text and key.text not in objects[use.name.text]:
            report.warning(
                key,
                "configmap-key-missing" if use.kind == "ConfigMap" else "secret-key-missing",
                _("ConfigMap “%(name)s” has no key “%(key)s”: the pods could not start.")
                if use.kind == "ConfigMap"
                else _("Secret “%(name)s” has no key “%(key)s”: the pods could not start."),
                source="reference",
                name=use.name.text,
                key=key.text,
            )


# --- accounts and claims ---


def _check_account(report: Report, pod: Place, accounts: AbstractSet[str] | None) -> None:
    account = pod["serviceAccountName"] if pod["serviceAccountName"].text else pod["serviceAccount"]
    if accounts is not None and account.text and account.text not in accounts | _GIVEN_ACCOUNTS:
        report.warning(
            account,
            "service-account-missing",
            _("The project has no ServiceAccount “%(name)s”: no pod could be created."),
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
                _("The project has no PersistentVolumeClaim “%(name)s”: the pods would wait for it."),
                source="reference",
                name=claim.text,
            )
            continue
        if modes := one_node_modes(facts.pvcs[claim.text]):
            report.warning(
                claim,
                "claim-on-one-node",
                _(
                    "“%(name)s” can be used on one node only (%(modes)s), but a DaemonSet runs on many: use "
                    "a claim with ReadWriteMany or ReadOnlyMany."
                ),
                ACCESS_MODES_PAGE,
                "reference",
                name=claim.text,
                modes=", ".join(modes),
            )


# --- other DaemonSets ---


def _check_neighbours(report: Report, daemonset: Place, facts: ProjectFacts) -> None:
    namespace, name = identity(daemonset.mapping)
    for value in facts.neighbours.candidates(daemonset):
        other_namespace, other_name = identity(value)
        here = not namespace or not other_namespace or namespace == other_namespace
        if here and other_name != name:
            other = Place(without_nulls(value))
            _check_overlap(report, daemonset, other, other_name)
            _check_host_ports(report, daemonset, other, other_name)


def _check_overlap(report: Report, mine: Place, other: Place, name: str) -> None:
    if _selects(mine, other) or _selects(other, mine):
        report.warning(
            mine.at(*SELECTOR),
            "selector-overlap",
            _(
                "DaemonSet “%(name)s” of this project and this one select each other's pods: give each a "
                "label of its own."
            ),
            _SELECTOR_PAGE,
            "reference",
            name=name,
        )


def _selects(one: Place, other: Place) -> bool:
    selector, labels = one.at(*SELECTOR), other.at(*POD_LABELS)
    return bool(selector.length) and matches(selector, labels.mapping)


def _check_host_ports(report: Report, mine: Place, other: Place, name: str) -> None:
    theirs = [port for _at, port in host_ports(other)]
    for at, port in host_ports(mine):
        if any(clash(port, each) for each in theirs):
            protocol, _address, number = port
            report.warning(
                at,
                "host-port-clash",
                _(
                    "DaemonSet “%(name)s” of this project takes host port %(port)d/%(protocol)s too: on "
                    "nodes that both use, one of the pods cannot start."
                ),
                "kubernetes/pkg/scheduler/framework/plugins/nodeports/node_ports.go",
                "reference",
                name=name,
                port=number,
                protocol=protocol,
            )


# --- quotas ---


def _check_quotas(report: Report, template: Json, facts: ProjectFacts) -> None:
    """A quota on an amount refuses pods that do not say it."""
    lacking: dict[Path, tuple[Place, set[str]]] = {}
    for quota in facts.quotas or ():
        for container, keys in demand.unstated(quota, template, facts.limit_ranges or ()):
            lacking.setdefault(container.path, (container, set()))[1].update(keys)
    for container, needed in lacking.values():
        report.warning(
            container["resources"],
            "quota-needs",
            _("A quota of the project counts %(keys)s: set them here, or the pods will be refused."),
            _QUOTA_CITE,
            "reference",
            keys=", ".join(sorted(needed)),
        )
