"""The editor of YAML mode: marks in the gutter, completion, keys, files dropped, both ways to the form."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from workloads.drafts import store as drafts
from workloads.models import Draft
from workloads.stores.offline.store import first_start

MANIFEST = (Path(__file__).parents[1] / "manifests/comments-everywhere.yaml").read_text()


@pytest.fixture
def editor(signed_in_page, person):
    first_start(person)
    draft = drafts.create(person, "offline", "demo", MANIFEST)
    page = signed_in_page
    page.goto(f"{page.base}/drafts/{draft.id}/yaml/")
    page.wait_for_selector(".ace_content")
    page.draft = draft
    return page


def text(page) -> str:
    return page.evaluate("ace.edit(document.querySelector('.ace-host')).getValue()")


def type_at_end(page, typed: str) -> None:
    page.evaluate(
        "() => { const e = ace.edit(document.querySelector('.ace-host')); e.focus(); e.navigateFileEnd(); }"
    )
    page.keyboard.type(typed)


def test_a_finding_is_marked_at_its_line_during_typing(editor):
    changed = MANIFEST.replace("image:", "imag:", 1)
    editor.evaluate("text => ace.edit(document.querySelector('.ace-host')).setValue(text, -1)", changed)
    line = changed[: changed.index("imag:")].count("\n") + 1
    expect(editor.locator(f"#findings [data-severity=error][data-line='{line}']")).to_be_visible()
    marks = editor.evaluate("ace.edit(document.querySelector('.ace-host')).session.getAnnotations()")
    assert line - 1 in [mark["row"] for mark in marks if mark["type"] == "error"]


def test_field_names_are_offered(editor):
    editor.evaluate("ace.edit(document.querySelector('.ace-host')).setValue('', -1)")
    type_at_end(editor, "apiVersion: apps/v1\nkind: DaemonSet\nsp")
    editor.keyboard.press("Control+Space")
    popup = editor.locator(".ace_autocomplete")
    expect(popup).to_contain_text("spec")
    editor.keyboard.press("Enter")
    assert text(editor).endswith("spec: ")


def test_the_keyboard_saves_the_draft_and_leaves_the_editor(editor):
    type_at_end(editor, "\n# typed")
    editor.keyboard.press("Control+s")
    expect(editor.locator("#messages [data-code=draft-saved]")).to_be_visible()
    assert Draft.objects.get(pk=editor.draft.pk).text.rstrip().endswith("# typed")


def test_files_that_are_dropped_are_appended(editor):
    editor.evaluate(
        """() => {
          const files = new DataTransfer();
          const text = "apiVersion: v1\\nkind: Secret\\nmetadata:\\n  name: dropped\\n";
          files.items.add(new File([text], "s.yaml"));
          const drop = new DragEvent("drop", { dataTransfer: files, bubbles: true, cancelable: true });
          document.querySelector("form[data-drop]").dispatchEvent(drop);
        }"""
    )
    expect(editor.locator(".documents [data-name=dropped]")).to_be_visible()
    saved = Draft.objects.get(pk=editor.draft.pk).text
    assert saved.startswith(MANIFEST.rstrip("\n"))
    assert "name: dropped" in saved


def test_typed_text_is_taken_to_the_form_and_back(editor):
    changed = re.sub(r"image: \S+", "image: example.com/changed:9", MANIFEST, count=1)
    editor.evaluate("text => ace.edit(document.querySelector('.ace-host')).setValue(text, -1)", changed)
    editor.locator('.seg button[value^="go:"]').click()
    editor.wait_for_url(re.compile("/basics/"))
    editor.locator('.steps [value="go:pods"]').click()
    expect(editor.locator("[name=c-0-image], [name=i-0-image]").first).to_have_value("example.com/changed:9")
    editor.locator('.seg button[value="go:yaml"]').click()
    editor.wait_for_url(re.compile("/yaml/"))
    assert text(editor) == changed


def test_leaving_with_a_text_that_could_not_be_saved_asks_first(editor):
    editor.route("**/yaml/", lambda route: route.abort())
    type_at_end(editor, "\n# typed")
    asked = []
    editor.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    editor.locator(".brand").click(no_wait_after=True)
    expect(editor.locator("#draft-state")).to_have_attribute("data-state", "failed")
    editor.wait_for_timeout(300)
    assert asked == ["beforeunload"]


def test_saving_leaves_the_cursor_where_it_is(editor):
    editor.evaluate("() => ace.edit(document.querySelector('.ace-host')).gotoLine(7, 3)")
    cursor = "ace.edit(document.querySelector('.ace-host')).getCursorPosition()"
    editor.evaluate("() => ace.edit(document.querySelector('.ace-host')).focus()")
    editor.keyboard.press("Control+s")
    expect(editor.locator("#messages [data-code=draft-saved]")).to_be_visible()
    assert editor.evaluate(cursor) == {"row": 6, "column": 3}


def test_the_requested_line_is_scrolled_into_view(editor):
    long = MANIFEST + "# more\n" * 200
    drafts.save(editor.draft, long, version=editor.draft.version)
    last = long.count("\n")
    editor.goto(f"{editor.base}/drafts/{editor.draft.id}/yaml/?line={last}")
    editor.wait_for_selector(".ace_content")
    rows = "ace.edit(document.querySelector('.ace-host')).getLastVisibleRow()"
    editor.wait_for_function(f"{rows} >= {last - 1}")


@pytest.mark.parametrize(("line", "row"), [("3", 2), ("99999", MANIFEST.count("\n")), ("-1", 0), ("<b>", 0)])
def test_a_link_to_a_missing_line_goes_to_the_nearest(editor, line, row):
    mistakes = []
    editor.on("pageerror", lambda mistake: mistakes.append(str(mistake)))
    editor.goto(f"{editor.base}/drafts/{editor.draft.id}/yaml/?line={line}")
    editor.wait_for_selector(".ace_content")
    expect(editor.locator(".ace_editor.ace_focus")).to_be_visible()
    at = "ace.edit(document.querySelector('.ace-host')).getCursorPosition().row"
    assert editor.evaluate(at) == row
    assert not mistakes
