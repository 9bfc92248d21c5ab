"""The review of a draft and what comes of it."""

from __future__ import annotations

import gzip

import pytest

from console.projects.models import Project
from tests.builders import as_text, node, quota
from tests.stores.texts import config_map, daemonset_text, namespace
from tests.views.pages import codes, figures, follow, hidden, soup, toasts, words
from workloads.daemonsets.manifest.outline import POD
from workloads.documents import edit
from workloads.drafts import store as drafts
from workloads.models import Draft, StoredManifest
from workloads.services.excerpt import MOST_FINDINGS, MOST_LINES
from workloads.services.plan import make_plan
from workloads.services.review_items import DETAILED, review_items
from workloads.stores import store_for
from workloads.stores.protocol import Query, Write, daemonset

AGENT = daemonset("demo", "agent")


@pytest.fixture
def store(admin, demo):
    return store_for("offline", admin)


@pytest.fixture
def begin(admin, demo):
    """A draft of these documents; with `origin`, of that object, in which they were written then."""

    def begin(*texts, origin=None):
        text = "---\n".join(texts)
        if origin is None:
            return drafts.create(admin, "offline", "demo", text)
        draft = drafts.create(admin, "offline", "demo", origin=origin)
        return drafts.save(draft, text, version=draft.version)

    return begin


def address(draft):
    return f"/drafts/{draft.pk}/review/"


def commit(client, draft, **fields):
    """What pressing the button posts: with the versions that the page shows."""
    seen = hidden(client.get(address(draft)), "seen")
    return client.post(address(draft), {"seen": seen, "op": "store", **fields})


def test_a_new_daemonset_is_created_and_the_draft_is_gone(signed_in, store, begin):
    draft = begin(daemonset_text())
    page = signed_in.get(address(draft))
    assert page.status_code == 200
    assert soup(page).select_one("#d0")["data-intent"] == "create"
    assert not soup(page).select_one(".foot button.go").has_attr("disabled")
    assert not StoredManifest.objects.exists()
    response = commit(signed_in, draft, why="first <b>one</b>")
    assert toasts(follow(signed_in, response)) == ["object-created"]
    assert store.get(AGENT).text == daemonset_text()
    assert store.history(AGENT)[0].why == "first <b>one</b>"
    assert signed_in.get(address(draft)).status_code == 410


@pytest.mark.parametrize("texts", [[daemonset_text()], [daemonset_text(), config_map("settings")]])
def test_a_button_pressed_twice_stores_once_and_ends_where_the_first_did(signed_in, store, begin, texts):
    draft = begin(*texts)
    seen = hidden(signed_in.get(address(draft)), "seen")
    first, second = (signed_in.post(address(draft), {"seen": seen, "op": "store"}) for _ in range(2))
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.url == second.url
    assert store.get(AGENT).version == "1"


def test_a_button_pressed_twice_at_the_same_moment_is_no_conflict(signed_in, store, begin):
    draft = begin(daemonset_text())
    seen = hidden(signed_in.get(address(draft)), "seen")
    store.apply(daemonset_text(), project="demo", base="")  # the first one is as far as here
    second = signed_in.post(address(draft), {"seen": seen, "op": "store"})
    assert second.url == "/clusters/offline/projects/demo/daemonsets/agent/"
    assert store.get(AGENT).version == "1"


def test_what_another_tab_saved_while_it_was_stored_stays_a_draft(begin):
    draft = begin(daemonset_text())
    drafts.save(draft, daemonset_text(image="nginx:9"), version=draft.version)
    drafts.close(draft)
    assert "nginx:9" in drafts.listed(draft.owner).get().text


def test_a_name_that_is_taken_is_said_unless_that_object_was_opened(signed_in, store, begin):
    store.apply(daemonset_text(), project="demo", base="")
    changed = daemonset_text(image="nginx:2")
    page = signed_in.get(address(begin(changed)))
    assert "object-exists" in codes(page, "#d0")
    opened = begin(changed, origin=store.get(AGENT))
    assert "object-exists" not in codes(signed_in.get(address(opened)), "#d0")


def test_saving_an_edited_one_shows_the_changed_line_alone(signed_in, store, begin):
    store.apply(daemonset_text(), project="demo", base="")
    draft = begin(daemonset_text(image="nginx:2"), origin=store.get(AGENT))
    page = soup(signed_in.get(address(draft)))
    assert [line.text for line in page.select(".diff ins")] == ["        image: nginx:2"]
    assert [line.text for line in page.select(".diff del")] == ["        image: nginx:1"]
    commit(signed_in, draft)
    assert store.get(AGENT).version == "2"


