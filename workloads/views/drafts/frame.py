"""The frame of a draft's pages: title, switch between form and YAML, stepper.

On a page with a form the stepper and the switch are its submit buttons (`op=go:<place>`), so that the input
is saved before the person leaves. `address_of` is where such a button leads.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.errors import ConsoleError
from console.projects.middleware import enter
from workloads.daemonsets.manifest.findings import STEPS
from workloads.daemonsets.rules.inspection import Inspection
from workloads.drafts import store as drafts
from workloads.models import Draft
from workloads.services.autosave import Autosaved
from workloads.services.draft_context import DraftContext, read_draft_context
from workloads.services.draft_outcomes import REVIEW, YAML, Notice
from workloads.wizard.form.step import Step, every_step


def enter_draft(
    request: HttpRequest, draft: Draft, *, text: str = "", place: str = "", typing: bool = False
) -> DraftContext:
    """Read the draft's context, and show the page in its project. text, place: what is shown. Raises
    Forbidden.

    Whoever is typing waits for no cluster if what was read of it for the page is at hand. Everything is read
    again for `again` in the form, and for a page that is reloaded past the browser's cache (browsers send
    "max-age=0" with every form, too, and with the page after it).
    """
    again = request.POST.get("again") or request.headers.get("Cache-Control") == "no-cache"
    age = 0 if again else settings.CLUSTER_TYPING_SECONDS if typing else None
    context = read_draft_context(draft, request.user, text=text, place=place, age=age)
    enter(request, draft.cluster, "" if context.project_missing else draft.project)
    return context


def notify(request: HttpRequest, *notices: Notice) -> None:
    for notice in notices:
        messages.add_message(request, _LEVELS[notice.level], notice.text, extra_tags=notice.code)


_LEVELS = {
    "success": messages.SUCCESS,
    "info": messages.INFO,
    "warning": messages.WARNING,
    "error": messages.ERROR,
}


def address_of(draft: Draft, place: str, document: int | None = None) -> str:
    """The address of one of PLACES. document: index of the document to open there."""
    if place == REVIEW:
        return reverse("draft-review", args=[draft.id])
    name, args = ("draft-yaml", [draft.id]) if place == YAML else ("draft-step", [draft.id, place])
    url = reverse(name, args=args)
    return f"{url}?doc={document}" if document is not None else url


def as_json(keep: Callable[[], Autosaved]) -> HttpResponse:
    """The answer to an automatic save, for autosave.js; where nothing could be kept, the reason. Raises
    DraftEnded."""
    try:
        kept = keep()
    except drafts.DraftEnded:
        raise
    except ConsoleError as error:
        return JsonResponse({"code": error.code, "text": error.message}, status=error.status)
    return JsonResponse(asdict(kept))


@dataclass(frozen=True, slots=True)
class Stop:
    """One entry of the stepper. todo: nothing is set in the step, and nobody has passed it; wrong: it has
    `errors`, or input that is not in the manifest yet; done: neither. errors: of the DaemonSet in this step;
    of the whole manifest for the review, where `of_all` says that it has several documents."""

    number: int
    slug: str
    title: str | Promise
    url: str
    state: Literal["todo", "done", "wrong"]
    errors: int = 0
    summary: str = ""
    current: bool = False
    has_input: bool = False
    of_all: bool = False


@dataclass(frozen=True, slots=True)
class ChosenDaemonSet:
    """One of several DaemonSets of a draft, to switch to. op: what a button of a form does to go there, after
    saving; current: whether the stepper is about it; has_input: in one of its steps."""

    index: int
    name: str
    line: int
    errors: int
    url: str
    op: str
    current: bool
    has_input: bool


def frame_context(
    draft: Draft,
    inspection: Inspection,
    place: str,
    *,
    document: int | None = None,
    form: bool = True,
    has_input: bool | None = None,
    stopped: bool = False,
) -> dict[str, Any]:
    """The context of `drafts/_frame.html`. place: the page, one of PLACES. document: index of the one that
    the wizard is at, if any. form: whether the page has a form to save before leaving. has_input: whether the
    page has input that cannot go into the manifest; None: what was kept of it says so. stopped: the page just
    stopped the person at errors of the step."""
    if document is None and inspection.daemonsets:
        document = inspection.daemonsets[0]
    several = len(inspection.daemonsets) > 1
    inputs = drafts.pages_with_input(draft)
    if has_input is not None and document is not None:
        inputs = inputs | {(place, document)} if has_input else inputs - {(place, document)}
    input_of = document or 0 if place in STEPS else 0
    passed = len(STEPS)
    if place in STEPS and not several and not drafts.opened(draft):
        passed = STEPS.index(place) + stopped
    stops = _stops(draft, inspection, document, place, inputs, passed) if _has_steps(inspection) else []
    return {
        "draft": draft,
        "title": _title(draft, inspection),
        "stops": stops,
        "page": place,
        "form": form,
        "doc": document,
        "several": several,
        "daemonsets": _daemonsets(draft, inspection, document, place, inputs) if several else [],
        "before_review": stops[-2].url if stops else address_of(draft, YAML),
        "form_url": address_of(draft, STEPS[0], document if several else None),
        "yaml_url": address_of(draft, YAML, document or 0),
        "has_input": bool(inputs),
        "can_undo": drafts.can_undo(draft),
        "can_redo": drafts.can_redo(draft) or bool(drafts.undone_input(draft, place, input_of)),
    }


def _daemonsets(
    draft: Draft, inspection: Inspection, document: int | None, place: str, inputs: set[tuple[str, int]]
) -> list[ChosenDaemonSet]:
    step = place if place in STEPS else STEPS[0]
    return [
        ChosenDaemonSet(
            index,
            inspection.documents[index].name,
            inspection.documents[index].line,
            inspection.errors_of(index),
            address_of(draft, step, index),
            f"go:{step}:{index}",
            index == document,
            any((slug, index) in inputs for slug in STEPS),
        )
        for index in inspection.daemonsets
    ]


def _has_steps(inspection: Inspection) -> bool:
    """Not for a manifest of other objects only: steps are for DaemonSets, existing or not yet begun."""
    return bool(inspection.daemonsets or inspection.error or not inspection.documents)


def _stops(
    draft: Draft,
    inspection: Inspection,
    document: int | None,
    place: str,
    inputs: set[tuple[str, int]],
    passed: int,
) -> list[Stop]:
    """passed: the person has passed this many steps. What a step lacks is an error from then on: in a new
    draft it is still to come."""
    stops = [
        _stop(draft, inspection, number, step, document, place, (step.slug, document) in inputs, passed)
        for number, step in enumerate(every_step(), 1)
    ]
    errors = inspection.errors
    to_come = sum(stop.errors for stop in stops if stop.state == "todo")
    stops.append(
        Stop(
            len(STEPS) + 1,
            REVIEW,
            _("Review"),
            address_of(draft, REVIEW),
            "wrong" if errors > to_come else "todo",
            errors=errors,
            current=place == REVIEW,
            of_all=len(inspection.documents) > 1,
        )
    )
    return stops


def _stop(
    draft: Draft,
    inspection: Inspection,
    number: int,
    step: Step,
    document: int | None,
    place: str,
    has_input: bool,
    passed: int,
) -> Stop:
    url = address_of(draft, step.slug, document if len(inspection.daemonsets) > 1 else None)
    current = step.slug == place
    if document is None:
        return Stop(number, step.slug, step.title, url, "todo", current=current)
    summary = str(step.summary(inspection.documents[document].value))
    errors = inspection.errors_of(document, step.slug)
    state: Literal["todo", "done", "wrong"] = "done" if summary else "todo"
    if has_input or (errors and (summary or number <= passed)):
        state = "wrong"
    return Stop(number, step.slug, step.title, url, state, errors, summary, current, has_input)


def _title(draft: Draft, inspection: Inspection) -> str:
    """What the draft does, by the kinds of its documents; an empty draft creates a DaemonSet."""
    if draft.origin_name:
        return _("Edit %(name)s") % {"name": draft.origin_name}
    if inspection.error and draft.text.strip():
        return _("Draft")
    if len(inspection.documents) > 1:
        count = len(inspection.documents)
        return ngettext("Create %(n)d object", "Create %(n)d objects", count) % {"n": count}
    kind = next((document.kind for document in inspection.documents), "DaemonSet")
    if kind == "DaemonSet":
        return _("Create a DaemonSet")
    return _("New: %(kind)s") % {"kind": kind or _("no kind")}
