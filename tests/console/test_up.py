"""One command on an empty machine: it starts, prints a link that lets in, stops when told."""

from __future__ import annotations

import signal
import socket
import stat
from urllib.error import HTTPError

import pytest
from bs4 import BeautifulSoup

from tests.console.running import Browser, run, running


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A state folder after its first start."""
    data = tmp_path_factory.mktemp("up") / "state"
    with running(data) as console:
        console.first = console.stop()
    return data


def test_from_nothing_to_signed_in(tmp_path):
    data = tmp_path / "new" / "state"
    with running(data) as console:
        assert stat.S_IMODE(data.stat().st_mode) == 0o700
        for path in data.iterdir():
            assert not path.stat().st_mode & 0o077, path
        browser = Browser()
        _, page = browser.get(console.address)
        assert "daemonset-console link" in page
        response, page = browser.sign_in(console.link)
        assert response.status == 200
        assert "demo" in page  # the sample project
        assert "admin" in page
        with pytest.raises(HTTPError) as refused:
            Browser().get(console.link)
        assert refused.value.code == 403
        stylesheet = BeautifulSoup(page, "html.parser").find("link", rel="stylesheet")["href"]
        response, _ = browser.get(console.address + stylesheet)
        assert "immutable" in response.headers["Cache-Control"]
        # CookieJar's opener asks for no encoding: ask as a browser does.
        response = browser.opener.open(_request(console.address + stylesheet, "gzip, br"))
        assert response.headers["Content-Encoding"] == "br"
    assert console.process.returncode is not None


def _request(address, encoding):
    from urllib.request import Request

    return Request(address, headers={"Accept-Encoding": encoding})


def test_a_second_start_keeps_everything_and_prints_a_new_link(folder):
    key = (folder / "secret-key").read_text()
    stamp = (folder / "static" / ".stamp").stat().st_mtime_ns
    with running(folder) as first, running(folder) as second:
        assert first.link != second.link
        assert first.port != second.port  # the port was in use
        assert "is in use; taking" in "".join(second.said)
        Browser().sign_in(second.link)
    assert (folder / "secret-key").read_text() == key
    assert (folder / "static" / ".stamp").stat().st_mtime_ns == stamp  # nothing was prepared again


def test_two_consoles_on_one_machine_do_not_sign_each_other_out(folder, tmp_path):
    browser = Browser()
    with running(folder) as one, running(tmp_path / "other") as other:
        browser.sign_in(one.link)
        browser.sign_in(other.link)
        for console in (one, other):
            response, _ = browser.get(console.address + "/projects/")
            assert "/sign-in/" not in response.url


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_with_requests_open_and_says_so(folder, how):
    with running(folder) as console:
        idle = socket.create_connection(("127.0.0.1", console.port))
        idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert idle.recv(15) == b"HTTP/1.1 200 OK"
        sending = socket.create_connection(("127.0.0.1", console.port))
        sending.sendall(b"POST /theme/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\ntheme=")
        said = console.stop(how)
        idle.close()
        sending.close()
    assert "Traceback" not in said
    assert "Error" not in said
    if how == signal.SIGINT:
        assert console.process.returncode == 0
        assert said.rstrip().endswith("Stopped.")


def test_the_access_log_holds_no_token_and_no_query(folder):
    with running(folder, "--access-log") as console:
        browser = Browser()
        browser.sign_in(console.link)
        browser.get(console.address + "/sign-in/?next=/secret-thing/")
        token = console.link.rstrip("/").rsplit("/", 1)[1]
        log = console.stop().split("Ctrl-C")[1]
    assert "GET /sign-in/…/" in log
    assert token not in log
    assert "secret-thing" not in log


def test_only_names_it_was_told_are_answered(folder):
    with running(folder, "--name", "console.example") as console:
        browser = Browser()
        browser.get(console.address + "/healthz", Host="console.example")
        with pytest.raises(HTTPError) as refused:
            browser.get(console.address + "/sign-in/", Host="evil.example")
        assert refused.value.code == 400


def test_a_link_for_the_running_console(folder):
    with running(folder) as console:
        printed = run(folder, "link")
        assert printed.returncode == 0, printed.stderr
        link = printed.stdout.strip()
        assert link.startswith(console.address + "/sign-in/")
        response, _ = Browser().sign_in(link)
        assert response.status == 200


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("up", "--host", "no.such.host.invalid"), "no address"),
        (("up", "--kubeconfig", "/no/such/file"), "no kubeconfig"),
        (("link", "--user", "nobody"), "nobody"),
        (("export", "no-such-project"), "no-such-project"),
        (("import", "demo", "/no/such/file.yaml"), "No such file"),
        (("user", "remove", "admin"), "last one"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(folder, arguments, says):
    done = run(folder, *arguments)
    assert done.returncode == 1
    assert says in done.stderr
    assert "Traceback" not in done.stderr


MANIFEST = """\
# The collector of this project.
apiVersion: v1
kind: ConfigMap
metadata:
  name: collector   # kept as it is written
data:
  on: "yes"
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: collector}
spec:
  selector: {matchLabels: {app: collector}}
  template:
    metadata: {labels: {app: collector}}
    spec:
      containers:
      - {name: main, image: "fluent/fluent-bit:3.1"}
"""


def test_import_and_export_give_back_what_was_written(folder, tmp_path):
    (tmp_path / "in.yaml").write_text(MANIFEST)
    done = run(folder, "import", "demo", str(tmp_path / "in.yaml"), "--why", "first")
    assert done.returncode == 0, done.stderr
    assert "ConfigMap demo/collector created" in done.stdout
    assert "DaemonSet demo/collector created" in done.stdout
    again = run(folder, "import", "demo", "-", input=MANIFEST)
    assert "ConfigMap demo/collector unchanged" in again.stdout, again.stderr
    out = tmp_path / "out.yaml"
    assert run(folder, "export", "demo", "-o", str(out)).returncode == 0
    assert "name: collector   # kept as it is written" in out.read_text()
    assert not out.stat().st_mode & 0o077
    assert '"kind": "List"' in run(folder, "export", "demo", "--format", "json").stdout


def test_a_broken_file_is_refused_at_its_place_and_the_others_go_on(folder, tmp_path):
    (tmp_path / "broken.yaml").write_text("kind: ConfigMap\nmetadata:\n\tname: x\n")
    (tmp_path / "good.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: good}\n")
    (tmp_path / "bytes.yaml").write_bytes(b"\x00\xff\xfe")
    done = run(folder, "import", "demo", *(str(tmp_path / f"{n}.yaml") for n in ("broken", "bytes", "good")))
    assert done.returncode == 1
    assert "broken.yaml:3:1:" in done.stderr
    assert "bytes.yaml:1:" in done.stderr
    assert "ConfigMap demo/good created" in done.stdout
    assert "Traceback" not in done.stderr


def test_people_from_the_command_line(folder):
    assert run(folder, "user", "add", "wei").returncode == 0
    assert "wei\tmay sign in\tnever signed in" in run(folder, "user", "list").stdout
    assert run(folder, "user", "remove", "wei").returncode == 0
    assert "wei\tremoved" in run(folder, "user", "list").stdout
