"""Typed, cached wrappers over the filters and transforms of scipy and numpy."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from scipy.signal import butter, lfilter, resample_poly, sosfilt

from generator.engine.types import SAMPLE_RATE, Audio

_TABLE = 16_384


@lru_cache(maxsize=256)
def sections(kind: str, hz: float | tuple[float, float], order: int = 2) -> Any:
    """Second-order sections of a Butterworth filter at the engine's sample rate."""
    return butter(order, hz, kind, fs=SAMPLE_RATE, output="sos")


def _filtered(x: Audio, sos: Any) -> Audio:
    y: Audio = sosfilt(sos, x, axis=0).astype(np.float32)
    return y


def lowpass(x: Audio, hz: float, order: int = 2) -> Audio:
    """Below `hz`; frequencies near Nyquist pass everything."""
    return _filtered(x, sections("lowpass", min(round(hz, 1), 20_000.0), order))


def highpass(x: Audio, hz: float, order: int = 2) -> Audio:
    """Above `hz`."""
    return _filtered(x, sections("highpass", round(hz, 1), order))


def bandpass(x: Audio, low: float, high: float, order: int = 1) -> Audio:
    """Between `low` and `high` Hz."""
    return _filtered(x, sections("bandpass", (low, min(high, 20_000.0)), order))


def recursive(b: list[float], a: Any, x: Audio) -> Audio:
    """A rational filter, used as a resonator or a plucked string by the voices."""
    y: Audio = lfilter(b, a, x).astype(np.float32)
    return y


def stream_filter(sos: Any, x: Audio, state: Any) -> tuple[Audio, Any]:
    """Filter one block of a stream, handing back the state for the next block."""
    y, after = sosfilt(sos, x, axis=0, zi=state)
    return np.asarray(y, dtype=np.float32), after


def oversampled(x: Audio, factor: int = 4) -> Audio:
    """Band-limited interpolation, for peaks that stand between the samples."""
    y: Audio = resample_poly(x, factor, 1, axis=0).astype(np.float32)
    return y


def noise(frames: int, seed: int) -> Audio:
    """White noise that is the same each time, so that one seed always gives one PCM."""
    return np.random.default_rng(seed).standard_normal(frames, dtype=np.float32)


_SINE: Audio = np.sin(np.arange(_TABLE) * (2 * np.pi / _TABLE)).astype(np.float32)


@lru_cache(maxsize=64)
def _table(shape: str, harmonics: int) -> Audio:
    k = np.arange(_TABLE // 2 + 1)
    spectrum = np.zeros(_TABLE // 2 + 1, dtype=np.complex128)
    used = k[1 : harmonics + 1]
    if shape == "saw":
        spectrum[used] = 1j / used
    else:
        odd = used[used % 2 == 1]
        spectrum[odd] = 1j / odd
    wave = np.fft.irfft(spectrum)
    table: Audio = (wave / np.abs(wave).max()).astype(np.float32)
    return table


def _looked_up(table: Audio, hz: float | Audio, frames: int, phase: float) -> Audio:
    """One period read at a frequency, or at one frequency a frame. Error 77 dB down."""
    if isinstance(hz, float):
        turns = np.arange(frames, dtype=np.float64)
        turns *= hz * _TABLE / SAMPLE_RATE
    else:
        turns = np.cumsum(hz, dtype=np.float64)
        turns *= _TABLE / SAMPLE_RATE
    turns += phase * _TABLE + 0.5
    index = turns.astype(np.int64)
    index &= _TABLE - 1
    y: Audio = table[index]
    return y


def wave(shape: str, hz: float | Audio, frames: int, phase: float = 0.0) -> Audio:
    """A band-limited `saw` or `square`; `hz` is a number or one frequency a frame."""
    top = float(np.max(hz))
    # Powers of sqrt(2): few tables, and no harmonic is ever folded back below 16 kHz.
    wanted = max(1.0, 15_000.0 / top)
    harmonics = int(2 ** (np.floor(np.log2(wanted) * 2) / 2))
    return _looked_up(_table(shape, harmonics), hz, frames, phase)


def sine(hz: float | Audio, frames: int, phase: float = 0.0) -> Audio:
    """A sine of `frames` samples; `phase` is in turns."""
    return _looked_up(_SINE, hz, frames, phase)


def seconds(frames: int) -> Audio:
    """The time of each frame in seconds."""
    t: Audio = np.arange(frames, dtype=np.float32) / np.float32(SAMPLE_RATE)
    return t


def decay(frames: int, time: float) -> Audio:
    """An exponential fall by 60 dB in `time` seconds."""
    y: Audio = np.exp(seconds(frames) * np.float32(-6.9078 / time))
    return y


def gate(frames: int, held: float, attack: float, release: float) -> Audio:
    """Attack, hold for `held` seconds, then a raised-cosine release that ends in true zero."""
    t = seconds(frames)
    rise = np.clip(t / max(attack, 0.001), 0.0, 1.0)
    fall = np.clip((t - held) / release, 0.0, 1.0)
    y: Audio = (rise * rise * (3 - 2 * rise) * (0.5 + 0.5 * np.cos(np.pi * fall))).astype(
        np.float32
    )
    return y


def hertz(pitch: float) -> float:
    """Frequency of a MIDI pitch, A4 = 440 Hz."""
    return float(440.0 * 2.0 ** ((pitch - 69.0) / 12.0))


def stereo(left: Audio, right: Audio) -> Audio:
    """Two mono signals as one (frames, 2)."""
    y: Audio = np.stack([left, right], axis=1)
    return y


def saturate(x: Audio, drive: float) -> Audio:
    """Soft clipping with unity gain for small signals divided by the drive."""
    y: Audio = np.tanh(x * np.float32(drive)) / np.float32(np.tanh(drive))
    return y
