"""What a stranger may put into addresses, forms and headers: an answer, and never a failure."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import reverse

from generator.models import Project, User

from . import factories

HOSTILE = {
    "NUL": "a%00b",
    "half a character": "%ED%A0%80",
    "broken UTF-8": "%ff%fe",
    "line break": "a%0d%0aSet-Cookie:%20x=y",
    "direction": "%E2%80%AEgpj",
    "number": "9" * 400,
    "HTML": "%3Cscript%3Ealert(1)%3C/script%3E",
    "long": "x" * 5000,
}
PLACES = (
    "/?from={}",
    "/?project={}",
    "/live/?since={}",
    "/gallery/?before={}",
    "/gallery/?trashed={}",
    "/projects/{}/",
    "/tracks/{}/",
    "/welcome/{}/",
    "/accounts/login/?next={}",
    "/accounts/confirm-email/{}/",
    "/accounts/password/reset/key/{}-{}/",
    "/{}",
)
WORDS = (
    "a\x00b",
    "\ud800",
    "9" * 400,
    "\r\nSet-Cookie: x=y",
    "<script>alert(1)</script>",
    "-1e999",
)


@pytest.mark.parametrize("place", PLACES)
def test_no_address_breaks_a_page(user: User, project: Project, place: str) -> None:
    signed_in, stranger = Client(), Client()
    signed_in.force_login(user)
    for name, text in HOSTILE.items():
        for client in (signed_in, stranger):
            # Under QUERY_STRING the bytes go out as they are; a client would write them anew.
            path, _, query = place.replace("{}", text).partition("?")
            response = client.get(path, QUERY_STRING=query, follow=False)
            assert response.status_code < 500, name
            assert b"<script>alert(1)" not in response.content
            assert "Set-Cookie: x=y" not in str(response.headers)


FORMS: dict[str, tuple[str, ...]] = {
    "/generations/": (
        *("prompt", "style", "duration", "model"),
        *("project", "takes", "parameters", "form_key"),
    ),
    "/projects/": ("name", "description"),
    "/account/": ("name",),
    "/accounts/login/": ("login", "password", "next"),
    "/accounts/signup/": ("email", "password1"),
    "/accounts/password/reset/": ("email",),
    "/accounts/email/": ("email",),
}


@pytest.mark.parametrize("path", FORMS)
def test_no_field_breaks_a_form(user: User, project: Project, path: str) -> None:
    for field in FORMS[path]:
        for word in WORDS:
            cache.clear()
            client = Client()
            if not path.startswith("/accounts/") or path == "/accounts/email/":
                client.force_login(user)
            data = {"prompt": "Rain", "action_add": ""} | {field: word}
            body = {name: text.encode("utf-8", "surrogatepass") for name, text in data.items()}
            response = client.post(path, body)
            assert response.status_code < 500, (field, word)


def test_a_track_may_be_asked_for_by_any_name(client: Client, user: User, project: Project) -> None:
    track = factories.make_track(user, project)
    client.force_login(user)
    path = reverse("track_rename", args=[track.public_id])
    assert client.post(path, {"title": "a\x00b"}).status_code == 422
    assert client.post(path, {"title": "9" * 121}).status_code == 422
    for size in ("0", "640'--", "9" * 400):
        answer = client.get(reverse("track_cover", args=[track.public_id]), {"size": size})
        assert answer.status_code == 404


def wrong_sign_in(address: str, login: str = "x") -> int:
    """Try to sign in from behind this chain of addresses."""
    data = {"login": login, "password": "wrong"}
    return Client().post("/accounts/login/", data, headers={"X-Forwarded-For": address}).status_code


@pytest.fixture
def _two_tries(settings: Any) -> None:
    cache.clear()
    settings.ACCOUNT_RATE_LIMITS = {"login": "2/m/ip"}


@pytest.mark.django_db
@pytest.mark.usefixtures("_two_tries")
def test_a_made_up_address_buys_no_further_tries() -> None:
    answers = [wrong_sign_in(f"10.0.0.{number}") for number in range(3)]
    assert answers == [200, 200, 429]


@pytest.mark.django_db
@pytest.mark.usefixtures("_two_tries")
def test_behind_a_proxy_the_address_that_it_added_counts(settings: Any) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    same = [wrong_sign_in(f"10.0.0.{number}, 192.0.2.1") for number in range(3)]
    assert same == [200, 200, 429]
    assert wrong_sign_in("10.0.0.1, 192.0.2.2") == 200


@pytest.mark.django_db(transaction=True)
def test_guessing_by_thirty_at_once_is_counted_as_well() -> None:
    factories.make_user("ada")
    cache.clear()
    heard: list[bool] = []

    def guess() -> None:
        try:
            data = {"login": "ada", "password": "wrong"}
            page = Client().post("/accounts/login/", data).content.decode()
            heard.append("not correct" in page)
        finally:
            connection.close()

    threads = [threading.Thread(target=guess) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(heard), sum(heard)) == (30, 5)


def test_no_form_sets_more_than_it_shows(client: Client, user: User, project: Project) -> None:
    client.force_login(user)
    extras = {
        "status": "ready",
        "posts_allowed": "9",
        "owner": "1",
        "billed": "",
        "audio_url": "https://storage.soundverse.ai/a.mp3",
        "is_staff": "on",
        "is_superuser": "on",
        "role": "owner",
        "username": "root",
    }
    client.post("/generations/", {"prompt": "Rain", **extras})
    client.post("/account/", {"name": "Ada", **extras})
    client.post("/projects/", {"name": "Film", **extras})
    row = user.generations.get()
    user.refresh_from_db()
    assert (row.status, row.posts_allowed, row.owner, row.audio_url) == ("queued", 1, user, "")
    assert (user.is_staff, user.is_superuser, user.username) == (False, False, "ada")


def test_every_cookie_is_for_this_site_alone(client: Client, user: User, settings: Any) -> None:
    cache.clear()
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    data = {"login": "ada", "password": "correct horse"}
    seen = set()
    for response in (
        client.get("/accounts/login/"),
        client.post("/accounts/login/", data, secure=True),
        client.get("/", secure=True),
        client.post("/account/", {"name": "Ada"}, secure=True),
        client.post("/accounts/logout/", secure=True),
    ):
        for name, cookie in response.cookies.items():
            if cookie["max-age"] != 0:
                seen.add(name)
                assert (cookie["httponly"], cookie["secure"]) == (True, True), name
                assert cookie["samesite"] == "Lax", name
    assert {"session", "csrf"} <= seen
