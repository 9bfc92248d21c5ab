"""What storing a text would do, and what stands against it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, TypeAlias

from django.utils.translation import gettext as _

from console.errors import Conflict, ConsoleError, Forbidden, Invalid, NotFound
from workloads import kinds
from workloads.daemonsets.manifest.findings import Finding, gettext_noop
from workloads.daemonsets.project.facts import ProjectFacts
from workloads.daemonsets.rules.inspection import Inspection, inspect, placed
from workloads.documents import DiffLine, Document, DocumentError
from workloads.services.facts import if_readable, project_facts
from workloads.services.refs import ref_of
from workloads.stores import secrets
from workloads.stores.cluster import objects
from workloads.stores.protocol import (
    Outcome,
    Ref,
    Store,
    Stored,
)

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


def make_plan(
    store: Store, text: str, *, project: str, bases: Mapping[Ref, str] | None = None, force: bool = False
) -> Plan:
    """What storing every document of `text` would do, and what stands against it. Changes nothing.

    bases: the versions a person has seen ("" for "not there yet"); an object that is stored at another one is
    a conflict. An object that is not in `bases` is planned against what is stored now.
    """
    there = project_facts(store, project)
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
        if store.capabilities().admission and not item.errors and not item.conflict:
            item = _try(store, item, made_here)
        planned.append(item)
    return Plan(text, project, there, look, planned, missing_projects=sorted(missing))


def _missing_projects(store: Store, named: set[str]) -> set[str]:
    """Those that are not there; none for a person who may not list them: the server has the word then."""
    projects = if_readable(store.projects)
    return named - {project.name for project in projects} if projects is not None else set()


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
        for path in objects.dropped(item.document.value, applied.value)
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
