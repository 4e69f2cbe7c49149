"""The styles: what a band of each kind plays, as data. A style is added here and nowhere else.

Chords are written as semitones above the tonic and a quality ("9m7" is the minor seventh chord a
major sixth up), one a bar unless a progression says otherwise. Patterns have 16 steps a bar; in
drum rows a digit is a velocity. Layers of a groove enter at an energy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


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
    extras: Mapping[str, str] = field(default_factory=dict)


_K, _RIM, _S, _C, _B, _H, _O, _SH, _R, _T, _P = 36, 37, 38, 39, 40, 42, 46, 70, 51, 54, 63

_LYRICAL = ("x...x...x.x.x...", "x..x..x...x.....", "x.....x.x...x...", "..x.x.x.x.......")
_SPARSE = ("x.......x.......", "x...........x...", "....x.......x...", "x.....x.........")
_SYNCOPATED = ("x..x..x.x..x..x.", "x..x..x...x.x...", "..x..x..x..x....", "x.x..x..x.x..x..")

STYLES: dict[str, Style] = {
    "house": Style(
        bpm=(120, 128),
        minor=0.75,
        progressions={
            "minor": ("0m9 8M7 3M7 10", "0m7 10 8M7 7m7", "5m7 0m7 8M7 10", "0m9 3M7 10 5m9"),
            "major": ("9m7 5M7 0 7", "0 7 9m7 5M7", "5M7 7 9m7 0"),
        },
        voices={
            "drums": "club kit",
            "bass": "synth bass",
            "chords": "supersaw",
            "pad": "warm pad",
            "arp": "synth pluck",
            "lead": "synth lead",
        },
        levels={
            "kick": -1,
            "drums": -6,
            "bass": -5,
            "chords": -3,
            "pad": -12,
            "arp": -8,
            "lead": -4,
        },
        arc="drop",
        groove=(
            Layer(_K, ("9...9...9...9...",), 0.35),
            Layer(_C, ("....9.......9...", "....9.......9..4"), 0.5),
            Layer(_O, ("..8...8...8...8.",), 0.6),
            Layer(_H, ("6.4.6.4.6.4.6.45", "6.4.6.4.6.4564.5"), 0.42),
            Layer(_SH, ("4346434643464346",), 0.72),
            Layer(_P, ("...5..4....5..4.", "...5..4...5..5.4"), 0.85),
        ),
        bass=("..R...R...R...Ro", "..RR..Ro..RR..o5", "R.RRR.oRR.RRR.oR"),
        comp=("x--.x--.x-.x--..", "..x-..x-..x-..x-", "x--x--x-..x-x--."),
        arp=("x.xx.xx.x.xx.xx.", "x.x.x.x.x.x.x.xx"),
        rhythms=_SYNCOPATED,
        pump=0.75,
        reverb=(1.6, 0.16),
        echo=0.22,
        energy=0.8,
        brightness=0.65,
        moods=("electric", "euphoric", "neon", "driving"),
    ),
    "lo-fi": Style(
        bpm=(72, 88),
        minor=0.6,
        progressions={
            "minor": (
                "5m9 10dom9 3M9 8M7",
                "0m9 5m9 8M9 7m7",
                "8M9 7m7 0m9 10",
                "0m9 3M7 8M9 7dom7",
            ),
            "major": ("2m9 7dom9 0M9 9m7", "0M9 9m9 2m9 7dom9", "5M9 4m7 2m9 7dom9"),
        },
        voices={
            "drums": "dusty kit",
            "bass": "upright bass",
            "chords": "Rhodes",
            "pad": "warm pad",
            "lead": "bells",
            "arp": "nylon guitar",
        },
        levels={
            "kick": -3,
            "drums": -5,
            "bass": -5,
            "chords": -1,
            "pad": -14,
            "lead": -5,
            "arp": -8,
            "fx": -27,
        },
        arc="song",
        groove=(
            Layer(_K, ("9.....4..79.....", "9......7.8......"), 0.3),
            Layer(_S, ("....8.......8...", "....8..2....8.2."), 0.35),
            Layer(_H, ("6.4.5.4.6.4.5.43", "6.4.5.4.6.435.4."), 0.25),
            Layer(_RIM, (".......3......4.",), 0.7),
            Layer(_SH, ("..3...4...3...4.",), 0.6),
        ),
        bass=("R-----..5-..o---", "R---..R-....5-a-", "R-----R-..3-5---"),
        comp=("x---------x-----", "x-----x-----x---", "..x-----..x-----"),
        arp=("x...x.x...x.x...", "..x..x..x...x.x."),
        rhythms=_LYRICAL,
        swing=0.58,
        looseness=0.011,
        pump=0.2,
        reverb=(1.4, 0.17),
        echo=0.12,
        energy=0.45,
        brightness=0.3,
        moods=("hazy", "mellow", "late", "warm"),
        texture=True,
    ),
    "ambient": Style(
        bpm=(58, 70),
        minor=0.4,
        progressions={
            "minor": ("0m9 8M9 3M9 10sus2", "0m9 5m9 8M9 3M7"),
            "major": ("0M9 5M9 9m9 5M9", "0sus2 9m9 5M9 7sus4", "5M9 0M9 2m9 9m7"),
        },
        voices={
            "pad": "glass pad",
            "chords": "warm pad",
            "bass": "sub bass",
            "arp": "harp",
            "lead": "felt piano",
        },
        levels={"pad": -3, "chords": -3, "bass": -11, "arp": -5, "lead": -2},
        arc="tide",
        bass=("R---------------",),
        comp=("x---------------",),
        arp=("x.....x.....x...", "..x...x...x.....", "x...x.....x...x."),
        rhythms=_SPARSE,
        looseness=0.018,
        reverb=(4.5, 0.42),
        echo=0.3,
        energy=0.3,
        brightness=0.4,
        moods=("still", "weightless", "distant", "slow"),
    ),
    "cinematic": Style(
        bpm=(76, 96),
        minor=0.8,
        progressions={
            "minor": ("0m 8 3 10", "0m 5m 8 7", "0m 10 8 7sus4", "8 10 0m 3"),
            "major": ("0 7 9m 5", "5 0 7 9m", "0 4m 5 7sus4"),
        },
        voices={
            "drums": "cinema kit",
            "bass": "strings",
            "chords": "piano",
            "pad": "strings",
            "arp": "strings",
            "lead": "strings",
        },
        levels={
            "kick": -4,
            "drums": -7,
            "bass": -7,
            "chords": -2,
            "pad": -5,
            "arp": -7,
            "lead": -2,
        },
        arc="rise",
        groove=(
            Layer(_K, ("9.......7.......", "9.....6.8......."), 0.55),
            Layer(41, ("....6..5....7.5.", "..5.6...5.6.7.8."), 0.72),
            Layer(45, ("..4...4...4...45",), 0.85),
            Layer(_S, ("............5...",), 0.9),
        ),
        bass=("R---------------", "R-------R-------", "R---R---R---R---"),
        comp=("x-------x-------", "x---x---x---x---", "x---x-x-x---x-x-"),
        arp=("x.x.x.x.x.x.x.x.", "x.xxx.xxx.xxx.xx"),
        rhythms=_SPARSE[:2] + _LYRICAL[:2],
        looseness=0.009,
        reverb=(3.0, 0.3),
        energy=0.6,
        brightness=0.45,
        moods=("vast", "heroic", "rising", "silver"),
    ),
    "piano": Style(
        bpm=(66, 84),
        minor=0.5,
        progressions={
            "minor": ("0m9 8M7 3 10", "0m 7m7 8M7 5m7", "0m9 5m9 10 3M7", "8M7 3 10 0m9"),
            "major": ("0M9 9m7 5M7 7sus4", "0 4m7 5M7 7", "5M7 7 4m7 9m7"),
        },
        voices={"bass": "felt piano", "chords": "felt piano", "arp": "felt piano", "lead": "piano"},
        levels={"bass": -7, "chords": -6, "arp": -5, "lead": 0},
        arc="tide",
        bass=("R-------5-------", "R---------------"),
        comp=("....x-------x---", "........x-------"),
        arp=("x.x.x.x.x.x.x.x.", "..x.x.x...x.x.x.", "x.xx..x.x.xx..x."),
        rhythms=_LYRICAL + _SPARSE[:2],
        looseness=0.016,
        reverb=(2.4, 0.24),
        energy=0.4,
        brightness=0.4,
        moods=("tender", "quiet", "paper", "winter"),
    ),
    "synthwave": Style(
        bpm=(96, 112),
        minor=0.85,
        progressions={
            "minor": ("0m 8 3 10", "8 10 0m 0m", "0m 10 8 5m", "5m 8 0m 10"),
            "major": ("0 9m 5 7", "5 7 9m 4m"),
        },
        voices={
            "drums": "eighties kit",
            "bass": "synth bass",
            "chords": "supersaw",
            "pad": "warm pad",
            "arp": "synth pluck",
            "lead": "synth lead",
        },
        levels={
            "kick": -2,
            "drums": -4,
            "bass": -5,
            "chords": -7,
            "pad": -8,
            "arp": -7,
            "lead": -4,
        },
        arc="song",
        groove=(
            Layer(_K, ("9...9...9...9...", "9...9...9.7.9..."), 0.35),
            Layer(_S, ("....9.......9...", "....9.......9.35"), 0.42),
            Layer(_H, ("6.5.6.5.6.5.6.5.", "6.5.6.5.6.5.6.55"), 0.3),
            Layer(_O, ("..............7.",), 0.7),
            Layer(_T, ("..4...4...4...4.",), 0.8),
        ),
        bass=("R.R.R.R.R.R.R.R.", "RRRRRRRRRRRRRRRR", "R.RoR.RoR.RoR.5o"),
        comp=("x---------------", "x-----x---x-----"),
        arp=("x.x.x.x.x.x.x.x.", "xxxxxxxxxxxxxxxx"),
        rhythms=_LYRICAL + _SYNCOPATED[:2],
        pump=0.45,
        reverb=(2.2, 0.2),
        echo=0.28,
        energy=0.65,
        brightness=0.55,
        moods=("chrome", "midnight", "violet", "analog"),
    ),
    "jazz": Style(
        bpm=(112, 152),
        minor=0.4,
        progressions={
            "minor": ("0m6 2h7 7dom7 0m6", "0m7 5m7 2h7 7dom7", "5m7 10dom7 3M7 7dom7"),
            "major": ("2m7 7dom7 0M7 9dom7", "0M7 9m7 2m7 7dom7", "4m7 9dom7 2m7 7dom7"),
        },
        voices={
            "drums": "brush kit",
            "bass": "upright bass",
            "chords": "piano",
            "lead": "soft lead",
            "pad": "strings",
        },
        levels={"kick": -12, "drums": -8, "bass": -4, "chords": -3, "lead": -1, "pad": -14},
        arc="song",
        groove=(
            Layer(_R, ("8...7.6.8...7.6.", "8...7.6.8...7..6"), 0.3),
            Layer(_H, ("....6.......6...",), 0.25),
            Layer(_B, ("4.4.6.4.4.4.6.4.",), 0.2),
            Layer(_S, ("......3.......2.", "..........3..3.."), 0.55),
            Layer(_K, ("5.......4.......", "4.........5....."), 0.45),
        ),
        bass=("walk",),
        comp=("x--..x-.........", "..x-....x--.....", "......x---..x-.."),
        rhythms=("x.x.x.x.x.....x.", "..x.x.x.x.x.....", "x...x.x...x.x.x.", "....x.x.x.x.x..."),
        swing=0.64,
        looseness=0.009,
        reverb=(1.1, 0.15),
        energy=0.5,
        brightness=0.45,
        moods=("blue", "smoky", "uptown", "amber"),
    ),
    "funk": Style(
        bpm=(98, 114),
        minor=0.6,
        progressions={
            "minor": ("0m7 0m7 5dom9 0m7", "0m9 10 8M7 10", "0m7 3M7 5dom9 5dom9"),
            "major": ("0dom9 0dom9 5dom9 0dom9", "0dom9 10 5dom9 5dom9"),
        },
        voices={
            "drums": "studio kit",
            "bass": "electric bass",
            "chords": "muted guitar",
            "pad": "organ",
            "lead": "synth lead",
            "arp": "Rhodes",
        },
        levels={
            "kick": -3,
            "drums": -4,
            "bass": -3,
            "chords": -2,
            "pad": -10,
            "lead": -4,
            "arp": -7,
        },
        arc="song",
        groove=(
            Layer(_K, ("9..4..9...8.....", "9.....9..48..6.."), 0.35),
            Layer(_S, ("....9..3.3..9..3", "....9..3.3.39.3."), 0.4),
            Layer(_H, ("7575757575757575", "757575757575757."), 0.3),
            Layer(_O, ("..............7.",), 0.75),
            Layer(_T, ("..5...5...5...5.",), 0.7),
        ),
        bass=("R..R..o.R..5.7o.", "R.R...7oR..R.5a.", "R..o.R..7o..5.7."),
        comp=("..x.x..x..x.x.x.", "x..x..x.x..xx.x.", "..xx..x...xx..x."),
        arp=("x.....x...x.....",),
        rhythms=_SYNCOPATED,
        swing=0.53,
        looseness=0.006,
        reverb=(0.9, 0.1),
        echo=0.08,
        energy=0.7,
        brightness=0.55,
        moods=("copper", "sly", "loose", "golden"),
    ),
    "rock": Style(
        bpm=(112, 138),
        minor=0.6,
        progressions={
            "minor": ("0m 8 3 10", "0m 10 8 10", "0m 3 10 5m"),
            "major": ("0 7 9m 5", "0 5 7 5", "9m 5 0 7"),
        },
        voices={
            "drums": "studio kit",
            "bass": "electric bass",
            "chords": "overdriven guitar",
            "pad": "organ",
            "arp": "steel guitar",
            "lead": "synth lead",
        },
        levels={
            "kick": -2,
            "drums": -3,
            "bass": -5,
            "chords": -1,
            "pad": -13,
            "arp": -8,
            "lead": -4,
        },
        arc="song",
        groove=(
            Layer(_K, ("9.....7.9.7.....", "9.....7.9.7...6."), 0.3),
            Layer(_S, ("....9.......9...", "....9..3....9..3"), 0.35),
            Layer(_H, ("7.6.7.6.7.6.7.6.",), 0.25, 0.8),
            Layer(_R, ("7.6.7.6.7.6.7.6.",), 0.8),
        ),
        bass=("R.R.R.R.R.R.R.R.", "R.R.R.R.R.R.5.a.", "R-..R.R.R.R.R.o."),
        comp=("x---x-x-x---x-x-", "x-----x-x-----x-", "x-x-x-x-x-x-x-x-"),
        arp=("x.x.x.x.x.x.x.x.",),
        rhythms=_LYRICAL + _SYNCOPATED[:1],
        looseness=0.006,
        reverb=(1.2, 0.13),
        echo=0.1,
        energy=0.75,
        brightness=0.6,
        moods=("iron", "open", "loud", "desert"),
    ),
    "trap": Style(
        bpm=(132, 150),
        minor=0.95,
        progressions={
            "minor": ("0m 0m 8 7m", "0m 8 5m 7", "0m 3 8 7"),
            "major": ("0 9m 5 7",),
        },
        voices={
            "drums": "trap kit",
            "bass": "sub bass",
            "chords": "felt piano",
            "pad": "choir",
            "arp": "bells",
            "lead": "bells",
        },
        levels={
            "kick": -3,
            "drums": -5,
            "bass": -3,
            "chords": -4,
            "pad": -10,
            "arp": -8,
            "lead": -4,
        },
        arc="drop",
        groove=(
            Layer(_K, ("9.....7...9.....", "9......79....7.."), 0.4),
            Layer(_C, ("........9.......",), 0.35),
            Layer(_H, ("7.5.7.5.7.5.7555", "7.5.75557.5.7.5."), 0.3),
            Layer(_O, ("..............6.",), 0.75),
            Layer(_RIM, ("...4.......4..3.",), 0.7),
        ),
        bass=("R-----....R-----", "R-------...R-o--"),
        comp=("x---------------", "x-----x---------"),
        arp=("x..x..x.x..x..x.",),
        rhythms=_SPARSE + _LYRICAL[:2],
        looseness=0.004,
        reverb=(2.0, 0.2),
        echo=0.2,
        energy=0.65,
        brightness=0.45,
        moods=("cold", "heavy", "velvet", "shadow"),
    ),
}
