"""Plan what storing a manifest will do, and find what prevents it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, TypeAlias

from django.utils.translation import gettext as _

from console.errors import Conflict, ConsoleError, Forbidden, Invalid, NotFound, Unreachable
from workloads import kinds
from workloads.daemonsets.manifest.findings import Finding, gettext_noop
from workloads.daemonsets.manifest.places import field_of
from workloads.daemonsets.project.facts import NOTHING_KNOWN, ProjectFacts
from workloads.daemonsets.rules.inspection import NO_PROJECT, Inspection, inspect, placed, unchecked
from workloads.documents import DiffLine, Document, DocumentError, Path, own_text, to_yaml
from workloads.documents.paths import Json, JsonObject, get
from workloads.services.cautions import project_findings
from workloads.services.facts import if_readable, kinds_named_in, project_facts
from workloads.services.refs import in_any_version, ref_of
from workloads.stores import secrets
from workloads.stores.differences import dropped, kept_by_omission, put_back, removed
from workloads.stores.protocol import (
    Applied,
    Outcome,
    Project,
    Ref,
    Store,
    Stored,
    Write,
    namespace,
)
from workloads.stores.visible import editable

Intent: TypeAlias = Literal["create", "configure", "unchanged"]


_INTENTS: Final[Mapping[Outcome, Intent]] = {
    "created": "create",
    "configured": "configure",
    "unchanged": "unchanged",
}


@dataclass(frozen=True, slots=True)
class PlannedDocument:
    """What storing one document will do.

    seen: the version that the person has seen, "" if the object did not exist. conflict: another version is
    stored now. before, after: the texts that `diff` compares.

    Of the server's dry run: warnings; owned: the fields that this console manages from now on; taken: field
    manager → the fields that it manages and this changes; removed: the fields that go; kept: the fields of
    `metadata` that stay though the text leaves them out. put_back: what the text changes and the server sets
    as it was. untried: why there was none on a cluster.
    unseen: the object exists, and the text was not made from it.
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
    owned: Sequence[Path] = ()
    taken: Mapping[str, Sequence[Path]] = field(default_factory=dict)
    removed: Sequence[Path] = ()
    put_back: Sequence[Path] = ()
    kept: Sequence[str] = ()
    untried: str = ""
    unseen: bool = False
    conflict: Conflict | None = None

    @property
    def errors(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.severity == "error"]

    @property
    def write(self) -> Write:
        """As the store is asked for it, without what the person has to confirm."""
        return Write(self.text, self.ref.project, self.seen, False, self.document, self.stored or "")

    @property
    def trial(self) -> Write:
        """The write to try: of an object that others have changed, over what is stored now."""
        return self.over_stored.write if self.conflict else self.write

    @property
    def over_stored(self) -> PlannedDocument:
        """The same over what is stored now, which others have changed."""
        return replace(self, seen=self.stored.version if self.stored else "", conflict=None, unseen=True)

    @property
    def asks_how(self) -> bool:
        """Whether the person must say that what their text does not mention shall go."""
        return self.unseen and bool(self.removed) and not self.conflict

    @property
    def diff(self) -> Sequence[DiffLine]:
        """What changes in the stored object, Secret values masked."""
        return secrets.diff_of(self.before, self.after)


@dataclass(frozen=True, slots=True)
class Plan:
    """inspection: with all findings of the documents, those of the project and the server included.
    documents: in the order of the manifest; empty where `error` says why it cannot be read.
    missing_projects: the projects that documents name and that do not exist."""

    text: str
    project: str
    facts: ProjectFacts
    inspection: Inspection
    documents: Sequence[PlannedDocument] = ()
    missing_projects: Sequence[str] = ()

    @property
    def error(self) -> DocumentError | None:
        return self.inspection.error

    @property
    def blocked(self) -> bool:
        return bool(
            self.error or not self.documents or any(item.errors or item.conflict for item in self.documents)
        )

    @property
    def taken(self) -> dict[str, list[Path]]:
        """Field manager → the fields of all documents that it manages and that this plan changes."""
        found: dict[str, list[Path]] = {}
        for item in self.documents:
            for manager, paths in item.taken.items():
                found.setdefault(manager, []).extend(paths)
        return found

    @property
    def seen(self) -> dict[Ref, str]:
        """The `bases` of the plan that is carried out once this one was shown."""
        return {item.ref: item.seen for item in self.documents}

    @property
    def in_install_order(self) -> list[PlannedDocument]:
        return kinds.in_install_order((item.ref.kind, item) for item in self.documents)


