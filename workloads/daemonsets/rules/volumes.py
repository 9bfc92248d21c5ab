"""The rules for the volumes of a pod template, and for the mounts and block devices of its containers.

Source, unless another is cited: kubernetes/pkg/apis/core/validation/validation.go.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Final, TypeAlias

from workloads.daemonsets.manifest import names
from workloads.daemonsets.manifest.findings import gettext_noop as _
from workloads.daemonsets.manifest.places import Place, Report, core
from workloads.daemonsets.manifest.pod import PULL_POLICIES, is_windows_path, operating_system
from workloads.daemonsets.manifest.resources import check_amount
from workloads.daemonsets.manifest.selectors import check_labels
from workloads.daemonsets.project.claims import check_claim
from workloads.daemonsets.rules.annotations import check_annotations
from workloads.daemonsets.rules.downward import FILE_FIELDS, check_field, check_resource_field

_Check: TypeAlias = Callable[[Report, Place], None]

_HOST_PATH_TYPES = (
    *("DirectoryOrCreate", "Directory", "FileOrCreate", "File"),
    *("Socket", "CharDevice", "BlockDevice"),
)
_PROPAGATIONS = ("None", "HostToContainer", "Bidirectional")
_MAX_MODE = 0o777
# Volume types that were removed from the kubelet, each with the version: kubernetes/pkg/api/pod/warnings.go.
_REMOVED = {
    "cephfs": "1.31",
    "flocker": "1.25",
    "gitRepo": "1.33",
    "glusterfs": "1.26",
    "quobyte": "1.25",
    "rbd": "1.31",
    "scaleIO": "1.22",
    "storageos": "1.25",
}


def _types(volume: Place) -> list[Place]:
    """The volume types that a volume has; a valid one has only one."""
    return [source for key, source in volume.entries if key != "name"]


def check_volumes(report: Report, pod: Place) -> None:
    """The volumes of a pod's spec."""
    used: set[str] = set()
    for volume in pod["volumes"]:
        name = volume["name"]
        report.test(name, "name", names.dns_label, core("ValidateVolumes"))
        report.unique(
            name,
            used,
            "name-taken",
            _("Two volumes are named “%(name)s”: rename one."),
            core("ValidateVolumes"),
            name=name.text,
        )
        given = _types(volume)
        for extra in given[1:]:
            report.error(
                extra,
                "volume-type-extra",
                _("A volume can have only one type: remove “%(first)s” or “%(other)s”."),
                core("validateVolumeSource"),
                first=given[0].path[-1],
                other=extra.path[-1],
            )
        if volume.mapping and not given:
            report.warning(
                volume,
                "volume-type-missing",
                _("Volume “%(name)s” has no type, so it will be an empty directory: set a type."),
                "kubernetes/pkg/apis/core/v1/defaults.go SetDefaults_Volume",
                name=name.text,
            )
        if given and given[0].path[-1] in _REMOVED:
            kind = str(given[0].path[-1])
            report.warning(
                given[0],
                "volume-retired",
                _("Kubernetes %(version)s removed volumes of type “%(kind)s”: use a CSI driver."),
                "kubernetes/pkg/api/pod/warnings.go",
                kind=kind,
                version=_REMOVED[kind],
            )
        _check_type(report, volume)


def _check_type(report: Report, volume: Place) -> None:
    for kind, check in _RULES_BY_TYPE.items():
        if volume[kind]:
            check(report, volume[kind])


def _check_host_path(report: Report, host: Place) -> None:
    report.test(host["path"], "path", names.no_backsteps, core("validateHostPathVolumeSource"))
    report.choice(host["type"], _HOST_PATH_TYPES, core("validateHostPathType"))


def _check_empty_dir(report: Report, empty: Place) -> None:
    """The API server allows any medium, the kubelet does not."""
    medium = empty["medium"]
    if medium.text not in ("", "Memory", "HugePages") and not medium.text.startswith("HugePages-"):
        report.warning(
            medium,
            "medium",
            _(
                "“%(value)s” is not a valid medium: use Memory, or remove the field to use the disk of the "
                "node."
            ),
            "kubernetes/pkg/volume/emptydir/empty_dir.go",
            value=medium.text,
        )
    check_amount(report, "sizeLimit", empty["sizeLimit"], core("validateVolumeSource"))


def _check_configmap(report: Report, source: Place) -> None:
    report.required(source["name"], core("validateConfigMapVolumeSource"))
    _check_files(report, source, _check_item)


def _check_secret(report: Report, source: Place) -> None:
    report.required(source["secretName"], core("validateSecretVolumeSource"))
    _check_files(report, source, _check_item)


def _check_downward(report: Report, source: Place) -> None:
    _check_files(report, source, _check_file)


def _check_nfs(report: Report, nfs: Place) -> None:
    if nfs["path"].text and not nfs["path"].text.startswith("/"):
        report.error(
            nfs["path"],
            "path",
            _("The path on an NFS server must start with “/”."),
            core("validateNFSVolumeSource"),
        )


