"""Template filters of the domain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import template

from workloads.daemonsets.placement.hypothetical import is_hypothetical
from workloads.documents.paths import Path, show
from workloads.services.translation import Sentence, say

register = template.Library()


@register.filter("say")
def say_filter(sentence: Sentence) -> str:
    """A finding, refusal or reason in the person's language."""
    return say(sentence)


@register.filter("path")
def path_filter(path: Path) -> str:
    """`spec.template.spec.containers[0].image`."""
    return show(path)


@register.inclusion_tag("workloads/nodes/_hypothetical.html")
def hypothetical_nodes(cluster: str, nodes: Sequence[Any] | None, inset: bool = False) -> dict[str, Any]:
    """Where nodes are counted: how many of them nobody has, with the way to where they are taken away.
    inset: in a card, on its own."""
    nodes = nodes or ()
    return {
        "cluster": cluster,
        "hypothetical": sum(map(is_hypothetical, nodes)),
        "total": len(nodes),
        "inset": inset,
    }
