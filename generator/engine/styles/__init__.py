"""The styles: what a band of each kind plays, as data. A style is added here and nowhere else."""

from __future__ import annotations

from generator.engine.styles.base import Layer, Style
from generator.engine.styles.electronic import ELECTRONIC
from generator.engine.styles.played import PLAYED

__all__ = ["STYLES", "Layer", "Style"]

STYLES: dict[str, Style] = {**ELECTRONIC, **PLAYED}
