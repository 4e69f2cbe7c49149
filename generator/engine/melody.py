"""Chords -> melody: one motif, stated, answered, developed and brought home."""

from __future__ import annotations

import numpy as np

from generator.engine.harmony import QUALITIES, SCALES
from generator.engine.styles import STYLES
from generator.engine.types import Chord, Form, Note, Section, Spec

# Two-bar phrases: a is the motif, b its answer, v a variation, c the cadence.
_PLAN = "avbcadbc"


class _Motif:
    """A rhythm of two bars and the steps a line takes over it, in degrees of the scale."""

    def __init__(self, spec: Spec) -> None:
        rng = spec.rng("melody")
        rhythms = STYLES[spec.style].rhythms
        self.rhythm = [rhythms[int(i)] for i in rng.choice(len(rhythms), 2, replace=False)]
        self.answer = [self.rhythm[0], rhythms[int(rng.integers(len(rhythms)))]]
        count = sum(bar.count("x") for bar in self.rhythm) + 4
        # Steps, and one leap that the line then fills from the other side: the leap is what a
        # motif is remembered by, the filling what makes it singable.
        self.steps = rng.choice([-2, -1, -1, -1, 0, 1, 1, 1, 2], size=count, replace=True)
        leap = int(rng.integers(0, 3))
        self.steps[leap] = int(rng.choice([3, 4, 5, -3, -4]))
        self.steps[leap + 1] = -np.sign(self.steps[leap]) * int(rng.integers(1, 3))
        self.start = int(rng.integers(0, 5))


def _scale(spec: Spec) -> list[int]:
    """All pitches of the scale from C3 to C7, the lead's whole range and more."""
    return [p for p in range(48, 97) if (p - spec.key) % 12 in SCALES[spec.mode]]


def _snap(pitch: int, chord: Chord) -> int:
    """The chord tone nearest to a pitch: where the beat is strong the ear wants harmony."""
    tones = {(chord.root + t) % 12 for t in QUALITIES[chord.quality]}
    return min(
        (p for p in range(pitch - 6, pitch + 7) if p % 12 in tones), key=lambda p: abs(p - pitch)
    )


def _onsets(rhythm: list[str], keep: float, rng: np.random.Generator) -> list[int]:
    """Steps of the two bars that sound; thinned in quiet sections."""
    steps = [i for i, mark in enumerate("".join(rhythm)) if mark == "x"]
    return [s for n, s in enumerate(steps) if n == 0 or rng.random() < keep]


class _Line:
    """Writes the phrases of one section."""

    def __init__(self, spec: Spec, form: Form, chords: tuple[Chord, ...], motif: _Motif) -> None:
        self.spec, self.form, self.chords, self.motif = spec, form, chords, motif
        self.scale = _scale(spec)
        self.rng = spec.rng("melody line")

    def phrase(self, bar: int, letter: str, section: Section, lift: int) -> list[Note]:
        """Two bars (or what is left of the section) in one letter of the plan."""
        last = min(bar + 2, section.end)
        rhythm = self.motif.answer if letter in "bc" else self.motif.rhythm
        onsets = [
            s
            for s in _onsets(rhythm, 0.55 + 0.5 * section.energy, self.rng)
            if s < (last - bar) * 16
        ]
        if letter == "c":
            onsets = [s for s in onsets if s <= 20] or onsets[:1]
        steps = -self.motif.steps if letter == "d" else self.motif.steps
        degree = self.motif.start + lift + (1 if letter == "b" else 0)
        return self._notes(bar, onsets, steps, degree, letter, (last - bar) * 16)

    def _notes(
        self, bar: int, onsets: list[int], steps: np.ndarray, degree: int, letter: str, end: int
    ) -> list[Note]:
        notes: list[Note] = []
        home = degree
        for i, step in enumerate(onsets):
            chord = self.chords[min(bar + step // 16, len(self.chords) - 1)]
            if i:
                move = int(steps[(i - 1) % len(steps)])
                # A variation keeps the rhythm and the head, and bends the tail.
                move = -move if letter == "v" and i >= len(onsets) // 2 else move
                degree += self._drawn_back(degree, home, move)
            degree = self._inside(degree)
            home = degree if i == 0 else home
            pitch = self.scale[degree]
            if step % 8 == 0 or i == len(onsets) - 1:
                pitch = _snap(pitch, chord)
            if letter == "c" and i == len(onsets) - 1:
                pitch = _snap(self._near_tonic(pitch), chord)
            until = onsets[i + 1] if i + 1 < len(onsets) else min(end, step + 10)
            accent = 0.74 + (0.14 if step % 16 == 0 else 0.06 if step % 4 == 0 else -0.04)
            notes.append(
                Note("lead", bar * 4 + step / 4, max(0.2, (until - step) / 4 * 0.92), pitch, accent)
            )
        return notes

    @staticmethod
    def _drawn_back(degree: int, home: int, move: int) -> int:
        """The move, turned round where it would carry the line over a sixth from its start."""
        return -move if abs(degree + move - home) > 5 else move

    def _inside(self, degree: int) -> int:
        """Folds a line that climbs out of the singing range back by an octave."""
        low = next(i for i, p in enumerate(self.scale) if p >= 64)
        high = next(i for i, p in enumerate(self.scale) if p >= 81)
        while degree < low:
            degree += 7
        while degree > high:
            degree -= 7
        return degree

    def _near_tonic(self, pitch: int) -> int:
        return min(
            (p for p in self.scale if (p - self.spec.key) % 12 == 0), key=lambda p: abs(p - pitch)
        )


def compose(spec: Spec, form: Form, chords: tuple[Chord, ...]) -> list[Note]:
    """The lead line; silent in the first half of long intros and breaks, home at the end."""
    motif = _Motif(spec)
    line = _Line(spec, form, chords, motif)
    notes: list[Note] = []
    for section in form.sections:
        if section.kind in ("intro", "build", "break") and form.bars > 6:
            first = section.bar + max(2, section.bars // 2)
        else:
            first = section.bar
        # The last chorus sings a third higher: the same words, said with more weight.
        lift = 2 if section is form.sections[-1] and len(form.sections) > 2 else 0
        for i, bar in enumerate(range(first, section.end, 2)):
            notes += line.phrase(bar, _PLAN[i % len(_PLAN)], section, lift)
    final = chords[-1]
    home = line._near_tonic(notes[-1].pitch if notes else 72)
    notes = [n for n in notes if n.start < form.bars * 4]
    return [*notes, Note("lead", final.start, final.beats * 0.8, home, 0.72)]
