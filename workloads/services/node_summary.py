"""What the pages say of a node: its state, labels, taints and room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workloads.daemonsets.manifest import quantity, resources, summary
from workloads.daemonsets.manifest.metadata import SAMPLE
from workloads.daemonsets.manifest.places import Place
from workloads.daemonsets.placement import verdicts
from workloads.daemonsets.placement.hypothetical import is_hypothetical
from workloads.documents.paths import JsonObject

_ROLE = "node-role.kubernetes.io/"


@dataclass(frozen=True, slots=True)
class NodeSummary:
    """ready: None where no condition is reported, as for most nodes that are pasted. allocatable: resource →
    amount as people read it. extended: those of it that Kubernetes itself does not know."""

    name: str
    sample: bool
    hypothetical: bool
    ready: bool | None
    cordoned: bool
    roles: Sequence[str]
    labels: dict[str, str]
    taints: Sequence[str]
    allocatable: dict[str, str]
    extended: Sequence[tuple[str, str]]
    version: str
    created: str

    @property
    def state(self) -> str:
        """ "ready", "not-ready", or "" where nothing is reported."""
        return "" if self.ready is None else "ready" if self.ready else "not-ready"

    def matches(self, search: str) -> bool:
        """Whether all words of a search are found in the name, roles, labels and taints."""
        labels = (f"{key}={value}" for key, value in self.labels.items())
        text = "\n".join([self.name, *self.roles, *labels, *self.taints]).lower()
        return all(word in text for word in search.lower().split())


def node_summary(node: JsonObject) -> NodeSummary:
    top = Place(node)
    labels = summary.texts(top.at("metadata", "labels"))
    conditions = {c["type"].text: c["status"].text for c in top.at("status", "conditions")}
    amounts = resources.amounts(top.at("status", "allocatable"))
    allocatable = {name: quantity.show_of(name, each) for name, each in amounts.items()}
    return NodeSummary(
        name=top.at("metadata", "name").text,
        sample=bool(top.at("metadata", "annotations")[SAMPLE]),
        hypothetical=is_hypothetical(node),
        ready=None if "Ready" not in conditions else conditions["Ready"] == "True",
        cordoned=top.at("spec", "unschedulable").is_true,
        roles=sorted(key.removeprefix(_ROLE) for key in labels if key.startswith(_ROLE)),
        labels=labels,
        taints=[str(taint) for taint in verdicts.taints(node)],
        allocatable=allocatable,
        extended=[(name, shown) for name, shown in allocatable.items() if not resources.is_native(name)],
        version=top.at("status", "nodeInfo", "kubeletVersion").text,
        created=top.at("metadata", "creationTimestamp").text,
    )
