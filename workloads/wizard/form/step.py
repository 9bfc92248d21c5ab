"""Steps of the wizard: declared as parts, bound to one document, rendered as one Django form.

A step is a module of this package with a `STEP`:

    def parts(value: Json, facts: ProjectFacts) -> Sequence[Part]:
        return [
            Field("name", NAME, label=_("Name"), help=_("…")),
            Pairs("labels", [Column("v", LABELS, _("Value"))], _("Key"), add=_("Add label")),
            Rows("tol", TOLERATIONS, ("key", "effect"), [
                Field("k", ("key",), label=_("Key")),
                Field("effect", ("effect",), Choice((("NoSchedule", "NoSchedule"),), _("All")), _("Effect")),
            ], add=_("Add a toleration")),
        ]

    STEP = Step("labels", _("Labels"), parts, summary=lambda value: …)

A view binds it, and never looks at fields (`views/steps.py`):

    bound = bind(step, document.value, facts=facts, locate=document.locate, stored=…)
    bound.attach(findings)                       # each at its field

and, of what was posted, with `op` left in it only where it is a button of a row (ROW_VERBS):

    bound = bind(step, document.value, posted, facts=facts, locate=document.locate, stored=…)
    bound.asks_for_more                          # op=add:<rows>: the same form with a blank row more, 200
    bound.is_valid()                             # not: something cannot be read, 422, the input kept
    text = bound.apply(text, document.index)     # what the form changes, then what the button of a row does
    after = the findings about `text`
    if new_errors(before, after, step.slug):     # on the way to the next step: 422, with a button to go on
        bound.attach(after, after=True)

`{% include "workloads/wizard/_step.html" %}` with `bound` (and `yaml_url`, the address of the YAML mode of
this document, with a query) renders what the form asks, hidden fields included, but for the CSRF token, the
draft's version and the buttons of the foot.
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
from django.forms.utils import ErrorDict
from django.utils.translation import gettext as _

from console.errors import BadInput, NotFound
from workloads import documents
from workloads.daemonsets.manifest.findings import STEPS, Finding, step_of
from workloads.daemonsets.manifest.metadata import SERVER_FIELDS
from workloads.daemonsets.project.facts import NOTHING_KNOWN, ProjectFacts
from workloads.documents.paths import ABSENT, Change, Json, Path, get, patch, resolve
from workloads.wizard.form.bindings import changes_of, grow, shown_paths, unshown
from workloads.wizard.form.codecs import Words
from workloads.wizard.form.parts import Part
from workloads.wizard.form.tree import Node, OneOfNode, Row, RowsNode, Slot

Suggestions: TypeAlias = Mapping[str, Sequence[tuple[str, str]]]
"""id of a list → (value, what it is, "" where it speaks for itself)."""

Verb: TypeAlias = Literal["add", "copy", "up", "down", "remove"]
ROW_VERBS: Final[tuple[Verb, ...]] = get_args(Verb)

# What a server writes, or what says what the document is: nothing a step could miss.
NOT_FIELDS: tuple[Path, ...] = (
    ("apiVersion",),
    ("kind",),
    ("status",),
    *(("metadata", name) for name in SERVER_FIELDS),
)


@dataclass(frozen=True, slots=True)
class Step:
    """parts(value, facts): the declaration; it may depend on the document. summary(value): a few words for
    the strip. suggestions(facts): what fields with `suggest` offer. template: lays out `bound.nodes`; the
    default shows them one below the other.

    stored(value, facts): the parts of a DaemonSet that is stored already, where some of it is fixed by that.
    finish(nodes, before, now): what else follows from a posted form, made last; `now` is the document with
    the form's changes. buttons: what `op=do:<key>` adds, given the document after the form's changes.
    """

    slug: str
    title: Words
    parts: Callable[[Json, ProjectFacts], Sequence[Part]]
    summary: Callable[[Json], Words] = lambda value: ""
    suggestions: Callable[[ProjectFacts], Suggestions] = lambda facts: {}
    template: str = "workloads/wizard/_parts.html"
    stored: Callable[[Json, ProjectFacts], Sequence[Part]] | None = None
    finish: Callable[[Sequence[Node], Json, Json], list[Change]] = lambda nodes, before, now: []
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
    """A button that does more than save: `copy:c-0`. target: the id of a list (add) or the name of a row."""

    verb: Verb
    target: str


def operation(raw: str | None) -> Operation | None:
    """Raises BadInput."""
    if not raw:
        return None
    if match := re.fullmatch(rf"({'|'.join(ROW_VERBS)}):([a-zA-Z0-9-]{{1,200}})", raw):
        return Operation(match[1], match[2])  # type: ignore[arg-type]
    raise BadInput(_("The form asks for something unknown."))


class StepHelper(FormHelper):  # type: ignore[misc]
    """How crispy renders the fields; the page around them has the form's tag, token and buttons."""

    form_tag = False
    disable_csrf = True
    field_template = "workloads/wizard/_field.html"
    form_action = ""  # else every single field tries to find the address of none


