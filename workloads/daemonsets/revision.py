"""Whether two DaemonSets have the same template, so that no new pods are made.

The controller compares templates byte by byte, but as the API server stores them: completed with defaults,
without nulls and empty lists, quantities in canonical form.

Sources: getPatch in pkg/controller/daemon/update.go, pkg/apis/core/v1/defaults.go.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

from workloads.daemonsets import quantity
from workloads.daemonsets.containers import PROBES
from workloads.daemonsets.outline import CONTAINERS
from workloads.daemonsets.placement import template_of
from workloads.daemonsets.places import without_nulls
from workloads.documents.paths import Json

_Object: TypeAlias = dict[str, Any]

_POD: Final = {
    "restartPolicy": "Always",
    "dnsPolicy": "ClusterFirst",
    "schedulerName": "default-scheduler",
    "terminationGracePeriodSeconds": 30,
    "securityContext": {},
}
_CONTAINER: Final = {
    "terminationMessagePath": "/dev/termination-log",
    "terminationMessagePolicy": "File",
    "resources": {},
}
_PROBE: Final = {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}
_HTTP_GET: Final = {"path": "/", "scheme": "HTTP"}
_MODE: Final = {"defaultMode": 0o644}
_VOLUMES: Final[dict[str, _Object]] = {
    "secret": _MODE,
    "configMap": _MODE,
    "downwardAPI": _MODE,
    "projected": _MODE,
    "hostPath": {"type": ""},
}
# Fields that are not written where they have the zero value of their type (Go's omitempty).
_FLAGS: Final = ("hostNetwork", "hostPID", "hostIPC", "stdin", "stdinOnce", "tty", "readOnly", "optional")
_MAPS: Final = ("labels", "annotations", "nodeSelector", "limits", "requests", "overhead")
_AMOUNTS: Final = ("limits", "requests", "overhead")


def same_revision(old: Json, new: Json) -> bool:
    """Whether a DaemonSet changed from one to the other keeps its pods."""
    return bool(_completed(old) == _completed(new))


def _completed(daemonset: Json) -> Json:
    """The template as the API server would store it, as far as comparing asks for it."""
    template = _plain(without_nulls(template_of(daemonset)))
    if not isinstance(template, dict):
        return template
    template.setdefault("metadata", {})
    pod = template.get("spec")
    if isinstance(pod, dict):
        _complete_pod(pod)
    return template


def _plain(value: Json) -> Json:
    """A copy without what is not written, and with quantities as numbers."""
    if isinstance(value, list):
        return [_plain(child) for child in value]
    if not isinstance(value, dict):
        return value
    kept = {
        name: _amounts(child) if name in _AMOUNTS and isinstance(child, dict) else _plain(child)
        for name, child in value.items()
        if not (child == [] or (child is False and name in _FLAGS) or (child == {} and name in _MAPS))
    }
    if "sizeLimit" in kept:
        kept["sizeLimit"] = _amount(kept["sizeLimit"])
    return kept


def _amounts(value: _Object) -> _Object:
    return {name: _amount(amount) for name, amount in value.items()}


def _amount(value: Json) -> Json:
    try:
        return quantity.parse(value) if isinstance(value, (str, int, float)) else value
    except ValueError:
        return value


def _complete_pod(pod: _Object) -> None:
    _add(pod, _POD)
    account = pod.pop("serviceAccount", None)  # the old name, kept in step
    if account is not None:
        pod.setdefault("serviceAccountName", account)
    for field in CONTAINERS:
        for container in _objects(pod.get(field)):
            _complete_container(container, host_network=pod.get("hostNetwork") is True)
    for volume in _objects(pod.get("volumes")):
        if volume.keys() <= {"name"}:
            volume["emptyDir"] = {}
        for kind, defaults in _VOLUMES.items():
            if isinstance(volume.get(kind), dict):
                _add(volume[kind], defaults)
    _complete_references(pod)


def _complete_container(container: _Object, *, host_network: bool) -> None:
    _add(container, _CONTAINER)
    image = container.get("image")
    if isinstance(image, str):
        container.setdefault("imagePullPolicy", "Always" if _is_latest(image) else "IfNotPresent")
    for port in _objects(container.get("ports")):
        port.setdefault("protocol", "TCP")
        if host_network and port.get("hostPort", 0) == port.get("containerPort"):
            port.pop("hostPort", None)  # which versions write it into templates differs
    for variable in _objects(container.get("env")):
        if variable.get("value") == "":
            del variable["value"]
    for probe in PROBES:
        if isinstance(container.get(probe), dict):
            _add(container[probe], _PROBE)
            _complete_handler(container[probe])
    lifecycle = container.get("lifecycle")
    for hook in lifecycle.values() if isinstance(lifecycle, dict) else ():
        if isinstance(hook, dict):
            _complete_handler(hook)


def _complete_handler(handler: _Object) -> None:
    if isinstance(handler.get("httpGet"), dict):
        _add(handler["httpGet"], _HTTP_GET)
    if isinstance(handler.get("grpc"), dict):
        handler["grpc"].setdefault("service", "")


def _complete_references(value: Json) -> None:
    """`fieldRef` in variables and volumes, tokens in volumes."""
    if isinstance(value, list):
        for child in value:
            _complete_references(child)
    elif isinstance(value, dict):
        for name, child in value.items():
            if name == "fieldRef" and isinstance(child, dict):
                child.setdefault("apiVersion", "v1")
            elif name == "serviceAccountToken" and isinstance(child, dict):
                child.setdefault("expirationSeconds", 3600)
            else:
                _complete_references(child)


def _is_latest(image: str) -> bool:
    name = image.rpartition("/")[2]
    return "@" not in name and name.partition(":")[2] in ("", "latest")


def _add(value: _Object, defaults: _Object) -> None:
    for name, default in defaults.items():
        value.setdefault(name, default)


def _objects(items: Json) -> list[_Object]:
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
