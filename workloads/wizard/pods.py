"""Step 2: containers and init containers, update strategy, settings and security of the pod.

Labels are KubeSphere's where it has the field, Kubernetes' own words elsewhere; a placeholder says what
Kubernetes does if the field is left blank (pkg/apis/core/v1/defaults.go, pkg/apis/apps/v1/defaults.go).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from workloads.daemonsets import limit_ranges, quantity
from workloads.daemonsets.facts import ProjectFacts
from workloads.documents.paths import ABSENT, Change, Json, Path, get, item
from workloads.wizard.bindings import Column, Field, Group, OneOf, Pairs, Part, Rows, Virtual, Way
from workloads.wizard.codecs import (
    AMOUNT,
    AS_TYPED,
    FLAG,
    LINES,
    NUMBER,
    NUMBER_OR_TEXT,
    NUMBERS,
    QUANTITY,
    TEXT,
    TRISTATE,
    WORDS,
    Choice,
    Tristate,
    Undecodable,
    Words,
)
from workloads.wizard.steps import Step, Suggestions

TEMPLATE: Path = ("spec", "template")
POD: Path = (*TEMPLATE, "spec")
PLAIN_RESOURCES = frozenset({"cpu", "memory", "ephemeral-storage"})

ITEMS_HELP = _(
    "One per line; commas and quotes are kept. “|” starts an item of several lines, each behind two blanks."
)


def same(*names: str) -> tuple[tuple[str, str], ...]:
    """Options that are called what they are."""
    return tuple((name, name) for name in names)


# ---- containers ----


def containers(field: str, name: str, facts: ProjectFacts, *, init: bool) -> Rows:
    return Rows(
        name,
        (*POD, field),
        ("name",),
        partial(container, facts, init),
        _("Init containers") if init else _("Containers"),
        add=_("Add an init container") if init else _("Add a container"),
        help=_("They run to their end, one after the other, before the containers start.") if init else "",
        title=container_title,
        movable=True,
        blank=0 if init else 1,
        row_template="workloads/wizard/_container.html",
    )


def container_title(value: Json) -> str:
    name = value.get("name") if isinstance(value, dict) else None
    return name if isinstance(name, str) else ""


def container(facts: ProjectFacts, init: bool, value: Json, position: int) -> list[Part]:
    parts: list[Part] = [
        Group("image", _("Image and resources"), list(image_and_resources(facts, init, value)), open=True),
        Group("ports", _("Ports"), [ports()]),
        Group("env", _("Environment variables"), [environment(), whole_sources()]),
        Group(
            "start",
            _("Start command"),
            [
                Field(
                    "command",
                    ("command",),
                    LINES,
                    _("Command"),
                    ITEMS_HELP,
                    _("The image's entrypoint"),
                    look="mono wide",
                ),
                Field(
                    "args", ("args",), LINES, _("Parameters"), "", _("The image's command"), look="mono wide"
                ),
                Field(
                    "dir", ("workingDir",), TEXT, _("Working directory"), "", _("The image's"), look="mono"
                ),
            ],
        ),
    ]
    if not init or sidecar(value):
        parts.append(
            Group(
                "health",
                _("Health checks"),
                [
                    probe(
                        "live",
                        "livenessProbe",
                        _("Liveness probe"),
                        _("Restarts a container that stops answering."),
                    ),
                    probe(
                        "ready",
                        "readinessProbe",
                        _("Readiness probe"),
                        _("A pod counts as ready only while it answers."),
                    ),
                    probe(
                        "startup",
                        "startupProbe",
                        _("Startup probe"),
                        _("The other probes wait until it answers once."),
                    ),
                ],
            )
        )
        parts.append(
            Group(
                "life",
                _("Lifecycle"),
                [
                    hook("post", "postStart", _("Post-start action"), value),
                    hook("pre", "preStop", _("Pre-stop action"), value),
                ],
            )
        )
    parts += [security(), advanced()]
    return parts


def sidecar(value: Json) -> bool:
    """An init container that keeps running: only such a one may have probes and hooks. Or one that has some."""
    return isinstance(value, dict) and (
        value.get("restartPolicy") == "Always"
        or any(field in value for field in ("livenessProbe", "readinessProbe", "startupProbe", "lifecycle"))
    )


def image_and_resources(facts: ProjectFacts, init: bool, value: Json) -> Iterator[Part]:
    yield Field(
        "image", ("image",), TEXT, _("Image"), placeholder="nginx:1.29", suggest="images", look="mono wide"
    )
    yield Field("name", ("name",), TEXT, _("Container name"), placeholder=_("lower-case letters, digits, -"))
    pull = Choice(
        (
            ("Always", _("Pull always")),
            ("IfNotPresent", _("Use the local image first")),
            ("Never", _("Local image only")),
        ),
        _("Always for :latest, else local first"),
    )
    yield Field("pull", ("imagePullPolicy",), pull, _("Image pull policy"))
    if init:
        always = Choice((("Always", _("Sidecar: starts before and keeps running")),), _("Runs to its end"))
        yield Field("restart", ("restartPolicy",), always, _("Container type"))
    expected = limit_ranges.effective(value if isinstance(value, dict) else {}, facts.limit_ranges or ())
    for short, resource, request, limit in (
        ("cpu", "cpu", _("CPU request"), _("CPU limit")),
        ("mem", "memory", _("Memory request"), _("Memory limit")),
        ("disk", "ephemeral-storage", _("Ephemeral storage request"), _("Ephemeral storage limit")),
    ):
        yield amount(f"{short}-req", "requests", resource, request, expected.requests, _("No request"))
        yield amount(f"{short}-lim", "limits", resource, limit, expected.limits, _("No limit"))
    yield Pairs(
        "more",
        [
            Column("lim", ("resources", "limits"), _("Limit"), QUANTITY, ABSENT, placeholder="1"),
            Column(
                "req",
                ("resources", "requests"),
                _("Request"),
                QUANTITY,
                ABSENT,
                placeholder=_("As the limit"),
            ),
        ],
        _("Resource"),
        _("GPUs and other resources"),
        add=_("Add a resource"),
        hidden=PLAIN_RESOURCES.__contains__,
        key_suggest="extended",
        key_placeholder="nvidia.com/gpu",
        blank=0,
    )


def amount(
    name: str, kind: str, resource: str, label: Words, expected: limit_ranges.Amounts, none: Words
) -> Field:
    """A request or limit; its placeholder says what will apply if it is left blank."""
    will_be = expected.get(resource)
    if will_be is not None:
        none = gettext("%(amount)s by default") % {
            "amount": quantity.show(will_be, quantity.style_of(resource))
        }
    return Field(name, ("resources", kind, resource), AMOUNT, label, placeholder=none, look="quarter")


def ports() -> Rows:
    return Rows(
        "ports",
        ("ports",),
        ("containerPort", "protocol"),
        [
            Field("port", ("containerPort",), NUMBER, _("Container port"), placeholder="8080", look="narrow"),
            Field(
                "protocol",
                ("protocol",),
                Choice(same("TCP", "UDP", "SCTP"), _("TCP (default)")),
                _("Protocol"),
                look="narrow",
            ),
            Field("name", ("name",), TEXT, _("Name"), placeholder="http"),
            Field("host", ("hostPort",), NUMBER, _("Host port"), placeholder=_("None"), look="narrow"),
            Field("ip", ("hostIP",), TEXT, _("Host IP"), placeholder=_("All addresses")),
        ],
        add=_("Add a port"),
    )


def environment() -> Rows:
    return Rows("vars", ("env",), ("name",), variable, add=_("Add an environment variable"))


ENV_SOURCES = ("configMapKeyRef", "secretKeyRef", "fieldRef", "resourceFieldRef")


def variable(value: Json, position: int) -> list[Part]:
    field_parts: list[Part] = [
        Field(
            "path",
            ("valueFrom", "fieldRef", "fieldPath"),
            TEXT,
            _("Field"),
            placeholder="spec.nodeName",
            suggest="fields",
            look="mono",
        ),
    ]
    if get(value, ("valueFrom", "fieldRef", "apiVersion")) is not ABSENT:
        field_parts.append(
            Field("api", ("valueFrom", "fieldRef", "apiVersion"), TEXT, _("API version"), look="narrow")
        )
    return [
        Field("name", ("name",), TEXT, _("Key"), placeholder="NODE_NAME", look="mono"),
        OneOf(
            "from",
            _("Source"),
            [
                Way(
                    "value",
                    _("Custom"),
                    ("value",),
                    [
                        Field("v", ("value",), AS_TYPED, _("Value"), look="mono"),
                    ],
                    ABSENT,
                ),
                key_ref("configmap", _("From a ConfigMap"), "configMapKeyRef", "configmaps"),
                key_ref("secret", _("From a Secret"), "secretKeyRef", "secrets"),
                Way("field", _("From a pod field"), ("valueFrom", "fieldRef"), field_parts),
                Way(
                    "resource",
                    _("From a resource"),
                    ("valueFrom", "resourceFieldRef"),
                    [
                        Field(
                            "of",
                            ("valueFrom", "resourceFieldRef", "resource"),
                            TEXT,
                            _("Resource"),
                            placeholder="limits.cpu",
                            suggest="resources",
                            look="mono",
                        ),
                        Field(
                            "container",
                            ("valueFrom", "resourceFieldRef", "containerName"),
                            TEXT,
                            _("Container"),
                            placeholder=_("This one"),
                        ),
                        Field(
                            "divisor",
                            ("valueFrom", "resourceFieldRef", "divisor"),
                            QUANTITY,
                            _("Divisor"),
                            placeholder="1",
                            look="narrow",
                        ),
                    ],
                ),
            ],
            default="value",
            foreign=lambda value: get(value, ("valueFrom",)) not in (ABSENT, None),
        ),
    ]


def key_ref(key: str, label: Words, ref: str, suggest: str) -> Way:
    path = ("valueFrom", ref)
    return Way(
        key,
        label,
        path,
        [
            Field("name", (*path, "name"), TEXT, _("Resource"), placeholder=_("Name"), suggest=suggest),
            Field(
                "key",
                (*path, "key"),
                TEXT,
                _("Key in resource"),
                placeholder=_("Key"),
                suggest=f"{suggest}-keys",
            ),
            Field("optional", (*path, "optional"), FLAG, _("Optional"), look="flag"),
        ],
    )


def whole_sources() -> Rows:
    return Rows(
        "sources",
        ("envFrom",),
        (),
        [
            OneOf(
                "from",
                _("Source"),
                [
                    whole_ref("configmap", _("All keys of a ConfigMap"), "configMapRef", "configmaps"),
                    whole_ref("secret", _("All keys of a Secret"), "secretRef", "secrets"),
                ],
                default="configmap",
                foreign=lambda value: bool(set(value or {}) - {"prefix", "configMapRef", "secretRef"}),
            ),
            Field("prefix", ("prefix",), TEXT, _("Prefix"), placeholder=_("None"), look="mono"),
        ],
        add=_("Add all keys of a ConfigMap or Secret"),
        blank=0,
    )


def whole_ref(key: str, label: Words, ref: str, suggest: str) -> Way:
    return Way(
        key,
        label,
        (ref,),
        [
            Field("name", (ref, "name"), TEXT, _("Resource"), placeholder=_("Name"), suggest=suggest),
            Field("optional", (ref, "optional"), FLAG, _("Optional"), look="flag"),
        ],
    )


def http_get() -> Way:
    path = ("httpGet",)
    return Way(
        "http",
        _("HTTP request"),
        path,
        [
            Field(
                "scheme",
                (*path, "scheme"),
                Choice(same("HTTP", "HTTPS"), _("HTTP (default)")),
                _("Scheme"),
                look="quarter",
            ),
            Field("path", (*path, "path"), TEXT, _("Path"), placeholder="/", look="mono quarter"),
            Field(
                "port",
                (*path, "port"),
                NUMBER_OR_TEXT,
                _("Port"),
                placeholder=_("Number or name"),
                look="quarter",
            ),
            Field("host", (*path, "host"), TEXT, _("Host"), placeholder=_("The pod's IP"), look="quarter"),
            Rows(
                "headers",
                (*path, "httpHeaders"),
                ("name",),
                [
                    Field("name", ("name",), TEXT, _("Header"), placeholder="X-Probe"),
                    Field("value", ("value",), AS_TYPED, _("Value")),
                ],
                add=_("Add a header"),
                blank=0,
            ),
        ],
    )


def execute() -> Way:
    command = Field(
        "command",
        ("exec", "command"),
        LINES,
        _("Command"),
        _("One item per line; no shell is involved."),
        look="mono wide",
    )
    return Way("exec", _("Command"), ("exec",), [command])


def tcp_socket() -> Way:
    return Way(
        "tcp",
        _("TCP port"),
        ("tcpSocket",),
        [
            Field(
                "port",
                ("tcpSocket", "port"),
                NUMBER_OR_TEXT,
                _("Port"),
                placeholder=_("Number or name"),
                look="quarter",
            ),
            Field(
                "host", ("tcpSocket", "host"), TEXT, _("Host"), placeholder=_("The pod's IP"), look="quarter"
            ),
        ],
    )


def grpc() -> Way:
    return Way(
        "grpc",
        _("gRPC"),
        ("grpc",),
        [
            Field("port", ("grpc", "port"), NUMBER, _("Port"), placeholder="9090", look="quarter"),
            Field("service", ("grpc", "service"), TEXT, _("Service"), placeholder=_("None"), look="quarter"),
        ],
    )


def probe(name: str, field: str, label: Words, help: Words) -> OneOf:
    seconds = _("s")
    common: list[Part] = [
        Field(
            "delay",
            ("initialDelaySeconds",),
            NUMBER,
            _("Initial delay"),
            placeholder="0",
            unit=seconds,
            look="sixth",
        ),
        Field(
            "period",
            ("periodSeconds",),
            NUMBER,
            _("Check interval"),
            placeholder="10",
            unit=seconds,
            look="sixth",
        ),
        Field(
            "timeout", ("timeoutSeconds",), NUMBER, _("Timeout"), placeholder="1", unit=seconds, look="sixth"
        ),
        Field(
            "success", ("successThreshold",), NUMBER, _("Success threshold"), placeholder="1", look="sixth"
        ),
        Field(
            "failure", ("failureThreshold",), NUMBER, _("Failure threshold"), placeholder="3", look="sixth"
        ),
    ]
    if field != "readinessProbe":
        common.append(
            Field(
                "grace",
                ("terminationGracePeriodSeconds",),
                NUMBER,
                _("Grace period"),
                placeholder=_("The pod's"),
                unit=seconds,
                look="sixth",
            )
        )
    ways = [http_get(), execute(), tcp_socket(), grpc()]
    return OneOf(name, label, ways, (field,), none=_("None"), common=common, help=help)


def hook(name: str, field: str, label: Words, value: Json) -> OneOf:
    path = ("lifecycle", field)
    ways = [
        execute(),
        http_get(),
        Way(
            "sleep",
            _("Sleep"),
            ("sleep",),
            [
                Field("seconds", ("sleep", "seconds"), NUMBER, _("Seconds"), look="quarter"),
            ],
        ),
    ]
    if get(value, (*path, "tcpSocket")) is not ABSENT:
        ways.append(tcp_socket())  # accepted for old manifests, and never called by Kubernetes
    return OneOf(name, label, ways, path, none=_("None"))


def security() -> Group:
    return Group(
        "sec",
        _("Security context"),
        [
            Field("privileged", ("privileged",), TRISTATE, _("Privileged mode"), look="quarter"),
            Field(
                "escalate",
                ("allowPrivilegeEscalation",),
                TRISTATE,
                _("Allow privilege escalation"),
                look="quarter",
            ),
            Field(
                "readonly",
                ("readOnlyRootFilesystem",),
                TRISTATE,
                _("Root directory read-only"),
                look="quarter",
            ),
            Field("nonroot", ("runAsNonRoot",), TRISTATE, _("Run as non-root"), look="quarter"),
            Field("user", ("runAsUser",), NUMBER, _("User"), placeholder=_("The image's"), look="quarter"),
            Field(
                "group",
                ("runAsGroup",),
                NUMBER,
                _("User group"),
                placeholder=_("The image's"),
                look="quarter",
            ),
            Field(
                "add",
                ("capabilities", "add"),
                WORDS,
                _("Add capabilities"),
                placeholder="NET_ADMIN, SYS_TIME",
                suggest="capabilities",
                look="mono quarter",
            ),
            Field(
                "drop",
                ("capabilities", "drop"),
                WORDS,
                _("Drop capabilities"),
                placeholder="ALL",
                suggest="capabilities",
                look="mono quarter",
            ),
            *profile("seccomp", "seccompProfile", _("Seccomp profile")),
            *profile("apparmor", "appArmorProfile", _("AppArmor profile")),
            *selinux(),
        ],
        path=("securityContext",),
    )


def profile(name: str, field: str, label: Words) -> list[Part]:
    kinds = Choice(same("RuntimeDefault", "Unconfined", "Localhost"), _("Default"))
    return [
        Field(name, (field, "type"), kinds, label, look="quarter"),
        Field(
            f"{name}-file",
            (field, "localhostProfile"),
            TEXT,
            _("Profile on the node"),
            placeholder=_("With Localhost only"),
            look="mono quarter",
        ),
    ]


def selinux() -> list[Part]:
    labels = {
        "level": _("SELinux level"),
        "role": _("SELinux role"),
        "type": _("SELinux type"),
        "user": _("SELinux user"),
    }
    return [
        Field(
            f"selinux-{field}",
            ("seLinuxOptions", field),
            TEXT,
            label,
            placeholder=_("Default"),
            look="mono quarter",
        )
        for field, label in labels.items()
    ]


def advanced() -> Group:
    policies = Choice(same("File", "FallbackToLogsOnError"), _("File (default)"))
    return Group(
        "more",
        _("Advanced"),
        [
            Virtual(
                "timezone",
                shows_host_time,
                write_host_time,
                label=_("Synchronize host timezone"),
                help=_("Mounts the node's /etc/localtime read-only."),
            ),
            Field("stdin", ("stdin",), FLAG, _("Keep stdin open")),
            Field("tty", ("tty",), FLAG, _("Allocate a terminal (tty)")),
            Field(
                "message",
                ("terminationMessagePath",),
                TEXT,
                _("Termination message file"),
                placeholder="/dev/termination-log",
                look="mono",
            ),
            Field("policy", ("terminationMessagePolicy",), policies, _("Termination message from")),
        ],
    )


# ---- host timezone: one volume for the pod, one mount in each container that wants it ----

HOST_TIME = "host-time"
LOCALTIME = "/etc/localtime"
_MOUNT = item(name=HOST_TIME, mountPath=LOCALTIME)


def _is_host_time(volume: Json) -> bool:
    return get(volume, ("hostPath", "path")) == LOCALTIME


def _host_time_volume(root: Json) -> Json:
    return get(root, (*POD, "volumes", item(name=HOST_TIME)))


def shows_host_time(root: Json, path: Path) -> str:
    mounted = get(root, (*path, "volumeMounts", _MOUNT)) is not ABSENT
    return "true" if mounted and _is_host_time(_host_time_volume(root)) else ""


def write_host_time(root: Json, path: Path, raw: str) -> list[Change]:
    volume = _host_time_volume(root)
    if raw:
        if volume is not ABSENT and not _is_host_time(volume):
            raise Undecodable(gettext("There is another volume named host-time already."))
        mounts = get(root, (*path, "volumeMounts")) or []
        if any(isinstance(mount, dict) and mount.get("mountPath") == LOCALTIME for mount in mounts):
            raise Undecodable(gettext("Something else is mounted at /etc/localtime already."))
        changes: list[Change] = []
        if volume is ABSENT:
            source = {"path": LOCALTIME, "type": ""}
            changes.append(((*POD, "volumes", item(name=HOST_TIME)), {"name": HOST_TIME, "hostPath": source}))
        mount = {"name": HOST_TIME, "mountPath": LOCALTIME, "readOnly": True}
        return [*changes, ((*path, "volumeMounts", _MOUNT), mount)]
    mounts = get(root, (*path, "volumeMounts"))
    gone: Path = (*path, "volumeMounts") if len(mounts) == 1 else (*path, "volumeMounts", _MOUNT)
    changes = [(gone, ABSENT)]
    if _mounts_of(root, HOST_TIME) == 1:
        volumes: Path = (*POD, "volumes")
        alone = len(get(root, volumes)) == 1
        changes.append((volumes if alone else (*volumes, item(name=HOST_TIME)), ABSENT))
    return changes


def _mounts_of(root: Json, volume: str) -> int:
    everyone = [*(get(root, (*POD, "containers")) or []), *(get(root, (*POD, "initContainers")) or [])]
    return sum(
        isinstance(mount, dict) and mount.get("name") == volume
        for each in everyone
        if isinstance(each, dict)
        for mount in each.get("volumeMounts") or []
    )


# ---- the pod ----


def update_strategy() -> Group:
    strategy: Path = ("spec", "updateStrategy")
    kinds = Choice(
        (("RollingUpdate", _("Rolling update (recommended)")), ("OnDelete", _("Update on deletion"))),
        _("Rolling update (default)"),
    )
    return Group(
        "update",
        _("Update strategy"),
        [
            Field(
                "strategy",
                (*strategy, "type"),
                kinds,
                _("Update strategy"),
                _("On deletion: a pod is replaced when somebody deletes it."),
                look="wide",
            ),
            Field(
                "unavailable",
                (*strategy, "rollingUpdate", "maxUnavailable"),
                NUMBER_OR_TEXT,
                _("Maximum unavailable pods"),
                _("A number, or a percentage such as 10%."),
                "1",
                look="quarter",
            ),
            Field(
                "surge",
                (*strategy, "rollingUpdate", "maxSurge"),
                NUMBER_OR_TEXT,
                _("Maximum extra pods"),
                _("New pods beside old ones on a node; one of the two is 0."),
                "0",
                look="quarter",
            ),
            Field(
                "ready",
                ("spec", "minReadySeconds"),
                NUMBER,
                _("Minimum running time for readiness"),
                placeholder="0",
                unit=_("s"),
                look="quarter",
            ),
            Field(
                "history",
                ("spec", "revisionHistoryLimit"),
                NUMBER,
                _("Revisions kept"),
                placeholder="10",
                look="quarter",
            ),
        ],
    )


def pod_settings() -> Group:
    dns = Choice(
        same("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"), _("ClusterFirst (default)")
    )
    no = Tristate(_("No (default)"))
    return Group(
        "pod",
        _("Pod settings"),
        [
            Field("net", (*POD, "hostNetwork"), no, _("Host network"), look="quarter"),
            Field("pid", (*POD, "hostPID"), no, _("Host process IDs"), look="quarter"),
            Field("ipc", (*POD, "hostIPC"), no, _("Host IPC"), look="quarter"),
            Field(
                "share",
                (*POD, "shareProcessNamespace"),
                no,
                _("Share processes between containers"),
                look="quarter",
            ),
            Field(
                "dns",
                (*POD, "dnsPolicy"),
                dns,
                _("DNS policy"),
                _("With the host network: ClusterFirstWithHostNet."),
                look="half",
            ),
            Field(
                "grace",
                (*POD, "terminationGracePeriodSeconds"),
                NUMBER,
                _("Termination grace period"),
                placeholder="30",
                unit=_("s"),
                look="quarter",
            ),
            Field(
                "priority",
                (*POD, "priorityClassName"),
                TEXT,
                _("Priority class"),
                placeholder=_("Default"),
                suggest="priorities",
                look="quarter",
            ),
            Virtual(
                "account",
                shows_account,
                write_account,
                path=(*POD, "serviceAccountName"),
                codec=TEXT,
                label=_("Service account"),
                placeholder="default",
                suggest="accounts",
                look="half",
                covers=((*POD, "serviceAccount"),),
            ),
            Field(
                "token",
                (*POD, "automountServiceAccountToken"),
                Tristate(_("As the service account says")),
                _("Mount its token"),
                look="half",
            ),
            Rows(
                "pull",
                (*POD, "imagePullSecrets"),
                ("name",),
                [Field("name", ("name",), TEXT, _("Secret"), placeholder="harbor", suggest="registries")],
                _("Image pull secrets"),
                add=_("Add a pull secret"),
                help=_("For images of private registries, such as Harbor."),
            ),
        ],
    )


# serviceAccount is the old name of serviceAccountName: the server keeps both alike, and reads the old one only
# where the new one is missing (pkg/apis/core/v1/conversion.go).


def shows_account(root: Json, path: Path) -> str | None:
    new, old = get(root, path), get(root, (*path[:-1], "serviceAccount"))
    return TEXT.show(old if new in (ABSENT, None, "") else new)


def write_account(root: Json, path: Path, raw: str) -> list[Change]:
    name = TEXT.read(raw, ABSENT)
    there = [p for p in (path, (*path[:-1], "serviceAccount")) if get(root, p) is not ABSENT]
    return [(p, name) for p in there or [path]]


def pod_security() -> Group:
    return Group(
        "podsec",
        _("Pod security context"),
        [
            Field("user", ("runAsUser",), NUMBER, _("User"), placeholder=_("The image's"), look="quarter"),
            Field(
                "group",
                ("runAsGroup",),
                NUMBER,
                _("User group"),
                placeholder=_("The image's"),
                look="quarter",
            ),
            Field("nonroot", ("runAsNonRoot",), TRISTATE, _("Run as non-root"), look="quarter"),
            Field(
                "fsgroup",
                ("fsGroup",),
                NUMBER,
                _("Group of volumes (fsGroup)"),
                placeholder=_("None"),
                look="quarter",
            ),
            Field(
                "fspolicy",
                ("fsGroupChangePolicy",),
                Choice(same("Always", "OnRootMismatch"), _("Always (default)")),
                _("Change that group"),
                look="quarter",
            ),
            Field(
                "groups",
                ("supplementalGroups",),
                NUMBERS,
                _("Further groups"),
                placeholder="1000, 2000",
                look="quarter",
            ),
            *profile("seccomp", "seccompProfile", _("Seccomp profile")),
            *selinux(),
        ],
        path=(*POD, "securityContext"),
        help=_("Holds for all containers that say nothing else."),
    )


# ---- the step ----


def parts(value: Json, facts: ProjectFacts) -> Sequence[Part]:
    return [
        containers("containers", "c", facts, init=False),
        containers("initContainers", "i", facts, init=True),
        update_strategy(),
        pod_settings(),
        pod_security(),
    ]


def summary(value: Json) -> str:
    count = len(get(value, (*POD, "containers")) or ())
    return ngettext("%(n)d container", "%(n)d containers", count) % {"n": count}


FIELDS = (
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
    "metadata.labels['app']",
    "metadata.annotations['example.com/key']",
)
RESOURCES = tuple(
    f"{kind}.{resource}"
    for kind in ("limits", "requests")
    for resource in ("cpu", "memory", "ephemeral-storage")
)
CAPABILITIES = (
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
)
PRIORITIES = ("system-node-critical", "system-cluster-critical")
REGISTRY_KEYS = frozenset({".dockerconfigjson", ".dockercfg"})


def suggestions(facts: ProjectFacts) -> Suggestions:
    def plain(names: Any) -> list[tuple[str, str]]:
        return [(name, "") for name in names]

    configmaps, secrets = facts.configmaps or {}, facts.secrets or {}
    return {
        "images": plain(sorted(set(_images(facts)))),
        "configmaps": plain(sorted(configmaps)),
        "configmaps-keys": [(key, name) for name in sorted(configmaps) for key in sorted(configmaps[name])],
        "secrets": plain(sorted(secrets)),
        "secrets-keys": [(key, name) for name in sorted(secrets) for key in sorted(secrets[name])],
        "registries": plain(sorted(name for name in secrets if secrets[name] & REGISTRY_KEYS)),
        "accounts": plain(sorted(facts.service_accounts or ())),
        "extended": plain(sorted(set(_extended(facts))) or ("nvidia.com/gpu", "amd.com/gpu")),
        "priorities": plain(PRIORITIES),
        "fields": plain(FIELDS),
        "resources": plain(RESOURCES),
        "capabilities": plain(CAPABILITIES),
    }


def _images(facts: ProjectFacts) -> Iterator[str]:
    for daemonset in facts.daemonsets or ():
        for field in ("containers", "initContainers"):
            for each in get(daemonset, (*POD, field)) or ():
                if isinstance(each, dict) and isinstance(each.get("image"), str):
                    yield each["image"]


def _extended(facts: ProjectFacts) -> Iterator[str]:
    for node in facts.nodes or ():
        for name in get(node, ("status", "allocatable")) or ():
            if "/" in name or name.startswith("hugepages-"):
                yield name


STEP = Step("pods", _("Pod template"), parts, summary, suggestions, template="workloads/wizard/pods.html")
