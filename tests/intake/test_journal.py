"""The one writer, while the database comes and goes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone

from generator import board
from generator.intake.journal import Journal
from generator.intake.records import Ended, Record
from generator.intake.spool import digest_of
from generator.models import Attempt, Chunk, Generation, Project, Status, User, random_id
from generator.services.attempts import begin_attempt
from generator.services.claims import claim_rows
from generator.services.lapses import sweep_lapsed
from generator.soundverse.errors import Refused
from generator.soundverse.wire import StreamEvent

from ..fakes.events import completed, progressed, started
from ..fakes.upstream import wait_until
from .work import AUDIO, hold_database, submit

pytestmark = pytest.mark.django_db(transaction=True)

OVER = Ended(None, 200, digest_of(b""))


@pytest.fixture
def journal() -> Iterator[Journal]:
    """A journal whose heartbeat runs ten times a second."""
    journal = Journal(random_id(), lambda: None, beat=0.1)
    yield journal
    journal.close(10)


@pytest.fixture
def impatient() -> Iterator[None]:
    """New SQLite connections wait 50 ms for a lock instead of 20 s."""
    options = connections.settings["default"].get("OPTIONS", {})
    before = dict(options)
    if connection.vendor == "sqlite":
        options["timeout"] = 0.05
    yield
    options.clear()
    options.update(before)


def begin(user: User, project: Project) -> Record:
    """Bring a row to the moment of its POST."""
    submit(user, project)
    [claim] = claim_rows(1)
    attempt = begin_attempt(claim)
    assert attempt is not None
    return Record(attempt)


def event(raw: dict[str, Any]) -> StreamEvent:
    """An event as the client hands it over."""
    return StreamEvent.from_json(raw)


def row_of(record: Record) -> Generation:
    """The row as the database has it."""
    return Generation.objects.get(pk=record.attempt.generation_id)


def test_events_are_on_the_board_as_soon_as_they_are_stored(
    user: User, project: Project, paid: Any, journal: Journal
) -> None:
    record = begin(user, project)
    before = board.latest(board.user_scope(user.pk)) or 0
    journal.open(record)
    journal.put(record, event(progressed(1, 30)))
    assert wait_until(lambda: Chunk.objects.count() == 1)
    row = row_of(record)
    assert (row.status, row.progress, row.stage) == ("streaming", 30, "Step 1")
    assert wait_until(lambda: (board.latest(board.user_scope(user.pk)) or row.version) > before)
    journal.put(record, event(completed(AUDIO)))
    journal.put(record, OVER)


def test_a_lease_is_renewed_while_nothing_comes(
    user: User, project: Project, paid: Any, journal: Journal
) -> None:
    record = begin(user, project)
    soon = timezone.now() + timedelta(seconds=30)
    Generation.objects.update(lease_until=soon)
    journal.open(record)

    def is_renewed() -> bool:
        until = row_of(record).lease_until
        return until is not None and until > soon

    assert wait_until(is_renewed)
    journal.put(record, event(completed(AUDIO)))
    journal.put(record, OVER)


def test_a_false_unknown_heals_when_the_result_comes(
    user: User, project: Project, paid: Any, journal: Journal
) -> None:
    record = begin(user, project)
    Generation.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert sweep_lapsed(timezone.now()) == 1
    assert row_of(record).status == Status.UNKNOWN
    journal.open(record)
    journal.put(record, event(completed(AUDIO)))
    journal.put(record, OVER)
    assert wait_until(lambda: row_of(record).status == Status.FETCHING)


def test_a_refusal_that_comes_after_the_lapse_leaves_the_row_unknown(
    user: User, project: Project, paid: Any, journal: Journal
) -> None:
    record = begin(user, project)
    Generation.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    sweep_lapsed(timezone.now())
    journal.open(record)
    journal.put(record, Ended(Refused("No.", code="invalid_request"), 400, digest_of(b"")))
    assert wait_until(lambda: journal.open_count == 0)
    assert row_of(record).status == Status.UNKNOWN


def test_a_record_that_the_database_refuses_is_dropped_alone(
    user: User, project: Project, paid: Any, journal: Journal
) -> None:
    gone, kept = begin(user, project), begin(user, project)
    Generation.objects.filter(pk=gone.attempt.generation_id).delete()
    for record in (gone, kept):
        journal.open(record)
        journal.put(record, event(started()))
        journal.put(record, event(completed(AUDIO)))
        journal.put(record, OVER)
    assert wait_until(lambda: journal.open_count == 0)
    assert row_of(kept).status == Status.FETCHING
    assert Chunk.objects.count() == 2


def test_while_the_database_is_away_events_wait_and_none_is_lost(
    user: User,
    project: Project,
    paid: Any,
    impatient: None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    record = begin(user, project)
    commits = threading.Event()
    journal = Journal(random_id(), commits.set, beat=0.1)
    journal.open(record)
    assert wait_until(commits.is_set)
    back = take_database_away()
    for number in range(1, 6):
        journal.put(record, event(progressed(number, number)))
    journal.put(record, event(completed(AUDIO, chunkIndex=6)))
    journal.put(record, OVER)
    assert wait_until(lambda: "the database is away" in caplog.text, 20)
    back()
    journal.close(20)
    assert row_of(record).status == Status.FETCHING
    assert Chunk.objects.filter(attempt=record.attempt).count() == 6
    assert Attempt.objects.get().outcome == "done"


def test_a_journal_that_cannot_write_in_time_gives_up_and_the_spool_stays(
    user: User, project: Project, paid: Any, impatient: None
) -> None:
    record = begin(user, project)
    journal = Journal(random_id(), lambda: None)
    journal.open(record)
    journal.put(record, event(started()))
    journal.close(0.3)
    assert journal.open_count == 1


def test_what_a_lost_commit_had_stored_is_no_obstacle(
    user: User, project: Project, paid: Any, journal: Journal
) -> None:
    record = begin(user, project)
    Chunk.objects.create(
        attempt=record.attempt, sequence=1, received_at=timezone.now(), raw=started()
    )
    journal.open(record)
    journal.put(record, event(started()))
    journal.put(record, event(completed(AUDIO)))
    journal.put(record, OVER)
    assert wait_until(lambda: journal.open_count == 0)
    assert Chunk.objects.count() == 2


def test_the_middle_of_a_long_stream_is_dropped_from_the_database_too(
    user: User, project: Project, paid: Any, journal: Journal
) -> None:
    record = begin(user, project)
    journal.open(record)
    for number in range(60):
        journal.put(record, event({"content": f"{number}"}))
    assert wait_until(lambda: Chunk.objects.count() == 60)
    for number in range(60, 2100):
        journal.put(record, event({"content": f"{number}"}))
    journal.put(record, event(completed(AUDIO)))
    journal.put(record, OVER)
    assert wait_until(lambda: journal.open_count == 0, 20)
    kept = list(Chunk.objects.values_list("sequence", flat=True))
    assert kept == [*range(1, 51), *range(2052, 2102)]
    assert row_of(record).chunk_count == 2101


def test_news_that_cannot_be_folded_does_not_end_the_journal(
    user: User, project: Project, paid: Any, journal: Journal
) -> None:
    record = begin(user, project)
    journal.open(record)
    journal.put(record, None)  # type: ignore[arg-type]
    journal.put(record, event(completed(AUDIO)))
    journal.put(record, OVER)
    assert wait_until(lambda: journal.open_count == 0)
    assert row_of(record).status == Status.FETCHING


def test_a_single_record_waits_too_while_the_database_is_away(
    user: User, project: Project, paid: Any, journal: Journal
) -> None:
    record = begin(user, project)
    record.add_event(event(completed(AUDIO)), timezone.now())
    bring_back = hold_database()
    journal._write_singly([record])
    bring_back()
    assert record.is_dirty
    assert row_of(record).status == Status.SUBMITTING


def take_database_away() -> Callable[[], None]:
    """SQLite: hold the write lock. PostgreSQL: end every other session, as a restart does.

    Returns what brings it back.
    """
    if connection.vendor == "sqlite":
        connection.cursor().execute("BEGIN IMMEDIATE")
        return lambda: connection.cursor().execute("ROLLBACK")
    connection.cursor().execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    return lambda: None
