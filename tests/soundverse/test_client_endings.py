"""Over real HTTP: every way in which a request can end without a result."""

import socket
from typing import Any

import httpx
import pytest

from generator.soundverse.errors import Busy, Unknown
from generator.soundverse.wire import MusicRequest
from tests.fakes.events import completed, failed, sse, started
from tests.fakes.upstream import (
    Cut,
    HoldOpen,
    Repeat,
    Script,
    ScriptedUpstream,
    Sleep,
    reply,
    stream,
)
from tests.soundverse.outcomes import (
    ATTEMPT,
    CUT,
    DEADLINE,
    FIRST,
    JSON,
    LAST,
    UNSENT,
    URL,
    ClientFactory,
    Run,
    Sample,
    short,
)


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
        assert error.message.startswith(
            "The music service reported a failure: Out of memory. Change"
        )

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
        assert error.message == "The music service fell silent."

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
        assert error.message.startswith(f"127.0.0.1:{port} could not be reached.")

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
        sample: Sample,
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
