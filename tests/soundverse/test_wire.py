"""Rows 9 to 15, 35 and 37 of the client contract: objects to typed values."""

import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.soundverse.wire import (
    MusicRequest,
    MusicResult,
    StreamEvent,
    is_chunk,
    problem_text,
)
from tests.fakes.events import completed, failed, started
from tests.soundverse.outcomes import Sample

URL = "https://storage.soundverse.ai/music.mp3"


def read(**raw: Any) -> StreamEvent:
    return StreamEvent.from_json(raw)


def test_the_first_chunk_of_the_page_is_read_whole(sample: Sample) -> None:
    raw = sample("first_chunk")
    assert StreamEvent.from_json(raw) == StreamEvent(
        raw=raw, content="Starting music generation...", chunk_index=1, tokens=10, total_tokens=10
    )


def test_the_final_chunk_of_the_page_is_a_success(sample: Sample) -> None:
    raw = sample("final_chunk")
    event = StreamEvent.from_json(raw)
    assert event == StreamEvent(
        raw=raw,
        content="✅ Music generation completed successfully!",
        is_complete=True,
        chunk_index=5,
        tokens=150,
        total_tokens=500,
        task_id="123456789",
        status="COMPLETED",
        album_art=raw["album_art"],
        song_name="Electronic Dreams",
        audio_url=raw["audio_url"],
    )
    assert event.is_success is True
    assert MusicResult.from_event(event) == MusicResult(
        audio_url=raw["audio_url"],
        album_art=raw["album_art"],
        song_name="Electronic Dreams",
        task_id="123456789",
        message_id=None,
        status="COMPLETED",
        raw=raw,
    )


def test_an_event_that_is_no_success_holds_no_result() -> None:
    assert MusicResult.from_event(StreamEvent.from_json(started())) is None


def test_row_9_unknown_fields_stay_in_raw() -> None:
    raw = started(stream_url="https://x.example/live", version=2)
    assert StreamEvent.from_json(raw).raw == raw


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({"status": "completed"}, True),
        ({"status": "SUCCEEDED"}, True),
        ({"status": " Successful "}, True),
        ({"status": "streaming"}, False),
        ({"status": None}, False),
        ({}, False),
    ],
)
def test_row_10_without_is_complete_the_status_decides(raw: dict[str, Any], expected: bool) -> None:
    assert StreamEvent.from_json(raw).is_complete is expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, True),
        ("true", True),
        ("True", True),
        (1, True),
        ("1", True),
        (False, False),
        (None, False),
        (0, False),
        ("false", False),
        ([], False),
        ("yes", False),
    ],
)
def test_row_11_is_complete_may_come_as_text_or_number(value: Any, expected: bool) -> None:
    assert read(isComplete=value).is_complete is expected
    assert read(is_complete=value).is_complete is expected


def test_row_11_a_false_is_complete_outweighs_the_status() -> None:
    assert read(isComplete=False, status="COMPLETED").is_complete is False


def test_row_12_success_needs_completion_audio_and_no_error() -> None:
    assert StreamEvent.from_json(completed(URL)).is_success is True
    assert StreamEvent.from_json(completed(URL, isComplete=False)).is_success is False
    assert StreamEvent.from_json(completed(URL, error=True)).is_success is False


@pytest.mark.parametrize(
    "address",
    [
        "",
        " ",
        None,
        7,
        "music.mp3",
        "/files/a.mp3",
        "//h/a.mp3",
        "ftp://h/a",
        "file:///etc/passwd",
        "https://",
        "https://h/a b",
        "https://h/\na",
        "https://[h/a",
        "https://h/" + "a" * 2000,
        "data:audio/mpeg;base64,AAAA",
        {"url": URL},
    ],
)
def test_row_13_an_address_that_cannot_be_fetched_is_no_address(address: Any) -> None:
    event = StreamEvent.from_json(completed(address, album_art=address))
    assert (event.audio_url, event.album_art, event.is_success) == (None, None, False)


def test_row_13_spaces_around_an_address_do_no_harm() -> None:
    assert StreamEvent.from_json(completed(f" {URL}\n")).audio_url == URL


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (failed(True), "The model is overloaded"),
        (failed("true"), "The model is overloaded"),
        (failed("Out of memory"), "Out of memory"),
        (failed(True, message="No GPU"), "No GPU"),
        (failed(True, detail="Bad style"), "Bad style"),
        (failed({"message": "Upstream said no"}), "Upstream said no"),
        (failed({"code": 7}), "The model is overloaded"),
        (failed(1, content=""), "no reason was given"),
        (started(error=False, status="FAILED"), "Starting music generation..."),
        (started(error="none", status="timeouted"), "Starting music generation..."),
        ({"status": "cancelled"}, "no reason was given"),
        ({"status": "rejected", "error": None}, "no reason was given"),
        ({"status": "error"}, "no reason was given"),
        ({"success": False, "message": "Too many"}, "Too many"),
    ],
)
def test_row_14_an_error_is_told_in_its_own_words(raw: dict[str, Any], expected: str) -> None:
    assert StreamEvent.from_json(raw).error_text == expected


