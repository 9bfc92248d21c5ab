"""Form fields bound to places of a document: what a step shows, and what a posted form changes.

A step is declared as a tree of *parts*: `Field` (a path and a codec), `Rows` (a list, a row per item),
`Pairs` (a mapping whose keys people choose), `OneOf` (a choice between several ways of saying something),
`Group` (a heading that folds), `Virtual` (a field that is more than one place). `grow` turns the
declaration, the document's value and perhaps a posted form into a tree of *nodes* to render; `changes_of`
says what the posted form changes.

The rules, all of them here:
- A field is changed if and only if the posted string differs from the string the document shows now. A field
  that was not posted at all is not changed.
- Blank is ABSENT. A mapping or list that becomes empty by that goes too, up to the nearest place that is not
  this form's to remove: a row, a chosen way, or the skeleton of the DaemonSet.
- A row goes only by its explicit box. A new row left blank is not there. Rows keep what they do not show.
- What a widget cannot express is shown as "set in YAML" and never written.

Field names: rows have a prefix, `c-0-env-2-name` is the name in the third environment row of the first
container. `<prefix>key` is the row's hidden original key ("" for a new one), `<prefix>remove` its remove box.
"""

from __future__ import annotations

import copy
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from workloads.daemonsets.manifest.outline import POD, SELECTOR, TEMPLATE
from workloads.documents.paths import ABSENT, Change, Json, Path, get, patch
from workloads.wizard.form.codecs import TEXT, Choice, Option, Undecodable, Words
from workloads.wizard.form.parts import Field, Group, OneOf, Pairs, Part, Rows, Virtual
from workloads.wizard.form.tree import (
    Case,
    Collected,
    GroupNode,
    Node,
    OneOfNode,
    PairsNode,
    Row,
    RowsNode,
    Slot,
)

IN_YAML = "yaml"
"""The choice of a `OneOf` whose present value is none of its ways; it is kept."""

# Never removed for being empty: without them it would not be a DaemonSet any more.
SKELETON: frozenset[Path] = frozenset({(), ("metadata",), ("spec",), SELECTOR, TEMPLATE, POD})


# ---- growing ----


class Soil:
    """What nodes grow from: the document's value and, if one was posted, the form.

    extra: row prefix (`c0-env`) → how many more blank rows to offer.
    """

    def __init__(self, root: Json, posted: Mapping[str, str] | None, extra: Counter[str]) -> None:
        self.root = root
        self.posted = posted
        self.extra = extra
        self.taken: Counter[Path] = Counter()
        self._rows: dict[str, list[int]] = {}
        for name in posted or ():
            if match := re.fullmatch(r"(.+)-([0-9]{1,5})-key", name):
                self._rows.setdefault(match[1], []).append(int(match[2]))

    def rows(self, prefix: str) -> list[int]:
        """The numbers of the posted rows of a list, in order."""
        return sorted(set(self._rows.get(prefix, ())))

    def raw(self, name: str, widget: str, present: bool) -> str | None:
        """As posted, line ends as in the document. A box on the page that is not posted is not ticked."""
        if self.posted is None:
            return None
        raw = self.posted.get(name)
        if raw is None:
            return "" if widget == "checkbox" and present else None
        if widget == "checkbox":
            return "true"
        return raw.replace("\r\n", "\n").replace("\r", "\n")


def grow(
    parts: Sequence[Part],
    root: Json,
    posted: Mapping[str, str] | None = None,
    *,
    whole: bool = True,
    extra: Counter[str] | None = None,
) -> list[Node]:
    """The nodes of a step. root: the value of one DaemonSet document; posted: field name → string; whole: the
    posted form is known to have every field, so that a box that is not in it was not ticked."""
    soil = Soil(root, posted, extra or Counter())
    return [_grow(part, soil, (), (), "", posted is not None and whole) for part in parts]


def _grow(part: Part, soil: Soil, base: Path, stop: Path, prefix: str, present: bool) -> Node:
    """base: what the part's paths are relative to; stop: the place that is not removed for becoming empty;
    present: whether the form that was posted had this part in it."""
    match part:
        case Field() | Virtual():
            return _slot(part, soil, base, stop, prefix, present)
        case Group():
            below = base + part.path
            return GroupNode(
                id=prefix + part.name,
                decl=part,
                path=below if part.path else None,
                nodes=[_grow(child, soil, below, stop, prefix, present) for child in part.parts],
            )
        case OneOf():
            return _one_of(part, soil, base, stop, prefix, present)
        case Rows():
            return _rows(part, soil, base, stop, prefix, present)
        case Pairs():
            return _pairs(part, soil, base, stop, prefix)


