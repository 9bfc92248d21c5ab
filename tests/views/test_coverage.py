"""Where DaemonSets run: next to the step, on their page, in the matrix, on the page of a node."""

from __future__ import annotations

import gzip
import re

import pytest

from tests import builders
from tests.stores.texts import daemonset_text, namespace, node
from tests.views.pages import empty, figures, follow, notes, soup, states, toasts, words
from workloads.drafts import store as drafts
from workloads.services.node_map import DENSE
from workloads.services.offers import OFFERED
from workloads.stores import store_for
from workloads.stores.offline.store import first_start
from workloads.stores.protocol import Ref, Write, daemonset

DEMO = "/clusters/offline/projects/demo"
CONTROL_PLANE = "node-role.kubernetes.io/control-plane"


@pytest.fixture
def store(admin):
    """The offline store with its samples, and a DaemonSet `agent`."""
    first_start(admin)
    store = store_for("offline", admin)
    store.apply(daemonset_text("agent"), project="demo", base="")
    return store


def draft_of(store, admin, name: str = "agent"):
    return drafts.create(admin, "offline", "demo", origin=store.get(daemonset("demo", name)))


def cells(page) -> dict[str, str]:
    """Node → state, by the classes of the map."""
    found = {}
    for run in soup(page).select("[data-map] .r"):
        for cell in run.select("a"):
            found[cell.get_text()] = run["class"][-1]
    return found


def reason_of(page, name: str) -> str:
    """What the map tells of a node on hover, focus and tap."""
    cell = next(each for each in soup(page).select("[data-map] .r > a") if each.get_text() == name)
    return " ".join(soup(page).select_one(cell["href"]).get_text(" ").split())


def step_form(page) -> dict[str, str]:
    """What a browser would post of the step."""
    form = soup(page).select_one("#step-form")
    found = {}
    for field in form.select("input[name], select[name], textarea[name]"):
        if field.name == "select":
            chosen = field.select_one("option[selected]") or field.select_one("option")
            found[field["name"]] = chosen.get("value", chosen.get_text()) if chosen else ""
        elif field.get("type") in ("checkbox", "radio"):
            if field.has_attr("checked"):
                found[field["name"]] = field.get("value", "on")
        else:
            found[field["name"]] = field.get("value", "") if field.name == "input" else field.text
    return found


def test_beside_the_step_every_node_has_a_cell_with_its_reason(signed_in, admin, store):
    page = signed_in.get(f"/drafts/{draft_of(store, admin).id}/nodes/")
    found = cells(page)
    assert len(found) == len(store.nodes())
    assert found["sample-worker-1"] == "run"
    assert found["sample-control-plane-1"] == "out"
    assert f"{CONTROL_PLANE}:NoSchedule" in reason_of(page, "sample-control-plane-1")
    headings = [each.b.get_text() for each in soup(page).select(".zone-title")]
    assert headings == ["zone-a", "zone-b", "zone-c"]


def test_the_tip_of_a_cell_has_each_reason_on_a_line_of_its_own(signed_in, admin, store):
    taints = [CONTROL_PLANE, "maintenance"]
    store.replace_nodes(builders.as_text(builders.node("n", taints=[f"{key}:NoSchedule" for key in taints])))
    tip = soup(signed_in.get(f"{DEMO}/daemonsets/agent/nodes/")).select_one("[data-map] .r.out > .tip")
    _state, first, second = tip.get_text("\n").split("\n")
    assert f"{CONTROL_PLANE}:NoSchedule" in first
    assert "maintenance:NoSchedule" in second
    assert len(tip.select("br")) == 2


def test_only_a_dense_map_scrolls_in_a_box_that_the_keyboard_reaches(signed_in, admin, store):
    address = f"/drafts/{draft_of(store, admin).id}/nodes/"

    def with_nodes(count: int):
        nodes = [
            builders.node(f"n{n}", labels={"topology.kubernetes.io/zone": "abc"[n % 3]}) for n in range(count)
        ]
        store.replace_nodes(builders.as_text(*nodes))
        return soup(signed_in.get(address))

    assert not with_nodes(DENSE).select(".zones")
    page = with_nodes(DENSE + 1)
    box = page.select_one('.map.dense > .zones[role="region"][tabindex="0"][aria-label]')
    assert len(box.select(".zone")) == len(page.select(".zone")) == 3
    assert not box.select(".legend, #map-end")


