"""Score -> events: swing, micro-timing and touch, the difference between a grid and a band."""

from __future__ import annotations

import math

from generator.engine.parts.effects import EFFECT_VOICES
from generator.engine.styles import STYLES
from generator.engine.types import Event, Form, Note, Score, Spec

# Where each player stands against the beat, in thousandths of a second.
_LEAN = {
    "kick": 0.0,
    "drums": 2.0,
    "bass": 1.0,
    "chords": 3.0,
    "pad": -15.0,
    "arp": 0.0,
    "lead": 4.0,
}


def _swung(beat: float, swing: float) -> float:
    """Moves the off-beat: eighths in jazz, sixteenths in everything slower."""
    unit = 1.0 if swing > 0.6 else 0.5
    whole, part = divmod(beat, unit)
    part /= unit
    bent = part * swing * 2 if part <= 0.5 else swing + (part - 0.5) * (1 - swing) * 2
    return (whole + bent) * unit


def _breath(note: Note, form: Form) -> float:
    """Phrases of four bars swell to their third bar; the section's energy lifts all."""
    place = (note.start / 16) % 1.0
    section = form.section_at(int(note.start // 4))
    return 0.9 + 0.1 * math.sin(math.pi * place) + 0.12 * (section.energy - 0.7)


def _voice(spec: Spec, note: Note) -> str:
    if note.role == "fx":
        return EFFECT_VOICES[note.pitch]
    return spec.voices["drums" if note.role == "kick" else note.role]


def perform(score: Score) -> list[Event]:
    """Events in seconds, in order of time, none before 0 or after the end of the piece."""
    spec, form = score.spec, score.form
    style = STYLES[spec.style]
    rng = spec.rng("perform")
    beat = form.seconds_per_beat
    offsets = rng.normal(0.0, 1.0, len(score.notes))
    touches = rng.normal(1.0, 0.05, len(score.notes))
    events = []
    for note, offset, touch in zip(score.notes, offsets, touches, strict=True):
        drift = 0.0 if note.role in ("kick", "fx") else float(offset) * style.looseness
        lean = _LEAN.get(note.role, 0.0) / 1000
        at = _swung(note.start, style.swing) * beat + max(-0.03, min(0.03, drift)) + lean
        pitch = note.pitch
        if note.role in ("kick", "drums"):
            pitch += 128 * spec.key
        velocity = min(1.0, max(0.08, note.velocity * _breath(note, form) * float(touch)))
        events.append(
            Event(note.role, _voice(spec, note), max(0.0, at), note.beats * beat, pitch, velocity)
        )
    return sorted(events, key=lambda e: (e.at, e.role, e.pitch))
