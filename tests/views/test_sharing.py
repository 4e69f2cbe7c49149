"""The share section of a track's page: making a link, the list, revoking."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from generator.models import Membership, Project, ShareLink, Track, User
from generator.services.sharing import count_visit, create_share_link, revoke_share_link
from generator.views import sharing

from .. import factories


@pytest.fixture
def signed_in(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


@pytest.fixture
def track(user: User, project: Project) -> Track:
    return factories.make_track(user, project, "Cold Harbour")


def page_of(client: Client, track: Track) -> str:
    return client.get(f"/tracks/{track.public_id}/").content.decode()


def test_a_link_is_shown_once_and_opens_logged_out(
    signed_in: Client, track: Track, settings: object
) -> None:
    settings.SITE_URL = "https://studio.example.org"  # type: ignore[attr-defined]
    response = signed_in.post(f"/tracks/{track.public_id}/share/", {"days": ""})
    html = response.content.decode()
    assert response.status_code == 200
    found = re.search(r'id="new-link" value="https://studio\.example\.org(/s/[\w-]{22}/)"', html)
    assert found is not None
    assert response.headers["HX-Push-Url"] == "false"
    assert found[1] not in page_of(signed_in, track)
    assert Client().get(found[1]).status_code == 200


@pytest.mark.parametrize(("days", "wanted"), [("", None), ("7", 7), ("30", 30)])
def test_the_choices_are_kept(
    signed_in: Client, track: Track, days: str, wanted: int | None
) -> None:
    before = timezone.now()
    data = {"days": days, "allow_download": "on", "show_prompt": "on"}
    signed_in.post(f"/tracks/{track.public_id}/share/", data)
    link = ShareLink.objects.get()
    assert (link.track, link.allow_download, link.show_prompt) == (track, True, True)
    if wanted is None:
        assert link.expires_at is None
    else:
        assert link.expires_at is not None
        assert before <= link.expires_at - timedelta(days=wanted) <= timezone.now()


def test_an_unknown_time_comes_back_in_place(signed_in: Client, track: Track) -> None:
    response = signed_in.post(f"/tracks/{track.public_id}/share/", {"days": "9000"})
    assert response.status_code == 422
    assert "Choose one of the times in the list." in response.content.decode()
    assert not ShareLink.objects.exists()


def test_a_refusal_of_the_service_comes_back_in_place(
    signed_in: Client, user: User, track: Track, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("generator.services.sharing.LINKS_MAX", 0)
    response = signed_in.post(f"/tracks/{track.public_id}/share/")
    assert response.status_code == 422
    assert "Revoke one of them first." in response.content.decode()


def test_the_list_tells_each_open_link_and_no_closed_one(
    signed_in: Client, user: User, track: Track
) -> None:
    create_share_link(by=user, track=track, expires_at=timezone.now())
    revoked, _ = create_share_link(by=user, track=track)
    revoke_share_link(revoked, user)
    link, token = create_share_link(by=user, track=track, allow_download=True, show_prompt=True)
    count_visit(link)
    html = page_of(signed_in, track)
    assert re.findall(r"/share-links/([0-9a-f-]{36})/revoke/", html) == [str(link.public_id)]
    assert "1 visit, last" in html
    assert "never ends" in html
    assert token not in html


def test_a_revoked_link_opens_nothing(signed_in: Client, user: User, track: Track) -> None:
    link, token = create_share_link(by=user, track=track)
    response = signed_in.post(f"/share-links/{link.public_id}/revoke/")
    assert (response.status_code, response.headers["Location"]) == (
        303,
        f"/tracks/{track.public_id}/",
    )
    assert Client().get(f"/s/{token}/").status_code == 404


def test_a_role_lost_while_revoking_is_told(
    signed_in: Client, user: User, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    sam = factories.make_user("sam")
    Membership.objects.create(project=project, user=sam, role="owner")
    link, _ = create_share_link(by=sam, track=factories.make_track(sam, project))

    def after_the_role_is_gone(link: ShareLink, by: User) -> None:
        Membership.objects.filter(user=by).update(role="viewer")
        revoke_share_link(link, by)

    monkeypatch.setattr(sharing, "revoke_share_link", after_the_role_is_gone)
    assert signed_in.post(f"/share-links/{link.public_id}/revoke/").status_code == 403
    assert ShareLink.objects.live().count() == 1


def test_a_viewer_sees_no_links(client: Client, user: User) -> None:
    sam = factories.make_user("sam")
    track = factories.make_track(sam, factories.make_project(sam, viewer=user))
    create_share_link(by=sam, track=track)
    client.force_login(user)
    html = page_of(client, track)
    assert "tracks-share" not in html
    assert "share-links" not in html
