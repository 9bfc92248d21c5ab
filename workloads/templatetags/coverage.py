"""Maps of nodes, states and quotas, as the pages draw them. A map is written without a template: it may have
thousands of cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from console.web.templatetags.console import grouped
from workloads.daemonsets.placement.verdicts import Coverage
from workloads.daemonsets.running.status import Status
from workloads.services import quotas
from workloads.services.node_map import STATE_LABELS, STATE_TONES, MapGroup, NodeMap, NodeState
from workloads.services.offers import OFFERED
from workloads.services.translation import filled

register = template.Library()
_DIGEST: Final = len("@sha256:") + 12
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


@register.simple_tag
def running_bar(status: Status) -> SafeString:
    """The nodes that should have a pod: those with a ready one filled, with another one striped, without one
    empty. A thin line below shows how many pods are of the newest revision while not all are."""
    words = _("%(ready)s of %(desired)s pods are ready, %(missing)s nodes have no pod") % {
        "ready": grouped(status.ready),
        "desired": grouped(status.desired),
        "missing": grouped(status.desired - status.with_pod),
    }
    ready, with_pod = _share(status.ready, status.desired), _share(status.with_pod, status.desired)
    parts = [("ok", 0.0, ready), ("bad", ready, max(with_pod, ready))]
    if status.updated < status.desired:
        parts.append(("new", 0.0, _share(status.updated, status.desired)))
    return _bar("running", words, parts)


@register.simple_tag
def planned_bar(reach: Coverage, most: int) -> SafeString:
    """Where nothing runs: on how many of all nodes a pod should run; striped, on how many of them none will
    start."""
    runs, total = reach.runs, len(reach)
    words = _("Should run on %(runs)s of %(total)s nodes") % {"runs": grouped(runs), "total": grouped(total)}
    if most < runs:
        words += f", {filled(_('at most %(n)d will start'), {'n': most})}"
    start, should = _share(most, total), _share(runs, total)
    parts = [("plan", 0.0, start), *([("bad", start, should)] if most < runs else [])]
    return _bar("planned", words, parts)


def _share(part: int, whole: int) -> float:
    return round(min(part / whole, 1) * 100, 1) if whole else 0.0


def _bar(kind: str, words: str, parts: Sequence[tuple[str, float, float]]) -> SafeString:
    """parts: (class, from, to) in per cent of the width; "new" stands below the others."""
    lines = ((name, start, end, 9 if name == "new" else 3) for name, start, end in [("all", 0, 100), *parts])
    return format_html(
        '<svg class="bar-of-nodes {}" viewBox="0 0 100 10" preserveAspectRatio="none" role="img" '
        'aria-label="{}">{}</svg>',
        kind,
        words,
        format_html_join("", '<line class="{0}" x1="{1}" x2="{2}" y1="{3}" y2="{3}"/>', lines),
    )


@register.filter
def image_parts(image: str) -> tuple[str, str, str]:
    """(registry and path, name, tag): where there is little room the first is cut first, and the tag last. In
    place of a tag, the start of a digest."""
    named, at, digest = image.partition("@")
    path, slash, last = named.rpartition("/")
    name, colon, tag = last.partition(":")
    return path + slash, name, colon + tag or (at + digest)[:_DIGEST]


@register.filter
def of(key: Any, found: Mapping[Any, Any] | None) -> Any:
    """The value that a mapping has for a key; an empty text for none."""
    return (found or {}).get(key, "")