def _slot(part: Field | Virtual, soil: Soil, base: Path, stop: Path, prefix: str, present: bool) -> Slot:
    path = base + part.path
    if isinstance(part, Virtual):
        value, shown = ABSENT, part.show(soil.root, path)
    else:
        value, free = _reach(soil.root, path)
        shown = part.codec.show(value) if free else None
    slot = Slot(name=prefix + part.name, decl=part, path=path, base=base, stop=stop, value=value, shown=shown)
    if shown is not None:
        slot.raw = soil.raw(slot.name, part.codec.widget(shown), present)
        slot.decide()
    return slot


def _reach(root: Json, path: Path) -> tuple[Json, bool]:
    """The value there, and True; or what is in the way, and False: something that is no mapping (or list)."""
    for i, segment in enumerate(path):
        value = get(root, path[:i])
        if value is ABSENT or value is None:
            return ABSENT, True
        if not isinstance(value, dict if isinstance(segment, str) else list):
            return value, False
    return get(root, path), True


def _one_of(part: OneOf, soil: Soil, base: Path, stop: Path, prefix: str, present: bool) -> OneOfNode:
    path = base + part.path
    value, free = _reach(soil.root, (*path, ""))
    if free:
        value = get(soil.root, path)
    shown = _way_of(part, value) if free else IN_YAML
    options: tuple[Option, ...] = tuple((way.key, way.label) for way in part.ways)
    required = part.none is None and shown != ""
    choice = _Ways(options, part.none or "", required=required)
    pick = Slot(
        name=prefix + part.name,
        decl=Field(part.name, (), choice, part.label, part.help, look="pick"),
        path=path,
        value=value if shown == IN_YAML else (shown or ABSENT),
        shown=None if shown == IN_YAML else shown,
    )
    chosen = shown
    if pick.shown is not None:
        pick.raw = soil.raw(pick.name, "select", present)
        pick.decide()
        if pick.changed:
            chosen = pick.new or ""
    node = OneOfNode(
        id=prefix + part.name, decl=part, path=path, pick=pick, chosen=chosen, stop=stop, cases=[], common=[]
    )
    if shown == IN_YAML:
        return node
    inner = f"{prefix}{part.name}-"
    for way in part.ways:
        nodes = [
            _grow(child, soil, path, path + way.owns, f"{inner}{way.key}-", present) for child in way.parts
        ]
        node.cases.append(Case(way=way, path=path + way.owns, nodes=nodes, active=way.key == chosen))
    node.common = [_grow(child, soil, path, path, inner, present) for child in part.common]
    return node


@dataclass(frozen=True, slots=True)
class _Ways(Choice):
    """The choice between ways: no blank one where some way is always chosen."""

    required: bool = False

    def options(self, shown: str) -> Sequence[Option]:
        return self.of if self.required else (("", self.blank), *self.of)

    def read(self, raw: str, old: Json) -> Json:
        if not raw and self.required:
            raise Undecodable(_("Choose one of the values in the list."))
        return Choice.read(self, raw, old)


def _way_of(part: OneOf, value: Json) -> str:
    there = [way for way in part.ways if get(value, way.owns) is not ABSENT]
    said = [way for way in there if get(value, way.owns) is not None] or there
    if len(said) == 1:
        return said[0].key
    if said or (part.foreign is not None and part.foreign(value)):
        return IN_YAML
    if part.path and value is not ABSENT and value is not None:
        return IN_YAML
    return part.default


def items_at(value: Json, path: Path) -> list[Json]:
    """The list at `path`; [] for anything else."""
    items = get(value, path)
    return items if isinstance(items, list) else []


def keys_of(items: Sequence[Json], key: tuple[str, ...]) -> list[str]:
    """A name for each item that holds as long as it is there: `=agent`, `=80/UDP`; `#2` for want of one."""
    names = []
    for value in items:
        parts = [value.get(k) if isinstance(value, dict) else None for k in key]
        known = bool(key) and parts[0] is not None and not any(isinstance(p, (dict, list)) for p in parts)
        names.append("=" + "/".join("" if p is None else str(p) for p in parts) if known else "")
    often = Counter(names)
    return [name if name and often[name] == 1 else f"#{i}" for i, name in enumerate(names)]


