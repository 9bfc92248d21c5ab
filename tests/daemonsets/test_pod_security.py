"""Pod Security: every control of https://kubernetes.io/docs/concepts/security/pod-security-standards/."""

from __future__ import annotations

import pytest

from tests.builders import namespace
from tests.daemonsets.coded import coded
from workloads.daemonsets.project.pod_security import (
    NEWEST,
    enforced_level,
    pinned_version,
    version_in_force,
    violations,
)
from workloads.documents.paths import get, patch, show

SAFE = {
    "spec": {
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [
            {
                "name": "c",
                "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
            }
        ],
        "volumes": [{"name": "v", "configMap": {"name": "c"}}, {"name": "e", "emptyDir": {}}],
    }
}
CONTAINER = ("spec", "containers", 0)
CONTEXT = (*CONTAINER, "securityContext")
POD_CONTEXT = ("spec", "securityContext")


@pytest.mark.parametrize(
    ("value", "level"),
    [
        (namespace(enforce="baseline"), "baseline"),
        (namespace(enforce="restricted"), "restricted"),
        (namespace(enforce="privileged"), "privileged"),
        (namespace(enforce=None), "privileged"),
        (namespace(enforce="Baseline"), "restricted"),
        ({"metadata": {}}, "privileged"),
        (None, "privileged"),
    ],
)
def test_the_level_is_the_namespaces_label(value, level):
    assert enforced_level(value) == level


@pytest.mark.parametrize(
    ("version", "server", "in_force_", "said"),
    [
        (None, None, NEWEST, ""),
        ("latest", 34, 34, ""),
        ("v1.30", None, 30, "v1.30"),
        ("v1.30", 34, 30, "v1.30"),
        ("v1.40", 34, 34, "v1.40"),
        ("v1.0", 34, 0, "v1.0"),
        ("1.30", 34, 34, ""),
        ("v1.030", None, NEWEST, ""),
        ("v2.1", 34, 34, ""),
    ],
)
def test_the_standards_are_those_of_the_server_or_older_ones(version, server, in_force_, said):
    """PolicyToEvaluate, EvaluatePod."""
    asks = namespace(enforce="baseline", enforce_version=version)
    assert (version_in_force(asks, server), pinned_version(asks)) == (in_force_, said)


def test_what_is_safe_passes_every_level():
    assert violations(SAFE, "restricted") == []


# A change of SAFE: what the standards before that version say of it, and those since, at two levels.
VERSIONS = [
    pytest.param(
        {(*CONTAINER, "livenessProbe", "tcpSocket", "host"): "h"},
        34,
        ([], []),
        (["Host Probes / Lifecycle Hooks"], ["Host Probes / Lifecycle Hooks"]),
        id="host of a probe",
    ),
    pytest.param(
        {(*CONTEXT, "procMount"): "Unmasked", ("spec", "hostUsers"): False},
        35,
        (["/proc Mount Type"], ["/proc Mount Type"]),
        ([], ["/proc Mount Type"]),
        id="/proc of own users",
    ),
    pytest.param(
        {(*CONTEXT, "procMount"): "Unmasked", ("spec", "hostUsers"): True},
        35,
        (["/proc Mount Type"], ["/proc Mount Type"]),
        (["/proc Mount Type"], ["/proc Mount Type"]),
        id="/proc of the node's users",
    ),
    pytest.param(
        {(*POD_CONTEXT, "runAsNonRoot"): None, ("spec", "hostUsers"): False},
        35,
        ([], ["Running as Non-root"]),
        ([], []),
        id="maybe root among own users",
    ),
    pytest.param(
        {(*CONTEXT, "runAsUser"): 0, ("spec", "hostUsers"): False},
        35,
        ([], ["Running as Non-root user"]),
        ([], []),
        id="root among own users",
    ),
    pytest.param({(*CONTEXT, "runAsUser"): 0}, 23, ([], []), ([], ["Running as Non-root user"]), id="root"),
    pytest.param(
        {(*CONTEXT, "capabilities"): None}, 22, ([], []), ([], ["Capabilities"]), id="capabilities dropped"
    ),
    pytest.param(
        {("spec", "os"): {"name": "windows"}, (*CONTEXT, "capabilities"): None},
        25,
        ([], ["Capabilities"]),
        ([], []),
        id="Windows",
    ),
    pytest.param(
        {(*POD_CONTEXT, "seLinuxOptions", "type"): "container_engine_t"},
        31,
        (["SELinux"], ["SELinux"]),
        ([], []),
        id="container_engine_t",
    ),
]


