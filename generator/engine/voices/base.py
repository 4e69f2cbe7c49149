"""What every voice is, and the shapes that many of them share."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from generator.engine.types import SAMPLE_RATE, Audio

Voice = Callable[[int, float, float, int], Audio]


def frames(seconds: float) -> int:
    """Seconds as whole samples."""
    return int(seconds * SAMPLE_RATE)


def faded(x: Audio, seconds: float = 0.008) -> Audio:
    """The sound with a short fade at its end, so that no voice ever stops on a step."""
    n = min(len(x), frames(seconds))
    ramp: Audio = np.linspace(1, 0, n, dtype=np.float32)
    x[len(x) - n :] *= ramp if x.ndim == 1 else ramp[:, None]
    return x


def peaked(x: Audio, level: float = 0.5) -> Audio:
    """The sound scaled to a peak of `level`: voices meet the mixer at one height."""
    y: Audio = x * np.float32(level / max(1e-6, float(np.abs(x).max())))
    return y


def filter_sweep(bright: Audio, dark: Audio, opening: Audio) -> Audio:
    """A moving filter as a cross-fade: 50 times cheaper than one new filter a sample."""
    o = opening if bright.ndim == 1 else opening[:, None]
    y: Audio = dark + (bright - dark) * o
    return y
