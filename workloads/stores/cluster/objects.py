"""Objects as the API server sends them: what a person sees of them, versions, times. Pure functions over
plain JSON."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from typing import Any, Final

from workloads.daemonsets.manifest.metadata import LAST_APPLIED, SERVER_FIELDS
from workloads.documents.paths import ABSENT, MERGE_KEYS, Item, JsonObject, Path, get, patch

# Tools and controllers keep these for themselves.
_TOOL_ANNOTATIONS: Final = (
    LAST_APPLIED,
    "deprecated.daemonset.template.generation",
    "deployment.kubernetes.io/revision",
)


# Where a pod is described, in whatever kind.
_POD_SPECS: Final[tuple[Path, ...]] = (
    ("spec", "template", "spec"),
    ("spec", "jobTemplate", "spec", "template", "spec"),
    ("spec",),
)

_TEMPLATE_TIME: Final[Path] = ("spec", "template", "metadata", "creationTimestamp")


def editable(value: JsonObject) -> JsonObject:
    """The object without what only the server and tools write, as a person edits it. It shares the rest with
    `value`: neither may be altered in place.

    `serviceAccount` is left out where it says what `serviceAccountName` says: the server adds this old name
    to what it sends, and would read the account from it should the new name be removed (kubernetes
    pkg/apis/core/v1/conversion.go, Convert_v1_PodSpec_To_core_PodSpec).
    """
    out = _visible(value)
    for path in _POD_SPECS:
        pod = get(out, path)
        if isinstance(pod, dict) and pod.get("serviceAccount", ...) == pod.get("serviceAccountName"):
            out = patch(out, [((*path, "serviceAccount"), ABSENT)])
    return out


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
    hidden = {name: notes[name] for name in _TOOL_ANNOTATIONS if name in notes}
    if hidden:
        metadata["annotations"] = {**(metadata.get("annotations") or {}), **hidden}
    out = {**wanted, "metadata": metadata}
    if (wanted.get("apiVersion"), wanted.get("kind")) == ("v1", "Service"):
        out["spec"] = _with_allocated(before.get("spec"), wanted.get("spec"))
    return {**out, "status": before["status"]} if "status" in before else out


def merge_patch(before: JsonObject, wanted: JsonObject) -> JsonObject:
    """The JSON merge patch (RFC 7386) that is the same write as replacing `before` by `wanted`, which is a
    `replacement` of it: at the same resourceVersion."""
    stored = before["metadata"]
    visible = {name: item for name, item in stored.items() if name not in SERVER_FIELDS}
    patch = _merge_patch({**before, "metadata": visible}, wanted)
    seen = {name: stored[name] for name in ("uid", "resourceVersion")}
    head = {name: before[name] for name in ("apiVersion", "kind")}
    return {**head, **patch, "metadata": {**patch.get("metadata", {}), **seen}}


def _merge_patch(before: JsonObject, wanted: JsonObject) -> JsonObject:
    patch: JsonObject = dict.fromkeys(before.keys() - wanted.keys())
    for name, value in wanted.items():
        had = before.get(name, ABSENT)
        if isinstance(had, dict) and isinstance(value, dict):
            if inner := _merge_patch(had, value):
                patch[name] = inner
        elif had != value:
            patch[name] = value
    return patch


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


def kept_by_omission(before: JsonObject, wanted: JsonObject) -> list[str]:
    """The fields of `metadata` that stay though `wanted` leaves them out."""
    had, has = _metadata(before), _metadata(wanted)
    return [name for name in ("finalizers", "ownerReferences") if had.get(name) and has.get(name) is None]


def _visible(value: JsonObject) -> JsonObject:
    """The object without what only the server and tools write; it shares the rest with `value`."""
    out = {key: item for key, item in value.items() if key != "status"}
    metadata = out.get("metadata")
    if isinstance(metadata, dict):
        metadata = out["metadata"] = {k: item for k, item in metadata.items() if k not in SERVER_FIELDS}
        annotations = metadata.get("annotations")
        if isinstance(annotations, dict):
            shown = {name: note for name, note in annotations.items() if name not in _TOOL_ANNOTATIONS}
            metadata["annotations"] = shown
            if not shown:
                del metadata["annotations"]
    # Servers before 1.34 add an empty time to every pod template.
    if get(out, _TEMPLATE_TIME) is None:
        out = patch(out, [(_TEMPLATE_TIME, ABSENT)])
    return out


def version_of(value: JsonObject) -> str:
    """A digest of what a person can see. A resourceVersion would not do: the status changes it too, several
    times a minute during a rollout."""
    shown = json.dumps(_visible(value), sort_keys=True, ensure_ascii=False).encode()
    return hashlib.sha256(shown).hexdigest()[:32]


def without_managed_fields(value: JsonObject) -> JsonObject:
    metadata = value.get("metadata")
    if not isinstance(metadata, dict) or "managedFields" not in metadata:
        return value
    return {**value, "metadata": {k: v for k, v in metadata.items() if k != "managedFields"}}


def removed(before: JsonObject, after: JsonObject) -> list[Path]:
    """Fields and items that `before` has and `after` has not, the outermost of each.

    Items are found again by what identifies them; a list whose items have nothing of that kind is one value,
    and changes as a whole.
    """
    return list(_removed(editable(before), editable(after), ()))


def set_again(wanted: JsonObject, stored: JsonObject) -> list[Path]:
    """Fields and items that `wanted` leaves out, or has with another value than `stored`."""
    return list(_removed(editable(stored), editable(wanted), (), changed=True))


def _removed(before: Any, after: Any, path: Path, *, changed: bool = False) -> Iterator[Path]:
    """changed: also those that have another value."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name, value in before.items():
            if name in after:
                yield from _removed(value, after[name], (*path, name), changed=changed)
            elif _has_content(value):
                yield (*path, name)
    elif isinstance(before, list) and isinstance(after, list):
        found = list(_identified(before, after))
        if changed and before and not found and before != after:
            yield path
        for value, segment in found:
            same = get(after, (segment,))
            if same is ABSENT:
                yield (*path, segment)
            else:
                yield from _removed(value, same, (*path, segment), changed=changed)
    elif changed and before != after:
        yield path


