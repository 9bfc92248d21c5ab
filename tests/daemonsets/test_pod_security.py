"""Pod Security: every control of https://kubernetes.io/docs/concepts/security/pod-security-standards/."""

from __future__ import annotations

import pytest

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


def namespace(level, version=None):
    label = "pod-security.kubernetes.io/enforce"
    return {"metadata": {"labels": {label: level, f"{label}-version": version}}}


@pytest.mark.parametrize(
    ("value", "level"),
    [
        (namespace("baseline"), "baseline"),
        (namespace("restricted"), "restricted"),
        (namespace("privileged"), "privileged"),
        (namespace(None), "privileged"),
        (namespace("Baseline"), "restricted"),
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
    asks = namespace("baseline", version)
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
    *(
        pytest.param(
            {(*POD_CONTEXT, "sysctls"): [{"name": f"net.ipv4.{name}", "value": "1"}]},
            since,
            (["Sysctls"], ["Sysctls"]),
            ([], []),
            id=name,
        )
        for name, since in {
            "ip_local_reserved_ports": 27,
            "tcp_keepalive_time": 29,
            "tcp_rmem": 32,
            "tcp_notsent_lowat": 37,
        }.items()
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


BASELINE = [
    (("spec", "hostNetwork"), True, "Host Namespaces", "“hostNetwork: true” is not allowed."),
    (("spec", "hostPID"), True, "Host Namespaces", "“hostPID: true” is not allowed."),
    (("spec", "hostIPC"), True, "Host Namespaces", "“hostIPC: true” is not allowed."),
    ((*CONTEXT, "privileged"), True, "Privileged Containers", "“privileged: true” is not allowed."),
    (
        (*POD_CONTEXT, "windowsOptions", "hostProcess"),
        True,
        "HostProcess",
        "“hostProcess: true” is not allowed.",
    ),
    (
        (*CONTEXT, "capabilities", "add", 0),
        "NET_ADMIN",
        "Capabilities",
        "“capabilities.add: NET_ADMIN” is not allowed.",
    ),
    (
        ("spec", "volumes", 0, "hostPath"),
        {"path": "/"},
        "HostPath Volumes",
        "“hostPath” is not allowed.",
    ),
    ((*CONTAINER, "ports", 0, "hostPort"), 80, "Host Ports", "“hostPort: 80” is not allowed."),
    (
        (*CONTAINER, "livenessProbe", "httpGet", "host"),
        "10.0.0.1",
        "Host Probes / Lifecycle Hooks",
        "“httpGet.host: 10.0.0.1” is not allowed.",
    ),
    (
        (*CONTAINER, "lifecycle", "preStop", "tcpSocket", "host"),
        "h",
        "Host Probes / Lifecycle Hooks",
        "“tcpSocket.host: h” is not allowed.",
    ),
    (
        (*CONTEXT, "appArmorProfile", "type"),
        "Unconfined",
        "AppArmor",
        "“appArmorProfile.type: Unconfined” is not allowed.",
    ),
    (
        ("metadata", "annotations", "container.apparmor.security.beta.kubernetes.io/c"),
        "unconfined",
        "AppArmor",
        "“container.apparmor.security.beta.kubernetes.io/c: unconfined” is not allowed.",
    ),
    (
        (*POD_CONTEXT, "seLinuxOptions", "type"),
        "spc_t",
        "SELinux",
        "“seLinuxOptions.type: spc_t” is not allowed.",
    ),
    ((*CONTEXT, "seLinuxOptions", "user"), "root", "SELinux", "“seLinuxOptions.user: root” is not allowed."),
    ((*CONTEXT, "procMount"), "Unmasked", "/proc Mount Type", "“procMount: Unmasked” is not allowed."),
    (
        (*CONTEXT, "seccompProfile", "type"),
        "Unconfined",
        "Seccomp",
        "“seccompProfile.type: Unconfined” is not allowed.",
    ),
    (
        (*POD_CONTEXT, "sysctls", 0, "name"),
        "kernel.msgmax",
        "Sysctls",
        "“sysctls: kernel.msgmax” is not allowed.",
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
        assert (found.level, found.control, found.say.text) == ("baseline", control, say)
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
    assert found.say.text == "“capabilities.drop: [ALL]” is required."


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
    assert {found.path[3:5] for found in violations(template, "restricted")} == {("initContainers", 0)}


def test_of_windows_pods_linux_settings_are_not_required():
    plain = {"securityContext": {"runAsNonRoot": True}, "containers": [{"name": "c"}]}
    assert violations({"spec": {**plain, "os": {"name": "windows"}}}, "restricted") == []
    assert len(violations({"spec": plain}, "restricted")) == 3


def test_in_the_host_network_a_port_is_a_host_port():
    template = patch(
        SAFE, [(("spec", "hostNetwork"), True), ((*CONTAINER, "ports"), [{"containerPort": 80}])]
    )
    assert [found.control for found in violations(template, "baseline")] == ["Host Namespaces", "Host Ports"]
