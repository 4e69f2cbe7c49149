"""What a generation may cost, and when the upstream wants no requests."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from .generation import Attempt, Generation
from .project import Project


class LedgerEntry(models.Model):
    """What is known of the charge for one attempt."""

    class State(models.TextChoices):
        """How sure the charge is."""

        ESTIMATED = "estimated"
        CONFIRMED = "confirmed"
        NOT_BILLED = "not_billed"
        MAY_BE_BILLED = "may_be_billed"

    attempt = models.OneToOneField(Attempt, on_delete=models.CASCADE, related_name="ledger")
    generation = models.ForeignKey(Generation, on_delete=models.CASCADE, related_name="ledger")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="ledger")
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="ledger"
    )
    model = models.CharField(max_length=80, blank=True)
    license = models.CharField(max_length=80, blank=True)
    state = models.CharField(max_length=13, choices=State.choices, default=State.ESTIMATED)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["estimated", "confirmed", "not_billed", "may_be_billed"]),
                name="ledger_state_in_list",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.state} for attempt {self.attempt_id}"


class Pause(models.Model):
    """One row a key: its lock orders claims, its fields stop them.

    `until` ends the pause by itself; with `needs_operator` only a person ends it.
    """

    key_ref = models.CharField(max_length=64, unique=True)
    until = models.DateTimeField(null=True)
    needs_operator = models.BooleanField(default=False)
    code = models.CharField(max_length=40, blank=True)
    message = models.CharField(max_length=500, blank=True)
    changed_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"pause of {self.key_ref}: {self.code or 'none'}"

    def is_active(self, now: datetime) -> bool:
        """Whether requests with this key must wait."""
        return self.needs_operator or (self.until is not None and self.until > now)
