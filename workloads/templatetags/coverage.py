"""Maps of nodes, states and quotas, as the pages draw them. A map is written without a template: it may have
thousands of cells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from workloads.services import quotas
from workloads.services.node_map import STATE_LABELS, STATE_TONES, MapGroup, NodeMap, NodeState
from workloads.services.offers import OFFERED

register = template.Library()
register.filter("forecast_causes", quotas.forecast_causes)
register.filter("forecast_figures", quotas.forecast_figures)
register.filter("own_causes", quotas.own_causes)
register.filter("shared_causes", quotas.shared_causes)
register.filter("use_figures", quotas.use_figures)


@register.simple_tag
def map_runs(group: MapGroup, map: NodeMap) -> SafeString:
    """Each cell is a link to its reason, with the node's name; the reason itself is written once per run."""
    reasons_of = {reason.number: reason.reasons for reason in map.reasons}
    return format_html_join(
        "",
        '<span class="r {}">{}<span class=tip><strong>{}</strong>{}</span></span>',
        (
            (
                run.state,
                format_html_join(
                    "",
                    "<a href=#{}><b>{}</b></a>",
                    ((f"{map.prefix}w{run.reason}", name) for name in run.nodes),
                ),
                STATE_LABELS[run.state],
                format_html_join("", "<br>{}", ((reason,) for reason in reasons_of[run.reason])),
            )
            for run in group.runs
        ),
    )


@register.filter
def offer_limit(map: NodeMap) -> int:
    """For how many groups of excluded nodes a change is looked for, where that is not all of them; else 0."""
    return OFFERED if map.excluded > OFFERED else 0


@register.filter
def dot(state: NodeState) -> SafeString:
    """A state as tables show it."""
    return format_html(
        '<span class="dot {}" data-state="{}">{}</span>',
        STATE_TONES.get(state, ""),
        state,
        STATE_LABELS[state],
    )


@register.filter
def of(key: Any, found: Mapping[Any, Any] | None) -> Any:
    """The value that a mapping has for a key; an empty text for none."""
    return (found or {}).get(key, "")
