"""The pod template step in a real browser: what its form does with and without JavaScript."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from console.projects.models import Project
from tests.browser import axe
from tests.conftest import HERE
from workloads.documents import read
from workloads.drafts import store as drafts

TEXT = (HERE / "manifests" / "every-pod-field.yaml").read_text()


@pytest.fixture
def step(signed_in_page, person):
    """Opens the step on a new draft of the given text."""
    project = Project.objects.create(name="demo")

    def opened(text=""):
        draft = drafts.create(person, "offline", project.name, text)
        signed_in_page.goto(f"{signed_in_page.base}/drafts/{draft.pk}/pods/")
        return draft

    return opened


def containers(draft):
    draft.refresh_from_db()
    return read(draft.text)[0].value["spec"]["template"]["spec"]["containers"]


def test_a_row_is_added_in_its_place_and_gets_the_focus(signed_in_page, step):
    page, draft = signed_in_page, step()
    page.fill("[name=c-0-name]", "agent")
    page.click("#g-c-0-ports > summary")
    page.fill("[name=c-0-ports-0-port]", "80")
    page.click("#g-c-0-sec > summary")
    page.click('[value="add:c-0-ports"]')
    expect(page.locator("[name=c-0-ports-1-port]")).to_be_focused()
    page.keyboard.type("443")
    expect(page.locator("#g-c-0-sec")).to_have_attribute("open", "")
    page.click(".foot [value=save]")
    page.wait_for_load_state()
    assert containers(draft) == [{"name": "agent", "ports": [{"containerPort": 80}, {"containerPort": 443}]}]


def test_the_fields_of_a_choice_come_and_go_with_it(signed_in_page, step):
    page, _draft = signed_in_page, step()
    page.click("#g-c-0-health > summary")
    port, delay = page.locator("[name=c-0-live-http-port]"), page.locator("[name=c-0-live-delay]")
    expect(port).to_be_hidden()
    expect(delay).to_be_hidden()
    page.select_option("[name=c-0-live]", "http")
    expect(port).to_be_visible()
    expect(delay).to_be_visible()
    page.select_option("[name=c-0-live]", "grpc")
    expect(port).to_be_hidden()
    expect(page.locator("[name=c-0-live-grpc-port]")).to_be_visible()


def test_enter_in_a_field_saves_and_stays(signed_in_page, step):
    page, draft = signed_in_page, step()
    address = page.url
    page.fill("[name=c-0-name]", "agent")
    page.press("[name=c-0-name]", "Enter")
    expect(page.locator("[name=c-0-key]")).to_have_value("=agent")
    assert page.url == address
    assert containers(draft) == [{"name": "agent"}]


def test_groups_stay_as_a_person_left_them(signed_in_page, step):
    page, _draft = signed_in_page, step(TEXT)
    page.click("#t-c-0")
    page.click("#g-c-0-ports > summary")
    page.click("#g-podsec > summary")
    page.click("#g-podsec > summary")
    page.reload()
    expect(page.locator("#g-c-0")).to_have_attribute("open", "")
    expect(page.locator("#g-c-0-ports")).to_have_attribute("open", "")
    expect(page.locator("#g-podsec")).not_to_have_attribute("open", "")
    expect(page.locator("#g-c-0-env")).not_to_have_attribute("open", "")


def test_the_step_is_short_while_its_parts_are_closed(signed_in_page, step):
    """One container: a screen; every field of the form filled in: two."""
    page = signed_in_page
    height = "document.documentElement.scrollHeight"
    step()
    assert page.evaluate(height) <= 950
    step(TEXT)
    page.click("#t-c-0")
    assert page.evaluate(height) <= 1800


def test_a_card_and_its_parts_open_by_keyboard(signed_in_page, step):
    page, _draft = signed_in_page, step(TEXT)
    page.focus("#g-c-0 > summary")
    page.keyboard.press("Enter")
    expect(page.locator("[name=c-0-image]")).to_be_visible()
    page.focus("#g-c-0-env > summary")
    page.keyboard.press("Enter")
    expect(page.locator("[name=c-0-vars-0-name]")).to_be_visible()


def test_a_finding_leads_into_the_part_that_is_closed(signed_in_page, step):
    page, _draft = signed_in_page, step(TEXT)
    target = page.locator("[name=c-0-vars-5-from-secret-name]")
    expect(target).to_be_hidden()
    page.click('#step-aside a[href="#f-c-0-vars-5-from-secret-name"]')
    expect(target).to_be_focused()
    expect(target).to_be_in_viewport()


def test_a_link_from_the_review_leads_to_the_field(signed_in_page, step):
    page, draft = signed_in_page, step(TEXT)
    page.goto(f"{page.base}/drafts/{draft.pk}/review/")
    page.click('[data-step=pods] a[href*="&at=spec.template.spec.containers%5B0%5D.env"]')
    target = page.locator("[name=c-0-vars-5-from-secret-name]")
    expect(target).to_be_focused()
    expect(target).to_be_in_viewport()


def test_names_have_room_in_the_rows_of_the_environment(signed_in_page, step):
    page, _draft = signed_in_page, step(TEXT)
    page.click("#t-c-0")
    page.click("#g-c-0-env > summary")
    fields = ["vars-4-from-configmap-name", "vars-4-from-configmap-key", "vars-0-from-value-v"]
    for name in fields:
        assert page.locator(f"[name=c-0-{name}]").bounding_box()["width"] >= 220, name


def test_a_browser_saves_the_form_untouched_without_a_change(signed_in_page, step):
    page, draft = signed_in_page, step(TEXT)
    page.click(".foot [value=save]")
    page.wait_for_load_state()
    draft.refresh_from_db()
    assert draft.text == TEXT


@pytest.mark.parametrize("width", [360, 1440])
def test_axe_finds_nothing_and_nothing_is_cut_off(signed_in_page, step, width):
    page = signed_in_page
    page.set_viewport_size({"width": width, "height": 900})
    step(TEXT)
    page.evaluate("document.querySelectorAll('details.group').forEach((group) => (group.open = true))")
    assert not axe.too_wide(page)
    assert axe.faults(page) == []


def test_a_chosen_unit_goes_with_the_number(signed_in_page, step):
    page, draft = signed_in_page, step("")
    page.fill("[name=c-0-name]", "agent")
    page.fill("[name=c-0-cpu-req]", "250")
    page.fill("[name=c-0-mem-lim]", "2")
    page.select_option("[name=c-0-mem-lim-unit]", "Gi")
    page.click(".foot [value=save]")
    page.wait_for_load_state()
    [container] = containers(draft)
    assert container["resources"] == {"requests": {"cpu": "250m"}, "limits": {"memory": "2Gi"}}
    expect(page.locator("[name=c-0-cpu-req]")).to_have_value("250")
