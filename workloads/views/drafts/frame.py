"""What the wizard's steps, the review and the YAML mode have around them: title, switch, stepper.

On a page that has a form the stepper and the switch are its submit buttons (`op=go:<place>`): what was typed
is saved before one goes on. `go_to` is where such a button leads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from workloads.daemonsets.manifest.findings import STEPS
from workloads.daemonsets.rules.inspection import Inspection
from workloads.drafts import store as drafts
from workloads.models import Draft
from workloads.wizard.form.step import Step, every_step

REVIEW: Final = "review"
YAML: Final = "yaml"
PLACES: Final = (*STEPS, REVIEW, YAML)


@dataclass(frozen=True, slots=True)
class Stop:
    """One station of the stepper. todo: nothing is set in it; wrong: it has `errors`; done: neither."""

    number: int
    slug: str
    title: str | Promise
    url: str
    state: Literal["todo", "done", "wrong"]
    errors: int = 0
    summary: str = ""
    current: bool = False


def go_to(draft: Draft, place: str, doc: int | None = None) -> str:
    """The address of a place of the draft: the slug of a step, REVIEW or YAML. doc: the document to be at."""
    if place == REVIEW:
        return reverse("draft-review", args=[draft.id])
    name, args = ("draft-yaml", [draft.id]) if place == YAML else ("draft-step", [draft.id, place])
    url = reverse(name, args=args)
    return f"{url}?doc={doc}" if doc is not None else url


def frame(
    draft: Draft, inspection: Inspection, here: str, *, doc: int | None = None, form: bool = True
) -> dict[str, Any]:
    """The context that `workloads/wizard/_frame.html` needs. doc: the document that the wizard is at, if any;
    form: whether the page has a form to save before leaving."""
    if doc is None and inspection.daemonsets:
        doc = inspection.daemonsets[0]
    several = len(inspection.daemonsets) > 1
    stops = _stops(draft, inspection, doc, several, here) if _has_steps(inspection) else []
    return {
        "draft": draft,
        "title": _title(draft, inspection),
        "stops": stops,
        "here": here,
        "form": form,
        "doc": doc,
        "several": several,
        "before_review": stops[-2].url if stops else go_to(draft, YAML),
        "form_url": go_to(draft, STEPS[0], doc if several else None),
        "yaml_url": go_to(draft, YAML, doc or 0),
        "can_undo": drafts.can_undo(draft),
    }


def _has_steps(inspection: Inspection) -> bool:
    """Not a text of other objects alone: the steps are about a DaemonSet, the one it has or is begun with."""
    return bool(inspection.daemonsets or inspection.error or not inspection.documents)


def _stops(draft: Draft, inspection: Inspection, doc: int | None, several: bool, here: str) -> list[Stop]:
    stops = [
        _stop(draft, inspection, number, step, doc, several, here)
        for number, step in enumerate(every_step(), 1)
    ]
    errors = inspection.errors
    stops.append(
        Stop(
            len(STEPS) + 1,
            REVIEW,
            _("Review"),
            go_to(draft, REVIEW),
            "wrong" if errors and here == REVIEW else "todo",
            errors=errors,
            current=here == REVIEW,
        )
    )
    return stops


def _title(draft: Draft, inspection: Inspection) -> str:
    """What is done here, by the kinds of the text; of a text that holds nothing yet, a DaemonSet is made."""
    if draft.origin_name:
        return _("Edit %(name)s") % {"name": draft.origin_name}
    if inspection.error and draft.text.strip():
        return _("Draft")
    if len(inspection.documents) > 1:
        count = len(inspection.documents)
        return ngettext("Create %(n)d object", "Create %(n)d objects", count) % {"n": count}
    kind = next((document.kind for document in inspection.documents), "DaemonSet")
    if kind == "DaemonSet":
        return _("Create a DaemonSet")
    return _("New: %(kind)s") % {"kind": kind or _("no kind")}


def _stop(
    draft: Draft, inspection: Inspection, number: int, step: Step, doc: int | None, several: bool, here: str
) -> Stop:
    url = go_to(draft, step.slug, doc if several else None)
    current = step.slug == here
    if doc is None:
        return Stop(number, step.slug, step.title, url, "todo", current=current)
    summary = str(step.summary(inspection.documents[doc].value))
    errors = sum(f.step == step.slug and f.severity == "error" for f in inspection.findings[doc])
    state: Literal["todo", "done", "wrong"] = "todo" if not summary else "wrong" if errors else "done"
    return Stop(number, step.slug, step.title, url, state, errors, summary, current)
