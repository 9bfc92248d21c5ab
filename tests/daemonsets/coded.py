"""What a sentence says, without its wording."""

from __future__ import annotations

from typing import Any

from workloads.daemonsets.manifest.sentences import Sentence


def coded(sentence: Sentence | None) -> tuple[str, dict[str, Any]] | None:
    """(code, params); None for no sentence. Also checks that the text can be made of them."""
    if sentence is None:
        return None
    assert sentence.code
    assert "%(" not in sentence.text
    return sentence.code, dict(sentence.params)


def code_of(sentence: Sentence | None) -> str:
    """Its code, "" for no sentence."""
    found = coded(sentence)
    return found[0] if found else ""
