"""The rehearsed refusals and the heartbeat, by a clock that the test turns."""

from __future__ import annotations

import pytest

from generator.engine.limits import Limits
from generator.engine.server import HEARTBEAT, _Framing
from generator.engine.types import Request
from generator.engine.wire import Refusal, parse


class Clock:
    """A clock that stands until it is moved."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_rate_is_free_again_after_a_minute() -> None:
    clock = Clock()
    limits = Limits(2, None, clock)
    limits.charge()
    clock.now += 20
    limits.charge()
    with pytest.raises(Refusal) as refused:
        limits.charge()
    assert (refused.value.status, refused.value.retry_after) == (429, 41)
    clock.now += 40
    limits.charge()


def test_refused_request_costs_nothing() -> None:
    limits = Limits(None, 1)
    limits.charge()
    for _ in range(2):
        with pytest.raises(Refusal) as refused:
            limits.charge()
        assert refused.value.status == 402


@pytest.mark.parametrize(("events", "line"), [(True, b": still working\n\n"), (False, b"")])
def test_silence_of_ten_seconds_is_broken_by_a_comment_in_event_streams(
    events: bool, line: bytes
) -> None:
    clock = Clock()
    framing = _Framing(events, clock)
    clock.now += HEARTBEAT - 0.1
    assert framing.silence() == b""
    clock.now += 0.2
    assert framing.silence() == line
    assert framing.silence() == b""


def test_request_of_the_required_fields_alone_gets_the_pages_defaults() -> None:
    request = parse(b'{"userId": "u", "projectId": "p", "prompt": " x "}', "1")
    assert request == Request("x", 30, "", {}, "1")
