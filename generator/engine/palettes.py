"""Colours for covers: ground, ink for type and line, and three colours in order of weight."""

from __future__ import annotations

Colour = tuple[int, int, int]
Palette = tuple[Colour, Colour, Colour, Colour, Colour]


def _hex(*codes: str) -> Palette:
    a, b, c, d, e = ((int(code[:2], 16), int(code[2:4], 16), int(code[4:], 16)) for code in codes)
    return a, b, c, d, e


PALETTES: dict[str, tuple[Palette, ...]] = {
    "neon": (
        _hex("14102b", "f7f3ff", "ff3d81", "ffb238", "5b5bff"),
        _hex("0b1a2b", "eafcff", "00d1c7", "ff5a5f", "ffd166"),
        _hex("f4f0e6", "1b1730", "ff4d2e", "3b3bff", "ffb703"),
    ),
    "dusk": (
        _hex("f0e3d0", "2e2430", "d9775f", "8a5a72", "e8b26f"),
        _hex("2a2438", "f6e9da", "e29578", "7d6b91", "f2cc8f"),
        _hex("e9ddc7", "26302e", "5f7f73", "c96f4a", "d9b44a"),
    ),
    "air": (
        _hex("dfe9ea", "16323c", "6fa8b5", "f2b8a0", "33626f"),
        _hex("0f2530", "e6f4f1", "4fb0ae", "a7d3c6", "f0d9a8"),
        _hex("ece6f2", "2b2547", "9b8bd0", "f2a7b5", "5a6fb8"),
    ),
    "night": (
        _hex("1a0b2e", "fdeeff", "ff2e88", "ff9e4a", "31c6ff"),
        _hex("120c24", "f4ecff", "b14aed", "ff6b6b", "2de2e6"),
        _hex("0d1028", "fff4e6", "ff6f3c", "f72585", "4361ee"),
    ),
    "smoke": (
        _hex("10222e", "f5ead7", "d98e32", "2f6f7e", "b5432e"),
        _hex("f2e8d5", "1d2b36", "c8452d", "1f5f78", "e3a23c"),
        _hex("241a1a", "f7ead9", "c45b3f", "7a8c6a", "e0b354"),
    ),
    "stone": (
        _hex("e8e4dc", "1c1c1f", "3f4b57", "b0563b", "8c8f86"),
        _hex("16181d", "f0ede6", "c9a65a", "59636e", "a63d2f"),
        _hex("1b1f1d", "eef0e8", "8fa58a", "d7803f", "4d6a70"),
    ),
}

STYLE_PALETTES: dict[str, tuple[str, ...]] = {
    "house": ("neon", "night"),
    "lo-fi": ("dusk", "smoke"),
    "ambient": ("air", "dusk"),
    "cinematic": ("stone", "smoke"),
    "piano": ("air", "stone", "dusk"),
    "synthwave": ("night",),
    "jazz": ("smoke", "stone"),
    "funk": ("smoke", "neon", "dusk"),
    "rock": ("stone", "neon"),
    "trap": ("night", "stone"),
}
