"""What only a browser shows of the frame: keys, menus, two tabs, no network, no script, axe."""

from __future__ import annotations

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from console.accounts import links
from console.projects.models import Project
from tests.browser import axe

NEW = "/clusters/offline/new-project/"
SIGN_OUT = '.bar form[action$="/sign-out/"] button'
DARK = ".bar [name=theme][value=dark]"
CHINESE = ".bar [name=language][value=zh-hans]"
SEND_AGAIN = ".problem form.acts button"


def test_menus_close_by_escape_and_by_a_click_elsewhere(signed_in_page):
    page = signed_in_page
    page.goto(f"{page.base}/projects/")
    menu, summary = page.locator("#person"), page.locator("#person > summary")
    summary.click()
    expect(page.locator(SIGN_OUT)).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    expect(summary).to_be_focused()
    summary.click()
    page.locator("h1").first.click()
    expect(menu).not_to_have_attribute("open", "")


def test_the_first_tab_stop_skips_to_the_content(signed_in_page):
    page = signed_in_page
    page.goto(f"{page.base}/projects/")
    page.keyboard.press("Tab")
    expect(page.locator("a.skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_slash_goes_to_the_search_but_not_while_typing(signed_in_page):
    page = signed_in_page
    page.goto(f"{page.base}/projects/")
    search = page.locator("input[type=search]")
    page.locator("h1").first.click()
    page.keyboard.press("/")
    expect(search).to_be_focused()
    page.keyboard.type("a/b")
    expect(search).to_have_value("a/b")


@pytest.mark.parametrize("scripts", [True, False], ids=["script", "no-script"])
def test_a_session_that_expires_in_the_middle_of_a_form_loses_nothing(
    browser, signed_in_page, console, person, scripts
):
    state = signed_in_page.context.storage_state()
    context = browser.new_context(java_script_enabled=scripts, storage_state=state)
    page = context.new_page()
    page.goto(f"{console}{NEW}")
    page.fill("main [name=name]", "kept")
    Session.objects.all().delete()  # the twelve hours are over
    page.locator("main form button").last.click()
    expect(page.locator("main [data-error]")).to_have_attribute("data-error", "session-expired")

    with context.expect_page() as opened:
        page.locator("main .acts a[target=_blank]").click()
    other = opened.value
    expect(other.locator("main pre.command")).to_be_visible()
    other.goto(f"{console}/sign-in/{links.new_token(person)}/")
    other.locator("main form button").click()
    expect(other.locator("nav.side")).to_be_visible()

    page.locator("main form.acts button").click()
    if not scripts:  # the token is older than the sign-in; without a script it takes one more press
        expect(page.locator("main [data-error]")).to_have_attribute("data-error", "csrf")
        page.locator("main form.acts button").click()
    expect(page.locator("nav.side .switch")).to_contain_text("kept")
    assert Project.objects.filter(name="kept").exists()
    context.close()


def test_a_console_that_does_not_respond_is_reported_and_the_page_stays(signed_in_page):
    page = signed_in_page.context.new_page()  # htmx says so on the console, too
    page.goto(f"{signed_in_page.base}/projects/")
    page.route("**/*", lambda route: route.abort())
    page.evaluate("void htmx.ajax('GET', '/projects/', '#main').catch(() => {})")
    expect(page.locator("#messages #no-response")).to_be_visible()
    expect(page.locator("h1").first).to_be_visible()


def test_an_error_for_htmx_is_shown_at_the_top_and_the_page_stays(signed_in_page):
    page = signed_in_page
    page.goto(f"{page.base}/projects/")
    page.evaluate("void htmx.ajax('GET', '/no/such/', 'main')")
    expect(page.locator("#messages [role=alert]")).to_have_attribute("data-error", "not-found")
    expect(page.locator(".problem")).to_have_count(0)
    expect(page).to_have_url(f"{page.base}/projects/")
    expect(page.locator("h1").first).to_be_visible()


@pytest.mark.parametrize("width", [1440, 360])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(signed_in_page, person, width):
    page = signed_in_page
    page.set_viewport_size({"width": width, "height": 800})
    Project.objects.create(name="a" * 63, alias="长" * 63)
    pages = ["/projects/", "/no/such/page/", f"/clusters/offline/projects/{'a' * 63}/daemonsets/"]
    page.goto(page.base + pages[-1])
    page.locator("#person > summary").click()
    assert axe.faults(page) == []
    for address in pages:
        page.goto(page.base + address)
        assert axe.faults(page) == [], address
        assert not axe.too_wide(page), address
    page.context.clear_cookies()
    for address in ("/sign-in/", f"/sign-in/{links.new_token(person)}/", "/sign-in/wrong/"):
        page.goto(page.base + address)
        assert axe.faults(page) == [], address
        assert not axe.too_wide(page), address


def test_the_theme_and_the_language_are_switched_by_clicking(signed_in_page):
    page = signed_in_page
    page.goto(f"{page.base}/projects/")
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.locator("#person > summary").click()
    page.locator(DARK).click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before
    page.locator(CHINESE).click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
    assert page.url == f"{page.base}/projects/"
