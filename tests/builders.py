"""Kubernetes objects for tests: each is a plain dict, complete enough for the API server, new at every call.

What a test is about goes in by keyword; the rest has a default. A field without an argument of its own goes
in under its Kubernetes name: `daemonset(hostNetwork=True)` (of its pods), `node("n0", unschedulable=True)`.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from typing import Any

Object = dict[str, Any]
Amounts = Mapping[str, Any]

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
REVISION_LABEL = "controller-revision-hash"
GENERATION_LABEL = "pod-template-generation"
GENERATION_ANNOTATION = "deprecated.daemonset.template.generation"
ENFORCE_LABEL = "pod-security.kubernetes.io/enforce"


def _without_empty(**fields: Any) -> Object:
    """The fields that hold something; 0 and False count as something."""
    return {key: value for key, value in fields.items() if value not in (None, "", {}, [], ())}


def timestamp(when: dt.datetime) -> str:
    """A moment in UTC as Kubernetes writes it: `2026-01-01T12:00:00Z`."""
    return when.isoformat(timespec="seconds").replace("+00:00", "Z")


# --- nodes ---


def taint(notation: str) -> Object:
    """`gpu=yes:NoSchedule` or `gpu:NoSchedule`, as kubectl writes taints."""
    pair, _, effect = notation.rpartition(":")
    key, _, value = pair.partition("=")
    return {"key": key, **({"value": value} if value else {}), "effect": effect}


def node(
    name: str = "n0",
    *,
    labels: Mapping[str, Any] | None = None,
    taints: Iterable[str | Object] = (),
    allocatable: Amounts | None = None,
    conditions: Mapping[str, str] | None = None,
    created: dt.datetime | None = None,
    **spec: Any,
) -> Object:
    """taints: in kubectl's notation (`gpu=yes:NoSchedule`) or as objects. conditions: type → status."""
    listed = [taint(each) if isinstance(each, str) else each for each in taints]
    status = _without_empty(
        allocatable=dict(allocatable or {}),
        conditions=[{"type": kind, "status": value} for kind, value in (conditions or {}).items()],
    )
    metadata = {"name": name, "labels": dict(labels or {})}
    if created:
        metadata["creationTimestamp"] = timestamp(created)
    found = {"apiVersion": "v1", "kind": "Node", "metadata": metadata}
    return found | _without_empty(spec={**_without_empty(taints=listed), **spec}, status=status)


def nodes(count: int, *, prefix: str = "n", **fields: Any) -> list[Object]:
    """`n0`, `n1` … alike in everything but the name; `fields` as for `node`."""
    return [node(f"{prefix}{number}", **fields) for number in range(count)]


def expression(key: str, operator: str, *values: str) -> Object:
    """One requirement of a selector: `expression("zone", "In", "a", "b")`."""
    return {"key": key, "operator": operator, "values": list(values)}


def term(*expressions: Object) -> Object:
    """A node selector term: all its expressions must hold."""
    return {"matchExpressions": list(expressions)}


def required_affinity(*terms: Object) -> Object:
    """The value of `affinity` that requires one of the terms: `daemonset(affinity=required_affinity(…))`."""
    return {"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": list(terms)}}}


def affinity_to(node_name: str) -> Object:
    """The affinity by which the controller makes a pod for one node, before the scheduler binds it."""
    return required_affinity({"matchFields": [expression("metadata.name", "In", node_name)]})


# --- DaemonSets and pods ---


def container(
    name: str = "main",
    *,
    image: str = "nginx:1",
    requests: Amounts | None = None,
    limits: Amounts | None = None,
    **fields: Any,
) -> Object:
    resources = _without_empty(requests=dict(requests or {}), limits=dict(limits or {}))
    return {"name": name, "image": image, **_without_empty(resources=resources), **fields}


def daemonset(
    name: str = "agent",
    *,
    namespace: str = "",
    uid: str = "",
    generation: int | None = None,
    image: str = "nginx:1",
    requests: Amounts | None = None,
    limits: Amounts | None = None,
    ports: Iterable[Object] = (),
    labels: Mapping[str, Any] | None = None,
    annotations: Mapping[str, Any] | None = None,
    pod_annotations: Mapping[str, Any] | None = None,
    update: Mapping[str, Any] | None = None,
    min_ready: int | None = None,
    status: Mapping[str, Any] | None = None,
    **spec: Any,
) -> Object:
    """A DaemonSet of one container; `spec` is that of its pods, and replaces `containers` if it has them.

    labels: of the pods, and so of the selector, `app: <name>` if not given.
    update: `updateStrategy`, see `rolling`. min_ready: `minReadySeconds`.
    """
    pods = {"app": name} if labels is None else dict(labels)
    main = container(image=image, requests=requests, limits=limits, **_without_empty(ports=list(ports)))
    template = {
        "metadata": {"labels": pods, **_without_empty(annotations=dict(pod_annotations or {}))},
        "spec": {"containers": [main], **spec},
    }
    found = {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {
            "name": name,
            **_without_empty(
                namespace=namespace, uid=uid, generation=generation, annotations=dict(annotations or {})
            ),
        },
        "spec": {
            "selector": {"matchLabels": dict(pods)},
            **_without_empty(minReadySeconds=min_ready, updateStrategy=dict(update or {})),
            "template": template,
        },
    }
    return found | _without_empty(status=dict(status or {}))


