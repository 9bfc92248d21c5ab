"""Reading a manifest that may be wrong anywhere (`Place`), and collecting findings about it (`Report`)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any, TypeAlias

from workloads.daemonsets.manifest.findings import Finding, Fix, Severity, Source
from workloads.daemonsets.manifest.findings import gettext_noop as _
from workloads.documents.paths import Item, Path, get, show

Problem: TypeAlias = tuple[str, dict[str, Any]]
"""A message template and its parameters."""
Test: TypeAlias = Callable[[str], Problem | None]
"""What is wrong with a string; see `names`."""

_MAX_SHOWN = 60
# Maps of strings, in which the API server reads null as the empty string; elsewhere null means absent.
_TEXT_MAPS = frozenset(
    {"labels", "annotations", "matchLabels", "nodeSelector", "data", "stringData", "options"}
)


def without_nulls(value: Any) -> Any:
    """The value as the API server reads it: without the fields that are null."""
    if isinstance(value, list):
        return [without_nulls(child) if isinstance(child, (dict, list)) else child for child in value]
    if not isinstance(value, dict):
        return value
    out = {}
    for key, child in value.items():
        if isinstance(child, dict) and key in _TEXT_MAPS:
            out[key] = {k: "" if v is None else without_nulls(v) for k, v in child.items()}
        elif isinstance(child, (dict, list)):
            out[key] = without_nulls(child)
        elif child is not None:
            out[key] = child
    return out


class Place:
    """A place of a manifest: its path and its value (None: absent). It never raises, whatever the value is.

    A value of the wrong type reads as absent, so that rules need not repeat what the schema reports.
    A place is false if its value is absent, and true if it is present but empty.
    """

    __slots__ = ("path", "value")

    def __init__(self, value: Any, path: Path = ()) -> None:
        self.value = value
        self.path = path

    def __getitem__(self, key: str) -> Place:
        child = self.value.get(key) if isinstance(self.value, dict) else None
        return Place(child, (*self.path, key))

    def at(self, *keys: str) -> Place:
        """The place that the keys lead to, one after the other."""
        value = self.value
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        return Place(value, (*self.path, *keys))

    def __iter__(self) -> Iterator[Place]:
        """The items of a list."""
        if isinstance(self.value, list):
            for index, item in enumerate(self.value):
                yield Place(item, (*self.path, index))

    def __bool__(self) -> bool:
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
        """Whether it is the empty string, which the API server takes for absent in most fields."""
        return isinstance(self.value, str) and not self.value


def field_of(path: Path, value: Any = None) -> str:
    """A field as messages name it: its own name, or from the item of a list on that it is in:
    `containers[1].image`. value: the whole object; an item with a name goes by it: `containers[agent]`."""
    numbers = [depth for depth, segment in enumerate(path) if isinstance(segment, int)]
    if not numbers:
        return str(path[-1]) if path else ""
    start = numbers[-1] - 1
    name = get(value, (*path[: start + 2], "name"))
    item: Path = (Item((("name", name),)),) if isinstance(name, str) and name else (path[start + 1],)
    return show((path[start], *item, *path[start + 2 :]))


def core(function: str) -> str:
    """Cites a function that validates core/v1 objects."""
    return f"kubernetes/pkg/apis/core/validation/validation.go {function}"


def apps(function: str) -> str:
    """Cites a function that validates apps/v1 objects."""
    return f"kubernetes/pkg/apis/apps/validation/validation.go {function}"


class Report:
    """Findings, in the order in which they were added; the same one only once.

    In all methods, `at` is the place of the finding, `code` and `cite` are those of `Finding`, and further
    keyword arguments are the parameters of the message.
    """

    def __init__(self) -> None:
        self._findings: dict[tuple[Path, str, str], Finding] = {}

    def __iter__(self) -> Iterator[Finding]:
        return iter(self._findings.values())

    def add(self, finding: Finding) -> None:
        """Adds a finding that was made elsewhere."""
        self._findings.setdefault((finding.path, finding.code, finding.message), finding)

    def error(
        self, at: Place, code: str, template: str, cite: str = "", source: Source = "rule", **params: Any
    ) -> None:
        self._add("error", at, code, template, cite, source, params)

    def warning(
        self,
        at: Place,
        code: str,
        template: str,
        cite: str = "",
        source: Source = "warning",
        fix: Fix | None = None,
        **params: Any,
    ) -> None:
        self._add("warning", at, code, template, cite, source, params, fix)

    def add_as(
        self, severity: Severity, at: Place, code: str, template: str, cite: str = "", **params: Any
    ) -> None:
        """An error or a warning, whichever `severity` says."""
        (self.error if severity == "error" else self.warning)(at, code, template, cite, **params)

    def test(self, at: Place, code: str, test: Test, cite: str = "") -> bool:
        """Adds an error if a string fails the test. Returns whether it passed; an empty one does."""
        problem = test(at.text) if at.text else None
        if problem is not None:
            self._add("error", at, code, problem[0], cite, "rule", problem[1])
        return problem is None

    def doubt(self, at: Place, code: str, test: Test, cite: str = "") -> bool:
        """As `test`, with a warning."""
        problem = test(at.text) if at.text else None
        if problem is not None:
            self._add("warning", at, code, problem[0], cite, "warning", problem[1])
        return problem is None

    def test_key(self, entry: Place, code: str, test: Test, cite: str = "") -> bool:
        """Adds an error at an entry of a mapping if its key fails the test. Returns whether it passed."""
        problem = test(str(entry.path[-1]))
        if problem is not None:
            self._add("error", entry, code, problem[0], cite, "rule", problem[1])
        return problem is None

    def unique(
        self, at: Place, used: set[str], code: str, template: str, cite: str = "", **params: Any
    ) -> None:
        """Adds an error if a string is in `used`, and adds it there. An empty one is ignored."""
        if at.text in used:
            self.error(at, code, template, cite, **params)
        if at.text:
            used.add(at.text)

    def twice(self, at: Place, cite: str = "") -> None:
        """Adds the error that a name is in its list a second time."""
        self.error(at, "name-taken", _("“%(name)s” is in this list twice: remove one."), cite, name=at.text)

    def once(self, at: Place, used: set[str], cite: str = "") -> None:
        """Adds that error if a name is in `used`, and adds it there. An empty one is ignored."""
        if at.text in used:
            self.twice(at, cite)
        if at.text:
            used.add(at.text)

    def required(self, at: Place, cite: str = "") -> bool:
        """Adds an error if a string is absent or empty. Returns whether it is present."""
        if not at:
            self.error(
                at, "required", _("“%(field)s” is required: enter a value."), cite, field=field_of(at.path)
            )
        elif at.is_blank:
            self.error(
                at, "required", _("“%(field)s” is empty: enter a value."), cite, field=field_of(at.path)
            )
        return bool(at.text)

    def choice(self, at: Place, options: Collection[str], cite: str = "", *, blank: bool = True) -> None:
        """Adds an error if a string is not one of the options.

        blank: whether the empty string is allowed, as in most fields, where it means the default.
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
        """Adds an error if a number is less than `least`."""
        if at.number is not None and at.number < least:
            self.error(
                at,
                "too-small",
                _("“%(field)s” must be %(least)d or more."),
                cite,
                field=field_of(at.path),
                least=least,
            )

    def between(self, at: Place, least: int, most: int, cite: str = "") -> None:
        """Adds an error if a number is less than `least` or more than `most`."""
        if at.number is not None and not least <= at.number <= most:
            self.error(
                at,
                "out-of-range",
                _("“%(field)s” must be between %(least)d and %(most)d."),
                cite,
                field=field_of(at.path),
                least=least,
                most=most,
            )

    def _add(
        self,
        severity: Severity,
        at: Place,
        code: str,
        template: str,
        cite: str,
        source: Source,
        params: Any,
        fix: Fix | None = None,
    ) -> None:
        shown = {
            name: shortened(value) if isinstance(value, str) else value for name, value in params.items()
        }
        self.add(Finding(at.path, template, severity, source, shown, cite, code=code, fix=fix))


def shortened(text: str) -> str:
    """The text as messages show it: at most 60 characters."""
    return text if len(text) <= _MAX_SHOWN else text[: _MAX_SHOWN - 1] + "…"
