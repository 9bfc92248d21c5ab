"""The commands beside `up`: they do what they say, and say in a line what cannot be done."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from types import SimpleNamespace

import pytest

from console import cli, state
from console.accounts import links
from tests.conftest import MANIFESTS
from tests.console.running import ROOT, environment
from workloads.stores.offline.store import first_start

pytestmark = pytest.mark.django_db


@pytest.fixture
def console(tmp_path, monkeypatch, capsys):
    """Runs a command on a fresh data folder with the sample project."""
    monkeypatch.setenv("CONSOLE_DATA", str(tmp_path / "state"))
    monkeypatch.setenv("CONSOLE_KUBECONFIG", "")
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    umask = os.umask(0o022)
    first_start(links.administrator())

    def run(*arguments, input=b""):
        monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(input)))
        capsys.readouterr()
        status = cli.main(arguments)
        said = capsys.readouterr()
        return SimpleNamespace(status=status, out=said.out, err=said.err)

    yield run
    os.umask(umask)


@pytest.mark.parametrize(
    ("started", "command"),
    [
        (".venv/bin/daemonset-console", ".venv/bin/daemonset-console"),
        ("my venv/bin/daemonset-console", "'my venv/bin/daemonset-console'"),
        ("console/__main__.py", "python -m console"),
        ("/opt/elsewhere/bin/daemonset-console", "daemonset-console"),
        ("/usr/bin/gunicorn", "daemonset-console"),
    ],
)
def test_it_is_run_again_as_it_was_started(tmp_path, monkeypatch, started, command):
    monkeypatch.chdir(tmp_path)
    assert cli.program(started) == command


def test_on_the_path_its_name_is_enough(tmp_path, monkeypatch):
    (tmp_path / "daemonset-console").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert cli.program(str(tmp_path / "daemonset-console")) == "daemonset-console"


@pytest.mark.parametrize(
    ("arguments", "code", "named"),
    [
        (("link",), "not-started", "daemonset-console up"),
        (("user", "list"), "not-started", "daemonset-console up"),
        (("export", "demo"), "not-started", "daemonset-console up"),
        (("up", "--data", "/dev/null"), "not-a-folder", "/dev/null"),
    ],
)
def test_a_new_folder_is_left_alone(console, tmp_path, arguments, code, named):
    says_in_a_line(console(*arguments), code, named)
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "named"),
    [
        (("up", "--host", "no.such.host.invalid"), "no-address", "no.such.host.invalid"),
        (("up", "--kubeconfig", "/no/such/file"), "no-kubeconfig", "/no/such/file"),
        (("link",), "not-running", "daemonset-console up"),
        (("export", "no-such-project"), "no-project", "no-such-project"),
        (("import", "demo", "/no/such/file.yaml"), None, "/no/such/file.yaml"),
        (("user", "remove", "admin"), "last-user", "admin"),
        (("user", "add", "two words"), "bad-user-name", ""),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(console, tmp_path, arguments, code, named):
    state.prepare(tmp_path / "state")
    says_in_a_line(console(*arguments), code, named)


def says_in_a_line(done, code, named):
    assert done.status == 1
    assert codes(done.err) == ([code] if code else [])
    assert named in done.err
    assert done.err.count("\n") == 1


def codes(printed):
    """The code at the end of each line that has one."""
    return re.findall(r" \[([a-z0-9-]+)\]$", printed, re.MULTILINE)


@pytest.mark.parametrize("arguments", [(), ("fly",), ("up", "--port", "0"), ("up", "--port", "http")])
def test_what_is_not_understood_shows_the_usage(console, arguments):
    with pytest.raises(SystemExit) as misunderstood:
        console(*arguments)
    assert misunderstood.value.code == 2


def test_a_folder_of_something_else_is_refused(console, tmp_path):
    (tmp_path / "thesis.txt").write_text("x")
    done = console("user", "list", "--data", str(tmp_path))
    assert done.status == 1
    assert codes(done.err) == ["not-a-state-folder"]


def test_a_link_names_the_address_of_the_console_that_runs(console, tmp_path):
    folder = state.prepare(tmp_path / "state")
    with state.run_alone(folder):
        state.announce(folder, "http://127.0.0.1:8123")
        done = console("link")
        token = done.out.strip().removeprefix("http://127.0.0.1:8123/sign-in/").rstrip("/")
        assert links.use(token).get_username() == "admin"
        says_in_a_line(console("link", "--user", "nobody"), "unknown-user", "nobody")


def test_a_second_console_on_a_folder_gives_a_link_to_the_first(console, tmp_path):
    folder = state.prepare(tmp_path / "state")
    with state.run_alone(folder):
        says_in_a_line(console("up"), "already-running", str(os.getpid()))
        state.announce(folder, "http://127.0.0.1:8123")
        done = console("up")
    assert done.status == 1
    assert codes(done.err) == ["already-running"]
    assert links.usable(done.out.strip().removeprefix("http://127.0.0.1:8123/sign-in/").rstrip("/"))


def test_a_console_with_another_key_on_the_same_database_is_noticed(settings):
    assert not links.record_start()
    assert not links.record_start()
    settings.SECRET_KEY = "another"
    assert links.record_start()
    assert not links.record_start()


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


def test_import_and_export_give_back_what_was_written(console, tmp_path):
    (tmp_path / "in.yaml").write_text(MANIFEST)
    done = console("import", "demo", str(tmp_path / "in.yaml"), "--why", "first")
    assert done.status == 0, done.err
    assert "ConfigMap demo/collector created" in done.out
    assert "DaemonSet demo/collector created" in done.out
    again = console("import", "demo", "-", input=MANIFEST.encode())
    assert "ConfigMap demo/collector unchanged" in again.out
    out = tmp_path / "out.yaml"
    assert console("export", "demo", "-o", str(out)).status == 0
    assert "name: collector   # kept as it is written" in out.read_text()
    assert not out.stat().st_mode & 0o077
    assert '"kind": "DaemonSet"' in console("export", "demo", "--format", "json").out


def test_what_is_exported_can_be_imported(console, tmp_path):
    console("import", "demo", "-", input=MANIFEST.encode())
    for shape in ("yaml", "json"):
        exported = console("export", "demo", "--format", shape).out
        done = console("import", "demo", "-", input=exported.encode())
        assert done.status == 0, done.err
        assert "DaemonSet demo/collector" in done.out
        assert "created" not in done.out


@pytest.mark.parametrize(("to", "said"), [("/dev/full", "standard output: "), ("closed pipe", "")])
def test_an_export_that_nobody_can_take_is_said_in_a_line(tmp_path, to, said):
    folder = state.prepare(tmp_path / "state")
    command = [sys.executable, "-m", "console", "export", "new", "--data", str(folder)]
    run = {"cwd": ROOT, "env": environment(), "timeout": 60}
    store = [*command[:3], "import", "new", "-", "--create-projects", *command[-2:]]
    subprocess.run(store, input=MANIFEST.encode(), check=True, capture_output=True, **run)
    if to == "closed pipe":
        reading, writing = os.pipe()
        os.close(reading)
    else:
        writing = os.open(to, os.O_WRONLY)
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, **run)
    os.close(writing)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == bool(said)


def test_an_export_of_several_objects_as_json_is_a_list(console):
    console("import", "demo", "-", input=MANIFEST.encode())
    exported = json.loads(console("export", "demo", "--format", "json").out)
    assert (exported["apiVersion"], exported["kind"]) == ("v1", "List")
    names = [(item["kind"], item["metadata"]["name"]) for item in exported["items"]]
    assert ("DaemonSet", "collector") in names
    assert ("ConfigMap", "collector") in names


ELSEWHERE = MANIFEST.replace("metadata: {name: collector}", "metadata: {name: collector, namespace: agents}")
LEGACY = """\
apiVersion: extensions/v1beta1
kind: DaemonSet
metadata: {name: old}
spec:
  template:
    metadata: {labels: {app: old}}
    spec: {containers: [{name: main, image: "fluent/fluent-bit:3.1"}]}
