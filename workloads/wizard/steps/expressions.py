"""Label expressions: the rows that selectors and node affinity have in common."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from workloads.documents.paths import Path
from workloads.wizard.form.codecs import WORDS, Choice, Option
from workloads.wizard.form.parts import Field, Rows

SET_OPERATORS: tuple[Option, ...] = (
    ("In", _("In – one of the values")),
    ("NotIn", _("NotIn – none of the values, or no such label")),
    ("Exists", _("Exists – has the label")),
    ("DoesNotExist", _("DoesNotExist – does not have it")),
)
NODE_OPERATORS: tuple[Option, ...] = (
    *SET_OPERATORS,
    ("Gt", _("Gt – a whole number greater than the value")),
    ("Lt", _("Lt – a whole number less than the value")),
)


def expressions(
    name: str, path: Path, operators: Sequence[Option], *, blank: int = 0, suggest: str = ""
) -> Rows:
    """Rows of key, operator, values. suggest: start of the ids of the suggestions, `<suggest>-keys`."""
    return Rows(
        name,
        path,
        ("key",),
        [
            Field("k", ("key",), label=_("Label"), look="mono", suggest=f"{suggest}-keys" if suggest else ""),
            Field("op", ("operator",), Choice(tuple(operators), _("Choose…")), _("Operator")),
            Field(
                "values",
                ("values",),
                WORDS,
                _("Values"),
                placeholder=_("with commas between"),
                look="mono",
                suggest=f"{suggest}-values" if suggest else "",
            ),
        ],
        add=_("Add a condition"),
        blank=blank,
    )
