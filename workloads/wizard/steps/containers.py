"""What a container's card holds, as parts; paths are relative to the container.

Labels are KubeSphere's where it has the field, Kubernetes' own words elsewhere; a placeholder says what
Kubernetes does if the field is left blank (pkg/apis/core/v1/defaults.go).
"""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from workloads.daemonsets.manifest import quantity
from workloads.daemonsets.manifest.pod import PROBES
from workloads.daemonsets.project import limit_ranges
from workloads.daemonsets.project.facts import ProjectFacts
from workloads.documents.paths import ABSENT, Json, Path, get
from workloads.wizard.form.codecs import (
    AMOUNT,
    AS_TYPED,
    FLAG,
    LINES,
    NUMBER,
    NUMBER_OR_TEXT,
    QUANTITY,
    TEXT,
    TRISTATE,
    WORDS,
    Choice,
    Codec,
    Words,
)
from workloads.wizard.form.parts import Column, Field, Group, OneOf, Pairs, Part, Rows, Virtual, Way
from workloads.wizard.steps import host_time

PLAIN_RESOURCES = frozenset({"cpu", "memory", "ephemeral-storage"})
NONE, DEFAULT, IMAGE = _("None"), _("Default"), _("The image's")
SECONDS = _("s")


def parts(value: Json, facts: ProjectFacts, *, init: bool) -> list[Part]:
    """The groups of one container; `value` is {} for a new one."""
    probed = not init or _may_be_probed(value)
    return [
        Group("image", _("Image and resources"), image_and_resources(value, facts, init), open=True),
        Group("ports", _("Ports"), [ports()]),
        Group("env", _("Environment variables"), [variables(), whole_sources()]),
        Group("start", _("Start command"), start()),
        *([Group("health", _("Health checks"), probes())] if probed else []),
        *([Group("life", _("Lifecycle"), hooks(value))] if probed else []),
        Group("sec", _("Security context"), security(), ("securityContext",)),
        Group("more", _("Advanced"), advanced()),
    ]


def _may_be_probed(value: Json) -> bool:
    """Of an init container: whether it keeps running, or has probes or hooks already."""
    return isinstance(value, dict) and (
        value.get("restartPolicy") == "Always" or any(field in value for field in (*PROBES, "lifecycle"))
    )


def same(*names: str) -> tuple[tuple[str, str], ...]:
    """Options that are called what they are."""
    return tuple((name, name) for name in names)


def quarter(
    name: str,
    path: Path,
    codec: Codec,
    label: Words,
    placeholder: Words = "",
    *,
    suggest: str = "",
    help: Words = "",
    required: bool = False,
) -> Field:
    """A field that takes a quarter of the line."""
    return Field(name, path, codec, label, help, placeholder, suggest, look="quarter", required=required)


# ---- image and resources ----


def image_and_resources(value: Json, facts: ProjectFacts, init: bool) -> list[Part]:
    pull = Choice(
        (
            ("Always", _("Pull always")),
            ("IfNotPresent", _("Use the local image first")),
            ("Never", _("Use the local image only")),
        ),
        _("Always for :latest, else local first"),
    )
    kind = Choice((("Always", _("Sidecar: starts first and keeps running")),), _("Runs to its end"))
    return [
        Field("image", ("image",), TEXT, _("Image"), "", "nginx:1.29", "images", look="mono", required=True),
        Field(
            "name",
            ("name",),
            TEXT,
            _("Container name"),
            "",
            _("lowercase letters, digits, -"),
            required=True,
        ),
        Field("pull", ("imagePullPolicy",), pull, _("Image pull policy")),
        *([Field("restart", ("restartPolicy",), kind, _("Container type"))] if init else []),
        *amounts(value, facts),
        Pairs(
            "extra",
            [
                Column("lim", ("resources", "limits"), _("Limit"), QUANTITY, ABSENT, "1"),
                Column("req", ("resources", "requests"), _("Request"), QUANTITY, ABSENT, _("As the limit")),
            ],
            _("Resource"),
            _("GPUs and other resources"),
            _("Add a resource"),
            PLAIN_RESOURCES.__contains__,
            "extended",
            "nvidia.com/gpu",
            blank=0,
        ),
    ]


