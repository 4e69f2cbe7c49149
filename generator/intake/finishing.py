"""The steps from a link to a track: fetch, check, measure, draw, store.

Any of them may be cut short and done again: until the last commit nothing is visible, and files
carry names made of their own content.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from PIL import Image

from ..models import Generation
from ..services.fetching import FetchLease
from ..services.tracks import Sound, StoredFile, store_track
from . import failpoints
from .audio import measure
from .covers import Cover, NotAPicture, make_covers, read_art
from .download import ART_LIMITS, AUDIO_LIMITS, Downloader
from .drawn import draw_cover
from .sniff import Kind
from .store import file_name, put_file, write_durably
from .trouble import FetchError

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Prepared:
    """A file under way that is checked and only needs its place."""

    path: Path
    kind: str
    type: Kind
    size: int
    sha256: str


def downloader() -> Downloader:
    """The guarded download as the settings allow it."""
    origin = ""
    if settings.UPSTREAM_IS_ENGINE:
        parts = urlsplit(settings.SOUNDVERSE_BASE_URL)
        origin = f"{parts.scheme}://{parts.netloc}"
    return Downloader(frozenset(settings.SOUNDVERSE_MEDIA_HOSTS), origin)


def present_link(generation: Generation, url: str) -> str:
    """Where the file lies now: `start` runs its own engine on another port if one is taken."""
    if generation.billed or not settings.UPSTREAM_IS_OWN_ENGINE:
        return url
    return f"{settings.OWN_ENGINE_URL}{urlsplit(url).path}"


def make_track(generation: Generation, lease: FetchLease, folder: Path) -> bool:
    """Do all the steps, with `folder` to work in; raises FileTrouble and OSError.

    False: somebody else was first, and their track stands.
    """
    audio, sound = _fetch_audio(generation, lease, folder)
    art, drawn = _art(generation, lease, folder, sound)
    prepared = [audio, *(_prepare_cover(cover, folder) for cover in make_covers(art))]
    lease.renew()
    files = [_store(generation, file) for file in prepared]
    stored = store_track(generation, sound=sound, files=files, cover_drawn=drawn)
    failpoints.reach("ready")
    return stored


def _fetch_audio(generation: Generation, lease: FetchLease, folder: Path) -> tuple[Prepared, Sound]:
    path = folder / "audio"
    url = present_link(generation, generation.audio_url)
    got = downloader().fetch(url, path, AUDIO_LIMITS, lease.renew)
    failpoints.reach("downloaded")
    kind, sound = measure(path, lease.renew)
    return Prepared(path, "audio", kind, got.size, got.sha256), sound


def _art(
    generation: Generation, lease: FetchLease, folder: Path, sound: Sound
) -> tuple[Image.Image, bool]:
    """The upstream's picture, or else one of our own: a cover never stands in the way of music."""
    if generation.art_url:
        try:
            url = present_link(generation, generation.art_url)
            downloader().fetch(url, folder / "art", ART_LIMITS, lease.renew)
            return read_art(folder / "art"), False
        except (FetchError, NotAPicture) as error:
            log.info("generation %s gets a drawn cover: %s", generation.public_id, error)
    return draw_cover(sound.peaks, generation.public_id), True


def _prepare_cover(cover: Cover, folder: Path) -> Prepared:
    path = folder / f"cover-{cover.side}"
    write_durably(path, cover.data)
    digest = hashlib.sha256(cover.data).hexdigest()
    return Prepared(path, f"cover-{cover.side}", cover.kind, len(cover.data), digest)


def _store(generation: Generation, file: Prepared) -> StoredFile:
    name = file_name(generation, file.kind, file.sha256, file.type.extension)
    put_file(file.path, name)
    return StoredFile(file.kind, name, file.type.content_type, file.size, file.sha256)
