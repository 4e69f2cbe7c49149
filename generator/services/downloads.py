"""A copy of a track to take away: under a human name, with tags and cover inside.

The stored file keeps the bytes that were received and hashed, so tags are written into a copy.
"""

from __future__ import annotations

import logging
import re
import shutil
from pathlib import Path

from django.core.files.storage import default_storage
from mutagen import MutagenError

from ..models import Asset, Track
from .tags import Tags, write_tags
from .tracks import clean_title

log = logging.getLogger(__name__)

WAV = "audio/wav"
EXTENSIONS = {"audio/mpeg": "mp3", WAV: "wav", "audio/flac": "flac", "audio/ogg": "ogg"}
_BLOCK = 1 << 16
_PART_BYTES = 112


def make_copy(
    track: Track, folder: Path, *, as_wav: bool, with_prompt: bool
) -> tuple[Path, str] | None:
    """Return a tagged copy and its content type, or None when the track's file is gone.

    `as_wav` decodes to 16-bit WAV; otherwise the copy is in the format that was received.
    """
    files = {asset.kind: asset for asset in track.generation.assets.all()}
    audio, path = files.get(Asset.Kind.AUDIO), folder / "copy"
    if audio is None or not _copy(audio.name, path):
        return None
    content_type = audio.content_type
    if as_wav and content_type != WAV:
        path, content_type = _decode(path, folder / "copy.wav"), WAV
    try:
        write_tags(path, content_type, _tags(track, files.get(Asset.Kind.COVER_1200), with_prompt))
    except MutagenError as error:
        # The music is worth more than its label.
        log.warning("track %s is handed out without tags: %s", track.public_id, error)
    return path, content_type


def copy_name(track: Track, content_type: str) -> str:
    """Return `Title - Project - take 2.mp3`, safe as a file name on every system."""
    parts = (track.title, track.project.name, f"take {track.generation.take}")
    return f"{' - '.join(filter(None, map(_safe, parts)))}.{EXTENSIONS[content_type]}"


def _safe(part: str) -> str:
    """One part of a file name. Cut by bytes: most file systems take 255 in all."""
    plain = re.sub(r'[<>:"/\\|?*]+', "_", clean_title(part))
    return plain.encode()[:_PART_BYTES].decode(errors="ignore").strip(" .")


def _copy(name: str, to: Path) -> bool:
    try:
        with default_storage.open(name) as source, to.open("wb") as target:
            shutil.copyfileobj(source, target)
    except FileNotFoundError:
        return False
    return True


def _decode(source: Path, target: Path) -> Path:
    import soundfile  # brings numpy along, which a web process otherwise never needs

    with (
        soundfile.SoundFile(source) as music,
        soundfile.SoundFile(
            target, "w", music.samplerate, music.channels, "PCM_16", format="WAV"
        ) as copy,
    ):
        while len(block := music.read(_BLOCK, dtype="float32", always_2d=True)):
            copy.write(block)
    return target


def _tags(track: Track, cover: Asset | None, with_prompt: bool) -> Tags:
    generation = track.generation
    comment = "AI-generated instrumental music, made with Soundverse Studio."
    if with_prompt:
        comment = f"{comment} Prompt: {generation.prompt}"
    picture = None
    if cover is not None:
        with default_storage.open(cover.name) as file:
            picture = file.read()
    return Tags(
        title=track.title,
        artist=track.project.name or "Soundverse Studio",
        album=track.project.name,
        take=generation.take,
        year=f"{track.created_at:%Y}",
        genre=generation.style,
        comment=comment,
        cover=picture,
    )
