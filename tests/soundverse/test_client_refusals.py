"""Rows 24 to 38 over real HTTP: replies that bring no music."""

from typing import Any

import pytest

from generator.soundverse.errors import Refused
from generator.soundverse.wire import MusicRequest
from tests.fakes.upstream import (
    Cut,
    HoldOpen,
    Repeat,
    Script,
    ScriptedUpstream,
    reply,
)
from tests.soundverse.outcomes import SSE_TYPE, ClientFactory, Run, short


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