def test_the_offered_fix_includes_the_group_and_keeps_the_rest_of_the_text(signed_in, admin, store):
    draft = draft_of(store, admin)
    address = f"/drafts/{draft.id}/nodes/"
    page = signed_in.get(address)
    button = next(b for b in soup(page).select('button[value^="do:fix:"]') if CONTROL_PLANE in b.get_text())
    page = follow(signed_in, signed_in.post(address, {**step_form(page), "op": button["value"]}))
    assert cells(page)["sample-control-plane-1"] == "gain"
    draft.refresh_from_db()
    before = [line for line in draft.origin_text.splitlines() if line.strip()]
    assert [line for line in draft.text.splitlines() if line in before] == before
    assert CONTROL_PLANE in draft.text


@pytest.mark.parametrize("page", ["nodes", "review"])
def test_a_finding_is_fixed_by_its_button(signed_in, admin, store, page):
    """Nodes of both systems, of which a Linux DaemonSet should get those of one."""
    systems = {"lin": "linux", "win": "windows"}
    store.replace_nodes(
        builders.as_text(*(builders.node(n, labels={"kubernetes.io/os": s}) for n, s in systems.items()))
    )
    draft = draft_of(store, admin)
    address = f"/drafts/{draft.id}/{page}/"
    opened = signed_in.get(address)
    kind = "do:fix:" if page == "nodes" else "fix:0:"
    assert "os-nodes" in {each["data-code"] for each in soup(opened).select("[data-code]")}
    [op] = {each["value"] for each in soup(opened).select(f'button[value^="{kind}"]')}
    form = step_form(opened) if page == "nodes" else {}
    done = follow(signed_in, signed_in.post(address, {**form, "op": op}))
    assert "os-nodes" not in {each["data-code"] for each in soup(done).select("[data-code]")}
    draft.refresh_from_db()
    assert "kubernetes.io/os: linux" in draft.text
    assert cells(done)["win"] != cells(done)["lin"]


def test_it_is_said_where_changes_are_not_looked_for_for_every_group(signed_in, admin, store):
    def put(groups: int) -> None:
        nodes = [
            builders.node(f"n{number}", taints=[f"taint-{number}:NoSchedule"]) for number in range(groups)
        ]
        store.replace_nodes(builders.as_text(*nodes))

    addresses = (f"/drafts/{draft_of(store, admin).id}/nodes/", f"{DEMO}/daemonsets/agent/nodes/")
    put(OFFERED)
    for address in addresses:
        assert "offer-limit" not in notes(signed_in.get(address))
    put(OFFERED + 1)
    for address in addresses:
        page = signed_in.get(address)
        assert len(soup(page).select(".whys .acts")) == OFFERED
        assert notes(page).count("offer-limit") == 1


def test_a_fix_that_is_of_no_use_any_more_changes_nothing(signed_in, admin, store):
    draft = draft_of(store, admin)
    address = f"/drafts/{draft.id}/nodes/"
    form = step_form(signed_in.get(address))
    page = follow(signed_in, signed_in.post(address, {**form, "op": "do:fix:0123456789ab"}))
    assert len(toasts(page)) == 1
    draft.refresh_from_db()
    assert draft.text == draft.origin_text


