"""A console as a person starts it: a process of its own, on a folder and a port of its own."""

from __future__ import annotations

import http.client
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"http://\S+/sign-in/\S+/")


@dataclass
class Running:
    """`said`: what it printed so far. `link`: the one-time link among it."""

    process: subprocess.Popen[str]
    said: list[str] = field(default_factory=list)
    link: str = ""

    @property
    def address(self) -> str:
        return self.link.split("/sign-in/")[0]

    @property
    def port(self) -> int:
        return int(self.address.rsplit(":", 1)[1])

    def stop(self, how: int = signal.SIGINT) -> str:
        """Everything it printed. The exit status is in `process.returncode`."""
        self.process.send_signal(how)
        self.process.wait(30)
        self.reader.join(10)
        return "".join(self.said)

    def _read(self, found: threading.Event) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.said.append(line)
            if match := LINK.search(line):
                self.link = match.group()
                found.set()
        found.set()

    def wait_for_link(self) -> None:
        found = threading.Event()
        self.reader = threading.Thread(target=self._read, args=(found,), daemon=True)
        self.reader.start()
        found.wait(60)
        assert self.link, "".join(self.said)


def environment(**more: str) -> dict[str, str]:
    """As of a person who never heard of this project's variables, and has no cluster."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CONSOLE_", "DJANGO_"))}
    return {**kept, "KUBECONFIG": os.devnull, "PYTHONWARNINGS": "error,ignore::ResourceWarning", **more}


@contextmanager
def running(
    folder: Path, *arguments: str, python: Path | str = sys.executable, cwd: Path = ROOT
) -> Iterator[Running]:
    process = subprocess.Popen(
        [str(python), "-m", "console", "up", "--data", str(folder), "--port", "18000", *arguments],
        cwd=cwd,
        env=environment(),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    console = Running(process)
    try:
        console.wait_for_link()
        yield console
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        process.stdout.close()


class Browser:
    """Keeps cookies, follows redirects, sends forms with their token."""

    def __init__(self) -> None:
        self.cookies = CookieJar()
        self.opener: OpenerDirector = build_opener(HTTPCookieProcessor(self.cookies))

    def get(self, address: str, **headers: str) -> tuple[http.client.HTTPResponse, str]:
        with self.opener.open(Request(address, headers=headers), timeout=30) as response:
            return response, response.read().decode()

    def sign_in(self, link: str) -> tuple[http.client.HTTPResponse, str]:
        _, page = self.get(link)
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page).group(1)
        origin = link.split("/sign-in/")[0]
        form = Request(link, data=f"csrfmiddlewaretoken={token}".encode(), headers={"Origin": origin})
        with self.opener.open(form, timeout=30) as response:
            return response, response.read().decode()
