"""A cover drawn from the music itself, for a track that came without usable art."""

from __future__ import annotations

import colorsys
import math
from collections.abc import Sequence
from uuid import UUID

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

SIDE = 1200
_SCALE = 2
_RAYS = 100
_INNER, _REACH = 0.2, 0.2


def draw_cover(peaks: Sequence[int], public_id: UUID) -> Image.Image:
    """Return a square of 1200 pixels: the waveform bent into a ring, in a colour of the id's own.

    The same track always gets the same picture.
    """
    hue = public_id.int % 360 / 360
    turn = public_id.bytes[1] / 256 * math.tau
    sky = _sky(hue, turn)
    rays = _rays(peaks, turn)
    glow = rays.filter(ImageFilter.GaussianBlur(SIDE / 30)).point(lambda value: value * 3 // 4)
    lit = Image.composite(Image.new("RGB", sky.size, _colour(hue + 0.06, 0.75, 0.6)), sky, glow)
    lit.paste(Image.new("RGB", sky.size, _colour(hue + 0.1, 0.35, 0.93)), mask=rays)
    return lit


def _colour(hue: float, saturation: float, lightness: float) -> tuple[int, int, int]:
    red, green, blue = colorsys.hls_to_rgb(hue % 1, lightness, saturation)
    return round(red * 255), round(green * 255), round(blue * 255)


def _sky(hue: float, turn: float) -> Image.Image:
    """A dark ground with one soft light, off the middle."""
    y, x = np.mgrid[0:SIDE, 0:SIDE] / SIDE - 0.5
    away = np.hypot(x - 0.32 * math.cos(turn), y - 0.32 * math.sin(turn))
    light = np.exp(-((away / 0.55) ** 2))[..., None]
    slope = ((x * math.cos(turn) + y * math.sin(turn)) / math.sqrt(2) + 0.5)[..., None]
    near = np.array(_colour(hue, 0.62, 0.36))
    dark = np.array(_colour(hue - 0.12, 0.5, 0.09)) * (1 - slope)
    deep = np.array(_colour(hue + 0.08, 0.55, 0.16)) * slope
    pixels = (dark + deep) * (1 - light) + near * light
    # Half a level of fixed noise keeps the gradient from showing steps once it is compressed.
    noise = np.random.default_rng(0).uniform(-1.5, 1.5, (SIDE, SIDE, 1))
    return Image.fromarray((pixels + noise).clip(0, 255).astype(np.uint8), "RGB")


def _rays(peaks: Sequence[int], turn: float) -> Image.Image:
    """The ring as a mask, drawn at twice the size and shrunk for smooth edges."""
    side = SIDE * _SCALE
    mask = Image.new("L", (side, side), 0)
    pen = ImageDraw.Draw(mask)
    width = side * math.tau * _INNER / _RAYS * 0.46
    for ray in range(_RAYS):
        level = peaks[ray * len(peaks) // _RAYS] / 100
        angle = turn + math.tau * ray / _RAYS
        reach = side * (_INNER + 0.008 + _REACH * level**1.4)
        ends = [
            (side / 2 + length * math.cos(angle), side / 2 + length * math.sin(angle))
            for length in (side * _INNER, reach)
        ]
        pen.line([*ends[0], *ends[1]], fill=255, width=round(width))
        for x, y in ends:
            pen.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill=255)
    return mask.resize((SIDE, SIDE), Image.Resampling.LANCZOS)
