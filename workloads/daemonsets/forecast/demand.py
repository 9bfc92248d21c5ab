"""What DaemonSets use of a quota: the usage of one pod, times the nodes it runs on.

Sources: pkg/quota/v1/evaluator/core/pods.go (the keys that a pod counts towards, scopes, and the resources
that containers must set), PodRequests and PodLimits in k8s.io/component-helpers/resource/helpers.go (how the
containers of a pod add up), and https://kubernetes.io/docs/concepts/policy/resource-quotas/.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final

from workloads.daemonsets.manifest.features import OLDEST, Features
from workloads.daemonsets.manifest.outline import PREFERRED, REQUIRED, TEMPLATE
from workloads.daemonsets.manifest.places import Place, without_nulls
from workloads.daemonsets.manifest.pod import all_containers
from workloads.daemonsets.manifest.resources import Amounts, add, amounts, is_native
from workloads.daemonsets.placement.verdicts import Inventory, count_running, template_of
from workloads.daemonsets.project.limit_ranges import Resources, defaults, pod_totals, with_defaults
from workloads.documents.paths import Json

_ZERO: Final = Decimal(0)
_ONE: Final = Decimal(1)

# The only limits that a quota counts.
_LIMITED: Final = ("cpu", "memory", "ephemeral-storage")
# Keys older than `count/<resource>`, with the same meaning.
_COUNTED: Final = (
    *("configmaps", "persistentvolumeclaims", "replicationcontrollers"),
    *("resourcequotas", "secrets", "services"),
)
_OF_CLASS: Final = ".storageclass.storage.k8s.io/"


def per_pod(template: Json, limit_ranges: Sequence[Json] = ()) -> Amounts:
    """The usage of one pod of a template: `pods`, `count/pods`, `requests.<name>`, `limits.<name>`.

    In cores, bytes and pieces. LimitRange defaults are applied. What else admission adds (the overhead of a
    RuntimeClass, mutating webhooks) counts only if the template has it.
    """
    spec = _pod_spec(template)
    return _usage(spec, pod_totals(spec, defaults(limit_ranges)))


def in_quota(quota: Json, template: Json, limit_ranges: Sequence[Json] = ()) -> Amounts | None:
    """The usage of one pod for each key of `spec.hard`, with the claims of its ephemeral volumes.

    None if the quota's scopes exclude the pod.
    """
    return _asked(quota, template, defaults(limit_ranges))


def by_key(quota: Json, amounts: Amounts) -> Amounts:
    """The amounts for each key of `spec.hard`, as the quota writes the keys."""
    return {key: amounts.get(_full_key(key), _ZERO) for key in Place(quota).at("spec", "hard").mapping}


def of_objects(quota: Json, number: int) -> Amounts:
    """The usage of `number` DaemonSets themselves for each key of `spec.hard`; 0 if the quota has scopes."""
    return by_key(quota, {} if scopes(quota) else _objects(number))


def of_new_object(quota: Json, value: Json) -> Amounts:
    """What a new object that is no pod uses of each key of `spec.hard`; 0 if the quota has scopes."""
    place = Place(value)
    version, kind = place["apiVersion"].text, place["kind"].text
    used = {} if scopes(quota) else _counted({(version, kind): 1})
    if used and (version, kind) == ("v1", "PersistentVolumeClaim"):
        add(used, _claimed([value]))
    elif used and (version, kind) == ("v1", "Service"):
        add(used, _served([value]))
    return by_key(quota, used)


def used_by_objects(
    quota: Json,
    counts: Mapping[tuple[str, str], int],
    *,
    claims: Iterable[Json] = (),
    services: Iterable[Json] = (),
) -> Amounts:
    """What the objects of a project themselves use of each key of `spec.hard`, without its pods."""
    if scopes(quota):
        return by_key(quota, {})
    daemonsets = counts.get(("apps/v1", "DaemonSet"), 0)
    return by_key(
        quota, {**_counted(counts), **_objects(daemonsets), **_claimed(claims), **_served(services)}
    )


def quota_used(
    quota: Json,
    daemonsets: Iterable[Json],
    nodes: Inventory | Iterable[Json],
    limit_ranges: Sequence[Json],
    counts: Mapping[tuple[str, str], int],
    *,
    claims: Iterable[Json] = (),
    services: Iterable[Json] = (),
    features: Features = OLDEST,
) -> Amounts:
    """The `status.used` that a ResourceQuota would have, for every key of its `spec.hard`.

    Only pods of the DaemonSets count. counts: (api_version, kind) → the number of such objects in the
    project; claims, services: its PersistentVolumeClaims and Services, for the keys that depend on their
    contents.
    """
    daemonsets = list(daemonsets)
    given = defaults(limit_ranges)
    inventory = Inventory.of(nodes)
    found: Amounts = {}
    if not scopes(quota):
        found = {**_counted(counts), **_objects(len(daemonsets)), **_claimed(claims), **_served(services)}
    used = by_key(quota, found | {"pods": _ZERO, "count/pods": _ZERO})
    for daemonset in daemonsets:
        add(used, _used_by_pods(quota, template_of(daemonset), inventory, given, features))
    return used


def used_by(
    quota: Json,
    daemonset: Json,
    nodes: Inventory,
    limit_ranges: Sequence[Json],
    *,
    features: Features = OLDEST,
) -> Amounts:
    """What one DaemonSet of `quota_used` takes of that, with its pods."""
    used = of_objects(quota, 1)
    add(used, _used_by_pods(quota, template_of(daemonset), nodes, defaults(limit_ranges), features))
    return used


# The key of a quota → the part and name of the resource that each container must then set. "This was a
# mistake", says the source, so no other resource will be required.
MUST_STATE: Final = {
    "cpu": ("requests", "cpu"),
    "requests.cpu": ("requests", "cpu"),
    "limits.cpu": ("limits", "cpu"),
    "memory": ("requests", "memory"),
    "requests.memory": ("requests", "memory"),
    "limits.memory": ("limits", "memory"),
}


def differing(quotas: Iterable[Json]) -> list[Json]:
    """One of those quotas for which `unstated` finds the same: there are few that differ."""
    found: dict[str, Json] = {}
    for quota in quotas:
        spec = Place(quota)["spec"]
        keys = sorted(key for key in spec["hard"].mapping if key in MUST_STATE)
        if keys:
            found.setdefault(repr((keys, spec["scopes"].value, spec["scopeSelector"].value)), quota)
    return list(found.values())


def unstated(
    quota: Json, template: Json, limit_ranges: Sequence[Json] = ()
) -> Iterator[tuple[Place, tuple[str, ...]]]:
    """The containers that do not set a resource that the quota limits, each with those keys of the quota: no
    pod is created. Paths are from the DaemonSet's root.

    With pod-level resources, containers need not set any (Constraints).
    """
    pod = Place(without_nulls(template), TEMPLATE)["spec"]
    keys = [key for key in Place(quota).at("spec", "hard").mapping if key in MUST_STATE]
    if not keys or any(pod["resources"][part].length for part in ("requests", "limits")):
        return
    if in_quota(quota, template, limit_ranges) is None:
        return
    given = defaults(limit_ranges)
    for container in all_containers(pod):
        asked = with_defaults(container.mapping, given)
        stated = {
            *(("requests", name) for name in asked.requests),
            *(("limits", name) for name in asked.limits),
        }
        missing = tuple(key for key in keys if MUST_STATE[key] not in stated)
        if missing:
            yield container, missing


# One pod


def _pod_spec(template: Json) -> Place:
    return Place(without_nulls(template))["spec"]


def _usage(spec: Place, totals: Resources) -> Amounts:
    """The usage of a pod. Overhead raises a limit only if there is one."""
    usage = {"pods": _ONE, "count/pods": _ONE}
    overhead = amounts(spec["overhead"])
    for name in totals.requests.keys() | overhead.keys():
        if name in _LIMITED or name.startswith("hugepages-") or not is_native(name):
            usage[f"requests.{name}"] = totals.requests.get(name, _ZERO) + overhead.get(name, _ZERO)
    for name in totals.limits.keys() & set(_LIMITED):
        limit = totals.limits[name]
        usage[f"limits.{name}"] = limit + overhead.get(name, _ZERO) if limit else limit
    return usage


def _asked(quota: Json, template: Json, given: Resources) -> Amounts | None:
    spec = _pod_spec(template)
    totals = pod_totals(spec, given)
    limited_to = scopes(quota)
    if not all(_matches(scope, spec, totals) for scope in limited_to):
        return None
    usage = _usage(spec, totals)
    return by_key(quota, usage if limited_to else {**usage, **_claimed_by_pod(spec)})


def _used_by_pods(
    quota: Json, template: Json, nodes: Inventory, given: Resources, features: Features
) -> Amounts:
    asked = _asked(quota, template, given)
    if asked is None:
        return {}
    pods = count_running(template, nodes, features=features)
    return {key: value * pods for key, value in asked.items()}


# Scopes


def scopes(quota: Json) -> list[Place]:
    """What a quota is limited to, as expressions: an entry of `scopes` is one with Exists."""
    spec = Place(without_nulls(quota))["spec"]
    named = [Place({"scopeName": scope.text, "operator": "Exists"}) for scope in spec["scopes"]]
    return [*named, *spec["scopeSelector"]["matchExpressions"]]


def _matches(scope: Place, spec: Place, totals: Resources) -> bool:
    """podMatchesScopeFunc."""
    match scope["scopeName"].text:
        case "Terminating":
            return bool(spec["activeDeadlineSeconds"])
        case "NotTerminating":
            return not spec["activeDeadlineSeconds"]
        case "BestEffort":
            return _is_best_effort(totals)
        case "NotBestEffort":
            return not _is_best_effort(totals)
        case "PriorityClass":
            return _has_class(scope, spec["priorityClassName"].text)
        case "CrossNamespacePodAffinity":
            return _looks_into_other_namespaces(spec)
    return False


def _is_best_effort(totals: Resources) -> bool:
    """ComputePodQOS in pkg/apis/core/v1/helper/qos/qos.go: no container requests CPU or memory."""
    return not any(part.get(name) for part in (totals.requests, totals.limits) for name in ("cpu", "memory"))


def _has_class(scope: Place, name: str) -> bool:
    values = [value.text for value in scope["values"]]
    match scope["operator"].text:
        case "Exists":
            return bool(name)
        case "DoesNotExist":
            return not name
        case "In":
            return bool(name) and name in values
        case "NotIn":
            return not name or name not in values
    return False


def _looks_into_other_namespaces(spec: Place) -> bool:
    for kind in ("podAffinity", "podAntiAffinity"):
        affinity = spec["affinity"][kind]
        terms = [
            *affinity[REQUIRED],
            *(weighted["podAffinityTerm"] for weighted in affinity[PREFERRED]),
        ]
        if any(term["namespaces"].length or term["namespaceSelector"] for term in terms):
            return True
    return False


# Objects


def _objects(number: int) -> Amounts:
    """DaemonSets themselves, each with the ControllerRevision of its template."""
    return dict.fromkeys(("count/daemonsets.apps", "count/controllerrevisions.apps"), Decimal(number))


def _counted(counts: Mapping[tuple[str, str], int]) -> Amounts:
    used: Amounts = {}
    for (api_version, kind), number in counts.items():
        group = api_version.rpartition("/")[0]
        add(used, {f"count/{_plural(kind)}{'.' + group if group else ''}": Decimal(number)})
    return used


def _plural(kind: str) -> str:
    """UnsafeGuessKindToResource in k8s.io/apimachinery/pkg/api/meta/restmapper.go."""
    name = kind.lower()
    if name.endswith("endpoints"):
        return name
    if name.endswith("s"):
        return name + "es"
    return name.removesuffix("y") + "ies" if name.endswith("y") else name + "s"


def _claimed(claims: Iterable[Json]) -> Amounts:
    """pkg/quota/v1/evaluator/core/persistent_volume_claims.go."""
    used: Amounts = {}
    for claim in claims:
        spec = Place(without_nulls(claim))["spec"]
        size = amounts(spec.at("resources", "requests")).get("storage", _ZERO)
        of_claim = {"requests.storage": size}
        if name := spec["storageClassName"].text:
            of_claim[f"{name}{_OF_CLASS}requests.storage"] = size
            of_claim[f"{name}{_OF_CLASS}persistentvolumeclaims"] = _ONE
        add(used, of_claim)
    return used


def _claimed_by_pod(spec: Place) -> Amounts:
    """A generic ephemeral volume creates one claim for each pod."""
    templates = [volume.at("ephemeral", "volumeClaimTemplate") for volume in spec["volumes"]]
    claims = [{"spec": template["spec"].value} for template in templates if template]
    if not claims:
        return {}
    return {"count/persistentvolumeclaims": Decimal(len(claims)), **_claimed(claims)}


def _served(services: Iterable[Json]) -> Amounts:
    """pkg/quota/v1/evaluator/core/services.go."""
    used: Amounts = {}
    for service in services:
        spec = Place(without_nulls(service))["spec"]
        ports = Decimal(spec["ports"].length)
        if spec["type"].text == "NodePort":
            add(used, {"services.nodeports": ports})
        elif spec["type"].text == "LoadBalancer":
            by_node = _ZERO if spec["allocateLoadBalancerNodePorts"].is_false else ports
            add(used, {"services.loadbalancers": _ONE, "services.nodeports": by_node})
    return used


def _full_key(key: str) -> str:
    """The full key that a short one stands for."""
    if key in _LIMITED or key.startswith("hugepages-"):
        return f"requests.{key}"
    return f"count/{key}" if key in _COUNTED else key
