"""A person at a browser without JavaScript: follows links, fills in forms and presses their buttons.

Only what such a browser can do: a button that is not on the page, or is disabled, cannot be pressed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup, Tag
from django.test import Client

from tests.wizard.html_forms import field_value


class Visitor:
    def __init__(self, person: Any) -> None:
        self.client = Client(enforce_csrf_checks=True)
        self.client.force_login(person)

    def get(self, address: str) -> Page:
        return self._land(address, self.client.get(address))

    def post(self, address: str, fields: dict[str, Any]) -> Page:
        return self._land(address, self.client.post(address, fields))

    def _land(self, address: str, response: Any) -> Page:
        """The page at the end of all redirects."""
        for _hop in range(5):
            if not 300 <= response.status_code < 400:
                return Page(self, address, response)
            address = urljoin(address, response.headers["Location"])
            response = self.client.get(address)
        raise AssertionError(f"redirected without end: {address}")


class Page:
    """`text`: what can be read on it, white space as single spaces."""

    def __init__(self, visitor: Visitor, address: str, response: Any) -> None:
        self._visitor = visitor
        self.address = address
        self.status: int = response.status_code
        self.content: bytes = response.content
        self.soup = BeautifulSoup(self.content, "html.parser")
        self.text = words(self.soup)

    def part(self, css: str) -> str:
        """The words of the only place that fits."""
        [found] = self.soup.select(css)
        return words(found)

    def parts(self, css: str) -> list[str]:
        return [words(found) for found in self.soup.select(css)]

    def follow(self, css: str) -> Page:
        """The page that the links lead to which fit."""
        addresses = {str(link["href"]) for link in self.soup.select(css)}
        assert len(addresses) == 1, f"{len(addresses)} links {css!r} on {self.address}"
        return self._visitor.get(urljoin(self.address, addresses.pop()))

    def codes(self, css: str) -> list[str]:
        """The codes, or the error codes, of the places that fit, in their order."""
        return [str(found.get("data-code") or found["data-error"]) for found in self.soup.select(css)]

    def field(self, value: str) -> str:
        """The name of the only field that holds this."""
        names = [str(f["name"]) for f in self._fields(self.soup.find_all("form")) if field_value(f) == value]
        assert len(names) == 1, f"{len(names)} fields hold {value!r}"
        return names[0]

    def held(self, name: str) -> str:
        """What the only field of this name holds."""
        [field] = self.soup.find_all(attrs={"name": name})
        return field_value(field) or ""

    def press(self, value: str, **typed: Any) -> Page:
        """Press the button with this value after typing into fields, by name. See `press_at`."""
        return self.press_at(f'button[value="{value}"]', **typed)

    def press_at(self, css: str, **typed: Any) -> Page:
        """Press the first button that fits after typing into fields, by name.

        A check box is ticked with True; a file field takes an open file or a list of them.
        """
        buttons = [button for button in self.soup.select(css) if not button.has_attr("disabled")]
        assert buttons, f"no button {css!r} to press on {self.address}: {self.text}"
        button = buttons[0]
        form = self._form_of(button)
        fields = self._fields([form])
        there = {str(field["name"]) for field in fields}
        assert there >= typed.keys(), f"no field {typed.keys() - there} in the form of {css!r}"
        sent: dict[str, Any] = {}
        for field in fields:
            name = str(field["name"])
            value = typed.get(name, field_value(field))
            if value is True:
                value = str(field.get("value", "on"))
            if value not in (None, False):
                sent.setdefault(name, []).append(value)
        for name in typed:
            if isinstance(typed[name], list):
                sent[name] = typed[name]
        if button.get("name"):
            sent.setdefault(str(button["name"]), []).append(button.get("value", ""))
        address = urljoin(self.address, str(button.get("formaction") or form.get("action") or self.address))
        if form.get("method") != "post":
            query = "&".join(f"{name}={value}" for name, values in sent.items() for value in values)
            return self._visitor.get(urlsplit(address).path + "?" + query)
        return self._visitor.post(address, sent)

    def sent(self, css: str, **more: str) -> Page:
        """The page after sending a form as it stands, with more than it has, as an old page may."""
        form = self.soup.select_one(css)
        assert form is not None, css
        fields = {str(field["name"]): field_value(field) for field in self._fields([form])}
        sent = {name: value for name, value in fields.items() if value is not None}
        return self._visitor.post(urljoin(self.address, str(form["action"])), sent | more)

    def _form_of(self, control: Tag) -> Tag:
        owner = control.get("form")
        form = self.soup.find("form", id=owner) if owner else control.find_parent("form")
        assert isinstance(form, Tag), f"{control} belongs to no form"
        return form

    def _fields(self, forms: Iterable[Tag]) -> list[Tag]:
        chosen = list(forms)
        return [
            field
            for field in self.soup.find_all(["input", "textarea", "select"])
            if field.get("name")
            and not field.has_attr("disabled")
            and (field.get("form") or field.find_parent("form"))
            and any(self._form_of(field) is form for form in chosen)
        ]


def imported(visitor: Visitor, project: str, text: str, cluster: str = "local") -> Page:
    """The YAML mode after pasting a text into the import page."""
    page = visitor.get(f"/clusters/{cluster}/projects/{project}/import/")
    return page.press_at("form.import button", text=text)


def store(review: Page) -> Page:
    """Press the button that stores everything."""
    return review.press_at(".review-foot button.go")


def words(tag: Tag) -> str:
    return " ".join(tag.get_text(" ").split())
