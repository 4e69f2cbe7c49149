"""The vocabulary: which words of a prompt mean which style, mood, role, voice or tempo."""

from __future__ import annotations

# Longer phrases are matched first. A style the engine has no band for maps to its nearest kin.
STYLE_WORDS: dict[str, str] = {
    "house": "house", "deep house": "house", "edm": "house", "electronic dance": "house",
    "dance": "house", "electronic": "house", "electro": "house", "techno": "house",
    "trance": "house", "club": "house", "rave": "house", "disco": "house", "garage": "house",
    "festival": "house", "eurodance": "house", "progressive": "house", "pop": "house",
    "lo-fi": "lo-fi", "lofi": "lo-fi", "lo fi": "lo-fi", "chillhop": "lo-fi", "study": "lo-fi",
    "hip hop": "lo-fi", "hip-hop": "lo-fi", "boom bap": "lo-fi", "chill": "lo-fi",
    "beats": "lo-fi", "r&b": "lo-fi", "soul": "lo-fi", "coffee": "lo-fi", "trip hop": "lo-fi",
    "ambient": "ambient", "drone": "ambient", "meditation": "ambient", "sleep": "ambient",
    "spa": "ambient", "yoga": "ambient", "space": "ambient", "atmospheric": "ambient",
    "soundscape": "ambient", "new age": "ambient", "ocean": "ambient",
    "cinematic": "cinematic", "orchestral": "cinematic", "orchestra": "cinematic",
    "epic": "cinematic", "film": "cinematic", "trailer": "cinematic", "soundtrack": "cinematic",
    "movie": "cinematic", "strings": "cinematic", "symphony": "cinematic",
    "symphonic": "cinematic", "classical": "cinematic", "baroque": "cinematic",
    "string quartet": "cinematic", "fantasy": "cinematic", "heroic": "cinematic",
    "piano": "piano", "solo piano": "piano", "piano ballad": "piano", "lullaby": "piano",
    "neoclassical": "piano", "ballad": "piano", "waltz": "piano", "nocturne": "piano",
    "synthwave": "synthwave", "retrowave": "synthwave", "outrun": "synthwave",
    "vaporwave": "synthwave", "80s": "synthwave", "eighties": "synthwave",
    "cyberpunk": "synthwave", "chiptune": "synthwave", "8-bit": "synthwave",
    "video game": "synthwave", "new wave": "synthwave", "retro": "synthwave",
    "jazz": "jazz", "swing": "jazz", "bebop": "jazz", "bossa nova": "jazz", "bossa": "jazz",
    "blues": "jazz", "lounge": "jazz", "big band": "jazz", "latin": "jazz",
    "funk": "funk", "funky": "funk", "groove": "funk", "groovy": "funk", "reggae": "funk",
    "afrobeat": "funk", "fusion": "funk",
    "rock": "rock", "metal": "rock", "punk": "rock", "indie": "rock", "grunge": "rock",
    "guitar": "rock", "country": "rock", "folk": "rock", "acoustic": "rock", "surf": "rock",
    "trap": "trap", "drill": "trap", "phonk": "trap", "808": "trap", "drum and bass": "trap",
    "dnb": "trap", "dubstep": "trap", "rap": "trap",
}  # fmt: skip

