"""Sentences of the pure modules in the person's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from django.utils.translation import gettext


class Sentence(Protocol):
    """A Finding, a DocumentError, an EditRefused, a reason: an English template and what goes into it."""

    @property
    def template(self) -> str: ...

    @property
    def params(self) -> Mapping[str, Any]: ...


def say(sentence: Sentence) -> str:
    text = gettext(sentence.template)
    return text % sentence.params if sentence.params else text
