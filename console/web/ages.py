"""How long ago something was, in words."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

_STEPS: tuple[tuple[int, int, Callable[[int], str]], ...] = (
    # below this many seconds, seconds per unit, text
    (3600, 60, lambda n: ngettext("%d min ago", "%d min ago", n) % n),
    (86_400, 3600, lambda n: ngettext("%d h ago", "%d h ago", n) % n),
    (86_400 * 90, 86_400, lambda n: ngettext("%d day ago", "%d days ago", n) % n),
    (86_400 * 730, 86_400 * 30, lambda n: ngettext("%d month ago", "%d months ago", n) % n),
)


def age_text(seconds: float) -> str:
    """How long ago, in one unit. The future is "just now": clocks of machines differ a little."""
    if seconds < 60:
        return _("just now")
    for below, unit, say in _STEPS:
        if seconds < below:
            return say(int(seconds // unit))
    years = int(seconds // (86_400 * 365))
    return ngettext("%d year ago", "%d years ago", years) % years
