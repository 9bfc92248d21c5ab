"""Label expressions: the rows that selectors and node affinity share."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from workloads.documents.paths import Path
from workloads.wizard.form.codecs import WORDS, ChoiceCodec, Option
from workloads.wizard.form.parts import Field, Rows

SET_OPERATORS: tuple[Option, ...] = (
    ("In", _("In: one of the values")),
    ("NotIn", _("NotIn: none of the values, or no such label")),
    ("Exists", _("Exists: has the label")),
    ("DoesNotExist", _("DoesNotExist: does not have the label")),
)
NODE_OPERATORS: tuple[Option, ...] = (
    *SET_OPERATORS,
    ("Gt", _("Gt: an integer greater than the value")),
    ("Lt", _("Lt: an integer less than the value")),
)


def expressions(
    name: str, path: Path, operators: Sequence[Option], *, blank: int = 0, suggest: str = ""
) -> Rows:
    """Rows of key, operator and values. suggest: prefix of the ids of the suggestions, `<suggest>-keys`."""
    return Rows(
        name,
        path,
        ("key",),
        [
            Field(
                "k", ("key",), label=_("Label"), style="mono", suggest=f"{suggest}-keys" if suggest else ""
            ),
            Field("op", ("operator",), ChoiceCodec(tuple(operators), _("Choose…")), _("Operator")),
            Field(
                "values",
                ("values",),
                WORDS,
                _("Values"),
                placeholder=_("separated by commas"),
                style="mono",
                suggest=f"{suggest}-values" if suggest else "",
            ),
        ],
        add=_("Add a condition"),
        blank=blank,
    )