def make_plan(
    store: Store,
    text: str,
    *,
    project: str,
    bases: Mapping[Ref, str] | None = None,
    checked: bool = False,
) -> Plan:
    """What storing every document of `text` will do, and what prevents it. Changes nothing.

    bases: the versions that the person has seen ("" if the object did not exist); an object that is stored at
    another version is a conflict. An object that is not in `bases` is planned against what is stored now.
    checked: a review of this text found nothing wrong a moment ago, so only what is stored is read again.
    Raises Unreachable.
    """
    now = store.recent(0)
    facts = NOTHING_KNOWN if checked else project_facts(now, project, ahead={"nodes", *kinds_named_in(text)})
    inspection = unchecked(text) if checked else inspect(text, facts)
    if inspection.error is not None:
        return Plan(text, project, facts, inspection)
    bases = bases or {}
    new_projects = {document.name for document in inspection.documents if document.kind == "Namespace"}
    refs = [ref_of(document, project) for document in inspection.documents]
    projects = None if checked else if_readable(now.projects)
    missing = _missing_projects(now, projects, {ref.project for ref in refs} - new_projects - {""})
    first: dict[tuple[str, ...], int] = {}
    planned = []
    for document, found, ref, stored in zip(
        inspection.documents, inspection.findings, refs, _stored_now(store, refs), strict=True
    ):
        findings = [*found, *_duplicate(document, first.setdefault(in_any_version(ref), document.line))]
        base = bases.get(ref)
        if isinstance(stored, Forbidden):
            findings += _refusal(document, stored)
            stored = base = None
        if ref.project in missing:
            findings.append(
                _finding(document, ("metadata", "namespace"), _NO_PROJECT, NO_PROJECT, project=ref.project)
            )
        item = _compare(document, ref, stored, _own_text(text, document, inspection), base)
        findings += placed(document, project_findings(projects or (), ref, stored))
        planned.append(replace(item, findings=findings))
    if not checked and store.capabilities().admission:
        planned = _dry_runs(store, planned, new_projects, _new_kinds(inspection.documents))
    inspection = replace(inspection, findings=[item.findings for item in planned])
    return Plan(text, project, facts, inspection, planned, missing_projects=sorted(missing))


def _missing_projects(store: Store, projects: Sequence[Project] | None, named: set[str]) -> set[str]:
    """Those that do not exist, as far as the person can see."""
    unlisted = named - {project.name for project in projects} if projects is not None else ()
    return {name for name in unlisted if _stored_or_forbidden(store, namespace(name)) is None}


def _own_text(text: str, document: Document, inspection: Inspection) -> str:
    """The text of one document; the whole text, as its author wrote it, if there is only one."""
    if len(inspection.documents) == 1:
        return text
    return own_text(text, document)


_NO_PROJECT = gettext_noop("Project %(project)s does not exist.")
_DUPLICATE = gettext_noop("%(kind)s %(name)s is already in this manifest, at line %(line)d.")


def _finding(document: Document, path: tuple[str, ...], template: str, code: str, **params: Any) -> Finding:
    [finding] = placed(document, [Finding(path, template, source="text", params=params, code=code)])
    return finding


def _duplicate(document: Document, first_line: int) -> Iterator[Finding]:
    if first_line != document.line and document.name:
        params = {"kind": document.kind, "name": document.name, "line": first_line}
        yield _finding(document, ("metadata", "name"), _DUPLICATE, "duplicate-object", **params)


def _stored_now(store: Store, refs: Sequence[Ref]) -> list[Stored | Forbidden | None]:
    """What is stored under each, or why the person can't read it; None without a kind or name."""
    complete = [ref for ref in refs if ref.kind and ref.name]
    found: dict[Ref, Stored | Forbidden | None]
    try:
        found = dict(zip(complete, store.get_all(complete), strict=True))
    except Forbidden:
        found = {ref: _stored_or_forbidden(store, ref) for ref in complete}
    return [found.get(ref) for ref in refs]


def _stored_or_forbidden(store: Store, ref: Ref) -> Stored | Forbidden | None:
    try:
        return store.get(ref)
    except NotFound:
        return None
    except Forbidden as refused:
        return refused


def _compare(
    document: Document, ref: Ref, stored: Stored | None, text: str, base: str | None
) -> PlannedDocument:
    now = stored.version if stored else ""
    before = stored.text if stored else ""
    intent: Intent = "create" if stored is None else "unchanged" if before == text else "configure"
    if intent == "unchanged":  # whichever user changed it, nothing is overwritten
        base = None
    return PlannedDocument(
        document,
        ref,
        text,
        intent,
        seen=now if base is None else base,
        stored=stored,
        before=before,
        after=text,
        unseen=stored is not None and base is None and intent != "unchanged",
        conflict=_conflict(ref, stored, base) if base is not None and base != now else None,
    )


def _conflict(ref: Ref, stored: Stored | None, base: str) -> Conflict:
    if stored is None:
        return Conflict(_("%(object)s was deleted in the meantime.") % {"object": ref}, code="object-deleted")
    said = (
        _("%(object)s was changed in the meantime.") if base else _("%(object)s was created in the meantime.")
    )
    return Conflict(
        said % {"object": ref},
        theirs=secrets.mask(stored.text),
        version=stored.version,
        code="object-changed",
    )


_DROPPED = gettext_noop(
    "This cluster drops this field: its version of Kubernetes does not know the field, or the feature is"
    " disabled."
)


