"""The review before a draft is stored: what it would do, what stands against it; and what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import astuple
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from console.errors import BadInput, Conflict, ConsoleError, Forbidden, NotFound, Unreachable
from console.projects.middleware import enter
from console.web.render import render_page, see_other, swaps
from workloads import documents
from workloads.daemonsets.manifest.findings import Finding
from workloads.daemonsets.rules.inspection import inspect
from workloads.documents import DocumentError, EditRefused
from workloads.drafts import store as drafts
from workloads.models import Draft
from workloads.services.apply import apply_plan
from workloads.services.facts import if_readable, project_facts
from workloads.services.fits import fit_summary
from workloads.services.merge import choices, settle
from workloads.services.move import move_to_project
from workloads.services.offers import offered_changes
from workloads.services.plan import Plan, Planned, make_plan
from workloads.services.preview import PreviewContext
from workloads.services.quotas import quota_uses
from workloads.services.refs import origin_of, ref_of
from workloads.services.results import Result
from workloads.services.translation import say
from workloads.stores import secrets, store_for
from workloads.stores.protocol import FieldConflict, Ref, Store
from workloads.views import addresses, posted
from workloads.views.drafts.ended import about_what_was_stored
from workloads.views.drafts.frame import REVIEW, frame
from workloads.wizard.form.step import every_step

_SALT = "draft-review"


@require_http_methods(["GET", "HEAD", "POST"])
def draft_review(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """`?map=<document>&by=<label>` opens the map of one DaemonSet; to htmx it is sent alone.

    POST `op`: store, store:force (take over what other field managers keep), merge:<document>,
    mine:<document>, conflict:<number>:<side>, fix:<document>:<key> (of the map), take-out:<document>,
    create-project:<name>, move, undo."""
    op, _colon, argument = request.POST.get("op", "store").partition(":")
    try:
        draft = drafts.fetch(request.user, draft_id)
    except drafts.Ended as ended:
        if request.method == "POST" and op == "store" and ended.draft.stored_at:
            return _stored_before(request, ended)
        raise
    enter(request, draft.cluster, draft.project)
    store = store_for(draft.cluster, request.user)
    if request.method != "POST" and "map" in request.GET and swaps(request):
        return _only_nodes(request, draft, store)
    try:
        if request.method == "POST" and op == "store":
            return _store(request, store, draft, force=argument == "force")
        plan = make_plan(store, draft.text, project=draft.project, bases=_origin(draft))
    except (Unreachable, Forbidden) as error:
        return _page(request, draft, store, None, problem=error)
    if request.method != "POST":
        return _page(request, draft, store, plan)
    try:
        _settle(request, store, draft, plan, op, argument)
    except (DocumentError, EditRefused) as refused:
        messages.error(request, say(refused))
    except ConsoleError as error:
        return _page(request, draft, store, plan, problem=error)
    return see_other(_back(request, draft))


def _origin(draft: Draft) -> dict[Ref, str]:
    """The stored object that was opened for editing, at the version it had then."""
    ref = origin_of(draft)
    return {ref: draft.origin_version} if ref and draft.origin_version else {}


def _store(request: HttpRequest, store: Store, draft: Draft, *, force: bool) -> HttpResponse:
    """Carry out what was shown: at the draft's version and the stored versions that the page had."""
    seen = _seen(request, draft)
    plan = make_plan(store, draft.text, project=draft.project, bases=seen, force=force)
    if seen is None:
        changed = Conflict(_("The draft was changed in another tab since this review. Look at it again."))
        return _page(request, draft, store, plan, problem=changed)
    conflict = next((item.conflict for item in plan.documents if item.conflict), None)
    if conflict or plan.blocked:
        return _page(request, draft, store, plan, problem=conflict, status=409 if conflict else 422)
    results = apply_plan(store, plan, why=posted.why(request))
    failed = next((result for result in results if result.error), None)
    if failed and not any(result.outcome for result in results):
        try:
            again = make_plan(store, draft.text, project=draft.project, bases=seen)
        except Unreachable:
            again = None
        return _page(request, draft, store, again, problem=failed.error, failed=failed.ref)
    address = _done(request, draft, results)
    if not failed:
        made = [(result.ref, result.version) for result in results]
        if not drafts.close(draft, made):
            about_what_was_stored(request, draft, made)
        request.session["stored"] = (str(draft.pk), address)
    return see_other(address)


