"""The work: a generation, its attempts upstream, their chunks, and every event of its life.

The row is the queue, the lease and the ledger (see services/lifecycle.py for the transitions).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from .ids import random_id
from .project import Project

PROMPT_MAX = 1024
STYLE_MAX = 100
DURATION_MIN, DURATION_MAX = 5, 600
TAKES_MAX = 4


class Status(models.TextChoices):
    """Where a generation stands."""

    QUEUED = "queued"
    HELD = "held"
    CLAIMED = "claimed"
    SUBMITTING = "submitting"
    STREAMING = "streaming"
    FETCHING = "fetching"
    READY = "ready"
    FAILED = "failed"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"
    TRASHED = "trashed"
    PURGED = "purged"


OPEN = (Status.QUEUED, Status.CLAIMED, Status.SUBMITTING, Status.STREAMING, Status.FETCHING)
LEASED = (Status.CLAIMED, Status.SUBMITTING, Status.STREAMING)
POSTED = (Status.SUBMITTING, Status.STREAMING)
GONE = (Status.TRASHED, Status.PURGED)
# A fetching row with this error code is not tried again by itself: a person must say so.
FETCH_GAVE_UP = "fetch_gave_up"


class GenerationQuerySet(models.QuerySet["Generation"]):
    """Reads of generations that matter in more than one place."""

    def visible_to(self, user: Any) -> GenerationQuerySet:
        """Generations of every project in which the user has a role."""
        return self.filter(project__trashed_at=None, project__memberships__user_id=user.pk).exclude(
            status__in=GONE
        )

    def open(self) -> GenerationQuerySet:
        """Generations that still move by themselves."""
        return self.filter(status__in=OPEN)

    def listed(self) -> GenerationQuerySet:
        """What a list of cards shows: nothing trashed, and nothing hidden that is done."""
        return self.exclude(status__in=GONE).exclude(Q(hidden=True) & ~Q(status__in=OPEN))

    def due(self, now: datetime) -> GenerationQuerySet:
        """Queued rows whose time has come, oldest first within each owner's fair turn."""
        return self.filter(status=Status.QUEUED, project__trashed_at=None).filter(
            Q(next_try_at=None) | Q(next_try_at__lte=now)
        )

    def fetch_due(self, now: datetime) -> GenerationQuerySet:
        """Finished rows whose file should be fetched now: new ones, and those waited for enough.

        `next_try_at` lies ahead while one is being fetched and while a failed one waits; it is
        None for a new one, and for one that waits for a person (see FETCH_GAVE_UP).
        """
        return self.filter(status=Status.FETCHING).filter(
            Q(next_try_at__lte=now) | Q(next_try_at=None) & ~Q(error_code=FETCH_GAVE_UP)
        )

    def lapsed(self, now: datetime) -> GenerationQuerySet:
        """Leased rows whose holder has not renewed in time."""
        return self.filter(status__in=LEASED, lease_until__lt=now)


