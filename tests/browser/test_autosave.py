"""Nothing typed is lost: by a link, another language, no connection, a second tab, the end of a session."""

from __future__ import annotations

import re
import time
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from console.projects.models import Project
from tests.stores.texts import daemonset_text
from workloads.drafts import store as drafts
from workloads.models import Draft
from workloads.stores import store_for
from workloads.stores.protocol import daemonset

TEXT = daemonset_text()


@pytest.fixture
def draft(person):
    Project.objects.create(name="demo")
    store = store_for("offline", person)
    store.apply(TEXT, project="demo", base="")
    return drafts.create(person, "offline", "demo", origin=store.get(daemonset("demo", "agent")))


@pytest.fixture
def at(signed_in_page, draft):
    """Opens a page of the draft."""

    def open_at(place: str, page=signed_in_page):
        page.goto(f"{signed_in_page.base}/drafts/{draft.pk}/{place}/")
        if place.startswith("yaml"):
            page.wait_for_selector(".ace_content")
        return page

    return open_at


def now(draft) -> Draft:
    return Draft.objects.get(pk=draft.pk)


def state(page, wanted: str):
    expect(page.locator("#draft-state")).to_have_attribute("data-state", wanted)


def eventually(page, holds) -> None:
    """What the page sent when it was left arrives a moment later."""
    for _n in range(50):
        if holds():
            return
        page.wait_for_timeout(100)
    assert holds()


def keeps(request) -> bool:
    """Whether it saves automatically."""
    return 'name="op"\r\n\r\nkeep' in (request.post_data or "")


def type_text(page, text: str) -> None:
    page.evaluate("text => ace.edit(document.querySelector('.ace-host')).setValue(text, -1)", text)


def typed_text(page) -> str:
    return page.evaluate("ace.edit(document.querySelector('.ace-host')).getValue()")


def test_a_draft_that_was_only_opened_is_not_listed_and_says_that_nothing_changed(at, draft, person):
    page = at("basics")
    assert page.locator("#draft-state time").count() == 0
    page.locator(".brand").click()
    page.wait_for_url(re.compile("/daemonsets/"))
    assert not drafts.listed(person).exists()


def test_typing_is_saved_after_a_pause_and_can_be_undone_and_redone_as_one_change(at, draft):
    page = at("basics")
    page.locator("[name=alias]").press_sequentially("Agent", delay=20)
    state(page, "saved")
    page.locator("[name=alias]").press_sequentially(" one", delay=20)
    page.locator("[name=description]").press_sequentially("Collects", delay=20)
    expect(page.locator("[name=saved]")).to_have_value("3")
    assert "alias-name: Agent one" in now(draft).text
    assert "description: Collects" in now(draft).text
    page.locator("[data-undo]").click()
    expect(page.locator("#messages [data-code=change-undone]")).to_be_visible()
    assert now(draft).text == TEXT
    page.locator("[data-redo]").click()
    expect(page.locator("[name=alias]")).to_have_value("Agent one")
    assert "description: Collects" in now(draft).text


def test_a_link_saves_before_the_page_is_left(at, draft):
    page = at("basics")
    page.locator("[name=alias]").fill("Agent one")
    page.locator(".brand").click()
    page.wait_for_url(re.compile("/daemonsets/"))
    assert "alias-name: Agent one" in now(draft).text
    expect(at("basics").locator("[name=alias]")).to_have_value("Agent one")


def test_the_back_button_and_a_closed_tab_save_too(at, draft, context):
    page = at("basics")
    page.locator("[name=alias]").fill("Agent one")
    page.goto("about:blank")
    eventually(page, lambda: "alias-name: Agent one" in now(draft).text)
    tab = at("basics", context.new_page())
    tab.locator("[name=alias]").fill("Agent two")
    with tab.expect_event("close"):
        tab.close(run_before_unload=True)
    eventually(page, lambda: "alias-name: Agent two" in now(draft).text)


