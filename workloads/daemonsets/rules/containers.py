"""The rules for containers of a pod template.

Source, unless another is cited: kubernetes/pkg/apis/core/validation/validation.go.
Fields with a default (protocol, path and scheme of a probe, pull policy) may be missing.
"""

from __future__ import annotations

from workloads.daemonsets.manifest import names
from workloads.daemonsets.manifest.findings import gettext_noop as _
from workloads.daemonsets.manifest.places import Place, Report, core
from workloads.daemonsets.manifest.pod import (
    DEFAULT_GRACE_PERIOD,
    HOOK_HANDLERS,
    HOOKS,
    PROBE_HANDLERS,
    PROBES,
    PROTOCOLS,
    PULL_POLICIES,
    RESTART_POLICIES,
    SCHEMES,
    all_containers,
    keeps_running,
)
from workloads.daemonsets.manifest.resources import check_requirements
from workloads.daemonsets.project.pod_creation import repeated_host_ports
from workloads.daemonsets.rules.downward import ENV_FIELDS, check_field, check_resource_field
from workloads.daemonsets.rules.volumes import check_devices, check_mounts

_ENV_SOURCES = ("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef")
_MAX_ID = 2**31 - 1


def check_containers(report: Report, pod: Place) -> None:
    """The containers and init containers of a pod's spec (ValidatePodSpec)."""
    containers = pod["containers"]
    if containers and not containers.length:
        report.error(
            containers,
            "required",
            _("The pod has no containers: add at least one."),
            core("validateContainers"),
        )
    used: set[str] = set()
    for container in all_containers(pod):
        name = container["name"]
        report.test(name, "name", names.dns_label, core("validateContainerCommon"))
        report.unique(
            name,
            used,
            "name-taken",
            _("Two containers are named “%(name)s”: give each container its own name."),
            core("validateInitContainers"),
            name=name.text,
        )
        _check_container(report, container, pod)
    _check_host_ports(report, pod)


def _check_container(report: Report, container: Place, pod: Place) -> None:
    image = container["image"]
    report.required(image, core("validateContainerCommon"))
    report.choice(container["imagePullPolicy"], PULL_POLICIES, core("validatePullPolicy"))
    report.choice(
        container["terminationMessagePolicy"],
        ("File", "FallbackToLogsOnError"),
        core("validateContainerCommon"),
    )
    _check_ports(report, container, pod)
    _check_env(report, container, pod)
    check_mounts(report, container, pod)
    check_devices(report, container, pod)
    check_requirements(report, container["resources"])
    resized: set[str] = set()
    for policy in container["resizePolicy"]:
        report.once(policy["resourceName"], resized, core("validateResizePolicy"))
        report.choice(policy["resourceName"], ("cpu", "memory"), core("validateResizePolicy"))
        report.choice(
            policy["restartPolicy"], ("NotRequired", "RestartContainer"), core("validateResizePolicy")
        )
    _check_security(report, container, pod)
    _check_restart(report, container)
    if not keeps_running(container):
        for field in (*PROBES, "lifecycle"):
            if container[field]:
                report.error(
                    container[field],
                    "init-container-field",
                    _(
                        "An init container cannot have “%(field)s”: remove it, or set “restartPolicy: "
                        "Always” to make this a sidecar container."
                    ),
                    core("validateInitContainers"),
                    field=field,
                )
        return
    for field in PROBES:
        _check_probe(report, container[field], pod)
    for hook in HOOKS:
        if container["lifecycle"][hook]:
            _check_handler(report, container["lifecycle"][hook], HOOK_HANDLERS, pod)
    # Servers drop the field unread unless their feature gate ContainerStopSignals is on.
    if container.at("lifecycle", "stopSignal").text and not pod.at("os", "name").text:
        report.warning(
            container.at("lifecycle", "stopSignal"),
            "stop-signal",
            _("“stopSignal” requires “os.name” in the pod spec: set it to linux or windows."),
            core("validateLifecycle"),
        )


def _check_restart(report: Report, container: Place) -> None:
    policy, rules = container["restartPolicy"], container["restartPolicyRules"]
    cite = core("validateContainerRestartPolicy")
    report.choice(policy, RESTART_POLICIES, cite, blank=False)
    if rules.length and not policy.text:
        report.error(
            policy,
            "required",
            _("“restartPolicyRules” requires “restartPolicy” in the same container: set one."),
            cite,
        )
    for rule in rules:
        report.choice(rule["action"], ("Restart", "RestartAllContainers"), cite)
        report.choice(rule["exitCodes"]["operator"], ("In", "NotIn"), cite)
        if not rule["exitCodes"]:
            report.required(rule["exitCodes"], cite)


# --- ports ---


