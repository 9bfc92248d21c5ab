"""YAML mode: the draft's text in an editor, its documents next to it; import and export."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_http_methods, require_safe

from console.accounts.access import require
from console.errors import BadInput, TooLarge
from console.projects.middleware import enter
from console.web.render import render_page, see_other
from workloads.daemonsets.manifest import schema
from workloads.daemonsets.rules.inspection import Inspection, inspect
from workloads.documents import LIMITS, DocumentError, EditRefused, bundle, cursor
from workloads.drafts import starters
from workloads.drafts import store as drafts
from workloads.models import Draft
from workloads.services import autosave, text_editing
from workloads.services.draft_outcomes import YAML, GoTo, number
from workloads.services.merge import choices
from workloads.services.text_editing import ShowEditor, TextAction, TextRequest, Upload
from workloads.services.translation import say
from workloads.views import form_values
from workloads.views.drafts.frame import address_of, as_json, enter_draft, frame_context, notify


@require_http_methods(["GET", "HEAD", "POST"])
def draft_yaml(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    draft = drafts.fetch(request.user, draft_id)
    enter(request, draft.cluster, draft.project)
    if request.method != "POST":
        return _editor(request, text_editing.open_editor(draft))
    sent = _read(request, draft)
    if sent.action is TextAction.KEEP:
        return as_json(lambda: autosave.keep_text(draft, sent))
    if sent.action is TextAction.CHECK:
        found = _findings(request, draft, sent.text, typing=True)
        document = text_editing.asked_daemonset(found["inspection"], _opened_for(request))
        context = {**frame_context(draft, found["inspection"], YAML, document=document), **found}
        return render_page(request, "workloads/drafts/yaml.html#checked", context)
    if sent.action is TextAction.COMPLETE:
        return JsonResponse({"fields": _completions(request, sent.text)})
    outcome = text_editing.submit(draft, sent)
    notify(request, *outcome.notices)
    if isinstance(outcome, ShowEditor):
        return _editor(request, outcome)
    return see_other(_address(draft, outcome))


def _read(request: HttpRequest, draft: Draft) -> TextRequest:
    """Raises BadInput."""
    action, argument = form_values.pressed(request, TextAction, TextAction.SAVE)
    text = form_values.manifest(request, draft.text)
    if action in (TextAction.CHECK, TextAction.COMPLETE):
        return TextRequest(action, argument, text, draft.version)
    saved, kept = form_values.autosaved(request)
    return TextRequest(
        action,
        argument,
        text,
        version=form_values.version(request),
        saved=saved,
        kept=kept,
        base=number(request.POST.get("base", "")) if action is TextAction.MERGE else 0,
        document=_opened_for(request),
        cursor=number(request.POST.get("cursor") or "0"),
        files=_uploads(request),
    )


def _opened_for(request: HttpRequest) -> str:
    """The index of the document that the page was opened for, "" for none."""
    return request.POST.get("doc") or request.GET.get("doc", "")


def _uploads(request: HttpRequest) -> list[Upload]:
    found = []
    for file in request.FILES.getlist("files"):
        size = file.size or 0
        found.append(Upload(str(file.name), size, file.read() if size <= LIMITS.size else None))
    return found


def _address(draft: Draft, to: GoTo) -> str:
    url = address_of(draft, to.place, to.document)
    return f"{url}?line={to.line}" if to.line else url


def _editor(request: HttpRequest, shown: ShowEditor) -> HttpResponse:
    draft, text = shown.draft, shown.text
    found = _findings(request, draft, text)
    inspection: Inspection = found["inspection"]
    document = text_editing.asked_daemonset(inspection, _opened_for(request))
    context = {
        **frame_context(draft, inspection, YAML, document=document),
        **found,
        "shown": shown,
        "text": text,
        "version": shown.version,
        "line": request.GET.get("line") or _line_of(inspection, request.GET.get("doc", "")),
        "formats": {document.format for document in inspection.documents},
        "starters": starters.KINDS,
    }
    if shown.reason == "draft-conflict":
        context["base_kept"], context["changed"] = text_editing.changes_since(draft, shown.base, text)
    return render_page(request, "workloads/drafts/yaml.html", context, status=shown.status)


def _findings(request: HttpRequest, draft: Draft, text: str, *, typing: bool = False) -> dict[str, Any]:
    context = enter_draft(request, draft, text=text, typing=typing)
    inspection = inspect(text, context.facts)
    sides = choices(text) if inspection.error else []
    rest = text_editing.readable(text, context.facts) if inspection.error and not sides else None
    shown = rest.inspection if rest else inspection
    return {
        "context": context,
        "inspection": inspection,
        "error": inspection.error,
        "choices": sides,
        "broken": rest.broken if rest else [],
        "documents": shown.documents,
        "findings": shown.all_findings,
    }


def _line_of(inspection: Inspection, index: str) -> int | str:
    """The line of a document, "" for none."""
    return next((document.line for document in inspection.documents if str(document.index) == index), "")


def _completions(request: HttpRequest, text: str) -> list[dict[str, str]]:
    line, column = number(request.POST.get("line", "")), number(request.POST.get("column", ""))
    api_version, kind, path = cursor.path_at(text, line, column)
    fields = schema.fields_at(path, api_version or "apps/v1", kind or "DaemonSet")
    return [{"name": name, "type": type_} for name, type_ in fields]


@require_safe
def draft_export(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """The draft's text as a file: as written or converted (`format`), whole or one document (`doc`)."""
    draft = drafts.fetch(request.user, draft_id)
    text, to, document = draft.text, request.GET.get("format", ""), request.GET.get("doc", "")
    try:
        if document:
            text = bundle.extract(text, number(document))
        if to in ("yaml", "json"):
            text = bundle.convert(text, to)
    except (DocumentError, EditRefused) as refused:
        raise BadInput(say(refused), code=refused.code) from refused
    return as_file(text, _name_of(draft), "json" if text.lstrip().startswith("{") else "yaml")


def _name_of(draft: Draft) -> str:
    """The object that the draft was opened from, else the first that its text names."""
    return draft.origin_name or next((d.name for d in inspect(draft.text).documents if d.name), "draft")


def as_file(text: str, stem: str, format: str) -> HttpResponse:
    # Only characters that every file system takes, and that cannot end the quotes in the header.
    stem = re.sub(r"[^A-Za-z0-9.-]+", "-", stem).strip("-.")[:100] or "manifest"
    response = HttpResponse(text, content_type=f"application/{format}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{stem}.{format}"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def import_text(request: HttpRequest, cluster: str, project: str) -> HttpResponse:
    """Paste, upload or drop. It becomes a draft, valid or not, so that nothing is lost."""
    require(request.user, "edit", cluster=cluster, project=project)
    pasted = request.POST.get("text", "")
    if request.method != "POST":
        return render_page(request, "workloads/drafts/import.html", {"text": pasted})
    try:
        text, notices = text_editing.import_text(pasted.replace("\r\n", "\n"), _uploads(request))
    except (BadInput, TooLarge) as refused:
        context = {"text": pasted, "refused": refused}
        return render_page(request, "workloads/drafts/import.html", context, status=refused.status)
    notify(request, *notices)
    return see_other(address_of(drafts.create(request.user, cluster, project, text), YAML))