@pytest.mark.parametrize("place", ["basics", "yaml"])
def test_another_language_and_theme_keep_what_was_typed(at, draft, place):
    page = at(place)
    typed = TEXT + "# typed: [\n"
    if place == "yaml":
        type_text(page, typed)
    else:
        page.locator("[name=alias]").fill("Agent one")
    page.locator(".lang [value=zh-hans]").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
    page.locator("#person > summary").click()
    page.locator(".theme [value=dark]").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    if place == "yaml":
        page.wait_for_selector(".ace_content")
        assert typed_text(page) == typed
    else:
        expect(page.locator("[name=alias]")).to_have_value("Agent one")


@pytest.mark.parametrize("address", ["import/", "../../new-project/"])
def test_another_language_keeps_what_was_typed_in_a_form_that_is_no_draft(signed_in_page, draft, address):
    page = signed_in_page
    page.goto(f"{page.base}/clusters/offline/projects/demo/{address}")
    field = page.locator("main form textarea, main form input:not([type=hidden], [type=file])").first
    field.fill("typed")
    page.locator(".lang [value=zh-hans]").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
    expect(field).to_have_value("typed")
    page.reload()
    expect(field).to_have_value("")


def test_a_link_within_the_editor_stays_on_the_page_with_what_was_typed(at):
    page = at("yaml")
    type_text(page, TEXT + "# typed\n")
    address = page.url
    page.locator("#documents a").first.click()
    expect(page.locator(".ace_editor.ace_focus")).to_be_visible()
    assert page.url == address
    assert typed_text(page) == TEXT + "# typed\n"


def test_a_text_that_cannot_be_read_is_saved_as_it_is(at, draft):
    page = at("yaml")
    broken = TEXT.replace("spec:", "spec: [", 1)
    type_text(page, broken)
    page.locator(".brand").click()
    page.wait_for_url(re.compile("/daemonsets/"))
    assert now(draft).text == broken
    assert typed_text(at("yaml")) == broken


def test_an_invalid_field_is_kept_and_shown_again_with_its_error(at, draft):
    page = at("pods")
    page.locator("[name=grace]").evaluate("field => field.closest('details').open = true")
    page.locator("[name=grace]").fill("thirty")
    state(page, "invalid")
    page.locator(".brand").click()
    page.wait_for_url(re.compile("/daemonsets/"))
    assert now(draft).text == TEXT
    page = at("basics")
    expect(page.locator("[data-step=pods] [data-code=input-kept]")).to_be_visible()
    page = at("pods")
    expect(page.locator("[name=grace]")).to_have_value("thirty")
    expect(page.locator("#step-errors [data-code=input-unreadable]")).to_be_visible()
    page.locator("[name=grace]").fill("30")
    state(page, "saved")
    assert "terminationGracePeriodSeconds: 30" in now(draft).text
    assert not now(draft).inputs.exists()


def test_of_two_tabs_none_overwrites_the_other(at, draft, context):
    first, second = at("basics"), at("basics", context.new_page())
    first.locator("[name=alias]").fill("First")
    state(first, "saved")
    second.locator("[name=description]").fill("Second")
    state(second, "conflict")
    second.locator(".brand").click()
    second.wait_for_url(re.compile("/daemonsets/"))
    assert "Second" not in now(draft).text
    second = at("basics", second)
    expect(second.locator("[data-code=draft-conflict]")).to_be_visible()
    expect(second.locator("[name=description]")).to_have_value("Second")
    second.locator("[value^='mine:']").click()
    expect(second.locator("[data-code=draft-conflict]")).to_have_count(0)
    assert "alias-name: First" in now(draft).text
    assert "description: Second" in now(draft).text


def test_of_two_editors_the_later_one_keeps_its_text_until_both_are_merged(at, draft, context):
    first, second = at("yaml"), at("yaml", context.new_page())
    type_text(first, TEXT.replace("metadata:\n", "metadata:\n  labels: {team: ops}\n", 1))
    state(first, "saved")
    mine = TEXT.replace("nginx:1", "nginx:2")
    type_text(second, mine)
    state(second, "conflict")
    second = at("yaml", second)
    assert typed_text(second) == mine
    second.locator("[value=merge]").click()
    expect(second.locator("[data-code=draft-conflict]")).to_have_count(0)
    assert "team: ops" in now(draft).text
    assert "nginx:2" in now(draft).text


