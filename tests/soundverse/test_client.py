"""The client over real HTTP on loopback: what goes out, and how each stream ends."""

import socket
import threading
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest

from generator.soundverse.client import SoundverseClient, shared_ssl_context
from generator.soundverse.errors import Busy, Refused, SoundverseError, Unknown
from generator.soundverse.wire import MusicRequest, MusicResult
from tests.fakes.events import completed, failed, json_lines, progressed, sse, started
from tests.fakes.upstream import (
    Cut,
    HoldOpen,
    Repeat,
    Script,
    ScriptedUpstream,
    Sleep,
    Wait,
    reply,
    stream,
    trickle,
)
from tests.soundverse.conftest import KEY, ClientFactory

URL = "https://storage.soundverse.ai/m.mp3"
FIRST, LAST = started(), completed(URL)
ATTEMPT = "6b0f3c52-8f0e-4b43-9d4b-0b8a3c0f7a11"

Run = Callable[..., tuple[list[dict[str, Any]], SoundverseError | None]]


@pytest.fixture
def run(make_client: ClientFactory, request_body: MusicRequest) -> Run:
    """Streams one request: the events as received, and the error it ended with."""

    def play(
        client: SoundverseClient | None = None, request: MusicRequest = request_body, **options: Any
    ) -> tuple[list[dict[str, Any]], SoundverseError | None]:
        events: list[dict[str, Any]] = []
        try:
            for event in (client or make_client(**options)).stream(request, attempt_id=ATTEMPT):
                events.append(event.raw)
        except SoundverseError as error:
            return events, error
        return events, None

    return play


def short(error: SoundverseError | None) -> tuple[str, str, bool] | None:
    return error and (type(error).__name__, error.code, error.may_be_billed)


CUT = ("Unknown", "cut", True)
DEADLINE = ("Unknown", "deadline", True)
UNSENT = ("Busy", "connect_failed", False)


class TestWhatGoesOut:
    def test_the_pages_request_is_sent_once_with_the_pages_headers(
        self, upstream: ScriptedUpstream, run: Run, sample: Callable[[str], dict[str, Any]]
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


JSON = "application/json"
SSE_TYPE = "text/event-stream"

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


class TestEventsThatEndTheWork:
    @pytest.mark.parametrize(
        ("last", "expected"),
        [
            (completed(""), ("Broken", "finished_without_audio", True)),
            (failed(True), ("Failed", "upstream_failed", True)),
            (completed(URL, error="No GPU"), ("Failed", "upstream_failed", True)),
            (started(status="failed"), ("Failed", "upstream_failed", True)),
            ({"success": False, "message": "no"}, ("Failed", "upstream_failed", True)),
        ],
        ids=["row 13", "row 14", "row 15", "row 14: status", "row 29 after a chunk"],
    )
    def test_the_event_is_yielded_before_the_error(
        self, upstream: ScriptedUpstream, run: Run, last: dict[str, Any], expected: Any
    ) -> None:
        upstream.play(stream(FIRST, last, HoldOpen()))
        events, error = run()
        assert (events, short(error)) == ([FIRST, last], expected)

    def test_the_failure_is_told_in_the_upstreams_words(
        self, upstream: ScriptedUpstream, run: Run
    ) -> None:
        upstream.play(stream(failed("Out of memory")))
        error = run()[1]
        assert error is not None
        assert error.message.startswith("The music service reported a failure: Out of memory. It")

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            (b"x\n" * 30, "garbled"),
            (b":" * 300_000, "too_large"),
            ((b":" * 99 + b"\n") * 42_000, "too_large"),
        ],
        ids=["row 7", "row 8: line", "row 8: stream"],
    )
    def test_rows_7_and_8_a_limit_ends_the_stream(
        self, upstream: ScriptedUpstream, run: Run, body: bytes, code: str
    ) -> None:
        upstream.play(stream(FIRST, body, HoldOpen()))
        events, error = run()
        assert (events, short(error)) == ([FIRST], ("Broken", code, True))

    def test_row_7_a_limit_passed_by_the_last_line_counts_too(
        self, upstream: ScriptedUpstream, run: Run
    ) -> None:
        upstream.play(stream(FIRST, b"x\n" * 20 + b"x"))
        assert short(run()[1]) == ("Broken", "garbled", True)


