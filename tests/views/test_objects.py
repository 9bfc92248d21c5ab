"""One object: its page, text, copy, export, deletion, history; and what is done to several at once."""

from __future__ import annotations

import json

import pytest
from django.utils import translation

from console.audit.models import Entry
from tests import builders
from tests.conftest import HERE
from tests.stores.texts import config_map, daemonset_text
from tests.views.pages import codes, column, figures, follow, hidden, soup, toasts, words
from workloads.documents import edit, read
from workloads.drafts import store as drafts
from workloads.models import Draft
from workloads.services.restore import restore_revision
from workloads.services.verbs import VERBS
from workloads.stores import store_for
from workloads.stores.protocol import Ref, daemonset

PROJECT = "/clusters/offline/projects/demo"
AGENT = f"{PROJECT}/daemonsets/agent/"
TOKEN = f"{PROJECT}/secrets/token/"
REF = daemonset("demo", "agent")
CONTAINER = ("spec", "template", "spec", "containers", 0)
SECRET = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: token\nstringData:\n  password: hunter2\n"


@pytest.fixture
def store(admin, demo):
    return store_for("offline", admin)


@pytest.fixture
def put(store):
    def put(*texts):
        for text in texts:
            store.apply(text, project="demo", base=None)

    return put


def body(response):
    return response.content.decode()


# The page


def test_a_daemonset_says_what_it_is_and_what_it_said(signed_in, put):
    put("# by hand\n" + daemonset_text())
    page = soup(signed_in.get(AGENT))
    assert page.h1.get_text(strip=True) == "agent"
    assert page.select_one("[data-status]")["data-status"] == "saved"
    assert page.select("[data-unselective]")
    assert page.select_one("code.wrap").text == "nginx:1"
    assert not page.select("pre")
    assert soup(signed_in.get(f"{AGENT}yaml/")).select_one("#L1").text == "# by hand"
    [revision] = page.select(f'a.name[href="{AGENT}revisions/1/"]')
    assert "admin" in revision.find_parent("tr").get_text()
    said = words(signed_in.get(AGENT))
    assert "RollingUpdate" in said


def test_an_overview_says_what_runs_where_and_what_is_wrong(signed_in, put, store):
    every = (HERE / "manifests" / "every-pod-field.yaml").read_text().replace("every-pod-field", "agent")
    tolerating = "      tolerations: [{operator: Exists}, {key: gpu, operator: Exists, effect: NoSchedule}]\n"
    put(every.replace("      hostNetwork: true\n", "      hostNetwork: true\n" + tolerating))
    store.replace_nodes(builders.as_text(builders.node("n1"), builders.node("n2")))
    page = soup(signed_in.get(AGENT))
    rows = {row["data-container"]: row for row in page.select("[data-container]")}
    assert list(rows) == ["prepare", "sidecar", "agent", "helper"]
    cells = [
        [
            " ".join(cell.get_text(" ").split())
            for cell in rows["agent"].select(f"td:nth-child({column}) .lines > *")
        ]
        for column in range(3, 7)
    ]
    assert cells == [
        ["100m cpu", "128Mi memory", "1Gi ephemeral-storage", "1 nvidia.com/gpu"],
        ["1 cpu", "500M memory", "2Gi ephemeral-storage", "1 nvidia.com/gpu"],
        ["http 8080:8080/TCP", "dns 53/UDP", "dns-tcp 53/TCP", "sig 3868/SCTP"],
        [
            "Liveness HTTPS 127.0.0.1:http/live",
            "Readiness TCP localhost:8080",
            "Startup gRPC :9090",
        ],
    ]
    assert [each["data-tolerates"] for each in page.select("[data-tolerates]")] == ["", "gpu:NoSchedule"]
    assert figures(signed_in.get(AGENT), ".node-bar") == {"runs": 2, "total": 2, "most": 0}
    assert [each["data-volume"] for each in page.select("[data-volume]")] == ["host-time"]
    assert "service-account-missing" in codes(signed_in.get(AGENT))
    assert page.select_one("[data-findings]")["data-findings"] == str(
        len(page.select(".why [data-code], li[data-code]"))
    )


