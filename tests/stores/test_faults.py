"""A cluster that does not respond, or not as an API server: a clear error of ours, with no secret in it."""

from __future__ import annotations

import json
import logging
import socket

import pytest

from console.errors import ConsoleError, Forbidden, Invalid, NotFound, TooLarge, Unreachable
from tests import kube_api
from tests.stores.texts import daemonset_text
from workloads.stores import store_for
from workloads.stores.cluster.failures import NoDryRun
from workloads.stores.clusters import clusters
from workloads.stores.protocol import DAEMONSET, Query, daemonset

PAGE = "<html><h1>Bad Gateway</h1><p>Authorization: Bearer s3cr3t-t0ken</p></html>"


@pytest.fixture
def server(tmp_path, settings):
    with kube_api.FakeServer(tmp_path) as server:
        settings.KUBECONFIG = str(server.kubeconfig)
        yield server


@pytest.fixture
def store(server, admin):
    return store_for("faulty", admin)


def error_of(store, call=None):
    with pytest.raises(ConsoleError) as raised:
        store.projects() if call is None else call()
    return raised.value


@pytest.mark.parametrize(
    ("fault", "kind", "status", "code"),
    [
        (kube_api.body(502, PAGE), Unreachable, 502, "invalid-response"),
        (kube_api.body(503, PAGE), Unreachable, 503, "invalid-response"),
        (kube_api.body(504, PAGE), Unreachable, 504, "invalid-response"),
        (kube_api.body(500, PAGE), Unreachable, 502, "invalid-response"),
        (kube_api.body(403, PAGE), Unreachable, 502, "invalid-response"),
        (kube_api.body(200, PAGE), Unreachable, 502, "invalid-response"),
        (kube_api.body(200, '{"items": [', "application/json"), Unreachable, 502, "invalid-response"),
        (kube_api.body(200, "[]", "application/json"), Unreachable, 502, "invalid-response"),
        (kube_api.body(200, b"\xff\xfe\x00", "application/json"), Unreachable, 502, "invalid-response"),
        (kube_api.body(302, "", Location="http://127.0.0.1:1/sign-in"), Unreachable, 502, "invalid-response"),
        (kube_api.body(401, PAGE), Unreachable, 502, "bad-credentials"),
        (kube_api.status(401, "Unauthorized"), Unreachable, 502, "bad-credentials"),
        (kube_api.status(403, 'namespaces is forbidden: User "u"'), Forbidden, 403, "forbidden"),
        (kube_api.body(429, "slow down", "text/plain"), Unreachable, 503, "cluster-busy"),
        (kube_api.status(429, "too many requests"), Unreachable, 503, "cluster-busy"),
        (kube_api.status(500, "etcdserver: request timed out"), Unreachable, 502, "cluster-failed"),
        (
            kube_api.status(503, "the server is currently unable to handle the request"),
            Unreachable,
            503,
            "cluster-failed",
        ),
        (kube_api.status(504, "request did not complete"), Unreachable, 504, "cluster-failed"),
        (kube_api.status(413, "limit is 3145728"), TooLarge, 413, "too-large"),
        (kube_api.status(400, "the server rejected our request"), Invalid, 422, "rejected"),
        *(
            (kube_api.status(code, 'admission webhook "w" denied the request: no'), Invalid, 422, "rejected")
            for code in (400, 404, 409, 422, 429, 500)
        ),
        (
            kube_api.status(400, 'admission webhook "w" does not support dry run'),
            NoDryRun,
            502,
            "no-dry-run",
        ),
        (kube_api.body(404, "404 page not found", "text/plain"), NotFound, 404, "unknown-kind"),
        (kube_api.hang_up, Unreachable, 502, "connection-lost"),
        (kube_api.cut_short, Unreachable, 502, "connection-lost"),
    ],
)
def test_every_fault_is_an_error_of_ours(server, store, fault, kind, status, code, caplog):
    server.fault = fault
    with caplog.at_level(logging.DEBUG):
        error = error_of(store)
    assert isinstance(error, kind)
    assert (error.status, error.code) == (status, code)
    assert error.message.endswith((".", "…", '"')) or ":" in error.message
    said = error.message + error.way_out + caplog.text
    assert kube_api.TOKEN not in said
    assert "<html>" not in said


