"""Conflicts of a draft: merged, or settled with one side."""

from __future__ import annotations

from tests.services.planning import AGENT, plan, put
from tests.stores.texts import config_map, daemonset_text
from workloads.documents import read
from workloads.drafts import store as drafts
from workloads.services.merge import choices, settle_conflict


def settled(store, admin, theirs, mine, how):
    """A draft of an object that somebody else changed meanwhile, after the conflict was ended."""
    put(store, daemonset_text())
    draft = drafts.create(admin, "offline", "demo", origin=store.get(AGENT))
    draft = drafts.save(draft, mine, version=draft.version)
    put(store, theirs)
    item = plan(store, draft.text, bases={AGENT: draft.origin_version}).documents[0]
    assert item.conflict
    return settle_conflict(draft, item, how)


def test_merging_keeps_both_changes(store, admin):
    theirs = daemonset_text().replace("  selector", "  minReadySeconds: 5\n  selector")
    draft = settled(store, admin, theirs, daemonset_text(image="nginx:2"), "merge")
    value = read(draft.text)[0].value
    assert value["spec"]["minReadySeconds"] == 5
    assert value["spec"]["template"]["spec"]["containers"][0]["image"] == "nginx:2"
    assert not plan(store, draft.text, bases={AGENT: draft.origin_version}).blocked


def test_merging_the_same_line_leaves_both_sides_between_markers(store, admin):
    draft = settled(store, admin, daemonset_text(image="nginx:3"), daemonset_text(image="nginx:2"), "merge")
    [choice] = choices(draft.text)
    assert draft.text.splitlines()[choice.line - 1].startswith("<<<<<<<")
    assert [line.strip() for line in (*choice.mine, *choice.theirs)] == ["image: nginx:2", "image: nginx:3"]
    assert plan(store, draft.text).blocked


def test_keeping_mine_shows_what_it_does_to_theirs(store, admin):
    draft = settled(store, admin, daemonset_text(image="nginx:3"), daemonset_text(image="nginx:2"), "mine")
    item = plan(store, draft.text, bases={AGENT: draft.origin_version}).documents[0]
    assert item.conflict is None
    assert [line.text.strip() for line in item.diff if line.kind == "-"] == ["image: nginx:3"]


def test_merging_one_document_leaves_the_others_alone(store, admin):
    put(store, daemonset_text())
    draft = drafts.create(admin, "offline", "demo", origin=store.get(AGENT))
    draft = drafts.save(draft, f"# first\n{config_map('a')}---\n{daemonset_text(image='nginx:2')}", version=1)
    put(store, daemonset_text().replace("  selector", "  minReadySeconds: 5\n  selector"))
    item = plan(store, draft.text, bases={AGENT: draft.origin_version}).documents[1]
    merged = settle_conflict(draft, item, "merge").text
    assert merged.startswith(f"# first\n{config_map('a')}---\n")
    assert [document.kind for document in read(merged)] == ["ConfigMap", "DaemonSet"]
    assert "minReadySeconds: 5" in merged
