"""Plucked strings by the Karplus-Strong loop, clean and through drive and a cabinet."""

from __future__ import annotations

import numpy as np

from generator.engine import dsp
from generator.engine.types import SAMPLE_RATE, Audio
from generator.engine.voices.base import Voice, faded, frames, peaked


def _string(hz: float, n: int, bright: float, time: float, take: int) -> Audio:
    """A plucked string of `time` seconds; `bright` 0..1 sets the pick and the loop's damping."""
    damp = 0.5 - 0.28 * bright
    loop = SAMPLE_RATE / hz - damp  # the average below delays by `damp` samples
    whole = int(loop)
    fraction = loop - whole
    burst = dsp.lowpass(dsp.noise(whole, 300 + take), 1500 + 7000 * bright, 1)
    pick = burst - burst.mean()
    loss = 10 ** (-3 / (time * hz))
    a, b, c = np.convolve([1 - fraction, fraction], [1 - damp, damp]) * loss
    # y[n] = pick[n] + a y[n-P] + b y[n-P-1] + c y[n-P-2], a whole period at a time: 5 times
    # faster than one recursive filter with hundreds of taps.
    y = np.zeros(n + 2 * whole + 2, dtype=np.float32)
    y[whole + 2 : 2 * whole + 2] = pick
    for start in range(2 * whole + 2, n + whole + 2, whole):
        last = y[start - whole - 2 : start]
        y[start : start + whole] = a * last[2:] + b * last[1:-1] + c * last[:-2]
    return y[whole + 2 : whole + 2 + n]


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
