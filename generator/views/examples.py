"""Ideas that the studio page offers: prompts that fill the form, and names of styles."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Example:
    """A prompt that is worth hearing. `duration` in seconds."""

    label: str
    prompt: str
    style: str
    duration: int


EXAMPLES = (
    Example(
        "Rain on the window",
        "Warm lo-fi for a rainy evening: soft electric piano, brushed drums, a little tape hiss",
        "lo-fi",
        30,
    ),
    Example(
        "Night drive",
        "Synthwave for an empty motorway at night, pulsing bass, wide pads, 100 bpm in A minor",
        "synthwave",
        45,
    ),
    Example(
        "Main stage",
        "Upbeat electronic dance music with synth melodies and a driving bassline",
        "electronic",
        30,
    ),
    Example(
        "After closing",
        "Late jazz trio in a small café, upright bass, brushed snare, unhurried piano",
        "jazz",
        40,
    ),
    Example(
        "First light",
        "Slow ambient drones that open like a sunrise, no drums, distant strings",
        "ambient",
        60,
    ),
)
STYLES = (
    "ambient",
    "cinematic",
    "classical",
    "drum and bass",
    "electronic",
    "folk",
    "funk",
    "hip hop",
    "house",
    "jazz",
    "lo-fi",
    "pop",
    "rock",
    "synthwave",
    "techno",
)