def amounts(value: Json, facts: ProjectFacts) -> list[Part]:
    """Requests and limits; the placeholder of each says what will apply if it is left blank."""
    will_be = limit_ranges.effective(value if isinstance(value, dict) else {}, facts.limit_ranges or ())

    def amount(name: str, kind: str, resource: str, label: Words) -> Field:
        blank: Words = _("No request") if kind == "requests" else _("No limit")
        expected = (will_be.requests if kind == "requests" else will_be.limits).get(resource)
        if expected is not None:
            shown = quantity.show_of(resource, expected)
            blank = gettext("%(amount)s by default") % {"amount": shown}
        help = "" if resource in ("cpu", "memory") else _("Ephemeral storage")
        return quarter(name, ("resources", kind, resource), AMOUNT, label, blank, help=help)

    return [
        amount("cpu-req", "requests", "cpu", _("CPU request")),
        amount("cpu-lim", "limits", "cpu", _("CPU limit")),
        amount("mem-req", "requests", "memory", _("Memory request")),
        amount("mem-lim", "limits", "memory", _("Memory limit")),
        amount("disk-req", "requests", "ephemeral-storage", _("Disk request")),
        amount("disk-lim", "limits", "ephemeral-storage", _("Disk limit")),
    ]


# ---- ports, environment, command ----


def ports() -> Rows:
    protocol = Choice(same("TCP", "UDP", "SCTP"), _("TCP (default)"))
    fields = [
        Field("port", ("containerPort",), NUMBER, _("Container port"), "", "8080", look="narrow"),
        Field("protocol", ("protocol",), protocol, _("Protocol"), look="short"),
        Field("name", ("name",), TEXT, _("Name"), "", "http"),
        Field("host", ("hostPort",), NUMBER, _("Host port"), "", NONE, look="narrow"),
        Field("ip", ("hostIP",), TEXT, _("Host IP"), "", _("All addresses")),
    ]
    return Rows("ports", ("ports",), ("containerPort", "protocol"), fields, add=_("Add a port"))


def variables() -> Rows:
    return Rows("vars", ("env",), ("name",), variable, add=_("Add an environment variable"))


def variable(value: Json, position: int) -> list[Part]:
    literal = Field("v", ("value",), AS_TYPED, _("Value"), look="mono")
    ways = [
        Way("value", _("Custom"), ("value",), [literal], ABSENT),
        key_of("configmap", _("From a ConfigMap"), ("valueFrom", "configMapKeyRef"), "configmaps"),
        key_of("secret", _("From a Secret"), ("valueFrom", "secretKeyRef"), "secrets"),
        pod_field(value, ("valueFrom", "fieldRef")),
        own_resource(("valueFrom", "resourceFieldRef")),
    ]
    return [
        Field("name", ("name",), TEXT, _("Key"), "", "NODE_NAME", look="mono first"),
        OneOf("from", _("Source"), ways, default="value", foreign=has_other_source),
    ]


def has_other_source(value: Json) -> bool:
    """Asked where none of the known sources is there."""
    return get(value, ("valueFrom",)) not in (ABSENT, None)


def key_of(key: str, label: Words, at: Path, suggest: str) -> Way:
    fields = [
        Field("name", (*at, "name"), TEXT, _("Resource"), "", _("Name"), suggest, required=True),
        Field(
            "key", (*at, "key"), TEXT, _("Key in resource"), "", _("Key"), f"{suggest}-keys", required=True
        ),
        Field("optional", (*at, "optional"), FLAG, _("Optional"), look="flag"),
    ]
    return Way(key, label, at, fields)


def pod_field(value: Json, at: Path) -> Way:
    place = (*at, "fieldPath")
    fields = [
        Field("path", place, TEXT, _("Field"), "", "spec.nodeName", "fields", look="mono", required=True)
    ]
    if get(value, (*at, "apiVersion")) is not ABSENT:  # always v1, and so only shown where somebody wrote it
        fields.append(Field("api", (*at, "apiVersion"), TEXT, _("API version"), look="narrow"))
    return Way("field", _("From a pod field"), at, fields)


def own_resource(at: Path) -> Way:
    fields = [
        Field(
            "of",
            (*at, "resource"),
            TEXT,
            _("Resource"),
            "",
            "limits.cpu",
            "resources",
            look="mono",
            required=True,
        ),
        Field("container", (*at, "containerName"), TEXT, _("Container"), "", _("This one")),
        Field("divisor", (*at, "divisor"), QUANTITY, _("Divisor"), "", "1", look="narrow"),
    ]
    return Way("resource", _("From a resource"), at, fields)


