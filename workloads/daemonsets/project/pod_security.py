"""What the Pod Security level of a namespace forbids in a pod template.

The API server checks only pods: a DaemonSet that violates the level is stored, but no pod is created.
Each minor version of Kubernetes has standards of its own and knows all earlier ones; a namespace may ask for
those. Seccomp is not checked below 1.19, where it was an annotation.

Sources: https://kubernetes.io/docs/concepts/security/pod-security-standards/, the checks in
k8s.io/pod-security-admission/policy with their MinimumVersion, EvaluatePod in registry.go there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from workloads.daemonsets.manifest.findings import gettext_noop as _
from workloads.daemonsets.manifest.outline import TEMPLATE
from workloads.daemonsets.manifest.places import Place, shortened, without_nulls
from workloads.daemonsets.manifest.pod import PROBES, all_containers
from workloads.daemonsets.manifest.sentences import Sentence
from workloads.documents.paths import Json, Path

Level: TypeAlias = Literal["privileged", "baseline", "restricted"]
LABEL: Final = "pod-security.kubernetes.io/enforce"
VERSION_LABEL: Final = f"{LABEL}-version"
CITE: Final = "https://kubernetes.io/docs/concepts/security/pod-security-standards/"
NEWEST: Final = 1_000
"""A minor version newer than any other."""
_VERSION: Final = re.compile(r"v1\.(0|[1-9][0-9]{0,2})")

_CAPABILITIES: Final = frozenset(
    {
        *("AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE"),
        *("SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"),
    }
)
# What is allowed → since which minor version.
SAFE_SYSCTLS: Final = {
    "kernel.shm_rmid_forced": 0,
    "net.ipv4.ip_local_port_range": 0,
    "net.ipv4.ip_unprivileged_port_start": 0,
    "net.ipv4.ping_group_range": 0,
    "net.ipv4.tcp_syncookies": 0,
    "net.ipv4.ip_local_reserved_ports": 27,
    "net.ipv4.tcp_fin_timeout": 29,
    "net.ipv4.tcp_keepalive_intvl": 29,
    "net.ipv4.tcp_keepalive_probes": 29,
    "net.ipv4.tcp_keepalive_time": 29,
    "net.ipv4.tcp_rmem": 32,
    "net.ipv4.tcp_wmem": 32,
    "net.ipv4.tcp_notsent_lowat": 37,
    "net.ipv4.tcp_slow_start_after_idle": 37,
}
_SELINUX_TYPES: Final = {
    "": 0,
    "container_t": 0,
    "container_init_t": 0,
    "container_kvm_t": 0,
    "container_engine_t": 31,
}
_VOLUMES: Final = frozenset(
    {
        *("configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim"),
        *("projected", "secret"),
    }
)
_APPARMOR: Final = "container.apparmor.security.beta.kubernetes.io/"


@dataclass(frozen=True, slots=True)
class Violation:
    """level: the lowest level that forbids it. control: its name in the standards ("Host Namespaces"), a key
    to translate. path: the field, from the DaemonSet's root; for a missing field, where it belongs."""

    level: Level
    control: str
    path: Path
    say: Sentence


def enforced_level(namespace: Json) -> Level:
    """The level that the labels of a Namespace enforce; "privileged" (everything is allowed) without one.

    An unknown level counts as "restricted" (LevelToEvaluate in api/helpers.go).
    """
    level = Place(without_nulls(namespace)).at("metadata", "labels", LABEL).text
    match level:
        case "" | "privileged":
            return "privileged"
        case "baseline":
            return "baseline"
    return "restricted"


def pinned_version(namespace: Json) -> str:
    """The version of the standards that a Namespace enforces ("v1.25"), "" for the newest.

    An invalid version counts as the newest (ParseVersion in api/helpers.go).
    """
    version = Place(without_nulls(namespace)).at("metadata", "labels", VERSION_LABEL).text
    return version if _VERSION.fullmatch(version) else ""


