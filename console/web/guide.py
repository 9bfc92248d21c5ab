"""The guides of docs/, as pages of the console: nothing needs to be fetched from elsewhere to read them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Final

from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString
from markdown_it import MarkdownIt
from markdown_it.token import Token

from console.errors import NotFound

PAGES: Final = ("users", "operators")
_PICTURE: Final = re.compile(r"pictures/([a-z-]+\.webp)")


def language_of(page: str, wanted: str) -> str:
    """The language in which a guide is there: the wanted one, else English."""
    return wanted if (settings.DOCS / f"{page}.{wanted}.md").is_file() else "en"


@lru_cache(maxsize=2 * len(PAGES))
def guide(page: str, language: str = "en") -> SafeString:
    """The HTML of a guide. It comes from a file of the console alone, whose own HTML is escaped.

    Links to the other guide lead to its page; those to other files of the project are plain text.
    """
    name = page if language == "en" else f"{page}.{language}"
    text = (settings.DOCS / f"{name}.md").read_text(encoding="utf-8")
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = reader.parse(text)
    _name_headings(tokens)
    for token in tokens:
        if token.children:
            token.children = _led_here(token.children)
        if token.type == "table_open":
            token.attrSet("class", "table")
        elif token.type in ("fence", "code_block"):
            token.attrSet("tabindex", "0")  # a narrow screen scrolls it
    return SafeString(reader.renderer.render(tokens, reader.options, {}))


def picture(name: str) -> bytes:
    """A picture of the guides. Raises NotFound."""
    # A name of the folder's listing, so that no other file can be asked for.
    found = {path.name: path for path in (settings.DOCS / "pictures").glob("*.webp")}
    if name not in found:
        raise NotFound(f"Picture {name[:60]} not found.", code="no-picture")
    return found[name].read_bytes()


def _name_headings(tokens: Sequence[Token]) -> None:
    """As GitHub does: the links of the guides name these."""
    times: Counter[str] = Counter()
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open":
            slug = re.sub(r"[^\w\- ]", "", inline.content.lower()).replace(" ", "-")
            opening.attrSet("id", f"{slug}-{times[slug]}" if times[slug] else slug)
            times[slug] += 1


def _led_here(tokens: Sequence[Token]) -> list[Token]:
    kept: list[Token] = []
    plain = 0  # links that are open and shown as text
    for token in tokens:
        if token.type == "link_open":
            address = _address(str(token.attrGet("href")))
            if address is None:
                plain += 1
                continue
            token.attrSet("href", address)
        elif token.type == "link_close" and plain:
            plain -= 1
            continue
        elif token.type == "image" and (match := _PICTURE.fullmatch(str(token.attrGet("src")))):
            token.attrSet("src", reverse("help-picture", args=[match.group(1)]))
            token.attrSet("loading", "lazy")
        kept.append(token)
    return kept


def _address(target: str) -> str | None:
    """Where a link of a guide leads from a page of the console; None for a file that it does not have."""
    page, hash_, part = target.partition("#")
    if not page or page.startswith("https://"):
        return target
    name = page.removesuffix(".md")
    return reverse("help", args=[name]) + hash_ + part if name in PAGES else None