def whole_sources() -> Rows:
    ways = [
        all_keys_of("configmap", _("Whole ConfigMap"), "configMapRef", "configmaps"),
        all_keys_of("secret", _("Whole Secret"), "secretRef", "secrets"),
    ]
    fields: list[Part] = [
        OneOf("from", _("Source"), ways, default="configmap", foreign=has_other_fields),
        Field("prefix", ("prefix",), TEXT, _("Prefix"), "", NONE, look="mono"),
    ]
    return Rows("sources", ("envFrom",), (), fields, add=_("Add a whole ConfigMap or Secret"), blank=0)


def has_other_fields(value: Json) -> bool:
    """Asked where neither a ConfigMap nor a Secret is named."""
    return bool(set(value or ()) - {"prefix"})


def all_keys_of(key: str, label: Words, field: str, suggest: str) -> Way:
    fields = [
        Field("name", (field, "name"), TEXT, _("Resource"), "", _("Name"), suggest, required=True),
        Field("optional", (field, "optional"), FLAG, _("Optional"), look="flag"),
    ]
    return Way(key, label, (field,), fields)


def start() -> list[Part]:
    help = _(
        "One per line; commas and quotes are kept. For one of several lines: “|”, then its lines below, each "
        "behind two blanks."
    )
    return [
        Field(
            "command", ("command",), LINES, _("Command"), help, _("The image's entrypoint"), look="mono wide"
        ),
        Field("args", ("args",), LINES, _("Parameters"), "", _("The image's command"), look="mono wide"),
        Field("dir", ("workingDir",), TEXT, _("Working directory"), "", IMAGE, look="mono"),
    ]


# ---- probes and hooks ----


def probes() -> list[Part]:
    return [
        probe("live", "livenessProbe", _("Liveness probe"), _("Restarts a container that stops answering.")),
        probe("ready", "readinessProbe", _("Readiness probe"), _("A pod is ready only while it answers.")),
        probe(
            "startup", "startupProbe", _("Startup probe"), _("The other probes wait until it answers once.")
        ),
    ]


def probe(name: str, field: str, label: Words, help: Words) -> OneOf:
    def timing(name: str, path: str, label: Words, default: Words, unit: Words = "") -> Field:
        return Field(name, (path,), NUMBER, label, "", default, unit=unit, look="third")

    common: list[Part] = [
        timing("delay", "initialDelaySeconds", _("Initial delay"), "0", SECONDS),
        timing("period", "periodSeconds", _("Check interval"), "10", SECONDS),
        timing("timeout", "timeoutSeconds", _("Timeout"), "1", SECONDS),
        timing("success", "successThreshold", _("Success threshold"), "1"),
        timing("failure", "failureThreshold", _("Failure threshold"), "3"),
    ]
    if field != "readinessProbe":
        grace = timing("grace", "terminationGracePeriodSeconds", _("Grace period"), _("The pod's"), SECONDS)
        common.append(grace)
    ways = [http_get(), execute(), tcp_socket(), grpc()]
    return OneOf(name, label, ways, (field,), none=NONE, common=common, help=help)


def hooks(value: Json) -> list[Part]:
    return [
        hook("post", ("lifecycle", "postStart"), _("Post-start action"), value),
        hook("pre", ("lifecycle", "preStop"), _("Pre-stop action"), value),
    ]


def hook(name: str, path: Path, label: Words, value: Json) -> OneOf:
    seconds = quarter("seconds", ("sleep", "seconds"), NUMBER, _("Seconds"), required=True)
    ways = [execute(), http_get(), Way("sleep", _("Sleep"), ("sleep",), [seconds])]
    if get(value, (*path, "tcpSocket")) is not ABSENT:
        ways.append(tcp_socket())  # accepted for the sake of old manifests, and never called by Kubernetes
    return OneOf(name, label, ways, path, none=NONE)


def http_get() -> Way:
    header = [
        Field("name", ("name",), TEXT, _("Header"), "", "X-Probe", required=True),
        Field("value", ("value",), AS_TYPED, _("Value")),
    ]
    scheme = Choice(same("HTTP", "HTTPS"), _("HTTP (default)"))
    fields: Sequence[Part] = [
        quarter("scheme", ("httpGet", "scheme"), scheme, _("Scheme")),
        Field("path", ("httpGet", "path"), TEXT, _("Path"), "", "/", look="mono quarter"),
        quarter("port", ("httpGet", "port"), NUMBER_OR_TEXT, _("Port"), _("Number or name"), required=True),
        quarter("host", ("httpGet", "host"), TEXT, _("Host"), _("The pod's IP")),
        Rows("headers", ("httpGet", "httpHeaders"), ("name",), header, add=_("Add a header"), blank=0),
    ]
    return Way("http", _("HTTP request"), ("httpGet",), fields)