class Generation(models.Model):
    """One take of one request: what was asked, where it stands, and what came of it."""

    public_id = models.UUIDField(default=random_id, unique=True, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="generations"
    )
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="generations")
    group = models.UUIDField(default=random_id)
    take = models.PositiveSmallIntegerField(default=1)
    form_key = models.UUIDField(default=random_id)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    prompt = models.CharField(max_length=PROMPT_MAX)
    style = models.CharField(max_length=STYLE_MAX, blank=True)
    duration = models.PositiveSmallIntegerField(default=30)
    model = models.CharField(max_length=80, blank=True)
    parameters = models.JSONField(default=dict, blank=True)
    license = models.CharField(max_length=80, blank=True)

    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    status_at = models.DateTimeField(default=timezone.now)
    version = models.BigIntegerField(default=0)
    listed_version = models.BigIntegerField(default=0)
    hidden = models.BooleanField(default=False)

    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    posts = models.PositiveSmallIntegerField(default=0)
    posts_allowed = models.PositiveSmallIntegerField(default=1)
    tries = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    billed = models.BooleanField(default=True)

    submitted_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    last_event_at = models.DateTimeField(null=True)
    stage = models.CharField(max_length=500, blank=True)
    progress = models.PositiveSmallIntegerField(null=True)
    chunk_count = models.PositiveIntegerField(default=0)
    task_id = models.CharField(max_length=200, blank=True)
    message_id = models.CharField(max_length=200, blank=True)

    error_code = models.CharField(max_length=40, blank=True)
    error = models.CharField(max_length=500, blank=True)
    # Of any of its POSTs: a retry does not take back what an earlier one may have cost.
    may_be_billed = models.BooleanField(default=False)

    audio_url = models.CharField(max_length=2000, blank=True)
    art_url = models.CharField(max_length=2000, blank=True)
    song_name = models.CharField(max_length=200, blank=True)
    fetch_tries = models.PositiveSmallIntegerField(default=0)
    audio_sha256 = models.CharField(max_length=64, blank=True)
    audio_bytes = models.PositiveBigIntegerField(default=0)

    objects = GenerationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["group", "take"], name="one_row_a_take"),
            models.UniqueConstraint(
                fields=["owner", "form_key", "take"], name="one_request_a_form"
            ),
            models.CheckConstraint(
                condition=Q(status__in=list(Status.values)), name="status_in_list"
            ),
            models.CheckConstraint(
                condition=Q(posts__lte=F("posts_allowed")), name="no_post_without_a_yes"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["submitting", "streaming"])
                | Q(lease_token__isnull=False, posts__gte=1),
                name="open_stream_has_token_and_post",
            ),
            models.CheckConstraint(
                condition=~Q(status="fetching") | ~Q(audio_url=""), name="fetching_has_result"
            ),
            models.CheckConstraint(
                condition=~Q(status="ready") | (~Q(audio_sha256="") & Q(audio_bytes__gt=0)),
                name="ready_has_checked_audio",
            ),
        ]
        indexes = [
            models.Index(fields=["status", "next_try_at"], name="generation_due"),
            models.Index(fields=["status", "lease_until"], name="generation_lapse"),
            models.Index(fields=["owner", "-id"], name="generation_of_owner"),
            models.Index(fields=["project", "-id"], name="generation_of_project"),
            models.Index(fields=["owner", "version"], name="generation_owner_news"),
            models.Index(fields=["project", "version"], name="generation_project_news"),
        ]

    def __str__(self) -> str:
        return f"{self.prompt[:40]} (take {self.take})"

    @property
    def is_open(self) -> bool:
        """Whether it still moves by itself."""
        return self.status in OPEN


class Attempt(models.Model):
    """One POST to the upstream; its token went along as the Idempotency-Key."""

    generation = models.ForeignKey(Generation, on_delete=models.CASCADE, related_name="attempts")
    number = models.PositiveSmallIntegerField()
    token = models.UUIDField(default=random_id, unique=True)
    upstream = models.CharField(max_length=300)
    billed = models.BooleanField(default=True)
    started_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=40, blank=True)
    http_status = models.PositiveSmallIntegerField(null=True)
    error = models.CharField(max_length=500, blank=True)
    task_id = models.CharField(max_length=200, blank=True)
    message_id = models.CharField(max_length=200, blank=True)
    spool_sha256 = models.CharField(max_length=64, blank=True)
    spool_bytes = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["generation", "number"], name="one_attempt_a_number"),
        ]
        indexes = [
            models.Index(
                fields=["generation"], condition=Q(ended_at=None), name="attempt_without_end"
            ),
        ]

    def __str__(self) -> str:
        return f"attempt {self.number} of {self.generation_id}"


class Chunk(models.Model):
    """One stream event as received, in order of arrival."""

    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="chunks")
    sequence = models.PositiveIntegerField()
    received_at = models.DateTimeField()
    raw = models.JSONField()

    class Meta:
        ordering = ["attempt", "sequence"]
        constraints = [
            models.UniqueConstraint(fields=["attempt", "sequence"], name="one_chunk_a_sequence"),
        ]

    def __str__(self) -> str:
        return f"chunk {self.sequence} of attempt {self.attempt_id}"


class Event(models.Model):
    """One step in the life of a generation or a project: who did what, and when."""

    generation = models.ForeignKey(
        Generation, null=True, on_delete=models.CASCADE, related_name="events"
    )
    project = models.ForeignKey(Project, null=True, on_delete=models.CASCADE, related_name="events")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    name = models.CharField(max_length=40)
    from_status = models.CharField(max_length=10, blank=True)
    to_status = models.CharField(max_length=10, blank=True)
    detail = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return f"{self.name} {self.from_status} -> {self.to_status}"


class Version(models.Model):
    """The single row that counts changes; its lock orders them as they are committed."""

    value = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.value)


class Runner(models.Model):
    """The live runner of a cluster and the last time it was heard."""

    cluster = models.CharField(max_length=100, unique=True)
    token = models.UUIDField()
    started_at = models.DateTimeField()
    heartbeat_at = models.DateTimeField()
    streams = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"runner of {self.cluster}"
