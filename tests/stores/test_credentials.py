"""Programs that give the credentials of a cluster: bounded in time, and nothing of theirs is shown."""

from __future__ import annotations

import datetime as dt
import json
import logging
import os
import sys
import threading
from pathlib import Path

import pytest

from console.errors import ConsoleError, Unreachable
from tests import kube_api
from workloads.stores import store_for

SECRET = "s3cr3t-0utput"


@pytest.fixture
def server(tmp_path, settings):
    settings.CLUSTER_CREDENTIALS_SECONDS = 10
    with kube_api.FakeServer(tmp_path) as server:
        server.seen = []

        def answer(handler):
            server.seen.append(handler.headers.get("Authorization"))
            server.api.answer(handler)

        server.fault = answer
        yield server


@pytest.fixture
def cluster(server, tmp_path, settings, admin):
    """A function: a context `plugin` whose program is the given Python, and `plain` with a token."""

    def make(program, **exec_):
        path = tmp_path / "give-credentials"
        path.write_text(f"#!{sys.executable}\nimport os, sys, json, time\n{program}\n")
        path.chmod(0o700)
        config = json.loads(server.kubeconfig.read_text())
        command = {"apiVersion": "client.authentication.k8s.io/v1", "command": "./give-credentials", **exec_}
        config["users"] = [
            {"name": "u", "user": {"exec": command}},
            {"name": "t", "user": {"token": "plain"}},
        ]
        config["contexts"] = [
            {"name": "plugin", "context": {"cluster": "c", "user": "u"}},
            {"name": "plain", "context": {"cluster": "c", "user": "t"}},
        ]
        server.kubeconfig.write_text(json.dumps(config))
        settings.KUBECONFIG = str(server.kubeconfig)
        return store_for("plugin", admin)

    return make


def credential(**status):
    """Python that prints an ExecCredential."""
    value = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status}
    return f"print(json.dumps({value!r}))"


def error_of(call):
    with pytest.raises(ConsoleError) as raised:
        call()
    return raised.value


def test_a_program_beside_the_kubeconfig_gives_the_token(server, cluster):
    assert cluster(credential(token="t1")).projects() == []
    assert server.seen == ["Bearer t1"]


def test_a_program_gets_what_the_kubeconfig_says(server, cluster):
    echo = (
        'info = json.loads(os.environ["KUBERNETES_EXEC_INFO"]); spec = info["spec"]\n'
        'said = [os.environ["WHERE"], str(spec["interactive"]), str("server" in spec["cluster"])]\n'
        'token = ".".join([*sys.argv[1:], *said])\n'
        'print(json.dumps({**info, "status": {"token": token}}))'
    )
    env = [{"name": "WHERE", "value": "here"}]
    cluster(echo, args=["get", "token"], env=env, provideClusterInfo=True).projects()
    assert server.seen == ["Bearer get.token.here.False.True"]


def test_an_expired_credential_is_asked_for_again_and_a_valid_one_is_not(server, cluster, tmp_path):
    count = "runs = open('runs', 'a+'); runs.write('x'); runs.flush(); runs.seek(0); n = len(runs.read())\n"

    def give(until):
        given = credential(token="t", expirationTimestamp=until.strftime("%Y-%m-%dT%H:%M:%SZ"))
        return count + given.replace("'t'", "f't{n}'")

    now = dt.datetime.now(dt.UTC)
    store = cluster(give(now + dt.timedelta(hours=1)))
    store.projects()
    store.projects()
    assert server.seen == ["Bearer t1", "Bearer t1"]
    store = cluster(give(now - dt.timedelta(seconds=1)), args=["again"])
    store.projects()
    store.projects()
    assert server.seen[2:] == ["Bearer t2", "Bearer t3"]


