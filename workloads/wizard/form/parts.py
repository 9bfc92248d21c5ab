"""The parts that a step is declared with: which places of the document it shows, and in which widgets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from workloads.daemonsets.manifest.sentences import Sentence
from workloads.documents.paths import Change, Json, Path
from workloads.wizard.form.codecs import FLAG, TEXT, Codec, StrOrPromise

TEMPLATES: Final = "workloads/drafts/steps"


@dataclass(frozen=True, slots=True)
class Field:
    """One place of the document in one widget.

    path: relative to the part that contains the field.
    suggest: the id of a list of suggestions (`Step.suggestions`).
    style: words for the style sheet: "mono", "wide", "narrow", "quarter".
    unit: shown after the widget.
    required: marked as required. Nothing is checked here. Not for fields of rows that are offered blank.
    """

    name: str
    path: Path
    codec: Codec = TEXT
    label: StrOrPromise = ""
    help: StrOrPromise = ""
    placeholder: StrOrPromise = ""
    suggest: str = ""
    unit: StrOrPromise = ""
    style: str = ""
    attrs: Mapping[str, StrOrPromise] = field(default_factory=dict)
    required: bool = False


@dataclass(frozen=True, slots=True)
class ComputedField:
    """A field that stands for more than one place of the document.

    show(root, path): the string shown, None if the field cannot express what the document has.
    write(root, path, raw): the changes that make it `raw`. In `root` the other fields of the form are written
    and its rows are not yet removed. May raise Undecodable. It removes list items by `Item`.
    covers: more places (relative, like `path`) that the field stands for.
    """

    name: str
    show: Callable[[Json, Path], str | None]
    write: Callable[[Json, Path, str], list[Change]]
    path: Path = ()
    codec: Codec = FLAG
    label: StrOrPromise = ""
    help: StrOrPromise = ""
    placeholder: StrOrPromise = ""
    suggest: str = ""
    unit: StrOrPromise = ""
    style: str = ""
    attrs: Mapping[str, StrOrPromise] = field(default_factory=dict)
    covers: Sequence[Path] = ()
    required: bool = False


@dataclass(frozen=True, slots=True)
class FieldGroup:
    """Parts under a heading that folds. It starts open if `open` is set, or if it has values or findings.

    compact: of its values and warnings, the closed heading says how many; only errors open it.
    """

    name: str
    title: StrOrPromise
    parts: Sequence[Part]
    path: Path = ()
    open: bool = False
    help: StrOrPromise = ""
    compact: bool = False
    template: str = f"{TEMPLATES}/_group.html"


@dataclass(frozen=True, slots=True)
class Variant:
    """One variant of a `OneOf`.

    owns: the place (relative to the OneOf) that exists if and only if the variant is chosen; it is removed
    when another one is chosen.
    empty: the value of that place when the variant is chosen and all its fields are blank.
    """

    key: str
    label: StrOrPromise
    owns: Path
    parts: Sequence[Part] = ()
    empty: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OneOf:
    """A choice between variants, such as the handlers of a probe.

    path: the place of the whole, () for the row itself; paths of variants and `common` are relative to it.
    none: the label of "no variant", which removes the whole place. None: some variant is always chosen.
    default: the variant that applies where the document has none.
    unknown(value): whether the document has a variant that is not declared here.
    common: parts shown with every variant.
    """

    name: str
    label: StrOrPromise
    variants: Sequence[Variant]
    path: Path = ()
    none: StrOrPromise | None = None
    default: str = ""
    unknown: Callable[[Json], bool] | None = None
    common: Sequence[Part] = ()
    help: StrOrPromise = ""
    template: str = f"{TEMPLATES}/_one_of.html"


@dataclass(frozen=True, slots=True)
class Rows:
    """A list, one row per item.

    key: the fields that identify an item; items that lack or share them are identified by position.
    parts: the parts of a row, paths relative to the item; or a function (item, position) that returns them.
    only: selects the items shown here, where one list is shown in several places.
    preset: what a new item starts with, in fields that its row does not show.
    blank: how many blank rows an empty list offers.
    most: a longer list is only shown in YAML.
    movable: items are copied, moved and removed with buttons that act at once (`copy:`, `up:`, `down:`,
    `remove:`), not with a checkbox.
    opens_alone: where rows fold, the only one starts open.
    rooted: the path starts at the root of the document, wherever the rows are shown.
    """

    name: str
    path: Path
    key: tuple[str, ...]
    parts: Sequence[Part] | Callable[[Json, int], Sequence[Part]]
    label: StrOrPromise = ""
    add: StrOrPromise = ""
    title: Callable[[Json], str] = lambda item: ""
    only: Callable[[Json], bool] | None = None
    preset: Json = field(default_factory=dict)
    blank: int = 1
    movable: bool = False
    opens_alone: bool = False
    most: int = 200
    rooted: bool = False
    help: StrOrPromise = ""
    template: str = f"{TEMPLATES}/_rows.html"
    row_template: str = f"{TEMPLATES}/_row.html"


@dataclass(frozen=True, slots=True)
class PairColumn:
    """One mapping of `Pairs`. empty: the value of a key whose field is blank: ABSENT, or "" for labels."""

    name: str
    path: Path
    label: StrOrPromise
    codec: Codec = TEXT
    empty: Json = ""
    placeholder: StrOrPromise = ""
    suggest: str = ""
    style: str = ""


@dataclass(frozen=True, slots=True)
class Pairs:
    """A mapping, one row per key. Several columns are several mappings with the same keys (requests, limits).

    hidden(key): whether the key is shown elsewhere. blank, most: as for `Rows`.
    """

    name: str
    columns: Sequence[PairColumn]
    key_label: StrOrPromise
    label: StrOrPromise = ""
    add: StrOrPromise = ""
    hidden: Callable[[str], bool] | None = None
    key_suggest: str = ""
    key_placeholder: StrOrPromise = ""
    blank: int = 1
    most: int = 200
    help: StrOrPromise = ""
    template: str = f"{TEMPLATES}/_rows.html"


@dataclass(frozen=True, slots=True)
class Described:
    """A place that the form shows in words and never changes.

    say(value): what the value there means, a sentence each; [] shows the value itself.
    """

    name: str
    path: Path
    label: StrOrPromise
    say: Callable[[Json], Sequence[Sentence]]
    template: str = f"{TEMPLATES}/_described.html"


Part: TypeAlias = Field | ComputedField | FieldGroup | OneOf | Rows | Pairs | Described
