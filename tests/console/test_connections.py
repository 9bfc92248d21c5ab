"""Connections that only wait are closed, and cannot keep others out."""

from __future__ import annotations

import contextlib
import logging
import resource
import socket
import subprocess
import sys
import threading
from urllib.request import urlopen

import pytest
import uvicorn

from console.connections import LimitedProtocol, most_connections
from console.web.logs import Rarely
from tests.console.running import ROOT, running

GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6\r\n\r\n"


async def application(scope, receive, send):
    """Reads the body, answers with it or, at /long, with more than a socket holds."""
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body, more = body + message["body"], message.get("more_body")
    body = b"x" * 50_000_000 if scope["path"] == "/long" else body or b"hello"
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": 200, "headers": [length]})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture
def server(settings):
    """A function that connects; the limits are those of `settings` and of `server.most`."""
    settings.CONNECTION_HEADER_SECONDS = settings.CONNECTION_IDLE_SECONDS = 600

    class Protocol(LimitedProtocol):
        waiting = {}

    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(application, http=Protocol, ws="none", lifespan="off", log_config=None)
    run = uvicorn.Server(config)
    thread = threading.Thread(target=run.run, args=([listener],))
    thread.start()
    connected = []

    def connect(sent=b""):
        connection = socket.create_connection(listener.getsockname(), timeout=20)
        connected.append(connection)
        connection.sendall(sent)
        return connection

    connect.protocol, connect.connections = Protocol, run.server_state.connections
    yield connect
    for connection in connected:
        connection.close()
    run.should_exit = run.force_exit = True
    thread.join(20)
    listener.close()


def answer(connection):
    """What comes until there is a whole answer, or the connection is closed."""
    got = b""
    with contextlib.suppress(ConnectionError):
        while not got.endswith((b"hello", b"abcdef")) and (part := connection.recv(65536)):
            got += part
    return got


def is_closed(connection):
    with contextlib.suppress(ConnectionError):
        while connection.recv(65536):
            pass
    return True


@pytest.mark.parametrize("sent", [b"", GET[:20]])
def test_a_connection_without_a_whole_head_is_closed(server, settings, sent):
    settings.CONNECTION_HEADER_SECONDS = 0.2
    assert is_closed(server(sent))


def test_a_head_that_comes_bit_by_bit_has_no_longer_than_one_that_does_not_come(server, settings):
    settings.CONNECTION_HEADER_SECONDS = 0.5
    connection = server()
    ended = threading.Event()

    def drip():
        with contextlib.suppress(OSError):
            while not ended.wait(0.05):
                connection.sendall(b"G")

    dripping = threading.Thread(target=drip)
    dripping.start()
    assert is_closed(connection)
    ended.set()
    dripping.join()


def test_the_head_of_a_second_request_is_limited_too(server, settings):
    settings.CONNECTION_HEADER_SECONDS = 0.5
    connection = server(GET)
    assert answer(connection).endswith(b"hello")
    connection.sendall(GET[:20])
    assert is_closed(connection)


def test_a_body_that_does_not_go_on_is_given_up(server, settings):
    settings.CONNECTION_IDLE_SECONDS = 0.2
    assert is_closed(server(POST + b"abc"))


def test_a_body_that_goes_on_slowly_arrives(server, settings):
    settings.CONNECTION_HEADER_SECONDS = 1
    connection = server(POST)
    for byte in b"abcde":
        threading.Event().wait(0.3)
        connection.sendall(bytes([byte]))
    connection.sendall(b"f")
    assert answer(connection).endswith(b"abcdef")


def test_an_answer_that_nobody_takes_is_given_up(server, settings):
    settings.CONNECTION_IDLE_SECONDS = 0.5
    connection = server(GET.replace(b"/ ", b"/long ", 1))
    connection.recv(1)
    for _attempt in range(400):
        if not server.connections:
            break
        threading.Event().wait(0.05)
    assert sum(map(len, iter(lambda: read(connection), b""))) < 50_000_000


def test_an_answer_that_is_taken_slowly_arrives(server, settings):
    settings.CONNECTION_IDLE_SECONDS = settings.CONNECTION_HEADER_SECONDS = 3
    connection = server(GET.replace(b"/ ", b"/long ", 1))
    taken = 0
    while taken < 50_000_000:
        part = len(read(connection))
        assert part
        if taken // 10_000_000 < (taken := taken + part) // 10_000_000:
            threading.Event().wait(0.8)
    assert taken > 50_000_000


def read(connection):
    try:
        return connection.recv(1_000_000)
    except ConnectionError:
        return b""


def test_with_too_many_the_oldest_that_waits_makes_room(server):
    server.protocol.most = 3
    half = [server(GET[:20]) for _ in range(3)]
    for _attempt in range(20):
        assert answer(server(GET)).endswith(b"hello")
    assert all(map(is_closed, half))


def test_the_limit_of_open_files_leaves_room_for_other_files():
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (300, 1024));"
        "from console.connections import most_connections;"
        "print(most_connections(), resource.getrlimit(resource.RLIMIT_NOFILE)[0])"
    )
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    most, files = map(int, said.stdout.split())
    assert files == 1024
    assert 600 < most < 900
    assert most_connections() <= resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def test_a_console_with_few_files_answers_while_others_hold_connections(tmp_path):
    """More connections than the console may have open files."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 1500:
        pytest.skip("this machine allows too few open files")
    with running(tmp_path) as console:
        resource.prlimit(console.process.pid, resource.RLIMIT_NOFILE, (1024, 1024))
        before = len("".join(console.said))
        held = []
        for _ in range(1100):
            connection = socket.create_connection(("127.0.0.1", console.port), timeout=20)
            connection.sendall(GET[:20])
            held.append(connection)
        try:
            for _ in range(5):
                with urlopen(console.address + "/readyz", timeout=20) as ready:
                    assert ready.read() == b"ok\n"
        finally:
            for connection in held:
                connection.close()
        assert len("".join(console.said)) - before < 2000


def test_what_others_can_make_the_server_say_is_said_rarely():
    rarely = Rarely()

    def record(message):
        return logging.LogRecord("asyncio", logging.ERROR, "", 0, message, (), (OSError, OSError(), None))

    first, *others = [record("Invalid HTTP request received.") for _ in range(5)]
    assert rarely.filter(first)
    assert first.exc_info is None
    assert not any(map(rarely.filter, others))
    assert rarely.filter(record("socket.accept() out of system resource\nsocket: <...>"))
    assert all(rarely.filter(record("something else")) for _ in range(3))
    rarely.SECONDS = 0
    last = record("Invalid HTTP request received.")
    assert rarely.filter(last)
    assert "4" in last.getMessage()
