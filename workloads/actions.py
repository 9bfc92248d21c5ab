"""The verbs of the console: plan what storing a text would do, carry it out, delete, restore, merge.

Views and the command line say what is to be done in these words. A store is made for one person: it asks
whether they may, and leaves the entry of who did what.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final, Literal, TypeAlias, TypeVar

from django.utils.translation import gettext as _

from console.errors import Conflict, ConsoleError, Forbidden, Invalid, NotFound
from workloads import documents
from workloads.daemonsets import admission, demand
from workloads.daemonsets.admission import Classes
from workloads.daemonsets.facts import ProjectFacts, identity, keys_of
from workloads.daemonsets.findings import Finding, gettext_noop
from workloads.daemonsets.inspection import Inspection, inspect, placed
from workloads.daemonsets.placement import Inventory
from workloads.daemonsets.places import Place
from workloads.daemonsets.resources import amounts
from workloads.documents import Change, Clash, DiffLine, Document, DocumentError, Side
from workloads.documents.compare import lines_of
from workloads.models import Draft
from workloads.stores import kinds, live, secrets
from workloads.stores.protocol import (
    DAEMONSET,
    Applied,
    Halted,
    Json,
    Outcome,
    Query,
    Ref,
    Store,
    Stored,
    Write,
)
from workloads.wizard import drafts

T = TypeVar("T")
Intent: TypeAlias = Literal["create", "configure", "unchanged"]
_INTENTS: Final[Mapping[Outcome, Intent]] = {
    "created": "create",
    "configured": "configure",
    "unchanged": "unchanged",
}


@dataclass(frozen=True, slots=True)
class Planned:
    """What storing one document would do.

    seen: the version the person has seen, "" for an object that was not there. conflict: it is stored at
    another version by now. before, after: the texts that the diff is between.
    warnings: what the server's dry run said besides. untried: why there was no dry run on a cluster.
    force: take over fields that other field managers keep.
    """

    document: Document
    ref: Ref
    text: str
    intent: Intent
    seen: str = ""
    stored: Stored | None = None
    before: str = ""
    after: str = ""
    findings: Sequence[Finding] = ()
    warnings: Sequence[str] = ()
    untried: str = ""
    force: bool = False
    conflict: Conflict | None = None

    @property
    def errors(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.severity == "error"]

    @property
    def diff(self) -> Sequence[DiffLine]:
        """What it changes in what is stored, Secret values masked."""
        return secrets.diff_of(self.before, self.after)


@dataclass(frozen=True, slots=True)
class Plan:
    """`documents` in the order of the text; empty where `error` says why it cannot be read.

    missing_projects: those that documents name and the store does not have.
    """

    text: str
    project: str
    facts: ProjectFacts
    look: Inspection
    documents: Sequence[Planned] = ()
    missing_projects: Sequence[str] = ()

    @property
    def error(self) -> DocumentError | None:
        return self.look.error

    @property
    def blocked(self) -> bool:
        return bool(
            self.error or not self.documents or any(item.errors or item.conflict for item in self.documents)
        )

    @property
    def seen(self) -> dict[Ref, str]:
        """The `bases` of the plan that is carried out after this one was shown."""
        return {item.ref: item.seen for item in self.documents}

    @property
    def in_order_of_need(self) -> list[Planned]:
        return kinds.in_install_order((item.ref.kind, item) for item in self.documents)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one object. Neither outcome nor error: not tried, or taken back with the others.
    version: the one that was stored."""

    ref: Ref
    outcome: Outcome | Literal["deleted"] | None = None
    error: ConsoleError | None = None
    warnings: Sequence[str] = ()
    version: str = ""


def known(look: Callable[[], T]) -> T | None:
    """What `look` finds; None where the person may not look there, or there is nothing to look into."""
    try:
        return look()
    except (Forbidden, NotFound):
        return None


def facts(store: Store, project: str) -> ProjectFacts:
    """What the store knows of a project. What the person may not read there, or all of a project that is not
    there, counts as not known."""

    def select(api_version: str, kind: str) -> Sequence[Stored] | None:
        return known(lambda: store.select(api_version, kind, Query(project)).items)

    def values(api_version: str, kind: str) -> list[dict[str, Any]] | None:
        items = select(api_version, kind)
        return None if items is None else [stored.value for stored in items]

    def keys(kind: str) -> dict[str, set[str]] | None:
        items = select("v1", kind)
        return None if items is None else {stored.ref.name: keys_of(stored.value) for stored in items}

    if not project:
        return ProjectFacts(nodes=known(store.nodes), classes=classes(store), features=store.capabilities())
    accounts, claims = select("v1", "ServiceAccount"), select("v1", "PersistentVolumeClaim")
    return ProjectFacts(
        project=project,
        daemonsets=values(*DAEMONSET),
        configmaps=keys("ConfigMap"),
        secrets=keys("Secret"),
        pvcs=None if claims is None else {stored.ref.name: stored.value for stored in claims},
        # Every namespace has this account; its controller makes it.
        service_accounts=None if accounts is None else {"default", *(s.ref.name for s in accounts)},
        limit_ranges=values("v1", "LimitRange"),
        quotas=known(lambda: store.quotas(project)),
        nodes=known(store.nodes),
        classes=classes(store),
        features=store.capabilities(),
    )