def test_what_is_typed_redraws_the_map_and_saves_nothing(signed_in, admin, store):
    draft = draft_of(store, admin)
    address = f"/drafts/{draft.id}/nodes/"
    form = step_form(signed_in.get(address))
    keys = [name for name in form if name.startswith("sel-") and name.endswith("-k")]
    typed = {**form, keys[-1]: "disktype", keys[-1][:-1] + "v": "ssd", "op": "preview"}
    page = signed_in.post(address, typed, headers={"HX-Request": "true"})
    found = cells(page)
    assert [name for name, state in found.items() if state == "run"] == ["sample-ssd-1", "sample-ssd-2"]
    assert found["sample-worker-1"] == "lost"
    assert re.search(r"\b2\b.*disktype=ssd", soup(page).select_one(f"#{keys[-1][:-2]}-carried").get_text())
    typed[keys[-1][:-1] + "v"] = ""
    page = signed_in.post(address, typed, headers={"HX-Request": "true"})
    assert soup(page).select_one(f"#{keys[-1][:-2]}-carried").get_text() == ""
    draft.refresh_from_db()
    assert draft.text == draft.origin_text


def test_how_many_nodes_carry_a_label_follows_what_is_typed(signed_in, admin, store):
    more = {"like": "", "stem": "more", "count": "2", "labels": "disktype=ssd", "taints": ""}
    signed_in.post("/clusters/offline/what-if/", more)
    draft = draft_of(store, admin)
    text = draft.text.rstrip("\n") + "\n      nodeSelector:\n        kubernetes.io/os: windows\n"
    drafts.save(draft, text, version=draft.version)
    address = f"/drafts/{draft.id}/nodes/"
    page = signed_in.get(address)
    form = step_form(page)
    [key] = [name for name, value in form.items() if value == "kubernetes.io/os"]
    value, said = key[:-1] + "v", f"#{key[:-2]}-carried"
    assert re.search(r"\b1\b.*kubernetes.io/os=windows", soup(page).select_one(said).get_text())

    def redrawn(**typed: str):
        return soup(
            signed_in.post(address, {**form, **typed, "op": "preview"}, headers={"HX-Request": "true"})
        )

    page = redrawn(**{key: "disktype", value: " ssd"})
    assert re.search(r"\b4\b.*disktype=ssd", page.select_one(said).get_text())
    assert page.select_one(said)["hx-swap-oob"] == "true"
    assert re.findall(r"\d+", page.select_one("[data-note=hypothetical]").get_text()) == ["2", "14"]
    assert redrawn(**{key: ""}).select_one(said).get_text() == ""
    assert redrawn(**{f"{key[:-1]}remove": "on"}).select_one(said).get_text() == ""


def test_the_groups_of_the_map_are_chosen_and_stay_chosen(signed_in, admin, store):
    address = f"/drafts/{draft_of(store, admin).id}/nodes/"
    page = signed_in.get(f"{address}?by=kubernetes.io/arch")
    assert [each.b.get_text() for each in soup(page).select(".zone-title")] == ["amd64", "arm64"]
    answer = signed_in.post(address, {**step_form(page), "by": "kubernetes.io/os", "op": "do:regroup"})
    assert "by=kubernetes.io%2Fos" in answer["Location"]
    page = follow(signed_in, answer)
    assert [each.b.get_text() for each in soup(page).select(".zone-title")] == ["linux", "windows"]


def test_the_retired_taint_is_explained(signed_in, admin, store):
    text = daemonset_text("old") + (
        "      tolerations:\n      - key: node-role.kubernetes.io/master\n        effect: NoSchedule\n"
    )
    store.apply(text, project="demo", base="")
    page = signed_in.get(f"/drafts/{draft_of(store, admin, 'old').id}/nodes/")
    assert "node-role.kubernetes.io/master=:NoSchedule" in reason_of(page, "sample-control-plane-1")


def test_the_page_of_a_daemonset_has_every_node_and_narrows_by_state_and_text(signed_in, store):
    address = f"{DEMO}/daemonsets/agent/nodes/"
    page = signed_in.get(address)
    assert len(cells(page)) == len(store.nodes())
    assert soup(page).select_one('.tabs a[aria-current="page"]')["href"] == address
    assert list(states(signed_in.get(f"{address}?state=out")).items()) == [
        ("sample-control-plane-1", "out"),
        ("sample-gpu-1", "out"),
        ("sample-windows-1", "out"),
    ]
    part = signed_in.get(f"{address}?q=nvidia", headers={"HX-Request": "true"})
    assert b"<html" not in part.content
    assert [row.th.get_text() for row in soup(part).select("tbody tr")] == ["sample-gpu-1"]
    assert empty(signed_in.get(f"{address}?q=nothing-of-that-name")) == ["no-match"]
    assert signed_in.get(f"{DEMO}/daemonsets/none/nodes/").status_code == 404


