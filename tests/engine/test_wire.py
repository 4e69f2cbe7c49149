"""The API page's wire, over real HTTP: every field, both framings, both endpoints, all errors."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import falcon
import falcon.testing
import pytest
import soundfile
from PIL import Image

from generator.engine.pool import Pool
from generator.engine.server import Config, Generation

from .conftest import Engine, Reply

PAGE_FIELDS = {
    "content": str,
    "isComplete": bool,
    "chunkIndex": int,
    "tokens": int,
    "totalTokens": int,
    "error": bool,
    "messageId": str,
    "progress": int,
}


@pytest.fixture(scope="session")
def lines(engine: Engine) -> Reply:
    """One whole stream read without an Accept header, as the page's sample does."""
    return engine.post(prompt="Upbeat electronic dance music", style="electronic")


@pytest.fixture(scope="session")
def last(lines: Reply) -> dict[str, Any]:
    """The final chunk of that stream."""
    return lines.lines[-1]


def _file(engine: Engine, url: str, method: str = "GET", **headers: str) -> Reply:
    prefix = f"http://127.0.0.1:{engine.port}"
    assert url.startswith(f"{prefix}/v5/files/")
    return engine.send(method, url.removeprefix(prefix), Authorization="", **headers)


def test_stream_without_accept_is_read_by_the_pages_own_sample(lines: Reply) -> None:
    chunks = lines.lines
    assert lines.status == 200
    assert 9 <= len(chunks) <= 12
    assert [c["chunkIndex"] for c in chunks] == list(range(1, len(chunks) + 1))
    assert [c["isComplete"] for c in chunks] == [False] * (len(chunks) - 1) + [True]


def test_every_chunk_has_every_field_of_the_page_with_its_type(lines: Reply) -> None:
    for chunk in lines.lines:
        assert {name: type(chunk[name]) for name in PAGE_FIELDS} == PAGE_FIELDS
        assert chunk["error"] is False
        assert re.fullmatch("[0-9a-f]{24}", chunk["messageId"])


def test_first_chunk_says_how_the_prompt_was_understood_and_has_no_task_yet(lines: Reply) -> None:
    first = lines.lines[0]
    assert first["content"].startswith("Understood: house, ")
    assert (first["task_id"], first["status"], first["album_art"]) == (None, None, None)


def test_chunks_between_are_processing_under_one_numeric_task(lines: Reply) -> None:
    middle = lines.lines[1:-1]
    assert {c["status"] for c in middle} == {"PROCESSING"}
    assert all("audio_url" not in c for c in middle)
    assert len({c["task_id"] for c in middle}) == 1
    assert middle[0]["task_id"].isdigit()


def test_progress_never_falls_and_tokens_add_up(lines: Reply) -> None:
    progress = [c["progress"] for c in lines.lines]
    assert progress == sorted(progress)
    assert progress[-1] == 100
    assert lines.lines[-1]["totalTokens"] == sum(c["tokens"] for c in lines.lines)


def test_last_chunk_carries_the_result(last: dict[str, Any]) -> None:
    assert last["status"] == "COMPLETED"
    assert len(last["song_name"].split()) in (2, 3, 4)
    assert last["audio_url"].endswith(".mp3")
    assert last["album_art"].endswith(".webp")


def test_audio_is_an_mp3_of_exactly_the_asked_seconds(engine: Engine, last: dict[str, Any]) -> None:
    reply = _file(engine, last["audio_url"])
    assert reply.headers["content-type"] == "audio/mpeg"
    assert int(reply.headers["content-length"]) == len(reply.body)
    samples, rate = soundfile.read(io.BytesIO(reply.body))
    assert (samples.shape, rate) == ((5 * 44_100, 2), 44_100)


def test_cover_is_a_square_webp(engine: Engine, last: dict[str, Any]) -> None:
    reply = _file(engine, last["album_art"])
    image = Image.open(io.BytesIO(reply.body))
    assert reply.headers["content-type"] == "image/webp"
    assert (image.format, image.size) == ("WEBP", (1024, 1024))


def test_head_of_a_file_has_headers_and_no_body(engine: Engine, last: dict[str, Any]) -> None:
    whole = _file(engine, last["audio_url"])
    head = _file(engine, last["audio_url"], "HEAD")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-length"] == str(len(whole.body))


@pytest.mark.parametrize(
    ("asked", "first", "last_byte"),
    [("bytes=0-1", 0, 1), ("bytes=100-", 100, None), ("bytes=-10", -10, None)],
)
def test_range_gives_those_bytes(
    engine: Engine, last: dict[str, Any], asked: str, first: int, last_byte: int | None
) -> None:
    whole = _file(engine, last["audio_url"]).body
    part = _file(engine, last["audio_url"], Range=asked)
    wanted = whole[first:] if last_byte is None else whole[first : last_byte + 1]
    start = len(whole) + first if first < 0 else first
    assert (part.status, part.body) == (206, wanted)
    assert part.headers["content-range"] == (
        f"bytes {start}-{start + len(wanted) - 1}/{len(whole)}"
    )


