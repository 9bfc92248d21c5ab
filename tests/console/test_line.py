"""More requests at once than are worked on wait in line, and get an answer all the same."""

from __future__ import annotations

import asyncio
import threading

import pytest
from bs4 import BeautifulSoup
from django.http import HttpResponse
from django.test import Client
from django.urls import path

from console.web.line import RETRY_AFTER, LinedHandler
from tests.console import urls as test_urls

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls(__name__)]


class Slow:
    """A page that is at work until it is let go."""

    def __init__(self):
        self.started = threading.Semaphore(0)
        self.go = threading.Event()
        self.count = 0

    def __call__(self, request):
        self.count += 1
        self.started.release()
        self.go.wait(10)
        return HttpResponse("done")


slow = Slow()
urlpatterns = [path("slow/", lambda request: slow(request)), *test_urls.urlpatterns]


@pytest.fixture(autouse=True)
def _new():
    slow.__init__()
    yield
    slow.go.set()


@pytest.fixture
def cookies(admin):
    client = Client()
    client.force_login(admin)
    return "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items()).encode()


class Visitor:
    """A request of a signed-in browser. status, headers, body: of the answer."""

    def __init__(self, handler, cookies, address="/slow/", *, body=None, **headers):
        self.handler, self.gone = handler, asyncio.Event()
        self.status, self.headers, self.body = 0, {}, b""
        sent = {"host": "localhost", "sec-fetch-site": "same-origin", **headers}
        self.scope = {
            "type": "http",
            "method": "GET" if body is None else "POST",
            "path": address,
            "query_string": b"",
            "headers": [
                (b"cookie", cookies),
                *((k.replace("_", "-").encode(), v.encode()) for k, v in sent.items()),
            ],
        }
        self._came = [{"type": "http.request", "body": body or b"", "more_body": False}]

    def start(self):
        self.task = asyncio.ensure_future(self.handler(self.scope, self._receive, self._send))
        return self

    async def _receive(self):
        if self._came:
            return self._came.pop()
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message):
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode().lower(): value.decode() for name, value in message["headers"]}
        self.body += message.get("body", b"")

    @property
    def codes(self):
        return [each["data-error"] for each in BeautifulSoup(self.body, "html.parser").select("[data-error]")]


async def started():
    await asyncio.to_thread(slow.started.acquire, timeout=5)


async def settled():
    """Everything that can go on without a free place has."""
    for _turn in range(20):
        await asyncio.sleep(0.01)


def test_those_beyond_the_places_wait_for_their_turn(cookies):
    async def visit():
        handler = LinedHandler(at_work=2, in_line=5, seconds=10)
        visitors = [Visitor(handler, cookies).start() for _each in range(5)]
        await started()
        await started()
        await settled()
        assert slow.count == 2
        slow.go.set()
        await asyncio.gather(*(each.task for each in visitors))
        return [each.status for each in visitors]

    assert asyncio.run(visit()) == [200] * 5
    assert slow.count == 5


def test_whoever_finds_the_line_full_is_told_to_come_back(cookies):
    async def visit():
        handler = LinedHandler(at_work=1, in_line=0, seconds=10)
        first = Visitor(handler, cookies).start()
        await started()
        second = Visitor(handler, cookies).start()
        await second.task
        quick = Visitor(handler, cookies, "/healthz").start()
        await quick.task
        slow.go.set()
        await first.task
        return first, second, quick

    first, second, quick = asyncio.run(visit())
    assert (first.status, second.status, quick.status) == (200, 503, 200)
    assert second.codes == ["busy"]
    assert second.headers["retry-after"] == str(RETRY_AFTER)
    assert slow.count == 1


def test_nobody_waits_longer_than_the_limit(cookies):
    async def visit():
        handler = LinedHandler(at_work=1, in_line=5, seconds=0.05)
        first = Visitor(handler, cookies).start()
        await started()
        second = Visitor(handler, cookies).start()
        await second.task
        slow.go.set()
        await first.task
        return first.status, second.status

    assert asyncio.run(visit()) == (200, 503)


def test_a_request_whose_browser_has_gone_does_not_start(cookies):
    async def visit():
        handler = LinedHandler(at_work=1, in_line=5, seconds=10)
        first = Visitor(handler, cookies).start()
        await started()
        gone = Visitor(handler, cookies).start()
        await settled()
        gone.gone.set()
        await gone.task
        slow.go.set()
        await first.task
        await Visitor(handler, cookies).start().task
        return gone.status

    assert asyncio.run(visit()) == 0
    assert slow.count == 2


def test_one_that_is_at_work_keeps_its_place_when_its_browser_goes(cookies):
    async def visit():
        handler = LinedHandler(at_work=1, in_line=5, seconds=10)
        gone = Visitor(handler, cookies).start()
        await started()
        gone.gone.set()
        second = Visitor(handler, cookies).start()
        await settled()
        assert slow.count == 1
        slow.go.set()
        await second.task
        await gone.task
        return second.status

    assert asyncio.run(visit()) == 200


def test_what_was_typed_can_be_sent_again(cookies):
    form = b"text=kind%3A+DaemonSet"

    async def visit(**headers):
        handler = LinedHandler(at_work=1, in_line=0, seconds=10)
        first = Visitor(handler, cookies).start()
        await started()
        kind = {"content_type": "application/x-www-form-urlencoded"}
        second = Visitor(handler, cookies, body=form, **kind, **headers).start()
        await second.task
        slow.go.set()
        await first.task
        return second

    page = asyncio.run(visit())
    assert page.status == 503
    assert (
        BeautifulSoup(page.body, "html.parser").find("input", {"name": "text"})["value"] == "kind: DaemonSet"
    )
    slow.__init__()
    toast = asyncio.run(visit(hx_request="true"))
    assert (toast.status, toast.headers["hx-retarget"], toast.codes) == (503, "#messages", ["busy"])
