"""What pod affinity and anti-affinity do to a DaemonSet, in words.

Sources: https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#inter-pod-affinity-and-anti-affinity,
PodAffinityTerm in staging/src/k8s.io/api/core/v1/types.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal, TypeAlias

from workloads.daemonsets.manifest.findings import gettext_noop as _
from workloads.daemonsets.manifest.outline import PREFERRED, REQUIRED
from workloads.daemonsets.manifest.places import Place
from workloads.daemonsets.manifest.sentences import Sentence
from workloads.documents.paths import Json

Kind: TypeAlias = Literal["podAffinity", "podAntiAffinity"]

_NODE: Final = "kubernetes.io/hostname"
_SENTENCES: Final = {
    ("podAffinity", True): _("Pods start only on nodes that run a pod with the labels %(labels)s."),
    ("podAffinity", False): _(
        "Pods start only on nodes with the same %(topology)s as a pod with the labels %(labels)s."
    ),
    ("podAntiAffinity", True): _(
        "Pods do not start on nodes that run another pod with the labels %(labels)s."
    ),
    ("podAntiAffinity", False): _(
        "Pods do not start on nodes with the same %(topology)s as another pod with the labels %(labels)s."
    ),
}
_WITH_ANY_POD: Final = {
    ("podAffinity", True): _("Pods start only on nodes that run another pod."),
    ("podAffinity", False): _("Pods start only on nodes with the same %(topology)s as another pod."),
    ("podAntiAffinity", True): _("Pods do not start on nodes that run another pod."),
    ("podAntiAffinity", False): _("Pods do not start on nodes with the same %(topology)s as another pod."),
}
"""(kind, whether the topology is the node) → template. An empty selector matches any pod."""


def effects(kind: Kind, affinity: Json) -> list[Sentence]:
    """What each term does. [] where nothing of it can be read: it may be wrong anywhere.

    affinity: the value of `spec.affinity.<kind>` of a pod.
    """
    place = Place(affinity)
    found = [sentence for term in place[REQUIRED] for sentence in _of_term(kind, term)]
    if place[PREFERRED].length:
        none = _("Preferred terms have no effect on a DaemonSet: it runs on every matching node.")
        found.append(Sentence(none, code="preferred-terms"))
    return found


def _of_term(kind: Kind, term: Place) -> Iterator[Sentence]:
    topology = term["topologyKey"].text
    if not topology:
        return
    if not term["labelSelector"]:
        yield Sentence(_("A term without a label selector matches no pod."), code="no-selector")
        return
    labels = _notation(term)
    sentences = _SENTENCES if labels else _WITH_ANY_POD
    yield Sentence(sentences[kind, topology == _NODE], {"topology": topology, "labels": labels}, code=kind)
    projects, selected = [name.text for name in term["namespaces"]], term["namespaceSelector"]
    if projects:
        params = {"projects": ", ".join(projects)}
        yield Sentence(_("Pods in the projects %(projects)s count."), params, code="projects")
    if selected and not selected.length:
        yield Sentence(_("Pods in all projects count."), code="every-project")
    elif selected:
        params = {"labels": selector_notation(selected)}
        yield Sentence(_("Pods in projects with the labels %(labels)s count."), params, code="project-labels")


def _notation(term: Place) -> str:
    keys = [
        f"{field}: {', '.join(key.text for key in term[field])}"
        for field in ("matchLabelKeys", "mismatchLabelKeys")
        if term[field].length
    ]
    return ", ".join(filter(None, [selector_notation(term["labelSelector"]), *keys]))


def selector_notation(selector: Place) -> str:
    """A label selector as kubectl writes it: `app=agent, tier in (a, b), !legacy`; "" matches everything."""
    pairs = [f"{key}={value.text}" for key, value in selector["matchLabels"].entries]
    return ", ".join(pairs + [_requirement(each) for each in selector["matchExpressions"]])


def _requirement(requirement: Place) -> str:
    key, values = requirement["key"].text, ", ".join(value.text for value in requirement["values"])
    match requirement["operator"].text:
        case "In":
            return f"{key} in ({values})"
        case "NotIn":
            return f"{key} notin ({values})"
        case "DoesNotExist":
            return f"!{key}"
    return key
