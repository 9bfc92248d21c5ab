"""Template filters and tags of the domain."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any, Final, Protocol

from django import template
from django.template import Context, Engine
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from workloads.daemonsets.manifest.findings import Finding
from workloads.daemonsets.manifest.summary import Toleration
from workloads.daemonsets.placement.hypothetical import hypothetical_among
from workloads.documents import DiffLine
from workloads.documents.paths import Json, Path, show
from workloads.services.excerpt import Excerpt, diff_excerpt, findings_excerpt, text_excerpt
from workloads.services.missing_objects import addable
from workloads.services.translation import Translatable, say

register = template.Library()


@register.filter("say")
def say_filter(sentence: Translatable) -> str:
    """A finding, refusal or reason in the person's language."""
    return say(sentence)


@register.filter("addable")
def addable_filter(finding: Finding) -> str:
    """What a button adds to the manifest to settle a finding, "" for nothing."""
    return addable(finding)


@register.filter("path")
def path_filter(path: Path) -> str:
    """`spec.template.spec.containers[0].image`."""
    return show(path)


@register.filter
def excerpt(lines: str | Sequence[DiffLine]) -> Excerpt[str] | Excerpt[DiffLine]:
    """What a page shows of a text or diff."""
    return text_excerpt(lines) if isinstance(lines, str) else diff_excerpt(lines)


register.filter("findings_excerpt", findings_excerpt)


@register.inclusion_tag("workloads/preview/_hypothetical.html")
def hypothetical_nodes(cluster: str, nodes: Sequence[Json] | None, inset: bool = False) -> dict[str, Any]:
    """Wherever nodes are counted: how many of them are hypothetical, with a link to where they can be
    deleted. inset: in a card, on its own."""
    nodes = nodes or ()
    count = hypothetical_among(nodes)
    return {"cluster": cluster, "hypothetical": count, "total": len(nodes), "inset": inset}


@register.filter
def toleration_words(toleration: Toleration) -> str:
    """Which taints it tolerates, in a sentence."""
    taint = toleration.key + (f"={toleration.value}" if toleration.value else "")
    params = {"taint": taint, "effect": toleration.effect}
    if not toleration.key:
        return _("Every taint with effect %(effect)s") % params if toleration.effect else _("Every taint")
    if not toleration.anything:
        if not toleration.effect:
            return _("The taint %(taint)s with any effect") % params
        return _("The taint %(taint)s with effect %(effect)s") % params
    if not toleration.effect:
        return _("The taint %(taint)s with any value and any effect") % params
    return _("The taint %(taint)s with any value and effect %(effect)s") % params


PROBE_TITLES: Final = {
    "livenessProbe": gettext_lazy("Liveness"),
    "readinessProbe": gettext_lazy("Readiness"),
    "startupProbe": gettext_lazy("Startup"),
}


@register.filter
def probe_title(field: str) -> str | Promise:
    return PROBE_TITLES.get(field, field)


register.filter("shell_line", shlex.join)


class Cell(Protocol):
    """The part of a column that says what its cells hold."""

    @property
    def cell(self) -> Any: ...


@register.simple_tag(takes_context=True)
def column_cell(context: Context, column: Cell, row: Any) -> str:
    """What a column shows of a row, "" for nothing: its template drawn with the row as `row`, or its text."""
    if callable(column.cell):
        return str(column.cell(row))
    with context.push(row=row):
        drawn = Engine.get_default().get_template(column.cell).render(context)
    return drawn if drawn.strip() else ""
