"""What DaemonSets use of a quota: the usage of one pod, times the nodes it runs on.

Sources: pkg/quota/v1/evaluator/core/pods.go (the keys that a pod counts towards, scopes, and the resources
that containers must set), PodRequests and PodLimits in k8s.io/component-helpers/resource/helpers.go (how the
containers of a pod add up), and https://kubernetes.io/docs/concepts/policy/resource-quotas/.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from workloads.daemonsets.manifest.features import OLDEST, Features
from workloads.daemonsets.manifest.outline import PREFERRED, REQUIRED, TEMPLATE
from workloads.daemonsets.manifest.places import Place, without_nulls
from workloads.daemonsets.manifest.pod import all_containers
from workloads.daemonsets.manifest.resources import Amounts, add, amounts, is_native
from workloads.daemonsets.placement.verdicts import Inventory, count_running, template_of
from workloads.daemonsets.project.limit_ranges import (
    LimitRanges,
    Resources,
    defaults,
    pod_totals,
    with_defaults,
)
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


def per_pod(template: Json, limit_ranges: LimitRanges = ()) -> Amounts:
    """The usage of one pod of a template: `pods`, `count/pods`, `requests.<name>`, `limits.<name>`.

    In cores, bytes and pieces. LimitRange defaults are applied. What else admission adds (the overhead of a
    RuntimeClass, mutating webhooks) counts only if the template has it.
    """
    spec = _pod_spec(template)
    return _usage(spec, pod_totals(spec, defaults(limit_ranges)))


def in_quota(quota: Json, template: Json, limit_ranges: LimitRanges = ()) -> Amounts | None:
    """The usage of one pod for each key of `spec.hard`, with the claims of its ephemeral volumes.

    None if the quota's scopes exclude the pod.
    """
    pod, limited_to = _Pod.of(template, defaults(limit_ranges)), Scopes.of(quota)
    if not limited_to.include(pod.look):
        return None
    return by_key(quota, pod.usage if limited_to.terms else pod.with_claims)


def by_key(quota: Json, amounts: Amounts) -> Amounts:
    """The amounts for each key of `spec.hard`, as the quota writes the keys."""
    return {key: amounts.get(full_key(key), _ZERO) for key in Place(quota).at("spec", "hard").mapping}


def of_objects(quota: Json, number: int) -> Amounts:
    """The usage of `number` DaemonSets themselves for each key of `spec.hard`; 0 if the quota has scopes."""
    return by_key(quota, {} if scopes(quota) else _objects(number))


def of_new_object(value: Json) -> Amounts:
    """What a new object that is no pod uses of quotas without scopes, by `full_key`."""
    place = Place(value)
    version, kind = place["apiVersion"].text, place["kind"].text
    used = _counted({(version, kind): 1})
    if (version, kind) == ("v1", "PersistentVolumeClaim"):
        add(used, _claimed([value]))
    elif (version, kind) == ("v1", "Service"):
        add(used, _served([value]))
    return used


def used_by_objects(
    counts: Mapping[tuple[str, str], int],
    *,
    claims: Iterable[Json] = (),
    services: Iterable[Json] = (),
) -> Amounts:
    """What the objects of a project themselves use of quotas without scopes, by `full_key`, without its
    pods."""
    daemonsets = counts.get(("apps/v1", "DaemonSet"), 0)
    return {**_counted(counts), **_objects(daemonsets), **_claimed(claims), **_served(services)}


def objects_used(quota: Json, objects: Amounts) -> Amounts:
    """What of `used_by_objects` counts towards each key of `spec.hard`; 0 if the quota has scopes."""
    return by_key(quota, {} if scopes(quota) else objects)


def quotas_used(
    quotas: Iterable[Json],
    daemonsets: Iterable[Json],
    nodes: Inventory | Iterable[Json],
    limit_ranges: LimitRanges,
    counts: Mapping[tuple[str, str], int],
    *,
    claims: Iterable[Json] = (),
    services: Iterable[Json] = (),
    features: Features = OLDEST,
) -> list[Amounts]:
    """The `status.used` that each of the ResourceQuotas would have, for every key of its `spec.hard`.

    Only pods of the DaemonSets count. counts: (api_version, kind) → the number of such objects in the
    project; claims, services: its PersistentVolumeClaims and Services, for the keys that depend on their
    contents.
    """
    daemonsets = list(daemonsets)
    inventory, given = Inventory.of(nodes), defaults(limit_ranges)
    daemonset_counts = {**counts, ("apps/v1", "DaemonSet"): len(daemonsets)}
    objects = used_by_objects(daemonset_counts, claims=claims, services=services)
    by_look: dict[_Look, Amounts] = {}
    of_all: Amounts = {}
    for daemonset in daemonsets:
        template = template_of(daemonset)
        pods = count_running(template, inventory, features=features)
        pod = _Pod.of(template, given)
        add(by_look.setdefault(pod.look, {}), _times(pods, pod.usage))
        add(of_all, _times(pods, pod.with_claims))
    found: list[Amounts] = []
    for quota in quotas:
        used = objects_used(quota, objects | {"pods": _ZERO, "count/pods": _ZERO})
        limited_to = Scopes.of(quota)
        if not limited_to.terms:
            add(used, by_key(quota, of_all))
        for look, usage in by_look.items() if limited_to.terms else ():
            if limited_to.include(look):
                add(used, by_key(quota, usage))
        found.append(used)
    return found


def used_by(
    quota: Json,
    daemonset: Json,
    nodes: Inventory,
    limit_ranges: LimitRanges,
    *,
    features: Features = OLDEST,
) -> Amounts:
    """What one DaemonSet of `quotas_used` takes of that, with its pods."""
    used = of_objects(quota, 1)
    template = template_of(daemonset)
    if asked := in_quota(quota, template, limit_ranges):
        add(used, _times(count_running(template, nodes, features=features), asked))
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


class Required:
    """What the quotas of a project make the containers of a pod set, prepared for many pods."""

    def __init__(self, quotas: Iterable[Json]) -> None:
        self._of_class: dict[tuple[str, str], set[Scopes]] = {}
        self._of_any: dict[str, set[Scopes]] = {}
        self._known: dict[_Look, tuple[str, ...]] = {}
        for quota in quotas:
            limited_to = Scopes.of(quota)
            for key in Place(quota).at("spec", "hard").mapping.keys() & MUST_STATE.keys():
                if limited_to.classes is None:
                    self._of_any.setdefault(key, set()).add(limited_to)
                for name in limited_to.classes or ():
                    self._of_class.setdefault((key, name), set()).add(limited_to)

    def unstated(self, template: Json, limit_ranges: LimitRanges) -> Iterator[tuple[Place, tuple[str, ...]]]:
        """As of `demand.unstated`, for all quotas together."""
        given = defaults(limit_ranges)
        look = _Pod.of(template, given).look
        if look not in self._known:
            self._known[look] = tuple(key for key in MUST_STATE if self._requires(key, look))
        return _unstated(template, self._known[look], given)

    def _requires(self, key: str, look: _Look) -> bool:
        some = (self._of_any.get(key, ()), self._of_class.get((key, look.priority_class), ()))
        return any(limited_to.include(look) for group in some for limited_to in group)


def unstated(
    quota: Json, template: Json, limit_ranges: LimitRanges = ()
) -> Iterator[tuple[Place, tuple[str, ...]]]:
    """The containers that do not set a resource that the quota limits, each with those keys of the quota: no
    pod is created. Paths are from the DaemonSet's root.

    With pod-level resources, containers need not set any (Constraints).
    """
    keys = [key for key in Place(quota).at("spec", "hard").mapping if key in MUST_STATE]
    given = defaults(limit_ranges)
    if keys and Scopes.of(quota).include(_Pod.of(template, given).look):
        yield from _unstated(template, keys, given)


def _unstated(
    template: Json, keys: Sequence[str], given: Resources
) -> Iterator[tuple[Place, tuple[str, ...]]]:
    pod = Place(without_nulls(template), TEMPLATE)["spec"]
    if not keys or any(pod["resources"][part].length for part in ("requests", "limits")):
        return
    for container in all_containers(pod):
        asked = with_defaults(container.mapping, given)
        stated = {"requests": asked.requests, "limits": asked.limits}
        missing = tuple(key for key in keys for part, name in [MUST_STATE[key]] if name not in stated[part])
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


def _times(number: int, each: Amounts) -> Amounts:
    return {key: value * number for key, value in each.items()}


@dataclass(frozen=True, slots=True)
class _Look:
    """What the scopes of quotas ask of a pod (podMatchesScopeFunc)."""

    terminating: bool
    best_effort: bool
    priority_class: str
    looks_elsewhere: bool


@dataclass(frozen=True, slots=True)
class _Pod:
    """One pod as quotas see it. with_claims: with the claims of its ephemeral volumes, which count only
    towards quotas without scopes."""

    look: _Look
    usage: Amounts
    with_claims: Amounts

    @classmethod
    def of(cls, template: Json, given: Resources) -> _Pod:
        spec = _pod_spec(template)
        totals = pod_totals(spec, given)
        look = _Look(
            bool(spec["activeDeadlineSeconds"]),
            _is_best_effort(totals),
            spec["priorityClassName"].text,
            _looks_into_other_namespaces(spec),
        )
        usage = _usage(spec, totals)
        return cls(look, usage, {**usage, **_claimed_by_pod(spec)})


# Scopes


def scopes(quota: Json) -> list[Place]:
    """What a quota is limited to, as expressions: an entry of `scopes` is one with Exists."""
    spec = Place(without_nulls(quota))["spec"]
    named = [Place({"scopeName": scope.text, "operator": "Exists"}) for scope in spec["scopes"]]
    return [*named, *spec["scopeSelector"]["matchExpressions"]]


@dataclass(frozen=True, slots=True)
class Scopes:
    """What a quota is limited to. terms: (scope, operator, values), none of which may exclude a pod."""

    terms: frozenset[tuple[str, str, frozenset[str]]]

    @classmethod
    def of(cls, quota: Json) -> Scopes:
        return cls(
            frozenset(
                (
                    scope["scopeName"].text,
                    scope["operator"].text,
                    frozenset(value.text for value in scope["values"]),
                )
                for scope in scopes(quota)
            )
        )

    @property
    def classes(self) -> frozenset[str] | None:
        """The priority classes that a pod must have one of; None: it may have another."""
        named = (
            values for name, operator, values in self.terms if (name, operator) == ("PriorityClass", "In")
        )
        return min(named, key=len, default=None)

    def include(self, look: _Look) -> bool:
        return all(_matches(scope, look) for scope in self.terms)


def _matches(scope: tuple[str, str, frozenset[str]], look: _Look) -> bool:
    """podMatchesScopeFunc."""
    name, operator, values = scope
    match name:
        case "Terminating":
            return look.terminating
        case "NotTerminating":
            return not look.terminating
        case "BestEffort":
            return look.best_effort
        case "NotBestEffort":
            return not look.best_effort
        case "PriorityClass":
            return _has_class(operator, values, look.priority_class)
        case "CrossNamespacePodAffinity":
            return look.looks_elsewhere
    return False


def _is_best_effort(totals: Resources) -> bool:
    """ComputePodQOS in pkg/apis/core/v1/helper/qos/qos.go: no container requests CPU or memory."""
    return not any(part.get(name) for part in (totals.requests, totals.limits) for name in ("cpu", "memory"))


def _has_class(operator: str, values: frozenset[str], name: str) -> bool:
    match operator:
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


def full_key(key: str) -> str:
    """The full key that a short one stands for."""
    if key in _LIMITED or key.startswith("hugepages-"):
        return f"requests.{key}"
    return f"count/{key}" if key in _COUNTED else key