@pytest.mark.parametrize("asked", ["bytes=x-y", "lines=1-2"])
def test_range_that_makes_no_sense_gives_the_whole_file(
    engine: Engine, last: dict[str, Any], asked: str
) -> None:
    assert _file(engine, last["audio_url"], Range=asked).status == 200


def test_range_past_the_end_is_refused(engine: Engine, last: dict[str, Any]) -> None:
    assert _file(engine, last["audio_url"], Range="bytes=99999999-").status == 416


@pytest.mark.parametrize("name", ["nothing.mp3", "0" * 32 + ".mp3", "..%2f..%2fetc%2fpasswd"])
def test_unknown_file_is_404(engine: Engine, name: str) -> None:
    reply = engine.send("GET", f"/v5/files/{name}")
    assert (reply.status, reply.json) == (404, {"detail": "Not Found"})


def test_sync_answers_once_with_the_pages_fields(engine: Engine) -> None:
    reply = engine.post("/sync")
    assert reply.status == 200
    assert sorted(reply.json) == sorted(
        ["success", "messageId", "audio_url", "album_art", "song_name", "status"]
    )
    assert (reply.json["success"], reply.json["status"]) == (True, "COMPLETED")
    assert _file(engine, reply.json["audio_url"]).status == 200


@pytest.mark.parametrize("prompt", ["", "   ", None, ...])
def test_empty_prompt_is_the_pages_400(engine: Engine, prompt: Any) -> None:
    reply = engine.post(prompt=prompt)
    assert (reply.status, reply.json) == (400, {"detail": "Invalid or empty prompt provided"})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("userId", ...),
        ("userId", 7),
        ("projectId", " "),
        ("prompt", 5),
        ("prompt", "x" * 1025),
        ("duration", "30"),
        ("duration", True),
        ("duration", 4),
        ("duration", 601),
        ("duration", 7.5),
        ("style", []),
        ("model", {}),
        ("parameters", "seed"),
    ],
)
def test_wrong_field_is_422_that_names_it(engine: Engine, field: str, value: Any) -> None:
    reply = engine.post(**{field: value})
    assert reply.status == 422
    assert [problem["loc"] for problem in reply.json["detail"]] == [["body", field]]


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b"[" * 50_000])
def test_body_that_is_no_json_object_is_422(engine: Engine, body: bytes) -> None:
    assert engine.send("POST", "/v5/generate/music-gen", body).status == 422


def test_huge_body_is_413(engine: Engine) -> None:
    assert engine.post(prompt="x" * 70_000).status == 413


@pytest.mark.parametrize("header", ["", "Bearer ", "Basic abc"])
def test_request_without_a_bearer_key_is_401(engine: Engine, header: str) -> None:
    reply = engine.post(headers={"Authorization": header})
    assert (reply.status, reply.headers["www-authenticate"]) == (401, "Bearer")


def test_engine_with_a_key_takes_that_key_alone(start_engine: Callable[..., Engine]) -> None:
    engine = start_engine(api_key="right", balance=0)
    wrong = engine.post(headers={"Authorization": "Bearer wrong"})
    right = engine.post(headers={"Authorization": "Bearer right"})
    assert (wrong.status, right.status) == (401, 402)


def test_rate_limit_is_the_pages_message_with_429(start_engine: Callable[..., Engine]) -> None:
    reply = start_engine(rate=0).post()
    assert reply.status == 429
    assert reply.json == {
        "success": False,
        "message": "Rate limits have been passed for the user.",
    }
    assert int(reply.headers["retry-after"]) > 0


def test_empty_balance_is_the_pages_message_with_402(start_engine: Callable[..., Engine]) -> None:
    reply = start_engine(balance=0).post("/sync")
    assert reply.status == 402
    assert reply.json == {
        "success": False,
        "message": "Insufficient balance for this operation.",
    }


@pytest.mark.parametrize("path", ["/", "/v5/generate/song-gen", "/v5/generate/music-gen/other"])
def test_other_paths_are_404(engine: Engine, path: str) -> None:
    reply = engine.send("POST", path, b"{}")
    assert (reply.status, reply.json) == (404, {"detail": "Not Found"})


def test_other_methods_are_405(engine: Engine) -> None:
    assert engine.send("GET", "/v5/generate/music-gen").status == 405


def test_accept_event_stream_gets_events_for_any_model_until_the_balance_is_spent(
    start_engine: Callable[..., Engine],
) -> None:
    engine = start_engine(balance=1)
    headers = {"Accept": "text/event-stream"}
    reply = engine.post(headers=headers, model="nobody-1", parameters={"seed": 1})
    assert reply.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert len(reply.events) >= 9
    assert (reply.events[-1]["isComplete"], reply.events[-1]["seed"]) == (True, 1)
    assert engine.post(headers=headers).status == 402


@pytest.mark.parametrize(
    ("framing", "accept", "events"),
    [("sse", "*/*", True), ("lines", "text/event-stream", False), ("auto", "*/*", False)],
)
def test_framing_follows_the_flag_then_the_accept_header(
    framing: str, accept: str, events: bool, tmp_path: Path
) -> None:
    config = Config(folder=tmp_path, framing=framing)
    request = falcon.Request(falcon.testing.create_environ(headers={"Accept": accept}))
    assert Generation(config, Pool(tmp_path))._events(request) is events
