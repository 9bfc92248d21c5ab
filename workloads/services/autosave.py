"""Save a draft while it is typed into. It asks no cluster and judges nothing, as every pause does it.

What cannot go into the text of the draft now is kept beside it, as it was typed, and shown again when the
page is opened: an invalid field, or typing that another tab got ahead of.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from django.utils.translation import gettext as _

from console.accounts.access import Person
from console.errors import Conflict
from workloads.daemonsets.project.facts import ProjectFacts
from workloads.daemonsets.rules.inspection import Inspection
from workloads.documents import DocumentError, EditRefused, read
from workloads.drafts import store as drafts
from workloads.models import Draft
from workloads.services.draft_context import DraftContext
from workloads.services.draft_outcomes import YAML
from workloads.services.step_editing import StepEditor, StepRequest, chosen_daemonset, text_of_form
from workloads.services.text_editing import TextRequest, check_size
from workloads.wizard.form.step import Step
from workloads.wizard.steps.nodes import posted_nodes


@dataclass(frozen=True, slots=True)
class Autosaved:
    """saved: the version that the page saved last, 0 for none. Where the input is kept beside the draft,
    `kept` is the primary key of the DraftInput, and `text` says why."""

    state: Literal["saved", "invalid", "conflict"]
    saved: int
    kept: int = 0
    text: str = ""


def keep_step(draft: Draft, person: Person, step: Step, sent: StepRequest) -> Autosaved:
    """Save the form of a step. Raises Conflict where it cannot even be kept, and DraftEnded, NotFound."""
    text = text_of_form(draft, sent.version)
    try:
        inspection = Inspection(read(text))
    except DocumentError:
        inspection = Inspection()
    index = chosen_daemonset(inspection, sent.document)
    if index is None:
        raise Conflict(_("The draft no longer contains this DaemonSet."), code="daemonset-missing")
    # The form has a checkbox for each node of the cluster, which is not asked now.
    facts = ProjectFacts(project=draft.project, nodes=posted_nodes(sent.fields))
    editor = StepEditor(draft, person, step, DraftContext(facts), text, inspection, index)
    bound = editor.bind(sent.fields)

    def typed() -> str | None:
        return bound.apply(text, index) if bound.is_valid() else None

    return _keep(draft, step.slug, index, sent, sent.fields, typed)


def keep_text(draft: Draft, sent: TextRequest) -> Autosaved:
    """Save the text of YAML mode, readable or not. Raises Conflict, DraftEnded, TooLarge."""
    check_size(sent.text)
    return _keep(draft, YAML, 0, sent, {"text": sent.text}, lambda: sent.text)


def _keep(
    draft: Draft,
    page: str,
    document: int,
    sent: StepRequest | TextRequest,
    fields: Mapping[str, str],
    typed: Callable[[], str | None],
) -> Autosaved:
    try:
        text = typed()
        if text is not None:
            now = drafts.save(draft, text, version=sent.at, continues=bool(sent.saved))
            if sent.kept:
                drafts.drop_input(draft, page, document)
            # Nothing was typed yet: the next save is the first of its burst.
            return Autosaved("saved", now.version if sent.saved or now.version != sent.version else 0)
    except EditRefused:
        text = None
    except Conflict:
        pass
    kept = drafts.keep_input(
        draft, page, document, fields=fields, version=sent.version, saved=sent.saved, known=sent.kept
    )
    if text is None:
        why = _("Kept. It goes into the manifest once all fields are valid.")
        return Autosaved("invalid", sent.saved, kept.pk, why)
    why = _("Kept, but not saved: another tab or browser changed this draft. Save the draft to see both.")
    return Autosaved("conflict", sent.saved, kept.pk, why)
