"""The scripted upstream does what its scripts say: other tests rest on it."""

import threading
from collections.abc import Iterator

import httpx
import pytest

from tests.fakes.events import json_lines, started
from tests.fakes.fixtures import upstream
from tests.fakes.media import audio, cover
from tests.fakes.upstream import (
    Cut,
    HoldOpen,
    Script,
    ScriptedUpstream,
    Sleep,
    Wait,
    reply,
    stream,
    trickle,
    wait_until,
)

__all__ = ["upstream"]


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    """A plain client that does not keep connections."""
    with httpx.Client(
        trust_env=False, limits=httpx.Limits(max_keepalive_connections=0), timeout=5
    ) as client:
        yield client


def test_without_a_script_every_post_is_a_good_generation(
    upstream: ScriptedUpstream, http: httpx.Client
) -> None:
    text = http.post(f"{upstream.url}/v5/generate/music-gen", json={"prompt": "rain"}).text
    assert text.count("data: ") == 3
    assert f'"audio_url": "{upstream.url}/files/music.mp3"' in text
    assert [charge.json for charge in upstream.charges] == [{"prompt": "rain"}]
    assert http.get(f"{upstream.url}/files/music.mp3?x=1").content == audio()
    assert http.get(f"{upstream.url}/files/cover.webp").content == cover()


def test_scripts_are_played_in_order_and_the_last_goes_on(
    upstream: ScriptedUpstream, http: httpx.Client
) -> None:
    upstream.play(reply(429, {"success": False}), reply(500), reply(200, {"ok": True}))
    assert [http.post(upstream.url).status_code for _ in range(4)] == [429, 500, 200, 200]
    assert (len(upstream.posts), len(upstream.charges)) == (4, 3)


@pytest.mark.parametrize(
    ("script", "bills"),
    [
        (stream(), True),
        (Script(status=None), True),
        (reply(500), True),
        (reply(500, {"detail": "x"}), True),
        (reply(404), False),
        (reply(200, {"detail": "x"}), False),
        (reply(400, b"", charged=True), True),
    ],
)
def test_what_the_service_would_bill_is_a_charge(script: Script, bills: bool) -> None:
    assert script.bills is bills


def test_files_may_lie_about_length_status_and_type(
    upstream: ScriptedUpstream, http: httpx.Client
) -> None:
    short = upstream.add_file("short.mp3", b"abc", "audio/mpeg", length=10)
    gone = upstream.add_file("gone.mp3", b"<html>", "text/html", status=403)
    cut = upstream.add_file("cut.mp3", b"", length=9, steps=(b"abc", Cut("rst")))
    for url in (short, cut):
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            http.get(url)
    assert http.get(gone).status_code == 403
    assert http.get(f"{upstream.url}/files/none").status_code == 404
    assert http.head(short).headers["content-length"] == "10"
    assert [got.method for got in upstream.gets] == ["GET", "GET", "GET", "GET", "HEAD"]


def test_steps_wait_for_the_test_and_pieces_are_small(
    upstream: ScriptedUpstream, http: httpx.Client
) -> None:
    go_on = threading.Event()
    pieces = trickle(b"abcde", size=2, pause=0.001)
    assert pieces == (b"ab", Sleep(0.001), b"cd", Sleep(0.001), b"e", Sleep(0.001))
    upstream.play(stream(started(), Wait(go_on), *pieces, framing_of=json_lines))
    with http.stream("POST", upstream.url) as response:
        body = response.iter_raw()
        assert next(body) == json_lines(started())
        go_on.set()
        assert b"".join(body) == b"abcde"


def test_open_connections_are_counted_and_can_be_cut(
    upstream: ScriptedUpstream, http: httpx.Client
) -> None:
    upstream.play(stream(started(), HoldOpen()))
    with http.stream("POST", upstream.url) as response:
        assert (upstream.wait_for_posts(1), upstream.wait_idle(0.01)) == (True, False)
        upstream.cut_all()
        with pytest.raises(httpx.ReadError):
            response.read()
    assert upstream.wait_idle()


def test_leaving_the_server_frees_whatever_waits() -> None:
    with ScriptedUpstream() as server:
        server.play(Script(before=(Wait(threading.Event()),)))
        caught: list[httpx.HTTPError] = []

        def post() -> None:
            try:
                httpx.post(server.url, trust_env=False)
            except httpx.HTTPError as error:
                caught.append(error)

        thread = threading.Thread(target=post)
        thread.start()
        assert server.wait_for_posts(1)
    thread.join()
    assert wait_until(lambda: len(caught) == 1)


def test_the_media_are_real() -> None:
    assert audio(0.5, "WAV")[:4] == b"RIFF"
    assert cover(32, "PNG")[:4] == b"\x89PNG"
    assert wait_until(lambda: False, timeout=0.01) is False
