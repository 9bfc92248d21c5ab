"""Step 2: containers and init containers, update strategy, settings and security of the pod.

A placeholder is what Kubernetes uses if a field is left blank (pkg/apis/core/v1/defaults.go,
pkg/apis/apps/v1/defaults.go).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from workloads.daemonsets.manifest.outline import POD
from workloads.daemonsets.project.facts import ProjectFacts
from workloads.documents.paths import ABSENT, Change, Json, JsonObject, Path, get
from workloads.kept import Prepared
from workloads.wizard.form.bindings import items_at
from workloads.wizard.form.codecs import (
    BYTES,
    CPU,
    NUMBER,
    NUMBER_OR_TEXT,
    NUMBERS,
    QUANTITY,
    TEXT,
    TRISTATE,
    WORDS,
    ChoiceCodec,
    TristateCodec,
    plain_options,
)
from workloads.wizard.form.parts import (
    TEMPLATES,
    ComputedField,
    Field,
    FieldGroup,
    PairColumn,
    Pairs,
    Part,
    Rows,
)
from workloads.wizard.form.step import Step, Suggestions
from workloads.wizard.steps import container_names, containers
from workloads.wizard.steps.containers import (
    DEFAULT,
    IMAGE,
    NONE,
    SECONDS,
    quarter,
    seccomp,
    selinux,
    windows,
)
from workloads.wizard.steps.suggested import of_project


def parts(value: Json, facts: ProjectFacts) -> Sequence[Part]:
    return [
        cards("c", "containers", facts, init=False),
        cards("i", "initContainers", facts, init=True),
        FieldGroup("update", _("Update strategy"), update_strategy(), compact=True),
        FieldGroup("pod", _("Pod settings"), pod_settings(), compact=True),
        FieldGroup(
            "podsec",
            _("Pod security context"),
            pod_security(),
            (*POD, "securityContext"),
            help=_("Applies to all containers that do not set their own."),
            compact=True,
        ),
        FieldGroup(
            "podres",
            _("Pod resources"),
            pod_resources(),
            (*POD, "resources"),
            help=_("Requests and limits that all containers of the pod share. Kubernetes 1.34+."),
            compact=True,
        ),
        FieldGroup("dns", _("DNS and host aliases"), [*dns_config(), host_aliases()], compact=True),
    ]


def cards(name: str, field: str, facts: ProjectFacts, *, init: bool) -> Rows:
    return Rows(
        name,
        (*POD, field),
        ("name",),
        lambda value, position: containers.parts(value, facts, init=init),
        _("Init containers") if init else _("Containers"),
        _("Add an init container") if init else _("Add a container"),
        _name_of,
        help=_("They run one after another before the containers start.") if init else "",
        movable=True,
        opens_alone=not init,
        blank=0 if init else 1,
        most=50,
        row_template=f"{TEMPLATES}/_container.html",
    )


def _name_of(value: Json) -> str:
    name = get(value, ("name",))
    return name if isinstance(name, str) else ""


def update_strategy() -> list[Part]:
    strategy: Path = ("spec", "updateStrategy")
    kind = ChoiceCodec(
        (("RollingUpdate", _("Rolling update (recommended)")), ("OnDelete", _("Update on deletion"))),
        _("Rolling update (default)"),
    )
    amount = _("A number, or a percentage such as 10%.")
    surge = _("New pods that run next to the old pod of a node. One of the two fields must be 0.")
    unavailable, extra = _("Maximum unavailable pods"), _("Maximum surge pods")
    rolling = (*strategy, "rollingUpdate")
    ready = _("Minimum ready time")
    return [
        Field("strategy", (*strategy, "type"), kind, _("Update strategy")),
        Field("ready", ("spec", "minReadySeconds"), NUMBER, ready, "", "0", unit=SECONDS, style="quarter"),
        quarter("history", ("spec", "revisionHistoryLimit"), NUMBER, _("Revision history limit"), "10"),
        Field("unavailable", (*rolling, "maxUnavailable"), NUMBER_OR_TEXT, unavailable, amount, "1"),
        Field("surge", (*rolling, "maxSurge"), NUMBER_OR_TEXT, extra, surge, "0"),
    ]


def pod_settings() -> list[Part]:
    no = TristateCodec(_("No (default)"))
    dns = ChoiceCodec(
        plain_options("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"),
        _("ClusterFirst (default)"),
    )
    dns_help = _("Use ClusterFirstWithHostNet with the host network.")
    grace = (*POD, "terminationGracePeriodSeconds")
    token = TristateCodec(_("As set in the service account"))
    secret = Field("name", ("name",), TEXT, _("Secret"), "", "harbor", "registries")
    return [
        quarter("net", (*POD, "hostNetwork"), no, _("Host network")),
        quarter("pid", (*POD, "hostPID"), no, _("Host PID namespace")),
        quarter("ipc", (*POD, "hostIPC"), no, _("Host IPC namespace")),
        quarter("share", (*POD, "shareProcessNamespace"), no, _("Share process namespace")),
        *runtime(),
        Field("dns", (*POD, "dnsPolicy"), dns, _("DNS policy"), dns_help),
        Field("grace", grace, NUMBER, _("Termination grace period"), "", "30", unit=SECONDS, style="quarter"),
        quarter(
            "priority", (*POD, "priorityClassName"), TEXT, _("Priority class"), DEFAULT, suggest="priorities"
        ),
        ComputedField(
            "account",
            account_shown,
            account_written,
            (*POD, "serviceAccountName"),
            TEXT,
            _("Service account"),
            placeholder="default",
            suggest="accounts",
            covers=((*POD, "serviceAccount"),),
        ),
        Field("token", (*POD, "automountServiceAccountToken"), token, _("Mount service account token")),
        Rows(
            "pull",
            (*POD, "imagePullSecrets"),
            ("name",),
            [secret],
            _("Image pull secrets"),
            _("Add a pull secret"),
            help=_("For images of private registries, such as Harbor."),
        ),
    ]


# serviceAccount is the old name of serviceAccountName: the server keeps both equal, and reads the old one
# only if the new one is missing (pkg/apis/core/v1/conversion.go). So they are one field here.


def account_shown(root: Json, path: Path) -> str | None:
    new, old = get(root, path), get(root, (*POD, "serviceAccount"))
    return TEXT.show(old if new in (ABSENT, None, "") else new)


def account_written(root: Json, path: Path, raw: str) -> list[Change]:
    existing = [place for place in (path, (*POD, "serviceAccount")) if get(root, place) is not ABSENT]
    return [(place, TEXT.read(raw, ABSENT)) for place in existing or [path]]


def pod_security() -> list[Part]:
    policy = ChoiceCodec(plain_options("Always", "OnRootMismatch"), _("Always (default)"))
    return [
        quarter("user", ("runAsUser",), NUMBER, _("User"), IMAGE),
        quarter("group", ("runAsGroup",), NUMBER, _("User group"), IMAGE),
        quarter("nonroot", ("runAsNonRoot",), TRISTATE, _("Run as non-root")),
        quarter("groups", ("supplementalGroups",), NUMBERS, _("Supplemental groups"), "1000, 2000"),
        quarter("fsgroup", ("fsGroup",), NUMBER, _("Volume owner group"), NONE, help="fsGroup"),
        quarter(
            "fspolicy",
            ("fsGroupChangePolicy",),
            policy,
            _("Volume ownership change"),
            help="fsGroupChangePolicy",
        ),
        *seccomp(),
        *selinux(),
        *windows(),
    ]


def runtime() -> list[Part]:
    """Settings that few pods need."""
    yes = TristateCodec(_("Yes (default)"))
    users = _("No: root in the container is another user on the node. Linux, Kubernetes 1.33+.")
    links = _("Environment variables with the addresses of the services in the project.")
    place = (*POD, "runtimeClassName")
    system = ChoiceCodec((("linux", "Linux"), ("windows", "Windows")), _("Not set (Linux)"))
    return [
        quarter("users", (*POD, "hostUsers"), yes, _("Host user namespace"), help=users),
        quarter("links", (*POD, "enableServiceLinks"), yes, _("Service links"), help=links),
        quarter("runtime", place, TEXT, _("Runtime class"), DEFAULT, suggest="runtimes"),
        quarter("os", (*POD, "os", "name"), system, _("Operating system")),
    ]


def pod_resources() -> list[Part]:
    """Paths are relative to the resources. Only CPU, memory and huge pages can be set for a whole pod
    (validatePodResourceName in pkg/apis/core/validation/validation.go)."""
    huge = [
        PairColumn("lim", ("limits",), _("Limit"), QUANTITY, ABSENT, "64Mi"),
        PairColumn("req", ("requests",), _("Request"), QUANTITY, ABSENT, _("Same as the limit")),
    ]
    return [
        quarter("cpu-req", ("requests", "cpu"), CPU, _("CPU request"), NONE),
        quarter("cpu-lim", ("limits", "cpu"), CPU, _("CPU limit"), NONE),
        quarter("mem-req", ("requests", "memory"), BYTES, _("Memory request"), NONE),
        quarter("mem-lim", ("limits", "memory"), BYTES, _("Memory limit"), NONE),
        Pairs(
            "huge",
            huge,
            _("Resource"),
            add=_("Add huge pages"),
            hidden=("cpu", "memory").__contains__,
            key_placeholder="hugepages-2Mi",
            blank=0,
        ),
    ]


def dns_config() -> list[Part]:
    config = (*POD, "dnsConfig")
    servers = _("At most 3 IP addresses. They are added to those of the DNS policy.")
    option = [
        Field("name", ("name",), TEXT, _("Option"), "", "ndots", "dns-options", style="mono"),
        Field("value", ("value",), TEXT, _("Value"), style="mono"),
    ]
    return [
        Field(
            "dns-ip", (*config, "nameservers"), WORDS, _("DNS servers"), servers, "10.96.0.10", style="mono"
        ),
        Field(
            "dns-search",
            (*config, "searches"),
            WORDS,
            _("Search domains"),
            _("At most 32, separated by commas."),
            "example.com",
            style="mono",
        ),
        Rows(
            "dns-opt",
            (*config, "options"),
            ("name",),
            option,
            _("Resolver options"),
            _("Add an option"),
            blank=0,
        ),
    ]


def host_aliases() -> Rows:
    alias = [
        Field("ip", ("ip",), TEXT, _("IP address"), "", "10.1.2.3", style="mono narrow"),
        Field("names", ("hostnames",), WORDS, _("Host names"), "", "foo.local, bar.local", style="mono"),
    ]
    return Rows(
        "alias",
        (*POD, "hostAliases"),
        ("ip",),
        alias,
        _("Host aliases"),
        _("Add a host alias"),
        help=_("Entries of the file /etc/hosts in the containers."),
        blank=0,
    )


# ---- suggestions ----

FIELDS = (
    "spec.nodeName",
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "metadata.labels['app']",
    "metadata.annotations['example.com/key']",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
)
RESOURCES = tuple(f"{kind}.{name}" for kind in ("limits", "requests") for name in ("cpu", "memory"))
CAPABILITIES = [
    "ALL",
    "BPF",
    "CHOWN",
    "DAC_READ_SEARCH",
    "IPC_LOCK",
    "NET_ADMIN",
    "NET_BIND_SERVICE",
    "NET_RAW",
    "PERFMON",
    "SYS_ADMIN",
    "SYS_MODULE",
    "SYS_PTRACE",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYSLOG",
]
# https://kubernetes.io/docs/tasks/configure-pod-container/create-hostprocess-pod/ and configure-runasusername
WINDOWS_USERS = (
    r"NT AUTHORITY\SYSTEM",
    r"NT AUTHORITY\Local service",
    r"NT AUTHORITY\NetworkService",
    "ContainerAdministrator",
    "ContainerUser",
)
# Those that the resolvers of glibc and musl know (resolv.conf(5)).
DNS_OPTIONS = ("ndots", "timeout", "attempts", "rotate", "edns0", "single-request-reopen", "use-vc")
PRIORITIES = ("system-node-critical", "system-cluster-critical")


def suggestions(facts: ProjectFacts) -> Suggestions:
    def plain(names: Iterable[str]) -> list[tuple[str, str]]:
        return [(name, "") for name in names]

    return {
        **of_project(facts),
        "registries": plain(sorted(facts.registries or ())),
        "accounts": plain(sorted(facts.service_accounts or ())),
        "extended": plain(_EXTENDED.of(facts.nodes or ()) or ("nvidia.com/gpu", "amd.com/gpu")),
        "priorities": plain(sorted({*PRIORITIES, *(facts.classes.priority or ())})),
        "runtimes": plain(sorted(facts.classes.runtime or ())),
        "dns-options": plain(DNS_OPTIONS),
        "windows-users": plain(WINDOWS_USERS),
        "fields": plain(FIELDS),
        "resources": plain(RESOURCES),
        "capabilities": plain(CAPABILITIES),
    }


def extended_resources(nodes: Sequence[JsonObject]) -> list[str]:
    """The extended resources of the nodes, each once, in order."""
    reported = (get(node, ("status", "allocatable")) for node in nodes)
    names = {name for allocatable in reported if isinstance(allocatable, dict) for name in allocatable}
    return sorted(name for name in names if "/" in name or name.startswith("hugepages-"))


_EXTENDED: Final = Prepared(extended_resources, 4)


def summary(value: Json) -> str:
    count = len(items_at(value, (*POD, "containers")))
    return ngettext("%(n)d container", "%(n)d containers", count) % {"n": count} if count else ""


STEP = Step(
    "pods",
    _("Pod template"),
    parts,
    summary,
    suggestions,
    f"{TEMPLATES}/pods.html",
    finish=container_names.finish,
    placeholders=container_names.placeholders,
)
