"""What axe finds on a page."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

SCRIPT = Axe().axe_script
OF_COLOURS = ["color-contrast", "link-in-text-block"]
"""The rules of axe whose outcome depends on colours: all that differs in the other colour scheme."""


def faults(page: Page) -> list[tuple[str, str]]:
    """(rule, HTML of the first place): by all rules in light colours, by those of colours in dark ones."""
    page.evaluate(SCRIPT)
    found = _violations(page, "light")
    found += _violations(page, "dark", runOnly={"type": "rule", "values": OF_COLOURS})
    page.emulate_media(color_scheme="light")
    return [(each["id"], each["nodes"][0]["html"][:200]) for each in found]


def too_wide(page: Page) -> bool:
    """Whether the page is wider than the window."""
    wide: bool = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    return wide


def _violations(page: Page, scheme: Any, **options: Any) -> list[dict[str, Any]]:
    page.emulate_media(color_scheme=scheme)
    answer = page.evaluate("options => axe.run(options)", {"resultTypes": ["violations"], **options})
    return list(answer["violations"])
