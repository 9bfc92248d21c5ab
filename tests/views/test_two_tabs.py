"""Two tabs on one draft: one stores or discards it, and what was typed in the other is not lost."""

from __future__ import annotations

import pytest
from django.db import connection
from django.urls import reverse

from tests.stores.texts import config_map, daemonset_text
from tests.views.pages import codes, follow, hidden, soup, toasts, words
from tests.wizard.html_forms import submitted
from workloads.drafts import store as drafts
from workloads.models import Draft, StoredManifest
from workloads.stores import store_for
from workloads.stores.protocol import daemonset

AGENT = daemonset("demo", "agent")
TEXT = daemonset_text()
OBJECT = "/clusters/offline/projects/demo/daemonsets/agent/"


@pytest.fixture
def store(admin, demo):
    return store_for("offline", admin)


@pytest.fixture
def client(client, admin):
    """A browser that says where a form was sent from."""
    client.force_login(admin)
    client.defaults["HTTP_SEC_FETCH_SITE"] = "same-origin"
    return client


@pytest.fixture
def new(admin, demo):
    return drafts.create(admin, "offline", "demo", TEXT)


@pytest.fixture
def opened(admin, store):
    store.apply(TEXT, project="demo", base="")
    return drafts.create(admin, "offline", "demo", origin=store.get(AGENT))


def keep(client, draft):
    """Store it, in the first tab."""
    review = reverse("draft-review", args=[draft.pk])
    answer = client.post(review, {"seen": hidden(client.get(review), "seen"), "op": "store"})
    assert answer.status_code == 303


def tab(client, draft, slug):
    """(address, form) of a page that a second tab has open."""
    address = reverse("draft-yaml", args=[draft.pk]) if slug == "yaml" else f"/drafts/{draft.pk}/{slug}/"
    return address, submitted(client.get(address).content.decode(), "step-form")


def again(client, page):
    """The button of the page that says that the draft has ended."""
    form = soup(page).find("button", {"name": "reopen"}).find_parent("form")
    fields = {field["name"]: field["value"] for field in form.select("input, button[name]")}
    return client.post(form["action"], fields)


def now(draft):
    return drafts.fetch(draft.owner, draft.pk)


@pytest.mark.parametrize("fixture", ["new", "opened"])
def test_a_text_typed_meanwhile_goes_into_a_new_draft_of_what_was_stored(client, store, request, fixture):
    draft = request.getfixturevalue(fixture)
    draft = drafts.save(draft, TEXT.replace("nginx:1", "nginx:2"), version=1)
    address, form = tab(client, draft, "yaml")
    keep(client, draft)
    typed = form["text"].replace("name: main", "name: mine")
    page = client.post(address, {**form, "text": typed, "op": "save"})
    assert page.status_code == 410
    assert codes(page) == ["draft-stored"]
    assert soup(page).select_one(f"main a[href='{OBJECT}']")
    assert soup(page).select_one("main textarea").text.strip() == typed.strip()

    assert again(client, page).status_code == 303
    draft = now(draft)
    assert "nginx:2" in draft.text
    assert "name: mine" in draft.text
    assert "nginx:2" in store.get(AGENT).text
    # It is compared with what was stored, and stored over that: no conflict with oneself.
    review = client.get(reverse("draft-review", args=[draft.pk]))
    assert [line.text.strip() for line in soup(review).select(".diff ins")] == ["- name: mine"]
    keep(client, draft)
    assert "name: mine" in store.get(AGENT).text


@pytest.mark.parametrize("fixture", ["new", "opened"])
def test_a_form_filled_in_meanwhile_goes_on_top_of_what_was_stored(client, store, request, fixture):
    draft = request.getfixturevalue(fixture)
    address, form = tab(client, draft, "basics")
    keep(client, draft)
    page = client.post(address, {**form, "alias": "Agent one", "op": "next"})
    assert page.status_code == 410
    answer = again(client, page)
    assert answer["Location"] == f"/drafts/{draft.pk}/pods/"
    assert toasts(client.get(answer["Location"])) == ["draft-reopened"]
    draft = now(draft)
    assert "alias-name: Agent one" in draft.text
    assert (draft.origin_name, draft.origin_version) == ("agent", store.get(AGENT).version)