def classes(store: Store) -> Classes:
    """The classes that pods may name, as far as the person may read them."""

    def values(api_version: str, kind: str) -> list[Json] | None:
        found = known(lambda: store.select(api_version, kind, Query(None)).items)
        return None if found is None else [stored.value for stored in found]

    return Classes.of(
        values("node.k8s.io/v1", "RuntimeClass"),
        values("scheduling.k8s.io/v1", "PriorityClass"),
        whole=not store.offline,
    )


def plan(
    store: Store, text: str, *, project: str, bases: Mapping[Ref, str] | None = None, force: bool = False
) -> Plan:
    """What storing every document of `text` would do, and what stands against it. Changes nothing.

    bases: the versions a person has seen ("" for "not there yet"); an object that is stored at another one is
    a conflict. An object that is not in `bases` is planned against what is stored now.
    """
    there = facts(store, project)
    look = inspect(text, there)
    if look.error is not None:
        return Plan(text, project, there, look)
    bases = bases or {}
    made_here = {document.name for document in look.documents if document.kind == "Namespace"}
    refs = [ref_of(document, project) for document in look.documents]
    missing = _missing_projects(store, {ref.project for ref in refs} - made_here - {""})
    first: dict[Ref, int] = {}
    planned = []
    for document, said, ref, stored in zip(
        look.documents, look.findings, refs, _stored_now(store, refs), strict=True
    ):
        findings = [*said, *_twice(document, first.setdefault(ref, document.line))]
        base = bases.get(ref)
        if isinstance(stored, Forbidden):
            findings += _refusal(document, stored)
            stored = base = None
        if ref.project in missing:
            findings.append(
                _finding(document, ("metadata", "namespace"), _NO_PROJECT, "no-project", project=ref.project)
            )
        item = _compare(document, ref, stored, _own(text, document, look), base)
        item = replace(item, findings=findings, force=force)
        if not store.offline and not item.errors and not item.conflict:
            item = _try(store, item, made_here)
        planned.append(item)
    return Plan(text, project, there, look, planned, missing_projects=sorted(missing))


def _missing_projects(store: Store, named: set[str]) -> set[str]:
    """Those that are not there; none for a person who may not list them: the server has the word then."""
    projects = known(store.projects)
    return named - {project.name for project in projects} if projects is not None else set()


def ref_of(document: Document, project: str) -> Ref:
    """Which object a document means: one that names no project goes to `project`."""
    return ref_to(document.api_version, document.kind, document.namespace or project, document.name)


def origin(draft: Draft) -> Ref | None:
    """The stored object that was opened for editing; None for a text that is new here."""
    if not draft.origin_name:
        return None
    return ref_to(draft.origin_api_version, draft.origin_kind, draft.project, draft.origin_name)


def ref_to(api_version: str, kind: str, project: str, name: str) -> Ref:
    """In the version in which the console asks for the kind; in no project where the kind lives in none."""
    entry = kinds.known(api_version, kind)
    if entry is None:
        return Ref(api_version, kind, project, name)
    return Ref(entry.api_version, kind, project if entry.namespaced else "", name)


def _own(text: str, document: Document, look: Inspection) -> str:
    """The text of one document; of a text that holds but one, all of it, as the author wrote it."""
    if len(look.documents) == 1:
        return text
    own = text[document.start : document.end].strip("\r\n")
    return own + ("\r\n" if "\r\n" in own else "\n")


_NO_PROJECT = gettext_noop("There is no project %(project)s.")
_TWICE = gettext_noop("%(kind)s %(name)s is in this text already, at line %(line)d.")


def _finding(document: Document, path: tuple[str, ...], template: str, code: str, **params: Any) -> Finding:
    [finding] = placed(document, [Finding(path, template, source="text", params=params, code=code)])
    return finding


def _twice(document: Document, first_line: int) -> Iterator[Finding]:
    if first_line != document.line and document.name:
        said = {"kind": document.kind, "name": document.name, "line": first_line}
        yield _finding(document, ("metadata", "name"), _TWICE, "twice", **said)