def _check_aws_disk(report: Report, disk: Place) -> None:
    report.between(disk["partition"], 0, 255, core("validateAWSElasticBlockStoreVolumeSource"))


def _check_gce_disk(report: Report, disk: Place) -> None:
    report.between(disk["partition"], 0, 255, core("validateGCEPersistentDiskVolumeSource"))
    if not disk["readOnly"].is_true:
        report.warning(
            disk,
            "disk-read-only",
            _(
                "Set “readOnly: true”: Kubernetes 1.28 and earlier refuse this disk without it, and most "
                "disks can be attached to several nodes only for reading."
            ),
            core("ValidateReadOnlyPersistentDisks"),
        )


def _check_csi(report: Report, csi: Place) -> None:
    secret = csi["nodePublishSecretRef"]
    report.test(csi["driver"], "name", names.csi_driver, core("ValidateCSIDriverName"))
    if secret and report.required(secret["name"], core("validateCSIVolumeSource")):
        report.test(secret["name"], "name", names.dns_subdomain, core("validateCSIVolumeSource"))


def _check_ephemeral(report: Report, ephemeral: Place) -> None:
    template = ephemeral["volumeClaimTemplate"]
    if not template:
        report.error(
            template,
            "required",
            _("“volumeClaimTemplate” is required: describe the claim to create for each pod."),
            core("validateEphemeralVolumeSource"),
        )
    elif template["spec"]:
        check_claim(report, template["spec"])
    check_labels(report, template["metadata"]["labels"])
    check_annotations(report, template["metadata"]["annotations"])
    for field, at in template["metadata"].entries:
        if field not in ("labels", "annotations", "creationTimestamp"):
            report.error(
                at,
                "claim-metadata",
                _("The template of a claim can have only labels and annotations: remove “%(field)s”."),
                core("ValidatePersistentVolumeClaimTemplate"),
                field=field,
            )


def _check_image(report: Report, image: Place) -> None:
    cite = core("validateImageVolumeSource")
    report.choice(image["pullPolicy"], PULL_POLICIES, cite)


def _check_projected(report: Report, projected: Place) -> None:
    _check_mode(report, projected["defaultMode"])
    kinds = (
        *("secret", "configMap", "downwardAPI"),
        *("serviceAccountToken", "clusterTrustBundle", "podCertificate"),
    )
    used: set[str] = set()
    for source in projected["sources"]:
        given = [source[kind] for kind in kinds if source[kind]]
        for extra in given[1:]:
            report.error(
                extra,
                "volume-type-extra",
                _("A projected source can have only one type: remove “%(first)s” or “%(other)s”."),
                core("validateProjectionSources"),
                first=given[0].path[-1],
                other=extra.path[-1],
            )
        for kind in ("secret", "configMap"):
            if source[kind]:
                report.required(source[kind]["name"], core("validateProjectionSources"))
            for item in source[kind]["items"]:
                _check_item(report, item)
        for file in source.at("downwardAPI", "items"):
            _check_file(report, file)
        token = source["serviceAccountToken"]
        report.between(token["expirationSeconds"], 600, 2**32, core("validateProjectionSources"))
        report.test(token["path"], "path", names.item_path, core("validateProjectionSources"))
        for path in _paths(source):
            report.unique(path, used, "path-taken", _PATH_TAKEN, _PROJECTED, path=path.text)
    # Servers do not compare the path of a token with the others.
    for source in projected["sources"]:
        path = source["serviceAccountToken"]["path"]
        if path.text and path.text in used:
            report.warning(path, "path-taken", _PATH_TAKEN, _PROJECTED, path=path.text)
        used.add(path.text)


_PROJECTED: Final = core("validateProjectionSources")
_PATH_TAKEN: Final = _("Two sources of this volume write to “%(path)s”: change one of the paths.")


def _paths(source: Place) -> Iterator[Place]:
    for kind in ("secret", "configMap", "downwardAPI"):
        for item in source[kind]["items"]:
            yield item["path"]
    yield source.at("clusterTrustBundle", "path")


_RULES_BY_TYPE: Final[Mapping[str, _Check]] = {
    "hostPath": _check_host_path,
    "emptyDir": _check_empty_dir,
    "configMap": _check_configmap,
    "secret": _check_secret,
    "downwardAPI": _check_downward,
    "projected": _check_projected,
    "nfs": _check_nfs,
    "awsElasticBlockStore": _check_aws_disk,
    "gcePersistentDisk": _check_gce_disk,
    "csi": _check_csi,
    "ephemeral": _check_ephemeral,
    "image": _check_image,
}


def _check_files(report: Report, source: Place, check: _Check) -> None:
    """The files that a source provides. check: the rules for one of its items."""
    _check_mode(report, source["defaultMode"])
    for item in source["items"]:
        check(report, item)


def _check_item(report: Report, item: Place) -> None:
    report.test(item["path"], "path", names.item_path, core("validateKeyToPath"))
    _check_mode(report, item["mode"])


