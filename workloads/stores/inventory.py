"""The nodes of a cluster as `kubectl get nodes -o yaml|json` prints them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from django.utils.translation import gettext as _

from console.errors import Invalid
from workloads.documents import DocumentError, Limits, read, to_yaml
from workloads.stores.incoming import unreadable
from workloads.stores.protocol import Json

# What the server adds to a node and nothing here looks at; images alone are most of a node's size.
_LEFT_OUT: Final = (
    ("metadata", "managedFields"),
    ("metadata", "resourceVersion"),
    ("metadata", "uid"),
    ("metadata", "selfLink"),
    ("status", "images"),
    ("status", "volumesInUse"),
    ("status", "volumesAttached"),
)

# A node is some 10 to 30 kB as kubectl prints it.
LIMITS: Final = Limits(size=32 * 1024 * 1024, values=2_000_000)


def read_nodes(text: str) -> list[Json]:
    """Every Node of `text`, alone or in Lists, each name once, the last one said. Raises Invalid."""
    try:
        documents = read(text, LIMITS)
    except DocumentError as error:
        raise unreadable(error) from error
    found: dict[str, Json] = {}
    for document in documents:
        for value in _objects(document.value):
            name = (value.get("metadata") or {}).get("name") if isinstance(value, dict) else None
            if not isinstance(name, str) or (value.get("apiVersion"), value.get("kind")) != ("v1", "Node"):
                raise _not_nodes()
            found[name] = slim_node(value)
    if not found:
        raise _not_nodes()
    return list(found.values())


def listed(nodes: Iterable[Json]) -> str:
    """Nodes as one List, without what only takes space."""
    return to_yaml({"apiVersion": "v1", "kind": "List", "items": [slim_node(node) for node in nodes]})


def slim_node(node: Json) -> Json:
    """A node without what only takes space."""
    slim = {key: dict(value) if isinstance(value, dict) else value for key, value in node.items()}
    for part, field in _LEFT_OUT:
        if isinstance(slim.get(part), dict):
            slim[part].pop(field, None)
    return slim


def _objects(value: Any) -> list[Any]:
    if isinstance(value, dict) and value.get("kind") in ("List", "NodeList"):
        items = value.get("items")
        # The items of a NodeList as the API server sends it do not repeat their kind.
        head = {"apiVersion": "v1", "kind": "Node"} if value["kind"] == "NodeList" else {}
        return [{**head, **item} if isinstance(item, dict) else item for item in items or ()]
    return [value]


def _not_nodes() -> Invalid:
    return Invalid(
        _("This is no list of nodes."),
        way_out=_("Paste what this prints: kubectl get nodes -o yaml"),
    )
