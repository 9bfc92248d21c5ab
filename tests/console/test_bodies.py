"""Requests that bring too much are read to their end, kept nowhere, and answered."""

from __future__ import annotations

import asyncio

import pytest

from console.asgi import application
from console.web.bodies import capped, was_cut

MB = 1024 * 1024


def ask(app, *chunks, headers=()):
    """(what was left unread, what was answered) of a body that comes in these chunks."""
    sent = []
    came = [{"type": "http.request", "body": c, "more_body": True} for c in chunks]
    came.append({"type": "http.request", "body": b"", "more_body": False})

    async def receive():
        if not came:
            return await asyncio.Future()  # the browser waits for its answer
        return came.pop(0)

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "path": "/sign-in/",
        "raw_path": b"/sign-in/",
        "root_path": "",
        "query_string": b"",
        "scheme": "http",
        "server": ("localhost", 80),
        "client": ("127.0.0.1", 1),
        "headers": [(b"host", b"localhost"), *headers],
    }
    asyncio.run(app(scope, receive, send))
    return came, sent


@pytest.mark.parametrize(("chunks", "kept"), [([b"12345"], b"12345"), ([b"1234", b"5"], b"12345"), ([], b"")])
def test_what_is_within_the_limit_arrives(chunks, kept):
    assert received(chunks) == (kept, False)


@pytest.mark.parametrize("chunks", [[b"123456"], [b"123", b"456", b"789", b"0" * 100]])
@pytest.mark.parametrize("headers", [(), ((b"content-length", b"6"),)])
def test_what_is_beyond_it_does_not_and_the_rest_is_read_away(chunks, headers):
    body, cut = received(chunks, headers)
    assert cut
    assert len(body) <= 5


def received(chunks, headers=()):
    found = {}

    async def inner(scope, receive, send):
        body = b""
        while True:
            message = await receive()
            body += message["body"]
            if not message["more_body"]:
                break
        found["body"] = body
        found["cut"] = was_cut(type("Request", (), {"scope": scope}))

    left, _sent = ask(capped(inner, 5), *chunks, headers=headers)
    assert left == []
    return found["body"], found["cut"]


@pytest.mark.django_db(transaction=True)
def test_too_large_a_request_is_answered_with_a_page(settings):
    chunks = [b"x" * MB] * (settings.BODY_MAX // MB + 1)
    _left, sent = ask(application, *chunks, headers=[(b"content-type", b"text/plain")])
    assert sent[0]["status"] == 413
    page = b"".join(message.get("body", b"") for message in sent).decode()
    assert "up to 2 MB" in page
