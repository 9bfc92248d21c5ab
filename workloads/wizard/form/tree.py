"""The tree that a step's parts grow into over one document and perhaps a posted form.

Templates render it; it knows of each field whether it is changed, and how to say so.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from workloads.documents.paths import ABSENT, Json, Path
from workloads.wizard.form.codecs import Undecodable, Words, plain
from workloads.wizard.form.parts import Group, OneOf, Virtual, Way

if TYPE_CHECKING:
    from workloads.daemonsets.manifest.findings import Finding


@dataclass(slots=True, kw_only=True)
class Node:
    """What a template renders. path: the place it is about, if any; findings: said about that place."""

    path: Path | None = None
    findings: list[Finding] = field(default_factory=list)
    active: bool = True

    template = ""

    def children(self) -> Iterable[Node]:
        return ()

    def places(self) -> Sequence[Path]:
        """The places of the document it speaks for."""
        return () if self.path is None else (self.path,)

    def walk(self) -> Iterator[Node]:
        """This node and all below it that are in force (not those of ways not chosen)."""
        if self.active:
            yield self
            for child in self.children():
                yield from child.walk()

    @property
    def touched(self) -> bool:
        return any(child.touched for child in self.children() if child.active)

    @property
    def count(self) -> int:
        """How many values are set, for the heading of a group."""
        return sum(child.count for child in self.children() if child.active)

    @property
    def has_findings(self) -> bool:
        return any(node.findings or getattr(node, "error", "") for node in self.walk())

    def collect(self, out: Collected) -> None:
        for child in self.children():
            if child.active:
                child.collect(out)


@dataclass(slots=True, kw_only=True)
class Slot(Node):
    """One form field. shown: its string by the document, None if the value is only in YAML; raw: as posted.

    field: the Django BoundField, once the form is made.
    """

    name: str
    decl: Any
    base: Path = ()
    stop: Path = ()
    value: Json = ABSENT
    shown: str | None = ""
    raw: str | None = None
    new: Json = ABSENT
    changed: bool = False
    error: Words = ""
    line: int = 0
    field: Any = None

    template = "workloads/wizard/_slot.html"

    @property
    def touched(self) -> bool:
        return self.changed or bool(self.error)

    @property
    def count(self) -> int:
        return int(bool(self.shown) or self.shown is None)

    def places(self) -> Sequence[Path]:
        if not isinstance(self.decl, Virtual) or self.path is None:
            return Node.places(self)
        own = (self.path,) if self.decl.path else ()
        return *own, *(self.base + path for path in self.decl.covers)

    @property
    def only_yaml(self) -> bool:
        return self.shown is None

    @property
    def layout(self) -> str:
        """The words of its look that are about its place, not about its letters."""
        return " ".join(word for word in str(self.decl.look).split() if word != "mono")

    @property
    def preview(self) -> str:
        return preview(self.value)

    def decide(self) -> None:
        """Whether the posted string changes the value, and to what."""
        if self.raw is None or self.shown is None or self.raw == self.shown:
            return
        try:
            self.new = self.decl.codec.read(plain(self.raw), self.value)
        except Undecodable as error:
            self.error = error.message
        else:
            same = type(self.new) is type(self.value) and self.new == self.value
            self.changed = isinstance(self.decl, Virtual) or not same

    def collect(self, out: Collected) -> None:
        if self.error:
            out.errors[self.name] = self.error
        elif self.changed and isinstance(self.decl, Virtual):
            out.virtual.append(self)
        elif self.changed:
            assert self.path is not None  # noqa: S101
            out.put(self.path, self.new, self.stop)


@dataclass(slots=True, kw_only=True)
class GroupNode(Node):
    id: str
    decl: Group
    nodes: list[Node]

    @property
    def template(self) -> str:  # type: ignore[override]
        return self.decl.template

    def children(self) -> Iterable[Node]:
        return self.nodes

    @property
    def open(self) -> bool:
        return self.decl.open or self.touched or bool(self.count) or self.has_findings or self.asked

    @property
    def asked(self) -> bool:
        """A blank row was just asked for in here."""
        return any(isinstance(node, RowsNode) and node.asked for node in self.walk())


@dataclass(slots=True, kw_only=True)
class Case(Node):
    """The fields of one way."""

    way: Way
    nodes: list[Node]

    def children(self) -> Iterable[Node]:
        return self.nodes


@dataclass(slots=True, kw_only=True)
class OneOfNode(Node):
    """`pick` is the slot of the choice itself; `cases` the fields of each way; `common` those of any."""

    id: str
    decl: OneOf
    pick: Slot
    chosen: str
    stop: Path
    cases: list[Case]
    common: list[Node]

    @property
    def template(self) -> str:  # type: ignore[override]
        return self.decl.template

    def children(self) -> Iterable[Node]:
        if self.pick.shown is None:
            return [self.pick]
        return [self.pick, *self.cases, *(self.common if self.chosen else ())]

    @property
    def count(self) -> int:
        return int((bool(self.chosen) and self.chosen != self.decl.default) or self.pick.shown is None)

    def collect(self, out: Collected) -> None:
        assert self.path is not None  # noqa: S101
        if self.pick.error:
            out.errors[self.pick.name] = self.pick.error
        elif self.pick.changed:
            ways = {way.key: way for way in self.decl.ways}
            before, after = ways.get(self.pick.shown or ""), ways.get(self.chosen)
            if after is None and self.decl.path:
                out.put(self.path, ABSENT, self.stop)
                return
            if before is not None:
                out.put(self.path + before.owns, ABSENT, self.path)
            if after is not None and after.empty is not ABSENT:
                out.put(self.path + after.owns, after.empty, self.path)
        for child in [*self.cases, *(self.common if self.chosen else ())]:
            if child.active:
                child.collect(out)


@dataclass(slots=True, kw_only=True)
class Row(Node):
    """One row. `prefix` starts the names of its fields; `key` is the hidden original key, "" for a new one;
    `position` its place in the list, None for a new one that is still blank."""

    prefix: str
    key: str
    nodes: list[Node]
    position: int | None = None
    title: str = ""
    removed: bool = False
    stale: bool = False
    preset: Json = ABSENT
    named_by: tuple[str, ...] = ()
    first: bool = False
    last: bool = False
    template: str = "workloads/wizard/_row.html"

    @property
    def name(self) -> str:
        """What the operations call it: `copy:c-0`."""
        return self.prefix.removesuffix("-")

    @property
    def new(self) -> bool:
        return not self.key

    @property
    def gone(self) -> Words:
        return _("This is no longer in the text. Save again to add it anew, or remove it.")

    def children(self) -> Iterable[Node]:
        return self.nodes

    @property
    def count(self) -> int:
        return int(self.position is not None)

    def collect(self, out: Collected) -> None:
        if self.removed:
            if self.key and self.path is not None:
                out.removed.setdefault(self.path[:-1], set()).add(int(self.path[-1]))  # type: ignore[arg-type]
            return
        if self.stale:
            out.errors[self.prefix + "key"] = self.gone
            return
        if self.new and not self.touched:
            return
        start = len(out.puts)
        for node in self.nodes:
            if node.active:
                node.collect(out)
        if self.new and self.path is not None:
            # As people write it: first what the item is called.
            names = [(*self.path, name) for name in self.named_by]
            out.puts[start:] = sorted(out.puts[start:], key=lambda put: put[0] not in names)
            out.puts.insert(start, (self.path, self.preset, self.path))


@dataclass(slots=True, kw_only=True)
class RowsNode(Node):
    """only_yaml: the place holds no list (or mapping), or too much of it for a page; it stays as it is."""

    id: str
    decl: Any
    rows: list[Row]
    stop: Path = ()
    only_yaml: bool = False
    value: Json = ABSENT
    asked: bool = False
    line: int = 0

    @property
    def template(self) -> str:  # type: ignore[override]
        return str(self.decl.template)

    @property
    def preview(self) -> str:
        return preview(self.value)

    def children(self) -> Iterable[Node]:
        return self.rows

    @property
    def count(self) -> int:
        return 1 if self.only_yaml else sum(row.count for row in self.rows)

    def collect(self, out: Collected) -> None:
        if self.path is not None:
            out.stops[self.path] = self.stop
        for row in self.rows:
            row.collect(out)


@dataclass(slots=True, kw_only=True)
class PairsNode(RowsNode):
    """Each row's nodes are the key's slot and one slot per column; base: where the columns' paths start."""

    base: Path = ()

    def collect(self, out: Collected) -> None:
        wanted: dict[str, Row] = {}
        for row in self.rows:
            if row.removed or not (row.key or row.touched):
                continue
            if row.stale:
                out.errors[row.prefix + "key"] = row.gone
                continue
            name, *cells = (node for node in row.nodes if isinstance(node, Slot))
            for slot in (name, *cells):
                if slot.error:
                    out.errors[slot.name] = slot.error
            key = name.new if name.changed else name.value
            if key in ("", ABSENT) and (row.new or name.changed):
                out.errors[name.name] = _("Type a key, or remove the row.")
            elif row.new and all(
                cell.new is column.empty is ABSENT
                for cell, column in zip(cells, self.decl.columns, strict=True)
            ):
                out.errors[cells[0].name] = _("Type a value, or remove the row.")
            elif key in wanted:
                out.errors[name.name] = _("The key “%(key)s” is there twice.") % {"key": key}
            else:
                wanted[key] = row
        for key, row in wanted.items():
            renamed = row.nodes[0].touched
            for column, cell in zip(self.decl.columns, row.nodes[1:], strict=True):
                assert isinstance(cell, Slot)  # noqa: S101
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


def preview(value: Json) -> str:
    """A value that only YAML can express, in short."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 120 else text[:119] + "…"


@dataclass(slots=True)
class Collected:
    """What a posted form asks for, before it is put in order."""

    puts: list[tuple[Path, Json, Path]] = field(default_factory=list)
    removed: dict[Path, set[int]] = field(default_factory=dict)
    stops: dict[Path, Path] = field(default_factory=dict)
    virtual: list[Slot] = field(default_factory=list)
    errors: dict[str, Words] = field(default_factory=dict)

    def put(self, path: Path, value: Json, stop: Path) -> None:
        self.puts.append((path, value, stop))
