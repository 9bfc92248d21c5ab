"""The map in a browser: the control-plane node is reached by the offered change; hover, keyboard, axe."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from console.projects.models import Project
from tests.browser import axe
from tests.conftest import OWN_MANIFESTS, SHARED
from tests.stores.texts import daemonset_text, node
from workloads.daemonsets.placement.verdicts import coverage
from workloads.documents import diff
from workloads.drafts import store as drafts
from workloads.models import Draft
from workloads.services.node_map import DENSE
from workloads.stores import store_for
from workloads.stores.offline.store import first_start
from workloads.stores.protocol import daemonset

DEMO = "/clusters/offline/projects/demo"
CONTROL_PLANE = "node-role.kubernetes.io/control-plane"
RETIRED = "node-role.kubernetes.io/master"
OF_OLD = [
    path
    for path in (*OWN_MANIFESTS, *sorted((SHARED / "corpus/seeds").glob("*.yaml")))
    if RETIRED in path.read_text() and CONTROL_PLANE not in path.read_text()
]


@pytest.fixture
def screens(signed_in_page, person) -> dict[str, str]:
    first_start(person)
    store = store_for("offline", person)
    store.apply(daemonset_text("agent"), project="demo", base="")
    Project.objects.create(name="many")  # more columns than a narrow screen holds
    for n in range(9):
        store.apply(daemonset_text(f"agent-{n}", namespace="many"), project="many", base="")
    draft = drafts.create(person, "offline", "demo", origin=store.get(daemonset("demo", "agent")))
    drafts.save(draft, draft.text.replace("nginx:1", "nginx:2"), version=draft.version)
    return {
        "step": f"/drafts/{draft.id}/nodes/",
        "review": f"/drafts/{draft.id}/review/",
        "nodes of a DaemonSet": f"{DEMO}/daemonsets/agent/nodes/",
        "matrix": f"{DEMO}/matrix/",
        "matrix of all projects": "/clusters/offline/matrix/",
        "node": "/clusters/offline/nodes/sample-gpu-1/",
        "labels of a node": "/clusters/offline/nodes/sample-gpu-1/labels/",
        "what if": "/clusters/offline/what-if/",
    }


def reached(person) -> set[str]:
    store = store_for("offline", person)
    template = store.get(daemonset("demo", "agent")).value["spec"]["template"]
    return set(coverage(template, store.nodes()).should_run)


def test_the_offered_change_reaches_the_control_plane(signed_in_page, person, screens):
    page = signed_in_page
    assert "sample-control-plane-1" not in reached(person)
    page.goto(page.base + screens["step"])
    page.locator(".whys button", has_text=CONTROL_PLANE).click()
    expect(page.locator(".r.gain > a", has_text="sample-control-plane-1")).to_have_count(1)
    page.click('.foot button[value="next"]')
    page.click(".foot button.go")
    page.wait_for_url(lambda url: "/review/" not in url)
    assert "sample-control-plane-1" in reached(person)


@pytest.mark.parametrize("manifest", OF_OLD, ids=lambda path: path.name)
def test_a_retired_toleration_is_explained_and_fixed_with_one_click(signed_in_page, person, manifest):
    first_start(person)
    page = signed_in_page
    page.goto(f"{page.base}{DEMO}/import/")
    page.set_input_files("#files", manifest)
    page.wait_for_url("**/yaml/")
    page.locator('.steps [value="go:nodes"]').click()

    cell = page.locator("[data-map] .r.out > a", has_text="sample-control-plane-1")
    cell.focus()
    why = page.locator(cell.get_attribute("href"))
    expect(why).to_contain_text(f"{CONTROL_PLANE}:NoSchedule")
    expect(why).to_contain_text(f"{RETIRED}=:NoSchedule")
    before = page.locator("[data-map] .r.run > a").count()

    why.locator("button", has_text=CONTROL_PLANE).click()
    expect(page.locator("[data-map] .r.run > a", has_text="sample-control-plane-1")).to_have_count(1)
    expect(page.locator("[data-map] .r.run > a")).to_have_count(before + 1)
    [draft] = drafts.listed(person)
    changed = [line for line in diff(draft.origin_text, draft.text) if line.kind in "+-"]
    assert not [line for line in changed if line.kind == "-"]
    assert [line.text.strip().removeprefix("- ") for line in changed] == [
        f"key: {CONTROL_PLANE}",
        "operator: Exists",
        "effect: NoSchedule",
    ]


def test_typing_a_selector_redraws_the_map_and_keeps_the_focus(signed_in_page, screens):
    page = signed_in_page
    page.goto(page.base + screens["step"])
    page.locator('[name^="sel-"][name$="-k"]').last.fill("disktype")
    value = page.locator('[name^="sel-"][name$="-v"]').last
    value.type("ssd")
    expect(page.locator("[data-map] .r.run > a")).to_have_count(2)
    expect(value).to_be_focused()
    expect(value).to_have_value("ssd")
    expect(page.get_by_text(re.compile(r"\b2\b.*disktype=ssd"))).to_be_visible()
    value.fill("hdd")
    expect(page.get_by_text(re.compile(r"\b0\b.*disktype=hdd"))).to_be_visible()


def test_a_cell_shows_its_reason_to_pointer_and_keyboard(signed_in_page, screens):
    page = signed_in_page
    page.goto(page.base + screens["nodes of a DaemonSet"])
    cell = page.locator("[data-map] .r > a", has_text="sample-gpu-1")
    run = page.locator("[data-map] .r.out", has=page.locator("a", has_text="sample-gpu-1"))
    tip = run.locator(".tip")
    expect(tip).to_be_hidden()
    cell.hover()
    expect(tip).to_contain_text("nvidia.com/gpu=present:NoSchedule")
    page.mouse.move(0, 0)
    first = page.locator("[data-map] .row-of-cells").nth(1).locator("a").first
    first.focus()
    page.keyboard.press("End")
    expect(cell).to_be_focused()
    expect(tip).to_be_visible()
    page.keyboard.press("Enter")
    assert "nvidia.com/gpu=present:NoSchedule" in page.locator(".whys > li:target").inner_text()


@pytest.mark.parametrize("width", [1440, 390])
def test_a_dense_map_keeps_its_reasons_near_and_shows_tips_at_the_top_of_the_window(
    signed_in_page, person, screens, width
):
    many = "---\n".join(node(f"n{number:04}") for number in range(DENSE + 100))
    store_for("offline", person).replace_nodes(many)
    page = signed_in_page
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(page.base + screens["step"])
    box = page.locator("[data-map] > .zones")
    assert box.bounding_box()["height"] < 400
    last = page.locator("[data-map] .r > a").last
    last.scroll_into_view_if_needed()
    last.hover()
    for tip in (last.locator("b"), page.locator(".r:hover > .tip")):
        assert tip.bounding_box()["y"] == 8
        expect(tip).to_be_in_viewport(ratio=1)
    assert axe.faults(page) == []


@pytest.mark.parametrize("width", [1440, 390])
def test_the_names_of_the_daemonsets_stay_above_a_long_matrix(signed_in_page, person, screens, width):
    many = "---\n".join(node(f"n{number:04}") for number in range(60))
    store_for("offline", person).replace_nodes(many)
    page = signed_in_page
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(f"{page.base}{screens['matrix of all projects']}?each=1&size=50")
    page.locator(".matrix tbody tr").last.locator("th").scroll_into_view_if_needed()
    expect(page.locator(".matrix thead th.turn > a").first).to_be_in_viewport()
    # They do not cover what gets the focus on the way back.
    row = page.locator(".matrix tbody tr").nth(20)
    row.locator("td a").first.focus()
    head = page.locator(".matrix thead th").first.bounding_box()
    assert row.bounding_box()["y"] >= head["y"] + head["height"]
    assert axe.faults(page) == []


def test_the_map_needs_no_script(browser, signed_in_page, screens):
    state = signed_in_page.context.storage_state()
    context = browser.new_context(java_script_enabled=False, storage_state=state)
    page = context.new_page()
    page.goto(signed_in_page.base + screens["step"])
    page.select_option("#map-by", "kubernetes.io/arch")
    page.click('button[value="do:regroup"]')
    expect(page.locator(".zone-title b").first).to_have_text("amd64")
    page.locator(".whys button", has_text="nvidia.com/gpu").click()
    expect(page.locator(".r.gain > a", has_text="sample-gpu-1")).to_have_count(1)
    expect(page.locator(".zone-title b").first).to_have_text("amd64")
    context.close()


@pytest.mark.timeout(180)
@pytest.mark.parametrize("width", [1440, 390])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(signed_in_page, screens, width):
    page = signed_in_page
    page.set_viewport_size({"width": width, "height": 844})
    for screen, address in screens.items():
        answer = page.goto(page.base + address)
        for summary in page.locator("summary[id$=-fold]").all():
            summary.click()
        assert answer.ok, (screen, answer.status)
        assert not axe.too_wide(page), screen
        assert axe.faults(page) == [], screen


@pytest.mark.parametrize("width", [1440, 390])
def test_the_common_label_of_selected_nodes_is_offered_while_they_are_selected(
    signed_in_page, person, screens, width
):
    page = signed_in_page
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(page.base + screens["step"])
    page.locator("#g-bynode > summary").click()
    offer = page.locator("#picked button")
    page.get_by_label("sample-ssd-1").check()
    expect(offer).to_contain_text("topology.kubernetes.io/zone=zone-b")
    page.get_by_label("sample-ssd-2").check()
    expect(offer).to_contain_text("disktype=ssd")
    expect(offer).not_to_contain_text("zone")
    expect(page.get_by_label("sample-ssd-2")).to_be_focused()
    assert not axe.too_wide(page)
    assert axe.faults(page) == []
    offer.click()
    expect(page.locator("[data-map] .r.run > a")).to_have_count(2)
    expect(page.get_by_label("sample-ssd-2")).not_to_be_checked()
    text = Draft.objects.get(owner=person).text
    assert "nodeSelector:\n        disktype: ssd" in text
    assert "matchFields" not in text


def test_a_first_tap_shows_the_node_and_a_second_leads_to_the_reason(browser, signed_in_page, screens):
    state = signed_in_page.context.storage_state()
    narrow = {"width": 390, "height": 844}
    context = browser.new_context(storage_state=state, viewport=narrow, has_touch=True)
    page = context.new_page()
    page.goto(signed_in_page.base + screens["nodes of a DaemonSet"])
    cell = page.locator("[data-map] .r.out > a", has_text="sample-gpu-1")
    cell.tap()
    expect(cell.locator("b")).to_be_in_viewport()
    expect(page.locator(".r.out:focus-within > .tip", has_text="nvidia.com/gpu")).to_be_in_viewport()
    assert page.evaluate("scrollY") == 0
    other = page.locator("[data-map] .r.run > a").first
    other.tap()
    expect(other).to_be_focused()
    assert "#" not in page.url
    other.tap()
    page.wait_for_url("**#w*")
    page.locator(".whys > li:target .back").tap()
    expect(page.locator("[data-map]")).to_be_in_viewport()
    context.close()
