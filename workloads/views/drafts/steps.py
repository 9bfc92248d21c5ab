"""The wizard's step pages.

A page is one form over one DaemonSet of the draft's text. It is posted with the version of the draft it was
made from: where the draft is another one by now, nothing is saved before the person has seen what changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from console.errors import BadInput, Conflict, ConsoleError, NotFound
from console.web.render import render_page, see_other
from workloads import documents
from workloads.daemonsets.manifest import legacy, names
from workloads.daemonsets.manifest.findings import STEPS, Finding
from workloads.daemonsets.placement.verdicts import coverage, template_of
from workloads.daemonsets.rules.inspection import Inspection, inspect, placed
from workloads.documents import Document, DocumentError, EditRefused, bundle
from workloads.drafts import store as drafts
from workloads.drafts.rebase import Misplaced, rebase
from workloads.models import Draft
from workloads.services.offers import offered
from workloads.services.preview import Beside, Ground
from workloads.services.refs import ref_of
from workloads.services.translation import say
from workloads.stores import secrets
from workloads.stores.protocol import daemonset
from workloads.views import posted
from workloads.views.drafts.frame import PLACES, REVIEW, YAML, frame, go_to
from workloads.views.drafts.surroundings import Surroundings, surroundings
from workloads.wizard.form.step import ROW_VERBS, BoundStep, Step, bind, get_step, new_errors
from workloads.wizard.form.tree import GroupNode, Node, Row, RowsNode, Slot
from workloads.wizard.steps import labels


@dataclass(frozen=True, slots=True)
class Desk:
    """All that is at hand while one step of one draft is worked on. text: what the form was made from, which
    `look` is at; doc: the document of it that the form is about."""

    request: HttpRequest
    draft: Draft
    step: Step
    around: Surroundings
    text: str
    look: Inspection
    doc: int

    @property
    def document(self) -> Document:
        return self.look.documents[self.doc]

    @property
    def stored(self) -> bool:
        """Whether the form is about the stored object that was opened for editing."""
        draft = self.draft
        return bool(draft.origin_name) and (draft.origin_kind, draft.origin_name) == (
            self.document.kind,
            self.document.name,
        )

    def bind(self, sent: Mapping[str, str] | None = None) -> BoundStep:
        return bind(
            self.step,
            self.document.value,
            sent,
            facts=self.around.facts,
            locate=self.document.locate,
            stored=self.stored,
        )

    def address(self, place: str) -> str:
        others = self.look.documents if place == YAML else self.look.daemonsets
        url = go_to(self.draft, place, self.doc if len(others) > 1 else None)
        if place != "nodes" or not self.grouped_by:
            return url
        return f"{url}{'&' if '?' in url else '?'}{urlencode({'by': self.grouped_by})}"

    @property
    def grouped_by(self) -> str:
        """The label by which the person wants the nodes of the map in groups."""
        return self.request.POST.get("by") or self.request.GET.get("by", "")


@require_http_methods(["GET", "HEAD", "POST"])
def draft_step(request: HttpRequest, draft_id: UUID, slug: str) -> HttpResponse:
    """POST `op`: save (or nothing), next, next:anyway, go:<place>, undo, preview, mine:<version>, one of
    ROW_VERBS with its row, do:<button of the step>; start and modernise where there is no form to show."""
    draft = drafts.fetch(request.user, draft_id)
    step = get_step(slug)
    around = surroundings(request, draft)
    verb, _colon, argument = request.POST.get("op", "").partition(":")
    if request.method == "POST" and verb in _BEFORE:
        return _before_the_form(request, draft, step, verb)
    text = draft.text
    if request.method == "POST":
        text = _text_read(draft, posted.version(request))
    look = inspect(text, around.facts)
    doc = _chosen(request, look)
    if doc is None or legacy.is_legacy(look.documents[doc].value):
        return _waiting(request, draft, step, around, look, doc)
    desk = Desk(request, draft, step, around, text, look, doc)
    if request.method == "POST":
        return _posted(desk, verb or "save", argument)
    bound = desk.bind()
    if not _quiet(desk):
        _attach(bound, look.findings[doc])
    return _page(desk, bound)


def _text_read(draft: Draft, version: int) -> str:
    """The text that the posted form was made from. Raises Conflict where it is not kept any more."""
    try:
        return drafts.text_at(draft, version)
    except NotFound:
        raise Conflict(
            _("This draft has been changed too often since this page was opened to compare the two."),
            way_out=_("Open the step again, in another tab, and copy over what you typed."),
        ) from None


def _chosen(request: HttpRequest, look: Inspection) -> int | None:
    """The index of the DaemonSet that the address asks for, else of the first. Raises NotFound."""
    asked = request.GET.get("doc", "")
    if not asked or not look.daemonsets:
        return look.daemonsets[0] if look.daemonsets else None
    if asked.isdecimal() and len(asked) < 9 and int(asked) in look.daemonsets:
        return int(asked)
    raise NotFound(
        _("The text has no DaemonSet there any more."), way_out=_("Open the draft from the list of drafts.")
    )


# ---- posting ----


def _posted(desk: Desk, verb: str, argument: str) -> HttpResponse:
    sent = desk.request.POST.copy()
    if verb not in ROW_VERBS:
        sent["op"] = ""
    bound = desk.bind(sent)
    if bound.asks_for_more:
        _attach(bound, desk.look.findings[desk.doc])
        return _page(desk, bound)
    if verb == "preview":
        return _preview(desk, bound)
    if not bound.is_valid():
        _attach(bound, desk.look.findings[desk.doc])
        return _page(desk, bound, status=422)
    if verb == "undo":
        return _undo(desk, bound)
    problem = desk.around.problem
    if problem and verb == "do" and argument.startswith("fix:"):
        # What the button changes follows from the nodes, which are not known now.
        _attach(bound, desk.look.findings[desk.doc])
        return _page(desk, bound, unanswered=problem, again=f"do:{argument}", status=problem.status)
    try:
        typed = bound.apply(desk.text, desk.doc)
        text = _pressed(desk, typed, argument) if verb == "do" else typed
    except EditRefused as refused:
        return _refused(desk, bound, refused)
    after = inspect(text, desk.around.facts)
    fresh = new_errors(desk.look.findings[desk.doc], after.findings[desk.doc], desk.step.slug)
    if fresh and verb == "next" and argument != "anyway":
        _attach(bound, after.findings[desk.doc], after=True)
        return _page(desk, bound, look=after, text=text, fresh=fresh, status=422)
    version = posted.version(desk.request)
    if text == desk.text:
        return _onward(desk, verb, argument)
    if verb == "mine":
        text, version = _on_top(desk, bound, argument), posted.number(argument)
    # What was typed is a version of its own, so that undo takes back what the button did and nothing else.
    changes = [typed, text] if verb == "do" else [text]
    try:
        _save(desk.draft, changes, version, _new_project(desk, after))
    except Conflict:
        return _conflict(desk, bound)
    return _onward(desk, verb, argument)


@transaction.atomic
def _save(draft: Draft, texts: Iterable[str], version: int, project: str | None) -> None:
    """One after the other, all of them or none. Raises Conflict."""
    for text in texts:
        version = drafts.save(draft, text, version=version, project=project).version


def _pressed(desk: Desk, text: str, argument: str) -> str:
    """The text, which has the form's changes, with what the button adds to them. Raises EditRefused."""
    value = documents.read(text)[desk.doc].value
    if argument.startswith("fix:"):
        key = argument.removeprefix("fix:")
        more = list(offered(value, desk.around.facts, desk.around.features, key))
        if not more:
            messages.info(desk.request, _("This change is of no use any more: nothing more is changed."))
    elif argument in desk.step.buttons:
        more = desk.step.buttons[argument](value)
    else:
        raise BadInput(_("The form asks for something unknown."))
    return documents.edit(text, desk.doc, more) if more else text


