"""Every link and picture of the README and the guides leads to something that exists."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md") if (ROOT / name).exists()]
PAGES += sorted((ROOT / "docs").glob("*.md"))

FENCED = re.compile(r"^ *(```+|~~~+).*?(?:^ *\1|\Z)", re.MULTILINE | re.DOTALL)
INLINE_CODE = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)", re.DOTALL)
LINK = re.compile(r"\]\(\s*<?([^)\s>]+)>?(?:\s+(?:\"[^\"]*\"|'[^']*'))?\s*\)")
REFERENCE = re.compile(r"^ {0,3}\[[^\]]+\]:\s*<?(\S+?)>?(?:\s|$)", re.MULTILINE)
HTML = re.compile(r"<(?:a|img|source)\b[^>]*?\s(?:href|src|srcset)=\"([^\"\s]+)", re.IGNORECASE)
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*\s*$", re.MULTILINE)
NAMED = re.compile(r"<a\b[^>]*\s(?:id|name)=\"([^\"]+)\"", re.IGNORECASE)


def prose(text: str) -> str:
    """A Markdown text without its code, where brackets are no links."""
    return INLINE_CODE.sub("", FENCED.sub("", text))


def targets(text: str) -> Iterator[str]:
    for rule in (LINK, REFERENCE, HTML):
        yield from rule.findall(prose(text))


def anchors(text: str) -> set[str]:
    """What a link to this page can name: GitHub makes it of each heading, and numbers equal ones."""
    found = set(NAMED.findall(text))
    times: Counter[str] = Counter()
    for heading in HEADING.findall(FENCED.sub("", text)):
        words = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        slug = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
        found.add(f"{slug}-{times[slug]}" if times[slug] else slug)
        times[slug] += 1
    return found


def fault(page: Path, target: str) -> str:
    """Why a link leads nowhere; "" where it does not. Other sites are not asked."""
    parts = urlsplit(target)
    if parts.scheme or parts.netloc:
        return "" if parts.scheme in ("https", "mailto") else "not https"
    to = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    if not to.is_relative_to(ROOT):
        return "outside the repository"
    if not to.exists():
        return "does not exist"
    if (
        parts.fragment
        and to.suffix == ".md"
        and parts.fragment not in anchors(to.read_text(encoding="utf-8"))
    ):
        return "no such heading"
    return ""


@pytest.mark.parametrize("guide", PAGES, ids=lambda guide: str(guide.relative_to(ROOT)))
def test_links_and_pictures_exist(guide):
    wrong = {
        target: why for target in targets(guide.read_text(encoding="utf-8")) if (why := fault(guide, target))
    }
    assert wrong == {}


def test_links_are_found_and_told_from_code():
    text = (
        '# A `b` c!\n\n# A b c\n\n![picture](a.png "title") [to](<b.md#x>)\n'
        '[ref]: c.md\n<img alt="" src="d.svg">\n'
        "`[no](e.md)`\n\n```\n[no](f.md)\n# no\n```\n"
    )
    assert list(targets(text)) == ["a.png", "b.md#x", "c.md", "d.svg"]
    assert anchors(text) == {"a-b-c", "a-b-c-1"}


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("README.md", ""),
        ("docs/../LICENSE", ""),
        ("https://kubernetes.io/docs/", ""),
        ("http://kubernetes.io/docs/", "not https"),
        ("no-such-picture.webp", "does not exist"),
        ("README.md#no-such-heading", "no such heading"),
        ("#no-such-heading", "no such heading"),
        ("../elsewhere.md", "outside the repository"),
    ],
)
def test_what_a_link_needs(target, why):
    assert fault(ROOT / "README.md", target) == why
