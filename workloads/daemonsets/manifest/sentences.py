"""A sentence about a manifest or a cluster, ready to be translated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Sentence:
    """`template % params` is the English sentence; `template` is the msgid to translate.

    params: names, numbers and notations (`gpu=yes:NoSchedule`), which are the same in every language.
    code: the short name of the sentence, such as "no-room". It stays when the wording changes.
    """

    template: str
    params: Mapping[str, Any] = field(default_factory=dict)
    code: str = ""

    @property
    def text(self) -> str:
        return self.template % self.params if self.params else self.template
