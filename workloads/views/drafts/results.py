"""What became of each object of a draft that was stored; undoing what was created where only a part was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple
from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from console.errors import NotFound
from console.projects.middleware import enter
from console.web.render import render_page, see_other
from workloads.models import Draft
from workloads.services.draft_outcomes import Notice
from workloads.services.results import Result
from workloads.services.store_draft import DraftStored
from workloads.services.undo_created import Created, undo_created, undoable
from workloads.stores import store_for
from workloads.stores.protocol import Ref
from workloads.views import addresses, form_values
from workloads.views.drafts.frame import notify

UNSURE: Final = (502, 504)
"""Statuses of a connection that broke during a write: it may have been written."""


def after_storing(request: HttpRequest, draft: Draft, outcome: DraftStored) -> str:
    """The address to go to: the object if there is one, else the results, which the session keeps."""
    if len(outcome.results) == 1:
        [result] = outcome.results
        notify(request, *_notices(result))
        address = addresses.of("object", draft.cluster, result.ref)
    else:
        request.session["results"] = {
            "draft": str(draft.pk),
            "cluster": draft.cluster,
            "project": draft.project,
            "lines": list(map(_line, outcome.results)),
        }
        address = reverse("draft-result", args=[draft.pk])
    if outcome.complete:
        request.session["stored"] = (str(draft.pk), address)
    return address


def _notices(result: Result) -> list[Notice]:
    text = {
        "created": _("%(object)s created."),
        "configured": _("%(object)s saved."),
        "unchanged": _("%(object)s is the same as the stored version. Nothing was changed."),
    }[str(result.outcome)]
    done = Notice(f"object-{result.outcome}", text % {"object": result.ref})
    return [done, *(Notice("server-warning", warning, "warning") for warning in result.warnings)]


def _line(result: Result) -> dict[str, Any]:
    """As the session keeps it."""
    error = result.error
    return {
        "ref": astuple(result.ref),
        "outcome": result.outcome,
        "version": result.version,
        "uid": result.uid,
        "error": error.message if error else "",
        "code": error.code if error else "",
        "unsure": bool(error and error.status in UNSURE),
        "warnings": list(result.warnings),
    }


@require_safe
def draft_result(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """The result for each object of the draft that was stored last."""
    kept = _kept(request, draft_id)
    lines = []
    for line in kept["lines"]:
        ref = Ref(*line["ref"])
        there = line["outcome"] not in (None, "deleted")
        lines.append(
            {**line, "ref": ref, "address": addresses.of("object", kept["cluster"], ref) if there else ""}
        )
    failed = any(line["error"] for line in lines)
    context = {
        "lines": lines,
        "failed": failed,
        "unsure": any(line["unsure"] for line in lines),
        "untried": sum(not line["outcome"] and not line["error"] for line in lines),
        "stored": sum(bool(line["address"]) for line in lines),
        "deleted": sum(line["outcome"] == "deleted" for line in lines),
        "undoable": len(undoable(_created(kept))) if failed else 0,
        "elsewhere": any(line["ref"].project not in ("", kept["project"]) for line in lines),
        "draft_id": draft_id,
    }
    return render_page(request, "workloads/drafts/result.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def draft_undo_created(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """Ask, then delete what was created where the rest could not be stored."""
    kept = _kept(request, draft_id)
    results = reverse("draft-result", args=[draft_id])
    created = _created(kept)
    doomed = undoable(created)
    if not doomed:
        return see_other(results)
    store = store_for(kept["cluster"], request.user)
    if request.method != "POST":
        context = {
            "doomed": [each.ref for each in doomed],
            "staying": [each.ref for each in created if each not in doomed],
            "back": results,
            "keeps_history": store.capabilities().keeps_history,
        }
        return render_page(request, "workloads/drafts/undo_created.html", context)
    done = {result.ref: result for result in undo_created(store, doomed, why=form_values.reason(request))}
    lines = [_undone(line, done.get(Ref(*line["ref"]))) for line in kept["lines"]]
    request.session["results"] = {**kept, "lines": lines}
    return see_other(results)


def _kept(request: HttpRequest, draft_id: UUID) -> Mapping[str, Any]:
    """The results of a draft. Raises NotFound."""
    kept: Mapping[str, Any] = request.session.get("results") or {}
    if kept.get("draft") != str(draft_id):
        raise NotFound(
            _("The results of this draft are no longer kept."),
            way_out=_("The history of each object shows who saved it and when."),
            code="results-not-kept",
        )
    enter(request, kept["cluster"], kept["project"])
    return kept


def _created(kept: Mapping[str, Any]) -> Sequence[Created]:
    return [
        Created(Ref(*line["ref"]), line["version"], line["uid"])
        for line in kept["lines"]
        if line["outcome"] == "created" and "uid" in line  # not of an earlier version of this console
    ]


def _undone(line: dict[str, Any], result: Result | None) -> dict[str, Any]:
    """A line after the attempt to delete its object."""
    if result is None:
        return line
    if result.error is None:
        return {**line, "outcome": "deleted", "error": "", "code": ""}
    return {**line, "error": result.error.message, "code": result.error.code}
