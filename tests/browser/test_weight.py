"""What a page costs on the wire, as the browser counts it: headers too, compressed, on a console as people
run it."""

from __future__ import annotations

import pytest

from tests.browser.conftest import HERE
from tests.builders import as_text, daemonset
from tests.console.running import running

FIRST, SECOND = 60 * 1024, 30 * 1024
"""Bytes of a visit with nothing in the browser's cache, and of the next one."""
EVERY_FIELD = (HERE.parent / "manifests" / "every-pod-field.yaml").read_text()
AGENTS = "---\n".join(as_text(daemonset(f"agent-{n:02}", labels={"app": f"agent-{n}"})) for n in range(25))
STEPS = ("basics", "pods", "volumes", "labels", "nodes", "review")


@pytest.fixture(scope="module")
def started(tmp_path_factory):
    with running(tmp_path_factory.mktemp("weight")) as console:
        yield console


class Wire:
    """The bytes that came for each visit."""

    def __init__(self, page):
        self.page, self.bytes = page, 0
        self.session = page.context.new_cdp_session(page)
        self.session.send("Network.enable")
        self.session.on("Network.loadingFinished", self._finished)

    def _finished(self, event):
        self.bytes += int(event["encodedDataLength"])

    def visit(self, address):
        self.page.goto("about:blank")
        self.bytes = 0
        self.page.goto(address, wait_until="networkidle")
        return self.bytes

    def visits(self, address):
        """(the first, the second)"""
        self.session.send("Network.clearBrowserCache")
        return self.visit(address), self.visit(address)


def import_text(page, project, text):
    """The address of the draft."""
    page.goto(f"{project}/import/")
    page.locator("textarea[name=text]").fill(text)
    page.get_by_role("button", name="Import", exact=True).click()
    page.wait_for_url("**/drafts/**")
    return page.url.partition("/yaml/")[0]


def test_every_page_on_the_way_to_a_daemonset_is_light(started, page):
    page.goto(started.link)
    page.locator("form.acts button.go").click()
    page.wait_for_url("**/clusters/**")
    project = f"{started.address}/clusters/offline/projects/demo"
    bundle = import_text(page, project, AGENTS)
    page.goto(f"{bundle}/review/")
    page.locator("[name=beyond-quota]").check()  # the sample project allows fewer
    page.locator("button[form=review][value=store]").click()
    page.wait_for_url("**/result/")
    draft = import_text(page, project, EVERY_FIELD)
    wire = Wire(page)
    addresses = [f"{project}/daemonsets/", *(f"{draft}/{step}/" for step in STEPS)]
    weights = {address.split("/")[-2]: wire.visits(address) for address in addresses}
    assert all(second < first for first, second in weights.values()), weights
    assert {name for name, (first, second) in weights.items() if first > FIRST or second > SECOND} == set(), (
        weights
    )
