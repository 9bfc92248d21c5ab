"""Whether a page says in English what the catalogue can say in Chinese."""

from __future__ import annotations

import re
from functools import cache

from bs4 import BeautifulSoup, Comment

from tests.console import catalogue
from tests.views.pages import words

SPOKEN = ("placeholder", "title", "aria-label", "label", "data-label")
QUOTED = ("code", "pre", "textarea", "script", "style", "time")
KINDS = {"DaemonSet", "Secret"}
"""Kubernetes' own names of kinds stand as they are where an object is named: "DaemonSet agent"."""


@cache
def english() -> tuple[dict[str, str], list[re.Pattern[str]], list[re.Pattern[str]]]:
    """What has a Chinese text of its own: the texts without values, patterns of those with values, and
    patterns of those long enough to be told from a manifest's words wherever they stand."""
    exact, patterns, long = {}, [], []
    for entry in catalogue.read():
        for msgid in filter(None, (entry.msgid, entry.msgid_plural)):
            if msgid in (entry.msgstr, *entry.msgstr_plural.values()) or msgid in KINDS:
                continue
            said = " ".join(msgid.split())
            parts = re.split(r"%\(\w+\)[sd]|%[sd]|\$\d", said)
            pattern = "(.+?)".join(re.escape(part.replace("%%", "%")) for part in parts)
            fixed = re.findall(r"[A-Za-z’']{2,}", " ".join(parts))
            if len(parts) == 1:
                exact[said] = msgid
            elif fixed:
                patterns.append(re.compile(pattern))
            if len(fixed) > 3:
                long.append(re.compile(pattern))
    return exact, patterns, long


def spoken(response) -> list[str]:
    """Every text and every spoken attribute of the page, without what stands in manifests just so."""
    page = BeautifulSoup(response.content, "html.parser")
    values = [option for option in page("option") if option.get("value") == option.get_text()]
    for quoted in [*page(QUOTED), *values]:
        quoted.extract()
    texts = [text for text in page.find_all(string=True) if not isinstance(text, Comment)]
    texts += [tag[name] for name in SPOKEN for tag in page.find_all(attrs={name: True})]
    return [" ".join(text.split()) for text in texts]


def left_in_english(response) -> list[str]:
    exact, patterns, long = english()
    found = []
    for text in set(spoken(response)):
        if not re.search(r"[A-Za-z]{2}", text):
            continue
        if text in exact or any(pattern.fullmatch(text) for pattern in patterns):
            found.append(text)
        elif len(re.findall(r"[A-Za-z]{2,}", text)) > 3:
            found += [text for pattern in long if pattern.search(text)]
    return found


def assert_chinese(response):
    assert response.headers["Content-Language"] == "zh-hans"
    assert re.search(r"[\u4e00-\u9fff]", words(response))
    assert left_in_english(response) == []
