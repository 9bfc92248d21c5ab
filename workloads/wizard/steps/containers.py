"""The parts of one container; paths are relative to the container.

Labels are those of KubeSphere where it has the field, else those of Kubernetes. A placeholder is what
Kubernetes uses if the field is left blank (pkg/apis/core/v1/defaults.go).
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
    AS_TYPED,
    BYTES,
    CPU,
    FLAG,
    LINES,
    NUMBER,
    NUMBER_OR_TEXT,
    QUANTITY,
    TEXT,
    TRISTATE,
    WORDS,
    ChoiceCodec,
    Codec,
    StrOrPromise,
    plain_options,
)
from workloads.wizard.form.parts import (
    ComputedField,
    Field,
    FieldGroup,
    OneOf,
    PairColumn,
    Pairs,
    Part,
    Rows,
    Variant,
)
from workloads.wizard.steps import container_names, host_time

PLAIN_RESOURCES = frozenset({"cpu", "memory", "ephemeral-storage"})
NONE, DEFAULT, IMAGE = _("None"), _("Default"), _("From the image")
SECONDS = _("s")


def parts(value: Json, facts: ProjectFacts, *, init: bool) -> list[Part]:
    """The fields of one container and the groups that fold below them; `value` is {} for a new one."""
    probed = not init or _may_be_probed(value)
    return [
        *image_and_resources(value, facts, init),
        FieldGroup("ports", _("Ports"), [ports()], compact=True),
        FieldGroup("env", _("Environment variables"), [variables(), whole_sources()], compact=True),
        *([FieldGroup("health", _("Health checks"), probes(), compact=True)] if probed else []),
        FieldGroup("start", _("Start command"), start(), compact=True),
        FieldGroup("sec", _("Security context"), security(), ("securityContext",), compact=True),
        *([FieldGroup("life", _("Lifecycle"), hooks(value), compact=True)] if probed else []),
        FieldGroup("res", _("GPUs and more"), [other_resources()], compact=True),
        FieldGroup("more", _("Advanced"), advanced(), compact=True),
    ]


def _may_be_probed(value: Json) -> bool:
    """Whether an init container keeps running, or has probes or hooks."""
    return isinstance(value, dict) and (
        value.get("restartPolicy") == "Always" or any(field in value for field in (*PROBES, "lifecycle"))
    )


def quarter(
    name: str,
    path: Path,
    codec: Codec,
    label: StrOrPromise,
    placeholder: StrOrPromise = "",
    *,
    suggest: str = "",
    help: StrOrPromise = "",
    required: bool = False,
) -> Field:
    """A field with a quarter of the width."""
    return Field(name, path, codec, label, help, placeholder, suggest, style="quarter", required=required)


# ---- image and resources ----


def image_and_resources(value: Json, facts: ProjectFacts, init: bool) -> list[Part]:
    pull = ChoiceCodec(
        (
            ("Always", _("Always pull the image")),
            ("IfNotPresent", _("Use local image first")),
            ("Never", _("Use local image only")),
        ),
        _("Always for :latest, else local image first"),
    )
    kind = ChoiceCodec(
        (("Always", _("Sidecar: starts first and keeps running")),), _("Init container: runs to completion")
    )
    return [
        Field(
            "image",
            ("image",),
            TEXT,
            _("Image"),
            "",
            "nginx:1.29",
            "images",
            style="mono most",
            required=True,
        ),
        Field(
            "name",
            ("name",),
            TEXT,
            _("Container name"),
            "",
            container_names.proposed(value) or _("lowercase letters, digits, -"),
            style="third",
            required=True,
        ),
        *amounts(value, facts),
        Field("pull", ("imagePullPolicy",), pull, _("Image pull policy")),
        *([Field("restart", ("restartPolicy",), kind, _("Container type"))] if init else []),
        *disk(value, facts),
    ]


def other_resources() -> Pairs:
    same = _("Same as the limit")
    return Pairs(
        "extra",
        [
            PairColumn("lim", ("resources", "limits"), _("Limit"), QUANTITY, ABSENT, "1"),
            PairColumn("req", ("resources", "requests"), _("Request"), QUANTITY, ABSENT, same),
        ],
        _("Resource"),
        add=_("Add a resource"),
        hidden=PLAIN_RESOURCES.__contains__,
        key_suggest="extended",
        key_placeholder="nvidia.com/gpu",
        blank=0,
    )


def amounts(value: Json, facts: ProjectFacts) -> list[Part]:
    """Requests and limits of CPU and memory."""
    return [
        _amount(value, facts, "cpu-req", "requests", "cpu", _("CPU request")),
        _amount(value, facts, "cpu-lim", "limits", "cpu", _("CPU limit")),
        _amount(value, facts, "mem-req", "requests", "memory", _("Memory request")),
        _amount(value, facts, "mem-lim", "limits", "memory", _("Memory limit")),
    ]


def disk(value: Json, facts: ProjectFacts) -> list[Part]:
    """Requests and limits of ephemeral storage."""
    return [
        _amount(value, facts, "disk-req", "requests", "ephemeral-storage", _("Ephemeral storage request")),
        _amount(value, facts, "disk-lim", "limits", "ephemeral-storage", _("Ephemeral storage limit")),
    ]


def _amount(
    value: Json, facts: ProjectFacts, name: str, kind: str, resource: str, label: StrOrPromise
) -> Field:
    """The placeholder is the value that applies if the field is left blank."""
    effective = limit_ranges.effective(value if isinstance(value, dict) else {}, facts.limits)
    blank: StrOrPromise = _("None")
    expected = (effective.requests if kind == "requests" else effective.limits).get(resource)
    if expected is not None:
        shown = quantity.show_of(resource, expected)
        blank = gettext("default %(amount)s") % {"amount": shown}
    codec = CPU if resource == "cpu" else BYTES
    return quarter(name, ("resources", kind, resource), codec, label, blank)


# ---- ports, environment, command ----


def ports() -> Rows:
    protocol = ChoiceCodec(plain_options("TCP", "UDP", "SCTP"), _("TCP (default)"))
    fields = [
        Field("port", ("containerPort",), NUMBER, _("Container port"), "", "8080", style="narrow"),
        Field("protocol", ("protocol",), protocol, _("Protocol"), style="short"),
        Field("name", ("name",), TEXT, _("Name"), "", "http"),
        Field("host", ("hostPort",), NUMBER, _("Host port"), "", NONE, style="narrow"),
        Field("ip", ("hostIP",), TEXT, _("Host IP"), "", _("All addresses")),
    ]
    return Rows("ports", ("ports",), ("containerPort", "protocol"), fields, add=_("Add a port"))


def variables() -> Rows:
    return Rows("vars", ("env",), ("name",), variable, add=_("Add an environment variable"))


def variable(value: Json, position: int) -> list[Part]:
    literal = Field("v", ("value",), AS_TYPED, _("Value"), style="mono")
    variants = [
        Variant("value", _("Custom"), ("value",), [literal], ABSENT),
        key_of("configmap", _("From a ConfigMap"), ("valueFrom", "configMapKeyRef"), "configmaps"),
        key_of("secret", _("From a Secret"), ("valueFrom", "secretKeyRef"), "secrets"),
        pod_field(value, ("valueFrom", "fieldRef")),
        own_resource(("valueFrom", "resourceFieldRef")),
    ]
    return [
        Field("name", ("name",), TEXT, _("Key"), "", "NODE_NAME", style="mono first"),
        OneOf("from", _("Source"), variants, default="value", unknown=has_other_source),
    ]


def has_other_source(value: Json) -> bool:
    """Whether a variable without a known source has another source."""
    return get(value, ("valueFrom",)) not in (ABSENT, None)


def key_of(key: str, label: StrOrPromise, at: Path, suggest: str) -> Variant:
    fields = [
        Field("name", (*at, "name"), TEXT, _("Resource"), "", _("Name"), suggest, required=True),
        Field(
            "key", (*at, "key"), TEXT, _("Key in resource"), "", _("Key"), f"{suggest}-keys", required=True
        ),
        Field("optional", (*at, "optional"), FLAG, _("Optional"), style="flag"),
    ]
    return Variant(key, label, at, fields)


def pod_field(value: Json, at: Path) -> Variant:
    place = (*at, "fieldPath")
    fields = [
        Field("path", place, TEXT, _("Field"), "", "spec.nodeName", "fields", style="mono", required=True)
    ]
    if get(value, (*at, "apiVersion")) is not ABSENT:  # always v1, so only shown where a manifest has it
        fields.append(Field("api", (*at, "apiVersion"), TEXT, _("API version"), style="narrow"))
    return Variant("field", _("From a pod field"), at, fields)


def own_resource(at: Path) -> Variant:
    fields = [
        Field(
            "of",
            (*at, "resource"),
            TEXT,
            _("Resource"),
            "",
            "limits.cpu",
            "resources",
            style="mono",
            required=True,
        ),
        Field("container", (*at, "containerName"), TEXT, _("Container"), "", _("This container")),
        Field("divisor", (*at, "divisor"), QUANTITY, _("Divisor"), "", "1", style="narrow"),
    ]
    return Variant("resource", _("From a resource"), at, fields)


def whole_sources() -> Rows:
    variants = [
        all_keys_of("configmap", _("Entire ConfigMap"), "configMapRef", "configmaps"),
        all_keys_of("secret", _("Entire Secret"), "secretRef", "secrets"),
    ]
    fields: list[Part] = [
        OneOf("from", _("Source"), variants, default="configmap", unknown=has_other_fields),
        Field("prefix", ("prefix",), TEXT, _("Prefix"), "", NONE, style="mono"),
    ]
    return Rows("sources", ("envFrom",), (), fields, add=_("Add all keys of a ConfigMap or Secret"), blank=0)


def has_other_fields(value: Json) -> bool:
    """Whether a source that is neither a ConfigMap nor a Secret has other fields."""
    return bool(set(value or ()) - {"prefix"})


def all_keys_of(key: str, label: StrOrPromise, field: str, suggest: str) -> Variant:
    fields = [
        Field("name", (field, "name"), TEXT, _("Resource"), "", _("Name"), suggest, required=True),
        Field("optional", (field, "optional"), FLAG, _("Optional"), style="flag"),
    ]
    return Variant(key, label, (field,), fields)


def start() -> list[Part]:
    help = _(
        "One item per line; commas and quotes are kept. For an item with several lines: a line “|”, then its "
        "lines, each starting with two spaces."
    )
    return [
        Field(
            "command",
            ("command",),
            LINES,
            _("Command"),
            help,
            _("ENTRYPOINT of the image"),
            style="mono wide",
        ),
        Field("args", ("args",), LINES, _("Parameters"), "", _("CMD of the image"), style="mono wide"),
        Field("dir", ("workingDir",), TEXT, _("Working directory"), "", IMAGE, style="mono"),
    ]


# ---- probes and hooks ----


def probes() -> list[Part]:
    return [
        probe("live", "livenessProbe", _("Liveness probe"), _("Restarts the container when it fails.")),
        probe("ready", "readinessProbe", _("Readiness probe"), _("The pod is ready only while it succeeds.")),
        probe(
            "startup", "startupProbe", _("Startup probe"), _("The other probes wait until it succeeds once.")
        ),
    ]


def probe(name: str, field: str, label: StrOrPromise, help: StrOrPromise) -> OneOf:
    def timing(
        name: str, path: str, label: StrOrPromise, default: StrOrPromise, unit: StrOrPromise = ""
    ) -> Field:
        return Field(name, (path,), NUMBER, label, "", default, unit=unit, style="third")

    common: list[Part] = [
        timing("delay", "initialDelaySeconds", _("Initial delay"), "0", SECONDS),
        timing("period", "periodSeconds", _("Check interval"), "10", SECONDS),
        timing("timeout", "timeoutSeconds", _("Timeout"), "1", SECONDS),
        timing("success", "successThreshold", _("Success threshold"), "1"),
        timing("failure", "failureThreshold", _("Failure threshold"), "3"),
    ]
    if field != "readinessProbe":
        grace = timing(
            "grace", "terminationGracePeriodSeconds", _("Grace period"), _("From the pod"), SECONDS
        )
        common.append(grace)
    variants = [http_get(), execute(), tcp_socket(), grpc()]
    return OneOf(name, label, variants, (field,), none=NONE, common=common, help=help)


def hooks(value: Json) -> list[Part]:
    return [
        hook("post", ("lifecycle", "postStart"), _("Post-start action"), value),
        hook("pre", ("lifecycle", "preStop"), _("Pre-stop action"), value),
    ]


def hook(name: str, path: Path, label: StrOrPromise, value: Json) -> OneOf:
    seconds = quarter("seconds", ("sleep", "seconds"), NUMBER, _("Seconds"), required=True)
    variants = [execute(), http_get(), Variant("sleep", _("Sleep"), ("sleep",), [seconds])]
    if get(value, (*path, "tcpSocket")) is not ABSENT:
        variants.append(tcp_socket())  # accepted from old manifests, and never called by Kubernetes
    return OneOf(name, label, variants, path, none=NONE)


def http_get() -> Variant:
    header = [
        Field("name", ("name",), TEXT, _("Header"), "", "X-Probe", required=True),
        Field("value", ("value",), AS_TYPED, _("Value")),
    ]
    scheme = ChoiceCodec(plain_options("HTTP", "HTTPS"), _("HTTP (default)"))
    fields: Sequence[Part] = [
        quarter("scheme", ("httpGet", "scheme"), scheme, _("Scheme")),
        Field("path", ("httpGet", "path"), TEXT, _("Path"), "", "/", style="mono quarter"),
        quarter("port", ("httpGet", "port"), NUMBER_OR_TEXT, _("Port"), _("Number or name"), required=True),
        quarter("host", ("httpGet", "host"), TEXT, _("Host"), _("Pod IP")),
        Rows("headers", ("httpGet", "httpHeaders"), ("name",), header, add=_("Add a header"), blank=0),
    ]
    return Variant("http", _("HTTP request"), ("httpGet",), fields)


def execute() -> Variant:
    help = _("One item per line. Not run in a shell.")
    command = Field(
        "command", ("exec", "command"), LINES, _("Command"), help, style="mono wide", required=True
    )
    return Variant("exec", _("Command"), ("exec",), [command])


def tcp_socket() -> Variant:
    fields = [
        quarter("port", ("tcpSocket", "port"), NUMBER_OR_TEXT, _("Port"), _("Number or name"), required=True),
        quarter("host", ("tcpSocket", "host"), TEXT, _("Host"), _("Pod IP")),
    ]
    return Variant("tcp", _("TCP port"), ("tcpSocket",), fields)


def grpc() -> Variant:
    fields = [
        quarter("port", ("grpc", "port"), NUMBER, _("Port"), "9090", required=True),
        quarter("service", ("grpc", "service"), TEXT, _("Service"), NONE),
    ]
    return Variant("grpc", _("gRPC"), ("grpc",), fields)


# ---- security and the rest ----


def security() -> list[Part]:
    """Paths are relative to the securityContext."""
    return [
        quarter("privileged", ("privileged",), TRISTATE, _("Privileged mode")),
        quarter("escalate", ("allowPrivilegeEscalation",), TRISTATE, _("Allow privilege escalation")),
        quarter("readonly", ("readOnlyRootFilesystem",), TRISTATE, _("Read-only root directory")),
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
        *windows(),
    ]


def seccomp() -> list[Part]:
    file = _("localhostProfile: a file in the seccomp profile directory of the kubelet.")
    return _profile("seccomp", "seccompProfile", _("Seccomp profile"), _("Seccomp profile file"), file)


def apparmor() -> list[Part]:
    loaded = _("localhostProfile: the name of a profile loaded on the node.")
    return _profile("apparmor", "appArmorProfile", _("AppArmor profile"), _("AppArmor profile name"), loaded)


def _profile(name: str, field: str, label: StrOrPromise, own: StrOrPromise, help: StrOrPromise) -> list[Part]:
    """own: the label of localhostProfile, which goes with the type Localhost."""
    kinds = ChoiceCodec(plain_options("RuntimeDefault", "Unconfined", "Localhost"), DEFAULT)
    place, only = (field, "localhostProfile"), _("Only with Localhost")
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


def windows() -> list[Part]:
    """Of a pod and of a container (https://kubernetes.io/docs/tasks/configure-pod-container/create-hostprocess-pod/)."""
    process = _("Runs on the Windows node itself. Set it for all containers, with the host network.")
    user = ("windowsOptions", "runAsUserName")
    account = r"NT AUTHORITY\SYSTEM"
    return [
        quarter(
            "win-host", ("windowsOptions", "hostProcess"), TRISTATE, _("Windows host process"), help=process
        ),
        Field("win-user", user, TEXT, _("Windows user"), "", account, "windows-users"),
    ]


def advanced() -> list[Part]:
    policy = ChoiceCodec(plain_options("File", "FallbackToLogsOnError"), _("File (default)"))
    file = "/dev/termination-log"
    return [
        ComputedField(
            "timezone",
            host_time.shown,
            host_time.write,
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
            "",
            file,
            style="mono",
        ),
        Field("policy", ("terminationMessagePolicy",), policy, _("Termination message policy")),
    ]
