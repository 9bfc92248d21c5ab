"""Reading pages as a person does."""

from __future__ import annotations

from bs4 import BeautifulSoup


def soup(response) -> BeautifulSoup:
    return BeautifulSoup(response.content, "html.parser")


def words(response) -> str:
    """What the page's main part says, blanks collapsed."""
    page = soup(response)
    return " ".join((page.find("main") or page).get_text(" ").split())


def toasts(response) -> list[str]:
    """The codes of the messages at the top of the page, in their order."""
    return [toast["data-code"] for toast in soup(response).select("#messages .toast")]


def cells(response, key: str) -> list[str]:
    """The words of a column of a list, by the key of the column."""
    found = soup(response).select(f'tbody td[data-column="{key}"]')
    return [" ".join(cell.get_text(" ").split()) for cell in found]


def codes(response, within: str = "main") -> list[str]:
    """The short names of what a part of the page says, in order, without the messages at its top."""
    [part] = soup(response).select(within) or [soup(response)]
    said = [each for each in part.select("[data-error], [data-code]") if not each.find_parent(id="messages")]
    return [each.get("data-error") or each["data-code"] for each in said]


def hidden(response, name: str) -> str:
    """The value of a hidden field."""
    return soup(response).find("input", {"type": "hidden", "name": name})["value"]


def column(response) -> list[str]:
    """The name in each row's header."""
    rows = soup(response).select("table tbody tr")
    return [row.find("th").find(class_="name").get_text(strip=True) for row in rows]


def follow(client, response):
    """The page a redirect leads to."""
    assert response.status_code in (302, 303), response.status_code
    return client.get(response["Location"])


def notes(response) -> list[str]:
    """The notes of a page, in order."""
    return [each["data-note"] for each in soup(response).select("[data-note]")]


def empty(response) -> list[str]:
    """What the page shows in place of a table: "no-nodes" …; "no-match" for a search without one."""
    return [each.get("data-empty", "") for each in soup(response).select(".empty")]


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