def _rows(part: Rows, soil: Soil, base: Path, stop: Path, prefix: str, present: bool) -> RowsNode:
    path = part.path if part.rooted else base + part.path
    stop = path[:-1] if part.rooted else stop
    odd, free = _reach(soil.root, (*path, 0))
    node = RowsNode(id=prefix + part.name, decl=part, path=path, rows=[], stop=stop)
    items = get(soil.root, path) or []
    if not free or len(items) > part.most:
        node.only_yaml, node.value = True, items if free else odd
        return node
    keys = keys_of(items, part.key)
    mine = [i for i, value in enumerate(items) if part.only is None or part.only(value)]
    left = {keys[i]: i for i in mine}
    for number in soil.rows(node.id):
        row_prefix = f"{node.id}-{number}-"
        key = (soil.posted or {}).get(row_prefix + "key", "")
        position = left.pop(key, None) if key else None
        row = _row(part, soil, path, items, position, row_prefix, present=True)
        row.key = keys[position] if position is not None else ""
        row.stale = bool(key) and position is None
        node.rows.append(row)
    number = max(soil.rows(node.id), default=-1) + 1
    for key, position in left.items():
        row = _row(part, soil, path, items, position, f"{node.id}-{number}-", present=False)
        row.key = key
        node.rows.append(row)
        number += 1
    more = soil.extra[node.id]
    node.asked = more > 0
    if not node.rows and not present:
        more = max(more, part.blank)
    for _n in range(more):
        node.rows.append(_row(part, soil, path, items, None, f"{node.id}-{number}-", present=False))
        number += 1
    for row in node.rows:
        if row.position is not None and row.key:
            row.first, row.last = row.position == 0, row.position == len(items) - 1
    return node


def _row(
    part: Rows,
    soil: Soil,
    path: Path,
    items: Sequence[Json],
    position: int | None,
    prefix: str,
    *,
    present: bool,
) -> Row:
    new = position is None
    at = len(items) + soil.taken[path] if position is None else position
    item = copy.deepcopy(part.preset) if new else items[at]
    place = (*path, at)
    row = Row(path=place, prefix=prefix, key="", nodes=[], preset=part.preset, template=part.row_template)
    row.position, row.named_by = position, part.key
    row.removed = present and bool((soil.posted or {}).get(prefix + "remove"))
    if not new:
        row.title = part.title(item)
    if not new and not isinstance(item, dict):
        shape = Field("", (), TEXT)
        row.nodes = [Slot(name=prefix, decl=shape, path=place, value=item, shown=None)]
        return row
    parts = part.parts(item, at) if callable(part.parts) else part.parts
    row.nodes = [_grow(child, soil, place, place, prefix, present) for child in parts]
    if new and row.touched and not row.removed:
        soil.taken[path] += 1
        row.position = at
    elif new:
        row.path = None
    return row


def _pairs(part: Pairs, soil: Soil, base: Path, stop: Path, prefix: str) -> PairsNode:
    paths = [base + column.path for column in part.columns]
    node = PairsNode(id=prefix + part.name, decl=part, path=paths[0], rows=[], stop=stop, base=base)
    maps = [get(soil.root, path) for path in paths]
    for path in paths:
        odd, free = _reach(soil.root, (*path, ""))
        if not free:
            node.only_yaml, node.value = True, odd
            return node
    left = dict.fromkeys(key for m in maps for key in m or () if part.hidden is None or not part.hidden(key))
    if len(left) > part.most:
        node.only_yaml, node.value = True, maps[0]
        return node
    number = max(soil.rows(node.id), default=-1) + 1
    for posted_number in soil.rows(node.id):
        row_prefix = f"{node.id}-{posted_number}-"
        posted = (soil.posted or {}).get(row_prefix + "key", "")
        key = posted.removeprefix("=")
        known = bool(posted) and key in left
        left.pop(key, None)
        node.rows.append(_pair(part, soil, base, key if known else None, row_prefix, present=True))
        node.rows[-1].stale = bool(posted) and not known
    rest: list[str | None] = [*left]
    node.asked = soil.extra[node.id] > 0
    rest += [None] * soil.extra[node.id]
    if soil.posted is None and not rest:
        rest += [None] * part.blank
    for i, key_or_new in enumerate(rest, number):
        node.rows.append(_pair(part, soil, base, key_or_new, f"{node.id}-{i}-", present=False))
    return node


def _pair(part: Pairs, soil: Soil, base: Path, key: str | None, prefix: str, *, present: bool) -> Row:
    shape = Field("k", (), TEXT, part.key_label, "", part.key_placeholder, part.key_suggest, look="mono")
    name = Slot(name=prefix + "k", decl=shape, value=ABSENT if key is None else key, shown=TEXT.show(key))
    if name.shown is not None:
        name.raw = soil.raw(name.name, "text", present)
        name.decide()
    row = Row(prefix=prefix, key="" if key is None else f"={key}", nodes=[name])
    row.removed = present and bool((soil.posted or {}).get(prefix + "remove"))
    for column in part.columns:
        cell = Field(
            column.name,
            (*column.path, key or ""),
            column.codec,
            column.label,
            placeholder=column.placeholder,
            suggest=column.suggest,
            look=column.look,
        )
        row.nodes.append(_slot(cell, soil, base, base, prefix, present))
    row.path = row.nodes[1].path if key is not None else None
    row.position = 0 if key is not None or row.touched else None
    return row


