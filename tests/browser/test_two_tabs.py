"""Two tabs on one draft: one stores it while the other has unsaved input."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from console.projects.models import Project
from tests.browser import axe
from tests.stores.texts import daemonset_text
from workloads.drafts import store as drafts
from workloads.stores import store_for
from workloads.stores.protocol import daemonset

TEXT = daemonset_text()
AGENT = daemonset("demo", "agent")


@pytest.fixture
def draft(person):
    Project.objects.create(name="demo")
    store_for("offline", person).apply(TEXT, project="demo", base="")
    stored = store_for("offline", person).get(AGENT)
    return drafts.save(
        drafts.create(person, "offline", "demo", origin=stored), TEXT.replace("nginx:1", "nginx:2"), version=1
    )


@pytest.mark.parametrize("mode", ["basics", "yaml"])
def test_what_was_typed_in_the_other_tab_ends_up_stored_too(signed_in_page, person, draft, mode):
    first, second = signed_in_page, signed_in_page.context.new_page()
    first.goto(f"{first.base}/drafts/{draft.pk}/review/")
    second.goto(f"{first.base}/drafts/{draft.pk}/{mode}/")
    if mode == "yaml":
        second.wait_for_selector(".ace_content")
        second.evaluate(
            "text => ace.edit(document.querySelector('.ace-host')).setValue(text, -1)",
            draft.text.replace("metadata:\n", "metadata:\n  labels: {team: ops}\n", 1),
        )
    else:
        second.locator("[name=alias]").fill("Agent one")
    typed = "team: ops" if mode == "yaml" else "alias-name: Agent one"

    # At once, before the second tab saves by itself.
    first.locator(".foot button.go").click()
    expect(first.locator("h1")).to_contain_text("agent")

    second.locator(".foot [value=save]").click()
    expect(second.locator("[data-error=draft-stored]")).to_be_visible()
    expect(second.get_by_role("main").get_by_role("link", name="agent")).to_be_visible()
    assert axe.faults(second) == []
    second.locator("[name=reopen]").click()
    expect(second.locator("#messages [data-code=draft-reopened]")).to_be_visible()
    second.goto(f"{first.base}/drafts/{draft.pk}/review/")
    expect(second.locator(".diff ins").last).to_contain_text(typed)
    expect(second.locator(".diff")).not_to_contain_text("nginx:1")
    second.locator(".foot button.go").click()
    expect(second.locator("h1")).to_contain_text("agent")
    text = store_for("offline", person).get(AGENT).text
    assert typed in text
    assert "nginx:2" in text


def test_the_switch_follows_the_cursor_from_document_to_document(signed_in_page, person):
    Project.objects.create(name="demo")
    two = f"{TEXT}---\n{daemonset_text('second')}"
    draft = drafts.create(person, "offline", "demo", two)
    page = signed_in_page
    page.goto(f"{page.base}/drafts/{draft.pk}/pods/?doc=1")
    page.locator(".seg [value='go:yaml']").click()
    page.wait_for_selector(".ace_content")
    row = page.evaluate("ace.edit(document.querySelector('.ace-host')).getCursorPosition().row")
    assert row == two[: two.index("---\n")].count("\n") + 1
    page.locator(".seg [value='go:basics']").click()
    expect(page).to_have_url(f"{page.base}/drafts/{draft.pk}/basics/?doc=1")
    page.locator(".seg [value='go:yaml']").click()
    page.wait_for_selector(".ace_content")
    page.evaluate("ace.edit(document.querySelector('.ace-host')).gotoLine(3, 0, false)")
    page.locator(".seg [value='go:basics']").click()
    expect(page).to_have_url(f"{page.base}/drafts/{draft.pk}/basics/?doc=0")
