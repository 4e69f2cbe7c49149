"""The last stage before the encoder: loudness to -14 LUFS and a look-ahead limiter."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import minimum_filter1d, uniform_filter1d

from generator.engine import dsp
from generator.engine.types import SAMPLE_RATE, Audio

TARGET = -14.0
CEILING = -2.0
"""dBTP before the encoder: 192 kbit/s MP3 adds up to 0.9 dB of overshoot."""

_BLOCK = 1 << 18
_LOOKAHEAD = 221  # 5 ms: longer than the attack, shorter than the ear's

# The K-weighting of ITU-R BS.1770 at 44.1 kHz: a shelf for the head, then a high-pass.
_K_WEIGHT = np.array(
    [
        [1.53090959, -2.65116903, 1.16916686, 1.0, -1.66375011, 0.71265753],
        [1.0, -2.0, 1.0, 1.0, -1.98920104, 0.9892302],
    ]
)


def _powers(pcm: Audio) -> np.ndarray:
    """K-weighted power of each 100 ms, both channels summed."""
    hop = SAMPLE_RATE // 10
    state = np.zeros((2, 2, 2))
    powers = []
    for start in range(0, len(pcm), hop * 64):
        y, state = dsp.stream_filter(_K_WEIGHT, pcm[start : start + hop * 64], state)
        whole = len(y) // hop
        powers.append((y[: whole * hop].reshape(whole, hop, 2) ** 2).mean(axis=1).sum(axis=1))
    return np.concatenate(powers)


def loudness(pcm: Audio) -> float:
    """Integrated loudness in LUFS of (frames, 2) PCM, gated as BS.1770-4 asks."""
    p = _powers(pcm)
    blocks = np.convolve(p, np.full(4, 0.25), "valid")
    level = -0.691 + 10 * np.log10(np.maximum(blocks, 1e-12))
    loud = blocks[level > -70]
    if not len(loud):
        return -70.0
    gate = -0.691 + 10 * np.log10(loud.mean()) - 10
    return float(-0.691 + 10 * np.log10(blocks[level > max(gate, -70.0)].mean()))


def _gain_curve(peaks: Audio, limit: float) -> Audio:
    """Gain that is down before a peak arrives and comes back slowly after it."""
    need = np.minimum(1.0, limit / np.maximum(peaks, 1e-6)).astype(np.float32)
    held = minimum_filter1d(need, 2 * _LOOKAHEAD + 1)
    smooth: Audio = uniform_filter1d(held, _LOOKAHEAD)
    slow = uniform_filter1d(minimum_filter1d(need, 4411), 4410)
    # The slow curve carries the body of a loud passage, the fast one catches what is left.
    curve: Audio = np.minimum(smooth, 0.5 * slow + 0.5 * smooth).astype(np.float32)
    return curve


def peaks(pcm: Audio) -> Audio:
    """The inter-sample peak around each frame; the costly part, so it is measured once."""
    found = np.empty(len(pcm), dtype=np.float32)
    for start in range(0, len(pcm), _BLOCK):
        left = max(0, start - 32)
        over = np.abs(dsp.oversampled(pcm[left : start + _BLOCK + 32])).max(axis=1)
        around = over.reshape(-1, 4).max(axis=1)[start - left :]
        found[start : start + _BLOCK] = around[: len(found) - start][:_BLOCK]
    return found


def limit(pcm: Audio, heights: Audio, gain: float) -> Audio:
    """PCM times `gain` (a factor) with no peak of `heights` above the ceiling."""
    ceiling = 10 ** (CEILING / 20)
    out = np.empty_like(pcm)
    margin = 8820
    for start in range(0, len(pcm), _BLOCK):
        left = max(0, start - margin)
        part = pcm[left : start + _BLOCK + margin]
        curve = _gain_curve(heights[left : start + _BLOCK + margin] * np.float32(gain), ceiling)
        keep = slice(start - left, start - left + min(_BLOCK, len(pcm) - start))
        out[start : start + _BLOCK] = part[keep] * (curve[keep] * np.float32(gain))[:, None]
    return out


def master(mix: Audio) -> tuple[Audio, float]:
    """The limited mix and its loudness in LUFS, within 0.1 of the target where that can be."""
    gain = 10 ** ((TARGET - loudness(mix)) / 20)
    heights = peaks(mix)
    for _ in range(8):
        out = limit(mix, heights, gain)
        heard = loudness(out)
        if abs(heard - TARGET) < 0.1:
            break
        # A decibel more into the limiter is less than a decibel more out of it.
        gain *= 10 ** (1.5 * (TARGET - heard) / 20)
    return out, heard
