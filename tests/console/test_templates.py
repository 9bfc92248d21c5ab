"""What templates and styles must never hold: what the policy would refuse, what cannot be read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
PYTHON = sorted([*(ROOT / "console").rglob("*.py"), *(ROOT / "workloads").rglob("*.py")])
CSS = (ROOT / "static/console/console.css").read_text(encoding="utf-8")

REFUSED = {
    "inline script": re.compile(r"<script(?![^>]*\bsrc=)", re.I),
    "inline style": re.compile(r"<style\b", re.I),
    "style attribute": re.compile(r"<[^>]*\sstyle\s*=", re.I),
    "event attribute": re.compile(r"<[^>]*\son[a-z]+\s*=", re.I),
    "script address": re.compile(r"javascript:", re.I),
    "script for htmx": re.compile(r"\bhx-on\b|\bhx-vals\s*=\s*['\"]js:", re.I),
    "unescaped value": re.compile(r"\|\s*safe\b|\bautoescape\s+off\b|\|\s*safeseq\b"),
    "foreign address": re.compile(r"(?:src|href|action)\s*=\s*['\"]?(?:https?:)?//", re.I),
}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_templates_hold_nothing_the_policy_refuses(path):
    text = path.read_text(encoding="utf-8")
    found = {what: match.group() for what, rule in REFUSED.items() if (match := rule.search(text))}
    assert found == {}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_lines_of_templates_can_be_read(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [number for number, line in enumerate(lines, 1) if len(line) > 120] == []


def test_no_module_marks_text_as_safe():
    assert [p.name for p in PYTHON if re.search(r"\bmark_safe\b", p.read_text(encoding="utf-8"))] == []


# Contrast, as WCAG 2 counts it: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio


def tokens(theme: str) -> dict[str, str]:
    """Colour tokens of the stylesheet in one theme."""
    found = {}
    for name, value in re.findall(r"--([\w-]+):\s*(light-dark\([^;]*?\)|#[0-9a-f]{6});", CSS):
        colours = re.findall(r"#[0-9a-f]{6}", value)
        if colours:
            found[name] = colours[0] if theme == "light" else colours[-1]
    return found


def luminance(colour: str) -> float:
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


TEXT = {
    **dict.fromkeys(("ink", "text", "mute"), ("page", "card", "tint", "sunk")),
    "green": ("page", "card", "tint", "green-soft"),
    "red": ("card", "tint", "red-soft"),
    "amber": ("card", "tint", "amber-soft"),
    "blue": ("page", "card", "tint", "blue-soft", "red-soft", "amber-soft"),
    "on-dark": ("dark", "green-solid", "red-solid"),
    "on-dark-mute": ("dark",),
}
SHAPES = {"edge": ("card", "tint"), "focus": ("card", "page"), "red-fill": ("card",)}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_can_be_read_in_both_themes(theme):
    colours = tokens(theme)
    weak = [
        f"{text} on {ground}: {contrast(colours[text], colours[ground]):.2f}"
        for pairs, least in ((TEXT, 4.5), (SHAPES, 3.0))
        for text, grounds in pairs.items()
        for ground in grounds
        if contrast(colours[text], colours[ground]) < least
    ]
    assert weak == []
