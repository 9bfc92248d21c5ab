"""YAML mode: the draft's text in an editor, its documents beside it; import and export."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from console.accounts.access import require
from console.errors import BadInput, Conflict, NotFound, TooLarge
from console.projects.middleware import enter
from console.web.render import render_page, see_other
from workloads.daemonsets.manifest import schema
from workloads.daemonsets.manifest.legacy import converted
from workloads.daemonsets.rules.inspection import Inspection, inspect
from workloads.documents import LIMITS, DocumentError, EditRefused, bundle, cursor, decode, merge, read
from workloads.drafts import starters
from workloads.drafts import store as drafts
from workloads.models import Draft
from workloads.services.merge import choices
from workloads.services.translation import say
from workloads.stores import secrets
from workloads.views import posted
from workloads.views.drafts.frame import PLACES, YAML, frame, go_to
from workloads.views.drafts.surroundings import surroundings


@require_http_methods(["GET", "HEAD", "POST"])
def draft_yaml(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """The editor. POST `op`: save, go:<place>, go:<place>:<document>, check, complete, append, merge, undo or
    one of `_REWRITES`; `cursor`: the line it is in, "" without JavaScript."""
    draft = drafts.fetch(request.user, draft_id)
    enter(request, draft.cluster, draft.project)
    if request.method != "POST":
        return _editor(request, draft, draft.text)
    if "text" not in request.POST:
        raise posted.incomplete()
    op, _colon, argument = request.POST.get("op", "save").partition(":")
    text = posted.text(request, draft.text)
    if op == "check":
        context = {"draft": draft, **_said(request, draft, text)}
        return render_page(request, "workloads/yaml/_checked.html", context)
    if op == "complete":
        return JsonResponse({"fields": _completions(request, text)})
    version = posted.version(request)
    try:
        _within_limits(text)
        if op == "undo":
            return _undo(request, draft, text, version)
        if op == "merge":
            base = drafts.text_at(draft, posted.number(request.POST.get("base", "")))
            text = merge(base, text, drafts.text_at(draft, version)).text
        elif op == "append":
            text = _with_files(request, text)
        draft = drafts.save(draft, text, version=version)
    except Conflict as conflict:
        return _editor(request, drafts.fetch(request.user, draft_id), text, conflict=conflict, base=version)
    except (BadInput, TooLarge) as refused:
        messages.error(request, refused.message)
        return _editor(request, draft, text, version=version, status=refused.status)
    if op in _REWRITES:
        return _REWRITES[op](request, draft, argument)
    return _go(request, draft, argument if op == "go" else YAML)


def _go(request: HttpRequest, draft: Draft, argument: str) -> HttpResponse:
    """After a save: on to where the button said, unless the text cannot be read."""
    look = inspect(draft.text)
    if look.error and draft.text.strip():
        return _editor(request, draft, draft.text, status=422)
    place, _colon, document = argument.partition(":")
    if place == YAML:
        messages.success(request, _("Draft saved."))
        # With a cursor the editor comes back to it by itself.
        doc = _asked(request, look) if len(look.documents) > 1 and not request.POST.get("cursor") else None
        return see_other(go_to(draft, YAML, doc))
    if place not in PLACES:
        raise posted.incomplete()
    at = posted.number(document) if document else _at_cursor(request, draft.text, look)
    several = len(look.daemonsets) > 1
    return see_other(go_to(draft, place, at if several and at in look.daemonsets else _asked(request, look)))


def _asked(request: HttpRequest, look: Inspection) -> int | None:
    """The DaemonSet of several that the page was opened for."""
    asked = request.POST.get("doc") or request.GET.get("doc", "")
    found = next((d for d in look.daemonsets if str(d) == asked), None)
    return found if len(look.daemonsets) > 1 else None


def _at_cursor(request: HttpRequest, text: str, look: Inspection) -> int | None:
    """The document that the cursor is in."""
    line = posted.number(request.POST.get("cursor") or "0")
    return next((d.index for d in reversed(look.documents) if text.count("\n", 0, d.start) < line), None)


def _undo(request: HttpRequest, draft: Draft, text: str, version: int) -> HttpResponse:
    """What was typed goes first; then, save by save, what was kept before. Raises Conflict."""
    if text != draft.text:
        messages.success(request, _("What you typed on this page is undone."))
    else:
        drafts.undo(draft, version)
        messages.success(request, _("Undone: the draft is as it was before the last change."))
    return see_other(go_to(draft, YAML))


def _rewrite(
    change: Callable[[str, str], str], *, adds: bool = False
) -> Callable[[HttpRequest, Draft, str], HttpResponse]:
    """A button that rewrites the text: `change(text, argument)`. A refusal is said and changes nothing.

    adds: the last document is a new one, and is gone to."""

    def view(request: HttpRequest, draft: Draft, argument: str) -> HttpResponse:
        try:
            text = change(draft.text, argument)
        except (DocumentError, EditRefused) as refused:
            messages.error(request, say(refused))
            return _editor(request, draft, draft.text, status=422)
        drafts.save(draft, text, version=draft.version)
        return see_other(go_to(draft, YAML) + (f"?line={read(text)[-1].line}" if adds else ""))

    return view


_REWRITES: dict[str, Callable[[HttpRequest, Draft, str], HttpResponse]] = {
    "remove": _rewrite(lambda text, index: bundle.remove(text, posted.number(index))),
    "up": _rewrite(lambda text, index: bundle.move(text, posted.number(index), posted.number(index) - 1)),
    "down": _rewrite(lambda text, index: bundle.move(text, posted.number(index), posted.number(index) + 1)),
    "add": _rewrite(lambda text, kind: bundle.add(text, starters.starter(kind)), adds=True),
    "conflict": _rewrite(posted.chosen),
    "split": _rewrite(lambda text, index: bundle.unlist(text, posted.number(index))),
    "modernise": _rewrite(lambda text, index: converted(text, posted.number(index))),
    "convert": _rewrite(lambda text, to: bundle.convert(text, "json" if to == "json" else "yaml")),
}


def _said(request: HttpRequest, draft: Draft, text: str) -> dict[str, Any]:
    inspection = inspect(text, surroundings(request, draft).facts)
    return {
        "inspection": inspection,
        "error": inspection.error,
        "choices": choices(text) if inspection.error else [],
        "findings": inspection.all_findings,
    }


def _editor(
    request: HttpRequest,
    draft: Draft,
    text: str,
    *,
    version: int | None = None,
    conflict: Conflict | None = None,
    base: int = 0,
    status: int = 200,
) -> HttpResponse:
    """version: the one that `text` was made from, where it is not the draft's of now."""
    said = _said(request, draft, text)
    context = {
        **frame(draft, said["inspection"], YAML, doc=_asked(request, said["inspection"])),
        **said,
        "text": text,
        "version": draft.version if version is None else version,
        "conflict": conflict,
        **(_between(draft, base, text) if conflict else {}),
        "line": request.GET.get("line") or _line_of(said["inspection"], request.GET.get("doc", "")),
        "formats": {document.format for document in said["inspection"].documents},
        "starters": starters.KINDS,
    }
    return render_page(request, "workloads/yaml/editor.html", context, status=409 if conflict else status)


