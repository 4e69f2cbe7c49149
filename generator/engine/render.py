"""The engine in one call: `generate(request)` runs every stage and yields true progress."""

from __future__ import annotations

from collections.abc import Iterator

from generator.engine import art, title
from generator.engine.compose import compose
from generator.engine.encode import decoded, encode, true_peak
from generator.engine.master import master
from generator.engine.mix import mix_down
from generator.engine.perform import perform
from generator.engine.prompt import understand
from generator.engine.types import Audio, Chord, Output, Progress, Request, Result, Score
from generator.engine.words import NOTE_NAMES

HIGHEST_PEAK = -1.0
"""dBTP that no delivered file may pass, as measured after decoding."""


def _form_words(score: Score) -> str:
    names = ", ".join(section.kind for section in score.form.sections)
    return f"Form: {score.form.bars} bars at {score.form.bpm:.1f} bpm ({names})"


def chord_symbol(chord: Chord) -> str:
    """The chord as players write it: `B♭7`, `Fm7♭5`."""
    root = NOTE_NAMES[chord.root].replace(" flat", "♭").replace(" sharp", "♯")
    return root + {"h7": "m7♭5"}.get(chord.quality, chord.quality.removeprefix("dom"))


def _harmony_words(score: Score) -> str:
    first = score.chords[: min(4, score.form.bars)]
    symbols = " | ".join(chord_symbol(chord) for chord in first)
    return f"Harmony: {symbols}, voices led by the smallest step"


def _arrangement_words(score: Score) -> str:
    players = ", ".join(dict.fromkeys(n.role for n in score.notes))
    return f"Arranged {len(score.notes)} notes for {players}"


def _safe_audio(pcm: Audio) -> tuple[bytes, float]:
    """The MP3 and its decoded true peak; turned down and encoded again if a peak passes."""
    audio = encode(pcm)
    peak = true_peak(decoded(audio))
    if peak > HIGHEST_PEAK:
        audio = encode(pcm, 10 ** ((HIGHEST_PEAK - 0.1 - peak) / 20))
        peak = true_peak(decoded(audio))
    return audio, peak


def generate(request: Request) -> Iterator[Output]:
    """Progress of each stage, then the Result. The same request and seed give the same bytes."""
    spec = understand(request)
    score = compose(spec)
    yield Progress(_form_words(score), 5)
    yield Progress(_harmony_words(score), 8)
    yield Progress(_arrangement_words(score), 11)
    events = perform(score)
    yield Progress("The players take their time and touch; tape is rolling", 15)
    told = 0.0
    for item in mix_down(score, events):
        if not isinstance(item, float):
            mix = item
        elif item - told >= 0.4 and item < 1:
            told = item
            yield Progress(f"Playing the band: {item:.0%} is on tape", int(15 + 45 * item))
    yield Progress("Mixed: levels, space and side-chain are set", 62)
    pcm, heard = master(mix)
    yield Progress(f"Mastered to {heard:.1f} LUFS", 78)
    audio, peak = _safe_audio(pcm)
    yield Progress(f"Encoded at 192 kbit/s, true peak {peak:.1f} dB", 93)
    name = title.name(spec)
    cover = art.draw(score, name)
    yield Progress(f"The cover of “{name}” is drawn from the score", 98)
    yield Result(audio, cover, name, score, heard, peak)
