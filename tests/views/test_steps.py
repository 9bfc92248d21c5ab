"""The wizard's pages through their addresses."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.cache import cache
from django.urls import reverse

from console.projects.models import Project
from tests import builders, kube_api
from tests.builders import as_text
from tests.conftest import MANIFESTS, OWN_MANIFESTS
from tests.views.pages import codes, figures, follow, notes, soup, toasts, words
from tests.wizard.html_forms import submitted
from workloads import documents
from workloads.daemonsets.manifest.findings import STEPS
from workloads.daemonsets.manifest.nodes import chosen_nodes, node_term
from workloads.daemonsets.manifest.outline import NODE_TERMS
from workloads.daemonsets.rules.inspection import inspect
from workloads.documents.paths import get
from workloads.drafts import store as drafts
from workloads.models import Draft
from workloads.stores import store_for
from workloads.stores.offline.store import first_start
from workloads.stores.protocol import Ref, Write, daemonset
from workloads.stores.protocol import namespace as of_project

AGENT = """\
# the agent
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: agent  # short
  namespace: demo
spec:
  selector:
    matchLabels: {app: agent}
  template:
    metadata:
      labels: {app: agent}
    spec:
      containers:
      - name: agent
        image: example.com/agent:1.0
      tolerations:
      - operator: Exists