def test_without_a_connection_the_page_says_so_and_tries_again(at, draft):
    page = at("basics")
    page.route("**/basics/", lambda route: route.abort() if keeps(route.request) else route.fallback())
    page.locator("[name=alias]").fill("Agent one")
    state(page, "failed")
    page.unroute_all()
    page.evaluate("window.dispatchEvent(new Event('online'))")
    state(page, "saved")
    assert "alias-name: Agent one" in now(draft).text


def test_after_the_session_has_ended_a_sign_in_in_another_tab_saves_the_rest(at, draft, context, settings):
    page = at("basics")
    cookie = next(c for c in context.cookies() if c["name"] == settings.SESSION_COOKIE_NAME)
    context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    page.locator("[name=alias]").fill("Agent one")
    state(page, "failed")
    expect(page.locator("#draft-sign-in")).to_be_visible()
    context.add_cookies([cookie])
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    state(page, "saved")
    expect(page.locator("#draft-sign-in")).to_be_hidden()
    assert "alias-name: Agent one" in now(draft).text


def test_signing_out_saves_first(at, draft):
    page = at("basics")
    page.locator("[name=alias]").fill("Agent one")
    page.locator("#person > summary").click()
    page.locator(".bar .menu form").last.locator("button").click()
    page.wait_for_url(re.compile("/sign-in/"))
    assert parse_qs(urlsplit(page.url).query) == {"next": [f"/drafts/{draft.pk}/basics/"]}
    assert "alias-name: Agent one" in now(draft).text


def test_typing_asks_the_console_once_a_pause_and_no_more(at, draft):
    page = at("basics")
    saves = []
    page.on("request", lambda request: saves.append(request) if keeps(request) else None)
    page.locator("[name=description]").press_sequentially("x" * 60, delay=20)
    state(page, "saved")
    page.wait_for_timeout(1500)
    assert len(saves) == 1


def test_the_stepper_and_the_name_of_a_container_follow_what_is_typed(signed_in_page, person):
    Project.objects.create(name="demo")
    draft = drafts.create(person, "offline", "demo")
    page = signed_in_page
    page.goto(f"{page.base}/drafts/{draft.pk}/pods/")
    expect(page.locator("[name=c-0-image]")).to_be_focused()
    page.keyboard.type("quay.io/prometheus/node-exporter:v1")
    expect(page.locator("[name=c-0-name]")).to_have_attribute("placeholder", "node-exporter")
    expect(page.locator(".stop[data-step=pods].done")).to_be_visible()
    expect(page.locator("[name=c-0-image]")).to_be_focused()
    state(page, "saved")
    page.locator("[value='add:c']").click()
    expect(page.locator("[name=c-1-image]")).to_be_focused(timeout=20_000)
    expect(page.locator("#step-form [data-code=required]")).to_have_count(0)
    expect(page.locator("[name=c-0-name]")).to_have_attribute("placeholder", "node-exporter")


def test_the_stepper_follows_the_editor(at):
    page = at("yaml")
    type_text(page, TEXT.replace("image:", "imag:"))
    expect(page.locator(".stop[data-step=pods].wrong")).to_be_visible()
    type_text(page, TEXT.replace("spec:", "spec: [", 1))
    expect(page.locator(".stop[data-step=pods].todo")).to_be_visible()
    type_text(page, TEXT)
    expect(page.locator(".stop[data-step=pods].done")).to_be_visible()


def test_discard_pressed_twice_while_a_save_is_under_way_discards_once(at, draft):
    page = at("basics")

    def slowly(route):
        if keeps(route.request):
            time.sleep(0.5)
        route.continue_()

    page.route("**/basics/", slowly)
    page.locator("[name=alias]").fill("Agent one")
    page.locator(".foot [formaction]").dblclick()
    expect(page.locator("#messages [data-code=draft-discarded]")).to_be_visible()
    assert "alias-name: Agent one" in now(draft).text


def test_a_draft_is_discarded_in_the_wizard_and_restored(at, draft, person):
    page = at("basics")
    page.locator("[name=alias]").fill("Agent one")
    page.locator(".foot [formaction]").click()
    expect(page.locator("#messages [data-code=draft-discarded]")).to_be_visible()
    page.locator("#discarded button").click()
    expect(page.locator("#discarded")).to_have_count(0)
    assert "alias-name: Agent one" in now(draft).text