def test_what_people_copy_has_a_button(signed_in, put):
    put(edit(daemonset_text(), 0, [((*CONTAINER, "command"), ["sh", "-c", "echo 'a b'"])]))
    buttons = soup(signed_in.get(AGENT)).select("button[data-copy]")
    assert [each["data-copy"] for each in buttons] == ["agent", "nginx:1", "sh -c 'echo '\"'\"'a b'\"'\"''"]
    page = soup(signed_in.get(f"{AGENT}yaml/"))
    [manifest] = page.select('button[data-copy-of]:not([data-copy-of=""])')
    assert page.find(id=manifest["data-copy-of"]).name == "pre"
    assert all(each.has_attr("hidden") and each["aria-label"] for each in [*buttons, manifest])


def test_the_head_has_a_button_for_the_usual_and_a_menu_for_the_rest(signed_in, put):
    put(daemonset_text())
    page = soup(signed_in.get(AGENT))
    buttons = page.select(".head form > button[data-verb]")
    assert [button["data-verb"] for button in buttons] == [verb.name for verb in VERBS if verb.button]
    assert ["dark" in button["class"] for button in buttons] == [True, False]
    menu = page.select(".head .pop [data-verb]")
    shown = [verb.name for verb in VERBS if not verb.button and not verb.tab]
    assert [line["data-verb"] for line in menu] == shown
    assert [line["data-verb"] for line in menu if "red" in line.get("class", [])] == ["delete"]
    for address in [line["href"] for line in menu if line.name == "a"] + [
        tab["href"] for tab in page.select(".tabs a")
    ]:
        assert signed_in.get(address).status_code == 200
    [current] = page.select(".tabs [aria-current]")
    assert current["href"] == AGENT


def test_the_text_stands_alone_with_lines_to_point_at(signed_in, put):
    put(daemonset_text())
    page = soup(signed_in.get(f"{AGENT}yaml/"))
    assert page.select_one("#L2").text == "kind: DaemonSet"


def test_what_is_not_there_is_not_found(signed_in, demo):
    for address in (AGENT, f"{AGENT}yaml/", f"{AGENT}copy/", f"{AGENT}delete/", f"{AGENT}revisions/"):
        assert signed_in.get(address).status_code == 404
    assert signed_in.post(f"{AGENT}edit/").status_code == 404


def test_changes_are_made_by_post_alone(signed_in, put):
    put(daemonset_text())
    for address in (f"{AGENT}revisions/1/restore/", f"{PROJECT}/bulk/daemonsets/"):
        assert signed_in.get(address).status_code == 405
    opened = signed_in.get(f"{AGENT}edit/")
    assert (opened.status_code, opened["Location"]) == (302, AGENT)
    assert not Draft.objects.exists()


def test_values_of_a_secret_are_shown_nowhere(signed_in, put):
    put(SECRET, SECRET.replace("hunter2", "hunter3"))
    pages = [TOKEN, f"{TOKEN}yaml/", f"{TOKEN}revisions/", f"{TOKEN}revisions/1/", f"{TOKEN}copy/"]
    pages += [f"{TOKEN}delete/", f"{TOKEN}export/", f"{PROJECT}/secrets/"]
    for address in pages:
        response = signed_in.get(address)
        assert response.status_code == 200
        assert "hunter" not in body(response)
    assert "password" in words(signed_in.get(TOKEN))


# Editing and copying


def test_editing_opens_a_draft_of_what_is_stored(signed_in, put):
    put(daemonset_text())
    response = signed_in.post(f"{AGENT}edit/")
    draft = Draft.objects.get()
    assert response["Location"] == f"/drafts/{draft.pk}/basics/"
    assert (draft.text, draft.origin_name, draft.origin_version) == (daemonset_text(), "agent", "1")
    assert follow(signed_in, response).status_code == 200


def test_editing_again_goes_on_with_the_open_draft(signed_in, put):
    put(daemonset_text())
    first = signed_in.post(f"{AGENT}edit/")["Location"]
    again = signed_in.post(f"{AGENT}edit/")
    assert again["Location"] == first
    assert toasts(follow(signed_in, again)) == []  # nothing was changed in it
    draft = Draft.objects.get()
    drafts.save(draft, f"{draft.text}# mine\n", version=1)
    again = signed_in.post(f"{AGENT}edit/")
    assert again["Location"] == first
    assert toasts(follow(signed_in, again)) == ["draft-open"]
    assert signed_in.post(f"{AGENT}edit/?in=yaml")["Location"] == first.replace("basics", "yaml")


def test_other_kinds_are_edited_as_yaml(signed_in, put):
    put(config_map("settings"))
    response = signed_in.post(f"{PROJECT}/configmaps/settings/edit/")
    assert response["Location"].endswith("/yaml/")