def version_in_force(namespace: Json, server: int | None) -> int:
    """The minor version of the standards that a server applies: it knows none newer than its own.

    server: the minor version of the server, None for the newest.
    """
    newest = NEWEST if server is None else server
    asked = _VERSION.fullmatch(pinned_version(namespace))
    return min(int(asked[1]), newest) if asked else newest


def violations(template: Json, level: Level, version: int = NEWEST) -> list[Violation]:
    """Everything that a level forbids in a pod template, in the order of the standards. version: their
    minor."""
    if level == "privileged":
        return []
    pod = _Template(without_nulls(template), version)
    controls = (*_BASELINE, *_RESTRICTED) if level == "restricted" else _BASELINE
    return [found for control in controls if control.since <= version for found in control.check(pod)]


def strictest_level(found: Sequence[Violation]) -> Level:
    """The strictest level at which a template with these violations is admitted."""
    if not found:
        return "restricted"
    return "privileged" if any(one.level == "baseline" for one in found) else "baseline"


_Violations: TypeAlias = Iterator[Violation]


def _forbidden_value(field: str, value: str) -> Sentence:
    template = _("“%(field)s: %(value)s” is not allowed.")
    return Sentence(template, {"field": field, "value": value}, "forbidden-value")


def _forbids(at: Place, control: str, level: Level = "baseline") -> Violation:
    field = _field(at)
    if isinstance(at.value, (str, int)):
        value = str(at.value).lower() if isinstance(at.value, bool) else shortened(str(at.value))
        return Violation(level, control, at.path, _forbidden_value(field, value))
    say = Sentence(_("“%(field)s” is not allowed."), {"field": field}, "forbidden-field")
    return Violation(level, control, at.path, say)


def _field(at: Place) -> str:
    """The name of the field, with that of its parent where it alone is unclear."""
    return ".".join(
        map(str, at.path[-2 if at.path[-1] in ("type", "user", "role", "host", "drop") else -1 :])
    )


def _forbids_item(at: Place, field: str, control: str, level: Level = "baseline") -> Violation:
    """`at`: an item of the list `field`."""
    return Violation(level, control, at.path, _forbidden_value(field, shortened(str(at.value))))


def _requires(at: Place, value: str, control: str) -> Violation:
    params = {"field": _field(at), "value": value}
    say = Sentence(_("“%(field)s: %(value)s” is required."), params, "required-value")
    return Violation("restricted", control, at.path, say)


def _contexts(template: Place) -> Iterator[Place]:
    """The security contexts of the pod and of all its containers; those that are absent, too."""
    yield template["spec"]["securityContext"]
    for container in all_containers(template["spec"]):
        yield container["securityContext"]


class _Template(Place):
    """A pod template and the minor version of the standards that apply to it."""

    __slots__ = ("version",)

    def __init__(self, value: Json, version: int) -> None:
        super().__init__(value, TEMPLATE)
        self.version = version

    def allows(self, value: str, since: Mapping[str, int]) -> bool:
        return since.get(value, NEWEST + 1) <= self.version

    @property
    def is_windows(self) -> bool:
        """Whether Linux settings are not required."""
        return self.version >= 25 and self.at("spec", "os", "name").text == "windows"

    @property
    def has_own_users(self) -> bool:
        """Whether root in the pod is not root on the node (relaxPolicyForUserNamespacePod)."""
        return self.version >= 35 and self["spec"]["hostUsers"].is_false


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
            # With hostNetwork the API server uses the container's port as host port.
            at = port["hostPort"]
            if host_network and not at.number:
                at = port["containerPort"]
            if at.number:
                say = _forbidden_value("hostPort", str(at.number))
                yield Violation("baseline", _("Host Ports"), at.path, say)


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


def _selinux(template: _Template) -> _Violations:
    for context in _contexts(template):
        options = context["seLinuxOptions"]
        if not template.allows(options["type"].text, _SELINUX_TYPES):
            yield _forbids(options["type"], "SELinux")
        for field in ("user", "role"):
            if options[field].text:
                yield _forbids(options[field], "SELinux")


def _unmasked(template: Place, level: Level) -> _Violations:
    for container in all_containers(template["spec"]):
        at = container.at("securityContext", "procMount")
        if at.text not in ("", "Default"):
            yield _forbids(at, _("/proc Mount Type"), level)


