"""Accounts in the browser: the first link, signing up, in and out, passwords and names."""

from __future__ import annotations

import re
import threading
from typing import Any

import pytest
from django.core import mail, signing
from django.core.cache import cache
from django.db import connection
from django.test import Client

from generator.accounts import ACCEPTED_INVITATION
from generator.models import Event, Project, User
from generator.services import accounts

from .. import factories

PASSWORD = "correct horse"


@pytest.fixture(autouse=True)
def _no_tries_yet() -> None:
    cache.clear()


def first_link() -> str:
    token = accounts.first_link_token()
    assert token is not None
    return f"/welcome/{token}/"


@pytest.mark.django_db
def test_the_first_link_shows_one_button_and_makes_nothing(client: Client) -> None:
    html = client.get(first_link()).content.decode()
    assert html.count("<button") - html.count('type="button"') == 1 + html.count("player-hidden")
    assert User.objects.count() == 0


@pytest.mark.django_db
def test_pressing_the_button_makes_and_signs_in_the_owner(client: Client) -> None:
    response = client.post(first_link())
    owner = User.objects.get()
    assert (response.status_code, response.headers["Location"]) == (302, "/")
    assert (owner.username, owner.is_staff, owner.is_superuser) == ("owner", True, True)
    assert owner.has_usable_password() is False
    assert Project.objects.editable_by(owner).count() == 1
    assert client.session["_auth_user_id"] == str(owner.pk)


@pytest.mark.django_db
def test_used_wrong_and_old_links_look_alike(client: Client, user: User) -> None:
    used = first_link()
    Client().post(used)
    old = signing.TimestampSigner(salt="other").sign("x")
    pages = set()
    for path in (used, "/welcome/wrong/", f"/welcome/{old}/"):
        for answer in (client.get(path), client.post(path)):
            assert answer.status_code == 404
            pages.add(answer.content)
    assert len(pages) == 1
    assert accounts.first_link_token() is None


@pytest.mark.django_db
def test_a_link_is_good_for_a_day(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    link = first_link()
    monkeypatch.setattr(accounts, "LINK_SECONDS", -1)
    assert client.get(link).status_code == 404
    assert client.post(link).status_code == 404


@pytest.mark.django_db
def test_a_user_made_by_hand_is_not_handed_over(client: Client) -> None:
    factories.make_user("owner")
    assert client.post(first_link()).status_code == 404
    assert User.objects.get().is_superuser is False


@pytest.mark.django_db(transaction=True)
def test_the_link_pressed_many_times_at_once_makes_one_owner() -> None:
    link = first_link()
    answers: list[int] = []

    def press() -> None:
        try:
            answers.append(Client().post(link).status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=press) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [302, 404, 404, 404, 404]
    assert User.objects.count() == 1


@pytest.mark.django_db
def test_an_owner_without_a_password_sets_one(client: Client) -> None:
    client.post(first_link())
    assert "Set a password" in client.get("/account/").content.decode()
    new = {"password1": "a long enough phrase", "password2": "a long enough phrase"}
    assert "Set a password" in client.get("/accounts/password/set/").content.decode()
    client.post("/accounts/password/set/", new)
    assert User.objects.get().check_password("a long enough phrase")
    assert "Change password" in client.get("/account/").content.decode()


def test_a_password_change_ends_other_sessions(client: Client, user: User) -> None:
    other = Client()
    for each in (client, other):
        each.post("/accounts/login/", {"login": "ada", "password": PASSWORD})
    new = {
        "oldpassword": PASSWORD,
        "password1": "another long one",
        "password2": "another long one",
    }
    client.post("/accounts/password/change/", new)
    assert client.get("/account/").status_code == 200
    assert other.get("/account/").status_code == 302


def test_the_name_is_saved_and_a_bad_one_comes_back(client: Client, user: User) -> None:
    client.force_login(user)
    assert "Saved." in client.post("/account/", {"name": "Ada L"}, follow=True).content.decode()
    response = client.post("/account/", {"name": "x" * 151})
    assert response.status_code == 422
    assert "has 151 characters" in response.content.decode()
    user.refresh_from_db()
    assert user.first_name == "Ada L"


@pytest.mark.parametrize("login", ["ada", "ada@example.org"])
def test_signing_in_by_name_or_mail(client: Client, user: User, login: str) -> None:
    response = client.post("/accounts/login/", {"login": login, "password": PASSWORD})
    assert response.headers["Location"] == "/"


@pytest.mark.parametrize("login", ["ada", "nobody"])
def test_a_wrong_sign_in_tells_nothing_about_the_account(
    client: Client, user: User, login: str
) -> None:
    html = client.post("/accounts/login/", {"login": login, "password": "wrong"}).content.decode()
    assert "password you specified are not correct" in html


def test_guessing_passwords_ends_in_a_wait(client: Client, user: User) -> None:
    for _ in range(5):
        client.post("/accounts/login/", {"login": "ada", "password": "wrong"})
    response = client.post("/accounts/login/", {"login": "ada", "password": PASSWORD})
    assert "Too many" in response.content.decode()
    assert "_auth_user_id" not in client.session


@pytest.mark.django_db
def test_too_many_requests_have_their_page(client: Client, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"login": "1/m/ip"}
    client.post("/accounts/login/", {"login": "x", "password": "x"})
    response = client.post("/accounts/login/", {"login": "x", "password": "x"})
    assert response.status_code == 429
    assert "Too many tries" in response.content.decode()


SIGN_UP = {"email": "new@example.org", "password1": "a long enough phrase"}


@pytest.mark.django_db
def test_an_open_studio_takes_new_people(client: Client, settings: Any) -> None:
    settings.SIGNUP = "open"
    assert "Sign up" in client.get("/accounts/signup/").content.decode()
    response = client.post("/accounts/signup/", SIGN_UP)
    made = User.objects.get(email="new@example.org")
    assert response.headers["Location"] == "/"
    assert Project.objects.editable_by(made).count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("signup", "words"), [("closed", "Ask the operator"), ("invite", "by invitation")]
)
def test_a_closed_studio_says_how_to_get_in(
    client: Client, settings: Any, signup: str, words: str
) -> None:
    settings.SIGNUP = signup
    for answer in (client.get("/accounts/signup/"), client.post("/accounts/signup/", SIGN_UP)):
        assert words in answer.content.decode()
    assert User.objects.count() == 0


