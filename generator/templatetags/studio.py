"""Template words of the studio: times, waveforms as SVG attributes, stages, JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from django import template
from django.forms import BoundField

from ..models import Generation, Status

register = template.Library()

WAVE_HEIGHT = 48
BAR = 4
STAGES = ("Queued", "Making music", "Fetching", "Ready")
_STAGE_OF = {
    Status.QUEUED: 0,
    Status.HELD: 0,
    Status.CLAIMED: 0,
    Status.SUBMITTING: 1,
    Status.STREAMING: 1,
    Status.FETCHING: 2,
    Status.READY: 3,
}
_WORDS = {
    Status.QUEUED: "Waiting for its turn",
    Status.HELD: "Waiting for a yes",
    Status.CLAIMED: "About to be sent",
    Status.SUBMITTING: "Sending the request",
    Status.STREAMING: "Making the music",
    Status.FETCHING: "Fetching the finished file",
    Status.READY: "Ready",
    Status.FAILED: "Failed",
    Status.UNKNOWN: "Outcome unknown",
    Status.CANCELLED: "Cancelled",
}


@register.filter
def clock(milliseconds: int | None) -> str:
    """Minutes and seconds, as on a player: 65000 -> 1:05."""
    seconds = round((milliseconds or 0) / 1000)
    return f"{seconds // 60}:{seconds % 60:02d}"


@register.filter
def seconds_of(milliseconds: int) -> str:
    """Seconds with one decimal: 30012 -> 30.0."""
    return f"{milliseconds / 1000:.1f}"


@register.filter
def whole_seconds(milliseconds: int) -> int:
    """Rounded seconds, for a slider's range."""
    return round(milliseconds / 1000)


@register.filter
def seconds_between(later: datetime, earlier: datetime | None) -> str:
    """How long after `earlier` something came, in seconds; empty when that is not known."""
    return f"{(later - earlier).total_seconds():.2f} s" if earlier else ""


@register.filter
def status_words(status: str) -> str:
    """The status as a person would say it."""
    return _WORDS.get(Status(status), status)


@register.filter
def pretty_json(value: Any) -> str:
    """JSON for reading: indented, keys in the order they came."""
    return json.dumps(value, ensure_ascii=False, indent=2)


@register.filter
def bare(field: BoundField) -> BoundField:
    """A field of allauth's without its placeholder, which says the label over again."""
    field.field.widget.attrs.pop("placeholder", None)
    return field


@register.filter
def stages(generation: Generation) -> list[tuple[str, str]]:
    """Each stage with its state: `done`, `now` or `next`."""
    at = stage_number(generation) - 1
    states = ["done" if place < at else "now" if place == at else "next" for place in range(4)]
    return list(zip(STAGES, states, strict=True))


@register.filter
def stage_number(generation: Generation) -> int:
    """Which of the four stages it is in, from 1."""
    return _STAGE_OF.get(Status(generation.status), 0) + 1


@register.filter
def wave_path(peaks: Sequence[float], bars: int) -> str:
    """SVG path data of `bars` bars for peaks from 0 to 100, each the highest of its stretch.

    The picture is `bars * 4` wide and 48 high; the bars grow from its middle line.
    """
    bars = min(bars, len(peaks)) or 1
    edges = [round(place * len(peaks) / bars) for place in range(bars + 1)]
    pieces = []
    for place, (start, end) in enumerate(pairwise(edges)):
        half = max(1, round(max(peaks[start:end], default=0) / 100 * WAVE_HEIGHT / 2))
        pieces.append(f"M{place * BAR + 2} {WAVE_HEIGHT // 2 - half}v{half * 2}")
    return "".join(pieces)


@register.filter
def wave_width(peaks: Sequence[float], bars: int) -> int:
    """The width that `wave_path` fills with as many bars."""
    return (min(bars, len(peaks)) or 1) * BAR
