"""Error pages: plain words, a way back, nothing of the inside."""

from __future__ import annotations

import re

import pytest
from django.http import HttpRequest
from django.test import Client

from generator.models import User
from generator.views.failures import bad_request

from .. import factories


def test_a_page_that_is_not_there_keeps_the_way_back(client: Client, user: User) -> None:
    client.force_login(user)
    response = client.get("/nothing/")
    assert response.status_code == 404
    assert "Nothing plays here" in response.content.decode()


def test_a_role_that_is_too_small_is_named(client: Client, user: User) -> None:
    sam = factories.make_user("sam")
    track = factories.make_track(sam, factories.make_project(sam, viewer=user))
    client.force_login(user)
    response = client.post(f"/tracks/{track.public_id}/trash/")
    assert response.status_code == 403
    assert "Ask one of its owners for the editor role." in response.content.decode()


def test_an_expired_form_is_told_in_plain_words(user: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    response = client.post("/generations/", {"prompt": "Rain"})
    html = response.content.decode()
    assert response.status_code == 403
    assert "This form has expired" in html
    assert "CSRF" not in html


@pytest.mark.django_db
def test_a_body_over_the_limit_gets_a_clean_page(client: Client, user: User) -> None:
    client.force_login(user)
    response = client.post("/generations/", {"prompt": "x" * 3_000_000})
    assert response.status_code == 413
    assert "Too much at once" in response.content.decode()


def test_a_broken_request_gets_the_bare_page() -> None:
    response = bad_request(HttpRequest(), ValueError("secret"))
    html = response.content.decode()
    assert response.status_code == 400
    assert "not understood" in html
    assert "secret" not in html


def test_our_own_failure_shows_a_number_that_the_log_knows_and_nothing_else(
    user: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def break_down(*_: object) -> None:
        raise RuntimeError("the secret inside")

    monkeypatch.setattr("generator.access.get_project", break_down)
    client = Client(raise_request_exception=False)
    client.force_login(user)
    response = client.get(f"/projects/{factories.random_id()}/")
    html = response.content.decode()
    assert response.status_code == 500
    assert "Something broke on our side" in html
    assert "secret inside" not in html
    number = re.search(r"<code>([0-9a-f]{8})</code>", html)
    assert number is not None
    assert f"the number {number[1]}" in caplog.text
