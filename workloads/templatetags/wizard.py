"""What only the wizard's pages draw."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import template
from django.utils.translation import ngettext

from workloads.daemonsets.manifest.nodes import count_labelled
from workloads.daemonsets.placement.verdicts import AUTOMATIC
from workloads.wizard.form.step import BoundStep
from workloads.wizard.form.tree import Row, RowsNode, Slot

register = template.Library()


@register.simple_tag
def carried(row: Row, nodes: Sequence[Any] | None) -> str:
    """How many nodes carry the label that a row of the node selector asks for, as it is typed; "" where that
    is not known, or nothing is asked for yet."""
    key, value = (_typed(slot) if isinstance(slot, Slot) else None for slot in row.nodes)
    if not key or value is None or nodes is None or row.removed or (row.new and not value):
        return ""
    count = count_labelled(nodes, key, value)
    return ngettext("%(n)d node carries %(label)s.", "%(n)d nodes carry %(label)s.", count) % {
        "n": count,
        "label": f"{key}={value}",
    }


def _typed(slot: Slot) -> str | None:
    return slot.shown if slot.raw is None or slot.shown is None else slot.raw.strip()


@register.filter
def rows_of(bound: BoundStep, id: str) -> Sequence[Row]:
    """The rows of one list of a step."""
    lists = (node for top in bound.nodes for node in top.walk() if isinstance(node, RowsNode))
    return [row for each in lists if each.id == id for row in each.rows]


@register.filter
def mounts(volume: Row) -> int:
    """How many mounts of its volume a row shows."""
    return sum(node.count for node in volume.nodes if isinstance(node, RowsNode))


@register.simple_tag
def automatic_tolerations() -> Sequence[tuple[str, str]]:
    """Key and effect of what every pod of a DaemonSet tolerates without being told to."""
    return AUTOMATIC
