"""The drummer: layers that enter with the energy, ghost notes, fills and crashes."""

from __future__ import annotations

import numpy as np

from generator.engine.general_midi import CRASH, HIGH_TOM, KICK, LOW_TOM, MID_TOM, SNARE
from generator.engine.styles import STYLES, Layer
from generator.engine.types import STEPS, Form, Note, Section, Spec


def _note(bar: int, step: int, drum: int, velocity: float) -> Note:
    role = "kick" if drum == KICK else "drums"
    return Note(role, bar * 4 + step / 4, 0.25, drum, velocity)


def _bar(bar: int, layer: Layer, rng: np.random.Generator, energy: float) -> list[Note]:
    pattern = layer.bars[bar % len(layer.bars)]
    notes = []
    for step, mark in enumerate(pattern):
        if not mark.isdigit():
            continue
        level = int(mark) / 9 * (0.8 + 0.2 * energy)
        # Quiet strokes come and go as a drummer's do; the backbone stays.
        if int(mark) <= 3 and rng.random() < 0.3:
            continue
        notes.append(_note(bar, step, layer.drum, level))
    return notes


def _fill(bar: int, rng: np.random.Generator, energy: float) -> list[Note]:
    """The last half bar of a section, on snare and toms, growing into the next."""
    kinds = (SNARE, SNARE, HIGH_TOM, MID_TOM, LOW_TOM, LOW_TOM)
    start = int(rng.choice([8, 10, 12]))
    steps = [s for s in range(start, STEPS) if s % 2 == 0 or rng.random() < 0.55]
    return [
        _note(
            bar, s, kinds[min(5, (s - start) * 6 // (STEPS - start))], 0.45 + 0.4 * energy * s / 16
        )
        for s in steps
    ]


def _roll(section: Section) -> list[Note]:
    """A build: the snare doubles its pace towards the drop."""
    notes = []
    for bar in range(section.bar, section.end):
        left = section.end - bar
        every = 4 if left > 2 else 2 if left == 2 else 1
        done = (bar - section.bar) / section.bars
        notes += [
            _note(bar, s, SNARE, 0.3 + 0.45 * (done + s / 16 / section.bars))
            for s in range(0, STEPS if left > 1 else 14, every)
        ]
    return notes


def _section(
    spec: Spec, section: Section, after: Section | None, rng: np.random.Generator
) -> list[Note]:
    notes: list[Note] = []
    layers = [x for x in STYLES[spec.style].groove if x.enters <= section.energy < x.leaves]
    filled = after is not None and section.bars > 1 and section.energy > 0.4
    for bar in range(section.bar, section.end):
        last = filled and bar == section.end - 1
        for layer in layers:
            played = _bar(bar, layer, rng, section.energy)
            # Room for the fill: nothing but the kick in the last half bar.
            notes += [n for n in played if not last or n.start < bar * 4 + 2 or layer.drum == KICK]
        if last and section.kind != "build":
            notes += _fill(bar, rng, section.energy)
    if section.kind == "build" and spec.style in ("house", "trap"):
        notes += _roll(section)
    return notes


def write(spec: Spec, form: Form) -> list[Note]:
    """Kick and drums of the whole piece; both stop on the first beat of the ring-out."""
    rng = spec.rng("drums")
    notes: list[Note] = []
    for i, section in enumerate(form.sections):
        after = form.sections[i + 1] if i + 1 < len(form.sections) else None
        notes += _section(spec, section, after, rng)
        loud = section.energy > 0.62 and section.kind in ("drop", "chorus")
        if loud and spec.style not in ("lo-fi", "jazz"):
            notes.append(_note(section.bar, 0, CRASH, 0.7))
    if notes and form.sections[-1].energy > 0.45:
        notes += [_note(form.bars, 0, KICK, 0.9), _note(form.bars, 0, CRASH, 0.55)]
    return notes
