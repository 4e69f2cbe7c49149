"""Template words: times, waveforms, stages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from generator.models import Generation
from generator.templatetags import studio


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [(0, "0:00"), (None, "0:00"), (59_400, "0:59"), (59_600, "1:00"), (600_000, "10:00")],
)
def test_clock_reads_like_a_player(milliseconds: int | None, text: str) -> None:
    assert studio.clock(milliseconds) == text


def test_a_waveform_keeps_its_loudest_parts_and_grows_from_the_middle() -> None:
    assert studio.wave_path([0, 100, 50, 0], 2) == "M2 0v48M6 12v24"
    assert studio.wave_width([0, 100, 50, 0], 2) == 8


def test_silence_is_drawn_as_a_line_and_few_peaks_as_few_bars() -> None:
    assert studio.wave_path([0], 60) == "M2 23v2"
    assert studio.wave_path([], 60) == "M2 23v2"
    assert studio.wave_width([], 60) == 4


@pytest.mark.parametrize(
    ("status", "states"),
    [
        ("queued", ["now", "next", "next", "next"]),
        ("streaming", ["done", "now", "next", "next"]),
        ("fetching", ["done", "done", "now", "next"]),
        ("ready", ["done", "done", "done", "now"]),
    ],
)
def test_stages_are_done_now_or_next(status: str, states: list[str]) -> None:
    assert [state for _, state in studio.stages(Generation(status=status))] == states


def test_a_status_without_words_of_its_own_says_its_name() -> None:
    assert studio.status_words("purged") == "purged"


def test_times_between_and_sizes_of_time() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    assert studio.seconds_between(start + timedelta(milliseconds=1234), start) == "1.23 s"
    assert studio.seconds_between(start, None) == ""
    assert studio.seconds_of(30_040) == "30.0"
    assert studio.whole_seconds(30_500) == 30


def test_json_is_written_for_reading() -> None:
    assert studio.pretty_json({"b": "é", "a": 1}) == '{\n  "b": "é",\n  "a": 1\n}'
