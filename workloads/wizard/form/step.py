"""Steps of the wizard: declared as parts, bound to one document, rendered as one Django form.

A step is a module of `workloads.wizard.steps` with a `STEP`:

    def parts(value: Json, facts: ProjectFacts) -> Sequence[Part]:
        return [
            Field("name", NAME, label=_("Name"), help=_("…")),
            Pairs("labels", [PairColumn("v", LABELS, _("Value"))], _("Key"), add=_("Add label")),
            Rows("tol", TOLERATIONS, ("key", "effect"), [
                Field("k", ("key",), label=_("Key")),
                Field("effect", ("effect",), ChoiceCodec(EFFECTS, _("All")), _("Effect")),
            ], add=_("Add a toleration")),
        ]

    STEP = Step("labels", _("Labels"), parts, summary=lambda value: …)

A view (`views/drafts/steps.py`) binds it and does not handle single fields:

    bound = bind(step, document.value, facts=facts, locate=document.locate, stored=…)
    bound.attach(findings)                       # each at its field

For a posted form, which has `op` only for a button of a row (ROW_VERBS):

    bound = bind(step, document.value, posted, facts=facts, locate=document.locate, stored=…)
    bound.asks_for_more                          # op=add:<rows>: the same form with one more blank row, 200
    bound.is_valid()                             # False: 422, the input is kept
    text = bound.apply(text, document.index)     # the changes of the form, then the button of a row
    after = the findings about `text`
    if new_errors(before, after, step.slug):     # before the next step: 422, with a button to continue
        bound.attach(after, after=True)

`workloads/drafts/_step.html`, included with `bound` (and `yaml_url`, the address of the document in YAML mode
with a query), renders all fields, hidden ones too. The CSRF token, the draft's version and the buttons at the
bottom are the page's.
"""

from __future__ import annotations

import copy
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from typing import Any, Final, Literal, TypeAlias, get_args

from crispy_forms.helper import FormHelper
from django import forms
from django.forms import BoundField
from django.forms.utils import ErrorDict
from django.utils.translation import gettext as _

from console.errors import BadInput, NotFound
from workloads import documents
from workloads.daemonsets.manifest.findings import STEPS, Finding, step_of
from workloads.daemonsets.manifest.metadata import SERVER_FIELDS
from workloads.daemonsets.manifest.outline import POD
from workloads.daemonsets.project.facts import NOTHING_KNOWN, ProjectFacts
from workloads.documents.paths import ABSENT, Change, Json, Path, get, patch, resolve, show
from workloads.wizard.form.bindings import build_nodes, changes_of, shown_paths, unshown_paths
from workloads.wizard.form.codecs import AmountCodec, Codec, StrOrPromise
from workloads.wizard.form.parts import TEMPLATES, Part
from workloads.wizard.form.tree import DescribedNode, FieldNode, FormNode, OneOfNode, RowNode, RowsNode

Suggestions: TypeAlias = Mapping[str, Sequence[tuple[str, str]]]
"""id of a list → (value, description or "")."""

MOST_SUGGESTED: Final = 200
"""Of each list so many are offered: a browser shows few, and every page would carry them all."""

RowVerb: TypeAlias = Literal["add", "copy", "up", "down", "remove"]
ROW_VERBS: Final[tuple[RowVerb, ...]] = get_args(RowVerb)

RESTART_POLICY: Path = (*POD, "restartPolicy")
# What the server writes, and what identifies the document: not fields of any step.
NOT_FIELDS: tuple[Path, ...] = (
    ("apiVersion",),
    ("kind",),
    ("status",),
    *(("metadata", name) for name in SERVER_FIELDS),
)


