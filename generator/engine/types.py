"""The plain data that passes between the stages of a render.

Each stage takes the data of the one before and returns its own: Request -> Spec -> Form ->
Score -> events -> PCM. Nothing here knows how it is made or heard.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

SAMPLE_RATE = 44_100
STEPS = 16
"""Grid steps in a bar of four beats; all patterns are written on this grid."""

Audio = npt.NDArray[np.float32]
"""PCM in -1..1 at SAMPLE_RATE: (frames,) for mono, (frames, 2) for stereo."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asked for, checked but not yet understood. `duration` is in seconds."""

    prompt: str
    duration: int = 30
    style: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    task_id: str = "0"


@dataclass(frozen=True, slots=True)
class Spec:
    """How the prompt was understood. `key` is a pitch class (0 is C), energies run 0..1."""

    style: str
    bpm: float
    bpm_fixed: bool
    key: int
    mode: str
    mood: str
    energy: float
    brightness: float
    roles: tuple[str, ...]
    voices: Mapping[str, str]
    seed: int
    duration: int

    def rng(self, stage: str) -> np.random.Generator:
        """A generator of its own per stage, so that a change in one stage moves no other."""
        return np.random.default_rng([self.seed, zlib.crc32(stage.encode())])


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch of bars with one energy. `kind` is what the parts play towards."""

    kind: str
    bar: int
    bars: int
    energy: float

    @property
    def end(self) -> int:
        """The first bar after this section."""
        return self.bar + self.bars


@dataclass(frozen=True, slots=True)
class Form:
    """Sections over the whole piece: bars * seconds_per_bar + ring is the duration exactly."""

    bpm: float
    bars: int
    ring: float
    sections: tuple[Section, ...]

    @property
    def seconds_per_beat(self) -> float:
        """Length of a quarter note."""
        return 60.0 / self.bpm

    def section_at(self, bar: int) -> Section:
        """The section a bar belongs to; the ring-out belongs to the last."""
        return next((s for s in self.sections if s.bar <= bar < s.end), self.sections[-1])


@dataclass(frozen=True, slots=True)
class Chord:
    """A chord from `start` for `beats` beats; `voicing` and `bass` are MIDI pitches."""

    start: float
    beats: float
    root: int
    quality: str
    voicing: tuple[int, ...]
    bass: int


@dataclass(frozen=True, slots=True)
class Note:
    """A note in beats, before anybody performed it. Drums use General MIDI pitches."""

    role: str
    start: float
    beats: float
    pitch: int
    velocity: float


@dataclass(frozen=True, slots=True)
class Score:
    """The whole composition: what stems, MIDI and the cover are made from."""

    spec: Spec
    form: Form
    chords: tuple[Chord, ...]
    notes: tuple[Note, ...]

    def role(self, name: str) -> list[Note]:
        """The notes of one role in order of time."""
        return [note for note in self.notes if note.role == name]


@dataclass(frozen=True, slots=True)
class Event:
    """A performed note in seconds: `voice` plays `pitch` at `at` for `seconds`."""

    role: str
    voice: str
    at: float
    seconds: float
    pitch: int
    velocity: float


@dataclass(frozen=True, slots=True)
class Progress:
    """One true step of the work in a musician's words. `percent` never falls."""

    content: str
    percent: int


@dataclass(frozen=True, slots=True)
class Result:
    """A finished piece: encoded audio, cover, title, and the score it was made from."""

    audio: bytes
    cover: bytes
    title: str
    score: Score
    loudness: float
    true_peak: float


Output = Progress | Result
