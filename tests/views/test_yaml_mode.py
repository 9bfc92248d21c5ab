"""YAML mode through its addresses: what is saved, refused, rewritten, imported and exported."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from tests.stores.texts import daemonset_text
from tests.views.pages import codes, soup, toasts
from tests.wizard.html_forms import submitted
from workloads.documents import LIMITS
from workloads.drafts import store as drafts
from workloads.models import Draft
from workloads.services.excerpt import MOST_FINDINGS

BUNDLE = """\
# the agent's settings
apiVersion: v1
kind: ConfigMap
metadata:
  name: agent
data:
  on: "1"
---
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: agent
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      containers:
      - name: agent
        image: example.com/agent:1.0
"""
BROKEN = "a: 1\n b: 2\n"


@pytest.fixture
def draft(admin, demo):
    return drafts.create(admin, "offline", "demo", BUNDLE)


def address(draft, name="draft-yaml"):
    return reverse(name, args=[draft.id])


def post(client, draft, op="save", text=None, **more):
    data = {"op": op, "text": draft.text if text is None else text, "version": draft.version, **more}
    return client.post(address(draft), data)


def now(draft):
    return Draft.objects.get(pk=draft.pk)


def listed(page):
    """Kind and name of each document beside the editor."""
    return [(each["data-kind"], each["data-name"]) for each in soup(page).select("#documents li")]


def test_the_editor_shows_the_text_and_its_documents(signed_in, draft):
    page = signed_in.get(address(draft))
    assert submitted(page.content.decode(), "step-form")["text"].replace("\r\n", "\n") == BUNDLE
    assert listed(page) == [("ConfigMap", "agent"), ("DaemonSet", "agent")]


def test_saving_what_the_browser_sends_unchanged_keeps_every_byte(signed_in, draft):
    post(signed_in, draft, text=draft.text.replace("\n", "\r\n"))
    assert now(draft).text == BUNDLE
    assert now(draft).version == draft.version


def test_windows_line_ends_stay_windows_line_ends(signed_in, admin, demo):
    draft = drafts.create(admin, "offline", "demo", BUNDLE.replace("\n", "\r\n"))
    post(signed_in, draft, text=BUNDLE.replace("1.0", "1.1").replace("\n", "\r\n"))
    assert now(draft).text == BUNDLE.replace("1.0", "1.1").replace("\n", "\r\n")


def test_broken_text_is_kept_and_its_line_named(signed_in, draft):
    answer = post(signed_in, draft, op="go:basics", text=BROKEN)
    assert answer.status_code == 422
    assert now(draft).text == BROKEN
    assert 'data-line="2"' in answer.content.decode()


def test_an_unsaved_check_answers_the_findings_and_saves_nothing(signed_in, draft):
    answer = post(signed_in, draft, op="check", text=BUNDLE.replace("image:", "imag:"))
    assert answer.status_code == 200
    page = soup(answer)
    assert page.html is None
    paths = [each.code.get_text() for each in page.select("#findings [data-severity=error]")]
    assert "spec.template.spec.containers[0].imag" in paths
    assert now(draft).text == BUNDLE


def test_a_stale_save_keeps_both_sides(signed_in, draft):
    stale = draft.version
    drafts.save(draft, BUNDLE.replace("1.0", "1.1"), version=stale)
    mine = BUNDLE.replace('on: "1"', 'on: "2"')
    answer = signed_in.post(address(draft), {"op": "save", "text": mine, "version": stale})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "agent:1.1" in page  # what changed meanwhile
    assert "on: &quot;2&quot;" in page  # what was typed
    assert now(draft).text == BUNDLE.replace("1.0", "1.1")
    merged = signed_in.post(
        address(draft), {"op": "merge", "text": mine, "version": stale + 1, "base": stale}
    )
    assert merged.status_code == 303
    assert now(draft).text == mine.replace("1.0", "1.1")


def test_what_changed_meanwhile_shows_no_value_of_a_secret(signed_in, admin, demo):
    secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: key}\nstringData:\n  a: first\n"
    draft = drafts.create(admin, "offline", "demo", secret)
    drafts.save(draft, secret.replace("first", "second"), version=1)
    answer = signed_in.post(address(draft), {"op": "save", "text": secret + "  b: mine\n", "version": 1})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "second" not in page
    assert page.count("first") == 1  # in the editor
    assert "a: ••••••" in page


def test_a_very_old_page_keeps_its_text_and_says_what_that_would_change(signed_in, draft):
    for n in range(drafts.KEPT + 2):
        draft = drafts.save(draft, BUNDLE.replace("1.0", f"2.{n}"), version=draft.version)
    mine = BUNDLE.replace("1.0", "1.9")
    answer = signed_in.post(address(draft), {"op": "save", "text": mine, "version": 1})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert codes(answer)[:2] == ["draft-conflict", "version-not-kept"]
    assert page.count("agent:1.9") == 2  # in the difference and in the editor
    assert 'value="merge"' not in page


def test_a_refused_upload_does_not_make_an_old_text_new(signed_in, draft):
    stale = draft.version
    drafts.save(draft, BUNDLE.replace("1.0", "1.1"), version=stale)
    binary = SimpleUploadedFile("a.bin", b"\0")
    data = {"op": "append", "text": BUNDLE, "version": stale, "files": binary}
    refused = signed_in.post(address(draft), data)
    assert refused.status_code == 400
    assert f'name="version" value="{stale}"' in refused.content.decode()


def test_a_form_without_its_text_changes_nothing(signed_in, draft):
    assert signed_in.post(address(draft), {"op": "save", "version": draft.version}).status_code == 400
    assert now(draft).text == BUNDLE


@pytest.mark.parametrize(
    ("op", "kinds"),
    [
        ("remove:0", ["DaemonSet"]),
        ("remove:1", ["ConfigMap"]),
        ("down:0", ["DaemonSet", "ConfigMap"]),
        ("up:1", ["DaemonSet", "ConfigMap"]),
        ("add:Secret", ["ConfigMap", "DaemonSet", "Secret"]),
    ],
)
def test_documents_are_removed_moved_and_added(signed_in, draft, op, kinds):
    from workloads.documents import read

    assert post(signed_in, draft, op=op).status_code == 303
    assert [document.kind for document in read(now(draft).text)] == kinds


def test_converting_to_json_and_back_keeps_the_meaning(signed_in, draft):
    from workloads.documents import read

    meaning = [document.value for document in read(BUNDLE)]
    for to in ("json", "yaml"):
        current = now(draft)
        assert post(signed_in, current, op=f"convert:{to}").status_code == 303
        assert [document.value for document in read(now(draft).text)] == meaning


def test_a_list_is_split(signed_in, admin, demo):
    from workloads.documents import read

    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": [d.value for d in read(BUNDLE)]})
    draft = drafts.create(admin, "offline", "demo", text)
    assert post(signed_in, draft, op="split:0").status_code == 303
    assert [document.kind for document in read(now(draft).text)] == ["ConfigMap", "DaemonSet"]


def test_a_retired_api_version_is_converted(signed_in, admin, demo):
    from workloads.documents import read

    text = BUNDLE.split("---\n")[1].replace("apps/v1", "extensions/v1beta1")
    draft = drafts.create(admin, "offline", "demo", text)
    assert post(signed_in, draft, op="modernise:0").status_code == 303
    assert read(now(draft).text)[0].api_version == "apps/v1"


@pytest.mark.parametrize("op", ["remove:9", "remove:x", "add:Nonsense", "up:0"])
def test_what_cannot_be_done_is_refused_in_words(signed_in, draft, op):
    assert post(signed_in, draft, op=op).status_code in (400, 422)
    assert now(draft).text == BUNDLE


def test_field_names_are_completed(signed_in, draft):
    text = BUNDLE + "        \n"
    answer = post(signed_in, draft, op="complete", text=text, line=len(text.split("\n")) - 1, column=9)
    assert "imagePullPolicy" in [field["name"] for field in answer.json()["fields"]]


def test_export_gives_the_text_as_written_or_converted(signed_in, draft):
    assert signed_in.get(address(draft, "draft-export")).content.decode() == BUNDLE
    one = signed_in.get(address(draft, "draft-export") + "?doc=1&format=json")
    assert json.loads(one.content)["kind"] == "DaemonSet"
    assert 'filename="agent.json"' in one["Content-Disposition"]


def imported(client, *files, text=""):
    uploads = [SimpleUploadedFile(f"f{i}.yaml", content) for i, content in enumerate(files)]
    return client.post(reverse("import", args=["offline", "demo"]), {"files": uploads, "text": text})


def test_pasted_and_uploaded_text_become_one_draft(signed_in, demo):
    first, second = BUNDLE.split("---\n")
    answer = imported(signed_in, second.encode(), text=first)
    assert answer.status_code == 303
    draft = Draft.objects.get()
    assert "# the agent's settings" in draft.text
    assert "kind: DaemonSet" in draft.text


def test_a_broken_file_becomes_a_draft_whose_line_is_named(signed_in, demo):
    answer = imported(signed_in, BROKEN.encode())
    page = signed_in.get(answer.url).content.decode()
    assert 'data-line="2"' in page
    assert Draft.objects.get().text == BROKEN


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"\x00\x01\x02", 400),
        (b"name: \xff\xfe", 400),
        (b"", 400),
        (b"   \n", 400),
        (b"a: b # " + b"x" * 2 * 1024 * 1024, 413),
    ],
)
def test_what_cannot_be_text_is_refused_and_what_was_pasted_stays(signed_in, demo, content, status):
    answer = imported(signed_in, content, text="" if not content.strip() else "kept: true")
    assert answer.status_code == status
    assert not Draft.objects.exists()
    if content.strip():
        assert "kept: true" in answer.content.decode()


@pytest.mark.parametrize(
    "text",
    [
        "&a [*a]",
        "[" * 5000 + "]" * 5000,
        "a: &a [x,x,x,x,x,x,x,x,x]\n"
        + "".join(f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(9)),
        "kind: !!python/object:os.system {}",
        "a: 1\na: 2",
        "a:\n\tb: 1",
    ],
)
def test_hostile_text_is_named_and_kept(signed_in, demo, text):
    answer = imported(signed_in, text.encode())
    page = signed_in.get(answer.url)
    assert page.status_code == 200
    assert 'data-severity="error"' in page.content.decode()
    assert Draft.objects.get().text == text


def test_markup_in_a_manifest_stays_text(signed_in, demo):
    text = BUNDLE.replace("name: agent", 'name: "<script>alert(1)</script>"')
    page = signed_in.get(imported(signed_in, text.encode()).url).content.decode()
    assert "<script>alert" not in page


def test_another_persons_draft_is_not_there(client, draft, django_user_model):
    client.force_login(django_user_model.objects.create_superuser("other"))
    for name in ("draft-yaml", "draft-export"):
        assert client.get(address(draft, name)).status_code == 404


SEEDS = sorted((Path(__file__).parents[3] / "shared/corpus/seeds").glob("*.yaml"))


@pytest.mark.parametrize("path", SEEDS, ids=lambda path: path.name)
def test_every_seed_is_imported_as_it_is(signed_in, demo, path):
    answer = imported(signed_in, path.read_bytes())
    page = signed_in.get(answer.url).content.decode()
    assert Draft.objects.get().text == path.read_text()
    assert ('id="findings"' in page) is True
    assert ('class="note bad"' in page) is ("broken" in path.name)


def test_a_check_lists_the_documents_that_were_typed(signed_in, draft):
    typed = BUNDLE + "---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: typed\n"
    assert listed(post(signed_in, draft, op="check", text=typed))[-1] == ("Secret", "typed")


def test_the_editor_says_what_the_review_would_say(signed_in, admin, demo):
    text = BUNDLE.split("---\n")[1] + "        envFrom: [{configMapRef: {name: nowhere}}]\n"
    page = signed_in.get(address(drafts.create(admin, "offline", "demo", text)))
    paths = [each.code.get_text() for each in soup(page).select("#findings li")]
    assert "spec.template.spec.containers[0].envFrom[0].configMapRef.name" in paths


def test_an_added_document_is_gone_to(signed_in, draft):
    answer = post(signed_in, draft, op="add:Secret")
    line = int(answer["Location"].partition("?line=")[2])
    assert now(draft).text.splitlines()[line - 1] == "apiVersion: v1"


def test_undo_takes_back_what_was_typed_then_what_was_saved(signed_in, draft):
    post(signed_in, draft, op="remove:0")
    assert "ConfigMap" not in now(draft).text
    assert post(signed_in, now(draft), op="undo", text="typed").status_code == 303
    assert "ConfigMap" not in now(draft).text
    assert post(signed_in, now(draft), op="undo").status_code == 303
    assert now(draft).text == BUNDLE


def test_both_sides_of_a_merge_are_to_be_chosen_between(signed_in, admin, demo):
    text = BUNDLE.replace(
        "  name: agent\ndata:", "<<<<<<< mine\n  name: a\n=======\n  name: b\n>>>>>>> theirs\ndata:"
    )
    page = signed_in.get(address(drafts.create(admin, "offline", "demo", text)))
    assert codes(page, "#findings") == ["merge-conflicts"]
    [choice] = soup(page).select("#findings .choice")
    assert choice.h3.a["data-goto"] == "5"


TWO = f"{BUNDLE}---\n{BUNDLE.split('---')[1].lstrip().replace('agent', 'second')}"


def line_of(text, what):
    return text[: text.index(what)].count("\n") + 1


def test_the_switch_keeps_the_document(signed_in, admin, demo):
    draft = drafts.create(admin, "offline", "demo", TWO)
    step = reverse("draft-step", args=[draft.id, "volumes"]) + "?doc=2"
    form = submitted(signed_in.get(step).content.decode(), "step-form")
    switch = signed_in.post(step, {**form, "op": "go:yaml"})
    assert switch["Location"] == address(draft) + "?doc=2"
    page = signed_in.get(switch["Location"]).content.decode()
    line = TWO[: TWO.rindex("---\n")].count("\n") + 2
    assert f'data-line="{line}"' in page
    form = submitted(page, "step-form")
    # Without JavaScript: back to the document that was open, also after a save.
    kept = signed_in.post(address(draft), {**form, "op": "save"})
    form = submitted(signed_in.get(kept["Location"]).content.decode(), "step-form")
    assert signed_in.post(address(draft), {**form, "op": "go:volumes"})["Location"] == step


@pytest.mark.parametrize(
    ("at", "doc"), [("name: second", 2), ("image: example.com/agent", 1), ("settings", 1), ("---\n", 1)]
)
def test_the_form_opens_at_the_document_the_cursor_is_in(signed_in, admin, demo, at, doc):
    draft = drafts.create(admin, "offline", "demo", TWO)
    back = post(signed_in, draft, op="go:pods", cursor=line_of(TWO, at), doc="1")
    assert back["Location"].endswith(f"/pods/?doc={doc}")


def test_a_document_is_edited_in_the_form_with_what_was_typed(signed_in, admin, demo):
    draft = drafts.create(admin, "offline", "demo", TWO)
    page = BeautifulSoup(signed_in.get(address(draft)).content, "html.parser")
    buttons = [button["value"] for button in page.select("#documents button[value^='go:']")]
    assert buttons == ["go:basics:1", "go:basics:2"]
    answer = post(signed_in, draft, op=buttons[1], text=TWO.replace("second:1.0", "second:typed"))
    assert answer["Location"] == reverse("draft-step", args=[draft.id, "basics"]) + "?doc=2"
    assert "second:typed" in now(draft).text


@pytest.mark.parametrize("op", ["go:basics:x", "go:nowhere"])
def test_a_place_that_is_none_is_refused(signed_in, draft, op):
    assert post(signed_in, draft, op=op).status_code == 400


def test_more_than_two_megabytes_stay_in_the_editor_and_are_not_saved(signed_in, draft):
    answer = post(signed_in, draft, text=BUNDLE + "# " + "x" * LIMITS.size)
    assert answer.status_code == 413
    assert "x" * 1000 in answer.content.decode()
    assert now(draft).text == BUNDLE


def test_of_several_files_the_broken_ones_are_named_with_their_own_lines(signed_in, demo):
    answer = imported(signed_in, BUNDLE.encode(), BROKEN.encode(), b"\n\nb: [1\n", text="pasted: true")
    page = BeautifulSoup(signed_in.get(answer["Location"]).content, "html.parser")
    said = [toast.text for toast in page.select(".toast")]
    assert ["f1.yaml, line 2:" in one for one in said] == [True, False]
    assert ["f2.yaml, line 4:" in one for one in said] == [False, True]


def test_of_many_broken_files_five_are_named_and_the_rest_counted(signed_in, demo):
    answer = imported(signed_in, *[BROKEN.encode()] * 8)
    page = signed_in.get(answer["Location"])
    said = [toast.get_text() for toast in soup(page).select(".toast")]
    assert [one.partition(",")[0] for one in said[:5]] == [f"f{n}.yaml" for n in range(5)]
    assert toasts(page)[5:] == ["more-unreadable-files"]
    assert "3" in said[5]


def test_appended_files_are_named_too(signed_in, draft):
    files = [SimpleUploadedFile("broken.yaml", BROKEN.encode())]
    answer = post(signed_in, draft, op="append", files=files)
    assert answer.status_code == 422
    assert "broken.yaml, line 2:" in answer.content.decode()


# ---- documents that can be read beside one that cannot ----


def test_a_broken_document_does_not_hide_the_others_and_can_be_set_aside(signed_in, admin, demo):
    good = [daemonset_text(f"agent-{n}") for n in range(14)]
    good[3] = good[3].replace("      containers:", "      serviceAccountName: none\n      containers:")
    broken = "apiVersion: v1\nkind: ConfigMap\nmetadata: [\n"
    text = "---\n".join([*good[:5], broken, *good[5:]])
    draft = drafts.create(admin, "offline", "demo", text)
    page = soup(signed_in.get(address(draft)))
    names = [item["data-name"] for item in page.select("#documents li[data-name]")]
    assert names == [f"agent-{n}" for n in range(14)]
    [marked] = page.select("#documents li.broken")
    start = text.index(broken)
    assert text[:start].count("\n") < int(marked["data-line"]) <= text[:start].count("\n") + 4
    assert {int(item["data-line"]) for item in page.select("#findings li")}  # of the others, at their lines
    assert page.select_one("[data-code=some-readable]")["data-broken"] == "1"
    assert page.select("[data-code=service-account-missing]")
    assert not page.select("[name=op][value^='object:']")  # nothing can be added to what cannot be read

    done = signed_in.post(address(draft), {"text": text, "version": draft.version, "op": "aside"})
    assert done.status_code == 303
    assert toasts(signed_in.get(done["Location"])) == ["set-aside"]
    draft.refresh_from_db()
    assert draft.text == "---\n".join(good)
    other = drafts.listed(admin).exclude(pk=draft.pk).get()
    assert other.text == broken
    assert drafts.undo(draft, draft.version).text == text


def test_nothing_is_set_aside_where_all_can_be_read_or_nothing(signed_in, admin, demo):
    for text in (daemonset_text(), "a: [\n"):
        draft = drafts.create(admin, "offline", "demo", text)
        signed_in.post(address(draft), {"text": text, "version": draft.version, "op": "aside"})
        draft.refresh_from_db()
        assert (draft.text, draft.version) == (text, 1)
    assert drafts.listed(admin).count() == 2


def test_of_very_many_findings_the_errors_are_shown_first(signed_in, admin, demo):
    agent = BUNDLE.partition("---\n")[2]  # the selectors of all overlap, which is a warning
    agents = [agent.replace("name: agent", f"name: agent-{n}", 1) for n in range(MOST_FINDINGS + 20)]
    text = "---\n".join([*agents, agent.replace("image:", "imag:")])
    page = soup(signed_in.get(address(drafts.create(admin, "offline", "demo", text))))
    shown = page.select("#findings li")
    [more] = page.select("#findings [data-note=more-findings]")
    assert len(shown) == MOST_FINDINGS
    assert "error" in {each["data-severity"] for each in shown}
    assert int(more["data-more"]) >= 20
