"""What the Pod Security level of a namespace has against a pod template.

The API server checks pods only: a DaemonSet that violates the enforced level is stored, and no pod starts.
The standards are those of the newest version; a namespace may pin an older one, which knows fewer of them.

Sources: https://kubernetes.io/docs/concepts/security/pod-security-standards/ and the checks in
k8s.io/pod-security-admission/policy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from workloads.daemonsets.containers import PROBES, all_containers
from workloads.daemonsets.findings import gettext_noop as _
from workloads.daemonsets.outline import TEMPLATE
from workloads.daemonsets.places import Place, shortened, without_nulls
from workloads.daemonsets.sentences import Sentence
from workloads.documents.paths import Json, Path

Level: TypeAlias = Literal["privileged", "baseline", "restricted"]
LABEL: Final = "pod-security.kubernetes.io/enforce"
VERSION_LABEL: Final = f"{LABEL}-version"
CITE: Final = "https://kubernetes.io/docs/concepts/security/pod-security-standards/"

_CAPABILITIES: Final = frozenset(
    {
        *("AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE"),
        *("SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"),
    }
)
_SYSCTLS: Final = frozenset(
    {
        *("kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_local_reserved_ports"),
        *("net.ipv4.ip_unprivileged_port_start", "net.ipv4.ping_group_range", "net.ipv4.tcp_fin_timeout"),
        *("net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_keepalive_time"),
        *("net.ipv4.tcp_rmem", "net.ipv4.tcp_syncookies", "net.ipv4.tcp_wmem"),
    }
)
_SELINUX_TYPES: Final = frozenset(
    {"", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"}
)
_VOLUMES: Final = frozenset(
    {
        *("configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected"),
        "secret",
    }
)
_APPARMOR: Final = "container.apparmor.security.beta.kubernetes.io/"


@dataclass(frozen=True, slots=True)
class Violation:
    """level: the lowest level that forbids it. control: its name in the standards ("Host Namespaces"), which
    can be translated.
    path: the field, from the DaemonSet's root; of what is missing, where it belongs."""

    level: Level
    control: str
    path: Path
    say: Sentence


def enforced(namespace: Json) -> Level:
    """The level that the labels of a Namespace enforce; "privileged" (anything goes) without any.

    A level that Kubernetes does not know counts as "restricted" (LevelToEvaluate in api/helpers.go).
    """
    level = Place(without_nulls(namespace)).at("metadata", "labels", LABEL).text
    match level:
        case "" | "privileged":
            return "privileged"
        case "baseline":
            return "baseline"
    return "restricted"


def pinned(namespace: Json) -> str:
    """The version of the standards that a Namespace enforces ("v1.25"), "" for the newest."""
    version = Place(without_nulls(namespace)).at("metadata", "labels", VERSION_LABEL).text
    return "" if version == "latest" else version


def violations(template: Json, level: Level) -> list[Violation]:
    """All that the level forbids in a pod template, in the order of the standards."""
    if level == "privileged":
        return []
    place = Place(without_nulls(template), TEMPLATE)
    found = [violation for check in _BASELINE for violation in check(place)]
    if level == "restricted":
        found.extend(violation for check in _RESTRICTED for violation in check(place))
    return found


def sufficient(found: Sequence[Violation]) -> Level:
    """The strictest level at which a template with these violations is admitted."""
    if not found:
        return "restricted"
    return "privileged" if any(one.level == "baseline" for one in found) else "baseline"


_Violations: TypeAlias = Iterator[Violation]
_FORBIDDEN: Final = _("“%(field)s: %(value)s” is not allowed.")
_FORBIDDEN_HERE: Final = _("“%(field)s” is not allowed.")
_REQUIRED: Final = _("“%(field)s: %(value)s” is required.")


def _forbids(at: Place, control: str, level: Level = "baseline") -> Violation:
    field = _field(at)
    if isinstance(at.value, (str, int)):
        value = str(at.value).lower() if isinstance(at.value, bool) else shortened(str(at.value))
        return Violation(level, control, at.path, Sentence(_FORBIDDEN, {"field": field, "value": value}))
    return Violation(level, control, at.path, Sentence(_FORBIDDEN_HERE, {"field": field}))


def _field(at: Place) -> str:
    """With what it is a field of, where its own name says little."""
    return ".".join(
        map(str, at.path[-2 if at.path[-1] in ("type", "user", "role", "host", "drop") else -1 :])
    )


def _forbids_item(at: Place, field: str, control: str, level: Level = "baseline") -> Violation:
    """`at`: an item of the list `field`."""
    params = {"field": field, "value": shortened(str(at.value))}
    return Violation(level, control, at.path, Sentence(_FORBIDDEN, params))


def _requires(at: Place, value: str, control: str) -> Violation:
    params = {"field": _field(at), "value": value}
    return Violation("restricted", control, at.path, Sentence(_REQUIRED, params))


def _contexts(template: Place) -> Iterator[Place]:
    """The security context of the pod and of all its containers, there or not."""
    yield template["spec"]["securityContext"]
    for container in all_containers(template["spec"]):
        yield container["securityContext"]


def _is_windows(template: Place) -> bool:
    return template.at("spec", "os", "name").text == "windows"


# --- baseline ---


def _host_process(template: Place) -> _Violations:
    for context in _contexts(template):
        at = context.at("windowsOptions", "hostProcess")
        if at.is_true:
            yield _forbids(at, "HostProcess")


def _host_namespaces(template: Place) -> _Violations:
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        if template["spec"][field].is_true:
            yield _forbids(template["spec"][field], _("Host Namespaces"))


def _privileged(template: Place) -> _Violations:
    for container in all_containers(template["spec"]):
        at = container.at("securityContext", "privileged")
        if at.is_true:
            yield _forbids(at, _("Privileged Containers"))