CUTS: dict[str, Script] = {
    "clean end": stream(FIRST),
    "clean end without a length": stream(FIRST, framing="close"),
    "cut in chunked coding": stream(FIRST, sse(LAST)[:-20], Cut("fin")),
    "cut short of its length": stream(FIRST, framing="length", length=9999),
    "reset": stream(FIRST, Sleep(0.05), Cut("rst")),
    "broken chunk header": Script(
        steps=(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            + b"%x\r\n%b\r\nzz\r\n" % (len(sse(FIRST)), sse(FIRST)),
        ),
        status=None,
    ),
}


class TestUnknown:
    @pytest.mark.parametrize("script", CUTS.values(), ids=CUTS.keys())
    def test_row_16_an_end_before_the_result_is_unknown(
        self, upstream: ScriptedUpstream, run: Run, script: Script
    ) -> None:
        upstream.play(script)
        events, error = run()
        assert (events, short(error), len(upstream.charges)) == ([FIRST], CUT, 1)

    @pytest.mark.parametrize(
        "script",
        [
            Script(status=None),
            Script(status=None, before=(Cut("rst"),)),
            Script(status=None, steps=(b"HTTP/1.1 200 O", Cut("fin"))),
            Script(status=None, steps=(b"SSH-2.0-OpenSSH\r\n",)),
            stream(),
        ],
        ids=["closed", "reset", "cut in the head", "no HTTP", "empty body"],
    )
    def test_row_16_no_reply_at_all_is_unknown(
        self, upstream: ScriptedUpstream, run: Run, script: Script
    ) -> None:
        upstream.play(script)
        events, error = run()
        assert (events, short(error)) == ([], CUT)
        assert (error and error.http_status, len(upstream.posts)) == (None, 1)

    @pytest.mark.parametrize(
        ("script", "events"),
        [(Script(status=None, steps=(HoldOpen(),)), []), (stream(FIRST, HoldOpen()), [FIRST])],
        ids=["before the headers", "between chunks"],
    )
    def test_row_18_silence_after_sending_is_unknown(
        self, upstream: ScriptedUpstream, run: Run, script: Script, events: list[Any]
    ) -> None:
        upstream.play(script)
        got, error = run(read_timeout=0.2)
        assert (got, short(error)) == (events, CUT)
        assert error is not None
        assert error.message.startswith("The music service fell silent. It may still be at work")

    @pytest.mark.parametrize(
        "script",
        [
            stream(FIRST, Repeat(b": beat\n\n", 0.02)),
            stream(FIRST, Repeat(b" ", 0.02), framing="close"),
            Script(status=None, steps=(b"HTTP/1.1 200 OK\r\n", Repeat(b"X-A: b\r\n", 0.02))),
        ],
        ids=["heartbeats", "single bytes", "headers without end"],
    )
    def test_row_22_the_wall_clock_ends_what_timeouts_do_not(
        self, upstream: ScriptedUpstream, run: Run, script: Script
    ) -> None:
        upstream.play(script)
        error = run(deadline=0.3)[1]
        assert short(error) == DEADLINE
        assert upstream.wait_idle()

    def test_row_22_the_time_of_a_stream_is_no_longer_than_its_deadline_when_silent(
        self, upstream: ScriptedUpstream, run: Run
    ) -> None:
        upstream.play(stream(FIRST, HoldOpen()))
        events, error = run(deadline=0.2, read_timeout=120)
        assert (events, error and error.code) == ([FIRST], "deadline")

    @pytest.mark.parametrize("failure", [httpx.WriteTimeout, httpx.WriteError, httpx.CloseError])
    def test_row_18_a_fault_while_sending_is_unknown(
        self, run: Run, failure: type[httpx.HTTPError]
    ) -> None:
        assert short(run(transport=raising(failure))[1]) == CUT


def raising(failure: type[httpx.HTTPError]) -> httpx.MockTransport:
    """A transport on which every request fails like this."""

    def fail(request: httpx.Request) -> httpx.Response:
        raise failure("simulated")

    return httpx.MockTransport(fail)