def _new_kinds(documents: Sequence[Document]) -> set[tuple[Json, Json]]:
    """(group, kind) of what the manifest itself defines."""
    return {
        (get(each.value, ("spec", "group")), get(each.value, ("spec", "names", "kind")))
        for each in documents
        if each.kind == "CustomResourceDefinition"
    }


def _dry_runs(
    store: Store,
    planned: Sequence[PlannedDocument],
    new_projects: set[str],
    new_kinds: set[tuple[Json, Json]],
) -> list[PlannedDocument]:
    """With the server's dry run of each that can be tried.

    Of one that others have changed it is over what is stored now: only the server, which sets defaults, knows
    whether that is what the text says already.
    """
    gone = {n for n, item in enumerate(planned) if item.conflict and item.stored is None}
    tried = [n for n, item in enumerate(planned) if not item.errors and n not in gone]
    waits = {n for n in tried if planned[n].ref.project in new_projects and planned[n].stored is None}
    todo = [n for n in tried if n not in waits]
    answers = dict(zip(todo, store.apply_all([planned[n].trial for n in todo], dry_run=True), strict=True))
    for error in answers.values():
        if isinstance(error, Unreachable) and error.code not in ("cluster-failed", "cluster-timeout"):
            raise error
    out = []
    for n, item in enumerate(planned):
        ref, answer = item.ref, answers.get(n)
        kind = (ref.api_version.rpartition("/")[0], ref.kind)
        if item.conflict:
            is_so = isinstance(answer, Applied) and answer.outcome == "unchanged" and not answer.untried
            out.append(_with_answer(item.over_stored, answer) if is_so else item)
        elif n in answers and answer is None:
            out.append(replace(item, untried=_(_GAVE_UP)))
        elif n in waits:
            out.append(replace(item, untried=_(_AFTER_PROJECT)))
        elif isinstance(answer, Invalid) and answer.code == "unknown-kind" and kind in new_kinds:
            out.append(replace(item, untried=_(_AFTER_KIND)))
        else:
            out.append(_with_answer(item, answer))
    return out


_GAVE_UP = gettext_noop(
    "Not checked by the server: it took too long to check other documents. An admission webhook may hang."
)
_AFTER_PROJECT = gettext_noop(
    "This manifest creates the project. The server can check this document only after that."
)
_AFTER_KIND = gettext_noop(
    "This manifest defines this kind of object. The server can check this document only after that."
)


def _with_answer(item: PlannedDocument, answer: Applied | ConsoleError | None) -> PlannedDocument:
    """With the answer to its dry run."""
    match answer:
        case None:
            return item
        case Conflict():
            return replace(item, conflict=answer)
        case Invalid() | NotFound() | Forbidden():
            # Perhaps for what the text leaves out: a field that must not go.
            gone = removed(item.stored.value, _in_its_project(item)) if item.stored else ()
            return replace(item, findings=[*item.findings, *_refusal(item.document, answer)], removed=gone)
        case ConsoleError():
            return replace(item, untried=answer.message)
        case Applied():
            return _with_outcome(item, answer)


def _with_outcome(item: PlannedDocument, answer: Applied) -> PlannedDocument:
    """Its diff compares what the server has with what it will have."""
    not_stored = [
        Finding(path, _DROPPED, severity="warning", source="server", code="field-dropped")
        for path in dropped(item.document.value, answer.value)
    ]
    return replace(
        item,
        intent=_INTENTS[answer.outcome],
        findings=[*item.findings, *placed(item.document, not_stored)],
        warnings=answer.warnings,
        after=to_yaml(editable(answer.value)) if item.stored else item.text,
        owned=answer.owned,
        taken=answer.taken,
        untried=answer.untried,
        removed=removed(item.stored.value, answer.value) if item.stored else (),
        kept=kept_by_omission(item.stored.value, item.document.value) if item.stored else (),
        put_back=_put_back(item, answer),
    )


def _in_its_project(item: PlannedDocument) -> JsonObject:
    """The document with the project that it goes to, which it need not name."""
    value = item.document.value
    own = {"namespace": item.ref.project} if item.ref.project else {}
    return {**value, "metadata": {**value["metadata"], **own}}


def _put_back(item: PlannedDocument, answer: Applied) -> Sequence[Path]:
    """What the person changed and the server sets as it was."""
    plain = "stringData" in item.document.value  # becomes a part of `data`
    if item.stored is None or item.intent != "configure" or plain:
        return ()
    return put_back(item.stored.value, item.document.value, answer.value, unseen=item.unseen)


def _refusal(document: Document, refused: ConsoleError) -> list[Finding]:
    """Why the server rejected the document, at the fields that it named and with their names: a server's
    “Required value” alone does not say of what."""
    findings = [
        replace(
            finding,
            template="%(field)s: %(message)s",
            params={"field": field_of(finding.path, document.value), "message": finding.message},
        )
        if finding.path
        else finding
        for finding in getattr(refused, "findings", ())
    ] or [Finding((), "%(message)s", source="server", params={"message": refused.message}, code=refused.code)]
    return placed(document, findings)
