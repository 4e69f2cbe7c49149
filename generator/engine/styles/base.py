"""What a style is, and the rhythms that melodies of several styles share.

Chords are written as semitones above the tonic and a quality ("9m7" is the minor seventh chord a
major sixth up), one a bar unless a progression says otherwise. Patterns have 16 steps a bar; in
drum rows a digit is a velocity. Layers of a groove enter at an energy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Layer:
    """One drum: its bars of 16 steps (played in turn) and the energy at which it enters."""

    drum: int
    bars: tuple[str, ...]
    enters: float = 0.0
    leaves: float = 2.0


@dataclass(frozen=True, slots=True)
class Style:
    """One style. `levels` are decibels below the loudest part, `arc` names the form."""

    bpm: tuple[int, int]
    minor: float
    progressions: Mapping[str, tuple[str, ...]]
    voices: Mapping[str, str]
    levels: Mapping[str, float]
    arc: str
    groove: tuple[Layer, ...] = ()
    bass: tuple[str, ...] = ()
    comp: tuple[str, ...] = ()
    arp: tuple[str, ...] = ()
    rhythms: tuple[str, ...] = ()
    swing: float = 0.5
    looseness: float = 0.004
    pump: float = 0.0
    reverb: tuple[float, float] = (1.8, 0.2)
    echo: float = 0.0
    energy: float = 0.6
    brightness: float = 0.5
    moods: tuple[str, ...] = ()
    texture: bool = False


LYRICAL = ("x...x...x.x.x...", "x..x..x...x.....", "x.....x.x...x...", "..x.x.x.x.......")
SPARSE = ("x.......x.......", "x...........x...", "....x.......x...", "x.....x.........")
SYNCOPATED = ("x..x..x.x..x..x.", "x..x..x...x.x...", "..x..x..x..x....", "x.x..x..x.x..x..")
