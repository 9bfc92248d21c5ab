"""The server that `daemonset-console up` runs: port, host names, static files, stop."""

from __future__ import annotations

import contextlib
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from console import state
from console.errors import ConsoleError

PORTS_TRIED = 100


def listen(host: str, port: int) -> socket.socket:
    """A listening socket on the port, or on the next one that is free. Raises ConsoleError."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
    except OSError:
        raise ConsoleError(f"This machine has no address {host}.", code="no-address") from None
    for candidate in range(port, min(port + PORTS_TRIED, 65_536)):
        listener = socket.socket(family, socket.SOCK_STREAM)
        if sys.platform != "win32":  # on Windows this would share a port that is in use
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, candidate))
            listener.listen(128)
        except OSError as error:
            listener.close()
            if isinstance(error, PermissionError) or candidate == port + PORTS_TRIED - 1:
                raise ConsoleError(
                    f"Cannot listen on {host}, port {candidate}: {error.strerror}.", code="cannot-listen"
                ) from None
        else:
            return listener
    raise ConsoleError(f"All ports from {port} on are in use.", code="no-free-port")


def host_names(host: str, more: Sequence[str]) -> list[str]:
    """The host names that the console answers to. It refuses others: a foreign site could point its name
    here."""
    names = {"127.0.0.1", "localhost", "[::1]", *more}
    if host in ("0.0.0.0", "::"):  # noqa: S104  # asked for on the command line
        names.add(socket.gethostname())
        with contextlib.suppress(OSError):
            names.update(
                str(info[4][0]) for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)
            )
    else:
        names.add(f"[{host}]" if ":" in host else host)
    return sorted(names)


def base_address(host: str, port: int) -> str:
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{shown}:{port}"


def collect_static(folder: Path) -> None:
    """Collect static files, compressed and named by their hash. Takes seconds, so only when they have
    changed."""
    from django.conf import settings
    from django.core.management import call_command

    from console.web.finders import fingerprint

    stamp = settings.STATIC_ROOT / ".stamp"
    wanted = fingerprint()
    with state.exclusive(folder):
        if stamp.is_file() and stamp.read_text() == wanted:
            return
        # htmx 4 and the readable copies come with django-htmx and are never loaded.
        call_command(
            "collectstatic",
            interactive=False,
            verbosity=0,
            ignore_patterns=["htmx-4*", "htmax-4*", "htmx-2.js", "ext"],
        )
        state.write(stamp, wanted)


def serve(listener: socket.socket, *, access_log: bool) -> None:
    import uvicorn

    from console.connections import ACCEPTED_AT_ONCE, LimitedProtocol, most_connections

    LimitedProtocol.most = most_connections()
    config = uvicorn.Config(
        "console.asgi:application",
        http=LimitedProtocol,
        ws="none",
        backlog=ACCEPTED_AT_ONCE,
        lifespan="off",
        log_config=None,
        access_log=access_log,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    with contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listener])
