"""The cells of the map of nodes, written without a template: there may be thousands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from workloads.daemonsets.forecast.quota import Forecast, QuotaLine
from workloads.daemonsets.manifest import quantity
from workloads.daemonsets.manifest.sentences import Sentence
from workloads.services.node_map import STATES, TONES, Group, Map, State
from workloads.services.offers import OFFERED
from workloads.services.quotas import LABELS, Use
from workloads.services.translation import say

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
                format_html_join(
                    "", "<a href=#{}><b>{}</b></a>", ((f"{map.prefix}w{run.why}", name) for name in run.nodes)
                ),
                STATES[run.state],
                format_html_join("", "<br>{}", ((reason,) for reason in told[run.why])),
            )
            for run in group.runs
        ),
    )


@register.simple_tag
def looked_for(map: Map) -> str:
    """That it is not found out for every group of excluded nodes what would include it; "" where it is."""
    if map.excluded <= OFFERED:
        return ""
    return _("Changes are looked for only for the %(n)d largest groups.") % {"n": OFFERED}


@register.filter
def dot(state: State) -> SafeString:
    """A state as tables show it."""
    return format_html('<span class="dot {}">{}</span>', TONES.get(state, ""), STATES[state])


@register.filter
def of(key: Any, found: Mapping[Any, Any] | None) -> Any:
    """What a mapping has for a key; an empty text for nothing."""
    return (found or {}).get(key, "")


@register.filter
def causes_of(forecast: Forecast) -> list[str]:
    """All that does not fit, and what would make it fit, in the words that the bars have; what blocks first
    at the front."""
    return _causes(forecast, forecast.over)


@register.filter
def own_causes_of(forecast: Forecast) -> list[str]:
    """`causes_of` without what `shared_causes_of` says of all DaemonSets of the project."""
    return _causes(forecast, (line for line in forecast.over if line.shared is None))


@register.filter
def shared_causes_of(stopped: Iterable[tuple[str, Forecast]]) -> list[tuple[str, list[str]]]:
    """(what does not fit of all DaemonSets of a project together, names of those that it is said of), once
    for each key of a quota."""
    found: dict[str, list[str]] = {}
    for name, forecast in stopped:
        for line in forecast.over:
            if line.shared is not None:
                found.setdefault(_worded(line.shared, line), []).append(name)
    return list(found.items())


def _causes(forecast: Forecast, lines: Iterable[QuotaLine]) -> list[str]:
    said = [say(each.say) for each in forecast.unstated]
    for line in lines:
        said.append(" ".join(_worded(each, line) for each in (line.say, line.ways) if each is not None))
    return said


def _worded(sentence: Sentence, line: QuotaLine) -> str:
    return say(replace(sentence, params={**sentence.params, "key": LABELS.get(line.key, line.key)}))


@register.filter
def uses_of(forecast: Forecast) -> list[dict[str, Any]]:
    """The lines of a forecast as figures to show and to draw, those of a quota together; those that the
    DaemonSet changes nothing of are left out."""
    return [
        _figures(line, line.present, line.peak, too_much=line.outcome != "fits")
        for line in forecast.lines
        if line.after != line.present or line.outcome != "fits"
    ]


@register.filter
def figures_of(uses: Iterable[Use]) -> list[dict[str, Any]]:
    """The same of what a whole text uses."""
    return [_figures(use, use.before, use.after, too_much=use.too_much) for use in uses]


def _figures(each: QuotaLine | Use, before: Decimal, peak: Decimal, *, too_much: bool) -> dict[str, Any]:
    """One key of a quota as the page shows it. peak_text: only where a rollout takes more than its end."""
    label = str(LABELS.get(each.key, each.key))
    after, hard = quantity.show_of(each.key, each.after), quantity.show_of(each.key, each.hard)
    return {
        "quota": each.quota,
        "key": each.key,
        "label": label,
        "before": before,
        "after": each.after,
        "hard": each.hard,
        "before_text": quantity.show_of(each.key, before),
        "after_text": after,
        "hard_text": hard,
        "peak_text": quantity.show_of(each.key, peak) if peak > each.after else "",
        "too_much": too_much,
        "said": _("%(label)s: %(after)s of %(hard)s used") % {"label": label, "after": after, "hard": hard},
    }
