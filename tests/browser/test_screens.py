"""Every screen with content: axe, width, the size of a first visit, no script, keyboard only."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser import axe
from workloads.drafts import store as drafts
from workloads.models import StoredManifest
from workloads.stores import store_for
from workloads.stores.offline.store import first_start
from workloads.stores.protocol import Ref, daemonset

MANIFESTS = Path(__file__).parents[1] / "manifests"
DEMO = "/clusters/offline/projects/demo"
SECRET = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: token\nstringData:\n  token: never-shown\n"
BROKEN = "a: 1\n b: 2\n"
STEPS = ("basics", "pods", "volumes", "labels", "nodes", "review", "yaml")


@pytest.fixture
def screens(signed_in_page, person) -> dict[str, str]:
    """The address of every screen, on a console with at least one object of each kind."""
    first_start(person)
    store = store_for("offline", person)
    text = (MANIFESTS / "every-kind-of-volume.yaml").read_text()
    text = re.sub(r"(?m)^(  namespace:) [\w-]+", r"\1 demo", text)
    name = store.apply(text, project="demo", base="").ref.name
    store.apply(text.replace("1.", "2.", 1) + "# changed\n", project="demo", base=None)
    store.apply(SECRET, project="demo", base="")
    store.apply(SECRET.replace("name: token", "name: gone"), project="demo", base="")
    store.delete(Ref("v1", "Secret", "demo", "gone"))
    edited = drafts.create(person, "offline", "demo", origin=store.get(daemonset("demo", name)))
    fresh = drafts.create(person, "offline", "demo")
    broken = drafts.create(person, "offline", "demo", BROKEN)
    found = {
        "list": f"{DEMO}/daemonsets/",
        "no match": f"{DEMO}/daemonsets/?q=nothing-of-that-name",
        "all projects": "/clusters/offline/daemonsets/",
        "daemonset": f"{DEMO}/daemonsets/{name}/",
        "text": f"{DEMO}/daemonsets/{name}/yaml/",
        "history": f"{DEMO}/daemonsets/{name}/revisions/",
        "revision": f"{DEMO}/daemonsets/{name}/revisions/2/",
        "copy": f"{DEMO}/daemonsets/{name}/copy/",
        "delete": f"{DEMO}/daemonsets/{name}/delete/",
        "secrets": f"{DEMO}/secrets/",
        "secret": f"{DEMO}/secrets/token/",
        "quotas": f"{DEMO}/resourcequotas/",
        "deleted": f"{DEMO}/deleted/",
        "purge": f"{DEMO}/secrets/gone/revisions/purge/",
        "help": "/help/users/",
        "help for operators": "/help/operators/",
        "import": f"{DEMO}/import/",
        "nodes": "/clusters/offline/nodes/",
        "replace nodes": "/clusters/offline/replace-nodes/",
        "projects": "/projects/",
        "new project": "/clusters/offline/new-project/",
        "drafts": "/drafts/",
        "broken step": f"/drafts/{broken.id}/pods/",
        "broken review": f"/drafts/{broken.id}/review/",
        "broken yaml": f"/drafts/{broken.id}/yaml/",
    }
    for slug in STEPS:
        found[f"edit {slug}"] = f"/drafts/{edited.id}/{slug}/"
        found[f"new {slug}"] = f"/drafts/{fresh.id}/{slug}/"
    return found


@pytest.mark.timeout(300)
@pytest.mark.parametrize("width", [1440, 390])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen_or_secret(signed_in_page, screens, width):
    page = signed_in_page
    page.set_viewport_size({"width": width, "height": 844})
    for screen, address in screens.items():
        answer = page.goto(page.base + address)
        assert answer.ok, (screen, answer.status)
        assert not axe.too_wide(page), screen
        assert "never-shown" not in page.content(), screen
        assert axe.faults(page) == [], screen


def test_a_daemonset_is_made_without_a_script(browser, signed_in_page, screens):
    state = signed_in_page.context.storage_state()
    context = browser.new_context(java_script_enabled=False, storage_state=state)
    page = context.new_page()
    page.goto(f"{signed_in_page.base}{DEMO}/daemonsets/")
    page.locator('.head form[action$="/drafts/new/"] button').click()
    page.fill("[name=name]", "plain")
    page.click('.foot button[value="next"]')
    page.fill("[name=c-0-name]", "agent")
    page.fill("[name=c-0-image]", "example.com/agent:1.0")
    page.click('button[value="add:c"]')  # a second row comes from the server, what was typed stays
    expect(page.locator("[name=c-0-image]")).to_have_value("example.com/agent:1.0")
    page.fill("[name=c-1-name]", "helper")
    page.fill("[name=c-1-image]", "example.com/helper:1.0")
    page.click('.foot button[value="next"]')
    page.click('.steps [value="go:review"]')
    page.click(".foot button.go")
    assert [c["name"] for c in containers("plain")] == ["agent", "helper"]
    context.close()


def test_a_daemonset_is_made_with_the_keyboard_alone(signed_in_page, screens):
    page = signed_in_page
    page.goto(page.base + screens["list"])

    def press_until(selector: str, key: str = "Enter") -> None:
        for _ in range(400):
            page.keyboard.press("Tab")
            if page.evaluate("selector => document.activeElement.matches(selector)", selector):
                page.keyboard.press(key)
                return
        raise AssertionError(f"{selector} is not reached by Tab")

    press_until('form[action$="/drafts/new/"] button')
    page.wait_for_url(re.compile("/basics/"))
    page.keyboard.type("by-hand")  # the name has the focus
    page.locator("[name=name]").press("Tab")
    press_until('.foot button[value="next"]')
    page.wait_for_url(re.compile("/pods/"))
    press_until("[name=c-0-image]", "End")
    page.keyboard.type("example.com/agent:1.0")
    press_until("[name=c-0-name]", "End")
    page.keyboard.type("agent")
    press_until('.foot button[value="next"]')
    page.wait_for_url(re.compile("/volumes/"))
    press_until('.steps [value="go:review"]')
    page.wait_for_url(re.compile("/review/"))
    press_until(".foot button.go")
    page.wait_for_url(lambda url: "/review/" not in url)
    assert containers("by-hand")[0]["image"] == "example.com/agent:1.0"


def containers(name: str):
    return StoredManifest.objects.get(kind="DaemonSet", name=name).value["spec"]["template"]["spec"][
        "containers"
    ]


def test_the_bar_above_a_list_shows_how_many_rows_are_selected(signed_in_page, person, demo):
    store = store_for("offline", person)
    for name in ("one", "two", "three"):
        store.apply(SECRET.replace("name: token", f"name: {name}"), project="demo", base="")
    page = signed_in_page
    page.goto(f"{page.base}{DEMO}/secrets/")
    bar, number = page.locator(".selected"), page.locator(".selected [data-chosen]")
    expect(bar).to_be_hidden()
    page.locator("input[data-all]").check()
    expect(bar).to_be_visible()
    expect(number).to_have_text("3")
    page.locator('[name=ref][value="demo/two"]').uncheck()
    expect(number).to_have_text("2")


def test_the_key_of_a_toleration_is_readable_and_its_row_ends_with_remove(signed_in_page, screens):
    page = signed_in_page
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(page.base + screens["new nodes"])
    page.click('button[value="do:control-plane"]')
    key = page.locator('[name="tol-0-k"]')
    expect(key).to_have_value("node-role.kubernetes.io/control-plane")
    assert key.evaluate("input => input.scrollWidth <= input.clientWidth")
    remove, effect = page.locator('[name="tol-0-remove"]'), page.locator('[name="tol-0-effect"]')
    assert effect.bounding_box()["y"] < remove.bounding_box()["y"] < effect.bounding_box()["y"] + 32
