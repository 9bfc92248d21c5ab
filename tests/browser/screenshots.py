"""Pictures of every screen, light and dark, wide and narrow, to look at: `make screenshots`.

    python -m tests.browser.screenshots [--guides]     into screenshots/, which git ignores

A console of its own is started on an empty folder and filled from `tests/manifests`; what is pictured is what
a person would see after doing the same. With --guides, only the few that README and the guides show are taken
(a minute instead of three), and copied to docs/pictures/.
"""

from __future__ import annotations

import argparse
import base64
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.console.running import ROOT, Running, environment, running

MANIFESTS = ("comments-everywhere", "every-kind-of-volume", "flow-style", "two-daemonsets")
PROJECT = "/clusters/offline/projects/demo"
SIZES = {"wide": (1440, 900), "narrow": (390, 844)}
QUALITY = 50
"""Of WebP: 30 to 60 KB a picture, text still sharp."""
NODES = (12, 300, 5000)
TARGET = ROOT / "screenshots"
PICTURES = ROOT / "docs" / "pictures"
GUIDES = {
    "review-nodes-wide-light": "review",
    "daemonsets-wide-light": "daemonsets",
    "wizard-2-pods-wide-light": "pod-template",
    "wizard-5-nodes-wide-light": "node-selector",
    "bundle-yaml-wide-light": "yaml",
    "map-300-light": "nodes-tab",
    "matrix-300-light": "coverage",
    "daemonsets-narrow-dark": "phone",
}
"""The pictures that README and the guides show: file in screenshots/ → name in docs/pictures."""
HEIGHTS = {"review-nodes": 1390, "bundle-yaml": 980}
"""Screens whose point lies below the height of a wide window, in pixels."""
STEPS = ("basics", "pods", "volumes", "labels", "nodes", "review", "yaml")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--guides", action="store_true", help="take only the pictures of README and guides")
    guides, target = options.parse_args().guides, TARGET
    only = set(GUIDES) if guides else None
    target.mkdir(parents=True, exist_ok=True)
    chromium = shutil.which("chromium") or sys.exit("no Chromium: apt-get install chromium")
    with tempfile.TemporaryDirectory() as folder, running(Path(folder, "state")) as console:
        fill(Path(folder, "state"))
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--disable-dev-shm-usage"])
            state, screens = None, {}
            for theme in ("light", "dark"):
                for size, (width, height) in SIZES.items():
                    context = browser.new_context(
                        viewport={"width": width, "height": height},
                        color_scheme=theme,
                        storage_state=state,
                        locale="en-GB",
                    )
                    if state is None:
                        screens = prepare(context, console)
                        state = context.storage_state()
                    page = context.new_page()
                    for name, address in screens.items():
                        if only is None or f"{name}-{size}-{theme}" in only:
                            tall = HEIGHTS.get(name, height) if size == "wide" else height
                            page.set_viewport_size({"width": width, "height": tall})
                            picture(page, console.address + address, target / f"{name}-{size}-{theme}.webp")
                    context.close()
            maps(browser, console, state, target, only)
            browser.close()
    if guides:
        PICTURES.mkdir(exist_ok=True)
        for screen, name in GUIDES.items():
            shutil.copy(target / f"{screen}.webp", PICTURES / f"{name}.webp")
    pictures = list(target.glob("*.webp"))
    total = sum(path.stat().st_size for path in pictures)
    print(f"{len(pictures)} pictures, {total / 1e6:.1f} MB, in {target}")


def fill(state: Path) -> None:
    command = [sys.executable, "-m", "console", "import", "demo", "-", "--data", str(state)]
    for name in MANIFESTS:
        text = (ROOT / "tests" / "manifests" / f"{name}.yaml").read_text(encoding="utf-8")
        here = re.sub(r"(?m)^(  namespace:) [\w-]+", r"\1 demo", text)
        subprocess.run(
            command, cwd=ROOT, env=environment(), input=here, text=True, check=True, capture_output=True
        )


