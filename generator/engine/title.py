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
    "Paper", "Silver", "Hidden", "Second", "Blue", "Quiet", "Electric", "Velvet", "Northern",
    "Last", "Golden", "Open", "Slow", "Distant", "Copper", "Glass", "Amber", "Crimson", "Endless",
    "Borrowed", "Morning", "Winter", "Hollow", "Bright", "Salt", "Wild", "Half", "Lost", "Early",
    "Secret", "Long", "Indigo", "Empty", "Lucky", "Southern", "Tender", "Sleepless", "Ivory",
    "First", "Restless", "Floating",
)  # fmt: skip
_PATTERNS = ("{quality} {thing}", "{mood} {quality} {thing}", "The {quality} {thing}")
# A prime that divides no count of names: seeds in a row walk through all names before any returns.
_STRIDE = 7919


def name(spec: Spec) -> str:
    """Two or three words in title case; neighbouring seeds never share a name."""
    things = _THINGS[spec.style]
    index = spec.seed * _STRIDE % (len(_QUALITIES) * len(things) * len(_PATTERNS))
    index, pattern = divmod(index, len(_PATTERNS))
    quality, thing = divmod(index, len(things))
    return _PATTERNS[pattern].format(
        mood=spec.mood.title(), quality=_QUALITIES[quality], thing=things[thing]
    )
