"""Chords and form -> what each player of the band plays. One module a player."""

from __future__ import annotations

from generator.engine.parts import bass, chords, drums, effects
from generator.engine.types import Chord, Form, Note, Spec


def write_parts(spec: Spec, form: Form, harmony: tuple[Chord, ...]) -> list[Note]:
    """All accompanying parts of the roles in the Spec; the lead is the melody's."""
    notes: list[Note] = []
    if "drums" in spec.roles:
        notes += drums.write(spec, form)
    if "bass" in spec.roles:
        notes += bass.write(spec, form, harmony)
    if "chords" in spec.roles:
        notes += chords.comp(spec, form, harmony)
    if "pad" in spec.roles:
        notes += chords.pad(spec, form, harmony)
    if "arp" in spec.roles:
        notes += chords.arpeggio(spec, form, harmony)
    return notes + effects.write(spec, form)