class StepForm(forms.Form):
    """The fields of a bound step. What they mean is decided by the nodes; this renders and reports."""

    def __init__(
        self, step: Step, nodes: Sequence[Node], root: Json, posted: Mapping[str, str] | None
    ) -> None:
        self.step, self.nodes, self.root = step, nodes, root
        self.changes: list[Change] = []
        slots = [node for node in _all(nodes) if isinstance(node, Slot) and node.shown is not None]
        strings = {slot.name: slot.shown if slot.raw is None else slot.raw for slot in slots}
        super().__init__(
            data=None if posted is None else strings,
            initial=strings,
            auto_id="f-%s",
            use_required_attribute=False,
        )
        self.fields = {slot.name: _form_field(slot) for slot in slots}
        self.helper = StepHelper()
        for slot in slots:
            slot.field = self[slot.name]

    def clean(self) -> None:
        self.changes, errors = changes_of(self.nodes, self.root)
        if not errors:
            self.changes += self.step.finish(self.nodes, self.root, patch(self.root, self.changes))
        for name, message in errors.items():
            self.add_error(name if name in self.fields else None, forms.ValidationError(str(message)))


def _form_field(slot: Slot) -> forms.Field:
    decl, shown = slot.decl, slot.shown or ""
    kind = decl.codec.widget(shown)
    attrs: dict[str, Any] = {"class": "form-control", **decl.attrs}
    if "mono" in decl.look:
        attrs["class"] += " mono"
    if decl.placeholder:
        attrs["placeholder"] = decl.placeholder
    if decl.suggest:
        attrs["list"] = f"suggest-{decl.suggest}"
    widget: forms.Widget
    match kind:
        case "select":
            attrs["class"] = attrs["class"].replace("form-control", "form-select")
            widget = forms.Select(attrs, choices=decl.codec.options(shown))
        case "checkbox":
            widget = forms.CheckboxInput({"class": "form-check-input", **decl.attrs})
        case "textarea":
            lines = (slot.raw if slot.raw is not None else shown).count("\n") + 1
            widget = forms.Textarea({"cols": None, "rows": min(max(lines, 2), 16), **attrs})
        case _:
            widget = forms.TextInput(attrs)
    made = forms.Field(required=False, label=decl.label, help_text=decl.help, widget=widget)
    made.slot = slot  # type: ignore[attr-defined]
    return made


def _all(nodes: Iterable[Node]) -> Iterable[Node]:
    """Every node, also those of ways not chosen: they are on the page, too."""
    for node in nodes:
        yield node
        if isinstance(node, Slot):
            continue
        if isinstance(node, OneOfNode):
            yield from _all([node.pick, *node.cases, *node.common])
        else:
            yield from _all(node.children())


@dataclass(frozen=True, slots=True)
class Unseen:
    """A place that is only in YAML; `line` is 1-based, 0 where not known."""

    path: Path
    line: int


