"""Read what the console's own forms send back. An invalid value is BadInput, as users do not type them."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, TypeVar

from django.core import signing
from django.http import HttpRequest

from workloads.services.draft_outcomes import incomplete_form, number, unknown_action

A = TypeVar("A", bound=StrEnum)


def pressed(request: HttpRequest, actions: type[A], default: A) -> tuple[A, str]:
    """The action of the pressed button and its argument: `op` is one of `actions`, with what follows a colon.
    Raises BadInput."""
    op = request.POST.get("op") or default.value
    for action in actions:  # `next:anyway` is listed before `next`
        if f"{op}:".startswith(f"{action.value}:"):
            return action, op[len(action.value) + 1 :]
    raise unknown_action()


def version(request: HttpRequest) -> int:
    """The version of the draft that the form was made from. Raises BadInput."""
    return number(request.POST.get("version", ""))


def autosaved(request: HttpRequest) -> tuple[int, int]:
    """What the page knows of its automatic saves: the version that it saved last, and the primary key of the
    input that it has kept; 0 for none. Raises BadInput."""
    return number(request.POST.get("saved") or "0"), number(request.POST.get("kept") or "0")


def manifest(request: HttpRequest, former: str) -> str:
    """The text of a textarea with the line breaks of the text it showed: browsers always send CRLF.
    Raises BadInput."""
    if "text" not in request.POST:
        raise incomplete_form()
    typed = request.POST["text"].replace("\r\n", "\n")
    if typed == former.replace("\r\n", "\n"):
        return former
    only_crlf = "\r\n" in former and "\n" not in former.replace("\r\n", "")
    return typed.replace("\n", "\r\n") if only_crlf else typed


def seen(request: HttpRequest, salt: str) -> Any:
    """What the page signed with `salt`, to say what it showed. Raises BadInput."""
    try:
        return signing.loads(request.POST.get("seen", ""), salt=salt)
    except signing.BadSignature:
        raise incomplete_form() from None


def reason(request: HttpRequest) -> str:
    """The note for the history, "" for none."""
    return request.POST.get("why", "").strip()
