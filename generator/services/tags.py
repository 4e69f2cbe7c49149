"""Writing what a person should find in the file itself: title, cover, that a machine made it."""

# mutagen says it is typed, but most of its calls are not.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mutagen import File
from mutagen.flac import FLAC, Picture
from mutagen.id3 import APIC, COMM, ID3, TALB, TCON, TDRC, TIT2, TPE1, TRCK, TXXX
from mutagen.wave import WAVE

AI_KEY, AI_WORDS = "AI-GENERATED", "true"
_FRONT_COVER = 3
_UTF16 = 1


@dataclass(frozen=True)
class Tags:
    """What is written; `cover` is a JPEG or None, `year` four digits."""

    title: str
    artist: str
    album: str
    take: int
    year: str
    genre: str
    comment: str
    cover: bytes | None


def write_tags(path: Path, content_type: str, tags: Tags) -> None:
    """Put the tags into the file, replacing all that came with it; raises MutagenError."""
    writers = {"audio/mpeg": _tag_mp3, "audio/wav": _tag_wav, "audio/flac": _tag_flac}
    writers.get(content_type, _tag_ogg)(path, tags)


def _tag_mp3(path: Path, tags: Tags) -> None:
    frames = ID3()
    for frame in _frames(tags):
        frames.add(frame)
    # Version 2.3 is the newest that Windows reads.
    frames.save(path, v2_version=3)


def _tag_wav(path: Path, tags: Tags) -> None:
    file: Any = WAVE(path)
    if file.tags is None:
        file.add_tags()
    file.tags.clear()
    for frame in _frames(tags):
        file.tags.add(frame)
    file.save(v2_version=3)


def _frames(tags: Tags) -> list[Any]:
    text: dict[str, Any] = {"encoding": _UTF16}
    frames: list[Any] = [
        TIT2(**text, text=[tags.title]),
        TPE1(**text, text=[tags.artist]),
        TALB(**text, text=[tags.album]),
        TRCK(**text, text=[str(tags.take)]),
        TDRC(**text, text=[tags.year]),
        COMM(**text, lang="eng", desc="", text=[tags.comment]),
        TXXX(**text, desc=AI_KEY, text=[AI_WORDS]),
    ]
    if tags.genre:
        frames.append(TCON(**text, text=[tags.genre]))
    if tags.cover:
        frames.append(
            APIC(**text, mime="image/jpeg", type=_FRONT_COVER, desc="Cover", data=tags.cover)
        )
    return frames


def _tag_flac(path: Path, tags: Tags) -> None:
    file: Any = FLAC(path)
    file.delete()
    file.clear_pictures()
    file.update(_comments(tags))
    if tags.cover:
        file.add_picture(_picture(tags.cover))
    file.save()


def _tag_ogg(path: Path, tags: Tags) -> None:
    # Vorbis, Opus and FLAC all come in Ogg; mutagen tells them apart by their first packet.
    file: Any = File(path)
    file.delete()
    file.update(_comments(tags))
    if tags.cover:
        packed = _picture(tags.cover).write()
        file["metadata_block_picture"] = [base64.b64encode(packed).decode("ascii")]
    file.save()


def _comments(tags: Tags) -> dict[str, list[str]]:
    comments = {
        "title": tags.title,
        "artist": tags.artist,
        "album": tags.album,
        "tracknumber": str(tags.take),
        "date": tags.year,
        "genre": tags.genre,
        "comment": tags.comment,
        AI_KEY: AI_WORDS,
    }
    return {name: [value] for name, value in comments.items() if value}


def _picture(cover: bytes) -> Picture:
    picture = Picture()
    picture.type, picture.mime, picture.data = _FRONT_COVER, "image/jpeg", cover
    picture.width = picture.height = 1200
    picture.depth = 24
    return picture