def _new_project(desk: Desk, after: Inspection) -> str | None:
    """The project that the first step was told to move the draft to."""
    namespace = after.documents[desk.doc].namespace
    changed = desk.step.slug == STEPS[0] and namespace != desk.document.namespace
    return namespace if changed and namespace in desk.around.projects else None


def _onward(desk: Desk, verb: str, argument: str) -> HttpResponse:
    place = desk.step.slug
    if verb == "next":
        place = _neighbours(desk.step)[1]
    elif verb == "go":
        if argument not in PLACES:
            raise BadInput(_("The form asks for something unknown."))
        place = argument
    elif verb == "save":
        messages.success(desk.request, _("The draft is saved."))
    # A row that was copied or moved is shown again in its list.
    anchor = f"#r-{argument.rpartition('-')[0]}" if verb in ROW_VERBS else ""
    return see_other(desk.address(place) + anchor)


def _neighbours(step: Step) -> tuple[str, str]:
    """The places before ("" for the first) and after a step."""
    at = STEPS.index(step.slug)  # type: ignore[arg-type]
    return STEPS[at - 1] if at else "", STEPS[at + 1] if at + 1 < len(STEPS) else REVIEW


def _undo(desk: Desk, bound: BoundStep) -> HttpResponse:
    """What was typed on this page goes first; then, step by step, what was saved before."""
    if bound.changes():
        messages.success(desk.request, _("What you typed on this page is undone."))
    else:
        try:
            drafts.undo(desk.draft, posted.version(desk.request))
        except Conflict:
            return _conflict(desk, bound)
        messages.success(desk.request, _("Undone: the draft is as it was before the last change."))
    return see_other(desk.address(desk.step.slug))


