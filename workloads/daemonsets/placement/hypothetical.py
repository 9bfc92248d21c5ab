"""Nodes that are made up: "what if twenty GPU nodes join"; and labels and taints as people type them."""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from workloads.daemonsets.manifest import names
from workloads.daemonsets.manifest.findings import gettext_noop
from workloads.daemonsets.manifest.places import Place
from workloads.daemonsets.manifest.pod import EFFECTS
from workloads.daemonsets.manifest.sentences import Sentence
from workloads.daemonsets.placement.verdicts import taints

MADE_UP: Final = "daemonset-console/hypothetical"
"""The annotation of nodes that nobody has, so that people see it and can take them away together."""

Taint = dict[str, str]


class Unreadable(ValueError):
    """A line that is no label or no taint. line: 1-based; say: what is wrong with it."""

    def __init__(self, line: int, say: Sentence) -> None:
        super().__init__(say.text)
        self.line, self.say = line, say


def read_labels(text: str) -> dict[str, str]:
    """`key=value` a line, a key once. Raises Unreadable."""
    found: dict[str, str] = {}
    at: dict[str, int] = {}
    for number, line in _lines(text):
        key, _equals, value = (part.strip() for part in line.partition("="))
        problem = names.qualified_name(key) or names.label_value(value)
        if problem:
            raise Unreadable(number, Sentence(*problem))
        if key in found:
            raise _twice(number, key, at[key])
        found[key], at[key] = value, number
    return found


def read_taints(text: str) -> list[Taint]:
    """`key=value:Effect` or `key:Effect` a line, as kubectl takes them; a key once with each effect
    (pkg/apis/core/validation, validateNodeTaints). Raises Unreadable."""
    found = []
    at: dict[tuple[str, str], int] = {}
    for number, line in _lines(text):
        rest, _colon, effect = (part.strip() for part in line.rpartition(":"))
        key, _equals, value = (part.strip() for part in rest.partition("="))
        if effect not in EFFECTS:
            said = gettext_noop("“%(line)s” does not end in :NoSchedule, :PreferNoSchedule or :NoExecute.")
            raise Unreadable(number, Sentence(said, {"line": line}))
        problem = names.qualified_name(key) or names.label_value(value)
        if problem:
            raise Unreadable(number, Sentence(*problem))
        if (key, effect) in at:
            raise _twice(number, f"{key}:{effect}", at[key, effect])
        at[key, effect] = number
        found.append({"key": key, **({"value": value} if value else {}), "effect": effect})
    return found


def _twice(line: int, what: str, first: int) -> Unreadable:
    said = gettext_noop("“%(what)s” is in line %(first)d already; it can be there once only.")
    return Unreadable(line, Sentence(said, {"what": what, "first": first}))


def write_labels(labels: Mapping[str, str]) -> str:
    """What `read_labels` reads, a label a line."""
    return "\n".join(f"{key}={value}" for key, value in labels.items())


def write_taints(node: Mapping[str, Any]) -> str:
    """The taints of a Node as `read_taints` reads them, one a line."""
    return "\n".join(map(str, taints(node)))


def make(
    stem: str,
    count: int,
    *,
    like: Mapping[str, Any] | None = None,
    labels: Mapping[str, str] | None = None,
    taints: Sequence[Taint] = (),
    taken: Collection[str] = (),
) -> list[dict[str, Any]]:
    """`count` nodes named `stem-1`, `stem-2`, … beside those that are taken.

    like: a node whose labels, taints and allocatable amounts they get, with `labels` and `taints` besides.
    """
    made: list[dict[str, Any]] = []
    number = 0
    while len(made) < count:
        number += 1
        name = f"{stem}-{number}"
        if name not in taken:
            made.append(_made(name, like or {}, labels or {}, taints))
    return made


def _made(
    name: str, like: Mapping[str, Any], labels: Mapping[str, str], taints: Sequence[Taint]
) -> dict[str, Any]:
    place = Place(like)
    all_labels = {**place.at("metadata", "labels").mapping, "kubernetes.io/hostname": name, **labels}
    keyed = {(t["key"], t["effect"]) for t in taints}
    had = [t.value for t in place.at("spec", "taints") if (t["key"].text, t["effect"].text) not in keyed]
    status = {
        part: copy.deepcopy(place.at("status", part).mapping)
        for part in ("allocatable", "capacity")
        if place.at("status", part).mapping
    }
    node: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "annotations": {MADE_UP: "true"}, "labels": all_labels},
        "spec": {"taints": [*copy.deepcopy(had), *taints]} if had or taints else {},
    }
    return {**node, "status": status} if status else node


def is_made_up(node: Any) -> bool:
    """Whether a Node is one of `make`."""
    return bool(Place(node).at("metadata", "annotations")[MADE_UP])


def _lines(text: str) -> list[tuple[int, str]]:
    """The lines that say something, numbered as they stand in the text."""
    return [(n, line.strip()) for n, line in enumerate(text.splitlines(), 1) if line.strip()]
