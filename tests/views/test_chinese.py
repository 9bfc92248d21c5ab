"""The console in Chinese: no page says in English what the catalogue can say in Chinese."""

from __future__ import annotations

from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from tests.stores.texts import config_map, daemonset_text
from tests.views.chinese import assert_chinese, left_in_english
from tests.views.pages import hidden, soup, words
from workloads.daemonsets.manifest import samples
from workloads.documents import edit
from workloads.drafts import store as drafts
from workloads.stores import store_for
from workloads.stores.protocol import Ref, daemonset
from workloads.wizard.form.step import STEPS

MANIFESTS = Path(__file__).parents[1] / "manifests"
PROJECT = "/clusters/offline/projects/demo"
AGENT = daemonset("demo", "agent")
SECRET = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: token\nstringData:\n  password: hunter2\n"


@pytest.fixture
def chinese(signed_in):
    signed_in.defaults["HTTP_ACCEPT_LANGUAGE"] = "zh-CN,zh;q=0.9"
    return signed_in


@pytest.fixture
def store(admin, demo):
    store = store_for("offline", admin)
    for text in samples.manifests()[1:]:  # the project is there
        store.apply(text, project="demo", base=None)
    return store


@pytest.fixture
def begin(admin, demo):
    return lambda text: drafts.create(admin, "offline", "demo", text)


def test_english_is_noticed(signed_in, store):
    """This file can fail: the same pages in English hold what it looks for."""
    for address in (f"{PROJECT}/daemonsets/", "/projects/", "/drafts/", f"{PROJECT}/import/"):
        assert left_in_english(signed_in.get(address))


@pytest.mark.parametrize(
    "address",
    [
        "/projects/",
        "/projects/?q=nothing",
        "/clusters/offline/new-project/",
        "/clusters/offline/daemonsets/",
        "/clusters/offline/nodes/",
        "/clusters/offline/nodes/?q=nothing",
        "/clusters/offline/replace-nodes/",
        "/clusters/offline/what-if/",
        "/clusters/offline/nodes/sample-gpu-1/",
        "/clusters/offline/nodes/sample-gpu-1/labels/",
        "/clusters/offline/matrix/",
        f"{PROJECT}/matrix/",
        f"{PROJECT}/matrix/?gaps=1&each=1",
        "/clusters/offline/namespaces/",
        "/drafts/",
        f"{PROJECT}/daemonsets/",
        f"{PROJECT}/daemonsets/?q=nothing",
        f"{PROJECT}/daemonsets/?image=nginx",
        f"{PROJECT}/configmaps/",
        f"{PROJECT}/secrets/",
        f"{PROJECT}/persistentvolumeclaims/",
        f"{PROJECT}/serviceaccounts/",
        f"{PROJECT}/resourcequotas/",
        f"{PROJECT}/limitranges/",
        f"{PROJECT}/deleted/",
        f"{PROJECT}/delete/",
        f"{PROJECT}/import/",
    ],
)
def test_lists_and_the_pages_around_them(chinese, store, address):
    page = chinese.get(address)
    assert page.status_code == 200
    assert_chinese(page)


def test_lists_that_hold_something(chinese, store, begin):
    for text in (daemonset_text(), config_map("app"), SECRET):
        store.apply(text, project="demo", base=None)
    store.delete(Ref("v1", "ConfigMap", "demo", "app"), base=None)
    begin(daemonset_text())
    begin("")
    begin("a: [")
    drafts.discard(begin(config_map("app")))
    for address in (
        "daemonsets",
        "daemonsets/agent/nodes",
        "matrix",
        "secrets",
        "resourcequotas",
        "deleted",
        "delete",
    ):
        assert_chinese(chinese.get(f"{PROJECT}/{address}/"))
    assert_chinese(chinese.get("/drafts/"))
    assert_chinese(chinese.post(f"{PROJECT}/bulk/secrets/", {"ref": "demo/token", "do": "export-yaml"}))
    assert_chinese(chinese.post(f"{PROJECT}/bulk/secrets/", {"ref": "demo/token", "do": "delete"}))


