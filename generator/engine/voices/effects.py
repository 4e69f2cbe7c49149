"""Sounds without a pitch of their own: risers, impacts, vinyl."""

from __future__ import annotations

import numpy as np

from generator.engine import dsp
from generator.engine.types import Audio
from generator.engine.voices.base import Voice, faded, frames, peaked


def riser(pitch: int, held: float, velocity: float, take: int) -> Audio:
    """Noise that climbs for the whole of `held` and stops where the drop begins."""
    n = frames(held)
    t = np.linspace(0, 1, n, dtype=np.float32)
    x = dsp.stereo(dsp.noise(n, 401), dsp.noise(n, 402))
    low, high = dsp.bandpass(x, 400, 1500), dsp.bandpass(x, 2500, 9000)
    climb = (low * (1 - t)[:, None] + high * t[:, None]) * (t**2)[:, None]
    return peaked(faded(climb, 0.02), 0.4)


def impact(pitch: int, held: float, velocity: float, take: int) -> Audio:
    """A deep boom with a wash of air over it, for the first beat of a section."""
    n = frames(2.4)
    t = dsp.seconds(n)
    hz: Audio = (38 + 50 * np.exp(-t * 9)).astype(np.float32)
    boom = dsp.sine(hz, n) * dsp.decay(n, 1.5)
    air = dsp.lowpass(dsp.stereo(dsp.noise(n, 411), dsp.noise(n, 412)), 5000)
    return peaked(faded(boom[:, None] + 0.35 * air * dsp.decay(n, 1.6)[:, None], 0.2), 0.6)


def vinyl(pitch: int, held: float, velocity: float, take: int) -> Audio:
    """Surface noise with sparse crackles; `held` seconds that fade in and out to be tiled."""
    n = frames(held + 0.5)
    rng = np.random.default_rng(420 + take)
    hiss = dsp.bandpass(dsp.stereo(dsp.noise(n, 421), dsp.noise(n, 422)), 700, 6000)
    clicks = np.zeros((n, 2), dtype=np.float32)
    count = int(held * 7)
    clicks[rng.integers(0, n, count), rng.integers(0, 2, count)] = rng.exponential(1.0, count)
    x = 0.02 * hiss + dsp.bandpass(clicks, 900, 5500)
    return faded(peaked(x * dsp.gate(n, held, 0.5, 0.5)[:, None], 0.3), 0.05)


EFFECTS: dict[str, Voice] = {"riser": riser, "impact": impact, "vinyl": vinyl}
