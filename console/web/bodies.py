"""Limits the size of requests. Django limits only form fields, and only after it has received them all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from django.conf import settings

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Application = Callable[..., Awaitable[None]]
"""ASGI: called with scope, receive and send."""

CUT, LONG = "console.cut", "console.long"


def size_limit(scope: Message) -> int:
    """The largest body that a request can have, in bytes. Only multipart forms can be long: each `%41` of an
    urlencoded form costs a hundred times its size."""
    kind = dict(scope.get("headers", ())).get(b"content-type", b"")
    long = scope.get("path", "").endswith(settings.LONG_BODY_AT) and kind.startswith(b"multipart/form-data")
    return settings.LONG_BODY_MAX if long else settings.BODY_MAX


def capped(application: Application, limit_of: Callable[[Message], int]) -> Application:
    """The application with request bodies of at most `limit_of(scope)` bytes. The rest of a longer one is
    read, so that the browser gets a response, and dropped; `was_cut` is true for such a request."""

    async def answer(scope: Message, receive: Receive, send: Any) -> None:
        limit = limit_of(scope)
        length = dict(scope.get("headers", ())).get(b"content-length", b"")
        received = limit + 1 if length.isdigit() and int(length) > limit else 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            while received > limit and message.get("more_body"):
                message = await receive()
            if received > limit and message["type"] == "http.request":
                scope[CUT] = True
                return {"type": "http.request", "body": b"", "more_body": False}
            if received > settings.BODY_MAX:
                scope[LONG] = True
            return message

        await application(scope, counted, send)

    return answer


def was_cut(request: Any) -> bool:
    return CUT in getattr(request, "scope", ())


def is_long(request: Any) -> bool:
    """Whether the body is so long that only a signed-in person can send it."""
    return LONG in getattr(request, "scope", ())