def execute() -> Way:
    help = _("One item per line; no shell is involved.")
    command = Field(
        "command", ("exec", "command"), LINES, _("Command"), help, look="mono wide", required=True
    )
    return Way("exec", _("Command"), ("exec",), [command])


def tcp_socket() -> Way:
    fields = [
        quarter("port", ("tcpSocket", "port"), NUMBER_OR_TEXT, _("Port"), _("Number or name"), required=True),
        quarter("host", ("tcpSocket", "host"), TEXT, _("Host"), _("The pod's IP")),
    ]
    return Way("tcp", _("TCP port"), ("tcpSocket",), fields)


def grpc() -> Way:
    fields = [
        quarter("port", ("grpc", "port"), NUMBER, _("Port"), "9090", required=True),
        quarter("service", ("grpc", "service"), TEXT, _("Service"), NONE),
    ]
    return Way("grpc", _("gRPC"), ("grpc",), fields)


# ---- security and the rest ----


def security() -> list[Part]:
    """Paths relative to the securityContext."""
    return [
        quarter("privileged", ("privileged",), TRISTATE, _("Privileged mode")),
        quarter("escalate", ("allowPrivilegeEscalation",), TRISTATE, _("Allow privilege escalation")),
        quarter("readonly", ("readOnlyRootFilesystem",), TRISTATE, _("Root directory read-only")),
        quarter("nonroot", ("runAsNonRoot",), TRISTATE, _("Run as non-root")),
        quarter("user", ("runAsUser",), NUMBER, _("User"), IMAGE),
        quarter("group", ("runAsGroup",), NUMBER, _("User group"), IMAGE),
        quarter("add", ("capabilities", "add"), WORDS, _("Add capabilities"), NONE, suggest="capabilities"),
        quarter(
            "drop", ("capabilities", "drop"), WORDS, _("Drop capabilities"), NONE, suggest="capabilities"
        ),
        *seccomp(),
        *apparmor(),
        *selinux(),
    ]


def seccomp() -> list[Part]:
    file = _("localhostProfile: a file in the kubelet's folder of seccomp profiles.")
    return _profile("seccomp", "seccompProfile", _("Seccomp profile"), _("Seccomp profile file"), file)


def apparmor() -> list[Part]:
    loaded = _("localhostProfile: the name of a profile that the node has loaded.")
    return _profile("apparmor", "appArmorProfile", _("AppArmor profile"), _("AppArmor profile name"), loaded)


def _profile(name: str, field: str, label: Words, own: Words, help: Words) -> list[Part]:
    """own: what the profile of the node's own is called, which goes with the type Localhost."""
    kinds = Choice(same("RuntimeDefault", "Unconfined", "Localhost"), DEFAULT)
    place, only = (field, "localhostProfile"), _("With Localhost only")
    return [
        quarter(name, (field, "type"), kinds, label),
        quarter(f"{name}-file", place, TEXT, own, only, help=help),
    ]


def selinux() -> list[Part]:
    return [
        quarter("selinux-level", ("seLinuxOptions", "level"), TEXT, _("SELinux level"), DEFAULT),
        quarter("selinux-role", ("seLinuxOptions", "role"), TEXT, _("SELinux role"), DEFAULT),
        quarter("selinux-type", ("seLinuxOptions", "type"), TEXT, _("SELinux type"), DEFAULT),
        quarter("selinux-user", ("seLinuxOptions", "user"), TEXT, _("SELinux user"), DEFAULT),
    ]


def advanced() -> list[Part]:
    policy = Choice(same("File", "FallbackToLogsOnError"), _("File (default)"))
    file = "/dev/termination-log"
    return [
        Virtual(
            "timezone",
            host_time.shown,
            host_time.write,
            label=_("Synchronize host timezone"),
            help=_("Mounts the node's /etc/localtime read-only."),
        ),
        Field("stdin", ("stdin",), FLAG, _("Keep stdin open")),
        Field("tty", ("tty",), FLAG, _("Allocate a terminal (tty)")),
        Field(
            "message", ("terminationMessagePath",), TEXT, _("Termination message file"), "", file, look="mono"
        ),
        Field("policy", ("terminationMessagePolicy",), policy, _("Termination message from")),
    ]