def _stored_now(store: Store, refs: Sequence[Ref]) -> list[Stored | Forbidden | None]:
    """What is stored of each, or why the person may not know; nothing of what has no kind or name."""
    whole = [ref for ref in refs if ref.kind and ref.name]
    found: dict[Ref, Stored | Forbidden | None]
    try:
        found = dict(zip(whole, store.get_all(whole), strict=True))
    except Forbidden:
        found = {ref: _stored_or_why_not(store, ref) for ref in whole}
    return [found.get(ref) for ref in refs]


def _stored_or_why_not(store: Store, ref: Ref) -> Stored | Forbidden | None:
    try:
        return store.get(ref)
    except NotFound:
        return None
    except Forbidden as refused:
        return refused


def _compare(document: Document, ref: Ref, stored: Stored | None, text: str, base: str | None) -> Planned:
    now = stored.version if stored else ""
    before = stored.text if stored else ""
    intent: Intent = "create" if stored is None else "unchanged" if before == text else "configure"
    if intent == "unchanged":  # whoever wrote it: there is nothing to overwrite
        base = None
    return Planned(
        document,
        ref,
        text,
        intent,
        seen=now if base is None else base,
        stored=stored,
        before=before,
        after=text,
        conflict=_conflict(ref, stored) if base is not None and base != now else None,
    )


def _conflict(ref: Ref, stored: Stored | None) -> Conflict:
    if stored is None:
        return Conflict(_("%(object)s was deleted in the meantime.") % {"object": ref})
    return Conflict(
        _("%(object)s was changed in the meantime.") % {"object": ref},
        theirs=secrets.mask(stored.text),
        version=stored.version,
    )


_LEFT_OUT = gettext_noop(
    "This cluster would leave this field out: its version of Kubernetes does not know it, or has it"
    " switched off."
)


def _try(store: Store, item: Planned, made_here: set[str]) -> Planned:
    """The server's own word: a dry run. Its diff is between what the server has and what it would have."""
    if item.ref.project in made_here and item.stored is None:
        return replace(
            item, untried=_("Its project comes with the same text: the server can judge it only then.")
        )
    try:
        applied = store.apply(
            item.text, project=item.ref.project, base=item.seen, dry_run=True, force=item.force
        )
    except Conflict as conflict:
        return replace(item, conflict=conflict)
    except (Invalid, NotFound, Forbidden) as refused:
        return replace(item, findings=[*item.findings, *_refusal(item.document, refused)])
    left_out = [
        Finding(path, _LEFT_OUT, severity="warning", source="server")
        for path in live.dropped(item.document.value, applied.value)
    ]
    return replace(
        item,
        intent=_INTENTS[applied.outcome],
        findings=[*item.findings, *placed(item.document, left_out)],
        warnings=applied.warnings,
        after=applied.text if item.stored else item.text,
    )


def _refusal(document: Document, refused: ConsoleError) -> list[Finding]:
    """What the server refused, at the fields it named."""
    said = list(getattr(refused, "findings", ())) or [
        Finding((), "%(message)s", source="server", params={"message": refused.message})
    ]
    return placed(document, said)


def carry_out(store: Store, plan: Plan, *, why: str = "") -> list[Result]:
    """Store every document of the plan, in kubectl's order of need, each over the version the plan has seen.

    Offline all of them or none. On a cluster the first that fails ends it, and the rest is not tried: what is
    stored stays, and carrying out a new plan of the same text goes on from there. Raises Invalid where the
    plan is blocked, Forbidden.
    """
    if plan.blocked:
        raise Invalid(
            _("There is something to mend first."), [f for item in plan.documents for f in item.errors]
        )
    todo = plan.in_order_of_need
    halted = None
    try:
        done = store.apply_all(
            [Write(item.text, item.ref.project, item.seen, item.force, item.document) for item in todo],
            why=why,
        )
    except Halted as halt:
        done, halted = halt.done, halt
    results = [Result(a.ref, a.outcome, warnings=a.warnings, version=a.version) for a in done]
    results += [Result(item.ref) for item in todo[len(done) :]]
    if halted:
        results[halted.at] = replace(results[halted.at], error=halted.error)
    return results


def delete(store: Store, seen: Mapping[Ref, str], *, why: str = "") -> list[Result]:
    """Delete each object that is still at the version the person has seen; each stands for itself."""
    results = []
    for ref, version in seen.items():
        try:
            store.delete(ref, base=version, why=why)
        except ConsoleError as error:
            results.append(Result(ref, error=error))
        else:
            results.append(Result(ref, "deleted"))
    return results


def restore(store: Store, ref: Ref, number: int, *, base: str, why: str = "") -> Applied:
    """Store again what revision `number` said, over version `base` ("": the object is deleted).

    Raises NotFound, Conflict, Invalid, Forbidden.
    """
    revision = next((r for r in store.history(ref) if r.number == number), None)
    if revision is None:
        raise NotFound(
            _("There is no revision %(number)d of %(object)s.") % {"number": number, "object": ref}
        )
    restored = _("Restored revision %(number)d") % {"number": number}
    why = why or (restored if base else _("Brought back after it was deleted"))
    return store.apply(revision.text, project=ref.project, base=base, why=why)


