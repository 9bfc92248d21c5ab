"""The nodes that `bindings.build_nodes` makes of a step's parts, one document and perhaps a posted form.

Templates render them. A node knows whether its field was changed, and collects the changes (`FormChanges`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.forms import BoundField
from django.utils.translation import gettext as _

from workloads.documents.paths import ABSENT, Json, Path, in_line
from workloads.wizard.form.codecs import AmountCodec, Option, StrOrPromise, Undecodable, plain
from workloads.wizard.form.parts import (
    TEMPLATES,
    ComputedField,
    Described,
    Field,
    FieldGroup,
    OneOf,
    Pairs,
    Rows,
    Variant,
)

if TYPE_CHECKING:
    from workloads.daemonsets.manifest.findings import Finding
    from workloads.daemonsets.manifest.sentences import Sentence


@dataclass(slots=True, kw_only=True)
class FormNode:
    """What a template renders. path: its place in the document, if any; findings: those about that place.

    sought: a link leads to this node; it is in view. autofocus: it has no field to put the cursor into.
    """

    path: Path | None = None
    findings: list[Finding] = field(default_factory=list)
    active: bool = True
    sought: bool = False
    autofocus: bool = False

    template = ""

    def children(self) -> Iterable[FormNode]:
        return ()

    def places(self) -> Sequence[Path]:
        """The places of the document that the node stands for."""
        return () if self.path is None else (self.path,)

    def walk(self) -> Iterator[FormNode]:
        """This node and all below it, without those of variants that are not chosen."""
        if self.active:
            yield self
            for child in self.children():
                yield from child.walk()

    @property
    def touched(self) -> bool:
        return any(child.touched for child in self.children() if child.active)

    @property
    def typed_over(self) -> bool:
        """Whether the input replaces what the document has here, so that findings about that no longer
        hold."""
        return False

    @property
    def count(self) -> int:
        """How many values are set, for the heading of a group."""
        return sum(child.count for child in self.children() if child.active)

    @property
    def error_count(self) -> int:
        """The errors of this node and of all below it, those of the input included."""
        return sum(
            sum(finding.severity == "error" for finding in node.findings) + bool(getattr(node, "error", ""))
            for node in self.walk()
        )

    @property
    def warning_count(self) -> int:
        return sum(finding.severity != "error" for node in self.walk() for finding in node.findings)

    @property
    def asked(self) -> bool:
        """Whether a blank row was just added below this node."""
        return any(isinstance(node, RowsNode) and node.asked_here for node in self.walk())

    @property
    def wanted(self) -> bool:
        """Whether the page must show it: it has input, errors or a row just added, or a link leads here."""
        return self.touched or self.asked or self.error_count > 0 or any(node.sought for node in self.walk())

    def collect(self, out: FormChanges) -> None:
        for child in self.children():
            if child.active:
                child.collect(out)


@dataclass(slots=True, kw_only=True)
class FieldNode(FormNode):
    """One form field.

    shown: the string for the document's value, None if only YAML can express it. raw: the posted string.
    base: the place that `decl.path` is relative to. stop: the place that stays when it becomes empty.
    new: the value that `raw` means, if `changed`. line: of a value that only YAML can express, in the text.
    field: the Django BoundField, once there is a form.
    """

    name: str
    decl: Field | ComputedField
    base: Path = ()
    stop: Path = ()
    value: Json = ABSENT
    shown: str | None = ""
    raw: str | None = None
    new: Json = ABSENT
    changed: bool = False
    error: StrOrPromise = ""
    line: int = 0
    field: BoundField | None = None

    template = f"{TEMPLATES}/_field_node.html"

    @property
    def touched(self) -> bool:
        return self.changed or bool(self.error)

    @property
    def typed_over(self) -> bool:
        return self.touched

    @property
    def count(self) -> int:
        return int(bool(self.shown) or self.shown is None)

    def places(self) -> Sequence[Path]:
        if not isinstance(self.decl, ComputedField) or self.path is None:
            return FormNode.places(self)
        own = (self.path,) if self.decl.path else ()
        return *own, *(self.base + path for path in self.decl.covers)

    @property
    def only_yaml(self) -> bool:
        return self.shown is None

    @property
    def css_classes(self) -> str:
        """The words of its style that are about the place of the field, not about its letters."""
        return " ".join(word for word in str(self.decl.style).split() if word != "mono")

    @property
    def preview(self) -> str:
        return in_line(self.value)

    @property
    def typed(self) -> str:
        """What the widget shows: what was posted, else what the document has."""
        return (self.shown if self.raw is None else self.raw) or ""

    @property
    def unit(self) -> str:
        """The unit chosen beside the number of an amount."""
        return self.decl.codec.split(self.typed)[1] if isinstance(self.decl.codec, AmountCodec) else ""

    @property
    def units(self) -> Sequence[Option]:
        """The units to choose from; () where none stands beside the field."""
        codec = self.decl.codec
        if not isinstance(codec, AmountCodec) or codec.widget(self.typed) != "amount":
            return ()
        return codec.options(self.typed)

    def decide(self) -> None:
        """Set `changed` and `new`, or `error`, from the posted string."""
        if self.raw is None or self.shown is None or self.raw == self.shown:
            return
        try:
            self.new = self.decl.codec.read(plain(self.raw), self.value)
        except Undecodable as error:
            self.error = error.message
        else:
            same = type(self.new) is type(self.value) and self.new == self.value
            self.changed = isinstance(self.decl, ComputedField) or not same

    def collect(self, out: FormChanges) -> None:
        if self.error:
            out.errors[self.name] = self.error
        elif self.changed and isinstance(self.decl, ComputedField):
            out.computed.append(self)
        elif self.changed:
            assert self.path is not None  # noqa: S101
            out.put(self.path, self.new, self.stop)


@dataclass(slots=True, kw_only=True)
class DescribedNode(FormNode):
    """What the value at a place means. line: of the value, in the text."""

    decl: Described
    value: Json
    sentences: Sequence[Sentence]
    line: int = 0
    only_yaml: bool = True

    @property
    def template(self) -> str:  # type: ignore[override]
        return self.decl.template

    @property
    def count(self) -> int:
        return int(self.value not in (ABSENT, None))

    @property
    def preview(self) -> str:
        return in_line(self.value)


@dataclass(slots=True, kw_only=True)
class GroupNode(FormNode):
    id: str
    decl: FieldGroup
    nodes: list[FormNode]

    @property
    def template(self) -> str:  # type: ignore[override]
        return self.decl.template

    def children(self) -> Iterable[FormNode]:
        return self.nodes

    @property
    def open(self) -> bool:
        if self.decl.open or self.wanted:
            return True
        return not self.decl.compact and (self.count > 0 or self.warning_count > 0)


@dataclass(slots=True, kw_only=True)
class VariantNode(FormNode):
    """The fields of one variant."""

    decl: Variant
    nodes: list[FormNode]

    def children(self) -> Iterable[FormNode]:
        return self.nodes


@dataclass(slots=True, kw_only=True)
class OneOfNode(FormNode):
    """pick: the field of the choice itself; common: the fields shown with every variant."""

    id: str
    decl: OneOf
    pick: FieldNode
    chosen: str
    stop: Path
    variants: list[VariantNode]
    common: list[FormNode]

    @property
    def template(self) -> str:  # type: ignore[override]
        return self.decl.template

    def children(self) -> Iterable[FormNode]:
        if self.pick.shown is None:
            return [self.pick]
        return [self.pick, *self.variants, *(self.common if self.chosen else ())]

    @property
    def count(self) -> int:
        return int((bool(self.chosen) and self.chosen != self.decl.default) or self.pick.shown is None)

    def collect(self, out: FormChanges) -> None:
        assert self.path is not None  # noqa: S101
        if self.pick.error:
            out.errors[self.pick.name] = self.pick.error
        elif self.pick.changed:
            variants = {variant.key: variant for variant in self.decl.variants}
            before, after = variants.get(self.pick.shown or ""), variants.get(self.chosen)
            if after is None and self.decl.path:
                out.put(self.path, ABSENT, self.stop)
                return
            if before is not None:
                out.put(self.path + before.owns, ABSENT, self.path)
            if after is not None and after.empty is not ABSENT:
                out.put(self.path + after.owns, after.empty, self.path)
        for child in [*self.variants, *(self.common if self.chosen else ())]:
            if child.active:
                child.collect(out)


@dataclass(slots=True, kw_only=True)
class RowNode(FormNode):
    """One row.

    prefix: starts the names of its fields. key: the hidden original key, "" for a new row.
    position: the index of the item, None for a new row that is still blank.
    stale: the posted key names an item that the document no longer has.
    preset, named_by: of the declaration (`Rows.preset`, `Rows.key`).
    first, last: whether it is the first or last item of the list.
    alone: it is the only item of a list that opens then (`Rows.opens_alone`).
    """

    prefix: str
    key: str
    nodes: list[FormNode]
    position: int | None = None
    title: str = ""
    removed: bool = False
    stale: bool = False
    preset: Json = ABSENT
    named_by: tuple[str, ...] = ()
    first: bool = False
    last: bool = False
    alone: bool = False
    template: str = f"{TEMPLATES}/_row.html"

    @property
    def name(self) -> str:
        """The name in operations such as `copy:c-0`."""
        return self.prefix.removesuffix("-")

    @property
    def new(self) -> bool:
        return not self.key

    @property
    def open(self) -> bool:
        """Whether a row that folds starts open."""
        return self.new or self.alone or self.wanted

    @property
    def groups(self) -> list[GroupNode]:
        """Its parts that fold; `fields` are the others."""
        return [node for node in self.nodes if isinstance(node, GroupNode)]

    @property
    def fields(self) -> list[FormNode]:
        return [node for node in self.nodes if not isinstance(node, GroupNode)]

    @property
    def stale_error(self) -> StrOrPromise:
        return _("The manifest no longer has this row. Save again to add it, or remove the row.")

    def children(self) -> Iterable[FormNode]:
        return self.nodes

    @property
    def count(self) -> int:
        return int(self.position is not None)

    def collect(self, out: FormChanges) -> None:
        if self.removed:
            if self.key and self.path is not None:
                out.removed.setdefault(self.path[:-1], set()).add(int(self.path[-1]))  # type: ignore[arg-type]
            return
        if self.stale:
            out.errors[self.prefix + "key"] = self.stale_error
            return
        if self.new and not self.touched:
            return
        start = len(out.puts)
        for node in self.nodes:
            if node.active:
                node.collect(out)
        if self.new and self.path is not None:
            # In the order in which people write: the fields that name the item first.
            names = [(*self.path, name) for name in self.named_by]
            out.puts[start:] = sorted(out.puts[start:], key=lambda put: put[0] not in names)
            out.puts.insert(start, (self.path, self.preset, self.path))


@dataclass(slots=True, kw_only=True)
class RowsNode(FormNode):
    """only_yaml: the place has no list (or mapping), or one that is too long for a page; it is not changed.

    asked_here: a blank row was just added.
    """

    id: str
    decl: Rows | Pairs
    rows: list[RowNode]
    stop: Path = ()
    only_yaml: bool = False
    value: Json = ABSENT
    asked_here: bool = False
    line: int = 0

    @property
    def template(self) -> str:  # type: ignore[override]
        return str(self.decl.template)

    @property
    def preview(self) -> str:
        return in_line(self.value)

    def children(self) -> Iterable[FormNode]:
        return self.rows

    @property
    def typed_over(self) -> bool:
        return any(row.removed or (row.new and row.touched) for row in self.rows)

    @property
    def count(self) -> int:
        return 1 if self.only_yaml else sum(row.count for row in self.rows)

    def collect(self, out: FormChanges) -> None:
        if self.path is not None:
            out.stops[self.path] = self.stop
        for row in self.rows:
            row.collect(out)


@dataclass(slots=True, kw_only=True)
class PairsNode(RowsNode):
    """The nodes of a row are the field of the key and one field per column.

    base: the place that the paths of the columns are relative to.
    """

    decl: Pairs
    base: Path = ()

    def collect(self, out: FormChanges) -> None:
        wanted: dict[str, RowNode] = {}
        for row in self.rows:
            if row.removed or not (row.key or row.touched):
                continue
            if row.stale:
                out.errors[row.prefix + "key"] = row.stale_error
                continue
            name, *cells = (node for node in row.nodes if isinstance(node, FieldNode))
            for field_node in (name, *cells):
                if field_node.error:
                    out.errors[field_node.name] = field_node.error
            key = name.new if name.changed else name.value
            if key in ("", ABSENT) and (row.new or name.changed):
                out.errors[name.name] = _("Enter a key, or remove the row.")
            elif row.new and all(
                cell.new is column.empty is ABSENT
                for cell, column in zip(cells, self.decl.columns, strict=True)
            ):
                out.errors[cells[0].name] = _("Enter a value, or remove the row.")
            elif key in wanted:
                out.errors[name.name] = _("The key “%(key)s” is used more than once.") % {"key": key}
            else:
                wanted[key] = row
        for key, row in wanted.items():
            renamed = row.nodes[0].touched
            for column, cell in zip(self.decl.columns, row.nodes[1:], strict=True):
                assert isinstance(cell, FieldNode)  # noqa: S101
                value = cell.new if cell.changed else cell.value
                if value is ABSENT and (cell.changed or row.new):
                    value = column.empty
                if (renamed or cell.changed) and not (value is ABSENT and cell.value is ABSENT):
                    out.put((*self.base, *column.path, key), value, self.stop)
        for row in self.rows:
            if row.key and (row.removed or row.nodes[0].touched):
                key = row.key.removeprefix("=")
                if key not in wanted:
                    for column in self.decl.columns:
                        out.put((*self.base, *column.path, key), ABSENT, self.stop)


@dataclass(slots=True)
class FormChanges:
    """What the nodes of a posted form collect, before `bindings.changes_of` puts it in order.

    puts: (path, value or ABSENT, stop). removed: list → indexes of removed items. stops: list → its stop.
    errors: field name → message.
    """

    puts: list[tuple[Path, Json, Path]] = field(default_factory=list)
    removed: dict[Path, set[int]] = field(default_factory=dict)
    stops: dict[Path, Path] = field(default_factory=dict)
    computed: list[FieldNode] = field(default_factory=list)
    errors: dict[str, StrOrPromise] = field(default_factory=dict)

    def put(self, path: Path, value: Json, stop: Path) -> None:
        self.puts.append((path, value, stop))