def test_a_bundle_ends_on_a_page_with_a_result_per_object(signed_in, store, begin):
    draft = begin(daemonset_text(), config_map("settings"))
    page = follow(signed_in, commit(signed_in, draft))
    assert [row.find("th").text.strip() for row in soup(page).select("tbody tr")] == [
        "ConfigMap settings",
        "DaemonSet agent",
    ]
    links = [link["href"] for link in soup(page).select("tbody a")]
    assert all(signed_in.get(link).status_code == 200 for link in links)
    assert signed_in.get(f"/drafts/{begin('').pk}/result/").status_code == 404


def test_errors_block_storing_and_are_listed_with_the_way_to_mend_them(signed_in, begin):
    draft = begin(edit(daemonset_text(), 0, [(("spec", "template", "spec", "restartPolicy"), "Never")]))
    page = signed_in.get(address(draft))
    assert soup(page).select_one(".foot button.go").has_attr("disabled")
    assert soup(page).select("#blocked li")
    steps = [link["href"] for link in soup(page).select(".step-findings h3 a")]
    assert f"/drafts/{draft.pk}/pods/?doc=0" in steps
    assert commit(signed_in, draft).status_code == 422
    assert not StoredManifest.objects.exists()


def test_warnings_do_not_block(signed_in, begin):
    draft = begin(daemonset_text(image="nginx:latest"))
    page = soup(signed_in.get(address(draft)))
    assert [finding["data-code"] for finding in page.select(".step-findings li")] == [
        "image-latest",
        "no-resources",
    ]
    assert not page.select(".step-findings .bad")
    assert not page.select("#blocked")
    assert commit(signed_in, draft).status_code == 303


def test_a_text_that_cannot_be_read_is_said_with_its_line(signed_in, begin):
    draft = begin("kind: DaemonSet\n  bad: indent\n")
    page = signed_in.get(address(draft))
    assert page.status_code == 200
    assert soup(page).select_one(".note[data-code]")["data-line"] == "2"
    assert not soup(page).select(".foot button.go")
    assert f"/drafts/{draft.pk}/yaml/?line=2" in page.content.decode()


def test_an_empty_text_has_nothing_to_store(signed_in, begin):
    page = signed_in.get(address(begin("# only a comment\n")))
    assert codes(page) == ["empty"]
    assert not soup(page).select(".foot button.go")


def test_what_changed_between_look_and_commit_is_never_overwritten(signed_in, store, begin):
    store.apply(daemonset_text(), project="demo", base="")
    draft = begin(daemonset_text(image="nginx:2"))
    seen = hidden(signed_in.get(address(draft)), "seen")
    store.apply(daemonset_text(image="nginx:3"), project="demo", base="1")
    response = signed_in.post(address(draft), {"seen": seen, "op": "store", "why": "kept input"})
    assert response.status_code == 409
    assert "kept input" in response.content.decode()
    assert "nginx:3" in store.get(AGENT).text
    # The page that tells of it does not carry the new version as seen either.
    again = signed_in.post(address(draft), {"seen": hidden(response, "seen"), "op": "store"})
    assert again.status_code == 409
    assert "nginx:3" in store.get(AGENT).text


def test_what_came_to_be_since_the_look_is_not_overwritten_either(signed_in, store, begin):
    draft = begin(daemonset_text())
    seen = hidden(signed_in.get(address(draft)), "seen")
    store.apply(daemonset_text(image="nginx:3"), project="demo", base="")
    assert signed_in.post(address(draft), {"seen": seen, "op": "store"}).status_code == 409
    assert "nginx:3" in store.get(AGENT).text


def test_a_draft_that_was_changed_in_another_tab_is_looked_at_again(signed_in, store, begin):
    draft = begin(daemonset_text())
    seen = hidden(signed_in.get(address(draft)), "seen")
    drafts.save(draft, daemonset_text(image="nginx:9"), version=draft.version)
    response = signed_in.post(address(draft), {"seen": seen, "op": "store"})
    assert response.status_code == 409
    assert codes(response, ".body")[0] == "draft-changed"
    assert "nginx:9" in words(response)
    assert not StoredManifest.objects.exists()


def test_an_edit_that_clashes_with_another_can_be_merged(signed_in, store, begin):
    store.apply(daemonset_text(), project="demo", base="")
    draft = begin(daemonset_text(image="nginx:2"), origin=store.get(AGENT))
    store.apply(daemonset_text(image="nginx:3"), project="demo", base="1")
    page = signed_in.get(address(draft))
    assert "object-changed" in codes(page, "#d0")
    assert "image: nginx:3" in words(page)
    assert soup(page).select_one(".foot button.go").has_attr("disabled")
    assert commit(signed_in, draft).status_code == 409
    follow(signed_in, signed_in.post(address(draft), {"op": "merge:0"}))
    follow(signed_in, press(signed_in, Draft.objects.get(), "conflict:0:mine"))
    commit(signed_in, draft)
    assert "nginx:2" in store.get(AGENT).text


