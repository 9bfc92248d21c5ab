"""Step 2: containers and init containers, update strategy, settings and security of the pod.

A placeholder is what Kubernetes uses if a field is left blank (pkg/apis/core/v1/defaults.go,
pkg/apis/apps/v1/defaults.go).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from workloads.daemonsets.manifest.outline import CONTAINERS, POD
from workloads.daemonsets.project.facts import ProjectFacts
from workloads.documents.paths import ABSENT, Change, Json, Path, get
from workloads.wizard.form.bindings import items_at
from workloads.wizard.form.codecs import (
    NUMBER,
    NUMBER_OR_TEXT,
    NUMBERS,
    TEXT,
    TRISTATE,
    ChoiceCodec,
    TristateCodec,
    plain_options,
)
from workloads.wizard.form.parts import TEMPLATES, ComputedField, Field, FieldGroup, Part, Rows
from workloads.wizard.form.step import Step, Suggestions
from workloads.wizard.steps import containers
from workloads.wizard.steps.containers import DEFAULT, IMAGE, NONE, SECONDS, quarter, seccomp, selinux


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
    ]


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
PRIORITIES = ("system-node-critical", "system-cluster-critical")
REGISTRY_KEYS = frozenset({".dockerconfigjson", ".dockercfg"})


def suggestions(facts: ProjectFacts) -> Suggestions:
    def plain(names: Iterable[str]) -> list[tuple[str, str]]:
        return [(name, "") for name in names]

    configmaps, secrets = facts.configmaps or {}, facts.secrets or {}
    return {
        "images": plain(sorted(set(images(facts)))),
        "configmaps": plain(sorted(configmaps)),
        "configmaps-keys": [(key, name) for name in sorted(configmaps) for key in sorted(configmaps[name])],
        "secrets": plain(sorted(secrets)),
        "secrets-keys": [(key, name) for name in sorted(secrets) for key in sorted(secrets[name])],
        "registries": plain(name for name in sorted(secrets) if secrets[name] & REGISTRY_KEYS),
        "accounts": plain(sorted(facts.service_accounts or ())),
        "extended": plain(sorted(set(extended_resources(facts))) or ("nvidia.com/gpu", "amd.com/gpu")),
        "priorities": plain(PRIORITIES),
        "fields": plain(FIELDS),
        "resources": plain(RESOURCES),
        "capabilities": plain(CAPABILITIES),
    }


def images(facts: ProjectFacts) -> Iterator[str]:
    """The images of all DaemonSets in the project."""
    for daemonset in facts.daemonsets or ():
        for field in CONTAINERS:
            for container in items_at(daemonset, (*POD, field)):
                image = get(container, ("image",))
                if isinstance(image, str):
                    yield image


def extended_resources(facts: ProjectFacts) -> Iterator[str]:
    """The extended resources of the nodes."""
    for node in facts.nodes or ():
        allocatable = get(node, ("status", "allocatable"))
        for name in allocatable if isinstance(allocatable, dict) else ():
            if "/" in name or name.startswith("hugepages-"):
                yield name


def summary(value: Json) -> str:
    count = len(items_at(value, (*POD, "containers")))
    return ngettext("%(n)d container", "%(n)d containers", count) % {"n": count} if count else ""


STEP = Step("pods", _("Pod template"), parts, summary, suggestions, f"{TEMPLATES}/pods.html")