def test_a_form_older_than_what_was_stored_meets_the_usual_conflict_first(client, store, new):
    address, form = tab(client, new, "basics")
    draft = drafts.save(new, TEXT.replace("nginx:1", "nginx:2"), version=1)
    keep(client, draft)
    page = client.post(address, {**form, "alias": "Agent one", "op": "save"})
    conflict = again(client, page)
    assert conflict.status_code == 409
    assert "nginx:2" in words(conflict)
    form = submitted(conflict.content.decode(), "step-form")
    assert client.post(address, {**form, "op": f"mine:{draft.version}"}).status_code == 303
    assert "alias-name: Agent one" in now(draft).text
    assert "nginx:2" in now(draft).text


def test_saving_on_top_of_a_draft_that_was_stored_meanwhile_is_not_lost(client, store, new):
    address, form = tab(client, new, "basics")
    draft = drafts.save(new, TEXT.replace("nginx:1", "nginx:2"), version=1)
    assert client.post(address, {**form, "alias": "Agent one", "op": "save"}).status_code == 409
    keep(client, draft)
    page = client.post(address, {**form, "alias": "Agent one", "op": f"mine:{draft.version}"})
    assert page.status_code == 410
    assert again(client, page).status_code == 303
    assert "alias-name: Agent one" in now(draft).text
    assert "nginx:2" in now(draft).text


def test_another_name_typed_meanwhile_is_another_object(client, store, new):
    address, form = tab(client, new, "basics")
    keep(client, new)
    again(client, client.post(address, {**form, "name": "second", "op": "save"}))
    assert now(new).origin_name == ""
    assert "name: second" in now(new).text


def test_what_somebody_else_stored_since_is_a_conflict_at_the_review(client, store, new):
    address, form = tab(client, new, "yaml")
    keep(client, new)
    store.apply(TEXT.replace("nginx:1", "nginx:3"), project="demo", base=store.get(AGENT).version)
    again(client, client.post(address, {**form, "text": TEXT.replace("name: main", "name: mine")}))
    page = client.get(reverse("draft-review", args=[new.pk]))
    assert soup(page).select_one("[name=op][value^='merge:']")
    assert "nginx:3" in store.get(AGENT).text


@pytest.mark.parametrize("slug", ["yaml", "basics"])
def test_where_the_object_is_gone_the_new_draft_is_of_a_new_one(client, store, opened, slug):
    address, form = tab(client, opened, slug)
    keep(client, drafts.save(opened, TEXT.replace("nginx:1", "nginx:2"), version=1))
    store.delete(AGENT, base=store.get(AGENT).version)
    form |= {"text": TEXT.replace("nginx:1", "nginx:4")} if slug == "yaml" else {"alias": "x"}
    page = client.post(address, {**form, "version": "2", "op": "save"})
    assert again(client, page).status_code == 303
    assert now(opened).origin_name == ""


def test_of_a_bundle_the_opened_object_stays_the_one_it_is_about(client, store, opened):
    draft = drafts.save(opened, f"{config_map('settings')}---\n{TEXT}", version=1)
    address, form = tab(client, draft, "yaml")
    keep(client, draft)
    page = client.post(address, {**form, "text": form["text"].replace("nginx:1", "nginx:2")})
    assert len(soup(page).select("main a[href*='/projects/demo/']")) >= 2
    again(client, page)
    draft = now(draft)
    assert (draft.origin_kind, draft.origin_text) == ("DaemonSet", TEXT)
    assert draft.origin_version == store.get(AGENT).version