@pytest.fixture
def clashing(signed_in, store, begin):
    """A draft and what is stored say different images, and were merged."""
    store.apply(daemonset_text(), project="demo", base="")
    draft = begin(daemonset_text(image="nginx:2"), origin=store.get(AGENT))
    store.apply(daemonset_text(image="nginx:3"), project="demo", base="1")
    signed_in.post(address(draft), {"op": "merge:0"})
    return Draft.objects.get()


def press(client, draft, op):
    """What a button beside a finding posts."""
    return client.post(address(draft), {"op": op, "version": hidden(client.get(address(draft)), "version")})


@pytest.mark.parametrize(
    ("side", "images"), [("mine", ["nginx:2"]), ("theirs", ["nginx:3"]), ("both", ["nginx:2", "nginx:3"])]
)
def test_of_a_conflict_one_side_or_both_are_taken_with_one_press(signed_in, clashing, side, images):
    page = soup(signed_in.get(address(clashing)))
    assert [code.text.strip() for code in page.select(".choices code")] == [
        "image: nginx:2",
        "image: nginx:3",
    ]
    [line] = [link["href"].rpartition("=")[2] for link in page.select(".choices h3 a")]
    assert clashing.text.splitlines()[int(line) - 1].startswith("<<<<<<<")
    follow(signed_in, press(signed_in, clashing, f"conflict:0:{side}"))
    wanted = "".join(f"        image: {image}\n" for image in images)
    assert Draft.objects.get().text == daemonset_text().replace("        image: nginx:1\n", wanted)
    follow(signed_in, press(signed_in, clashing, "undo"))
    assert Draft.objects.get().text == clashing.text


def test_what_was_undone_in_the_review_is_redone_there(signed_in, begin):
    draft = begin(daemonset_text())
    changed = drafts.save(draft, daemonset_text(image="nginx:2"), version=1)
    undone = follow(signed_in, press(signed_in, changed, "undo"))
    assert soup(undone).find("button", value="redo")
    page = follow(signed_in, press(signed_in, drafts.fetch(draft.owner, draft.pk), "redo"))
    assert toasts(page)[-1] == "change-redone"
    assert Draft.objects.get().text == changed.text


def test_every_page_counts_the_same_errors(signed_in, begin):
    wrong = daemonset_text().replace("name: agent", "name: Agent_1", 1)
    other = daemonset_text("other").replace("image:", "imag:")
    draft = begin(wrong, other, config_map("settings").replace("data:", "dat:"))
    total = make_plan(store_for("offline", draft.owner), draft.text, project="demo").inspection.errors
    assert total >= 3
    for place in ("basics", "pods", "yaml", "review"):
        page = soup(signed_in.get(f"/drafts/{draft.pk}/{place}/"))
        stops = {stop["data-step"]: int(stop["data-errors"]) for stop in page.select(".stop")}
        chips = {
            chip["data-document"]: int(chip["data-errors"]) for chip in page.select(".sets a, .sets button")
        }
        assert stops.pop("review") == total, place
        assert sum(stops.values()) == chips["0"], place
    assert figures(signed_in.get("/drafts/"), "[data-state=errors]")["errors"] == total


def test_a_missing_project_is_one_error_however_many_documents_name_it(signed_in, begin):
    draft = begin(*(daemonset_text(name, namespace="nowhere") for name in ("a", "b")))
    page = signed_in.get(address(draft))
    assert figures(page, ".stop[data-step=review]")["errors"] == 1
    assert [int(chip["data-errors"]) for chip in soup(page).select(".sets [data-document]")] == [1, 1]


def test_a_merge_that_is_undone_leaves_the_conflict_to_be_decided(signed_in, store, clashing):
    page = follow(signed_in, press(signed_in, clashing, "undo"))
    assert toasts(page) == ["earlier-change-undone"]
    assert "object-changed" in codes(page, "#d0")
    assert Draft.objects.get().text == daemonset_text(image="nginx:2")
    assert commit(signed_in, clashing).status_code == 409
    assert "nginx:3" in store.get(AGENT).text
    follow(signed_in, press(signed_in, clashing, "merge:0"))
    assert Draft.objects.get().text == clashing.text


def test_a_choice_made_on_an_old_page_takes_nothing(signed_in, clashing):
    old = {"op": "conflict:0:mine", "version": clashing.version}
    assert signed_in.post(address(clashing), old).status_code == 303
    assert signed_in.post(address(clashing), old).status_code == 400, "there is no such conflict any more"
    assert signed_in.post(address(clashing), {"op": "undo", "version": 1}).status_code == 409
    assert "nginx:2" in Draft.objects.get().text


