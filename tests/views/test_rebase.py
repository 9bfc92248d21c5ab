"""Others change the object that a draft is about: what does not touch the same fields is kept, and said."""

from __future__ import annotations

import pytest

from tests import kube_api
from tests.stores.texts import daemonset_text, namespace
from tests.views.pages import codes, follow, hidden, soup
from workloads.drafts import store as drafts
from workloads.models import Draft
from workloads.stores import store_for
from workloads.stores.protocol import daemonset

AGENT = daemonset("demo", "agent")
CALM = daemonset_text().replace("metadata:\n", "metadata:\n  annotations:\n    lease: '0'\n", 1)


def slower(text):
    """What others changed in it, far from the image."""
    return text.replace("spec:\n", "spec:\n  minReadySeconds: 5\n", 1)


def image(text):
    return next(line.strip() for line in text.splitlines() if "image: " in line)


@pytest.fixture
def store(admin, demo):
    store = store_for("offline", admin)
    store.apply(daemonset_text(), project="demo", base="")
    return store


@pytest.fixture
def edited(admin, store):
    """A draft that was saved with nginx:2, and then with nginx:3."""
    draft = drafts.create(admin, "offline", "demo", origin=store.get(AGENT))
    for version in (2, 3):
        draft = drafts.save(draft, daemonset_text(image=f"nginx:{version}"), version=draft.version)
    return draft


def review(draft):
    return f"/drafts/{draft.pk}/review/"


def press(client, draft, page, op="store", **more):
    sent = {"seen": hidden(page, "seen"), "version": hidden(page, "version"), "op": op, **more}
    return client.post(review(draft), sent)


def others(store, text):
    store.apply(text, project="demo", base=store.get(AGENT).version)


def test_what_others_changed_in_other_fields_is_in_the_review_and_said(signed_in, store, edited):
    others(store, slower(daemonset_text()))
    page = signed_in.get(review(edited))
    assert "minReadySeconds: 5" in soup(page).select_one("#rebased").text
    assert [line.text.strip() for line in soup(page).select("#d0 .diff ins")] == ["image: nginx:3"]
    assert press(signed_in, edited, page).status_code == 303
    stored = store.get(AGENT).text
    assert (image(stored), "minReadySeconds: 5" in stored) == ("image: nginx:3", True)


def test_what_others_changed_after_the_review_is_reviewed_once_more(signed_in, store, edited):
    page = signed_in.get(review(edited))
    others(store, slower(daemonset_text()))
    again = press(signed_in, edited, page)
    assert again.status_code == 409
    assert {"rebased"} == {code for code in codes(again, ".body") if code in ("rebased", "object-changed")}
    assert image(store.get(AGENT).text) == "image: nginx:1"
    assert press(signed_in, edited, again).status_code == 303
    stored = store.get(AGENT).text
    assert (image(stored), "minReadySeconds: 5" in stored) == ("image: nginx:3", True)


@pytest.mark.parametrize(
    "theirs",
    [
        daemonset_text(image="nginx:9"),
        # The same key, far from where the draft has it.
        daemonset_text().replace("  selector", "  minReadySeconds: 9\n  selector"),
    ],
)
def test_where_both_changed_one_field_nothing_is_merged_by_itself(signed_in, store, edited, theirs):
    mine = edited.text + "  minReadySeconds: 7\n"
    drafts.save(edited, mine, version=edited.version)
    others(store, theirs)
    page = signed_in.get(review(edited))
    assert "object-changed" in codes(page, "#d0")
    assert press(signed_in, edited, page).status_code == 409
    assert Draft.objects.get().text == mine


def test_undo_takes_back_what_was_typed_and_never_what_others_changed(signed_in, store, edited):
    others(store, slower(daemonset_text()))
    page = signed_in.get(review(edited))
    for before in ("image: nginx:2", "image: nginx:1"):
        page = follow(signed_in, press(signed_in, edited, page, "undo"))
        text = Draft.objects.get().text
        assert (image(text), "minReadySeconds: 5" in text) == (before, True)
        assert "object-changed" not in codes(page, "#d0")
    assert not soup(page).select_one("[name=op][value=undo]")


def test_redo_goes_on_where_it_was_after_others_changed_the_object(signed_in, store, edited):
    draft = drafts.undo(edited, edited.version)
    others(store, slower(daemonset_text()))
    signed_in.get(review(edited))
    draft = drafts.redo(draft, Draft.objects.get().version)
    signed_in.get(review(edited))
    text = Draft.objects.get().text
    assert (image(text), "minReadySeconds: 5" in text) == ("image: nginx:3", True)


# On a cluster controllers write all the time


class Controller(kube_api.KubeApi):
    """Someone else sets the annotation `lease` anew each time the DaemonSet was read."""

    def __init__(self):
        super().__init__()
        self.changes = 0
        self.also = {}

    def respond(self, handler):
        answer = super().respond(handler)
        if self.changes and handler.command == "GET" and handler.path.endswith("/daemonsets/agent"):
            self.changes -= 1
            found = self._find("daemonsets", "demo", "agent")
            found["metadata"]["annotations"] |= {"lease": f"left {self.changes}", **self.also}
            self._written(found, "controller", "Update", {"f:metadata": {"f:annotations": {"f:lease": {}}}})
        return answer


