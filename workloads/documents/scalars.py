"""Scalars: what kubectl takes a plain word for, and how to write a string so that no reader mistakes it.

The rules are those of kubernetes-sigs/yaml (goyaml.v2/resolve.go), which kubectl and client-go read with.
"""

from __future__ import annotations

import json
import math
import re
from typing import Final

from workloads.documents.paths import Json

WORDS: Final[dict[str, Json]] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
}
"""Plain scalars that mean something other than their text. JSON has no infinity and no NaN: kubectl refuses
them, and so does the reader."""

NUMERIC_START: Final = frozenset("+-.0123456789")

MAX_DIGITS: Final = 309
"""Whole numbers of so many digits overflow the floating point number that Go reads them as."""

_RADIX = re.compile(r"([-+]?)0(?:[xX]([0-9a-fA-F]+)|[bB]([-+]?[01]+)|([oO]?)([0-7]+))\Z")
_DECIMAL = re.compile(r"[-+]?[0-9]+\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")


def resolve(text: str) -> Json:
    """What kubectl takes an untagged plain scalar for. Integers stay exact whatever their size."""
    if text in WORDS:
        return WORDS[text]
    if text[0] not in NUMERIC_START:
        return text
    return _number(text)


def _number(text: str) -> Json:
    # Go drops every underscore before it looks, except where the number starts with a dot.
    plain = text if text[0] == "." else text.replace("_", "")
    if radix := _RADIX.match(plain):
        sign, hexadecimal, binary, letter, octal = radix.groups()
        if hexadecimal is not None:
            number = int(hexadecimal, 16)
        elif binary is not None:
            if binary[0] in "+-" and sign:
                return text
            number = int(binary, 2)
        else:
            number = int(octal, 8)
        number = -number if sign == "-" else number
        if -(2**63) <= number < 2**64:
            return number
        if letter or octal is None:
            return text
    if len(plain) < MAX_DIGITS and _DECIMAL.match(plain):
        return int(plain)
    if _FLOAT.match(plain):
        approximate = float(plain)
        return text if math.isinf(approximate) else canonical(approximate)
    return text


def canonical(number: float) -> int | float:
    """JSON has one kind of number: 1e3 and 1000.0 are 1000."""
    return int(number) if number.is_integer() and abs(number) < 1e21 else number


def key_name(value: Json) -> str:
    """A mapping's key as JSON sees it: `on` is "true", `1` is "1". Raises ValueError for null."""
    if value is True:
        return "true"
    if value is False:
        return "false"
    if value is None:
        raise ValueError("null is no key")
    return value if isinstance(value, str) else write_number(value)


def write_number(number: int | float) -> str:
    """Read as the same number by JSON, YAML 1.1 and 1.2. Raises ValueError for infinity and NaN."""
    if isinstance(number, int):
        return str(number)
    if not math.isfinite(number):
        raise ValueError("not a JSON number")
    number = canonical(number)
    text = repr(number)
    # YAML 1.1 takes 1e+22 for a string: it wants a dot in the mantissa.
    return text.replace("e", ".0e") if "e" in text and "." not in text else text


# What some reader takes for something else than a string: the union of YAML 1.1 (PyYAML, go-yaml v2) and
# the YAML 1.2 core schema (ruamel, go-yaml v3), whatever the case.
_MISREAD = re.compile(
    r"""(?: y | n | yes | no | on | off | true | false | null | ~ | = | <<
      | nan | [-+]?inf | [-+]?\.(?:inf|nan)
      | [-+]? 0b [-+01_]+ | [-+]? 0o? [-+0-7_]+ | [-+]? 0x [0-9a-f_]+
      | [-+]? [0-9_]+
      | [-+]? (?: \.[0-9_]+ | [0-9][0-9_]*(?:\.[0-9_]*)? ) (?: e[-+]?[0-9_]+ )?
      | [-+]? [0-9][0-9_]* (?: :[0-9_]+ )+ (?:\.[0-9_]*)?
      | [0-9]{4}-[0-9]{1,2}-[0-9]{1,2} (?: [Tt\s].* )?
    )\Z""",
    re.VERBOSE | re.IGNORECASE,
)
# Characters a plain or single-quoted scalar may hold: printable, and neither a line break to any reader nor a
# blank that some reader trims.
_PRINTABLE = re.compile(
    r"[\x20-\x7e\xa1-\u1fff\u2010-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]*\Z"
)
_LITERAL = re.compile(
    r"[\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]*\Z"
)
_INDICATORS = frozenset("?:,[]{}#&*!|>'\"%@`=")
_FLOW = re.compile(r"[,\[\]{}?:]")
_ESCAPED = re.compile(r"[\x7f-\xa0\u2028\u2029\ufeff\ufffe\uffff]")


def plain_is_safe(text: str, *, flow: bool = False) -> bool:
    """Every reader takes the bare text for this very string."""
    first = text[:1]
    return not (
        not text
        or first in _INDICATORS
        or first == " "
        or text[-1] == " "
        or (
            first == "-"
            and (text[1:2] in ("", " ") or text.startswith("---") or (flow and text[1:2] in ",[]{}"))
        )
        or text.startswith("...")
        or ": " in text
        or text[-1] == ":"
        or " #" in text
        or (flow and _FLOW.search(text) is not None)
        or _PRINTABLE.match(text) is None
        or _MISREAD.match(text) is not None
    )


def escape(dumped: str) -> str:
    """JSON text with escapes for what YAML forbids or folds. Raises ValueError for half a surrogate pair,
    which no file can hold."""
    try:
        dumped.encode()
    except UnicodeEncodeError:
        raise ValueError("not Unicode text") from None
    return _ESCAPED.sub(lambda m: f"\\u{ord(m[0]):04x}", dumped)


def double_quoted(text: str) -> str:
    """In double quotes, as JSON and every YAML reader understand them. Raises ValueError as `escape` does."""
    return escape(json.dumps(text, ensure_ascii=False))


def quoted(text: str, style: str | None = None, *, flow: bool = False) -> str:
    """`text` on one line: in `style` ("'" or '"') if that allows it, else plain if safe, else single, else
    double quotes. Raises ValueError as `double_quoted` does."""
    if style != '"' and _PRINTABLE.match(text):
        if style != "'" and plain_is_safe(text, flow=flow):
            return text
        return "'" + text.replace("'", "''") + "'"
    return double_quoted(text)


def literal_is_exact(text: str) -> bool:
    """A literal block scalar (`|` or `|-`) can hold this text of several lines, and look like it."""
    return (
        "\n" in text
        and text[0] not in " \t\n"
        and not text.endswith("\n\n")
        and text.removesuffix("\n").rpartition("\n")[2].strip() != ""
        and _LITERAL.match(text) is not None
    )