def _check_file(report: Report, file: Place) -> None:
    cite = core("validateDownwardAPIVolumeFile")
    report.test(file["path"], "path", names.item_path, cite)
    _check_mode(report, file["mode"])
    field, resource = file["fieldRef"], file["resourceFieldRef"]
    if bool(field) == bool(resource):
        report.error(
            file, "file-source", _("Set either “fieldRef” or “resourceFieldRef”, but not both."), cite
        )
    check_field(report, field, FILE_FIELDS)
    if resource:
        report.required(resource["containerName"], cite)
        check_resource_field(report, resource)


def _check_mode(report: Report, mode: Place) -> None:
    if mode.number is not None and not 0 <= mode.number <= _MAX_MODE:
        report.error(
            mode,
            "mode",
            _(
                "A file mode must be between 0 and 0777: write it with a leading zero in YAML (0644), or as "
                "a decimal number in JSON (420)."
            ),
            core("validateKeyToPath"),
        )


# --- mounts and block devices ---


def check_mounts(report: Report, container: Place, pod: Place) -> None:
    """The volume mounts of a container. pod: the pod's spec with the volumes."""
    cite = core("ValidateVolumeMounts")
    volumes = {volume["name"].text for volume in pod["volumes"]}
    devices = {device["name"].text for device in container["volumeDevices"]}
    used: set[str] = set()
    for mount in container["volumeMounts"]:
        name, path = mount["name"], mount["mountPath"]
        _check_volume_exists(report, name, volumes, cite)
        if name.text and name.text in devices:
            report.error(
                name,
                "mount-and-device",
                _("This container already uses volume “%(name)s” as a block device: remove one of the two."),
                cite,
                name=name.text,
            )
        report.unique(
            path,
            used,
            "mount-path-taken",
            _("Two volumes are mounted at “%(path)s”: change one of the paths."),
            cite,
            path=path.text,
        )
        drive = operating_system(pod) == "windows" and is_windows_path(path.text) and path.text[1:2] == ":"
        if ":" in (path.text[2:] if drive else path.text):
            report.warning(
                path,
                "mount-path-colon",
                _("A mount path should not contain “:”: container runtimes may misread it."),
                "Kubernetes API reference, VolumeMount",
            )
        sub_path, expression = mount["subPath"], mount["subPathExpr"]
        report.test(sub_path, "path", names.relative_path, cite)
        report.test(expression, "path", names.relative_path, cite)
        if sub_path.text and expression.text:
            report.error(
                expression,
                "sub-path",
                _("“subPath” and “subPathExpr” cannot be used together: remove one of them."),
                cite,
            )
        _check_propagation(report, mount, container)


def _check_volume_exists(report: Report, name: Place, volumes: Collection[str], cite: str) -> None:
    if name.text and name.text not in volumes:
        report.error(
            name,
            "volume-missing",
            _("The pod has no volume named “%(name)s”: add it, or choose another."),
            cite,
            name=name.text,
        )


def _check_propagation(report: Report, mount: Place, container: Place) -> None:
    propagation, recursive = mount["mountPropagation"], mount["recursiveReadOnly"]
    report.choice(propagation, _PROPAGATIONS, core("validateMountPropagation"), blank=False)
    if propagation.text == "Bidirectional" and not container.at("securityContext", "privileged").is_true:
        report.error(
            propagation,
            "propagation-privileged",
            _("Mount propagation Bidirectional requires a privileged container."),
            core("validateMountPropagation"),
        )
    report.choice(
        recursive,
        ("Disabled", "IfPossible", "Enabled"),
        core("validateMountRecursiveReadOnly"),
        blank=False,
    )
    if recursive.text in ("IfPossible", "Enabled"):
        if not mount["readOnly"].is_true:
            report.error(
                recursive,
                "recursive-read-only",
                _("“recursiveReadOnly” requires “readOnly: true” on the same mount."),
                core("validateMountRecursiveReadOnly"),
            )
        if propagation.text not in ("", "None"):
            report.error(
                propagation,
                "recursive-propagation",
                _("A recursive read-only mount cannot propagate mounts: set this to None."),
                core("validateMountRecursiveReadOnly"),
            )


def check_devices(report: Report, container: Place, pod: Place) -> None:
    """The block devices of a container. pod: the pod's spec with the volumes."""
    cite = core("ValidateVolumeDevices")
    volumes = {volume["name"].text: volume for volume in pod["volumes"]}
    used: set[str] = set()
    for device in container["volumeDevices"]:
        name, path = device["name"], device["devicePath"]
        volume = volumes.get(name.text)
        _check_volume_exists(report, name, volumes, cite)
        if volume is not None and not (volume["persistentVolumeClaim"] or volume["ephemeral"]):
            report.error(
                name,
                "device-source",
                _("Only a PersistentVolumeClaim or an ephemeral volume can be used as a block device."),
                cite,
            )
        for place in (name, path):
            report.unique(
                place,
                used,
                "device-taken",
                _("“%(value)s” is used by two block devices of this container: change one of them."),
                cite,
                value=place.text,
            )
        report.test(path, "path", names.no_backsteps, cite)
