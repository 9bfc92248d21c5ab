"""The nodes: looked at, searched, replaced."""

from __future__ import annotations

import json

import pytest
from bs4 import BeautifulSoup
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template.loader import render_to_string
from django.test import Client

from tests.stores.texts import node
from tests.views.pages import codes, column, empty, figures, follow, hidden, notes, soup, toasts
from workloads.stores import store_for
from workloads.stores.offline.store import first_start
from workloads.views.columns import Column, table
from workloads.views.nodes.columns import COLUMNS

NODES = "/clusters/offline/nodes/"
REPLACE = "/clusters/offline/replace-nodes/"
LISTED = {
    "apiVersion": "v1",
    "kind": "List",
    "items": [
        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {
                "name": name,
                "labels": {"disk": "ssd", "node-role.kubernetes.io/worker": ""},
                "creationTimestamp": "2026-01-01T00:00:00Z",
            },
            "spec": {
                "unschedulable": True,
                "taints": [{"key": "gpu", "value": "yes", "effect": "NoSchedule"}],
            },
            "status": {
                "allocatable": {"cpu": "3920m", "memory": "8Gi", "pods": "110", "nvidia.com/gpu": "2"},
                "conditions": [{"type": "Ready", "status": status}],
                "nodeInfo": {"kubeletVersion": "v1.34.1"},
            },
        }
        for name, status in (("one", "True"), ("two", "False"))
    ],
}


@pytest.fixture
def store(admin, demo):
    return store_for("offline", admin)


def names(store):
    return [value["metadata"]["name"] for value in store.nodes()]


def test_without_nodes_the_page_says_what_is_missing(signed_in, db):
    page = signed_in.get(NODES)
    assert empty(page) == ["no-nodes"]
    assert soup(page).select_one(f'.empty a[href="{REPLACE}"]')


def test_samples_are_marked_and_can_be_replaced(signed_in, admin):
    first_start(admin)
    page = signed_in.get(NODES)
    assert notes(page) == ["samples"]
    assert all(row.select_one(".chip.blue") for row in soup(page).select("tbody tr"))


def test_what_was_pasted_is_shown_before_it_counts(signed_in, store):
    store.apply(node("old"), project="", base="")
    page = signed_in.post(REPLACE, {"do": "look", "text": json.dumps(LISTED)})
    assert page.status_code == 200
    assert column(page) == ["one", "two"]
    assert figures(page, "#found") == {"count": 2, "now": 1, "lost": 1}
    assert names(store) == ["old"]
    assert soup(page).select_one("textarea").text.strip() == ""
    kept = {"do": "replace", "text": "", "kept": hidden(page, "kept")}
    page = follow(signed_in, signed_in.post(REPLACE, kept))
    assert toasts(page) == ["nodes-replaced"]
    assert names(store) == ["one", "two"]


def test_a_row_says_what_decides_placement(signed_in, store):
    signed_in.post(REPLACE, {"do": "replace", "text": json.dumps(LISTED)})
    ready, not_ready = soup(signed_in.get(NODES)).select("tbody tr")
    cells = dict(zip([column.key for column in COLUMNS], ready.select("th, td"), strict=True))
    name, status, labels = cells["name"], cells["status"], cells["labels"]
    taints, allocatable, age = cells["taints"], cells["allocatable"], cells["age"]
    assert [*name.stripped_strings] == ["one", "worker"]
    assert status.select_one(".dot.ok")
    assert len(status.select("small")) == 2, "cordoned, and its version"
    assert status.select("small")[1].get_text() == "v1.34.1"
    assert [each.get_text() for each in labels.select("code")] == [
        "disk=ssd",
        "node-role.kubernetes.io/worker",
    ]
    assert [each.get_text() for each in taints.select("code")] == ["gpu=yes:NoSchedule"]
    assert allocatable.code.get_text() == "3.92 · 8Gi"
    assert "110" in allocatable.small.get_text()
    assert "nvidia.com/gpu 2" in allocatable.small.get_text()
    assert age.time["datetime"].startswith("2026-01-01T00:00:00")
    assert not_ready.select_one(".dot.bad")


