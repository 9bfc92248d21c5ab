"""Node objects: their names and labels, and the node affinity terms that require a node by name.

Source: https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#node-affinity.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workloads.daemonsets.manifest.outline import LABELS, NAME, NODE_TERMS
from workloads.documents.paths import Json, get

# --- nodes ---


def node_name(node: Json) -> str:
    """The name of a node, "" for an object without one."""
    name = get(node, NAME)
    return name if isinstance(name, str) else ""


def labels_of(node: Json) -> dict[str, str]:
    """The labels of a node. Values that are not strings are left out."""
    labels = get(node, LABELS)
    return {k: v for k, v in labels.items() if isinstance(v, str)} if isinstance(labels, dict) else {}


def count_labelled(nodes: Sequence[Json], key: str, value: str) -> int:
    """How many nodes have the label with this value."""
    return sum(labels_of(node).get(key) == value for node in nodes)


# --- terms that require a node by name ---


def node_term(name: str) -> dict[str, Any]:
    """The node affinity term that requires one node by its name.

    By `metadata.name` and not by the label kubernetes.io/hostname, which need not be the node's name
    (https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetesiohostname). The API takes one
    name per term; a pod needs only one of the terms to match.
    """
    return {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [name]}]}


def named_node(term: Json) -> str:
    """The node that a term requires by name and by nothing else, "" for other terms."""
    values = get(term, ("matchFields", 0, "values"))
    name = values[0] if isinstance(values, list) and len(values) == 1 else ""
    return name if isinstance(name, str) and term == node_term(name) else ""


def chosen_nodes(value: Json) -> list[str]:
    """The names of the nodes that a DaemonSet requires by name, each once, in the order of the manifest."""
    terms = get(value, NODE_TERMS)
    names = [named_node(term) for term in terms] if isinstance(terms, list) else []
    return list(dict.fromkeys(name for name in names if name))
