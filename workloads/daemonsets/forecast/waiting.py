"""What keeps every pod of a DaemonSet from starting once it is created, and what of it was not examined.

Sources: pkg/scheduler/framework/plugins (schedulinggates, dynamicresources), and those of `project.needs`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from workloads.daemonsets.forecast.problem import Problem
from workloads.daemonsets.forecast.room import gates_of
from workloads.daemonsets.manifest.findings import gettext_noop as _
from workloads.daemonsets.manifest.outline import POD
from workloads.daemonsets.manifest.places import Place
from workloads.daemonsets.manifest.sentences import Sentence
from workloads.daemonsets.project.admission import unknown_classes
from workloads.daemonsets.project.devices import Devices, requested_classes
from workloads.daemonsets.project.facts import ProjectFacts
from workloads.daemonsets.project.needs import missing, unread
from workloads.documents.paths import Json

_DEFAULT_SCHEDULER: Final = "default-scheduler"
_GATES: Final = "pkg/scheduler/framework/plugins/schedulinggates/scheduling_gates.go"
_DEVICES: Final = "pkg/scheduler/framework/plugins/dynamicresources/dynamicresources.go"
_VOLUMES: Final = "pkg/scheduler/framework/plugins/volumebinding/volume_binding.go"
_CONFIG: Final = "pkg/kubelet/kubelet_pods.go"

_OF_DRIVERS: Final = ("persistentVolumeClaim", "ephemeral", "csi", "flexVolume")
"""Volumes that need a driver on the node."""


def keeps_all_waiting(
    daemonset: Json, nodes: Sequence[str], facts: ProjectFacts, devices: Devices
) -> Iterator[Problem]:
    """What keeps the pods on all nodes from starting. A missing account is in `refused`."""
    pod = Place(daemonset).at(*POD)
    if gates := ", ".join(gates_of(daemonset, facts.features)):
        template = _(
            "The pods wait for scheduling gates (%(gates)s): each is scheduled only after somebody has "
            "removed its gates."
        )
        say = Sentence(template, {"gates": gates}, "scheduling-gates")
        yield Problem("gates", gates, say, pod["schedulingGates"].path, _GATES, dict.fromkeys(nodes, say))
    for each in missing(pod, facts):
        on_node = dict.fromkeys(nodes, each.say)
        if each.stage == "claim":
            yield Problem("claim", each.name, each.say, each.at.path, _VOLUMES, on_node)
        elif each.stage == "config":
            yield Problem("config", each.name, each.say, each.at.path, _CONFIG, on_node)
    for at, say in _missing_device_claims(pod, devices):
        yield Problem("device-claim", at.text, say, at.path, _DEVICES, dict.fromkeys(nodes, say))


def not_examined(daemonset: Json, facts: ProjectFacts, devices: Devices) -> Iterator[Sentence]:
    """What may keep pods from starting and is not known here."""
    pod = Place(daemonset).at(*POD)
    scheduler = pod["schedulerName"].text
    if scheduler not in ("", _DEFAULT_SCHEDULER):
        template = _("Whether the scheduler “%(name)s” runs, and what it requires of nodes, was not checked.")
        yield Sentence(template, {"name": scheduler}, "other-scheduler")
    for kind, name in unknown_classes(pod, facts.classes):
        template = _(
            "The console does not know whether the cluster has the %(kind)s “%(name)s”. Without it, every "
            "pod is rejected."
        )
        yield Sentence(template, {"kind": kind, "name": name}, f"{kind.lower()}-unknown")
    if kinds := unread(pod, facts):
        template = _("Whether the objects exist that the pods name was not checked: %(kinds)s.")
        yield Sentence(template, {"kinds": ", ".join(kinds)}, "objects-unread")
    asked = [*(claim["name"].text for claim in pod["resourceClaims"]), *requested_classes(pod)]
    if claims := ", ".join(asked):
        template = _("Whether nodes have free devices for the resource claims (%(claims)s) was not checked.")
        yield Sentence(template, {"claims": claims}, "devices-unknown")
    storage = [volume for volume in pod["volumes"] if any(volume[kind] for kind in _OF_DRIVERS)]
    if storage:
        template = _(
            "Whether the storage of these volumes can be used on the nodes was not checked: %(names)s."
        )
        names = ", ".join(volume["name"].text for volume in storage)
        yield Sentence(template, {"names": names}, "storage-unknown")


def _missing_device_claims(pod: Place, devices: Devices) -> Iterator[tuple[Place, Sentence]]:
    for claim in pod["resourceClaims"]:
        for kind, at, known in (
            ("ResourceClaim", claim["resourceClaimName"], devices.claims),
            ("ResourceClaimTemplate", claim["resourceClaimTemplateName"], devices.templates),
        ):
            if at.text and known is not None and at.text not in known:
                template = _("The project has no %(kind)s “%(name)s”: the pods wait until it exists.")
                yield at, Sentence(template, {"kind": kind, "name": at.text}, "device-claim-missing")
