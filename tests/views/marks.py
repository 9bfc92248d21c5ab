"""What a page says, by the short names that stay when the wording changes."""

from __future__ import annotations

from tests.views.pages import soup


def notes(response) -> list[str]:
    """The notes of a page, in order."""
    return [each["data-note"] for each in soup(response).select("[data-note]")]


def empty(response) -> list[str]:
    """What the page shows in place of a table: "no-nodes" …; "" for a search without a match."""
    return [each.get("data-empty", "") for each in soup(response).select(".empty")]


def toasts(response) -> list[str]:
    return [each["data-code"] for each in soup(response).select("#messages .toast")]


def figures(response, selector: str) -> dict[str, int]:
    """The numbers that an element carries: `data-runs="9"` → {"runs": 9}."""
    [element] = soup(response).select(selector)
    found = {name.removeprefix("data-"): value for name, value in element.attrs.items() if "data-" in name}
    return {name: int(value) for name, value in found.items() if value.isdecimal()}


def states(response) -> dict[str, str]:
    """First cell of each row of a table → its state."""
    return {
        row.th.get_text(" ", strip=True): row.select_one(".dot")["data-state"]
        for row in soup(response).select("#table tbody tr")
    }