def _refused(desk: Desk, bound: BoundStep, refused: EditRefused) -> HttpResponse:
    """The text cannot take the change where it stands: said at the field, with the way to the line."""
    said = Finding(refused.path, refused.template, source="text", params=refused.params, code=refused.code)
    [finding] = placed(desk.document, [said])
    _attach(bound, [*desk.look.findings[desk.doc], finding])
    return _page(desk, bound, refused=finding, status=422)


# ---- two at the same draft ----


def _conflict(desk: Desk, bound: BoundStep) -> HttpResponse:
    """What changed meanwhile, what was typed here, and what both together would be."""
    version = posted.version(desk.request)
    theirs = drafts.fetch(desk.request.user, desk.draft.pk)
    conflict: dict[str, Any] = {
        "between": _diff(drafts.text_at(theirs, version), theirs.text),
        "version": theirs.version,
    }
    try:
        conflict["mine"] = _diff(theirs.text, _rebased(desk, bound, theirs))
    except (Misplaced, EditRefused, Conflict):
        conflict["apart"] = True
    _attach(bound, desk.look.findings[desk.doc])
    return _page(desk, bound, conflict=conflict, status=409)


def _on_top(desk: Desk, bound: BoundStep, argument: str) -> str:
    """The newer text with what this form changes. Raises Conflict."""
    theirs = drafts.fetch(desk.request.user, desk.draft.pk)
    try:
        return _rebased(desk, bound, theirs) if theirs.version == posted.number(argument) else desk.text
    except (Misplaced, EditRefused):
        raise Conflict(_("What you typed does not fit the draft as it is now.")) from None


def _rebased(desk: Desk, bound: BoundStep, theirs: Draft) -> str:
    """Raises Misplaced, EditRefused, and Conflict where the newer text has no such DaemonSet."""
    look = inspect(theirs.text)
    same = [d for d in look.daemonsets if look.documents[d].name == desk.document.name]
    at = next(iter(same), desk.doc if desk.doc in look.daemonsets else None)
    if at is None:
        raise Conflict(_("The DaemonSet is not in the draft any more."))
    changes = rebase(bound.changes(), desk.document.value, look.documents[at].value)
    return documents.edit(theirs.text, at, changes) if changes else theirs.text


# ---- rendering ----


def _quiet(desk: Desk) -> bool:
    """A step in which nothing is set yet is not reproached with it."""
    return not desk.step.summary(desk.document.value)


def _attach(bound: BoundStep, findings: Iterable[Finding], *, after: bool = False) -> None:
    """Findings about the whole document belong to no field: `_page` shows them on every step."""
    bound.attach([finding for finding in findings if finding.path], after=after)