def test_a_copy_is_a_draft_with_its_own_name_and_selector(signed_in, put, store):
    put(daemonset_text(more="uid: abc\nresourceVersion: '7'"))
    store.create_project("other")
    assert 'value="agent-copy"' in body(signed_in.get(f"{AGENT}copy/"))
    response = signed_in.post(f"{AGENT}copy/", {"name": "second", "project": "other"})
    draft = Draft.objects.get()
    value = read(draft.text)[0].value
    assert response["Location"] == f"/drafts/{draft.pk}/basics/"
    assert (draft.project, draft.origin_version) == ("other", "")
    assert value["metadata"] == {"name": "second"}
    assert value["spec"]["selector"] == {"matchLabels": {"app": "second"}}
    assert value["spec"]["template"]["metadata"] == {"labels": {"app": "second"}}


def test_a_copy_keeps_labels_that_do_not_hold_the_name(signed_in, put):
    put(daemonset_text().replace("app: agent", "app: logs"))
    signed_in.post(f"{AGENT}copy/", {"name": "second", "project": "demo"})
    assert Draft.objects.get().text == daemonset_text().replace("app: agent", "app: logs").replace(
        "name: agent", "name: second"
    )


@pytest.mark.parametrize("fields", [{"name": "", "project": "demo"}, {"name": "x", "project": "nowhere"}])
def test_a_copy_asks_again_for_what_is_missing(signed_in, put, fields):
    put(daemonset_text())
    response = signed_in.post(f"{AGENT}copy/", fields)
    assert response.status_code == 422
    assert not Draft.objects.exists()


# Export


def test_the_file_is_the_text(signed_in, put):
    put("# by hand\n" + daemonset_text())
    response = signed_in.get(f"{AGENT}export/?as=yaml")
    assert body(response) == "# by hand\n" + daemonset_text()
    assert response["Content-Disposition"] == 'attachment; filename="agent.yaml"'


def test_or_the_same_as_json(signed_in, put):
    put(daemonset_text())
    response = signed_in.get(f"{AGENT}export/?as=json")
    assert read(body(response))[0].value == read(daemonset_text())[0].value
    assert response["Content-Disposition"] == 'attachment; filename="agent.json"'


def test_a_secret_leaves_without_values_unless_said_and_recorded(signed_in, put):
    put(SECRET)
    masked = signed_in.post(f"{TOKEN}export/", {"as": "yaml", "values": "masked"})
    assert "hunter2" not in body(masked)
    assert "password" in body(masked)
    assert not Entry.objects.filter(verb="export values").exists()
    assert "hunter2" not in body(signed_in.get(f"{TOKEN}export/?as=yaml&values=plain"))
    plain = signed_in.post(f"{TOKEN}export/", {"as": "yaml", "values": "plain"})
    assert body(plain) == SECRET
    entry = Entry.objects.get(verb="export values")
    assert (entry.who, entry.project, entry.name) == ("admin", "demo", "token")
    assert "hunter2" not in str(entry.details)


# Deletion


def test_deleting_asks_and_can_be_undone(signed_in, put, store):
    put(daemonset_text())
    page = signed_in.get(f"{AGENT}delete/")
    assert "DaemonSet agent" in soup(page).h1.text
    listing = follow(
        signed_in, signed_in.post(f"{AGENT}delete/", {"seen": hidden(page, "seen"), "why": "old"})
    )
    assert toasts(listing) == ["deleted"]
    deleted = signed_in.get(f"{PROJECT}/deleted/")
    assert column(deleted) == ["agent"]
    assert soup(deleted).select_one("td.wrap").text == "old"
    form = soup(deleted).select_one("tbody form")
    follow(signed_in, signed_in.post(form["action"], {"seen": ""}))
    assert store.get(REF).text == daemonset_text()
    assert soup(signed_in.get(f"{PROJECT}/deleted/")).select('[data-empty="deleted"]')


def test_what_was_changed_since_the_question_is_not_deleted(signed_in, put, store):
    put(daemonset_text())
    seen = hidden(signed_in.get(f"{AGENT}delete/"), "seen")
    put(daemonset_text(image="nginx:2"))
    response = signed_in.post(f"{AGENT}delete/", {"seen": seen, "why": "too old"})
    assert response.status_code == 409
    assert soup(response).select_one("#why")["value"] == "too old"
    assert soup(response).select_one(".note.bad")["data-error"] == "stale"
    assert store.get(REF)


