"""The documents of a text and the findings about them: the YAML mode, the wizard and the review show them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from workloads.daemonsets.manifest.findings import Finding
from workloads.daemonsets.manifest.legacy import is_daemonset
from workloads.daemonsets.manifest.places import field_of
from workloads.daemonsets.project.facts import NOTHING_KNOWN, ProjectFacts
from workloads.daemonsets.rules.validation import check
from workloads.documents import Document, DocumentError, read

NO_PROJECT = "no-project"
"""The code of the finding about a project that does not exist, which has the parameter `project`."""
_KUBECTL = "sigs.k8s.io/yaml, apimachinery/pkg/util/yaml/decoder.go"


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
        """How many errors keep the whole manifest from being stored. A missing project is one, however many
        documents name it."""
        errors = [f for group in self.findings for f in group if f.severity == "error"]
        projects = {f.params.get("project") for f in errors if f.code == NO_PROJECT}
        return sum(f.code != NO_PROJECT for f in errors) + len(projects)

    def errors_of(self, index: int, step: str = "") -> int:
        """How many errors one document has, in one step of the wizard or in all of them."""
        found = (finding for finding in self.findings[index] if finding.severity == "error")
        return sum(not step or finding.step == step for finding in found)

    @property
    def daemonsets(self) -> list[int]:
        """The indexes of the documents that are DaemonSets; see `is_daemonset`."""
        return [document.index for document in self.documents if is_daemonset(document.value)]


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
    return Inspection(
        documents,
        [[*_noted(document), *placed(document, check(document.value, facts))] for document in documents],
    )


def _noted(document: Document) -> Iterator[Finding]:
    """What kubectl makes of the text of a document that its author may not expect."""
    for note in document.notes:
        template, code = note.problem.template, note.problem.code
        mark = document.lines.mark(note.at)
        yield Finding((), template, "warning", "text", note.params, _KUBECTL, *mark, code=code)


def placed(document: Document, findings: Iterable[Finding]) -> list[Finding]:
    """The findings about a document, each with its line and column in the whole text. They name things as the
    text does: the key `on`, which is read as "true", and `containers[agent]` instead of `containers[0]`."""
    return [_placed(document, finding) for finding in findings]


def _placed(document: Document, finding: Finding) -> Finding:
    finding = finding.at(*document.locate(finding.path))
    if not finding.path or not finding.params:
        return finding
    shown = {field_of(finding.path): field_of(finding.path, document.value)}
    if document.notes and (written := document.misread_key(finding.path)):
        shown[str(finding.path[-1])] = written
    params = {
        name: shown.get(value, value) if isinstance(value, str) else value
        for name, value in finding.params.items()
    }
    return replace(finding, params=params)