def columns(page) -> list[str]:
    """The DaemonSets of a matrix, as its head names them."""
    return [each.a.get_text() for each in soup(page).select("thead th.turn")]


def test_the_matrix_shows_who_lacks_what(signed_in, store):
    everywhere = daemonset_text("everywhere") + "      tolerations:\n      - operator: Exists\n"
    store.apply(everywhere, project="demo", base="")
    page = signed_in.get(f"{DEMO}/matrix/")
    assert columns(page) == ["agent", "everywhere"]
    largest = soup(page).select("tbody tr")[0]
    assert largest.th["data-nodes"] == "9"
    assert "sample-arm-1" in largest.th.summary.get_text()
    assert [cell.i["class"] for cell in largest.select("td")] == [["c", "run"], ["c", "run"]]
    page = signed_in.get(f"{DEMO}/matrix/?gaps=1&each=1")
    assert columns(page) == ["agent"]
    assert [row.th.a.get_text() for row in soup(page).select("tbody tr")] == [
        "sample-control-plane-1",
        "sample-gpu-1",
        "sample-windows-1",
    ]
    assert columns(signed_in.get("/clusters/offline/matrix/")) == ["demo/agent", "demo/everywhere"]
    assert empty(signed_in.get(f"{DEMO}/matrix/?q=nothing-of-that-name")) == ["no-match"]


def test_the_matrix_says_above_it_which_of_many_columns_it_shows(signed_in, store):
    texts = [daemonset_text(f"more-{number:02}") for number in range(21)]
    store.apply_all([Write(text, "demo", "", beyond_quota=True) for text in texts])
    page = signed_in.get(f"{DEMO}/matrix/?c=2")
    assert columns(page) == ["more-19", "more-20"]
    [shown] = soup(page).select(".of-columns")
    assert re.findall(r"\d+", shown.small.get_text()) == ["21", "22", "22"]
    assert shown.find_next("table")
    assert shown.select_one("[aria-current]").get_text() == "2"


def test_nodes_that_are_left_out_for_the_same_reason_share_a_row_of_the_matrix(signed_in, store):
    pools = ["gpu", "general", "batch", "batch"]
    nodes = [builders.node(f"n{number}", labels={"pool": pool}) for number, pool in enumerate(pools)]
    store.replace_nodes(builders.as_text(*nodes))
    text = daemonset_text("agent") + "      nodeSelector:\n        pool: gpu\n"
    store.apply(text, project="demo", base=store.get(daemonset("demo", "agent")).version)
    left_out, reached = soup(signed_in.get(f"{DEMO}/matrix/")).select("tbody tr")
    assert left_out.th["data-nodes"] == "3"
    assert [each.get_text() for each in left_out.select(".names a")] == ["n1", "n2", "n3"]
    assert "pool=gpu" in left_out.td.a["title"]
    assert "pool=general" not in left_out.td.a["title"]
    assert reached.th.a.get_text() == "n0"


def test_a_node_says_what_runs_on_it_and_what_is_kept_off(signed_in, store):
    page = signed_in.get("/clusters/offline/nodes/sample-gpu-1/")
    assert states(page) == {"agent": "out"}
    assert "nvidia.com/gpu=present:NoSchedule" in soup(page).select_one("#table td.wrap").get_text()
    assert soup(page).select_one(f'tbody a[href="{DEMO}/daemonsets/agent/nodes/"]')
    assert signed_in.get("/clusters/offline/nodes/none/").status_code == 404


