"""The timezone of the host: one volume of the pod, and one mount in each container that uses it.

Only this volume with this mount is recognised and removed.
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from workloads.daemonsets.manifest.outline import CONTAINERS, POD, VOLUMES
from workloads.documents.paths import ABSENT, Change, Json, Path, get, item
from workloads.wizard.form.bindings import items_at
from workloads.wizard.form.codecs import Undecodable

NAME = "host-time"
FILE = "/etc/localtime"
VOLUME: Path = (*VOLUMES, item(name=NAME))
MOUNT = item(name=NAME, mountPath=FILE)


def shown(root: Json, container: Path) -> str:
    """ "true" if the container mounts the timezone of the host, else ""."""
    mounted = get(root, (*container, "volumeMounts", MOUNT)) is not ABSENT
    return "true" if mounted and _is_ours(get(root, VOLUME)) else ""


def write(root: Json, container: Path, raw: str) -> list[Change]:
    """Raises Undecodable if another volume or mount is in the way."""
    return _add(root, (*container, "volumeMounts")) if raw else _remove(root, (*container, "volumeMounts"))


def _add(root: Json, mounts: Path) -> list[Change]:
    volume = get(root, VOLUME)
    if volume is not ABSENT and not _is_ours(volume):
        raise Undecodable(_("The pod has another volume named host-time."))
    if any(get(mount, ("mountPath",)) == FILE for mount in items_at(root, mounts)):
        raise Undecodable(_("The container has another mount at /etc/localtime."))
    mount = ((*mounts, MOUNT), {"name": NAME, "mountPath": FILE, "readOnly": True})
    if volume is not ABSENT:
        return [mount]
    return [(VOLUME, {"name": NAME, "hostPath": {"path": FILE, "type": ""}}), mount]


def _remove(root: Json, mounts: Path) -> list[Change]:
    changes = [(_whole_if_last(root, mounts, MOUNT), ABSENT)]
    if _mounted(root) == 1:
        changes.append((_whole_if_last(root, VOLUMES, item(name=NAME)), ABSENT))
    return changes


def _is_ours(volume: Json) -> bool:
    return bool(get(volume, ("hostPath", "path")) == FILE)


def _whole_if_last(root: Json, items: Path, one: object) -> Path:
    return items if len(get(root, items)) == 1 else (*items, one)  # type: ignore[arg-type]


def _mounted(root: Json) -> int:
    """How many mounts of the volume all containers have."""
    return sum(
        get(mount, ("name",)) == NAME
        for field in CONTAINERS
        for container in items_at(root, (*POD, field))
        for mount in items_at(container, ("volumeMounts",))
    )
