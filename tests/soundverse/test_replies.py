"""Rows 24 to 35 and 38 of the client contract: refusals to the error tree."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from generator.soundverse.errors import (
    Broken,
    Busy,
    Failed,
    NeedsOperator,
    Refused,
    SoundverseError,
    Unknown,
)
from generator.soundverse.replies import error_for, is_refusal, problem_of, read_reply, retry_after
from generator.soundverse.wire import StreamEvent
from tests.fakes.events import completed, failed, started
from tests.fakes.upstream import reply
from tests.soundverse.outcomes import Sample

URL = "https://api.soundverse.ai/v5/generate/music-gen"
HTML = {"content-type": "text/html; charset=utf-8"}


def outcome(
    status: int,
    body: Any = b"",
    headers: Mapping[str, str] | None = None,
    model: str = "mureka-7.5",
) -> SoundverseError:
    """The error for a reply; a body that is no bytes is sent as JSON."""
    content = reply(status, body).body()
    return error_for(read_reply(status, headers or {}, content, url=URL, model=model))


def told(error: SoundverseError) -> tuple[type[SoundverseError], str, int | None, bool]:
    return type(error), error.code, error.http_status, error.may_be_billed


NO = {"success": False}


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        pytest.param(301, b"", (NeedsOperator, "redirected", False), id="row 25"),
        pytest.param(307, b"", (NeedsOperator, "redirected", False), id="row 25: 307"),
        pytest.param(400, {"detail": "x"}, (Refused, "invalid_request", True), id="row 26"),
        pytest.param(400, b"", (Refused, "invalid_request", True), id="row 26: empty"),
        pytest.param(401, b"", (NeedsOperator, "key_refused", False), id="row 27"),
        pytest.param(402, b"", (NeedsOperator, "no_balance", False), id="row 28"),
        pytest.param(
            400,
            NO | {"message": "Insufficient balance for this operation."},
            (NeedsOperator, "no_balance", False),
            id="row 28: 400",
        ),
        pytest.param(
            403, {"message": "Balance?"}, (NeedsOperator, "no_balance", False), id="row 28: 403"
        ),
        pytest.param(
            422,
            {"detail": "insufficient account balance"},
            (NeedsOperator, "no_balance", False),
            id="row 28: detail",
        ),
        pytest.param(
            400,
            {"detail": "Cannot make 'a song on work life balance'"},
            (Refused, "invalid_request", True),
            id="row 28: a quoted prompt pauses nobody",
        ),
        pytest.param(
            200, NO | {"message": "Balance low"}, (NeedsOperator, "no_balance", False), id="row 29"
        ),
        pytest.param(
            200, NO | {"message": "NSFW words"}, (Refused, "content_refused", False), id="row 29: c"
        ),
        pytest.param(
            400, NO | {"message": "Artist name"}, (Refused, "content_refused", True), id="row 29: d"
        ),
        pytest.param(200, NO, (Refused, "invalid_request", False), id="row 29: no words"),
        pytest.param(403, b"no", (NeedsOperator, "wrong_host", False), id="row 30"),
        pytest.param(404, b"", (NeedsOperator, "path_unknown", False), id="row 32"),
        pytest.param(405, b"", (NeedsOperator, "path_unknown", False), id="row 32: 405"),
        pytest.param(408, b"", (Unknown, "server_error", True), id="408 is no refusal"),
        pytest.param(413, b"", (Refused, "invalid_request", False), id="row 33: 413"),
        pytest.param(422, {"detail": []}, (Refused, "invalid_request", True), id="row 33: 422"),
        pytest.param(451, b"", (Refused, "invalid_request", False), id="any other 4xx"),
        pytest.param(500, b"", (Unknown, "server_error", True), id="row 34"),
        pytest.param(502, b"<html>", (Unknown, "server_error", True), id="row 34: 502"),
        pytest.param(503, NO, (Unknown, "server_error", True), id="row 34: 503"),
        pytest.param(504, {"detail": "slow"}, (Unknown, "server_error", True), id="row 34: 504"),
        pytest.param(
            400, {"detail": "model not found"}, (Refused, "model_refused", True), id="row 38"
        ),
        pytest.param(
            422,
            {"detail": [{"loc": ["body", "model"], "msg": "unknown"}]},
            (Refused, "model_refused", True),
            id="row 38: 422",
        ),
    ],
)
def test_each_refusal_has_its_outcome(
    status: int, body: Any, expected: tuple[type[SoundverseError], str, bool]
) -> None:
    kind, code, billed = expected
    assert told(outcome(status, body)) == (kind, code, status, billed)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (429, b""),
        (200, NO | {"message": "Rate limits have been passed for the user."}),
        (400, NO | {"message": "Too many requests"}),
        (403, NO | {"message": "rate-limit"}),
    ],
)
def test_row_31_a_rate_limit_is_busy(status: int, body: Any) -> None:
    error = outcome(status, body, {"retry-after": "7"})
    assert isinstance(error, Busy)
    assert told(error) == (Busy, "rate_limited", status, False)
    assert (error.kind, error.retry_after, error.may_be_sent_again) == ("rate", 7.0, True)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("30", 30.0),
        (" 1.5 ", 1.5),
        ("86400", 600.0),
        ("-3", 0.0),
        ("inf", 600.0),
        ("nan", None),
        ("", None),
        ("soon", None),
        ("Wed, 99 Oct 2026 07:28:00 GMT", None),
        ("Wed, 21 Oct 99999999999999999999 07:28:00 GMT", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("Wed, 21 Oct 2015 07:28:00 -0000", 0.0),
        ("Wed, 21 Oct 2099 07:28:00 GMT", 600.0),
    ],
)
def test_row_31_retry_after_is_0_to_600_seconds(value: str, expected: float | None) -> None:
    assert retry_after({"retry-after": value}) == expected


def test_row_31_retry_after_as_a_date_is_counted_from_now() -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    assert 80 < (retry_after({"retry-after": date}) or 0) <= 100


def test_row_31_without_retry_after_no_time_is_named() -> None:
    assert outcome(429).retry_after is None


def test_row_24_a_web_page_names_the_host_and_is_not_quoted() -> None:
    error = outcome(200, b"<html>Welcome</html>", HTML)
    assert told(error) == (NeedsOperator, "web_page", 200, False)
    assert error.message.startswith("api.soundverse.ai answers with a web page")


def test_row_24_a_web_page_as_refusal_is_the_same_fault() -> None:
    assert outcome(400, b"<html>", {"content-type": "application/xhtml+xml"}).code == "web_page"


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("https://user:pw@apiv2.soundverse.ai/v5?token=x", "redirects to apiv2.soundverse.ai."),
        ("/login", "redirects to another address."),
        ("https://[", "redirects to another address."),
    ],
)
def test_row_25_only_the_host_of_the_target_is_named(location: str, expected: str) -> None:
    assert expected in outcome(307, b"", {"location": location}).message


def test_row_30_the_message_names_host_and_path_and_the_likely_cause() -> None:
    assert outcome(403).message == (
        "api.soundverse.ai does not allow /v5/generate/music-gen with this key: the key may belong "
        "to another Soundverse host. An operator must check SOUNDVERSE_BASE_URL and "
        "SOUNDVERSE_API_KEY."
    )


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            {"detail": "Invalid or empty prompt provided"},
            "The music service refused the request: Invalid or empty prompt provided. Change the "
            "request and try again.",
        ),
        (
            b"plain  words\nof a proxy!",
            "The music service refused the request: plain words of a proxy! Change the request and "
            "try again.",
        ),
        (b"", "The music service refused the request: HTTP 400. Change the request and try again."),
    ],
)
def test_row_35_the_user_reads_the_upstreams_words_and_what_to_do(body: Any, expected: str) -> None:
    assert outcome(400, body).message == expected


def test_row_35_long_words_leave_room_for_the_advice() -> None:
    message = outcome(400, {"detail": "x" * 5000}).message
    assert message.endswith("x. Change the request and try again.")
    assert len(message) <= 500


def test_row_35_keys_in_an_error_body_are_masked() -> None:
    assert "canary" not in outcome(400, {"detail": "Bearer sksoundverse_canary is bad"}).message
    assert "canary" not in outcome(500, b"GET with sksoundverse_canary").message


def test_row_38_no_model_was_sent_so_it_is_not_the_fault() -> None:
    assert outcome(400, {"detail": "model"}, model="").code == "invalid_request"


def test_row_38_the_tip_is_to_clear_the_model() -> None:
    assert "Clear the model setting" in outcome(400, {"detail": "unknown model"}).message


def test_the_three_errors_of_the_page_are_known_without_their_http_codes(sample: Sample) -> None:
    names = ("error_rate_limit", "error_balance", "error_prompt")
    assert [(is_refusal(sample(name)), outcome(200, sample(name)).code) for name in names] == [
        (True, "rate_limited"),
        (True, "no_balance"),
        (True, "invalid_request"),
    ]


def test_a_chunk_with_a_detail_is_no_refusal() -> None:
    assert is_refusal(started(detail="two takes")) is False


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (started(), None),
        (completed("https://h/a.mp3"), None),
        (failed(True), (Failed, "upstream_failed", 200, True)),
        (completed("https://h/a.mp3", error="x"), (Failed, "upstream_failed", 200, True)),
        (completed(""), (Broken, "finished_without_audio", 200, True)),
    ],
)
def test_an_event_that_ends_the_work_says_how(raw: dict[str, Any], expected: Any) -> None:
    error = problem_of(StreamEvent.from_json(raw))
    assert (error and told(error)) == expected