def _line_of(look: Inspection, doc: str) -> int | str:
    """The line of a document, "" where there is none."""
    return next((document.line for document in look.documents if str(document.index) == doc), "")


def _between(draft: Draft, base: int, text: str) -> dict[str, Any]:
    """What was changed since version `base`; where that is not kept any more, what `text` would change."""
    try:
        return {"base": base, "changed": secrets.diff_of(drafts.text_at(draft, base), draft.text)}
    except NotFound:
        return {"changed": secrets.diff_of(draft.text, text)}


def _completions(request: HttpRequest, text: str) -> list[dict[str, str]]:
    line, column = posted.number(request.POST.get("line", "")), posted.number(request.POST.get("column", ""))
    api_version, kind, path = cursor.path_at(text, line, column)
    fields = schema.fields_at(path, api_version or "apps/v1", kind or "DaemonSet")
    return [{"name": name, "type": type_} for name, type_ in fields]


@require_safe
def draft_export(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """The draft's text as a file: as written, or converted (`format`), whole or one document (`doc`)."""
    draft = drafts.fetch(request.user, draft_id)
    text, to, doc = draft.text, request.GET.get("format", ""), request.GET.get("doc", "")
    try:
        if doc:
            text = bundle.extract(text, posted.number(doc))
        if to in ("yaml", "json"):
            text = bundle.convert(text, to)
    except (DocumentError, EditRefused) as refused:
        raise BadInput(say(refused)) from refused
    return as_file(text, _name_of(draft), "json" if text.lstrip().startswith("{") else "yaml")


def _name_of(draft: Draft) -> str:
    """What the draft is about: the object that was opened, else the first that its text names."""
    return draft.origin_name or next((d.name for d in inspect(draft.text).documents if d.name), "draft")


def as_file(text: str, stem: str, format: str) -> HttpResponse:
    # In characters that every file system takes, and that cannot end the header's quotes.
    stem = re.sub(r"[^A-Za-z0-9.-]+", "-", stem).strip("-.")[:100] or "manifest"
    response = HttpResponse(text, content_type=f"application/{format}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{stem}.{format}"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def import_text(request: HttpRequest, cluster: str, project: str) -> HttpResponse:
    """Paste, upload or drop; what arrives becomes a draft, broken or not, so that nothing is lost."""
    require(request.user, "edit", cluster=cluster, project=project)
    context: dict[str, Any] = {"text": request.POST.get("text", "")}
    if request.method != "POST":
        return render_page(request, "workloads/yaml/import.html", context)
    try:
        text = _with_files(request, request.POST.get("text", "").replace("\r\n", "\n"))
        if not text.strip():
            raise BadInput(_("There is nothing to import: the text is empty."))
    except (BadInput, TooLarge) as refused:
        context["refused"] = refused
        return render_page(request, "workloads/yaml/import.html", context, status=refused.status)
    return see_other(go_to(drafts.create(request.user, cluster, project, text), YAML))


def _with_files(request: HttpRequest, text: str) -> str:
    """The text with what was uploaded after it, as one bundle. Raises BadInput, TooLarge."""
    parts = [(_("The pasted text"), text)]
    for file in request.FILES.getlist("files"):
        if file.size is not None and file.size > LIMITS.size:
            raise TooLarge(_("“%(name)s” is larger than 2 MB.") % {"name": file.name})
        try:
            parts.append((str(file.name), decode(file.read()).removeprefix("\ufeff")))
        except DocumentError as error:
            raise BadInput(f"{file.name}: {say(error)}") from error
    parts = [(name, part) for name, part in parts if part.strip()]
    text = bundle.join([part for _name, part in parts])
    _within_limits(text)
    if len(parts) > 1:
        _name_broken(request, parts)
    return text


def _within_limits(text: str) -> None:
    if len(text.encode()) > LIMITS.size:
        raise TooLarge(_("The text is larger than 2 MB. Import it in parts."))


NAMED = 5
"""So many unreadable files are named."""


def _name_broken(request: HttpRequest, parts: Sequence[tuple[str, str]]) -> None:
    """Which of the files cannot be read, and the line in each: the page knows lines of the bundle only."""
    said = []
    for name, part in parts:
        try:
            read(part)
        except DocumentError as error:
            at = _("%(name)s, line %(line)d") % {"name": name, "line": error.line} if error.line else name
            said.append(f"{at}: {say(error)}")
    for sentence in said[:NAMED]:
        messages.error(request, sentence)
    if len(said) > NAMED:
        more = len(said) - NAMED
        counted = ngettext("%(n)d more file cannot be read.", "%(n)d more files cannot be read.", more)
        messages.error(request, counted % {"n": more})