def test_the_sides_of_a_conflict_show_no_secret(signed_in, store, begin):
    secret = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: t\nstringData:\n  password: hunter1\n"
    store.apply(secret, project="demo", base="")
    [stored] = store.select("v1", "Secret", Query("demo")).items
    draft = begin(secret.replace("hunter1", "hunter2"), origin=stored)
    store.apply(secret.replace("hunter1", "hunter3"), project="demo", base="1")
    page = follow(signed_in, signed_in.post(address(draft), {"op": "merge:0"}))
    sides = [code.text.strip() for code in soup(page).select(".choices code")]
    assert [side.partition(":")[0] for side in sides] == ["password", "password"]
    assert sides[0] != sides[1]
    assert "hunter" not in page.content.decode()


def test_a_document_that_stands_twice_can_be_taken_out(signed_in, store, begin):
    draft = begin(daemonset_text(), config_map("settings"), daemonset_text(image="nginx:2"))
    page = soup(signed_in.get(address(draft)))
    [button] = page.select("[value^=take-out]")
    assert button.find_parent("section")["id"] == "d2"
    assert button.find_parent("li")["data-code"] == "duplicate-object"
    labels = [section["aria-label"] for section in page.select("section.document")]
    assert len(set(labels)) == 3
    follow(signed_in, press(signed_in, draft, button["value"]))
    assert "nginx:2" not in Draft.objects.get().text
    follow(signed_in, press(signed_in, draft, "undo"))
    assert Draft.objects.get().text == draft.text


def test_a_bundle_for_several_projects_says_so_once(signed_in, store, begin):
    Project.objects.create(name="other")
    texts = [config_map("a"), *(daemonset_text(f"x{n}", namespace="other") for n in range(3)), namespace("n")]
    draft = begin(*texts)
    page = soup(signed_in.get(address(draft)))
    listed = [(item["data-project"], item["data-documents"]) for item in page.select("#projects li")]
    assert listed == [("demo", "1"), ("other", "3")]
    assert not page.select("[data-code=other-namespace]")
    follow(signed_in, press(signed_in, draft, "move"))
    assert not soup(signed_in.get(address(draft))).select("#projects")


@pytest.mark.parametrize(
    ("texts", "title"),
    [
        ([daemonset_text()], "Create a DaemonSet"),
        ([config_map("settings")], "New: ConfigMap"),
        ([daemonset_text(), config_map("settings")], "Create 2 objects"),
        (["a: [\n"], "Draft"),
    ],
)
def test_the_title_says_what_the_text_holds(signed_in, begin, texts, title):
    page = soup(signed_in.get(address(begin(*texts))))
    assert page.h1.text == title
    assert title in page.title.text


def test_keeping_mine_shows_what_is_replaced_before_it_is(signed_in, store, begin):
    store.apply(daemonset_text(), project="demo", base="")
    draft = begin(daemonset_text(image="nginx:2"), origin=store.get(AGENT))
    store.apply(daemonset_text(image="nginx:3"), project="demo", base="1")
    page = follow(signed_in, signed_in.post(address(draft), {"op": "mine:0"}))
    assert [line.text.strip() for line in soup(page).select(".diff del")] == ["image: nginx:3"]
    assert "nginx:3" in store.get(AGENT).text
    commit(signed_in, draft)
    assert "nginx:2" in store.get(AGENT).text


def test_what_was_deleted_meanwhile_can_be_created_again(signed_in, store, begin):
    store.apply(daemonset_text(), project="demo", base="")
    draft = begin(daemonset_text(image="nginx:2"), origin=store.get(AGENT))
    store.delete(AGENT)
    assert "object-deleted" in codes(signed_in.get(address(draft)), "#d0")
    page = follow(signed_in, signed_in.post(address(draft), {"op": "mine:0"}))
    assert "object-deleted" not in codes(page, "#d0")
    commit(signed_in, draft)
    assert "nginx:2" in store.get(AGENT).text


def test_a_project_that_is_not_there_can_be_created_on_the_way(signed_in, store, begin):
    draft = begin(daemonset_text(namespace="nowhere"))
    assert soup(signed_in.get(address(draft))).select("#missing-nowhere [value=move]")
    page = signed_in.post(address(draft), {"op": "create-project:nowhere"})
    assert toasts(follow(signed_in, page)) == ["project-created"]
    commit(signed_in, draft)
    assert store.get(daemonset("nowhere", "agent"))


def test_a_project_that_is_not_there_is_reported_once(signed_in, store, begin):
    texts = [daemonset_text(f"x{number}", namespace="nowhere") for number in range(5)]
    page = signed_in.get(address(begin(*texts)))
    assert codes(page).count("no-project") == 2, "the note with its buttons, and the list of what blocks"
    assert not any("no-project" in codes(page, f"#d{number}") for number in range(5))
    assert soup(page).select_one(".foot button.go").has_attr("disabled")