def test_labels_and_taints_are_edited_and_the_rest_of_the_node_stays(signed_in, store):
    address = "/clusters/offline/nodes/sample-gpu-1/labels/"
    page = soup(signed_in.get(address))
    form = {
        "seen": page.select_one("[name=seen]")["value"],
        "labels": page.select_one("[name=labels]").text.strip() + "\ndisk=fast",
        "taints": "",
    }
    bad = signed_in.post(address, {**form, "taints": "gpu=yes"})
    assert bad.status_code == 422
    assert "disk=fast" in bad.content.decode()
    page = follow(signed_in, signed_in.post(address, form))
    assert "disk=fast" in words(page)
    value = store.get(Ref("v1", "Node", "", "sample-gpu-1")).value
    assert "taints" not in value["spec"]
    assert value["status"]["allocatable"]["nvidia.com/gpu"] == "4"
    assert signed_in.post(address, {**form, "labels": "a=b"}).status_code == 409


def test_hypothetical_nodes_join_and_leave_together(signed_in, store):
    address = "/clusters/offline/what-if/"
    form = {"like": "sample-gpu-1", "stem": "gpu", "count": "20", "labels": "pool=new", "taints": ""}
    page = follow(signed_in, signed_in.post(address, form))
    assert toasts(page) == ["hypothetical-added"]
    assert figures(page, "[data-note=hypothetical]") == {"count": 20}
    made = store.get(Ref("v1", "Node", "", "gpu-7")).value
    assert made["metadata"]["labels"]["pool"] == "new"
    assert made["metadata"]["labels"]["kubernetes.io/hostname"] == "gpu-7"
    assert made["status"]["allocatable"]["nvidia.com/gpu"] == "4"
    assert made["spec"]["taints"][0]["key"] == "nvidia.com/gpu"
    page = signed_in.get(f"{DEMO}/daemonsets/agent/nodes/")
    assert cells(page)["gpu-20"] == "out"
    assert signed_in.post(address, {**form, "labels": "no label"}).status_code == 422
    page = follow(signed_in, signed_in.post("/clusters/offline/what-if/delete/"))
    assert toasts(page) == ["hypothetical-deleted"]
    assert "hypothetical" not in notes(page)
    assert len(store.nodes()) == 12


def test_five_thousand_nodes_weigh_less_than_150_kilobytes(signed_in, admin, store):
    nodes = [
        builders.node(
            f"ip-10-{n // 250}-{n % 250}.eu-west-1.compute.internal",
            labels={"topology.kubernetes.io/zone": f"eu-west-1{'abc'[n % 3]}"},
            taints=["gpu:NoSchedule"] if n % 9 == 0 else [],
        )
        for n in range(5000)
    ]
    store.replace_nodes(builders.as_text(*nodes))
    page = signed_in.get(f"{DEMO}/daemonsets/agent/nodes/")
    assert len(cells(page)) == 5000
    assert len(gzip.compress(page.content)) < 150_000
    page = signed_in.get(f"/drafts/{draft_of(store, admin).id}/nodes/")
    assert len(gzip.compress(page.content)) < 150_000
    # Each group can be passed by.
    assert len(soup(page).select("[data-map] .past")) == 3
    page = signed_in.get(f"{DEMO}/matrix/")
    assert len(gzip.compress(page.content)) < 150_000
    assert [each["data-nodes"] for each in soup(page).select("tbody th")] == ["4444", "556"]


def test_markup_in_names_and_labels_stays_text(signed_in, admin, store):
    nasty = "<img src=x>"
    value = builders.node("n", labels={"zone": nasty}, taints=[{"key": nasty, "effect": "NoSchedule"}])
    store.replace_nodes(builders.as_text(value))
    for address in (f"{DEMO}/daemonsets/agent/nodes/", f"{DEMO}/matrix/", "/clusters/offline/nodes/n/"):
        assert nasty not in signed_in.get(f"{address}?by=zone").content.decode()


def test_without_nodes_the_pages_say_what_is_missing(signed_in, admin, demo):
    store = store_for("offline", admin)
    store.apply(daemonset_text("agent"), project="demo", base="")
    for address in (f"{DEMO}/daemonsets/agent/nodes/", f"{DEMO}/matrix/"):
        page = signed_in.get(address)
        assert empty(page) == ["no-nodes"]
        assert soup(page).select_one('.empty a[href="/clusters/offline/nodes/"]')
    store.apply(node("one"), project="", base="")
    for address in (f"{DEMO}/daemonsets/agent/nodes/", f"{DEMO}/matrix/"):
        assert empty(signed_in.get(address)) == []


