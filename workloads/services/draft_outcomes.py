"""What comes of a request that edits a draft: a page to go to, or messages to show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from django.utils.translation import gettext as _

from console.errors import BadInput
from workloads.daemonsets.manifest.findings import STEPS
from workloads.drafts.store import Undone

REVIEW: Final = "review"
YAML: Final = "yaml"
PLACES: Final = (*STEPS, REVIEW, YAML)
"""The pages of a draft: the steps by their slugs, the review and YAML mode."""

Level: TypeAlias = Literal["success", "info", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Notice:
    """A message on the next page. code: its short name, which stays when the wording changes."""

    code: str
    text: str
    level: Level = "success"


@dataclass(frozen=True, slots=True)
class GoTo:
    """Redirect to a page of the draft.

    place: one of PLACES. document: index of the document to open there; None: the first that fits.
    line: of the manifest, in YAML mode; 0 for none. anchor: id of an element of the page, "" for none.
    """

    place: str
    document: int | None = None
    line: int = 0
    anchor: str = ""
    notices: tuple[Notice, ...] = ()


def number(text: str) -> int:
    """A number that a form of the console sends back. Raises BadInput."""
    if not text.isdecimal() or len(text) > 9:
        raise incomplete_form()
    return int(text)


def incomplete_form() -> BadInput:
    return BadInput(_("The form is incomplete. Reload the page and try again."), code="incomplete-form")


def place_of(argument: str) -> str:
    """The place that a button names. Raises BadInput."""
    if argument not in PLACES:
        raise unknown_action()
    return argument


def unknown_action() -> BadInput:
    return BadInput(_("The form contains an unknown action."), code="unknown-action")


def draft_saved() -> Notice:
    return Notice("draft-saved", _("Draft saved."))


def change_undone() -> Notice:
    return Notice("change-undone", _("The last change to the draft is undone."))


def earlier_change_undone() -> Notice:
    text = _(
        "Undone. The change was made before you opened this page, or in another tab. “Redo” brings it back."
    )
    return Notice("earlier-change-undone", text)


def undone_notice(undone: Undone | None) -> Notice:
    """None: nothing, as the draft was changed elsewhere."""
    if undone is None:
        return changed_elsewhere()
    return change_undone() if undone == "typed" else earlier_change_undone()


def changed_elsewhere() -> Notice:
    text = _(
        "Another tab or browser changed this draft, so nothing was undone. This is the current version. "
        "“Undo last change” undoes what was changed there."
    )
    return Notice("changed-elsewhere", text, "info")


def change_redone() -> Notice:
    return Notice("change-redone", _("The undone change is back."))


def input_undone() -> Notice:
    return Notice("input-undone", _("What you typed on this page is undone. “Redo” brings it back."))


def object_added(wanted: str) -> Notice:
    """wanted: `<kind>:<name>`, as `with_object` takes it."""
    kind, _colon, name = wanted.partition(":")
    text = _("%(kind)s %(name)s is added at the end of the manifest.") % {"kind": kind, "name": name}
    if kind in ("ConfigMap", "Secret"):
        text += " " + _("Enter its values in YAML mode.")
    return Notice("object-added", text)


def nothing_to_change() -> Notice:
    return Notice("nothing-to-change", _("This change is no longer needed. Nothing was changed."), "info")
