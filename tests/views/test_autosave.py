"""What the pages of a draft send while they are typed into: see autosave.js."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.stores.texts import daemonset_text
from tests.views.pages import codes, hidden, soup, toasts
from tests.wizard.html_forms import submitted
from workloads.drafts import store as drafts
from workloads.models import Draft, StoredManifest
from workloads.stores.offline.store import first_start

TEXT = daemonset_text()


@pytest.fixture
def draft(admin, demo):
    return drafts.create(admin, "offline", "demo", TEXT)


def now(draft) -> Draft:
    return Draft.objects.get(pk=draft.pk)


class Tab:
    """A page of a draft that stays open while it is typed into."""

    def __init__(self, client, draft, place: str) -> None:
        self.client, self.address = client, f"/drafts/{draft.pk}/{place}/"
        self.form = submitted(client.get(self.address).content.decode(), "step-form")

    def keep(self, **typed: str):
        self.form |= typed
        answer = self.client.post(self.address, {**self.form, "op": "keep"})
        if answer.status_code == 200:
            said = answer.json()
            self.form |= {"saved": said["saved"] or "", "kept": said["kept"] or ""}
        return answer

    def press(self, op: str, **typed: str):
        return self.client.post(self.address, {**self.form, **typed, "op": op})


def test_a_row_that_is_typed_bit_by_bit_is_added_once(signed_in, draft):
    tab = Tab(signed_in, draft, "pods")
    for name, value in (("A", ""), ("AB", ""), ("ABC", "1"), ("ABC", "12")):
        typed = {"c-0-vars-0-name": name, "c-0-vars-0-from-value-v": value}
        assert tab.keep(**typed).json()["state"] == "saved"
    assert now(draft).text.count("- name: A") == 1
    assert "- name: ABC\n          value: '12'" in now(draft).text.replace('"', "'")
    assert tab.press("next").status_code == 303
    assert now(draft).text.count("- name: A") == 1
    assert drafts.undo(now(draft), now(draft).version).text == TEXT


def test_a_save_after_automatic_ones_is_the_same_change_and_a_button_is_its_own(signed_in, draft):
    tab = Tab(signed_in, draft, "nodes")
    tab.keep(**{"sel-0-k": "disk", "sel-0-v": "ssd"})
    preset = soup(signed_in.get(tab.address)).select_one("[name=op][value^='do:']")
    assert tab.press(preset["value"]).status_code == 303
    assert "tolerations:" in now(draft).text
    back = drafts.undo(now(draft), now(draft).version)
    assert "tolerations:" not in back.text
    assert "disk: ssd" in back.text
    assert drafts.undo(back, back.version).text == TEXT


def test_what_was_typed_and_taken_out_again_is_saved_so(signed_in, draft):
    tab = Tab(signed_in, draft, "basics")
    tab.keep(alias="One")
    assert "alias-name: One" in now(draft).text
    tab.keep(alias="")
    assert now(draft).text == TEXT
    assert tab.press("save").status_code == 303
    assert now(draft).text == TEXT


def test_an_unchanged_page_makes_no_version(signed_in, draft):
    tab = Tab(signed_in, draft, "basics")
    assert tab.keep().json() == {"state": "saved", "saved": 0, "kept": 0, "text": ""}
    assert now(draft).version == 1


def test_undo_takes_the_burst_and_what_was_typed_since(signed_in, draft):
    tab = Tab(signed_in, draft, "basics")
    tab.keep(alias="One")
    assert tab.press("undo", alias="One and two").status_code == 303
    assert now(draft).text == TEXT
    redone = drafts.redo(now(draft), now(draft).version)
    assert "alias-name: One and two" in redone.text


def test_what_is_typed_on_after_another_tab_undid_it_can_still_be_saved(signed_in, draft):
    mine = Tab(signed_in, draft, "basics")
    mine.keep(description="One")
    Tab(signed_in, draft, "basics").press("undo")
    assert now(draft).text == TEXT
    assert mine.keep(description="One and two").json()["state"] == "conflict"
    page = mine.press("save")
    assert page.status_code == 409
    assert "changes-do-not-fit" not in codes(page)
    assert mine.press(f"mine:{now(draft).version}").status_code == 303
    assert "description: One and two" in now(draft).text


def test_undone_input_of_another_tab_comes_back_with_redo(signed_in, draft):
    Tab(signed_in, draft, "pods").keep(grace="thirty")
    other = Tab(signed_in, draft, "pods")
    assert toasts(signed_in.get(other.press("undo")["Location"])) == ["input-undone"]
    assert Tab(signed_in, draft, "pods").form["grace"] == ""
    assert "input-kept" not in codes(signed_in.get(f"/drafts/{draft.pk}/basics/"))
    Tab(signed_in, draft, "basics").press("save", alias="One")
    Tab(signed_in, draft, "basics").press("undo")  # the same text as then, at a later version
    assert Tab(signed_in, draft, "pods").press("redo").status_code == 303
    again = Tab(signed_in, draft, "pods")
    assert again.form["grace"] == "thirty"
    assert again.press("save", grace="30").status_code == 303
    assert "terminationGracePeriodSeconds: 30" in now(draft).text


def test_a_tab_whose_input_was_undone_elsewhere_goes_on(signed_in, draft):
    mine = Tab(signed_in, draft, "pods")
    mine.keep(grace="thirty")
    Tab(signed_in, draft, "pods").press("undo")
    assert mine.keep(grace="thirty seconds").json()["state"] == "invalid"
    assert Tab(signed_in, draft, "pods").form["grace"] == "thirty seconds"


@pytest.mark.parametrize("place", ["basics", "yaml"])
def test_undo_in_a_tab_without_changes_never_undoes_what_another_tab_typed(signed_in, draft, place):
    changed = TEXT.replace("nginx:1", "nginx:2")
    drafts.save(draft, changed, version=1)
    idle, other = Tab(signed_in, draft, place), Tab(signed_in, draft, place)
    other.keep(**{"alias": "One"} if place == "basics" else {"text": changed + "# one\n"})
    text = now(draft).text
    assert toasts(signed_in.get(idle.press("undo")["Location"])) == ["changed-elsewhere"]
    assert now(draft).text == text
    page = signed_in.get(Tab(signed_in, draft, place).press("undo")["Location"])
    assert toasts(page) == ["earlier-change-undone"]
    assert soup(page).find("button", value="redo")
    assert toasts(signed_in.get(Tab(signed_in, draft, place).press("redo")["Location"])) == ["change-redone"]
    assert now(draft).text == text


@pytest.mark.parametrize("place", ["basics", "yaml"])
def test_what_was_typed_and_never_saved_comes_back_after_undo(signed_in, draft, place):
    typed = {"alias": "One"} if place == "basics" else {"text": TEXT + "# typed\n"}
    page = signed_in.get(Tab(signed_in, draft, place).press("undo", **typed)["Location"])
    assert toasts(page) == ["change-undone"]
    assert now(draft).text == TEXT
    Tab(signed_in, draft, place).press("redo")
    assert now(draft).text != TEXT


def test_a_ticked_node_is_saved_without_asking_which_nodes_there_are(signed_in, admin):
    first_start(admin)
    draft = drafts.create(admin, "offline", "demo", TEXT)
    tab = Tab(signed_in, draft, "nodes")
    box = next(box for box in soup(signed_in.get(tab.address)).select("input[name^='on.']"))
    tab.keep(**{box["name"]: "on"})
    name = box["name"].removeprefix("on.")
    assert f"- {name}" in now(draft).text


@pytest.mark.parametrize("place", ["pods", "nodes", "yaml"])
def test_saving_reads_nothing_of_the_project(signed_in, draft, place):
    tab = Tab(signed_in, draft, place)
    typed = {"text": TEXT + "# typed\n"} if place == "yaml" else {}
    with CaptureQueriesContext(connection) as queries:
        assert tab.keep(**typed).status_code == 200
    table = StoredManifest._meta.db_table
    assert [query["sql"] for query in queries if table in query["sql"]] == []


def test_an_invalid_form_is_kept_until_it_is_saved_or_dropped(signed_in, draft):
    tab = Tab(signed_in, draft, "pods")
    tab.keep(**{"c-0-image": "nginx:2"})
    said = tab.keep(grace="thirty").json()
    assert (said["state"], said["saved"]) == ("invalid", 2)
    assert "nginx:2" in now(draft).text
    again = Tab(signed_in, draft, "pods")
    assert again.form["grace"] == "thirty"
    assert codes(signed_in.get(again.address), "#step-form")[0] == "input-kept"
    assert again.press("save").status_code == 422
    assert again.press("save", grace="30").status_code == 303
    assert "terminationGracePeriodSeconds: 30" in now(draft).text
    assert "nginx:2" in now(draft).text
    assert not now(draft).inputs.exists()


def test_the_review_says_that_kept_input_is_not_stored(signed_in, draft):
    review = f"/drafts/{draft.pk}/review/"
    assert "input-not-stored" not in codes(signed_in.get(review))
    Tab(signed_in, draft, "pods").keep(grace="thirty")
    assert "input-not-stored" in codes(signed_in.get(review))


def test_a_kept_form_can_be_dropped(signed_in, draft):
    Tab(signed_in, draft, "pods").keep(grace="thirty")
    assert Tab(signed_in, draft, "pods").press("forget").status_code == 303
    assert Tab(signed_in, draft, "pods").form["grace"] == ""
    assert now(draft).text == TEXT


def test_a_kept_form_that_another_step_got_ahead_of_is_a_conflict_when_it_is_valid(signed_in, draft):
    Tab(signed_in, draft, "pods").keep(grace="thirty")
    assert Tab(signed_in, draft, "basics").press("save", alias="One").status_code == 303
    again = Tab(signed_in, draft, "pods")
    conflict = again.press("save", grace="30")
    assert conflict.status_code == 409
    form = submitted(conflict.content.decode(), "step-form")
    done = signed_in.post(again.address, {**form, "op": f"mine:{now(draft).version}"})
    assert done.status_code == 303
    assert "terminationGracePeriodSeconds: 30" in now(draft).text
    assert "alias-name: One" in now(draft).text


def test_after_automatic_saves_a_conflict_adds_nothing_twice(signed_in, draft):
    mine = Tab(signed_in, draft, "pods")
    mine.keep(**{"c-0-vars-0-name": "ABC", "c-0-vars-0-from-value-v": "1"})
    Tab(signed_in, draft, "basics").press("save", alias="One")
    said = mine.keep(**{"c-0-image": "nginx:9"}).json()
    assert said["state"] == "conflict"
    conflict = mine.press("save")
    assert conflict.status_code == 409
    assert mine.press(f"mine:{now(draft).version}").status_code == 303
    text = now(draft).text
    assert text.count("- name: ABC") == 1
    assert "nginx:9" in text
    assert "alias-name: One" in text


def test_of_two_forms_of_one_step_the_kept_input_of_the_first_is_not_replaced(signed_in, draft):
    one, two = Tab(signed_in, draft, "pods"), Tab(signed_in, draft, "pods")
    one.keep(grace="thirty")
    answer = two.keep(grace="forty")
    assert (answer.status_code, answer.json()["code"]) == (409, "other-input")
    assert one.keep(grace="30").json()["state"] == "saved"
    assert two.keep(grace="40").json()["state"] == "conflict"
    assert "terminationGracePeriodSeconds: 30" in now(draft).text


def test_in_yaml_mode_a_text_is_saved_as_it_is_and_line_breaks_stay(signed_in, admin, demo):
    draft = drafts.create(admin, "offline", "demo", TEXT.replace("\n", "\r\n"))
    tab = Tab(signed_in, draft, "yaml")
    assert tab.keep(text=TEXT + "a: [\n").json()["state"] == "saved"
    assert now(draft).text == (TEXT + "a: [\n").replace("\n", "\r\n")


def test_in_yaml_mode_a_conflict_is_kept_and_shown_when_it_is_opened_again(signed_in, draft):
    one, two = Tab(signed_in, draft, "yaml"), Tab(signed_in, draft, "yaml")
    one.keep(text=TEXT.replace("nginx:1", "nginx:2"))
    mine = TEXT.replace("metadata:\n", "metadata:\n  labels: {team: ops}\n", 1)
    assert two.keep(text=mine).json()["state"] == "conflict"
    page = signed_in.get(two.address)
    assert page.status_code == 200
    assert codes(page)[0] == "draft-conflict"
    form = submitted(page.content.decode(), "step-form")
    assert form["text"].replace("\r\n", "\n") == mine
    done = signed_in.post(two.address, {**form, "base": hidden(page, "base"), "op": "merge"})
    assert done.status_code == 303
    assert "nginx:2" in now(draft).text
    assert "team: ops" in now(draft).text
    assert not now(draft).inputs.exists()


def test_a_draft_that_was_stored_or_is_of_another_person_takes_nothing(signed_in, draft, django_user_model):
    tab = Tab(signed_in, draft, "basics")
    drafts.close(draft)
    assert tab.keep(alias="One").status_code == 410
    drafts.reopen(draft.owner, draft.pk)
    signed_in.force_login(django_user_model.objects.create_superuser("other"))
    assert tab.keep(alias="One").status_code == 404
    assert now(draft).text == TEXT


def test_a_forged_version_is_answered_with_a_reason(signed_in, draft):
    tab = Tab(signed_in, draft, "basics")
    answer = tab.press("keep", version="77", alias="One")
    assert (answer.status_code, answer.json()["code"]) == (409, "version-not-kept")
