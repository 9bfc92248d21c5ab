"""The documents of a manifest as its review shows them, each DaemonSet with its nodes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlencode

from django.conf import settings
from django.utils.translation import gettext as _

from console.errors import BadInput, NotFound
from workloads import documents
from workloads.daemonsets.manifest.findings import Finding
from workloads.daemonsets.placement.reach import Reach
from workloads.daemonsets.rules.inspection import NO_PROJECT
from workloads.documents import DocumentError, Path
from workloads.documents.paths import JsonObject, get, in_line
from workloads.models import Draft
from workloads.services.cautions import Caution, cautions
from workloads.services.excerpt import MOST_CHARACTERS, MOST_FINDINGS, Excerpt
from workloads.services.facts import if_readable, kinds_named_in, project_facts
from workloads.services.fits import Start, fit_summary, start_of
from workloads.services.plan import Plan, PlannedDocument
from workloads.services.preview import Preview, PreviewContext
from workloads.services.refs import bases_of, ref_of
from workloads.services.translation import say
from workloads.stores import secrets
from workloads.stores.protocol import Ref, Store
from workloads.wizard.form.step import Step, every_step

MAPS: Final = 3
"""The maps of this many DaemonSets are drawn with the page; the others when they are opened."""
DETAILED: Final = 40
"""This many documents, and this many of those that need a decision, are shown with their text; the others get
one line each."""
_OF_PROJECT: Final = ("other-namespace", NO_PROJECT)
"""Findings that are reported once, for all documents of a project."""


@dataclass(frozen=True, slots=True)
class DocumentNodes:
    """The nodes of one DaemonSet.

    number: of the document. opened: its map is open. preview: None until the map is opened; reach: None
    where not even the nodes are counted before that. fit_checked: whether it is known if its pods will start;
    unfit: where they will not, in a sentence, or "". start: how many will.
    """

    number: int
    name: str
    project: str
    opened: bool = False
    preview: Preview | None = None
    reach: Reach | None = None
    fit_checked: bool = False
    unfit: str = ""
    start: Start | None = None

    @property
    def query(self) -> str:
        """Of the page on which the map is open."""
        return map_query(self.number)

    @property
    def offer_action(self) -> str:
        """The `op` of its offers, without their key."""
        return f"fix:{self.number}:"

    @property
    def offer_query(self) -> str:
        """Of the page on which the map is open and grouped as now."""
        return map_query(self.number, self.preview.map.by) if self.preview else ""


def map_query(number: int, group_by: str = "") -> str:
    return f"?{urlencode({'map': number, **({'by': group_by} if group_by else {})})}"


@dataclass(frozen=True, slots=True)
class TakenField:
    """A field that another field manager owns and the manifest changes. number: among those of its document;
    theirs, mine: what is stored and what the manifest says, in one line, "" for nothing."""

    number: int
    manager: str
    path: Path
    theirs: str
    mine: str


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """detailed: with its text. is_origin: the draft was opened from this object. theirs: in a conflict, the
    text that is stored now. taken: fields of other field managers that the manifest changes. findings: by
    step of the wizard, None for documents without steps. cautions: of what is stored and will change."""

    number: int
    planned: PlannedDocument
    detailed: bool
    is_origin: bool
    text: str
    theirs: str
    taken: Sequence[TakenField]
    findings: Sequence[tuple[Step | None, Sequence[Finding]]]
    cautions: Sequence[Caution] = ()
    nodes: DocumentNodes | None = None


def review_items(
    store: Store,
    draft: Draft,
    plan: Plan,
    *,
    opened_map: int | None,
    group_by: str,
    fit_checks: int | None = None,
) -> list[ReviewItem]:
    """opened_map: number of the document whose map is open; group_by: the label that groups its nodes.
    fit_checks: for how many DaemonSets without a map it is checked where their pods start; None: as many as
    is quick. Raises Unreachable."""
    contents = [(planned.ref, planned.document) for planned in plan.documents]
    shared = PreviewContext(store.recent(0), plan.facts, contents)
    origin = bases_of(draft)
    changing = [
        number
        for number, planned in enumerate(plan.documents)
        if planned.ref.is_daemonset and planned.intent != "unchanged"
    ]
    items, detailed = [], _detailed(plan)
    fits_left = shared.fit_budget if fit_checks is None else fit_checks
    for number, planned in enumerate(plan.documents):
        item = _item(number, planned, detailed=number in detailed, is_origin=planned.ref in origin)
        if planned.stored and planned.intent != "unchanged":
            item = replace(item, cautions=cautions(store, planned.stored))
        if planned.ref.is_daemonset and shared.nodes:
            value = planned.document.value
            stored = planned.stored.value if planned.stored else None
            opened = number == opened_map
            nodes = DocumentNodes(number, planned.ref.name, planned.ref.project, opened)
            if opened or number in changing[:MAPS]:
                nodes = _drawn(shared, nodes, planned.ref, value, stored, group_by if opened else "")
            # Counting the nodes of a thousand DaemonSets takes time: for most of them it is done on opening.
            elif fits_left > 0 or item.detailed:
                nodes = _counted(shared, nodes, planned.ref, value, stored, check_fit=fits_left > 0)
                fits_left -= 1
            item = replace(item, nodes=nodes)
        items.append(item)
    return items


def nodes_of_one(store: Store, draft: Draft, number: int | None, *, group_by: str) -> DocumentNodes | None:
    """The nodes of one DaemonSet with its map, None where the nodes are unknown. The other documents are
    read, but not tried on the server again. Raises BadInput, NotFound, Unreachable."""
    try:
        contents = [(ref_of(each, draft.project), each) for each in documents.read(draft.text)]
    except DocumentError as error:
        raise BadInput(say(error), code=error.code) from error
    if number is None or number >= len(contents) or not contents[number][0].is_daemonset:
        raise NotFound(
            _("The draft no longer contains this DaemonSet."),
            way_out=_("Reload the page."),
            code="daemonset-missing",
        )
    ref, document = contents[number]
    store = store.recent(settings.CLUSTER_RECENT_SECONDS)
    facts = project_facts(store, draft.project, ahead={"nodes", *kinds_named_in(draft.text)})
    shared = PreviewContext(store, facts, contents)
    if not shared.nodes:
        return None
    stored = if_readable(lambda: store.get(ref)) if ref.name else None
    nodes = DocumentNodes(number, ref.name, ref.project, opened=True)
    return _drawn(shared, nodes, ref, document.value, stored.value if stored else None, group_by)


def _drawn(
    shared: PreviewContext,
    nodes: DocumentNodes,
    ref: Ref,
    value: JsonObject,
    stored: JsonObject | None,
    group_by: str,
) -> DocumentNodes:
    preview = shared.preview(ref, value, stored, by=group_by, prefix=f"d{nodes.number}-")
    if preview is None:
        return replace(nodes, fit_checked=True)
    return replace(nodes, preview=preview, reach=preview.reach, fit_checked=True, start=preview.start)


def _counted(
    shared: PreviewContext,
    nodes: DocumentNodes,
    ref: Ref,
    value: JsonObject,
    stored: JsonObject | None,
    *,
    check_fit: bool,
) -> DocumentNodes:
    reach = shared.reach(value, stored)
    if not check_fit:
        return replace(nodes, reach=reach)
    fit = shared.fit(ref, value)
    return replace(
        nodes, reach=reach, fit_checked=True, unfit=fit_summary(fit, reach.coverage), start=start_of(fit)
    )


def _detailed(plan: Plan) -> set[int]:
    """The numbers of the documents that are shown with their text: what has to be fixed first, as long as the
    page does not get too large."""
    wrong = [n for n, planned in enumerate(plan.documents) if _needs_decision(planned)]
    found: set[int] = set()
    left = 2 * MOST_CHARACTERS
    for number in (*wrong[:DETAILED], *range(min(len(plan.documents), DETAILED))):
        if left > 0 and number not in found:
            found.add(number)
            left -= len(plan.documents[number].text)
    return found


def _needs_decision(planned: PlannedDocument) -> bool:
    errors = any(finding.code not in _OF_PROJECT for finding in planned.errors)
    return bool(errors or planned.conflict or planned.taken or planned.asks_how)


def blocking_errors(plan: Plan) -> Excerpt[tuple[int, Finding]]:
    """(number of its document, the error), without those about projects that do not exist."""
    found = [
        (number, finding)
        for number, planned in enumerate(plan.documents)
        for finding in planned.errors
        if finding.params.get("project") not in plan.missing_projects
    ]
    return Excerpt(found[:MOST_FINDINGS], max(len(found) - MOST_FINDINGS, 0))


def _item(number: int, planned: PlannedDocument, *, detailed: bool, is_origin: bool) -> ReviewItem:
    """One document without its nodes."""
    conflict = planned.conflict
    return ReviewItem(
        number,
        planned,
        detailed,
        is_origin,
        text=secrets.mask(planned.text) if detailed else "",
        theirs=secrets.mask(planned.stored.text) if conflict and planned.stored else "",
        taken=list(_taken(planned)),
        findings=_by_step(planned),
    )


def _taken(planned: PlannedDocument) -> Iterator[TakenField]:
    owned = [(manager, path) for manager, paths in planned.taken.items() for path in paths]
    if not owned or planned.stored is None:
        return
    stored, wanted = map(secrets.mask_value, (planned.stored.value, planned.document.value))
    # What it removes is asked before all else.
    asked = set(planned.removed) if planned.asks_how else set()
    for number, (manager, path) in enumerate(owned):
        if any(path[:n] in asked for n in range(1, len(path) + 1)):
            continue
        yield TakenField(number, manager, path, in_line(get(stored, path)), in_line(get(wanted, path)))


def _by_step(planned: PlannedDocument) -> list[tuple[Step | None, list[Finding]]]:
    """(step, its findings), in the order of the wizard, without steps that have none. The project that a
    document goes to, and whether it exists, is reported for all documents at once."""
    findings = [finding for finding in planned.findings if finding.code not in _OF_PROJECT]
    groups: list[tuple[Step | None, list[Finding]]] = [(None, findings)]
    if planned.ref.is_daemonset:
        groups = [(step, [f for f in findings if f.step == step.slug]) for step in every_step()]
    return [(step, found) for step, found in groups if found]


def projects_of(plan: Plan) -> list[tuple[str, int]]:
    """(project, how many documents go there), the draft's own first; empty where none goes to another."""
    counts = Counter(planned.ref.project for planned in plan.documents if planned.ref.project)
    if not counts.keys() - {plan.project}:
        return []
    return sorted(counts.items(), key=lambda each: (each[0] != plan.project, each[0]))


def removed_origin(draft: Draft, plan: Plan) -> str:
    """The name of the object that the draft was opened from, if the manifest no longer contains it."""
    return next((ref.name for ref in bases_of(draft) if ref not in plan.seen), "") if plan.documents else ""
