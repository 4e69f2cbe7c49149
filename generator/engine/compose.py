"""Spec -> Score: the stages that write music, in their order."""

from __future__ import annotations

from generator.engine.form import arrange
from generator.engine.harmony import harmonise
from generator.engine.melody import compose as compose_melody
from generator.engine.parts import write_parts
from generator.engine.styles import STYLES
from generator.engine.types import Score, Spec


def compose(spec: Spec) -> Score:
    """The whole piece on paper: form, chords, melody and parts, in order of time."""
    form = arrange(spec, STYLES[spec.style].arc)
    chords = harmonise(spec, form)
    notes = write_parts(spec, form, chords)
    if "lead" in spec.roles:
        notes += compose_melody(spec, form, chords)
    return Score(spec, form, chords, tuple(sorted(notes, key=lambda n: (n.start, n.role, n.pitch))))
