"""The review in a browser: maps that load when opened, conflicts decided side by side, axe."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from console.projects.models import Project
from tests.browser import axe
from tests.stores.texts import config_map, daemonset_text
from workloads.drafts import store as drafts
from workloads.services.merge import settle_conflict
from workloads.services.plan import make_plan
from workloads.stores import store_for
from workloads.stores.offline.store import first_start
from workloads.stores.protocol import daemonset

ARCH = "kubernetes.io/arch"


@pytest.fixture
def screens(signed_in_page, person) -> dict[str, str]:
    first_start(person)
    Project.objects.create(name="a-project-with-quite-a-long-name-that-is-still-allowed-here")
    store = store_for("offline", person)
    bundle = [
        config_map("settings"),
        *(daemonset_text(f"agent-{n}") for n in range(5)),
        daemonset_text("agent-1", image="nginx:2"),
        daemonset_text("agent-1", namespace="a-project-with-quite-a-long-name-that-is-still-allowed-here"),
    ]
    several = drafts.create(person, "offline", "demo", "---\n".join(bundle))
    store.apply(daemonset_text("agent"), project="demo", base="")
    opened = drafts.create(person, "offline", "demo", origin=store.get(daemonset("demo", "agent")))
    opened = drafts.save(opened, daemonset_text("agent", image="nginx:2"), version=opened.version)
    store.apply(
        daemonset_text("agent", image="registry/" + "long/" * 30 + "nginx:3"), project="demo", base="1"
    )
    bases = {daemonset("demo", "agent"): "1"}
    [item] = make_plan(store, opened.text, project="demo", bases=bases).documents
    merged = settle_conflict(opened, item, "merge")
    return {
        "bundle": f"/drafts/{several.id}/review/",
        "bundle, one map open": f"/drafts/{several.id}/review/?map=5",
        "conflict": f"/drafts/{merged.id}/review/",
        "conflict in YAML mode": f"/drafts/{merged.id}/yaml/",
    }


def test_the_nodes_of_a_later_document_come_when_opened_and_stay_when_grouped(signed_in_page, screens):
    page = signed_in_page
    page.goto(page.base + screens["bundle"])
    nodes = page.locator("#d5-nodes")
    expect(nodes.locator("[data-map]")).to_have_count(0)
    nodes.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(nodes.locator("[data-map]")).to_be_visible()
    expect(nodes.locator("summary")).to_be_focused()
    nodes.locator("select[name=by]").select_option(ARCH)
    expect(nodes.locator(".zone-title b").first).to_have_text("amd64")
    expect(page.locator("#d1-nodes .zone-title b").first).not_to_have_text("amd64")


def test_without_script_the_map_is_a_link_away_and_grouping_stays_there(browser, signed_in_page, screens):
    context = browser.new_context(
        java_script_enabled=False, storage_state=signed_in_page.context.storage_state()
    )
    page = context.new_page()
    page.goto(signed_in_page.base + screens["bundle"])
    page.locator("#d5-nodes summary").click()
    page.locator("#d5-nodes details a").click()
    assert page.url.endswith("?map=5#d5-nodes")
    page.locator("#d5-nodes select[name=by]").select_option(ARCH)
    page.locator("#d5-nodes form[method=get] button").click()
    assert page.url.endswith("#d5-nodes")
    expect(page.locator("#d5-nodes .zone-title b").first).to_have_text("amd64")
    context.close()


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize("screen", ["conflict", "conflict in YAML mode"])
def test_a_side_is_chosen_and_the_choice_undone(browser, signed_in_page, screens, screen, script):
    context = browser.new_context(
        java_script_enabled=script, storage_state=signed_in_page.context.storage_state()
    )
    page = context.new_page()
    page.goto(signed_in_page.base + screens[screen])
    page.locator("[value='conflict:0:mine']").click()
    expect(page.locator(".choices")).to_have_count(0)
    page.goto(signed_in_page.base + screens["conflict"])
    expect(page.locator(".diff ins")).to_have_text("        image: nginx:2")
    page.locator(".foot [value=undo]").click()
    expect(page.locator(".choices")).to_be_visible()
    context.close()


@pytest.mark.timeout(180)
@pytest.mark.parametrize("width", [1440, 390])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(signed_in_page, screens, width):
    page = signed_in_page
    page.set_viewport_size({"width": width, "height": 844})
    for screen, address in screens.items():
        page.goto(page.base + address)
        if screen == "bundle":
            for summary in page.locator(".nodes-of summary").all():
                summary.click()
            expect(page.locator("[data-map]")).to_have_count(7)
        assert not axe.too_wide(page), screen
        assert axe.faults(page) == [], screen