def test_a_server_that_does_not_answer_is_given_up(server, store, settings):
    settings.CLUSTER_READ_SECONDS = 0.2
    server.fault = kube_api.hang
    error = error_of(store)
    assert (error.status, error.code) == (504, "cluster-timeout")


def counted(server, first, then=None):
    """The server answers the first request with one fault, the others with another; what it was asked."""
    asked = []

    def fault(handler):
        asked.append((handler.command, handler.path.partition("?")[0]))
        (first if len(asked) == 1 or then is None else then)(handler)

    server.fault = fault
    return asked


NO_ITEMS = kube_api.body(200, '{"kind": "List", "items": []}', "application/json")


def test_a_server_that_did_not_answer_is_not_asked_again_for_a_moment(server, store, settings):
    settings.CLUSTER_READ_SECONDS, settings.CLUSTER_AWAY_SECONDS = 0.2, 600
    asked = counted(server, kube_api.hang, NO_ITEMS)
    errors = [error_of(store, call) for call in (store.projects, store.nodes, store.capabilities)]
    assert {(type(error), error.status) for error in errors} == {(Unreachable, 504)}
    assert len(asked) == 1
    settings.CLUSTER_AWAY_SECONDS = 0
    assert store.nodes() == store.nodes() == []
    assert len(asked) == 3


def test_a_server_that_refuses_connections_is_tried_once(admin, settings, tmp_path, caplog):
    with kube_api.FakeServer(tmp_path) as gone:
        settings.KUBECONFIG = str(gone.kubeconfig)
    store = store_for("faulty", admin)
    for call in (store.projects, store.nodes, lambda: store.counts("p")):
        assert error_of(store, call).status == 503
    assert caplog.text.count("NewConnectionError") == 1, "one attempt, and one line of the log"


def test_another_cluster_is_asked_all_the_same(server, store, settings, admin):
    settings.CLUSTER_READ_SECONDS = 0.2
    config = json.loads(server.kubeconfig.read_text())
    config["contexts"].append({**config["contexts"][0], "name": "other"})
    server.kubeconfig.write_text(json.dumps(config))
    asked = counted(server, kube_api.hang, NO_ITEMS)
    error_of(store_for("faulty", admin))
    assert store_for("other", admin).nodes() == []
    assert len(asked) == 2


def test_a_write_that_waits_for_a_slow_webhook_does_not_make_the_server_unreachable(server, store, settings):
    settings.CLUSTER_WRITE_SECONDS = 0.2
    asked = counted(server, kube_api.hang, NO_ITEMS)
    assert error_of(store, lambda: store.delete(daemonset("p", "agent"))).status == 504
    assert store.nodes() == []
    assert [method for method, _path in asked] == ["DELETE", "GET"]


@pytest.mark.parametrize("fault", [kube_api.hang_up, kube_api.body(503, PAGE)])
def test_a_server_that_answers_badly_is_asked_again(server, store, fault):
    asked = counted(server, fault, NO_ITEMS)
    error_of(store)
    assert store.nodes() == []
    assert len(asked) == 2