def prepare(context: BrowserContext, console: Running) -> dict[str, str]:
    """Sign in, change the last DaemonSet in a draft, import a bundle into another.

    Returns the name and address of every screen.
    """
    page = context.new_page()
    page.goto(console.link)
    page.locator("main").get_by_role("button", name="Sign in").click()
    page.goto(f"{console.address}{PROJECT}/daemonsets/")
    daemonset = str(page.locator("table a.name").last.get_attribute("href"))
    page.goto(console.address + daemonset)
    page.locator(f'form[action$="{daemonset}edit/"] button').first.click()
    draft = page.url.removeprefix(console.address).split("/")[2]
    page.goto(f"{console.address}/drafts/{draft}/pods/")
    page.evaluate("document.querySelector('#g-c-0').open = true")  # the card of the first container
    page.fill("[name=c-0-mem-lim]", "384Mi")
    page.locator('.foot button[value="save"]').click()
    page.goto(f"{console.address}/drafts/{draft}/nodes/")
    page.locator('button[value="do:gpu"]').click()
    page.goto(f"{console.address}{PROJECT}/import/")
    page.fill("#text", a_bundle())
    page.locator(".foot button").click()
    bundle = page.url.removeprefix(console.address).split("/")[2]
    page.close()
    steps = {f"wizard-{number}-{slug}": f"/drafts/{draft}/{slug}/" for number, slug in enumerate(STEPS, 1)}
    return {
        "daemonsets": f"{PROJECT}/daemonsets/",
        "daemonset": daemonset,
        "daemonset-yaml": f"{daemonset}yaml/",
        "daemonset-history": f"{daemonset}revisions/",
        "daemonset-delete": f"{daemonset}delete/",
        **steps,
        "review-nodes": f"/drafts/{draft}/review/?map=0",
        "bundle-yaml": f"/drafts/{bundle}/yaml/?line=71",
        "import": f"{PROJECT}/import/",
        "drafts": "/drafts/",
        "projects": "/projects/",
        "project-new": "/clusters/offline/new-project/",
        "quotas": f"{PROJECT}/resourcequotas/",
        "nodes": "/clusters/offline/nodes/",
        "not-found": "/no/such/page/",
        "sign-in": "/sign-in/wrong/",
    }


def a_bundle() -> str:
    """Eight documents with a misspelled field, for which the console has a suggestion."""
    text = (ROOT / "tests" / "manifests" / "bundle.yaml").read_text(encoding="utf-8")
    here = re.sub(r"namespace: node-agent", "namespace: demo", text)
    return here.replace("    spec:\n", "    spec:\n      hostNetwrok: true\n")


def maps(browser: Browser, console: Running, state: Any, target: Path, only: set[str] | None) -> None:
    """The map of a DaemonSet and the matrix, with few, some and many nodes. Replaces the console's nodes."""
    for count in NODES:
        for theme in ("light", "dark"):
            screens = [name for name in ("map", "matrix") if not only or f"{name}-{count}-{theme}" in only]
            if not screens:
                continue
            context = browser.new_context(
                viewport={"width": 1440, "height": 900},
                color_scheme=theme,
                storage_state=state,
                locale="en-GB",
            )
            page = context.new_page()
            if theme == "light":
                replace_nodes(page, console, count)
            page.goto(f"{console.address}{PROJECT}/daemonsets/")
            daemonset = page.locator("table a.name").last.get_attribute("href")
            addresses = {"map": f"{daemonset}nodes/", "matrix": f"{PROJECT}/matrix/"}
            for name in screens:
                picture(page, console.address + addresses[name], target / f"{name}-{count}-{theme}.webp")
            context.close()


def replace_nodes(page: Page, console: Running, count: int) -> None:
    """By the page itself, as a person would: upload, look, replace."""
    items = [a_node(number) for number in range(count)]
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
    address = f"{console.address}/clusters/offline/replace-nodes/"
    page.goto(address)
    token = page.locator("main [name=csrfmiddlewaretoken]").first.get_attribute("value")
    file = {"name": "nodes.json", "mimeType": "application/json", "buffer": text.encode()}
    form = {"csrfmiddlewaretoken": str(token), "do": "replace", "file": file}
    answer = page.request.post(address, multipart=form, headers={"Referer": address}, timeout=120_000)
    assert answer.ok, answer.status


def a_node(number: int) -> dict[str, Any]:
    """One of twenty is a control plane, one has a GPU; three zones."""
    kind = number % 20
    taints = {0: ["node-role.kubernetes.io/control-plane"], 7: ["nvidia.com/gpu"]}.get(kind, [])
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": f"ip-10-{number // 250}-{number % 250}",
            "labels": {
                "kubernetes.io/arch": "arm64" if kind in (3, 4) else "amd64",
                "kubernetes.io/os": "linux",
                "topology.kubernetes.io/zone": f"eu-west-1{'abc'[number % 3]}",
            },
        },
        "spec": {"taints": [{"key": key, "effect": "NoSchedule"} for key in taints]},
        "status": {"allocatable": {"cpu": "7800m", "memory": "30Gi", "pods": "110"}},
    }


def picture(page: Page, address: str, path: Path) -> None:
    """Chromium writes WebP, which Playwright's own call does not offer."""
    page.goto(address)
    page.wait_for_load_state("networkidle")
    session = page.context.new_cdp_session(page)
    shot = session.send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
    path.write_bytes(base64.b64decode(shot["data"]))
    session.detach()


if __name__ == "__main__":
    main()
