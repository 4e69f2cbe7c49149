"""What a share link opens to people without an account, and what it never tells."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from mutagen.id3 import ID3

from generator.models import Asset, Project, ShareLink, Track, User
from generator.services.generations import trash_generation
from generator.services.projects import trash_project
from generator.services.sharing import create_share_link, revoke_share_link
from tests import factories
from tests.fakes.media import audio
from tests.media_rows import make_stored_track

MUSIC = audio(0.5)
PROMPT = "Warm lo-fi for rain"
FILES = ("", "audio", "cover", "download")


@pytest.fixture
def track(user: User, project: Project) -> Track:
    return make_stored_track(user, project, title="Cold Harbour", duration_ms=65_000)


def share(user: User, track: Track, **allowed: Any) -> str:
    """Make a link and return the address of its page."""
    return f"/s/{create_share_link(by=user, track=track, **allowed)[1]}/"


def body(response: Any) -> bytes:
    """All bytes of an answer, streamed or not; reading to the end also closes the file."""
    return b"".join(response.streaming_content) if response.streaming else response.content


def html_of(path: str) -> str:
    response = Client().get(path)
    assert response.status_code == 200
    return response.content.decode()


def test_the_page_shows_the_track_and_says_what_made_it(user: User, track: Track) -> None:
    path = share(user, track)
    html = html_of(path)
    for words in (
        "<h1>Cold Harbour</h1>",
        "from Evening Songs",
        "1:05",
        "<span>AI-generated</span>",
        f'<audio controls preload="metadata" src="{path}audio"',
        f'src="{path}cover?size=640"',
        "digitalsourcetype/trainedAlgorithmicMedia",
    ):
        assert words in html


def test_the_page_tells_nothing_that_was_not_chosen(user: User, track: Track) -> None:
    closed, open_ = (
        html_of(share(user, track, **allowed))
        for allowed in ({}, {"allow_download": True, "show_prompt": True})
    )
    for words in (PROMPT, "/download"):
        assert (words in closed, words in open_) == (False, True)
    for secret in (user.email, str(track.project.public_id)):
        assert secret not in open_


def test_the_tags_for_previews_hold_whole_addresses(
    user: User, track: Track, settings: Any
) -> None:
    settings.SITE_URL = "https://studio.example.org"
    path = share(user, track)
    tags = dict(
        re.findall(r'<meta property="((?:og|music):[^"]+)" content="([^"]*)"', html_of(path))
    )
    site = f"https://studio.example.org{path}"
    assert tags == {
        "og:type": "music.song",
        "og:site_name": "Soundverse Studio",
        "og:title": "Cold Harbour",
        "og:description": "From Evening Songs. AI-generated instrumental music.",
        "og:url": site,
        "og:image": f"{site}cover?size=1200",
        "og:image:type": "image/jpeg",
        "og:image:width": "1200",
        "og:image:height": "1200",
        "og:image:alt": "Cover of Cold Harbour",
        "og:audio": f"{site}audio",
        "music:duration": "65",
    }
    picture = Client().get(f"{path}cover?size=1200")
    assert picture["Content-Type"] == "image/jpeg"
    assert body(picture).startswith(b"\xff\xd8")


def test_nothing_of_another_site_and_no_script_is_asked_for(user: User, track: Track) -> None:
    html = html_of(share(user, track, allow_download=True))
    sources = re.findall(r'(?:src|srcset|href)="([^"]+)"', html)
    assert [url for url in sources if not re.match(r"/(s|static)/|#", url)] == []
    assert "<script" not in html


def test_hostile_names_are_only_words(user: User, project: Project) -> None:
    track = factories.make_track(user, project, '"><script>alert(1)</script>')
    assert "<script>alert" not in html_of(share(user, track))


@pytest.mark.parametrize("name", FILES)
def test_no_answer_is_kept_listed_or_told_to_others(name: str, user: User, track: Track) -> None:
    response = Client().get(share(user, track, allow_download=True) + name)
    body(response)
    headers = response.headers
    assert response.status_code == 200
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Robots-Tag"] == "noindex"
    assert headers["Cache-Control"] == "private, no-store"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "Cookie" not in headers.get("Vary", "")
    assert not response.cookies


def test_the_music_comes_in_ranges(user: User, track: Track) -> None:
    response = Client().get(f"{share(user, track)}audio", headers={"Range": "bytes=2-9"})
    assert (response.status_code, body(response)) == (206, MUSIC[2:10])


def test_a_copy_holds_the_prompt_only_where_the_page_shows_it(user: User, track: Track) -> None:
    found = []
    for shown in (False, True):
        path = share(user, track, allow_download=True, show_prompt=shown)
        copy = body(Client().get(f"{path}download"))
        found.append(PROMPT in str(ID3(io.BytesIO(copy)).getall("COMM")))
    assert found == [False, True]


def test_without_the_switch_there_is_no_download(user: User, track: Track) -> None:
    assert Client().get(f"{share(user, track)}download").status_code == 404


def test_all_that_opens_nothing_answers_alike(user: User, track: Track) -> None:
    other = factories.make_project(user, "Other")
    in_trash, in_old, gone = (
        make_stored_track(user, place) for place in (track.project, other, track.project)
    )
    revoked, token = create_share_link(by=user, track=track)
    ended = share(user, track, expires_at=timezone.now() - timedelta(seconds=1))
    paths = {
        "wrong": "/s/AAAAAAAAAAAAAAAAAAAAAA/",
        "cut": share(user, track)[:-3] + "/",
        "revoked": f"/s/{token}/",
        "ended": ended,
        "trashed": share(user, in_trash, allow_download=True),
        "project trashed": share(user, in_old, allow_download=True),
    }
    assert Client().get(paths["trashed"]).status_code == 200
    revoke_share_link(revoked, user)
    trash_generation(in_trash.generation, by=user)
    trash_project(other, by=user)
    answers = set()
    for path in paths.values():
        for name in FILES:
            response = Client().get(path + name)
            # The nonce of the policy is drawn anew for each answer that asks for one.
            answers.add((response.status_code, response.content, str(response.headers)))
    Asset.objects.filter(generation=gone.generation).delete()
    for name in FILES[1:]:
        response = Client().get(share(user, gone, allow_download=True) + name)
        answers.add((response.status_code, response.content, str(response.headers)))
    assert [answer[0] for answer in answers] == [404]


def test_a_session_makes_no_difference(client: Client, user: User, track: Track) -> None:
    client.force_login(user)
    for path in ("/s/wrong/", f"{share(user, track)}?preview"):
        mine, anybodys = client.get(path), Client().get(path)
        assert mine.content == anybodys.content
        assert str(mine.headers) == str(anybodys.headers)


def test_visits_count_and_looks_ahead_and_heads_do_not(user: User, track: Track) -> None:
    path = share(user, track)
    visitor = Client()
    visitor.head(path)
    body(visitor.get(f"{path}audio"))
    visitor.get(f"{path}?preview")
    link = ShareLink.objects.get()
    assert (link.visits, link.last_visit_at) == (0, None)
    before = ShareLink.objects.values().get()
    visitor.get(path)
    visitor.get(path)
    after = ShareLink.objects.values().get()
    assert {name for name in after if after[name] != before[name]} == {"visits", "last_visit_at"}
    assert after["visits"] == 2


def test_a_page_costs_two_queries(user: User, track: Track, django_assert_num_queries: Any) -> None:
    path = share(user, track, allow_download=True, show_prompt=True)
    with django_assert_num_queries(2):
        Client().get(path)


def test_a_link_is_only_read(user: User, track: Track) -> None:
    assert Client().post(share(user, track)).status_code == 405
