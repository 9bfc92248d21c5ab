"""Template filters of the domain."""

from __future__ import annotations

from django import template

from workloads.documents.paths import Path, show
from workloads.views.words import Sentence, say

register = template.Library()


@register.filter("say")
def say_filter(sentence: Sentence) -> str:
    """A finding, refusal or reason in the person's language."""
    return say(sentence)


@register.filter("path")
def path_filter(path: Path) -> str:
    """`spec.template.spec.containers[0].image`."""
    return show(path)