def test_the_address_of_a_deleted_object_leads_to_its_history(signed_in, put, store):
    put(daemonset_text())
    store.delete(REF)
    page = follow(signed_in, signed_in.get(AGENT))
    assert page.wsgi_request.path == f"{AGENT}revisions/"
    assert soup(page).select('[data-note="deleted"]')


# History


def test_any_two_revisions_can_be_compared(signed_in, put):
    put(*(daemonset_text(image=f"nginx:{i}") for i in (1, 2, 3)))
    newest = soup(signed_in.get(f"{AGENT}revisions/"))
    assert [line.text.strip() for line in newest.select(".diff ins")] == ["image: nginx:3"]
    asked = soup(signed_in.get(f"{AGENT}revisions/?from=1&to=2"))
    assert [line.text.strip() for line in asked.select(".diff del, .diff ins")] == [
        "image: nginx:1",
        "image: nginx:2",
    ]
    assert asked.select_one("input[name=from][checked]")["value"] == "1"
    assert signed_in.get(f"{AGENT}revisions/?from=x&to=99999999999").status_code == 200


def test_changed_secret_values_are_told_apart_but_not_told(signed_in, put):
    put(SECRET, SECRET.replace("hunter2", "hunter3"))
    page = signed_in.get(f"{TOKEN}revisions/")
    assert soup(page).select(".diff ins")
    assert "hunter" not in body(page)


def test_a_revision_is_restored_over_what_was_shown(signed_in, put, store):
    put(daemonset_text(image="nginx:1"), daemonset_text(image="nginx:2"))
    page = signed_in.get(f"{AGENT}revisions/1/")
    assert [line.text.strip() for line in soup(page).select(".diff ins")] == ["image: nginx:1"]
    seen = hidden(page, "seen")
    response = signed_in.post(f"{AGENT}revisions/1/restore/", {"seen": seen, "why": "as it was"})
    assert "nginx:1" in words(follow(signed_in, response))
    assert store.history(REF)[0].why == "as it was"


def test_what_was_deleted_is_said_to_be_back(signed_in, put, store):
    put(daemonset_text())
    store.delete(REF, base=store.get(REF).version)
    last = store.history(REF)[0].number
    page = follow(signed_in, signed_in.post(f"{AGENT}revisions/{last}/restore/", {"seen": ""}))
    assert toasts(page) == ["restored"]
    assert store.history(REF)[0].why
    assert store.get(REF).text == daemonset_text()


def test_restoring_over_what_somebody_changed_since_does_nothing(signed_in, put, store):
    put(daemonset_text(image="nginx:1"), daemonset_text(image="nginx:2"))
    seen = hidden(signed_in.get(f"{AGENT}revisions/1/"), "seen")
    put(daemonset_text(image="nginx:3"))
    page = follow(signed_in, signed_in.post(f"{AGENT}revisions/1/restore/", {"seen": seen}))
    assert toasts(page) == ["not-restored"]
    assert "nginx:3" in store.get(REF).text


def test_a_revision_there_is_not_is_not_found(signed_in, put):
    put(daemonset_text())
    page = signed_in.get(f"{AGENT}revisions/9/")
    assert (page.status_code, soup(page).select_one("[data-error]")["data-error"]) == (404, "no-revision")
    assert signed_in.post(f"{AGENT}revisions/9/restore/", {"seen": "1"}).status_code == 404


def test_a_deleted_project_that_comes_back_has_its_history(signed_in, put, store):
    put(daemonset_text())
    store.delete_project("demo")
    store.create_project("demo")
    assert column(signed_in.get(f"{PROJECT}/deleted/")) == ["agent"]


def test_a_deleted_object_is_removed_for_good_after_a_question(signed_in, store, put):
    put(SECRET)
    address = f"{PROJECT}/secrets/token"
    assert signed_in.get(f"{address}/revisions/purge/").status_code == 404  # it exists
    store.delete(Ref("v1", "Secret", "demo", "token"))
    page = soup(signed_in.get(f"{PROJECT}/deleted/"))
    [link] = page.select("[data-verb=purge]")
    asked = signed_in.get(link["href"])
    assert asked.status_code == 200
    assert "hunter2" not in body(asked)
    assert column(signed_in.get(f"{PROJECT}/deleted/")) == ["token"]
    done = signed_in.post(link["href"], follow=True)
    assert toasts(done) == ["purged"]
    assert column(done) == []
    assert signed_in.get(f"{address}/revisions/").status_code == 404
    assert signed_in.post(link["href"]).status_code == 404