def heavy(cpu: str = "10") -> str:
    return daemonset_text("heavy") + f'        resources:\n          limits:\n            cpu: "{cpu}"\n'


def test_the_quota_says_at_which_node_pods_stop(signed_in, admin, store):
    store.apply(heavy(), project="demo", base="")
    page = signed_in.get(f"/drafts/{draft_of(store, admin, 'heavy').id}/nodes/")
    tab = f"{DEMO}/daemonsets/heavy/nodes/"
    before, after = figures(page, "#step-aside .forecast"), figures(signed_in.get(tab), ".forecast")
    assert before == after
    assert before["desired"] == 9
    assert 0 < before["allowed"] < 9
    listed = soup(signed_in.get(f"{DEMO}/daemonsets/")).select(".note.warn li a")
    assert tab in [each["href"] for each in listed]
    assert not soup(signed_in.get(f"{DEMO}/secrets/")).select(".note.warn")


def test_list_and_overview_say_on_how_many_nodes_it_should_run(signed_in, store):
    nine_of_twelve = re.compile(r"\b9\b.*\b12\b")
    assert nine_of_twelve.search(words(signed_in.get(f"{DEMO}/daemonsets/")))
    page = signed_in.get(f"{DEMO}/daemonsets/agent/")
    assert figures(page, ".node-bar") == {"runs": 9, "total": 12, "most": 9}
    assert soup(page).select(f'.node-bar + a[href="{DEMO}/daemonsets/agent/nodes/"]')


def rollout(page) -> dict[str, int]:
    """What becomes of nodes in the rollout → of how many."""
    terms = soup(page).select("[data-rollout]")
    return {each["data-rollout"]: int(each.find_next_sibling("dd").b.get_text()) for each in terms}


def test_the_review_of_an_edit_foresees_its_rollout_and_offers_more_nodes(signed_in, admin, store):
    draft = draft_of(store, admin)
    drafts.save(draft, draft.text.replace("nginx:1", "nginx:2"), version=draft.version)
    address = f"/drafts/{draft.id}/review/"
    page = signed_in.get(address)
    assert rollout(page) == {"replaced": 9}
    button = next(b for b in soup(page).select('button[value^="fix:0:"]') if CONTROL_PLANE in b.get_text())
    page = follow(signed_in, signed_in.post(address, {"op": button["value"]}))
    assert rollout(page) == {"replaced": 9, "gained": 1}
    assert cells(page)["sample-control-plane-1"] == "gain"
    assert signed_in.post(address, {"op": "fix:0:0123456789ab"}).status_code == 400


def test_nodes_of_a_cluster_that_is_not_there_leave_the_nodes_as_they_are(signed_in, store):
    page = signed_in.post("/clusters/offline/replace-nodes/", {"from": "nowhere"})
    assert page.status_code == 404
    assert soup(page).select_one("[role=alert][data-error]")["data-error"] == "no-cluster"
    assert len(store.nodes()) == 12


@pytest.fixture
def crowded(store):
    """`first` and `late` want one host port, and Pod Security forbids `bare`."""
    port = "        ports:\n        - {containerPort: 80, hostPort: 9100}\n"
    level = "  labels:\n    pod-security.kubernetes.io/enforce: baseline\n"
    store.apply(namespace("strict") + level, project="", base="")
    store.apply(daemonset_text("first") + port, project="demo", base="")
    store.apply(daemonset_text("late") + port, project="demo", base="")
    store.apply(daemonset_text("bare") + "      hostNetwork: true\n", project="strict", base="")
    return store