def test_a_rejected_credential_is_asked_for_again(server, cluster):
    store = cluster(credential(token="t1"))
    store.projects()
    server.fault = kube_api.status(401, "Unauthorized")
    assert error_of(store.projects).code == "bad-credentials"
    (server.kubeconfig.parent / "give-credentials").write_text(
        f"#!{sys.executable}\nimport json\n{credential(token='t2')}\n"
    )
    server.fault = lambda handler: (
        server.seen.append(handler.headers["Authorization"]),
        server.api.answer(handler),
    )
    store.projects()
    assert server.seen == ["Bearer t1", "Bearer t2"]


HANGS = f"print('{SECRET}', flush=True); print('{SECRET}', file=sys.stderr, flush=True); time.sleep(600)"


def test_a_program_that_hangs_is_stopped_and_named(cluster, settings, caplog):
    settings.CLUSTER_CREDENTIALS_SECONDS = 0.3
    store = cluster("open('pid', 'w').write(str(os.getpid()))\n" + HANGS, args=[SECRET])
    with caplog.at_level(logging.DEBUG):
        error = error_of(store.projects)
    assert (type(error), error.status, error.code) == (Unreachable, 504, "credentials-timeout")
    assert "./give-credentials" in error.message
    assert SECRET not in error.message + error.way_out + caplog.text
    # Not run again for each request of a page.
    os.unlink(os.path.join(os.path.dirname(settings.KUBECONFIG), "give-credentials"))
    assert error_of(store.projects).code == "credentials-timeout"


def test_what_it_started_is_stopped_too(cluster, settings, tmp_path):
    settings.CLUSTER_CREDENTIALS_SECONDS = 1
    store = cluster("import subprocess; subprocess.run(['sh', '-c', 'echo $$ > child; sleep 600; true'])")
    error_of(store.projects)
    child = (tmp_path / "child").read_text().strip()
    for _attempt in range(200):
        if not runs(child):
            break
        threading.Event().wait(0.05)
    assert not runs(child)


def runs(process):
    """Whether a process exists and is more than an entry that its parent has not read yet."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{process}/status").read_text()
    except OSError:
        return False


def test_other_clusters_answer_while_a_program_hangs(server, cluster, settings, admin):
    settings.CLUSTER_CREDENTIALS_SECONDS = 30
    store = cluster(
        "open('started', 'w').close()\nwhile not os.path.exists('end'): time.sleep(0.01)\n"
        + credential(token="late")
    )
    done = []
    waiting = threading.Thread(target=lambda: done.append(store.projects()))
    waiting.start()
    folder = server.kubeconfig.parent
    while not (folder / "started").exists():
        threading.Event().wait(0.01)
    assert store_for("plain", admin).projects() == []
    assert server.seen == ["Bearer plain"]
    assert done == []
    (folder / "end").touch()
    waiting.join(30)
    assert done == [[]]


@pytest.mark.parametrize(
    "program",
    [
        f"print('{SECRET}', file=sys.stderr); sys.exit(1)",
        f"print('{SECRET}')",
        "print('[]')",
        'print(\'{"kind": "ExecCredential"}\')',
        credential(),
        credential(token=""),
        credential(clientCertificateData=SECRET),
        credential(token=SECRET, expirationTimestamp="soon"),
        credential(token=SECRET).replace(
            "client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"
        ),
    ],
)
def test_a_program_that_gives_no_credentials_is_named_and_nothing_is_sent(server, cluster, caplog, program):
    store = cluster(program)
    with caplog.at_level(logging.DEBUG):
        error = error_of(store.projects)
    assert (type(error), error.code) == (Unreachable, "no-credentials")
    assert "./give-credentials" in error.message
    assert SECRET not in error.message + error.way_out + caplog.text
    assert server.seen == []


@pytest.mark.parametrize("exec_", [{"command": None}, {"args": 3}, {"env": [3]}, {"env": [{"name": "x"}]}])
def test_a_program_that_is_not_described_makes_the_context_unusable(cluster, exec_):
    assert error_of(cluster(credential(token="t"), **exec_).projects).code in (
        "bad-context",
        "no-credentials",
    )