@pytest.mark.parametrize("part", ["", "yaml/", "copy/", "delete/", "revisions/", "revisions/1/"])
def test_an_object(chinese, store, part):
    store.apply(daemonset_text(), project="demo", base=None)
    store.apply(SECRET, project="demo", base=None)
    assert_chinese(chinese.get(f"{PROJECT}/daemonsets/agent/{part}"))
    assert_chinese(chinese.get(f"{PROJECT}/secrets/token/{part}"))


def test_the_export_of_a_secret(chinese, store):
    store.apply(SECRET, project="demo", base=None)
    assert_chinese(chinese.get(f"{PROJECT}/secrets/token/export/?as=yaml"))


@pytest.mark.parametrize("name", ["every-kind-of-volume", "every-pod-field", "two-daemonsets", "bundle"])
def test_every_step_of_a_manifest(chinese, store, begin, name):
    draft = begin((MANIFESTS / f"{name}.yaml").read_text(encoding="utf-8"))
    for slug in (*STEPS, "review", "yaml"):
        assert_chinese(chinese.get(f"/drafts/{draft.pk}/{slug}/"))


@pytest.mark.parametrize("path", sorted((MANIFESTS / "broken").iterdir()), ids=lambda path: path.name)
def test_what_is_said_of_a_text_that_is_broken(chinese, store, begin, path):
    draft = begin(path.read_text(encoding="utf-8", errors="replace"))
    for slug in ("basics", "review", "yaml"):
        assert_chinese(chinese.get(f"/drafts/{draft.pk}/{slug}/"))


def test_findings(chinese, store, begin):
    """Faults of all kinds: of names, types, references, quantities, probes, placement."""
    text = daemonset_text()
    faults = [
        (("metadata", "name"), "Not_A_Name"),
        (("spec", "replicas"), 3),
        (("spec", "selector", "matchLabels"), {"other": "label"}),
        (("spec", "updateStrategy"), {"type": "OnDelete", "rollingUpdate": {"maxUnavailable": "a"}}),
        (("spec", "template", "spec", "restartPolicy"), "Never"),
        (("spec", "template", "spec", "imagePullSecrets"), [{"name": "missing"}]),
        (("spec", "template", "spec", "tolerations"), [{"value": "x", "tolerationSeconds": "soon"}]),
        (
            ("spec", "template", "spec", "containers", 0, "resources"),
            {"requests": {"cpu": "2", "memory": "1Gb"}, "limits": {"cpu": "1"}},
        ),
        (
            ("spec", "template", "spec", "containers", 0, "livenessProbe"),
            {"httpGet": {"path": "/", "port": "nowhere"}, "successThreshold": 2},
        ),
        (("spec", "template", "spec", "containers", 0, "volumeMounts"), [{"name": "gone", "mountPath": "a"}]),
    ]
    draft = begin(edit(text, 0, faults))
    for slug in (*STEPS, "review", "yaml"):
        page = chinese.get(f"/drafts/{draft.pk}/{slug}/")
        assert_chinese(page)
    shown = [finding["class"][0] for finding in soup(page).select("li[data-code]")]
    assert [severity for severity in ("error", "warning") if severity in shown] == ["error", "warning"]


def test_a_step_that_was_filled_in_wrongly(chinese, store, begin):
    draft = begin(daemonset_text())
    address = f"/drafts/{draft.pk}/pods/"
    page = chinese.get(address)
    form = BeautifulSoup(page.content, "html.parser").find("form", id="step-form")
    fields = {tag["name"]: tag.get("value", "") for tag in form.find_all("input", attrs={"name": True})}
    numbers = [name for name in fields if name.endswith(("port", "grace", "history"))]
    assert numbers
    response = chinese.post(address, {**fields, **dict.fromkeys(numbers, "many"), "op": "next"})
    assert response.status_code == 422
    assert "请输入整数" in words(response)
    assert_chinese(response)


def test_a_draft_that_was_changed_elsewhere(chinese, store, begin):
    draft = begin(daemonset_text())
    page = chinese.get(f"/drafts/{draft.pk}/yaml/")
    drafts.save(draft, daemonset_text(image="nginx:2"), version=draft.version)
    version = hidden(page, "version")
    mine = daemonset_text(image="nginx:3")
    conflict = chinese.post(f"/drafts/{draft.pk}/yaml/", {"version": version, "text": mine, "op": "save"})
    assert conflict.status_code == 409
    assert_chinese(conflict)