def test_or_its_documents_are_moved_here(signed_in, store, begin):
    draft = begin(daemonset_text(namespace="nowhere"), config_map("settings"))
    signed_in.post(address(draft), {"op": "move"})
    commit(signed_in, draft)
    assert store.get(AGENT)
    assert not Project.objects.filter(name="nowhere").exists()


def test_a_project_cannot_be_called_anything(signed_in, begin):
    response = signed_in.post(address(begin(daemonset_text())), {"op": "create-project:No Such!"})
    assert response.status_code == 422
    assert not Project.objects.exclude(name="demo").exists()


def test_a_namespace_in_the_text_needs_no_question(signed_in, store, begin):
    draft = begin(namespace("fresh"), daemonset_text(namespace="fresh"))
    follow(signed_in, commit(signed_in, draft))
    assert store.get(daemonset("fresh", "agent"))


def test_a_draft_of_a_deleted_project_is_kept_and_says_so(signed_in, store, begin):
    draft = begin(daemonset_text())
    store.delete_project("demo")
    page = signed_in.get(address(draft))
    assert page.status_code == 200
    assert soup(page).select("#missing-demo")


def test_renaming_an_opened_object_says_that_the_old_one_stays(signed_in, store, begin):
    store.apply(daemonset_text(), project="demo", base="")
    draft = begin(daemonset_text("other"), origin=store.get(AGENT))
    assert "origin-removed" in codes(signed_in.get(address(draft)))
    commit(signed_in, draft)
    assert store.get(AGENT)
    assert store.get(daemonset("demo", "other"))


def test_secret_values_are_not_shown(signed_in, store, begin):
    secret = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: t\nstringData:\n  password: hunter2\n"
    store.apply(secret, project="demo", base="")
    page = signed_in.get(address(begin(secret.replace("hunter2", "hunter3"), daemonset_text())))
    assert "hunter" not in page.content.decode()
    assert "password" in words(page)


def test_markup_in_a_manifest_stays_text(signed_in, begin):
    nasty = config_map("settings", "</code><script>alert(1)</script>")
    page = signed_in.get(address(begin(nasty)))
    assert "<script>alert" not in page.content.decode()
    assert "<script>alert(1)</script>" in words(page)


@pytest.mark.parametrize("seen", ["", "nonsense", "a:b:c"])
def test_a_forged_or_missing_signature_is_refused(signed_in, begin, seen):
    response = signed_in.post(address(begin(daemonset_text())), {"seen": seen, "op": "store"})
    assert response.status_code == 400
    assert not StoredManifest.objects.exists()


@pytest.mark.parametrize(
    "op",
    [
        "merge:0",
        "mine:0",
        "merge:7",
        "merge:x",
        "mine:-1",
        "dance",
        "create-project:",
        "conflict:0:mine",
        "take-out:x",
        "undo",
    ],
)
def test_an_operation_that_makes_no_sense_is_refused(signed_in, begin, op):
    assert signed_in.post(address(begin(daemonset_text())), {"op": op}).status_code in (400, 422)


def test_another_persons_draft_is_not_there(client, begin, django_user_model):
    client.force_login(django_user_model.objects.create_superuser("eve"))
    draft = begin(daemonset_text())
    assert client.get(address(draft)).status_code == 404
    assert client.post(address(draft), {"op": "store"}).status_code == 404
    assert client.get(f"/drafts/{draft.pk}/result/").status_code == 404


def test_a_large_bundle_shows_the_rest_in_brief_but_every_error(signed_in, begin):
    texts = [config_map(f"c{i}") for i in range(60)] + [config_map("c0")]
    page = soup(signed_in.get(address(begin(*texts))))
    assert len(page.select("section.document")) == 61
    assert len(page.select("section.document > .in")) == 41
    assert page.select("section.document:last-of-type .why .bad")


def uses(page):
    """(key, before, after, hard, whether it is too much) of each key of a quota."""
    return [
        (
            line.dt["title"],
            *(str(figure) for figure in line.dd["data-figures"].split()),
            "over" in line.get("class", []),
        )
        for line in soup(page).select("aside dl.uses > div")
    ]


def test_nodes_and_quota_are_forecast(signed_in, store, begin):
    for name in ("n1", "n2"):
        store.apply(as_text(node(name)), project="", base="")
    store.apply(as_text(quota({"pods": "1"})), project="demo", base="")
    page = signed_in.get(address(begin(daemonset_text())))
    assert figures(page, ".reach") == {"runs": 2, "total": 2, "gained": 0, "lost": 0}
    assert uses(page) == [("pods", "0", "2", "1", True)]
    assert figures(page, ".forecast") == {"allowed": 1, "desired": 2}


