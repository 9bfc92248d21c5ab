"""What the console's own forms carry, read back. No person types it: what is not as it was is BadInput."""

from __future__ import annotations

from typing import Any

from django.core import signing
from django.http import HttpRequest
from django.utils.translation import gettext as _

from console.errors import BadInput
from workloads import documents


def incomplete() -> BadInput:
    return BadInput(_("The form is incomplete. Reload the page and try again."))


def number(text: str) -> int:
    """Raises BadInput."""
    if not text.isdecimal() or len(text) > 9:
        raise incomplete()
    return int(text)


def version(request: HttpRequest) -> int:
    """The version of the draft that the form was made from. Raises BadInput."""
    return number(request.POST.get("version", ""))


def text(request: HttpRequest, former: str) -> str:
    """The text of a textarea in the line ends of the text it was shown from: browsers send CRLF always."""
    typed = request.POST.get("text", "").replace("\r\n", "\n")
    if typed == former.replace("\r\n", "\n"):
        return former
    only_crlf = "\r\n" in former and "\n" not in former.replace("\r\n", "")
    return typed.replace("\n", "\r\n") if only_crlf else typed


def chosen(text: str, argument: str) -> str:
    """A merged text with one side taken: `<number of the conflict>:<side>`. Raises BadInput."""
    at, _colon, wanted = argument.partition(":")
    side = next((side for side in documents.SIDES if side == wanted), None)
    if side is None or number(at) >= len(documents.clashes(text)):
        raise incomplete()
    return documents.choose(text, side, number(at))


def seen(request: HttpRequest, salt: str) -> Any:
    """What the page signed with `salt` to say what it showed. Raises BadInput."""
    try:
        return signing.loads(request.POST.get("seen", ""), salt=salt)
    except signing.BadSignature:
        raise incomplete() from None


def why(request: HttpRequest) -> str:
    """The note for the history, "" for none."""
    return request.POST.get("why", "").strip()
