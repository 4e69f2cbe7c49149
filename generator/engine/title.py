"""A name for the piece, from its mood, its style and its seed."""

from __future__ import annotations

from generator.engine.types import Spec

_THINGS: dict[str, tuple[str, ...]] = {
    "house": ("Signal", "Pulse", "Skyline", "Voltage", "Parade", "Horizon", "Mirrorball", "Current", "Arcade", "Satellite", "Daybreak", "Terrace"),
    "lo-fi": ("Window", "Notebook", "Rooftop", "Cassette", "Teacup", "Side Street", "Raincoat", "Polaroid", "Lamplight", "Corner Shop", "Sunday", "Balcony"),
    "ambient": ("Tide", "Drift", "Meadow", "Orbit", "Fog", "Glacier", "Lagoon", "Aurora", "Harbour", "Snowfield", "Current", "Distance"),
    "cinematic": ("Ascent", "Empire", "Threshold", "Voyage", "Citadel", "Dawn", "Odyssey", "Summit", "Banner", "Passage", "Beacon", "Frontier"),
    "piano": ("Letter", "Garden", "Staircase", "Portrait", "Snowfall", "Attic", "Orchard", "Lantern", "Postcard", "Evening", "Willow", "Footsteps"),
    "synthwave": ("Boulevard", "Highway", "Skyline", "Coastline", "Turbo", "Grid", "Palms", "Sunset", "Circuit", "Mirage", "Overdrive", "Motel"),
    "jazz": ("Corner", "Cellar", "Avenue", "Bourbon", "Cigarette", "Matinee", "Taxi", "Mezzanine", "Trumpet Vine", "Nightcap", "Alley", "Overcoat"),
    "funk": ("Strut", "Sneakers", "Engine", "Sugar", "Elevator", "Boogie", "Lowrider", "Pepper", "Handshake", "Shuffle", "Jukebox", "Backbone"),
    "rock": ("Road", "Thunder", "Motor", "Canyon", "Wildfire", "Anthem", "Garage", "Horizon", "Stampede", "Radio", "Mountain", "Exit"),
    "trap": ("Shadow", "Tower", "Smoke", "Crown", "Basement", "Diamond", "Serpent", "Marble", "Eclipse", "Fortress", "Mercury", "Phantom"),
}  # fmt: skip
_QUALITIES: tuple[str, ...] = (
    "Paper", "Silver", "Hidden", "Second", "Blue", "Quiet", "Electric", "Velvet", "Northern", "Last",
    "Golden", "Open", "Slow", "Distant", "Copper", "Glass", "Amber", "Crimson", "Endless", "Borrowed",
)  # fmt: skip
_PATTERNS = (
    "{mood} {thing}",
    "{quality} {thing}",
    "{mood} {quality} {thing}",
    "The {quality} {thing}",
    "{thing} in {key}",
    "{quality} {thing}, {mood}",
)
_KEYS = ("C", "D Flat", "D", "E Flat", "E", "F", "F Sharp", "G", "A Flat", "A", "B Flat", "B")


def name(spec: Spec) -> str:
    """Two or three words in title case; another seed is nearly always another name."""
    rng = spec.rng("title")
    things = _THINGS[spec.style]
    words = {
        "mood": spec.mood.title(),
        "thing": things[int(rng.integers(len(things)))],
        "quality": _QUALITIES[int(rng.integers(len(_QUALITIES)))],
        "key": _KEYS[spec.key],
    }
    weights = (0.1, 0.3, 0.26, 0.14, 0.1, 0.1)
    return str(rng.choice(_PATTERNS, p=weights)).format(**words)
