"""Links that open a track, a playlist or a set of takes to people without an account."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from .generation import Status
from .ids import random_id
from .track import Playlist, Track


class ShareLinkQuerySet(models.QuerySet["ShareLink"]):
    """Reads of links that matter in more than one place."""

    def live(self) -> ShareLinkQuerySet:
        """Links that were not revoked and have not run out."""
        in_time = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
        return self.filter(in_time, revoked_at=None)

    def of_kept_tracks(self) -> ShareLinkQuerySet:
        """Links to one track that is in no trash, with all that its page needs."""
        return self.filter(
            track__generation__status=Status.READY, track__project__trashed_at=None
        ).select_related("track__project", "track__generation")


class ShareLink(models.Model):
    """A capability; the token itself is shown once and only its hash kept."""

    public_id = models.UUIDField(default=random_id, unique=True, editable=False)
    token_hash = models.CharField(max_length=64, unique=True)
    track = models.ForeignKey(
        Track, null=True, on_delete=models.CASCADE, related_name="share_links"
    )
    playlist = models.ForeignKey(
        Playlist, null=True, on_delete=models.CASCADE, related_name="share_links"
    )
    takes = models.UUIDField(null=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="share_links"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    allow_download = models.BooleanField(default=False)
    show_prompt = models.BooleanField(default=False)
    passphrase = models.CharField(max_length=128, blank=True)
    visits = models.PositiveIntegerField(default=0)
    plays = models.PositiveIntegerField(default=0)
    last_visit_at = models.DateTimeField(null=True)

    objects = ShareLinkQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(track__isnull=False, playlist=None, takes=None)
                | Q(track=None, playlist__isnull=False, takes=None)
                | Q(track=None, playlist=None, takes__isnull=False),
                name="link_opens_one_thing",
            ),
        ]

    def __str__(self) -> str:
        return f"share link {self.public_id}"


class Feedback(models.Model):
    """What somebody without an account said on a shared page."""

    share_link = models.ForeignKey(ShareLink, on_delete=models.CASCADE, related_name="feedback")
    track = models.ForeignKey(Track, on_delete=models.CASCADE, related_name="feedback")
    name = models.CharField(max_length=80, blank=True)
    body = models.CharField(max_length=2000, blank=True)
    at_ms = models.PositiveIntegerField(null=True)
    picked = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return self.body[:40]
