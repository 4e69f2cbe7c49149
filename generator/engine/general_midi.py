"""The General MIDI numbers of the drums: what a drum note's pitch means from score to sound."""

from __future__ import annotations

KICK, RIM, SNARE, CLAP, BRUSH = 36, 37, 38, 39, 40
LOW_TOM, HAT, MID_TOM, OPEN_HAT, HIGH_TOM, CRASH, RIDE = 41, 42, 45, 46, 48, 49, 51
TAMBOURINE, PERC, SHAKER = 54, 63, 70
