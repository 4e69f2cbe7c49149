"""What a file is, by its own first bytes: never by a header of the reply or by its name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """A kind of file; `decoders` are libsndfile's or Pillow's own names for it."""

    extension: str
    content_type: str
    decoders: tuple[str, ...]


MP3 = Kind("mp3", "audio/mpeg", ("MP3",))
WAV = Kind("wav", "audio/wav", ("WAV", "WAVEX"))
FLAC = Kind("flac", "audio/flac", ("FLAC",))
OGG = Kind("ogg", "audio/ogg", ("OGG",))
# libsndfile has no decoder for it, so it is known only to be refused in plain words.
M4A = Kind("m4a", "audio/mp4", ())
PNG = Kind("png", "image/png", ("PNG",))
JPEG = Kind("jpg", "image/jpeg", ("JPEG",))
WEBP = Kind("webp", "image/webp", ("WEBP",))

HEAD = 16


def sniff_audio(head: bytes) -> Kind | None:
    """Name the audio format of a file that begins with these bytes (at least HEAD of them)."""
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return WAV
    if head[:4] == b"fLaC":
        return FLAC
    if head[:4] == b"OggS":
        return OGG
    if head[4:8] == b"ftyp":
        return M4A
    # A frame begins with eleven set bits, then a version and layer III.
    is_frame = len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2
    return MP3 if head[:3] == b"ID3" or is_frame else None


def sniff_image(head: bytes) -> Kind | None:
    """Name the image format of a file that begins with these bytes (at least HEAD of them)."""
    if head[:8] == b"\x89PNG\r\n\x1a\n":
        return PNG
    if head[:3] == b"\xff\xd8\xff":
        return JPEG
    return WEBP if head[:4] == b"RIFF" and head[8:12] == b"WEBP" else None
