"""A manifest without findings, and for every rule a change that breaks it, with the finding that follows.

A new rule gets its case here: `error` or `warning` at any place, `error_at` or `warning_at` at the very field
that is changed. A real API server is asked about every case too, in
`tests/controlplane/test_validation_agrees.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from workloads.documents.paths import ABSENT, Change, Path, patch

BASE: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "DaemonSet",
    "metadata": {"name": "agent", "namespace": "demo", "labels": {"app": "agent"}},
    "spec": {
        "selector": {"matchLabels": {"app": "agent"}},
        "template": {
            "metadata": {"labels": {"app": "agent"}},
            "spec": {
                "containers": [
                    {
                        "name": "agent",
                        "image": "example.com/agent:1.2",
                        "resources": {
                            "requests": {"cpu": "100m", "memory": "64Mi"},
                            "limits": {"memory": "128Mi"},
                        },
                    }
                ]
            },
        },
    },
}
RESOURCES = {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"memory": "1Gi"}}
INIT = {"name": "init", "image": "example.com/init:1", "resources": RESOURCES}

META: Path = ("metadata",)
SPEC: Path = ("spec",)
TEMPLATE: Path = ("spec", "template")
POD: Path = (*TEMPLATE, "spec")
C: Path = (*POD, "containers", 0)
NODE: Path = (*POD, "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
ROLLING: Path = ("spec", "updateStrategy", "rollingUpdate")
VOLUME: Path = (*POD, "volumes", 0)
MOUNT: Path = (*C, "volumeMounts", 0)
SECURITY: Path = (*C, "securityContext")
POD_ANNOTATIONS: Path = (*TEMPLATE, "metadata", "annotations")
SECCOMP = "seccomp.security.alpha.kubernetes.io/pod"
LONG = "x" * 64


@dataclass(frozen=True)
class Case:
    """refused: whether the newest API server refuses the manifest: only that may be an error.

    since: the minor version from which API servers answer so; older ones answer the opposite. 36 may be later
    than it was.
    """

    code: str
    path: Path
    changes: tuple[Change, ...]
    refused: bool = True
    severity: str = "error"
    since: int = 0

    def refused_by(self, minor: int) -> bool:
        """Whether the API server of this minor version refuses the manifest."""
        return self.refused if minor >= self.since else not self.refused

    @property
    def value(self) -> Any:
        return patch(BASE, self.changes)

    @property
    def id(self) -> str:
        place = ".".join(str(segment) for segment in self.path[-2:])
        return f"{self.code} {place} {self.changes[0][1]!r}"[:80]


CASES: list[Case] = []


def error(code: str, path: Path, *changes: Change, refused: bool = True, since: int = 0) -> None:
    CASES.append(Case(code, path, changes, refused, "error" if refused else "warning", since))


def warning(code: str, path: Path, *changes: Change, since: int = 0) -> None:
    CASES.append(Case(code, path, changes, False, "warning", since))


def error_at(
    code: str, path: Path, *values: Any, also: tuple[Change, ...] = (), refused: bool = True, since: int = 0
) -> None:
    """An error at the very field that is changed."""
    for value in values:
        error(code, path, (path, value), *also, refused=refused, since=since)


def warning_at(code: str, path: Path, *values: Any, also: tuple[Change, ...] = ()) -> None:
    """A warning at the very field that is changed."""
    for value in values:
        warning(code, path, (path, value), *also)


# --- names, labels, annotations ---

error_at("name", (*META, "name"), "Agent", "-a", "a_b", "a..b", "ä", "x" * 254)
error("name-missing", (*META, "name"), ((*META, "name"), ABSENT))
error("name-missing", (*META, "name"), ((*META, "name"), None))
# The console stores by server-side apply, which needs a name; a plain create generates one.
CASES.append(Case("name-missing", (*META, "name"), ((META, {"generateName": "agent-"}),), False, "error"))
error_at("namespace", (*META, "namespace"), "a.b", "A", "x" * 64)
for key in ("a b", "-a", "a/b/c", "/a", "A.b_/c", LONG, "x/"):
    error("label-key", (*META, "labels", key), ((*META, "labels", key), "1"))
error_at("label-value", (*META, "labels", "app"), "a b", "-a", "ä", LONG)
error("label-value", (*TEMPLATE, "metadata", "labels", "b"), ((*TEMPLATE, "metadata", "labels", "b"), "x y"))
error("annotation-key", (*META, "annotations", "a b"), ((*META, "annotations", "a b"), "x"))
error_at("annotations-size", (*META, "annotations"), {"a": "x" * 262144})

error("annotation-value", (*POD_ANNOTATIONS, SECCOMP), ((*POD_ANNOTATIONS, SECCOMP), "Default"))
error("annotation-value", (*POD_ANNOTATIONS, SECCOMP), ((*POD_ANNOTATIONS, SECCOMP), "localhost//a"))
error(
    "annotation-value",
    (*POD_ANNOTATIONS, "container.seccomp.security.alpha.kubernetes.io/x"),
    (POD_ANNOTATIONS, {"container.seccomp.security.alpha.kubernetes.io/x": "no"}),
)
APP_ARMOR = "container.apparmor.security.beta.kubernetes.io/"
error(
    "annotation-value",
    (*POD_ANNOTATIONS, f"{APP_ARMOR}agent"),
    (POD_ANNOTATIONS, {f"{APP_ARMOR}agent": "RuntimeDefault"}),
)
error(
    "annotation-container",
    (*POD_ANNOTATIONS, f"{APP_ARMOR}other"),
    (POD_ANNOTATIONS, {f"{APP_ARMOR}other": "runtime/default"}),
)
COST = "controller.kubernetes.io/pod-deletion-cost"
for text in ("x", "+5", "05", "2147483648"):
    error("annotation-value", (*POD_ANNOTATIONS, COST), (POD_ANNOTATIONS, {COST: text}), since=21)
OLD_TOLERATIONS = "scheduler.alpha.kubernetes.io/tolerations"
error("annotation-value", (*POD_ANNOTATIONS, OLD_TOLERATIONS), (POD_ANNOTATIONS, {OLD_TOLERATIONS: "gpu"}))
MIRROR = "kubernetes.io/config.mirror"
error("annotation-mirror", (*POD_ANNOTATIONS, MIRROR), (POD_ANNOTATIONS, {MIRROR: "x"}))
for text in ("a", "a b"):
    error("finalizer", (*META, "finalizers", 0), ((*META, "finalizers"), [text]))
error("required", (*META, "finalizers", 0), ((*META, "finalizers"), [""]))
error("finalizer", (*META, "finalizers", 1), ((*META, "finalizers"), ["foregroundDeletion", "orphan"]))
OWNER = {"apiVersion": "v1", "kind": "Pod", "name": "a", "uid": "x", "controller": True}
error(
    "owner-controllers",
    (*META, "ownerReferences", 1, "controller"),
    ((*META, "ownerReferences"), [OWNER, {**OWNER, "uid": "y"}]),
)

# --- the operating system ---

# Servers before 1.24 drop these fields unread.
WINDOWS: Change = ((*POD, "os"), {"name": "windows"})
LINUX: Change = ((*POD, "os"), {"name": "linux"})
OPTIONS: Path = (*POD, "securityContext", "windowsOptions")
HOST_PROCESS: Change = (OPTIONS, {"hostProcess": True})
OF_NODE: Change = ((*POD, "hostNetwork"), True)
FULL_DNS: Change = ((*POD, "dnsPolicy"), "Default")
for field in ("hostPID", "hostIPC"):
    error_at("os-field", (*POD, field), True, also=(WINDOWS,), since=24)
error_at("os-field", (*POD, "shareProcessNamespace"), False, True, also=(WINDOWS,), since=24)
error_at("os-field", (*POD, "hostUsers"), True, also=(WINDOWS,), since=30)
error_at("os-field", (*POD, "resources"), {"requests": {"cpu": "1"}}, also=(WINDOWS,), since=34)
for field, value in {
    **{"appArmorProfile": {"type": "RuntimeDefault"}, "seLinuxOptions": {}, "fsGroup": 1},
    **{"seccompProfile": {"type": "RuntimeDefault"}, "fsGroupChangePolicy": "Always", "runAsUser": 1},
    **{"runAsGroup": 1, "supplementalGroups": [1], "sysctls": [{"name": "a", "value": "b"}]},
    **{"supplementalGroupsPolicy": "Merge", "seLinuxChangePolicy": "Recursive"},
}.items():
    error_at("os-field", (*POD, "securityContext", field), value, also=(WINDOWS,), since=24)
for field, value in {
    **{"appArmorProfile": {"type": "RuntimeDefault"}, "seLinuxOptions": {}, "capabilities": {}},
    **{"seccompProfile": {"type": "RuntimeDefault"}, "readOnlyRootFilesystem": False, "runAsUser": 1},
    **{"privileged": False, "allowPrivilegeEscalation": True, "procMount": "Default", "runAsGroup": 1},
}.items():
    error_at("os-field", (*SECURITY, field), value, also=(WINDOWS,), since=24)
error_at("os-field", OPTIONS, {}, {"runAsUserName": "a"}, also=(LINUX,), since=24)
error_at("os-field", (*SECURITY, "windowsOptions"), {}, also=(LINUX,), since=24)
error("host-process-network", (*POD, "hostNetwork"), HOST_PROCESS, since=22)
error(
    "host-process-network",
    (*POD, "hostNetwork"),
    ((*SECURITY, "windowsOptions"), {"hostProcess": True}),
    since=22,
)
error(
    "host-process",
    (*POD, "containers", 1, "securityContext", "windowsOptions", "hostProcess"),
    ((*SECURITY, "windowsOptions"), {"hostProcess": True}),
    ((*POD, "containers", 1), {"name": "b", "image": "b:1", "resources": RESOURCES}),
    OF_NODE,
    FULL_DNS,
    since=22,
)
error(
    "host-process",
    (*SECURITY, "windowsOptions", "hostProcess"),
    HOST_PROCESS,
    ((*SECURITY, "windowsOptions"), {"hostProcess": False}),
    since=22,
)
for text in ("a\\b\\c", "a/b", "x" * 105, "...", "d*\\a", "a\u0001", "\\a", "a\\", "x@y"):
    error_at("windows-user", (*OPTIONS, "runAsUserName"), text)
error_at("required", (*OPTIONS, "runAsUserName"), "")
error_at("name", (*OPTIONS, "gmsaCredentialSpecName"), "A b")
error_at("credential-spec-size", (*OPTIONS, "gmsaCredentialSpec"), "x" * 65537)

# --- the schema ---

error("unknown-field", ("spec", "replicas"), (("spec", "replicas"), 1), since=27)
error("unknown-field", ("spec", "nodeSelector"), (("spec", "nodeSelector"), {"a": "b"}), since=27)
error("unknown-field", (*C, "imagePullPolcy"), ((*C, "imagePullPolcy"), "Always"), since=27)
error("unknown-field", (*C, "zzz"), ((*C, "zzz"), "Always"), since=27)
error_at("unquoted-number", (*META, "labels", "app"), 1)
error_at("unquoted-boolean", (*META, "labels", "app"), True)
error_at("type", (*META, "labels", "app"), ["a"])
error_at("type", (*C, "args"), "--x", {"a": "b"})
error("unquoted-number", (*C, "args", 0), ((*C, "args"), [1]))
warning("empty-item", (*C, "args", 0), ((*C, "args"), [None]))
error("empty-item", (*POD, "volumes", 0), ((*POD, "volumes"), [None]))
error_at("type", (*POD, "hostPID"), "true", 1)
error_at("type", (*SPEC, "minReadySeconds"), "1", 1.5)
error_at("type", (*ROLLING, "maxUnavailable"), 1.5, [])
error_at("number-size", (*SPEC, "minReadySeconds"), 2**31)
error_at("type", POD, "text", refused=True)
error_at("type", (*C, "resources"), ["cpu"])
error("required", ("spec", "selector"), (("spec", "selector"), ABSENT), refused=True)
error("required", (*POD, "containers"), ((*POD, "containers"), ABSENT))
error("required", (*POD, "containers"), ((*POD, "containers"), []))
error("required", (*POD, "containers"), (POD, ABSENT))
error("required", (*POD, "containers"), (POD, None))
error("required", (*POD, "containers"), (POD, {}))
error("required", (*POD, "containers"), (TEMPLATE, {"metadata": {"labels": {"app": "agent"}}}))
error("required", ("spec", "template"), (("spec", "template"), ABSENT))
error("required", ("spec",), (("spec",), ABSENT))
error_at("required", (*C, "name"), "", ABSENT)
warning_at(
    "image-reference", (*C, "image"), "https://a.example/b:1", "a.example/B:1", "a:1:2", "a@sha256:abc"
)
warning_at("image-reference", (*C, "image"), "a//b:1", "a b:1", "a:" + "x" * 129)
error_at("required", (*C, "image"), "", ABSENT, None)
error_at("date-time", (*META, "creationTimestamp"), "yesterday")

# --- selector and strategy ---

error_at("selector-empty", ("spec", "selector"), {}, {"matchLabels": {}})
MISMATCH = (*TEMPLATE, "metadata", "labels")
error("selector-mismatch", MISMATCH, (("spec", "selector", "matchLabels", "app"), "other"))
error("selector-mismatch", MISMATCH, (("spec", "selector", "matchLabels", "more"), "x"))
error(
    "selector-mismatch",
    MISMATCH,
    (("spec", "selector"), {"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]}),
)
error(
    "selector-values",
    (*SPEC, "selector", "matchExpressions", 0, "values"),
    ((*SPEC, "selector", "matchExpressions"), [{"key": "app", "operator": "Exists", "values": ["a"]}]),
)
error_at("choice", (*SPEC, "updateStrategy", "type"), "Recreate")
error_at("strategy-amount", (*ROLLING, "maxUnavailable"), "1", "10", "x%", "-1%", "")
error_at("strategy-percentage", (*ROLLING, "maxUnavailable"), "101%")
error_at("too-small", (*ROLLING, "maxUnavailable"), -1)
error_at("strategy-neither", (*ROLLING, "maxUnavailable"), 0, "0%")
error("strategy-both", (*ROLLING, "maxSurge"), ((*ROLLING, "maxSurge"), 1), since=22)
error("strategy-both", (*ROLLING, "maxSurge"), (ROLLING, {"maxSurge": "10%", "maxUnavailable": 1}), since=22)
warning_at(
    "strategy-unused",
    ROLLING,
    {"maxUnavailable": 1},
    also=((("spec", "updateStrategy", "type"), "OnDelete"),),
)
error_at("too-small", (*SPEC, "minReadySeconds"), -1)
error_at("too-small", (*SPEC, "revisionHistoryLimit"), -1)

# --- the pod ---

error_at("restart-policy", (*POD, "restartPolicy"), "Never", "OnFailure", "never")
error_at("active-deadline", (*POD, "activeDeadlineSeconds"), 10)
error(
    "ephemeral-containers",
    (*POD, "ephemeralContainers"),
    ((*POD, "ephemeralContainers"), [{"name": "debug", "image": "a:1"}]),
    since=36,
)
warning(
    "grace-period",
    (*POD, "terminationGracePeriodSeconds"),
    ((*POD, "terminationGracePeriodSeconds"), -1),
)
error_at("choice", (*POD, "dnsPolicy"), "ClusterLast")
error("dns-servers-missing", (*POD, "dnsConfig", "nameservers"), ((*POD, "dnsPolicy"), "None"))
error_at(
    "dns-servers-limit", (*POD, "dnsConfig", "nameservers"), ["1.1.1.1", "1.1.1.2", "1.1.1.3", "1.1.1.4"]
)
error("ip-address", (*POD, "dnsConfig", "nameservers", 0), ((*POD, "dnsConfig", "nameservers"), ["dns"]))
error("dns-search", (*POD, "dnsConfig", "searches", 0), ((*POD, "dnsConfig", "searches"), ["a b"]))
error("required", (*POD, "dnsConfig", "searches", 0), ((*POD, "dnsConfig", "searches"), [""]))
error_at("dns-search-limit", (*POD, "dnsConfig", "searches"), ["a.b"] * 33)
error(
    "required", (*POD, "dnsConfig", "options", 0, "name"), ((*POD, "dnsConfig", "options"), [{"value": "1"}])
)
error(
    "ip-address", (*POD, "hostAliases", 0, "ip"), ((*POD, "hostAliases"), [{"ip": "x", "hostnames": ["a"]}])
)
error(
    "name",
    (*POD, "hostAliases", 0, "hostnames", 0),
    ((*POD, "hostAliases"), [{"ip": "1.2.3.4", "hostnames": ["A"]}]),
)
for field in (
    "serviceAccountName",
    "nodeName",
    "priorityClassName",
    "runtimeClassName",
    "hostname",
    "subdomain",
):
    error_at("name", (*POD, field), "A b")
error(
    "process-namespaces",
    (*POD, "shareProcessNamespace"),
    ((*POD, "shareProcessNamespace"), True),
    ((*POD, "hostPID"), True),
)
error("host-users", (*POD, "hostPID"), ((*POD, "hostPID"), True), ((*POD, "hostUsers"), False), since=33)
error_at("out-of-range", (*POD, "securityContext", "runAsUser"), -1)
error_at("pod-resource", (*POD, "resources", "limits", "nvidia.com/gpu"), "1", since=34)
for part in ("limits", "requests"):
    for resource in ("kubernetes.io/x", "a.kubernetes.io/b"):
        error_at("pod-resource", (*POD, "resources", part, resource), "1", since=34)
error(
    "pod-request-below-containers",
    (*POD, "resources", "requests", "cpu"),
    ((*POD, "resources"), {"requests": {"cpu": "50m"}}),
    since=34,
)
error(
    "pod-request-below-containers",
    (*POD, "resources", "requests", "memory"),
    ((*POD, "resources"), {"requests": {"memory": "1Gi"}}),
    (
        (*POD, "initContainers"),
        [INIT | {"resources": {"requests": {"cpu": "1", "memory": "2Gi"}, "limits": {"memory": "2Gi"}}}],
    ),
    since=34,
)
error(
    "limit-over-pod-limit",
    (*C, "resources", "limits", "memory"),
    ((*POD, "resources"), {"limits": {"memory": "100Mi"}}),
    since=34,
)
error_at("out-of-range", (*POD, "securityContext", "fsGroup"), 2**31)
error(
    "out-of-range",
    (*POD, "securityContext", "supplementalGroups", 0),
    ((*POD, "securityContext", "supplementalGroups"), [-1]),
)
error(
    "sysctl",
    (*POD, "securityContext", "sysctls", 0, "name"),
    ((*POD, "securityContext", "sysctls"), [{"name": "A", "value": "1"}]),
)
error(
    "name-taken",
    (*POD, "securityContext", "sysctls", 1, "name"),
    (
        (*POD, "securityContext", "sysctls"),
        [{"name": "net.a", "value": "1"}, {"name": "net.a", "value": "2"}],
    ),
)
for field, name in (
    *(("hostNetwork", "net.ipv4.ip_forward"), ("hostNetwork", "net/core/somaxconn")),
    *(("hostIPC", "kernel.sem"), ("hostIPC", "kernel/shm_rmid_forced"), ("hostIPC", "kernel.msgmax")),
    ("hostIPC", "fs.mqueue.msg_max"),
):
    error(
        "sysctl-of-host",
        (*POD, "securityContext", "sysctls", 0, "name"),
        ((*POD, "securityContext", "sysctls"), [{"name": name, "value": "1"}]),
        ((*POD, field), True),
        ((*POD, "dnsPolicy"), "Default"),
        # Before, servers took the names with points, and refused those with slashes for another reason.
        since=0 if "/" in name else 36,
    )
for text in (" a", "a ", "x" * 4096):
    error(
        "profile",
        (*POD, "securityContext", "appArmorProfile", "localhostProfile"),
        ((*POD, "securityContext", "appArmorProfile"), {"type": "Localhost", "localhostProfile": text}),
        since=30,
    )
error_at("choice", (*POD, "securityContext", "seccompProfile", "type"), "Default")
error(
    "required",
    (*POD, "securityContext", "seccompProfile", "localhostProfile"),
    ((*POD, "securityContext", "seccompProfile"), {"type": "Localhost"}),
)
error_at(
    "localhost-profile",
    (*POD, "securityContext", "seccompProfile", "localhostProfile"),
    "a",
    also=(((*POD, "securityContext", "seccompProfile", "type"), "Unconfined"),),
)
error_at("choice", (*POD, "preemptionPolicy"), "Always")
for field in ("add", "drop"):
    warning(
        "capability-prefix",
        (*SECURITY, "capabilities", field, 0),
        ((*SECURITY, "capabilities"), {field: ["CAP_NET_ADMIN", "NET_RAW", "ALL"]}),
    )

# --- variables ---

for field in ("command", "args"):
    warning("variable-unknown", (*C, field, 1), ((*C, field), ["a", "--x=$(NOPE)"]))
warning("variable-unknown", (*C, "env", 0, "value"), ((*C, "env"), [{"name": "A", "value": "$(nope)"}]))
warning("variable-unknown", (*C, "env", 0, "value"), ((*C, "env"), [{"name": "A", "value": "a $$ $(B)"}]))
warning("variable-later", (*C, "env", 0, "value"), ((*C, "env"), [{"name": "A", "value": "$(A)"}]))
warning(
    "variable-later",
    (*C, "env", 0, "value"),
    ((*C, "env"), [{"name": "A", "value": "$(B)"}, {"name": "B", "value": "1"}]),
)
warning(
    "variable-unknown",
    (*C, "args", 0),
    ((*C, "args"), ["$(REDIS_SERVICE_HOST) $(KUBERNETES_SERVICE_HOST)"]),
    ((*POD, "enableServiceLinks"), False),
)
error("choice", (*POD, "os", "name"), ((*POD, "os", "name"), "plan9"), since=24)
error("too-small", (*POD, "overhead", "cpu"), ((*POD, "overhead"), {"cpu": "-1"}))
error("resource-unknown", (*POD, "overhead", "gpu"), ((*POD, "overhead"), {"gpu": "1"}))
error(
    "name-taken",
    (*POD, "schedulingGates", 1, "name"),
    ((*POD, "schedulingGates"), [{"name": "a"}, {"name": "a"}]),
    since=27,
)
CLAIMS = [{"name": "a", "resourceClaimName": "x"}, {"name": "b", "resourceClaimTemplateName": "x"}]
error(
    "name-taken",
    (*POD, "resourceClaims", 2, "name"),
    ((*POD, "resourceClaims"), [*CLAIMS, CLAIMS[0]]),
    since=34,
)
for requested in (
    [{"name": "a"}, {"name": "b"}, {"name": "a"}],
    [{"name": "a", "request": "r"}, {"name": "b"}, {"name": "a"}],
    [{"name": "a"}, {"name": "b"}, {"name": "a", "request": "r"}],
    [{"name": "a", "request": "r"}, {"name": "a", "request": "s"}, {"name": "a", "request": "r"}],
):
    error(
        "name-taken",
        (*C, "resources", "claims", 2, "name"),
        ((*POD, "resourceClaims"), CLAIMS),
        ((*C, "resources", "claims"), requested),
        since=34,
    )

# --- where it runs ---

error("label-key", (*POD, "nodeSelector", "a b"), ((*POD, "nodeSelector"), {"a b": "x"}))
error("label-value", (*POD, "nodeSelector", "a"), ((*POD, "nodeSelector"), {"a": "x y"}))


def toleration(code: str, field: str, value: dict[str, Any], refused: bool = True) -> None:
    error(code, (*POD, "tolerations", 0, field), ((*POD, "tolerations"), [value]), refused=refused)


toleration("label-key", "key", {"key": "a b", "operator": "Exists"})
toleration("choice", "operator", {"key": "a", "operator": "exists"})
toleration("toleration-key", "operator", {"operator": "Equal", "value": "x"})
toleration("toleration-key", "operator", {"effect": "NoSchedule"})
toleration("toleration-value", "value", {"key": "a", "operator": "Exists", "value": "x"})
toleration("label-value", "value", {"key": "a", "value": "x y"})
toleration("choice", "effect", {"key": "a", "operator": "Exists", "effect": "NoRun"})
toleration(
    "toleration-seconds",
    "effect",
    {"key": "a", "operator": "Exists", "effect": "NoSchedule", "tolerationSeconds": 1},
)
toleration(
    "toleration-seconds", "tolerationSeconds", {"key": "a", "operator": "Exists", "tolerationSeconds": 1}
)
# Refused unless a feature gate is on.
CASES.append(
    Case(
        "toleration-compares",
        (*POD, "tolerations", 0, "operator"),
        (((*POD, "tolerations"), [{"key": "a", "operator": "Gt", "value": "5"}]),),
        severity="warning",
    )
)


def node_term(code: str, path: Path, term: dict[str, Any], refused: bool = True) -> None:
    error(
        code, (*NODE, "nodeSelectorTerms", 0, *path), (NODE, {"nodeSelectorTerms": [term]}), refused=refused
    )


error_at("node-terms", (*NODE, "nodeSelectorTerms"), [])
node_term(
    "choice", ("matchExpressions", 0, "operator"), {"matchExpressions": [{"key": "a", "operator": "Is"}]}
)
node_term(
    "node-values", ("matchExpressions", 0, "values"), {"matchExpressions": [{"key": "a", "operator": "In"}]}
)
node_term(
    "node-values",
    ("matchExpressions", 0, "values"),
    {"matchExpressions": [{"key": "a", "operator": "Exists", "values": ["b"]}]},
)
node_term(
    "node-values",
    ("matchExpressions", 0, "values"),
    {"matchExpressions": [{"key": "a", "operator": "Gt", "values": ["1", "2"]}]},
)
node_term(
    "node-value",
    ("matchExpressions", 0, "values", 0),
    {"matchExpressions": [{"key": "a", "operator": "Gt", "values": ["many"]}]},
    refused=False,
)
node_term(
    "label-key", ("matchExpressions", 0, "key"), {"matchExpressions": [{"key": "a b", "operator": "Exists"}]}
)
node_term(
    "choice", ("matchFields", 0, "key"), {"matchFields": [{"key": "a", "operator": "In", "values": ["b"]}]}
)
node_term(
    "node-values",
    ("matchFields", 0, "values"),
    {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["a", "b"]}]},
)
node_term("node-term-empty", (), {}, refused=False)
PREFERRED = (*POD, "affinity", "nodeAffinity", "preferredDuringSchedulingIgnoredDuringExecution")
error(
    "out-of-range",
    (*PREFERRED, 0, "weight"),
    (PREFERRED, [{"weight": 101, "preference": {"matchExpressions": [{"key": "a", "operator": "Exists"}]}}]),
)
ANTI = (*POD, "affinity", "podAntiAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
error("required", (*ANTI, 0, "topologyKey"), (ANTI, [{"labelSelector": {}}]))
error(
    "required",
    (*ANTI, 0, "namespaces", 0),
    (ANTI, [{"topologyKey": "a", "labelSelector": {}, "namespaces": [""]}]),
)
SPREAD = (*POD, "topologySpreadConstraints")
error(
    "too-small",
    (*SPREAD, 0, "maxSkew"),
    (SPREAD, [{"maxSkew": 0, "topologyKey": "a", "whenUnsatisfiable": "ScheduleAnyway"}]),
)
error(
    "choice",
    (*SPREAD, 0, "whenUnsatisfiable"),
    (SPREAD, [{"maxSkew": 1, "topologyKey": "a", "whenUnsatisfiable": "x"}]),
)
error(
    "spread-twice",
    (*SPREAD, 1),
    (SPREAD, [{"maxSkew": 1, "topologyKey": "a", "whenUnsatisfiable": "DoNotSchedule"}] * 2),
)

# --- containers ---

error_at("name", (*C, "name"), "A", "a_b", "a.b", LONG)
error(
    "name-taken", (*POD, "initContainers", 0, "name"), ((*POD, "initContainers"), [{**INIT, "name": "agent"}])
)
# The server takes it, but never a pod made from it.
warning_at("image-space", (*C, "image"), " a:1")
error_at("choice", (*C, "imagePullPolicy"), "always")
error_at("choice", (*C, "terminationMessagePolicy"), "Log")
error(
    "init-container-field",
    (*POD, "initContainers", 0, "livenessProbe"),
    ((*POD, "initContainers"), [{**INIT, "livenessProbe": {"tcpSocket": {"port": 1}}}]),
)
error(
    "init-container-field",
    (*POD, "initContainers", 0, "lifecycle"),
    ((*POD, "initContainers"), [{**INIT, "lifecycle": {"preStop": {"exec": {"command": ["a"]}}}}]),
)
error(
    "required",
    (*C, "restartPolicy"),
    ((*C, "restartPolicyRules"), [{"action": "Restart", "exitCodes": {"operator": "In", "values": [1]}}]),
    since=35,
)
error("choice", (*C, "restartPolicy"), ((*C, "restartPolicy"), "Sometimes"), since=29)
RULE = {"action": "Restart", "exitCodes": {"operator": "In", "values": [1]}}
for field, rule in (
    ("action", RULE | {"action": "Stop"}),
    ("exitCodes", {"action": "Restart"}),
    ("exitCodes.operator", RULE | {"exitCodes": {"operator": "Exists", "values": [1]}}),
):
    error(
        "required" if field == "exitCodes" else "choice",
        (*C, "restartPolicyRules", 0, *field.split(".")),
        (C, {**BASE["spec"]["template"]["spec"]["containers"][0], "restartPolicy": "Never"}),
        ((*C, "restartPolicyRules"), [rule]),
        since=35,
    )
RESIZE = {"resourceName": "cpu", "restartPolicy": "NotRequired"}
error(
    "name-taken", (*C, "resizePolicy", 1, "resourceName"), ((*C, "resizePolicy"), [RESIZE, RESIZE]), since=33
)
warning("stop-signal", (*C, "lifecycle", "stopSignal"), ((*C, "lifecycle"), {"stopSignal": "SIGUSR1"}))


def port(
    code: str, field: str, *ports: dict[str, Any], refused: bool = True, also: tuple[Change, ...] = ()
) -> None:
    error(code, (*C, "ports", len(ports) - 1, field), ((*C, "ports"), list(ports)), *also, refused=refused)


HOST = (((*POD, "hostNetwork"), True), ((*POD, "dnsPolicy"), "ClusterFirstWithHostNet"))
for number in (0, 65536, -1):
    port("out-of-range", "containerPort", {"containerPort": number})
port("out-of-range", "hostPort", {"containerPort": 1, "hostPort": 65536})
port("required", "containerPort", {"name": "a"})
port("choice", "protocol", {"containerPort": 1, "protocol": "tcp"})
for name in ("A", "a_b", "80", "a--b", "-a", "a-", "sixteen-letters1"):
    port("port-name", "name", {"containerPort": 1, "name": name})
port("name-taken", "name", {"containerPort": 1, "name": "a"}, {"containerPort": 2, "name": "a"})
port(
    "host-port-taken",
    "hostPort",
    {"containerPort": 1, "hostPort": 9},
    {"containerPort": 2, "hostPort": 9, "protocol": "TCP"},
)
port("host-port-differs", "hostPort", {"containerPort": 1, "hostPort": 2}, also=HOST)
# Old servers complete host ports in the template, too, and so refuse the DaemonSet.
SECOND = {**BASE["spec"]["template"]["spec"]["containers"][0], "name": "second"}
warning(
    "host-port-repeated",
    (*POD, "containers", 1, "ports", 0, "containerPort"),
    (C, {**SECOND, "name": "agent", "ports": [{"containerPort": 9100}]}),
    ((*POD, "containers", 1), {**SECOND, "ports": [{"containerPort": 9100}]}),
    *HOST,
    since=28,
)
port("port-twice", "containerPort", {"containerPort": 1}, {"containerPort": 1}, refused=False)
port("host-ip", "hostIP", {"containerPort": 1, "hostPort": 1, "hostIP": "x"}, refused=False)


def env(code: str, path: Path, variable: dict[str, Any], refused: bool = True) -> None:
    error(code, (*C, "env", 0, *path), ((*C, "env"), [variable]), refused=refused)


env("env-name", ("name",), {"name": "A=B", "value": "x"})
env("env-name", ("name",), {"name": "Ä", "value": "x"})
env("required", ("name",), {"name": "", "value": "x"})
env("env-source-missing", ("valueFrom",), {"name": "A", "valueFrom": {}})
env(
    "env-value-and-source",
    ("valueFrom",),
    {"name": "A", "value": "x", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
)
env(
    "env-source-extra",
    ("valueFrom", "resourceFieldRef"),
    {
        "name": "A",
        "valueFrom": {
            "fieldRef": {"fieldPath": "metadata.name"},
            "resourceFieldRef": {"resource": "limits.cpu"},
        },
    },
)
env(
    "choice",
    ("valueFrom", "fieldRef", "fieldPath"),
    {"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels"}}},
)
env(
    "choice",
    ("valueFrom", "fieldRef", "fieldPath"),
    {"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "spec.name"}}},
)
env(
    "label-key",
    ("valueFrom", "fieldRef", "fieldPath"),
    {"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['a b']"}}},
)
env("required", ("valueFrom", "fieldRef", "fieldPath"), {"name": "A", "valueFrom": {"fieldRef": {}}})
env(
    "choice",
    ("valueFrom", "resourceFieldRef", "resource"),
    {"name": "A", "valueFrom": {"resourceFieldRef": {"resource": "cpu"}}},
)
env(
    "divisor",
    ("valueFrom", "resourceFieldRef", "divisor"),
    {"name": "A", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu", "divisor": "2"}}},
)
env(
    "required",
    ("valueFrom", "configMapKeyRef", "name"),
    {"name": "A", "valueFrom": {"configMapKeyRef": {"key": "k"}}},
)
env(
    "required",
    ("valueFrom", "secretKeyRef", "key"),
    {"name": "A", "valueFrom": {"secretKeyRef": {"name": "s"}}},
)
env(
    "config-key",
    ("valueFrom", "secretKeyRef", "key"),
    {"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "a/b"}}},
)
env(
    "name",
    ("valueFrom", "configMapKeyRef", "name"),
    {"name": "A", "valueFrom": {"configMapKeyRef": {"name": "S", "key": "a"}}},
)
env(
    "volume-missing",
    ("valueFrom", "fileKeyRef", "volumeName"),
    {"name": "A", "valueFrom": {"fileKeyRef": {"volumeName": "v", "path": "a", "key": "A"}}},
)
warning("env-twice", (*C, "env", 1, "name"), ((*C, "env"), [{"name": "A"}, {"name": "A"}]))
error("env-from-source", (*C, "envFrom", 0), ((*C, "envFrom"), [{"prefix": "A"}]))
error(
    "env-from-source",
    (*C, "envFrom", 0),
    ((*C, "envFrom"), [{"configMapRef": {"name": "a"}, "secretRef": {"name": "b"}}]),
)
error("required", (*C, "envFrom", 0, "secretRef", "name"), ((*C, "envFrom"), [{"secretRef": {}}]))
error(
    "env-name",
    (*C, "envFrom", 0, "prefix"),
    ((*C, "envFrom"), [{"prefix": "A=", "secretRef": {"name": "b"}}]),
)

# --- probes and hooks ---

PROBE = (*C, "readinessProbe")
LIVE = (*C, "livenessProbe")
TCP = {"tcpSocket": {"port": 80}}
error_at("handler-missing", PROBE, {}, {"periodSeconds": 1})
error_at("handler-extra", (*PROBE, "tcpSocket"), {"port": 1}, also=(((*PROBE, "httpGet"), {"port": 1}),))
error_at("required", (*PROBE, "exec", "command"), [], ABSENT, also=(((*PROBE, "exec", "command"), []),))
error_at("out-of-range", (*PROBE, "tcpSocket", "port"), 0, 65536)
error_at("port-quoted", (*PROBE, "tcpSocket", "port"), "80")
error_at("port-name", (*PROBE, "httpGet", "port"), "A b")
error_at("required", (*PROBE, "httpGet", "port"), "", also=(((*PROBE, "httpGet", "path"), "/"),))
error_at("choice", (*PROBE, "httpGet", "scheme"), "http", also=(((*PROBE, "httpGet", "port"), 80),))
error(
    "http-header",
    (*PROBE, "httpGet", "httpHeaders", 0, "name"),
    ((*PROBE, "httpGet"), {"port": 80, "httpHeaders": [{"name": "a b", "value": ""}]}),
)
error(
    "required",
    (*PROBE, "httpGet", "httpHeaders", 0, "name"),
    ((*PROBE, "httpGet"), {"port": 80, "httpHeaders": [{"name": "", "value": ""}]}),
)
for field in (
    "initialDelaySeconds",
    "timeoutSeconds",
    "periodSeconds",
    "successThreshold",
    "failureThreshold",
):
    error_at("too-small", (*PROBE, field), -1, also=(((*PROBE, "tcpSocket"), {"port": 80}),))
error_at(
    "success-threshold", (*LIVE, "successThreshold"), 2, -1, also=(((*LIVE, "tcpSocket"), {"port": 80}),)
)
error_at(
    "success-threshold",
    (*C, "startupProbe", "successThreshold"),
    2,
    also=(((*C, "startupProbe", "tcpSocket"), {"port": 80}),),
)
error(
    "probe-grace-period",
    (*PROBE, "terminationGracePeriodSeconds"),
    (PROBE, {**TCP, "terminationGracePeriodSeconds": 5}),
    since=25,
)
error(
    "too-small",
    (*LIVE, "terminationGracePeriodSeconds"),
    (LIVE, {**TCP, "terminationGracePeriodSeconds": 0}),
    since=25,
)
error("out-of-range", (*PROBE, "grpc", "port"), (PROBE, {"grpc": {"port": 0}}))
error("type", (*PROBE, "grpc", "port"), (PROBE, {"grpc": {"port": "http"}}))
warning_at("port-unknown", (*PROBE, "tcpSocket", "port"), "http")
error_at("handler-missing", (*C, "lifecycle", "preStop"), {})
error(
    "out-of-range",
    (*C, "lifecycle", "preStop", "sleep", "seconds"),
    ((*C, "lifecycle", "preStop"), {"sleep": {"seconds": 31}}),
)

# --- resources ---

REQUESTS, LIMITS = (*C, "resources", "requests"), (*C, "resources", "limits")
error_at("quantity", (*REQUESTS, "cpu"), "1 core", "", "abc", "1K")
error_at("too-small", (*REQUESTS, "cpu"), "-1", -1)
error_at("request-over-limit", (*REQUESTS, "memory"), "1Gi")
for name in ("gpu", "storage", "pods"):
    error_at("resource-unknown", (*LIMITS, name), "1")
error_at("resource-name", (*LIMITS, "requests.nvidia.com/gpu"), "1")
error_at("resource-name", (*LIMITS, "a b"), "1")
error_at("not-whole", (*LIMITS, "nvidia.com/gpu"), "0.5")
error_at("limit-missing", (*REQUESTS, "nvidia.com/gpu"), "1")
error_at("request-not-limit", (*REQUESTS, "nvidia.com/gpu"), "1", also=(((*LIMITS, "nvidia.com/gpu"), "2"),))
error_at("huge-pages-size", (*LIMITS, "hugepages-2Mi"), "3Mi", since=36)
error_at("huge-pages-size", (*LIMITS, "hugepages-big"), "2Mi", since=36)
# Servers read them as 0, which the documented grammar does not have.
warning_at("quantity-without-digits", (*REQUESTS, "cpu"), "m", ".", "+", "-", "e3", "-.Ki")
warning_at("fraction-of-byte", (*REQUESTS, "memory"), "128m", "1.1Ki", "0.5", "1e-1", "1.0001k", "1u")
warning_at("fraction-of-byte", (*C, "resources", "limits", "memory"), "1.1Gi", "100.12345Mi", "1.1234567891G")
warning_at("fraction-of-byte", (*POD, "overhead", "memory"), "1.1Mi")

# --- volumes ---


def volume(code: str, path: Path, value: dict[str, Any], refused: bool = True, since: int = 0) -> None:
    error(code, (*VOLUME, *path), ((*POD, "volumes"), [value]), refused=refused, since=since)


volume("name", ("name",), {"name": "A", "emptyDir": {}})
volume("required", ("name",), {"emptyDir": {}})
error("name-taken", (*POD, "volumes", 1, "name"), ((*POD, "volumes"), [{"name": "a", "emptyDir": {}}] * 2))
volume("volume-type-missing", (), {"name": "a"}, refused=False)
volume("volume-type-extra", ("emptyDir",), {"name": "a", "hostPath": {"path": "/a"}, "emptyDir": {}})
volume("path", ("hostPath", "path"), {"name": "a", "hostPath": {"path": "/a/../b"}})
volume("required", ("hostPath", "path"), {"name": "a", "hostPath": {"path": ""}})
volume("choice", ("hostPath", "type"), {"name": "a", "hostPath": {"path": "/a", "type": "directory"}})
volume("host-path-relative", ("hostPath", "path"), {"name": "a", "hostPath": {"path": "a"}}, refused=False)
volume("host-path-root", ("hostPath", "path"), {"name": "a", "hostPath": {"path": "/"}}, refused=False)
volume("host-path-root", ("hostPath", "path"), {"name": "a", "hostPath": {"path": "//."}}, refused=False)
volume(
    "runtime-socket",
    ("hostPath", "path"),
    {"name": "a", "hostPath": {"path": "/run/docker.sock"}},
    refused=False,
)
volume("too-small", ("emptyDir", "sizeLimit"), {"name": "a", "emptyDir": {"sizeLimit": "-1"}})
volume("quantity", ("emptyDir", "sizeLimit"), {"name": "a", "emptyDir": {"sizeLimit": "much"}})
volume("required", ("configMap", "name"), {"name": "a", "configMap": {}})
volume("required", ("secret", "secretName"), {"name": "a", "secret": {}})
volume("mode", ("secret", "defaultMode"), {"name": "a", "secret": {"secretName": "s", "defaultMode": 644}})
volume(
    "required",
    ("configMap", "items", 0, "path"),
    {"name": "a", "configMap": {"name": "s", "items": [{"key": "k"}]}},
)
volume(
    "path",
    ("configMap", "items", 0, "path"),
    {"name": "a", "configMap": {"name": "s", "items": [{"key": "k", "path": "/a"}]}},
)
volume(
    "path",
    ("configMap", "items", 0, "path"),
    {"name": "a", "configMap": {"name": "s", "items": [{"key": "k", "path": "a/../b"}]}},
)
volume(
    "path",
    ("configMap", "items", 0, "path"),
    {"name": "a", "configMap": {"name": "s", "items": [{"key": "k", "path": "..a"}]}},
)
volume(
    "mode",
    ("configMap", "items", 0, "mode"),
    {"name": "a", "configMap": {"name": "s", "items": [{"key": "k", "path": "a", "mode": -1}]}},
)
volume(
    "required",
    ("persistentVolumeClaim", "claimName"),
    {"name": "a", "persistentVolumeClaim": {"claimName": ""}},
)
volume("path", ("nfs", "path"), {"name": "a", "nfs": {"server": "s", "path": "x"}})
volume(
    "disk-read-only",
    ("gcePersistentDisk",),
    {"name": "a", "gcePersistentDisk": {"pdName": "d"}},
    refused=False,
    since=29,
)
volume("image-missing", ("image", "reference"), {"name": "a", "image": {}}, refused=False)
volume("volume-retired", ("gitRepo",), {"name": "a", "gitRepo": {"repository": "r"}}, refused=False)
volume("file-source", ("downwardAPI", "items", 0), {"name": "a", "downwardAPI": {"items": [{"path": "a"}]}})
volume(
    "required",
    ("downwardAPI", "items", 0, "resourceFieldRef", "containerName"),
    {"name": "a", "downwardAPI": {"items": [{"path": "a", "resourceFieldRef": {"resource": "limits.cpu"}}]}},
)
volume(
    "choice",
    ("downwardAPI", "items", 0, "fieldRef", "fieldPath"),
    {"name": "a", "downwardAPI": {"items": [{"path": "a", "fieldRef": {"fieldPath": "spec.nodeName"}}]}},
)
volume(
    "volume-type-extra",
    ("projected", "sources", 0, "configMap"),
    {"name": "a", "projected": {"sources": [{"secret": {"name": "s"}, "configMap": {"name": "c"}}]}},
)
volume(
    "path-taken",
    ("projected", "sources", 1, "configMap", "items", 0, "path"),
    {
        "name": "a",
        "projected": {
            "sources": [
                {"secret": {"name": "s", "items": [{"key": "k", "path": "p"}]}},
                {"configMap": {"name": "c", "items": [{"key": "k", "path": "p"}]}},
            ]
        },
    },
)
TOKENS = [
    {"serviceAccountToken": {"path": "p"}},
    {"secret": {"name": "s", "items": [{"key": "k", "path": "p"}]}},
]
for place, sources in ((0, TOKENS), (1, [TOKENS[0], TOKENS[0]])):
    warning(
        "path-taken",
        (*VOLUME, "projected", "sources", place, "serviceAccountToken", "path"),
        (VOLUME, {"name": "a", "projected": {"sources": sources}}),
    )
warning(
    "required",
    (*TEMPLATE, "metadata", "ownerReferences", 0, "uid"),
    (
        (*TEMPLATE, "metadata", "ownerReferences"),
        [{key: value for key, value in OWNER.items() if key != "uid"}],
    ),
)
volume(
    "out-of-range",
    ("projected", "sources", 0, "serviceAccountToken", "expirationSeconds"),
    {
        "name": "a",
        "projected": {"sources": [{"serviceAccountToken": {"path": "t", "expirationSeconds": 10}}]},
    },
)

# --- mounts ---


def mount(
    code: str,
    path: Path,
    *mounts: dict[str, Any],
    refused: bool = True,
    also: tuple[Change, ...] = (),
    since: int = 0,
) -> None:
    volumes = ((*POD, "volumes"), [{"name": "v", "emptyDir": {}}])
    error(
        code,
        (*C, "volumeMounts", len(mounts) - 1, *path),
        ((*C, "volumeMounts"), list(mounts)),
        volumes,
        *also,
        refused=refused,
        since=since,
    )


mount("volume-missing", ("name",), {"name": "w", "mountPath": "/a"})
mount("required", ("mountPath",), {"name": "v"})
mount("required", ("mountPath",), {"name": "v", "mountPath": ""})
mount("mount-path-taken", ("mountPath",), {"name": "v", "mountPath": "/a"}, {"name": "v", "mountPath": "/a"})
mount("mount-path-colon", ("mountPath",), {"name": "v", "mountPath": "/a:b"}, refused=False)
mount("path", ("subPath",), {"name": "v", "mountPath": "/a", "subPath": "/b"})
mount("path", ("subPath",), {"name": "v", "mountPath": "/a", "subPath": "b/../c"})
mount("sub-path", ("subPathExpr",), {"name": "v", "mountPath": "/a", "subPath": "b", "subPathExpr": "c"})
mount("choice", ("mountPropagation",), {"name": "v", "mountPath": "/a", "mountPropagation": "Both"})
mount(
    "propagation-privileged",
    ("mountPropagation",),
    {"name": "v", "mountPath": "/a", "mountPropagation": "Bidirectional"},
)
mount(
    "variable-unknown",
    ("subPathExpr",),
    {"name": "v", "mountPath": "/a", "subPathExpr": "$(C)"},
    refused=False,
)
mount(
    "recursive-read-only",
    ("recursiveReadOnly",),
    {"name": "v", "mountPath": "/a", "recursiveReadOnly": "Enabled"},
    since=31,
)
mount(
    "recursive-propagation",
    ("mountPropagation",),
    {
        **{"name": "v", "mountPath": "/a", "readOnly": True},
        **{"recursiveReadOnly": "Enabled", "mountPropagation": "HostToContainer"},
    },
    since=31,
)
mount(
    "mount-and-device",
    ("name",),
    {"name": "v", "mountPath": "/a"},
    also=(
        ((*POD, "volumes"), [{"name": "v", "persistentVolumeClaim": {"claimName": "c"}}]),
        ((*C, "volumeDevices"), [{"name": "v", "devicePath": "/dev/x"}]),
    ),
)
error(
    "device-source",
    (*C, "volumeDevices", 0, "name"),
    ((*C, "volumeDevices"), [{"name": "v", "devicePath": "/dev/x"}]),
    ((*POD, "volumes"), [{"name": "v", "emptyDir": {}}]),
)

# --- security ---

warning_at("privileged", (*SECURITY, "privileged"), True)
error_at(
    "privilege-contradiction",
    (*SECURITY, "allowPrivilegeEscalation"),
    False,
    also=(((*SECURITY, "capabilities", "add"), ["CAP_SYS_ADMIN"]),),
)
error_at("out-of-range", (*SECURITY, "runAsUser"), -1)
error("proc-mount", (*SECURITY, "procMount"), ((*SECURITY, "procMount"), "Unmasked"), since=33)
warning_at("root-contradiction", (*SECURITY, "runAsUser"), 0, also=(((*SECURITY, "runAsNonRoot"), True),))

# --- advice ---

warning("no-resources", (*C, "resources"), ((*C, "resources"), ABSENT))
warning("no-requests", (*C, "resources"), ((*REQUESTS, "cpu"), ABSENT))
warning("no-limits", (*C, "resources"), (LIMITS, ABSENT))
warning_at("image-latest", (*C, "image"), "nginx", "nginx:latest", "localhost:5000/nginx")
warning("probes-equal", LIVE, (LIVE, TCP), (PROBE, TCP))
warning_at("service-account-old", (*POD, "serviceAccount"), "a")
toleration(
    "retired-taint", "key", {"key": "node-role.kubernetes.io/master", "operator": "Exists"}, refused=False
)
warning(
    "retired-label",
    (*POD, "nodeSelector", "beta.kubernetes.io/os"),
    ((*POD, "nodeSelector"), {"beta.kubernetes.io/os": "linux"}),
)
warning(
    "retired-annotation",
    (*TEMPLATE, "metadata", "annotations", "scheduler.alpha.kubernetes.io/critical-pod"),
    ((*TEMPLATE, "metadata", "annotations"), {"scheduler.alpha.kubernetes.io/critical-pod": ""}),
)
warning_at("host-network-dns", (*POD, "hostNetwork"), True)
warning(
    "surge-host-port",
    (*ROLLING, "maxSurge"),
    (ROLLING, {"maxSurge": 1, "maxUnavailable": 0}),
    ((*C, "ports"), [{"containerPort": 1, "hostPort": 1}]),
    since=22,
)

# --- seldom used ---

volume("medium", ("emptyDir", "medium"), {"name": "a", "emptyDir": {"medium": "RAM"}}, refused=False)
error(
    "min-domains",
    (*SPREAD, 0, "minDomains"),
    (SPREAD, [{"maxSkew": 1, "topologyKey": "a", "whenUnsatisfiable": "ScheduleAnyway", "minDomains": 2}]),
    since=27,
)
error(
    "resource-claim-source",
    (*POD, "resourceClaims", 0),
    ((*POD, "resourceClaims"), [{"name": "a"}]),
    since=34,
)
error(
    "resource-claim-missing",
    (*C, "resources", "claims", 0, "name"),
    ((*C, "resources", "claims"), [{"name": "a"}]),
    since=34,
)
error(
    "sysctl-of-host",
    (*POD, "securityContext", "sysctls", 0, "name"),
    ((*POD, "securityContext", "sysctls"), [{"name": "net.core.somaxconn", "value": "1"}]),
    *HOST,
    since=36,
)
error(
    "device-taken",
    (*C, "volumeDevices", 1, "devicePath"),
    ((*C, "volumeDevices"), [{"name": name, "devicePath": "/dev/x"} for name in "vw"]),
    ((*POD, "volumes"), [{"name": name, "persistentVolumeClaim": {"claimName": name}} for name in "vw"]),
)
volume("name", ("csi", "driver"), {"name": "a", "csi": {"driver": "a b"}})
CLAIM = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
for field, place in (("accessModes", ("accessModes",)), ("resources", ("resources", "requests", "storage"))):
    error(
        "required",
        (*VOLUME, "ephemeral", "volumeClaimTemplate", "spec", *place),
        (VOLUME, {"name": "a", "ephemeral": {"volumeClaimTemplate": {"spec": {**CLAIM, field: None}}}}),
    )
error(
    "access-modes",
    (*VOLUME, "ephemeral", "volumeClaimTemplate", "spec", "accessModes", 1),
    (
        VOLUME,
        {
            "name": "a",
            "ephemeral": {
                "volumeClaimTemplate": {
                    "spec": {**CLAIM, "accessModes": ["ReadWriteOnce", "ReadWriteOncePod"]}
                }
            },
        },
    ),
)
for field in ("name", "generateName", "finalizers"):
    error(
        "claim-metadata",
        (*VOLUME, "ephemeral", "volumeClaimTemplate", "metadata", field),
        (VOLUME, {"name": "a", "ephemeral": {"volumeClaimTemplate": {"spec": CLAIM}}}),
        (
            (*VOLUME, "ephemeral", "volumeClaimTemplate", "metadata", field),
            ["a/b"] if field == "finalizers" else "a",
        ),
    )
error(
    "name",
    (*VOLUME, "ephemeral", "volumeClaimTemplate", "spec", "storageClassName"),
    (
        VOLUME,
        {"name": "a", "ephemeral": {"volumeClaimTemplate": {"spec": {**CLAIM, "storageClassName": "A b"}}}},
    ),
)
error_at("pod-claims", (*POD, "resources", "claims"), [], since=36)
warning(
    "required",
    (*C, "lifecycle", "preStop", "sleep", "seconds"),
    ((*C, "lifecycle", "preStop"), {"sleep": {}}),
    since=33,
)
error_at("choice", (*SECURITY, "procMount"), "masked", since=36)
error_at("required", (*SECURITY, "procMount"), "", since=36)
error_at("required", (*C, "restartPolicy"), "", since=29)
error_at("name", (*POD, "hostnameOverride"), "A b", since=35)
error_at("required", (*POD, "hostnameOverride"), "", since=35)
error_at("name", (*POD, "hostnameOverride"), "a." * 32 + "a", "A", since=35)
error_at("hostname-override", (*POD, "hostnameOverride"), "a", also=(OF_NODE, FULL_DNS), since=35)
error_at(
    "hostname-override",
    (*POD, "hostnameOverride"),
    "a",
    also=(((*POD, "setHostnameAsFQDN"), True),),
    since=35,
)
error(
    "label-key",
    (*POD, "schedulingGates", 0, "name"),
    ((*POD, "schedulingGates"), [{"name": "a b"}]),
    since=27,
)
for field in ("resourceClaimName", "resourceClaimTemplateName"):
    error(
        "name",
        (*POD, "resourceClaims", 0, field),
        ((*POD, "resourceClaims"), [{"name": "a", field: "A b"}]),
        since=34,
    )
SPREADING = {"maxSkew": 1, "topologyKey": "a", "whenUnsatisfiable": "ScheduleAnyway"}
error(
    "label-keys-alone",
    (*SPREAD, 0, "matchLabelKeys"),
    (SPREAD, [{**SPREADING, "matchLabelKeys": ["x"]}]),
    since=27,
)
error(
    "label-key",
    (*ANTI, 0, "mismatchLabelKeys", 0),
    (ANTI, [{"topologyKey": "a", "labelSelector": {}, "mismatchLabelKeys": ["x y"]}]),
    since=31,
)
TWICE = {"matchLabels": {"x": "1"}, "matchExpressions": [{"key": "x", "operator": "Exists"}]}
error(
    "label-keys-twice",
    (*ANTI, 0, "matchLabelKeys", 0),
    (ANTI, [{"topologyKey": "a", "labelSelector": TWICE, "matchLabelKeys": ["x"]}]),
    since=31,
)
error(
    "label-keys-twice",
    (*ANTI, 0, "matchLabelKeys", 0),
    (ANTI, [{"topologyKey": "a", "labelSelector": {}, "matchLabelKeys": ["x"], "mismatchLabelKeys": ["x"]}]),
    since=31,
)
error(
    "label-keys-twice",
    (*SPREAD, 0, "matchLabelKeys", 0),
    (SPREAD, [{**SPREADING, "labelSelector": TWICE, "matchLabelKeys": ["x"]}]),
    since=27,
)
PROJECTED = (*VOLUME, "projected", "sources", 0)
for source, field in (("clusterTrustBundle", "path"), ("podCertificate", "signerName")):
    given = {"path": "x", "signerName": "a.b/c", "keyType": "ED25519"}
    kept = {"clusterTrustBundle": ("name",), "podCertificate": ("keyType",)}[source]
    warning(
        "required",
        (*PROJECTED, source, field),
        (
            VOLUME,
            {"name": "a", "projected": {"sources": [{source: {key: given.get(key, "x") for key in kept}}]}},
        ),
    )
