"""Labels and taints as people type them."""

from __future__ import annotations

import re

import pytest

from tests.stores.texts import daemonset_text
from tests.views.pages import hidden, soup
from workloads.drafts import store as drafts
from workloads.drafts.starters import starter
from workloads.stores import store_for
from workloads.stores.protocol import Ref, daemonset

DEMO = "/clusters/offline/projects/demo"
LABELS = "/clusters/offline/nodes/what-if/labels/"
NODE = """\
apiVersion: v1
kind: Node
metadata:
  name: what-if
  labels:
    disk: ssd
"""


@pytest.fixture
def store(admin):
    store = store_for("offline", admin)
    store.replace_nodes(NODE)
    return store


@pytest.mark.parametrize(
    ("labels", "taints", "named"),
    [
        ("\ndisk=ssd\nzone=a\ndisk=hdd", "", r"\b4\b.*disk.*\b2\b"),
        ("", "gpu=a:NoSchedule\n\ngpu=b:NoSchedule", r"\b3\b.*gpu:NoSchedule.*\b1\b"),
        ("disk=ssd\n=x", "", r"\b2\b"),
        ("", "gpu:NoSchedule\ngpu:Never", r"\b2\b.*gpu:Never"),
    ],
)
def test_a_line_that_cannot_be_read_is_named_and_kept(signed_in, store, labels, taints, named):
    """named: the line, what it holds, and the line that has the same."""

    def error(response):
        [found] = soup(response).select(".invalid-feedback")
        assert found.find_previous("textarea")["name"] == ("labels" if labels else "taints")
        return found.get_text()

    form = {"seen": hidden(signed_in.get(LABELS), "seen"), "labels": labels, "taints": taints}
    refused = signed_in.post(LABELS, form)
    assert refused.status_code == 422
    assert re.search(named, error(refused))
    assert (labels or taints).strip() in refused.text
    what_if = {"like": "", "stem": "gpu", "count": "2", "labels": labels, "taints": taints}
    assert re.search(named, error(signed_in.post("/clusters/offline/what-if/", what_if)))
    assert store.get(Ref("v1", "Node", "", "what-if")).text == NODE
    assert len(store.nodes()) == 1


def test_a_taint_may_have_each_effect_once(signed_in, store):
    form = {"seen": hidden(signed_in.get(LABELS), "seen"), "labels": "disk=ssd"}
    signed_in.post(LABELS, form | {"taints": "gpu=a:NoSchedule\r\ngpu=a:NoExecute"})
    taints = store.get(Ref("v1", "Node", "", "what-if")).value["spec"]["taints"]
    assert [taint["effect"] for taint in taints] == ["NoSchedule", "NoExecute"]


TAINTED = """\
apiVersion: v1
kind: Node
metadata:
  name: what-if
  labels:
    disk: ssd  # fast
    worker:
spec:
  taints:
  - key: gpu
    value: a
    effect: NoSchedule
    timeAdded: "2026-01-01T00:00:00Z"
  # soon
  - key: old
    effect: NoExecute
"""


@pytest.mark.parametrize(
    ("labels", "taints", "before", "after"),
    [
        pytest.param("disk=ssd", "gpu=a:NoSchedule\nold:NoExecute", "", "", id="nothing"),
        pytest.param(
            "disk=ssd\nzone=a",
            "gpu=a:NoSchedule\nold:NoExecute",
            "    worker:\n",
            "    worker:\n    zone: a\n",
            id="a label",
        ),
        pytest.param(
            "disk=ssd",
            "gpu=a:NoSchedule\nold=b:NoExecute",
            "    effect: NoExecute\n",
            "    effect: NoExecute\n    value: b\n",
            id="another taint",
        ),
        pytest.param(
            "disk=ssd",
            "gpu=a:NoSchedule",
            "  # soon\n  - key: old\n    effect: NoExecute\n",
            "",
            id="one taint less",
        ),
        pytest.param(
            "disk=ssd",
            "gpu=b:NoSchedule\nold:NoExecute",
            '    value: a\n    effect: NoSchedule\n    timeAdded: "2026-01-01T00:00:00Z"\n',
            "    value: b\n    effect: NoSchedule\n",
            id="another value is another taint",
        ),
    ],
)
def test_labels_and_taints_that_stay_are_left_as_they_are(signed_in, store, labels, taints, before, after):
    what_if = Ref("v1", "Node", "", "what-if")
    store.apply(TAINTED, project="", base=None)
    form = {"seen": hidden(signed_in.get(LABELS), "seen"), "labels": labels, "taints": taints}
    assert signed_in.post(LABELS, form).status_code == 303
    assert store.get(what_if).text == TAINTED.replace(before, after, 1)


def test_hypothetical_nodes_are_named_wherever_nodes_are_counted(signed_in, admin, store, demo):
    store.apply(starter("ResourceQuota"), project="demo", base="")
    store.apply(daemonset_text("agent"), project="demo", base="")
    draft = drafts.create(admin, "offline", "demo", origin=store.get(daemonset("demo", "agent")))
    pages = [
        f"{DEMO}/daemonsets/",
        f"{DEMO}/daemonsets/agent/nodes/",
        f"{DEMO}/matrix/",
        "/clusters/offline/matrix/",
        f"/drafts/{draft.id}/nodes/",
        f"/drafts/{draft.id}/review/",
    ]
    assert not [page for page in pages if soup(signed_in.get(page)).select("[data-note=hypothetical]")]
    signed_in.post("/clusters/offline/what-if/", {"like": "", "stem": "gpu", "count": "3"})
    for page in pages:
        note = soup(signed_in.get(page)).select_one("[data-note=hypothetical]")
        assert re.findall(r"\d+", note.get_text()) == ["3", "4"], page
        assert note.find("a", href="/clusters/offline/nodes/"), page
