"""What may be done with finished music: keep it, name it, show it to others."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from django.db import transaction

from ..models import Asset, Event, Generation, Track, User
from ..models.track import TITLE_MAX
from .changes import begin_change
from .errors import ServiceError
from .generations import require_maker
from .lifecycle import advance

_WORDS_OF_PROMPT = 6
_LETTERS_OF_PROMPT = 48


@dataclass(frozen=True)
class Sound:
    """What was measured. Loudness in LUFS, true peak in dBTP; `peaks`: 200 numbers, 0 to 100."""

    duration_ms: int
    sample_rate: int
    channels: int
    loudness: float | None
    true_peak: float | None
    peaks: list[int]


@dataclass(frozen=True)
class StoredFile:
    """One file that stands in the storage under `name`; `kind` is one of Asset.Kind."""

    kind: str
    name: str
    content_type: str
    size: int
    sha256: str


def store_track(
    generation: Generation, *, sound: Sound, files: Sequence[StoredFile], cover_drawn: bool
) -> bool:
    """Make a fetched generation ready, with its track and files, all in one transaction.

    `files` begin with the audio. Returns False, having written nothing, when the generation was no
    longer waiting for its file.
    """
    audio = files[0]
    with transaction.atomic():
        done = advance(
            generation.pk,
            "store",
            audio_sha256=audio.sha256,
            audio_bytes=audio.size,
            next_try_at=None,
            progress=100,
            error_code="",
            error="",
        )
        if done:
            Track.objects.create(
                generation=generation,
                owner_id=generation.owner_id,
                project_id=generation.project_id,
                title=make_title(generation.song_name, generation.prompt),
                cover_drawn=cover_drawn,
                **asdict(sound),
            )
            Asset.objects.bulk_create(
                Asset(generation=generation, **asdict(file)) for file in files
            )
    return done


def make_title(song_name: str, prompt: str) -> str:
    """Return the upstream's name for the music, or the first words of the prompt."""
    if title := clean_title(song_name):
        return title
    words = clean_title(prompt[:400]).split()[:_WORDS_OF_PROMPT]
    while len(words) > 1 and len(" ".join(words)) > _LETTERS_OF_PROMPT:
        words.pop()
    title = " ".join(words)[:_LETTERS_OF_PROMPT].rstrip(" ,.;:-")
    return title[:1].upper() + title[1:] or "Untitled"


def clean_title(text: str) -> str:
    """One line of at most 120 visible characters; what cannot be seen (control, bidi) goes."""
    # Unicode's C group: control, format, surrogate, private and unassigned.
    line = "".join(
        letter for letter in " ".join(text.split()) if unicodedata.category(letter)[0] != "C"
    )
    return line[:TITLE_MAX].strip()


def rename_track(track: Track, *, by: User, title: str) -> None:
    """Give a track another title; raises NotAllowed, and ServiceError for an empty title."""
    require_maker(track.project, by)
    if not (cleaned := clean_title(title)):
        raise ServiceError("A track needs a title: type at least one letter.")
    _change(track, by, "rename", title=cleaned)


def set_visibility(track: Track, *, by: User, visibility: Track.Visibility) -> None:
    """Choose who may hear a track; holds from the next request on. Raises NotAllowed."""
    require_maker(track.project, by)
    _change(track, by, "visibility", visibility=visibility)


def _change(track: Track, by: User, name: str, **fields: str) -> None:
    detail = {field: [getattr(track, field), value] for field, value in fields.items()}
    with begin_change() as change:
        Track.objects.filter(pk=track.pk).update(**fields)
        Generation.objects.filter(pk=track.generation_id).update(version=change.version)
        Event.objects.create(
            generation_id=track.generation_id,
            project_id=track.project_id,
            actor=by,
            name=name,
            detail=detail,
        )
        change.touch(user_id=track.owner_id, project_id=track.project_id)
    for field, value in fields.items():
        setattr(track, field, value)
