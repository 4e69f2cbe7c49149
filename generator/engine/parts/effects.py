"""Risers into drops, impacts on them, and the record the lo-fi band was pressed on."""

from __future__ import annotations

from generator.engine.styles import STYLES
from generator.engine.types import Form, Note, Spec

RISER, IMPACT, VINYL = 0, 1, 2
EFFECT_VOICES = {RISER: "riser", IMPACT: "impact", VINYL: "vinyl"}


def write(spec: Spec, form: Form) -> list[Note]:
    """Effects where the form has a border worth marking."""
    notes: list[Note] = []
    style = STYLES[spec.style]
    if style.arc in ("drop", "rise") and "drums" in spec.roles:
        for before, after in zip(form.sections, form.sections[1:], strict=False):
            if after.energy - before.energy > 0.12 and after.energy > 0.6:
                bars = min(4, before.bars)
                notes.append(Note("fx", (after.bar - bars) * 4, bars * 4, RISER, 0.6))
                notes.append(Note("fx", after.bar * 4, 4, IMPACT, 0.8))
    if style.texture or spec.voices.get("fx") == "vinyl":
        # Whole pieces are tiled from four-bar stretches that fade into each other.
        for bar in range(0, form.bars, 4):
            bars = min(4, form.bars - bar)
            notes.append(Note("fx", bar * 4, bars * 4, VINYL, 0.7))
    return notes
