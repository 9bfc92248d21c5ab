"""Lists: DaemonSets with quota, search, filters, sort, pages; objects of other kinds."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests import builders
from tests.builders import as_text
from tests.stores.texts import config_map, daemonset_text, node
from tests.views.pages import cells, column, figures, follow, hidden, notes, soup, words
from workloads import kinds
from workloads.documents import edit
from workloads.drafts import store as drafts
from workloads.models import Draft
from workloads.services.quotas import quota_stops
from workloads.services.starts import stored_starts
from workloads.services.verbs import VERBS, verbs_of
from workloads.stores import store_for
from workloads.stores.protocol import Query
from workloads.views.objects.bulk import BULK

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


@pytest.mark.parametrize("version", ["app/v1", "apps.kruise.io/v1alpha1"])
def test_a_daemonset_of_another_group_is_none(signed_in, put, version):
    """It has a list and a page as any custom resource, and is counted nowhere as a DaemonSet."""
    put(f"apiVersion: {version}\nkind: DaemonSet\nmetadata: {{name: other}}\nspec: {{template: {{}}}}\n")
    assert column(signed_in.get(LIST)) == []
    group, _, number = version.partition("/")
    own = f"/clusters/offline/projects/demo/DaemonSet.{number}.{group}/"
    assert column(signed_in.get(own)) == ["other"]
    page = signed_in.get(f"{own}other/")
    assert page.status_code == 200
    assert not soup(page).select(f'a[href="{own}other/nodes/"]')


def test_an_empty_project_invites_to_create_or_import(signed_in, demo):
    page = signed_in.get(LIST)
    [empty] = soup(page).select('[data-empty="daemonsets"]')
    assert empty.select('form[action$="/drafts/new/"] button')
    assert empty.select('a[href$="/import/"]')


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
    page = signed_in.get(LIST)
    row = soup(page).select_one("tbody tr")
    assert row.select_one("th .name").text == "agent"
    assert row.select_one("th small").text == "日志采集"
    assert row.select_one("[data-status]")["data-status"] == "saved"
    assert row.select_one('[data-column="runs-on"] code').text == "disk=ssd"
    assert row.select_one("[data-tolerates]")["data-tolerates"] == "everything"
    assert row.select_one('[data-column="updated"] time')
    for key, shown in (
        ("images", "registry.local:5000/ agent :1.2"),
        ("containers", "1"),
        ("resources", "100m · 64Mi"),
        ("updated_by", "admin"),
    ):
        assert cells(page, key) == [shown]


def test_every_column_of_a_list_has_its_head_and_its_label_on_narrow_screens(signed_in, put):
    put(daemonset_text())
    page = soup(signed_in.get(LIST))
    heads = {head["data-column"]: head.get_text(strip=True) for head in page.select("th[data-column]")}
    assert next(iter(heads)) == "name"
    labels = {cell["data-column"]: cell["data-label"] for cell in page.select("tbody td[data-column]")}
    assert list(labels.items()) == list(heads.items())[1:]
    assert [head["data-column"] for head in page.select("th.num")] == ["containers", "resources"]
    assert [cell["data-column"] for cell in page.select("td.num")] == ["containers", "resources"]


@pytest.mark.parametrize(
    ("query", "key", "direction", "next"),
    [
        ("", "name", "ascending", "-name"),
        ("?sort=-name", "name", "descending", "name"),
        ("?sort=updated", "updated", "ascending", "-updated"),
        ("?sort=-updated", "updated", "descending", "updated"),
    ],
)
def test_the_head_of_the_column_in_order_turns_it_round(signed_in, put, query, key, direction, next):
    put(daemonset_text())
    page = soup(signed_in.get(LIST + query))
    [head] = page.select("th[aria-sort]")
    assert (head["data-column"], head["aria-sort"]) == (key, direction)
    assert head.a["href"] == head.a["hx-get"] == f"?sort={next}"


def test_other_columns_are_sorted_by_their_heads(signed_in, put):
    put(daemonset_text())
    links = soup(signed_in.get(f"{LIST}?q=agent&page=2")).select("thead th:not([aria-sort]) a")
    assert [(link["id"], link["href"]) for link in links] == [
        ("sort-updated", "?q=agent&sort=-updated"),
        ("sort-updated_by", "?q=agent&sort=updated_by"),
    ]


def test_defaults_of_a_limit_range_count_for_what_a_pod_asks(signed_in, put):
    put(
        daemonset_text(),
        "apiVersion: v1\nkind: LimitRange\nmetadata: {name: l}\n"
        "spec: {limits: [{type: Container, defaultRequest: {cpu: 50m, memory: 32Mi}}]}\n",
    )
    assert cells(signed_in.get(LIST), "resources") == ["50m · 32Mi"]


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
        ("sort=updated", ["gamma", "beta", "alpha"]),
        ("sort=-updated", ["alpha", "beta", "gamma"]),
        ("sort=created", ["gamma", "alpha", "beta"]),
        ("sort=-created", ["beta", "alpha", "gamma"]),
        ("sort=updated_by", ["alpha", "beta", "gamma"]),
        ("q=&image=&node=", ["alpha", "beta", "gamma"]),
    ],
)
def test_search_filters_and_sort_are_in_the_address(signed_in, put, query, found):
    put(edit(daemonset_text("gamma"), 0, [(("spec", "template", "spec", "nodeSelector"), {"disk": "ssd"})]))
    put(daemonset_text("alpha"))
    put(
        edit(
            labelled("beta", tier="backend"),
            0,
            [(("spec", "template", "spec", "containers", 0, "image"), "busybox:1")],
        )
    )
    put(daemonset_text("alpha", more="annotations:\n  kubesphere.io/alias-name: 第一"))
    assert column(signed_in.get(f"{LIST}?{query}")) == found


def test_no_match_says_so_and_offers_to_clear(signed_in, put):
    put(daemonset_text())
    page = signed_in.get(f"{LIST}?q=nothing&image=x")
    assert soup(page).select_one('[data-empty="no-match"] a')["href"] == LIST


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
        with CaptureQueriesContext(connection) as seen:
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
    shown = {}
    for quota in soup(page).select("[data-quota]"):
        assert quota.select_one(".quota-name a").text == quota["data-quota"]
        others = [each["data-key"] for each in quota.select(".quota-others li")]
        gauges = [
            (gauge.dt["title"], gauge.b.text, re.findall(r"\d\w*", gauge.select_one(".mute").text))
            for gauge in quota.select(".quota > div")
        ]
        shown[quota["data-quota"]] = (others, gauges)
    assert shown == {
        "one": (
            ["services"],
            [("pods", "2", ["10"]), ("count/daemonsets.apps", "1", ["5"]), ("requests.cpu", "0", ["2"])],
        ),
        "two": ([], [("limits.memory", "0", ["1Gi"])]),
    }
    assert len(soup(page).select("svg.gauge[aria-label]")) == 4


def test_what_is_over_or_full_comes_first_and_scopes_are_named(signed_in, put):
    put(
        *(daemonset_text(name) for name in ("a", "b")),
        node("n1"),
        as_text(builders.quota({"pods": "5", "count/configmaps": "1"}, name="a")),
        as_text(builders.quota({"pods": "10"}, name="b", scopes=["BestEffort"])),
        as_text(
            builders.quota(
                {"pods": "3", "services": "0", "count/daemonsets.apps": "1"},
                name="c",
                scopeSelector={
                    "matchExpressions": [
                        {"scopeName": "PriorityClass", "operator": "In", "values": ["gold", "silver"]},
                        {"scopeName": "NotTerminating", "operator": "Exists"},
                    ]
                },
            )
        ),
        as_text(builders.quota({"count/daemonsets.apps": "1", "pods": "2", "secrets": "9"}, name="d")),
    )

    def shown(part):
        return (
            [each["data-scope"] for each in part.select("[data-scope]")],
            [(each["data-use"], each.dt["title"]) for each in part.select(".quota > div")],
            [each["data-key"] for each in part.select("[data-key]")],
        )

    page = soup(signed_in.get(LIST))
    found = {each["data-quota"]: shown(each) for each in page.select("[data-quota]")}
    assert list(found) == ["c", "d", "a", "b"]
    assert found == {
        "c": (
            ["PriorityClass", "NotTerminating"],
            [("full", "services"), ("", "pods"), ("", "count/daemonsets.apps")],
            [],
        ),
        "d": ([], [("over", "count/daemonsets.apps"), ("full", "pods")], ["secrets"]),
        "a": ([], [("", "pods")], ["count/configmaps"]),
        "b": (["BestEffort"], [("", "pods")], []),
    }
    assert "gold, silver" in page.select_one("[data-quota=c] [data-scope=PriorityClass]").get_text()
    own = soup(signed_in.get("/clusters/offline/projects/demo/resourcequotas/d/"))
    assert shown(own.select_one("[data-quota=d]")) == found["d"]


def test_the_header_counts_what_is_in_the_project(signed_in, put):
    put(daemonset_text("a"), daemonset_text("b"), config_map("c"))
    chips = soup(signed_in.get(LIST)).select(".counts a")
    assert [(chip["href"], chip.b.text) for chip in chips] == [
        (LIST, "2"),
        ("/clusters/offline/projects/demo/configmaps/", "1"),
    ]


def test_a_project_without_quota_says_so(signed_in, put):
    put(daemonset_text())
    assert soup(signed_in.get(LIST)).select_one("[data-quotas]")["data-quotas"] == "none"


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
    assert cells(page, "project") == ["demo", "other"]
    assert column(signed_in.get("/clusters/offline/daemonsets/?q=there")) == ["there"]


def test_every_link_and_button_of_a_row_leads_somewhere(signed_in, put):
    put(daemonset_text())
    page = soup(signed_in.get(LIST))
    menu = page.select("tbody .pop [data-verb]")
    assert [line["data-verb"] for line in menu] == [verb.name for verb in VERBS]
    links = [line["href"] for line in menu if line.name == "a"]
    assert len(links) == 5
    assert {signed_in.get(link).status_code for link in links} == {200}
    for button in (line for line in menu if line.name == "button"):
        assert button["form"] == "act"
        assert signed_in.post(button["formaction"]).status_code == 303


def test_verbs_of_daemonsets_alone_are_not_offered_for_other_kinds(signed_in, put):
    put(config_map("settings"))
    listing = soup(signed_in.get("/clusters/offline/projects/demo/configmaps/"))
    page = soup(signed_in.get("/clusters/offline/projects/demo/configmaps/settings/"))
    names = [verb.name for verb in VERBS if not verb.kinds]
    assert "edit" not in names
    assert [line["data-verb"] for line in listing.select("tbody .pop [data-verb]")] == names
    assert [line["data-verb"] for line in page.select(".head [data-verb]")] == [
        verb.name for verb in VERBS if verb.name in names and not verb.tab
    ]


def test_who_may_do_nothing_is_offered_nothing():
    assert verbs_of(AnonymousUser(), "DaemonSet", cluster="offline", project="demo") == []


def test_the_filters_of_a_list_are_those_of_its_kind(signed_in, demo):
    def filters(resource):
        page = soup(signed_in.get(f"/clusters/offline/projects/demo/{resource}/"))
        return [field["name"] for field in page.select(".filters [name]")]

    assert filters("daemonsets") == ["image", "node", "label", "updated_by"]
    assert filters("configmaps") == ["label", "updated_by"]


def test_the_bar_above_a_list_has_what_can_be_done_to_several(signed_in, put):
    put(daemonset_text())
    bar = soup(signed_in.get(LIST)).select(".selected button")
    assert [button["value"] for button in bar] == [verb.name for verb in VERBS if verb.bulk]
    assert set(BULK) == {verb.name for verb in VERBS if verb.bulk}


# Other kinds


def test_config_maps_are_listed_with_their_keys(signed_in, put):
    put(config_map("settings"))
    page = signed_in.get("/clusters/offline/projects/demo/configmaps/")
    assert column(page) == ["settings"]
    assert cells(page, "keys") == ["key"]


def test_secrets_are_listed_without_values(signed_in, put):
    put("apiVersion: v1\nkind: Secret\nmetadata: {name: token}\nstringData: {password: hunter2}\n")
    page = signed_in.get("/clusters/offline/projects/demo/secrets/")
    assert cells(page, "keys") == ["password"]
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


def test_cluster_scoped_and_namespaced_kinds_keep_to_their_addresses(signed_in, demo):
    for address, code in (
        ("/clusters/offline/projects/demo/clusterroles/", "cluster-scoped"),
        ("/clusters/offline/projects/demo/clusterroles/x/", "cluster-scoped"),
        ("/clusters/offline/configmaps/x/", "namespaced"),
        ("/clusters/offline/Nope/", "no-kind"),
    ):
        page = signed_in.get(address)
        assert (page.status_code, soup(page).select_one("[data-error]")["data-error"]) == (404, code)


def test_empty_lists_say_what_the_kind_is_for(signed_in, demo):
    for resource in (
        "configmaps",
        "secrets",
        "persistentvolumeclaims",
        "serviceaccounts",
        "limitranges",
    ):
        page = soup(signed_in.get(f"/clusters/offline/projects/demo/{resource}/"))
        [empty] = page.select(f'[data-empty="{resource}"]')
        api_version, kind = kinds.kind_of(resource)
        about = kinds.row_of(api_version, kind).about
        assert about
        assert str(about) in empty.get_text()
    page = soup(signed_in.get("/clusters/offline/projects/demo/services/"))
    assert page.select('[data-empty="services"]')


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


def test_offline_a_bar_says_on_how_many_nodes_pods_should_run(signed_in, put):
    put(*(node(f"n{number}", {"disk": "ssd" if number else "hdd"}) for number in range(4)))
    put(edit(daemonset_text(), 0, [(("spec", "template", "spec", "nodeSelector"), {"disk": "ssd"})]))
    page = signed_in.get(LIST)
    assert figures(page, "tbody .node-bar") == {"runs": 3, "total": 4, "most": 3}
    [bar] = soup(page).select("tbody svg[role=img]")
    assert [(line["class"], line["x2"]) for line in bar.select("line")] == [
        (["all"], "100"),
        (["plan"], "75.0"),
    ]
    assert not soup(page).select("[data-order]")


PORT = [{"containerPort": 80, "hostPort": 80}]


@pytest.mark.parametrize(
    ("value", "around", "code", "most"),
    [
        pytest.param(builders.daemonset(), (), "", 2, id="nothing"),
        pytest.param(builders.daemonset(serviceAccountName="missing"), (), "nowhere", 0, id="account"),
        pytest.param(builders.daemonset(schedulingGates=[{"name": "wait"}]), (), "nowhere", 0, id="gates"),
        pytest.param(
            builders.daemonset(runtimeClassName="missing"), (), "not-examined", 2, id="runtime-class"
        ),
        pytest.param(builders.daemonset(requests={"memory": "9Gi"}), (), "nowhere", 0, id="room"),
        pytest.param(
            builders.daemonset(hostNetwork=True),
            [builders.namespace(enforce="baseline")],
            "nowhere",
            0,
            id="pod-security",
        ),
        pytest.param(
            builders.daemonset(requests={"cpu": "3"}),
            [builders.quota({"requests.cpu": "4"})],
            "at-most",
            1,
            id="quota",
        ),
        pytest.param(builders.daemonset(), [builders.quota({"cpu": "4"})], "nowhere", 0, id="quota-unstated"),
        pytest.param(
            builders.daemonset(ports=PORT), [builders.daemonset("other", ports=PORT)], "nowhere", 0, id="port"
        ),
    ],
)
def test_offline_every_page_says_as_step_5_does_how_many_pods_will_start(
    signed_in, admin, put, value, around, code, most
):
    room = {"cpu": "4", "memory": "8Gi", "pods": "20"}
    put(*(as_text(builders.node(name, allocatable=room)) for name in ("n1", "n2")), *map(as_text, around))
    put(as_text(value))
    draft = drafts.create(admin, "offline", "demo", as_text(value))
    for address, within in {
        f"{LIST}?q=agent": "tbody",
        f"{LIST}agent/": ".cards3",
        f"{LIST}agent/nodes/": "#runs",
        f"/drafts/{draft.id}/nodes/": "#step-aside h2",
    }.items():
        chips = soup(signed_in.get(address)).select(f"{within} .chip[data-code]")
        assert [each["data-code"] for each in chips] == ([code] if code else []), address
    for address in (f"{LIST}?q=agent", f"{LIST}agent/"):
        assert figures(signed_in.get(address), ".node-bar") == {"runs": 2, "total": 2, "most": most}
    matrix = soup(signed_in.get("/clusters/offline/matrix/?d=agent"))
    assert [each["data-code"] for each in matrix.select("thead .chip")] == ([code] if code else [])
    marks = matrix.select("tbody td i")
    assert {each["class"][1] for each in marks} == ({"fit"} if code == "nowhere" else {"run"})


def test_the_first_quota_that_stops_a_daemonset_is_shown_and_the_others_are_folded(signed_in, put):
    put(
        *(node(f"n{number}") for number in range(3)),
        as_text(builders.quota({"pods": "2", "requests.cpu": "1"})),
    )
    put(as_text(builders.daemonset(requests={"cpu": "1"})))
    [cause] = soup(signed_in.get(LIST)).select('[data-note="quota-stops"] > ul > li')
    folded = cause.select_one("details").extract()
    assert len(folded.select("li")) == 1
    assert not folded.has_attr("open")
    assert "CPU" in cause.get_text(), "what stops more pods comes first"


def test_what_a_list_does_not_calculate_it_names(signed_in, put, store, settings):
    put(node("n1"), as_text(builders.quota({"pods": "0"})), daemonset_text())
    assert notes(signed_in.get(LIST)) == ["quota-stops"]
    [item] = store.select("apps/v1", "DaemonSet", Query("demo")).items
    assert quota_stops(store, [item]).stopped.keys() == {item.ref}
    assert quota_stops(store, [item], most=0).unchecked == {"demo"}
    found = stored_starts(store, store.nodes(), [item], most_beside=0)
    assert (found.gaps, found.checked) == (["many-daemonsets"], True)
    assert found.alone(item).start.code == "nowhere"
    settings.FIT_CHECKS = 0
    for address in (LIST, f"{LIST}agent/", f"{LIST}agent/nodes/"):
        assert "fit-not-checked" in notes(signed_in.get(address))


@pytest.mark.parametrize(
    ("image", "parts"),
    [
        ("nginx", ["", "nginx", ""]),
        ("nginx:1.27", ["", "nginx", ":1.27"]),
        ("registry.local:5000/team/agent:1.2", ["registry.local:5000/team/", "agent", ":1.2"]),
        ("registry.local:5000/agent", ["registry.local:5000/", "agent", ""]),
        (f"quay.io/agent:1@sha256:{'ab' * 32}", ["quay.io/", "agent", ":1"]),
        (f"quay.io/agent@sha256:{'ab' * 32}", ["quay.io/", "agent", "@sha256:abababababab"]),
    ],
)
def test_of_an_image_the_tag_stands_alone_so_that_it_is_cut_last(signed_in, put, image, parts):
    put(daemonset_text(image=image))
    [shown] = soup(signed_in.get(LIST)).select(".image")
    assert [part.get_text() for part in shown.select("span")] == parts
    assert shown["title"] == image


def test_offline_attention_is_the_order_by_name(signed_in, put):
    put(daemonset_text("beta"), daemonset_text("alpha"))
    assert column(signed_in.get(f"{LIST}?sort=attention")) == ["alpha", "beta"]


def test_quotas_are_listed_with_what_is_used(signed_in, put):
    hard = "{count/daemonsets.apps: 5, requests.cpu: 2}"
    put(
        f"apiVersion: v1\nkind: ResourceQuota\nmetadata: {{name: q}}\nspec: {{hard: {hard}}}\n",
        daemonset_text(),
    )
    for address in ("/clusters/offline/projects/demo/resourcequotas/", "/clusters/offline/resourcequotas/"):
        page = soup(signed_in.get(address))
        used = {
            each["data-key"]: " ".join(each.dd.get_text(" ").split()) for each in page.select("[data-key]")
        }
        assert used == {"count/daemonsets.apps": "1 of 5", "requests.cpu": "0 of 2"}, address


def test_the_side_of_a_project_that_is_not_there_is_about_another(signed_in, demo):
    signed_in.get(LIST)
    page = soup(signed_in.get("/clusters/offline/projects/nowhere/daemonsets/"))
    assert page.select_one(".switch b").text == "demo"