"""


@pytest.mark.parametrize(
    ("manifest", "code", "option"),
    [(ELSEWHERE, "no-project", "--create-projects"), (LEGACY, "legacy-version", "--convert")],
)
def test_what_an_option_can_change_names_the_option(console, manifest, code, option):
    done = console("import", "demo", "-", input=manifest.encode())
    assert done.status == 1
    [line] = [line for line in done.err.splitlines() if line.endswith(f"[{code}]")]
    assert option in line


def stored(console, project):
    return {
        (item["kind"], item["metadata"]["name"])
        for item in json.loads(console("export", project, "--format", "json").out)["items"]
        if item["metadata"]["name"] in ("collector", "old")
    }


def test_projects_that_are_missing_are_created(console):
    done = console("import", "demo", "-", "--create-projects", input=ELSEWHERE.encode())
    assert done.status == 0, done.err
    assert "DaemonSet agents/collector created" in done.out
    assert stored(console, "demo") == {("ConfigMap", "collector")}
    done = console("import", "other", "-", "--create-projects", input=MANIFEST.encode())
    assert done.status == 0, done.err
    assert stored(console, "other") == {("ConfigMap", "collector"), ("DaemonSet", "collector")}


def test_no_project_is_created_for_what_is_refused(console):
    broken = ELSEWHERE.replace("labels: {app: collector}", "labels: {app: other}")
    assert console("import", "demo", "-", "--create-projects", input=broken.encode()).status == 1
    assert codes(console("export", "agents").err) == ["no-project"]


def test_everything_is_stored_in_one_project(console):
    done = console("import", "other", "-", "--move-to", "demo", input=ELSEWHERE.encode())
    assert done.status == 0, done.err
    assert stored(console, "demo") == {("ConfigMap", "collector"), ("DaemonSet", "collector")}
    with pytest.raises(SystemExit):
        console("import", "demo", "-", "--move-to", "demo", "--create-projects")


def test_an_old_version_is_converted(console):
    done = console("import", "demo", "-", "--convert", input=LEGACY.encode())
    assert done.status == 0, done.err
    assert "DaemonSet demo/old created" in done.out
    exported = console("export", "demo").out
    assert "extensions/v1beta1" not in exported
    assert "type: OnDelete" in exported


def test_a_list_is_stored_item_by_item(console):
    inner = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "collector"}}
    lists = {
        "apiVersion": "v1",
        "kind": "List",
        "items": [{"apiVersion": "v1", "kind": "List", "items": [inner]}],
    }
    done = console("import", "demo", "-", input=json.dumps(lists).encode())
    assert done.status == 0, done.err
    assert "ConfigMap demo/collector created" in done.out


@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda path: path.name)
def test_real_manifests_are_stored_or_refused_at_a_place(console, manifest):
    done = console("import", "new", str(manifest), "--create-projects", "--convert")
    if done.status:
        assert [line for line in done.err.splitlines() if line.startswith(f"{manifest}:") and "[" in line]
        assert not {"no-project", "legacy-version"} & set(codes(done.err))
    else:
        assert " created" in done.out


def test_a_broken_file_is_refused_at_its_place_and_the_others_go_on(console, tmp_path):
    files = {
        "broken.yaml": b"kind: ConfigMap\nmetadata:\n\tname: x\n",
        "bytes.yaml": b"\x00\xff\xfe",
        "good.yaml": b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: good}\n",
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    done = console("import", "demo", *(str(tmp_path / name) for name in files))
    assert done.status == 1
    assert "broken.yaml:3:1:" in done.err
    assert "bytes.yaml: " in done.err
    assert codes(done.err) == ["tab", "binary"]
    assert "ConfigMap demo/good created" in done.out


def test_what_would_not_run_is_refused_with_file_line_and_column(console):
    astray = MANIFEST.replace("labels: {app: collector}", "labels: {app: other}")
    done = console("import", "demo", "-", input=astray.encode())
    assert done.status == 1
    assert "standard input:15:" in done.err
    assert ": error: " in done.err
    assert "selector-mismatch" in codes(done.err)
    assert "collector" not in console("export", "demo").out  # none of the text was stored


def test_taking_the_values_of_secrets_along_is_recorded(console):
    from console.audit.models import Entry

    secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: pull}\nstringData: {token: hunter2}\n"
    console("import", "demo", "-", input=secret.encode())
    assert "hunter2" in console("export", "demo").out
    assert Entry.objects.filter(verb="export values", kind="Secret", name="pull").count() == 1


def test_what_was_deleted_is_removed_for_good(console, tmp_path):
    from workloads.stores.offline.store import OfflineStore
    from workloads.stores.protocol import Ref

    store = OfflineStore(links.administrator())
    for name in ("pull", "push", "kept"):
        store.apply(f"apiVersion: v1\nkind: Secret\nmetadata: {{name: {name}}}\n", project="demo", base="")
    for name in ("pull", "push"):
        store.delete(Ref("v1", "Secret", "demo", name))
    state.prepare(tmp_path / "state")
    done = console("purge", "demo", "--older-than", "1")
    assert (done.status, done.out) == (0, "")
    done = console("purge", "demo", "Secret/pull", "Secret/kept")
    assert (done.status, codes(done.err)) == (1, ["not-deleted"])
    assert "Secret demo/pull purged" in done.out
    assert [ref.name for ref, _last in store.deleted("demo")] == ["push"]
    done = console("purge", "demo")
    assert (done.status, done.out) == (0, "Secret demo/push purged\n")
    done = console("purge", "demo")
    assert (done.status, done.out, codes(done.err)) == (0, "", ["none-deleted"])


def test_people(console):
    assert console("user", "add", "wei").status == 0
    assert "wei\tactive\t" in console("user", "list").out
    assert console("user", "remove", "wei").status == 0
    assert "wei\tremoved\t" in console("user", "list").out


def test_kubeconfigs_are_found_as_kubectl_finds_them(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    assert cli.kubeconfigs(None) == []
    usual = tmp_path / ".kube" / "config"
    usual.parent.mkdir()
    usual.write_text("")
    assert cli.kubeconfigs(None) == [str(usual)]
    monkeypatch.setenv("KUBECONFIG", os.pathsep.join(["/a", "", "/b"]))
    assert cli.kubeconfigs(None) == ["/a", "/b"]
    assert cli.kubeconfigs([usual]) == [str(usual)]
