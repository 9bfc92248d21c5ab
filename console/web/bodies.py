"""How much a request may bring. Django itself counts only fields, and only after all of them have come."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from django.conf import settings

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Application = Callable[[MutableMapping[str, Any], Receive, Any], Awaitable[None]]

CUT, LONG = "console.cut", "console.long"


def most(scope: Message) -> int:
    """How many bytes a request may bring. A long form is taken in parts alone: each `%41` of an urlencoded
    one costs a hundred times what it weighs."""
    kind = dict(scope.get("headers", ())).get(b"content-type", b"")
    long = scope.get("path", "").endswith(settings.LONG_BODY_AT) and kind.startswith(b"multipart/form-data")
    return settings.LONG_BODY_MAX if long else settings.BODY_MAX


def capped(application: Application, limit_of: Callable[[Message], int]) -> Application:
    """An ASGI application whose requests bring at most `limit_of(scope)` bytes: what comes beyond is read, so
    that the browser gets an answer, and kept nowhere. `was_cut` tells such a request."""

    async def answer(scope: Message, receive: Receive, send: Any) -> None:
        limit = limit_of(scope)
        length = dict(scope.get("headers", ())).get(b"content-length", b"")
        came = limit + 1 if length.isdigit() and int(length) > limit else 0

        async def counted() -> Message:
            nonlocal came
            message = await receive()
            came += len(message.get("body", b""))
            while came > limit and message.get("more_body"):
                message = await receive()
            if came > limit and message["type"] == "http.request":
                scope[CUT] = True
                return {"type": "http.request", "body": b"", "more_body": False}
            if came > settings.BODY_MAX:
                scope[LONG] = True
            return message

        await application(scope, counted, send)

    return answer


def was_cut(request: Any) -> bool:
    return CUT in getattr(request, "scope", ())


def is_long(request: Any) -> bool:
    """Whether it brings what only a signed-in person may send."""
    return LONG in getattr(request, "scope", ())