"""
BROKEN = "apiVersion: apps/v1\nkind: DaemonSet\nmetadata:\n  name: x\n namespace: y\n"
CONFIGMAP = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n"
SSD = ("metadata", "labels", "disktype")
MARKUP = "<script>alert(1)</script>'\"&"


@pytest.fixture
def make(admin, demo):
    return lambda text="": drafts.create(admin, "offline", "demo", text)


@pytest.fixture
def draft(make):
    return make(AGENT)


def now(draft):
    return Draft.objects.get(pk=draft.pk)


def address(draft, slug="basics", query=""):
    return reverse("draft-step", args=[draft.id, slug]) + query


def form_of(response):
    return submitted(response.content.decode(), "step-form")


def submit(client, draft, slug="basics", op="save", form=None, query="", **changes):
    """Open the step unless its `form` is at hand, fill in `changes` (None: not ticked) and press a button."""
    form = form if form is not None else form_of(client.get(address(draft, slug, query)))
    posted = {name.replace("__", "-"): value for name, value in changes.items()}
    posted = {name: value for name, value in {**form, **posted, "op": op}.items() if value is not None}
    return client.post(address(draft, slug, query), posted)


# ---- the way through ----


def test_a_daemonset_is_made_step_by_step(signed_in, demo):
    page = signed_in.post(reverse("draft-new", args=["offline", "demo"]))
    draft = Draft.objects.get()
    assert page["Location"] == address(draft)

    page = submit(signed_in, draft, op="next", name="node-log", alias="日志")
    assert page.status_code == 303
    assert page["Location"] == address(draft, "pods")
    page = submit(signed_in, draft, "volumes", op="add:vol")
    assert page.status_code == 200
    page = submit(
        signed_in,
        draft,
        "volumes",
        op="next",
        form=form_of(page),
        **{"vol-0-name": "varlog", "vol-0-kind": "hostpath", "vol-0-kind-hostpath-path": "/var/log"},
    )
    assert page["Location"] == address(draft, "labels")
    page = submit(signed_in, draft, "labels", op="next", **{"labels-0-k": "team", "labels-0-v": "ops"})
    assert page["Location"] == address(draft, "nodes")
    page = submit(signed_in, draft, "nodes", op="do:control-plane")
    assert page["Location"] == address(draft, "nodes")
    page = submit(signed_in, draft, "nodes", op="next")
    assert page["Location"] == reverse("draft-review", args=[draft.id])

    assert now(draft).text == (
        "apiVersion: apps/v1\nkind: DaemonSet\nmetadata:\n  name: node-log\n  namespace: demo\n"
        "  annotations:\n    kubesphere.io/alias-name: 日志\n  labels:\n    team: ops\n"
        "spec:\n  selector:\n    matchLabels:\n      app: node-log\n"
        "  template:\n    metadata:\n      labels:\n        app: node-log\n"
        "    spec:\n      volumes:\n      - name: varlog\n        hostPath:\n          path: /var/log\n"
        "      tolerations:\n      - key: node-role.kubernetes.io/control-plane\n"
        "        operator: Exists\n        effect: NoSchedule\n"
    )


@pytest.mark.parametrize("slug", STEPS)
def test_saving_a_step_unchanged_is_no_new_version(signed_in, draft, slug):
    page = submit(signed_in, draft, slug)
    assert page.status_code == 303
    assert (now(draft).text, now(draft).version) == (AGENT, 1)


@pytest.mark.parametrize("path", [p for p in MANIFESTS if p not in OWN_MANIFESTS], ids=lambda path: path.name)
def test_every_manifest_of_others_goes_through_the_pages_untouched(signed_in, make, path):
    """One step a document; our own go through all of them in tests/wizard/test_golden.py."""
    text = documents.decode(path.read_bytes())
    draft = make(text)
    daemonsets = [d for d in documents.read(text) if (d.kind, d.api_version) == ("DaemonSet", "apps/v1")]
    for number, document in enumerate(daemonsets):
        slug = STEPS[(number + len(path.name)) % len(STEPS)]
        page = submit(signed_in, draft, slug, query=f"?doc={document.index}")
        assert page.status_code == 303
    assert now(draft).text == text


def test_every_step_is_one_click_away_and_saves_what_was_typed(signed_in, draft):
    page = submit(signed_in, draft, op="go:nodes", alias="Agent")
    assert page["Location"] == address(draft, "nodes")
    assert "kubesphere.io/alias-name: Agent" in now(draft).text
    page = submit(signed_in, draft, "nodes", op="go:yaml", **{"tol-0-effect": "NoExecute"})
    assert page["Location"] == reverse("draft-yaml", args=[draft.id])
    assert "effect: NoExecute" in now(draft).text


def test_the_stepper_says_what_is_set_and_what_is_wrong(signed_in, make):
    page = soup(signed_in.get(address(make(AGENT.replace("name: agent  # short", "name: Agent")))))
    stops = {stop["data-step"]: stop for stop in page.select(".stop")}
    assert list(stops) == [*STEPS, "review"]
    assert "wrong" in stops["basics"]["class"]
    assert stops["basics"]["data-errors"] == "1"
    assert "done" in stops["nodes"]["class"]
    assert "todo" in stops["volumes"]["class"]
    assert stops["basics"]["aria-current"] == "step"


def test_a_step_in_which_nothing_is_set_yet_is_not_reproached_with_it(signed_in, make):
    page = soup(signed_in.get(address(make())))
    assert not page.select(".error")
    assert page.select_one(".stop[aria-current]")["class"] == ["stop", "todo"]


# ---- what is wrong with a form ----


def test_what_would_be_refused_is_said_at_its_field_and_nothing_is_saved(signed_in, draft):
    page = submit(signed_in, draft, op="next", name="Agent_1")
    assert page.status_code == 422
    assert form_of(page)["name"] == "Agent_1"
    field = soup(page).find(id="f-name")
    assert field["aria-invalid"] == "true"
    said = soup(page).find(id=field["aria-describedby"].split()[-1])
    found = inspect(AGENT.replace("name: agent  #", "name: Agent_1  #")).findings[0]
    [finding] = [each for each in found if each.path == ("metadata", "name")]
    assert finding.message in said.get_text()
    assert codes(page, ".body > [data-code=new-errors]") == [finding.code]
    assert now(draft).text == AGENT


def test_it_can_be_saved_all_the_same(signed_in, draft):
    page = submit(signed_in, draft, op="next:anyway", name="Agent_1")
    assert page["Location"] == address(draft, "pods")
    assert "name: Agent_1" in now(draft).text
    page = submit(signed_in, draft, op="next", alias="still wrong, but not by this")
    assert page.status_code == 303


def test_leaving_for_yaml_saves_what_is_wrong_too(signed_in, draft):
    page = submit(signed_in, draft, op="go:yaml", name="Agent_1")
    assert page.status_code == 303
    assert "name: Agent_1" in now(draft).text


def test_what_cannot_be_read_stays_in_its_field(signed_in, draft):
    page = submit(signed_in, draft, "nodes", op="go:yaml", **{"tol-0-sec": "soon", "tol-0-k": "gpu"})
    assert page.status_code == 422
    assert form_of(page)["tol-0-sec"] == "soon"
    assert form_of(page)["tol-0-k"] == "gpu"
    assert b'id="f-tol-0-sec_error"' in page.content
    assert now(draft).text == AGENT


def test_an_edit_that_the_text_cannot_take_is_refused_with_the_way_to_its_line(signed_in, make):
    shared = AGENT.replace("matchLabels: {app: agent}", "matchLabels: &both {app: agent}")
    shared = shared.replace("labels: {app: agent}", "labels: {<<: *both, tier: node}")
    draft = make(shared)
    page = submit(signed_in, draft, "labels", **{"podlabels-0-remove": "on", "podlabels-1-v": "other"})
    assert page.status_code == 422
    assert form_of(page)["podlabels-0-remove"] == "on"
    assert form_of(page)["podlabels-1-v"] == "other"
    [refusal] = soup(page).select(".body > .note")
    assert refusal.a["href"].endswith("line=12")
    assert now(draft).text == shared


@pytest.mark.parametrize(
    "op", ["do:nonsense", "go:nowhere", "nonsense:", "add:nothing", "up:tol-7", "mine:x"]
)
def test_a_forged_button_is_refused_or_only_saves(signed_in, draft, op):
    page = submit(signed_in, draft, "nodes", op=op, **{"tol-0-effect": "NoExecute"})
    assert page.status_code in (303, 400)
    assert now(draft).text in (AGENT, AGENT + "        effect: NoExecute\n")


@pytest.mark.parametrize("version", ["", "x", "-1", "9" * 12])
def test_a_form_without_its_version_is_refused(signed_in, draft, version):
    assert submit(signed_in, draft, version=version).status_code == 400


# ---- beside the form ----


def test_the_aside_shows_what_a_form_would_change_and_saves_nothing(signed_in, draft):
    form = form_of(signed_in.get(address(draft)))
    page = signed_in.post(
        address(draft),
        {**form, "op": "preview", "alias": "A", "name": "Bad_"},
        headers={"HX-Request": "true"},
    )
    assert page.status_code == 200
    aside = soup(page)
    assert aside.find("html") is None
    assert "+" in aside.find(class_="diff").get_text() or aside.find("ins")
    assert "alias-name: A" in aside.get_text()
    assert aside.find("a", href="#f-name")
    assert now(draft).text == AGENT


def test_the_aside_leads_to_what_the_fields_say_and_says_what_they_do_not(signed_in, make):
    draft = make(AGENT.replace("image: ", "resources: {limits: {memory: 16MB}}\n        image: "))
    page = signed_in.get(address(draft, "pods"))
    link = soup(page).select_one("#step-aside .said a[href='#f-c-0-mem-lim']")
    assert link.get_text() == "agent › Memory limit"
    assert "16MB" not in soup(page).select_one("#step-aside .said").get_text()
    assert "16MB" in soup(page).select_one("#f-c-0-mem-lim_error").get_text()
    form = {**form_of(page), "op": "preview", "c-0-mem-req": "8MB"}
    aside = soup(signed_in.post(address(draft, "pods"), form, headers={"HX-Request": "true"}))
    said = aside.select_one("#step-aside .said").get_text()
    assert "8MB" in said
    assert "16MB" not in said


def test_the_aside_says_what_cannot_be_read(signed_in, draft):
    form = form_of(signed_in.get(address(draft, "nodes")))
    page = signed_in.post(
        address(draft, "nodes"), {**form, "op": "preview", "tol-0-sec": "x"}, headers={"HX-Request": "true"}
    )
    assert soup(page).find("a", href="#f-tol-0-sec")


def test_the_aside_counts_the_nodes_it_would_run_on(signed_in, admin, draft):
    nodes = [{"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}} for name in ("n1", "n2", "n3")]
    store_for("offline", admin).replace_nodes(documents.to_json({"kind": "NodeList", "items": nodes}))
    submit(signed_in, draft, "nodes", **{"on.n2": "on"})
    assert figures(signed_in.get(address(draft, "nodes")), "#beside-map") == {"runs": 1, "total": 3}


def test_fields_that_are_only_in_yaml_are_named_with_their_line(signed_in, make):
    draft = make(AGENT.replace("    spec:\n", "    spec:\n      nodeName: n1\n"))
    link = soup(signed_in.get(address(draft, "nodes"))).select_one(".unseen a")
    assert link.get_text() == "spec.template.spec.nodeName"
    assert link["href"].endswith("line=14")
    assert link["href"].startswith(reverse("draft-yaml", args=[draft.id]))


# ---- two at the same draft ----


def test_the_second_tab_is_told_what_changed_and_keeps_its_input(signed_in, draft):
    form = form_of(signed_in.get(address(draft)))
    submit(signed_in, draft, "nodes", **{"tol-0-effect": "NoExecute"})

    page = submit(signed_in, draft, op="next", form=form, alias="Mine")
    assert page.status_code == 409
    between, mine = soup(page).select(".note .diff")
    assert "effect: NoExecute" in between.get_text()
    assert "alias-name: Mine" in mine.get_text()
    assert form_of(page)["alias"] == "Mine"
    assert "Mine" not in now(draft).text

    page = submit(signed_in, draft, op=f"mine:{now(draft).version}", form=form_of(page))
    assert page.status_code == 303
    assert "effect: NoExecute" in now(draft).text
    assert "alias-name: Mine" in now(draft).text


def test_mine_on_top_asks_again_if_there_is_a_third(signed_in, draft):
    form = form_of(signed_in.get(address(draft)))
    submit(signed_in, draft, alias="Theirs")
    page = submit(signed_in, draft, form=form, description="Mine")
    seen = now(draft).version
    submit(signed_in, draft, alias="Third")
    page = submit(signed_in, draft, op=f"mine:{seen}", form=form_of(page))
    assert page.status_code == 409
    assert "Third" in words(page)
    assert "Mine" not in now(draft).text


def test_a_stale_form_in_which_nothing_was_typed_is_no_conflict(signed_in, draft):
    form = form_of(signed_in.get(address(draft)))
    submit(signed_in, draft, alias="Theirs")
    page = submit(signed_in, draft, op="next", form=form)
    assert page.status_code == 303
    assert "Theirs" in now(draft).text


def test_a_form_whose_daemonset_went_cannot_be_put_on_top(signed_in, draft):
    form = form_of(signed_in.get(address(draft)))
    drafts.save(draft, CONFIGMAP, version=1)
    page = submit(signed_in, draft, form=form, alias="Mine")
    assert page.status_code == 409
    assert form_of(page)["alias"] == "Mine"
    assert not soup(page).find("button", value=f"mine:{now(draft).version}")


def test_a_text_broken_meanwhile_is_told_as_well(signed_in, draft):
    form = form_of(signed_in.get(address(draft)))
    drafts.save(draft, BROKEN, version=1)
    page = submit(signed_in, draft, form=form, alias="Mine")
    assert page.status_code == 409
    assert form_of(page)["alias"] == "Mine"
    assert now(draft).text == BROKEN


def test_a_form_older_than_what_is_kept_is_answered_in_words(signed_in, draft):
    form = form_of(signed_in.get(address(draft)))
    for n in range(drafts.KEPT + 2):
        draft = drafts.save(draft, AGENT + f"# {n}\n", version=draft.version)
    page = submit(signed_in, draft, form=form, alias="Mine")
    assert page.status_code == 409
    assert codes(page) == ["version-not-kept"]


# ---- undo ----


def test_undo_takes_back_what_was_typed_and_then_what_was_saved_and_redo_brings_back_both(signed_in, draft):
    submit(signed_in, draft, alias="One")
    page = submit(signed_in, draft, op="undo", alias="Two")
    assert toasts(follow(signed_in, page)) == ["change-undone"]
    assert "alias-name: One" in now(draft).text
    page = submit(signed_in, draft, op="redo")
    assert toasts(follow(signed_in, page)) == ["change-redone"]
    assert "alias-name: Two" in now(draft).text
    for _n in range(2):
        page = submit(signed_in, draft, op="undo")
        assert toasts(follow(signed_in, page)) == ["earlier-change-undone"]
    assert now(draft).text == AGENT
    page = signed_in.get(address(draft))
    assert soup(page).find("button", value="undo").has_attr("hidden")
    assert soup(page).find("button", value="redo")
    submit(signed_in, draft, op="redo")
    submit(signed_in, draft, op="redo")
    assert "alias-name: Two" in now(draft).text
    assert not soup(signed_in.get(address(draft))).find("button", value="redo")


# ---- texts without a form ----


def test_a_broken_text_makes_the_form_wait_at_its_line(signed_in, make):
    draft = make(BROKEN)
    for slug in STEPS:
        page = signed_in.get(address(draft, slug))
        assert page.status_code == 200
        assert len(soup(page).select(".body section.note.bad")) == 1
        assert soup(page).find("a", href=lambda url: url and url.endswith("line=5"))
        assert soup(page).find(id="step-form") is None


def test_a_text_without_a_daemonset_offers_to_add_one(signed_in, make):
    draft = make(CONFIGMAP)
    page = signed_in.get(address(draft))
    assert "ConfigMap settings" in words(page)
    assert codes(page) == ["no-daemonset"]
    assert soup(page).main.find("a", href=f"/drafts/{draft.id}/review/")
    for slug in ("basics", "yaml", "review"):
        assert not soup(signed_in.get(f"/drafts/{draft.id}/{slug}/")).select(".stop"), slug
    page = signed_in.post(address(draft), {"op": "start", "version": 1})
    assert now(draft).text.startswith(CONFIGMAP)
    assert soup(follow(signed_in, page)).find(id="f-name")


def test_an_empty_text_offers_to_add_one(signed_in, draft):
    drafts.save(draft, "", version=1)
    assert codes(signed_in.get(address(draft))) == ["empty"]
    signed_in.post(address(draft), {"op": "start", "version": 2})
    assert documents.read(now(draft).text)[0].kind == "DaemonSet"


def test_a_list_is_sent_to_yaml_mode(signed_in, make):
    draft = make("apiVersion: v1\nkind: List\nitems: []\n")
    assert codes(signed_in.get(address(draft))) == ["no-daemonset", "list"]


def test_a_daemonset_of_a_version_that_is_gone_is_converted_on_demand(signed_in, make):
    old = AGENT.replace("apps/v1", "extensions/v1beta1").replace(
        "  selector:\n    matchLabels: {app: agent}\n", ""
    )
    draft = make(old)
    page = signed_in.get(address(draft, "labels"))
    assert codes(page, ".body") == ["removed-version"]
    page = signed_in.post(address(draft, "labels"), {"op": "modernise", "version": 1})
    assert page.status_code == 303
    value = documents.read(now(draft).text)[0].value
    assert value["apiVersion"] == "apps/v1"
    assert value["spec"]["selector"] == {"matchLabels": {"app": "agent"}}
    assert value["spec"]["updateStrategy"] == {"type": "OnDelete"}
    assert "# short" in now(draft).text


def test_a_kustomize_patch_is_called_one(signed_in, make):
    patch = AGENT.replace("  selector:\n    matchLabels: {app: agent}\n", "").replace(
        "        image: example.com/agent:1.0\n", ""
    )
    assert "kustomize" in words(signed_in.get(address(make(patch), "pods")))


def test_one_of_several_daemonsets_is_chosen(signed_in, make):
    draft = make(AGENT + "---\n" + CONFIGMAP + "---\n" + AGENT.replace("agent", "second"))
    page = signed_in.get(address(draft))
    assert form_of(page)["name"] == "agent"
    assert [a["data-document"] for a in soup(page).select(".choose a, .choose button")] == ["0", "2"]
    assert soup(page).select_one(".choose [aria-current]")["data-document"] == "0"
    page = submit(signed_in, draft, op="go:labels:2")
    assert page["Location"] == address(draft, "labels", "?doc=2")
    page = submit(signed_in, draft, op="next", query="?doc=2", alias="Second")
    assert page["Location"] == address(draft, "pods", "?doc=2")
    first, _settings, second = documents.read(now(draft).text)
    assert "annotations" not in first.value["metadata"]
    assert second.value["metadata"]["annotations"] == {"kubesphere.io/alias-name": "Second"}
    assert signed_in.get(address(draft, query="?doc=1")).status_code == 404


# ---- places, people, names ----


def test_what_was_typed_survives_the_end_of_a_sign_in(signed_in, draft):
    form = form_of(signed_in.get(address(draft)))
    signed_in.logout()
    page = signed_in.post(
        address(draft), {**form, "op": "next", "alias": "Typed"}, headers={"Sec-Fetch-Site": "same-origin"}
    )
    assert page.status_code == 401
    assert soup(page).find("input", {"name": "alias"})["value"] == "Typed"
    assert now(draft).text == AGENT


def test_another_persons_draft_and_one_that_is_not_there_are_answered_alike(client, draft, django_user_model):
    client.force_login(django_user_model.objects.create_superuser("other"))
    other = client.get(address(draft))
    missing = client.get(reverse("draft-step", args=["00000000-0000-4000-8000-000000000000", "basics"]))
    assert (other.status_code, missing.status_code) == (404, 404)
    assert words(other) == words(missing)
    assert client.post(address(draft), {"version": 1, "op": "save"}).status_code == 404


def test_a_step_that_there_is_not(signed_in, draft):
    assert signed_in.get(address(draft, "colours")).status_code == 404


def test_the_draft_of_a_deleted_project_can_be_moved(signed_in, draft, demo):
    demo.delete()
    Project.objects.create(name="logging")
    page = signed_in.get(address(draft))
    assert codes(page)[:1] == ["project-missing"]
    page = signed_in.post(reverse("draft-move", args=[draft.id]), {"project": "logging", "version": 1})
    page = follow(signed_in, page)
    assert toasts(page) == ["draft-moved"]
    assert "project-missing" not in codes(page)
    assert now(draft).project == "logging"
    assert documents.read(now(draft).text)[0].namespace == "logging"


def test_the_project_of_the_first_step_is_where_the_draft_goes(signed_in, draft):
    Project.objects.create(name="logging")
    submit(signed_in, draft, project="logging")
    assert now(draft).project == "logging"
    submit(signed_in, draft, op="undo")
    assert (now(draft).project, now(draft).text) == ("demo", AGENT)


def test_name_and_project_of_a_stored_daemonset_stay(signed_in, admin, demo):
    store = store_for("offline", admin)
    store.apply(AGENT, project="demo", base="")
    draft = drafts.create(admin, "offline", "demo", origin=store.get(daemonset("demo", "agent")))
    page = soup(signed_in.get(address(draft)))
    assert page.find("h1").get_text().strip() == "Edit agent"
    assert page.find(id="f-name").has_attr("readonly")
    assert soup(signed_in.get(address(draft, "labels"))).find(id="f-selector").has_attr("readonly")


@pytest.mark.parametrize(
    ("name", "state"),
    [("Agent_1", "wrong"), ("agent", "taken"), ("other", "free"), ("", None)],
)
def test_a_name_is_checked_while_it_is_typed(signed_in, admin, draft, name, state):
    store_for("offline", admin).apply(AGENT, project="demo", base="")
    page = signed_in.get(reverse("draft-name-check", args=[draft.id]), {"name": name, "project": "demo"})
    said = soup(page).select_one("[data-state]")
    assert (said and said["data-state"]) == state


@pytest.mark.parametrize("slug", STEPS)
def test_markup_in_every_text_field_is_text(signed_in, make, slug):
    draft = make((Path(__file__).parent.parent / "manifests" / "every-kind-of-volume.yaml").read_text())
    page = signed_in.get(address(draft, slug))
    soup_ = soup(page)
    texts = [
        field["name"]
        for field in soup_.select("#step-form input[type=text], #step-form textarea")
        if field.get("name") and not field.has_attr("readonly")
    ]
    form = form_of(page) | dict.fromkeys(texts, MARKUP)
    for op in ("save", "next", "preview"):
        answer = signed_in.post(address(draft, slug), {**form, "op": op})
        assert b"<script>alert" not in answer.content
    page = signed_in.get(address(draft, slug))
    assert b"<script>alert" not in page.content


def test_a_draft_whose_cluster_is_not_there_can_be_worked_on(signed_in, admin):
    draft = drafts.create(admin, "gone-cluster", "demo", AGENT)
    page = signed_in.get(address(draft, "nodes"))
    assert page.status_code == 200
    assert codes(page)[:1] == ["no-cluster"]
    page = submit(signed_in, draft, "nodes", op="next", **{"tol-0-effect": "NoExecute"})
    assert page.status_code == 303
    assert "effect: NoExecute" in now(draft).text


def test_a_row_is_added_by_htmx_without_saving_and_keeps_what_was_typed(signed_in, draft):
    form = form_of(signed_in.get(address(draft, "volumes")))
    typed = {**form, "op": "add:vol"}
    page = signed_in.post(address(draft, "volumes"), typed, headers={"HX-Request": "true"})
    assert soup(page).select_one("#r-vol #f-vol-0-name")
    typed = {**form_of(page), "vol-0-name": "typed", "op": "add:vol"}
    page = signed_in.post(address(draft, "volumes"), typed, headers={"HX-Request": "true"})
    assert form_of(page)["vol-0-name"] == "typed"
    assert "vol-1-name" in form_of(page)
    assert now(draft).text == AGENT


# ---- nodes picked by hand, and what scheduler and kubelet will do ----


@pytest.fixture
def samples(admin):
    """The offline store with its sample nodes."""
    first_start(admin)
    return store_for("offline", admin)


@pytest.fixture
def make_there(admin, samples):
    return lambda text: drafts.create(admin, "offline", "demo", text)


def ssd(store):
    return [each["metadata"]["name"] for each in store.nodes() if get(each, SSD) == "ssd"]


def offer(response):
    return soup(response).select_one('#picked button[value^="do:fix:"]')


def test_nodes_that_are_ticked_are_offered_by_what_they_share(signed_in, make_there, samples):
    draft = make_there(AGENT)
    picked = {f"on.{name}": "on" for name in ssd(samples)}
    page = submit(signed_in, draft, "nodes", "preview", **picked)
    assert soup(page).select_one("#picked")["hx-swap-oob"] == "true"
    assert "disktype=ssd" in offer(page).get_text()
    assert codes(page, "#picked") == ["nodes-by-name"]
    assert now(draft).text == AGENT
    page = follow(signed_in, submit(signed_in, draft, "nodes", **picked))
    page = follow(signed_in, submit(signed_in, draft, "nodes", offer(page)["value"]))
    assert now(draft).text == AGENT.rstrip() + "\n      nodeSelector:\n        disktype: ssd\n"
    assert not soup(page).select_one("#picked").get_text(strip=True)
    submit(signed_in, draft, "nodes", "undo")
    assert chosen_nodes(documents.read(now(draft).text)[0].value) == ssd(samples)


def test_undo_after_a_button_gives_back_what_was_typed_before_it(signed_in, make_there, samples):
    draft = make_there(AGENT)
    ticks = {f"on.{name}": "on" for name in ssd(samples)}
    button = offer(submit(signed_in, draft, "nodes", "preview", **ticks))["value"]
    page = follow(signed_in, submit(signed_in, draft, "nodes", button, **ticks))
    assert "disktype: ssd" in now(draft).text
    page = follow(signed_in, submit(signed_in, draft, "nodes", "undo", form=form_of(page)))
    assert {name for name in form_of(page) if name.startswith("on.")} >= ticks.keys()
    assert chosen_nodes(documents.read(now(draft).text)[0].value) == ssd(samples)
    submit(signed_in, draft, "nodes", "undo", form=form_of(page))
    assert now(draft).text == AGENT


def test_names_that_share_nothing_or_stand_beside_conditions_stay_names(signed_in, make_there, samples):
    draft = make_there(AGENT)
    one = ssd(samples)[0]
    for name in (one, "not-there-yet"):
        page = follow(signed_in, submit(signed_in, draft, "nodes", byname=name))
        assert codes(page, "#picked") == ["nodes-by-name"]
    assert offer(page) is None
    submit(signed_in, draft, "nodes", byname=None, **{f"on.{one}": None, "on.not-there-yet": None})
    condition = {"matchExpressions": [{"key": "pool", "operator": "Exists"}]}
    terms = [condition, *map(node_term, ssd(samples))]
    page = signed_in.get(address(make_there(documents.edit(AGENT, 0, [(NODE_TERMS, terms)])), "nodes"))
    assert offer(page) is None
    assert codes(page, "#picked") == ["nodes-by-name"]


def test_several_nodes_are_added_by_name_at_once(signed_in, make_there, samples):
    draft = make_there(AGENT)
    submit(signed_in, draft, "nodes", byname=" one, two\tthree ")
    assert chosen_nodes(documents.read(now(draft).text)[0].value) == ["one", "two", "three"]


LEVEL = "pod-security.kubernetes.io/enforce"


@pytest.mark.parametrize("same_text", [True, False])
def test_what_pod_security_forbids_is_said_with_its_field(signed_in, make_there, samples, same_text):
    labels = f"  labels:\n    {LEVEL}: baseline\n    {LEVEL}-version: v1.25\n"
    namespace = f"apiVersion: v1\nkind: Namespace\nmetadata:\n  name: demo\n{labels}"
    text = AGENT.replace("    spec:\n", "    spec:\n      hostNetwork: true\n")
    if not same_text:
        base = samples.get(of_project("demo")).version
        samples.apply(namespace, project="", base=base)
    draft = make_there(f"{text}---\n{namespace}" if same_text else text)
    for place in (address(draft, "nodes"), reverse("draft-review", args=[draft.id])):
        page = soup(signed_in.get(place))
        shown = page.select_one("section.fit")
        assert shown["data-refused"] == "1"
        assert codes(signed_in.get(place), "section.fit") == ["pod-security"]
        assert shown.select_one("li b").get_text() == "Host Namespaces"
        assert shown.select_one("li code").get_text() == "spec.template.spec.hostNetwork"
        assert shown.select_one("[data-level]")["data-level"] == "baseline"
        assert "v1.25" in shown.get_text()
        # The ways out: the field in its step, or a namespace that allows more.
        way = shown.select_one("li button, li a")
        assert way.get("value") == "go:pods" or "/pods/?doc=0" in way["href"]
        assert shown.select_one("[data-sufficient]")["data-sufficient"] == "privileged"
        link = shown.select_one('a[href$="/namespaces/demo/"]')
        assert (link is None) == same_text
        assert page.select_one("#beside-map h2 .chip.red, .reach [data-code=nowhere]")
        assert page.select_one("#beside-map, .reach")["data-runs"] == "12"


def lacking(response):
    """The resources of which nodes have too little, as the step says it."""
    return [each["data-resource"] for each in soup(response).select(".fit [data-code=room]")]


def test_limit_ranges_of_other_projects_count_for_what_their_daemonsets_take(
    signed_in, admin, make_there, samples
):
    samples.create_project("other")
    item = {"type": "Container", "defaultRequest": {"cpu": "3"}}
    limits = {"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "l"}, "spec": {"limits": [item]}}
    asks = AGENT.replace("1.0\n", "1.0\n        resources: {limits: {cpu: 1}}\n")
    draft = make_there(asks)
    assert lacking(signed_in.get(address(draft, "nodes"))) == []
    samples.apply(documents.to_yaml(limits), project="other", base="")
    samples.apply(AGENT.replace("demo", "other"), project="other", base="")
    assert lacking(signed_in.get(address(draft, "nodes"))) == ["cpu"]


def test_nodes_gained_count_as_gained_though_the_pod_will_not_start_there(signed_in, admin, samples):
    """Step and review say the same number."""
    samples.create_project("free")  # without quotas and limit ranges
    asks = AGENT.replace("1.0\n", "1.0\n        resources: {requests: {memory: 64Gi}}\n")
    huge = asks.replace("demo", "free")
    stored = samples.apply(
        huge.replace("spec:\n      c", "spec:\n      nodeName: none\n      c"), project="free", base=""
    )
    draft = drafts.create(admin, "offline", "free", huge, origin=samples.get(stored.ref))
    page = signed_in.get(address(draft, "nodes"))
    legend = [
        (each["data-state"], [int(number.get_text()) for number in each.select("b")])
        for each in soup(page).select(".legend li")
    ]
    assert legend == [("gain", [1]), ("fit", [11, 11])]
    review = signed_in.get(reverse("draft-review", args=[draft.id]))
    assert figures(review, ".reach")["gained"] == 12


def reasons(response):
    """Why nodes are excluded, a sentence for each reason."""
    return [item.select_one("div br").next_sibling for item in soup(response).select(".whys li")]


def test_what_all_nodes_of_a_reason_have_is_said_of_them(signed_in, make_there, samples):
    selecting = AGENT.replace("      tolerations", "      nodeSelector: {disktype: nvme}\n      tolerations")
    draft = make_there(selecting)
    [mixed] = reasons(signed_in.get(address(draft, "nodes")))
    for name in ssd(samples):
        samples.delete(Ref("v1", "Node", "", name))
    [without] = reasons(signed_in.get(address(draft, "nodes")))
    assert "disktype=nvme" in mixed
    assert "disktype=nvme" in without
    assert mixed != without, "some of them have the label with another value"


def test_another_daemonset_of_the_same_text_takes_its_host_port(signed_in, make_there, samples):
    text = AGENT.replace("1.0\n", "1.0\n        ports:\n        - {containerPort: 80, hostPort: 80}\n")
    other = text.replace("name: agent  # short\n  namespace: demo", "name: second")
    page = signed_in.get(address(make_there(f"{text}---\n{other}"), "nodes"))
    [problem] = soup(page).select(".fit [data-code=host-port]")
    assert problem["data-resource"] == "TCP 80"
    assert "demo/second" in problem.get_text()
    assert "demo/agent" not in soup(page).select_one("section.fit").get_text()


def quota(pods: int, project: str = "") -> str:
    return as_text(builders.quota({"pods": pods}, namespace=project))


def previews(client, draft):
    """What step 5 and the review show of the nodes of the draft's DaemonSet."""
    step = soup(client.get(address(draft, "nodes"))).select_one("#step-aside")
    review = soup(client.get(reverse("draft-review", args=[draft.id]))).select_one(".nodes-of")
    return [step, review]


