"""Quantities of resources, such as `500m`, `1.5Gi` and `12e6`.

Source: k8s.io/apimachinery/pkg/api/resource/quantity.go.
"""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, ROUND_HALF_UP, ROUND_UP, Context, Decimal
from functools import lru_cache
from typing import Final, Literal, TypeAlias

Form: TypeAlias = Literal["decimal", "binary"]
Style: TypeAlias = Literal["cpu", "bytes", "count"]

_QUANTITY = re.compile(
    r"([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.?[0-9]*))(?:([KMGTPE]i)|([numkMGTPE]?)|[eE]([+-]?[0-9]+))"
)
_BINARY: Final = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
_DECIMAL: Final = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_LARGEST: Final = Decimal(2**63 - 1)
_SMALLEST: Final = Decimal("1e-9")
_MILLI: Final = Decimal("0.001")
_EXACT: Final = Context(prec=80, rounding=ROUND_UP)


@lru_cache(maxsize=4096, typed=True)
def parse(text: str | int | float) -> Decimal:
    """The amount in base units (cores, bytes, pieces). A JSON number is read like its text.

    Like the API server, it rounds up to a multiple of 1n, caps at 2^63-1, and reads a sign, point or suffix
    without digits as 0, see `has_digits`. Raises ValueError for whatever else the documented grammar does not
    allow.
    """
    if isinstance(text, bool):
        raise ValueError(f"{text!r} is not a quantity")
    # The server trims the JSON text: spaces, but no characters that JSON escapes (UnmarshalJSON).
    written = str(text).strip(" ")
    match = _QUANTITY.fullmatch(written)
    if match is None or not written:
        raise ValueError(f"{text!r} is not a quantity")
    digits, binary, decimal, exponent = match.groups()
    number = Decimal(digits) if digits.strip("+-.") else Decimal(0)
    power = int(exponent) if exponent else _DECIMAL[decimal or ""]
    if not -(2**63) <= power < 2**63:
        raise ValueError(f"{text!r} is not a quantity: its exponent is too large")
    if not number:
        return Decimal(0)
    # By magnitude first, so that 1e999999999 is never written out.
    magnitude = number.adjusted() + power
    if magnitude > 30:
        return _LARGEST.copy_sign(number)
    if magnitude < -20:
        return _SMALLEST.copy_sign(number)
    if binary:
        number = _EXACT.multiply(number, Decimal(1024 ** _BINARY[binary]))
    else:
        number = _EXACT.scaleb(_EXACT.plus(number), power)
    if abs(number) > _LARGEST:
        return _LARGEST.copy_sign(number)
    number = number.quantize(_SMALLEST, context=_EXACT)
    whole = number.to_integral_value()
    return whole if number == whole else number.normalize(_EXACT)


def has_digits(text: str) -> bool:
    """Whether a quantity has a number: `Mi` is read as 0, though the documented grammar does not allow it."""
    match = _QUANTITY.fullmatch(text.strip(" "))
    return match is not None and match[1].strip("+-.") != ""


def in_list(value: Decimal) -> Decimal:
    """An amount as the API server keeps it in a list of resources (requests, limits, capacity, the `hard` of
    a quota …): rounded up to a multiple of 1m.

    Source: SetDefaults_ResourceList in pkg/apis/core/v1/defaults.go.
    """
    rounded = value.quantize(_MILLI, context=_EXACT)
    if rounded == value:
        return value
    whole = rounded.to_integral_value()
    return whole if rounded == whole else rounded.normalize(_EXACT)


def canonical(value: Decimal, form: Form = "decimal") -> str:
    """The exact text that the API server would store: no fraction, and the largest suffix that fits."""
    if not value:
        return "0"
    if form == "binary" and abs(value) >= 1024 and value == value.to_integral_value():
        whole, suffix = int(value), ""
        for suffix_next in _BINARY:
            if whole % 1024:
                break
            whole, suffix = whole // 1024, suffix_next
        return f"{whole}{suffix}"
    number = value.normalize(_EXACT)
    exponent = number.adjusted() - len(number.as_tuple().digits) + 1
    power = max(-9, min(18, exponent - exponent % 3))
    whole = int(value.scaleb(-power, _EXACT))
    return f"{whole}{next(s for s, p in _DECIMAL.items() if p == power)}"


def whole_bytes(text: str) -> str:
    """The amount of bytes that a fraction of a byte was meant for: rounded up in the next smaller unit
    (`1.1Gi` → `1127Mi`), or in mebibytes where somebody wrote thousandths (`128m` → `128Mi`).

    text: a quantity, see `parse`.
    """
    match = _QUANTITY.fullmatch(text.strip(" "))
    number, binary, decimal = match.group(1, 2, 3) if match else (text, None, None)
    if decimal == "m":
        return f"{number}Mi"
    if binary and binary != "Ki":
        smaller, step = list(_BINARY)[_BINARY[binary] - 2], 1024
    elif decimal in ("M", "G", "T", "P", "E"):
        smaller, step = next(s for s, power in _DECIMAL.items() if power == _DECIMAL[decimal] - 3), 1000
    else:
        return str(parse(text).to_integral_value(ROUND_CEILING))
    return f"{(Decimal(number) * step).to_integral_value(ROUND_CEILING)}{smaller}"


def style_of(resource: str) -> Style:
    """How to show amounts of a resource or quota key, such as `cpu`, `limits.memory` or `count/pods`."""
    resource = resource.removeprefix("requests.").removeprefix("limits.")
    if resource == "cpu":
        return "cpu"
    if resource in ("memory", "storage", "ephemeral-storage") or resource.startswith("hugepages-"):
        return "bytes"
    return "bytes" if resource.endswith("/requests.storage") else "count"


def show(value: Decimal, style: Style) -> str:
    """The amount for people, rounded: `250m` or `1.5` cores, bytes in the largest unit (`1.15Gi`)."""
    if style == "cpu":
        if abs(value) < 1:
            return f"{_plain(value * 1000)}m" if value else "0"
        return _plain(value)
    if style == "bytes":
        for suffix, power in reversed(_BINARY.items()):
            unit = Decimal(1024**power)
            if abs(value) >= unit:
                return f"{_plain(value / unit)}{suffix}"
    return _plain(value)


def show_of(resource: str, value: Decimal) -> str:
    """The amount of a resource or quota key for people, rounded."""
    return show(value, style_of(resource))


def _plain(value: Decimal) -> str:
    """At most three decimal places below 10, two above; no trailing zeros, no exponent."""
    step = Decimal("0.001" if abs(value) < 10 else "0.01")
    rounded = value.quantize(step, rounding=ROUND_HALF_UP, context=_EXACT)
    text = f"{rounded:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
