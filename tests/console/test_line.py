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


class Line:
    """A console with places for these many requests, and its visitors, all of one signed-in browser."""

    def __init__(self, cookies, at_work=1, in_line=5, seconds=10):
        self.handler = LinedHandler(at_work=at_work, in_line=in_line, seconds=seconds)
        self.cookies = cookies

    def visitor(self, address="/slow/", **how):
        return Visitor(self.handler, self.cookies, address, **how).start()

    async def at_work(self):
        """A visitor whose request is being worked on."""
        visitor = self.visitor()
        await asyncio.to_thread(slow.started.acquire, timeout=5)
        return visitor


@pytest.fixture
def visit(admin):
    """Runs what happens at a new line: `visit(story, at_work=…, in_line=…, seconds=…)` → what it returns."""
    client = Client()
    client.force_login(admin)
    cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items()).encode()

    def run(story, **places):
        async def told():
            return await story(Line(cookies, **places))

        return asyncio.run(told())

    return run


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


async def ended(*visitors):
    await asyncio.gather(*(each.task for each in visitors))


async def let_go(*visitors):
    """Until the answers of these have come."""
    slow.go.set()
    await ended(*visitors)


async def settled():
    """Everything that can go on without a free place has."""
    for _turn in range(20):
        await asyncio.sleep(0.01)


def test_those_beyond_the_places_wait_for_their_turn(visit):
    async def story(line):
        visitors = [await line.at_work(), await line.at_work(), *(line.visitor() for _each in range(3))]
        await settled()
        assert slow.count == 2
        await let_go(*visitors)
        return [each.status for each in visitors]

    assert visit(story, at_work=2) == [200] * 5
    assert slow.count == 5


def test_whoever_finds_the_line_full_is_told_to_come_back(visit):
    async def story(line):
        first = await line.at_work()
        second, quick = line.visitor(), line.visitor("/healthz")
        await ended(second, quick)
        await let_go(first)
        return first, second, quick

    first, second, quick = visit(story, in_line=0)
    assert (first.status, second.status, quick.status) == (200, 503, 200)
    assert second.codes == ["busy"]
    assert second.headers["retry-after"] == str(RETRY_AFTER)
    assert slow.count == 1


def test_nobody_waits_longer_than_the_limit(visit):
    async def story(line):
        first, second = await line.at_work(), line.visitor()
        await ended(second)
        await let_go(first)
        return first.status, second.status

    assert visit(story, seconds=0.05) == (200, 503)


def test_a_request_whose_browser_has_gone_does_not_start(visit):
    async def story(line):
        first, gone = await line.at_work(), line.visitor()
        await settled()
        gone.gone.set()
        await ended(gone)
        await let_go(first)
        await ended(line.visitor())
        return gone.status

    assert visit(story) == 0
    assert slow.count == 2


def test_one_that_is_at_work_keeps_its_place_when_its_browser_goes(visit):
    async def story(line):
        gone = await line.at_work()
        gone.gone.set()
        second = line.visitor()
        await settled()
        assert slow.count == 1
        await let_go(second, gone)
        return second.status

    assert visit(story) == 200


def test_what_was_typed_can_be_sent_again(visit):
    form = b"text=kind%3A+DaemonSet"
    kind = {"content_type": "application/x-www-form-urlencoded"}

    def sent(**headers):
        async def story(line):
            first, second = await line.at_work(), line.visitor(body=form, **kind, **headers)
            await ended(second)
            await let_go(first)
            return second

        return visit(story, in_line=0)

    page = sent()
    assert page.status == 503
    field = BeautifulSoup(page.body, "html.parser").find("input", {"name": "text"})
    assert field["value"] == "kind: DaemonSet"
    slow.__init__()
    toast = sent(hx_request="true")
    assert (toast.status, toast.headers["hx-retarget"], toast.codes) == (503, "#messages", ["busy"])
