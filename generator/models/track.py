"""Finished music and its files."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from .generation import Generation, Status
from .ids import random_id
from .project import Project

TITLE_MAX = 120


class TrackQuerySet(models.QuerySet["Track"]):
    """Reads of tracks that matter in more than one place."""

    def kept(self) -> TrackQuerySet:
        """Tracks that are in no trash, their own or their project's."""
        return self.filter(generation__status=Status.READY, project__trashed_at=None)

    def visible_to(self, user: Any) -> TrackQuerySet:
        """Kept tracks of every project in which the user has a role."""
        return self.kept().filter(project__memberships__user_id=user.pk)

    def before(self, cursor: int | None) -> TrackQuerySet:
        """Newest first, from just after the cursor (a track's key) on: a keyset page."""
        rows = self.order_by("-pk")
        return rows if cursor is None else rows.filter(pk__lt=cursor)


class Track(models.Model):
    """A finished, stored and checked piece of music."""

    class Visibility(models.TextChoices):
        """Who may open it beyond the project's members."""

        PRIVATE = "private"
        UNLISTED = "unlisted"
        PUBLIC = "public"

    public_id = models.UUIDField(default=random_id, unique=True, editable=False)
    generation = models.OneToOneField(Generation, on_delete=models.CASCADE, related_name="track")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tracks"
    )
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="tracks")
    title = models.CharField(max_length=TITLE_MAX)
    visibility = models.CharField(
        max_length=10, choices=Visibility.choices, default=Visibility.PRIVATE
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    duration_ms = models.PositiveIntegerField()
    sample_rate = models.PositiveIntegerField()
    channels = models.PositiveSmallIntegerField()
    loudness = models.FloatField(null=True)
    true_peak = models.FloatField(null=True)
    peaks = models.JSONField(default=list)
    cover_drawn = models.BooleanField(default=False)

    objects = TrackQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(visibility__in=["private", "unlisted", "public"]),
                name="visibility_in_list",
            ),
        ]
        indexes = [
            models.Index(fields=["owner", "-id"], name="track_of_owner"),
            models.Index(fields=["project", "-id"], name="track_of_project"),
        ]

    def __str__(self) -> str:
        return self.title


class Asset(models.Model):
    """One stored file of a generation; bytes go to a temporary name, then to this one."""

    class Kind(models.TextChoices):
        """What the file is."""

        AUDIO = "audio"
        COVER_160 = "cover-160"
        COVER_320 = "cover-320"
        COVER_640 = "cover-640"
        COVER_1200 = "cover-1200"

    class State(models.TextChoices):
        """Whether the bytes are there."""

        STORED = "stored"
        DELETED = "deleted"

    generation = models.ForeignKey(Generation, on_delete=models.CASCADE, related_name="assets")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    state = models.CharField(max_length=8, choices=State.choices, default=State.STORED)
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=40)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["generation", "kind"], name="one_asset_a_kind"),
            models.CheckConstraint(condition=Q(size__gt=0), name="asset_has_bytes"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.generation_id}"


class Favourite(models.Model):
    """A track that a person marked for themselves."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="favourites"
    )
    track = models.ForeignKey(Track, on_delete=models.CASCADE, related_name="favourites")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "track"], name="one_favourite_a_person"),
        ]

    def __str__(self) -> str:
        return f"{self.user} likes {self.track}"


class Playlist(models.Model):
    """An ordered choice of tracks, a person's own or a project's."""

    public_id = models.UUIDField(default=random_id, unique=True, editable=False)
    name = models.CharField(max_length=TITLE_MAX)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="playlists"
    )
    project = models.ForeignKey(
        Project, null=True, on_delete=models.CASCADE, related_name="playlists"
    )
    tracks = models.ManyToManyField(Track, through="PlaylistItem", related_name="playlists")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return self.name


class PlaylistItem(models.Model):
    """A track's place in a playlist."""

    playlist = models.ForeignKey(Playlist, on_delete=models.CASCADE, related_name="items")
    track = models.ForeignKey(Track, on_delete=models.CASCADE, related_name="+")
    position = models.PositiveIntegerField()

    class Meta:
        ordering = ["playlist", "position"]
        constraints = [
            models.UniqueConstraint(fields=["playlist", "track"], name="one_place_a_track"),
            models.UniqueConstraint(
                fields=["playlist", "position"],
                name="one_track_a_place",
                deferrable=models.Deferrable.DEFERRED,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.position}: {self.track_id}"
