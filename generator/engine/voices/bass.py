"""Bass voices: mono, centred, and full below 200 Hz."""

from __future__ import annotations

import numpy as np

from generator.engine import dsp
from generator.engine.types import Audio
from generator.engine.voices.base import Voice, faded, filter_sweep, frames, peaked


def sub_bass(pitch: int, held: float, velocity: float, take: int) -> Audio:
    """A sine with just enough second and third harmonic to be heard on small speakers."""
    n = frames(held + 0.08)
    hz = dsp.hertz(pitch)
    x = dsp.sine(hz, n) + 0.22 * dsp.sine(2 * hz, n) + 0.1 * dsp.sine(3 * hz, n)
    x = dsp.saturate(x, 0.6 + velocity)
    return peaked(faded(x * dsp.gate(n, held, 0.006, 0.07)), 0.6)


def saw_bass(pitch: int, held: float, velocity: float, take: int) -> Audio:
    """A driving synth bass: saw and square over a sine, the filter closing on each note."""
    n = frames(held + 0.1)
    hz = dsp.hertz(pitch)
    rich = dsp.wave("saw", hz, n, 0.25) + 0.6 * dsp.wave("square", hz * 1.004, n)
    bright = dsp.lowpass(rich, 900 + 2600 * velocity)
    dark = dsp.lowpass(rich, 260)
    x = filter_sweep(bright, dark, dsp.decay(n, 0.35))
    x = dsp.saturate(x + 0.8 * dsp.sine(hz, n), 1.4)
    return peaked(faded(x * dsp.gate(n, held, 0.004, 0.06)), 0.6)


def round_bass(pitch: int, held: float, velocity: float, take: int) -> Audio:
    """An electric bass played with the fingers: soft pluck, long warm body."""
    n = frames(held + 0.12)
    hz = dsp.hertz(pitch)
    x = dsp.sine(hz, n)
    for k, (level, time) in enumerate(((0.5, 1.6), (0.3, 0.9), (0.16, 0.5), (0.1, 0.3)), start=2):
        x = x + np.float32(level * (0.5 + velocity)) * dsp.sine(k * hz, n) * dsp.decay(n, time)
    thumb = dsp.bandpass(dsp.noise(n, 5 + take), 300, 1800) * dsp.decay(n, 0.03)
    x = x * dsp.decay(n, 4.0) + np.float32(0.05 + 0.1 * velocity) * thumb
    return peaked(faded(x * dsp.gate(n, held, 0.005, 0.09)), 0.6)


def upright_bass(pitch: int, held: float, velocity: float, take: int) -> Audio:
    """A plucked double bass: the note blooms after the finger, the body answers low."""
    n = frames(held + 0.25)
    hz = dsp.hertz(pitch)
    x = dsp.sine(hz, n) * dsp.decay(n, 2.6)
    for k, (level, time) in enumerate(
        ((0.7, 1.3), (0.35, 0.7), (0.25, 0.45), (0.12, 0.3)), start=2
    ):
        x = x + np.float32(level) * dsp.sine(k * hz * (1 + 0.0004 * k * k), n) * dsp.decay(n, time)
    finger = dsp.bandpass(dsp.noise(n, 8 + take), 150, 1400) * dsp.decay(n, 0.05)
    x = x + np.float32(0.12 + 0.2 * velocity) * finger
    return peaked(faded(dsp.lowpass(x, 1100, 1) * dsp.gate(n, held, 0.012, 0.2)), 0.6)


BASSES: dict[str, Voice] = {
    "sub bass": sub_bass,
    "synth bass": saw_bass,
    "electric bass": round_bass,
    "upright bass": upright_bass,
}
