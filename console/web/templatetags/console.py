"""Icons, ages, gauges, and the page links under a list."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any, Final

from django import template
from django.utils import formats, timezone
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from console.web.ages import age_text
from console.web.icons import ICONS
from console.web.paging import SIZES, Paging

register = template.Library()
_WHOLE: Final = re.compile(r"\d{4,}")


@register.simple_tag
def icon(name: str, size: int = 16) -> SafeString:
    """An icon of `console.web.icons`, hidden from screen readers: there is always text next to it.

    Raises KeyError for an unknown name.
    """
    return format_html(
        '<svg class="icon" width="{0}" height="{0}" viewBox="0 0 24 24" aria-hidden="true">'
        '<path d="{1}"/></svg>',
        size,
        ICONS[name],
    )


@register.simple_tag
def age(when: dt.datetime | str | None) -> SafeString | str:
    """A <time> with "3 min ago" and the exact moment; a dash for None.

    `when` can be a Kubernetes timestamp; other text is shown as it is.
    """
    if not when:
        return "–"
    moment = when if isinstance(when, dt.datetime) else _parsed(when)
    if moment is None:
        return str(when)
    return format_html(
        '<time datetime="{}" title="{} UTC">{}</time>',
        moment.isoformat(timespec="seconds"),
        formats.date_format(moment.astimezone(dt.UTC), "DATETIME_FORMAT"),
        age_text((timezone.now() - moment).total_seconds()),
    )


def _parsed(text: str) -> dt.datetime | None:
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=dt.UTC)


@register.simple_tag
def gauge(used: Any, hard: Any, next: Any = None, label: str = "") -> SafeString:
    """A bar of how much of `hard` is `used`, and how much would be with `next` (the new total).

    Numbers in the same unit. `label` is for screen readers; the default is "used of hard".
    """
    of = float(hard)

    def share(value: Any) -> float:
        if of <= 0:
            return 100.0 if float(value) > 0 else 0.0
        return round(min(max(float(value) / of, 0.0), 1.0) * 100, 1)

    now = share(used)
    then = now if next is None else share(next)
    # The colour is that of the new total: a smaller one solves what is too much now.
    state = "full" if then >= 100 else "warn" if then >= 80 else ""
    return format_html(
        '<svg class="gauge {}" viewBox="0 0 100 6" preserveAspectRatio="none" role="img" aria-label="{}">'
        '<rect class="used" width="{}" height="6"/><line class="next" x1="{}" x2="{}" y1="3" y2="3"/></svg>',
        state,
        label or _("%(used)s of %(hard)s") % {"used": used, "hard": hard},
        min(now, then),
        min(now, then),
        max(now, then),
    )


@register.simple_tag
def copy_button(label: str, text: str = "", of: str = "") -> SafeString:
    """A button that copies `text`, or the lines of the element with the id `of`. label: what it copies, for
    screen readers. `console.js` shows it where the browser lets pages write to the clipboard."""
    return format_html(
        '<button type="button" class="btn small icon plain copy" hidden aria-label="{0}" title="{0}" '
        'data-copy="{1}" data-copy-of="{2}" data-copied="{3}">{4}</button>',
        label,
        text,
        of,
        _("Copied"),
        icon("copy", 14),
    )


@register.filter
def grouped(number: int | str) -> str:
    """A large number as the language writes it: 5,000. Of a quantity, its digits before a point or unit."""
    if isinstance(number, int):
        return formats.number_format(number, force_grouping=True)
    digits = _WHOLE.match(number)
    return grouped(int(digits.group())) + number[digits.end() :] if digits else number


@register.inclusion_tag("web/_pagination.html", takes_context=True)
def pagination(context: template.Context, total: int, target: str = "") -> dict[str, Any]:
    """The foot of a list of `total` items: which are shown, links to the other pages, page sizes.

    The page shown is the one the address names (`console.web.paging`). With `target`, a CSS selector, htmx
    replaces only that element; the view answers such a request with the fragment.
    """
    request = context["request"]
    paging = Paging.of(request).within(total)
    return {
        "request": request,
        "paging": paging,
        "pages": paging.links(total),
        "last": paging.last(total),
        "first_item": paging.offset + 1 if total else 0,
        "last_item": min(paging.offset + paging.size, total),
        "total": total,
        "sizes": SIZES,
        "target": target,
    }
