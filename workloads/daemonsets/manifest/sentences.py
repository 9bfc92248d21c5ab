"""What the console says about a manifest, ready to be translated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Sentence:
    """`template % params` in English; `template` is the key to translate. Parameters are names, numbers and
    notations (`gpu=yes:NoSchedule`), the same in every language.

    code: the sentence's short name, such as "no-room"; it stays when the wording changes.
    """

    template: str
    params: Mapping[str, Any] = field(default_factory=dict)
    code: str = ""

    @property
    def text(self) -> str:
        return self.template % self.params if self.params else self.template
