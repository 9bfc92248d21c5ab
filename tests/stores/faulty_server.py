"""An API server that only misbehaves, as told: for what a real control plane cannot be made to do."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

TOKEN = "s3cr3t-t0ken"
Fault = Callable[["_Handler"], None]


class FaultyServer:
    """Answers every request, whatever it is, with `fault`; `kubeconfig` has the one context `faulty`."""

    def __init__(self, folder: Path) -> None:
        self.kubeconfig = folder / "kubeconfig"
        self.fault: Fault = hang_up
        self.stopping = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self._server.owner = self  # type: ignore[attr-defined]
        self.use("http")

    def use(self, scheme: str) -> None:
        server = f"{scheme}://127.0.0.1:{self._server.server_port}"
        config = {
            "clusters": [{"name": "c", "cluster": {"server": server}}],
            "users": [{"name": "u", "user": {"token": TOKEN}}],
            "contexts": [{"name": "faulty", "context": {"cluster": "c", "user": "u"}}],
        }
        self.kubeconfig.write_text(json.dumps(config))

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.owner.fault(self)  # type: ignore[attr-defined]

    do_GET = do_PATCH = do_POST = do_PUT = do_DELETE = _answer

    def log_message(self, format: str, *args: Any) -> None:
        pass


def body(status: int, text: str | bytes, content_type: str = "text/html", **headers: str) -> Fault:
    data = text.encode() if isinstance(text, str) else text

    def fault(handler: _Handler) -> None:
        handler.send_response(status)
        for name, value in {
            "Content-Type": content_type,
            "Content-Length": str(len(data)),
            **headers,
        }.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(data)

    return fault


def status(code: int, message: str, **more: Any) -> Fault:
    """A Kubernetes Status object."""
    value = {
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "message": message,
        "code": code,
        **more,
    }
    return body(code, json.dumps(value), "application/json")


def hang_up(handler: _Handler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True


def cut_short(handler: _Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"items": [')
    handler.wfile.flush()
    hang_up(handler)


def hang(handler: _Handler) -> None:
    handler.server.owner.stopping.wait(30)  # type: ignore[attr-defined]
    handler.close_connection = True