@dataclass(frozen=True, slots=True)
class Step:
    """One step.

    parts(value, facts): its parts, which may depend on the document.
    summary(value): a few words for the list of steps, "" while nothing is set.
    suggestions(facts): what fields with `suggest` offer.
    template: lays out `bound.nodes`; the default shows them one below the other.
    stored(value, facts): the parts for a DaemonSet that is stored, where some fields are fixed.
    finish(nodes, before, now): more changes that follow from a posted form; `now` has the form's changes.
    placeholders(nodes, now): name of a blank field → what it gets if it stays blank.
    buttons: key → the changes that `op=do:<key>` makes to the document after the form's changes.
    """

    slug: str
    title: StrOrPromise
    parts: Callable[[Json, ProjectFacts], Sequence[Part]]
    summary: Callable[[Json], StrOrPromise] = lambda value: ""
    suggestions: Callable[[ProjectFacts], Suggestions] = lambda facts: {}
    template: str = f"{TEMPLATES}/_parts.html"
    stored: Callable[[Json, ProjectFacts], Sequence[Part]] | None = None
    finish: Callable[[Sequence[FormNode], Json, Json], list[Change]] = lambda nodes, before, now: []
    placeholders: Callable[[Sequence[FormNode], Json], Mapping[str, str]] = lambda nodes, now: {}
    buttons: Mapping[str, Callable[[Json], list[Change]]] = field(default_factory=dict)


def get_step(slug: str) -> Step:
    """Raises NotFound."""
    if slug not in STEPS:
        raise NotFound(_("The wizard has no step “%(slug)s”.") % {"slug": slug})
    step: Step = import_module(f"workloads.wizard.steps.{slug}").STEP
    return step


def every_step() -> list[Step]:
    return [get_step(slug) for slug in STEPS]


@dataclass(frozen=True, slots=True)
class Operation:
    """A button of a row, such as `copy:c-0`. target: the id of a list (add) or the name of a row."""

    verb: RowVerb
    target: str


def operation(raw: str | None) -> Operation | None:
    """None for "". Raises BadInput."""
    if not raw:
        return None
    if match := re.fullmatch(rf"({'|'.join(ROW_VERBS)}):([a-zA-Z0-9-]{{1,200}})", raw):
        return Operation(match[1], match[2])  # type: ignore[arg-type]
    raise BadInput(_("The form contains an unknown action."))


class StepHelper(FormHelper):  # type: ignore[misc]
    """How crispy renders the fields. The page has the form tag, the token and the buttons."""

    form_tag = False
    disable_csrf = True
    field_template = f"{TEMPLATES}/_field.html"
    form_action = ""  # else crispy looks up an address for every field


class StepForm(forms.Form):
    """The fields of a bound step. The nodes decide what they mean; the form renders and reports errors."""

    def __init__(
        self, step: Step, nodes: Sequence[FormNode], root: Json, posted: Mapping[str, str] | None
    ) -> None:
        self.step, self.nodes, self.root = step, nodes, root
        self.changes: list[Change] = []
        shown = [node for node in _all(nodes) if isinstance(node, FieldNode) and node.shown is not None]
        strings = {node.name: node.shown if node.raw is None else node.raw for node in shown}
        super().__init__(
            data=None if posted is None else strings,
            initial=strings,
            auto_id="f-%s",
            use_required_attribute=False,
        )
        self.fields = {node.name: _form_field(node) for node in shown}
        self.helper = StepHelper()
        for node in shown:
            node.field = self[node.name]

    def clean(self) -> None:
        self.changes, errors = changes_of(self.nodes, self.root)
        if not errors:
            self.changes += self.step.finish(self.nodes, self.root, patch(self.root, self.changes))
        for name, message in errors.items():
            self.add_error(name if name in self.fields else None, forms.ValidationError(str(message)))


