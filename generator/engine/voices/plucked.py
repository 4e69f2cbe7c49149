"""Plucked strings by the Karplus-Strong loop, clean and through drive and a cabinet."""

from __future__ import annotations

import numpy as np

from generator.engine import dsp
from generator.engine.types import SAMPLE_RATE, Audio
from generator.engine.voices.base import Voice, faded, frames, peaked


def _string(hz: float, n: int, bright: float, time: float, take: int) -> Audio:
    """A plucked string of `time` seconds; `bright` 0..1 sets the pick and the loop's damping."""
    loop = SAMPLE_RATE / hz - 0.5
    whole = int(loop)
    fraction = loop - whole
    pick = np.zeros(n, dtype=np.float32)
    burst = dsp.lowpass(dsp.noise(max(whole, 32), 300 + take), 1500 + 7000 * bright, 1)
    pick[:whole] = (burst - burst.mean())[:whole]
    loss = 10 ** (-3 / (time * hz))
    damp = 0.5 - 0.28 * bright
    # y[n] = pick + loss * fractional delay of the two-point average: one lfilter, no loop.
    a = np.zeros(whole + 3)
    a[0] = 1.0
    taps = np.convolve([1 - fraction, fraction], [1 - damp, damp]) * loss
    a[whole : whole + 3] -= taps
    return dsp.recursive([1.0], a, pick)


def _pluck(bright: float, ring: float, body: float) -> Voice:
    def play(pitch: int, held: float, velocity: float, take: int) -> Audio:
        n = frames(held + 0.3)
        hz = dsp.hertz(pitch)
        x = _string(hz, n, bright * (0.4 + 0.6 * velocity), ring, take)
        box = dsp.bandpass(x, 90, 260) * np.float32(body)
        x = dsp.highpass(x + box, 60) * dsp.gate(n, held, 0.001, 0.25)
        pan = 0.12 * np.sin(pitch * 2.1)
        return peaked(faded(dsp.stereo(x * np.float32(1 - pan), x * np.float32(1 + pan))), 0.5)

    return play


def drive_guitar(pitch: int, held: float, velocity: float, take: int) -> Audio:
    """A power chord on the direct signal, driven, then the band a cabinet lets through."""
    n = frames(held + 0.1)
    sides = []
    for side in (0, 1):
        x = np.zeros(n, dtype=np.float32)
        for interval in (0, 7, 12):
            hz = dsp.hertz(pitch + interval) * (1 + 0.0012 * side)
            x = x + peaked(_string(hz, n, 0.7, 6.0, take * 7 + interval + side * 31), 0.4)
        x = dsp.saturate(dsp.highpass(x, 110), 14.0)
        x = dsp.lowpass(dsp.highpass(x, 90), 4200, 4)
        sides.append(x * dsp.gate(n, held, 0.002, 0.06))
    return peaked(faded(dsp.stereo(sides[0], sides[1])), 0.4)


PLUCKED: dict[str, Voice] = {
    "nylon guitar": _pluck(0.35, 3.2, 0.8),
    "steel guitar": _pluck(0.75, 4.0, 0.5),
    "muted guitar": _pluck(0.55, 0.35, 0.4),
    "harp": _pluck(0.5, 5.0, 0.3),
    "overdriven guitar": drive_guitar,
}
