"""Changes of the nodes that the offline store knows: labels and taints, hypothetical nodes, deletion."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Final

from django.core.cache import cache
from django.utils.translation import gettext as _

from console.accounts.access import Person
from console.errors import BadInput
from workloads import documents
from workloads.daemonsets.manifest.nodes import labels_of, node_name
from workloads.daemonsets.manifest.places import Place
from workloads.daemonsets.placement import hypothetical
from workloads.daemonsets.placement.hypothetical import is_hypothetical
from workloads.daemonsets.placement.verdicts import Taint
from workloads.daemonsets.placement.verdicts import taints as taints_of
from workloads.documents import ABSENT, Change, to_yaml
from workloads.documents.paths import JsonObject
from workloads.services.delete import delete_objects
from workloads.services.node_summary import node_summary
from workloads.stores import notes
from workloads.stores.protocol import Query, Store, Stored, Write, all_applied

_PREVIEW_KEPT: Final = 15 * 60
"""Seconds."""


def keep_preview(person: Person, nodes: Sequence[JsonObject]) -> str:
    """Keep nodes that were previewed until the person confirms; returns the token to find them by. So a list
    of thousands is sent once, and comes back as JSON, which is read faster. As it may have many megabytes, a
    person has one at a time."""
    token = uuid.uuid4().hex
    cache.set(_preview_key(person), (token, json.dumps({"kind": "List", "items": nodes})), _PREVIEW_KEPT)
    return token


def kept_preview(person: Person, token: str) -> str:
    """The manifest of the nodes. Raises BadInput where it is no longer kept."""
    found: str
    last, found = cache.get(_preview_key(person), ("", ""))
    if not found or last != token:
        raise BadInput(
            _("The preview has expired."),
            way_out=_("Choose the file or paste the nodes again."),
            code="preview-expired",
        )
    return found


def _preview_key(person: Person) -> str:
    return f"nodes-preview:{person.pk}"


def nodes_lost(store: Store, nodes: Sequence[JsonObject]) -> set[str]:
    """The stored nodes, samples aside, that would be lost if `nodes` replaced them."""
    ours = {each.name for each in map(node_summary, store.nodes()) if not each.sample}
    return ours - {node_name(node) for node in nodes}


def set_labels_and_taints(
    store: Store, node: Stored, labels: Mapping[str, str], taints: Sequence[Taint], *, base: str
) -> None:
    """Store a node with exactly these labels and taints; the rest of its text stays. base: the version that
    the person has seen. Raises EditRefused, Conflict, Invalid."""
    text = documents.edit(node.text, 0, _changes(node.value, labels, taints))
    store.apply(text, project="", base=base, why=notes.LABELS_AND_TAINTS)


def _changes(value: JsonObject, labels: Mapping[str, str], taints: Sequence[Taint]) -> list[Change]:
    """Only what differs now. Also of labels and taints that stay, what the form does not show stays (a
    taint's `timeAdded`, a label that is null)."""
    changes: list[Change] = []
    stored, shown = Place(value).at("metadata", "labels").mapping, labels_of(value)
    if labels != shown:
        hidden = {key: label for key, label in stored.items() if key not in shown}
        changes.append((("metadata", "labels"), {**hidden, **labels} or ABSENT))
    had = [taint.value for taint in Place(value).at("spec", "taints")]
    kept = dict(zip(taints_of(value), had, strict=True))
    wanted = [kept.get(taint, taint.to_dict()) for taint in taints]
    if wanted != had:
        changes.append((("spec", "taints"), wanted or ABSENT))
    return changes


def add_hypothetical_nodes(
    store: Store, stem: str, count: int, *, like: str, labels: dict[str, str], taints: list[Taint]
) -> int:
    """Add `count` nodes named after `stem` that do not exist, marked as such. like: the name of a node whose
    labels, taints and size they get as well. Raises Conflict and what else the store refuses with."""
    known = {node_name(node): node for node in store.nodes()}
    made = hypothetical.make_nodes(
        stem, count, like=known.get(like), labels=labels, taints=taints, existing=known.keys()
    )
    writes = [Write(to_yaml(node), "", "") for node in made]
    all_applied(store.apply_all(writes, why=notes.HYPOTHETICAL))
    return len(made)


def delete_hypothetical_nodes(store: Store) -> int:
    """All of them together; returns how many."""
    nodes = store.select("v1", "Node", Query(None)).items
    return delete_nodes(store, [each for each in nodes if is_hypothetical(each.value)])


def delete_nodes(store: Store, nodes: Sequence[Stored]) -> int:
    """All or none; returns how many. Raises Conflict and what else the store refuses with."""
    with store.transaction():
        for result in delete_objects(store, {node.ref: node.version for node in nodes}):
            if result.error:
                raise result.error
    return len(nodes)
