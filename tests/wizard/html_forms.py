"""A form read back from its HTML, as a browser would submit it untouched."""

from __future__ import annotations

from bs4 import BeautifulSoup, SoupStrainer, Tag

FIELDS = ("input", "textarea", "select")


def submitted(html: str, form: str = "") -> dict[str, str]:
    """Field name → string of the form with id `form`, or of the whole of `html`; without any button."""
    if form:
        start = html.find(f' id="{form}"')
        assert start >= 0, f"no form #{form}"
        html = html[start : html.index("</form>", start)]
    fields: dict[str, str] = {}
    # All else of a page is not even parsed: that takes twice as long.
    for field in BeautifulSoup(html, "html.parser", parse_only=SoupStrainer(list(FIELDS))).find_all(FIELDS):
        name = str(field.get("name", ""))
        if not name or field.has_attr("disabled"):
            continue
        value = field_value(field)
        if value is not None:
            assert name not in fields, f"{name} is there twice"
            fields[name] = value
    return fields


def field_value(field: Tag) -> str | None:
    """What a browser sends of one field; None for nothing, as of a box that is not ticked and of buttons."""
    if field.name == "textarea":
        # The parser of a browser drops the line break right after the tag, and submits the others as CRLF.
        return field.get_text().removeprefix("\n").replace("\r\n", "\n").replace("\n", "\r\n")
    if field.name == "select":
        options = field.find_all("option")
        chosen = [option for option in options if option.has_attr("selected")] or options[:1]
        return str(chosen[-1].get("value", chosen[-1].get_text())) if chosen else None
    kind = str(field.get("type", "text"))
    if kind in ("checkbox", "radio"):
        return str(field.get("value", "on")) if field.has_attr("checked") else None
    if kind in ("submit", "button", "image", "reset", "file"):
        return None
    value = str(field.get("value", ""))
    return value if kind == "hidden" else value.replace("\n", "").replace("\r", "")