def _check_ports(report: Report, container: Place, pod: Place) -> None:
    used: set[str] = set()
    on_host = pod["hostNetwork"].is_true
    for port in container["ports"]:
        name, number, host = port["name"], port["containerPort"], port["hostPort"]
        report.test(name, "port-name", names.port_name, core("validateContainerPorts"))
        report.unique(
            name,
            used,
            "name-taken",
            _("Two ports of this container are named “%(name)s”: rename one."),
            core("validateContainerPorts"),
            name=name.text,
        )
        report.between(number, 1, 65535, core("validateContainerPorts"))
        report.between(host, 0, 65535, core("validateContainerPorts"))
        report.choice(port["protocol"], PROTOCOLS, core("validateContainerPorts"))
        if port["hostIP"].text and names.ip_address(port["hostIP"].text):
            report.warning(
                port["hostIP"],
                "host-ip",
                _("“%(address)s” is not an IP address, so the container cannot start: correct or remove it."),
                address=port["hostIP"].text,
            )
        if on_host and host.number and number.number and host.number != number.number:
            report.error(
                host,
                "host-port-differs",
                _(
                    "With “hostNetwork”, the host port must be the same as the container port, %(port)d: "
                    "change it or leave it out."
                ),
                core("validatePodHostNetworkDeps"),
                port=number.number,
            )


def _check_host_ports(report: Report, pod: Place) -> None:
    for at, (protocol, _address, number) in repeated_host_ports(pod, completed=False):
        report.error(
            at,
            "host-port-taken",
            _(
                "Host port %(port)d/%(protocol)s is already used by another port of this pod: change one of "
                "them."
            ),
            core("checkHostPortConflicts"),
            port=number,
            protocol=protocol,
        )


# --- environment ---


def _check_env(report: Report, container: Place, pod: Place) -> None:
    for variable in container["env"]:
        report.test(variable["name"], "env-name", names.env_name, core("ValidateEnv"))
        source = variable["valueFrom"]
        if source:
            _check_env_source(report, source, variable["value"], pod)
    for bundle in container["envFrom"]:
        report.test(bundle["prefix"], "env-name", names.env_name, core("ValidateEnvFrom"))
        given = [bundle[key] for key in ("configMapRef", "secretRef") if bundle[key]]
        if len(given) != 1:
            report.error(
                bundle,
                "env-from-source",
                _("Refer to either a ConfigMap (“configMapRef”) or a Secret (“secretRef”)."),
                core("ValidateEnvFrom"),
            )
        for reference in given:
            if report.required(reference["name"], core("ValidateEnvFrom")):
                report.test(reference["name"], "name", names.dns_subdomain, core("ValidateEnvFrom"))


def _check_env_source(report: Report, source: Place, value: Place, pod: Place) -> None:
    given = [source[key] for key in _ENV_SOURCES if source[key]]
    cite = core("validateEnvVarValueFrom")
    if not given:
        report.error(
            source,
            "env-source-missing",
            _("“valueFrom” has no source: add one of %(options)s."),
            cite,
            options=", ".join(_ENV_SOURCES),
        )
    elif value.text:
        report.error(
            source,
            "env-value-and-source",
            _("“value” and “valueFrom” cannot be used together: remove one of them."),
            cite,
        )
    elif len(given) > 1:
        report.error(
            given[1],
            "env-source-extra",
            _("A variable can have only one source: remove all sources but one."),
            cite,
        )
    check_field(report, source["fieldRef"], ENV_FIELDS)
    check_resource_field(report, source["resourceFieldRef"])
    for key in ("configMapKeyRef", "secretKeyRef"):
        reference = source[key]
        if reference:
            if report.required(reference["name"], core("validateSecretKeySelector")):
                report.test(reference["name"], "name", names.dns_subdomain, core("validateSecretKeySelector"))
            report.test(reference["key"], "config-key", names.config_key, core("validateSecretKeySelector"))
    file = source["fileKeyRef"]
    report.test(file["path"], "path", names.item_path, core("validateFileKeySelector"))
    report.test(file["key"], "env-name", names.env_name, core("validateFileKeySelector"))
    volume = file["volumeName"]
    if volume.text and not any(
        item["name"].text == volume.text and item["emptyDir"] for item in pod["volumes"]
    ):
        report.error(
            volume,
            "volume-missing",
            _("The pod has no emptyDir volume named “%(name)s”: add it, or choose another."),
            core("validateFileKeySelector"),
            name=volume.text,
        )


# --- probes and hooks ---


def _check_probe(report: Report, probe: Place, pod: Place) -> None:
    if not probe:
        return
    kind = probe.path[-1]
    _check_handler(report, probe, PROBE_HANDLERS, pod)
    for field in ("initialDelaySeconds", "timeoutSeconds", "periodSeconds", "failureThreshold"):
        report.at_least(probe[field], 0, core("validateProbe"))
    successes = probe["successThreshold"]
    if kind == "readinessProbe":
        report.at_least(successes, 0, core("validateProbe"))
    elif successes.number not in (None, 0, 1):
        report.error(
            successes,
            "success-threshold",
            _("“successThreshold” of a liveness or startup probe must be 1."),
            core("validateLivenessProbe"),
        )
    grace = probe["terminationGracePeriodSeconds"]
    if kind == "readinessProbe" and grace:
        report.error(
            grace,
            "probe-grace-period",
            _("A readiness probe never stops a container, so it cannot have a grace period: remove it."),
            core("validateReadinessProbe"),
        )
    else:
        report.at_least(grace, 1, core("validateProbe"))


