"""The rules for Windows and Linux pods: fields of the other system, Windows users, host process containers.

Source, unless another is cited: kubernetes/pkg/apis/core/validation/validation.go. Servers before 1.24 drop
these fields unread.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from workloads.daemonsets.manifest import names
from workloads.daemonsets.manifest.findings import gettext_noop as _
from workloads.daemonsets.manifest.places import Place, Report, core
from workloads.daemonsets.manifest.pod import all_containers

_OF_BOTH = ("appArmorProfile", "seLinuxOptions", "seccompProfile", "runAsUser", "runAsGroup")
_OF_LINUX_POD_CONTEXTS = (
    *_OF_BOTH,
    *("fsGroup", "fsGroupChangePolicy", "sysctls", "supplementalGroups", "supplementalGroupsPolicy"),
    "seLinuxChangePolicy",
)
_OF_LINUX_CONTAINERS = (
    *_OF_BOTH,
    *("capabilities", "readOnlyRootFilesystem", "privileged", "allowPrivilegeEscalation", "procMount"),
)
_CREDENTIAL_SPEC_LIMIT = 64 * 1024
_DOMAIN_LIMIT = 255
_USER_LIMIT = 104
_NETBIOS = re.compile(r"""[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}""")
_DNS_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
_DNS_DOMAIN = re.compile(rf"{_DNS_LABEL}(?:\.{_DNS_LABEL})*")
_NOT_IN_USER = re.compile(r"""["/\\:;|=,+*?<>@\[\]\x00-\x1f\x7f]""")


def check_operating_system(report: Report, pod: Place) -> None:
    """A pod's spec."""
    for context in (pod["securityContext"], *(each["securityContext"] for each in all_containers(pod))):
        _check_options(report, context["windowsOptions"])
    _check_host_process(report, pod)
    name = pod.at("os", "name").text
    if name == "windows":
        for field in _of_linux(pod):
            report.error(
                field,
                "os-field",
                _("“%(field)s” is not allowed with “os.name: windows”: remove it."),
                core("validateWindows"),
                field=field.path[-1],
            )
    if name == "linux":
        for context in (pod["securityContext"], *(each["securityContext"] for each in all_containers(pod))):
            if context["windowsOptions"]:
                report.error(
                    context["windowsOptions"],
                    "os-field",
                    _("“%(field)s” is not allowed with “os.name: linux”: remove it."),
                    core("validateLinux"),
                    field="windowsOptions",
                )


def _of_linux(pod: Place) -> Iterator[Place]:
    """The fields that Windows pods cannot have."""
    context = pod["securityContext"]
    yield from (pod[field] for field in ("hostUsers", "shareProcessNamespace") if pod[field])
    yield from (pod[field] for field in ("hostPID", "hostIPC") if pod[field].is_true)
    if pod["resources"]:
        yield pod["resources"]
    for field in _OF_LINUX_POD_CONTEXTS:
        if context[field] and (field != "sysctls" or context[field].length):
            yield context[field]
    for container in all_containers(pod):
        own = container["securityContext"]
        yield from (own[field] for field in _OF_LINUX_CONTAINERS if own[field])


def _check_host_process(report: Report, pod: Place) -> None:
    """Host process containers: all of a pod or none, with the network of the node."""
    cite = core("validateWindowsHostProcessPod")
    of_pod = pod.at("securityContext", "windowsOptions", "hostProcess")
    others, some = [], False
    for container in all_containers(pod):
        own = container.at("securityContext", "windowsOptions", "hostProcess")
        if of_pod and own and own.value is not of_pod.value:
            report.error(
                own,
                "host-process",
                _("“hostProcess” differs from that of the pod: use the same value, or set only one of them."),
                cite,
            )
        if own.is_true or (not own and of_pod.is_true):
            some = True
        else:
            others.append(own)
    if not some:
        return
    for own in others:
        if not (of_pod and own):
            report.error(
                own,
                "host-process",
                _("Some containers of the pod have “hostProcess: true”: all of them need it."),
                cite,
            )
    if not pod["hostNetwork"].is_true:
        report.error(
            pod["hostNetwork"],
            "host-process-network",
            _("Containers with “hostProcess: true” use the network of the node: set “hostNetwork: true”."),
            cite,
        )


def _check_options(report: Report, options: Place) -> None:
    """`windowsOptions` of a pod or a container (validateWindowsSecurityContextOptions)."""
    cite = core("validateWindowsSecurityContextOptions")
    for field in ("gmsaCredentialSpecName", "gmsaCredentialSpec", "runAsUserName"):
        if options[field]:
            report.required(options[field], cite)
    report.test(options["gmsaCredentialSpecName"], "name", names.dns_subdomain, cite)
    spec, user = options["gmsaCredentialSpec"], options["runAsUserName"]
    if len(spec.text.encode()) > _CREDENTIAL_SPEC_LIMIT:
        report.error(
            spec, "credential-spec-size", _("A credential spec must not be larger than 64 KiB."), cite
        )
    if user.text and not _is_user(user.text):
        report.error(
            user,
            "windows-user",
            _("“%(value)s” is not a Windows user: write a name, or DOMAIN\\name."),
            cite,
            value=user.text,
        )


def _is_user(text: str) -> bool:
    """`name` or `DOMAIN\\name`."""
    domain, backslash, user = text.rpartition("\\")
    if backslash and not (_NETBIOS.fullmatch(domain) or _DNS_DOMAIN.fullmatch(domain)):
        return False
    allowed = bool(user.strip(". ")) and not _NOT_IN_USER.search(user)
    return allowed and len(domain) <= _DOMAIN_LIMIT and len(user) <= _USER_LIMIT
