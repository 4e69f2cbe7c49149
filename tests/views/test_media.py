"""Music and covers reach those who may have them, in ranges, with headers that bind them."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.files.storage import default_storage
from django.http import FileResponse
from django.test import Client
from django.urls import reverse
from mutagen.id3 import ID3

from generator.models import Asset, Generation, Project, Status, Track, User
from tests import factories
from tests.fakes.media import audio, cover
from tests.media_rows import make_stored_track

MUSIC = audio(0.5)


@pytest.fixture
def track(user: User, project: Project) -> Track:
    return make_stored_track(user, project)


@pytest.fixture
def member(client: Client, user: User) -> Client:
    """A browser in which the owner is signed in."""
    client.force_login(user)
    return client


def url(track: Track, name: str = "audio") -> str:
    return reverse(f"track_{name}", args=[track.public_id])


def body(response: Any) -> bytes:
    """All bytes of an answer, streamed or not; reading to the end also closes the file."""
    return b"".join(response.streaming_content) if response.streaming else response.content


def test_the_music_comes_whole_and_in_blocks(member: Client, track: Track) -> None:
    response = member.get(url(track))
    assert isinstance(response, FileResponse)
    assert response.status_code == 200
    assert response["Content-Length"] == str(len(MUSIC))
    assert body(response) == MUSIC


SIZE = len(MUSIC)


@pytest.mark.parametrize(
    ("wanted", "start", "end"),
    [
        ("bytes=0-", 0, SIZE - 1),
        ("bytes=0-1", 0, 1),
        ("bytes=0-0", 0, 0),
        ("bytes=100-299", 100, 299),
        (f"bytes={SIZE - 1}-", SIZE - 1, SIZE - 1),
        (f"bytes={SIZE - 1}-{SIZE + 500}", SIZE - 1, SIZE - 1),
        ("bytes=-1", SIZE - 1, SIZE - 1),
        ("bytes=-500", SIZE - 500, SIZE - 1),
        (f"bytes=-{SIZE * 2}", 0, SIZE - 1),
    ],
)
def test_a_range_is_answered_206_with_just_its_bytes(
    wanted: str, start: int, end: int, member: Client, track: Track
) -> None:
    response = member.get(url(track), headers={"Range": wanted})
    assert response.status_code == 206
    assert response["Content-Range"] == f"bytes {start}-{end}/{SIZE}"
    assert response["Content-Length"] == str(end - start + 1)
    assert body(response) == MUSIC[start : end + 1]


@pytest.mark.parametrize("wanted", [f"bytes={SIZE}-", f"bytes={SIZE + 9}-{SIZE + 99}", "bytes=-0"])
def test_a_range_past_the_end_is_answered_416(wanted: str, member: Client, track: Track) -> None:
    response = member.get(url(track), headers={"Range": wanted})
    assert response.status_code == 416
    assert response["Content-Range"] == f"bytes */{SIZE}"
    assert body(response) == b""


@pytest.mark.parametrize(
    "wanted", ["bytes=0-1,5-9", "lines=0-1", "bytes", "bytes=a-b", "bytes=1.5-2", ""]
)
def test_several_ranges_or_none_that_can_be_read_get_the_whole(
    wanted: str, member: Client, track: Track
) -> None:
    response = member.get(url(track), headers={"Range": wanted})
    assert (response.status_code, len(body(response))) == (200, SIZE)


def test_a_part_is_sent_only_of_the_same_file(member: Client, track: Track) -> None:
    etag = member.head(url(track))["ETag"]
    same = member.get(url(track), headers={"Range": "bytes=0-9", "If-Range": etag})
    other = member.get(url(track), headers={"Range": "bytes=0-9", "If-Range": '"other"'})
    assert (same.status_code, len(body(same))) == (206, 10)
    assert (other.status_code, len(body(other))) == (200, SIZE)


@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', "*"])
def test_who_has_the_file_is_told_so_in_one_line(form: str, member: Client, track: Track) -> None:
    etag = member.head(url(track))["ETag"]
    response = member.get(url(track), headers={"If-None-Match": form.format(etag)})
    assert (response.status_code, body(response)) == (304, b"")


@pytest.mark.parametrize("headers", [{}, {"Range": "bytes=0-9"}])
def test_head_tells_the_length_and_sends_nothing(
    headers: dict[str, str], member: Client, track: Track
) -> None:
    response = member.head(url(track), headers=headers)
    assert response["Content-Length"] == ("10" if headers else str(SIZE))
    assert body(response) == b""


def test_media_is_never_packed(member: Client, track: Track) -> None:
    response = member.get(url(track), headers={"Accept-Encoding": "gzip, br"})
    assert "Content-Encoding" not in response
    assert body(response) == MUSIC


@pytest.mark.parametrize(
    ("visibility", "cache"),
    [
        ("private", "private, no-store"),
        ("unlisted", "private, no-store"),
        ("public", "public, no-cache"),
    ],
)
@pytest.mark.parametrize(("name", "kind"), [("audio", "audio/mpeg"), ("cover", "image/webp")])
def test_headers_bind_what_the_browser_may_do(
    name: str, kind: str, visibility: str, cache: str, member: Client, track: Track
) -> None:
    Track.objects.update(visibility=visibility)
    response = member.get(url(track, name))
    names = (
        "Content-Type",
        "X-Content-Type-Options",
        "Content-Security-Policy",
        "Cross-Origin-Resource-Policy",
        "Cache-Control",
        "Accept-Ranges",
    )
    assert {name: response[name] for name in names} == {
        "Content-Type": kind,
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": cache,
        "Accept-Ranges": "bytes",
    }
    body(response)


@pytest.mark.parametrize(
    ("size", "kind", "side"),
    [("160", "image/webp", 160), ("320", "image/webp", 320), ("640", "image/webp", 640)],
)
def test_covers_come_in_sizes(
    size: str, kind: str, side: int, member: Client, track: Track
) -> None:
    response = member.get(url(track, "cover"), {"size": size})
    assert response["Content-Type"] == kind
    assert body(response) == cover(side)


def test_the_largest_cover_is_a_jpeg_for_previews(member: Client, track: Track) -> None:
    response = member.get(url(track, "cover"), {"size": "1200"})
    assert response["Content-Type"] == "image/jpeg"
    assert body(response) == cover(1200, "JPEG")


@pytest.mark.parametrize("size", ["", "1", "100000", "160x160", "../../etc/passwd", "١٦٠"])
def test_no_other_size_is_to_be_had(size: str, member: Client, track: Track) -> None:
    assert member.get(url(track, "cover"), {"size": size}).status_code == 404


@pytest.mark.parametrize("name", ["audio", "cover", "download"])
def test_only_reading_is_possible(name: str, member: Client, track: Track) -> None:
    assert member.post(url(track, name)).status_code == 405


@pytest.mark.parametrize(
    ("visibility", "stranger", "anonymous"),
    [("private", 404, 404), ("unlisted", 404, 404), ("public", 200, 200)],
)
@pytest.mark.parametrize("name", ["audio", "cover"])
def test_strangers_hear_what_is_public_and_nothing_else(
    name: str, visibility: str, stranger: int, anonymous: int, client: Client, track: Track
) -> None:
    Track.objects.update(visibility=visibility)
    response = client.get(url(track, name))
    assert response.status_code == anonymous
    body(response)
    client.force_login(factories.make_user("eve"))
    response = client.get(url(track, name))
    assert response.status_code == stranger
    body(response)


def test_making_a_track_private_acts_on_the_next_request(client: Client, track: Track) -> None:
    Track.objects.update(visibility="public")
    etag = client.head(url(track))["ETag"]
    Track.objects.update(visibility="private")
    assert client.get(url(track), headers={"If-None-Match": etag}).status_code == 404
    assert client.get(url(track), headers={"Range": "bytes=0-9"}).status_code == 404


def test_who_left_the_project_hears_nothing_more(
    member: Client, user: User, project: Project, track: Track
) -> None:
    body(member.get(url(track)))
    project.memberships.all().delete()
    assert [member.get(url(track, name)).status_code for name in ("audio", "download")] == [404] * 2


def test_a_trashed_track_and_a_purged_file_are_not_there(member: Client, track: Track) -> None:
    Asset.objects.filter(kind="audio").update(state=Asset.State.DELETED)
    assert member.get(url(track)).status_code == 404
    Asset.objects.update(state=Asset.State.STORED)
    default_storage.delete(Asset.objects.get(kind="audio").name)
    assert member.get(url(track)).status_code == 404
    assert member.get(url(track, "download")).status_code == 404
    Generation.objects.update(status=Status.TRASHED)
    assert member.get(url(track, "cover")).status_code == 404


def test_no_address_leads_to_the_files_but_these(member: Client, track: Track) -> None:
    name = Asset.objects.get(kind="audio").name
    for path in (f"/{name}", f"/media/{name}", f"/static/{name}", f"/static/../media/{name}"):
        assert member.get(path).status_code == 404


def test_a_download_has_a_human_name_and_tags(member: Client, track: Track) -> None:
    response = member.get(url(track, "download"))
    assert response["Content-Disposition"] == (
        'attachment; filename="Electric Dreams - Evening Songs - take 1.mp3"'
    )
    assert response["Content-Type"] == "audio/mpeg"
    assert response["Cache-Control"] == "private, no-store"
    data = body(response)
    assert int(response["Content-Length"]) == len(data)
    assert "Prompt: Warm lo-fi" in str(ID3(io.BytesIO(data))["COMM::eng"])


def test_a_download_as_wav_is_a_wav(member: Client, track: Track) -> None:
    response = member.get(url(track, "download"), {"format": "wav"})
    assert response["Content-Type"] == "audio/wav"
    assert response["Content-Disposition"].endswith('take 1.wav"')
    assert body(response).startswith(b"RIFF")


@pytest.mark.parametrize("name", ["Löwe", "x\r\nSet-Cookie: a=b", '"; filename="a.exe'])
def test_no_title_breaks_out_of_the_header(name: str, member: Client, track: Track) -> None:
    Track.objects.update(title=name)
    response = member.get(url(track, "download"))
    disposition = response["Content-Disposition"]
    assert disposition.startswith("attachment; filename")
    assert disposition.count('"') in (0, 2)
    assert "\n" not in disposition
    assert "Set-Cookie" not in response
    body(response)


def test_a_download_can_go_on_where_it_broke_off(member: Client, track: Track) -> None:
    whole = body(member.get(url(track, "download")))
    rest = member.get(url(track, "download"), headers={"Range": "bytes=1000-"})
    assert (rest.status_code, body(rest)) == (206, whole[1000:])


def test_a_download_leaves_no_copy_behind(member: Client, track: Track, settings: Any) -> None:
    response = member.get(url(track, "download"))
    assert list((settings.MEDIA_ROOT / "incoming").iterdir()) == []
    assert len(body(response)) > SIZE


def test_a_stranger_takes_a_public_track_home_without_its_prompt(
    client: Client, track: Track
) -> None:
    Track.objects.update(visibility="public")
    assert client.get(url(track, "download")).status_code == 302
    client.force_login(factories.make_user("eve"))
    data = body(client.get(url(track, "download")))
    assert "Prompt" not in str(ID3(io.BytesIO(data))["COMM::eng"])


def test_music_costs_few_questions(
    member: Client, track: Track, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(4):
        body(member.get(url(track)))


@pytest.fixture
def bucket(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bucket of the real storage class; signing needs no connection."""
    pytest.importorskip("storages.backends.s3")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "storages.backends.s3.S3Storage",
            "OPTIONS": {
                "bucket_name": "studio",
                "region_name": "eu-west-1",
                "signature_version": "s3v4",
            },
        },
    }


@pytest.mark.parametrize("visibility", ["private", "public"])
def test_music_in_a_bucket_is_reached_by_a_signed_address_that_ends_soon(
    visibility: str, member: Client, track: Track, bucket: None
) -> None:
    Track.objects.update(visibility=visibility)
    response = member.get(url(track), headers={"Range": "bytes=0-1"})
    assert response.status_code == 302
    assert response["Cache-Control"] == "private, no-store"
    address = urlsplit(response["Location"])
    query = parse_qs(address.query)
    assert address.scheme == "https"
    assert address.path.endswith(Asset.objects.get(kind="audio").name)
    assert query["X-Amz-Expires"] == ["300"]
    assert query["response-content-type"] == ["audio/mpeg"]


def test_a_bucket_is_not_asked_for_strangers(client: Client, track: Track, bucket: None) -> None:
    assert client.get(url(track)).status_code == 404


def test_path_of_the_stored_file_lies_inside_the_media_folder(track: Track, settings: Any) -> None:
    path = Path(default_storage.path(Asset.objects.get(kind="audio").name))
    assert path.is_relative_to(settings.MEDIA_ROOT)
