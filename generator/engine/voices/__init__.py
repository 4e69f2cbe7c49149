"""Voices: functions from one note to its sound. Nothing else in the engine makes sound.

A voice takes (pitch, held seconds, velocity 0..1, take) and returns mono or stereo PCM, its
release included, ending in silence. `take` counts the round robins. A sampled or SoundFont voice
is one more entry in VOICES.
"""

from __future__ import annotations

from generator.engine.types import Audio
from generator.engine.voices.base import Voice
from generator.engine.voices.bass import BASSES
from generator.engine.voices.drums import DRUM_KITS
from generator.engine.voices.effects import EFFECTS
from generator.engine.voices.keys import KEYS
from generator.engine.voices.plucked import PLUCKED
from generator.engine.voices.synths import SYNTHS

VOICES: dict[str, Voice] = {**BASSES, **DRUM_KITS, **EFFECTS, **KEYS, **PLUCKED, **SYNTHS}


class Sampler:
    """Renders each distinct note once and hands out the same read-only PCM afterwards."""

    def __init__(self, budget: int = 64 * 2**20) -> None:
        """`budget` is the number of bytes of PCM kept; the oldest notes go first."""
        self._notes: dict[tuple[str, int, int, int, int], Audio] = {}
        self._budget = budget
        self._held = 0

    def note(self, voice: str, pitch: int, seconds: float, velocity: float, take: int) -> Audio:
        """The sound of a note at its velocity, length rounded up to a sixteenth of a second."""
        length = max(1, round(seconds * 16 + 0.49))
        # Three touches: a harder hit is a brighter sound, not only a louder one.
        touch = min(2, int(velocity * 3))
        key = (voice, pitch, length, touch, take)
        if key not in self._notes:
            sound = VOICES[voice](pitch, length / 16, (touch + 0.5) / 3, take)
            sound.setflags(write=False)
            self._notes[key] = sound
            self._held += sound.nbytes
            while self._held > self._budget:
                self._held -= self._notes.pop(next(iter(self._notes))).nbytes
            return sound
        return self._notes[key]
