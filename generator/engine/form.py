"""Spec -> Form: how many bars, at which exact tempo, and where the piece goes.

The tempo is bent a little so that whole bars and a ring-out of natural length fill the asked
seconds exactly; the ring-out is what the last chord dies away in.
"""

from __future__ import annotations

import math

from generator.engine.types import Form, Section, Spec

# (kind, share of the bars, energy). Energies are scaled by the Spec's own.
ARCS: dict[str, tuple[tuple[str, float, float], ...]] = {
    "drop": (
        ("intro", 0.13, 0.5),
        ("build", 0.13, 0.72),
        ("drop", 0.30, 1.0),
        ("break", 0.14, 0.42),
        ("drop", 0.30, 1.08),
    ),
    "song": (
        ("intro", 0.13, 0.45),
        ("verse", 0.27, 0.75),
        ("chorus", 0.25, 1.0),
        ("break", 0.12, 0.5),
        ("chorus", 0.23, 1.06),
    ),
    "rise": (
        ("intro", 0.18, 0.42),
        ("verse", 0.24, 0.68),
        ("build", 0.18, 0.88),
        ("chorus", 0.40, 1.15),
    ),
    "tide": (
        ("intro", 0.16, 0.55),
        ("verse", 0.28, 0.8),
        ("chorus", 0.30, 1.1),
        ("verse", 0.26, 0.7),
    ),
}
_MIDDLE: dict[str, tuple[tuple[str, float, float], ...]] = {
    "drop": (("intro", 0.17, 0.55), ("build", 0.16, 0.75), ("drop", 0.67, 1.04)),
    "song": (("intro", 0.2, 0.5), ("verse", 0.36, 0.8), ("chorus", 0.44, 1.05)),
    "rise": (("intro", 0.24, 0.45), ("build", 0.32, 0.8), ("chorus", 0.44, 1.15)),
    "tide": (("intro", 0.25, 0.55), ("verse", 0.37, 0.85), ("chorus", 0.38, 1.1)),
}
"""For eight to thirteen bars: three long breaths instead of five short ones."""

_SHORT: dict[int, tuple[tuple[str, float, float], ...]] = {
    1: (("chorus", 1.0, 0.95),),
    2: (("intro", 0.5, 0.7), ("chorus", 0.5, 1.0)),
    3: (("intro", 0.25, 0.6), ("verse", 0.25, 0.85), ("chorus", 0.5, 1.05)),
}


def _cost(spec: Spec, bars: int, ring: float, bpm: float) -> float:
    """How unmusical a plan is: bent tempo, odd bar counts, a ring-out cut or dragged."""
    bend = abs(math.log(bpm / spec.bpm))
    limit = 0.04 if spec.duration >= 40 else 0.1
    cost = bend * (60 if spec.bpm_fixed else 15) + max(0.0, bend - limit) * 400
    if bars > 4:
        cost += 0.0 if bars % 4 == 0 else 0.25 if bars % 2 == 0 else 0.7
    cost += 0.6 * max(0.0, min(2.2, spec.duration / 12) - ring)
    return cost + 0.2 * abs(ring - min(3.2, 1.2 + spec.duration / 20))


def _plan(spec: Spec) -> tuple[int, float]:
    """Bars and ring-out in seconds."""
    longest = min(6.0, max(1.4, spec.duration * 0.32))
    middle = spec.duration * spec.bpm / 240
    best = (math.inf, 1, 1.0)
    for bars in range(max(1, int(middle * 0.93) - 4), int(middle * 1.04) + 2):
        for step in range(11):
            ring = 1.0 + (longest - 1.0) * step / 10
            bpm = bars * 240 / (spec.duration - ring)
            best = min(best, (_cost(spec, bars, ring, bpm), bars, ring))
    return best[1], best[2]


def _sections(spec: Spec, arc: str, bars: int) -> tuple[Section, ...]:
    """The arc laid over the bars, borders on whole phrases where the piece is long enough."""
    size = next((s for s, least in ((8, 80), (4, 28), (2, 8)) if bars >= least), 1)
    plan = ARCS[arc]
    if bars < 14:
        plan = _MIDDLE[arc]
    if bars < 8:
        plan = _SHORT[1 if bars == 1 else 2 if bars < 4 else 3]
    # A long piece goes round again after its intro rather than stretch each section.
    plan = plan[:1] + plan[1:] * max(1, round(bars / 72))
    whole = sum(part for _, part, _ in plan)
    sections: list[Section] = []
    done, share = 0, 0.0
    for i, (kind, part, energy) in enumerate(plan):
        share += part / whole
        end = bars if i == len(plan) - 1 else max(done + size, round(bars * share / size) * size)
        end = min(end, bars - (len(plan) - 1 - i))
        level = min(1.0, energy * (0.45 + 0.55 * spec.energy))
        sections.append(Section(kind, done, end - done, round(level, 3)))
        done = end
    return tuple(sections)


def arrange(spec: Spec, arc: str) -> Form:
    """The form of a piece of exactly `spec.duration` seconds; `arc` is a name in ARCS."""
    bars, ring = _plan(spec)
    bpm = bars * 240 / (spec.duration - ring)
    return Form(bpm=bpm, bars=bars, ring=ring, sections=_sections(spec, arc, bars))
