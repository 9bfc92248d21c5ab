"""What only a browser shows of lists and objects: copy buttons, a chosen file that is sent at once."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from console.projects.models import Project
from tests import builders
from tests.browser import axe
from tests.conftest import HERE
from workloads.stores import store_for

TEXT = (HERE / "manifests" / "every-pod-field.yaml").read_text()
PROJECT = "/clusters/offline/projects/demo"
OVERVIEW = f"{PROJECT}/daemonsets/every-pod-field/"


@pytest.fixture
def stored(signed_in_page, person):
    Project.objects.create(name="demo")
    store = store_for("offline", person)
    store.replace_nodes(builders.as_text(*(builders.node(f"n{number}") for number in range(3))))
    store.apply(TEXT, project="demo", base=None)
    return signed_in_page


def test_an_image_is_copied_and_that_is_said(stored, context):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    stored.goto(stored.base + OVERVIEW)
    button = stored.locator("[data-container=agent] button[data-copy]").first
    button.focus()
    stored.keyboard.press("Enter")
    expect(stored.locator("body > [role=status]")).not_to_be_empty()
    assert stored.evaluate("navigator.clipboard.readText()") == "registry.example.com:5000/team/agent:2.4.1"
    stored.goto(f"{stored.base}{OVERVIEW}yaml/")
    stored.click("button[data-copy-of=lines]")
    expect(stored.locator("body > [role=status]")).not_to_be_empty()
    assert stored.evaluate("navigator.clipboard.readText()") == TEXT


def test_a_chosen_file_is_sent_at_once_and_not_shown_again(stored):
    stored.goto(f"{stored.base}/clusters/offline/replace-nodes/")
    text = json.dumps({"kind": "List", "items": [builders.node(f"new-{number}") for number in range(5)]})
    file = {"name": "nodes.json", "mimeType": "application/json", "buffer": text.encode()}
    stored.set_input_files("#file", file)
    expect(stored.locator("#found")).to_have_attribute("data-count", "5")
    expect(stored.locator("#text")).to_have_value("")
    stored.click("button[value=replace]")
    expect(stored.locator(".toast[data-code=nodes-replaced]")).to_be_visible()


@pytest.mark.parametrize("width", [390, 1440])
def test_axe_finds_nothing_in_the_list_and_the_overview(stored, width):
    stored.set_viewport_size({"width": width, "height": 900})
    for address in (f"{PROJECT}/daemonsets/", OVERVIEW, "/clusters/offline/replace-nodes/"):
        stored.goto(stored.base + address)
        assert not axe.too_wide(stored), address
        assert axe.faults(stored) == [], address
