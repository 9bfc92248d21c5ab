"""Values as a form shows them: a document's value ↔ the string a browser posts.

A codec *shows* a value as a string, or says that it cannot (`None`: the value stays as it is and is edited
in YAML), and *reads* a posted string back. A blank string is ABSENT: a default is never invented. `read` is
asked only about strings that differ from what was shown, so `read(show(value)) == value` is not promised:
an integer where text belongs is shown as text and stays an integer until somebody types something else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, Protocol, TypeAlias

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from workloads.documents.paths import ABSENT, Json

Words: TypeAlias = "str | Promise"
Widget: TypeAlias = Literal["text", "textarea", "select", "checkbox"]
Option: TypeAlias = tuple[str, Words]

# What an HTML field does not carry unharmed or YAML holds only escaped; \r because browsers rewrite it.
_UNTYPABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]|[\ud800-\udfff]")


DEFAULT, YES, NO = gettext_lazy("Default"), gettext_lazy("Yes"), gettext_lazy("No")


class Undecodable(ValueError):
    """The posted string means nothing here. `message` is a sentence in the person's language."""

    def __init__(self, message: Words) -> None:
        super().__init__(message)
        self.message = message


class Codec(Protocol):
    def show(self, value: Json) -> str | None:
        """The string a widget shows for a value (ABSENT included), None if it cannot express it."""

    def read(self, raw: str, old: Json) -> Json:
        """The value a posted string means; `old` is what it replaces. Raises Undecodable."""

    def widget(self, shown: str) -> Widget:
        """What to show that string in."""

    def options(self, shown: str) -> Sequence[Option]:
        """Of a select, always with the shown one among them; empty for the other widgets."""


def plain(raw: str) -> str:
    """A posted string, if a manifest can hold it. Raises Undecodable."""
    if _UNTYPABLE.search(raw):
        raise Undecodable(_("This contains characters that a manifest cannot hold."))
    return raw


def scalar(value: Json) -> str | None:
    """A scalar as text; None for what text cannot express."""
    if value is ABSENT or value is None:
        return ""
    if isinstance(value, str):
        return None if _UNTYPABLE.search(value) else value
    if isinstance(value, (dict, list)):
        return None
    return json.dumps(value)


@dataclass(frozen=True, slots=True)
class Text:
    """A string. strip: blanks around it never mean anything. tall: always a textarea."""

    strip: bool = True
    tall: bool = False

    def show(self, value: Json) -> str | None:
        return scalar(value)

    def read(self, raw: str, old: Json) -> Json:
        text = raw.strip() if self.strip else raw
        return text if text else ABSENT

    def widget(self, shown: str) -> Widget:
        # An <input> drops line breaks, so a value that has some gets a textarea wherever it is.
        return "textarea" if self.tall or "\n" in shown else "text"

    def options(self, shown: str) -> Sequence[Option]:
        return ()


@dataclass(frozen=True, slots=True)
class Number(Text):
    """An integer; whether it is a sensible one is for validation to say."""

    def read(self, raw: str, old: Json) -> Json:
        text = raw.strip()
        if not text:
            return ABSENT
        if not re.fullmatch(r"[+-]?[0-9]{1,18}", text):
            raise Undecodable(_("Type a whole number, such as 10."))
        return int(text)


@dataclass(frozen=True, slots=True)
class NumberOrText(Text):
    """Kubernetes' IntOrString: digits are an integer, anything else (`10%`, `http`) a string."""

    def read(self, raw: str, old: Json) -> Json:
        text = raw.strip()
        if re.fullmatch(r"-?[0-9]{1,18}", text):
            return int(text)
        return text if text else ABSENT


