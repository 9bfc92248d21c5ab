"""Tags and filters of the wizard's pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import template
from django.utils.translation import ngettext

from workloads.daemonsets.manifest.nodes import count_labelled
from workloads.daemonsets.placement.verdicts import AUTOMATIC
from workloads.wizard.form.step import BoundStep
from workloads.wizard.form.tree import FieldNode, FormNode, GroupNode, RowNode, RowsNode
from workloads.wizard.steps.nodes import PRESETS, Preset

register = template.Library()


@register.simple_tag
def matching_nodes(row: RowNode, nodes: Sequence[Any] | None) -> str:
    """How many nodes have the label of a row of the node selector, as it is typed.

    "" if the nodes are unknown or the row is not filled in.
    """
    key, value = (_typed(field) if isinstance(field, FieldNode) else None for field in row.nodes)
    if not key or value is None or nodes is None or row.removed or (row.new and not value):
        return ""
    count = count_labelled(nodes, key, value)
    return ngettext("%(n)d node has %(label)s.", "%(n)d nodes have %(label)s.", count) % {
        "n": count,
        "label": f"{key}={value}",
    }


def _typed(field: FieldNode) -> str | None:
    return field.shown if field.raw is None or field.shown is None else field.raw.strip()


@register.filter
def rows_of(bound: BoundStep, id: str) -> Sequence[RowNode]:
    """The rows of one list of a step."""
    lists = (node for top in bound.nodes for node in top.walk() if isinstance(node, RowsNode))
    return [row for each in lists if each.id == id for row in each.rows]


@register.filter
def folding(nodes: Sequence[FormNode]) -> Sequence[FormNode]:
    """The groups among the nodes of a step."""
    return [node for node in nodes if isinstance(node, GroupNode)]


@register.filter
def unfolding(nodes: Sequence[FormNode]) -> Sequence[FormNode]:
    """The others."""
    return [node for node in nodes if not isinstance(node, GroupNode)]


@register.simple_tag
def container_outline(card: RowNode) -> dict[str, str]:
    """What a closed card says of its container, as the form has it: "" for what is not set.

    Keys: image, cpu-req, cpu-lim, mem-req, mem-lim, restart, with "_" for "-".
    """
    wanted = ("image", "cpu-req", "cpu-lim", "mem-req", "mem-lim", "restart")
    fields = {node.decl.name: node.typed for node in card.fields if isinstance(node, FieldNode)}
    return {name.replace("-", "_"): fields.get(name, "") for name in wanted}


@register.filter
def mounts(volume: RowNode) -> int:
    """How many mounts of its volume a row shows."""
    return sum(node.count for node in volume.nodes if isinstance(node, RowsNode))


@register.simple_tag
def toleration_presets() -> Sequence[Preset]:
    return PRESETS


@register.simple_tag
def automatic_tolerations() -> Sequence[tuple[str, str]]:
    """(key, effect) of the tolerations that Kubernetes adds to the pods of every DaemonSet."""
    return AUTOMATIC