def _identified(before: list[Any], after: list[Any]) -> Iterator[tuple[JsonObject, Item]]:
    """The items of `before`, each with as many of its keys as tell it from others: a person need not have
    written the others (the protocol of a port). None where the items have no keys."""
    has = [keys for keys in MERGE_KEYS if all(isinstance(item, dict) and keys[0] in item for item in before)]
    for value in before if has else ():
        wheres = [tuple((key, value[key]) for key in has[0][:n] if key in value) for n in (1, len(has[0]))]
        short, full = map(Item, wheres)
        is_clear = all(sum(map(short.matches, items)) <= 1 for items in (before, after))
        yield value, short if is_clear else full


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


def dropped(wanted: JsonObject, stored: JsonObject) -> list[Path]:
    """Fields that were sent and that the server did not store: it does not know them, or they are switched
    off. Empty ones (null, false, 0, "", [], {}) do not count: servers usually leave them out."""
    sent = editable(wanted)
    if wanted.get("kind") == "Secret":
        sent.pop("stringData", None)  # it becomes a part of `data`
    return list(_dropped(sent, stored, ()))


def _dropped(wanted: Any, stored: Any, path: Path) -> Iterator[Path]:
    if isinstance(wanted, dict) and isinstance(stored, dict):
        for name, value in wanted.items():
            if name in stored:
                yield from _dropped(value, stored[name], (*path, name))
            elif _has_content(value):
                yield (*path, name)
    elif isinstance(wanted, list) and isinstance(stored, list):
        for index, value in enumerate(wanted):
            yield from _dropped(value, _same_item(value, index, stored), (*path, index))


def _same_item(wanted: Any, index: int, items: list[Any]) -> Any:
    """The same item: others may have put items of their own between ours."""
    at_index = items[index] if index < len(items) else None
    keys = next((keys for keys in MERGE_KEYS if isinstance(wanted, dict) and keys[0] in wanted), ())
    if not keys:
        return at_index
    same = Item(tuple((key, wanted[key]) for key in keys if key in wanted))
    return at_index if same.matches(at_index) else next(filter(same.matches, items), None)


def _has_content(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_has_content, value.values()))
    return any(map(_has_content, value)) if isinstance(value, list) else bool(value)


def created_at(value: JsonObject) -> dt.datetime | None:
    return _time(_metadata(value).get("creationTimestamp"))


def last_change(value: JsonObject) -> tuple[dt.datetime | None, str]:
    """(when, field manager) of the last write to anything but the status; (creation time, "") if the server
    does not show."""
    latest, who = created_at(value), ""
    for entry in managed_fields(value):
        when = _time(entry.get("time"))
        if when is None or entry.get("subresource") or set(entry.get("fieldsV1") or {}) <= {"f:status"}:
            continue
        if latest is None or not who or when >= latest:
            latest, who = when, str(entry.get("manager") or "")
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
