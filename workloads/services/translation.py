"""Sentences of the pure modules in the person's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from django.utils.translation import gettext


class Translatable(Protocol):
    """A Sentence, Finding, DocumentError or EditRefused: an English template and its parameters."""

    @property
    def template(self) -> str: ...

    @property
    def params(self) -> Mapping[str, Any]: ...


def say(sentence: Translatable) -> str:
    text = gettext(sentence.template)
    return text % sentence.params if sentence.params else text