def _proc_mount(template: _Template) -> _Violations:
    if not template.has_own_users:
        yield from _unmasked(template, "baseline")


def _seccomp(template: Place) -> _Violations:
    for context in _contexts(template):
        at = context.at("seccompProfile", "type")
        if at.text not in ("", "RuntimeDefault", "Localhost"):
            yield _forbids(at, "Seccomp")


def _sysctls(template: _Template) -> _Violations:
    for sysctl in template.at("spec", "securityContext", "sysctls"):
        if not template.allows(sysctl["name"].text, SAFE_SYSCTLS):
            yield _forbids_item(sysctl["name"], "sysctls", "Sysctls")


# --- restricted: in addition to baseline ---


def _volume_types(template: Place) -> _Violations:
    for volume in template["spec"]["volumes"]:
        for kind, at in volume.entries:
            # hostPath is reported by baseline
            if kind not in ("name", "hostPath") and kind not in _VOLUMES:
                yield _forbids(Place(None, at.path), _("Volume Types"), "restricted")


def _escalation(template: _Template) -> _Violations:
    if template.is_windows:
        return
    for container in all_containers(template["spec"]):
        at = container.at("securityContext", "allowPrivilegeEscalation")
        if not at.is_false:
            yield _requires(at, "false", _("Privilege Escalation"))


def _non_root(template: _Template) -> _Violations:
    if template.has_own_users:
        return
    pod = template.at("spec", "securityContext", "runAsNonRoot")
    if pod.is_false:
        yield _requires(pod, "true", _("Running as Non-root"))
    for container in all_containers(template["spec"]):
        at = container.at("securityContext", "runAsNonRoot")
        if at.is_false or not (at or pod):
            yield _requires(at, "true", _("Running as Non-root"))


def _non_root_user(template: _Template) -> _Violations:
    for context in () if template.has_own_users else _contexts(template):
        at = context["runAsUser"]
        if at.number == 0:
            yield _forbids(at, _("Running as Non-root user"), "restricted")


def _seccomp_set(template: _Template) -> _Violations:
    if template.is_windows or template.at("spec", "securityContext", "seccompProfile", "type").text:
        return
    for container in all_containers(template["spec"]):
        at = container.at("securityContext", "seccompProfile", "type")
        if not at.text:
            yield _requires(at, "RuntimeDefault", "Seccomp")


def _all_capabilities_dropped(template: _Template) -> _Violations:
    if template.is_windows:
        return
    for container in all_containers(template["spec"]):
        capabilities = container.at("securityContext", "capabilities")
        if all(at.text != "ALL" for at in capabilities["drop"]):
            yield _requires(capabilities["drop"], "[ALL]", _("Capabilities"))
        for at in capabilities["add"]:
            # those that are not in the list are reported by baseline
            if at.text in _CAPABILITIES and at.text != "NET_BIND_SERVICE":
                yield _forbids_item(at, "capabilities.add", _("Capabilities"), "restricted")


def _proc_mount_of_all(template: _Template) -> _Violations:
    if template.has_own_users:  # the others are reported by baseline
        yield from _unmasked(template, "restricted")


@dataclass(frozen=True, slots=True)
class _Control:
    """since: the first minor version that has this control."""

    check: Callable[[_Template], _Violations]
    since: int = 0


_BASELINE: Final = (
    *map(_Control, (_host_process, _host_namespaces, _privileged, _capabilities, _host_paths, _host_ports)),
    _Control(_hosts, since=34),
    *map(_Control, (_app_armor, _selinux, _proc_mount)),
    _Control(_seccomp, since=19),
    _Control(_sysctls),
)
_RESTRICTED: Final = (
    _Control(_volume_types),
    _Control(_escalation, since=8),
    _Control(_non_root),
    _Control(_non_root_user, since=23),
    _Control(_seccomp_set, since=19),
    _Control(_all_capabilities_dropped, since=22),
    _Control(_proc_mount_of_all, since=35),
)
