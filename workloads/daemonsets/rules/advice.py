"""Warnings about what is valid in a DaemonSet but usually wrong."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any

from workloads.daemonsets.manifest import images, names
from workloads.daemonsets.manifest.findings import Fix
from workloads.daemonsets.manifest.findings import gettext_noop as _
from workloads.daemonsets.manifest.outline import PREFERRED, REQUIRED, SUCCESSORS, TEMPLATE
from workloads.daemonsets.manifest.places import Place, Report
from workloads.daemonsets.manifest.pod import (
    PROBE_HANDLERS,
    PROBES,
    all_containers,
    image_tag,
    is_latest,
    is_windows_path,
    keeps_running,
    operating_system,
    security_setting,
)
from workloads.daemonsets.project import limit_ranges
from workloads.daemonsets.project.facts import ProjectFacts
from workloads.daemonsets.project.neighbours import host_ports
from workloads.daemonsets.rules.variables import check_variables

_CAPABILITIES_PAGE = (
    "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/"
    "#set-capabilities-for-a-container"
)
_RUNTIME_SOCKETS = ("docker.sock", "containerd.sock", "crio.sock", "cri-dockerd.sock")

_RETIRED_ANNOTATIONS = {
    "scheduler.alpha.kubernetes.io/critical-pod": "priorityClassName: system-node-critical",
    "scheduler.alpha.kubernetes.io/tolerations": "tolerations",
    "scheduler.alpha.kubernetes.io/affinity": "affinity",
    "seccomp.security.alpha.kubernetes.io/pod": "securityContext.seccompProfile",
    "security.alpha.kubernetes.io/sysctls": "securityContext.sysctls",
    "security.alpha.kubernetes.io/unsafe-sysctls": "securityContext.sysctls",
}
_RETIRED_ANNOTATION_PREFIXES = {
    "container.seccomp.security.alpha.kubernetes.io/": "securityContext.seccompProfile",
    "container.apparmor.security.beta.kubernetes.io/": "securityContext.appArmorProfile",
}
_WELL_KNOWN = "https://kubernetes.io/docs/reference/labels-annotations-taints/"
_PROBE_PAGE = "https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/"
_SECURITY_PAGE = "https://kubernetes.io/docs/concepts/security/pod-security-standards/"


def check_advice(report: Report, daemonset: Place, facts: ProjectFacts) -> None:
    """Warnings about a whole apps/v1 DaemonSet. facts: those of its namespace."""
    template = daemonset.at(*TEMPLATE)
    pod = template["spec"]
    for volume in pod["volumes"]:
        report.doubt(volume["image"]["reference"], "image-reference", images.reference, images.CITE)
    for container in all_containers(pod):
        _check_image(report, container)
        _check_resources(report, container, facts)
        _check_duplicates(report, container)
        check_variables(report, container, pod, facts)
        if keeps_running(container):
            _check_probes(report, container)
        _check_privileges(report, container, pod)
    _check_host_paths(report, pod)
    _check_retired(report, template)
    _check_network(report, daemonset, pod)
    if pod["serviceAccount"].text:
        report.warning(
            pod["serviceAccount"],
            "service-account-old",
            _("“serviceAccount” is deprecated: use “serviceAccountName”."),
            "Kubernetes API reference, PodSpec",
        )


def _check_image(report: Report, container: Place) -> None:
    image = container["image"].text.strip()
    if not report.doubt(container["image"], "image-reference", images.reference, images.CITE):
        return
    if image and is_latest(image):
        report.warning(
            container["image"],
            "image-latest",
            _("“%(image)s” has no tag, so nodes may run different versions: add a fixed tag or a digest.")
            if not image_tag(image)
            else _(
                "“%(image)s” changes over time, so nodes may run different versions: use a fixed tag or a "
                "digest."
            ),
            "https://kubernetes.io/docs/concepts/containers/images/#image-names",
            image=image,
        )


def _check_resources(report: Report, container: Place, facts: ProjectFacts) -> None:
    if container["resources"] and not isinstance(container["resources"].value, dict):
        return
    effective = limit_ranges.effective(container.mapping, facts.limits)
    # An invalid quantity is a request too; the schema reports it.
    requested = {*effective.requests, *container.at("resources", "requests").mapping}
    unasked = [resource for resource in ("cpu", "memory") if resource not in requested]
    unlimited = "memory" not in {*effective.limits, *container.at("resources", "limits").mapping}
    if unasked and unlimited:
        code, template = (
            "no-resources",
            _(
                "Container “%(name)s” requests no %(resources)s and has no memory limit, so it may starve "
                "other pods and be evicted first: set requests and a memory limit."
            ),
        )
    elif unasked:
        code, template = (
            "no-requests",
            _(
                "Container “%(name)s” requests no %(resources)s, so its nodes may be overloaded: set "
                "requests."
            ),
        )
    elif unlimited:
        code, template = (
            "no-limits",
            _(
                "Container “%(name)s” has no memory limit, so a memory leak could use up the memory of every "
                "node: set a limit."
            ),
        )
    else:
        return
    report.warning(
        container["resources"],
        code,
        template,
        "https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/",
        name=container["name"].text,
        resources=" / ".join(unasked),
    )


def _check_duplicates(report: Report, container: Place) -> None:
    names_taken: set[str] = set()
    for variable in container["env"]:
        name = variable["name"]
        if name.text and name.text in names_taken:
            report.warning(
                name,
                "env-twice",
                _(
                    "Environment variable “%(name)s” is set twice in this container and the last value is "
                    "used: remove one."
                ),
                "kubernetes/pkg/api/pod/warnings.go",
                name=name.text,
            )
        names_taken.add(name.text)
    ports_taken: set[tuple[int | None, str]] = set()
    for port in container["ports"]:
        port_and_protocol = (port["containerPort"].number, port["protocol"].text or "TCP")
        if port_and_protocol[0] is not None and port_and_protocol in ports_taken:
            report.warning(
                port["containerPort"],
                "port-twice",
                _("Port %(port)d/%(protocol)s is listed twice in this container: remove one."),
                "kubernetes/pkg/api/pod/warnings.go",
                port=port_and_protocol[0],
                protocol=port_and_protocol[1],
            )
        ports_taken.add(port_and_protocol)


# --- probes ---


def _check_probes(report: Report, container: Place) -> None:
    liveness, readiness = container["livenessProbe"], container["readinessProbe"]
    if (
        liveness
        and readiness
        and _handler(liveness)
        and _handler(liveness) == _handler(readiness)
        and _seconds_to_fail(liveness) <= _seconds_to_fail(readiness)
    ):
        report.warning(
            liveness,
            "probes-equal",
            _(
                "The liveness probe makes the same check as the readiness probe and fails no later, so a "
                "container that is only busy is restarted: raise its failure threshold or period."
            ),
            _PROBE_PAGE,
        )
    known = {port["name"].text for port in container["ports"]}
    for field in PROBES:
        for handler in ("httpGet", "tcpSocket"):
            port = container[field][handler]["port"]
            if port.text and port.text not in known and names.port_name(port.text) is None:
                report.warning(
                    port,
                    "port-unknown",
                    _(
                        "This container has no port named “%(name)s”, so the probe always fails: add the "
                        "port, or use another name or number."
                    ),
                    _PROBE_PAGE,
                    name=port.text,
                )


def _handler(probe: Place) -> dict[str, Any]:
    return {kind: probe[kind].value for kind in PROBE_HANDLERS if probe[kind]}


def _seconds_to_fail(probe: Place) -> int:
    """The seconds for which a probe must fail until it has an effect."""
    return (probe["failureThreshold"].number or 3) * (probe["periodSeconds"].number or 10)


# --- privileges on the node ---


def _check_privileges(report: Report, container: Place, pod: Place) -> None:
    context = container["securityContext"]
    if context["privileged"].is_true:
        report.warning(
            context["privileged"],
            "privileged",
            _(
                "A privileged container can do anything on its node: add only the capabilities it needs "
                "instead."
            ),
            _SECURITY_PAGE,
        )
    for field in ("add", "drop"):
        for capability in context["capabilities"][field]:
            refused = context["allowPrivilegeEscalation"].is_false and capability.text == "CAP_SYS_ADMIN"
            if len(capability.text) > 4 and capability.text.upper().startswith("CAP_") and not refused:
                _check_capability(report, capability)
    user, not_root = (security_setting(pod, container, field) for field in ("runAsUser", "runAsNonRoot"))
    if not_root.is_true and user.number == 0:
        report.warning(
            user,
            "root-contradiction",
            _("“runAsNonRoot” does not allow user 0, so the container cannot start: change one of the two."),
            "kubernetes/pkg/kubelet/kuberuntime/security_context.go",
        )


def _check_capability(report: Report, capability: Place) -> None:
    name = capability.text[len("CAP_") :]
    report.warning(
        capability,
        "capability-prefix",
        _("Capabilities are written without “CAP_”, which some container runtimes refuse: write %(name)s."),
        _CAPABILITIES_PAGE,
        fix=Fix(_("Write %(name)s"), [(capability.path, name)], {"name": name}),
        name=name,
    )


def _check_host_paths(report: Report, pod: Place) -> None:
    of_windows = operating_system(pod) == "windows"
    for volume in pod["volumes"]:
        path = volume.at("hostPath", "path")
        if not path.text:
            continue
        if not path.text.startswith("/") and not (of_windows and is_windows_path(path.text)):
            report.warning(
                path,
                "host-path-relative",
                _(
                    "The path on the node does not start with “/”, so pods cannot start: write an absolute "
                    "path."
                ),
                "https://kubernetes.io/docs/concepts/storage/volumes/#hostpath",
            )
        elif posixpath.normpath(path.text).lstrip("/") == "":
            report.warning(
                path,
                "host-path-root",
                _(
                    "The pod can write to the whole file system of the node: mount it read-only, or mount "
                    "only the part it needs."
                )
                if any(not mount["readOnly"].is_true for mount in _mounts(pod, volume["name"].text))
                else _("The pod can read the whole file system of the node: mount only the part it needs."),
                _SECURITY_PAGE,
            )
        elif posixpath.basename(path.text) in _RUNTIME_SOCKETS:
            report.warning(
                path,
                "runtime-socket",
                _(
                    "The socket of the container runtime gives full control of the node, even if mounted "
                    "read-only: mount it only if the pod cannot work without it."
                ),
                _SECURITY_PAGE,
            )


def _mounts(pod: Place, volume: str) -> Iterator[Place]:
    for container in all_containers(pod):
        for mount in container["volumeMounts"]:
            if mount["name"].text == volume:
                yield mount


# --- retired names ---


def _check_retired(report: Report, template: Place) -> None:
    pod = template["spec"]
    tolerated = {toleration["key"].text for toleration in pod["tolerations"]}
    for toleration in pod["tolerations"]:
        # Manifests that tolerate both the old and the new taint are meant for old clusters too.
        if SUCCESSORS.get(toleration["key"].text) not in tolerated:
            _check_retired_name(report, toleration["key"], toleration["key"].text, "retired-taint")
    for key, value in pod["nodeSelector"].entries:
        _check_retired_name(report, value, key, "retired-label")
    for term in _node_terms(pod.at("affinity", "nodeAffinity")):
        expressions = list(term["matchExpressions"])
        for requirement in expressions:
            _check_retired_name(report, requirement["key"], requirement["key"].text, "retired-label")
        if term and not expressions and not term["matchFields"].length:
            report.warning(
                term,
                "node-term-empty",
                _("A term without expressions matches no node: add an expression, or remove the term."),
                "component-helpers/scheduling/corev1/nodeaffinity/nodeaffinity.go",
            )
    refused = {finding.path for finding in report}
    for key, value in template.at("metadata", "annotations").entries:
        successor = _RETIRED_ANNOTATIONS.get(key) or next(
            (new for old, new in _RETIRED_ANNOTATION_PREFIXES.items() if key.startswith(old)), None
        )
        if successor is not None and value.path not in refused:
            report.warning(
                value,
                "retired-annotation",
                _("Kubernetes no longer reads “%(name)s”: use “%(successor)s” in the pod spec."),
                _WELL_KNOWN,
                name=key,
                successor=successor,
            )


def _check_retired_name(report: Report, at: Place, name: str, code: str) -> None:
    if name in SUCCESSORS:
        report.warning(
            at,
            code,
            _("“%(name)s” is deprecated: use “%(successor)s”."),
            _WELL_KNOWN,
            name=name,
            successor=SUCCESSORS[name],
        )


def _node_terms(affinity: Place) -> Iterator[Place]:
    yield from affinity[REQUIRED]["nodeSelectorTerms"]
    for preferred in affinity[PREFERRED]:
        yield preferred["preference"]


# --- network ---


def _check_network(report: Report, daemonset: Place, pod: Place) -> None:
    # On Windows there is no ClusterFirstWithHostNet.
    of_windows = operating_system(pod) == "windows"
    if pod["hostNetwork"].is_true and pod["dnsPolicy"].text in ("", "ClusterFirst") and not of_windows:
        report.warning(
            pod["dnsPolicy"] if pod["dnsPolicy"] else pod["hostNetwork"],
            "host-network-dns",
            _(
                "With “hostNetwork”, set “dnsPolicy” to ClusterFirstWithHostNet so that the pod can find "
                "Services by name."
            ),
            "https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/#pod-s-dns-policy",
        )
    surge = daemonset.at("spec", "updateStrategy", "rollingUpdate", "maxSurge")
    if not surge.value or surge.value in ("0", "0%"):
        return
    host_port = next(host_ports(daemonset), None)
    if host_port is not None:
        _at, (_protocol, _address, port) = host_port
        report.warning(
            surge,
            "surge-host-port",
            _(
                "With “maxSurge” the new pod starts before the old one stops, but both need host port "
                "%(port)d: use “maxUnavailable” instead."
            ),
            "https://kubernetes.io/docs/tasks/manage-daemon/update-daemon-set/",
            port=port,
        )
