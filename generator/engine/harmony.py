"""Form -> chords: a progression per kind of section, voices led by least movement."""

from __future__ import annotations

from generator.engine.styles import STYLES
from generator.engine.types import Chord, Form, Section, Spec

QUALITIES: dict[str, tuple[int, ...]] = {
    "": (0, 4, 7),
    "m": (0, 3, 7),
    "M7": (0, 4, 7, 11),
    "m7": (0, 3, 7, 10),
    "dom7": (0, 4, 7, 10),
    "M9": (0, 4, 7, 11, 14),
    "m9": (0, 3, 7, 10, 14),
    "dom9": (0, 4, 7, 10, 14),
    "m6": (0, 3, 7, 9),
    "h7": (0, 3, 6, 10),
    "sus2": (0, 2, 7),
    "sus4": (0, 5, 7),
}
SCALES = {"minor": (0, 2, 3, 5, 7, 8, 10), "major": (0, 2, 4, 5, 7, 9, 11)}

_CENTRE = 63.0


def parse(symbol: str) -> tuple[int, str]:
    """ "10sus2" -> (10, "sus2"): semitones above the tonic, and the quality."""
    digits = len(symbol) - len(symbol.lstrip("0123456789"))
    return int(symbol[:digits]), symbol[digits:]


def _candidates(root: int, quality: str) -> list[tuple[int, ...]]:
    """Close voicings of four or fewer upper notes around the middle of the keyboard."""
    tones = QUALITIES[quality]
    # With the bass below, a five-note chord leaves its root to it.
    tones = tones[1:] if len(tones) == 5 else tones
    classes = sorted({(root + t) % 12 for t in tones})
    result = []
    for turn in range(len(classes)):
        order = classes[turn:] + classes[:turn]
        for base in (48, 60):
            pitches = [base + order[0]]
            for pitch_class in order[1:]:
                pitches.append(pitches[-1] + ((pitch_class - pitches[-1]) % 12))
            result.append(tuple(pitches))
    return result


def _lead(before: tuple[int, ...] | None, options: list[tuple[int, ...]]) -> tuple[int, ...]:
    """The option nearest to the voicing before it, or to the middle at the beginning."""

    def distance(option: tuple[int, ...]) -> float:
        drift = abs(sum(option) / len(option) - _CENTRE) * 0.6
        if before is None:
            return drift
        return drift + sum(min(abs(p - q) for q in before) for p in option)

    return min(options, key=distance)


def _progression(spec: Spec, section: Section, pool: tuple[str, ...], first: int) -> list[str]:
    """Verses and intros share one progression; drops and choruses may have another."""
    other = first + (1 if section.kind in ("chorus", "drop", "break") else 0)
    return pool[other % len(pool)].split()


def harmonise(spec: Spec, form: Form) -> tuple[Chord, ...]:
    """One chord a bar and a last one, the tonic, that rings out."""
    pool = STYLES[spec.style].progressions[spec.mode]
    first = int(spec.rng("harmony").integers(len(pool)))
    chords: list[Chord] = []
    voicing: tuple[int, ...] | None = None
    tonic_quality = parse(pool[0].split()[0])[1] if pool[0].startswith("0") else ""
    quality_home = tonic_quality or ("m" if spec.mode == "minor" else "")
    for bar in range(form.bars + 1):
        section = form.section_at(bar)
        symbols = _progression(spec, section, pool, first)
        symbol = symbols[(bar - section.bar) % len(symbols)]
        offset, quality = parse(symbol) if bar < form.bars else (0, quality_home)
        root = (spec.key + offset) % 12
        voicing = _lead(voicing, _candidates(root, quality))
        beats = 4.0 if bar < form.bars else form.ring / form.seconds_per_beat
        chords.append(Chord(bar * 4.0, beats, root, quality, voicing, _bass(root)))
    return tuple(chords)


def _bass(root: int) -> int:
    """The root between E1 and E flat 2, where a bass speaks."""
    return 28 + (root - 4) % 12