# Several at once


def bulk(client, do, *refs, resource="daemonsets", **fields):
    return client.post(f"{PROJECT}/bulk/{resource}/", {"do": do, "ref": list(refs), **fields})


def test_several_are_exported_as_one_bundle(signed_in, put):
    put(daemonset_text("a"), daemonset_text("b"), daemonset_text("c"))
    response = bulk(signed_in, "export-yaml", "demo/a", "demo/c")
    assert [document.name for document in read(body(response))] == ["a", "c"]
    response = bulk(signed_in, "export-json", "demo/a", "demo/b")
    exported = json.loads(body(response))
    assert (exported["apiVersion"], exported["kind"]) == ("v1", "List")
    assert [item["metadata"]["name"] for item in exported["items"]] == ["a", "b"]
    assert response["Content-Disposition"] == 'attachment; filename="demo.json"'


def test_several_secrets_are_asked_about_first(signed_in, put):
    put(SECRET)
    page = bulk(signed_in, "export-yaml", "demo/token", resource="secrets")
    assert page["Content-Type"].startswith("text/html")
    assert "hunter2" not in body(page)
    assert "hunter2" not in body(
        bulk(signed_in, "export-yaml", "demo/token", resource="secrets", values="masked")
    )
    assert "hunter2" in body(bulk(signed_in, "export-yaml", "demo/token", resource="secrets", values="plain"))
    assert Entry.objects.filter(verb="export values", name="token").count() == 1


def test_several_are_deleted_after_their_names_were_spelled_out(signed_in, put, store):
    put(daemonset_text("a"), daemonset_text("b"), daemonset_text("c"))
    page = bulk(signed_in, "delete", "demo/a", "demo/c")
    assert [name.text for name in soup(page).select(".names b")] == ["DaemonSet a", "DaemonSet c"]
    assert soup(page).select(f'.note a[href="{PROJECT}/deleted/"]')
    listing = follow(signed_in, bulk(signed_in, "deleted", seen=hidden(page, "seen")))
    assert toasts(listing) == ["deleted"]
    assert "a, c" in soup(listing).select_one(".toast").text
    assert column(listing) == ["b"]


def undo(client, page):
    [form] = [button.find_parent("form") for button in soup(page).select(".toast [data-undo]")]
    return client.post(form["action"], {"seen": form.button["value"]})


def test_a_deletion_is_undone_from_the_toast(signed_in, put, store):
    put("# by hand\n" + daemonset_text())
    listing = follow(signed_in, signed_in.post(f"{AGENT}delete/", {"seen": store.get(REF).version}))
    assert toasts(listing) == ["deleted"]
    assert soup(listing).select_one(".toast a")["href"] == f"{PROJECT}/deleted/"
    back = follow(signed_in, undo(signed_in, listing))
    assert (toasts(back), column(back)) == (["restored"], ["agent"])
    assert store.get(REF).text == "# by hand\n" + daemonset_text()
    assert [revision.number for revision in store.history(REF)] == [3, 2, 1]
    assert toasts(follow(signed_in, undo(signed_in, listing))) == ["not-restored"]


def test_of_several_deletions_all_are_undone_or_none(signed_in, put):
    put(*map(daemonset_text, "abc"))
    page = bulk(signed_in, "delete", "demo/a", "demo/c")
    listing = follow(signed_in, bulk(signed_in, "deleted", seen=hidden(page, "seen")))
    put(daemonset_text("c", image="other:1"))
    refused = follow(signed_in, undo(signed_in, listing))
    assert (toasts(refused), column(refused)) == (["not-restored"], ["b", "c"])
    page = bulk(signed_in, "delete", "demo/b", "demo/c")
    listing = follow(signed_in, bulk(signed_in, "deleted", seen=hidden(page, "seen")))
    back = follow(signed_in, undo(signed_in, listing))
    assert (toasts(back), column(back)) == (["restored"], ["b", "c"])


def test_undo_takes_only_what_the_console_signed(signed_in, put, django_user_model):
    put(daemonset_text())
    address = f"{PROJECT}/bulk/daemonsets/undelete/"
    assert signed_in.post(address, {"seen": "[]"}).status_code == 400
    assert signed_in.get(address).status_code == 405


