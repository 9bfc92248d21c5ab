"""Objects as the API server sends them: how they are written, versions, times. Pure functions over plain
JSON."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

from workloads.daemonsets.manifest.metadata import LAST_APPLIED, SERVER_FIELDS
from workloads.documents.paths import ABSENT, JsonObject, same
from workloads.stores.differences import kept_by_omission
from workloads.stores.visible import TOOL_ANNOTATIONS, visible


def replacement(before: JsonObject, wanted: JsonObject) -> JsonObject:
    """The object that makes `before` what `wanted` says.

    What people do not see stays: identity, the annotations of tools, the status. So do finalizers and
    ownerReferences that `wanted` does not mention: they guard other objects. And so do the addresses and node
    ports that the cluster gave to a Service.
    """
    stored = before["metadata"]
    metadata = dict(wanted["metadata"])
    for name in ("uid", "resourceVersion", "creationTimestamp", *kept_by_omission(before, wanted)):
        metadata[name] = stored[name]
    notes = stored.get("annotations") or {}
    hidden = {name: notes[name] for name in TOOL_ANNOTATIONS if name in notes}
    if hidden:
        metadata["annotations"] = {**(metadata.get("annotations") or {}), **hidden}
    out = {**wanted, "metadata": metadata}
    if (wanted.get("apiVersion"), wanted.get("kind")) == ("v1", "Service"):
        out["spec"] = _with_allocated(before.get("spec"), wanted.get("spec"))
    return {**out, "status": before["status"]} if "status" in before else out


def json_patch(before: JsonObject, wanted: JsonObject) -> list[JsonObject]:
    """The JSON patch (RFC 6902) that is the same write as replacing `before` by `wanted`, which is a
    `replacement` of it: at the same resourceVersion. A merge patch cannot write a null."""
    kept = {name: item for name, item in before["metadata"].items() if name not in SERVER_FIELDS}
    return list(_operations({**before, "metadata": kept}, wanted, ""))


def _operations(before: JsonObject, wanted: JsonObject, pointer: str) -> Iterator[JsonObject]:
    """To "add" a member that exists is to replace it."""
    for name in before.keys() - wanted.keys():
        yield {"op": "remove", "path": _below(pointer, name)}
    for name, value in wanted.items():
        had = before.get(name, ABSENT)
        if isinstance(had, dict) and isinstance(value, dict):
            yield from _operations(had, value, _below(pointer, name))
        elif not same(had, value):
            yield {"op": "add", "path": _below(pointer, name), "value": value}


def _below(pointer: str, name: str) -> str:
    """RFC 6901."""
    return f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}"


_ADDRESSES: Final = ("clusterIP", "clusterIPs")
_ON_NODES: Final = ("NodePort", "LoadBalancer")


def _with_allocated(before: Any, wanted: Any) -> Any:
    """The spec of a Service with what the cluster allocated to it and `wanted` does not mention, as newer
    servers keep it: kubernetes pkg/registry/core/service/storage/storage.go, patchAllocatedValues. Older ones
    refuse a Service without its address, and give it other node ports."""
    if not (isinstance(before, dict) and isinstance(wanted, dict)):
        return wanted
    out = dict(wanted)
    types = before.get("type", "ClusterIP"), wanted.get("type", "ClusterIP")
    if "ExternalName" not in types and not any(wanted.get(name) for name in _ADDRESSES):
        out |= {name: before[name] for name in _ADDRESSES if name in before}
    if not all(kind in _ON_NODES for kind in types):
        return out
    ports = [dict(port) if isinstance(port, dict) else port for port in wanted.get("ports") or ()]
    used = {port.get("nodePort") for port in ports if isinstance(port, dict)}
    had = {_service_port(port): port.get("nodePort") for port in before.get("ports") or ()}
    for port in ports:
        if isinstance(port, dict) and not port.get("nodePort"):
            number = had.get(_service_port(port))
            if number and number not in used:
                port["nodePort"] = number
    out["ports"] = ports
    local = all(each.get("externalTrafficPolicy") == "Local" for each in (before, wanted))
    if local and types == ("LoadBalancer", "LoadBalancer") and "healthCheckNodePort" in before:
        out.setdefault("healthCheckNodePort", before["healthCheckNodePort"])
    return out


def _service_port(port: JsonObject) -> tuple[Any, Any]:
    return port.get("protocol") or "TCP", port.get("port")


def version_of(value: JsonObject) -> str:
    """A digest of what a person can see. A resourceVersion would not do: the status changes it too, several
    times a minute during a rollout."""
    shown = json.dumps(visible(value), sort_keys=True, ensure_ascii=False).encode()
    return hashlib.sha256(shown).hexdigest()[:32]


def without_managed_fields(value: JsonObject) -> JsonObject:
    metadata = value.get("metadata")
    if not isinstance(metadata, dict) or "managedFields" not in metadata:
        return value
    return {**value, "metadata": {k: v for k, v in metadata.items() if k != "managedFields"}}


def without_tools(value: JsonObject) -> JsonObject:
    """The object without what tools keep in it for themselves, often most of it."""
    out = without_managed_fields(value)
    notes = _metadata(out).get("annotations")
    if not isinstance(notes, dict) or LAST_APPLIED not in notes:
        return out
    notes = {name: note for name, note in notes.items() if name != LAST_APPLIED}
    return {**out, "metadata": {**out["metadata"], "annotations": notes}}


def sort_key(value: JsonObject) -> tuple[str, str]:
    metadata = _metadata(value)
    return str(metadata.get("name")), str(metadata.get("namespace", ""))


def created_at(value: JsonObject) -> dt.datetime | None:
    return _time(_metadata(value).get("creationTimestamp"))


def last_change(value: JsonObject) -> tuple[dt.datetime | None, Sequence[str]]:
    """(when, field managers) of the last write to anything but the status: several managers where they wrote
    within the same second, as the server knows no more. (creation time, ()) if the server does not show."""
    latest = created_at(value)
    who: list[str] = []
    for entry in managed_fields(value):
        when = _time(entry.get("time"))
        if when is None or entry.get("subresource") or set(entry.get("fieldsV1") or {}) <= {"f:status"}:
            continue
        if latest is None or not who or when > latest:
            latest, who = when, []
        if when == latest:
            who.append(str(entry.get("manager") or ""))
    return latest, who


def managed_fields(value: JsonObject) -> list[JsonObject]:
    entries = _metadata(value).get("managedFields")
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []


def _metadata(value: JsonObject) -> JsonObject:
    metadata: Any = value.get("metadata")
    return metadata if isinstance(metadata, dict) else {}


def _time(text: Any) -> dt.datetime | None:
    try:
        return dt.datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
