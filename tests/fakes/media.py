"""Small real media files for the scripted upstream to serve."""

import functools
import io

import numpy as np
import soundfile
from PIL import Image

RATE = 44_100


@functools.cache
def audio(seconds: float = 1.0, kind: str = "MP3") -> bytes:
    """A quiet 220 Hz stereo tone as MP3, WAV, FLAC or OGG, of exactly this length."""
    time = np.arange(round(seconds * RATE)) / RATE
    tone = 0.2 * np.sin(2 * np.pi * 220 * time)
    out = io.BytesIO()
    soundfile.write(out, np.column_stack([tone, tone]), RATE, format=kind)
    return out.getvalue()


@functools.cache
def cover(size: int = 64, kind: str = "WEBP") -> bytes:
    """A square picture as WEBP, PNG or JPEG."""
    out = io.BytesIO()
    Image.linear_gradient("L").convert("RGB").resize((size, size)).save(out, kind)
    return out.getvalue()