def _stored_before(request: HttpRequest, ended: drafts.Ended) -> HttpResponse:
    """The button was pressed twice; or in a review of an older version than was stored from another tab.
    Raises Ended, BadInput."""
    stored, address = request.session.get("stored", ("", ""))
    if _seen(request, ended.draft) is None:
        ended.way_out = _(
            "This review showed an older version of the draft than the one that was stored. Nothing was "
            "stored now: look at what is."
        )
    elif stored == str(ended.draft.pk):
        return see_other(address)
    raise ended


def _seen(request: HttpRequest, draft: Draft) -> dict[Ref, str] | None:
    """The versions the person has looked at; None where the draft is another one by now. Raises BadInput."""
    draft_id, version, objects = posted.seen(request, _SALT)
    if (draft_id, version) != (str(draft.pk), draft.version):
        return None
    return {Ref(*ref): stored for *ref, stored in objects}


def _sign(draft: Draft, plan: Plan) -> str:
    objects = [(*astuple(ref), version) for ref, version in plan.seen.items()]
    return signing.dumps((str(draft.pk), draft.version, objects), salt=_SALT, compress=True)


def _settle(request: HttpRequest, store: Store, draft: Draft, plan: Plan, op: str, argument: str) -> None:
    """The ways out of what stands against storing."""
    if op in ("merge", "mine"):
        origin = _origin(draft)
        item = next((i for n, i in enumerate(plan.documents) if str(n) == argument and i.ref in origin), None)
        if item is None:
            raise posted.incomplete()
        settle(draft, item, "merge" if op == "merge" else "mine")
    elif op == "fix":
        _fix(store, draft, plan, argument)
    elif op == "conflict":
        drafts.save(draft, posted.chosen(draft.text, argument), version=posted.version(request))
    elif op == "take-out":
        text = documents.remove(draft.text, posted.number(argument))
        drafts.save(draft, text, version=posted.version(request))
    elif op == "undo":
        drafts.undo(draft, posted.version(request))
        messages.success(request, _("Undone: the draft is as it was before the last change."))
    elif op == "create-project":
        store.create_project(argument)
        messages.success(request, _("Project %(name)s is there.") % {"name": argument})
    elif op == "move":
        drafts.save(draft, move_to_project(draft.text, draft.project), version=draft.version)
    else:
        raise BadInput(_("There is nothing of that name to do here."))


def _fix(store: Store, draft: Draft, plan: Plan, argument: str) -> None:
    """`<document>:<key>`: the change that includes more nodes, as the map offers it."""
    number, _colon, key = argument.partition(":")
    item = next((i for n, i in enumerate(plan.documents) if str(n) == number), None)
    changes = offered_changes(item.document.value, plan.facts, store.capabilities(), key) if item else ()
    if item is None or not changes:
        raise BadInput(_("This change is of no use any more: nothing more is changed."))
    text = documents.edit(draft.text, item.document.index, list(changes))
    drafts.save(draft, text, version=draft.version)


MAPS = 3
"""So many DaemonSets of a text have their nodes drawn with the page; those of the others come when opened."""
DETAILED = 40
"""Documents beyond this many get one line each, unless something is wrong with them."""


def _asked(request: HttpRequest) -> tuple[int | None, str]:
    """`?map=<document>&by=<label>`: whose map is to stand open, and how it is grouped; None where `map` is no
    number of a document."""
    number = request.GET.get("map", "")
    known = number.isdecimal() and len(number) < 10
    return int(number) if known else None, request.GET.get("by", "")


def _back(request: HttpRequest, draft: Draft) -> str:
    """The review, at the document whose map was looked at."""
    number, by = _asked(request)
    page = reverse("draft-review", args=[draft.id])
    return page if number is None else f"{page}{_query(number, by)}#d{number}-nodes"


def _query(number: int, by: str = "") -> str:
    return f"?{urlencode({'map': number, **({'by': by} if by else {})})}"