@pytest.mark.parametrize("error", [False, None, "", " ", "false", "null", "None", 0, {}, []])
def test_row_14_what_says_no_error_is_none(error: Any) -> None:
    assert StreamEvent.from_json(started(error=error)).error_text is None


def test_row_15_beside_an_error_the_address_stays_in_raw_alone() -> None:
    event = StreamEvent.from_json(completed(URL, error=True))
    assert (event.audio_url, event.raw["audio_url"], event.is_success) == (None, URL, False)


@pytest.mark.parametrize("key", ["task_id", "taskId", "job_id", "jobId", "id"])
def test_every_name_of_the_task_id_is_known(key: str) -> None:
    assert StreamEvent.from_json({key: 123456789}).task_id == "123456789"


@pytest.mark.parametrize("key", ["messageId", "message_id"])
def test_every_name_of_the_message_id_is_known(key: str) -> None:
    assert StreamEvent.from_json({key: " 6937bbb3 "}).message_id == "6937bbb3"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, 0),
        (41.9, 41),
        ("40", 40),
        (100, 100),
        (250, 100),
        (-1, None),
        (True, None),
        (None, None),
        ("x", None),
        ([], None),
        (10**39, None),
        (float("nan"), None),
        ("9" * 11, None),
        ("²", None),
    ],
)
def test_progress_is_0_to_100_or_none(value: Any, expected: int | None) -> None:
    assert read(progress=value).progress == expected


def test_numbers_that_no_column_holds_are_none() -> None:
    event = read(chunkIndex=2**31, tokens=2**31 - 1, totalTokens="99999999999")
    assert (event.chunk_index, event.tokens, event.total_tokens) == (None, 2**31 - 1, None)


def test_texts_are_cut_to_what_a_column_holds() -> None:
    event = read(content="c" * 9999, song_name="s" * 9999, status="t" * 9999, task_id="i" * 9999)
    assert [
        len(t or "") for t in (event.content, event.song_name, event.status, event.task_id)
    ] == [
        2000,
        200,
        40,
        200,
    ]


_ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
_KEYS = st.sampled_from([*completed(URL), "detail", "message", "progress", "messageId", "success"])


@given(st.dictionaries(_KEYS, _ANY_JSON))
def test_no_object_however_odd_breaks_the_reading(raw: dict[str, Any]) -> None:
    event = StreamEvent.from_json(raw)
    assert event.raw == raw
    assert event.is_success == (MusicResult.from_event(event) is not None)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({"error": {"message": "Mureka says no"}, "message": "x"}, "Mureka says no"),
        ({"error": "INVALID_API_KEY", "message": "Key not known"}, "Key not known"),
        ({"detail": "Invalid or empty prompt provided"}, "Invalid or empty prompt provided"),
        ({"Detail": "Stems failed"}, "Stems failed"),
        ({"error": "INVALID_API_KEY"}, "INVALID_API_KEY"),
        ({"detail": []}, None),
        ({"error": {}, "detail": {}}, None),
        ({"message": "m" * 900}, "m" * 500),
    ],
)
def test_row_35_the_words_of_an_error_body(raw: dict[str, Any], expected: str | None) -> None:
    assert problem_text(raw) == expected


def test_row_33_a_list_of_details_names_the_fields() -> None:
    detail = [
        {"loc": ["body", "duration"], "msg": "value is not a valid integer", "type": "int"},
        {"loc": [], "msg": "field required"},
        {"loc": ["body", "style"]},
        "and more",
        None,
    ]
    assert problem_text({"detail": detail}) == (
        "duration: value is not a valid integer; field required; and more"
    )


def test_a_chunk_is_known_by_its_fields(sample: Sample) -> None:
    assert is_chunk(sample("first_chunk")) is True
    assert is_chunk(sample("sync_reply")) is False


def test_row_37_the_request_of_the_page_is_sent_as_printed(sample: Sample) -> None:
    request = MusicRequest(
        user_id="string",
        project_id="string",
        prompt="string",
        style="string",
        model="mureka-7.5",
        parameters={"seed": 7},
    )
    assert request.to_json() == sample("request") | {"parameters": {"seed": 7}}


def test_row_37_empty_choices_are_left_out(sample: Sample, request_body: MusicRequest) -> None:
    assert request_body.to_json() == sample("sample_request")
    bare = dataclasses.replace(request_body, style=" ", model="")
    assert set(bare.to_json()) == {"userId", "projectId", "prompt", "duration"}


def test_row_37_text_is_stripped_and_free_of_control_characters() -> None:
    request = MusicRequest("u", "p", " rain\x00 on\r\na\x7f roof \ud800 ", style="\tjazz\n")
    assert (request.to_json()["prompt"], request.to_json()["style"]) == (
        "rain  on  a  roof",
        "jazz",
    )


@given(st.text())
def test_row_37_every_prompt_can_be_sent(prompt: str) -> None:
    sent = MusicRequest("u", "p", prompt).to_json()
    assert json.dumps(sent, ensure_ascii=False).encode()
    assert sent["prompt"] == sent["prompt"].strip()
