"""Words -> Spec: what style, tempo, key, mood and band the prompt, style and parameters ask for.

Parameters win over the style field, which wins over the prompt. Words nobody knows still count:
they enter the seed, so another wording is another piece.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from typing import Any

from generator.engine.styles import STYLES, Style
from generator.engine.types import Request, Spec
from generator.engine.words import INSTRUMENTS, LETTERS, MOODS, NOTE_NAMES, STYLE_WORDS

ROLES = ("drums", "bass", "chords", "pad", "arp", "lead")

_KEY = re.compile(
    r"\b(?:in|key of|in the key of) ([a-g])[ -]?(sharp|flat|#|b)?\b ?(minor|major)?", re.I
)
_BARE_KEY = re.compile(r"\b([a-g])[ -]?(sharp|flat|#|b)? ?(minor|major)\b", re.I)
_BPM = re.compile(r"\b(\d{2,3})\s*-?\s*bpm\b", re.I)
_WITHOUT = re.compile(
    r"\b(?:no|without|minus|drop the) (?:any )?([a-z ]+?)(?:[,.;]|$| but| and )", re.I
)
_LESS = re.compile(r"\b(drum|bass|beat)less\b", re.I)
_SOLO = re.compile(r"\b(?:solo|only|just) (piano|guitar|harp|organ|strings|synth)\b", re.I)
_SOLO_VOICES = {
    "piano": "piano", "guitar": "nylon guitar", "harp": "harp", "organ": "organ",
    "strings": "strings", "synth": "warm pad",
}  # fmt: skip


def _found(text: str, words: Mapping[str, Any]) -> list[str]:
    """The words of a vocabulary in the order they stand in the text, longest phrases first."""
    hits: list[tuple[int, str]] = []
    for word in sorted(words, key=len, reverse=True):
        match = re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text)
        if match:
            hits.append((match.start(), word))
            text = text[: match.start()] + " " * len(match.group()) + text[match.end() :]
    return [word for _, word in sorted(hits)]


def _style(text: str, style_field: str, wanted: Any) -> str:
    """The style asked for; later sources only count where the earlier are silent."""
    for source in (str(wanted or ""), style_field):
        hits = _found(source.lower(), STYLE_WORDS)
        if hits:
            return STYLE_WORDS[hits[0]]
    hits = _found(text, STYLE_WORDS)
    # A genre says more than an instrument: "lo-fi with piano" is lo-fi.
    genres = [w for w in hits if w not in INSTRUMENTS] or hits
    if genres:
        votes = [STYLE_WORDS[w] for w in genres]
        return max(votes, key=votes.count)
    calm = sum(MOODS[m][0] for m in _found(text, MOODS))
    return "ambient" if calm < -0.15 else "house" if calm > 0.15 else "lo-fi"


def _key(text: str, wanted: Any) -> tuple[int | None, str]:
    """Pitch class and mode where the text names them, else None and an empty mode."""
    text = f"in {wanted}" if isinstance(wanted, str) and wanted else text
    match = _BARE_KEY.search(text) or _KEY.search(text)
    mode = next((m for m in ("minor", "major") if re.search(rf"\b{m}\b", text, re.I)), "")
    if match is None:
        return None, mode
    accidental = {"sharp": 1, "#": 1, "flat": -1, "b": -1}.get((match.group(2) or "").lower(), 0)
    pitch = (LETTERS[match.group(1).lower()] + accidental) % 12
    return pitch, (match.group(3) or mode).lower()


def _number(value: Any, low: float, high: float) -> float | None:
    """A parameter as a number within its range, or None where it is none."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
        return None
    return float(min(high, max(low, value)))


def _seed(request: Request) -> int:
    wanted = request.parameters.get("seed")
    if isinstance(wanted, int) and not isinstance(wanted, bool):
        return abs(wanted) % 2**32
    return zlib.crc32(f"{request.task_id}|{request.prompt}".encode())


def _band(text: str, style: Style) -> tuple[tuple[str, ...], dict[str, str]]:
    """Roles that play and their voices, after wishes, exclusions and solos."""
    solo = _SOLO.search(text)
    if solo:
        voice = _SOLO_VOICES[solo.group(1).lower()]
        return ("bass", "chords", "arp", "lead"), dict.fromkeys(
            ("bass", "chords", "arp", "lead"), voice
        )
    gone = {match.group(1).lower() for match in _LESS.finditer(text)}
    for match in _WITHOUT.finditer(text):
        gone |= set(_found(match.group(1).lower(), INSTRUMENTS))
    excluded = {INSTRUMENTS[word][0] for word in gone}
    voices = dict(style.voices)
    for word in _found(_WITHOUT.sub(" ", text), INSTRUMENTS):
        role, voice = INSTRUMENTS[word]
        if voice:
            voices[role] = voice
        elif role not in voices:
            voices[role] = {"drums": "brush kit", "arp": "harp", "pad": "warm pad"}.get(
                role, "piano"
            )
    return tuple(r for r in ROLES if r in voices and r not in excluded), voices


def understand(request: Request) -> Spec:
    """The prompt as the composer will take it; any text gives a musical Spec."""
    text = request.prompt.lower()
    parameters = request.parameters
    seed = _seed(request)
    name = _style(text, request.style, parameters.get("style"))
    style = STYLES[name]
    moods = _found(f"{text} {request.style.lower()}", MOODS)
    chance = zlib.crc32(f"spec{seed}".encode())
    key, mode = _key(text, parameters.get("key"))
    lean = sum(MOODS[m][2] for m in moods)
    if not mode:
        minor = lean > 0 or (lean == 0 and (chance >> 8) % 100 < style.minor * 100)
        mode = "minor" if minor else "major"
    named = _BPM.search(text)
    fixed = _number(parameters.get("bpm"), 50, 200) or (
        _number(int(named.group(1)), 50, 200) if named else None
    )
    low, high = style.bpm
    drawn = float(low + (chance >> 16) % (high - low + 1))
    for m in moods:
        drawn *= MOODS[m][3]
    energy = _number(parameters.get("energy"), 0, 1)
    if energy is None:
        energy = min(1.0, max(0.1, style.energy + sum(MOODS[m][0] for m in moods)))
    brightness = min(1.0, max(0.0, style.brightness + sum(MOODS[m][1] for m in moods)))
    roles, voices = _band(text, style)
    return Spec(
        style=name,
        bpm=fixed or round(drawn),
        bpm_fixed=fixed is not None,
        key=key if key is not None else chance % 12,
        mode=mode,
        mood=moods[0] if moods else style.moods[seed % len(style.moods)],
        energy=energy,
        brightness=brightness,
        roles=roles,
        voices=voices,
        seed=seed,
        duration=request.duration,
    )


def describe(spec: Spec) -> str:
    """The Spec in a musician's words: "lo-fi, 82 bpm, D minor, dusty kit, Rhodes"."""
    band = list(dict.fromkeys(spec.voices[role] for role in spec.roles))
    return (
        f"{spec.style}, {spec.bpm:.0f} bpm, {NOTE_NAMES[spec.key]} {spec.mode}, {', '.join(band)}"
    )
