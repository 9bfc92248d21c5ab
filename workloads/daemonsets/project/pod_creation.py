"""What the API server takes in a pod template and refuses in the pods themselves: none is ever created.

Sources: ValidatePodCreate, validateContainerOnlyForPod, validateImageVolumeSource and checkHostPortConflicts
in pkg/apis/core/validation/validation.go; SetDefaults_Pod in pkg/apis/core/v1/defaults.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from workloads.daemonsets.manifest.features import Features
from workloads.daemonsets.manifest.findings import gettext_noop as _
from workloads.daemonsets.manifest.outline import NODE_NAME, POD
from workloads.daemonsets.manifest.places import Place, Report, core
from workloads.daemonsets.manifest.pod import all_containers
from workloads.daemonsets.manifest.sentences import Sentence
from workloads.daemonsets.project.admission import Refusal
from workloads.daemonsets.project.neighbours import HostPort

_PODS_ONLY: Final = 28
"""Since this minor version the ports of a pod with hostNetwork become host ports in the pod only; before, in
its template too (DefaultHostNetworkHostPortsInPodTemplates in pkg/features/kube_features.go of 1.28)."""


def ports_default_in_template(features: Features) -> bool:
    """Whether the API server completes host ports in templates, and so refuses a DaemonSet for them."""
    return features.minor is not None and features.minor < _PODS_ONLY


def repeated_host_ports(pod: Place, *, completed: bool) -> Iterator[tuple[Place, HostPort]]:
    """The ports of a pod's spec that repeat the host port of another one.

    An init container is compared only with itself, be it a sidecar or not; addresses as they are written.
    completed: as in a pod, where with hostNetwork each container port is a host port.
    """
    every = completed and pod["hostNetwork"].is_true
    for together in (list(pod["containers"]), *([each] for each in pod["initContainers"])):
        used: set[HostPort] = set()
        for port in (port for container in together for port in container["ports"]):
            at = port["containerPort"] if every and not port["hostPort"].number else port["hostPort"]
            if not at.number:
                continue
            host_port = port["protocol"].text or "TCP", port["hostIP"].text, at.number
            if host_port in used:
                yield at, host_port
            used.add(host_port)


def refusals(daemonset: Place) -> Iterator[Refusal]:
    """Why the API server refuses every pod for what its template says."""
    pod = daemonset.at(*POD)
    for container in all_containers(pod):
        image = container["image"]
        if image.text != image.text.strip():
            template = _("The image has spaces around it, so no pod can be created: remove them.")
            cite = core("validateContainerOnlyForPod")
            yield Refusal(image.path, Sentence(template, code="image-space"), cite)
    for volume in pod["volumes"]:
        if volume["image"] and not volume["image"]["reference"].text:
            path = volume["image"]["reference"].path
            template = _("The volume has no image, so no pod can be created: enter one.")
            yield Refusal(path, Sentence(template, code="image-missing"), core("validateImageVolumeSource"))
    if pod["schedulingGates"].length and pod["nodeName"].text:
        template = _(
            "A pod with scheduling gates cannot be assigned to a node: no pod can be created. Remove "
            "“nodeName” or the gates."
        )
        say = Sentence(template, code="gates-and-node-name")
        yield Refusal(NODE_NAME, say, core("ValidatePodCreate"))
    for at, (protocol, _address, number) in repeated_host_ports(pod, completed=True):
        template = _(
            "With “hostNetwork”, every container port is a host port, and %(port)d/%(protocol)s is already "
            "used by another port of this pod: no pod can be created. Change or remove one of them."
        )
        say = Sentence(template, {"port": number, "protocol": protocol}, "host-port-repeated")
        yield Refusal(at.path, say, core("checkHostPortConflicts"))


def check(report: Report, daemonset: Place, features: Features) -> None:
    """Adds a warning for each refusal, and an error where the server refuses the DaemonSet for it already.

    Host ports that are written twice in the template are an error of its containers.
    """
    written = {at.path for at, _port in repeated_host_ports(daemonset.at(*POD), completed=False)}
    for refusal in refusals(daemonset):
        say, at = refusal.say, Place(None, refusal.path)
        if refusal.path in written:
            continue
        refused = say.code == "host-port-repeated" and ports_default_in_template(features)
        add = report.error if refused else report.warning
        add(at, say.code, say.template, refusal.cite, **say.params)
