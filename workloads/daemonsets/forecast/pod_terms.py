"""Which pods a term of required pod affinity or anti-affinity is about.

Sources: AffinityTerm in k8s.io/kube-scheduler/framework/types.go, applyMatchLabelKeysAndMismatchLabelKeys in
pkg/registry/core/pod/strategy.go.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

from workloads.daemonsets.manifest.features import OLDEST, Features
from workloads.daemonsets.manifest.outline import REQUIRED
from workloads.daemonsets.manifest.places import Place
from workloads.daemonsets.manifest.selectors import matches
from workloads.daemonsets.running.presence import HASH
from workloads.documents.paths import Path

Kind: TypeAlias = Literal["podAffinity", "podAntiAffinity"]
Labels: TypeAlias = Mapping[str, Any]

_LABEL_KEYS_SINCE: Final = 31
"""`matchLabelKeys` and `mismatchLabelKeys` (MatchLabelKeysInPodAffinity): on by default since 1.31."""
_OF_A_REVISION: Final = frozenset({HASH, "pod-template-generation"})
"""Labels that the controller gives to the pods of one template."""
_NAME: Final = "kubernetes.io/metadata.name"
"""The label that every namespace has: its name."""


@dataclass(frozen=True, slots=True)
class PodTerm:
    """A term of a pod that is to be scheduled.

    path: where it is. namespaces: the names it lists, its pod's own if it says nothing else. alike,
    different: labels that pods must have or must not have besides. of_revision: whether only pods of the same
    template count (True), or only others (False). unclear: its namespace selector asks for labels of
    namespaces, which are not known here.
    """

    path: Path
    topology: str
    selector: Place
    namespaces: frozenset[str]
    namespace_selector: Place
    alike: Labels = field(default_factory=dict)
    different: Labels = field(default_factory=dict)
    of_revision: bool | None = None
    unclear: bool = False

    def about(self, namespace: str, labels: Labels, *, own: bool = False) -> bool:
        """Whether it is about a pod with these labels. own: one of the same template.

        Without a selector a term is about no pod.
        """
        if not self.selector or self.of_revision not in (None, own):
            return False
        if namespace not in self.namespaces and not self._selects(namespace):
            return False
        if any(labels.get(key) != value for key, value in self.alike.items()):
            return False
        if any(labels.get(key) == value for key, value in self.different.items()):
            return False
        return matches(self.selector, labels)

    def _selects(self, namespace: str) -> bool:
        return bool(self.namespace_selector) and matches(self.namespace_selector, {_NAME: namespace})

    @property
    def wanted(self) -> str:
        """The pods that it is about, as kubectl writes selectors: `app=x,tier in (a, b)`."""
        pairs = [f"{key}={value.value}" for key, value in self.selector["matchLabels"].entries]
        for each in self.selector["matchExpressions"]:
            values = ", ".join(str(value.value) for value in each["values"])
            pairs.append(f"{each['key'].text} {each['operator'].text}" + (f" ({values})" if values else ""))
        return ", ".join(pairs) or "*"


def pod_terms(
    spec: Place, kind: Kind, namespace: str, labels: Labels, features: Features = OLDEST
) -> Iterator[PodTerm]:
    """The required terms of a pod's spec. namespace, labels: of the pod."""
    newer = features.minor is None or features.minor >= _LABEL_KEYS_SINCE
    for term in spec["affinity"][kind][REQUIRED]:
        listed = frozenset(each.text for each in term["namespaces"])
        selector = term["namespaceSelector"]
        same = [key.text for key in term["matchLabelKeys"]] if newer else []
        other = [key.text for key in term["mismatchLabelKeys"]] if newer else []
        asked = {
            *(key for key, _value in selector["matchLabels"].entries),
            *(each["key"].text for each in selector["matchExpressions"]),
        }
        yield PodTerm(
            term.path,
            term["topologyKey"].text,
            term["labelSelector"],
            listed if listed or selector else frozenset({namespace}),
            selector,
            {key: labels[key] for key in same if key in labels},
            {key: labels[key] for key in other if key in labels},
            True if _OF_A_REVISION & {*same} else False if _OF_A_REVISION & {*other} else None,
            unclear=not asked <= {_NAME},
        )