class TestUnsent:
    def test_row_17_a_closed_port_is_busy(self, run: Run) -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            port = unused.getsockname()[1]
        error = run(base_url=f"http://127.0.0.1:{port}")[1]
        assert short(error) == UNSENT
        assert isinstance(error, Busy)
        assert (error.kind, error.may_be_sent_again, error.http_status) == ("unsent", True, None)
        assert error.message.startswith(f"127.0.0.1:{port} could not be reached. Nothing was sent")

    def test_row_17_a_failed_tls_handshake_is_busy(
        self, upstream: ScriptedUpstream, run: Run
    ) -> None:
        assert short(run(base_url=upstream.url.replace("http", "https"))[1]) == UNSENT
        assert upstream.posts == []

    @pytest.mark.parametrize(
        "failure", [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout]
    )
    def test_row_17_what_happens_before_sending_is_busy(
        self, run: Run, failure: type[httpx.HTTPError]
    ) -> None:
        assert short(run(transport=raising(failure))[1]) == UNSENT


class TestPlainJson:
    """Row 23: a 200 reply that is one JSON object."""

    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            ({"audio_url": URL}, None),
            ({"success": True, "audio_url": URL, "status": "COMPLETED"}, None),
            ({"audio_url": URL, "error": "x"}, ("Failed", "upstream_failed", True)),
            ({"job_id": "j1", "status": "queued"}, ("Unknown", "accepted_no_result", True)),
            ({"messageId": "m1"}, ("Unknown", "accepted_no_result", True)),
            ({"status": "completed"}, ("Broken", "finished_without_audio", True)),
            ({"hello": "world"}, ("Broken", "garbled", True)),
        ],
    )
    def test_it_is_one_event(
        self, upstream: ScriptedUpstream, run: Run, body: dict[str, Any], expected: Any
    ) -> None:
        upstream.play(reply(200, body))
        events, error = run()
        assert (events, short(error)) == ([body], expected)

    def test_the_ids_are_in_the_event(
        self, upstream: ScriptedUpstream, make_client: ClientFactory, request_body: MusicRequest
    ) -> None:
        upstream.play(reply(202, {"id": 77, "status": "queued"}))
        events = make_client().stream(request_body, attempt_id=ATTEMPT)
        assert next(events).task_id == "77"
        with pytest.raises(Unknown):
            next(events)

    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("error_rate_limit", ("Busy", "rate_limited", False)),
            ("error_balance", ("NeedsOperator", "no_balance", False)),
            ("error_prompt", ("Refused", "invalid_request", False)),
        ],
    )
    def test_the_pages_errors_are_refusals_and_no_events(
        self,
        upstream: ScriptedUpstream,
        run: Run,
        sample: Callable[[str], dict[str, Any]],
        name: str,
        expected: Any,
    ) -> None:
        upstream.play(reply(200, sample(name)), stream(sample(name)))
        assert [(events, short(error)) for events, error in (run(), run())] == [([], expected)] * 2

    @pytest.mark.parametrize("body", [b"", b"[]", b'"x"', b'{"audio_url": "https://h/'])
    def test_no_object_is_unknown(self, upstream: ScriptedUpstream, run: Run, body: bytes) -> None:
        upstream.play(reply(200, body, {"Content-Type": JSON}))
        events, error = run()
        assert (events, short(error)) == ([], CUT)


