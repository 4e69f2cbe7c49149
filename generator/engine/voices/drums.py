"""Drum kits by synthesis. A kit plays General MIDI pitches; kick and toms follow `tuning`.

The pitch of a drum event carries the key of the piece: `drum + 128 * pitch class`, so that the
kick and the toms are tuned to the music (an untuned kick makes the whole low end beat).
"""

from __future__ import annotations

import numpy as np

from generator.engine import dsp
from generator.engine.general_midi import (
    BRUSH,
    CLAP,
    CRASH,
    HAT,
    HIGH_TOM,
    KICK,
    LOW_TOM,
    MID_TOM,
    OPEN_HAT,
    PERC,
    RIDE,
    RIM,
    SHAKER,
    SNARE,
    TAMBOURINE,
)
from generator.engine.types import Audio
from generator.engine.voices.base import Voice, faded, frames, peaked


def _tuned(tonic: int, low: float) -> float:
    """The tonic's frequency in the octave that begins at `low` Hz."""
    hz = dsp.hertz(24 + tonic)
    while hz < low:
        hz *= 2
    return hz if hz < low * 1.6 else hz / 2 * 1.4983  # too high for a drum: its fifth below


def kick(tonic: int, body: float, sweep: float, click: float, drive: float) -> Audio:
    """A falling sine with a click; `body` seconds of ring, `sweep` times its pitch at first."""
    n = frames(body * 1.1)
    t = dsp.seconds(n)
    base = _tuned(tonic, 41.0)
    hz: Audio = (base * (1 + sweep * np.exp(-t * 55) + 0.5 * np.exp(-t * 12))).astype(np.float32)
    x = dsp.sine(hz, n, 0.0) * dsp.decay(n, body)
    tick = dsp.highpass(dsp.noise(n, 11), 2500) * dsp.decay(n, 0.02) * np.float32(click)
    return faded(peaked(dsp.saturate(x + tick, drive), 0.9), 0.03)


def tom(tonic: int, low: float) -> Audio:
    """A tuned tom above `low` Hz."""
    n = frames(0.6)
    t = dsp.seconds(n)
    hz: Audio = (_tuned(tonic, low) * (1 + 0.5 * np.exp(-t * 18))).astype(np.float32)
    skin = dsp.bandpass(dsp.noise(n, 12), 300, 2500) * dsp.decay(n, 0.06) * np.float32(0.4)
    return faded(peaked(dsp.sine(hz, n) * dsp.decay(n, 0.45) + skin, 0.8), 0.05)


def snare(take: int, tone: float, body: float, wires: float, crack: float) -> Audio:
    """Two shell modes, a band of wires that rings `wires` seconds, and a crack at the front."""
    n = frames(max(body, wires) * 1.1)
    t = dsp.seconds(n)
    bend: Audio = (1 + 0.4 * np.exp(-t * 60)).astype(np.float32)
    shell = dsp.sine(tone * bend, n) + 0.6 * dsp.sine(tone * 1.78 * bend, n)
    hiss = dsp.bandpass(dsp.noise(n, 20 + take), 1200, 9500) * dsp.decay(n, wires)
    snap = dsp.highpass(dsp.noise(n, 40 + take), 3500) * dsp.decay(n, 0.03)
    x = 0.55 * shell * dsp.decay(n, body) + 0.7 * hiss + np.float32(crack) * snap
    return faded(peaked(dsp.saturate(x, 1.5), 0.8), 0.02)


def clap(take: int) -> Audio:
    """Four hands a few milliseconds apart, then the room."""
    n = frames(0.35)
    x = dsp.noise(n, 60 + take)
    envelope = np.zeros(n, dtype=np.float32)
    for at, time in ((0.0, 0.03), (0.011, 0.03), (0.021, 0.03), (0.032, 0.28)):
        start = frames(at)
        envelope[start:] = np.maximum(envelope[start:], dsp.decay(n - start, time))
    return faded(peaked(dsp.bandpass(x * envelope, 900, 5500), 0.8))