def rolling(**limits: Any) -> Object:
    """An update strategy: `rolling(maxUnavailable=2)`."""
    return {"type": "RollingUpdate", "rollingUpdate": limits}


def pod(
    name: str = "",
    *,
    node: str = "",
    owner: Object | None = None,
    namespace: str = "",
    bound: bool = True,
    labels: Mapping[str, Any] | None = None,
    revision: str = "",
    phase: str = "Running",
    ready: bool | None = None,
    ready_since: dt.datetime | None = None,
    created: dt.datetime | None = None,
    requests: Amounts | None = None,
    ports: Iterable[Object] = (),
    status: Mapping[str, Any] | None = None,
    **spec: Any,
) -> Object:
    """A pod on a node; with `bound=False` the scheduler has not bound it yet.

    name: `<owner>-on-<node>` if not given. owner: the DaemonSet that controls it, by its uid or else its
    name; the pod is in its namespace. revision: the value of the label `controller-revision-hash`.
    ready: of the condition Ready, which is left out without; ready_since: when that last changed.
    """
    owned_by = (owner or {}).get("metadata", {})
    reference = {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "name": owned_by.get("name", ""),
        "uid": owned_by.get("uid") or owned_by.get("name", ""),
        "controller": True,
    }
    conditions = []
    if ready is not None:
        since = {"lastTransitionTime": timestamp(ready_since)} if ready_since else {}
        conditions = [{"type": "Ready", "status": str(ready), **since}]
    place = {"nodeName": node} if bound else {"affinity": affinity_to(node)}
    main = container(requests=requests, **_without_empty(ports=list(ports)))
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name or f"{owned_by.get('name', 'pod')}-on-{node}",
            "labels": {**(labels or {}), **_without_empty(**{REVISION_LABEL: revision})},
            "ownerReferences": [reference] if owner else [],
            **_without_empty(
                namespace=namespace or owned_by.get("namespace", ""),
                creationTimestamp=timestamp(created) if created else "",
            ),
        },
        "spec": {"containers": [main], **(place if node else {}), **spec},
        "status": {"phase": phase, **_without_empty(conditions=conditions), **(status or {})},
    }


def event(
    message: str,
    *,
    when: dt.datetime,
    about: Object | None = None,
    reason: str = "FailedCreate",
    **fields: Any,
) -> Object:
    """A warning of the DaemonSet controller. about: the DaemonSet."""
    metadata = (about or {}).get("metadata", {})
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {
            "name": f"{metadata.get('name', 'agent')}.17",
            **_without_empty(namespace=metadata.get("namespace", "")),
        },
        "involvedObject": {"kind": "DaemonSet", **_without_empty(uid=metadata.get("uid", ""))},
        "type": "Warning",
        "reason": reason,
        "message": message,
        "lastTimestamp": timestamp(when),
        **fields,
    }


# --- what a project and a cluster have beside them ---


def namespace(
    name: str = "demo",
    *,
    enforce: str | None = None,
    enforce_version: str | None = None,
    labels: Mapping[str, Any] | None = None,
    annotations: Mapping[str, Any] | None = None,
) -> Object:
    """enforce, enforce_version: the Pod Security level and the version of the standards."""
    enforced = {ENFORCE_LABEL: enforce, f"{ENFORCE_LABEL}-version": enforce_version}
    metadata = _without_empty(
        labels={**(labels or {}), **{key: value for key, value in enforced.items() if value is not None}},
        annotations=dict(annotations or {}),
    )
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, **metadata}}


def quota(
    hard: Amounts, *, name: str = "quota", namespace: str = "", used: Amounts | None = None, **spec: Any
) -> Object:
    """`quota({"pods": "5"}, scopes=["BestEffort"])`. used: of its status."""
    found = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": name, **_without_empty(namespace=namespace)},
        "spec": {"hard": dict(hard), **spec},
    }
    return found | ({} if used is None else {"status": {"used": dict(used)}})


def limit_range(kind: str = "Container", *, name: str = "limits", **bounds: Any) -> Object:
    """`limit_range(max={"cpu": "2"})`: one item of the type `kind`."""
    return {
        "apiVersion": "v1",
        "kind": "LimitRange",
        "metadata": {"name": name},
        "spec": {"limits": [{"type": kind, **bounds}]},
    }


def runtime_class(
    name: str = "sandbox",
    *,
    node_selector: Mapping[str, Any] | None = None,
    tolerations: Iterable[Object] = (),
    overhead: Amounts | None = None,
) -> Object:
    scheduling = _without_empty(nodeSelector=dict(node_selector or {}), tolerations=list(tolerations))
    found = {
        "apiVersion": "node.k8s.io/v1",
        "kind": "RuntimeClass",
        "metadata": {"name": name},
        "handler": "sandbox",
    }
    fixed = {"podFixed": dict(overhead)} if overhead else {}
    return found | _without_empty(scheduling=scheduling, overhead=fixed)


def priority_class(name: str, value: int, **fields: Any) -> Object:
    found = {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": name}}
    return {**found, "value": value, **fields}


def as_text(*objects: Object) -> str:
    """The objects as a line of JSON, of one or of a List: what a person would upload."""
    if len(objects) == 1:
        return json.dumps(objects[0]) + "\n"
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)}) + "\n"