# energy, brightness, mode (1 is minor, -1 major, 0 no say), factor on the tempo
MOODS: dict[str, tuple[float, float, int, float]] = {
    "upbeat": (0.2, 0.1, -1, 1.03), "happy": (0.15, 0.1, -1, 1.02), "joyful": (0.15, 0.1, -1, 1.02),
    "uplifting": (0.15, 0.1, -1, 1.0), "cheerful": (0.15, 0.1, -1, 1.02), "hopeful": (0.0, 0.05, -1, 1.0),
    "bright": (0.05, 0.2, -1, 1.0), "sunny": (0.1, 0.15, -1, 1.0), "playful": (0.1, 0.1, -1, 1.03),
    "euphoric": (0.2, 0.1, -1, 1.0), "romantic": (-0.1, -0.05, -1, 0.97), "warm": (-0.05, -0.15, -1, 1.0),
    "sad": (-0.2, -0.1, 1, 0.94), "melancholic": (-0.15, -0.1, 1, 0.96), "melancholy": (-0.15, -0.1, 1, 0.96),
    "dark": (0.0, -0.2, 1, 0.98), "moody": (-0.1, -0.1, 1, 0.98), "mysterious": (-0.1, -0.1, 1, 0.97),
    "nostalgic": (-0.1, -0.1, 1, 0.98), "lonely": (-0.2, -0.1, 1, 0.95), "tense": (0.1, 0.0, 1, 1.02),
    "suspenseful": (0.05, 0.0, 1, 1.0), "haunting": (-0.1, -0.1, 1, 0.97), "rainy": (-0.1, -0.1, 1, 0.98),
    "calm": (-0.2, -0.1, 0, 0.95), "peaceful": (-0.25, -0.05, -1, 0.94), "relaxing": (-0.2, -0.1, 0, 0.95),
    "relaxed": (-0.15, -0.1, 0, 0.97), "gentle": (-0.2, -0.05, 0, 0.96), "soft": (-0.2, -0.15, 0, 0.98),
    "dreamy": (-0.15, 0.0, 0, 0.97), "mellow": (-0.15, -0.15, 0, 0.97), "ethereal": (-0.2, 0.1, 0, 0.96),
    "energetic": (0.25, 0.1, 0, 1.04), "driving": (0.15, 0.05, 0, 1.02), "powerful": (0.2, 0.05, 0, 1.0),
    "intense": (0.25, 0.05, 1, 1.03), "aggressive": (0.3, 0.1, 1, 1.04), "fast": (0.15, 0.0, 0, 1.12),
    "slow": (-0.1, 0.0, 0, 0.85), "minimal": (-0.2, 0.0, 0, 1.0), "heroic": (0.2, 0.05, -1, 1.0),
    "triumphant": (0.2, 0.1, -1, 1.0), "emotional": (0.0, 0.0, 1, 0.98), "inspiring": (0.1, 0.1, -1, 1.0),
}  # fmt: skip

# A word -> the role it asks for and the voice that plays it (empty: the style's own).
INSTRUMENTS: dict[str, tuple[str, str]] = {
    "drums": ("drums", ""), "drum": ("drums", ""), "percussion": ("drums", ""), "beat": ("drums", ""),
    "brushes": ("drums", "brush kit"), "brushed drums": ("drums", "brush kit"),
    "808": ("bass", "sub bass"), "bass": ("bass", ""), "bassline": ("bass", ""),
    "sub bass": ("bass", "sub bass"), "synth bass": ("bass", "synth bass"),
    "upright bass": ("bass", "upright bass"), "double bass": ("bass", "upright bass"),
    "bass guitar": ("bass", "electric bass"),
    "piano": ("chords", "piano"), "felt piano": ("chords", "felt piano"),
    "rhodes": ("chords", "Rhodes"), "electric piano": ("chords", "Rhodes"), "keys": ("chords", "Rhodes"),
    "organ": ("chords", "organ"), "electric guitar": ("chords", "overdriven guitar"),
    "guitars": ("chords", "overdriven guitar"), "acoustic guitar": ("chords", "steel guitar"),
    "nylon guitar": ("chords", "nylon guitar"), "guitar": ("chords", "steel guitar"),
    "synth chords": ("chords", "supersaw"), "chords": ("chords", ""),
    "pad": ("pad", ""), "pads": ("pad", ""), "strings": ("pad", "strings"), "choir": ("pad", "choir"),
    "violins": ("pad", "strings"), "cello": ("lead", "strings"), "violin": ("lead", "strings"),
    "arpeggio": ("arp", ""), "arp": ("arp", ""), "arpeggios": ("arp", ""), "pluck": ("arp", "synth pluck"),
    "harp": ("arp", "harp"), "melody": ("lead", ""), "melodies": ("lead", ""), "lead": ("lead", ""),
    "synth melodies": ("lead", "synth lead"), "synth lead": ("lead", "synth lead"),
    "flute": ("lead", "soft lead"), "whistle": ("lead", "soft lead"), "bells": ("lead", "bells"),
    "music box": ("lead", "bells"), "glockenspiel": ("lead", "bells"), "vinyl": ("fx", "vinyl"),
}  # fmt: skip

NOTE_NAMES = ("C", "C sharp", "D", "E flat", "E", "F", "F sharp", "G", "A flat", "A", "B flat", "B")

LETTERS = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
