"""What the pages of a draft ask an API server for: each kind once and at the same time, and nothing twice."""

from __future__ import annotations

import base64
import json
from collections import Counter

import pytest
import urllib3

from tests import builders, kube_api
from tests.stores.texts import config_map, daemonset_text, namespace
from tests.views.pages import soup
from tests.wizard.html_forms import submitted
from workloads.drafts import store as drafts
from workloads.stores import store_for
from workloads.stores.protocol import Ref

pytestmark = pytest.mark.django_db
STEPS = ("basics", "pods", "volumes", "labels", "nodes")
SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: token}\nstringData: {password: hunter2}\n"
READS_KEYS = """\
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: mine}
spec:
  selector: {matchLabels: {app: mine}}
  template:
    metadata: {labels: {app: mine}}
    spec:
      containers:
      - name: main
        image: nginx:1
        env:
        - name: PASSWORD
          valueFrom: {secretKeyRef: {name: token, key: KEY}}
"""


class Asked(list):
    """(method, path) of all requests to the API server since `clear`."""

    def kinds(self):
        """Of lists: how often each was asked for. The pages of one list count once."""
        return Counter(path.rpartition("/")[2] for _method, path, _more in self if not _more)

    def answered(self, handler, respond):
        path, _, query = handler.path.partition("?")
        self.append((handler.command, path, "continue=" in query))
        respond(handler)


def relay_to(control_plane):
    """Answers as the real API server does."""
    there = urllib3.PoolManager(ca_certs=str(control_plane.ca))

    def respond(handler):
        sent = {name: handler.headers[name] for name in ("Accept", "Content-Type") if name in handler.headers}
        url, headers = control_plane.url + handler.path, {**sent, "Authorization": "Bearer admin-token"}
        found = there.request(handler.command, url, body=handler.body, headers=headers, retries=False)
        kube_api.body(found.status, found.data, found.headers["Content-Type"])(handler)

    return respond


@pytest.fixture(params=["fake", pytest.param("cluster", marks=pytest.mark.controlplane)])
def asked(request, tmp_path, settings, admin):
    """What the API server is asked. Its project `shop` has a ConfigMap, a Secret and a DaemonSet."""
    asked = Asked()
    with kube_api.FakeServer(tmp_path) as server:
        respond = server.api.answer
        if request.param == "cluster":
            respond = relay_to(request.getfixturevalue("control_plane"))
        else:
            server.api.nodes = [builders.node(f"n{n}") for n in range(3)]
        server.fault = lambda handler: asked.answered(handler, respond)
        settings.KUBECONFIG = str(server.kubeconfig)
        store = store_for(kube_api.CONTEXT, admin)
        store.apply(namespace("shop"), project="", base=None)
        secret = SECRET if request.param == "cluster" else as_stored(SECRET)
        for text in (config_map("settings"), secret, daemonset_text("other")):
            store.apply(text, project="shop", base=None)
        asked.clear()
        yield asked


def as_stored(secret):
    """The fake server does not move `stringData` into `data`."""
    return secret.replace("stringData: {password: hunter2}", "data: {password: aHVudGVyMg==}")


@pytest.fixture
def draft(admin, asked):
    return drafts.create(admin, kube_api.CONTEXT, "shop", READS_KEYS.replace("KEY", "password"))


def codes(page):
    return [each["data-code"] for each in soup(page).select("#step-aside .said [data-code]")]


@pytest.mark.parametrize("slug", STEPS)
def test_a_cold_step_asks_for_each_kind_once(signed_in, draft, asked, slug):
    assert signed_in.get(f"/drafts/{draft.id}/{slug}/").status_code == 200
    asked_once = Counter(path for method, path, more in asked if not more)
    twice = {path for path, count in asked_once.items() if count > 1}
    assert twice <= {"/api/v1/namespaces/shop/secrets"}  # by type: two types have credentials of a registry
    assert {method for method, *_ in asked} == {"GET"}


