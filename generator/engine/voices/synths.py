"""Electronic and bowed voices: pads, strings, leads, plucks."""

from __future__ import annotations

import numpy as np

from generator.engine import dsp
from generator.engine.types import Audio
from generator.engine.voices.base import Voice, faded, filter_sweep, frames, peaked

_DETUNE = (-0.0052, -0.0031, -0.0012, 0.0, 0.0014, 0.0033, 0.0049)


def _swarm(hz: float, n: int, amount: float) -> Audio:
    """Seven saws spread over the stereo field; phases differ so that no note starts in a spike."""
    left = np.zeros(n, dtype=np.float32)
    right = np.zeros(n, dtype=np.float32)
    for i, detune in enumerate(_DETUNE):
        x = dsp.wave("saw", hz * (1 + detune * amount), n, (i * 0.37) % 1)
        pan = np.float32(i / 6)
        left += x * (1 - pan * np.float32(0.85))
        right += x * (np.float32(0.15) + pan * np.float32(0.85))
    return dsp.stereo(left, right)


def super_saw(pitch: int, held: float, velocity: float, take: int) -> Audio:
    """The bright stack of the dance floor, for chords and leads."""
    n = frames(held + 0.18)
    x = _swarm(dsp.hertz(pitch), n, 1.0)
    bright = dsp.lowpass(x, 3500 + 5500 * velocity)
    dark = dsp.lowpass(bright, 1300)
    x = filter_sweep(bright, dark, 0.25 + 0.75 * dsp.decay(n, 0.9))
    return peaked(faded(x * dsp.gate(n, held, 0.006, 0.16)[:, None]), 0.4)


def pluck(pitch: int, held: float, velocity: float, take: int) -> Audio:
    """A short synth pluck whose filter snaps shut."""
    n = frames(0.5 + 0.3)
    hz = dsp.hertz(pitch)
    x = dsp.stereo(dsp.wave("saw", hz * 0.9985, n), dsp.wave("saw", hz * 1.0015, n, 0.4))
    x = x + 0.5 * dsp.wave("square", hz, n, 0.2)[:, None]
    bright = dsp.lowpass(x, 2500 + 5000 * velocity)
    x = filter_sweep(bright, dsp.lowpass(x, 500), dsp.decay(n, 0.4))
    return peaked(faded(x * (dsp.decay(n, 0.75) * dsp.gate(n, 0.5, 0.002, 0.28))[:, None]), 0.45)


def warm_pad(pitch: int, held: float, velocity: float, take: int) -> Audio:
    """A slow, soft pad that opens while it is held."""
    n = frames(held + 1.2)
    x = dsp.lowpass(_swarm(dsp.hertz(pitch), n, 0.8), 1100 + 1500 * velocity)
    dark = dsp.lowpass(x, 520)
    swell = 0.5 - 0.5 * np.cos(np.pi * np.clip(dsp.seconds(n) / max(held, 0.5), 0, 1))
    x = filter_sweep(x, dark, swell.astype(np.float32))
    return peaked(faded(x * dsp.gate(n, held, min(0.5, held * 0.4), 1.1)[:, None], 0.05), 0.35)


def glass_pad(pitch: int, held: float, velocity: float, take: int) -> Audio:
    """Sines that beat slowly against each other: air above an ambient piece."""
    n = frames(held + 1.8)
    hz = dsp.hertz(pitch)
    left = np.zeros(n, dtype=np.float32)
    right = np.zeros(n, dtype=np.float32)
    for k, level in ((1, 1.0), (2, 0.5), (3, 0.3), (4, 0.2), (6, 0.1 + 0.1 * velocity)):
        beat = 0.55 / k
        left += np.float32(level) * dsp.sine(k * hz - beat / 2, n, 0.21 * k)
        right += np.float32(level) * dsp.sine(k * hz + beat / 2, n, 0.33 * k)
    # A third of each side in the other: wide, yet nothing is lost in mono.
    x = dsp.stereo(left + 0.35 * right, right + 0.35 * left)
    return peaked(faded(x * dsp.gate(n, held, min(1.2, held * 0.45), 1.7)[:, None], 0.05), 0.35)