@pytest.fixture
def cluster(tmp_path, settings):
    with kube_api.FakeServer(tmp_path, Controller()) as server:
        settings.KUBECONFIG = str(server.kubeconfig)
        yield server.api


@pytest.fixture
def churned(admin, cluster):
    """A draft of an image for the DaemonSet of a cluster."""
    store = store_for(kube_api.CONTEXT, admin)
    store.apply(namespace("demo"), project="", base=None)
    store.apply(CALM, project="demo", base=None)
    stored = store.get(AGENT)
    draft = drafts.create(admin, kube_api.CONTEXT, "demo", origin=stored)
    return drafts.save(draft, stored.text.replace("nginx:1", "nginx:2"), version=1)


def live(admin):
    return store_for(kube_api.CONTEXT, admin).get(AGENT).value


def test_an_annotation_that_is_written_all_the_time_prevents_no_save(signed_in, admin, cluster, churned):
    cluster.changes = 1
    page = signed_in.get(review(churned))
    cluster.changes = 2
    assert press(signed_in, churned, page).status_code == 303
    value = live(admin)
    assert value["spec"]["template"]["spec"]["containers"][0]["image"] == "nginx:2"
    assert value["metadata"]["annotations"] == {"lease": "left 0"}


def test_a_review_is_on_top_of_what_controllers_write_while_it_is_made(signed_in, admin, cluster, churned):
    cluster.changes = 3
    page = signed_in.get(review(churned))
    assert cluster.changes == 0
    assert "object-changed" not in codes(page, "#d0")
    assert "lease: left 0" in soup(page).select_one("#rebased").text
    assert press(signed_in, churned, page).status_code == 303


def test_after_a_bounded_number_of_tries_the_person_is_asked(signed_in, admin, churned, cluster):
    page = signed_in.get(review(churned))
    cluster.changes = 1000
    again = press(signed_in, churned, page)
    assert again.status_code == 409
    assert 1000 - cluster.changes < 40
    left, cluster.changes = cluster.changes, 0
    assert press(signed_in, churned, signed_in.get(review(churned))).status_code == 303
    assert live(admin)["metadata"]["annotations"] == {"lease": f"left {left}"}


def test_undo_after_such_tries_never_takes_back_what_the_controller_wrote(signed_in, churned, cluster):
    page = signed_in.get(review(churned))
    cluster.changes = 1000
    again = press(signed_in, churned, page)
    assert "rebased" in codes(again)
    left, cluster.changes = cluster.changes, 0
    page = follow(signed_in, press(signed_in, churned, again, "undo"))
    assert "object-changed" not in codes(page, "#d0")
    text = Draft.objects.get().text
    assert (image(text), f"lease: left {left}" in text) == ("image: nginx:1", True)


def test_a_new_annotation_is_shown_before_anything_is_saved(signed_in, admin, cluster, churned):
    page = signed_in.get(review(churned))
    cluster.changes, cluster.also = 1, {"owner": "red"}
    live(admin)
    again = press(signed_in, churned, page)
    assert again.status_code == 409
    assert "owner: red" in soup(again).select_one("#rebased").text
    assert press(signed_in, churned, again).status_code == 303
    assert live(admin)["metadata"]["annotations"]["owner"] == "red"


def test_the_annotation_that_the_person_changes_too_is_theirs_to_decide(signed_in, admin, cluster, churned):
    text = churned.text.replace("lease: '0'", "lease: mine")
    drafts.save(churned, text, version=churned.version)
    page = signed_in.get(review(churned))
    cluster.changes = 1
    live(admin)
    again = press(signed_in, churned, page)
    assert again.status_code == 409
    assert "object-changed" in codes(again, "#d0")
    assert live(admin)["metadata"]["annotations"] == {"lease": "left 0"}


@pytest.fixture
def imported(admin, cluster):
    """A draft of a manifest that gives another image to a DaemonSet of the cluster, and says its labels."""
    store = store_for(kube_api.CONTEXT, admin)
    store.apply(namespace("demo"), project="", base=None)
    store.apply(CALM, project="demo", base=None)
    return drafts.create(admin, kube_api.CONTEXT, "demo", CALM.replace("nginx:1", "nginx:2"))


def annotated(admin, lease, **more):
    """Somebody sets the annotation with the console."""
    store = store_for(kube_api.CONTEXT, admin)
    text = CALM.replace("lease: '0'", f"lease: {lease}")
    store.apply(text, project="demo", base=store.get(AGENT).version)


def test_an_import_sets_no_annotation_back_that_its_review_did_not_show(signed_in, admin, imported):
    page = signed_in.get(review(imported))
    assert [line.text.strip() for line in soup(page).select("#d0 .diff del")] == ["image: nginx:1"]
    annotated(admin, "theirs")
    again = press(signed_in, imported, page)
    assert (again.status_code, "object-changed" in codes(again, "#d0")) == (409, True)
    assert live(admin)["metadata"]["annotations"] == {"lease": "theirs"}


def test_of_an_annotation_that_an_import_does_not_name_the_value_may_change(
    signed_in, admin, cluster, imported
):
    text = imported.text.replace("  annotations:\n    lease: '0'\n", "")
    drafts.save(imported, text, version=imported.version)
    page = signed_in.get(review(imported))
    cluster.changes = 1
    live(admin)
    assert press(signed_in, imported, page, exact="0").status_code == 303
