"""How much a request may bring. Django itself counts only fields, and only after all of them have come."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Application = Callable[[MutableMapping[str, Any], Receive, Any], Awaitable[None]]

CUT = "console.cut"


def capped(application: Application, limit: int) -> Application:
    """An ASGI application whose requests bring at most `limit` bytes: what comes beyond is read, so that the
    browser gets an answer, and kept nowhere. `was_cut` tells such a request."""

    async def answer(scope: MutableMapping[str, Any], receive: Receive, send: Any) -> None:
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
            return message

        await application(scope, counted, send)

    return answer


def was_cut(request: Any) -> bool:
    return CUT in getattr(request, "scope", ())
