"""The client over real HTTP on loopback: what goes out, and what success looks like."""

import threading
from typing import Any

import pytest

from generator.soundverse.client import SoundverseClient
from generator.soundverse.errors import Unknown
from generator.soundverse.wire import MusicRequest
from tests.fakes.events import failed, json_lines, progressed, sse, started
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
)
from tests.soundverse.outcomes import (
    ATTEMPT,
    CUT,
    FIRST,
    JSON,
    KEY,
    LAST,
    SSE_TYPE,
    ClientFactory,
    Run,
    Sample,
    short,
)


class TestWhatGoesOut:
    def test_the_pages_request_is_sent_once_with_the_pages_headers(
        self, upstream: ScriptedUpstream, run: Run, sample: Sample
    ) -> None:
        events, error = run()
        assert (len(events), error) == (3, None)
        (post,) = upstream.posts
        assert (post.method, post.path) == ("POST", "/v5/generate/music-gen")
        assert post.json == sample("sample_request")
        assert {name: post.headers[name] for name in sorted(post.headers) if name != "host"} == {
            "accept": "text/event-stream",
            "accept-encoding": "identity",
            "authorization": f"Bearer {KEY}",
            "connection": "keep-alive",
            "content-length": str(len(post.body)),
            "content-type": "application/json",
            "idempotency-key": ATTEMPT,
            "user-agent": "soundverse-studio",
        }

    def test_paths_are_settings_and_stand_below_the_base_url(
        self, upstream: ScriptedUpstream, run: Run
    ) -> None:
        run(base_url=f"{upstream.url}/api/", stream_path="/v6/generate/music")
        assert upstream.posts[0].path == "/api/v6/generate/music"

    @pytest.mark.parametrize("prompt", ["", " \x00\n ", "x" * 1025])
    def test_a_prompt_that_would_be_refused_is_not_sent(
        self, upstream: ScriptedUpstream, run: Run, prompt: str
    ) -> None:
        events, error = run(request=MusicRequest("u", "p", prompt))
        assert (events, short(error)) == ([], ("Refused", "invalid_request", False))
        assert upstream.posts == []

    def test_proxies_of_the_environment_are_not_used(
        self, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
        monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
        assert run()[1] is None

    def test_row_48_every_call_has_its_own_connection_and_attempt(
        self, upstream: ScriptedUpstream, make_client: ClientFactory, request_body: MusicRequest
    ) -> None:
        with make_client() as client:
            for attempt in ("one", "two"):
                list(client.stream(request_body, attempt_id=attempt))
        assert [post.headers["idempotency-key"] for post in upstream.posts] == ["one", "two"]
        assert upstream.wait_idle()


# The bodies of section 5 of the API notes, each as a server would send it.
BODIES: dict[str, Script] = {
    "bare JSON lines": stream(json_lines(FIRST, LAST), content_type="text/plain"),
    "bare JSON lines called JSON": stream(json_lines(FIRST, LAST), content_type=JSON),
    "events": stream(FIRST, LAST),
    "events with CRLF": stream(sse(FIRST, LAST).replace(b"\n", b"\r\n")),
    "events with CR": stream(sse(FIRST, LAST).replace(b"\n", b"\r")),
    "no space": stream(sse(FIRST, LAST).replace(b"data: ", b"data:")),
    "BOM": stream(b"\xef\xbb\xbf", FIRST, LAST),
    "comments, fields, DONE": stream(b": hi\n\nevent: a\nid: 1\nretry: 9\n", FIRST, LAST),
    "several data lines": stream(
        sse(FIRST, LAST).replace(b', "chunkIndex"', b',\ndata: "chunkIndex"')
    ),
    "no blank line at the end": stream(sse(FIRST, LAST)[:-1]),
    "no newline at the end": stream(sse(FIRST, LAST)[:-2]),
    "charset iso-8859-1": stream(FIRST, LAST, content_type=f"{SSE_TYPE}; charset=iso-8859-1"),
    "one byte a chunk": stream(*trickle(sse(FIRST, LAST))),
    "without a content type": Script(steps=(FIRST, LAST)),
    "until the connection ends": stream(FIRST, LAST, framing="close"),
    "with a length": stream(FIRST, LAST, framing="length"),
    "201": stream(FIRST, LAST, status=201),
    "cut after the last object": stream(sse(FIRST, LAST)[:-2], Cut("fin")),
    "reset after the last object": stream(FIRST, sse(LAST)[:-2], Sleep(0.05), Cut("rst")),
    "row 12: left open": stream(FIRST, LAST, HoldOpen()),
    "identity encoding": Script(
        steps=(FIRST, LAST), headers={"Content-Encoding": "Identity", "Content-Type": SSE_TYPE}
    ),
}


class TestSuccess:
    @pytest.mark.parametrize("script", BODIES.values(), ids=BODIES.keys())
    def test_every_framing_gives_the_same_events(
        self, upstream: ScriptedUpstream, run: Run, script: Script
    ) -> None:
        upstream.play(script)
        assert run() == ([FIRST, LAST], None)
        assert (len(upstream.charges), upstream.wait_idle()) == (1, True)

    def test_row_18_a_result_without_newline_is_taken_when_the_stream_falls_silent(
        self, upstream: ScriptedUpstream, run: Run
    ) -> None:
        upstream.play(stream(sse(FIRST, LAST)[:-2], HoldOpen()))
        assert run(read_timeout=0.2) == ([FIRST, LAST], None)

    def test_row_20_events_come_in_order_of_arrival(
        self, upstream: ScriptedUpstream, run: Run
    ) -> None:
        events = [progressed(4, 60), progressed(2, 20), progressed(2, 20), progressed(9, 10), LAST]
        upstream.play(stream(*events))
        assert run() == (events, None)

    def test_row_22_a_result_that_comes_after_the_deadline_is_still_taken(
        self, upstream: ScriptedUpstream, run: Run
    ) -> None:
        ticks = iter([0.0, *[1e6] * 100])
        upstream.play(stream(LAST, framing="length"))
        assert run(clock=lambda: next(ticks)) == ([LAST], None)

    def test_raw_bytes_and_headers_are_handed_out_before_the_event(
        self, upstream: ScriptedUpstream, make_client: ClientFactory, request_body: MusicRequest
    ) -> None:
        upstream.play(stream(*trickle(sse(FIRST, LAST), size=50)))
        seen: list[Any] = []
        events = make_client().stream(
            request_body,
            attempt_id=ATTEMPT,
            on_bytes=seen.append,
            on_headers=lambda status, headers: seen.append((status, headers["content-type"])),
        )
        assert next(events).raw == FIRST
        assert seen[0] == (200, SSE_TYPE)
        assert b"".join(seen[1:]).startswith(sse(FIRST)[:-1])
        list(events)
        assert b"".join(seen[1:]).startswith(sse(FIRST, LAST)[:-1])

    def test_leaving_early_hangs_up(
        self, upstream: ScriptedUpstream, make_client: ClientFactory, request_body: MusicRequest
    ) -> None:
        upstream.play(stream(FIRST, HoldOpen()))
        events = make_client().stream(request_body, attempt_id=ATTEMPT)
        assert next(events).raw == FIRST
        events.close()
        assert upstream.wait_idle()

    def test_what_a_callback_raises_passes_through_and_hangs_up(
        self, upstream: ScriptedUpstream, make_client: ClientFactory, request_body: MusicRequest
    ) -> None:
        def full(_: bytes) -> None:
            raise OSError("no space left on device")

        upstream.play(stream(FIRST, HoldOpen()))
        with pytest.raises(OSError, match="no space left"):
            list(make_client().stream(request_body, attempt_id=ATTEMPT, on_bytes=full))
        assert upstream.wait_idle()


class TestAbort:
    @pytest.mark.parametrize("framing", ["chunked", "close"])
    def test_another_thread_ends_a_stream_between_chunks(
        self,
        upstream: ScriptedUpstream,
        make_client: ClientFactory,
        request_body: MusicRequest,
        framing: str,
    ) -> None:
        upstream.play(stream(FIRST, HoldOpen(), framing=framing))
        client = make_client()
        events = client.stream(request_body, attempt_id=ATTEMPT)
        assert next(events).raw == FIRST
        thread = threading.Thread(target=client.abort)
        thread.start()
        with pytest.raises(Unknown, match=r"^The studio stopped while the music was being made\."):
            next(events)
        thread.join()
        assert upstream.wait_idle()

    def test_another_thread_ends_the_wait_for_the_headers(
        self, upstream: ScriptedUpstream, make_client: ClientFactory, run: Run
    ) -> None:
        upstream.play(Script(status=None, steps=(HoldOpen(),)))
        client = make_client()

        def stop() -> None:
            assert upstream.wait_for_posts(1)
            client.abort()

        thread = threading.Thread(target=stop)
        thread.start()
        assert short(run(client)[1]) == CUT
        thread.join()
        assert upstream.wait_idle()

    def test_a_call_after_the_abort_is_not_sent(
        self, upstream: ScriptedUpstream, make_client: ClientFactory, run: Run
    ) -> None:
        client = make_client()
        client.abort()
        error = run(client)[1]
        assert (short(error), upstream.posts) == (("Busy", "cut", False), [])

    def test_an_abort_after_the_result_changes_nothing(
        self, make_client: ClientFactory, run: Run
    ) -> None:
        client = make_client()
        assert run(client)[1] is None
        client.abort()


class TestKey:
    """Row 46: the key goes to the configured origin, and nowhere else."""

    def test_the_repr_hides_it(
        self, make_client: ClientFactory, upstream: ScriptedUpstream
    ) -> None:
        assert repr(make_client()) == f"SoundverseClient(base_url='{upstream.url}')"

    def test_an_upstream_that_sends_it_back_does_not_get_it_into_events_or_errors(
        self, upstream: ScriptedUpstream, make_client: ClientFactory, run: Run
    ) -> None:
        key = "correct-horse-battery"
        upstream.play(
            stream(started(content=f"you are {key}", extra=[{key: key}]), failed(f"bad {key}")),
            reply(400, {"detail": f"key {key} is bad"}),
            reply(400, f"key {key} is bad".encode()),
        )
        outcomes = [run(make_client(api_key=key)) for _ in range(3)]
        assert outcomes[0][0][0]["content"] == "you are [hidden]"
        assert key not in repr([(events, error) for events, error in outcomes])
        assert all("[hidden]" in str(error) for _, error in outcomes)

    @pytest.mark.parametrize("key", ["", "a b", "a\nb", "clé", "a\x7f"])
    def test_a_key_that_no_header_can_hold_is_refused_without_naming_it(self, key: str) -> None:
        with pytest.raises(ValueError, match="SOUNDVERSE_API_KEY must be one word") as caught:
            SoundverseClient(base_url="https://api.soundverse.ai", api_key=key)
        assert not key or key not in str(caught.value)


def test_many_streams_of_one_client_run_side_by_side(
    upstream: ScriptedUpstream, make_client: ClientFactory, request_body: MusicRequest
) -> None:
    go_on = threading.Event()
    upstream.play(stream(FIRST, Wait(go_on), LAST))
    client = make_client()
    streams = [client.stream(request_body, attempt_id=str(number)) for number in range(20)]
    assert [next(events).raw for events in streams] == [FIRST] * 20
    go_on.set()
    assert [[event.raw for event in events] for events in streams] == [[LAST]] * 20