@pytest.mark.parametrize(("changes", "since", "before", "now"), VERSIONS)
def test_every_version_has_its_own_standards(changes, since, before, now):
    template = patch(SAFE, changes.items())

    def said(version):
        return tuple(
            [found.control for found in violations(template, level, version)]
            for level in ("baseline", "restricted")
        )

    assert (said(since - 1), said(since), said(NEWEST)) == (before, now, now)


# Name → the first minor version whose standards allow it, as in check_sysctls.go of
# k8s.io/pod-security-admission/policy: one row for each of its lists.
SAFE_SYSCTLS = {
    **dict.fromkeys(
        [
            "kernel.shm_rmid_forced",
            "net.ipv4.ip_local_port_range",
            "net.ipv4.tcp_syncookies",
            "net.ipv4.ping_group_range",
            "net.ipv4.ip_unprivileged_port_start",
        ],
        0,
    ),
    "net.ipv4.ip_local_reserved_ports": 27,
    "net.ipv4.tcp_keepalive_time": 29,
    "net.ipv4.tcp_fin_timeout": 29,
    "net.ipv4.tcp_keepalive_intvl": 29,
    "net.ipv4.tcp_keepalive_probes": 29,
    "net.ipv4.tcp_rmem": 32,
    "net.ipv4.tcp_wmem": 32,
    "net.ipv4.tcp_notsent_lowat": 37,
    "net.ipv4.tcp_slow_start_after_idle": 37,
}


@pytest.mark.parametrize("level", ["baseline", "restricted"])
@pytest.mark.parametrize(("name", "since"), SAFE_SYSCTLS.items())
def test_each_safe_sysctl_is_allowed_from_its_version_on(name, since, level):
    template = patch(SAFE, [((*POD_CONTEXT, "sysctls"), [{"name": name, "value": "1"}])])

    def controls(version):
        return [found.control for found in violations(template, level, version)]

    assert (controls(since), controls(NEWEST)) == ([], [])
    if since:
        assert controls(since - 1) == ["Sysctls"]


