"""A spooled body gives the same result as the live stream, and never raises."""

import json

from hypothesis import given
from hypothesis import strategies as st

from generator.soundverse.replay import Replay, read_events
from generator.soundverse.wire import MusicResult, StreamEvent
from tests.fakes.events import completed, failed, json_lines, progressed, sse, started

URL = "https://storage.soundverse.ai/m.mp3"
BODY = sse(started(), progressed(2, 50), completed(URL))


def test_a_whole_body_holds_its_result() -> None:
    replay = read_events(BODY)
    assert [event.chunk_index for event in replay.events] == [1, 2, 5]
    assert replay.result == MusicResult.from_event(replay.events[-1])
    assert replay.result is not None


def test_what_follows_the_result_is_left_out() -> None:
    replay = read_events(BODY + sse(failed()))
    assert (len(replay.events), replay.result is not None) == (3, True)


def test_a_failure_ends_the_reading() -> None:
    replay = read_events(sse(started(), failed(), completed(URL)))
    assert (len(replay.events), replay.result) == (2, None)


def test_a_plain_reply_is_a_result() -> None:
    replay = read_events(json.dumps({"id": 7, "audio_url": URL}, indent=2).encode())
    assert (replay.result and replay.result.audio_url) == URL


def test_an_empty_body_holds_nothing() -> None:
    assert read_events(b"") == Replay((), None)


def test_the_key_is_masked() -> None:
    body = json_lines(started(content="key correct-horse"))
    assert read_events(body, secret="correct-horse").events[0].content == "key [hidden]"


@given(st.integers(0, len(BODY)))
def test_a_body_cut_anywhere_holds_the_events_that_came_whole(length: int) -> None:
    replay = read_events(BODY[:length])
    assert replay.events == read_events(BODY).events[: len(replay.events)]
    # The two line ends after the last object are not needed.
    assert (replay.result is not None) == (length >= len(BODY) - 2)


@given(st.binary(max_size=200) | st.text().map(str.encode))
def test_no_bytes_raise(raw: bytes) -> None:
    assert all(isinstance(event, StreamEvent) for event in read_events(raw).events)
