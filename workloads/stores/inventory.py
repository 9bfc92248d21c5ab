"""The nodes of a cluster, as `kubectl get nodes -o yaml|json` prints them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from django.utils.translation import gettext as _

from console.errors import Invalid
from workloads.daemonsets.manifest.findings import Finding, gettext_noop
from workloads.daemonsets.manifest.places import without_nulls
from workloads.documents import Document, DocumentError, Limits, read, to_yaml
from workloads.documents.paths import ABSENT, JsonObject, Path, get, show
from workloads.stores.incoming import unreadable

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

_NOTE: Final = 1_000
"""Characters of an annotation that is kept: tools store longer ones for themselves."""

# A node is some 10 to 30 kB as kubectl prints it.
LIMITS: Final = Limits(size=32 * 1024 * 1024, values=2_000_000)


def read_nodes(text: str) -> list[JsonObject]:
    """Every Node of `text`, alone or in Lists; of several with a name the last. Without nulls, as the API
    server would read them: a label without a value has the empty one.

    Raises Invalid; with a finding where a part of a node that the console reads has a wrong type.
    """
    try:
        documents = read(text, LIMITS)
    except DocumentError as error:
        raise unreadable(error) from error
    found: dict[str, JsonObject] = {}
    for document in documents:
        for path, value in _objects(document.value):
            name = get(value, ("metadata", "name"))
            if not isinstance(name, str) or (value.get("apiVersion"), value.get("kind")) != ("v1", "Node"):
                raise _not_nodes()
            for field, template in _wrong_types(value):
                raise _refused(document, path, name, field, template)
            found[name] = without_nulls(slim_node(value))
    if not found:
        raise _not_nodes()
    return list(found.values())


def listed(nodes: Iterable[JsonObject]) -> str:
    """The manifest of a List of the nodes, without what only takes space."""
    return to_yaml({"apiVersion": "v1", "kind": "List", "items": [slim_node(node) for node in nodes]})


def slim_node(node: JsonObject) -> JsonObject:
    """A node without what only takes space."""
    slim = {key: dict(value) if isinstance(value, dict) else value for key, value in node.items()}
    for part, field in _LEFT_OUT:
        if isinstance(slim.get(part), dict):
            slim[part].pop(field, None)
    notes = get(slim, ("metadata", "annotations"))
    if isinstance(notes, dict) and any(len(str(note)) > _NOTE for note in notes.values()):
        slim["metadata"]["annotations"] = {k: note for k, note in notes.items() if len(str(note)) <= _NOTE}
    return slim


def _objects(value: Any) -> Iterator[tuple[Path, Any]]:
    """(path, object) of what a document holds: itself, or the items of a List."""
    if not isinstance(value, dict) or value.get("kind") not in ("List", "NodeList"):
        yield (), value
        return
    items = value.get("items")
    # The items of a NodeList as the API server sends it do not repeat their kind.
    head = {"apiVersion": "v1", "kind": "Node"} if value["kind"] == "NodeList" else {}
    for index, item in enumerate(items if isinstance(items, list) else ()):
        yield ("items", index), {**head, **item} if isinstance(item, dict) else item


# What the console reads of a node, as kubernetes staging/src/k8s.io/api/core/v1/types.go has it.
_MAPPINGS: Final[tuple[Path, ...]] = (("spec",), ("status",), ("status", "nodeInfo"))
_TEXTS: Final[tuple[Path, ...]] = (("metadata", "labels"), ("metadata", "annotations"))
_AMOUNTS: Final[tuple[Path, ...]] = (("status", "allocatable"), ("status", "capacity"))
_LISTS: Final[tuple[Path, ...]] = (("spec", "taints"), ("status", "conditions"), ("status", "addresses"))


def _wrong_types(node: JsonObject) -> Iterator[tuple[Path, str]]:
    """The fields of a wrong type, and what is wrong with them; null counts as absent."""
    not_object = gettext_noop("Node %(node)s: %(field)s must be an object.")
    not_list = gettext_noop("Node %(node)s: %(field)s must be a list.")
    not_string = gettext_noop("Node %(node)s: %(field)s must be a string.")
    not_quantity = gettext_noop("Node %(node)s: %(field)s must be a quantity.")
    for path in (*_MAPPINGS, *_TEXTS, *_AMOUNTS):
        if not isinstance(get(node, path), dict) and get(node, path) not in (ABSENT, None):
            yield path, not_object
    for path in (*_TEXTS, *_AMOUNTS):
        values = get(node, path)
        for key, value in values.items() if isinstance(values, dict) else ():
            if path in _TEXTS and not isinstance(value, str | None):
                yield (*path, key), not_string
            elif path in _AMOUNTS and type(value) not in (str, int, float):
                yield (*path, key), not_quantity
    for path in _LISTS:
        items = get(node, path)
        if not isinstance(items, list):
            if items not in (ABSENT, None):
                yield path, not_list
            continue
        for index, item in enumerate(items):
            if not isinstance(item, dict):
                yield (*path, index), not_object
                continue
            plain = str | None if path[-1] == "taints" else str | int | float | None
            for key, value in item.items():
                if not isinstance(value, plain):
                    yield (*path, index, key), not_string


def _refused(document: Document, path: Path, name: str, field: Path, template: str) -> Invalid:
    mark, params = document.locate((*path, *field)), {"node": name, "field": show(field)}
    code = "wrong-type"
    finding = Finding((*path, *field), template, params=params, line=mark.line, column=mark.column, code=code)
    return Invalid(_(template) % params, [finding], code=code)


def _not_nodes() -> Invalid:
    return Invalid(
        _("This is not a list of nodes."),
        way_out=_("Paste the output of: kubectl get nodes -o yaml"),
        code="not-nodes",
    )