BASELINE = [
    (
        ("spec", "hostNetwork"),
        True,
        "Host Namespaces",
        ("forbidden-value", {"field": "hostNetwork", "value": "true"}),
    ),
    (
        ("spec", "hostPID"),
        True,
        "Host Namespaces",
        ("forbidden-value", {"field": "hostPID", "value": "true"}),
    ),
    (
        ("spec", "hostIPC"),
        True,
        "Host Namespaces",
        ("forbidden-value", {"field": "hostIPC", "value": "true"}),
    ),
    (
        (*CONTEXT, "privileged"),
        True,
        "Privileged Containers",
        ("forbidden-value", {"field": "privileged", "value": "true"}),
    ),
    (
        (*POD_CONTEXT, "windowsOptions", "hostProcess"),
        True,
        "HostProcess",
        ("forbidden-value", {"field": "hostProcess", "value": "true"}),
    ),
    (
        (*CONTEXT, "capabilities", "add", 0),
        "NET_ADMIN",
        "Capabilities",
        ("forbidden-value", {"field": "capabilities.add", "value": "NET_ADMIN"}),
    ),
    (
        ("spec", "volumes", 0, "hostPath"),
        {"path": "/"},
        "HostPath Volumes",
        ("forbidden-field", {"field": "hostPath"}),
    ),
    (
        (*CONTAINER, "ports", 0, "hostPort"),
        80,
        "Host Ports",
        ("forbidden-value", {"field": "hostPort", "value": "80"}),
    ),
    (
        (*CONTAINER, "livenessProbe", "httpGet", "host"),
        "10.0.0.1",
        "Host Probes / Lifecycle Hooks",
        ("forbidden-value", {"field": "httpGet.host", "value": "10.0.0.1"}),
    ),
    (
        (*CONTAINER, "lifecycle", "preStop", "tcpSocket", "host"),
        "h",
        "Host Probes / Lifecycle Hooks",
        ("forbidden-value", {"field": "tcpSocket.host", "value": "h"}),
    ),
    (
        (*CONTEXT, "appArmorProfile", "type"),
        "Unconfined",
        "AppArmor",
        ("forbidden-value", {"field": "appArmorProfile.type", "value": "Unconfined"}),
    ),
    (
        ("metadata", "annotations", "container.apparmor.security.beta.kubernetes.io/c"),
        "unconfined",
        "AppArmor",
        (
            "forbidden-value",
            {"field": "container.apparmor.security.beta.kubernetes.io/c", "value": "unconfined"},
        ),
    ),
    (
        (*POD_CONTEXT, "seLinuxOptions", "type"),
        "spc_t",
        "SELinux",
        ("forbidden-value", {"field": "seLinuxOptions.type", "value": "spc_t"}),
    ),
    (
        (*CONTEXT, "seLinuxOptions", "user"),
        "root",
        "SELinux",
        ("forbidden-value", {"field": "seLinuxOptions.user", "value": "root"}),
    ),
    (
        (*CONTEXT, "procMount"),
        "Unmasked",
        "/proc Mount Type",
        ("forbidden-value", {"field": "procMount", "value": "Unmasked"}),
    ),
    (
        (*CONTEXT, "seccompProfile", "type"),
        "Unconfined",
        "Seccomp",
        ("forbidden-value", {"field": "seccompProfile.type", "value": "Unconfined"}),
    ),
    (
        (*POD_CONTEXT, "sysctls", 0, "name"),
        "kernel.msgmax",
        "Sysctls",
        ("forbidden-value", {"field": "sysctls", "value": "kernel.msgmax"}),
    ),
]


@pytest.mark.parametrize(
    ("path", "value", "control", "say"), BASELINE, ids=[show(case[0]) for case in BASELINE]
)
def test_baseline_forbids(path, value, control, say):
    template = patch(SAFE, [(path, value)])
    assert violations(template, "privileged") == []
    for level in ("baseline", "restricted"):
        [found] = violations(template, level)
        assert (found.level, found.control, coded(found.say)) == ("baseline", control, say)
        assert get({"spec": {"template": template}}, found.path) == value


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ((*CONTEXT, "capabilities", "add"), ["CHOWN", "NET_BIND_SERVICE"]),
        ((*CONTEXT, "appArmorProfile", "type"), "Localhost"),
        (("metadata", "annotations", "container.apparmor.security.beta.kubernetes.io/c"), "localhost/mine"),
        ((*CONTEXT, "seLinuxOptions"), {"type": "container_t", "level": "s0"}),
        ((*CONTEXT, "procMount"), "Default"),
        ((*POD_CONTEXT, "sysctls"), [{"name": "net.ipv4.ip_unprivileged_port_start", "value": "0"}]),
        ((*CONTAINER, "ports"), [{"containerPort": 80, "hostPort": 0}]),
        (("spec", "securityContext"), None),
        ((*CONTEXT, "runAsUser"), 0),
    ],
)
def test_baseline_allows(path, value):
    assert violations(patch(SAFE, [(path, value)]), "baseline") == []