def move_to_project(text: str, project: str) -> str:
    """The text with every namespaced document in `project`. Only `metadata.namespace` changes: what names a
    namespace inside a document (the subjects of a role binding, an address) stays as it is.

    Raises DocumentError, EditRefused.
    """

    def changes(document: Document) -> list[Change]:
        inside = kinds.namespaced(document.api_version, document.kind)
        return [(("metadata", "namespace"), project)] if inside and document.namespace else []

    return documents.edit_each(text, changes)


def settle(draft: Draft, item: Planned, how: Literal["merge", "mine"]) -> Draft:
    """End a conflict in a draft: from now on it is made against what is stored.

    merge: three ways; where both changed the same lines, both stay between conflict markers. mine: the text
    stays, and the review shows what it does to theirs. Raises Conflict (the draft was changed meanwhile).
    """
    stored = item.stored
    text = draft.text
    if how == "merge" and stored is not None:
        merged = documents.merge(draft.origin_text, item.text, stored.text).text
        text = text[: item.document.start] + merged + text[item.document.end :]
    base = (stored.version, stored.text) if stored else ("", "")
    return drafts.save(draft, text, version=draft.version, base=base)


@dataclass(frozen=True, slots=True)
class Choice:
    """Where a merge left both sides to choose from. line: its first, 1-based; mine, theirs: lines of each."""

    line: int
    mine: Sequence[str]
    theirs: Sequence[str]


def choices(text: str) -> list[Choice]:
    """What is still to be chosen in a merged text, no value of a Secret in it."""
    found = documents.clashes(text)
    if not found:
        return []
    # A text with markers cannot be read, so each side is masked in the text that it would make.
    masked = secrets.mask_pair(documents.choose(text, "theirs"), documents.choose(text, "mine"))
    theirs, mine = (
        _sides(found, shown, side) for shown, side in zip(masked, ("theirs", "mine"), strict=True)
    )
    return [Choice(clash.line, own, other) for clash, own, other in zip(found, mine, theirs, strict=True)]


def _sides(found: Sequence[Clash], chosen: str, side: Side) -> Iterator[list[str]]:
    """The lines of each clash in the text in which `side` was taken everywhere."""
    lines, gone = lines_of(chosen), 0
    for clash in found:
        start, count = clash.line - 1 - gone, len(clash.chosen(side))
        yield lines[start : start + count]
        gone += clash.last_line - clash.line + 1 - count


@dataclass(frozen=True, slots=True)
class Use:
    """Of one key of one ResourceQuota: how much is used now, and how much once a plan is carried out."""

    quota: str
    key: str
    before: Decimal
    after: Decimal
    hard: Decimal

    @property
    def too_much(self) -> bool:
        return self.after > self.hard and self.after > self.before


def uses(store: Store, plan: Plan) -> list[Use]:
    """The project's quotas, as the text leaves them, before and after a plan; empty where there are none or
    too little is known. Of a quota that is not stored yet, only what is reckoned here is used before.

    What the ports of Services count for stays: Services are not among the facts.
    """
    known = plan.facts
    later = known.with_bundle([item.document.value for item in plan.documents])
    if not later.quotas or known.nodes is None or known.daemonsets is None:
        return []
    counts = Counter(store.counts(plan.project))
    counts_later = counts + Counter(
        (item.ref.api_version, item.ref.kind)
        for item in plan.documents
        if item.intent == "create" and item.ref.project == plan.project
    )
    inventory, features = Inventory(known.nodes), store.capabilities()

    def reckoned(
        quota: Json, facts: ProjectFacts, counts: Mapping[tuple[str, str], int]
    ) -> Mapping[str, Decimal]:
        limits = facts.limit_ranges or ()
        daemonsets = [admission.completed(each, facts.classes) for each in facts.daemonsets or ()]
        claims = (facts.pvcs or {}).values()
        return demand.quota_used(
            quota, daemonsets, inventory, limits, counts, claims=claims, features=features
        )

    used = {identity(quota)[1]: amounts(Place(quota).at("status", "used")) for quota in known.quotas or ()}
    found = []
    for quota in later.quotas:
        name, hard = identity(quota)[1], amounts(Place(quota).at("spec", "hard"))
        now, then = reckoned(quota, known, counts), reckoned(quota, later, counts_later)
        for key, limit in hard.items():
            # What others use, which only a server knows, stays.
            before = used.get(name, now).get(key, now[key])
            found.append(Use(name, key, before, before + then[key] - now[key], limit))
    return found
