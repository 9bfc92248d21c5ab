"""Whatever goes wrong ends on a page that says what, and how to go on; nothing that was typed is lost."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from django.test import Client

HTMX = {"HX-Request": "true"}
FROM_HERE = {"Origin": "http://testserver"}

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.console.urls")]


@pytest.fixture
def here(signed_in):
    signed_in.raise_request_exception = False
    return signed_in


def soup(response):
    return BeautifulSoup(response.content, "html.parser")


def error_code(page):
    [shown] = page.find_all(attrs={"data-error": True})
    return shown["data-error"]


@pytest.mark.parametrize(
    ("kind", "status", "code", "given"),
    [
        ("forbidden", 403, "forbidden", "You may not. Ask for it."),
        ("not-found", 404, "not-found", "It is gone."),
        ("conflict", 409, "conflict", "Changed meanwhile."),
        ("invalid", 422, "invalid", "Not so."),
        ("too-large", 413, "too-large", "Too much."),
        ("unreadable", 422, "custom-tag", "!x"),
        ("unreachable", 504, "unreachable", "No answer."),
        ("special", 404, "no-project", "It is gone."),
        ("database", 503, "database", ""),
        ("disk", 507, "disk-full", ""),
        ("denied", 403, "forbidden", ""),
        ("fields", 400, "too-many-fields", ""),
        ("big", 413, "too-large", ""),
        ("suspicious", 400, "bad-request", ""),
        ("bug", 500, "internal", ""),
    ],
)
def test_every_failure_is_a_page_with_a_way_out(here, kind, status, code, given):
    response = here.get(f"/fail/{kind}/", headers={"Referer": "http://testserver/projects/?page=2"})
    page = soup(response)
    assert response.status_code == status
    assert error_code(page) == code
    assert page.find(class_="say").get_text(strip=True)
    assert given in " ".join(page.main.get_text(" ").split())
    assert page.find("a", href="/projects/?page=2")
    assert page.find("nav")  # the frame is there
    assert "secret" not in response.text
    assert response["Cache-Control"] == "no-store"


def test_messages_of_pure_modules_are_translated(here):
    english, chinese = (
        soup(here.get("/fail/unreadable/", headers={"Accept-Language": language})).find(class_="say").text
        for language in ("en", "zh-CN")
    )
    assert "!x" in chinese
    assert chinese != english


@pytest.mark.parametrize("kind", ["conflict", "bug", "database", "big"])
def test_htmx_gets_a_message_and_the_page_stays(here, kind):
    response = here.get(f"/fail/{kind}/", headers=HTMX)
    assert response["HX-Retarget"] == "#messages"
    assert soup(response).find(attrs={"role": "alert"})["data-error"]
    assert "<html" not in response.text


def test_a_boosted_request_gets_the_whole_page(here):
    response = here.get("/fail/conflict/", headers={**HTMX, "HX-Boosted": "true"})
    assert "<html" in response.text
    assert "HX-Retarget" not in response


def test_a_bug_is_logged_under_the_reference_on_the_page(here, caplog):
    response = here.get("/fail/bug/?token=abc")
    logged = [record for record in caplog.records if record.name == "console"]
    reference = logged[0].getMessage().split(":")[0]
    assert reference in response.text
    assert "Traceback" not in response.text
    assert logged[0].exc_info
    assert "abc" not in logged[0].getMessage()


def test_an_unknown_address_is_a_page(here, client):
    response = here.get("/no/such/thing/")
    assert response.status_code == 404
    assert error_code(soup(response)) == "not-found"
    assert soup(response).find("a", href="/")


def test_a_host_name_of_somebody_else_is_refused(client):
    response = client.get("/sign-in/", headers={"Host": "evil.example"})
    assert response.status_code == 400
    assert error_code(soup(response)) == "wrong-host"


def test_an_address_that_only_takes_forms_says_so(here):
    response = here.get("/keep/")
    assert response.status_code == 405
    assert response["Allow"] == "POST"
    assert error_code(soup(response)) == "wrong-method"


def test_the_link_back_never_leads_elsewhere(here):
    for referrer in ("https://evil.example/x", "http://[::1/evil.example", "http://x]y/evil.example"):
        response = here.get("/no/such/", headers={"Referer": referrer})
        assert response.status_code == 404
        assert "evil.example" not in response.text


# What was typed -----------------------------------------------------------------------------------

TYPED = {"text": "kind: DaemonSet\r\n  # <b>mine</b>\r\n", "password": "hunter2", "tag": ["a", "b"]}


def again(response):
    """The fields of the form that sends it again, and its address."""
    form = soup(response).find("form", class_="acts")
    fields = [(field["name"], field.get("value", "")) for field in form.find_all("input")]
    return form["action"], fields


def test_an_expired_form_keeps_its_input(admin):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(admin)
    refused = browser.post("/keep/?doc=1", {**TYPED, "csrfmiddlewaretoken": "stale"}, headers=FROM_HERE)
    assert (refused.status_code, error_code(soup(refused))) == (403, "csrf")
    address, fields = again(refused)
    assert address == "/keep/?doc=1"
    assert ("tag", "a") in fields
    assert ("tag", "b") in fields
    assert "hunter2" not in refused.text
    assert "<b>mine</b>" not in refused.text
    accepted = browser.post(address, dict(fields), headers=FROM_HERE)
    assert accepted.text == TYPED["text"]


def test_a_form_of_another_site_is_not_offered_again(admin):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(admin)
    for headers in (
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site", **FROM_HERE},
        {"Sec-Fetch-Site": "same-site", **FROM_HERE},
        {},
    ):
        refused = browser.post("/keep/", TYPED, headers=headers)
        assert refused.status_code == 403
        assert soup(refused).find("form", class_="acts") is None


def test_a_form_sent_after_the_session_expired_keeps_its_input(client, admin):
    client.force_login(admin)
    client.session.flush()
    refused = client.post("/keep/", TYPED, headers=FROM_HERE)
    assert (refused.status_code, error_code(soup(refused))) == (401, "session-expired")
    assert "no-store" in refused["Cache-Control"]
    assert soup(refused).find("a", href="/sign-in/", target="_blank")
    address, fields = again(refused)
    client.force_login(admin)  # in another tab
    assert client.post(address, dict(fields)).text == TYPED["text"]


def test_a_file_cannot_be_kept_and_the_page_says_so(client):
    from django.core.files.uploadedfile import SimpleUploadedFile

    refused = client.post("/keep/", {"file": SimpleUploadedFile("a.yaml", b"x")}, headers=FROM_HERE)
    assert soup(refused).find(attrs={"data-kept": True})["data-kept"] == "no-files"


@pytest.mark.parametrize("kind", ["not-found", "conflict", "unreachable", "database", "disk", "bug"])
def test_what_was_sent_to_something_that_fails_can_be_read_and_sent_again(here, kind):
    failed = here.post(f"/fail/{kind}/?doc=1", TYPED, headers=FROM_HERE)
    assert failed.status_code >= 404
    address, fields = again(failed)
    assert address == f"/fail/{kind}/?doc=1"
    assert ("text", TYPED["text"]) in fields
    assert TYPED["text"].replace("\r\n", "\n") in soup(failed).textarea.text.replace("\r\n", "\n")
    assert "<b>mine</b>" not in failed.text
    assert soup(failed).main.find("a", href="/")


def test_nothing_is_sent_again_where_nothing_was_typed(here):
    failed = here.post("/fail/not-found/", headers=FROM_HERE)
    assert soup(failed).find("form", class_="acts") is None


def test_htmx_after_the_session_expired_leaves_the_page_alone(client):
    for response in (client.get("/fail/bug/", headers=HTMX), client.post("/keep/", TYPED, headers=HTMX)):
        assert (response.status_code, error_code(soup(response))) == (401, "session-expired")
        assert response["HX-Retarget"] == "#messages"
        assert soup(response).find("a", href="/sign-in/", target="_blank")


def test_more_than_the_limit_is_413_with_the_limit_in_words(here, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    response = here.post("/keep/", {"text": "x" * 2000})
    assert response.status_code == 413
    assert "2 MB" in response.text


@pytest.mark.parametrize("signed_in_still", [True, False])
def test_more_than_a_form_of_ours_holds_is_not_repeated(client, admin, signed_in_still):
    if signed_in_still:
        client.force_login(admin)
    client.raise_request_exception = False
    refused = client.post("/fail/conflict/", {"text": "x" * 2_200_000}, headers=FROM_HERE)
    assert refused.status_code == (409 if signed_in_still else 401)
    assert error_code(soup(refused)) == ("conflict" if signed_in_still else "session-expired")
    assert soup(refused).find("form", class_="acts") is None
    assert ("data-kept" in refused.text) is signed_in_still
    assert len(refused.content) < 30_000


def test_a_text_of_the_full_size_is_kept(here):
    refused = here.post("/fail/conflict/", {"text": "x" * 2 * 1024 * 1024}, headers=FROM_HERE)
    assert refused.text.count("x" * 2 * 1024 * 1024) == 1
