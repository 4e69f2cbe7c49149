"""However a stream ends, the row tells it, and no request is charged twice."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from generator.models import Attempt, Event, Generation, LedgerEntry, Pause, Project, Status, User
from generator.services.generations import cancel_generation, retry_generation
from generator.services.money import active_pause, resume_key

from ..fakes.events import completed, failed, progressed, started
from ..fakes.upstream import Cut, HoldOpen, Script, ScriptedUpstream, reply, stream
from .work import AUDIO, make_due, run_worker, submit

pytestmark = pytest.mark.django_db(transaction=True)

LIMIT = {"success": False, "message": "Rate limits exceeded. Please try again later."}
BALANCE = {"success": False, "message": "Insufficient balance to generate music"}
PROMPT = {"detail": "Invalid or empty prompt provided"}
ENDS: Sequence[tuple[str, Script, str, str, bool]] = [
    ("done", stream(started(), completed(AUDIO)), "fetching", "", False),
    ("done but held open", stream(completed(AUDIO), HoldOpen()), "fetching", "", False),
    ("402", reply(402, BALANCE), "failed", "no_balance", False),
    ("200 without balance", reply(200, BALANCE), "failed", "no_balance", False),
    ("400", reply(400, PROMPT), "failed", "invalid_request", True),
    ("401", reply(401, {"detail": "bad key"}), "failed", "key_refused", False),
    ("403", reply(403, {"detail": "no"}), "failed", "wrong_host", False),
    ("307", reply(307, b"", {"Location": "/x"}), "failed", "redirected", False),
    ("500", reply(500, {"detail": "oops"}), "unknown", "server_error", True),
    ("504", reply(504, b"gateway"), "unknown", "server_error", True),
    ("cut before headers", Script((Cut(),), status=None), "unknown", "cut", True),
    ("cut between chunks", stream(started(), Cut("rst")), "unknown", "cut", True),
    ("clean end too early", stream(started(), framing="close"), "unknown", "cut", True),
    ("no audio", stream(completed("")), "unknown", "finished_without_audio", True),
    ("reported failure", stream(started(), failed("GPU lost")), "failed", "upstream_failed", True),
    ("failure at once", stream(failed("GPU lost")), "failed", "upstream_failed", True),
]


@pytest.mark.parametrize(
    ("script", "status", "code", "may_be_billed"), [e[1:] for e in ENDS], ids=[e[0] for e in ENDS]
)
def test_each_end_of_a_stream_has_its_status(
    user: User,
    project: Project,
    paid: ScriptedUpstream,
    script: Script,
    status: str,
    code: str,
    may_be_billed: bool,
) -> None:
    paid.play(script)
    [row] = submit(user, project)
    run_worker()
    row.refresh_from_db()
    attempt = Attempt.objects.get(generation=row)
    assert (row.status, row.error_code, row.may_be_billed) == (status, code, may_be_billed)
    assert (len(paid.posts), row.posts) == (1, 1)
    assert attempt.outcome == (code or "done")
    assert attempt.ended_at is not None
    assert attempt.spool_bytes == 0 or len(attempt.spool_sha256) == 64
    assert bool(row.error) == bool(code)
    ledger = LedgerEntry.objects.get(attempt=attempt)
    expected = {"fetching": "estimated", "unknown": "may_be_billed"}.get(status) or (
        "may_be_billed" if may_be_billed else "not_billed"
    )
    assert ledger.state == expected


@pytest.mark.parametrize("status", [401, 402, 403, 404])
def test_what_an_operator_must_put_right_pauses_the_key(
    user: User, project: Project, paid: ScriptedUpstream, status: int
) -> None:
    paid.play(reply(status, {"detail": "no"}))
    submit(user, project)
    run_worker()
    [waiting] = submit(user, project)
    run_worker()
    waiting.refresh_from_db()
    assert waiting.status == Status.QUEUED
    assert Pause.objects.get().needs_operator
    assert len(paid.posts) == 1
    user.is_staff = True
    resume_key(by=user)
    paid.play(stream(completed(AUDIO)))
    run_worker()
    waiting.refresh_from_db()
    assert waiting.status == Status.FETCHING


def test_our_own_engine_in_trouble_is_asked_again_after_a_minute(
    user: User, project: Project, free: ScriptedUpstream
) -> None:
    free.play(reply(404, b"another program"))
    submit(user, project)
    run_worker()
    pause = active_pause()
    assert pause is not None
    assert not pause.needs_operator
    assert active_pause(timezone.now() + timedelta(seconds=61)) is None


def test_a_rate_limit_is_waited_for_three_times_and_then_told(
    user: User, project: Project, paid: ScriptedUpstream
) -> None:
    paid.play(reply(429, LIMIT, {"Retry-After": "7"}), reply(200, LIMIT))
    [row] = submit(user, project)
    run_worker()
    row.refresh_from_db()
    pause = active_pause()
    assert (row.status, row.posts, row.tries, row.error_code) == ("queued", 0, 1, "rate_limited")
    assert row.next_try_at is not None
    assert 6 < (row.next_try_at - timezone.now()).total_seconds() < 8
    assert pause is not None
    assert pause.until == row.next_try_at
    for _ in range(2):
        Pause.objects.all().delete()
        make_due(row)
        run_worker()
    row.refresh_from_db()
    assert (row.status, row.posts, row.error_code) == ("failed", 0, "rate_limited")
    assert "3 tries" in row.error
    assert (len(paid.posts), len(paid.charges)) == (3, 0)


def test_a_rate_limit_without_a_time_waits_half_a_minute(
    user: User, project: Project, paid: ScriptedUpstream
) -> None:
    paid.play(reply(429, LIMIT))
    [row] = submit(user, project)
    run_worker()
    row.refresh_from_db()
    assert row.next_try_at is not None
    assert 25 < (row.next_try_at - timezone.now()).total_seconds() <= 33


def test_an_upstream_that_is_away_is_tried_five_times(
    user: User, project: Project, paid: ScriptedUpstream, settings: Any
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        settings.SOUNDVERSE_BASE_URL = f"http://127.0.0.1:{closed.getsockname()[1]}"
        [row] = submit(user, project)
        for tries in range(1, 5):
            make_due(row)
            run_worker()
            row.refresh_from_db()
            assert (row.status, row.posts, row.tries) == ("queued", 0, tries)
            assert row.next_try_at is not None
            assert row.next_try_at > timezone.now()
        make_due(row)
        run_worker()
    row.refresh_from_db()
    assert (row.status, row.posts, row.may_be_billed) == ("failed", 0, False)
    assert "5 tries" in row.error
    assert Attempt.objects.filter(outcome="connect_failed").count() == 5


def test_our_own_engine_is_asked_again_twice_and_never_talks_of_money(
    user: User, project: Project, free: ScriptedUpstream
) -> None:
    free.play(stream(started(), Cut()))
    [row] = submit(user, project)
    run_worker()
    row.refresh_from_db()
    assert (row.status, row.posts, row.posts_allowed) == ("unknown", 3, 3)
    assert (row.billed, row.may_be_billed) == (False, False)
    assert row.error == "The engine stopped before the music was finished."
    assert len(free.posts) == 3
    assert LedgerEntry.objects.count() == 0
    assert Event.objects.filter(name="rerun_free").count() == 2


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (stream(failed("GPU lost")), "GPU lost Change the prompt"),
        (reply(422, {"detail": "duration: too long"}), "duration: too long"),
    ],
    ids=["failure", "refusal"],
)
def test_our_own_engine_tells_why_it_failed(
    user: User, project: Project, free: ScriptedUpstream, script: Script, words: str
) -> None:
    free.play(script)
    [row] = submit(user, project)
    run_worker()
    row.refresh_from_db()
    assert row.status == Status.FAILED
    assert words in row.error
    assert "may have" not in row.error


def test_a_result_after_a_refused_progress_stays_monotonic(
    user: User, project: Project, paid: ScriptedUpstream
) -> None:
    paid.play(
        stream(
            progressed(1, 40),
            progressed(3, 20),
            progressed(2, 60),
            progressed(2, 60),
            started(content="x" * 600, chunkIndex=2, messageId="m" * 300),
            completed(AUDIO, chunkIndex=None, task_id=77),
        )
    )
    [row] = submit(user, project)
    run_worker()
    row.refresh_from_db()
    attempt = Attempt.objects.get()
    assert (row.status, row.progress, row.chunk_count) == ("fetching", 60, 5)
    assert (row.task_id, row.message_id) == ("77", "m" * 200)
    assert (attempt.task_id, attempt.message_id) == ("77", "m" * 200)
    assert [chunk.raw["chunkIndex"] for chunk in attempt.chunks.all()] == [1, 3, 2, 2, None]


def test_the_stored_request_is_what_was_asked_and_hides_who_asked(
    user: User, project: Project, paid: ScriptedUpstream
) -> None:
    submit(user, project, style="lo-fi", duration=12, parameters={"seed": 3}, model="m1")
    run_worker()
    [post] = paid.posts
    attempt = Attempt.objects.get()
    assert post.json == {
        "userId": str(user.upstream_ref),
        "projectId": str(project.upstream_ref),
        "prompt": "Warm lo-fi for rain",
        "duration": 12,
        "style": "lo-fi",
        "model": "m1",
        "parameters": {"seed": 3},
    }
    assert post.headers["idempotency-key"] == str(attempt.token)
    assert (attempt.http_status, attempt.upstream) == (200, paid.url)


def test_the_operators_own_references_are_sent_where_they_are_set(
    user: User, project: Project, paid: ScriptedUpstream, settings: Any
) -> None:
    settings.SOUNDVERSE_USER_ID, settings.SOUNDVERSE_PROJECT_ID = "u-1", "p-1"
    submit(user, project)
    run_worker()
    assert (paid.posts[0].json["userId"], paid.posts[0].json["projectId"]) == ("u-1", "p-1")


def test_the_sync_transport_is_really_used(
    user: User, project: Project, paid: ScriptedUpstream, settings: Any
) -> None:
    settings.SOUNDVERSE_TRANSPORT = "sync"
    paid.play(
        reply(
            200,
            {
                "success": True,
                "messageId": "6571",
                "audio_url": AUDIO,
                "album_art": "https://storage.soundverse.ai/a.webp",
                "song_name": "Night",
                "status": "COMPLETED",
            },
        )
    )
    [row] = submit(user, project)
    run_worker()
    row.refresh_from_db()
    assert paid.posts[0].path == settings.SOUNDVERSE_SYNC_PATH
    assert (row.status, row.audio_url, row.song_name) == ("fetching", AUDIO, "Night")
    assert row.art_url == "https://storage.soundverse.ai/a.webp"
    assert Generation.objects.get().message_id == "6571"


@pytest.mark.parametrize(
    ("second", "status"),
    [
        (reply(402, BALANCE), "failed"),
        (reply(429, LIMIT), "queued"),
        (stream(started(), Cut("rst")), "unknown"),
    ],
    ids=["refused", "busy", "lost again"],
)
def test_a_retry_does_not_take_back_what_the_first_try_may_have_cost(
    user: User, project: Project, paid: ScriptedUpstream, second: Script, status: str
) -> None:
    paid.play(reply(500, {"detail": "oops"}))
    [row] = submit(user, project)
    run_worker()
    row.refresh_from_db()
    retry_generation(row, by=user)
    paid.play(second)
    run_worker()
    row.refresh_from_db()
    assert (row.status, row.may_be_billed, len(paid.posts)) == (status, True, 2)


def test_a_retry_that_is_never_sent_keeps_what_the_first_try_may_have_cost(
    user: User, project: Project, paid: ScriptedUpstream, settings: Any
) -> None:
    paid.play(reply(500, {"detail": "oops"}))
    [row] = submit(user, project)
    run_worker()
    row.refresh_from_db()
    retry_generation(row, by=user)
    row.refresh_from_db()
    cancel_generation(row, by=user)
    row.refresh_from_db()
    assert (row.status, row.may_be_billed, len(paid.posts)) == ("cancelled", True, 1)