def test_a_discarded_draft_is_taken_back_with_what_was_typed(client, opened):
    address, form = tab(client, opened, "basics")
    client.post(reverse("draft-discard", args=[opened.pk]))
    page = client.post(address, {**form, "alias": "Agent one", "op": "save"})
    assert page.status_code == 410
    assert codes(page) == ["draft-discarded"]
    again(client, page)
    assert "alias-name: Agent one" in now(opened).text


def test_undo_is_not_what_is_sent_again(client, new):
    address, form = tab(client, new, "basics")
    keep(client, new)
    again(client, client.post(address, {**form, "alias": "Agent one", "op": "undo"}))
    assert "alias-name: Agent one" in now(new).text


def test_looking_at_a_draft_that_was_stored_shows_what_it_became(client, new):
    keep(client, new)
    for name in ("draft-yaml", "draft-review", "draft-export"):
        page = client.get(reverse(name, args=[new.pk]))
        assert page.status_code == 410
        assert soup(page).select_one(f"main a[href='{OBJECT}']")
    assert "agent" not in words(client.get(reverse("draft-list")))


def test_while_one_types_the_page_stays_and_says_that_the_draft_was_stored(client, new):
    address, form = tab(client, new, "basics")
    keep(client, new)
    answer = client.post(address, {**form, "alias": "x", "op": "preview"}, headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Retarget"]) == (410, "#messages")
    assert codes(answer) == ["draft-stored"]
    assert b"<form" not in answer.content


def test_another_person_reopens_nothing(client, new, django_user_model):
    address, form = tab(client, new, "yaml")
    keep(client, new)
    client.force_login(django_user_model.objects.create_superuser("other"))
    assert client.post(address, {**form, "reopen": "1"}).status_code == 404
    assert Draft.objects.get(pk=new.pk).stored_at


def test_of_two_drafts_of_one_object_the_second_is_reviewed_on_top_of_the_first(client, admin, store, opened):
    second = drafts.create(admin, "offline", "demo", origin=store.get(AGENT))
    second = drafts.save(
        second, TEXT.replace("metadata:\n", "metadata:\n  labels: {team: ops}\n", 1), version=1
    )
    review = reverse("draft-review", args=[second.pk])
    seen = hidden(client.get(review), "seen")
    keep(client, drafts.save(opened, TEXT.replace("nginx:1", "nginx:2"), version=1))
    page = client.post(review, {"seen": seen, "op": "store"})
    assert page.status_code == 409
    assert "rebased" in codes(page)
    assert "team: ops" not in store.get(AGENT).text
    keep(client, second)
    assert "nginx:2" in store.get(AGENT).text
    assert "team: ops" in store.get(AGENT).text


def test_after_a_conflict_a_reopened_draft_still_knows_what_it_was_stored_as(client, admin, store, new):
    address, form = tab(client, new, "yaml")
    keep(client, drafts.save(new, TEXT.replace("nginx:1", "nginx:2"), version=1))
    typed = form["text"].replace("metadata:", "metadata:\n  labels: {team: ops}", 1)
    conflict = again(client, client.post(address, {**form, "text": typed, "op": "save"}))
    assert conflict.status_code == 409
    stored = store.get(AGENT)
    assert (now(new).origin_name, now(new).origin_version) == ("agent", stored.version)
    theirs = stored.text.replace("spec:\n", "spec:\n  minReadySeconds: 7\n", 1)
    store.apply(theirs, project="demo", base=stored.version)
    form = submitted(conflict.content.decode(), "step-form")
    assert "team: ops" in form["text"]
    assert client.post(address, {**form, "op": "merge"}).status_code == 303
    review = reverse("draft-review", args=[new.pk])
    page = client.get(review)
    assert "rebased" in codes(page)
    assert client.post(review, {"seen": hidden(page, "seen"), "op": "store"}).status_code == 303
    text = store.get(AGENT).text
    assert "minReadySeconds: 7" in text
    assert "team: ops" in text


@pytest.mark.parametrize("slug", ["yaml", "basics"])
def test_a_reopened_draft_whose_form_is_refused_knows_what_it_was_stored_as(client, store, new, slug):
    address, form = tab(client, new, slug)
    keep(client, new)
    refused = client.post(address, {**form, "version": "x", "op": "save", "reopen": "1"})
    assert refused.status_code == 400
    assert now(new).origin_name == "agent"


def test_what_a_tab_saves_while_the_draft_is_being_stored_is_made_against_what_was_stored(client, store, new):
    def other_tab(execute, sql, *more):
        if sql.startswith(f'INSERT INTO "{StoredManifest._meta.db_table}"') and now(new).version == 1:
            drafts.save(new, TEXT.replace("nginx:1", "nginx:2"), version=1)
        return execute(sql, *more)

    with connection.execute_wrapper(other_tab):
        keep(client, new)
    draft = now(new)
    assert "nginx:2" in draft.text
    assert (draft.origin_name, draft.origin_version) == ("agent", store.get(AGENT).version)
    assert draft.origin_text.strip() == TEXT.strip()


def test_keeping_ones_own_is_undone_like_any_change(client, admin, store, opened):
    mine = drafts.save(opened, TEXT.replace("nginx:1", "nginx:2"), version=1)
    store.apply(TEXT.replace("nginx:1", "nginx:3"), project="demo", base=store.get(AGENT).version)
    review = reverse("draft-review", args=[mine.pk])
    assert client.post(review, {"op": "mine:0"}).status_code == 303
    assert not soup(client.get(review)).select_one("[name=op][value^='merge:']")
    assert client.post(review, {"op": "undo", "version": now(mine).version}).status_code == 303
    draft = now(mine)
    assert (draft.text, draft.origin_version) == (mine.text, mine.origin_version)
    assert soup(client.get(review)).select_one("[name=op][value^='merge:']")
    assert client.post(review, {"op": "undo", "version": draft.version}).status_code == 303
    assert now(mine).text == TEXT


def test_storing_from_a_review_that_is_older_than_what_was_stored_says_so(client, store, new):
    review = reverse("draft-review", args=[new.pk])
    old = {"seen": hidden(client.get(review), "seen"), "op": "store"}
    drafts.save(new, TEXT.replace("nginx:1", "nginx:2"), version=1)
    keep(client, new)
    page = client.post(review, old)
    assert page.status_code == 410
    assert codes(page) == ["review-outdated"]
    assert soup(page).select_one(f"main a[href='{OBJECT}']")
    assert "nginx:2" in store.get(AGENT).text


def test_of_very_many_clashes_the_first_are_shown_and_how_many_there_are(client, admin, store):
    data = "".join(f"  name-{n}: base\n  kept-{n}: x\n" for n in range(2_000))
    long = "".join(f"  long-{n}: {{}}\n" for n in range(1_000))
    base = config_map("settings") + data
    stored = store.apply(base, project="demo", base="")
    draft = drafts.create(admin, "offline", "demo", origin=store.get(stored.ref))
    mine = base.replace(": base", ": mine").replace("  kept-0: x\n", long.replace("{}", "mine"))
    drafts.save(draft, mine, version=1)
    theirs = base.replace(": base", ": theirs").replace("  kept-0: x\n", long.replace("{}", "theirs"))
    store.apply(theirs, project="demo", base=stored.version)
    page = follow(client, client.post(reverse("draft-review", args=[draft.pk]), {"op": "merge:0"}))
    assert len(soup(page).select(".choices .choice")) == 50
    assert soup(page).select_one(".choices")["data-total"] == "1999"
    assert "more-conflicts" in codes(page)
    assert [each["data-lines"] for each in soup(page).select(".choices [data-lines]")] == ["1002", "1002"]
    assert len(page.content) < 300_000