def metal(take: int, time: float, low: float, tone: float) -> Audio:
    """A cymbal: six inharmonic squares and noise above `low` Hz, ringing `time` seconds."""
    n = frames(time * 1.05 + 0.02)
    ratios = (2.0, 3.0, 4.16, 5.43, 6.79, 8.21)
    ring = sum(
        (dsp.wave("square", tone * r, n, 0.13 * i) for i, r in enumerate(ratios)),
        np.zeros(n, dtype=np.float32),
    )
    x = dsp.highpass(ring * np.float32(0.16) + dsp.noise(n, 80 + take), low)
    return faded(peaked(dsp.lowpass(x, 10_500) * dsp.decay(n, time), 0.6), 0.02)


def rustle(take: int, time: float, low: float, high: float) -> Audio:
    """Shaker, brush and the like: noise in a band that swells before it falls."""
    n = frames(time * 1.1)
    swell: Audio = np.minimum(1, dsp.seconds(n) / (time * 0.25)).astype(np.float32)
    x = dsp.bandpass(dsp.noise(n, 120 + take), low, high) * swell * dsp.decay(n, time)
    return faded(peaked(x, 0.5))


def rim(take: int) -> Audio:
    """A cross stick: short wood."""
    n = frames(0.12)
    x = dsp.sine(1720.0, n) + 0.7 * dsp.sine(480.0, n) + 0.2 * dsp.noise(n, 140 + take)
    return faded(peaked(x * dsp.decay(n, 0.07), 0.6))


def perc(take: int) -> Audio:
    """A conga-like hit."""
    n = frames(0.3)
    t = dsp.seconds(n)
    hz: Audio = (245 * (1 + 0.25 * np.exp(-t * 40))).astype(np.float32)
    slap = dsp.bandpass(dsp.noise(n, 160 + take), 500, 3000) * dsp.decay(n, 0.04)
    return faded(peaked(dsp.sine(hz, n) * dsp.decay(n, 0.22) + 0.3 * slap, 0.6))


def _common(drum: int, tonic: int, velocity: float, take: int) -> Audio:
    """The drums that all kits share."""
    if drum in (LOW_TOM, MID_TOM, HIGH_TOM):
        return tom(tonic, {LOW_TOM: 70.0, MID_TOM: 100.0, HIGH_TOM: 140.0}[drum])
    table = {
        RIM: lambda: rim(take),
        CLAP: lambda: clap(take),
        BRUSH: lambda: rustle(take, 0.22, 900, 7000),
        HAT: lambda: metal(take, 0.05 + 0.05 * velocity, 6500, 323.0),
        OPEN_HAT: lambda: metal(take, 0.38, 6000, 323.0),
        CRASH: lambda: metal(take, 2.2, 3800, 271.0),
        RIDE: lambda: metal(take, 0.9, 4200, 407.0),
        SHAKER: lambda: rustle(take, 0.08, 4500, 11000),
        TAMBOURINE: lambda: metal(take, 0.14, 7500, 611.0),
        PERC: lambda: perc(take),
    }
    return table[drum]()


def _kit(
    kick_shape: tuple[float, float, float, float],
    snare_shape: tuple[float, float, float, float],
    dull: float = 20_000.0,
) -> Voice:
    def play(pitch: int, held: float, velocity: float, take: int) -> Audio:
        drum, tonic = pitch % 128, pitch // 128
        if drum == KICK:
            sound = kick(tonic, *kick_shape)
        elif drum == SNARE:
            sound = snare(take, *snare_shape)
        else:
            sound = _common(drum, tonic, velocity, take)
        return dsp.lowpass(sound, dull, 1) if dull < 20_000 else sound

    return play


DRUM_KITS: dict[str, Voice] = {
    "club kit": _kit((0.32, 5.0, 0.5, 2.2), (210.0, 0.12, 0.2, 0.6)),
    "dusty kit": _kit((0.28, 2.6, 0.25, 1.5), (178.0, 0.14, 0.17, 0.3), 7500.0),
    "eighties kit": _kit((0.30, 3.5, 0.6, 1.8), (188.0, 0.22, 0.42, 0.5)),
    "studio kit": _kit((0.26, 2.4, 0.8, 1.6), (196.0, 0.18, 0.24, 0.7)),
    "brush kit": _kit((0.34, 1.4, 0.15, 1.1), (190.0, 0.10, 0.20, 0.15), 9000.0),
    "cinema kit": _kit((1.1, 1.6, 0.2, 1.4), (120.0, 0.4, 0.5, 0.2), 5000.0),
    "trap kit": _kit((0.55, 3.0, 0.5, 2.6), (230.0, 0.10, 0.22, 0.8)),
}
