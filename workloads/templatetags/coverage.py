"""The cells of the map of nodes, written without a template: there may be thousands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from workloads.views.cells import STATES, Group, Map

register = template.Library()


@register.simple_tag
def map_runs(group: Group, map: Map) -> SafeString:
    """Each cell is a link to its reason, with the node's name; the reason itself stands once per run."""
    told = {why.number: why.reasons for why in map.whys}
    return format_html_join(
        "",
        '<span class="r {}">{}<span class=tip><strong>{}</strong>{}</span></span>',
        (
            (
                run.state,
                format_html_join("", "<a href=#w{}><b>{}</b></a>", ((run.why, name) for name in run.nodes)),
                STATES[run.state],
                format_html_join("", " {}", ((reason,) for reason in told[run.why])),
            )
            for run in group.runs
        ),
    )


@register.filter
def of(key: Any, found: Mapping[Any, Any] | None) -> Any:
    """What a mapping has for a key; an empty text for nothing."""
    return (found or {}).get(key, "")
