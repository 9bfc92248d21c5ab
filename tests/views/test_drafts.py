"""Drafts: kept, listed, undone, discarded and taken back; each person's own."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from console.errors import Conflict, NotFound
from console.projects.models import Project
from tests.stores.texts import daemonset_text
from tests.views.pages import codes, follow, soup, words
from workloads.drafts import store as drafts
from workloads.models import Draft
from workloads.services import edit
from workloads.stores import store_for
from workloads.stores.protocol import daemonset

TEXT = "apiVersion: apps/v1\nkind: DaemonSet\nmetadata:\n  name: agent\n"
LIST = "draft-list"


@pytest.fixture
def draft(admin, demo):
    return drafts.create(admin, "offline", "demo", TEXT)


@pytest.fixture
def other(django_user_model):
    return django_user_model.objects.create_superuser("other")


# ---- keeping ----


def test_a_new_draft_names_its_project_and_nothing_else(admin, demo):
    draft = drafts.create(admin, "offline", "demo")
    assert draft.text == (
        "apiVersion: apps/v1\nkind: DaemonSet\nmetadata:\n  name: null\n  namespace: demo\n"
    )


def test_a_save_is_a_new_version_only_if_it_says_something_new(draft):
    draft = drafts.save(draft, TEXT, version=1)
    assert draft.version == 1
    draft = drafts.save(draft, "a: 1\n", version=1)
    assert (draft.version, drafts.text_at(draft, 1), drafts.text_at(draft, 2)) == (2, TEXT, "a: 1\n")


def test_a_stale_save_carries_what_is_there_and_writes_nothing(draft):
    drafts.save(draft, "theirs: 1\n", version=1)
    with pytest.raises(Conflict) as caught:
        drafts.save(draft, "mine: 1\n", version=1)
    assert (caught.value.theirs, caught.value.version) == ("theirs: 1\n", "2")
    assert Draft.objects.get(pk=draft.pk).text == "theirs: 1\n"


def test_saving_a_discarded_draft_is_answered_in_words(draft):
    drafts.discard(draft)
    with pytest.raises(drafts.DraftEnded) as caught:
        drafts.save(draft, "a: 1\n", version=1)
    assert caught.value.code == "draft-discarded"


def test_undo_goes_back_one_change_at_a_time(draft):
    for n in range(3):
        draft = drafts.save(draft, f"a: {n}\n", version=draft.version)
    for text in ("a: 1\n", "a: 0\n", TEXT):
        draft = drafts.undo(draft, draft.version)
        assert draft.text == text
    assert not drafts.can_undo(draft)
    with pytest.raises(NotFound):
        drafts.undo(draft, draft.version)


def test_a_change_after_an_undo_can_be_undone_as_well(draft):
    draft = drafts.save(draft, "a: 1\n", version=1)
    draft = drafts.undo(draft, 2)
    draft = drafts.save(draft, "a: 2\n", version=3)
    assert drafts.undo(draft, 4).text == TEXT


def test_an_undo_is_news_to_another_tab(draft):
    draft = drafts.save(draft, "a: 1\n", version=1)
    drafts.undo(draft, 2)
    with pytest.raises(Conflict):
        drafts.save(draft, "a: 2\n", version=2)
    with pytest.raises(Conflict):
        drafts.undo(draft, 2)


def test_the_last_fifty_texts_are_kept(draft):
    for n in range(drafts.KEPT + 5):
        draft = drafts.save(draft, f"a: {n}\n", version=draft.version)
    assert draft.texts.count() == drafts.KEPT
    assert drafts.text_at(draft, draft.version - drafts.KEPT) == "a: 4\n"
    with pytest.raises(NotFound):
        drafts.text_at(draft, 3)


def test_moving_takes_the_documents_of_the_old_project_along(admin, demo):
    text = (
        "kind: A\nmetadata: {namespace: demo}\n---\nkind: B\nmetadata:\n  namespace: kube-system  # stays\n"
    )
    draft = drafts.move(drafts.create(admin, "offline", "demo", text), "logging", version=1)
    assert (draft.project, draft.text) == ("logging", text.replace("demo", "logging"))


def test_a_move_that_is_undone_is_of_the_object_that_was_opened_again(admin, demo):
    Project.objects.create(name="logging")
    store = store_for("offline", admin)
    store.apply(daemonset_text(), project="demo", base="")
    draft = drafts.create(admin, "offline", "demo", origin=store.get(daemonset("demo", "agent")))
    moved = drafts.move(draft, "logging", version=1)
    assert (moved.origin_name, moved.origin_version) == ("", "")
    back = drafts.undo(moved, moved.version)
    assert (back.project, back.origin_kind, back.origin_name) == ("demo", "DaemonSet", "agent")
    assert (back.origin_version, back.origin_text) == ("1", daemonset_text())


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (TEXT, "agent"),
        ("a: [\n", "draft"),
        ("metadata: {name: ../../x y}\n", "x-y"),
        ("metadata: {name: 日志}\n", "manifest"),
    ],
)
def test_a_file_name_is_made_of_what_every_file_system_takes(signed_in, admin, demo, text, name):
    draft = drafts.create(admin, "offline", "demo", text)
    file = signed_in.get(reverse("draft-export", args=[draft.pk]))
    assert file["Content-Disposition"] == f'attachment; filename="{name}.yaml"'


# ---- typing ----


def test_a_burst_of_typing_is_one_change_for_undo_and_redo(draft):
    draft = drafts.save(draft, "a: 1\n", version=1)
    typed = drafts.save(draft, "a: 12\n", version=2)
    for text in ("a: 123\n", "a: 1234\n"):
        typed = drafts.save(typed, text, version=typed.version, continues=True)
    back = drafts.undo(typed, typed.version)
    assert back.text == "a: 1\n"
    again = drafts.redo(back, back.version)
    assert again.text == "a: 1234\n"
    assert not drafts.can_redo(again)
    assert drafts.undo(again, again.version).text == "a: 1\n"


def test_undone_changes_are_redone_one_after_the_other_until_something_else_is_typed(draft):
    for n in range(3):
        draft = drafts.save(draft, f"a: {n}\n", version=draft.version)
    for _n in range(3):
        draft = drafts.undo(draft, draft.version)
    for n in range(2):
        draft = drafts.redo(draft, draft.version)
        assert draft.text == f"a: {n}\n"
    draft = drafts.save(draft, "b: 1\n", version=draft.version)
    with pytest.raises(NotFound):
        drafts.redo(draft, draft.version)


def test_typing_that_goes_on_after_a_pause_is_another_change(draft):
    draft = drafts.save(draft, "a: 1\n", version=1)
    Draft.objects.filter(pk=draft.pk).update(updated_at=timezone.now() - drafts.BURST)
    draft = drafts.save(draft, "a: 12\n", version=2, continues=True)
    assert drafts.undo(draft, 3).text == "a: 1\n"


def test_an_hour_of_typing_does_not_push_the_earlier_changes_out(draft):
    draft = drafts.save(draft, "a: 0\n", version=1)
    for n in range(1, drafts.KEPT + 20):
        draft = drafts.save(draft, f"a: {n}\n", version=draft.version, continues=True)
    assert draft.texts.count() <= drafts.KEPT_PASSING + 1
    assert drafts.text_at(draft, draft.version - 1) == f"a: {drafts.KEPT + 18}\n"
    assert drafts.undo(draft, draft.version).text == TEXT


def test_what_a_kept_form_was_made_from_stays(draft):
    drafts.keep_input(draft, "pods", fields={"grace": "x"}, version=1)
    for n in range(drafts.KEPT + 2):
        draft = drafts.save(draft, f"a: {n}\n", version=draft.version)
    assert drafts.text_at(draft, 1) == TEXT


def test_the_kept_input_of_another_tab_is_not_replaced(draft):
    mine = drafts.keep_input(draft, "pods", fields={"grace": "x"}, version=1)
    with pytest.raises(Conflict):
        drafts.keep_input(draft, "pods", fields={"grace": "y"}, version=1)
    again = drafts.keep_input(draft, "pods", fields={"grace": "z"}, version=1, known=mine.pk)
    assert again.pk == mine.pk
    assert drafts.kept_input(draft, "pods").fields == {"grace": "z"}
    assert drafts.kept_input(draft, "basics") is None


def test_a_draft_of_an_object_is_listed_once_something_was_typed_and_used_again_until_then(admin, demo):
    store = store_for("offline", admin)
    store.apply(daemonset_text(), project="demo", base="")
    opened, unchanged = edit.draft_of(admin, "offline", store.get(daemonset("demo", "agent")))
    assert unchanged
    assert not drafts.listed(admin).exists()
    assert edit.draft_of(admin, "offline", store.get(daemonset("demo", "agent"))) == (opened, True)
    # Somebody stores another version: the unchanged draft of the old one is of no use.
    store.apply(daemonset_text(image="nginx:2"), project="demo", base="1")
    newer, unchanged = edit.draft_of(admin, "offline", store.get(daemonset("demo", "agent")))
    assert (newer != opened, unchanged, newer.origin_version) == (True, True, "2")
    drafts.keep_input(opened, "pods", fields={"grace": "x"}, version=1)
    assert drafts.listed(admin).get() == opened
    assert edit.draft_of(admin, "offline", store.get(daemonset("demo", "agent"))) == (opened, False)


def test_a_starting_manifest_is_listed_once_something_was_typed(signed_in, admin, demo):
    page = signed_in.post(reverse("draft-new", args=["offline", "demo"]) + "?kind=ConfigMap")
    assert page.status_code == 303
    assert not drafts.listed(admin).exists()
    draft = Draft.objects.get()
    drafts.save(draft, f"{draft.text}# mine\n", version=1)
    assert drafts.listed(admin).get() == draft


# ---- cleaning up ----


def age(draft, **how):
    Draft.objects.filter(pk=draft.pk).update(**how)


def test_what_was_never_typed_into_goes_after_a_day_and_nothing_else(admin, demo, draft):
    untouched, fresh = drafts.create(admin, "offline", "demo"), drafts.create(admin, "offline", "demo")
    thrown, stored, late, kept = (drafts.create(admin, "offline", "demo", TEXT) for _n in range(4))
    drafts.discard(thrown)
    drafts.close(stored)
    drafts.close(late)
    long_ago = timezone.now() - dt.timedelta(days=2)
    for old in (untouched, draft, kept):
        age(old, updated_at=long_ago)
    age(thrown, discarded_at=long_ago)
    age(stored, stored_at=long_ago)
    drafts.sweep(admin)
    assert list(Draft.objects.order_by("created_at")) == [draft, fresh, late, kept]


# ---- the list ----


def states(page):
    return [chip["data-state"] for chip in soup(page).select("td [data-state]")]


def test_an_empty_list_says_what_drafts_are(signed_in, demo):
    assert codes(signed_in.get(reverse(LIST))) == ["no-drafts"]


def test_the_list_says_what_each_draft_is_about(signed_in, admin, draft):
    drafts.create(admin, "offline", "demo")
    drafts.create(admin, "offline", "demo", "a:\n b\n: [")
    drafts.create(
        admin, "offline", "demo", "---\n".join(f"kind: Pod\nmetadata: {{name: p{n}}}\n" for n in range(5))
    )
    page = signed_in.get(reverse(LIST))
    names = [" ".join(cell.get_text().split()) for cell in soup(page).select("td .name")]
    assert len(names) == 3
    assert names[0].startswith("Pod p0, Pod p1, Pod p2")
    assert "2" in names[0].removeprefix("Pod p0, Pod p1, Pod p2")
    assert names[2] == "DaemonSet agent"
    assert states(page) == ["errors", "unreadable", "errors"]


def test_the_list_says_of_a_draft_what_its_text_alone_can_say(signed_in, admin, demo):
    """That its project is gone stands against it in the review, which looks further."""
    drafts.create(admin, "offline", "gone", daemonset_text())
    assert states(signed_in.get("/drafts/")) == ["valid"]


def test_many_drafts_come_a_page_at_a_time(signed_in, admin, demo):
    for n in range(25):
        drafts.create(admin, "offline", "demo", TEXT.replace("agent", f"agent-{n}"))
    drafts.create(admin, "offline", "demo")  # in which nothing was typed
    names = [cell.get_text(strip=True) for cell in soup(signed_in.get(reverse(LIST))).select("td .name")]
    assert (len(names), names[0]) == (20, "DaemonSet agent-24")
    last = signed_in.get(reverse(LIST), {"page": 9})
    assert len(soup(last).select("td .name")) == 5
    assert [cell.get_text(strip=True) for cell in soup(last).select("td .name")][-1] == "DaemonSet agent-0"


def test_only_ones_own_drafts_are_listed(client, other, draft):
    client.force_login(other)
    assert "agent" not in words(client.get(reverse(LIST)))


def test_a_discarded_draft_is_taken_back(signed_in, draft):
    page = follow(signed_in, signed_in.post(reverse("draft-discard", args=[draft.id])))
    assert signed_in.get(reverse("draft-step", args=[draft.id, "basics"])).status_code == 410
    assert [cell.get_text(strip=True) for cell in soup(page).select("#discarded tbody td:first-child")] == [
        "DaemonSet agent"
    ]
    signed_in.post(reverse("draft-recover", args=[draft.id]))
    assert signed_in.get(reverse("draft-step", args=[draft.id, "basics"])).status_code == 200


@pytest.mark.parametrize("name", ["draft-discard", "draft-recover", "draft-undo", "draft-move"])
def test_another_persons_draft_is_out_of_reach(client, other, draft, name):
    draft = drafts.save(draft, "a: 1\n", version=1)
    if name == "draft-recover":
        drafts.discard(draft)
    client.force_login(other)
    page = client.post(reverse(name, args=[draft.id]), {"version": 2, "project": "demo"})
    assert page.status_code == 404
    before = Draft.objects.get(pk=draft.pk)
    assert (before.text, bool(before.discarded_at)) == ("a: 1\n", name == "draft-recover")


@pytest.mark.parametrize("elsewhere", ["https://example.com/", "no-such-page", "{"])
def test_undo_goes_back_to_the_page_it_was_asked_on_and_to_no_other_site(signed_in, draft, elsewhere):
    draft = drafts.save(draft, "a: 1\n", version=1)
    page = signed_in.post(reverse("draft-undo", args=[draft.id]), {"version": 2, "next": elsewhere})
    assert page["Location"] == reverse("draft-step", args=[draft.id, "basics"])
    assert Draft.objects.get(pk=draft.pk).text == TEXT


def test_a_draft_is_not_begun_or_moved_where_there_is_no_project(signed_in, draft):
    assert signed_in.post(reverse("draft-new", args=["offline", "nowhere"])).status_code == 404
    page = signed_in.post(reverse("draft-move", args=[draft.id]), {"version": 1, "project": "nowhere"})
    assert page.status_code == 400
    assert Draft.objects.get().project == "demo"


def test_a_move_that_comes_too_late_is_a_conflict(signed_in, draft):
    Project.objects.create(name="logging")
    drafts.save(draft, "a: 1\n", version=1)
    page = signed_in.post(reverse("draft-move", args=[draft.id]), {"version": 1, "project": "logging"})
    assert page.status_code == 409
