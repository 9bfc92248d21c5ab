"""The rules for a PersistentVolumeClaim, stored or of an ephemeral volume, and on how many nodes it works."""

from __future__ import annotations

from workloads.daemonsets.manifest import names
from workloads.daemonsets.manifest.findings import gettext_noop as _
from workloads.daemonsets.manifest.places import Place, Report, core
from workloads.daemonsets.manifest.resources import amount, check_whole_bytes
from workloads.daemonsets.manifest.selectors import check_selector
from workloads.documents.paths import Json

ACCESS_MODES = ("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod")
ACCESS_MODES_PAGE = "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#access-modes"
_OF_ONE_NODE = {"ReadWriteOnce", "ReadWriteOncePod"}
_CITE = core("ValidatePersistentVolumeClaimSpec")


def check_claim(report: Report, spec: Place) -> None:
    """`spec` of a PersistentVolumeClaim, or of the template of an ephemeral volume."""
    modes, storage = spec["accessModes"], spec.at("resources", "requests", "storage")
    if not modes.length:
        report.error(modes, "required", _("Add an access mode: how the volume may be used."), _CITE)
    for mode in modes:
        report.choice(mode, ACCESS_MODES, _CITE)
        if mode.text == "ReadWriteOncePod" and modes.length > 1:
            message = _("ReadWriteOncePod cannot be combined with other access modes.")
            report.error(mode, "access-modes", message, _CITE)
    if not storage:
        report.error(storage, "required", _("Set how much storage is needed, such as 10Gi."), _CITE)
    asked = amount(storage)
    if asked is not None and asked <= 0:
        report.error(storage, "too-small", _("The requested storage must be greater than 0."), _CITE)
    elif asked is not None:
        check_whole_bytes(report, "storage", storage, asked)
    report.choice(spec["volumeMode"], ("Filesystem", "Block"), _CITE, blank=False)
    check_selector(report, spec["selector"])
    report.test(spec["storageClassName"], "name", names.dns_subdomain, _CITE)


def one_node_modes(claim: Json) -> list[str]:
    """The access modes of a PersistentVolumeClaim that only one node can mount, sorted; [] for others.

    Source: https://kubernetes.io/docs/concepts/storage/persistent-volumes/#access-modes.
    """
    modes = {mode.text for mode in Place(claim).at("spec", "accessModes")}
    return sorted(modes) if modes <= _OF_ONE_NODE else []