def test_a_step_that_does_not_show_them_reads_no_configmaps(signed_in, draft, asked):
    signed_in.get(f"/drafts/{draft.id}/labels/")
    kinds = asked.kinds()
    assert not kinds.keys() & {"configmaps", "persistentvolumeclaims", "serviceaccounts", "pods"}
    assert kinds["token"] == 1  # the only Secret that the manifest names
    asked.clear()
    signed_in.get(f"/drafts/{draft.id}/nodes/")
    assert asked.kinds() == {"pods": 1}


@pytest.mark.parametrize("slug", STEPS)
def test_a_typing_pause_asks_for_nothing(signed_in, draft, asked, settings, slug):
    address = f"/drafts/{draft.id}/{slug}/"
    form = submitted(signed_in.get(address).text, "step-form") | {"op": "preview"}
    settings.CLUSTER_RECENT_SECONDS = 0  # some time later
    asked.clear()
    for _pause in range(2):
        page = signed_in.post(address, form)
        assert page.status_code == 200
        assert soup(page).select("#step-aside [data-note=cluster-read-earlier] time")
    assert not asked


def test_a_typing_pause_in_yaml_mode_asks_for_nothing(signed_in, draft, asked, settings):
    address = f"/drafts/{draft.id}/yaml/"
    signed_in.get(address)
    settings.CLUSTER_RECENT_SECONDS = 0
    asked.clear()
    text = READS_KEYS.replace("KEY", "user")
    page = signed_in.post(address, {"op": "check", "text": text, "version": "1"})
    assert "secret-key-missing" in page.text
    assert not asked


@pytest.mark.parametrize("slug", STEPS)
def test_a_warm_step_asks_for_little(signed_in, draft, asked, slug):
    for each in STEPS:
        signed_in.get(f"/drafts/{draft.id}/{each}/")
    asked.clear()
    signed_in.get(f"/drafts/{draft.id}/{slug}/")
    assert len(asked) <= 1  # the name of a new DaemonSet is checked


def test_a_step_that_the_next_one_follows_asks_for_what_that_shows_in_addition(signed_in, draft, asked):
    signed_in.get(f"/drafts/{draft.id}/basics/")
    for slug, most in (("pods", 5), ("volumes", 1), ("labels", 0), ("nodes", 2)):
        asked.clear()
        signed_in.get(f"/drafts/{draft.id}/{slug}/")
        assert len(asked) <= most, (slug, asked)


@pytest.mark.parametrize(("name", "state"), [("other", "taken"), ("fresh", "free")])
def test_a_name_is_checked_with_one_request(signed_in, draft, asked, name, state):
    page = signed_in.get(f"/drafts/{draft.id}/name-check/", {"name": name, "project": "shop"})
    assert soup(page).p["data-state"] == state
    assert asked == [("GET", f"/apis/apps/v1/namespaces/shop/daemonsets/{name}", False)]


def test_reloading_the_page_reads_everything_again(signed_in, draft, asked):
    address = f"/drafts/{draft.id}/labels/"
    signed_in.get(address)
    first = asked.kinds()
    asked.clear()
    signed_in.get(address, headers={"Cache-Control": "max-age=0"})  # as after each form
    assert not asked
    signed_in.get(address, headers={"Cache-Control": "no-cache"})
    assert asked.kinds().keys() | {"version"} == first.keys() | {"version"}


def test_who_is_typing_can_have_the_cluster_read_again(signed_in, draft, asked, settings):
    address = f"/drafts/{draft.id}/labels/"
    form = submitted(signed_in.get(address).text, "step-form") | {"op": "preview"}
    first = asked.kinds()
    settings.CLUSTER_RECENT_SECONDS = 0
    asked.clear()
    [button] = soup(signed_in.post(address, form)).select("#step-aside button[hx-vals]")
    assert not asked
    page = signed_in.post(address, form | json.loads(button["hx-vals"]))
    assert asked.kinds().keys() | {"version"} == first.keys() | {"version"}
    assert page.status_code == 200