class StepField(forms.Field):
    """A Django field that knows its node, for `_field.html`."""

    def __init__(self, node: FieldNode, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.node = node


class NumberOfAmount(forms.TextInput):
    """The box for the number; `_field.html` has the unit beside it."""

    def __init__(self, codec: Codec, attrs: dict[str, Any]) -> None:
        super().__init__(attrs)
        self.codec = codec

    def format_value(self, value: Any) -> str | None:
        assert isinstance(self.codec, AmountCodec)  # noqa: S101
        return self.codec.split(value or "")[0]


def _form_field(node: FieldNode) -> forms.Field:
    decl, shown = node.decl, node.shown or ""
    attrs: dict[str, Any] = dict(decl.attrs)
    if "mono" in decl.style:
        attrs["class"] = "mono"
    if decl.placeholder:
        attrs["placeholder"] = decl.placeholder
    if decl.suggest:
        attrs["list"] = f"suggest-{decl.suggest}"
    widget: forms.Widget
    match decl.codec.widget(shown):
        case "select":
            widget = forms.Select(attrs, choices=decl.codec.options(shown))
        case "checkbox":
            widget = forms.CheckboxInput(attrs)
        case "textarea":
            lines = (node.raw if node.raw is not None else shown).count("\n") + 1
            widget = forms.Textarea({"cols": None, "rows": min(max(lines, 2), 16), **attrs})
        case "amount":
            widget = NumberOfAmount(decl.codec, attrs)
        case _:
            widget = forms.TextInput(attrs)
    return StepField(node, required=False, label=decl.label, help_text=decl.help, widget=widget)


def _all(nodes: Iterable[FormNode]) -> Iterable[FormNode]:
    """Every node, also those of variants that are not chosen: they are on the page too."""
    for node in nodes:
        yield node
        if isinstance(node, FieldNode):
            continue
        if isinstance(node, OneOfNode):
            yield from _all([node.pick, *node.variants, *node.common])
        else:
            yield from _all(node.children())


@dataclass(frozen=True, slots=True)
class YamlOnlyPlace:
    """A place that only YAML mode shows. line: 1-based, 0 if unknown."""

    path: Path
    line: int


@dataclass
class BoundStep:
    """A step, a document's value and perhaps a posted form, made by `bind`. facts: for its suggestions.
    top: findings of no field."""

    step: Step
    value: Json
    nodes: list[FormNode]
    form: StepForm
    op: Operation | None = None
    facts: ProjectFacts = NOTHING_KNOWN
    locate: Callable[[Path], documents.Mark] | None = None
    top: list[Finding] = field(default_factory=list)

    @cached_property
    def suggestions(self) -> Suggestions:
        """Only a page that is shown asks for them. The first MOST_SUGGESTED of each list."""
        found = self.step.suggestions(self.facts)
        return {id: entries[:MOST_SUGGESTED] for id, entries in found.items()}

    @property
    def asks_for_more(self) -> bool:
        """Whether the form only asks for another blank row: render, do not save."""
        return self.op is not None and self.op.verb == "add"

    def is_valid(self) -> bool:
        return self.form.is_valid()

    @property
    def errors(self) -> ErrorDict:
        """Field name → messages; "__all__" for those about no field on the page."""
        return self.form.errors

    def changes(self) -> list[Change]:
        """The changes of the posted form; [] if it is not valid."""
        return self.form.changes if self.form.is_valid() else []

    @cached_property
    def placeholders(self) -> Mapping[str, str]:
        """Name of a blank field → what it gets if it stays blank, by what is typed elsewhere."""
        return self.step.placeholders(self.nodes, patch(self.value, self.changes()))

    def show_placeholders(self) -> None:
        for name, text in self.placeholders.items():
            self.form.fields[name].widget.attrs["placeholder"] = text

    @property
    def summary(self) -> StrOrPromise:
        return self.step.summary(self.value)

    def typed(self, text: str, index: int) -> str:
        """The text after the form's changes to document `index`. Raises EditRefused (`workloads.documents`)
        if an edit cannot be made in place."""
        changes = self.changes()
        return documents.edit(text, index, changes) if changes else text

    def apply(self, text: str, index: int) -> str:
        """The text after the form's changes and then the operation on document `index`.

        Raises EditRefused as `typed`, BadInput if the row of the operation does not exist.
        """
        changes = self.changes()
        text = self.typed(text, index)
        if self.op is None or self.asks_for_more:
            return text
        return self._operate(text, index, patch(self.value, changes))

    def _operate(self, text: str, index: int, value: Json) -> str:
        assert self.op is not None  # noqa: S101
        row = next((row for row in self._rows() if row.name == self.op.target), None)
        if row is None or row.path is None or get(value, row.path) is ABSENT:
            raise BadInput(_("The row to copy, move or remove no longer exists."))
        place, at = row.path[:-1], int(row.path[-1])  # type: ignore[arg-type]
        items = get(value, place)
        match self.op.verb:
            case "remove":
                return documents.edit(text, index, [(place if len(items) == 1 else row.path, ABSENT)])
            case "copy":
                twin = copy.deepcopy(items[at])
                if isinstance(twin, dict) and "name" in twin:
                    existing = {other.get("name") for other in items if isinstance(other, dict)}
                    twin["name"] = copy_name(twin["name"], existing)
                text = documents.edit(text, index, [((*place, len(items)), twin)])
                at, to = len(items), at + 1
            case "up":
                to = max(at - 1, 0)
            case _:
                to = min(at + 1, len(items) - 1)
        return text if to == at else documents.move_item(text, index, (*place, at), to)

    def _rows(self) -> Iterable[RowNode]:
        for node in _all(self.nodes):
            if isinstance(node, RowsNode) and getattr(node.decl, "movable", False):
                yield from node.rows

    @cached_property
    def only_in_yaml(self) -> list[YamlOnlyPlace]:
        """The places of the document that belong to this step and that it does not show."""

        def mine(path: Path) -> bool:
            if path == RESTART_POLICY and get(self.value, path) == "Always":
                return False  # nothing else is allowed
            return step_of(path) == self.step.slug and path not in NOT_FIELDS

        found = unshown_paths(self.value, shown_paths(self.nodes), mine)
        return [YamlOnlyPlace(path, self.line_of(path)) for path in found]

    def line_of(self, path: Path) -> int:
        return self.locate(path).line if self.locate else 0

    def attach(self, findings: Iterable[Finding], *, after: bool = False, about_input: bool = False) -> None:
        """Put each finding of this step at the node with the longest path above it, what is missing together
        with all that a node shows at the first such node, and the others in `top`.

        after: the findings are about the document with the changes of the posted form; about_input: about
        these changes. All others are about the document as it is: what is typed over has none.
        """
        changes = self.changes() if after else []
        root = patch(self.value, changes) if after else self.value
        places: dict[Path, FormNode] = {}
        for top in self.nodes:
            for node in top.walk():
                for place in node.places():
                    path = path_after(place, changes)
                    if path and (path not in places or isinstance(node, FieldNode)):
                        places[path] = node
        for finding in findings:
            if finding.step != self.step.slug:
                continue
            path = resolve(root, finding.path)
            nearest: Path | None = next(
                (path[:n] for n in range(len(path), 0, -1) if path[:n] in places), None
            )
            if nearest is None and finding.code == "required":
                nearest = next((place for place in places if place[: len(path)] == path), None)
            if nearest is not None and not (after or about_input) and places[nearest].typed_over:
                continue
            (self.top if nearest is None else places[nearest].findings).append(finding)
        for node in _all(self.nodes):
            if isinstance(node, FieldNode) and node.field is not None:
                _describe(node.field, node)

    def go_to(self, at: str) -> None:
        """Open what holds a place of the document and put the cursor there; where the form does not show the
        place, into the nearest above it, else into the first below it. at: the place as findings write it,
        `spec.minReadySeconds`."""
        found: tuple[int, bool, FormNode] | None = None
        for node in (node for top in self.nodes for node in top.walk()):
            for place in node.places():
                text = show(place)
                if found is None and text.startswith(f"{at}."):
                    found = (0, False, node)
                if at == text or (text and at.startswith((f"{text}.", f"{text}["))):
                    closer = (len(text), isinstance(node, FieldNode), node)
                    if found is None or closer[:2] > found[:2]:
                        found = closer
        if found is not None:
            found[2].sought = True
            if not self.put_cursor(found[2]):
                found[2].autofocus = True

    def go_to_first_error(self) -> bool:
        """Put the cursor into the first field with an error, of the input or of a finding. False if no field
        of the page has one."""
        for node in (node for top in self.nodes for node in top.walk()):
            wrong = getattr(node, "error", "") or any(each.severity == "error" for each in node.findings)
            if wrong and self.put_cursor(node):
                return True
        return False

    def go_to_first_required(self) -> None:
        """Put the cursor into the first required field that is empty."""
        for node in (node for top in self.nodes for node in top.walk()):
            if isinstance(node, FieldNode) and node.decl.required and not node.typed:
                self.put_cursor(node)
                return

    def put_cursor(self, node: FormNode) -> bool:
        """Into the first field of a node, and into no other. False if it has none."""
        fields = (
            each.field for each in _all([node]) if isinstance(each, FieldNode) and each.field is not None
        )
        first = next(fields, None)
        if first is None:
            return False
        for each in self.form.fields.values():
            each.widget.attrs.pop("autofocus", None)
        first.field.widget.attrs["autofocus"] = True
        return True


def _describe(field: BoundField, node: FieldNode) -> None:
    """Tie a field to its help and findings, for screen readers."""
    attrs = field.field.widget.attrs
    ids = [f"{field.auto_id}_helptext"] if node.decl.help else []
    if node.findings or field.errors:
        ids.append(f"{field.auto_id}_error")
    if ids:
        attrs["aria-describedby"] = " ".join(ids)
    if any(finding.severity == "error" for finding in node.findings):
        attrs["aria-invalid"] = "true"


def bind(
    step: Step,
    value: Json,
    posted: Mapping[str, str] | None = None,
    *,
    facts: ProjectFacts = NOTHING_KNOWN,
    locate: Callable[[Path], documents.Mark] | None = None,
    stored: bool = False,
) -> BoundStep:
    """The step for one document and perhaps a posted form.

    value: of one DaemonSet document. posted: `request.POST`. locate: path → its place in the text.
    stored: whether the DaemonSet is stored. Raises BadInput for a forged operation.
    """
    op = operation(posted.get("op")) if posted is not None else None
    extra = Counter([op.target] if op and op.verb == "add" else [])
    # The field `step` tells that the whole form was sent: only then a missing checkbox is one not ticked.
    whole = posted is not None and posted.get("step") == step.slug
    parts = (stored and step.stored) or step.parts
    nodes = build_nodes(parts(value, facts), value, posted, whole=whole, extra=extra)
    if extra and not any(isinstance(node, RowsNode) and node.asked_here for node in _all(nodes)):
        raise BadInput(_("The form contains an unknown action."))
    form = StepForm(step, nodes, value, posted)
    bound = BoundStep(step, value, nodes, form, op, facts, locate)
    for node in _all(nodes):
        if (
            isinstance(node, FieldNode | RowsNode | DescribedNode)
            and node.only_yaml
            and node.path is not None
        ):
            node.line = bound.line_of(node.path)
        elif isinstance(node, RowsNode) and node.asked_here:
            bound.put_cursor(node.rows[-1])
    return bound


def new_errors(before: Iterable[Finding], after: Iterable[Finding], slug: str) -> list[Finding]:
    """The errors of a step that are in `after` and not in `before`.

    Rows move when one above them is removed, so an error that only changed its index in a list is not new.
    """

    def kind(finding: Finding) -> tuple[Any, ...]:
        names = tuple(segment for segment in finding.path if not isinstance(segment, int))
        return names, finding.template, tuple(sorted((k, str(v)) for k, v in finding.params.items()))

    known = Counter(kind(finding) for finding in before if finding.severity == "error")
    fresh = []
    for finding in after:
        if finding.severity != "error" or finding.step != slug:
            continue
        if known[kind(finding)] > 0:
            known[kind(finding)] -= 1
        else:
            fresh.append(finding)
    return fresh


def path_after(path: Path, changes: Iterable[Change]) -> Path | None:
    """The path, after the changes, of what was at `path`; None if it was removed."""
    for cut, value in changes:
        n = len(cut) - 1
        if value is not ABSENT or len(path) <= n or path[:n] != cut[:n]:
            continue
        last, mine = cut[n], path[n]
        if last == mine:
            if len(cut) <= len(path) and isinstance(last, int):
                return None
        elif isinstance(last, int) and isinstance(mine, int) and last < mine:
            path = (*path[:n], mine - 1, *path[n + 1 :])
    return path


def copy_name(name: Json, existing: set[Json]) -> str:
    """`agent` → `agent-2`: the first name that is not taken and fits a DNS label."""
    stem = re.sub(r"-[0-9]+$", "", str(name))
    number = 2
    while (new := f"{stem[: 62 - len(str(number))]}-{number}") in existing:
        number += 1
    return new