@dataclass
class BoundStep:
    """A step, a document's value and perhaps a posted form. Make it with `bind`."""

    step: Step
    value: Json
    nodes: list[Node]
    form: StepForm
    op: Operation | None = None
    suggestions: Suggestions = field(default_factory=dict)
    locate: Callable[[Path], documents.Mark] | None = None
    top: list[Finding] = field(default_factory=list)

    @property
    def asks_for_more(self) -> bool:
        """Only another blank row is wanted: render, do not save."""
        return self.op is not None and self.op.verb == "add"

    def is_valid(self) -> bool:
        return self.form.is_valid()

    @property
    def errors(self) -> ErrorDict:
        """Field name → sentences; "__all__" for what is about none that is on the page."""
        return self.form.errors

    def changes(self) -> list[Change]:
        """What the posted form changes; [] if it was not valid."""
        return self.form.changes if self.form.is_valid() else []

    @property
    def summary(self) -> Words:
        return self.step.summary(self.value)

    def apply(self, text: str, index: int) -> str:
        """The text with the form's changes and then the operation made in document `index`.

        Raises EditRefused (`workloads.documents`) where an edit cannot be made in place, BadInput for an
        operation on a row that is not there.
        """
        changes = self.changes()
        if changes:
            text = documents.edit(text, index, changes)
        if self.op is None or self.asks_for_more:
            return text
        return self._operate(text, index, patch(self.value, changes))

    def _operate(self, text: str, index: int, value: Json) -> str:
        assert self.op is not None  # noqa: S101
        row = next((row for row in self._rows() if row.name == self.op.target), None)
        if row is None or row.path is None or get(value, row.path) is ABSENT:
            raise BadInput(_("There is nothing to copy, move or remove there any more."))
        place, at = row.path[:-1], int(row.path[-1])  # type: ignore[arg-type]
        items = get(value, place)
        match self.op.verb:
            case "remove":
                return documents.edit(text, index, [(place if len(items) == 1 else row.path, ABSENT)])
            case "copy":
                twin = copy.deepcopy(items[at])
                if isinstance(twin, dict) and "name" in twin:
                    taken = {other.get("name") for other in items if isinstance(other, dict)}
                    twin["name"] = another_name(twin["name"], taken)
                text = documents.edit(text, index, [((*place, len(items)), twin)])
                at, to = len(items), at + 1
            case "up":
                to = max(at - 1, 0)
            case _:
                to = min(at + 1, len(items) - 1)
        return text if to == at else documents.move_item(text, index, (*place, at), to)

    def _rows(self) -> Iterable[Row]:
        for node in _all(self.nodes):
            if isinstance(node, RowsNode) and getattr(node.decl, "movable", False):
                yield from node.rows

    @cached_property
    def only_in_yaml(self) -> list[Unseen]:
        """The places of the document in this step's area that it does not show."""

        def mine(path: Path) -> bool:
            return step_of(path) == self.step.slug and path not in NOT_FIELDS

        found = unshown(self.value, shown_paths(self.nodes), mine)
        return [Unseen(path, self.line_of(path)) for path in found]

    def line_of(self, path: Path) -> int:
        return self.locate(path).line if self.locate else 0

    def attach(self, findings: Iterable[Finding], *, after: bool = False) -> None:
        """Put each finding of this step at the node of the longest path above it, the rest at the top.

        after: the findings are about the document as the posted form makes it, not as it was.
        """
        changes = self.changes() if after else []
        root = patch(self.value, changes) if after else self.value
        places: dict[Path, Node] = {}
        for top in self.nodes:
            for node in top.walk():
                for place in node.places():
                    path = moved(place, changes)
                    if path and (path not in places or isinstance(node, Slot)):
                        places[path] = node
        for finding in findings:
            if finding.step != self.step.slug:
                continue
            path = resolve(root, finding.path)
            nearest = next((path[:n] for n in range(len(path), 0, -1) if path[:n] in places), None)
            (self.top if nearest is None else places[nearest].findings).append(finding)
        for node in _all(self.nodes):
            if isinstance(node, Slot) and node.field is not None:
                _describe(node)


def _describe(slot: Slot) -> None:
    """Tie a field to what is said about it, for those who do not see it beside the field."""
    attrs = slot.field.field.widget.attrs
    ids = [f"{slot.field.auto_id}_helptext"] if slot.decl.help else []
    if slot.findings or slot.field.errors:
        ids.append(f"{slot.field.auto_id}_error")
    if ids:
        attrs["aria-describedby"] = " ".join(ids)
    if any(finding.severity == "error" for finding in slot.findings):
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
    """value: of one DaemonSet document; posted: `request.POST`; locate: where a path of it is in the text;
    stored: whether the DaemonSet is stored already.

    Raises BadInput for a forged operation.
    """
    op = operation(posted.get("op")) if posted is not None else None
    extra = Counter([op.target] if op and op.verb == "add" else [])
    # The marker says that this step's whole form was sent: only then does a missing box mean "not ticked".
    whole = posted is not None and posted.get("step") == step.slug
    parts = (stored and step.stored) or step.parts
    nodes = grow(parts(value, facts), value, posted, whole=whole, extra=extra)
    if extra and not any(isinstance(node, RowsNode) and node.asked for node in _all(nodes)):
        raise BadInput(_("The form asks for something unknown."))
    form = StepForm(step, nodes, value, posted)
    bound = BoundStep(step, value, nodes, form, op, step.suggestions(facts), locate)
    for node in _all(nodes):
        if isinstance(node, Slot | RowsNode) and node.only_yaml and node.path is not None:
            node.line = bound.line_of(node.path)
        elif isinstance(node, RowsNode) and node.asked:
            _focus(node.rows[-1])
    return bound


def _focus(row: Row) -> None:
    """The pointer goes into the row that was just asked for."""
    slot = next((node for node in _all([row]) if isinstance(node, Slot)), None)
    if slot is not None and slot.field is not None:
        slot.field.field.widget.attrs["autofocus"] = True


def new_errors(before: Iterable[Finding], after: Iterable[Finding], slug: str) -> list[Finding]:
    """The errors of a step that were not there before.

    Rows move when one above them goes, so an error that only changed its position in a list is an old one.
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


def moved(path: Path, changes: Iterable[Change]) -> Path | None:
    """Where what was at `path` is after the changes; None if it went."""
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


def another_name(name: Json, taken: set[Json]) -> str:
    """`agent` → `agent-2`, the first that is free and fits a DNS label."""
    stem = re.sub(r"-[0-9]+$", "", str(name))
    number = 2
    while (new := f"{stem[: 62 - len(str(number))]}-{number}") in taken:
        number += 1
    return new