def test_every_column_is_in_head_and_cells_and_sorts_where_it_says_so(signed_in, store):
    signed_in.post(REPLACE, {"do": "replace", "text": json.dumps(LISTED)})
    page = soup(signed_in.get(NODES))
    head = [each.get_text(strip=True) for each in page.select("thead th")]
    assert head == [str(each.label) for each in COLUMNS]
    assert [each["data-label"] for each in page.select_one("tbody tr").select("td")] == head[1:]
    sorts = [f"sort-{column.sort.removeprefix('-')}" for column in COLUMNS if column.sort]
    assert [each["id"] for each in page.select("thead a")] == sorts
    # Of the states "not-ready" comes first.
    for sort, found in (("name", ["one", "two"]), ("-name", ["two", "one"]), ("state", ["two", "one"])):
        page = signed_in.get(NODES, {"sort": sort})
        assert column(page) == found
        [sorted_by] = soup(page).select("thead [aria-sort]")
        assert sorted_by.a["id"] == f"sort-{sort.removeprefix('-')}"
        assert sorted_by["aria-sort"] == ("descending" if sort.startswith("-") else "ascending")
    assert column(signed_in.get(NODES, {"sort": "nothing"})) == ["one", "two"]


@pytest.mark.parametrize(("kernel", "classes"), [("<6.1>", ["num"]), ("", ["none"])])
def test_a_cell_may_be_a_function_of_the_row_and_shows_a_dash_for_nothing(kernel, classes):
    column = Column("kernel", "Kernel", lambda row: row["kernel"], numeric=True)
    context = {**table([COLUMNS[0], column]), "row": {"kernel": kernel}, "now": 1}
    drawn = BeautifulSoup(render_to_string("workloads/_columns.html#cells", context), "html.parser")
    [cell] = drawn.select("td[data-column=kernel]")
    assert (cell["class"], cell["data-label"]) == (classes, "Kernel")
    assert cell.get_text(strip=True) == (kernel or "–")


def test_a_file_can_be_uploaded(signed_in, store):
    file = SimpleUploadedFile("nodes.yaml", f"---\n{node('n1')}---\n{node('n2')}".encode())
    signed_in.post(REPLACE, {"do": "replace", "file": file})
    assert names(store) == ["n1", "n2"]


@pytest.mark.parametrize(
    ("text", "status", "code", "line"),
    [
        ("", 400, "no-nodes-given", None),
        ("kind: Node\n  bad: indent\n", 422, "unexpected-colon", "2"),
        ("apiVersion: v1\nkind: Pod\nmetadata: {name: x}\n", 422, "not-nodes", None),
        ("just words", 422, "not-nodes", None),
        ("kind: List\napiVersion: v1\nitems: []\n", 422, "not-nodes", None),
    ],
)
def test_what_are_no_nodes_is_refused_and_kept_for_fixing(signed_in, store, text, status, code, line):
    store.apply(node("old"), project="", base="")
    response = signed_in.post(REPLACE, {"do": "replace", "text": text})
    assert response.status_code == status
    alert = soup(response).select_one("[role=alert]")
    assert alert["data-error"] == code
    assert [each["data-line"] for each in alert.select("[data-line]")] == ([line] if line else [])
    assert soup(response).select_one("textarea").text.strip() == text.strip()
    assert names(store) == ["old"]


def test_a_binary_file_is_refused(signed_in, store):
    file = SimpleUploadedFile("nodes.yaml", b"\x00\xff\xfe\x00" * 10)
    response = signed_in.post(REPLACE, {"do": "replace", "file": file})
    assert response.status_code == 422
    assert soup(response).select_one("[role=alert]")["data-error"] == "binary"
    assert names(store) == []