RESTRICTED = [
    (("spec", "volumes", 0), {"name": "n", "nfs": {}}, "Volume Types", ("volumes", 0, "nfs")),
    (
        (*CONTEXT, "allowPrivilegeEscalation"),
        None,
        "Privilege Escalation",
        ("containers", 0, "securityContext", "allowPrivilegeEscalation"),
    ),
    (
        (*POD_CONTEXT, "runAsNonRoot"),
        None,
        "Running as Non-root",
        ("containers", 0, "securityContext", "runAsNonRoot"),
    ),
    (
        (*CONTEXT, "runAsNonRoot"),
        False,
        "Running as Non-root",
        ("containers", 0, "securityContext", "runAsNonRoot"),
    ),
    (
        (*POD_CONTEXT, "runAsUser"),
        0,
        "Running as Non-root user",
        ("securityContext", "runAsUser"),
    ),
    (
        (*POD_CONTEXT, "seccompProfile"),
        None,
        "Seccomp",
        ("containers", 0, "securityContext", "seccompProfile", "type"),
    ),
    (
        (*CONTEXT, "capabilities", "drop"),
        ["NET_RAW"],
        "Capabilities",
        ("containers", 0, "securityContext", "capabilities", "drop"),
    ),
    (
        (*CONTEXT, "capabilities", "add"),
        ["CHOWN", "NET_BIND_SERVICE"],
        "Capabilities",
        ("containers", 0, "securityContext", "capabilities", "add", 0),
    ),
]


@pytest.mark.parametrize(("path", "value", "control", "at"), RESTRICTED)
def test_restricted_forbids_or_asks_for_more(path, value, control, at):
    template = patch(SAFE, [(path, value)])
    assert violations(template, "baseline") == []
    [found] = violations(template, "restricted")
    assert (found.level, found.control) == ("restricted", control)
    assert found.path == ("spec", "template", "spec", *at)


def test_volumes_of_images_are_allowed_by_all_levels():
    template = patch(SAFE, [(("spec", "volumes", 0), {"name": "v", "image": {"reference": "i:1"}})])
    assert violations(template, "restricted", 25) == []


def test_it_says_what_is_required():
    [found] = violations(patch(SAFE, [((*CONTEXT, "capabilities"), None)]), "restricted")
    assert coded(found.say) == ("required-value", {"field": "capabilities.drop", "value": "[ALL]"})


def test_a_container_may_say_itself_what_the_pod_does_not():
    said = {
        **SAFE["spec"]["containers"][0]["securityContext"],
        "runAsNonRoot": True,
        "seccompProfile": {"type": "Localhost", "localhostProfile": "p"},
    }
    template = patch(SAFE, [(POD_CONTEXT, None), (CONTEXT, said)])
    assert violations(template, "restricted") == []


def test_init_containers_are_looked_at_too():
    template = patch(SAFE, [(("spec", "initContainers"), [{"name": "i"}])])
    found = violations(template, "restricted")
    assert [(each.control, each.path[3:5]) for each in found] == [
        ("Privilege Escalation", ("initContainers", 0)),
        ("Capabilities", ("initContainers", 0)),
    ]


def test_of_windows_pods_linux_settings_are_not_required():
    plain = {"securityContext": {"runAsNonRoot": True}, "containers": [{"name": "c"}]}
    assert violations({"spec": {**plain, "os": {"name": "windows"}}}, "restricted") == []
    assert [found.control for found in violations({"spec": plain}, "restricted")] == [
        "Privilege Escalation",
        "Seccomp",
        "Capabilities",
    ]


def test_in_the_host_network_a_port_is_a_host_port():
    template = patch(
        SAFE, [(("spec", "hostNetwork"), True), ((*CONTAINER, "ports"), [{"containerPort": 80}])]
    )
    assert [found.control for found in violations(template, "baseline")] == ["Host Namespaces", "Host Ports"]
