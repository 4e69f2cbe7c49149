"""Struck keys and mallets: piano, felt piano, Rhodes, organ, bells."""

from __future__ import annotations

import numpy as np

from generator.engine import dsp
from generator.engine.types import SAMPLE_RATE, Audio
from generator.engine.voices.base import Voice, faded, frames, peaked


def _partial(hz: float, time: float, n: int, phase: float) -> Audio:
    """A dying sine as a two-pole resonance of an impulse: 4 times cheaper than sin * exp."""
    length = min(n, frames(time * 1.2))
    impulse = np.zeros(n, dtype=np.float32)
    impulse[0] = np.float32(np.cos(phase))
    r = 10 ** (-3 / (time * SAMPLE_RATE))
    w = 2 * np.pi * hz / SAMPLE_RATE
    impulse[:length] = dsp.recursive(
        [float(np.sin(w + phase)), 0.0], [1.0, -2 * r * float(np.cos(w)), r * r], impulse[:length]
    )
    return impulse


def _strings(pitch: int, n: int, tone: float, ring: float) -> tuple[Audio, Audio]:
    """Left and right of a piano note: stiff partials of two strings a hair apart."""
    hz = dsp.hertz(pitch)
    stiffness = 0.00012 * 2 ** ((pitch - 48) / 14)
    left = np.zeros(n, dtype=np.float32)
    right = np.zeros(n, dtype=np.float32)
    for k in range(1, 19):
        f = k * hz * float(np.sqrt(1 + stiffness * k * k))
        if f > 9000:
            break
        # The hammer stands at an eighth of the string: partials near 8 and 16 hardly sound.
        level = abs(np.sin(np.pi * k / 7.7)) / k**tone
        time = ring / (1 + 0.32 * (k - 1))
        left += np.float32(level) * _partial(f * 0.99985, time, n, 0.7 * k)
        right += np.float32(level) * _partial(f * 1.00018, time * 0.94, n, 0.7 * k + 0.6)
    return left, right


def _piano(tone: float, hammer: float, attack: float) -> Voice:
    def play(pitch: int, held: float, velocity: float, take: int) -> Audio:
        release = 0.35
        n = frames(held + release)
        ring = 9.0 * 2 ** (-(pitch - 40) / 15)
        left, right = _strings(pitch, n, tone - 0.9 * velocity, min(14.0, max(1.2, ring)))
        knock = dsp.bandpass(dsp.noise(n, 7 + take), 120, 900) * dsp.decay(n, 0.06)
        x = dsp.stereo(left, right)
        x = x / np.abs(x).max() + np.float32(hammer * (0.4 + velocity)) * knock[:, None]
        position = (pitch - 64) / 160  # low strings to the left, as the player hears them
        sides = np.array([1 - position, 1 + position], dtype=np.float32)
        return peaked(faded(x * sides * dsp.gate(n, held, attack, release)[:, None]), 0.5)

    return play


def rhodes(pitch: int, held: float, velocity: float, take: int) -> Audio:
    """Two-operator tines with a bell at the front and a slow pan, after the electric piano."""
    n = frames(held + 0.3)
    hz = dsp.hertz(pitch)
    depth = (0.35 + 1.3 * velocity) * dsp.decay(n, 1.4) * np.float32(min(1.0, 330 / hz + 0.35))
    modulator = dsp.sine(hz, n)
    phase = dsp.seconds(n).astype(np.float64) * hz
    body: Audio = np.sin(2 * np.pi * (phase % 1.0) + depth * modulator).astype(np.float32)
    ring = 4.5 * 2 ** (-(pitch - 48) / 24)
    x = body * dsp.decay(n, ring)
    if hz * 7.1 < 9000:
        x = x + np.float32(0.12 * velocity) * dsp.sine(hz * 7.1, n) * dsp.decay(n, 0.35)
    x = dsp.saturate(x * dsp.gate(n, held, 0.004, 0.25), 0.8)
    sway = np.float32(0.22) * dsp.sine(4.2, n)
    return peaked(faded(dsp.stereo(x * (1 + sway), x * (1 - sway))), 0.5)


def organ(pitch: int, held: float, velocity: float, take: int) -> Audio:
    """Drawbars 8, 5 1/3, 4, 2 2/3 and 2 feet through a slow rotor."""
    n = frames(held + 0.08)
    hz = dsp.hertz(pitch)
    bars = ((1.0, 1.0), (1.5, 0.35), (2.0, 0.55), (3.0, 0.3), (4.0, 0.22), (0.5, 0.5))
    x = np.zeros(n, dtype=np.float32)
    for ratio, level in bars:
        x = x + np.float32(level) * dsp.sine(hz * ratio, n, 0.17 * ratio)
    x = dsp.saturate(x * np.float32(0.3), 1.2) * dsp.gate(n, held, 0.008, 0.06)
    rotor = np.float32(0.18) * dsp.sine(6.1, n)
    return peaked(faded(dsp.stereo(x * (1 + rotor), x * (1 - rotor))), 0.4)


def bells(pitch: int, held: float, velocity: float, take: int) -> Audio:
    """A soft bell between glockenspiel and music box."""
    n = frames(max(held, 0.6) + 1.2)
    hz = dsp.hertz(pitch)
    parts = ((1.0, 1.0, 1.7), (2.76, 0.3, 0.7), (5.4, 0.12 + 0.15 * velocity, 0.3))
    x = np.zeros(n, dtype=np.float32)
    for ratio, level, time in parts:
        if hz * ratio < 12_000:
            x = x + np.float32(level) * dsp.sine(hz * ratio, n) * dsp.decay(n, time)
    x = x * dsp.gate(n, max(held, 0.6) + 0.7, 0.002, 0.5)
    side = np.float32(0.15) * dsp.sine(0.9, n, 0.1 * (pitch % 7))
    return peaked(faded(dsp.stereo(x * (1 - side), x * (1 + side)), 0.05), 0.45)


KEYS: dict[str, Voice] = {
    "piano": _piano(1.5, 0.05, 0.001),
    "felt piano": _piano(2.05, 0.1, 0.004),
    "Rhodes": rhodes,
    "organ": organ,
    "bells": bells,
}
