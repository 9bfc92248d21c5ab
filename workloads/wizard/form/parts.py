"""The parts a step is declared of: which places of the document it shows, in what, and under which words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from workloads.documents.paths import Change, Json, Path
from workloads.wizard.form.codecs import FLAG, TEXT, Codec, Words


@dataclass(frozen=True, slots=True)
class Field:
    """One place, one widget.

    path: relative to the part it stands in. suggest: id of a list of suggestions (`Step.suggestions`).
    look: words for the style sheet: "mono", "wide", "narrow", "tall". unit: shown behind the field.
    required: marked as what must be there wherever its part is; not in rows that are offered blank, which
    need not be.
    """

    name: str
    path: Path
    codec: Codec = TEXT
    label: Words = ""
    help: Words = ""
    placeholder: Words = ""
    suggest: str = ""
    unit: Words = ""
    look: str = ""
    attrs: Mapping[str, Words] = field(default_factory=dict)
    required: bool = False


@dataclass(frozen=True, slots=True)
class Virtual:
    """A field that stands for more than one place.

    show(root, path): the string shown, None if it cannot be said in this field.
    write(root, path, raw): the changes that make it `raw`; in `root` the form's other fields are written
    already and its rows are not yet removed. May raise Undecodable. It removes list items by `Item`.
    covers: further places (relative, as `path`) that it speaks for.
    """

    name: str
    show: Callable[[Json, Path], str | None]
    write: Callable[[Json, Path, str], list[Change]]
    path: Path = ()
    codec: Codec = FLAG
    label: Words = ""
    help: Words = ""
    placeholder: Words = ""
    suggest: str = ""
    unit: Words = ""
    look: str = ""
    attrs: Mapping[str, Words] = field(default_factory=dict)
    covers: Sequence[Path] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Parts under a heading that folds. It is open if `open`, or if it holds values or findings."""

    name: str
    title: Words
    parts: Sequence[Part]
    path: Path = ()
    open: bool = False
    help: Words = ""
    template: str = "workloads/wizard/_group.html"


@dataclass(frozen=True, slots=True)
class Way:
    """One way of a `OneOf`. owns: the place (relative to the OneOf) that is there just when it is chosen, and
    goes when another is. empty: what to put there when it is chosen and nothing else is said."""

    key: str
    label: Words
    owns: Path
    parts: Sequence[Part] = ()
    empty: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OneOf:
    """A choice between several ways. path: the place of all of it; () for the row itself.

    none: what the choice of no way is called; choosing it removes the whole place. None: there is no such
    choice. default: the way that is meant when none is there. foreign(value): whether it is said in a way
    unknown here. common: parts that are there with any way; their paths, and those of the ways, are
    relative to `path`.
    """

    name: str
    label: Words
    ways: Sequence[Way]
    path: Path = ()
    none: Words | None = None
    default: str = ""
    foreign: Callable[[Json], bool] | None = None
    common: Sequence[Part] = ()
    help: Words = ""
    template: str = "workloads/wizard/_oneof.html"


@dataclass(frozen=True, slots=True)
class Rows:
    """A list, a row per item.

    key: the fields that tell items apart; items that lack or share them are told apart by position.
    parts: of a row, paths relative to the item; or a function of (item, position) that gives them.
    only: the items shown here, where one list is shown in several places.
    preset: what a new item has from the start, in fields that its row does not show.
    blank: how many blank rows to offer where there are none. most: a longer list is left to YAML.
    movable: items are copied, moved and removed by buttons that act at once (`copy:`, `up:`, `down:`,
    `remove:`) and not by a box. rooted: the path starts at the top of the document, wherever it is shown.
    """

    name: str
    path: Path
    key: tuple[str, ...]
    parts: Sequence[Part] | Callable[[Json, int], Sequence[Part]]
    label: Words = ""
    add: Words = ""
    title: Callable[[Json], str] = lambda item: ""
    only: Callable[[Json], bool] | None = None
    preset: Json = field(default_factory=dict)
    blank: int = 1
    movable: bool = False
    most: int = 200
    rooted: bool = False
    help: Words = ""
    template: str = "workloads/wizard/_rows.html"
    row_template: str = "workloads/wizard/_row.html"


@dataclass(frozen=True, slots=True)
class Column:
    """One mapping of `Pairs`. empty: what a blank value of a key means: ABSENT, or "" for labels."""

    name: str
    path: Path
    label: Words
    codec: Codec = TEXT
    empty: Json = ""
    placeholder: Words = ""
    suggest: str = ""
    look: str = ""


@dataclass(frozen=True, slots=True)
class Pairs:
    """A mapping, a row per key; several columns are several mappings with the same keys (requests, limits).

    hidden(key): whether the key is shown elsewhere. most: as for Rows.
    """

    name: str
    columns: Sequence[Column]
    key_label: Words
    label: Words = ""
    add: Words = ""
    hidden: Callable[[str], bool] | None = None
    key_suggest: str = ""
    key_placeholder: Words = ""
    blank: int = 1
    most: int = 200
    help: Words = ""
    template: str = "workloads/wizard/_rows.html"


Part: TypeAlias = Field | Virtual | Group | OneOf | Rows | Pairs