# ---- changes ----


def changes_of(nodes: Iterable[Node], root: Json) -> tuple[list[Change], dict[str, Words]]:
    """What the posted form changes, in order, and what of it could not be read: field name → sentence."""
    out = Collected()
    for node in nodes:
        if node.active:
            node.collect(out)
    if out.errors:
        return [], out.errors
    changes = condense(root, out.puts)
    now = patch(root, changes)
    for slot in out.virtual:
        assert slot.path is not None  # noqa: S101
        try:
            more = slot.decl.write(now, slot.path, slot.raw or "")
        except Undecodable as error:
            slot.error = error.message
            out.errors[slot.name] = error.message
            continue
        now = patch(now, more)
        changes += more
    # The innermost lists first, and from the end: what goes must not move what is still to go.
    for path, gone in sorted(out.removed.items(), key=lambda entry: len(entry[0]), reverse=True):
        items = get(root, path)
        if len(gone) == len(items) == len(get(now, path)):
            changes.append((tidy(now, path, out.stops[path]), ABSENT))
        else:
            changes += [((*path, i), ABSENT) for i in sorted(gone, reverse=True)]
    return changes, out.errors


def condense(root: Json, puts: Sequence[tuple[Path, Json, Path]]) -> list[Change]:
    """`puts` are (path, value or ABSENT, stop). What is put into a place that is not there yet becomes one
    change of the whole place; what is removed takes the mappings along that are empty without it
    (`tidy`)."""
    final = patch(root, [(path, value) for path, value, _stop in puts])
    sets: dict[Path, list[Change]] = {}
    cuts: list[Path] = []
    for path, value, stop in puts:
        if value is ABSENT:
            if get(root, path) is not ABSENT and get(final, path) is ABSENT:
                cuts.append(tidy(final, path, stop))
            continue
        there = (i for i in range(1, len(path)) if get(root, path[:i]) in (ABSENT, None))
        place = path[: next(there, len(path))]
        sets.setdefault(place, []).append((path[len(place) :], value))
    changes: list[Change] = [(place, patch(ABSENT, inside)) for place, inside in sets.items()]
    cuts = list(dict.fromkeys(cuts))
    return changes + [
        (cut, ABSENT) for cut in cuts if not any(cut[: len(c)] == c for c in cuts if len(c) < len(cut))
    ]


def tidy(value: Json, path: Path, stop: Path) -> Path:
    """What to remove to remove `path`: also the mappings and lists above it that hold nothing else, down to
    `stop` (which stays) and never of the skeleton. `value` may have `path` in it still, or not any more."""
    while len(path) - 1 > len(stop) and path[:-1] not in SKELETON:
        parent = get(value, path[:-1])
        if not isinstance(parent, (dict, list)):
            break
        others = parent if isinstance(parent, dict) else range(len(parent))
        if any(other != path[-1] for other in others):
            break
        path = path[:-1]
    return path


def shown_paths(nodes: Iterable[Node]) -> Iterator[Path]:
    """The places of the document that these nodes show."""
    for top in nodes:
        for node in top.walk():
            if node.path is None:
                continue
            if isinstance(node, PairsNode):
                yield from ((*node.base, *column.path, "") for column in node.decl.columns)
                for row in node.rows:
                    yield from (cell.path for cell in row.nodes if cell.path is not None)
            if isinstance(node, Slot) and isinstance(node.decl, Virtual):
                yield from node.places()
            elif isinstance(node, Slot) and (node.decl.look != "pick" or node.only_yaml):
                yield node.path
            if isinstance(node, RowsNode) and node.only_yaml:
                yield node.path
            if isinstance(node, Case | RowsNode):
                yield (*node.path, "")


def unshown(value: Json, shown: Iterable[Path], mine: Callable[[Path], bool]) -> list[Path]:
    """The topmost places of `value` that nothing in `shown` is at, above or below, and that are `mine`."""
    exact = set(shown)
    above = {path[:i] for path in exact for i in range(len(path))} | {()}
    found: list[Path] = []

    def look(value: Json, path: Path) -> None:
        if path in exact:
            return
        if path not in above:
            if mine(path):
                found.append(path)
            return
        if isinstance(value, dict):
            for key in value:
                look(value[key], (*path, key))
        elif isinstance(value, list):
            for i, child in enumerate(value):
                look(child, (*path, i))

    look(value, ())
    return found