def _vibrato(hz: float, n: int, rate: float, depth: float, onset: float) -> Audio:
    """A frequency for each frame; vibrato arrives after `onset` seconds as a player's does."""
    t = dsp.seconds(n)
    arrival = np.clip((t - onset) / 0.35, 0, 1)
    y: Audio = (hz * (1 + depth * arrival * np.sin(2 * np.pi * rate * t))).astype(np.float32)
    return y


def strings(pitch: int, held: float, velocity: float, take: int) -> Audio:
    """A section of six bows, each with a vibrato of its own."""
    n = frames(held + 0.55)
    hz = dsp.hertz(pitch)
    left = np.zeros(n, dtype=np.float32)
    right = np.zeros(n, dtype=np.float32)
    for i in range(6):
        tuned = hz * (1 + 0.0011 * (i - 2.5))
        x = dsp.wave("saw", _vibrato(tuned, n, 4.7 + 0.31 * i, 0.0035, 0.1 * i), n, i * 0.29)
        left += x * np.float32(1 - 0.14 * i)
        right += x * np.float32(0.3 + 0.14 * i)
    x = dsp.stereo(left, right)
    body = dsp.lowpass(x, 1800 + 2200 * velocity)
    x = body + 0.35 * dsp.bandpass(x, 380, 900)
    attack = min(0.22, 0.06 + held * 0.15)
    return peaked(faded(x * dsp.gate(n, held, attack, 0.5)[:, None], 0.03), 0.35)


def choir(pitch: int, held: float, velocity: float, take: int) -> Audio:
    """Voices without words: a saw swarm through the formants of an open vowel."""
    n = frames(held + 0.8)
    x = _swarm(dsp.hertz(pitch), n, 1.3)
    vowel = dsp.bandpass(x, 520, 780) + 0.6 * dsp.bandpass(x, 980, 1250)
    x = vowel + 0.15 * dsp.bandpass(x, 2300, 2900) + 0.3 * dsp.lowpass(x, 300)
    return peaked(faded(x * dsp.gate(n, held, min(0.5, held * 0.4), 0.7)[:, None], 0.05), 0.35)


def soft_lead(pitch: int, held: float, velocity: float, take: int) -> Audio:
    """A round lead between flute and synth: sine and a little square, breath at the front."""
    n = frames(held + 0.18)
    hz = _vibrato(dsp.hertz(pitch), n, 5.2, 0.006, 0.28)
    x = dsp.sine(hz, n) + np.float32(0.16 + 0.2 * velocity) * dsp.wave("square", hz, n)
    breath = dsp.bandpass(dsp.noise(n, 210 + take), 1500, 5000) * dsp.decay(n, 0.12)
    x = dsp.lowpass(x, 3800) + np.float32(0.03) * breath
    return peaked(faded(x * dsp.gate(n, held, 0.02, 0.15)), 0.45)


def saw_lead(pitch: int, held: float, velocity: float, take: int) -> Audio:
    """A singing analogue lead with late vibrato."""
    n = frames(held + 0.2)
    hz = _vibrato(dsp.hertz(pitch), n, 5.6, 0.005, 0.25)
    x = dsp.wave("saw", hz * np.float32(0.998), n)
    x = x + dsp.wave("saw", hz * np.float32(1.002), n, 0.4)
    x = x + 0.5 * dsp.wave("square", hz * np.float32(0.5), n, 0.2)
    bright = dsp.lowpass(x, 2600 + 3000 * velocity)
    x = filter_sweep(bright, dsp.lowpass(x, 1100), 0.35 + 0.65 * dsp.decay(n, 0.8))
    return peaked(faded(x * dsp.gate(n, held, 0.008, 0.18)), 0.45)


SYNTHS: dict[str, Voice] = {
    "supersaw": super_saw,
    "synth pluck": pluck,
    "warm pad": warm_pad,
    "glass pad": glass_pad,
    "strings": strings,
    "choir": choir,
    "soft lead": soft_lead,
    "synth lead": saw_lead,
}
