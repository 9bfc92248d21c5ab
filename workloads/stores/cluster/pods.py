"""The pods and events of a cluster: which to request, and what to keep of them. Pure functions over plain
JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from workloads.daemonsets.manifest.outline import REQUIRED
from workloads.documents.paths import Json

# What presence, fit and the pages read. The rest, most of it the same for all pods of a DaemonSet, is some
# nine tenths of a pod.
_METADATA: Final = (
    "name",
    "namespace",
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "labels",
    "ownerReferences",
)
_SPEC: Final = ("nodeName", "hostNetwork", "overhead", "resources")
_CONTAINER: Final = ("name", "resources", "ports", "restartPolicy")
_STATUS: Final = ("phase", "reason")
_CONDITION: Final = ("type", "status", "reason", "message", "lastTransitionTime")
_EVENT: Final = ("reason", "message", "lastTimestamp", "eventTime", "series")
_CONTAINER_STATUS: Final = ("name", "restartCount", "state")


def slim_pod(pod: Json) -> Json:
    """Only what the console reads of a pod; of an unbound one also the affinity: it names the node. Of a
    bound one only what it repels."""
    spec = _dict(pod.get("spec"))
    status = _dict(pod.get("status"))
    slim_spec = _some(spec, _SPEC)
    for field in ("containers", "initContainers"):
        if field in spec:
            slim_spec[field] = [_some(each, _CONTAINER) for each in _list(spec[field])]
    if claims := [each for each in _list(spec.get("volumes")) if "persistentVolumeClaim" in each]:
        slim_spec["volumes"] = claims
    if not spec.get("nodeName") and "affinity" in spec:
        slim_spec["affinity"] = spec["affinity"]
    elif repelled := _dict(_dict(spec.get("affinity")).get("podAntiAffinity")).get(REQUIRED):
        slim_spec["affinity"] = {"podAntiAffinity": {REQUIRED: repelled}}
    slim_status = _some(status, _STATUS)
    if "conditions" in status:
        slim_status["conditions"] = [_some(each, _CONDITION) for each in _list(status["conditions"])]
    for field in ("initContainerStatuses", "containerStatuses"):
        if field in status:
            slim_status[field] = [_some(each, _CONTAINER_STATUS) for each in _list(status[field])]
    return {
        **_some(pod, ("apiVersion", "kind")),
        "metadata": _some(_dict(pod.get("metadata")), _METADATA),
        "spec": slim_spec,
        "status": slim_status,
    }


def slim_event(event: Json) -> Json:
    """Only what the console reads of an event."""
    return {
        **_some(event, _EVENT),
        "metadata": _some(_dict(event.get("metadata")), ("namespace", "creationTimestamp")),
        "involvedObject": _some(_dict(event.get("involvedObject")), ("uid",)),
    }


def label_selector(selector: Mapping[str, Any]) -> str:
    """A LabelSelector as a query parameter, "" for one that matches everything (FormatLabelSelector in
    apimachinery pkg/apis/meta/v1/helpers.go)."""
    terms = [f"{key}={value}" for key, value in _dict(selector.get("matchLabels")).items()]
    for each in _list(selector.get("matchExpressions")):
        key, values = each.get("key"), ",".join(map(str, each.get("values") or ()))
        match each.get("operator"):
            case "In":
                terms.append(f"{key} in ({values})")
            case "NotIn":
                terms.append(f"{key} notin ({values})")
            case "Exists":
                terms.append(f"{key}")
            case "DoesNotExist":
                terms.append(f"!{key}")
    return ",".join(terms)


def _some(value: Mapping[str, Any], fields: Sequence[str]) -> Json:
    return {field: value[field] for field in fields if field in value}


def _dict(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Json]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
