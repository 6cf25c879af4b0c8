"""The pages /, /docs and /redoc with their files."""

import gzip
import re
import urllib.parse

import pytest

from support.people import expect

PAGES = ["/", "/docs", "/redoc", "/setup"]
FILES = PAGES + [
    "/docs/page.css",
    "/docs/docs.js",
    "/docs/redoc.js",
    "/docs/setup.js",
    "/docs/icon.svg",
    "/docs/swagger-ui.css",
    "/docs/swagger-ui-bundle.js",
    "/docs/redoc.standalone.js",
]


@pytest.mark.pages
@pytest.mark.parametrize("path", FILES)
def test_a_file_is_sent_compressed_to_who_takes_it(client, path):
    plain = expect(client.request("GET", path), 200)
    assert plain.headers["Content-Encoding"] is None
    assert "Accept-Encoding" in plain.headers["Vary"]
    for takes in ("gzip", "br, gzip;q=0.5", "GZIP"):
        packed = expect(client.request("GET", path, headers={"Accept-Encoding": takes}), 200)
        assert packed.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(packed.body) == plain.body
        assert packed.headers["ETag"] != plain.headers["ETag"]
    for refuses in ("br", "gzip;q=0", "gzip; q=0.000", "x-gzipped"):
        same = expect(client.request("GET", path, headers={"Accept-Encoding": refuses}), 200)
        assert same.body == plain.body


@pytest.mark.pages
@pytest.mark.parametrize("path", FILES + ["/openapi.json"])
def test_what_one_has_already_is_304(client, path):
    for headers in ({}, {"Accept-Encoding": "gzip"}):
        tag = expect(client.request("GET", path, headers=headers), 200).headers["ETag"]
        again = expect(client.request("GET", path, headers={**headers, "If-None-Match": tag}), 304)
        assert again.body == b""
        assert again.headers["ETag"] == tag
        other = {**headers, "If-None-Match": '"another"'}
        expect(client.request("GET", path, headers=other), 200)


@pytest.mark.pages
@pytest.mark.parametrize("path", PAGES)
def test_a_page_asks_for_nothing_that_is_not_ours(client, path):
    text = expect(client.request("GET", path), 200).body.decode()
    for address in re.findall(r'(?:src|href)="([^"]*)"', text):
        assert address.startswith("/")
        expect(client.request("GET", address), 200)
    assert "<script>" not in text and "<style" not in text and " style=" not in text


@pytest.mark.pages
@pytest.mark.parametrize("path", FILES)
def test_a_file_asks_for_no_picture_or_font_of_another_host(client, path):
    body = expect(client.request("GET", path), 200).body
    kinds = rb"svg|png|jpg|gif|woff2?|css"
    assert not re.findall(rb"""["'(]https?://[^"'() ]*\.(?:%s)["')]""" % kinds, body)
    assert b"fonts.googleapis.com" not in body


@pytest.mark.pages
def test_swagger_ui_is_as_dark_as_the_screen_and_shows_no_refusal_at_length(client):
    script = client.request("GET", "/docs/docs.js").body.decode()
    assert "prefers-color-scheme: dark" in script and '"dark-mode"' in script
    assert b"html.dark-mode" in client.request("GET", "/docs/swagger-ui.css").body
    sheet = client.request("GET", "/docs/page.css").body.decode()
    assert '.response:not([data-code^="2"])' in sheet
    bundle = client.request("GET", "/docs/swagger-ui-bundle.js").body
    assert b'"data-code"' in bundle and b'className:"model-example"' in bundle


@pytest.mark.pages
def test_scripts_may_only_come_from_the_server_itself(client):
    for path in FILES:
        policy = client.request("GET", path).headers["Content-Security-Policy"]
        assert "script-src 'self';" in policy
        assert ("'unsafe-inline'" in policy) == (path == "/redoc")


@pytest.mark.pages
@pytest.mark.parametrize("name", ["url", "configUrl"])
def test_the_page_cannot_be_told_to_load_another_document(client, name):
    foreign = {name: "https://example.org/evil.json"}
    expect(client.request("GET", "/docs", query=foreign), 422)
    script = client.request("GET", "/docs/docs.js").body.decode()
    assert "queryConfigEnabled: false" in script


def test_swagger_ui_signs_in_with_its_empty_client(client, amira):
    """Its password flow sends Basic with an empty client id and secret along."""
    pairs = {"grant_type": "password", "username": amira.username, "password": amira.password}
    reply = client.request(
        "POST",
        "/api/auth/login",
        urllib.parse.urlencode(pairs).encode(),
        headers={
            "Authorization": "Basic Og==",
            "Content-Type": "application/x-www-form-urlencoded",
        },
    )
    assert expect(reply, 200).json["token_type"] == "bearer"
