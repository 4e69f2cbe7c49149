"""Events folded together while the database is busy."""

from __future__ import annotations

from django.utils import timezone

from generator.intake.records import Record
from generator.models import Attempt
from generator.soundverse.wire import StreamEvent

from ..fakes.events import progressed


def record_of(*raws: dict[str, object]) -> Record:
    """A record that has taken these events."""
    record = Record(Attempt())
    for raw in raws:
        record.add_event(StreamEvent.from_json(raw), timezone.now())
    return record


def test_a_replayed_event_is_stored_once() -> None:
    record = record_of(progressed(1, 5), progressed(2, 9), progressed(1, 5))
    assert [chunk.sequence for chunk in record.chunks] == [1, 2]


def test_the_same_index_with_other_content_is_stored() -> None:
    record = record_of(progressed(1, 5), progressed(1, 6), progressed(1, 6))
    assert record.count == 2


def test_progress_never_steps_back() -> None:
    assert record_of(progressed(1, 50), progressed(2, 10)).progress == 50


def test_a_long_stream_keeps_its_beginning_and_its_end() -> None:
    record = record_of(*({"content": str(number)} for number in range(2500)))
    kept = [chunk.sequence for chunk in record.kept_chunks()]
    assert kept == [*range(1, 51), *range(2451, 2501)]
    assert record.count == 2500
    assert record.stage == "2499"


def test_indexes_beyond_the_first_two_thousand_are_not_remembered() -> None:
    record = record_of(*(progressed(number, 1) for number in range(2001)), progressed(2000, 1))
    assert record.count == 2002
