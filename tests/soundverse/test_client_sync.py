"""Row 36: the synchronous endpoint."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from generator.soundverse.errors import SoundverseError
from generator.soundverse.wire import MusicRequest, MusicResult
from tests.fakes.upstream import (
    HoldOpen,
    Script,
    ScriptedUpstream,
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
    URL,
    ClientFactory,
    Sample,
    short,
)


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
        sample: Sample,
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

    def test_no_connection_is_kept_for_another_call(
        self, make_client: ClientFactory, request_body: MusicRequest, upstream: ScriptedUpstream
    ) -> None:
        body = b'{"audio_url": "https://storage.soundverse.ai/m.mp3"}'
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        upstream.play(Script(status=None, steps=(head % len(body) + body, HoldOpen())))
        assert make_client().generate(request_body, attempt_id="a").audio_url == URL
        assert upstream.wait_idle()