def _capabilities(template: Place) -> _Violations:
    for container in all_containers(template["spec"]):
        for at in container.at("securityContext", "capabilities", "add"):
            if at.text not in _CAPABILITIES:
                yield _forbids_item(at, "capabilities.add", _("Capabilities"))


def _host_paths(template: Place) -> _Violations:
    for volume in template["spec"]["volumes"]:
        if volume["hostPath"]:
            yield _forbids(volume["hostPath"], _("HostPath Volumes"))


def _host_ports(template: Place) -> _Violations:
    host_network = template["spec"]["hostNetwork"].is_true
    for container in all_containers(template["spec"]):
        for port in container["ports"]:
            # With hostNetwork the API server takes the container's port for the host port.
            at = port["hostPort"]
            if host_network and not at.number:
                at = port["containerPort"]
            if at.number:
                params = {"field": "hostPort", "value": str(at.number)}
                yield Violation("baseline", _("Host Ports"), at.path, Sentence(_FORBIDDEN, params))


def _hosts(template: Place) -> _Violations:
    for container in all_containers(template["spec"]):
        handlers = [container[probe] for probe in PROBES]
        handlers += [container["lifecycle"][hook] for hook in ("postStart", "preStop")]
        for handler in handlers:
            for kind in ("httpGet", "tcpSocket"):
                if handler[kind]["host"].text:
                    yield _forbids(handler[kind]["host"], _("Host Probes / Lifecycle Hooks"))


def _app_armor(template: Place) -> _Violations:
    for context in _contexts(template):
        at = context.at("appArmorProfile", "type")
        if at.text not in ("", "RuntimeDefault", "Localhost"):
            yield _forbids(at, "AppArmor")
    for key, at in template.at("metadata", "annotations").entries:
        if key.startswith(_APPARMOR) and not (
            at.text in ("", "runtime/default") or at.text.startswith("localhost/")
        ):
            yield _forbids(at, "AppArmor")


def _selinux(template: Place) -> _Violations:
    for context in _contexts(template):
        options = context["seLinuxOptions"]
        if options["type"].text not in _SELINUX_TYPES:
            yield _forbids(options["type"], "SELinux")
        for field in ("user", "role"):
            if options[field].text:
                yield _forbids(options[field], "SELinux")


def _proc_mount(template: Place) -> _Violations:
    for container in all_containers(template["spec"]):
        at = container.at("securityContext", "procMount")
        if at.text not in ("", "Default"):
            yield _forbids(at, _("/proc Mount Type"))


def _seccomp(template: Place) -> _Violations:
    for context in _contexts(template):
        at = context.at("seccompProfile", "type")
        if at.text not in ("", "RuntimeDefault", "Localhost"):
            yield _forbids(at, "Seccomp")


def _sysctls(template: Place) -> _Violations:
    for sysctl in template.at("spec", "securityContext", "sysctls"):
        if sysctl["name"].text not in _SYSCTLS:
            yield _forbids_item(sysctl["name"], "sysctls", "Sysctls")


# --- restricted: what it adds to baseline ---


def _volume_types(template: Place) -> _Violations:
    for volume in template["spec"]["volumes"]:
        for kind, at in volume.entries:
            # baseline has spoken of hostPath already
            if kind not in ("name", "hostPath") and kind not in _VOLUMES:
                yield _forbids(Place(None, at.path), _("Volume Types"), "restricted")


def _escalation(template: Place) -> _Violations:
    if _is_windows(template):
        return
    for container in all_containers(template["spec"]):
        at = container.at("securityContext", "allowPrivilegeEscalation")
        if not at.is_false:
            yield _requires(at, "false", _("Privilege Escalation"))


def _non_root(template: Place) -> _Violations:
    pod = template.at("spec", "securityContext", "runAsNonRoot")
    if pod.is_false:
        yield _requires(pod, "true", _("Running as Non-root"))
    for container in all_containers(template["spec"]):
        at = container.at("securityContext", "runAsNonRoot")
        if at.is_false or not (at or pod):
            yield _requires(at, "true", _("Running as Non-root"))


def _non_root_user(template: Place) -> _Violations:
    for context in _contexts(template):
        at = context["runAsUser"]
        if at.number == 0:
            yield _forbids(at, _("Running as Non-root user"), "restricted")


def _seccomp_set(template: Place) -> _Violations:
    if _is_windows(template) or template.at("spec", "securityContext", "seccompProfile", "type").text:
        return
    for container in all_containers(template["spec"]):
        at = container.at("securityContext", "seccompProfile", "type")
        if not at.text:
            yield _requires(at, "RuntimeDefault", "Seccomp")


def _all_capabilities_dropped(template: Place) -> _Violations:
    if _is_windows(template):
        return
    for container in all_containers(template["spec"]):
        capabilities = container.at("securityContext", "capabilities")
        if all(at.text != "ALL" for at in capabilities["drop"]):
            yield _requires(capabilities["drop"], "[ALL]", _("Capabilities"))
        for at in capabilities["add"]:
            # baseline has spoken of those that are not in its list already
            if at.text in _CAPABILITIES and at.text != "NET_BIND_SERVICE":
                yield _forbids_item(at, "capabilities.add", _("Capabilities"), "restricted")


_Check: TypeAlias = Callable[[Place], _Violations]
_BASELINE: Final[tuple[_Check, ...]] = (
    *(_host_process, _host_namespaces, _privileged, _capabilities, _host_paths, _host_ports, _hosts),
    *(_app_armor, _selinux, _proc_mount, _seccomp, _sysctls),
)
_RESTRICTED: Final[tuple[_Check, ...]] = (
    *(_volume_types, _escalation, _non_root, _non_root_user, _seccomp_set, _all_capabilities_dropped),
)