class TestRefusals:
    @pytest.mark.parametrize(
        ("script", "expected"),
        [
            (reply(200, b"<html>", {"Content-Type": "text/html"}), ("web_page", 200)),
            (reply(307, b"", {"Location": "https://other.example/"}), ("redirected", 307)),
            (reply(400, {"detail": "bad"}), ("invalid_request", 400)),
            (reply(401, {"error": "INVALID_API_KEY"}), ("key_refused", 401)),
            (reply(402), ("no_balance", 402)),
            (reply(403), ("wrong_host", 403)),
            (reply(404), ("path_unknown", 404)),
            (reply(422, {"detail": [{"loc": ["prompt"], "msg": "no"}]}), ("invalid_request", 422)),
            (reply(429, b"", {"Retry-After": "9"}), ("rate_limited", 429)),
            (reply(500), ("server_error", 500)),
            (reply(504, b"<html>", {"Content-Type": "text/html"}), ("server_error", 504)),
            (Script(status=400, steps=(b'{"detail": "cut', Cut("rst"))), ("invalid_request", 400)),
            (Script(status=503, steps=(Repeat(b"x" * 9999, 0.0),)), ("server_error", 503)),
        ],
        ids=lambda value: str(value[0]) if isinstance(value, tuple) else "",
    )
    def test_rows_24_to_34_each_status_has_its_outcome(
        self, upstream: ScriptedUpstream, run: Run, script: Script, expected: tuple[str, int]
    ) -> None:
        upstream.play(script)
        events, error = run()
        assert error is not None
        assert (events, (error.code, error.http_status)) == ([], expected)
        assert (len(upstream.posts), upstream.wait_idle()) == (1, True)

    def test_row_25_the_key_does_not_travel(self, upstream: ScriptedUpstream, run: Run) -> None:
        with ScriptedUpstream() as other:
            upstream.play(reply(307, b"", {"Location": f"{other.url}/v5/generate/music-gen"}))
            assert short(run()[1]) == ("NeedsOperator", "redirected", False)
            assert (len(upstream.posts), other.posts, other.gets) == (1, [], [])

    def test_row_31_the_wait_the_upstream_asks_for_is_passed_on(
        self, upstream: ScriptedUpstream, run: Run
    ) -> None:
        upstream.play(reply(429, b"", {"Retry-After": "9"}))
        error = run()[1]
        assert error is not None
        assert (error.retry_after, error.may_be_sent_again) == (9.0, True)

    def test_row_38_the_model_that_was_sent_is_named_as_the_cause(
        self, upstream: ScriptedUpstream, run: Run
    ) -> None:
        upstream.play(reply(400, {"detail": "mureka-7.5 is not available"}))
        request = MusicRequest("u", "p", "rain", model="mureka-7.5")
        assert short(run(request=request)[1]) == ("Refused", "model_refused", True)

    def test_error_bodies_are_spooled_too(
        self, upstream: ScriptedUpstream, make_client: ClientFactory, request_body: MusicRequest
    ) -> None:
        upstream.play(reply(400, b"no such style"))
        seen: list[bytes] = []
        with pytest.raises(Refused):
            list(make_client().stream(request_body, attempt_id="a", on_bytes=seen.append))
        assert b"".join(seen) == b"no such style"

    @pytest.mark.parametrize(
        ("status", "expected"),
        [
            (200, ("Broken", "content_encoding", True)),
            (400, ("Refused", "invalid_request", True)),
        ],
    )
    def test_a_compressed_reply_is_not_read(
        self, upstream: ScriptedUpstream, run: Run, status: int, expected: Any
    ) -> None:
        headers = {"Content-Encoding": "gzip", "Content-Type": SSE_TYPE}
        upstream.play(Script(steps=(b"\x1f\x8b", HoldOpen()), status=status, headers=headers))
        events, error = run()
        assert (events, short(error)) == ([], expected)


class TestAbort:
    @pytest.mark.parametrize(
        "script",
        [
            Script(status=None, steps=(HoldOpen(),)),
            stream(FIRST, HoldOpen()),
            stream(FIRST, HoldOpen(), framing="close"),
        ],
        ids=["before the headers", "between chunks", "in a body without a length"],
    )
    def test_another_thread_ends_a_waiting_stream(
        self, upstream: ScriptedUpstream, make_client: ClientFactory, run: Run, script: Script
    ) -> None:
        upstream.play(script)
        client = make_client()

        def stop() -> None:
            assert upstream.wait_for_posts(1)
            client.abort()

        thread = threading.Thread(target=stop)
        thread.start()
        error = run(client)[1]
        thread.join()
        assert short(error) == CUT
        assert error is not None
        assert error.message.startswith("The studio stopped while the music was being made.")
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


