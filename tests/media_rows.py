"""Tracks with real files behind them, stored as the worker stores them."""

from __future__ import annotations

import hashlib
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from generator.models import Asset, Generation, Project, Track, User
from tests.fakes.media import audio, cover

from . import factories

TYPES = {
    "MP3": ("audio/mpeg", "mp3"),
    "WAV": ("audio/wav", "wav"),
    "FLAC": ("audio/flac", "flac"),
    "OGG": ("audio/ogg", "ogg"),
}


def store_asset(generation: Generation, kind: str, data: bytes, content_type: str) -> Asset:
    """Put the bytes into the storage and make their row."""
    digest = hashlib.sha256(data).hexdigest()
    name = f"tracks/{generation.public_id.hex[:2]}/{generation.public_id.hex}/{kind}-{digest}"
    default_storage.save(name, ContentFile(data))
    return factories.make_asset(
        generation, kind, name, content_type=content_type, size=len(data), sha256=digest
    )


def make_stored_track(
    user: User, project: Project, *, container: str = "MP3", covers: bool = True, **fields: Any
) -> Track:
    """Create a ready track of half a second with its audio and, unless told otherwise, covers."""
    track = factories.make_track(user, project, **fields)
    store_asset(track.generation, "audio", audio(0.5, container), TYPES[container][0])
    if covers:
        for side in (160, 320, 640):
            store_asset(track.generation, f"cover-{side}", cover(side), "image/webp")
        store_asset(track.generation, "cover-1200", cover(1200, "JPEG"), "image/jpeg")
    return track
