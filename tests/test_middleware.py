"""Headers of every answer, and the way to the sign-in page."""

from __future__ import annotations

import runpy
from typing import Any

import pytest
from django.test import Client

from generator.models import Project, User

FRAGMENT = {"HX-Request": "true", "HX-Target": "studio-form"}


def test_a_page_with_data_is_kept_by_nobody(client: Client, user: User) -> None:
    client.force_login(user)
    headers = client.get("/projects/").headers
    names = (
        "Cache-Control",
        "Cross-Origin-Opener-Policy",
        "Cross-Origin-Resource-Policy",
        "Permissions-Policy",
        "Referrer-Policy",
        "X-Content-Type-Options",
        "X-Robots-Tag",
    )
    assert {name: headers[name] for name in names} == {
        "Cache-Control": "private, no-store",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": (
            "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"
        ),
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "X-Robots-Tag": "noindex",
    }


def test_the_content_policy_allows_nothing_inline_and_no_frame(client: Client, user: User) -> None:
    client.force_login(user)
    policy = client.get("/projects/").headers["Content-Security-Policy"]
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert directives.pop("script-src").startswith("'self'")
    assert "unsafe" not in policy
    assert directives == {
        "default-src": "'none'",
        "style-src": "'self'",
        "img-src": "'self'",
        "media-src": "'self'",
        "font-src": "'self'",
        "connect-src": "'self'",
        "manifest-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "object-src": "'none'",
        "frame-ancestors": "'none'",
    }


def test_an_error_page_has_the_same_headers(client: Client, user: User) -> None:
    client.force_login(user)
    response = client.get("/nothing/here/")
    assert response.status_code == 404
    assert response.headers["Cache-Control"] == "private, no-store"
    assert response.headers["X-Robots-Tag"] == "noindex"


def test_what_branches_on_htmx_varies_by_it(client: Client, user: User) -> None:
    client.force_login(user)
    response = client.post("/generations/", {"prompt": ""}, headers=FRAGMENT)
    assert {"HX-Request", "HX-Target"} <= set(response.headers["Vary"].split(", "))


def test_a_form_that_comes_back_keeps_the_address_of_its_page(client: Client, user: User) -> None:
    client.force_login(user)
    refused, taken = (client.post("/projects/", {"name": name}) for name in ("", "Film"))
    assert refused.headers["HX-Push-Url"] == "false"
    assert "HX-Push-Url" not in taken.headers


@pytest.mark.django_db
def test_a_plain_request_is_led_to_the_sign_in_and_back(client: Client) -> None:
    response = client.get("/gallery/?before=x")
    assert response.status_code == 302
    assert response.headers["Location"] == "/accounts/login/?next=%2Fgallery%2F%3Fbefore%3Dx"


@pytest.mark.django_db
def test_a_click_of_somebody_signed_out_leads_back_to_the_page_it_was_on(client: Client) -> None:
    headers = {**FRAGMENT, "HX-Current-URL": "http://testserver/?from=abc"}
    response = client.post("/generations/", {}, headers=headers)
    assert response.status_code == 401
    assert response.headers["HX-Redirect"] == "/accounts/login/?next=%2F%3Ffrom%3Dabc"


@pytest.mark.django_db
def test_a_link_followed_by_htmx_leads_back_to_where_it_points(client: Client) -> None:
    response = client.get("/gallery/", headers={"HX-Request": "true", "HX-Boosted": "true"})
    assert response.status_code == 401
    assert response.headers["HX-Redirect"] == "/accounts/login/?next=%2Fgallery%2F"


@pytest.mark.django_db
def test_a_history_restore_redirects_as_a_page_does(client: Client) -> None:
    headers = {"HX-Request": "true", "HX-History-Restore-Request": "true"}
    response = client.get("/gallery/", headers=headers)
    assert response.status_code == 302
    assert "HX-Redirect" not in response.headers


HOSTILE = [
    "https://evil.example/",
    "//evil.example/",
    "///evil.example",
    "http:///evil.example",
    "https:evil.example",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,x",
    "\\\\evil.example",
    "/\\evil.example",
    "\x00//evil.example",
    " //evil.example",
    "\t//evil.example",
    "http://testserver@evil.example/",
    "http://testserver.evil.example/",
    "ftp://testserver/",
    "https://evil.example\\@testserver/",
    "//testserver:80@evil.example/",
]


@pytest.mark.django_db
@pytest.mark.parametrize("url", HOSTILE)
def test_a_hostile_next_leads_nowhere_else(client: Client, url: str, user: User) -> None:
    answer = client.post(
        "/accounts/login/", {"login": "ada", "password": "correct horse", "next": url}
    )
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")


@pytest.mark.django_db
@pytest.mark.parametrize("url", [url for url in HOSTILE if url.isprintable()])
def test_a_hostile_page_address_leads_nowhere_else(client: Client, url: str) -> None:
    answer = client.post("/generations/", {}, headers={**FRAGMENT, "HX-Current-URL": url})
    assert answer.headers["HX-Redirect"] == "/accounts/login/?next=%2F"


@pytest.mark.django_db
def test_a_friendly_next_is_followed(client: Client, user: User) -> None:
    answer = client.post(
        "/accounts/login/", {"login": "ada", "password": "correct horse", "next": "/gallery/?a=b"}
    )
    assert answer.headers["Location"] == "/gallery/?a=b"


@pytest.mark.django_db
def test_an_unknown_host_is_refused(client: Client) -> None:
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 400


def test_public_pages_read_no_session(client: Client, user: User, project: Project) -> None:
    client.force_login(user)
    for path in ("/healthz", "/readyz"):
        response = client.get(path)
        assert "Cookie" not in response.headers.get("Vary", "")


def test_cookies_are_for_this_site_and_no_script(client: Client, user: User) -> None:
    response = client.post("/accounts/login/", {"login": "ada", "password": "correct horse"})
    session = response.cookies["session"]
    assert (session["httponly"], session["samesite"]) == (True, "Lax")


def test_signing_in_changes_the_session(client: Client, user: User) -> None:
    client.get("/accounts/login/")
    client.session["kept"] = True
    before = client.session.session_key
    client.post("/accounts/login/", {"login": "ada", "password": "correct horse"})
    assert client.session.session_key != before


def test_the_cookies_are_locked_to_the_host_over_https(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SITE_URL", "https://studio.example.org")
    values: dict[str, Any] = runpy.run_path("soundverse_site/settings.py")
    assert (values["SESSION_COOKIE_NAME"], values["CSRF_COOKIE_NAME"]) == (
        "__Host-session",
        "__Host-csrf",
    )
    assert values["SESSION_COOKIE_SECURE"] is values["CSRF_COOKIE_SECURE"] is True
    assert values["SECURE_HSTS_SECONDS"] == 31536000


def test_search_engines_see_the_front_door_only(client: Client, db: None) -> None:
    tags = {path: client.get(path).headers["X-Robots-Tag"] for path in ("/", "/accounts/login/")}
    assert tags == {"/": "all", "/accounts/login/": "all"}
    assert client.get("/accounts/password/reset/").headers["X-Robots-Tag"] == "noindex"
