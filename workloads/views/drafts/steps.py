"""The wizard's step pages.

A page is one form over one DaemonSet of the draft. It is posted with the version of the draft that it was
made from: if another tab saved the draft since, nothing is saved before the person has seen what changed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from console.projects.middleware import enter
from console.web.render import render_page, see_other
from workloads.daemonsets.manifest import legacy
from workloads.daemonsets.manifest.findings import STEPS
from workloads.daemonsets.rules.inspection import Inspection, inspect
from workloads.drafts import store as drafts
from workloads.models import Draft
from workloads.services import autosave
from workloads.services.draft_context import DraftContext
from workloads.services.draft_outcomes import YAML, GoTo, number
from workloads.services.name_check import check_name
from workloads.services.step_aside import step_aside
from workloads.services.step_editing import (
    ROW_ACTIONS,
    WITHOUT_FORM,
    Reason,
    ShowForm,
    StepAction,
    StepEditor,
    StepRequest,
    add_or_modernise,
    chosen_daemonset,
    open_form,
    open_kept,
    submit,
    text_of_form,
)
from workloads.views import form_values
from workloads.views.drafts.frame import address_of, as_json, enter_draft, frame_context, notify
from workloads.wizard.form.step import Step, get_step
from workloads.wizard.steps import labels


@require_http_methods(["GET", "HEAD", "POST"])
def draft_step(request: HttpRequest, draft_id: UUID, slug: str) -> HttpResponse:
    draft = drafts.fetch(request.user, draft_id)
    step = get_step(slug)
    asked = _read(request)
    if asked.action is StepAction.KEEP:
        enter(request, draft.cluster, draft.project)
        return as_json(lambda: autosave.keep_step(draft, request.user, step, asked))
    opened = asked.action in (None, StepAction.PREVIEW)  # else most likely another page follows
    typing = asked.action is StepAction.PREVIEW
    context = enter_draft(request, draft, text=draft.text, place=slug if opened else "", typing=typing)
    if asked.action in WITHOUT_FORM:
        done = add_or_modernise(draft, slug, asked)
        notify(request, *done.notices)
        return see_other(address_of(draft, done.place, done.document))
    inspection = inspect(text_of_form(draft, asked.version) if asked.action else draft.text, context.facts)
    index = chosen_daemonset(inspection, asked.document)
    kept = drafts.kept_input(draft, slug, index) if index is not None and asked.action is None else None
    if kept is not None:  # the form goes on where it was left
        asked = replace(asked, version=kept.version, saved=kept.saved, kept=kept.pk, fields=kept.fields)
        inspection = inspect(text_of_form(draft, kept.version), context.facts)
        index = chosen_daemonset(inspection, str(kept.document))
    if index is None or legacy.is_legacy(inspection.documents[index].value):
        return _page_without_form(request, draft, step, context, inspection, index)
    text = text_of_form(draft, asked.version or draft.version)
    editor = StepEditor(draft, request.user, step, context, text, inspection, index)
    if kept is not None:
        outcome: GoTo | ShowForm = open_kept(editor, kept)
    else:
        outcome = submit(editor, asked) if asked.action else open_form(editor, asked.place)
    if isinstance(outcome, GoTo):
        notify(request, *outcome.notices)
        return see_other(_address(editor, outcome, asked.group_by))
    return _form(request, editor, asked, outcome)


def _read(request: HttpRequest) -> StepRequest:
    """Raises BadInput."""
    document = request.GET.get("doc", "")
    group_by = request.POST.get("by") or request.GET.get("by", "")
    if request.method != "POST":
        return StepRequest(document, group_by, request.GET.get("at", ""))
    action, argument = form_values.pressed(request, StepAction, StepAction.SAVE)
    if action is StepAction.SAVE_ON_TOP:
        number(argument)
    op = f"{action}:{argument}" if action in ROW_ACTIONS else ""
    fields = {**request.POST.dict(), "op": op}
    fields.pop("csrfmiddlewaretoken", None)
    saved, kept = form_values.autosaved(request)
    return StepRequest(
        document,
        group_by,
        action=action,
        argument=argument,
        version=form_values.version(request),
        saved=saved,
        kept=kept,
        warned=frozenset(request.POST.get("warned", "").split()),
        fields=fields,
    )


def _address(editor: StepEditor, to: GoTo, group_by: str) -> str:
    """Where the draft has one document that fits the place, the address does not name it."""
    fitting = editor.inspection.documents if to.place == YAML else editor.inspection.daemonsets
    url = address_of(editor.draft, to.place, to.document if len(fitting) > 1 else None)
    if to.place == "nodes" and group_by:
        url = f"{url}{'&' if '?' in url else '?'}{urlencode({'by': group_by})}"
    return f"{url}#{to.anchor}" if to.anchor else url


_STATUS: Final[dict[Reason, int]] = {
    "opened": 200,
    "input-kept": 200,
    "row-added": 200,
    "preview": 200,
    "input-unreadable": 422,
    "new-errors": 422,
    "edit-refused": 422,
    "draft-conflict": 409,
}


def _form(request: HttpRequest, editor: StepEditor, asked: StepRequest, shown: ShowForm) -> HttpResponse:
    """The page of the step; for a preview only what is next to the form."""
    draft, document = editor.draft, editor.document
    before, after = editor.neighbours
    typed = shown.bound.form.is_bound
    shown.bound.show_placeholders()
    has_input = (not shown.bound.is_valid() or draft.version != asked.at) if typed else None
    context = {
        **frame_context(
            draft,
            shown.inspection,
            editor.step.slug,
            document=editor.index,
            has_input=has_input,
            stopped=bool(shown.new_errors),
        ),
        "context": editor.context,
        "bound": shown.bound,
        "shown": shown,
        "aside": step_aside(editor, shown, group_by=asked.group_by),
        "alone": shown.reason == "preview",
    }
    if shown.reason == "preview":
        return render_page(request, "workloads/drafts/step.html#aside", context)
    context |= {
        "step": editor.step,
        "stored": editor.is_stored,
        "unmatched": labels.unmatched(document.value),
        "version": asked.version or draft.version,
        "saved": asked.saved or "",
        "kept": asked.kept or "",
        "warned": " ".join(sorted(asked.warned | {error.key for error in shown.new_errors})),
        "back": before,
        "next": after,
        "document": document,
        "document_findings": [each for each in shown.inspection.findings[editor.index] if not each.path],
        "again": f"{asked.action}:{asked.argument}",
        "anyway": f"anyway:{asked.argument}" if asked.action is StepAction.GO else "next:anyway",
    }
    if editor.step.slug == STEPS[0] and not editor.is_stored:
        name = asked.fields.get("name", document.name).strip()
        project = asked.fields.get("project", document.namespace)
        context["name_check"] = reverse("draft-name-check", args=[draft.id])
        context["about_name"] = check_name(draft, request.user, name, project)
    status = shown.problem.status if shown.problem else _STATUS[shown.reason]
    if asked.action is None:  # the page was only opened
        status = 200
    return render_page(request, "workloads/drafts/step.html", context, status=status)


def _page_without_form(
    request: HttpRequest,
    draft: Draft,
    step: Step,
    context: DraftContext,
    inspection: Inspection,
    index: int | None,
) -> HttpResponse:
    """Why the step has no form now, and what can be done. The draft stays as it is."""
    page = {
        **frame_context(draft, inspection, step.slug, document=index, form=False),
        "inspection": inspection,
        "context": context,
        "document": None if index is None else inspection.documents[index],
        "lists": [document for document in inspection.documents if document.kind == "List"],
    }
    return render_page(request, "workloads/drafts/step_without_form.html", page)


@require_safe
def name_check(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """Whether `name` is valid, and free in `project`, while it is typed."""
    draft = drafts.fetch(request.user, draft_id)
    name, project = request.GET.get("name", "").strip(), request.GET.get("project", "")
    checked = check_name(draft, request.user, name, project)
    return render_page(request, "workloads/drafts/steps/_about_name.html", {"about_name": checked})