class TestGenerate:
    @pytest.fixture
    def generate(
        self, make_client: ClientFactory, request_body: MusicRequest
    ) -> Callable[..., Any]:
        return lambda **options: make_client(**options).generate(request_body, attempt_id=ATTEMPT)

    def test_the_pages_sync_reply_is_a_result(
        self,
        upstream: ScriptedUpstream,
        generate: Callable[..., MusicResult],
        sample: Callable[[str], dict[str, Any]],
    ) -> None:
        raw = sample("sync_reply")
        upstream.play(reply(200, raw))
        assert generate() == MusicResult(
            audio_url=raw["audio_url"],
            album_art=raw["album_art"],
            song_name="Electronic Dreams",
            task_id=None,
            message_id="6937bbb3d86e0fd7b969dbf1",
            status="COMPLETED",
            raw=raw,
        )
        (post,) = upstream.posts
        assert (post.path, post.headers["accept"]) == ("/v5/generate/music-gen/sync", JSON)

    def test_row_36_a_stream_on_the_sync_path_is_read_too(
        self, upstream: ScriptedUpstream, generate: Callable[..., MusicResult]
    ) -> None:
        upstream.play(stream(FIRST, LAST))
        assert generate().audio_url == URL

    @pytest.mark.parametrize(
        ("script", "expected"),
        [
            (reply(200, {"messageId": "m"}), ("Unknown", "accepted_no_result", True)),
            (
                reply(200, {"messageId": "m"}, {"Content-Type": "text/plain"}),
                ("Unknown", "accepted_no_result", True),
            ),
            (reply(500), ("Unknown", "server_error", True)),
            (reply(400, {"detail": "Invalid"}), ("Refused", "invalid_request", True)),
            (Script(status=None, steps=(HoldOpen(),)), CUT),
        ],
    )
    def test_row_36_the_same_rules_hold(
        self,
        upstream: ScriptedUpstream,
        generate: Callable[..., MusicResult],
        script: Script,
        expected: Any,
    ) -> None:
        upstream.play(script)
        with pytest.raises(SoundverseError) as caught:
            generate(sync_read_timeout=0.3)
        outcome = short(caught.value)
        assert outcome in ([CUT, DEADLINE] if expected == CUT else [expected])
        assert len(upstream.posts) == 1

    def test_bytes_and_headers_are_handed_out(
        self, make_client: ClientFactory, request_body: MusicRequest, upstream: ScriptedUpstream
    ) -> None:
        upstream.play(reply(200, {"audio_url": URL}))
        seen: list[Any] = []

        def head(status: int, headers: Mapping[str, str]) -> None:
            seen.append(status)

        make_client().generate(request_body, attempt_id="a", on_bytes=seen.append, on_headers=head)
        assert seen == [200, b'{"audio_url": "https://storage.soundverse.ai/m.mp3"}']


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


class TestAddress:
    @pytest.mark.parametrize(
        "base_url",
        [
            "https://api.soundverse.ai",
            "https://h:8443/api/",
            "https://127.0.0.1",
            "https://[::1]:9",
        ],
    )
    def test_https_is_accepted(self, base_url: str) -> None:
        with SoundverseClient(base_url=base_url, api_key="k") as client:
            assert repr(client) == f"SoundverseClient(base_url={base_url.rstrip('/')!r})"

    @pytest.mark.parametrize(
        "base_url", ["http://127.0.0.1:8001", "http://localhost:8001", "http://[::1]:8001"]
    )
    def test_plain_http_needs_permission_and_loopback(self, base_url: str) -> None:
        SoundverseClient(base_url=base_url, api_key="k", allow_plain_http=True).close()
        with pytest.raises(ValueError, match="must use https"):
            SoundverseClient(base_url=base_url, api_key="k")

    @pytest.mark.parametrize(
        "base_url", ["http://api.soundverse.ai", "http://10.0.0.1", "http://localhost.evil.example"]
    )
    def test_plain_http_to_another_machine_is_never_allowed(self, base_url: str) -> None:
        with pytest.raises(ValueError, match="must use https"):
            SoundverseClient(base_url=base_url, api_key="k", allow_plain_http=True)

    @pytest.mark.parametrize(
        "base_url",
        [
            "",
            "api.soundverse.ai",
            "ftp://h",
            "https://",
            "https://h:x",
            "https://h:99999",
            "https://h:0",
            "https://[::1",
            "https://a b",
            "https://u:p@h",
            "https://u@h",
            "https://h?a=1",
            "https://h#x",
            "https://h\x00",
        ],
    )
    def test_what_is_no_base_address_is_refused_by_the_settings_name(self, base_url: str) -> None:
        with pytest.raises(ValueError, match=r"^SOUNDVERSE_BASE_URL "):
            SoundverseClient(base_url=base_url, api_key="k", allow_plain_http=True)

    def test_one_tls_context_serves_all_clients(self) -> None:
        assert shared_ssl_context() is shared_ssl_context()
        own = httpx.create_ssl_context()
        SoundverseClient(base_url="https://h", api_key="k", ssl_context=own).close()


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