def test_storing_and_its_result(chinese, store, begin):
    draft = begin("---\n".join([config_map("app"), daemonset_text()]))
    address = f"/drafts/{draft.pk}/review/"
    page = chinese.get(address)
    assert_chinese(page)
    stored = chinese.post(address, {"seen": hidden(page, "seen"), "op": "store"}, follow=True)
    assert_chinese(stored)
    draft.refresh_from_db()
    assert draft.stored_at
    ended = chinese.get(address)
    assert ended.status_code == 410
    assert_chinese(ended)


def test_what_scheduler_kubelet_and_pod_security_say(chinese, store, begin):
    level = "pod-security.kubernetes.io/enforce"
    labels = f"  labels: {{{level}: restricted, {level}-version: v1.25}}\n"
    store.apply(
        f"apiVersion: v1\nkind: Namespace\nmetadata:\n  name: demo\n{labels}", project="demo", base=None
    )
    pod = ("spec", "template", "spec")
    bound = [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["sample-ssd-1"]}]}]
    draft = begin(
        edit(
            daemonset_text(),
            0,
            [
                ((*pod, "hostNetwork"), True),
                ((*pod, "volumes"), [{"name": "log", "hostPath": {"path": "/var/log"}}]),
                ((*pod, "securityContext"), {"runAsUser": 0}),
                ((*pod, "containers", 0, "securityContext"), {"privileged": True}),
                ((*pod, "containers", 0, "resources"), {"requests": {"cpu": "700"}}),
                (
                    (*pod, "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution"),
                    {"nodeSelectorTerms": bound},
                ),
            ],
        )
    )
    for slug in ("nodes", "review"):
        page = chinese.get(f"/drafts/{draft.pk}/{slug}/")
        assert_chinese(page)
        assert "主机命名空间" in words(page)
        assert "cpu 不足" in words(page)


def test_a_document_that_stands_twice_and_a_merge_that_leaves_both_sides(chinese, admin, store, begin):
    twice = begin("---\n".join([daemonset_text(), daemonset_text(), daemonset_text(namespace="elsewhere")]))
    assert_chinese(chinese.get(f"/drafts/{twice.pk}/review/"))
    store.apply(daemonset_text(), project="demo", base="")
    mine = drafts.create(admin, "offline", "demo", origin=store.get(AGENT))
    drafts.save(mine, daemonset_text(image="nginx:2"), version=mine.version)
    store.apply(daemonset_text(image="nginx:3"), project="demo", base="1")
    address = f"/drafts/{mine.pk}/review/"
    assert_chinese(chinese.get(address))
    merged = chinese.post(address, {"op": "merge:0"}, follow=True)
    assert "采用对方的" in words(merged)
    assert_chinese(merged)
    assert_chinese(chinese.get(f"/drafts/{mine.pk}/yaml/"))


def test_errors(chinese, store):
    assert_chinese(chinese.get("/no/such/page/"))
    assert_chinese(chinese.get(f"{PROJECT}/daemonsets/gone/"))
    assert_chinese(chinese.get(f"{PROJECT}/daemonsets/?sort=nonsense"))
    assert_chinese(chinese.get("/clusters/elsewhere/nodes/"))
    wrong = chinese.post("/clusters/offline/replace-nodes/", {"text": "a: [", "do": "look"})
    assert wrong.status_code == 422
    assert_chinese(wrong)


def test_a_file_that_is_no_text_is_refused_in_chinese(chinese, store):
    from django.core.files.uploadedfile import SimpleUploadedFile

    file = SimpleUploadedFile("nodes.yaml", b"\x89PNG\r\n\x1a\n\x00\x00")
    refused = chinese.post("/clusters/offline/replace-nodes/", {"file": file, "do": "look"})
    assert refused.status_code == 422
    assert_chinese(refused)


def test_the_sign_in_page(client, db):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "zh-CN"
    assert_chinese(client.get("/sign-in/"))
    assert_chinese(client.get("/sign-in/wrong/"))