@dataclass(frozen=True, slots=True)
class Quantity(Text):
    """An amount such as `100m` or `1.5Gi`, kept as typed. zero_is_none: 0 means "none" and is removed."""

    zero_is_none: bool = False

    def read(self, raw: str, old: Json) -> Json:
        text = raw.strip()
        if not text or (self.zero_is_none and text == "0"):
            return ABSENT
        if isinstance(old, int) and not isinstance(old, bool) and re.fullmatch(r"[0-9]{1,18}", text):
            return int(text)  # an author who writes numbers keeps numbers
        return text


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several strings. blank: what the choice of none of them is called (usually the default)."""

    of: tuple[Option, ...]
    blank: Words = ""

    def show(self, value: Json) -> str | None:
        return scalar(value) if value is ABSENT or value is None or isinstance(value, str) else None

    def read(self, raw: str, old: Json) -> Json:
        if not raw:
            return ABSENT
        if raw not in dict(self.of):
            raise Undecodable(_("Choose one of the values in the list."))
        return raw

    def widget(self, shown: str) -> Widget:
        return "select"

    def options(self, shown: str) -> Sequence[Option]:
        first: tuple[Option, ...] = (("", self.blank),)
        stray = () if not shown or shown in dict(self.of) else ((shown, shown),)
        return first + self.of + stray


@dataclass(frozen=True, slots=True)
class Tristate:
    """true, false, or not said. blank: what not saying it means."""

    blank: Words = DEFAULT
    of: tuple[Option, Option] = (("true", YES), ("false", NO))

    def show(self, value: Json) -> str | None:
        if value is ABSENT or value is None:
            return ""
        return json.dumps(value) if isinstance(value, bool) else None

    def read(self, raw: str, old: Json) -> Json:
        if raw not in ("", "true", "false"):
            raise Undecodable(_("Choose one of the values in the list."))
        return json.loads(raw) if raw else ABSENT

    def widget(self, shown: str) -> Widget:
        return "select"

    def options(self, shown: str) -> Sequence[Option]:
        return (("", self.blank), *self.of)


@dataclass(frozen=True, slots=True)
class Flag:
    """A box: ticked is true, not ticked is not there (or the false that was there already)."""

    def show(self, value: Json) -> str | None:
        if value is ABSENT or value is None or value is False:
            return ""
        return "true" if value is True else None

    def read(self, raw: str, old: Json) -> Json:
        return True if raw else ABSENT

    def widget(self, shown: str) -> Widget:
        return "checkbox"

    def options(self, shown: str) -> Sequence[Option]:
        return ()


@dataclass(frozen=True, slots=True)
class Lines(Text):
    """A list of strings, one per line.

    An item with line breaks is written as YAML would: a line `|` (`|-`, if it does not end in a line break),
    then its lines, each behind two blanks. Empty items, and those that look like that line or like one more
    behind it, are only in YAML.
    """

    tall: bool = True

    def show(self, value: Json) -> str | None:
        items = [] if value is ABSENT or value is None else value
        if not isinstance(items, list):
            return None
        lines: list[str] = []
        for before, item in pairwise(["", *items]):
            if not isinstance(item, str) or item in ("", "|", "|-") or _UNTYPABLE.search(item):
                return None
            if "\n" not in item:
                if "\n" in before and item.startswith("  "):
                    return None
                lines.append(item)
            elif item.endswith("\n\n") or item == "\n":
                return None
            else:
                lines.append("|" if item.endswith("\n") else "|-")
                lines += ["  " + line if line else "" for line in item.removesuffix("\n").split("\n")]
        return "\n".join(lines)

    def read(self, raw: str, old: Json) -> Json:
        items: list[str] = []
        lines = raw.split("\n")
        while lines:
            line = lines.pop(0)
            if line not in ("|", "|-"):
                items += [line] if line else []
                continue
            block: list[str] = []
            while lines and (not lines[0] or lines[0].startswith("  ")):
                block.append(lines.pop(0)[2:])
            while block and not block[-1]:
                block.pop()
            if not block:
                raise Undecodable(
                    _("After “%(line)s” come the lines of one item, behind two blanks.") % {"line": line}
                )
            items.append("\n".join(block) + ("\n" if line == "|" else ""))
        return items if items else ABSENT


@dataclass(frozen=True, slots=True)
class WordList(Text):
    """A short list in one field, with commas or spaces between: strings without either, or integers."""

    numbers: bool = False

    def show(self, value: Json) -> str | None:
        items = [] if value is ABSENT or value is None else value
        if not isinstance(items, list):
            return None
        if self.numbers:
            fit = all(isinstance(item, int) and not isinstance(item, bool) for item in items)
        else:
            fit = all(_one_line(item) and not re.search(r"[\s,]", item) for item in items)
        return ", ".join(str(item) for item in items) if fit else None

    def read(self, raw: str, old: Json) -> Json:
        words = [word for word in re.split(r"[\s,]+", raw) if word]
        if not words:
            return ABSENT
        if not self.numbers:
            return words
        if not all(re.fullmatch(r"-?[0-9]{1,18}", word) for word in words):
            raise Undecodable(_("Type whole numbers with commas between them, such as 1000, 2000."))
        return [int(word) for word in words]


def _one_line(item: Any) -> bool:
    return isinstance(item, str) and item != "" and "\n" not in item and not _UNTYPABLE.search(item)


TEXT = Text()
AS_TYPED = Text(strip=False)
PROSE = Text(strip=False, tall=True)
NUMBER = Number()
NUMBER_OR_TEXT = NumberOrText()
QUANTITY = Quantity()
AMOUNT = Quantity(zero_is_none=True)
TRISTATE = Tristate()
FLAG = Flag()
LINES = Lines()
WORDS = WordList()
NUMBERS = WordList(numbers=True)
