"""Who is not signed in gets nowhere; every answer carries the headers that keep a page to itself."""

from __future__ import annotations

import uuid

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, resolve

PUBLIC = {"sign-in", "sign-in-link", "healthz", "readyz", "set_language", "theme"}
SAMPLES = {"str": "x", "slug": "x", "int": 1, "uuid": uuid.UUID(int=1), "path": "x"}


def addresses(resolver: URLResolver, before: str = "", kwargs: dict | None = None):
    """(name, a path) of every address there is."""
    for entry in resolver.url_patterns:
        path, filled = before + str(entry.pattern), dict(kwargs or {})
        for name, converter in entry.pattern.converters.items():
            kind = type(converter).__name__.removesuffix("Converter").lower()
            sample = {"string": "x"}.get(kind) or SAMPLES.get(kind, "x")
            for written in (f"<{kind}:{name}>", f"<str:{name}>", f"<{name}>"):
                path = path.replace(written, str(sample))
        if isinstance(entry, URLResolver):
            yield from addresses(entry, path, filled)
        elif isinstance(entry, URLPattern):
            yield entry.name, "/" + path


EVERY = sorted(addresses(get_resolver("console.urls")), key=str)


def test_the_walk_fills_every_address():
    assert EVERY
    assert [path for _name, path in EVERY if "<" in path] == []
    assert {name for name, _path in EVERY} >= PUBLIC


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "path"), EVERY, ids=[str(name) for name, _ in EVERY])
def test_without_sign_in_only_public_addresses_answer(client, name, path):
    seen, sent = client.get(path), client.post(path)
    if name in PUBLIC:
        assert seen.status_code in (200, 403, 405) or not seen.url.startswith("/sign-in/")
        return
    assert seen.status_code == 302
    assert seen.url.startswith("/sign-in/?next=")
    assert sent.status_code == 401


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "path"), EVERY, ids=[str(name) for name, _ in EVERY])
def test_whoever_may_get_a_page_may_ask_for_its_head(signed_in, name, path):
    assert signed_in.head(path).status_code == signed_in.get(path).status_code


WORDS = sorted({word for _name, path in EVERY for word in path.split("/")} - {"", "x"})


@pytest.mark.parametrize("word", WORDS)
def test_no_word_of_an_address_takes_the_place_of_a_name(word):
    places = {
        f"/clusters/c/nodes/{word}/": "node",
        f"/clusters/c/nodes/{word}/labels/": "node-labels",
        f"/clusters/c/clusterroles/{word}/": "object",
        f"/clusters/c/projects/p/daemonsets/{word}/": "daemonset",
        f"/clusters/c/projects/p/configmaps/{word}/delete/": "object-delete",
        f"/clusters/c/projects/{word}/": "project-home",
        f"/clusters/c/projects/{word}/daemonsets/": "daemonset-list",
        f"/clusters/c/projects/{word}/configmaps/new/": "object",
    }
    assert {path: resolve(path).url_name for path in places} == places


@pytest.mark.django_db
def test_pages_keep_to_themselves(signed_in):
    for address in ("/no/such/", "/sign-in/", "/healthz"):
        headers = signed_in.get(address).headers
        policy = dict(
            part.strip().partition(" ")[::2] for part in headers["Content-Security-Policy"].split(";")
        )
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
        assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "camera=()" in headers["Permissions-Policy"]
        assert "no-store" in headers["Cache-Control"]


@pytest.mark.django_db
def test_a_form_without_its_token_is_refused(admin):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(admin)
    for address in ("/sign-out/", "/theme/", "/language/"):
        assert browser.post(address).status_code == 403


@pytest.mark.django_db
def test_health_is_for_everybody_and_says_nothing(client):
    assert client.get("/healthz").text == client.get("/readyz").text == "ok\n"


@pytest.mark.django_db
def test_no_cookie_of_a_sign_in_is_for_scripts(signed_in, demo):
    signed_in.get("/clusters/offline/projects/demo/daemonsets/")
    kept = {
        name: cookie for name, cookie in signed_in.cookies.items() if name.startswith("daemonset-console")
    }
    assert len(kept) == 3  # the session, the CSRF secret, the project visited last
    assert all(cookie["httponly"] and cookie["samesite"] == "Lax" for cookie in kept.values())


@pytest.mark.parametrize(("https", "header", "told"), [(0, "https", 1), (1, "https", 0), (0, "http", 0)])
def test_a_proxy_for_https_that_the_console_was_not_started_for_is_logged_once(
    client, db, settings, caplog, https, header, told
):
    settings.HTTPS = bool(https)
    for _ in range(3):
        client.get("/healthz", headers={"X-Forwarded-Proto": header})
    assert sum("CONSOLE_HTTPS=1" in record.getMessage() for record in caplog.records) == told