def _nodes(
    ground: PreviewContext,
    number: int,
    ref: Ref,
    value: Any,
    stored: Any,
    *,
    drawn: bool,
    opened: bool,
    by: str = "",
) -> dict[str, Any] | None:
    """What `_nodes.html` shows of a DaemonSet; None without nodes. drawn: now, and not when it is opened."""
    if not ground.nodes:
        return None
    found = ground.preview(ref, value, stored, by=by, prefix=f"d{number}-") if drawn else None
    return {
        "number": number,
        "name": ref.name,
        "project": ref.project,
        "beside": found,
        "reach": found.reach if found else None,
        "opened": opened,
        "query": _query(number),
        "fix_op": f"fix:{number}:",
        "fix_to": _query(number, found.map.by) if found else "",
    }


def _only_nodes(request: HttpRequest, draft: Draft, store: Store) -> HttpResponse:
    """The nodes of one DaemonSet, for htmx. The rest of the text is read, but not tried on the server again.

    Raises BadInput, NotFound, Unreachable.
    """
    number, by = _asked(request)
    try:
        found = [(ref_of(each, draft.project), each) for each in documents.read(draft.text)]
    except DocumentError as error:
        raise BadInput(say(error)) from error
    if number is None or number >= len(found) or found[number][0].kind != "DaemonSet":
        raise NotFound(_("The DaemonSet is not in the draft any more."), way_out=_("Reload the page."))
    ref, document = found[number]
    ground = PreviewContext(store, project_facts(store, draft.project), found, request.user)
    now = if_readable(lambda: store.get(ref)) if ref.name else None
    stored = now.value if now else None
    nodes = _nodes(ground, number, ref, document.value, stored, drawn=True, opened=True, by=by)
    return render_page(request, "workloads/review/_nodes.html", {"draft": draft, "nodes": nodes})


def _page(
    request: HttpRequest,
    draft: Draft,
    store: Store,
    plan: Plan | None,
    *,
    problem: ConsoleError | None = None,
    failed: Ref | None = None,
    status: int = 0,
) -> HttpResponse:
    """problem: why nothing was stored, or cannot be; failed: the object it was about.

    Where there is no plan, as the store did not answer, what was posted can be stored again as it was.
    """
    op = request.POST.get("op", "")
    look = plan.look if plan else inspect(draft.text)
    context = {
        **frame(draft, look, REVIEW, form=False),
        "plan": plan,
        "error": look.error,
        "problem": problem,
        "failed": failed,
        "offline": store.offline,
        "why": request.POST.get("why", ""),
        "again": op if plan is None and op in ("store", "store:force") else "",
        "seen": request.POST.get("seen", ""),
        # Who broke off while it was told to write may have written.
        "unsure": bool(failed and problem and problem.status in (502, 504)),
        "choices": choices(draft.text) if look.error else [],
        "changed": _changed_since_import(draft),
    }
    if plan is not None:
        items = _items(request, store, draft, plan)
        if draft.project in plan.missing_projects:
            enter(request, draft.cluster, "")
        context |= {
            "items": items,
            "seen": _sign(draft, plan),
            "intents": Counter(item.intent for item in plan.documents),
            "uses": [use for use in quota_uses(store, plan) if use.after != use.before],
            "left_out": _left_out(draft, plan),
            "projects": _projects(plan),
        }
    status = status or (problem.status if problem else 200)
    return render_page(request, "workloads/review/review.html", context, status=status)


def _changed_since_import(draft: Draft) -> Sequence[documents.DiffLine]:
    """What was changed in a text that was brought here; a stored object's changes stand with its document."""
    if draft.origin_name or not drafts.opened(draft):
        return []
    return secrets.diff_of(draft.origin_text, draft.text, context=2)


def _items(request: HttpRequest, store: Store, draft: Draft, plan: Plan) -> list[dict[str, Any]]:
    """The documents as the page shows them."""
    ground = PreviewContext(
        store, plan.facts, [(item.ref, item.document) for item in plan.documents], request.user
    )
    origin = _origin(draft)
    asked, by = _asked(request)
    changing = [
        number
        for number, item in enumerate(plan.documents)
        if item.ref.kind == "DaemonSet" and item.intent != "unchanged"
    ]
    items = []
    left = ground.fit_budget
    for number, item in enumerate(plan.documents):
        shown = _shown(item, number) | {"opened": item.ref in origin}
        if item.ref.kind == "DaemonSet":
            value, stored = item.document.value, item.stored.value if item.stored else None
            drawn, opened = number in changing[:MAPS], number == asked
            nodes = shown["nodes"] = _nodes(
                ground,
                number,
                item.ref,
                value,
                stored,
                drawn=drawn or opened,
                opened=opened,
                by=by if opened else "",
            )
            # To count the nodes of a thousand DaemonSets takes time: of most it waits until they are opened.
            if nodes and not nodes["beside"] and (left > 0 or shown["detailed"]):
                counted, looked = ground.reach(value, stored), left > 0
                left -= looked
                said = fit_summary(ground.fit(item.ref, value), counted.coverage) if looked else ""
                nodes |= {"reach": counted, "looked": looked, "unfit": said}
        items.append(shown)
    return items


