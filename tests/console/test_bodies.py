"""Requests that bring too much are read to their end, kept nowhere, and answered."""

from __future__ import annotations

import asyncio

import pytest
from django.urls import reverse

from console.asgi import application
from console.web.bodies import capped, was_cut

MB = 1024 * 1024
FROM_HERE = (b"referer", b"http://localhost/")
URLENCODED = (b"content-type", b"application/x-www-form-urlencoded")
PARTS = (b"content-type", b"multipart/form-data; boundary=x")


def ask(app, *chunks, headers=(), path="/sign-in/"):
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
        "path": path,
        "raw_path": path.encode(),
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

    left, _sent = ask(capped(inner, lambda scope: 5), *chunks, headers=headers)
    assert left == []
    return found["body"], found["cut"]


def page_of(sent):
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent).decode()


@pytest.mark.parametrize("path", ["/sign-in/x/", "/clusters/offline/replace-nodes/"])
@pytest.mark.django_db(transaction=True)
def test_too_large_a_request_is_answered_with_a_page_that_does_not_repeat_it(path):
    chunks = [b"a=" + b"%41" * MB, b"%41" * MB]
    _left, sent = ask(application, *chunks, headers=[URLENCODED, FROM_HERE], path=path)
    status, page = page_of(sent)
    assert status == 413
    assert 'data-error="too-large"' in page
    assert len(page) < 20_000


def parts(text):
    return b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\n' + text + b"\r\n--x--\r\n"


@pytest.mark.django_db(transaction=True)
def test_only_a_signed_in_person_sends_a_long_form_and_only_where_nodes_are_replaced(admin, client, settings):
    address = reverse("node-replace", args=["offline"])
    form = parts(b"#" * 5 * MB)
    status, page = page_of(ask(application, form, headers=[PARTS, FROM_HERE], path=address)[1])
    assert status == 401
    assert 'data-error="session-expired"' in page
    assert 'class="acts" method="post"' not in page  # nothing to send again
    assert len(page) < 20_000
    client.force_login(admin)
    cookie = f"{settings.SESSION_COOKIE_NAME}={client.session.session_key}"
    signed_in = [PARTS, (b"cookie", cookie.encode())]
    status, page = page_of(ask(application, form, headers=signed_in, path="/drafts/")[1])
    assert status == 413
    status, page = page_of(ask(application, form, headers=signed_in, path=address)[1])
    assert (status, 'data-error="csrf"' in page) == (403, True)  # it was read: its token is missed
