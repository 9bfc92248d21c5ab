"""Walking through a manifest that may be wrong anywhere, and collecting what there is to say about it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any, TypeAlias

from workloads.daemonsets.manifest.findings import Finding, Severity, Source
from workloads.daemonsets.manifest.findings import gettext_noop as _
from workloads.documents.paths import Path

Problem: TypeAlias = tuple[str, dict[str, Any]]
"""A message template and its parameters."""
Test: TypeAlias = Callable[[str], Problem | None]

_SHOWN = 60
# Maps of text to text, in which the API server reads a null as the empty text; elsewhere null means absent.
_TEXT_MAPS = frozenset(
    {"labels", "annotations", "matchLabels", "nodeSelector", "data", "stringData", "options"}
)


def without_nulls(value: Any) -> Any:
    """The value as the API server reads it: a field that is null is not there."""
    if isinstance(value, dict):
        return {
            key: {k: "" if v is None else without_nulls(v) for k, v in child.items()}
            if key in _TEXT_MAPS and isinstance(child, dict)
            else without_nulls(child)
            for key, child in value.items()
            if child is not None
        }
    if isinstance(value, list):
        return [without_nulls(child) for child in value]
    return value


class Place:
    """A place of a manifest: its path and what is there (None: nothing).

    A value of the wrong type reads as absent, so that rules need not repeat what the schema already says.
    """

    __slots__ = ("path", "value")

    def __init__(self, value: Any, path: Path = ()) -> None:
        self.value = value
        self.path = path

    def __getitem__(self, key: str) -> Place:
        child = self.value.get(key) if isinstance(self.value, dict) else None
        return Place(child, (*self.path, key))

    def at(self, *keys: str) -> Place:
        place = self
        for key in keys:
            place = place[key]
        return place

    def __iter__(self) -> Iterator[Place]:
        """The items of a list."""
        if isinstance(self.value, list):
            for index, item in enumerate(self.value):
                yield Place(item, (*self.path, index))

    def __bool__(self) -> bool:
        """Whether anything is there, be it empty."""
        return self.value is not None

    @property
    def mapping(self) -> dict[str, Any]:
        return self.value if isinstance(self.value, dict) else {}

    @property
    def entries(self) -> Iterator[tuple[str, Place]]:
        """The entries of a mapping."""
        for key, value in self.mapping.items():
            yield key, Place(value, (*self.path, key))

    @property
    def length(self) -> int:
        return len(self.value) if isinstance(self.value, (list, dict)) else 0

    @property
    def text(self) -> str:
        return self.value if isinstance(self.value, str) else ""

    @property
    def number(self) -> int | None:
        if isinstance(self.value, bool):
            return None
        if isinstance(self.value, float):
            return int(self.value) if self.value.is_integer() else None
        return self.value if isinstance(self.value, int) else None

    @property
    def is_true(self) -> bool:
        return self.value is True

    @property
    def is_false(self) -> bool:
        return self.value is False

    @property
    def is_blank(self) -> bool:
        """Given, but as empty text: the API server treats most such fields as not given."""
        return isinstance(self.value, str) and not self.value


def core(function: str) -> str:
    """How to cite a function of the rules for core/v1."""
    return f"kubernetes/pkg/apis/core/validation/validation.go {function}"


def apps(function: str) -> str:
    """How to cite a function of the rules for apps/v1."""
    return f"kubernetes/pkg/apis/apps/validation/validation.go {function}"


class Report:
    """Findings, in the order in which they were made, each place and code once."""

    def __init__(self) -> None:
        self._findings: dict[tuple[Path, str, str], Finding] = {}

    def __iter__(self) -> Iterator[Finding]:
        return iter(self._findings.values())

    def add(self, finding: Finding) -> None:
        self._findings.setdefault((finding.path, finding.code, finding.message), finding)

    def error(
        self, at: Place, code: str, template: str, cite: str = "", source: Source = "rule", **params: Any
    ) -> None:
        self._say("error", at, code, template, cite, source, params)

    def warning(
        self, at: Place, code: str, template: str, cite: str = "", source: Source = "warning", **params: Any
    ) -> None:
        self._say("warning", at, code, template, cite, source, params)

    def test(self, at: Place, code: str, test: Test, cite: str = "") -> bool:
        """Test the text at a place, if there is any; says whether it passed."""
        problem = test(at.text) if at.text else None
        if problem is not None:
            self._say("error", at, code, problem[0], cite, "rule", problem[1])
        return problem is None

    def unique(
        self, at: Place, taken: set[str], code: str, template: str, cite: str = "", **params: Any
    ) -> None:
        """An error if the text at a place, if there is any, is among those taken; from now on it is."""
        if at.text in taken:
            self.error(at, code, template, cite, **params)
        if at.text:
            taken.add(at.text)

    def required(self, at: Place, cite: str = "") -> bool:
        """An error unless there is text; says whether there is."""
        if not at:
            self.error(at, "required", _("“%(field)s” is required: enter a value."), cite, field=at.path[-1])
        elif at.is_blank:
            self.error(at, "required", _("“%(field)s” is empty: enter a value."), cite, field=at.path[-1])
        return bool(at.text)

    def choice(self, at: Place, options: Collection[str], cite: str = "", *, blank: bool = True) -> None:
        """An error if there is text that is not among the options.

        blank: whether empty text stands for the default, as it mostly does.
        """
        if at.is_blank and not blank:
            self.required(at, cite)
        elif at.text and at.text not in options:
            self.error(
                at,
                "choice",
                _("“%(value)s” is not a supported value: use one of %(options)s."),
                cite,
                value=at.text,
                options=", ".join(options),
            )

    def at_least(self, at: Place, least: int, cite: str = "") -> None:
        if at.number is not None and at.number < least:
            self.error(
                at,
                "too-small",
                _("“%(field)s” must be %(least)d or more."),
                cite,
                field=at.path[-1],
                least=least,
            )

    def between(self, at: Place, least: int, most: int, cite: str = "") -> None:
        if at.number is not None and not least <= at.number <= most:
            self.error(
                at,
                "out-of-range",
                _("“%(field)s” must be between %(least)d and %(most)d."),
                cite,
                field=at.path[-1],
                least=least,
                most=most,
            )

    def _say(
        self, severity: Severity, at: Place, code: str, template: str, cite: str, source: Source, params: Any
    ) -> None:
        shown = {
            name: shortened(value) if isinstance(value, str) else value for name, value in params.items()
        }
        self.add(Finding(at.path, template, severity, source, shown, cite, code=code))


def shortened(text: str) -> str:
    """What messages show of a text: its first 60 characters at most."""
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
