"""The bass player: patterns around the root, walking lines, and a held last note."""

from __future__ import annotations

import numpy as np

from generator.engine.harmony import QUALITIES, SCALES
from generator.engine.styles import STYLES
from generator.engine.types import Chord, Form, Note, Spec


def _pitch(mark: str, chord: Chord, following: Chord) -> int:
    tones = QUALITIES[chord.quality]
    fifth = next((t for t in tones if t in (6, 7)), 7)
    if mark == "a":  # a step below the next root: it pulls
        return following.bass - 1 if following.bass > 29 else following.bass + 1
    seventh = tones[3] if len(tones) > 3 and tones[3] in (9, 10, 11) else 12
    return chord.bass + {"R": 0, "o": 12, "5": fifth, "3": tones[1], "7": seventh}[mark]


def _patterned(bar: int, pattern: str, chord: Chord, following: Chord) -> list[Note]:
    """One bar of a pattern: a letter strikes, a dash holds, a dot rests."""
    notes = []
    for step, mark in enumerate(pattern):
        if mark in "-.":
            continue
        length = 1
        while step + length < len(pattern) and pattern[step + length] == "-":
            length += 1
        velocity = 0.86 if step % 4 == 0 else 0.74 if mark == "R" else 0.68
        notes.append(
            Note(
                "bass",
                bar * 4 + step / 4,
                length / 4 * 0.93,
                _pitch(mark, chord, following),
                velocity,
            )
        )
    return notes


def _walk(
    spec: Spec, bar: int, chord: Chord, following: Chord, rng: np.random.Generator
) -> list[Note]:
    """Four quarters: root, two steps of chord or scale, and a leading tone to the next root."""
    tones = [chord.bass + t for t in QUALITIES[chord.quality][1:4]]
    scale = [
        p
        for p in range(chord.bass - 4, chord.bass + 13)
        if (p - spec.key) % 12 in SCALES[spec.mode]
    ]
    second = int(rng.choice(tones[:2]))
    third = int(rng.choice([p for p in scale if p != second and abs(p - second) < 8]))
    approach = following.bass + int(rng.choice([-1, 1]))
    pitches = (chord.bass, second, third, max(28, approach))
    return [
        Note("bass", bar * 4 + beat, 0.92, pitch, 0.84 if beat % 2 == 0 else 0.74)
        for beat, pitch in enumerate(pitches)
    ]


def write(spec: Spec, form: Form, chords: tuple[Chord, ...]) -> list[Note]:
    """The bass line: sparse below energy 0.5, busiest in the loudest sections."""
    rng = spec.rng("bass")
    patterns = STYLES[spec.style].bass
    notes: list[Note] = []
    for section in form.sections:
        if section.kind == "intro" and form.bars >= 8 and section.energy < 0.42:
            continue
        busy = min(len(patterns) - 1, int(max(0.0, section.energy - 0.3) / 0.7 * len(patterns)))
        for bar in range(section.bar, section.end):
            if patterns[0] == "walk":
                notes += _walk(spec, bar, chords[bar], chords[bar + 1], rng)
            else:
                quiet = section.kind == "break"
                pattern = "R---------------" if quiet else patterns[busy]
                notes += _patterned(bar, pattern, chords[bar], chords[bar + 1])
    last = chords[-1]
    return [*notes, Note("bass", last.start, last.beats * 0.8, last.bass, 0.8)]
