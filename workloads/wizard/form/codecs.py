"""Values as a form shows them: a value of the document ↔ the string that a browser posts.

`show` turns a value into a string, or returns None: only YAML can express the value, and the form does not
change it. `read` turns a posted string back. A blank string is ABSENT: a default is never filled in. `read`
is called only for strings that differ from the one shown, so `read(show(value)) == value` is not promised: an
integer where a string belongs is shown as text and stays an integer until somebody enters something else.
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

StrOrPromise: TypeAlias = "str | Promise"
Widget: TypeAlias = Literal["text", "textarea", "select", "checkbox", "amount"]
Option: TypeAlias = tuple[str, StrOrPromise]

# Characters that an HTML field changes or YAML can only write escaped; \r because browsers rewrite it.
_UNTYPABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]|[\ud800-\udfff]")


DEFAULT, YES, NO = gettext_lazy("Default"), gettext_lazy("Yes"), gettext_lazy("No")


class Undecodable(ValueError):
    """The posted string is not valid here. `message` is a sentence in the language of the user."""

    def __init__(self, message: StrOrPromise) -> None:
        super().__init__(message)
        self.message = message


class Codec(Protocol):
    def show(self, value: Json) -> str | None:
        """The string for a value (also ABSENT), None if the widget cannot express it."""

    def read(self, raw: str, old: Json) -> Json:
        """The value that a posted string means; `old` is the value it replaces. Raises Undecodable."""

    def widget(self, shown: str) -> Widget:
        """The widget for that string."""

    def options(self, shown: str) -> Sequence[Option]:
        """The options of a select, with the shown one always among them; empty for other widgets."""


def plain(raw: str) -> str:
    """The posted string itself. Raises Undecodable for characters that a manifest cannot contain."""
    if _UNTYPABLE.search(raw):
        raise Undecodable(_("This contains characters that a manifest cannot contain."))
    return raw


def scalar(value: Json) -> str | None:
    """A scalar as text, None for what text cannot express."""
    if value is ABSENT or value is None:
        return ""
    if isinstance(value, str):
        return None if _UNTYPABLE.search(value) else value
    if isinstance(value, (dict, list)):
        return None
    return json.dumps(value)


@dataclass(frozen=True, slots=True)
class TextCodec:
    """A string. strip: remove spaces around it. tall: always a textarea."""

    strip: bool = True
    tall: bool = False

    def show(self, value: Json) -> str | None:
        return scalar(value)

    def read(self, raw: str, old: Json) -> Json:
        text = raw.strip() if self.strip else raw
        return text if text else ABSENT

    def widget(self, shown: str) -> Widget:
        # An <input> drops line breaks, so a value with line breaks always gets a textarea.
        return "textarea" if self.tall or "\n" in shown else "text"

    def options(self, shown: str) -> Sequence[Option]:
        return ()


@dataclass(frozen=True, slots=True)
class NumberCodec(TextCodec):
    """An integer; `rules.validation` checks its range."""

    def read(self, raw: str, old: Json) -> Json:
        text = raw.strip()
        if not text:
            return ABSENT
        if not re.fullmatch(r"[+-]?[0-9]{1,18}", text):
            raise Undecodable(_("Enter a whole number, such as 10."))
        return int(text)


@dataclass(frozen=True, slots=True)
class NumberOrTextCodec(TextCodec):
    """IntOrString of Kubernetes: digits are an integer, anything else (`10%`, `http`) is a string."""

    def read(self, raw: str, old: Json) -> Json:
        text = raw.strip()
        if re.fullmatch(r"-?[0-9]{1,18}", text):
            return int(text)
        return text if text else ABSENT


@dataclass(frozen=True, slots=True)
class QuantityCodec(TextCodec):
    """A quantity such as `100m` or `1.5Gi`, kept as typed."""

    def read(self, raw: str, old: Json) -> Json:
        text = raw.strip()
        if not text:
            return ABSENT
        if isinstance(old, int) and not isinstance(old, bool) and re.fullmatch(r"[0-9]{1,18}", text):
            return int(text)  # an author who writes numbers keeps numbers
        return text


def with_unit(number: str, unit: str) -> str:
    """The quantity of a number box and the unit chosen beside it.

    A unit that is typed with the number wins: `1Gi` stays 1Gi, whatever is chosen.
    """
    typed = number.strip()
    return typed + unit if unit and typed[-1:].isdigit() else number


@dataclass(frozen=True, slots=True)
class AmountCodec(QuantityCodec):
    """A quantity in a box for the number with its unit beside it. 0 means "none" and is removed.

    units: to choose from; another one that the document has is offered too. usual: the unit of a blank box.
    The number and the unit shown join to the document's own string, so an untouched amount stays as written.
    """

    units: tuple[Option, ...] = ()
    usual: str = ""

    def read(self, raw: str, old: Json) -> Json:
        if re.fullmatch(r"0+(\.0*)?[a-zA-Z]*", raw.strip()):
            return ABSENT
        return QuantityCodec.read(self, raw, old)

    def widget(self, shown: str) -> Widget:
        return "textarea" if "\n" in shown else "amount"

    def split(self, shown: str) -> tuple[str, str]:
        """(number, unit): what the box shows, and what is chosen beside it."""
        if match := re.fullmatch(r"([+-]?[0-9.]*[0-9])([a-zA-Z]*)", shown):
            return match[1], match[2]
        return shown, "" if shown.strip()[-1:].isdigit() else self.usual

    def options(self, shown: str) -> Sequence[Option]:
        unit = self.split(shown)[1]
        return self.units if unit in dict(self.units) else (*self.units, (unit, unit))


def plain_options(*names: str) -> tuple[Option, ...]:
    """Options whose labels are the values themselves."""
    return tuple((name, name) for name in names)


@dataclass(frozen=True, slots=True)
class ChoiceCodec:
    """One of several strings. blank: the label of "none of them", usually the default."""

    of: tuple[Option, ...]
    blank: StrOrPromise = ""

    def show(self, value: Json) -> str | None:
        return scalar(value) if value is ABSENT or value is None or isinstance(value, str) else None

    def read(self, raw: str, old: Json) -> Json:
        if not raw:
            return ABSENT
        if raw not in dict(self.of):
            raise Undecodable(_("Choose a value from the list."))
        return raw

    def widget(self, shown: str) -> Widget:
        return "select"

    def options(self, shown: str) -> Sequence[Option]:
        first: tuple[Option, ...] = (("", self.blank),)
        current = () if not shown or shown in dict(self.of) else ((shown, shown),)
        return first + self.of + current


@dataclass(frozen=True, slots=True)
class TristateCodec:
    """true, false or not set. blank: the label of "not set"."""

    blank: StrOrPromise = DEFAULT
    of: tuple[Option, Option] = (("true", YES), ("false", NO))

    def show(self, value: Json) -> str | None:
        if value is ABSENT or value is None:
            return ""
        return json.dumps(value) if isinstance(value, bool) else None

    def read(self, raw: str, old: Json) -> Json:
        if raw not in ("", "true", "false"):
            raise Undecodable(_("Choose a value from the list."))
        return json.loads(raw) if raw else ABSENT

    def widget(self, shown: str) -> Widget:
        return "select"

    def options(self, shown: str) -> Sequence[Option]:
        return (("", self.blank), *self.of)


@dataclass(frozen=True, slots=True)
class FlagCodec:
    """A checkbox: ticked is true; not ticked is ABSENT, or the false that the document has."""

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
class LinesCodec(TextCodec):
    """A list of strings, one per line.

    An item with line breaks is written as in YAML: a line `|` (`|-`, if the item does not end in a line
    break), then its lines, each after two spaces. Only YAML can express empty items, and items that would be
    read as such a line.
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
                    _("After “%(line)s”, start each line of the item with two spaces.") % {"line": line}
                )
            items.append("\n".join(block) + ("\n" if line == "|" else ""))
        return items if items else ABSENT


@dataclass(frozen=True, slots=True)
class WordListCodec(TextCodec):
    """A short list in one field, separated by commas or spaces: strings without either, or integers."""

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
            raise Undecodable(_("Enter whole numbers separated by commas, such as 1000, 2000."))
        return [int(word) for word in words]


def _one_line(item: Any) -> bool:
    return isinstance(item, str) and item != "" and "\n" not in item and not _UNTYPABLE.search(item)


TEXT = TextCodec()
AS_TYPED = TextCodec(strip=False)
PROSE = TextCodec(strip=False, tall=True)
NUMBER = NumberCodec()
NUMBER_OR_TEXT = NumberOrTextCodec()
QUANTITY = QuantityCodec()
CPU = AmountCodec(units=(("m", "m"), ("", gettext_lazy("cores"))), usual="m")
BYTES = AmountCodec(units=(*plain_options("Mi", "Gi", "M", "G"), ("", gettext_lazy("bytes"))), usual="Mi")
TRISTATE = TristateCodec()
FLAG = FlagCodec()
LINES = LinesCodec()
WORDS = WordListCodec()
NUMBERS = WordListCodec(numbers=True)
