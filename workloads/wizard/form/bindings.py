"""Form fields bound to places of a document: what a step shows, and what a posted form changes.

A step is declared as a tree of *parts*: `Field` (a path and a codec), `Rows` (a list, one row per item),
`Pairs` (a mapping with free keys), `OneOf` (a choice between variants),
`FieldGroup` (a heading that folds), `ComputedField` (a field that stands for more than one place),
`Described` (a place that is shown in words and not changed).
`build_nodes` turns the parts, the document's value and perhaps a posted form into a tree of *nodes* to
render; `changes_of` returns what the posted form changes.

The rules:
- A field is changed if and only if the posted string differs from the string for the document's value now. A
  field that was not posted is not changed.
- Blank is ABSENT. A mapping or list that becomes empty is removed too, up to the nearest place that this form
  must not remove: a row, a chosen variant, or the skeleton of the DaemonSet.
- A row is removed only by its own checkbox. A new row left blank is ignored. Rows keep what they do not show.
- What a widget cannot express is shown as "set in YAML" and never written.

Field names: rows have a prefix, `c-0-env-2-name` is the name in the third environment row of the first
container. `<prefix>key` is the hidden original key of the row ("" for a new one), `<prefix>remove` is its
checkbox for removing it. `<field>-unit` is the unit chosen beside the number of an amount.
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
from workloads.wizard.form.codecs import TEXT, ChoiceCodec, Option, StrOrPromise, Undecodable, with_unit
from workloads.wizard.form.parts import (
    ComputedField,
    Described,
    Field,
    FieldGroup,
    OneOf,
    Pairs,
    Part,
    Rows,
)
from workloads.wizard.form.tree import (
    DescribedNode,
    FieldNode,
    FormChanges,
    FormNode,
    GroupNode,
    OneOfNode,
    PairsNode,
    RowNode,
    RowsNode,
    VariantNode,
)

IN_YAML = "yaml"
"""The choice of a `OneOf` where the document has none of its variants; the value is not changed."""

# Not removed when empty: without them the document would not be a DaemonSet.
SKELETON: frozenset[Path] = frozenset({(), ("metadata",), ("spec",), SELECTOR, TEMPLATE, POD})


# ---- building the nodes ----


class BuildContext:
    """What nodes are built from: the document's value and, if one was posted, the form.

    extra: id of a list (`c-0-env`) → how many blank rows to add.
    new_items: path of a list → how many new items its rows have so far.
    """

    def __init__(self, root: Json, posted: Mapping[str, str] | None, extra: Counter[str]) -> None:
        self.root = root
        self.posted = posted
        self.extra = extra
        self.new_items: Counter[Path] = Counter()
        self._rows: dict[str, list[int]] = {}
        for name in posted or ():
            if match := re.fullmatch(r"(.+)-([0-9]{1,5})-key", name):
                self._rows.setdefault(match[1], []).append(int(match[2]))

    def rows(self, prefix: str) -> list[int]:
        """The numbers of the posted rows of a list, in order."""
        return sorted(set(self._rows.get(prefix, ())))

    def raw(self, name: str, widget: str, present: bool) -> str | None:
        """The posted string, with line ends as in YAML. A checkbox that was not posted is not ticked."""
        if self.posted is None:
            return None
        raw = self.posted.get(name)
        if raw is None:
            return "" if widget == "checkbox" and present else None
        if widget == "checkbox":
            return "true"
        if widget == "amount":
            raw = with_unit(raw, self.posted.get(f"{name}-unit", ""))
        return raw.replace("\r\n", "\n").replace("\r", "\n")


def build_nodes(
    parts: Sequence[Part],
    root: Json,
    posted: Mapping[str, str] | None = None,
    *,
    whole: bool = True,
    extra: Counter[str] | None = None,
) -> list[FormNode]:
    """The nodes of a step.

    root: the value of one DaemonSet document. posted: field name → string. whole: the posted form is known to
    have every field, so that a checkbox missing in it was not ticked.
    """
    context = BuildContext(root, posted, extra or Counter())
    return [_build(part, context, (), (), "", posted is not None and whole) for part in parts]


def _build(part: Part, context: BuildContext, base: Path, stop: Path, prefix: str, present: bool) -> FormNode:
    """base: the place that the paths of the part are relative to; stop: the place that stays when empty;
    present: whether the posted form contained this part."""
    match part:
        case Field() | ComputedField():
            return _field_node(part, context, base, stop, prefix, present)
        case FieldGroup():
            below = base + part.path
            return GroupNode(
                id=prefix + part.name,
                decl=part,
                path=below if part.path else None,
                nodes=[_build(child, context, below, stop, prefix, present) for child in part.parts],
            )
        case OneOf():
            return _one_of(part, context, base, stop, prefix, present)
        case Rows():
            return _rows(part, context, base, stop, prefix, present)
        case Pairs():
            return _pairs(part, context, base, stop, prefix)
        case Described():
            path = base + part.path
            value = get(context.root, path)
            return DescribedNode(decl=part, path=path, value=value, sentences=part.say(value))


def _field_node(
    part: Field | ComputedField, context: BuildContext, base: Path, stop: Path, prefix: str, present: bool
) -> FieldNode:
    path = base + part.path
    if isinstance(part, ComputedField):
        shown = part.show(context.root, path)
        covered = (path, *(base + place for place in part.covers))
        value = _first_set(context.root, covered) if shown is None else ABSENT
    else:
        value, free = _reach(context.root, path)
        shown = part.codec.show(value) if free else None
    node = FieldNode(
        name=prefix + part.name, decl=part, path=path, base=base, stop=stop, value=value, shown=shown
    )
    if shown is not None:
        node.raw = context.raw(node.name, part.codec.widget(shown), present)
        node.decide()
    return node


def _first_set(root: Json, paths: Iterable[Path]) -> Json:
    """The value at the first path that has one; ABSENT if none has."""
    return next((value for path in paths if (value := get(root, path)) not in (ABSENT, None)), ABSENT)


def _reach(root: Json, path: Path) -> tuple[Json, bool]:
    """(value at path, True), or (the value that blocks the path, as it is no mapping or list, False)."""
    value = root
    for segment in path:
        if value is ABSENT or value is None:
            return ABSENT, True
        if not isinstance(value, dict if isinstance(segment, str) else list):
            return value, False
        value = get(value, (segment,))
    return value, True


def _one_of(
    part: OneOf, context: BuildContext, base: Path, stop: Path, prefix: str, present: bool
) -> OneOfNode:
    path = base + part.path
    value, free = _reach(context.root, (*path, ""))
    if free:
        value = get(context.root, path)
    shown = _variant_of(part, value) if free else IN_YAML
    options: tuple[Option, ...] = tuple((variant.key, variant.label) for variant in part.variants)
    required = part.none is None and shown != ""
    choice = _VariantChoice(options, part.none or "", required=required)
    pick = FieldNode(
        name=prefix + part.name,
        decl=Field(part.name, (), choice, part.label, part.help, style="pick"),
        path=path,
        value=value if shown == IN_YAML else (shown or ABSENT),
        shown=None if shown == IN_YAML else shown,
    )
    chosen = shown
    if pick.shown is not None:
        pick.raw = context.raw(pick.name, "select", present)
        pick.decide()
        if pick.changed:
            chosen = pick.new or ""
    node = OneOfNode(
        id=prefix + part.name,
        decl=part,
        path=path,
        pick=pick,
        chosen=chosen,
        stop=stop,
        variants=[],
        common=[],
    )
    if shown == IN_YAML:
        return node
    inner = f"{prefix}{part.name}-"
    for variant in part.variants:
        nodes = [
            _build(child, context, path, path + variant.owns, f"{inner}{variant.key}-", present)
            for child in variant.parts
        ]
        node.variants.append(
            VariantNode(decl=variant, path=path + variant.owns, nodes=nodes, active=variant.key == chosen)
        )
    node.common = [_build(child, context, path, path, inner, present) for child in part.common]
    return node


@dataclass(frozen=True, slots=True)
class _VariantChoice(ChoiceCodec):
    """The choice between variants, without a blank option where some variant is always chosen."""

    required: bool = False

    def options(self, shown: str) -> Sequence[Option]:
        return self.of if self.required else (("", self.blank), *self.of)

    def read(self, raw: str, old: Json) -> Json:
        if not raw and self.required:
            raise Undecodable(_("Choose a value from the list."))
        return ChoiceCodec.read(self, raw, old)


def _variant_of(part: OneOf, value: Json) -> str:
    """The key of the variant that the value has, "" for none, IN_YAML where that is not clear."""
    found = [variant for variant in part.variants if get(value, variant.owns) is not ABSENT]
    found = [variant for variant in found if get(value, variant.owns) is not None] or found
    if len(found) == 1:
        return found[0].key
    if found or (part.unknown is not None and part.unknown(value)):
        return IN_YAML
    if part.path and value is not ABSENT and value is not None:
        return IN_YAML
    return part.default


def items_at(value: Json, path: Path) -> list[Json]:
    """The list at `path`; [] for anything else."""
    items = get(value, path)
    return items if isinstance(items, list) else []


def row_keys(items: Sequence[Json], key: tuple[str, ...]) -> list[str]:
    """A key for each item: from its own fields (`=agent`, `=80/UDP`) if they identify it, else `#<index>`."""
    names = []
    for value in items:
        parts = [value.get(k) if isinstance(value, dict) else None for k in key]
        known = bool(key) and parts[0] is not None and not any(isinstance(p, (dict, list)) for p in parts)
        names.append("=" + "/".join("" if p is None else str(p) for p in parts) if known else "")
    uses = Counter(names)
    return [name if name and uses[name] == 1 else f"#{i}" for i, name in enumerate(names)]


def _rows(part: Rows, context: BuildContext, base: Path, stop: Path, prefix: str, present: bool) -> RowsNode:
    path = part.path if part.rooted else base + part.path
    stop = path[:-1] if part.rooted else stop
    odd, free = _reach(context.root, (*path, 0))
    node = RowsNode(id=prefix + part.name, decl=part, path=path, rows=[], stop=stop)
    items = get(context.root, path) or []
    if not free or len(items) > part.most:
        node.only_yaml, node.value = True, items if free else odd
        return node
    keys = row_keys(items, part.key)
    mine = [i for i, value in enumerate(items) if part.only is None or part.only(value)]
    left = {keys[i]: i for i in mine}
    for number in context.rows(node.id):
        row_prefix = f"{node.id}-{number}-"
        key = (context.posted or {}).get(row_prefix + "key", "")
        position = left.pop(key, None) if key else None
        row = _row(part, context, path, items, position, row_prefix, present=True)
        row.key = keys[position] if position is not None else ""
        row.stale = bool(key) and position is None
        node.rows.append(row)
    number = max(context.rows(node.id), default=-1) + 1
    for key, position in left.items():
        row = _row(part, context, path, items, position, f"{node.id}-{number}-", present=False)
        row.key = key
        node.rows.append(row)
        number += 1
    more = context.extra[node.id]
    node.asked_here = more > 0
    if not node.rows and not present:
        more = max(more, part.blank)
    for _n in range(more):
        node.rows.append(_row(part, context, path, items, None, f"{node.id}-{number}-", present=False))
        number += 1
    for row in node.rows:
        if row.position is not None and row.key:
            row.first, row.last = row.position == 0, row.position == len(items) - 1
    return node


def _row(
    part: Rows,
    context: BuildContext,
    path: Path,
    items: Sequence[Json],
    position: int | None,
    prefix: str,
    *,
    present: bool,
) -> RowNode:
    new = position is None
    at = len(items) + context.new_items[path] if position is None else position
    item = copy.deepcopy(part.preset) if new else items[at]
    place = (*path, at)
    row = RowNode(path=place, prefix=prefix, key="", nodes=[], preset=part.preset, template=part.row_template)
    row.alone = part.opens_alone and len(items) == 1
    row.position, row.named_by = position, part.key
    row.removed = present and bool((context.posted or {}).get(prefix + "remove"))
    if not new:
        row.title = part.title(item)
    if not new and not isinstance(item, dict):
        shape = Field("", (), TEXT)
        row.nodes = [FieldNode(name=prefix, decl=shape, path=place, value=item, shown=None)]
        return row
    parts = part.parts(item, at) if callable(part.parts) else part.parts
    row.nodes = [_build(child, context, place, place, prefix, present) for child in parts]
    if new and row.touched and not row.removed:
        context.new_items[path] += 1
        row.position = at
    elif new:
        row.path = None
    return row


def _pairs(part: Pairs, context: BuildContext, base: Path, stop: Path, prefix: str) -> PairsNode:
    paths = [base + column.path for column in part.columns]
    node = PairsNode(id=prefix + part.name, decl=part, path=paths[0], rows=[], stop=stop, base=base)
    maps = [get(context.root, path) for path in paths]
    for path in paths:
        odd, free = _reach(context.root, (*path, ""))
        if not free:
            node.only_yaml, node.value = True, odd
            return node
    left = dict.fromkeys(key for m in maps for key in m or () if part.hidden is None or not part.hidden(key))
    if len(left) > part.most:
        node.only_yaml, node.value = True, maps[0]
        return node
    number = max(context.rows(node.id), default=-1) + 1
    for posted_number in context.rows(node.id):
        row_prefix = f"{node.id}-{posted_number}-"
        posted = (context.posted or {}).get(row_prefix + "key", "")
        key = posted.removeprefix("=")
        known = bool(posted) and key in left
        left.pop(key, None)
        node.rows.append(_pair(part, context, base, key if known else None, row_prefix, present=True))
        node.rows[-1].stale = bool(posted) and not known
    rest: list[str | None] = [*left]
    node.asked_here = context.extra[node.id] > 0
    rest += [None] * context.extra[node.id]
    if context.posted is None and not rest:
        rest += [None] * part.blank
    for i, key_or_new in enumerate(rest, number):
        node.rows.append(_pair(part, context, base, key_or_new, f"{node.id}-{i}-", present=False))
    return node


def _pair(
    part: Pairs, context: BuildContext, base: Path, key: str | None, prefix: str, *, present: bool
) -> RowNode:
    shape = Field("k", (), TEXT, part.key_label, "", part.key_placeholder, part.key_suggest, style="mono")
    name = FieldNode(
        name=prefix + "k", decl=shape, value=ABSENT if key is None else key, shown=TEXT.show(key)
    )
    if name.shown is not None:
        name.raw = context.raw(name.name, "text", present)
        name.decide()
    row = RowNode(prefix=prefix, key="" if key is None else f"={key}", nodes=[name])
    row.removed = present and bool((context.posted or {}).get(prefix + "remove"))
    for column in part.columns:
        cell = Field(
            column.name,
            (*column.path, key or ""),
            column.codec,
            column.label,
            placeholder=column.placeholder,
            suggest=column.suggest,
            style=column.style,
        )
        row.nodes.append(_field_node(cell, context, base, base, prefix, present))
    row.path = row.nodes[1].path if key is not None else None
    row.position = 0 if key is not None or row.touched else None
    return row


# ---- changes ----


def changes_of(nodes: Iterable[FormNode], root: Json) -> tuple[list[Change], dict[str, StrOrPromise]]:
    """The changes of the posted form, in order, and its errors (field name → message)."""
    out = FormChanges()
    for node in nodes:
        if node.active:
            node.collect(out)
    if out.errors:
        return [], out.errors
    changes = condense(root, out.puts)
    now = patch(root, changes)
    for node in out.computed:
        assert isinstance(node.decl, ComputedField)  # noqa: S101
        assert node.path is not None  # noqa: S101
        try:
            more = node.decl.write(now, node.path, node.raw or "")
        except Undecodable as error:
            node.error = error.message
            out.errors[node.name] = error.message
            continue
        now = patch(now, more)
        changes += more
    # The innermost lists first, and from the end: a removal must not move what is still to be removed.
    for path, removed in sorted(out.removed.items(), key=lambda entry: len(entry[0]), reverse=True):
        items = get(root, path)
        if len(removed) == len(items) == len(get(now, path)):
            changes.append((prune_path(now, path, out.stops[path]), ABSENT))
        else:
            changes += [((*path, i), ABSENT) for i in sorted(removed, reverse=True)]
    return changes, out.errors


def condense(root: Json, puts: Sequence[tuple[Path, Json, Path]]) -> list[Change]:
    """As few changes as possible that have the effect of `puts`, which are (path, value or ABSENT, stop).

    Values in a place that does not exist yet become one change of the whole place. Removed values take the
    mappings along that become empty (`prune_path`).
    """
    final = patch(root, [(path, value) for path, value, _stop in puts])
    sets: dict[Path, list[Change]] = {}
    cuts: list[Path] = []
    for path, value, stop in puts:
        if value is ABSENT:
            if get(root, path) is not ABSENT and get(final, path) is ABSENT:
                cuts.append(prune_path(final, path, stop))
            continue
        missing = (i for i in range(1, len(path)) if get(root, path[:i]) in (ABSENT, None))
        place = path[: next(missing, len(path))]
        sets.setdefault(place, []).append((path[len(place) :], value))
    changes: list[Change] = [(place, patch(ABSENT, inside)) for place, inside in sets.items()]
    cuts = list(dict.fromkeys(cuts))
    return changes + [
        (cut, ABSENT) for cut in cuts if not any(cut[: len(c)] == c for c in cuts if len(c) < len(cut))
    ]


def prune_path(value: Json, path: Path, stop: Path) -> Path:
    """The place to remove with `path`: the outermost mapping or list above it that has nothing else.

    It is below `stop` and not part of the skeleton. It does not matter whether `value` still has `path`.
    """
    while len(path) - 1 > len(stop) and path[:-1] not in SKELETON:
        parent = get(value, path[:-1])
        if not isinstance(parent, (dict, list)):
            break
        others = parent if isinstance(parent, dict) else range(len(parent))
        if any(other != path[-1] for other in others):
            break
        path = path[:-1]
    return path


def shown_paths(nodes: Iterable[FormNode]) -> Iterator[Path]:
    """The places of the document that these nodes show."""
    for top in nodes:
        for node in top.walk():
            if node.path is None:
                continue
            if isinstance(node, PairsNode):
                yield from ((*node.base, *column.path, "") for column in node.decl.columns)
                for row in node.rows:
                    yield from (cell.path for cell in row.nodes if cell.path is not None)
            if isinstance(node, FieldNode) and isinstance(node.decl, ComputedField):
                yield from node.places()
            elif isinstance(node, FieldNode) and (node.decl.style != "pick" or node.only_yaml):
                yield node.path
            if isinstance(node, RowsNode | DescribedNode) and node.only_yaml:
                yield node.path
            if isinstance(node, VariantNode | RowsNode):
                yield (*node.path, "")


def unshown_paths(value: Json, shown: Iterable[Path], mine: Callable[[Path], bool]) -> list[Path]:
    """The topmost places of `value` that are `mine` and not at, above or below a path in `shown`."""
    exact = set(shown)
    above = {path[:i] for path in exact for i in range(len(path))} | {()}
    found: list[Path] = []

    def search(value: Json, path: Path) -> None:
        if path in exact:
            return
        if path not in above:
            if mine(path):
                found.append(path)
            return
        if isinstance(value, dict):
            for key in value:
                search(value[key], (*path, key))
        elif isinstance(value, list):
            for i, child in enumerate(value):
                search(child, (*path, i))

    search(value, ())
    return found