def test_each_bar_says_its_quota_and_stands_once_and_all_that_stops_pods_is_said(signed_in, store, begin):
    for name in ("n1", "n2", "n3"):
        store.apply(as_text(node(name)), project="", base="")
    hard = {"first": {"pods": "1", "requests.cpu": "1"}, "second": {"pods": "9", "requests.memory": "1Gi"}}
    for name, limits in hard.items():
        store.apply(as_text(quota(limits, name=name)), project="demo", base="")
    asks = {"requests": {"cpu": "500m", "memory": "512Mi"}}
    draft = begin(edit(daemonset_text(), 0, [((*POD, "containers", 0, "resources"), asks)]))
    response = signed_in.get(address(draft))
    page = soup(response)
    aside = page.select_one("aside")
    assert [(each.get_text(), len(each.find_next("dl").select("dt"))) for each in aside.select("h3")] == [
        ("first", 2),
        ("second", 2),
    ]
    assert len(page.select("svg.gauge")) == 4
    # Keys that have a name of their own here can still be looked up.
    keys = [each.get("title") for each in aside.select("dl.uses dt")]
    assert keys == ["pods", "requests.cpu", "requests.memory", "pods"], "what is too much comes first"
    assert len(page.select(".forecast .bad")) == 3, "pods and CPU of the first quota, memory of the second"
    assert figures(response, ".forecast") == {"allowed": 1, "desired": 3}


ZONES, ARCHS = ("a", "b"), ("amd64", "arm64")


