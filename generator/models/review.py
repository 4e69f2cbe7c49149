"""What members say of a track."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from .ids import random_id
from .track import Track


class Comment(models.Model):
    """Words about a track, or about one moment of it."""

    public_id = models.UUIDField(default=random_id, unique=True, editable=False)
    track = models.ForeignKey(Track, on_delete=models.CASCADE, related_name="comments")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="comments"
    )
    parent = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="replies")
    body = models.CharField(max_length=2000)
    at_ms = models.PositiveIntegerField(null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    edited_at = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.body[:40]


class Vote(models.Model):
    """One person's verdict on one take."""

    track = models.ForeignKey(Track, on_delete=models.CASCADE, related_name="votes")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="votes"
    )
    value = models.SmallIntegerField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["track", "user"], name="one_vote_a_person"),
            models.CheckConstraint(condition=Q(value__in=[-1, 1]), name="vote_is_up_or_down"),
        ]

    def __str__(self) -> str:
        return f"{self.value} by {self.user}"
