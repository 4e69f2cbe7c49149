"""The harmony players: comping, pads and arpeggios over the led voicings."""

from __future__ import annotations

from generator.engine.styles import STYLES
from generator.engine.types import Chord, Form, Note, Section, Spec


def _tier(patterns: tuple[str, ...], energy: float) -> str:
    """The pattern for an energy: they are written from calm to busy."""
    return patterns[min(len(patterns) - 1, int(max(0.0, energy - 0.3) / 0.7 * len(patterns)))]


def _struck(role: str, bar: int, pattern: str, chord: Chord, velocity: float) -> list[Note]:
    notes = []
    for step, mark in enumerate(pattern):
        if mark != "x":
            continue
        length = 1
        while step + length < len(pattern) and pattern[step + length] == "-":
            length += 1
        accent = velocity * (1.0 if step % 8 == 0 else 0.88)
        # The top voice carries the line of the harmony: a little louder than those inside.
        for i, pitch in enumerate(chord.voicing):
            top = 1.0 if i == len(chord.voicing) - 1 else 0.86
            notes.append(Note(role, bar * 4 + step / 4, length / 4 * 0.96, pitch, accent * top))
    return notes


def _last(role: str, chord: Chord, velocity: float) -> list[Note]:
    return [Note(role, chord.start, chord.beats * 0.8, p, velocity) for p in chord.voicing]


def comp(spec: Spec, form: Form, chords: tuple[Chord, ...]) -> list[Note]:
    """Chords in the style's rhythm; held whole in breaks."""
    patterns = STYLES[spec.style].comp
    guitar = spec.voices["chords"] == "overdriven guitar"
    notes: list[Note] = []
    for section in form.sections:
        pattern = "x---------------" if section.kind == "break" else _tier(patterns, section.energy)
        for bar in range(section.bar, section.end):
            notes += _struck("chords", bar, pattern, chords[bar], 0.55 + 0.3 * section.energy)
    notes += _last("chords", chords[-1], 0.7)
    if guitar:  # a driven guitar plays power chords: thirds through drive are mud
        roots = {c.start // 4: c.bass + 12 for c in chords}
        first = {n.start: n for n in reversed(notes)}
        return [
            Note("chords", n.start, n.beats, roots[n.start // 4], n.velocity)
            for n in first.values()
        ][::-1]
    return notes


def pad(spec: Spec, form: Form, chords: tuple[Chord, ...]) -> list[Note]:
    """Whole-bar chords; a note that two chords share is held through, not struck again."""
    notes: list[Note] = []
    open_notes: dict[int, Note] = {}
    for chord in chords:
        section = form.section_at(int(chord.start // 4))
        level = 0.5 + 0.3 * section.energy
        kept: dict[int, Note] = {}
        for pitch in chord.voicing:
            held = open_notes.pop(pitch, None)
            if held and held.beats < 12 and chord is not chords[-1]:
                kept[pitch] = Note(
                    "pad", held.start, held.beats + chord.beats, pitch, held.velocity
                )
            else:
                notes += [held] if held else []
                kept[pitch] = Note("pad", chord.start, chord.beats * 0.98, pitch, level)
        notes += open_notes.values()
        open_notes = kept
    last = form.bars * 4
    tail = [
        n if n.start < last else Note("pad", n.start, n.beats * 0.75, n.pitch, n.velocity)
        for n in open_notes.values()
    ]
    return sorted([*notes, *tail], key=lambda n: n.start)


def _order(shape: int, size: int, step: int) -> int:
    """Which note of the chord sounds on a step: up, down, up and down, or broken."""
    turn = max(1, 2 * size - 2)
    there = step % turn
    orders = (
        step % size,
        size - 1 - step % size,
        there if there < size else turn - there,
        (step * 2) % size,
    )
    return orders[shape]


def _plays_arp(section: Section, form: Form) -> bool:
    return section.energy > 0.5 or section.kind in ("break", "build") or form.bars <= 7


def arpeggio(spec: Spec, form: Form, chords: tuple[Chord, ...]) -> list[Note]:
    """Broken chords an octave above the comping; the same shape all through a section."""
    rng = spec.rng("arp")
    patterns = STYLES[spec.style].arp or ("x.x.x.x.x.x.x.x.",)
    shape = int(rng.integers(4))
    lift = 12 if spec.style not in ("piano", "cinematic") else 0
    calm = spec.style in ("piano", "ambient")
    notes: list[Note] = []
    for section in form.sections:
        if not (_plays_arp(section, form) or calm):
            continue
        pattern = _tier(patterns, section.energy)
        for bar in range(section.bar, section.end):
            chord = chords[bar]
            pool = [p + lift for p in chord.voicing] + [chord.voicing[0] + lift + 12]
            hits = [s for s, mark in enumerate(pattern) if mark == "x"]
            for i, step in enumerate(hits):
                pitch = pool[_order(shape, len(pool), i)]
                velocity = 0.5 + 0.22 * section.energy + (0.1 if step % 4 == 0 else 0.0)
                length = 1.5 if calm else 0.24
                notes.append(Note("arp", bar * 4 + step / 4, length, pitch, velocity))
    return notes