def test_of_several_the_ones_changed_since_stay(signed_in, put, store):
    put(*map(daemonset_text, "abc"))
    page = bulk(signed_in, "delete", "demo/a", "demo/b", "demo/c")
    put(daemonset_text("b", image="nginx:2"), daemonset_text("c", image="nginx:2"))
    listing = follow(signed_in, bulk(signed_in, "deleted", seen=hidden(page, "seen")))
    assert toasts(listing) == ["deleted", "not-deleted"]
    named = soup(listing).select('[data-code="not-deleted"] li')
    assert [(each["data-name"], each["data-error"]) for each in named] == [
        ("b", "stale"),
        ("c", "stale"),
    ]
    assert column(listing) == ["b", "c"]


def test_of_very_many_that_were_not_deleted_the_first_are_named(signed_in, put):
    names = [f"agent-{number:02}" for number in range(12)]
    put(*map(daemonset_text, names))
    page = bulk(signed_in, "delete", *(f"demo/{name}" for name in names))
    put(*(daemonset_text(name, image="nginx:2") for name in names))
    listing = follow(signed_in, bulk(signed_in, "deleted", seen=hidden(page, "seen")))
    assert toasts(listing) == ["not-deleted"]
    assert len(soup(listing).select('[data-code="not-deleted"] li[data-name]')) == 10


def test_nothing_ticked_or_all_gone_is_said(signed_in, put):
    put(daemonset_text())
    assert toasts(follow(signed_in, bulk(signed_in, "delete"))) == ["none-selected"]
    gone = bulk(signed_in, "export-yaml", "demo/gone")
    assert toasts(follow(signed_in, gone)) == ["no-longer-there"]


def test_a_project_is_not_deleted_among_others(signed_in, store):
    store.create_project("other")
    refused = signed_in.post("/clusters/offline/bulk/namespaces/", {"do": "delete", "ref": "/other"})
    assert toasts(follow(signed_in, refused)) == ["one-project-at-a-time"]
    assert [project.name for project in store.projects()] == ["demo", "other"]


def test_more_than_can_be_done_at_once_is_refused_whole(signed_in, demo):
    refused = bulk(signed_in, "delete", *(f"demo/n{i}" for i in range(1001)))
    assert refused.status_code == 413
    assert soup(refused).select_one("[data-error]")["data-error"] == "too-many-objects"
    assert all(number in words(refused) for number in ("1001", "1000"))


@pytest.mark.parametrize(
    ("do", "fields"),
    [
        ("dance", {"ref": "demo/agent"}),
        ("deleted", {"seen": "forged"}),
        ("deleted", {}),
        ("export-yaml", {"ref": "agent"}),
    ],
)
def test_a_form_that_makes_no_sense_is_refused(signed_in, put, store, do, fields):
    put(daemonset_text())
    assert signed_in.post(f"{PROJECT}/bulk/daemonsets/", {"do": do, **fields}).status_code == 400
    assert store.get(REF)


def test_cluster_scoped_objects_have_the_same_pages(signed_in, put, store):
    put("apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: reader}\nrules: []\n")
    address = "/clusters/offline/clusterroles/reader/"
    for page in ("", "yaml/", "copy/", "export/", "delete/", "revisions/", "revisions/1/"):
        assert signed_in.get(address + page).status_code == 200
    assert follow(signed_in, signed_in.post(f"{address}edit/")).status_code == 200
    assert signed_in.post(f"{address}copy/", {"name": "second"}).status_code == 303
    page = signed_in.post("/clusters/offline/bulk/clusterroles/", {"do": "delete", "ref": "/reader"})
    signed_in.post("/clusters/offline/bulk/clusterroles/", {"do": "deleted", "seen": hidden(page, "seen")})
    assert store.history(Ref("rbac.authorization.k8s.io/v1", "ClusterRole", "", "reader"))[0].deleted


def test_notes_of_the_console_are_in_the_language_of_the_reader(signed_in, put, store):
    put(daemonset_text(), daemonset_text(image="nginx:2"))
    with translation.override("zh-hans"):
        restore_revision(store, REF, 1, base=store.get(REF).version)
    restore_revision(store, REF, 2, base=store.get(REF).version, why="Restored revision nine")
    with translation.override("zh-hans"):
        assert [revision.why for revision in store.history(REF)][:2] == [
            "Restored revision nine",
            "已恢复修订版本 1",
        ]
    with translation.override("en"):
        assert store.history(REF)[1].why == "Restored revision 1"