def _shown(item: Planned, number: int) -> dict[str, Any]:
    """What there is to say of one document, but for its nodes."""
    said = _said(item)
    detailed = bool(number < DETAILED or item.errors or item.conflict)
    return {
        "item": item,
        "detailed": detailed,
        "text": secrets.mask(item.text) if detailed else "",
        "theirs_prefix": f"t{number}-",
        "theirs": secrets.mask(item.stored.text) if item.conflict and item.stored else "",
        "owners": item.conflict.owners if isinstance(item.conflict, FieldConflict) else {},
        "findings": _by_step(item) if item.ref.kind == "DaemonSet" else [(None, said)] if said else [],
    }


def _by_step(item: Planned) -> list[tuple[Any, list[Finding]]]:
    """(step, its findings), in the order of the wizard; only steps with findings."""
    said = _said(item)
    groups = [(step, [f for f in said if f.step == step.slug]) for step in every_step()]
    return [(step, found) for step, found in groups if found]


def _said(item: Planned) -> list[Finding]:
    """What is to be said at the document: which project it goes to is said of all of them at once."""
    return [finding for finding in item.findings if finding.code != "other-namespace"]


def _projects(plan: Plan) -> list[tuple[str, int]]:
    """(project, how many documents go there), the draft's own first; empty where none goes to another."""
    counts = Counter(item.ref.project for item in plan.documents if item.ref.project)
    if not counts.keys() - {plan.project}:
        return []
    return sorted(counts.items(), key=lambda each: (each[0] != plan.project, each[0]))


def _left_out(draft: Draft, plan: Plan) -> str:
    """The name of the object that was opened for editing, where the text does not hold it any more."""
    return next((ref.name for ref in _origin(draft) if ref not in plan.seen), "") if plan.documents else ""


def _done(request: HttpRequest, draft: Draft, results: list[Result]) -> str:
    """The address to go on to: the object, where it was one, else the results, which the session keeps."""
    if len(results) == 1 and results[0].outcome:
        [result] = results
        said = {
            "created": _("%(object)s is created."),
            "configured": _("%(object)s is saved."),
            "unchanged": _("%(object)s was stored like this already: nothing is changed."),
        }[result.outcome]
        messages.success(request, said % {"object": result.ref})
        for warning in result.warnings:
            messages.warning(request, warning)
        return addresses.of("object", draft.cluster, result.ref)
    request.session["results"] = {
        "draft": str(draft.pk),
        "cluster": draft.cluster,
        "project": draft.project,
        "lines": [
            {
                "ref": astuple(result.ref),
                "outcome": result.outcome,
                "error": result.error.message if result.error else "",
                "warnings": list(result.warnings),
            }
            for result in results
        ],
    }
    return reverse("draft-result", args=[draft.pk])


@require_safe
def draft_result(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """What became of each object of the text that was stored last."""
    kept: Mapping[str, Any] = request.session.get("results") or {}
    if kept.get("draft") != str(draft_id):
        raise NotFound(
            _("What came of this draft is not kept any more."),
            way_out=_("The history of each object says who saved it when."),
        )
    enter(request, kept["cluster"], kept["project"])
    lines = []
    for line in kept["lines"]:
        ref = Ref(*line["ref"])
        address = addresses.of("object", kept["cluster"], ref) if line["outcome"] else ""
        lines.append({**line, "ref": ref, "address": address})
    context = {
        "lines": lines,
        "failed": any(line["error"] for line in lines),
        "stored": sum(bool(line["outcome"]) for line in lines),
        "elsewhere": any(line["ref"].project not in ("", kept["project"]) for line in lines),
        "draft_id": draft_id,
    }
    return render_page(request, "workloads/review/result.html", context)
