"""Links that open music to people without an account; only a hash of each token is kept."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from ..models import Event, Playlist, Project, ShareLink, Track, User
from ..models.track import TrackQuerySet
from .errors import ServiceError
from .generations import require_maker

TOKEN_BYTES = 16
LINKS_MAX = 50


def create_share_link(
    *,
    by: User,
    track: Track | None = None,
    playlist: Playlist | None = None,
    takes: UUID | None = None,
    expires_at: datetime | None = None,
    allow_download: bool = False,
    show_prompt: bool = False,
) -> tuple[ShareLink, str]:
    """Return a new link and its token, which cannot be had again.

    It opens exactly one of a track, a playlist, or the takes of one request (`Generation.group`).
    Raises NotAllowed unless `by` may make music in the project of every track in it, and
    ServiceError when there is none or too many links open it already.
    """
    _require_right(by, _tracks_of(track, playlist, takes))
    token = secrets.token_urlsafe(TOKEN_BYTES)
    with transaction.atomic():
        same = ShareLink.objects.live().filter(track=track, playlist=playlist, takes=takes)
        if same.count() >= LINKS_MAX:
            raise ServiceError(f"{LINKS_MAX} links are open already. Revoke one of them first.")
        link = ShareLink.objects.create(
            token_hash=hash_token(token),
            track=track,
            playlist=playlist,
            takes=takes,
            created_by=by,
            expires_at=expires_at,
            allow_download=allow_download,
            show_prompt=show_prompt,
        )
        _record(link, by, "share")
    return link, token


def revoke_share_link(link: ShareLink, by: User) -> None:
    """Close a link for good, from the next request on; again does nothing. Raises NotAllowed."""
    if link.created_by_id != by.pk:
        _require_right(by, _tracks_of(link.track, link.playlist, link.takes))
    with transaction.atomic():
        open_one = ShareLink.objects.filter(pk=link.pk, revoked_at=None)
        if open_one.update(revoked_at=timezone.now()):
            _record(link, by, "revoke_share")
    link.refresh_from_db(fields=["revoked_at"])


def count_visit(link: ShareLink) -> None:
    """Note that somebody opened the page; nothing of the person is kept."""
    ShareLink.objects.filter(pk=link.pk).update(
        visits=F("visits") + 1, last_visit_at=timezone.now()
    )


def hash_token(token: str) -> str:
    """What the database knows of a token; 128 random bits need neither salt nor slowness."""
    return hashlib.sha256(token.encode()).hexdigest()


def _tracks_of(track: Track | None, playlist: Playlist | None, takes: UUID | None) -> TrackQuerySet:
    if track is not None:
        return Track.objects.filter(pk=track.pk)
    if playlist is not None:
        return Track.objects.filter(playlists=playlist)
    return Track.objects.filter(generation__group=takes) if takes else Track.objects.none()


def _require_right(by: User, tracks: TrackQuerySet) -> None:
    if not tracks.kept().exists():
        raise ServiceError("There is no music in it to share. Take it out of the trash first.")
    for project in Project.objects.filter(tracks__in=tracks).distinct():
        require_maker(project, by)


def _record(link: ShareLink, by: User, name: str) -> None:
    track = link.track
    Event.objects.create(
        generation_id=track.generation_id if track else None,
        project_id=track.project_id if track else None,
        actor=by,
        name=name,
        detail={"link": str(link.public_id)},
    )