def test_a_server_that_is_not_there(admin, settings, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = closed.getsockname()
    (tmp_path / "config").write_text(
        f'{{"clusters": [{{"name": "c", "cluster": {{"server": "http://127.0.0.1:{address[1]}"}}}}],'
        '"contexts": [{"name": "gone", "context": {"cluster": "c", "user": ""}}]}'
    )
    settings.KUBECONFIG = str(tmp_path / "config")
    error = error_of(store_for("gone", admin))
    assert (type(error), error.status, error.code) == (Unreachable, 503, "unreachable")
    assert error.way_out


def test_a_server_that_speaks_no_tls(server, admin):
    server.use("https")
    error = error_of(store_for("faulty", admin))
    assert error.status in (502, 503)
    assert isinstance(error, Unreachable)


def test_nothing_is_sent_to_a_server_whose_certificate_cannot_be_trusted(
    control_plane, admin, settings, tmp_path
):
    text = control_plane.kubeconfig("admin").read_text()
    lines = [line for line in text.splitlines() if "certificate-authority" not in line]
    (tmp_path / "config").write_text("\n".join(lines).replace("insecure-skip-tls-verify: true", ""))
    settings.KUBECONFIG = str(tmp_path / "config")
    error = error_of(store_for("local", admin))
    assert (type(error), error.status, error.code) == (Unreachable, 502, "untrusted-certificate")


@pytest.mark.parametrize(
    "verb", ["select", "get", "apply", "delete", "nodes", "quotas", "counts", "capabilities"]
)
def test_every_method_meets_a_fault_the_same_way(server, store, verb):
    server.fault = kube_api.body(502, PAGE)
    ref = daemonset("p", "agent")
    calls = {
        "select": lambda: store.select(*DAEMONSET, Query("p")),
        "get": lambda: store.get(ref),
        "apply": lambda: store.apply(daemonset_text(), project="p", base=""),
        "delete": lambda: store.delete(ref),
        "nodes": store.nodes,
        "quotas": lambda: store.quotas("p"),
        "counts": lambda: store.counts("p"),
        "capabilities": store.capabilities,
    }
    error = error_of(store, calls[verb])
    assert (type(error), error.status) == (Unreachable, 502)


# The kubeconfig itself


@pytest.mark.parametrize(
    "text",
    [
        "",
        "contexts: [",
        "contexts: 3",
        "contexts: [3, {name: 4}, {}]",
        "\udcff",
        "!!python/object:os.system {}",
    ],
)
def test_a_kubeconfig_that_cannot_be_read_has_no_clusters(tmp_path, settings, text):
    config = tmp_path / "config"
    config.write_bytes(text.encode("utf-8", "surrogateescape"))
    settings.KUBECONFIG = str(config)
    assert [cluster.key for cluster in clusters()] == ["offline"]


def test_a_context_without_a_cluster_says_how_to_check_it(tmp_path, settings, admin):
    config = tmp_path / "config"
    config.write_text("contexts:\n- name: lost\n  context: {cluster: none, user: none}\n")
    settings.KUBECONFIG = str(config)
    error = error_of(store_for("lost", admin))
    assert (type(error), error.code) == (Unreachable, "bad-context")
    assert "lost" in error.way_out


def test_a_program_that_gives_no_credentials_is_an_error_of_ours(tmp_path, settings, admin):
    config = tmp_path / "config"
    config.write_text(
        "clusters:\n- name: c\n  cluster: {server: 'http://127.0.0.1:1'}\n"
        "contexts:\n- name: exec\n  context: {cluster: c, user: u}\n"
        "users:\n- name: u\n  user:\n    exec:\n      apiVersion: client.authentication.k8s.io/v1\n"
        "      command: /nonexistent/program\n"
    )
    settings.KUBECONFIG = str(config)
    assert isinstance(error_of(store_for("exec", admin)), Unreachable)


def test_a_cluster_there_is_not(admin, settings):
    settings.KUBECONFIG = ""
    with pytest.raises(NotFound) as missing:
        store_for("nowhere", admin)
    assert missing.value.code == "no-cluster"
    assert missing.value.way_out


def test_contexts_have_addresses_that_differ_and_stay(tmp_path, settings):
    def keys(*names):
        entries = "".join(f"- name: '{name}'\n  context: {{}}\n" for name in names)
        config = tmp_path / str(len(names))
        config.write_text("contexts:\n" + entries)
        settings.KUBECONFIG = str(config)
        return {cluster.label: cluster.key for cluster in clusters() if not cluster.offline}

    names = [
        "prod",
        "a b",
        "a/b",
        "a@b",
        "生产",
        "offline",
        "x" * 300,
        "arn:aws:eks:eu-1:1:cluster/prod",
        ".",
    ]
    found = keys(*names)
    assert list(found) == names
    assert len(set(found.values()) | {"offline"}) == len(names) + 1
    assert all(key.replace("-", "").replace("_", "").isalnum() and key.isascii() for key in found.values())
    assert all(len(key) <= 63 for key in found.values())
    assert found["prod"] == "prod"
    assert keys("a@b")["a@b"] == found["a@b"]


def test_several_kubeconfigs_are_merged_and_the_first_wins(tmp_path, settings):
    for name, contexts in {"one": ["a", "b"], "two": ["b", "c"]}.items():
        lines = "".join(f"- name: {c}\n  context: {{namespace: {name}}}\n" for c in contexts)
        (tmp_path / name).write_text("contexts:\n" + lines)
    settings.KUBECONFIG = f"{tmp_path / 'one'}:{tmp_path / 'none'}:{tmp_path / 'two'}"
    assert [cluster.label for cluster in clusters()][1:] == ["a", "b", "c"]


# Newer servers than the one the contract runs on


def newer_server(refusal):
    """Knows strict validation, has nothing stored, and refuses every write."""

    def fault(handler):
        if handler.path == "/version":
            told = {"major": "1", "minor": "33+", "gitVersion": "v1.33.1-eks"}
            kube_api.body(200, json.dumps(told), "application/json")(handler)
        elif handler.command == "GET":
            missing = {"name": "agent", "kind": "daemonsets"}
            kube_api.status(404, "not found", reason="NotFound", details=missing)(handler)
        else:
            strict = "fieldValidation=Strict" in handler.path
            (refusal if strict else kube_api.status(400, "no strict validation was asked for"))(handler)

    return fault


def test_a_newer_server_is_asked_to_be_strict(server, store):
    server.fault = newer_server(kube_api.status(403, 'exceeded quota: "small"', reason="Forbidden"))
    capabilities = store.capabilities()
    assert (capabilities.version, capabilities.field_validation) == ("v1.33.1-eks", True)
    assert capabilities.minor == 33
    assert capabilities.pod_security
    assert not capabilities.toleration_lt_gt, "since 1.35"
    error = error_of(store, lambda: store.apply(daemonset_text(), project="p", base=""))
    assert isinstance(error, Forbidden)
    assert "exceeded quota" in error.message


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (
            500,
            "failed to create typed patch object (p/agent; apps/v1, Kind=DaemonSet): errors:\n"
            "  .spec.template.spec.tolerationz: field not declared in schema\n"
            '  .spec.template.spec.containers[name="main"].image: expected string, got &{1}',
        ),
        (
            400,
            'strict decoding error: unknown field "spec.template.spec.tolerationz", '
            'unknown field "spec.template.spec.containers[0].image"',
        ),
    ],
)
def test_what_newer_servers_say_of_fields_is_found(server, store, code, message):
    server.fault = newer_server(kube_api.status(code, message))
    error = error_of(store, lambda: store.apply(daemonset_text(), project="p", base=""))
    assert isinstance(error, Invalid)
    [first, second] = [finding.path for finding in error.findings]
    assert first == ("spec", "template", "spec", "tolerationz")
    assert (second[:4], second[-1]) == (("spec", "template", "spec", "containers"), "image")


def test_a_secret_value_that_a_patch_sent_is_in_no_error(server, store):
    """Who may not replace it sends a patch, which names no kind."""
    server.api.namespaces = [{"metadata": {"name": "p"}}]
    secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: one}\nstringData: {a: %s}\n"
    version = store.apply(secret % "first", project="p", base="").version
    answers = {
        "PUT": kube_api.status(403, "secrets is forbidden", reason="Forbidden"),
        "PATCH": kube_api.status(422, 'Secret "one" is invalid: data[a]: Invalid value: "s3cr3t-value"'),
    }
    server.fault = lambda handler: answers.get(handler.command, server.api.answer)(handler)
    error = error_of(store, lambda: store.apply(secret % "s3cr3t-value", project="p", base=version))
    assert isinstance(error, Invalid)
    assert "s3cr3t-value" not in error.message + repr(error.findings)
