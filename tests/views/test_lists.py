"""Lists: DaemonSets with quota, search, filters, sort, pages; objects of other kinds."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.stores.texts import config_map, daemonset_text, node
from tests.views.pages import column, follow, hidden, soup, words
from workloads.documents import edit
from workloads.models import Draft
from workloads.stores import store_for

LIST = "/clusters/offline/projects/demo/daemonsets/"
HX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def store(admin, demo):
    return store_for("offline", admin)


@pytest.fixture
def put(store):
    def put(*texts, project="demo"):
        for text in texts:
            store.apply(text, project=project, base=None)

    return put


def labelled(name, **more):
    return daemonset_text(name, more="\n".join(["labels:", *(f"  {k}: {v}" for k, v in more.items())]))


def test_an_empty_project_invites_to_create_or_import(signed_in, demo):
    page = signed_in.get(LIST)
    assert "No DaemonSets yet" in words(page)
    assert soup(page).select('.empty form[action$="/drafts/new/"] button')
    assert soup(page).select('.empty a[href$="/import/"]')


def test_a_row_says_what_it_is(signed_in, put):
    alias = 'annotations:\n  kubesphere.io/alias-name: "日志采集"'
    text = edit(
        daemonset_text(image="registry.local:5000/agent:1.2", more=alias),
        0,
        [
            (("spec", "template", "spec", "nodeSelector"), {"disk": "ssd"}),
            (("spec", "template", "spec", "tolerations"), [{"operator": "Exists"}]),
            (
                ("spec", "template", "spec", "containers", 0, "resources"),
                {"requests": {"cpu": "0.1", "memory": "64Mi"}},
            ),
        ],
    )
    put(text)
    row = words(signed_in.get(LIST))
    for said in (
        "agent 日志采集 Saved registry.local:5000/agent:1.2 disk=ssd tolerates every taint",
        "100m · 64Mi",
        "just now admin",
    ):
        assert said in row


def test_defaults_of_a_limit_range_count_for_what_a_pod_asks(signed_in, put):
    put(
        daemonset_text(),
        "apiVersion: v1\nkind: LimitRange\nmetadata: {name: l}\n"
        "spec: {limits: [{type: Container, defaultRequest: {cpu: 50m, memory: 32Mi}}]}\n",
    )
    assert "50m · 32Mi" in words(signed_in.get(LIST))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=alpha", ["alpha"]),
        ("q=第一", ["alpha"]),
        ("q=tier%3Dback", ["beta"]),
        ("q=busybox", ["beta"]),
        ("q=busybox+beta", ["beta"]),
        ("q=busybox+alpha", []),
        ("image=BUSY", ["beta"]),
        ("node=disk%3Dssd", ["gamma"]),
        ("label=tier", ["beta"]),
        ("updated_by=admin", ["alpha", "beta", "gamma"]),
        ("updated_by=eve", []),
        ("sort=-name", ["gamma", "beta", "alpha"]),
        ("sort=updated", ["alpha", "beta", "gamma"]),
        ("sort=-updated_by", ["gamma", "beta", "alpha"]),
        ("q=&image=&node=", ["alpha", "beta", "gamma"]),
    ],
)
def test_search_filters_and_sort_are_in_the_address(signed_in, put, query, found):
    put(daemonset_text("alpha", more="annotations:\n  kubesphere.io/alias-name: 第一"))
    put(
        edit(
            labelled("beta", tier="backend"),
            0,
            [(("spec", "template", "spec", "containers", 0, "image"), "busybox:1")],
        )
    )
    put(edit(daemonset_text("gamma"), 0, [(("spec", "template", "spec", "nodeSelector"), {"disk": "ssd"})]))
    assert sorted(column(signed_in.get(f"{LIST}?{query}"))) == sorted(found)
    if query.startswith("sort=-name"):
        assert column(signed_in.get(f"{LIST}?{query}")) == found


def test_no_match_says_so_and_offers_to_clear(signed_in, put):
    put(daemonset_text())
    page = signed_in.get(f"{LIST}?q=nothing&image=x")
    assert "Nothing matches" in words(page)
    assert soup(page).select_one(".empty a")["href"] == LIST


def test_pages_keep_the_search_and_an_old_bookmark_still_works(signed_in, put):
    put(*(daemonset_text(f"agent-{i:02}") for i in range(25)), daemonset_text("other"))
    page = signed_in.get(f"{LIST}?q=agent&size=10&page=2")
    assert column(page) == [f"agent-{i:02}" for i in range(10, 20)]
    assert any("q=agent" in a["href"] and "page=3" in a["href"] for a in soup(page).select(".pages a"))
    assert column(signed_in.get(f"{LIST}?q=agent&size=10&page=99")) == [f"agent-{i}" for i in range(20, 25)]
    assert len(column(signed_in.get(f"{LIST}?page=x&size=7"))) == 20


def test_typing_fetches_the_table_alone_and_leaves_a_short_address(signed_in, put):
    put(daemonset_text())
    response = signed_in.get(f"{LIST}?q=agent&image=&node=", **HX)
    assert b"<html" not in response.content
    assert column(response) == ["agent"]
    assert response["HX-Push-Url"] == f"{LIST}?q=agent"
    assert "HX-Request" in response["Vary"]


@pytest.mark.parametrize("query", ["sort=secret", "sort=value__spec"])
def test_a_sort_order_there_is_not_is_refused(signed_in, demo, query):
    assert signed_in.get(f"{LIST}?{query}").status_code == 400


def test_a_project_that_is_not_there_is_not_found(signed_in, db):
    page = signed_in.get("/clusters/offline/projects/nowhere/daemonsets/")
    assert page.status_code == 404
    assert signed_in.get("/clusters/nowhere/projects/demo/daemonsets/").status_code == 404


def test_lists_need_a_signed_in_person(client, demo):
    assert client.get(LIST).status_code == 302


def test_the_number_of_queries_does_not_grow_with_the_rows(signed_in, put):
    def queries():
        signed_in.get(f"{LIST}?size=100")
        with CaptureQueriesContext(
            connection,
        ) as seen:
            signed_in.get(f"{LIST}?size=100")
        return len(seen)

    put(node("n1"), daemonset_text("first"))
    few = queries()
    put(*(daemonset_text(f"agent-{i}") for i in range(60)))
    assert queries() == few


def test_quotas_are_shown_with_what_is_used_of_them(signed_in, put):
    put(
        node("n1"),
        node("n2"),
        daemonset_text(),
        "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: one}\n"
        'spec: {hard: {pods: "10", count/daemonsets.apps: "5", requests.cpu: "2", services: "1"}}\n',
        "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: two}\nspec: {hard: {limits.memory: 1Gi}}\n",
    )
    page = signed_in.get(LIST)
    header = words(page)
    for said in (
        "one",
        "limits 1 more thing",
        "Pods 2 of 10",
        "DaemonSets 1 of 5",
        "CPU requests 0 of 2",
        "two",
    ):
        assert said in header
    assert "Memory limits 0 of 1Gi" in header
    assert len(soup(page).select("svg.gauge[aria-label]")) == 4


def test_a_project_without_quota_says_so(signed_in, put):
    put(daemonset_text())
    assert "no ResourceQuota" in words(signed_in.get(LIST))


def test_a_quota_that_cannot_be_read_does_not_break_the_page(signed_in, put):
    put("apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: odd}\nspec: {hard: {pods: many, cpu: [1]}}\n")
    assert signed_in.get(LIST).status_code == 200


@pytest.mark.parametrize(
    "spec",
    ["{}", "null", "[1, 2]", "{template: 3}", "{template: {spec: {containers: [null, 1], volumes: x}}}"],
)
def test_a_daemonset_of_any_shape_can_be_listed(signed_in, put, spec):
    put(f"apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {{name: odd}}\nspec: {spec}\n")
    assert column(signed_in.get(LIST)) == ["odd"]
    assert signed_in.get(f"{LIST}odd/").status_code == 200


def test_markup_in_every_shown_field_stays_text(signed_in, put):
    nasty = "<script>alert(1)</script>"
    put(
        edit(
            daemonset_text(image="x"),
            0,
            [
                (("metadata", "annotations"), {"kubesphere.io/alias-name": nasty}),
                (("spec", "template", "spec", "containers", 0, "image"), nasty),
                (("spec", "template", "spec", "nodeSelector"), {nasty: nasty}),
                (("spec", "template", "spec", "tolerations"), [{"key": nasty}]),
            ],
        )
    )
    page = signed_in.get(f"{LIST}?q=<script>&image=<script>")
    assert nasty not in page.content.decode()
    assert nasty in words(page)


def test_all_projects_are_listed_with_theirs(signed_in, store, put):
    store.create_project("other")
    put(daemonset_text("here"))
    put(daemonset_text("there"), project="other")
    page = signed_in.get("/clusters/offline/daemonsets/")
    assert column(page) == ["here", "there"]
    assert "other" in words(page)
    assert column(signed_in.get("/clusters/offline/daemonsets/?q=there")) == ["there"]


def test_every_link_and_button_of_a_row_leads_somewhere(signed_in, put):
    put(daemonset_text())
    page = soup(signed_in.get(LIST))
    links = [a["href"] for a in page.select("tbody .pop a")]
    assert len(links) == 5
    assert {signed_in.get(link).status_code for link in links} == {200}
    for button in page.select("tbody .pop button"):
        assert signed_in.post(button["formaction"]).status_code == 303


# Other kinds


def test_config_maps_are_listed_with_their_keys(signed_in, put):
    put(config_map("settings"))
    page = signed_in.get("/clusters/offline/projects/demo/configmaps/")
    assert column(page) == ["settings"]
    assert "key" in words(page)


def test_secrets_are_listed_without_values(signed_in, put):
    put("apiVersion: v1\nkind: Secret\nmetadata: {name: token}\nstringData: {password: hunter2}\n")
    page = signed_in.get("/clusters/offline/projects/demo/secrets/")
    assert "password" in words(page)
    assert "hunter2" not in page.content.decode()


def test_cluster_scoped_kinds_have_their_list(signed_in, put):
    put(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\n"
        "metadata: {name: 'system:reader'}\nrules: []\n"
    )
    page = signed_in.get("/clusters/offline/clusterroles/")
    assert column(page) == ["system:reader"]
    assert signed_in.get(soup(page).select_one("tbody a.name")["href"]).status_code == 200
    assert signed_in.get("/clusters/offline/projects/demo/clusterroles/").status_code == 404


def test_namespaced_kinds_can_be_listed_over_all_projects(signed_in, store, put):
    store.create_project("other")
    put(config_map("here"))
    put(config_map("there"), project="other")
    assert column(signed_in.get("/clusters/offline/configmaps/")) == ["here", "there"]


def test_kinds_without_a_name_of_their_own_are_reachable(signed_in, put):
    put("apiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata: {name: tls}\nspec: {}\n")
    address = "/clusters/offline/projects/demo/Certificate.v1.cert-manager.io/"
    assert column(signed_in.get(address)) == ["tls"]
    assert signed_in.get(f"{address}tls/").status_code == 200


@pytest.mark.parametrize("resource", ["nonsense", "..", "Nope", "%2e%2e"])
def test_a_kind_there_cannot_be_is_not_found(signed_in, demo, resource):
    assert signed_in.get(f"/clusters/offline/projects/demo/{resource}/").status_code == 404


def test_empty_lists_say_what_the_kind_is_for(signed_in, demo):
    for resource in (
        "configmaps",
        "secrets",
        "persistentvolumeclaims",
        "serviceaccounts",
        "limitranges",
        "services",
    ):
        page = signed_in.get(f"/clusters/offline/projects/demo/{resource}/")
        assert "here yet" in words(page)


@pytest.mark.parametrize("resource", ["resourcequotas", "limitranges", "configmaps"])
def test_an_object_of_a_kind_without_a_form_is_begun_in_yaml_mode_and_stored(signed_in, demo, resource):
    listing = f"/clusters/offline/projects/demo/{resource}/"
    page = soup(signed_in.get(listing))
    begin = page.select("form[action*='/drafts/new/']")
    assert len(begin) == 2  # in the head, and where the list is empty
    page = follow(signed_in, signed_in.post(begin[0]["action"]))
    assert page.wsgi_request.path.endswith("/yaml/")
    draft = Draft.objects.get()
    review = signed_in.get(f"/drafts/{draft.id}/review/")
    form = {name: hidden(review, name) for name in ("seen", "version")}
    signed_in.post(f"/drafts/{draft.id}/review/", form | {"op": "store"})
    assert soup(signed_in.get(listing)).select("tbody tr")


def test_there_is_no_starting_text_for_a_kind_the_console_does_not_know(signed_in, demo):
    assert signed_in.post("/clusters/offline/projects/demo/drafts/new/?kind=Widget").status_code == 400
    assert not Draft.objects.exists()
