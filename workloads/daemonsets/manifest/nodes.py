"""Nodes as objects: their names and labels, and the terms that pick them by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workloads.daemonsets.manifest.outline import NODE_TERMS
from workloads.documents.paths import Json, get


def node_term(name: str) -> dict[str, Any]:
    """The affinity term that means one node by its name.

    By `metadata.name` and not by the label kubernetes.io/hostname, which need not be the node's name
    (https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetesiohostname). The API takes one
    name a term; terms are alternatives.
    """
    return {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [name]}]}


def named_node(term: Json) -> str:
    """The node that a term means by name and nothing else, "" for other terms."""
    values = get(term, ("matchFields", 0, "values"))
    name = values[0] if isinstance(values, list) and len(values) == 1 else ""
    return name if isinstance(name, str) and term == node_term(name) else ""


def chosen_nodes(value: Json) -> list[str]:
    """The nodes that are required by name, in the order of the text."""
    terms = get(value, NODE_TERMS)
    names = [named_node(term) for term in terms] if isinstance(terms, list) else []
    return list(dict.fromkeys(name for name in names if name))


def node_name(node: Json) -> str:
    name = get(node, ("metadata", "name"))
    return name if isinstance(name, str) else ""


def labels_of(node: Json) -> dict[str, str]:
    labels = get(node, ("metadata", "labels"))
    return {k: v for k, v in labels.items() if isinstance(v, str)} if isinstance(labels, dict) else {}


def carriers(nodes: Sequence[Json], key: str, value: str) -> int:
    """How many nodes carry the label with this value."""
    return sum(labels_of(node).get(key) == value for node in nodes)