def _page(
    desk: Desk,
    bound: BoundStep,
    *,
    look: Inspection | None = None,
    text: str | None = None,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    """look, text: of the draft as the posted form makes it, where that is known."""
    look = look or desk.look
    before, after = _neighbours(desk.step)
    context = {
        **frame(desk.draft, desk.look, desk.step.slug, doc=desk.doc),
        **_aside(desk, bound, look, desk.text if text is None else text),
        **more,
        "bound": bound,
        "step": desk.step,
        "around": desk.around,
        "stored": desk.stored,
        "unmatched": labels.unmatched(desk.document.value),
        "version": posted.version(desk.request) if desk.request.method == "POST" else desk.draft.version,
        "back": before,
        "next": after,
        "daemonsets": [desk.look.documents[i] for i in desk.look.daemonsets],
        "document": desk.document,
        "whole": [finding for finding in look.findings[desk.doc] if not finding.path],
    }
    if desk.step.slug == STEPS[0] and not desk.stored:
        name = desk.request.POST.get("name", desk.document.name).strip()
        project = desk.request.POST.get("project", desk.document.namespace)
        context["name_check"] = reverse("draft-name-check", args=[desk.draft.id])
        context["about_name"] = _about_name(desk.draft, desk.around, name, project)
    return render_page(desk.request, "workloads/wizard/step.html", context, status=status)


def _preview(desk: Desk, bound: BoundStep) -> HttpResponse:
    """The aside for what is typed so far. Saves nothing."""
    look, text, refused = desk.look, desk.text, None
    if bound.is_valid():
        try:
            text = bound.apply(desk.text, desk.doc)
        except EditRefused as error:
            refused = error
        else:
            look = inspect(text, desk.around.facts)
    _attach(bound, look.findings[desk.doc], after=text != desk.text)
    on_page = [] if _quiet(desk) else desk.look.findings[desk.doc]
    context = {
        **frame(desk.draft, desk.look, desk.step.slug, doc=desk.doc),
        **_aside(desk, bound, look, text, on_page),
        "refused": refused,
        "bound": bound,
        "around": desk.around,
        "alone": True,
    }
    return render_page(desk.request, "workloads/wizard/_aside.html", context)


def _aside(
    desk: Desk, bound: BoundStep, look: Inspection, text: str, on_page: Iterable[Finding] | None = None
) -> dict[str, Any]:
    """What is beside the form: what changes in the text, what there is to say of this step, how many nodes.

    Of a new draft only what is not saved yet is shown: everything in it is new. on_page: as for `_said`.
    """
    draft = desk.draft
    opened = drafts.opened(draft)
    nodes = desk.around.facts.nodes
    runs = None
    value = look.documents[desk.doc].value
    if nodes and desk.step.slug != "nodes":
        runs = coverage(template_of(value), nodes, features=desk.around.features)
    return {
        "opened": opened,
        "changed": _diff(draft.origin_text if opened else desk.text, text),
        "said": list(_said(bound, on_page)),
        "coverage": runs,
        "beside": _beside(desk, look) if desk.step.slug == "nodes" else None,
    }


def _beside(desk: Desk, look: Inspection) -> Beside | None:
    """None where the store does not answer, and where the nodes are not known."""
    around = desk.around
    if around.store is None:
        return None
    there = [(ref_of(each, desk.draft.project), each) for each in look.documents]
    ground = Ground(around.store, around.facts, there, desk.request.user)
    ref, document = there[desk.doc]
    return ground.beside(ref, document.value, ground.stored(ref), by=desk.grouped_by, rolls=False)


def _diff(old: str, new: str) -> Sequence[documents.DiffLine]:
    return secrets.diff_of(old, new, context=2)


@dataclass(frozen=True, slots=True)
class Said:
    """A finding, for the aside. place: the names that lead to where it is shown, "" where that is the head of
    the step; anchor: the id there; news: the page does not say it there yet."""

    finding: Finding
    place: str = ""
    anchor: str = ""
    news: bool = False


def _said(bound: BoundStep, on_page: Iterable[Finding] | None) -> Iterator[Said]:
    """Every finding of the step. on_page: those that the page shows at their fields; None: all of them."""
    shown = None if on_page is None else {_sentence(finding) for finding in on_page}

    def below(nodes: Iterable[Node], names: tuple[str, ...], anchor: str) -> Iterator[Said]:
        for node in nodes:
            if not node.active:
                continue
            own, there = _name_of(node), _anchor_of(node) or anchor
            path = (*names, own) if own else names
            for finding in node.findings:
                news = shown is not None and _sentence(finding) not in shown
                yield Said(finding, " › ".join(path), there, news)
            # The headings between a row and its fields are plain from the fields.
            yield from below(node.children(), path if isinstance(node, Row) else names, there)

    yield from map(Said, bound.top)
    yield from below(bound.nodes, (), "")


def _sentence(finding: Finding) -> tuple[documents.Path, str]:
    return finding.path, finding.message


def _name_of(node: Node) -> str:
    match node:
        case Slot():
            return str(node.decl.label)
        case Row():
            slots = [child for child in node.walk() if isinstance(child, Slot)]
            named = [slot for slot in slots if slot.path and slot.path[-1:] == node.named_by[:1]]
            slot = next(iter(named or slots), None)
            return node.title or (slot and (slot.raw or slot.shown)) or ""
        case GroupNode():
            return str(node.decl.title)
        case RowsNode():
            return str(node.decl.label)
    return ""


def _anchor_of(node: Node) -> str:
    match node:
        case Slot():
            return node.field.auto_id if node.field is not None else ""
        case GroupNode():
            return f"g-{node.id}"
        case RowsNode():
            return f"r-{node.id}"
        case Row():
            return node.name
    return ""


# ---- no form to show ----


def _waiting(
    request: HttpRequest,
    draft: Draft,
    step: Step,
    around: Surroundings,
    look: Inspection,
    doc: int | None,
) -> HttpResponse:
    """Why there is no form now, and the ways on. The text stays as it is."""
    context = {
        **frame(draft, look, step.slug, doc=doc, form=False),
        "look": look,
        "around": around,
        "document": None if doc is None else look.documents[doc],
        "lists": [document for document in look.documents if document.kind == "List"],
    }
    return render_page(request, "workloads/wizard/waiting.html", context)


_BEFORE: Final[Mapping[str, Callable[[str, Draft, int | None], str]]] = {
    "start": lambda text, draft, doc: bundle.add(text, drafts.blank(draft.project)),
    "modernise": lambda text, draft, doc: text if doc is None else legacy.modernised(text, doc),
}


def _before_the_form(request: HttpRequest, draft: Draft, step: Step, verb: str) -> HttpResponse:
    """The ways on that change the text: to a DaemonSet, to one of today."""
    doc = _chosen(request, inspect(draft.text))
    try:
        text = _BEFORE[verb](draft.text, draft, doc)
    except (DocumentError, EditRefused) as refused:
        messages.error(request, say(refused))
        return see_other(go_to(draft, YAML))
    drafts.save(draft, text, version=posted.version(request))
    return see_other(go_to(draft, step.slug, doc))


# ---- the name, while it is typed ----


@require_safe
def name_check(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """Whether `name` is valid, and free in `project`."""
    draft = drafts.fetch(request.user, draft_id)
    name, project = request.GET.get("name", "").strip(), request.GET.get("project", "")
    said = _about_name(draft, surroundings(request, draft), name, project)
    return render_page(request, "workloads/wizard/_about_name.html", {"about_name": said})


def _about_name(draft: Draft, around: Surroundings, name: str, project: str) -> dict[str, str] | None:
    """{"state": "wrong" | "taken" | "free" | "unknown", "text": a sentence}; None where nothing is typed."""
    if not name:
        return None
    problem = names.dns_subdomain(name)
    if problem:
        template, params = problem
        return {"state": "wrong", "text": _(template) % params}
    project = project or draft.project
    if around.store is None:
        return {"state": "unknown", "text": _("Whether the name is free is not known now.")}
    try:
        around.store.get(daemonset(project, name))
    except NotFound:
        return {"state": "free", "text": _("The name is free in project %(name)s.") % {"name": project}}
    except ConsoleError as error:
        return {"state": "unknown", "text": error.message}
    return {
        "state": "taken",
        "text": _("Project %(project)s has a DaemonSet %(name)s already.")
        % {"project": project, "name": name},
    }