@pytest.mark.django_db
def test_an_accepted_invitation_opens_the_sign_up(client: Client, settings: Any) -> None:
    settings.SIGNUP = "invite"
    session = client.session
    session[ACCEPTED_INVITATION] = "x"
    session.save()
    client.post("/accounts/signup/", SIGN_UP)
    assert User.objects.filter(email="new@example.org").count() == 1


def test_a_forgotten_password_is_reset_by_mail(client: Client, user: User, settings: Any) -> None:
    settings.SITE_URL = "https://studio.example.org"
    client.post("/accounts/password/reset/", {"email": "ada@example.org"})
    body = str(mail.outbox[0].body)
    assert body.rstrip().endswith("\n\nSoundverse Studio")
    match = re.search(r"https://studio\.example\.org(/\S+)", body)
    assert match is not None
    page = client.get(match[1], follow=True)
    assert "Set a new password" in page.content.decode()
    new = {"password1": "a long enough phrase", "password2": "a long enough phrase"}
    client.post(page.request["PATH_INFO"], new)
    user.refresh_from_db()
    assert user.check_password("a long enough phrase")


def test_a_reset_answers_the_same_for_unknown_addresses(client: Client, user: User) -> None:
    answers = [
        client.post("/accounts/password/reset/", {"email": email}, follow=True).content
        for email in ("ada@example.org", "nobody@example.org")
    ]
    assert answers[0] == answers[1]


@pytest.mark.django_db
def test_an_address_is_added_and_confirmed_by_mail(client: Client, settings: Any) -> None:
    settings.SITE_URL = "https://studio.example.org"
    client.post(first_link())
    client.post("/accounts/email/", {"action_add": "", "email": "me@example.org"})
    match = re.search(r"https://studio\.example\.org(/\S+)", str(mail.outbox[0].body))
    assert match is not None
    assert "me@example.org" in client.get(match[1]).content.decode()
    client.post(match[1])
    html = client.get("/accounts/email/").content.decode()
    assert "me@example.org" in html
    assert "not confirmed" not in html


def test_signing_out_ends_the_session(client: Client, user: User) -> None:
    client.force_login(user)
    assert "Sign out" in client.get("/accounts/logout/").content.decode()
    client.post("/accounts/logout/")
    assert client.get("/account/").status_code == 302


@pytest.mark.django_db
def test_signing_out_twice_is_harmless(client: Client) -> None:
    assert client.post("/accounts/logout/").status_code == 302


@pytest.mark.parametrize("page", ["login", "signup", "password/reset"])
def test_a_field_says_its_label_once(client: Client, db: None, page: str) -> None:
    assert "placeholder" not in client.get(f"/accounts/{page}/").content.decode()


def test_coming_and_going_are_kept_for_the_audit(client: Client, user: User) -> None:
    client.post("/accounts/login/", {"login": "ada", "password": "wrong horse"})
    assert not Event.objects.filter(name="sign_in").exists()
    client.post("/accounts/login/", {"login": "ada", "password": "correct horse"})
    client.post("/accounts/logout/")
    kept = Event.objects.filter(name__in=["sign_in", "sign_out"]).order_by("pk")
    assert list(kept.values_list("name", "actor")) == [("sign_in", user.pk), ("sign_out", user.pk)]
