"""What is shown next to the form of a step: the findings, what changes in the manifest, the nodes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from workloads.daemonsets.manifest.findings import Finding
from workloads.daemonsets.placement.verdicts import Coverage, coverage, template_of
from workloads.documents import DiffLine, Path
from workloads.drafts import store as drafts
from workloads.services.preview import Preview, PreviewContext
from workloads.services.refs import ref_of
from workloads.services.step_editing import ShowForm, StepEditor
from workloads.stores import secrets
from workloads.wizard.form.step import BoundStep
from workloads.wizard.form.tree import FieldNode, FormNode, GroupNode, RowNode, RowsNode


@dataclass(frozen=True, slots=True)
class FindingLink:
    """A finding and where the form shows it. place: the labels that lead there, "" for the head of the step;
    anchor: the id of the element. is_new: the page does not show it there yet."""

    finding: Finding
    place: str = ""
    anchor: str = ""
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class StepAside:
    """opened: the draft started from a text, and `changed` is the difference to that; else to what is saved,
    as everything in a new draft is new. coverage: None where the nodes are unknown, and where `preview` has
    it."""

    opened: bool
    changed: Sequence[DiffLine]
    findings: Sequence[FindingLink]
    coverage: Coverage | None
    preview: Preview | None


def step_aside(editor: StepEditor, form: ShowForm, *, group_by: str = "") -> StepAside:
    """Raises Unreachable."""
    draft, context = editor.draft, editor.context
    on_nodes_step = editor.step.slug == "nodes"
    value, nodes = form.inspection.documents[editor.index].value, context.facts.nodes
    runs = None
    if nodes and not on_nodes_step:
        runs = coverage(template_of(value), nodes, features=context.capabilities)
    on_page: Iterable[Finding] | None = None
    if form.reason == "preview":  # the fields of the page stay as they are
        on_page = editor.shown_at_first
    opened = drafts.opened(draft)
    return StepAside(
        opened=opened,
        changed=secrets.diff_of(draft.origin_text if opened else editor.text, form.text, context=2),
        findings=list(finding_links(form.bound, on_page)),
        coverage=runs,
        preview=_preview(editor, form, group_by) if on_nodes_step else None,
    )


def _preview(editor: StepEditor, form: ShowForm, group_by: str) -> Preview | None:
    """None where the store does not answer, and where the nodes are unknown."""
    context = editor.context
    if context.store is None:
        return None
    documents = [(ref_of(each, editor.draft.project), each) for each in form.inspection.documents]
    shared = PreviewContext(context.store, context.facts, documents)
    ref, document = documents[editor.index]
    return shared.preview(ref, document.value, shared.stored(ref), by=group_by, rolls=False)


def finding_links(bound: BoundStep, on_page: Iterable[Finding] | None) -> Iterator[FindingLink]:
    """Every finding of the step. on_page: those that the page shows at their fields; None: all of them."""
    shown = None if on_page is None else {_identity(finding) for finding in on_page}

    def below(nodes: Iterable[FormNode], labels: tuple[str, ...], anchor: str) -> Iterator[FindingLink]:
        for node in nodes:
            if not node.active:
                continue
            label, own_anchor = _label_of(node), _anchor_of(node) or anchor
            path = (*labels, label) if label else labels
            for finding in node.findings:
                is_new = shown is not None and _identity(finding) not in shown
                yield FindingLink(finding, " › ".join(path), own_anchor, is_new)
            # The headings between a row and its fields are left out.
            yield from below(node.children(), path if isinstance(node, RowNode) else labels, own_anchor)

    yield from map(FindingLink, bound.top)
    yield from below(bound.nodes, (), "")


def _identity(finding: Finding) -> tuple[Path, str]:
    return finding.path, finding.message


def _label_of(node: FormNode) -> str:
    match node:
        case FieldNode():
            return str(node.decl.label)
        case RowNode():
            fields = [child for child in node.walk() if isinstance(child, FieldNode)]
            named = [field for field in fields if field.path and field.path[-1:] == node.named_by[:1]]
            field = next(iter(named or fields), None)
            return node.title or (field and (field.raw or field.shown)) or ""
        case GroupNode():
            return str(node.decl.title)
        case RowsNode():
            return str(node.decl.label)
    return ""


def _anchor_of(node: FormNode) -> str:
    match node:
        case FieldNode():
            return node.field.auto_id if node.field is not None else ""
        case GroupNode():
            return f"g-{node.id}"
        case RowsNode():
            return f"r-{node.id}"
        case RowNode():
            return node.name
    return ""