def test_what_the_person_writes_is_seen_at_once(signed_in, admin, draft, asked):
    address = f"/drafts/{draft.id}/volumes/"
    assert "later" not in suggested(signed_in.get(address), "configmaps")
    store_for(kube_api.CONTEXT, admin).apply(config_map("later"), project="shop", base=None)
    assert "later" in suggested(signed_in.get(address), "configmaps")


def test_nobody_gets_what_another_read(signed_in, django_user_model, draft, asked):
    signed_in.get(f"/drafts/{draft.id}/labels/")
    first = asked.kinds()
    asked.clear()
    bert = django_user_model.objects.create_superuser("bert")
    signed_in.force_login(bert)  # in place of the administrator
    own = drafts.create(bert, kube_api.CONTEXT, "shop", draft.text)
    signed_in.get(f"/drafts/{own.id}/labels/")
    assert asked.kinds() == first


def suggested(page, what):
    return [each["value"] for each in soup(page).select(f"datalist[id$='{what}'] option")]


@pytest.mark.parametrize(("key", "found"), [("password", []), ("user", ["secret-key-missing"])])
def test_keys_of_a_secret_are_known_and_values_are_nowhere(signed_in, draft, asked, key, found):
    drafts.save(draft, READS_KEYS.replace("KEY", key), version=1)
    page = signed_in.get(f"/drafts/{draft.id}/pods/")
    assert [code for code in codes(page) if code.startswith("secret")] == found
    assert "password" in suggested(page, "secrets-keys")
    assert "hunter2" not in page.text
    assert base64.b64encode(b"hunter2").decode() not in page.text


@pytest.mark.parametrize(("kind", "name", "requests"), [("ConfigMap", "settings", 1), ("Secret", "token", 2)])
def test_the_values_of_a_secret_are_not_kept_in_memory(asked, admin, kind, name, requests):
    for _again in range(2):
        store_for(kube_api.CONTEXT, admin).recent(60).get(Ref("v1", kind, "shop", name))
    assert [path.rpartition("/")[2] for _method, path, _more in asked] == [name] * requests


def test_keys_of_many_secrets_are_read_with_one_list(signed_in, admin, asked):
    store = store_for(kube_api.CONTEXT, admin)
    for n in range(15):
        store.apply(as_stored(SECRET).replace("token", f"token-{n}"), project="shop", base=None)
    pod = {
        "containers": [
            {
                "name": "main",
                "image": "nginx:1",
                "env": [
                    {"name": f"V{n}", "valueFrom": {"secretKeyRef": {"name": f"token-{n}", "key": "gone"}}}
                    for n in range(15)
                ],
            }
        ]
    }
    value = json.loads(json.dumps(builders.daemonset("mine", namespace="shop")))
    value["spec"]["template"]["spec"] = pod
    draft = drafts.create(admin, kube_api.CONTEXT, "shop", json.dumps(value))
    asked.clear()
    page = signed_in.get(f"/drafts/{draft.id}/pods/")
    assert codes(page).count("secret-key-missing") == 15
    by_name = [path for _method, path, _more in asked if "/secrets/" in path]
    assert len(by_name) == 10


def test_a_cluster_that_is_away_is_not_asked_at_each_typing_pause(signed_in, admin, tmp_path, settings):
    """It answers with errors, so each request would be sent."""
    tried = []

    def broken(handler):
        tried.append(handler.path)
        kube_api.body(503, "<html>")(handler)

    with kube_api.FakeServer(tmp_path) as server:
        server.fault = broken
        settings.KUBECONFIG = str(server.kubeconfig)
        draft = drafts.create(admin, kube_api.CONTEXT, "shop", READS_KEYS)
        address = f"/drafts/{draft.id}/pods/"
        page = signed_in.get(address)
        assert page.status_code == 200
        assert soup(page).select("main .note.warn[data-code]")
        tried.clear()
        form = submitted(page.text, "step-form") | {"op": "preview"}
        for _pause in range(3):
            aside = signed_in.post(address, form)
            assert aside.status_code == 200
            assert soup(aside).select("#step-aside [data-note=facts-unknown]")
        assert not tried
