"""What only the wizard's pages draw."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import template
from django.utils.translation import ngettext

from workloads.daemonsets.placement import AUTOMATIC
from workloads.wizard.nodes import carriers
from workloads.wizard.tree import Row, RowsNode, Slot

register = template.Library()


@register.simple_tag
def carried(row: Row, nodes: Sequence[Any] | None) -> str:
    """How many nodes carry the label that a row of the node selector asks for; "" where that is not known."""
    key, value = (slot.shown if isinstance(slot, Slot) else None for slot in row.nodes)
    if not key or value is None or nodes is None:
        return ""
    count = carriers(nodes, key, value)
    return ngettext("%(n)d node carries %(label)s.", "%(n)d nodes carry %(label)s.", count) % {
        "n": count,
        "label": f"{key}={value}",
    }


@register.filter
def mounts(volume: Row) -> int:
    """How many mounts of its volume a row shows."""
    return sum(node.count for node in volume.nodes if isinstance(node, RowsNode))


@register.simple_tag
def automatic_tolerations() -> Sequence[tuple[str, str]]:
    """Key and effect of what every pod of a DaemonSet tolerates without being told to."""
    return AUTOMATIC