def test_the_nodes_of_a_stored_daemonset_say_where_its_pods_will_not_start(signed_in, crowded):
    page = signed_in.get(f"{DEMO}/daemonsets/late/nodes/")
    assert figures(page, "#runs") == {"runs": 9, "should": 9, "total": 12}
    assert cells(page)["sample-worker-1"] == "fit"
    assert "TCP 9100" in reason_of(page, "sample-worker-1")
    assert states(page)["sample-worker-1"] == "fit"
    row = next(each for each in soup(page).select("tbody tr") if each.th.get_text() == "sample-worker-1")
    assert "demo/first" in row.get_text()
    [problem] = soup(page).select("section.fit li")
    assert (problem["data-code"], problem["data-resource"]) == ("host-port", "TCP 9100")
    narrowed = soup(signed_in.get(f"{DEMO}/daemonsets/late/nodes/?state=fit"))
    assert len(narrowed.select("tbody tr")) == 9
    page = signed_in.get("/clusters/offline/projects/strict/daemonsets/bare/nodes/")
    assert set(cells(page).values()) == {"fit", "out"}
    assert "baseline" in reason_of(page, "sample-worker-1")
    [problem] = soup(page).select("section.fit li")
    assert problem["data-code"] == "pod-security"
    assert "hostNetwork" in problem.code.get_text()
    assert not soup(signed_in.get(f"{DEMO}/daemonsets/agent/nodes/")).select("section.fit")


def test_a_node_and_the_matrix_say_which_pods_will_not_start(
    signed_in, crowded, django_assert_max_num_queries
):
    page = signed_in.get("/clusters/offline/nodes/sample-worker-1/")
    assert figures(page, "[data-unfit]") == {"runs": 4, "total": 4, "unfit": 3}
    assert list(states(page).items()) == [
        ("first", "fit"),
        ("late", "fit"),
        ("bare", "fit"),
        ("agent", "run"),
    ]
    with django_assert_max_num_queries(40):
        page = signed_in.get("/clusters/offline/matrix/?gaps=fit")
    assert columns(page) == ["strict/bare", "demo/first", "demo/late"]
    assert {each["class"][1] for each in soup(page).select("tbody td i")} == {"fit"}


def test_whether_pods_start_is_checked_up_to_a_number_of_checks(signed_in, crowded, settings):
    """4 DaemonSets, each on 12 nodes and against 4 others: 4 x (12 + 4); what these take is added up once."""

    def matrix(checks: int):
        settings.FIT_CHECKS = checks
        page = signed_in.get("/clusters/offline/matrix/")
        legend = [each["data-state"] for each in soup(page).select(".legend [data-state]")]
        return notes(page), legend, [each["value"] for each in soup(page).select("#gaps option")]

    assert matrix(64) == ([], ["run", "fit", "out"], ["", "1", "fit", "taints", "out"])
    assert matrix(63) == (["fit-not-checked"], ["run", "out"], ["", "1", "taints"])

    def of_node(checks: int):
        settings.FIT_CHECKS = checks
        page = signed_in.get("/clusters/offline/nodes/sample-worker-1/")
        return notes(page), list(states(page).values())

    assert of_node(20) == ([], ["fit", "fit", "fit", "run"])
    assert of_node(19) == (["fit-not-checked"], ["run"] * 4)


def test_of_the_gaps_those_by_taints_can_be_told_from_those_that_are_meant(signed_in, store):
    picks = daemonset_text("picks") + "      nodeSelector:\n        disktype: ssd\n"
    store.apply(picks, project="demo", base="")
    page = signed_in.get(f"{DEMO}/matrix/?gaps=taints&each=1")
    assert columns(page) == ["agent"]
    assert len(soup(page).select("tbody tr")) == 3
    page = signed_in.get(f"{DEMO}/matrix/?gaps=out&each=1")
    assert columns(page) == ["agent", "picks"]


def test_another_grouping_of_the_map_keeps_what_the_table_is_narrowed_to(signed_in, store):
    page = soup(signed_in.get(f"{DEMO}/daemonsets/agent/nodes/?q=sample&state=out"))
    kept = {each["name"]: each["value"] for each in page.select("input[form=map-form]")}
    assert kept == {"q": "sample", "state": "out"}
    assert page.select_one("form#map-form select[name=by]")
