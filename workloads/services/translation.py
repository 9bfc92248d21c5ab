"""Sentences of the pure modules in the person's language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, Protocol

from django.utils import formats
from django.utils.translation import gettext

_AMOUNT: Final = re.compile(r"%\((?!(?:port|line|first|number)\))(\w+)\)d")
"""Where a template has an amount, which is written as 5,000; ports and lines are numbers, but no amounts."""


class Translatable(Protocol):
    """A Sentence, Finding, DocumentError or EditRefused: an English template and its parameters."""

    @property
    def template(self) -> str: ...

    @property
    def params(self) -> Mapping[str, Any]: ...


def say(sentence: Translatable) -> str:
    text = gettext(sentence.template)
    return filled(text, sentence.params) if sentence.params else text


def filled(text: str, params: Mapping[str, Any]) -> str:
    """`text % params`, with amounts (`%(n)d`) as the language writes them: 5,000."""
    amounts = {
        name: formats.number_format(params[name], force_grouping=True) for name in _AMOUNT.findall(text)
    }
    return _AMOUNT.sub(r"%(\1)s", text) % {**params, **amounts}
