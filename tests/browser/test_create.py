"""From an empty database: real DaemonSets created with the wizard, imported, and changed after an import."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from workloads.documents import read
from workloads.models import StoredManifest

SEEDS = Path(__file__).parents[3] / "shared/corpus/seeds"
pytestmark = pytest.mark.skipif(not SEEDS.is_dir(), reason="needs ../shared/corpus/seeds")


def seed(name: str):
    """The DaemonSet of a seed file, parsed."""
    documents = read((SEEDS / name).read_text())
    return next(document.value for document in documents if document.kind == "DaemonSet")


def stored(name: str):
    return StoredManifest.objects.get(kind="DaemonSet", name=name).value


class Wizard:
    """What a user does on the page of a step: fill, choose, add, go on."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def shown(self, selector: str):
        """The element, after opening the folded groups around it."""
        closed = self.page.locator("#step-form details:not([open])").filter(has=self.page.locator(selector))
        while closed.count():
            closed.first.locator("> summary").click()
        return self.page.locator("#step-form").locator(selector)

    def field(self, name: str):
        return self.shown(f'[name="{name}"]')

    def put(self, name: str, value: str | bool) -> None:
        field = self.field(name)
        if isinstance(value, bool):
            field.set_checked(value)
        elif field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)

    def add(self, what: str, then: str) -> None:
        """Click an "Add" button unless the row with the field `then` already exists."""
        if not self.page.locator(f'#step-form [name="{then}"]').count():
            self.shown(f'button[value="add:{what}"]').click()
            self.page.wait_for_selector(f'#step-form [name="{then}"]', state="attached")

    def next(self, to: str) -> None:
        self.page.locator('.foot button[value="next"]').click()
        self.page.wait_for_url(re.compile(rf"/{to}/"))


def new_project(page: Page, name: str) -> None:
    page.goto(f"{page.base}/clusters/offline/new-project/")
    page.fill("[name=name]", name)
    page.locator("main .foot button").click()
    page.wait_for_url(re.compile(f"/projects/{name}/"))


def start(page: Page, project: str, name: str) -> Wizard:
    page.goto(f"{page.base}/clusters/offline/projects/{project}/daemonsets/")
    address = reverse("draft-new", args=["offline", project])
    page.locator(f'form[action="{address}"] button').first.click()
    wizard = Wizard(page)
    wizard.put("name", name)
    wizard.next("pods")
    return wizard


def volume(wizard: Wizard, index: int, name: str, kind: str, place: str, mount: str, read_only=False) -> None:
    wizard.add("vol", f"vol-{index}-name")
    wizard.put(f"vol-{index}-name", name)
    wizard.put(f"vol-{index}-kind", kind)
    field = {"hostpath": "hostpath-path", "configmap": "configmap-object"}[kind]
    wizard.put(f"vol-{index}-kind-{field}", place)
    wizard.put(f"vol-{index}-at-c0", mount)
    if read_only:
        wizard.page.locator('.foot button[value="save"]').click()
        wizard.put(f"vol-{index}-m-c0-0-ro", True)


def labels(wizard: Wizard, **pairs: str) -> None:
    for group in ("selector", "podlabels", "labels"):
        for index, (key, value) in enumerate(pairs.items()):
            wizard.add(group, f"{group}-{index}-k")
            wizard.put(f"{group}-{index}-k", key.replace("_", "-"))
            wizard.put(f"{group}-{index}-v", value)


def store(page: Page) -> None:
    page.locator(".foot button.go").click()
    page.wait_for_url(lambda url: "/review/" not in url)


def test_the_log_collector_is_made_by_the_wizard_alone(signed_in_page):
    page = signed_in_page
    new_project(page, "kube-system")
    wizard = start(page, "kube-system", "fluentd")
    wizard.put("c-0-image", "fluent/fluentd-kubernetes-daemonset:v1.6-debian-elasticsearch7-1.1")
    wizard.put("c-0-name", "fluentd")
    wizard.put("c-0-mem-lim", "512Mi")
    wizard.put("c-0-vars-0-name", "FLUENT_UID")
    wizard.put("c-0-vars-0-from-value-v", "0")
    wizard.put("c-0-privileged", "true")
    wizard.put("grace", "30")
    wizard.next("volumes")
    volume(wizard, 0, "varlog", "hostpath", "/var/log", "/var/log")
    volume(
        wizard, 1, "varlibdockercontainers", "hostpath", "/var/lib/docker/containers",
        "/var/lib/docker/containers", read_only=True,
    )  # fmt: skip
    volume(wizard, 2, "fluentdconfig", "configmap", "fluentd-config", "/fluentd/etc/")
    wizard.next("labels")
    labels(wizard, k8s_app="fluentd-logging")
    wizard.next("nodes")
    wizard.add("tol", "tol-0-k")
    wizard.put("tol-0-k", "node-role.kubernetes.io/master")
    wizard.put("tol-0-effect", "NoSchedule")
    wizard.next("review")
    store(page)
    assert stored("fluentd") == seed("fluentd.yaml")