FULL_NODE = """\
- apiVersion: v1
  kind: Node
  metadata:
    labels:
      disk: ssd
    managedFields:
    - apiVersion: v1
      fieldsType: FieldsV1
      fieldsV1:
        f:metadata:
          f:labels:
{labels}
      manager: kubelet
      operation: Update
    name: {name}
  spec: {{}}
  status:
    allocatable:
      cpu: "4"
    images:
{images}
"""
FULL_LABELS = "\n".join(f"            f:feature.node.example.com/cpu-{n}: {{}}" for n in range(60))
FULL_IMAGES = "\n".join(
    f"    - names:\n      - registry.example.com/team/image-{n}@sha256:{'a' * 64}\n"
    f"      - registry.example.com/team/image-{n}:v1.2.{n}\n      sizeBytes: {10_000_000 + n}"
    for n in range(50)
)


@pytest.mark.parametrize("pasted", [False, True])
def test_a_thousand_full_nodes_are_taken_and_what_only_takes_space_is_not_sent_to_and_fro(
    signed_in, store, pasted
):
    items = [FULL_NODE.format(name=f"n{n}", labels=FULL_LABELS, images=FULL_IMAGES) for n in range(1000)]
    text = f"apiVersion: v1\nitems:\n{''.join(items)}kind: List\n"
    assert len(text) > 10_000_000
    if pasted:
        page = signed_in.post(REPLACE, {"do": "look", "text": text.replace("\n", "\r\n")})
    else:
        page = signed_in.post(REPLACE, {"do": "look", "file": SimpleUploadedFile("n.yaml", text.encode())})
    assert page.status_code == 200
    assert b'data-count="1000"' in page.content
    assert len(page.content) < 300_000
    signed_in.post(REPLACE, {"do": "replace", "kept": hidden(page, "kept")})
    assert len(store.nodes()) == 1000
    assert "managedFields" not in json.dumps(store.nodes()[0])


def test_a_preview_is_of_one_person_and_expires(signed_in, store, django_user_model):
    looked_at = signed_in.post(REPLACE, {"do": "look", "text": json.dumps(LISTED)})
    kept = {"do": "replace", "kept": hidden(looked_at, "kept")}
    other = Client()
    other.force_login(django_user_model.objects.create_superuser("other"))
    refused = other.post(REPLACE, kept)
    assert (refused.status_code, codes(refused)) == (400, ["preview-expired"])
    cache.clear()
    assert codes(signed_in.post(REPLACE, kept)) == ["preview-expired"]
    assert names(store) == []


def test_only_the_last_preview_of_a_person_is_kept(signed_in, store):
    first, second = (
        hidden(signed_in.post(REPLACE, {"do": "look", "text": text}), "kept")
        for text in (json.dumps(LISTED), node("second"))
    )
    assert codes(signed_in.post(REPLACE, {"do": "replace", "kept": first})) == ["preview-expired"]
    signed_in.post(REPLACE, {"do": "replace", "kept": second})
    assert names(store) == ["second"]


def test_what_is_pasted_after_a_preview_counts_instead_of_it(signed_in, store):
    kept = hidden(signed_in.post(REPLACE, {"do": "look", "text": json.dumps(LISTED)}), "kept")
    signed_in.post(REPLACE, {"do": "replace", "kept": kept, "text": node("other")})
    assert names(store) == ["other"]


def test_too_large_a_file_is_refused(signed_in, store):
    file = SimpleUploadedFile("nodes.yaml", b"# x\n" * 9_000_000)
    assert signed_in.post(REPLACE, {"do": "look", "file": file}).status_code == 413


@pytest.mark.parametrize(
    ("q", "found"), [("one", ["one"]), ("disk=ssd two", ["two"]), ("GPU=yes", ["one", "two"])]
)
def test_search_by_name_label_and_taint(signed_in, store, q, found):
    signed_in.post(REPLACE, {"do": "replace", "text": json.dumps(LISTED)})
    assert column(signed_in.get(NODES, {"q": q})) == found


