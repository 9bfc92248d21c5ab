"""Pages travel compressed, without their length telling what is in them."""

from __future__ import annotations

import gzip

from tests.views.pages import hidden

COMPRESSED = {"accept-encoding": "gzip, br"}


def test_a_page_is_compressed_where_the_browser_takes_it(signed_in, demo):
    plain = signed_in.get("/projects/")
    page = signed_in.get("/projects/", headers=COMPRESSED)
    assert page.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in page.headers["Vary"]
    assert gzip.decompress(page.content).startswith(plain.content[:100])
    assert len(page.content) < len(plain.content) / 2
    assert not plain.has_header("Content-Encoding")


def test_its_length_changes_from_time_to_time(client):
    lengths = {len(client.get("/sign-in/", headers=COMPRESSED).content) for _time in range(20)}
    assert max(lengths) - min(lengths) > 10


def test_the_token_of_its_forms_looks_different_every_time(signed_in):
    tokens = {hidden(signed_in.get("/projects/"), "csrfmiddlewaretoken") for _time in range(3)}
    assert len(tokens) == 3