def nodes(store, count):
    """So many nodes, in two zones and of two architectures."""
    places = [
        {"topology.kubernetes.io/zone": ZONES[n % 2], "kubernetes.io/arch": ARCHS[n // 2 % 2]}
        for n in range(count)
    ]
    store.apply_all([Write(as_text(node(f"n{n}", labels=at)), "", "") for n, at in enumerate(places)])


def fold(page, number):
    return soup(page).select_one(f"#d{number}-nodes")


HTMX = {"HX-Request": "true"}


def test_every_daemonset_of_a_bundle_has_its_nodes(signed_in, store, begin):
    nodes(store, 4)
    draft = begin(config_map("c"), *(daemonset_text(f"x{n}") for n in range(5)))
    page = signed_in.get(address(draft))
    drawn = [bool(fold(page, number).select("[data-map]")) for number in range(1, 6)]
    assert drawn == [True, True, True, False, False]
    assert runs(page, 5) == ("4", "4")
    details = fold(page, 5).details
    alone = signed_in.get(details["hx-get"], headers=HTMX)
    assert details["hx-target"] == "#" + soup(alone).div["id"]
    assert not soup(alone).select("h1, .document, .notes")
    link = details.a["href"]
    assert link.endswith("#d5-nodes")
    whole = fold(signed_in.get(link), 5)
    assert str(whole) == str(soup(alone).div), "with and without JavaScript it is the same"
    assert whole.details.has_attr("open")


def runs(page, number):
    """(nodes that it should run on, all nodes) of a document."""
    reach = fold(page, number).select_one(".reach")
    return reach["data-runs"], reach["data-total"]


def unfit(page, number):
    """Where the pods of a document will not start, "" for nowhere."""
    note = fold(page, number).select_one("[data-code=unfit]")
    return note.get_text() if note else ""


PORT = "        ports:\n        - {containerPort: 80, hostPort: 9999}\n"


def test_of_every_daemonset_of_a_bundle_it_is_said_where_it_will_not_start(signed_in, store, begin):
    nodes(store, 4)
    texts = [daemonset_text(f"x{n}") for n in range(4)]
    draft = begin(*texts, daemonset_text("a") + PORT, daemonset_text("b") + PORT)
    page = signed_in.get(address(draft))
    assert [bool(unfit(page, number)) for number in range(6)] == [False] * 4 + [True] * 2
    assert "TCP 9999" in unfit(page, 4)
    checked = [fold(page, number)["data-fit-checked"] for number in range(6)]
    assert checked == ["yes"] * 6


def test_beyond_a_number_of_daemonsets_it_is_not_checked_where_they_start(store, admin, begin):
    nodes(store, 4)
    draft = begin(*(daemonset_text(f"x{n}") for n in range(6)))
    plan = make_plan(store, draft.text, project="demo")
    items = review_items(store, draft, plan, opened_map=None, group_by="", fit_checks=1)
    assert [item.nodes.fit_checked for item in items] == [True, True, True, True, False, False]
    assert [item.nodes.reach.runs for item in items] == [4] * 6


def test_where_nothing_changes_it_is_still_said_what_will_not_start(signed_in, store, begin):
    nodes(store, 2)
    for name in ("agent", "other"):
        store.apply(daemonset_text(name) + PORT, project="demo", base="")
    page = signed_in.get(address(begin(daemonset_text() + PORT)))
    assert soup(page).select_one("#d0")["data-intent"] == "unchanged"
    assert "TCP 9999" in unfit(page, 0)


@pytest.mark.parametrize("headers", [HTMX, {}])
def test_the_map_of_each_document_is_grouped_on_its_own(signed_in, store, begin, headers):
    nodes(store, 6)
    draft = begin(*(daemonset_text(f"x{n}") for n in range(5)))
    form = fold(signed_in.get(address(draft) + "?map=4"), 4).form
    assert form["action"].endswith("#d4-nodes")
    assert form["hx-target"] == "#d4-nodes"
    page = signed_in.get(address(draft), {"map": "4", "by": "kubernetes.io/arch"}, headers=headers)
    assert [title.text for title in fold(page, 4).select(".zone-title b")] == ["amd64", "arm64"]
    if not headers:
        assert [title.text for title in fold(page, 0).select(".zone-title b")] == list(ZONES)
        ids = [each["id"] for each in soup(page).select("[id]")]
        assert len(ids) == len(set(ids))


def test_after_an_offered_change_one_stays_at_the_document_and_its_groups(signed_in, store, begin):
    tainted = node("gpu", labels={"kubernetes.io/arch": "arm64"}, taints=["gpu:NoSchedule"])
    nodes(store, 2)
    store.apply(as_text(tainted), project="", base="")
    draft = begin(*(daemonset_text(f"x{n}") for n in range(5)))
    page = signed_in.get(address(draft), {"map": "4", "by": "kubernetes.io/arch"}, headers=HTMX)
    button = fold(page, 4).select_one("[name=op]")
    response = signed_in.post(address(draft) + button["formaction"], {"op": button["value"]})
    page = follow(signed_in, response)
    assert response.url.endswith("#d4-nodes")
    assert [title.text for title in fold(page, 4).select(".zone-title b")] == ["amd64", "arm64"]
    assert runs(page, 4) == ("3", "3")
    assert runs(page, 3) == ("2", "3")


def test_a_daemonset_for_another_project_is_held_against_that_projects_quota(signed_in, store, begin):
    Project.objects.create(name="other")
    nodes(store, 2)
    store.apply(as_text(quota({"pods": "1"})), project="other", base="")
    draft = begin(daemonset_text("a"), daemonset_text("b", namespace="other"))
    page = signed_in.get(address(draft))
    assert [bool(fold(page, number).select(".forecast")) for number in (0, 1)] == [False, True]


def test_the_nodes_that_are_drawn_are_counted_however_far_down(signed_in, store, begin):
    nodes(store, 2)
    draft = begin(*(config_map(f"c{n}") for n in range(41)), daemonset_text())
    assert runs(signed_in.get(address(draft)), 41) == ("2", "2")


@pytest.mark.parametrize("same_text", [False, True])
def test_the_storage_of_claims_counts_in_the_totals(signed_in, store, begin, same_text):
    nodes(store, 2)
    quota = (
        "apiVersion: v1\nkind: ResourceQuota\nmetadata:\n  name: q\nspec:\n  hard: {requests.storage: 5Gi}\n"
    )
    claim = (
        "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata:\n  name: c\nspec:\n"
        "  accessModes: [ReadWriteOnce]\n  resources: {requests: {storage: 10Gi}}\n"
    )
    if not same_text:
        store.apply(quota, project="demo", base="")
    page = signed_in.get(address(begin(daemonset_text(), claim, *([quota] if same_text else []))))
    assert uses(page) == [("requests.storage", "0", "10Gi", "5Gi", True)]
    store.apply_all([Write(claim, "demo", "", beyond_quota=True)])
    less = claim.replace("10Gi", "4Gi")
    page = signed_in.get(address(begin(daemonset_text(), less, *([quota] if same_text else []))))
    assert uses(page) == [("requests.storage", "10Gi", "4Gi", "5Gi", False)]


def test_what_a_quota_of_the_text_newly_limits_is_counted_whatever_its_status_says(signed_in, store, begin):
    store.apply(as_text(quota({"pods": "9"})), project="demo", base="")
    store.apply(config_map("one"), project="demo", base="")
    limits = quota({"pods": "9", "count/configmaps": "2"}, used={"pods": "0", "count/configmaps": "0"})
    for more, refused in ((1, 0), (2, 1)):
        draft = begin(as_text(limits), *(config_map(f"c{number}") for number in range(more)))
        page = soup(signed_in.get(address(draft)))
        assert len(page.select("[data-code=quota-exceeded]")) == refused


@pytest.mark.parametrize(("query", "status"), [("?map=9", 404), ("?map=0", 404), ("?map=x", 404)])
def test_the_nodes_of_no_daemonset_are_not_there(signed_in, store, begin, query, status):
    nodes(store, 1)
    draft = begin(config_map("c"))
    assert signed_in.get(address(draft) + query, headers=HTMX).status_code == status


@pytest.mark.parametrize("query", ["?map=x", "?map=-1", "?map=%00", "?map=9", "?map=12345678901"])
def test_a_map_of_no_document_is_no_reason_to_show_no_review(signed_in, store, begin, query):
    nodes(store, 1)
    page = signed_in.get(address(begin(daemonset_text())) + query)
    assert page.status_code == 200
    assert runs(page, 0) == ("1", "1")


def test_a_hundred_daemonsets_on_five_thousand_nodes_are_no_heavy_page(
    signed_in, store, begin, django_assert_max_num_queries
):
    nodes(store, 5000)
    draft = begin(*(daemonset_text(f"x{n}") for n in range(100)))
    with django_assert_max_num_queries(60):
        page = signed_in.get(address(draft))
    assert len(soup(page).select(".nodes-of")) == 100
    assert len(gzip.compress(page.content)) < 150_000
    with django_assert_max_num_queries(45):
        alone = signed_in.get(address(draft) + "?map=99", headers=HTMX)
    assert runs(alone, 99) == ("5000", "5000")
    assert len(gzip.compress(alone.content)) < 50_000


def over(page):
    found = soup(page).select_one("#over-quota")
    return found and [int(each["data-documents"]) for each in found.select("li")]


def test_what_a_quota_of_objects_refuses_is_said_before_and_planned_only_on_purpose(signed_in, store, begin):
    store.apply(as_text(quota({"count/daemonsets.apps": "2", "configmaps": "9"})), project="demo", base="")
    draft = begin(*(daemonset_text(f"x{number}") for number in range(4)), config_map("c"))
    page = signed_in.get(address(draft))
    assert over(page) == [2]
    assert not soup(page).select_one("[name=beyond-quota]").has_attr("checked")
    refused = commit(signed_in, draft)
    assert refused.status_code == 403
    assert codes(refused)[0] == "quota-exceeded"
    assert not StoredManifest.objects.filter(kind="DaemonSet").exists()
    assert drafts.fetch(draft.owner, draft.pk).text == draft.text
    follow(signed_in, commit(signed_in, draft, **{"beyond-quota": "on"}))
    assert StoredManifest.objects.filter(kind="DaemonSet").count() == 4
    listed = soup(signed_in.get("/clusters/offline/projects/demo/daemonsets/"))
    assert listed.select_one("[data-use=over] dt")["title"] == "count/daemonsets.apps"


def test_what_a_quota_allows_needs_no_decision(signed_in, store, begin):
    store.apply(as_text(quota({"count/daemonsets.apps": "1"})), project="demo", base="")
    assert over(signed_in.get(address(begin(daemonset_text())))) is None
    store.apply(daemonset_text(), project="demo", base="")
    draft = begin(daemonset_text(image="nginx:2"), origin=store.get(AGENT))
    assert over(signed_in.get(address(draft))) is None
    raised = as_text(quota({"count/daemonsets.apps": "2"}))
    assert over(signed_in.get(address(begin(raised, daemonset_text("second"))))) is None
    assert over(signed_in.get(address(begin(daemonset_text("second"))))) == [1]


def test_of_very_many_errors_some_are_shown_and_the_rest_counted(signed_in, begin):
    wrong = [daemonset_text(f"agent-{n}").replace("image:", "imag:") for n in range(150)]
    page = soup(signed_in.get(address(begin(*wrong))))
    detailed = page.select("section.document .step-findings")
    assert len(detailed) == DETAILED
    shown = page.select("#blocked li")
    [more] = page.select("#blocked [data-note=more-findings]")
    assert len(shown) == MOST_FINDINGS
    chips = page.select("section.document header .chip.red")
    assert len(chips) == 150
    assert len(shown) + int(more["data-more"]) >= 150


def test_of_a_very_long_document_the_beginning_is_shown(signed_in, store, begin):
    lines = "".join(f"    line {n}\n" for n in range(5 * MOST_LINES))
    text = f"{config_map('big')}  text: |\n{lines}"
    page = soup(signed_in.get(address(begin(text, daemonset_text()))))
    [note] = page.select("[data-note=left-out]")
    assert int(note["data-more"]) == len(text.splitlines()) - MOST_LINES
    assert len(page.select("#d0 pre.lines span")) == MOST_LINES