def test_the_node_exporter_is_made_by_the_wizard_alone(signed_in_page):
    page = signed_in_page
    new_project(page, "kube-system")
    wizard = start(page, "kube-system", "node-exporter")
    wizard.put("c-0-image", "prom/node-exporter:v1.2.2")
    wizard.put("c-0-name", "node-exporter")
    wizard.put(
        "c-0-args",
        "--path.procfs=/host/proc\n--path.sysfs=/host/sys\n"
        "--collector.textfile.directory=/var/lib/node-exporter/textfile_collector",
    )
    wizard.put("c-0-ports-0-name", "metrics")
    wizard.put("c-0-ports-0-port", "9100")
    wizard.put("c-0-ports-0-host", "9100")
    wizard.put("net", "true")
    wizard.put("account", "node-exporter")
    wizard.next("volumes")
    volume(wizard, 0, "proc-mount", "hostpath", "/proc", "/host/proc", read_only=True)
    volume(wizard, 1, "sys-mount", "hostpath", "/sys", "/host/sys", read_only=True)
    volume(
        wizard, 2, "textfile-collector", "configmap", "node-exporter-textfile-collector",
        "/var/lib/node-exporter/textfile_collector",
    )  # fmt: skip
    wizard.next("labels")
    labels(wizard, k8s_app="node-exporter")
    wizard.next("nodes")
    wizard.next("review")
    store(page)
    assert stored("node-exporter") == seed("node-exporter.yaml")


def import_file(page: Page, path: Path) -> None:
    page.goto(f"{page.base}/clusters/offline/projects/kube-system/import/")
    page.set_input_files("#files", path)
    page.wait_for_url(re.compile("/drafts/.*/yaml/"))


def to_review(page: Page) -> None:
    page.locator('.foot button[value="go:review"]').click()
    page.wait_for_url(re.compile("/review/"))
    create = page.locator('button[value^="create-project:"]')
    while create.count():
        create.first.click()
        page.wait_for_load_state()


@pytest.mark.parametrize(
    "path", [p for p in sorted(SEEDS.glob("*.yaml")) if "broken" not in p.name], ids=lambda path: path.name
)
def test_every_seed_is_imported_and_stored_as_it_is_written(signed_in_page, path):
    page = signed_in_page
    new_project(page, "kube-system")
    import_file(page, path)
    to_review(page)
    store(page)
    for document in read(path.read_text()):
        if document.kind != "Namespace":
            row = StoredManifest.objects.get(kind=document.kind, name=document.name)
            assert row.value == document.value


def test_the_broken_seed_is_refused_at_its_line_fixed_and_stored(signed_in_page):
    page = signed_in_page
    new_project(page, "kube-system")
    import_file(page, SEEDS / "envoy.broken.yaml")
    error = page.locator("#findings [data-severity=error]")
    expect(error).to_have_attribute("data-line", re.compile(r"3[5-9]"))
    page.locator('.foot button[value="go:review"]').click()
    expect(error).to_be_visible()  # the form and the review wait
    text = (SEEDS / "envoy.broken.yaml").read_text()
    slipped, rest = text.split("        - name: envoy-tls\n          secret:", 1)
    fixed = slipped + "      - name: envoy-tls\n        secret:" + rest.replace("            ", "          ")
    page.evaluate("text => ace.edit(document.querySelector('.ace-host')).setValue(text, -1)", fixed)
    expect(error).to_have_count(0)
    to_review(page)
    store(page)
    assert stored("envoy") == seed("envoy.yaml")


def test_one_field_changed_in_the_wizard_is_one_line_in_the_review(signed_in_page):
    page = signed_in_page
    new_project(page, "kube-system")
    import_file(page, SEEDS / "fluentd.yaml")
    page.locator('.foot button[value="go:basics"]').click()
    page.wait_for_url(re.compile("/basics/"))
    page.locator('.steps [value="go:pods"]').click()
    page.wait_for_url(re.compile("/pods/"))
    Wizard(page).put("c-0-mem-lim", "256Mi")
    page.locator('.steps [value="go:review"]').click()
    page.wait_for_url(re.compile("/review/"))
    changed = page.locator("[data-changed-since-import]")
    expect(changed.locator(".plus")).to_have_text([re.compile("memory: 256Mi")])
    expect(changed.locator(".minus")).to_have_text([re.compile("memory: 512Mi")])
    store(page)
    text = StoredManifest.objects.get(kind="DaemonSet", name="fluentd").text
    assert "memory: 256Mi" in text
    assert "#资源类型" in text
