"""The review before a draft is stored: what it will do and what prevents it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import astuple
from typing import Any, Final
from uuid import UUID

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from console.errors import ConsoleError, Forbidden, Unreachable
from console.projects.middleware import enter
from console.web.render import render_page, see_other, swaps
from workloads.daemonsets.rules.inspection import inspect
from workloads.documents import DiffLine, DocumentError, EditRefused
from workloads.drafts import store as drafts
from workloads.models import Draft
from workloads.services.draft_outcomes import REVIEW, Notice
from workloads.services.draft_outcomes import number as parse_number
from workloads.services.merge import choices
from workloads.services.over_quota import over_quota
from workloads.services.plan import Plan, make_plan
from workloads.services.quotas import quota_uses
from workloads.services.refs import bases_of
from workloads.services.review_editing import (
    OF_A_VERSION,
    STORE_ACTIONS,
    ReviewAction,
    ReviewRequest,
    change_draft,
)
from workloads.services.review_items import (
    blocking_errors,
    map_query,
    nodes_of_one,
    projects_of,
    removed_origin,
    review_items,
)
from workloads.services.store_draft import NotStored, SeenReview, on_top_of_theirs, steady_of, store_draft
from workloads.services.translation import say
from workloads.stores import secrets, store_for
from workloads.stores.protocol import Ref, Store
from workloads.views import form_values
from workloads.views.drafts.frame import frame_context, notify
from workloads.views.drafts.results import UNSURE, after_storing

_SALT: Final = "draft-review"


@require_http_methods(["GET", "HEAD", "POST"])
def draft_review(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """`?map=<document>&by=<label>` opens the map of one DaemonSet; htmx gets the map alone."""
    try:
        draft = drafts.fetch(request.user, draft_id)
    except drafts.DraftEnded as ended:
        return _ended(request, _read(request), ended)
    asked = _read(request)
    enter(request, draft.cluster, draft.project)
    store = store_for(draft.cluster, request.user)
    if asked.action is None and "map" in request.GET and swaps(request):
        nodes = nodes_of_one(store, draft, asked.opened_map, group_by=asked.group_by)
        context = {"draft": draft, "nodes": nodes}
        return render_page(request, "workloads/drafts/_review_document.html#nodes", context)
    try:
        if asked.action in STORE_ACTIONS and asked.seen:
            force = asked.action is ReviewAction.STORE_FORCE
            outcome = store_draft(
                store,
                draft,
                request.user,
                asked.seen,
                force=force,
                why=asked.why,
                exact=asked.exact,
                beyond_quota=asked.beyond_quota,
            )
            if isinstance(outcome, NotStored):
                return _page(request, draft, store, asked, outcome)
            return see_other(after_storing(request, draft, outcome))
        plan = make_plan(store, draft.text, project=draft.project, bases=bases_of(draft))
    except (Unreachable, Forbidden) as error:
        return _page(request, draft, store, asked, NotStored(None, error, error.status))
    if asked.action is None:
        based, plan = on_top_of_theirs(store, draft, plan) or (None, plan)
        return _page(request, draft, store, asked, NotStored(plan, None, 200, based=based))
    try:
        notify(request, *change_draft(store, draft, plan, asked))
    except (DocumentError, EditRefused) as refused:
        notify(request, Notice(refused.code, say(refused), "error"))
    except ConsoleError as error:
        return _page(request, draft, store, asked, NotStored(plan, error, error.status))
    return see_other(_address(draft, asked))


def _read(request: HttpRequest) -> ReviewRequest:
    """Raises BadInput."""
    number, group_by = request.GET.get("map", ""), request.GET.get("by", "")
    opened_map = int(number) if number.isdecimal() and len(number) < 10 else None
    if request.method != "POST":
        return ReviewRequest(opened_map, group_by)
    action, argument = form_values.pressed(request, ReviewAction, ReviewAction.STORE)
    return ReviewRequest(
        opened_map,
        group_by,
        action,
        argument,
        version=form_values.version(request) if action in OF_A_VERSION else 0,
        seen=_read_seen(request) if action in STORE_ACTIONS else None,
        exact=frozenset(parse_number(str(each)) for each in request.POST.getlist("exact")),
        why=form_values.reason(request),
        beyond_quota="beyond-quota" in request.POST,
    )


def _read_seen(request: HttpRequest) -> SeenReview:
    """What `_sign` has put into the page. Raises BadInput."""
    draft_id, version, objects, asked, ready = form_values.seen(request, _SALT)
    seen = [(Ref(*ref), stored, steady) for *ref, stored, steady in objects]
    return SeenReview(
        draft_id,
        version,
        {ref: stored for ref, stored, _steady in seen},
        {ref: steady for ref, _stored, steady in seen},
        frozenset(asked),
        ready,
    )


def _sign(draft: Draft, plan: Plan) -> str:
    objects = [(*astuple(planned.ref), planned.seen, steady_of(draft, planned)) for planned in plan.documents]
    asked = [n for n, planned in enumerate(plan.documents) if planned.asks_how]
    tried = not (plan.blocked or plan.taken or any(planned.untried for planned in plan.documents))
    seen = (str(draft.pk), draft.version, objects, asked, time.time() if tried else 0)
    return signing.dumps(seen, salt=_SALT, compress=True)


def _address(draft: Draft, asked: ReviewRequest) -> str:
    """The review, at the document whose map was open."""
    page = reverse("draft-review", args=[draft.id])
    if asked.opened_map is None:
        return page
    return f"{page}{map_query(asked.opened_map, asked.group_by)}#d{asked.opened_map}-nodes"


def _ended(request: HttpRequest, asked: ReviewRequest, ended: drafts.DraftEnded) -> HttpResponse:
    """The button was pressed twice; or the review was of an older version than the one that another tab
    stored. Raises DraftEnded."""
    if asked.seen and ended.draft.stored_at:
        stored, address = request.session.get("stored", ("", ""))
        if not asked.seen.is_of(ended.draft):
            ended.code = "review-outdated"
            ended.way_out = _(
                "This review shows an older version of the draft than the one that was stored. Nothing was "
                "stored this time: check the stored version."
            )
        elif stored == str(ended.draft.pk):
            return see_other(address)
    raise ended


def _page(
    request: HttpRequest, draft: Draft, store: Store, asked: ReviewRequest, shown: NotStored
) -> HttpResponse:
    """Where there is no plan because the store did not answer, the same action can be tried again."""
    plan, problem, theirs = shown.plan, shown.problem, None
    if shown.based is not None:
        theirs, draft = secrets.diff_of(draft.origin_text, shown.based.origin_text, context=2), shown.based
    inspection = plan.inspection if plan else inspect(draft.text)
    context: dict[str, Any] = {
        **frame_context(draft, inspection, REVIEW, form=False),
        "plan": plan,
        "error": inspection.error,
        "problem": problem,
        "failed": shown.failed,
        "why": request.POST.get("why", ""),
        "again": asked.action if plan is None and asked.action in STORE_ACTIONS else "",
        "seen": request.POST.get("seen", ""),
        "unsure": bool(shown.failed and problem and problem.status in UNSURE),
        "choices": choices(draft.text) if inspection.error else [],
        "changed": _changed_since_import(draft),
        "theirs": theirs,
    }
    if plan is not None:
        if draft.project in plan.missing_projects:
            enter(request, draft.cluster, "")
        capabilities = store.capabilities()
        context |= {
            "capabilities": capabilities,
            "keeps_history": capabilities.keeps_history,
            "items": review_items(store, draft, plan, opened_map=asked.opened_map, group_by=asked.group_by),
            "blocking": blocking_errors(plan),
            "seen": _sign(draft, plan),
            "intents": Counter(planned.intent for planned in plan.documents),
            "uses": [use for use in quota_uses(store, plan) if use.after != use.before],
            "over_quota": over_quota(store, plan),
            "beyond_quota": asked.beyond_quota,
            "removed_origin": removed_origin(draft, plan),
            "projects": projects_of(plan),
        }
    return render_page(request, "workloads/drafts/review.html", context, status=shown.status)


def _changed_since_import(draft: Draft) -> Sequence[DiffLine]:
    """What was changed in an imported text; the changes of a stored object are shown with its document."""
    if draft.origin_name or not drafts.opened(draft):
        return []
    return secrets.diff_of(draft.origin_text, draft.text, context=2)
