"""Hypothetical nodes ("what if twenty GPU nodes join"), and labels and taints as people type them."""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from workloads.daemonsets.manifest import names
from workloads.daemonsets.manifest.findings import gettext_noop
from workloads.daemonsets.manifest.places import Place
from workloads.daemonsets.manifest.pod import EFFECTS
from workloads.daemonsets.manifest.sentences import Sentence
from workloads.daemonsets.placement.verdicts import Taint, taints
from workloads.kept import Prepared

HYPOTHETICAL: Final = "daemonset-console/hypothetical"
"""The annotation of hypothetical nodes: the console marks them and can delete them all together."""


class Unreadable(ValueError):
    """A line that is not a valid label or taint. line: 1-based; say: what is wrong with it."""

    def __init__(self, line: int, say: Sentence) -> None:
        super().__init__(say.text)
        self.line, self.say = line, say


def read_labels(text: str) -> dict[str, str]:
    """One `key=value` per line, each key once. Raises Unreadable."""
    found: dict[str, str] = {}
    at: dict[str, int] = {}
    for number, line in _lines(text):
        key, _equals, value = (part.strip() for part in line.partition("="))
        _check_label(number, key, value)
        if key in found:
            raise _duplicate(number, key, at[key])
        found[key], at[key] = value, number
    return found


def read_taints(text: str) -> list[Taint]:
    """One `key=value:Effect` or `key:Effect` per line, as in kubectl; each key and effect once
    (pkg/apis/core/validation, validateNodeTaints). Raises Unreadable."""
    found: list[Taint] = []
    at: dict[tuple[str, str], int] = {}
    for number, line in _lines(text):
        rest, _colon, effect = (part.strip() for part in line.rpartition(":"))
        key, _equals, value = (part.strip() for part in rest.partition("="))
        if effect not in EFFECTS:
            template = gettext_noop("“%(line)s” must end in :NoSchedule, :PreferNoSchedule or :NoExecute.")
            raise Unreadable(number, Sentence(template, {"line": line}, "taint-effect"))
        _check_label(number, key, value)
        if (key, effect) in at:
            raise _duplicate(number, f"{key}:{effect}", at[key, effect])
        at[key, effect] = number
        found.append(Taint(key, value, effect))
    return found


def _check_label(line: int, key: str, value: str) -> None:
    if problem := names.qualified_name(key):
        raise Unreadable(line, Sentence(*problem, code="label-key"))
    if problem := names.label_value(value):
        raise Unreadable(line, Sentence(*problem, code="label-value"))


def _duplicate(line: int, what: str, first: int) -> Unreadable:
    template = gettext_noop("“%(what)s” is already on line %(first)d. It can appear only once.")
    return Unreadable(line, Sentence(template, {"what": what, "first": first}, "duplicate"))


def write_labels(labels: Mapping[str, str]) -> str:
    """The text from which `read_labels` reads these labels."""
    return "\n".join(f"{key}={value}" for key, value in labels.items())


def write_taints(node: Mapping[str, Any]) -> str:
    """The text from which `read_taints` reads the taints of a Node."""
    return "\n".join(map(str, taints(node)))


def make_nodes(
    stem: str,
    count: int,
    *,
    like: Mapping[str, Any] | None = None,
    labels: Mapping[str, str] | None = None,
    taints: Sequence[Taint] = (),
    existing: Collection[str] = (),
) -> list[dict[str, Any]]:
    """`count` nodes named `stem-1`, `stem-2`, … skipping existing names.

    like: a Node whose labels, taints and capacity are copied. labels, taints: added, in place of like ones.
    """
    made: list[dict[str, Any]] = []
    number = 0
    while len(made) < count:
        number += 1
        name = f"{stem}-{number}"
        if name not in existing:
            made.append(_node(name, like or {}, labels or {}, taints))
    return made


def _node(
    name: str, like: Mapping[str, Any], labels: Mapping[str, str], taints: Sequence[Taint]
) -> dict[str, Any]:
    place = Place(like)
    all_labels = {**place.at("metadata", "labels").mapping, "kubernetes.io/hostname": name, **labels}
    replaced = {(taint.key, taint.effect) for taint in taints}
    kept = [t.value for t in place.at("spec", "taints") if (t["key"].text, t["effect"].text) not in replaced]
    all_taints = [*copy.deepcopy(kept), *(taint.to_dict() for taint in taints)]
    status = {
        part: copy.deepcopy(place.at("status", part).mapping)
        for part in ("allocatable", "capacity")
        if place.at("status", part).mapping
    }
    node: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "annotations": {HYPOTHETICAL: "true"}, "labels": all_labels},
        "spec": {"taints": all_taints} if all_taints else {},
    }
    return {**node, "status": status} if status else node


def is_hypothetical(node: Any) -> bool:
    """Whether a Node is one of `make_nodes`."""
    return bool(Place(node).at("metadata", "annotations")[HYPOTHETICAL])


def hypothetical_among(nodes: Iterable[Any]) -> int:
    """How many of the nodes are."""
    return _AMONG.of(nodes)


_AMONG: Final = Prepared[Iterable[Any], int](lambda nodes: sum(map(is_hypothetical, nodes)), 4)


def _lines(text: str) -> list[tuple[int, str]]:
    """The lines that are not blank, with their numbers in the text."""
    return [(n, line.strip()) for n, line in enumerate(text.splitlines(), 1) if line.strip()]