def nowhere(preview):
    """Whether its head says that no pod will run."""
    return bool(preview.select("[data-code=nowhere]"))


def forecasts(preview):
    """(allowed, desired) of each forecast of a quota."""
    return [
        (int(each["data-allowed"]), int(each["data-desired"]))
        for each in preview.select(".forecast:not(.rollout)")
    ]


def legend(preview):
    """state → number of nodes."""
    return {each["data-state"]: int(each.b.get_text()) for each in preview.select(".legend li")}


def test_a_document_for_another_project_is_held_against_that_one(signed_in, make_there, samples):
    samples.create_project("other")
    samples.apply(AGENT, project="demo", base="")
    samples.apply(quota(1), project="demo", base="")
    samples.apply(quota(2), project="other", base="")
    elsewhere = AGENT.replace("demo", "other")
    draft = make_there(elsewhere.replace("      tolerations", "      nodeName: none\n      tolerations"))
    for preview in previews(signed_in, draft):
        assert not preview.select(".rollout")
        assert "lost" not in legend(preview)
    draft = make_there(elsewhere)
    for preview in previews(signed_in, draft):
        assert forecasts(preview) == [(2, 12)]


def test_an_edit_for_another_project_starts_from_what_that_one_has(signed_in, make_there, samples):
    samples.create_project("other")
    stored = AGENT.replace("demo", "other").replace(
        "      tolerations", "      nodeName: none\n      tolerations"
    )
    samples.apply(stored, project="other", base="")
    for preview in previews(signed_in, make_there(AGENT.replace("demo", "other"))):
        assert legend(preview) == {"gain": 12}


