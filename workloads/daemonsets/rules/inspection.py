"""The documents of a text and the findings about them: the YAML mode, the wizard and the review show them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from workloads.daemonsets.manifest.findings import Finding
from workloads.daemonsets.project.facts import NOTHING_KNOWN, ProjectFacts
from workloads.daemonsets.rules.validation import check
from workloads.documents import Document, DocumentError, read


@dataclass(frozen=True, slots=True)
class Inspection:
    """`documents` is empty if the text cannot be read; `error` says why.

    `findings[i]` are about `documents[i]`, with their line and column in the whole text.
    """

    documents: Sequence[Document] = ()
    findings: Sequence[Sequence[Finding]] = ()
    error: DocumentError | None = None

    @property
    def all_findings(self) -> list[Finding]:
        """Of all documents, in the order of the text."""
        return sorted(
            (finding for group in self.findings for finding in group), key=lambda f: (f.line, f.column)
        )

    @property
    def errors(self) -> int:
        return sum(finding.severity == "error" for group in self.findings for finding in group)

    @property
    def daemonsets(self) -> list[int]:
        """The indexes of the documents that are DaemonSets, of any apiVersion."""
        return [document.index for document in self.documents if document.kind == "DaemonSet"]


def unchecked(text: str) -> Inspection:
    """The documents of a text of which it is known that nothing is wrong with it."""
    try:
        documents = read(text)
    except DocumentError as error:
        return Inspection(error=error)
    return Inspection(documents, [()] * len(documents))


def inspect(text: str, facts: ProjectFacts = NOTHING_KNOWN) -> Inspection:
    """Never raises: the result tells what is wrong with the text. Objects of the text count as existing."""
    found = unchecked(text)
    documents = found.documents
    if found.error:
        return found
    facts = facts.with_bundle([document.value for document in documents])
    return Inspection(documents, [placed(document, check(document.value, facts)) for document in documents])


def placed(document: Document, findings: Iterable[Finding]) -> list[Finding]:
    """The findings about a document, each with its line and column in the whole text."""
    marks = ((finding, document.locate(finding.path)) for finding in findings)
    return [finding.at(mark.line, mark.column) for finding, mark in marks]