def _check_handler(report: Report, place: Place, kinds: tuple[str, ...], pod: Place) -> None:
    given = [place[kind] for kind in kinds if place[kind]]
    if not given:
        report.error(
            place,
            "handler-missing",
            _("This probe or hook has no handler: add one of %(options)s."),
            core("validateHandler"),
            options=", ".join(kinds),
        )
    for extra in given[1:]:
        report.error(
            extra,
            "handler-extra",
            _("A probe or hook can have only one handler: remove “%(first)s” or “%(other)s”."),
            core("validateHandler"),
            first=given[0].path[-1],
            other=extra.path[-1],
        )
    command = place.at("exec", "command")
    if place["exec"] and not command.length and (not command or isinstance(command.value, list)):
        report.error(
            command,
            "required",
            _("“command” is empty: enter the command to run."),
            core("validateExecAction"),
        )
    http = place["httpGet"]
    _check_port(report, http["port"])
    report.choice(http["scheme"], SCHEMES, core("validateHTTPGetAction"))
    for header in http["httpHeaders"]:
        report.test(header["name"], "http-header", names.http_header, core("validateHTTPGetAction"))
    _check_port(report, place.at("tcpSocket", "port"))
    if "grpc" in kinds:
        report.between(place.at("grpc", "port"), 1, 65535, core("validateGRPCAction"))
    seconds, grace = place.at("sleep", "seconds"), pod["terminationGracePeriodSeconds"].number
    if "sleep" in kinds and (grace is None or grace >= 0):
        report.between(
            seconds, 0, DEFAULT_GRACE_PERIOD if grace is None else grace, core("validateSleepAction")
        )


def _check_port(report: Report, port: Place) -> None:
    """A number or the name of a port (ValidatePortNumOrName)."""
    if isinstance(port.value, str) and port.text.isascii() and port.text.isdigit():
        report.error(
            port,
            "port-quoted",
            _("“%(port)s” in quotes is read as a port name: remove the quotes to use the port number."),
            core("ValidatePortNumOrName"),
            port=port.text,
        )
    elif isinstance(port.value, str):
        if report.required(port, core("ValidatePortNumOrName")):
            report.test(port, "port-name", names.port_name, core("ValidatePortNumOrName"))
    else:
        report.between(port, 1, 65535, core("ValidatePortNumOrName"))


# --- security ---


def _check_security(report: Report, container: Place, pod: Place) -> None:
    context = container["securityContext"]
    check_identity(report, context)
    proc = context["procMount"]
    report.choice(proc, ("Default", "Unmasked"), core("ValidateProcMountType"), blank=False)
    if proc.text == "Unmasked" and not pod["hostUsers"].is_false:
        report.error(
            proc,
            "proc-mount",
            _("“procMount: Unmasked” requires “hostUsers: false” in the pod spec."),
            core("ValidateSecurityContext"),
        )
    escalation = context["allowPrivilegeEscalation"]
    if not escalation.is_false:
        return
    if context["privileged"].is_true:
        report.error(
            escalation,
            "privilege-contradiction",
            _(
                "A privileged container can always escalate its privileges: set this to true, or "
                "“privileged” to false."
            ),
            core("ValidateSecurityContext"),
        )
    if any(capability.text == "CAP_SYS_ADMIN" for capability in context.at("capabilities", "add")):
        report.error(
            escalation,
            "privilege-contradiction",
            _(
                "A container with CAP_SYS_ADMIN can always escalate its privileges: set this to true, or "
                "remove the capability."
            ),
            core("ValidateSecurityContext"),
        )


def check_identity(report: Report, context: Place) -> None:
    """The fields that the security contexts of pods and of containers share."""
    for field in ("runAsUser", "runAsGroup", "fsGroup"):
        report.between(context[field], 0, _MAX_ID, core("ValidateSecurityContext"))
    for group in context["supplementalGroups"]:
        if group.number is not None and not 0 <= group.number <= _MAX_ID:
            report.error(
                group,
                "out-of-range",
                _("A group ID must be between 0 and %(most)d."),
                core("validatePodSpecSecurityContext"),
                most=_MAX_ID,
            )
    for field, cite in (
        ("seccompProfile", "validateSeccompProfileField"),
        ("appArmorProfile", "ValidateAppArmorProfileField"),
    ):
        kind, profile = context[field]["type"], context[field]["localhostProfile"]
        report.choice(kind, ("Localhost", "RuntimeDefault", "Unconfined"), core(cite))
        if kind.text == "Localhost" and field == "seccompProfile":
            if not profile:
                report.required(profile, core(cite))
            report.test(profile, "path", names.relative_path, core(cite))
        elif kind.text == "Localhost" and report.required(profile, core(cite)):
            report.test(profile, "profile", names.app_armor_profile, core(cite))
        elif kind.text and profile:
            report.error(
                profile,
                "localhost-profile",
                _("“localhostProfile” requires type Localhost: change the type or remove the profile."),
                core(cite),
            )