@pytest.mark.parametrize("project", ["demo", "other"])
def test_quotas_and_limit_ranges_of_the_text_count(signed_in, make_there, samples, project):
    samples.create_project("other")
    item = {"type": "Container", "min": {"cpu": "1"}}
    limits = {"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "l"}, "spec": {"limits": [item]}}
    limits["metadata"]["namespace"] = project
    asks = AGENT.replace("1.0\n", "1.0\n        resources: {requests: {cpu: 1m}}\n")
    texts = [asks.replace("demo", project), quota(3, project), documents.to_yaml(limits)]
    for preview in previews(signed_in, make_there("---\n".join(texts))):
        assert forecasts(preview) == [(3, 12)]
        assert nowhere(preview)


def test_classes_of_the_text_count(signed_in, make_there, samples):
    sandbox = "apiVersion: node.k8s.io/v1\nkind: RuntimeClass\nmetadata:\n  name: sandbox\nhandler: runsc\n"
    overhead = "overhead:\n  podFixed: {example.com/slots: '1'}\n"
    hard = as_text(builders.quota({"requests.example.com/slots": 5}))
    text = AGENT.replace("      tolerations", "      runtimeClassName: sandbox\n      tolerations")
    for preview in previews(signed_in, make_there("---\n".join([text, sandbox + overhead, hard]))):
        assert forecasts(preview) == [(5, 12)]


def test_a_quota_that_allows_no_pod_is_said_at_the_head(signed_in, make_there, samples):
    draft = make_there(f"{AGENT}---\n{quota(0)}")
    for preview in previews(signed_in, draft):
        head = preview.select_one("[data-runs]")
        assert (head["data-runs"], head["data-total"]) == ("12", "12")
        assert nowhere(head)
        assert forecasts(preview) == [(0, 12)]
    no_node = AGENT.replace("      tolerations", "      nodeName: none\n      tolerations")
    for preview in previews(signed_in, make_there(f"{no_node}---\n{quota(0)}")):
        assert not nowhere(preview)


@pytest.fixture
def api(tmp_path, settings):
    """A cluster with two nodes and the project demo, which enforces a Pod Security level."""
    cache.clear()
    with kube_api.FakeServer(tmp_path) as server:
        server.api.nodes = [{"metadata": {"name": f"n{n}"}} for n in range(2)]
        server.api.namespaces = [{"metadata": {"name": "demo", "labels": {LEVEL: "x"}}}]
        settings.KUBECONFIG = str(server.kubeconfig)
        yield server.api
    cache.clear()


def test_redrawing_the_map_reads_the_pods_of_a_cluster_once_for_each_person(
    signed_in, admin, api, django_user_model
):
    draft = drafts.create(admin, "faulty", "demo", AGENT)
    page = signed_in.get(address(draft, "nodes"))
    assert soup(page).select_one(".fit [data-level]")["data-level"] == "restricted"
    assert "no-allocatable" in notes(page)
    assert "n0, n1" in soup(page).select_one("[data-note=no-allocatable]").get_text()
    form = form_of(page)
    for key in ("a", "b"):
        submit(signed_in, draft, "nodes", "preview", form=form, **{"tol-0-k": key, "tol-0-op": "Exists"})
    assert api.paths.count("/api/v1/pods") == 1
    other = django_user_model.objects.create_superuser("second")
    draft = drafts.create(other, "faulty", "demo", AGENT)
    signed_in.force_login(other)
    signed_in.get(address(draft, "nodes"))
    assert api.paths.count("/api/v1/pods") == 2


def test_saving_while_somebody_types_asks_the_cluster_nothing(signed_in, admin, api):
    draft = drafts.create(admin, "faulty", "demo", AGENT)
    forms = {slug: form_of(signed_in.get(address(draft, slug))) for slug in ("basics", "pods", "nodes")}
    asked = len(api.paths)
    for slug, typed in (("basics", {"alias": "x"}), ("pods", {"grace": "x"}), ("nodes", {"on.n0": "on"})):
        form = {**forms[slug], "version": now(draft).version, **typed}
        assert submit(signed_in, draft, slug, "keep", form=form).json()["state"] in ("saved", "invalid")
    text = signed_in.post(
        f"/drafts/{draft.pk}/yaml/", {"text": "a: [", "version": now(draft).version, "op": "keep"}
    )
    assert text.json()["state"] == "saved"
    assert len(api.paths) == asked


def test_a_server_without_pod_security_enforces_none(signed_in, admin, api):
    api.minor = 22
    page = signed_in.get(address(drafts.create(admin, "faulty", "demo", AGENT), "nodes"))
    assert not soup(page).select(".fit [data-level], .fit .why")
    assert soup(page).select_one("[data-unheeded]")["data-unheeded"] == "restricted"


def test_of_more_pods_than_are_read_it_is_said_that_nothing_is_known_of_room(signed_in, admin, api):
    api.nodes = [{"metadata": {"name": f"n{n}"}} for n in range(501)]
    api.pods = [{"metadata": {"name": f"p{n}", "namespace": "demo"}} for n in range(20_001)]
    draft = drafts.create(admin, "faulty", "demo", AGENT)
    page = signed_in.get(address(draft, "nodes"))
    submit(signed_in, draft, "nodes", "preview", form=form_of(page))
    assert "many-pods" in notes(page)
    assert api.paths.count("/api/v1/pods") == 1
    # What DaemonSets want would be no answer, so it is not asked for.
    assert "/apis/apps/v1/daemonsets" not in api.paths


def test_the_reason_of_a_node_beside_very_many_picked_ones_stays_short(signed_in, make_there, samples):
    terms = [node_term(f"picked-{n}") for n in range(300)]
    page = signed_in.get(address(make_there(documents.edit(AGENT, 0, [(NODE_TERMS, terms)])), "nodes"))
    said = max(len(each.get_text()) for each in soup(page).select(".whys li"))
    assert "metadata.name In [picked-5] | …" in words(page)
    assert said < 800


def test_a_quota_that_refuses_every_pod_marks_every_node(signed_in, make_there, samples):
    hard = as_text(builders.quota({"limits.memory": "9Gi"}))
    samples.delete(Ref("v1", "LimitRange", "demo", "demo-defaults"))
    draft = make_there(f"{AGENT}---\n{hard}")
    for preview in previews(signed_in, draft):
        assert nowhere(preview)
        assert legend(preview) == {"fit": 12}
        cause = preview.select_one(".forecast .bad").get_text()
        assert "agent" in cause
        assert "limits.memory" in cause


def test_a_surge_without_room_beside_the_old_pods_is_said(signed_in, make_there, samples):
    asks = AGENT.replace("1.0\n", "1.0\n        resources: {requests: {cpu: '3'}, limits: {cpu: '3'}}\n")
    surge = asks.replace(
        "spec:\n", "spec:\n  updateStrategy: {rollingUpdate: {maxUnavailable: 0, maxSurge: 1}}\n", 1
    )
    samples.apply(surge, project="demo", base="")
    page = signed_in.get(reverse("draft-review", args=[make_there(surge.replace(":1.0", ":2.0")).id]))
    rollout = soup(page).select_one("section.rollout")
    assert [remark["data-code"] for remark in rollout.select("[data-code]")] == [
        "refused",
        "surge-room",
        "stops",
    ]


# ---- the cards of step 2, and links into a form ----

EVERY_FIELD = next(path for path in OWN_MANIFESTS if path.name == "every-pod-field.yaml").read_text()


def test_a_closed_card_says_what_its_container_runs(signed_in, make):
    page = soup(signed_in.get(reverse("draft-step", args=[make(EVERY_FIELD).pk, "pods"])))
    cards = {card["id"]: card for card in page.select(".container")}
    assert {name: card.select_one("[data-kind]")["data-kind"] for name, card in cards.items()} == {
        "c-0": "worker",
        "c-1": "worker",
        "i-0": "init",
        "i-1": "sidecar",
    }
    assert not page.select(".container > details[open]")
    assert cards["c-0"].select_one("summary code").text == "registry.example.com:5000/team/agent:2.4.1"
    assert [each.text for each in cards["c-0"].select(".amounts b")] == ["100m", "128Mi"]
    counts = {
        group["id"]: group.select_one("[data-count]") for group in cards["c-0"].select(".folds > details")
    }
    assert {name: each and each["data-count"] for name, each in counts.items()} == {
        "g-c-0-ports": "4",
        "g-c-0-env": "10",
        "g-c-0-health": "3",
        "g-c-0-start": "3",
        "g-c-0-sec": "17",
        "g-c-0-life": "2",
        "g-c-0-res": "1",
        "g-c-0-more": "5",
    }


def test_the_only_container_is_open_and_its_parts_are_closed(signed_in, make):
    page = soup(signed_in.get(reverse("draft-step", args=[make(AGENT).pk, "pods"])))
    assert [each["id"] for each in page.select("#step-form details[open]")] == ["g-c-0"]


def test_an_error_opens_its_part_and_its_card(signed_in, make):
    text = EVERY_FIELD.replace("containerPort: 53, protocol: UDP", "containerPort: 99999, protocol: UDP")
    page = soup(signed_in.get(reverse("draft-step", args=[make(text).pk, "pods"])))
    assert [each["id"] for each in page.select("#step-form details[open]")] == ["g-c-0", "g-c-0-ports"]
    assert page.select_one("#g-c-0 > summary [data-errors]")["data-errors"] == "1"


@pytest.mark.parametrize(
    ("at", "field", "opened"),
    [
        ("spec.template.spec.containers[1].image", "c-1-image", ["g-c-1"]),
        (
            "spec.template.spec.containers[0].ports[1].containerPort",
            "c-0-ports-1-port",
            ["g-c-0", "g-c-0-ports"],
        ),
        ("spec.template.spec.containers[0].resources.claims", "c-0-image", ["g-c-0"]),
        (
            "spec.template.spec.containers[0].livenessProbe.httpGet.port",
            "c-0-live-http-port",
            ["g-c-0", "g-c-0-health"],
        ),
        ("spec.template.spec.initContainers[1].restartPolicy", "i-1-restart", ["g-i-1"]),
        ("spec.minReadySeconds", "ready", ["g-update"]),
        ("spec.template.spec.securityContext.fsGroup", "fsgroup", ["g-podsec"]),
        ("spec.template.spec.nowhere", "", []),
        ("nonsense[", "", []),
    ],
)
def test_a_link_leads_to_the_field_that_a_finding_is_about(signed_in, make, at, field, opened):
    address = reverse("draft-step", args=[make(EVERY_FIELD).pk, "pods"])
    page = soup(signed_in.get(address, {"at": at}))
    assert [each.get("name") for each in page.select("[autofocus]")] == ([field] if field else [])
    assert [each["id"] for each in page.select("#step-form details[open]")] == opened


def test_each_finding_of_the_review_leads_to_a_field(signed_in, make):
    text = EVERY_FIELD.replace("image: helper\n", "image: hel per\n").replace(
        "minReadySeconds: 5 ", "minReadySeconds: -5 "
    )
    page = soup(signed_in.get(reverse("draft-step", args=[make(text).pk, "review"]), follow=True))
    links = [each["href"] for each in page.select('a[href*="&at="]')]
    assert len(links) > 3
    for link in links:
        assert len(soup(signed_in.get(link)).select("[autofocus]")) == 1, link


def test_a_typed_amount_is_stored_with_the_chosen_unit(signed_in, make):
    draft = make(AGENT)
    address = reverse("draft-step", args=[draft.pk, "pods"])
    sent = submitted(signed_in.get(address).content.decode(), "step-form")
    sent |= {
        "c-0-cpu-req": "250",
        "c-0-mem-req": "1.5",
        "c-0-mem-req-unit": "Gi",
        "c-0-mem-lim": "2G",
        "op": "save",
    }
    assert signed_in.post(address, sent).status_code == 303
    draft.refresh_from_db()
    [container] = get(documents.read(draft.text)[0].value, ("spec", "template", "spec", "containers"))
    assert container["resources"] == {
        "requests": {"cpu": "250m", "memory": "1.5Gi"},
        "limits": {"memory": "2G"},
    }


# ---- objects that are missing ----


def test_a_missing_object_is_added_by_one_button_wherever_the_warning_is_shown(signed_in, make):
    uses = "      volumes:\n      - name: settings\n        configMap: {name: settings}\n"
    draft = make(AGENT + uses)
    for page in ("volumes", "yaml", "review"):
        shown = soup(signed_in.get(f"/drafts/{draft.pk}/{page}/"))
        button = shown.select_one("[name=op][value='object:ConfigMap:settings']")
        form = shown.find("form", id=button["form"])
        fields = {field["name"]: field.get("value", "") for field in form.select("input[name]")}
        if page == "yaml":
            fields["text"] = draft.text
        answer = signed_in.post(f"/drafts/{draft.pk}/{page}/", {**fields, "op": button["value"]})
        assert answer.status_code == 303, page
        assert documents.read(now(draft).text)[-1].name == "settings"
        shown = soup(follow(signed_in, answer))
        assert not shown.select("[data-code='configmap-missing']")
        drafts.undo(now(draft), now(draft).version)


# ---- leaving with errors ----


def test_the_stepper_stops_once_at_a_new_error_and_yaml_mode_does_not(signed_in, make):
    draft = make(AGENT)
    wrong = {"name": "Not A Name"}
    page = submit(signed_in, draft, op="go:labels", **wrong)
    assert page.status_code == 422
    assert "new-errors" in codes(page)
    assert now(draft).text == AGENT
    anyway = soup(page).select_one("[data-code=new-errors] button")["value"]
    assert submit(signed_in, draft, op=anyway, **wrong)["Location"] == address(draft, "labels")
    assert "Not A Name" in now(draft).text
    assert submit(signed_in, make(AGENT), op="go:yaml", **wrong).status_code == 303


def test_next_stops_once_at_what_was_never_filled_in_with_the_cursor_there(signed_in, make):
    for slug, code, field, then in (
        ("basics", "name-missing", "name", "pods"),
        ("pods", "required", "c-0-image", "volumes"),
    ):
        draft = make()
        page = submit(signed_in, draft, slug, op="next")
        assert page.status_code == 422
        assert codes(page, ".body > [data-code=new-errors]") == [code]
        assert [each["name"] for each in soup(page).select("#step-form [autofocus]")] == [field]
        done = submit(signed_in, draft, slug, op="next", form=form_of(page))
        assert done["Location"] == address(draft, then)
        assert submit(signed_in, draft, slug, op="go:labels").status_code == 303


def test_next_stops_again_at_another_error(signed_in, make):
    draft = make()
    form = form_of(submit(signed_in, draft, "pods", op="next"))
    wrong = submit(signed_in, draft, "pods", op="next", form=form, **{"c-0-name": "Not A Name"})
    assert wrong.status_code == 422
    again = submit(signed_in, draft, "pods", op="next", form=form_of(wrong))
    assert again["Location"] == address(draft, "volumes")


def test_a_step_that_is_not_begun_opens_with_the_cursor_in_its_first_required_field(signed_in, make):
    def cursors(draft, slug):
        page = soup(signed_in.get(address(draft, slug)))
        return [each["name"] for each in page.select("#step-form [autofocus]")]

    assert cursors(make(), "pods") == ["c-0-image"]
    assert cursors(make(), "basics") == ["name"]
    assert soup(signed_in.get(address(make(), "pods", "?at=spec"))).select(
        "#step-form [name=c-0-image][autofocus]"
    )
    assert cursors(make(AGENT), "pods") == []


def test_the_cursor_goes_to_the_first_field_that_cannot_be_read(signed_in, draft):
    page = submit(signed_in, draft, "pods", op="next", grace="thirty")
    assert page.status_code == 422
    assert [each["name"] for each in soup(page).select("#step-form [autofocus]")] == ["grace"]


# ---- findings are about what the page shows ----


def test_a_row_added_to_a_form_brings_no_finding_about_what_is_typed_over(signed_in, make):
    draft = make()
    form = form_of(signed_in.get(address(draft, "pods")))
    typed = {"c-0-image": "fluent/fluent-bit:4"}
    typed["saved"] = submit(signed_in, draft, "pods", op="keep", form=form, **typed).json()["saved"]
    page = submit(signed_in, draft, "pods", op="add:c", form=form, **typed)
    assert "required" not in codes(page, "#step-form")
    assert figures(page, ".stop[data-step=pods]")["errors"] == 0
    assert [each["name"] for each in soup(page).select("#step-form [autofocus]")] == ["c-1-image"]


def test_a_row_added_to_a_step_that_is_not_begun_reports_nothing_yet(signed_in, make):
    assert codes(submit(signed_in, make(), "pods", op="add:c"), "#step-form") == []


def test_an_invalid_form_keeps_no_finding_about_a_field_that_is_typed_over(signed_in, make):
    draft = make(AGENT.replace("image: example.com/agent:1.0", "image: ' '"))
    wrong = set(codes(signed_in.get(address(draft, "pods")), "#c-0"))
    page = submit(signed_in, draft, "pods", op="next", grace="thirty", **{"c-0-image": "nginx:1"})
    assert page.status_code == 422
    assert wrong - set(codes(page, "#c-0")) >= {"image-space", "image-reference"}


def test_the_stepper_follows_what_is_typed(signed_in, make):
    draft = make(AGENT + "---\n" + AGENT.replace("agent", "other"))
    typed = {"name": "Not_a_name", "op": "preview"}
    page = signed_in.post(address(draft), {**form_of(signed_in.get(address(draft))), **typed})
    assert soup(page).find(id="stepper")["hx-swap-oob"] == "true"
    assert figures(page, ".stop[data-step=basics]")["errors"] == 1
    assert figures(page, ".stop[data-step=review]")["errors"] == 1
    assert [int(chip["data-errors"]) for chip in soup(page).select(".sets [data-document]")] == [1, 0]
    page = submit(signed_in, draft, "pods", op="preview", grace="thirty")
    assert codes(page, ".stop[data-step=pods]") == ["input-kept"]


# ---- several DaemonSets ----


def test_every_page_of_a_bundle_says_which_daemonset_it_is_about_and_which_have_errors(signed_in, make):
    wrong = AGENT.replace("agent", "Second_")
    draft = make(AGENT + "---\n" + wrong)
    drafts.keep_input(draft, "pods", 1, fields={}, version=1)
    for place in ("basics", "yaml", "review"):
        shown = soup(signed_in.get(f"/drafts/{draft.pk}/{place}/"))
        chips = shown.select("nav.sets [data-document]")
        assert [bool(chip.select("[data-code=input-kept]")) for chip in chips] == [False, True]
        assert [int(chip["data-errors"]) > 0 for chip in chips] == [False, True], place
        assert [chip.get("aria-current") for chip in chips] == ["true", None]


def test_of_very_many_suggestions_some_are_offered(signed_in, admin, make):
    secrets = [
        as_text({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": f"s{n}"}}) for n in range(250)
    ]
    store = store_for("offline", admin)
    store.apply_all([Write(text, "demo", "") for text in secrets])
    page = soup(signed_in.get(address(make(AGENT), "pods")))
    lists = [len(each.select("option")) for each in page.select("datalist")]
    assert max(lists) == 200