def test_no_match_and_pages(signed_in, store):
    text = "---\n".join(node(f"n{i:02}") for i in range(30))
    signed_in.post(REPLACE, {"do": "replace", "text": text})
    assert column(signed_in.get(f"{NODES}?page=3&size=10")) == [f"n{i}" for i in range(20, 30)]
    assert empty(signed_in.get(f"{NODES}?q=nothing")) == ["no-match"]
    fragment = signed_in.get(f"{NODES}?q=n01", HTTP_HX_REQUEST="true")
    assert b"<html" not in fragment.content
    assert column(fragment) == ["n01"]


def test_all_are_deleted_if_they_are_still_the_ones_that_were_seen(signed_in, store):
    signed_in.post(REPLACE, {"do": "replace", "text": json.dumps(LISTED)})
    form = soup(signed_in.get(NODES)).select_one("form[action$='/delete-nodes/']")
    seen = form.select_one("input[name=seen]")["value"]
    signed_in.post(REPLACE, {"do": "replace", "text": node("n1")})
    assert toasts(follow(signed_in, signed_in.post(form["action"], {"seen": seen})))[-1] == "nodes-changed"
    assert names(store) == ["n1"]
    assert toasts(follow(signed_in, signed_in.post(form["action"], {"seen": "1"}))) == ["nodes-deleted"]
    assert names(store) == []
    assert signed_in.get(form["action"]).status_code == 405


def test_markup_in_labels_and_taints_stays_text(signed_in, store):
    nasty = "<script>alert(1)</script>"
    value = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": "n", "labels": {nasty: nasty}, "creationTimestamp": nasty},
        "spec": {"taints": [{"key": nasty, "effect": nasty}]},
        "status": {"allocatable": {nasty: "1", "cpu": nasty}, "nodeInfo": {"kubeletVersion": nasty}},
    }
    page = signed_in.post(REPLACE, {"do": "look", "text": json.dumps(value)})
    assert page.status_code == 200
    assert nasty not in page.content.decode()


def test_what_was_refused_comes_back_unless_it_is_too_long(signed_in, store):
    wrong = "apiVersion: v1\nkind: Node\nmetadata: {name: a}\nspec: {taints: 5}\n"
    page = signed_in.post(REPLACE, {"do": "look", "text": wrong})
    assert page.status_code == 422
    assert "spec.taints" in soup(page).select_one("[role=alert] b").get_text()
    assert notes(page) == []
    assert soup(page).textarea.text.strip() == wrong.strip()
    page = signed_in.post(REPLACE, {"do": "look", "text": wrong + "# long\n" * 300_000})
    assert page.status_code == 422
    assert "spec.taints" in soup(page).select_one("[role=alert] b").get_text()
    assert notes(page) == ["too-long"]
    assert soup(page).textarea.text.strip() == ""
    assert len(page.content) < 50_000


def test_the_page_of_a_node_says_its_status_its_age_and_when_it_was_last_changed(signed_in, store):
    signed_in.post(REPLACE, {"do": "replace", "text": json.dumps(LISTED)})
    page = signed_in.get(f"{NODES}one/")
    status = soup(page).select_one("#status")
    assert status["data-ready"] == "ready"
    state, version, age, changed = status.select("dd")
    assert state.select_one(".dot.ok")
    assert state.select_one(".chip.amber")
    assert version.get_text() == "v1.34.1"
    assert age.time["datetime"].startswith("2026-01-01T00:00:00")
    assert not changed.time["datetime"].startswith("2026-01-01T00:00:00")
    assert not soup(page).select("#allocatable .dot")


def test_a_node_that_says_nothing_of_its_room_is_listed_as_such(signed_in, store):
    store.replace_nodes(node("n1"))
    allocatable = soup(signed_in.get(NODES)).select_one("td.num")
    assert allocatable.select_one(".mute")
    assert not allocatable.code
    page = soup(signed_in.get(f"{NODES}n1/"))
    assert page.select_one("#status")["data-ready"] == ""
    assert page.select_one("#status .mute")
    assert not page.select("#allocatable dl")
